"""An output directory that is either finished or visibly not, whenever the process is killed.

Files are first written under temporary names in the same folder. Publishing takes the old manifest
away, gives every file its name, and gives the manifest its name last: a directory with a manifest
is finished.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pathways.errors import PathwaysError, shown

MANIFEST = "manifest.json"
MANIFEST_FORMAT = "pathways run"
FILES = (
    "patients.parquet",
    "weekly.parquet",
    "events.parquet",
    "summary.csv",
    "run.json",
    MANIFEST,
)
"""Every file a run may write, in the order in which they get their names."""

_SUFFIX = ".pathways-unfinished"


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
        If the directory cannot be used, another process is writing to it, or writing fails; the
        temporary files are removed then.
    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self.path = Path(path)
        self._overwrite = overwrite
        self._made: list[Path] = []
        self._written: list[str] = []
        self._descriptor = -1

    def __enter__(self) -> OutputDirectory:
        refuse_unusable(self.path, overwrite=self._overwrite)
        try:
            with _explained(self.path):
                self._make()
                self._descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            self._lock()
        except BaseException:
            self._leave()
            raise
        self._remove_temporary_files()
        return self

    def write(self, name: str, fill: Callable[[BinaryIO], object]) -> None:
        """Write one of ``FILES`` under its temporary name; `fill` gets the open file."""
        path = self.path / _temporary(name)
        with _explained(self.path / name):
            self._written.append(name)
            with open(path, "xb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                with _explained(self.path):
                    self._publish()
        finally:
            self._remove_temporary_files()
            self._leave()

    def _publish(self) -> None:
        for name in (MANIFEST, *(name for name in FILES if name not in self._written)):
            (self.path / name).unlink(missing_ok=True)
        os.fsync(self._descriptor)
        for name in sorted(self._written, key=FILES.index):
            if name == MANIFEST:
                os.fsync(self._descriptor)
            os.replace(self.path / _temporary(name), self.path / name)
        os.fsync(self._descriptor)

    def _make(self) -> None:
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
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
        for name in FILES:
            with contextlib.suppress(OSError):
                (self.path / _temporary(name)).unlink(missing_ok=True)

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
        If `path` is a file, holds finished results and `overwrite` is false, or holds something
        else and no results.
    """
    path = Path(path)
    with _explained(path):
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


def is_finished(path: str | os.PathLike[str]) -> bool:
    """Tell whether a directory holds the finished results of a run."""
    try:
        manifest = json.loads((Path(path) / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and manifest.get("format") == MANIFEST_FORMAT


def _is_unfinished(names: set[str]) -> bool:
    """Tell what a killed run left, whose manifest was not yet there, from somebody else's files."""
    temporary = {_temporary(name) for name in FILES}
    return bool(names & temporary) and MANIFEST not in names


def _refuse_unwritable(path: Path) -> None:
    nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise OutputError(f"{nearest}: is not a directory; give another one with --out")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"{nearest}: may not be written to; give another directory with --out")


@contextlib.contextmanager
def _explained(path: Path):
    try:
        yield
    except OSError as error:
        remedy = "give another directory with --out"
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            remedy = f"make room, or {remedy}"
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written: {reason}; {remedy}") from error


def _temporary(name: str) -> str:
    return f".{name}{_SUFFIX}"
