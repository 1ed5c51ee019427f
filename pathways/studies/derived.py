"""Fields that follow from varied ones, and combinations that constraints leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from pathways.errors import InputError, Place, ValueProblem, nearest, raise_errors, shown
from pathways.reading.tree import LocatedMapping, LocatedScalar, PlaceTable
from pathways.studies.axes import (
    Axis,
    DesignAxis,
    KeptAxis,
    Level,
    levels_at,
    written_at,
)
from pathways.studies.document import StudyDocument
from pathways.studies.expressions import Expression, read_constraint, read_sum
from pathways.studies.paths import canonical

if TYPE_CHECKING:
    import numpy

MOST_LOOKED_AT = 200_000
"""Combinations of the values that one constraint names; each is looked at."""

MOST_CONSTRAINED = 10_000_000
"""Combinations of the values of all constraints together."""


@dataclass(frozen=True)
class Derived:
    """A field that follows from varied ones.

    Attributes
    ----------
    path : str
    key : LocatedScalar
        The path where it is written.
    expression : Expression
    """

    path: str
    key: LocatedScalar
    expression: Expression

    def level(self, by_path: Mapping[str, Level]) -> Level:
        """Return its value for the values of varied fields.

        Raises
        ------
        InputError
            If units do not fit, or it divides by 0.
        """
        place = Place(self.key.file, self.key.line, f"derived.{self.path}")
        try:
            amounts = {path: by_path[path].amount for path in self.expression.paths}
            return written_at(self.path, self.key, self.expression.value(amounts).text())
        except ValueProblem as found:
            raise found.at(place) from None


@dataclass(frozen=True)
class Constraint:
    """What must hold, and where it is written."""

    expression: Expression
    place: Place


def derived_of(
    document: StudyDocument, tree: LocatedMapping, axes: Sequence[Axis]
) -> tuple[Derived, ...]:
    """Return the derived fields.

    Raises
    ------
    InputError
        If one is not understood or names what does not vary.
    """
    places, errors, found = PlaceTable(tree), [], []
    varied = [path for axis in axes for path in axis.paths]
    for path, text in document.derived.items():
        try:
            expression = read_sum(text)
            _refuse_unvaried(expression, varied)
            key = tree.entries["derived"].keys[path]
            found.append(Derived(canonical(path), key, expression))
        except ValueProblem as problem:
            errors.append(problem.at(places.place(("derived", path))))
    raise_errors(errors)
    return tuple(found)


def constraints_of(
    document: StudyDocument,
    tree: LocatedMapping,
    axes: Sequence[Axis],
    derived: Sequence[Derived],
) -> tuple[Constraint, ...]:
    """Return the constraints; errors as :func:`derived_of`."""
    places, errors, found = PlaceTable(tree), [], []
    known = [*(path for axis in axes for path in axis.paths), *(one.path for one in derived)]
    for index, text in enumerate(document.constraints):
        place = places.place(("constraints", index))
        try:
            expression = read_constraint(text)
            _refuse_unvaried(expression, known)
            found.append(Constraint(expression, place))
        except ValueProblem as problem:
            errors.append(problem.at(place))
    raise_errors(errors)
    return tuple(found)


def constrained(
    axes: Sequence[Axis], constraints: Sequence[Constraint], derived: Sequence[Derived]
) -> tuple[Axis, ...]:
    """Return the axes with those that constraints name joined into one, less what they leave out.

    The joined axis stands in the place of its first. Points of a design are never left out: what
    is left would not be spread evenly any more.

    Raises
    ------
    InputError
        If nothing is left, a point of a design breaks a constraint, or there are too many
        combinations to look at.
    """
    if not constraints:
        return tuple(axes)
    named = {index for one in constraints for index in _axes_named(one, axes, derived)}
    if not named:
        raise InputError(constraints[0].place, "this constraint names nothing that varies")
    joined = [axes[index] for index in sorted(named)]
    kept = _kept(joined, constraints, derived)
    first = min(named)
    rest = [(index, axis) for index, axis in enumerate(axes) if index not in named]
    before = [axis for index, axis in rest if index < first]
    after = [axis for index, axis in rest if index > first]
    return (*before, KeptAxis(tuple(joined), kept), *after)


def _kept(
    axes: Sequence[Axis], constraints: Sequence[Constraint], derived: Sequence[Derived]
) -> numpy.ndarray:
    import numpy as np

    sizes = [len(axis) for axis in axes]
    if prod(sizes) > MOST_CONSTRAINED:
        problem = f"the constraints together concern {prod(sizes):,} combinations"
        raise InputError(constraints[0].place, problem, f"{MOST_CONSTRAINED:,} or fewer")
    mask = np.ones(sizes, dtype=bool)
    for one in constraints:
        mask &= _holds(one, axes, derived)
        if not mask.any():
            problem = "no combination is left, so there would be no run; widen the values"
            raise InputError(one.place, problem)
    return np.flatnonzero(mask.ravel())


def _holds(
    constraint: Constraint, axes: Sequence[Axis], derived: Sequence[Derived]
) -> numpy.ndarray:
    """Return whether a constraint holds, of a shape that fits all axes."""
    import numpy as np

    named = sorted(_axes_named(constraint, axes, derived))
    some = [axes[index] for index in named]
    number = prod(len(axis) for axis in some)
    if number > MOST_LOOKED_AT:
        problem = f"this constraint concerns {number:,} combinations, and each is looked at"
        raise InputError(constraint.place, problem, f"{MOST_LOOKED_AT:,} or fewer")
    holds = [_holds_at(constraint, levels_at(some, place), derived) for place in range(number)]
    _refuse_broken_design(constraint, some, holds)
    shape = [len(axis) if index in named else 1 for index, axis in enumerate(axes)]
    return np.array(holds, dtype=bool).reshape(shape)


def _holds_at(constraint: Constraint, levels: Sequence[Level], derived: Sequence[Derived]) -> bool:
    by_path = {level.path: level for level in levels}
    needed = constraint.expression.paths
    for one in derived:
        if one.path in needed:
            by_path[one.path] = one.level(by_path)
    try:
        return constraint.expression.holds({path: by_path[path].amount for path in needed})
    except ValueProblem as found:
        raise found.at(constraint.place) from None


def _refuse_broken_design(
    constraint: Constraint, axes: Sequence[Axis], holds: Sequence[bool]
) -> None:
    broken = [place for place, is_held in enumerate(holds) if not is_held]
    if not broken or not any(isinstance(axis, DesignAxis) for axis in axes):
        return
    levels = levels_at(axes, broken[0])
    first = ", ".join(f"{level.path}: {level.node.text}" for level in levels)
    problem = (
        f"{len(broken)} of {len(holds)} points of the design break this, such as {shown(first)}, "
        "and points left out would leave the others spread unevenly"
    )
    remedy = "ranges in which it always holds, or a field derived from the others"
    raise InputError(constraint.place, problem, remedy)


def _axes_named(
    constraint: Constraint, axes: Sequence[Axis], derived: Sequence[Derived]
) -> set[int]:
    paths = set(constraint.expression.paths)
    for one in derived:
        if one.path in paths:
            paths |= set(one.expression.paths)
    return {index for index, axis in enumerate(axes) if paths & set(axis.paths)}


def _refuse_unvaried(expression: Expression, varied: Sequence[str]) -> None:
    for path in expression.paths:
        if path not in varied:
            problem = f"{shown(path)} does not vary in this study, so its value is not known here"
            raise ValueProblem(problem, varied or "paths under `vary`", nearest(path, varied))
