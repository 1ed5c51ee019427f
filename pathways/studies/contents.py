"""What lies in a store, as its manifest and its journal say: the readers' side, without a lock.

    STORE/manifest.json   the study, its columns, the size of a batch; at the end the fingerprint
    STORE/journal.jsonl   one line for each batch that is finished, and for each session
    STORE/runs/           the table of runs, batch-00000000.parquet and so on
    STORE/patients/       the tables of patients, if they are kept

A batch is what its last line in the journal says whose size and fingerprint its file has: a file
gets its line after its name, and one that takes the place of another before it, so that at every
instant there is a line for what is there.

An extended study is made beside the finished one, in ``.extending``; with the name ``.extended`` it
is the study, whether or not its parts have already moved to their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pathways.outcomes.directory import OutputError
from pathways.outcomes.schema import Column
from pathways.studies.batches import Cut
from pathways.studies.journal import read_journal

if TYPE_CHECKING:
    import pyarrow

STORE_FORMAT = "pathways study"
STORE_VERSION = 1
MANIFEST, JOURNAL, RUNS, PATIENTS = "manifest.json", "journal.jsonl", "runs", "patients"
EXTENDED = ".extended"
MARK = ".to-be-moved"
"""In a folder of an extended study, until everything is in its place."""


class BatchRecord(NamedTuple):
    """One finished batch.

    Attributes
    ----------
    rows : int
        Runs in the file; fewer than the batch has if some failed or are still to come.
    size : int
        Of the file in bytes.
    fingerprint : str
        Of the table in the file.
    failures : tuple of (int, str)
        Runs that failed, and why.
    """

    rows: int
    size: int
    fingerprint: str
    failures: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, entry: dict[str, Any]) -> BatchRecord:
        """Return the record of a line of the journal."""
        failures = tuple((int(run), str(cause)) for run, cause in entry["failures"])
        return cls(int(entry["rows"]), int(entry["size"]), str(entry["fingerprint"]), failures)


@dataclass
class Contents:
    """The manifest of a store and what is finished.

    Attributes
    ----------
    path : Path
    manifest : dict
    batches : dict from int to BatchRecord
    """

    path: Path
    manifest: dict[str, Any]
    batches: dict[int, BatchRecord] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table of runs."""
        return tuple(Column(**one) for one in self.manifest["columns"])

    @property
    def cut(self) -> Cut:
        """The runs and the size of a batch."""
        return Cut(self.manifest["runs"], self.manifest["batch_runs"])

    @property
    def finished_runs(self) -> int:
        """How many runs have results."""
        return sum(one.rows for one in self.batches.values())

    @property
    def failures(self) -> dict[int, str]:
        """The runs that failed, and why."""
        return {run: cause for one in self.batches.values() for run, cause in one.failures}

    def file(self, batch: int, table: str = RUNS) -> Path:
        """Return the path of a batch's file."""
        moving = self.path / EXTENDED / table
        folder = moving if (moving / MARK).exists() else self.path / table
        return folder / f"batch-{batch:08d}.parquet"

    def add(self, batch: int, lines: list[BatchRecord]) -> None:
        """Take the last line of a batch that its file answers to, if there is one."""
        for one in reversed(lines):
            if self._answers(batch, one, is_alone=len({line.size for line in lines}) == len(lines)):
                self.batches[batch] = one
                return

    def _answers(self, batch: int, record: BatchRecord, *, is_alone: bool) -> bool:
        path = self.file(batch)
        try:
            has_size = path.stat().st_size == record.size
        except OSError:
            return False
        return has_size and (is_alone or _fingerprint(read_plain(path)) == record.fingerprint)

    def table(self, batch: int) -> pyarrow.Table:
        """Return the finished runs of a batch.

        Raises
        ------
        OutputError
            If the file is not the one that was written.
        """
        path = self.file(batch)
        table = read_plain(path)
        if _fingerprint(table) != self.batches[batch].fingerprint:
            raise OutputError(
                f"{path}: is not what was written; delete it and run the study again, "
                "which makes this file alone"
            )
        return table

    def tables(self) -> Iterator[pyarrow.Table]:
        """Yield the finished runs batch by batch, in their order."""
        return (self.table(batch) for batch in sorted(self.batches))


def _fingerprint(table: pyarrow.Table) -> str:
    from pathways.outcomes.fingerprint import table_fingerprint

    return table_fingerprint(table)


def read_plain(path: Path) -> pyarrow.Table:
    """Return the table in a Parquet file.

    Raises
    ------
    OutputError
        If it cannot be read.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(path) as file:
            return file.read()
    except (OSError, pyarrow.ArrowException) as error:
        raise OutputError(f"{path}: cannot be read: {error}; delete it and run again") from None


def read_contents(path: Path) -> Contents:
    """Return what lies in a store.

    Raises
    ------
    OutputError
        If the directory is no store, or one of a newer version.
    """
    contents = Contents(path, read_manifest(path))
    lines: dict[int, list[BatchRecord]] = {}
    for entry in read_journal(_moving(path, JOURNAL)):
        if "batch" in entry:
            lines.setdefault(entry["batch"], []).append(BatchRecord.of(entry))
    for batch, found in lines.items():
        contents.add(batch, found)
    return contents


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a store; errors as :func:`read_contents`."""
    manifest = found_manifest(path)
    if manifest is None:
        raise OutputError(f"{path}: holds no results of a study; run it with `pathways sweep`")
    if manifest["format_version"] != STORE_VERSION:
        raise OutputError(
            f"{path}: was written in format {manifest['format_version']}, this is "
            f"{STORE_VERSION}; use the release that wrote it"
        )
    return manifest


def found_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest if there is one of a study."""
    try:
        manifest = json.loads(_moving(path, MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    is_ours = isinstance(manifest, dict) and manifest.get("format") == STORE_FORMAT
    return manifest if is_ours else None


def _moving(path: Path, name: str) -> Path:
    """Return where a file of the store is: of an extended one perhaps not yet in its place."""
    moving = path / EXTENDED / name
    return moving if moving.exists() else path / name
