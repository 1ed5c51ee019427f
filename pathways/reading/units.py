"""The units the input may carry, their exact sizes, and the words for what they measure.

Pint checks dimensions and gives the factors; its registry is built from this table alone, so that
nothing outside the table is understood. Sizes are whole numbers, factors are exact fractions.
The mass of drug and the mass of a body are different dimensions: 0.5 mg/kg is not a bare number.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from pathways.errors import ValueProblem, nearest, shown

DIMENSIONLESS = "1"


class Unit(NamedTuple):
    """One unit: what it measures, its size in the dimension's smallest unit, other spellings."""

    dimension: str
    size: int
    spellings: tuple[str, ...] = ()


UNITS = {
    "ng": Unit("drug_mass", 1),
    "ug": Unit("drug_mass", 10**3, ("mcg", "µg", "μg")),
    "mg": Unit("drug_mass", 10**6),
    "g": Unit("drug_mass", 10**9),
    "kg": Unit("body_weight", 1),
    "mL": Unit("volume", 1, ("ml",)),
    "L": Unit("volume", 1000, ("l",)),
    "s": Unit("time", 1, ("sec", "second", "seconds")),
    "min": Unit("time", 60, ("minute", "minutes")),
    "h": Unit("time", 3600, ("hr", "hour", "hours")),
    "d": Unit("time", 86400, ("day", "days")),
    "week": Unit("time", 7 * 86400, ("weeks", "wk")),
    "year": Unit("time", 365 * 86400, ("years", "yr")),
    "percent": Unit("share", 1, ("%",)),
    "mmHg": Unit("pressure", 1),
    "GBP": Unit("pounds", 1),
    "USD": Unit("dollars", 1),
    "EUR": Unit("euros", 1),
    "QALY": Unit("quality_adjusted_life_year", 1, ("QALYs",)),
    "point": Unit("score", 1, ("points",)),
}
DIMENSION_WORDS = {
    "drug_mass": "a mass of drug",
    "body_weight": "a body weight",
    "volume": "a volume",
    "time": "a length of time",
    "share": "a share",
    "pressure": "a pressure",
    "pounds": "an amount in pounds",
    "dollars": "an amount in US dollars",
    "euros": "an amount in euros",
    "quality_adjusted_life_year": "a number of quality-adjusted life years",
    "score": "a number of points on a scale",
    "drug_mass/body_weight": "a dose per body weight",
    "drug_mass/time": "a rate of infusion",
    "drug_mass/body_weight/time": "a rate of infusion per body weight",
    "volume/time": "a clearance or flow",
    "drug_mass/volume": "a concentration",
    "1/time": "a rate",
    "1": "a plain number",
}
_REFUSED = {
    "month": "a month has no fixed length; write it in d or week (such as `30 d` or `4 week`)",
    "months": "a month has no fixed length; write it in d or week (such as `30 d` or `4 week`)",
    "mo": "a month has no fixed length; write it in d or week (such as `30 d` or `4 week`)",
    "m": "`m` is not clear; write min for minutes",
    "£": "write the currency after the number (such as `600 GBP`)",
    "$": "write the currency after the number (such as `600 USD`)",
    "€": "write the currency after the number (such as `600 EUR`)",
}
_BY_SPELLING = {name: name for name in UNITS} | {
    spelling: name for name, unit in UNITS.items() for spelling in unit.spellings
}
_PER = re.compile(r"\s*/\s*|\s+per\s+")


def unit_parts(unit: str) -> tuple[str, ...]:
    """Return the parts of a unit by their table names: ``mg/kg/hour`` gives ``("mg", "kg", "h")``.

    The first part is what stands above the line, ``"1"`` for nothing (``/year``); the others stand
    below it.

    Raises
    ------
    ValueProblem
        For a unit that is not in the table, with the nearest that is.
    """
    above, *below = _PER.split(f" {unit.strip()}")
    above = above.strip()
    first = DIMENSIONLESS if above in ("", DIMENSIONLESS) else _table_name(above)
    return (first, *(_table_name(part.strip()) for part in below))


def dimension(unit: str) -> str:
    """Return what a unit measures, as ``drug_mass/body_weight``."""
    first, *below = unit_parts(unit)
    above = DIMENSIONLESS if first == DIMENSIONLESS else UNITS[first].dimension
    return "/".join([above, *(UNITS[part].dimension for part in below)])


def dimension_words(unit: str) -> str:
    """Return what a unit measures in words, such as "a volume"."""
    return DIMENSION_WORDS.get(dimension(unit), f"a quantity in {unit}")


def spellings_like(unit: str) -> list[list[str]]:
    """Return for each part of `unit` the spellings of all units of the same dimension."""
    return [
        [s for s, name in _BY_SPELLING.items() if UNITS[name].dimension == UNITS[part].dimension]
        for part in unit_parts(unit)
        if part != DIMENSIONLESS
    ]


@cache
def factor(unit: str, target: str) -> Fraction | None:
    """Return the exact number of `target` in one `unit`, or None if they measure different things.

    Raises
    ------
    ValueProblem
        For an unknown unit.
    """
    given, wanted = unit_parts(unit), unit_parts(target)
    if given == wanted:
        return Fraction(1)
    import pint

    try:
        return Fraction(_registry().Quantity(Fraction(1), _pint(given)).m_as(_pint(wanted)))
    except pint.DimensionalityError:
        return None


@cache
def _registry():
    import pint

    registry = pint.UnitRegistry(None, non_int_type=Fraction)
    for name in dict.fromkeys(unit.dimension for unit in UNITS.values()):
        # A share is a plain number: 25 % is 0.25.
        registry.define(f"{name}_base = []" if name == "share" else f"{name}_base = [{name}]")
    for name, unit in UNITS.items():
        parts_in_base = " / 100" if unit.dimension == "share" else ""
        registry.define(f"{name} = {unit.size} * {unit.dimension}_base{parts_in_base}")
    return registry


def _pint(parts: tuple[str, ...]) -> str:
    above = "dimensionless" if parts[0] == DIMENSIONLESS else parts[0]
    return " / ".join((above, *parts[1:]))


def _table_name(spelling: str) -> str:
    if spelling in _BY_SPELLING:
        return _BY_SPELLING[spelling]
    if spelling in _REFUSED:
        raise ValueProblem(_REFUSED[spelling])
    if not spelling:
        raise ValueProblem("a unit is missing beside `/`", list(UNITS))
    problem = f"the unit {shown(spelling)} is not known"
    raise ValueProblem(problem, list(UNITS), nearest(spelling, _BY_SPELLING))
