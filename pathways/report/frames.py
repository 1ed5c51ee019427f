"""Rows of a comparison's frames, looked up by what they are about."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pathways.comparison.frames import rows_of
from pathways.report.numbers import EMPTY, Cell, Row, difference_cell, estimate_cell

if TYPE_CHECKING:
    import pandas

    from pathways.comparison import Comparison

HEADLINE = "headline"
DIFFERENCES = "differences"
FIRST_COST = ("all_referrals", "mean_cost_health_system")


class Frames:
    """The headline and the differences of a comparison.

    Parameters
    ----------
    comparison : Comparison
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.policies = tuple(comparison.names)
        self.headline = _keyed(comparison.headline, "block")
        self.differences = _keyed(comparison.differences, "reference")

    def estimate(self, policy: str, block: str, measure: str) -> Cell:
        """Return one estimate as a cell; an empty one if the frame has no such row."""
        row = self.headline.get((policy, block, measure))
        if row is None:
            return EMPTY
        source = f"{HEADLINE} {policy} {block} {measure}"
        return estimate_cell(row, source, with_currency=self.currency is None)

    def difference(self, policy: str, reference: str, measure: str) -> Cell:
        """Return one paired difference as a cell; an empty one if the frame has no such row."""
        row = self.differences.get((policy, reference, measure))
        if row is None:
            return EMPTY
        source = f"{DIFFERENCES} {policy} {reference} {measure}"
        return difference_cell(row, source, with_currency=self.currency is None)

    def row(self, block: str, measure: str) -> Row | None:
        """Return the first policy's row of a measure that has one, for its unit and note."""
        found = (self.headline.get((policy, block, measure)) for policy in self.policies)
        return next((row for row in found if row is not None), None)

    def occurs(self, block: str, measure: str) -> bool:
        """Tell whether any policy has anything but nothing of a measure."""
        found = (self.headline.get((policy, block, measure)) for policy in self.policies)
        return any(row is not None and row["value"] for row in found)

    def measures(self, block: str) -> list[str]:
        """Return the measures of a block, in the order of the frame."""
        return list(dict.fromkeys(key[2] for key in self.headline if key[1] == block))

    def blocks(self) -> list[str]:
        """Return the blocks, in the order of the frame."""
        return list(dict.fromkeys(key[1] for key in self.headline))

    def compared_with(self, reference: str) -> tuple[str, ...]:
        """Return the policies that have a difference from a reference."""
        having = {key[0] for key in self.differences if key[1] == reference}
        return tuple(policy for policy in self.policies if policy in having)

    def differing(self, reference: str) -> dict[str, Row]:
        """Return the measures of the differences from a reference, each with one of its rows."""
        return {key[2]: row for key, row in self.differences.items() if key[1] == reference}

    @cached_property
    def currencies(self) -> dict[str, str]:
        """Currency of each policy's costs; empty without a price book."""
        return {
            policy: str(self.headline.get((policy, *FIRST_COST), {}).get("unit") or "")
            for policy in self.policies
        }

    @cached_property
    def currency(self) -> str | None:
        """The one currency of all policies that have prices; None if there are several."""
        found = {currency for currency in self.currencies.values() if currency}
        return next(iter(found), "") if len(found) < 2 else None


def _keyed(frame: pandas.DataFrame, second: str) -> dict[tuple[str, str, str], Row]:
    return {(row["policy"], row[second], row["measure"]): row for row in rows_of(frame)}
