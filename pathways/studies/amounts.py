"""Exact arithmetic with written quantities: ``28 d``, ``0.5 mg/kg/h``, ``25 %``, ``3``.

A sum of quantities that measure different things is refused; a product has the unit that follows.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction

from pathways.errors import ValueProblem, shown
from pathways.reading.quantities import MOST_DIGITS, short, split_quantity
from pathways.reading.units import DIMENSIONLESS, UNITS, unit_parts

SIGNIFICANT_DIGITS = 12
"""Of a result that decimals cannot hold, such as a third."""

SHARE, PERCENT = "share", "percent"
COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Amount:
    """A quantity, exactly.

    Attributes
    ----------
    value : Fraction
        In the smallest units of the table (:data:`pathways.reading.units.UNITS`).
    dimension : mapping
        Power of each base dimension, such as ``{"drug_mass": 1, "time": -1}``; zeros left out.
    names : mapping
        By base dimension the unit in which it was written first.
    """

    value: Fraction
    dimension: Mapping[str, int]
    names: Mapping[str, str]

    def __neg__(self) -> Amount:
        return Amount(-self.value, self.dimension, self.names)

    def plus(self, other: Amount) -> Amount:
        """Return the sum."""
        return self._joined(other, self.value + other.value)

    def minus(self, other: Amount) -> Amount:
        """Return the difference."""
        return self._joined(other, self.value - other.value)

    def least(self, other: Amount) -> Amount:
        """Return the smaller."""
        self._refuse_unlike(other)
        return self if self.value <= other.value else other

    def most(self, other: Amount) -> Amount:
        """Return the larger."""
        self._refuse_unlike(other)
        return self if self.value >= other.value else other

    def times(self, other: Amount) -> Amount:
        """Return the product."""
        dimension = _product(self.dimension, other.dimension, 1)
        return Amount(self.value * other.value, dimension, {**other.names, **self.names})

    def over(self, other: Amount) -> Amount:
        """Return the quotient."""
        if other.value == 0:
            raise ValueProblem("this divides by 0")
        dimension = _product(self.dimension, other.dimension, -1)
        return Amount(self.value / other.value, dimension, {**other.names, **self.names})

    def compares(self, symbol: str, other: Amount) -> bool:
        """Tell whether a comparison such as ``<=`` holds."""
        self._refuse_unlike(other)
        return COMPARISONS[symbol](self.value, other.value)

    @property
    def unit(self) -> str:
        """The unit in which it is written, ``"1"`` for a plain number."""
        above = [name for name, power in self.dimension.items() if power == 1]
        below = [name for name, power in self.dimension.items() if power == -1]
        if len(above) > 1 or len(above) + len(below) < len(self.dimension):
            powers = ", ".join(f"{n.replace('_', ' ')} {p:+d}" for n, p in self.dimension.items())
            raise ValueProblem(f"the result has no unit that a field could take ({powers})")
        if not self.dimension:
            return PERCENT if self.names.get(SHARE) == PERCENT else DIMENSIONLESS
        first = self.names[above[0]] if above else DIMENSIONLESS
        return "/".join([first, *(self.names[name] for name in below)])

    def number_of(self, unit: str) -> Fraction:
        """Return the number of a unit of the same dimension."""
        return self.value / _size(unit)

    def text(self) -> str:
        """Return it as a scenario would write it: ``28 d``."""
        return with_unit(decimal_text(self.number_of(self.unit)), self.unit)

    def _joined(self, other: Amount, value: Fraction) -> Amount:
        self._refuse_unlike(other)
        return Amount(value, self.dimension, {**other.names, **self.names})

    def _refuse_unlike(self, other: Amount) -> None:
        if dict(self.dimension) != dict(other.dimension):
            problem = f"{shown(self.text())} and {shown(other.text())} measure different things"
            raise ValueProblem(f"{problem}; write both in units of one kind")


def amount_of(text: str) -> Amount:
    """Return the quantity that `text` says.

    Raises
    ------
    ValueProblem
        If it is not a number with or without a unit.
    """
    number, given = split_quantity(text)
    unit = given or DIMENSIONLESS
    value = number * _size(unit)
    first, *below = unit_parts(unit)
    dimension: dict[str, int] = {}
    names: dict[str, str] = {}
    for part, power in [(first, 1), *((one, -1) for one in below)]:
        if part == DIMENSIONLESS:
            continue
        base = UNITS[part].dimension
        names.setdefault(base, part)
        if base != SHARE:
            dimension = _product(dimension, {base: power}, 1)
    return Amount(value, dimension, names)


def with_unit(number: str, unit: str) -> str:
    """Return a number and its unit as a scenario would write them."""
    return number if unit == DIMENSIONLESS else f"{number} {short(unit)}"


def decimal_text(number: Fraction, digits: int = SIGNIFICANT_DIGITS) -> str:
    """Return a number in decimal digits: exactly if 15 hold it, else rounded to `digits`."""
    exact = Context(prec=MOST_DIGITS)
    found = exact.divide(Decimal(number.numerator), Decimal(number.denominator))
    if exact.flags[Inexact]:
        found = Context(prec=digits).divide(Decimal(number.numerator), Decimal(number.denominator))
    if found == 0:
        return "0"
    plain = format(found.normalize(), "f")
    return plain if len(plain) <= 2 * MOST_DIGITS else format(found.normalize(), "e")


def _size(unit: str) -> Fraction:
    """Return one `unit` in the smallest units of its dimensions."""
    first, *below = unit_parts(unit)
    size = Fraction(1) if first == DIMENSIONLESS else _size_of_part(first)
    for part in below:
        size = size / _size_of_part(part)
    return size


def _size_of_part(name: str) -> Fraction:
    # A share is a plain number: 25 % is 0.25.
    size = Fraction(UNITS[name].size)
    return size / 100 if UNITS[name].dimension == SHARE else size


def _product(left: Mapping[str, int], right: Mapping[str, int], sign: int) -> dict[str, int]:
    powers = dict(left)
    for name, power in right.items():
        powers[name] = powers.get(name, 0) + sign * power
    return {name: power for name, power in powers.items() if power}
