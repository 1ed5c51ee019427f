"""The first line: who gains how many QALYs, and whether that holds without expectation and drug."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from pathways.comparison.differences import Paired, difference_of
from pathways.comparison.numbers import signed_amount

if TYPE_CHECKING:
    from pathways.comparison.comparison import Comparison

BEGINNING = "QALYs per referral"
QALY, DRUG_ONLY = "mean_qaly", "mean_qaly_drug_only"
PLUS, MINUS, LEVEL = 1, -1, 0


class ThreeWays(NamedTuple):
    """QALYs of a policy: minus the reference, the same by the drug alone, minus the sham.

    Attributes
    ----------
    all, drug_only : Paired
    against_sham : Paired or None
        None without a sham infusion, and for the sham infusion itself.
    """

    all: Paired
    drug_only: Paired
    against_sham: Paired | None

    @property
    def signs(self) -> tuple[int, ...]:
        """The sign of each: 0 where the 95 % interval holds 0."""
        return tuple(sign(way) for way in self if way is not None)


def answer(comparison: Comparison) -> str:
    """Return the order by QALYs, and every policy whose sign depends on what is counted.

    Neighbours in the order whose paired difference is not told from 0 are called level.
    """
    ways = three_ways(comparison)
    return f"{_order(comparison, ways)}; {_signs(comparison, ways)}."


def three_ways(comparison: Comparison) -> dict[str, ThreeWays]:
    """Return the QALYs of every policy but the reference, three ways."""
    return {
        name: _three_ways(comparison, name)
        for name in comparison.names
        if name != comparison.reference
    }


def sign(paired: Paired) -> int:
    """Return 1 or -1 for a difference whose 95 % interval leaves out 0, else 0."""
    found = paired.estimate
    if found.value is None or found.low is None or found.high is None:
        return LEVEL
    return PLUS if found.low > 0.0 else MINUS if found.high < 0.0 else LEVEL


def _three_ways(comparison: Comparison, name: str) -> ThreeWays:
    results, reference, sham = comparison.results, comparison.reference, comparison.sham
    return ThreeWays(
        difference_of(QALY, name, reference, results),
        difference_of(DRUG_ONLY, name, reference, results),
        None if sham in (None, name) else difference_of(QALY, name, sham, results),
    )


def _order(comparison: Comparison, ways: Mapping[str, ThreeWays]) -> str:
    reference = comparison.reference
    gains = {name: way.all.estimate.value or 0.0 for name, way in ways.items()} | {reference: 0.0}
    # By name where gains are equal, so that the order in which they were given does not show.
    ordered = sorted(gains, key=lambda name: (-gains[name], name))
    words = ""
    for place, name in enumerate(ordered):
        if place:
            before = ordered[place - 1]
            apart = sign(difference_of(QALY, before, name, comparison.results))
            words += ", " if apart else " level with "
        words += name + ("" if name == reference else f" {signed_amount(gains[name])}")
    return f"{BEGINNING} against {reference}, most first: {words}"


def _signs(comparison: Comparison, ways: Mapping[str, ThreeWays]) -> str:
    # The sham's own gain is expectation by construction.
    judged = {name: way for name, way in sorted(ways.items()) if name != comparison.sham}
    turned = [name for name, way in judged.items() if {PLUS, MINUS} <= set(way.signs)]
    faded = [
        name
        for name, way in judged.items()
        if name not in turned and sign(way.all) != LEVEL and LEVEL in way.signs
    ]
    said = [f"the sign of {name} changes: {_three_in_words(ways[name])}" for name in turned]
    said += [
        f"{name} is not told from 0 in every way: {_three_in_words(ways[name])}" for name in faded
    ]
    if said:
        return "; ".join(said)
    against = "" if comparison.sham is None else f" or against {comparison.sham}"
    return f"no sign changes with expectation left out{against}"


def _three_in_words(ways: ThreeWays) -> str:
    parts = {
        "in all": ways.all,
        "by the drug alone": ways.drug_only,
        "against sham": ways.against_sham,
    }
    return ", ".join(
        f"{signed_amount(found.estimate.value or 0.0)} {how}"
        for how, found in parts.items()
        if found is not None
    )
