"""The store of a study's results, open to write: one process, one file at a time, in any order.

A file is written under a temporary name, brought to the disk and given its name; then the journal
gets its line. Whatever is lost before that line was never there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pathways.errors import shown
from pathways.outcomes.directory import OutputError, explained, sync_folder
from pathways.outcomes.schema import Column
from pathways.outcomes.write import json_bytes
from pathways.studies import patients
from pathways.studies.batches import runs_per_batch
from pathways.studies.contents import (
    JOURNAL,
    MANIFEST,
    PATIENTS,
    RUNS,
    STORE_FORMAT,
    STORE_VERSION,
    BatchRecord,
    Contents,
    found_manifest,
    read_contents,
    read_plain,
)
from pathways.studies.durable import (
    UNFINISHED,
    publish,
    remove_unfinished,
    sync_file,
    write_whole,
)
from pathways.studies.journal import Journal
from pathways.studies.lock import locked
from pathways.studies.rows import Part, columns_of, joined, part_of, study_fingerprint

if TYPE_CHECKING:
    import pyarrow

    from pathways.studies.study import Study


@contextmanager
def open_store(path: Path, study: Study, *, batch_runs: int | None = None) -> Iterator[Store]:
    """Make or open the store of a study, with its lock.

    Parameters
    ----------
    path : Path
        Made if it does not exist.
    study : Study
    batch_runs : int, optional
        Runs of each batch of a new store; about a second of work by default.

    Raises
    ------
    OutputError
        If the directory cannot be used, or another process writes to it.
    """
    from pathways.studies.extension import settle

    refuse_unusable(path)
    with explained(path):
        path.mkdir(parents=True, exist_ok=True)
    with locked(path):
        with explained(path):
            settle(path)
            if found_manifest(path) is None:
                create(path, new_manifest(study, batch_runs))
            _clear(path)
        store = Store(study, read_contents(path))
        try:
            yield store
        finally:
            store.close()


def refuse_unusable(path: Path) -> None:
    """Refuse a directory that holds something else; what a killed process of ours left is nothing.

    Raises
    ------
    OutputError
        With the remedy.
    """
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path}: is not a directory; give another one with --out")
    if not path.exists() or found_manifest(path) is not None:
        return
    ours = {RUNS, PATIENTS, JOURNAL}
    others = [
        name for name in os.listdir(path) if name not in ours and not name.endswith(UNFINISHED)
    ]
    if others:
        raise OutputError(
            f"{path}: is not empty and holds no results of a study ({shown(min(others))}); "
            "nothing is replaced there; give another directory with --out"
        )


def finished_runs(path: Path) -> int:
    """Return how many runs of a study a directory holds, 0 if it holds no study."""
    return read_contents(path).finished_runs if found_manifest(path) is not None else 0


def new_manifest(study: Study, batch_runs: int | None = None) -> dict[str, Any]:
    """Return the manifest of a study none of whose runs is finished."""
    from pathways.version import model_version

    return {
        "format": STORE_FORMAT,
        "format_version": STORE_VERSION,
        "study": study.name,
        "model_version": model_version(),
        "runs": len(study),
        "batch_runs": batch_runs or runs_per_batch(study.patients, study.years or 10.0),
        "outputs": list(study.outputs),
        "patients_kept": bool(study.keep_patients),
        "finished": None,
        "columns": [_described(column) for column in columns_of(study)],
        "description": study.description(),
    }


def _described(column: Column) -> dict[str, str]:
    said = column._asdict()
    del said["words"]  # None of them is of a fixed list.
    return said


def create(path: Path, manifest: Mapping[str, Any]) -> None:
    """Make the folders of a store, empty, and at last its manifest."""
    for name in (RUNS, PATIENTS):
        shutil.rmtree(path / name, ignore_errors=True)
    for name in (RUNS, PATIENTS) if manifest["patients_kept"] else (RUNS,):
        (path / name).mkdir()
    (path / JOURNAL).unlink(missing_ok=True)
    sync_folder(path)
    write_whole(path / MANIFEST, lambda file: file.write(json_bytes(manifest)))


def _clear(path: Path) -> None:
    """Remove what a killed process left half-written."""
    for folder in (path, path / RUNS, path / PATIENTS):
        remove_unfinished(folder)
    patients.remove_arrived(path / PATIENTS)


class Store:
    """A store, open to write. Make it with :func:`open_store`.

    Attributes
    ----------
    contents : Contents
        What is finished, kept up to date.
    """

    def __init__(self, study: Study, contents: Contents) -> None:
        self.study = study
        self.contents = contents
        self.path = contents.path
        self._columns = contents.columns
        self._written: set[int] = set()
        self._arriving: Path | None = None
        with explained(self.path / JOURNAL):
            self._journal = Journal(self.path / JOURNAL)
            if self.contents.manifest["patients_kept"]:
                self._arriving = patients.arriving(self.path / PATIENTS)

    def reopen(self) -> None:
        """Read again what lies there, after it was replaced."""
        self.close()
        self.__init__(self.study, read_contents(self.path))

    @property
    def is_complete(self) -> bool:
        """Whether every run has results."""
        return self.contents.finished_runs == self.contents.cut.runs

    def close(self) -> None:
        """Close the journal and remove what never arrived."""
        self._journal.close()
        if self._arriving is not None:
            patients.remove_arrived(self.path / PATIENTS)

    def missing(self, batch: int) -> tuple[int, ...]:
        """Return the runs of a batch that have no results, also those that failed."""
        numbers = self.contents.cut.numbers(batch)
        record = self.contents.batches.get(batch)
        if record is None:
            return tuple(numbers)
        if record.rows == len(numbers):
            return ()
        finished = set(self.contents.table(batch)["run"].to_pylist())
        return tuple(number for number in numbers if number not in finished)

    @property
    def patients_folder(self) -> str | None:
        """Where workers put their patients; None if they are not kept."""
        return None if self._arriving is None else os.fspath(self._arriving.absolute())

    def arrived(self, name: str | None, content: bytes | None) -> Path | None:
        """Return the file with the patients of an answer; None if they are not kept.

        Raises
        ------
        OutputError
            If it cannot be written, or a worker wrote it elsewhere.
        """
        if self._arriving is None:
            return None
        if content is not None:
            path = patients.new_path(self._arriving)
            with explained(self._arriving), open(path, "xb") as file:
                file.write(content)
                sync_file(file)
            return path
        path = self._arriving / str(name)
        if not path.exists():
            raise OutputError(f"{path}: a worker wrote it, and it is not here")
        return path

    def begin_session(self, record: Mapping[str, Any]) -> None:
        """Note in the journal who goes on with the study, and with what."""
        with explained(self.path / JOURNAL):
            if self.contents.manifest["finished"] is not None:
                self._write_manifest(None)
            self._journal.append({"session": record})

    def add(
        self,
        batch: int,
        parts: Sequence[Part],
        failures: Mapping[int, str],
        seconds: Mapping[int, float],
        sources: patients.Sources = MappingProxyType({}),
    ) -> None:
        """Add results to a batch, beside those it has.

        Parameters
        ----------
        batch : int
        parts : sequence of Part
            Rows of runs that it does not have.
        failures : mapping from int to str
            All failed runs of the batch, and why.
        seconds : mapping from int to float
            What the runs took.
        sources : mapping
            Files with the patients of these runs, and the numbers they get.

        Raises
        ------
        OutputError
            If it cannot be written. What was finished before still is.
        """
        earlier = self.contents.batches.get(batch)
        with explained(self.contents.file(batch)):
            if self._arriving is not None and parts:
                self._write_patients(batch, earlier, sources)
            self._write(batch, earlier, parts, failures, seconds)

    def _write(
        self,
        batch: int,
        earlier: BatchRecord | None,
        parts: Sequence[Part],
        failures: Mapping[int, str],
        seconds: Mapping[int, float],
    ) -> None:
        if earlier is not None:
            parts = [part_of(self.contents.table(batch)), *parts]
        part = parts[0] if len(parts) == 1 else joined(parts, self._columns)

        def note(size: int) -> None:
            failed = tuple(sorted(failures.items()))
            record = BatchRecord(part.rows, size, part.fingerprint, failed)
            took = sorted(seconds.items())
            self._journal.append({"batch": batch, **record._asdict(), "seconds": took})
            self.contents.batches[batch] = record

        # Of a file that takes another's place the journal knows first (pathways.studies.contents).
        before = None if earlier is None else note
        size = write_whole(self.contents.file(batch), lambda file: file.write(part.content), before)
        if earlier is None:
            note(size)
        self._written.add(batch)

    def _write_patients(
        self, batch: int, earlier: BatchRecord | None, sources: patients.Sources
    ) -> None:
        path = self.contents.file(batch, PATIENTS)
        arrived = [one for one in sources if one.parent == self._arriving]
        if earlier is None and len(arrived) == len(sources) == 1:
            publish(arrived[0], path)
            return
        if earlier is not None:
            finished = self.contents.table(batch)["run"].to_pylist()
            sources = {**sources, path: {run: (run,) for run in finished}}
        write_whole(path, lambda file: patients.merged(sources, file))
        for one in arrived:
            one.unlink(missing_ok=True)

    def finish(self) -> None:
        """Read every file again and note the fingerprint of the study in the manifest."""
        finished = {
            "runs": self.contents.finished_runs,
            "failed": len(self.contents.failures),
            "fingerprint": study_fingerprint(self._tables()),
        }
        with explained(self.path / MANIFEST):
            self._write_manifest(finished)

    def _tables(self) -> Iterator[pyarrow.Table]:
        """Yield the runs; files that this process did not write are compared with the journal."""
        for batch in sorted(self.contents.batches):
            is_ours = batch in self._written
            yield read_plain(self.contents.file(batch)) if is_ours else self.contents.table(batch)

    def _write_manifest(self, finished: dict[str, Any] | None) -> None:
        self.contents.manifest["finished"] = finished
        content = json_bytes(self.contents.manifest)
        write_whole(self.path / MANIFEST, lambda file: file.write(content))
