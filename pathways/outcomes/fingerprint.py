"""The fingerprint of a table and of a run: what "the same bits" means.

A table's fingerprint is BLAKE2b with a 32-byte digest over, for each column in schema order,

1. the name and the logical type (``int64``, ``float64``, ``text``, ``bool``, ``uint64``), each as
   text, and the number of rows as an integer;
2. for each block of 65,536 rows, the last one shorter: one validity bit for each row (1 = a value,
   0 = null), packed eight to a byte with the first row in the lowest bit and zeros at the end; then
   the values of the block, nulls included as 0, false or the empty text.

Integers, hashes and floats are eight little-endian bytes, a bool is one byte 0 or 1, a text is its
length in bytes as an integer and then its UTF-8. Nothing about Arrow enters: not the chunks, not
the dictionary of a text column, not what lies under a null.

A run's fingerprint is the same hash over texts: ``pathways run``; then for ``patients``, ``weekly``
and ``events`` in this order the table's name and its fingerprint (hexadecimal); then ``scenario``
and the resolved scenario as canonical JSON. If the events were not kept, ``not kept`` stands in the
place of their fingerprint: they are then covered by the column ``trace`` of the patients, a hash of
each patient's events, alone. Of a run with observed days ``observations`` and its fingerprint come
after the events.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds

from pathways.outcomes import schema

BLOCK_ROWS = 65_536
DIGEST_BYTES = 32
NOT_KEPT = "not kept"
RUN_TABLES = ("patients", "weekly", "events")
OBSERVATIONS = "observations"


def table_fingerprint(table: pa.Table) -> str:
    """Return the fingerprint of a table, 64 hexadecimal digits.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of 64-bit integers (signed or not), 64-bit floats, bools or text.

    Raises
    ------
    TypeError
        If a column has another type.
    ValueError
        If a value is -0.0, NaN or infinite: those have no place in a result.
    """
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = logical_type(name, column.type)
        digest.update(_text(name) + _text(kind) + _integer(len(column)))
        for start, block in _blocks(column):
            digest.update(_validity(block))
            digest.update(_values(block, kind, f"column {name}", start))
    return digest.hexdigest()


def run_fingerprint(tables: Mapping[str, str | None], description: Mapping[str, Any]) -> str:
    """Return the fingerprint of a run, 64 hexadecimal digits.

    Parameters
    ----------
    tables : mapping from str to str or None
        The fingerprints of ``patients``, ``weekly``, ``events`` and, of a run with observed days,
        ``observations``; None for what was not kept.
    description : mapping
        The scenario as resolved.
    """
    digest = hashlib.blake2b(_text("pathways run"), digest_size=DIGEST_BYTES)
    further = (OBSERVATIONS,) if OBSERVATIONS in tables else ()
    for name in (*RUN_TABLES, *further):
        digest.update(_text(name) + _text(tables[name] or NOT_KEPT))
    digest.update(_text("scenario") + _text(canonical_json(description)))
    return digest.hexdigest()


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys, no spaces, UTF-8 as it is and the shortest exact numbers.

    Raises
    ------
    ValueError
        If it holds NaN or an infinity.
    TypeError
        If it holds something JSON has no form for.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def logical_type(name: str, kind: pa.DataType) -> str:
    """Return the logical type a column of Arrow type `kind` has; `name` is for the message."""
    plain = kind.value_type if kinds.is_dictionary(kind) else kind
    if kinds.is_string(plain) or kinds.is_large_string(plain) or kinds.is_string_view(plain):
        return schema.TEXT
    logical = {"int64": schema.INTEGER, "uint64": schema.HASH, "double": schema.FLOAT}
    logical["bool"] = schema.FLAG
    if str(plain) not in logical or plain is not kind and plain != kind:
        raise TypeError(f"column {name}: no fingerprint is defined for the type {kind}")
    return logical[str(plain)]


def _blocks(column: pa.ChunkedArray) -> Iterator[tuple[int, pa.Array]]:
    """Yield blocks as plain arrays, and the row each starts at."""
    for start in range(0, len(column), BLOCK_ROWS):
        part = column.slice(start, BLOCK_ROWS)
        # A dictionary of several chunks may differ between them, and may itself hold a null.
        if kinds.is_dictionary(part.type) and not _is_one_dictionary(part):
            part = part.cast(part.type.value_type)
        yield start, pa.concat_arrays(part.chunks)


def _is_one_dictionary(part: pa.ChunkedArray) -> bool:
    return part.num_chunks == 1 and part.chunk(0).dictionary.null_count == 0


def _validity(block: pa.Array) -> bytes:
    valid = block.is_valid().to_numpy(zero_copy_only=False)
    return np.packbits(valid, bitorder="little").tobytes()


def _values(block: pa.Array, kind: str, column: str, start: int) -> bytes:
    if kind == schema.TEXT:
        return _texts(block)
    filled = block.fill_null(False if kind == schema.FLAG else 0)
    values = filled.to_numpy(zero_copy_only=False)
    if kind == schema.FLAG:
        return values.astype(np.uint8).tobytes()
    if kind == schema.FLOAT:
        _refuse_what_compares_badly(values, column, start)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()


def _texts(block: pa.Array) -> bytes:
    words = block if kinds.is_dictionary(block.type) else block.dictionary_encode()
    written = [_text(word) for word in (*words.dictionary.to_pylist(), "")]
    indices = words.indices.fill_null(len(written) - 1)
    return b"".join([written[index] for index in indices.to_numpy(zero_copy_only=False).tolist()])


def _refuse_what_compares_badly(values: np.ndarray, column: str, start: int) -> None:
    bad = ~np.isfinite(values) | ((values == 0.0) & np.signbit(values))
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(
            f"{column}, row {start + row}: {values[row]} in a result; "
            "missing values are null and zero is 0.0"
        )


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _integer(len(encoded)) + encoded


def _integer(number: int) -> bytes:
    return struct.pack("<q", number)
