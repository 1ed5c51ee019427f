"""The frames of a comparison: estimates of each policy, and differences between policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pathways.comparison.differences import difference_rows
from pathways.comparison.schema import DIFFERENCES
from pathways.outcomes import schema
from pathways.outcomes.frames import frame
from pathways.outcomes.schema import Column
from pathways.outcomes.summary import CONSERVATION

if TYPE_CHECKING:
    import pandas

    from pathways.comparison.comparison import Comparison

HEADLINE: tuple[Column, ...] = (
    Column("policy", schema.TEXT, "", "the policy"),
    *schema.SUMMARY,
)


def headline_frame(comparison: Comparison) -> pandas.DataFrame:
    """Return the headline measures of every policy; what merely adds up is left to its run."""
    rows = [
        {"policy": name, **row}
        for name, result in comparison.results.items()
        for row in result.summary_rows
        if row["block"] != CONSERVATION
    ]
    return frame(pa.Table.from_pylist(rows, schema=schema.arrow_schema(HEADLINE)))


def differences_frame(comparison: Comparison) -> pandas.DataFrame:
    """Return the paired differences from the reference, then from the sham infusion."""
    rows = [
        row
        for reference in comparison.references
        for name in comparison.names
        if name != reference
        for row in difference_rows(name, reference, comparison.results)
    ]
    return frame(pa.Table.from_pylist(rows, schema=schema.arrow_schema(DIFFERENCES)))


def rows_of(table: pandas.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as dictionaries of Python values, what is missing as None."""
    columns = {
        name: [None if missing else value for value, missing in zip(values, nulls, strict=True)]
        for name, values, nulls in (
            (name, table[name].tolist(), table[name].isna().tolist()) for name in table
        )
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
