"""An output directory that is either finished or visibly not, whenever the process is killed.

Files are first written under temporary names in the same folder. Publishing takes the old manifest
away, gives every file its name, and gives the manifest its name last: a directory with a manifest
is finished. Until then a list of what is ours lies there, so that whatever a killed process left
can be told from somebody else's files and be cleared away.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from pathways.errors import PathwaysError, shown

MANIFEST = "manifest.json"
MANIFEST_FORMAT = "pathways run"
COMPARISON_FORMAT = "pathways comparison"
RUN_FILES = (
    "patients.parquet",
    "weekly.parquet",
    "events.parquet",
    "observations.parquet",
    "summary.csv",
    "run.json",
    MANIFEST,
)
"""Every file a run may write."""

COMPARISON_FILES = ("comparison.csv", "results.xlsx", "report.html", "run.json", MANIFEST)
VALIDATION_FORMAT = "pathways validation"
VALIDATION_FILES = (
    "validation.csv",
    "validation.md",
    "decomposition.csv",
    "diaries.csv",
    "run.json",
    MANIFEST,
)
FORMATS_WITH_FILES = (COMPARISON_FORMAT, VALIDATION_FORMAT)
"""Their manifests list the files written."""

FOLDERS = ("patients", "weekly", "events", "observations", "figures")
"""What a comparison may write; its manifest lists the files in the folders."""

_SUFFIX = ".pathways-unfinished"
_LIST = f".files{_SUFFIX}"
_SCRATCH = f".scratch{_SUFFIX}"


class OutputError(PathwaysError):
    """Results cannot be written where they were asked for."""


class OutputDirectory:
    """Context manager that writes a set of files into a directory, all or nothing.

    Parameters
    ----------
    path : Path
        Made, with its parents, if it does not exist.
    overwrite : bool
        Whether finished results of an earlier run may be replaced. Other files are never touched.

    Raises
    ------
    OutputError
        If the path is empty, the directory cannot be used, another process is writing to it, or
        writing fails; the temporary files are removed then.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        refuse_nameless(path)
        self.path = Path(path)
        self._overwrite = overwrite
        self._made: list[Path] = []
        self._ours: set[str] = set()
        self._written: list[str] = []
        self._descriptor = -1

    def __enter__(self) -> OutputDirectory:
        refuse_unusable(self.path, overwrite=self._overwrite)
        try:
            with explained(self.path):
                self._make(self.path)
                self._descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            self._lock()
            self._ours = _files_of_ours(self.path)
            self._remove_temporary_files()
            with explained(self.path):
                self._list(sorted(self._ours))
        except BaseException:
            self._leave()
            raise
        return self

    @property
    def written(self) -> tuple[str, ...]:
        """Names of the files written so far."""
        return tuple(self._written)

    def write(self, name: str, fill: Callable[[BinaryIO], object]) -> None:
        """Write a file under its temporary name; `fill` gets the open file.

        `name` is one of ``RUN_FILES`` or ``COMPARISON_FILES``, or ``FOLDER/FILE`` with one of
        ``FOLDERS``.
        """
        with explained(self.path / name):
            with open(self._begin(name), "xb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())

    def write_path(self, name: str, fill: Callable[[Path], object]) -> None:
        """Write a file as :meth:`write` does; `fill` gets the path and makes the file itself."""
        with explained(self.path / name):
            path = self._begin(name)
            fill(path)
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield an empty folder for files that are not results; it is gone afterwards."""
        folder = self.path / _SCRATCH
        with explained(self.path):
            folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                with explained(self.path):
                    self._publish()
        finally:
            self._remove_temporary_files()
            self._leave()

    def _begin(self, name: str) -> Path:
        """Return the temporary path of a file, once it is on the list and its folder is there."""
        path = self.path / name
        if name not in self._ours and path.exists():
            raise OutputError(
                f"{path}: is not of an earlier run, and is not replaced; move it away, or give "
                "another directory with --out"
            )
        self._list([name])
        self._ours.add(name)
        self._written.append(name)
        self._make(path.parent)
        temporary = self.path / _temporary(name)
        temporary.unlink(missing_ok=True)
        return temporary

    def _list(self, names: list[str]) -> None:
        with open(self.path / _LIST, "a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in names)

    def _publish(self) -> None:
        (self.path / MANIFEST).unlink(missing_ok=True)
        for name in sorted(self._ours.difference(self._written)):
            (self.path / name).unlink(missing_ok=True)
        os.fsync(self._descriptor)
        names = [name for name in self._written if name != MANIFEST]
        for name in names:
            os.replace(self.path / _temporary(name), self.path / name)
        for folder in {(self.path / name).parent for name in names}:
            sync_folder(folder)
        if MANIFEST in self._written:
            os.replace(self.path / _temporary(MANIFEST), self.path / MANIFEST)
            os.fsync(self._descriptor)

    def _make(self, wanted: Path) -> None:
        missing = [folder for folder in (wanted, *wanted.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            self._made.append(folder)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                f"{self.path}: another process is writing its results here; "
                "wait for it, or give another directory with --out"
            ) from error
        except OSError:
            pass  # A file system without locks: two writers at once are the user's to avoid.

    def _remove_temporary_files(self) -> None:
        for name in self._ours:
            with contextlib.suppress(OSError):
                (self.path / _temporary(name)).unlink(missing_ok=True)
        shutil.rmtree(self.path / _SCRATCH, ignore_errors=True)
        for folder in {(self.path / name).parent for name in self._ours} - {self.path}:
            with contextlib.suppress(OSError):
                folder.rmdir()  # Fails, as it should, when results are in it.
        # As long as files of ours lie there without a manifest, the list is what tells.
        if is_finished(self.path) or not any((self.path / name).exists() for name in self._ours):
            with contextlib.suppress(OSError):
                (self.path / _LIST).unlink(missing_ok=True)

    def _leave(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()  # Fails, as it should, when results are in it.


def refuse_unusable(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Refuse a directory whose content is not ours to replace.

    Raises
    ------
    OutputError
        If `path` has no name, is a file, holds finished results and `overwrite` is false, or holds
        something else and no results.
    """
    refuse_nameless(path)
    path = Path(path)
    with explained(path):
        _refuse_unwritable(path)
        names = set(os.listdir(path)) if path.exists() else set()
    if is_finished(path):
        if not overwrite:
            raise OutputError(
                f"{path}: holds the results of an earlier run; "
                "replace them with --overwrite, or give another directory with --out"
            )
    elif names and not _is_unfinished(names):
        raise OutputError(
            f"{path}: is not empty and holds no results of ours ({shown(min(names))}); "
            "nothing is replaced there; give another directory with --out"
        )


def refuse_nameless(path: str | os.PathLike[str]) -> None:
    """Refuse an empty path, which would mean the directory one happens to be in.

    Raises
    ------
    OutputError
        With the remedy.
    """
    if os.fspath(path) == "":
        raise OutputError(
            "out: the output directory has no name; name one with --out, or `.` for this one"
        )


def is_finished(path: str | os.PathLike[str]) -> bool:
    """Tell whether a directory holds the finished results of a run or a comparison."""
    return format_of(path) is not None


def format_of(path: str | os.PathLike[str]) -> str | None:
    """Return the format of what lies there, such as ``MANIFEST_FORMAT``; None if not finished."""
    found = _manifest(Path(path)).get("format")
    return found if found in (MANIFEST_FORMAT, *FORMATS_WITH_FILES) else None


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _files_of_ours(path: Path) -> set[str]:
    """Return the files that a finished or killed process of ours left."""
    found = set(RUN_FILES) if format_of(path) == MANIFEST_FORMAT else set()
    if format_of(path) in FORMATS_WITH_FILES:
        found |= {MANIFEST, *_texts(_manifest(path).get("files"))}
    with contextlib.suppress(OSError, ValueError):
        found |= set((path / _LIST).read_text("utf-8").splitlines())
    return {name for name in found if _may_be_ours(name)}


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _may_be_ours(name: str) -> bool:
    """Whether a list that anybody may have written names something we write, nothing above it."""
    parts = PurePosixPath(name).parts
    if len(parts) == 2:
        return parts[0] in FOLDERS and parts[1] != ".."
    return name in (*RUN_FILES, *COMPARISON_FILES, *VALIDATION_FILES)


def _is_unfinished(names: set[str]) -> bool:
    """Tell what a killed run left, whose manifest was not yet there, from somebody else's files."""
    left = [name for name in names if name.startswith(".") and name.endswith(_SUFFIX)]
    return bool(left) and MANIFEST not in names


def _refuse_unwritable(path: Path) -> None:
    nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise OutputError(f"{nearest}: is not a directory; give another one with --out")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"{nearest}: may not be written to; give another directory with --out")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say what goes wrong while writing to `path` as an :class:`OutputError` with a remedy."""
    try:
        yield
    except OSError as error:
        remedy = "give another directory with --out"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            remedy = f"make room, or {remedy}"
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written: {reason}; {remedy}") from error


def sync_folder(folder: Path) -> None:
    """Make the names of the files in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_name(f".{path.name}{_SUFFIX}"))
