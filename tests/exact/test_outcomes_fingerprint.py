"""Fingerprints against byte strings put together by hand from the definition."""

from __future__ import annotations

import re
from hashlib import blake2b
from struct import pack

import pyarrow as pa
import pytest

from pathways.outcomes.fingerprint import canonical_json, run_fingerprint, table_fingerprint


def text(word: str) -> bytes:
    return pack("<q", len(word.encode())) + word.encode()


def hashed(content: bytes) -> str:
    return blake2b(content, digest_size=32).hexdigest()


COLUMNS = {
    "int64": ([1, None, -2], pa.int64(), b"\x05" + pack("<qqq", 1, 0, -2)),
    "uint64": ([2**64 - 1, 0, None], pa.uint64(), b"\x03" + pack("<QQQ", 2**64 - 1, 0, 0)),
    "float64": ([None, 0.1, -3.5], pa.float64(), b"\x06" + pack("<ddd", 0.0, 0.1, -3.5)),
    "bool": ([True, None, False], pa.bool_(), b"\x05" + b"\x01\x00\x00"),
    "text": (["é", None, ""], pa.string(), b"\x05" + text("é") + text("") + text("")),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_column_by_hand(kind):
    values, arrow, content = COLUMNS[kind]
    table = pa.table({"x": pa.array(values, arrow)})
    assert table_fingerprint(table) == hashed(text("x") + text(kind) + pack("<q", 3) + content)


def test_columns_follow_each_other():
    table = pa.table({name: pa.array(*made[:2]) for name, made in COLUMNS.items()})
    content = [text(n) + text(n) + pack("<q", 3) + made[2] for n, made in COLUMNS.items()]
    assert table_fingerprint(table) == hashed(b"".join(content))


def test_block_ends_after_65536_rows():
    rows = 65_536 + 9
    table = pa.table({"x": pa.array([7] * rows, pa.int64())})
    content = text("x") + text("int64") + pack("<q", rows)
    content += b"\xff" * 8192 + pack("<q", 7) * 65_536 + b"\xff\x01" + pack("<q", 7) * 9
    assert table_fingerprint(table) == hashed(content)


def test_table_without_rows():
    table = pa.table({"x": pa.array([], pa.float64())})
    assert table_fingerprint(table) == hashed(text("x") + text("float64") + pack("<q", 0))


def test_published_vector():
    table = pa.table({name: pa.array(*made[:2]) for name, made in COLUMNS.items()})
    assert table_fingerprint(table) == (
        "1ceed9f2c6fb58c5ed3a2eef90d79246e5eeab5d9b62d5ced51f0cb664a18a6e"
    )


def test_run_by_hand():
    tables = {"patients": "ab", "weekly": "cd", "events": "ef"}
    content = ["pathways run", "patients", "ab", "weekly", "cd", "events", "ef", "scenario"]
    content.append('{"a":[1.5,null],"z":"ü"}')
    by_hand = hashed(b"".join(map(text, content)))
    assert run_fingerprint(tables, {"z": "ü", "a": [1.5, None]}) == by_hand


def test_run_whose_events_were_not_kept_says_so():
    tables = {"patients": "ab", "weekly": "cd", "events": None}
    content = ["pathways run", "patients", "ab", "weekly", "cd", "events", "not kept"]
    by_hand = hashed(b"".join(map(text, [*content, "scenario", "{}"])))
    assert run_fingerprint(tables, {}) == by_hand


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_scenario_with_no_number_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"dose": value})


@pytest.mark.parametrize("value", [-0.0, float("nan"), float("inf"), float("-inf")])
def test_values_that_compare_badly_are_refused(value):
    values = [0.0] * 65_540 + [value]
    with pytest.raises(ValueError, match=r"column pain, row 65540: .* in a result"):
        table_fingerprint(pa.table({"pain": pa.array(values, pa.float64(), from_pandas=False)}))


@pytest.mark.parametrize("kind", [pa.int32(), pa.float32(), pa.date32(), pa.binary(), pa.null()])
def test_other_types_are_refused(kind):
    message = f"column x: no fingerprint is defined for the type {kind}"
    with pytest.raises(TypeError, match=re.escape(message)):
        table_fingerprint(pa.table({"x": pa.nulls(2, kind)}))


def test_dictionary_of_numbers_is_refused():
    column = pa.array([1, 1], pa.int64()).dictionary_encode()
    with pytest.raises(TypeError, match="no fingerprint is defined"):
        table_fingerprint(pa.table({"x": column}))


def test_null_inside_a_dictionary_is_null():
    words = pa.array(["a", None, "b"])
    hidden = pa.array(["a", None, "b"]).dictionary_encode(null_encoding="encode")
    assert hidden.indices.null_count == 0
    found = [table_fingerprint(pa.table({"x": column})) for column in (words, hidden)]
    assert found[0] == found[1]
