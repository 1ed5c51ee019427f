"""The table of runs: its columns, which are the study's own, its rows and its fingerprint.

The fingerprint of a study is BLAKE2b with a 32-byte digest over ``pathways study`` and then, for
each 4,096 rows in the order of the runs, the last ones fewer, the fingerprint of these rows as a
table (:mod:`pathways.outcomes.fingerprint`), each as hexadecimal text. How the rows lie in files
does not enter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from pathways.errors import InputError, Place
from pathways.outcomes import schema
from pathways.outcomes.schema import Column
from pathways.studies.levels import level_columns, level_value

if TYPE_CHECKING:
    import pyarrow

    from pathways.studies.study import Study

Row = dict[str, Any]

FIRST = (
    Column("run", schema.INTEGER, "", "number of the run in the study, from 0"),
    Column("key", schema.TEXT, "", "hash of all that decides the run's results"),
    Column("scenario", schema.TEXT, "", "scenario"),
)
MIDDLE = (
    Column("draw", schema.INTEGER, "", "parameter draw; 0 for every value as stated"),
    Column("seed", schema.HASH, "", "seed of every random draw"),
    Column("replicate", schema.INTEGER, "", "replicate of the seed, from 1"),
    Column("fingerprint", schema.TEXT, "", "hash of the run's results, patient by patient"),
)
PATIENTS = (Column("run", schema.INTEGER, "", "number of the run in the study"), *schema.PATIENTS)
NO_VALUE = "cannot be estimated"
ROWS_AT_ONCE = 4_096
"""Part of the definition of the fingerprint; so few that they need little memory."""


class Part(NamedTuple):
    """Rows as the file they will be, made where they were computed.

    Attributes
    ----------
    content : bytes
        Parquet.
    rows : int
    fingerprint : str
        Of the table.
    """

    content: bytes
    rows: int
    fingerprint: str


def columns_of(study: Study) -> tuple[Column, ...]:
    """Return the columns of the runs of a study: who they are, what varies, what was measured.

    Raises
    ------
    InputError
        If two columns would have the same name.
    """
    levels = level_columns(study)
    measures = [Column(name, schema.FLOAT, "", "measure", NO_VALUE) for name in study.outputs]
    columns = (*FIRST, *levels, *MIDDLE, *measures)
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            problem = f"the table of runs would have two columns `{name}`"
            raise InputError(Place(path=study.name), problem, "another name for what varies")
    return columns


def row_of(study: Study, number: int, columns: Sequence[Column], results: Mapping[str, Any]) -> Row:
    """Return a row: who the run is, from the study, and its key, fingerprint and measures."""
    run = study.run(number)
    levels = {
        column.name: level_value(run.levels[column.name], column)
        for column in columns
        if column.name in run.levels
    }
    named = {
        "run": number,
        "scenario": run.scenario,
        "draw": run.draw,
        "seed": run.seed,
        "replicate": run.replicate,
    }
    # A row that is carried over has levels of its own, perhaps in another unit.
    values = {**results, **levels, **named}
    return {column.name: _as_typed(values.get(column.name), column) for column in columns}


def _as_typed(value: Any, column: Column) -> Any:
    """Return a value as its column holds it: NaN is null, and there is no negative zero."""
    if value is None:
        return None
    if column.type != schema.FLOAT:
        return value
    value = float(value)
    return None if math.isnan(value) else value + 0.0


def table_of(rows: Sequence[Row], columns: tuple[Column, ...]) -> pyarrow.Table:
    """Return rows as a table, in the order of the runs."""
    import pyarrow

    ordered = sorted(rows, key=lambda row: row["run"])
    return pyarrow.Table.from_pylist(ordered, schema=schema.arrow_schema(columns))


def part_of(table: pyarrow.Table) -> Part:
    """Return rows, in the order of the runs, as a file."""
    from pathways.outcomes.fingerprint import table_fingerprint
    from pathways.outcomes.write import write_parquet

    file = BytesIO()
    write_parquet(table, file)
    return Part(file.getvalue(), table.num_rows, table_fingerprint(table))


def joined(parts: Iterable[Part], columns: tuple[Column, ...]) -> Part:
    """Return the rows of several parts as one, in the order of the runs; of none an empty one."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    tables = [ParquetFile(BytesIO(part.content)).read() for part in parts]
    return part_of(pyarrow.concat_tables([table_of([], columns), *tables]).sort_by("run"))


def study_fingerprint(tables: Iterable[pyarrow.Table]) -> str:
    """Return the fingerprint of a study from its tables of runs in order, however they are cut."""
    from pathways.outcomes.fingerprint import table_fingerprint

    digest = hashlib.blake2b(b"pathways study", digest_size=32)
    for block in _in_blocks(tables):
        digest.update(table_fingerprint(block).encode())
    return digest.hexdigest()


def _in_blocks(tables: Iterable[pyarrow.Table]) -> Iterator[pyarrow.Table]:
    import pyarrow

    held: list[pyarrow.Table] = []
    count = 0
    for table in tables:
        held.append(table)
        count += table.num_rows
        while count >= ROWS_AT_ONCE:
            whole = pyarrow.concat_tables(held)
            yield whole.slice(0, ROWS_AT_ONCE)
            held, count = [whole.slice(ROWS_AT_ONCE)], count - ROWS_AT_ONCE
    if count:
        yield pyarrow.concat_tables(held)
