"""What varies, as axes: each has numbered places, and each place gives values to some paths.

A number counts through the places of all axes, the last axis fastest, so any combination is found
without those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Literal

from pathways.errors import InputError, Place, ValueProblem
from pathways.reading.tree import LocatedNode, LocatedScalar
from pathways.studies.amounts import Amount, amount_of, decimal_text, with_unit

if TYPE_CHECKING:
    import numpy

VALUE_DIGITS = 9
"""Significant digits of a value in a design: more than anybody can act on, few enough to read."""


@dataclass(frozen=True)
class Level:
    """One value of one field.

    Attributes
    ----------
    path : str
    key : LocatedScalar
        The path where it is written.
    node : LocatedNode
        The value, with the place it was written.
    """

    path: str
    key: LocatedScalar
    node: LocatedNode

    @property
    def place(self) -> Place:
        """Where the value stands."""
        return Place(self.node.file, self.node.line, self.path)

    @property
    def amount(self) -> Amount:
        """The value as a quantity.

        Raises
        ------
        InputError
            If it is none.
        """
        if not isinstance(self.node, LocatedScalar):
            raise InputError(self.place, "this is not one quantity, so nothing follows from it")
        try:
            return amount_of(self.node.text)
        except ValueProblem as found:
            raise found.at(self.place) from None


def written_at(path: str, key: LocatedScalar, text: str) -> Level:
    """Return a value that was worked out, as if it stood at the key."""
    return Level(path, key, LocatedScalar(text, False, key.file, key.line, key.column))


class Axis:
    """Base: `size` places; :meth:`levels` gives the values at one."""

    paths: tuple[str, ...]
    kind: str

    def __len__(self) -> int:
        raise NotImplementedError

    def levels(self, place: int) -> tuple[Level, ...]:
        """Return the values at a place, one for each path."""
        raise NotImplementedError

    @property
    def keys(self) -> tuple[tuple[str, LocatedScalar], ...]:
        """Each path, and where it is written first."""
        return tuple((level.path, level.key) for level in self.levels(0))

    @property
    def words(self) -> str:
        """What it is, for people."""
        return f"{', '.join(self.paths)}"


@dataclass(frozen=True)
class ListAxis(Axis):
    """Values as written, of one path or of several together."""

    paths: tuple[str, ...]
    places: tuple[tuple[Level, ...], ...]
    kind: Literal["grid", "list"]

    def __len__(self) -> int:
        return len(self.places)

    def levels(self, place: int) -> tuple[Level, ...]:
        """Return the values at a place."""
        return self.places[place]


@dataclass(frozen=True)
class Range:
    """The range of one field in a design, both ends inside."""

    path: str
    key: LocatedScalar
    low: Amount
    high: Amount
    is_log: bool
    step: Amount | None

    def value(self, uniform: float) -> str:
        """Return the value at a uniform from 0 to 1, as a scenario would write it."""
        unit = self.low.unit
        low, high = self.low.number_of(unit), self.high.number_of(unit)
        if self.step is not None:
            number = low + self._steps_up(uniform) * self.step.number_of(unit)
        elif self.is_log:
            number = _between_ratios(low, high, uniform)
        else:
            number = low + (high - low) * Fraction(uniform)
        return with_unit(decimal_text(_rounded(number)), unit)

    def described(self) -> dict[str, str | bool | None]:
        """Return it JSON-compatible."""
        step = None if self.step is None else self.step.text()
        ends = {"from": self.low.text(), "to": self.high.text()}
        return {**ends, "log": self.is_log, "step": step}

    def _steps_up(self, uniform: float) -> int:
        steps = (self.high.value - self.low.value) // self.step.value
        return min(int(Fraction(uniform) * (steps + 1)), int(steps))


@dataclass(frozen=True)
class DesignAxis(Axis):
    """Points of a Latin hypercube or a Sobol sequence, made by scipy when first asked for."""

    ranges: tuple[Range, ...]
    points: int
    seed: int
    kind: Literal["latin_hypercube", "sobol"]
    is_scrambled: bool = True

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the ranges."""
        return tuple(one.path for one in self.ranges)

    @property
    def keys(self) -> tuple[tuple[str, LocatedScalar], ...]:
        """Each path, and where it is written; no points are made for it."""
        return tuple((one.path, one.key) for one in self.ranges)

    def __len__(self) -> int:
        return self.points

    @cached_property
    def uniforms(self) -> numpy.ndarray:
        """The points, shape (points, ranges), each from 0 to 1."""
        from scipy.stats import qmc

        if self.kind == "sobol":
            made = qmc.Sobol(len(self.ranges), scramble=self.is_scrambled, rng=self.seed)
        else:
            made = qmc.LatinHypercube(len(self.ranges), rng=self.seed)
        return made.random(self.points)

    def levels(self, place: int) -> tuple[Level, ...]:
        """Return the values of one point."""
        point = zip(self.ranges, self.uniforms[place].tolist(), strict=True)
        return tuple(written_at(one.path, one.key, one.value(uniform)) for one, uniform in point)


@dataclass(frozen=True)
class KeptAxis(Axis):
    """Several axes as one, with the combinations that constraints leave.

    Attributes
    ----------
    axes : tuple of Axis
    kept : numpy.ndarray
        int64: numbers of the combinations that are left, ascending.
    """

    axes: tuple[Axis, ...]
    kept: numpy.ndarray
    kind: str = "kept"

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all its axes."""
        return tuple(path for axis in self.axes for path in axis.paths)

    def __len__(self) -> int:
        return len(self.kept)

    def levels(self, place: int) -> tuple[Level, ...]:
        """Return the values of one combination."""
        return levels_at(self.axes, int(self.kept[place]))


def combinations(axes: Sequence[Axis]) -> int:
    """Return how many combinations of places there are."""
    return prod(len(axis) for axis in axes)


def places_at(sizes: Sequence[int], number: int) -> list[int]:
    """Return the place on each axis of the combination with this number, the last fastest."""
    places = []
    for size in reversed(sizes):
        number, place = divmod(number, size)
        places.append(place)
    return places[::-1]


def levels_at(axes: Sequence[Axis], number: int) -> tuple[Level, ...]:
    """Return the values of the combination with this number."""
    places = places_at([len(axis) for axis in axes], number)
    pairs = zip(axes, places, strict=True)
    return tuple(level for axis, place in pairs for level in axis.levels(place))


def _between_ratios(low: Fraction, high: Fraction, uniform: float) -> Fraction:
    from pathways.fastcore.maths import exponential, logarithm

    first, last = logarithm(float(low)), logarithm(float(high))
    return Fraction(exponential(first + (last - first) * uniform))


def _rounded(number: Fraction) -> Fraction:
    numerator, denominator = Decimal(number.numerator), Decimal(number.denominator)
    return Fraction(Context(prec=VALUE_DIGITS).divide(numerator, denominator))
