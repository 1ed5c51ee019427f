"""A fingerprint sees every value, its type and its place, and nothing of how Arrow holds them."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from hypothesis import given
from hypothesis import strategies as st

from pathways.outcomes import fingerprint
from pathways.outcomes.fingerprint import table_fingerprint
from pathways.outcomes.write import write_parquet

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64).map(lambda x: x + 0.0)
VALUES = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "float64": FINITE.filter(lambda x: x != 0.0 or np.copysign(1.0, x) > 0.0),
    "bool": st.booleans(),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
}
TYPES = {name: pa.type_for_alias(name) for name in VALUES}


@st.composite
def tables(draw) -> pa.Table:
    rows = draw(st.integers(0, 20))
    columns = {}
    for name, values in VALUES.items():
        entries = st.lists(st.none() | values, min_size=rows, max_size=rows)
        columns[name] = pa.array(draw(entries), TYPES[name])
    return pa.table(columns)


def in_chunks(table: pa.Table, cuts: list[int]) -> pa.Table:
    """Return the same rows in chunks, each of which is a slice of a longer array."""
    places = sorted({0, table.num_rows, *(cut % (table.num_rows + 1) for cut in cuts)})
    pairs = zip(places, places[1:], strict=False)
    parts = [table.slice(start, stop - start) for start, stop in pairs]
    return pa.concat_tables(parts) if parts else table


@given(tables(), st.lists(st.integers(0, 100), max_size=4))
def test_chunks_do_not_show(table, cuts):
    assert table_fingerprint(in_chunks(table, cuts)) == table_fingerprint(table)


@given(tables(), st.lists(st.integers(0, 100), max_size=4))
def test_dictionaries_do_not_show(table, cuts):
    words = in_chunks(table, cuts)["string"]
    each = pa.chunked_array([chunk.dictionary_encode() for chunk in words.chunks], None)
    encoded = table.set_column(4, "string", each if words.num_chunks else words)
    assert table_fingerprint(encoded) == table_fingerprint(table)


@given(tables(), st.sampled_from([0.0, -0.0, float("nan"), float("inf"), 3.25]))
def test_what_lies_under_a_null_does_not_show(table, hidden):
    values, valid = table["float64"].to_numpy(), table["float64"].is_valid().to_numpy()
    under = pa.array(np.where(valid, values, hidden), mask=~valid)
    assert under.null_count == table["float64"].null_count
    other = table.set_column(2, "float64", under)
    assert table_fingerprint(other) == table_fingerprint(table)


@given(tables())
def test_parquet_keeps_it(table):
    file = io.BytesIO()
    write_parquet(table, file)
    assert table_fingerprint(pyarrow.parquet.read_table(file)) == table_fingerprint(table)


@given(tables(), st.lists(st.integers(0, 100), max_size=4))
def test_bytes_of_parquet_do_not_depend_on_chunks(table, cuts):
    files = io.BytesIO(), io.BytesIO()
    write_parquet(table, files[0])
    write_parquet(in_chunks(table, cuts), files[1])
    assert files[0].getvalue() == files[1].getvalue()


@given(tables().filter(lambda table: table.num_rows), st.data())
def test_every_value_and_its_validity_shows(table, data):
    name = data.draw(st.sampled_from(list(VALUES)))
    row = data.draw(st.integers(0, table.num_rows - 1))
    entries = table[name].to_pylist()
    other = data.draw((st.none() | VALUES[name]).filter(lambda value: value != entries[row]))
    entries[row] = other
    place = table.column_names.index(name)
    changed = table.set_column(place, name, pa.array(entries, TYPES[name]))
    assert table_fingerprint(changed) != table_fingerprint(table)


@given(st.integers(0, 40))
def test_every_row_shows(rows):
    some, more = (pa.table({"x": pa.nulls(n, pa.int64())}) for n in (rows, rows + 1))
    assert table_fingerprint(some) != table_fingerprint(more)


@given(tables())
def test_names_and_order_of_columns_show(table):
    renamed = table.rename_columns(["other", *table.column_names[1:]])
    turned = table.select(table.column_names[::-1])
    assert len({table_fingerprint(one) for one in (table, renamed, turned)}) == 3


def test_null_is_not_zero_nor_false_nor_the_empty_text():
    for kind, empty in {"int64": 0, "float64": 0.0, "bool": False, "string": ""}.items():
        pair = [pa.table({"x": pa.array([value], TYPES[kind])}) for value in (None, empty)]
        assert table_fingerprint(pair[0]) != table_fingerprint(pair[1])


@given(tables(), st.integers(1, 7))
def test_blocks_are_part_of_the_definition(table, rows):
    before = fingerprint.BLOCK_ROWS
    try:
        fingerprint.BLOCK_ROWS = rows
        small = table_fingerprint(table)
    finally:
        fingerprint.BLOCK_ROWS = before
    assert (small == table_fingerprint(table)) == (table.num_rows <= rows)
