"""The tables of patients of a batch: one file, one group of rows for each run, one run in memory.

A worker that sees the store's folder writes there, under a name no reader takes; one on a machine
without it sends the file with its answer. Words are plain text, so that a file comes out the same
whether it was written at once or put together from pieces.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pathways.outcomes.schema import arrow_schema
from pathways.studies.durable import sync_file
from pathways.studies.rows import PATIENTS

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

    from pathways.plan import Plan, RawResult

OPTIONS = {"version": "2.6", "compression": "zstd", "compression_level": 3}


Sources = Mapping[Path, Mapping[int, Iterable[int]]]
"""Files, and by run which numbers its patients get."""


class NoPatientsFile:
    """Stands where no table of patients is kept."""

    name: str | None = None
    content: bytes | None = None

    def __enter__(self) -> NoPatientsFile:
        return self

    def __exit__(self, *rest: object) -> None:
        pass

    def table(self, number: int, raw: RawResult, plan: Plan) -> None:
        """Make nothing."""

    def add(self, table: None) -> None:
        """Keep nothing."""


class PatientsFile:
    """Context manager in which a worker adds the patients of one run after the other.

    Parameters
    ----------
    folder : str
        Where the file should lie, under a name of its own.

    Attributes
    ----------
    name : str or None
        Of the file, if the folder is there.
    content : bytes or None
        The file, if not.
    """

    def __init__(self, folder: str) -> None:
        self.name: str | None = None
        self.content: bytes | None = None
        self._folder = Path(folder)

    def __enter__(self) -> PatientsFile:
        self._file = self._opened()
        self._writer = writer(self._file)
        return self

    def _opened(self) -> BinaryIO:
        if not self._folder.is_dir():
            return tempfile.TemporaryFile()
        path = new_path(self._folder)
        self.name = path.name
        return open(path, "xb")

    def table(self, number: int, raw: RawResult, plan: Plan) -> pyarrow.Table:
        """Return the patients of a run, its number in front."""
        return _patients_of(number, raw, plan)

    def add(self, table: pyarrow.Table) -> None:
        """Write the patients of a run."""
        self._writer.write_table(table)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        with self._file:
            self._writer.close()
            if kind is None:
                sync_file(self._file)
            if kind is None and self.name is None:
                self._file.seek(0)
                self.content = self._file.read()


def patients_file(folder: str | None) -> PatientsFile | NoPatientsFile:
    """Return what a worker adds its patients to; `folder` is None if they are not kept."""
    return NoPatientsFile() if folder is None else PatientsFile(folder)


def new_path(folder: Path) -> Path:
    """Return a path that no other attempt has, which may still be under way on a lost worker."""
    return folder / f"{secrets.token_hex(8)}.parquet"


def _patients_of(number: int, raw: RawResult, plan: Plan) -> pyarrow.Table:
    import pyarrow

    from pathways.outcomes.tables import patients_table

    table = patients_table(raw, plan)
    numbers = pyarrow.repeat(pyarrow.scalar(number, pyarrow.int64()), table.num_rows)
    return table.add_column(0, plain_schema().field("run"), numbers).cast(plain_schema())


def plain_schema() -> pyarrow.Schema:
    """Return the schema of the files, words as plain text."""
    import pyarrow

    schema = arrow_schema(PATIENTS)
    for place, one in enumerate(schema):
        if pyarrow.types.is_dictionary(one.type):
            schema = schema.set(place, one.with_type(one.type.value_type))
    return schema


def writer(file: BinaryIO) -> pyarrow.parquet.ParquetWriter:
    """Return what writes a file of patients, each table a group of rows."""
    from pyarrow.parquet import ParquetWriter

    return ParquetWriter(file, plain_schema(), **OPTIONS)


def merged(sources: Sources, file: BinaryIO) -> None:
    """Write the patients of several files into one, in the order of the runs.

    Parameters
    ----------
    sources : mapping from Path to dict
        Files, and by run which numbers its patients get here.
    file : file open for writing
    """
    with ExitStack() as opened, writer(file) as out:
        groups: dict[int, tuple[pyarrow.parquet.ParquetFile, int]] = {}
        for path, numbers in sources.items():
            groups |= _groups(opened, path, numbers)
        for number in sorted(groups):
            source, group = groups[number]
            out.write_table(_numbered(source.read_row_group(group), number))


def _groups(
    opened: ExitStack, path: Path, numbers: Mapping[int, Iterable[int]]
) -> dict[int, tuple[pyarrow.parquet.ParquetFile, int]]:
    """Return for each number where its rows lie."""
    from pyarrow.parquet import ParquetFile

    source = opened.enter_context(ParquetFile(path))
    found = {}
    for group in range(source.num_row_groups):
        run = source.metadata.row_group(group).column(0).statistics.min
        found |= dict.fromkeys(numbers.get(run, ()), (source, group))
    return found


def _numbered(table: pyarrow.Table, number: int) -> pyarrow.Table:
    import pyarrow

    numbers = pyarrow.repeat(pyarrow.scalar(number, pyarrow.int64()), table.num_rows)
    return table.set_column(0, table.schema.field(0), numbers).cast(plain_schema())


def arriving(folder: Path) -> Path:
    """Make a folder for files on their way, with a name that tells one machine from another."""
    return Path(tempfile.mkdtemp(prefix=".arriving-", dir=folder))


def remove_arrived(folder: Path) -> None:
    """Remove what lies there of files that never arrived."""
    import shutil

    for left in folder.glob(".arriving-*"):
        shutil.rmtree(left, ignore_errors=True)
