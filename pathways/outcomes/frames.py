"""Data frames from Arrow tables: null is pandas' NA, whole numbers stay whole.

The type of a column does not depend on the data: a column that may hold nulls is always of pandas'
masked type, and words are categories in their own order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import pandas


def frame(table: pa.Table) -> pandas.DataFrame:
    """Return a table as a data frame.

    Parameters
    ----------
    table : pyarrow.Table
        Its schema says which columns may hold nulls.
    """
    import pandas

    masked = {
        pa.int64(): pandas.Int64Dtype(),
        pa.float64(): pandas.Float64Dtype(),
        pa.bool_(): pandas.BooleanDtype(),
    }
    nullable = [field.name for field in table.schema if field.nullable]
    rest = [field.name for field in table.schema if not field.nullable]
    parts = [
        table.select(nullable).to_pandas(types_mapper=masked.get),
        table.select(rest).to_pandas(),
    ]
    return pandas.concat(parts, axis="columns")[table.column_names]
