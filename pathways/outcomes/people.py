"""Some of the patients of a table, as arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute


class Patients:
    """Some patients of a table as arrays; only the columns that are asked for are copied.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of ``schema.PATIENTS``.
    chosen : numpy.ndarray, optional
        Bool for each row; default all.
    """

    def __init__(self, table: pa.Table, chosen: np.ndarray | None = None) -> None:
        self._table = table
        everybody = chosen is None or bool(chosen.all())
        self._chosen = None if everybody else chosen

    def __len__(self) -> int:
        return self._table.num_rows if self._chosen is None else int(self._chosen.sum())

    def where(self, chosen: np.ndarray) -> Patients:
        """Return those of them for whom `chosen` is true."""
        if self._chosen is None:
            return Patients(self._table, chosen)
        narrower = self._chosen.copy()
        narrower[self._chosen] = chosen
        return Patients(self._table, narrower)

    def among(self, rows: np.ndarray) -> Patients:
        """Return those of them for whom `rows`, a bool for each row of the table, is true."""
        return Patients(self._table, rows if self._chosen is None else rows & self._chosen)

    def in_rows(self, rows: slice) -> Patients:
        """Return those of them who lie in some rows of the table."""
        part = self._table.slice(rows.start, rows.stop - rows.start)
        return Patients(part, None if self._chosen is None else self._chosen[rows])

    def treated(self) -> Patients:
        """Return those of them who were ever infused by a clinic."""
        return self.where(self.known("first_infusion_day"))

    def known(self, name: str) -> np.ndarray:
        """Tell for whom the column is not null."""
        return self._column(name).is_valid().to_numpy()

    def values(self, name: str) -> np.ndarray:
        """Return the column's values without the nulls."""
        return self._column(name).drop_null().to_numpy()

    def flags(self, name: str) -> np.ndarray:
        """Return a bool for each patient; null is false."""
        return self._column(name).fill_null(False).to_numpy()

    def are(self, name: str, words: Sequence[str]) -> np.ndarray:
        """Tell for whom a text column says one of some words."""
        column = self._column(name)
        found = pa.compute.is_in(column.cast(pa.string()), value_set=pa.array(words, pa.string()))
        return found.to_numpy()

    def currency(self) -> str | None:
        """Return the currency, one for all patients of a run; None without a price book."""
        currency = self._table["currency"]
        return currency[0].as_py() if len(currency) else None

    def counts_of_words(self, name: str) -> dict[str | None, int]:
        """Return how often each word of a text column occurs; null under None."""
        counted = self._column(name).value_counts().to_pylist()
        return {one["values"]: one["counts"] for one in counted}

    def _column(self, name: str) -> pa.ChunkedArray:
        column = self._table[name]
        return column if self._chosen is None else column.filter(pa.array(self._chosen))
