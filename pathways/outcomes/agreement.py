"""How two counts of the same thing are compared, and what is said when they differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pathways.fastcore.sums import fixed_point_sum
from pathways.outcomes.schema import CURRENCY

RELATIVE = 1e-6
AMOUNT = 1e-6
PARTS = {"mg": 1_000_000, CURRENCY: 10_000}
"""Of a unit, what totals are whole multiples of; other totals are whole numbers."""

"""Amounts of money or drug below this are nothing."""

FAULT = "this is a fault of the engine, and the results must not be used"


class ConservationError(RuntimeError):
    """Two counts of the same thing differ: a fault of an engine, never of the input."""


@dataclass(frozen=True)
class Check:
    """One thing that was counted twice and agreed.

    Attributes
    ----------
    name : str
    unit : str
    total : float
        What both counts gave.
    compared : str
        What was compared with what.
    """

    name: str
    unit: str
    total: float
    compared: str


def added_up(parts: Iterable[Check]) -> Check:
    """Return the check of all patients from those of some after the other, in any order."""
    first, *others = parts
    scale = PARTS.get(first.unit, 1)
    whole = sum(int(one.total * scale + 0.5) for one in (first, *others))
    return replace(first, total=whole / scale)


def total(values: np.ndarray, scale: int) -> float:
    """Return a sum that depends on no order; `scale` units of the sum make one of the values."""
    return fixed_point_sum(np.ascontiguousarray(values, np.float64), scale) / scale


def refuse_difference(what: str, where: str, found: np.ndarray, expected: np.ndarray) -> None:
    """Refuse counts that are not the same everywhere.

    Raises
    ------
    ConservationError
        With the first place, both counts, and how many differ.
    """
    if found.shape != expected.shape:
        raise ConservationError(
            f"{what} do not add up: {found.shape} {where} against {expected.shape}; {FAULT}"
        )
    _refuse_first(found != expected, f"{what} do not add up by {where}", found, expected)


def refuse_more(what: str, where: str, found: np.ndarray, most: np.ndarray) -> None:
    """Refuse counts that exceed what there can be; errors as :func:`refuse_difference`."""
    _refuse_first(found > most, f"{what}: more than there can be by {where}", found, most)


def refuse_unequal_amounts(what: str, found: np.ndarray, expected: np.ndarray) -> None:
    """Refuse amounts by patient that differ by more than sums of doubles may."""
    # Written so that NaN is wrong too.
    wrong = ~(np.abs(found - expected) <= AMOUNT + RELATIVE * np.abs(expected))
    _refuse_first(wrong, f"{what} do not agree by patients", found, expected)


def refuse_far(what: str, found: float, expected: float, allowed: float) -> None:
    """Refuse a total by week that is further from that by patient than `allowed`."""
    if not abs(found - expected) <= allowed:
        raise ConservationError(
            f"{what} do not add up: {found} by week against {expected} by patient, more than "
            f"{allowed:g} apart; {FAULT}"
        )


def refuse_less(what: str, found: float, expected: float, allowed: float) -> None:
    """Refuse a total by week that is further below that by patient than `allowed`."""
    if not found >= expected - allowed:
        raise ConservationError(
            f"{what} do not add up: {found} by week are fewer than {expected} by patient; {FAULT}"
        )


def _refuse_first(wrong: np.ndarray, problem: str, found: np.ndarray, expected: np.ndarray) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        place = ", ".join(str(index) for index in np.unravel_index(row, wrong.shape))
        two = (np.broadcast_to(counts, wrong.shape).flat[row] for counts in (found, expected))
        raise ConservationError(
            f"{problem}: {' against '.join(map(str, two))} at {place}, "
            f"{int(wrong.sum())} differ; {FAULT}"
        )
