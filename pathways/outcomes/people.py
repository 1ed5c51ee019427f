"""Some of the patients of a table, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.types as kinds

if TYPE_CHECKING:
    from pathways.outcomes.column_file import ColumnFile

ABSENT = -1
"""Code of a word that is null."""


class Patients:
    """Some patients of a table as arrays; a column is read out when it is first asked for.

    Parameters
    ----------
    table : pyarrow.Table or ColumnFile
        Columns of ``schema.PATIENTS``.
    chosen : numpy.ndarray, optional
        Bool for each row; default all.
    """

    def __init__(self, table: pa.Table | ColumnFile, chosen: np.ndarray | None = None) -> None:
        self._start(_Columns(table), slice(0, table.num_rows), chosen)

    def _start(self, columns: _Columns, rows: slice, chosen: np.ndarray | None) -> None:
        self._columns, self._rows = columns, rows
        everybody = chosen is None or bool(chosen.all())
        self._chosen = None if everybody else chosen

    def _part(self, rows: slice, chosen: np.ndarray | None) -> Patients:
        part = object.__new__(Patients)
        part._start(self._columns, rows, chosen)
        return part

    def __len__(self) -> int:
        if self._chosen is None:
            return self._rows.stop - self._rows.start
        return int(np.count_nonzero(self._chosen))

    def where(self, chosen: np.ndarray) -> Patients:
        """Return those of them for whom `chosen` is true."""
        if self._chosen is None:
            return self._part(self._rows, chosen)
        narrower = self._chosen.copy()
        narrower[self._chosen] = chosen
        return self._part(self._rows, narrower)

    def among(self, rows: np.ndarray) -> Patients:
        """Return those of them for whom `rows`, a bool for each row of the table, is true."""
        return self._part(self._rows, rows if self._chosen is None else rows & self._chosen)

    def in_rows(self, rows: slice) -> Patients:
        """Return those of them who lie in some rows of the table."""
        chosen = None if self._chosen is None else self._chosen[rows]
        first = self._rows.start
        return self._part(slice(first + rows.start, first + rows.stop), chosen)

    def treated(self) -> Patients:
        """Return those of them who were ever infused by a clinic."""
        return self.where(self.known("first_infusion_day"))

    def known(self, name: str) -> np.ndarray:
        """Tell for whom the column is not null."""
        known = self._columns.read(name).known
        return np.ones(len(self), bool) if known is None else self._of(known)

    def values(self, name: str) -> np.ndarray:
        """Return the column's values without the nulls."""
        values, known, _ = self._columns.read(name)
        return self._of(values) if known is None else self._of(values)[self._of(known)]

    def flags(self, name: str) -> np.ndarray:
        """Return a bool for each patient; null is false."""
        values, known, _ = self._columns.read(name)
        return self._of(values) if known is None else self._of(values) & self._of(known)

    def are(self, name: str, words: Sequence[str]) -> np.ndarray:
        """Tell for whom a text column says one of some words."""
        codes, _, known_words = self._columns.read(name)
        return np.isin(self._of(codes), [known_words.index(w) for w in words if w in known_words])

    def currency(self) -> str | None:
        """Return the currency, one for all patients of a run; None without a price book."""
        currency = self._columns.table["currency"]
        return currency[0].as_py() if len(currency) else None

    def counts_of_words(self, name: str) -> dict[str | None, int]:
        """Return how often each word of a text column occurs; null under None."""
        codes, _, words = self._columns.read(name)
        counts = np.bincount(self._of(codes) - ABSENT, minlength=len(words) + 1).tolist()
        named = zip((None, *words), counts, strict=True)
        return {word: count for word, count in named if count}

    def _of(self, column: np.ndarray) -> np.ndarray:
        here = column[self._rows]
        return here if self._chosen is None else here[self._chosen]


class _Read(NamedTuple):
    """A column: values, or codes of words; where they are known, None for everywhere; the words."""

    values: np.ndarray
    known: np.ndarray | None
    words: tuple[str, ...] = ()


class _Columns:
    """The columns of a table as arrays, each read out once and without a copy where that can be.

    Of a table that lies in a file only the last few are kept.
    """

    def __init__(self, table: pa.Table | ColumnFile) -> None:
        self.table = table
        self._most = getattr(table, "columns_at_once", None)
        self._read: dict[str, _Read] = {}

    def read(self, name: str) -> _Read:
        """Return a column; what is not known may be anything."""
        if name not in self._read:
            if len(self._read) == self._most:
                del self._read[next(iter(self._read))]
            column = self.table[name]
            column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            is_text = kinds.is_dictionary(column.type) or kinds.is_string(column.type)
            self._read[name] = _words(column) if is_text else _numbers(column)
        return self._read[name]


def _words(column: pa.Array) -> _Read:
    if not kinds.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.fill_null(ABSENT).to_numpy(zero_copy_only=False).astype(np.int32)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    return _Read(codes, known, tuple(column.dictionary.to_pylist()))


def _numbers(column: pa.Array) -> _Read:
    if column.null_count == 0:
        return _Read(column.to_numpy(zero_copy_only=False), None)
    # Without its nulls, so that nothing is copied to fill them.
    buffers = [None, *column.buffers()[1:]]
    whole = pa.Array.from_buffers(column.type, len(column), buffers, offset=column.offset)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    return _Read(whole.to_numpy(zero_copy_only=False), known)
