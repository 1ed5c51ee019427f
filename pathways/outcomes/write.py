"""Writes the files of a run: three tables, the summary, the manifest and what is true of this run.

The bytes of the tables and the summary are the same from the same results and the same pyarrow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet

from pathways.outcomes.directory import MANIFEST, OutputDirectory
from pathways.outcomes.summary import Row, summary_csv

ROW_GROUP_ROWS = 262_144


def write_run(
    out: OutputDirectory,
    *,
    tables: Mapping[str, pa.Table | None],
    summary: list[Row],
    manifest: Mapping[str, Any],
    record: Mapping[str, Any],
) -> None:
    """Write the files of a run into an output directory, which publishes them when it is left.

    Parameters
    ----------
    out : OutputDirectory
        Entered.
    tables : mapping from str to pyarrow.Table or None
        ``patients``, ``weekly``, ``events``; what is None is not written.
    summary : list of dict
    manifest : mapping
        What decides the results, and their fingerprints.
    record : mapping
        What is true of this run alone: engine, threads, time, machine.

    Raises
    ------
    pathways.outcomes.directory.OutputError
        If a file cannot be written.
    """
    for name, table in tables.items():
        if table is not None:
            out.write(f"{name}.parquet", lambda file, table=table: write_parquet(table, file))
    out.write("summary.csv", lambda file: file.write(summary_csv(summary)))
    out.write("run.json", lambda file: file.write(json_bytes(record)))
    out.write(MANIFEST, lambda file: file.write(json_bytes(manifest)))


def write_parquet(table: pa.Table, file: BinaryIO) -> None:
    """Write a table as Parquet whose bytes do not depend on the table's chunks."""
    options = {"version": "2.6", "compression": "zstd", "compression_level": 3}
    with pyarrow.parquet.ParquetWriter(file, table.schema, **options) as writer:
        for start in range(0, table.num_rows, ROW_GROUP_ROWS):
            writer.write_table(table.slice(start, ROW_GROUP_ROWS).combine_chunks())


def json_bytes(value: Mapping[str, Any]) -> bytes:
    """Return JSON for people to read, in the order in which it was made."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
