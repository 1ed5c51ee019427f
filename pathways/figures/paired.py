"""Paired differences of a comparison, looked up by what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathways.comparison import Comparison

ALL_PAYERS = "mean_cost_all_payers"


class Difference(NamedTuple):
    """A paired difference; the value is None where there is none, and the note says why."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    note: str

    @property
    def ends(self) -> list[list[float]] | None:
        """The distances to the ends of the interval, as error bars want them."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return [[self.value - self.low], [self.high - self.value]]


Differences = dict[tuple[str, str, str], Difference]


def differences(comparison: Comparison) -> Differences:
    """Return the paired differences by policy, reference and measure."""
    import pandas

    def known(value: Any) -> float | None:
        return None if pandas.isna(value) else float(value)

    return {
        (row.policy, row.reference, row.measure): Difference(
            known(row.difference), known(row.low), known(row.high), str(row.unit), str(row.note)
        )
        for row in comparison.differences.itertuples()
    }


def others(comparison: Comparison) -> list[str]:
    """Return the policies that are compared with the reference."""
    return [name for name in comparison.names if name != comparison.reference]


def without_cost(comparison: Comparison, found: Differences) -> dict[str, str]:
    """Return the policies whose cost is not compared with the reference's, and why."""
    costs = {name: found[name, comparison.reference, ALL_PAYERS] for name in others(comparison)}
    return {name: one.note for name, one in costs.items() if one.value is None}


def currency(comparison: Comparison, found: Differences) -> str:
    """Return the currency of the differences in cost; empty if there is none."""
    costs = (found[name, comparison.reference, ALL_PAYERS] for name in others(comparison))
    return next((one.unit for one in costs if one.value is not None), "")
