"""Arrow arrays from an engine's numbers: codes become words, what is missing becomes null."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import IntEnum

import numpy as np
import pyarrow as pa

from pathways.outcomes import schema
from pathways.outcomes.schema import Column

Records = np.ndarray | Mapping[str, np.ndarray]
"""Records of an engine, or their columns."""

RECORDS_AT_ONCE = 8_192
"""Results of so many patients stay in the processor's cache while they are read field by field."""

NEVER = -1
"""What engines write for a day that never came and for a question that was never asked."""


def by_column(records: np.ndarray) -> dict[str, np.ndarray]:
    """Return the fields of records as arrays whose columns each lie together in memory.

    Read field by field over all records, each record would be fetched as often as it has fields.
    """
    fields = {name: records.dtype[name] for name in records.dtype.names}
    columns = {
        name: np.empty((*kind.shape, len(records)), kind.base) for name, kind in fields.items()
    }
    for start in range(0, len(records), RECORDS_AT_ONCE):
        some = records[start : start + RECORDS_AT_ONCE]
        for name, column in columns.items():
            column[..., start : start + len(some)] = some[name].T
    return {name: column.T for name, column in columns.items()}


def quotient(total: np.ndarray, count: np.ndarray) -> pa.Array:
    """Return one divided by the other, null where there is nothing to divide by."""
    nothing = count == 0
    return pa.array(total / np.where(nothing, 1, count), mask=nothing)


def number(values: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    """Return numbers as they are, null where `missing`."""
    return pa.array(np.ascontiguousarray(values), mask=missing)


def flag(values: np.ndarray) -> pa.Array:
    """Return 1 as true, 0 as false and ``NEVER`` as null."""
    return pa.array(values == 1, mask=values == NEVER)


def by_code(names: tuple[str, ...], columns: np.ndarray) -> dict[str, pa.Array]:
    """Return the columns of an array-valued field, which is in the order of `names`."""
    return {name: number(columns[:, code]) for code, name in enumerate(names)}


def as_they_are(records: Records, *names: str) -> dict[str, pa.Array]:
    """Return fields of records that are columns under their own names."""
    return {name: number(records[name]) for name in names}


def named(
    numbers: np.ndarray,
    codes: type[IntEnum],
    names: tuple[str, ...],
    missing: np.ndarray | None = None,
) -> pa.Array:
    """Return the words for code numbers, as indices into `names`.

    Raises
    ------
    ValueError
        If a number is no code, or none that has a word here, and not `missing`.
    """
    places = _places(codes, names)
    inside = (numbers >= 0) & (numbers < len(places))
    found = places[np.where(inside, numbers, 0)]
    unknown = (~inside | (found < 0)) & (True if missing is None else ~missing)
    if unknown.any():
        row = int(np.argmax(unknown))
        raise ValueError(f"row {row}: {numbers[row]} is not a {codes.__name__} code")
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=missing), pa.array(names))


@functools.cache
def _places(codes: type[IntEnum], names: tuple[str, ...]) -> np.ndarray:
    """Return the index in `names` of each code's word, -1 for one that has none."""
    words = {code: code.name.lower() for code in codes}
    places = [
        names.index(words[code]) if words.get(code) in names else -1
        for code in range(max(codes) + 1)
    ]
    return np.array(places, np.int8)


def assembled(columns: tuple[Column, ...], arrays: Mapping[str, pa.Array]) -> pa.Table:
    """Return a table with the columns of a schema, in its order.

    Raises
    ------
    ValueError
        If a column is lacking, unknown, or holds nulls that it may not hold.
    """
    for column in columns:
        if column.name not in arrays:
            raise ValueError(f"column {column.name} was not made")
        if not column.null and arrays[column.name].null_count:
            raise ValueError(f"column {column.name} may not hold nulls")
    unknown = arrays.keys() - {column.name for column in columns}
    if unknown:
        raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
    ordered = [arrays[column.name] for column in columns]
    return pa.Table.from_arrays(ordered, schema=schema.arrow_schema(columns))


def refuse_wrong_length(what: str, found: int, expected: int) -> None:
    """Refuse a result that does not belong to its plan."""
    if found != expected:
        raise ValueError(f"the result has {found} {what}, the plan {expected}")
