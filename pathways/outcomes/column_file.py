"""A table in a file that is written a block of rows, and read a column, at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet

COMPRESSION = "zstd"


class ColumnFile:
    """As much of a ``pyarrow.Table`` as summaries and fingerprints ask for, little of it in memory.

    Parameters
    ----------
    path : str or path
        Of a Parquet file.
    """

    columns_at_once = 2
    """How many columns whoever reads them should keep."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = pa.parquet.ParquetFile(path)

    @property
    def num_rows(self) -> int:
        return self._file.metadata.num_rows

    @property
    def column_names(self) -> list[str]:
        return self._file.schema_arrow.names

    @property
    def columns(self) -> Iterator[pa.ChunkedArray]:
        return (self[name] for name in self.column_names)

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        return self._file.read([name], use_threads=False)[name]


def writer_of(path: str | os.PathLike[str], schema: pa.Schema) -> pa.parquet.ParquetWriter:
    """Return what writes the blocks of a :class:`ColumnFile`; a context manager."""
    options = {"compression": COMPRESSION, "write_statistics": False, "use_dictionary": False}
    return pa.parquet.ParquetWriter(path, schema, **options)
