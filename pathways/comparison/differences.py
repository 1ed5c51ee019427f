"""Paired differences: the same patients with the same luck under two policies.

Every patient is drawn alike under both, so most of what makes patients differ cancels, and a
difference is known far better than from two groups of different people.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute

from pathways.comparison.schema import KNOWN, MEASURES, ZERO, Measure
from pathways.fastcore.sums import fixed_point_sum, squared_deviations
from pathways.outcomes import estimates, schema
from pathways.outcomes.estimates import Estimate
from pathways.outcomes.summary import FIXED_POINT, Row

if TYPE_CHECKING:
    from pathways.simulation import Result


MOST_PATIENTS = 2.0**53
"""Where whole numbers of patients can no longer be told apart."""


class Paired(NamedTuple):
    """A paired difference.

    Attributes
    ----------
    estimate : Estimate
        The mean of the differences.
    independent_patients : int or None
        Patients in each of two independent arms that give the same standard error; None if that
        is 0 or not known.
    """

    estimate: Estimate
    independent_patients: int | None = None


def paired_difference(policy: np.ndarray, reference: np.ndarray, scale: int) -> Paired:
    """Return the mean difference of paired values.

    Arms of n patients of their own have the variance ``(varA + varB) / n``; the paired mean has
    ``var(A - B) / n``. The same standard error thus takes ``n * (varA + varB) / var(A - B)``.

    Parameters
    ----------
    policy, reference : numpy.ndarray
        float64, shape (n,), the same patients in the same order.
    scale : int
        Units of the fixed-point sums in one unit of the values.
    """
    apart = policy - reference
    found = estimates.mean(apart, scale)
    if not found.standard_error:
        return Paired(found.noted("the same in every patient") if found.n > 1 else found)
    ratio = (_squares(policy, scale) + _squares(reference, scale)) / _squares(apart, scale)
    patients = found.n * ratio
    return Paired(found, math.floor(patients + 0.5) if patients < MOST_PATIENTS else None)


def difference_rows(policy: str, reference: str, results: Mapping[str, Result]) -> Iterator[Row]:
    """Yield the rows of one policy against one reference, columns of ``schema.DIFFERENCES``."""
    ours, theirs = (_studied(results[name]) for name in (policy, reference))
    for measure in MEASURES:
        found, unit = _compared(measure, ours, theirs)
        estimate = found.estimate
        yield {
            "policy": policy,
            "reference": reference,
            "measure": measure.name,
            "unit": unit,
            "difference": estimate.value,
            "standard_error": estimate.standard_error,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
            "independent_patients": found.independent_patients,
            "note": estimate.note,
        }


def difference_of(
    measure: str, policy: str, reference: str, results: Mapping[str, Result]
) -> Paired:
    """Return one paired difference by the name of its measure."""
    chosen = next(one for one in MEASURES if one.name == measure)
    ours, theirs = (_studied(results[name]) for name in (policy, reference))
    return _compared(chosen, ours, theirs)[0]


def not_comparable(ours: str | None, theirs: str | None) -> str:
    """Return why amounts in two currencies (None: unpriced) have no difference, or nothing."""
    if ours is None or theirs is None:
        return "no price book" if ours == theirs else "no price book in one of them"
    return "" if ours == theirs else f"{ours} and {theirs} are not comparable"


def _compared(measure: Measure, ours: pa.Table, theirs: pa.Table) -> tuple[Paired, str]:
    unit = measure.unit
    if unit == schema.CURRENCY:
        mine, other = _currency(ours), _currency(theirs)
        if reason := not_comparable(mine, other):
            return Paired(Estimate(n=ours.num_rows, note=reason)), ""
        unit = str(mine)
    (policy, mine_known), (reference, other_known) = (_read(measure, t) for t in (ours, theirs))
    known = mine_known & other_known
    if not known.all():
        policy, reference = policy[known], reference[known]
    found = paired_difference(policy, reference, FIXED_POINT[measure.unit])
    return Paired(found.estimate.noted(measure.note), found.independent_patients), unit


def _read(measure: Measure, table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a measure, and for which patients they count."""
    values, counted = np.zeros(table.num_rows), np.ones(table.num_rows, bool)
    for name in measure.columns:
        column = table[name]
        if measure.read == KNOWN:
            values = values + column.is_valid().to_numpy()
            continue
        numbers = column.cast(pa.float64())
        has_nulls = numbers.null_count > 0
        values = values + (numbers.fill_null(0.0) if has_nulls else numbers).to_numpy()
        if has_nulls and measure.null != ZERO:
            counted &= column.is_valid().to_numpy()
    return values, counted


def _studied(result: Result) -> pa.Table:
    table = result.tables["patients"]
    studied = table["studied"]
    # Most often everybody is, and a copy would be of all columns.
    return table if pa.compute.all(studied).as_py() else table.filter(studied)


def _currency(table: pa.Table) -> str | None:
    return table["currency"][0].as_py() if table.num_rows else None


def _squares(values: np.ndarray, scale: int) -> float:
    values = np.ascontiguousarray(values)
    centre = fixed_point_sum(values, scale) / scale / len(values)
    return squared_deviations(values, centre)
