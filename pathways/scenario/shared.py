"""Checks that several sections of a scenario share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pathways.errors import ValueProblem, ValueProblems


def refuse_repeated(items: Sequence[Any], field: str, problem: str) -> None:
    """Refuse a list that says the same thing twice.

    Raises
    ------
    ValueProblem
        With the place of the second in the list `field`.
    """
    for index, item in enumerate(items):
        if item in items[:index]:
            raise ValueProblem(f"{problem}; keep one", within=(field, index))


def refuse_finer_step(value: float | None, parts: int, field: str) -> None:
    """Refuse a number that is no whole multiple of ``1 / parts``: comparisons are of integers.

    Raises
    ------
    ValueProblem
        With the place of the field.
    """
    if value is not None and abs(value * parts - round(value * parts)) > 1e-9:
        problem = f"a finer step than {1 / parts:g} is not compared exactly"
        raise ValueProblem(problem, f"steps of {1 / parts:g}", within=(field,))


def placed(found: ValueProblem, within: tuple[str | int, ...]) -> ValueProblem:
    """Return the same problems with `within` before the steps of each."""
    moved = [
        ValueProblem(p.problem, p.allowed, p.nearest, (*within, *p.within)) for p in found.problems
    ]
    return ValueProblems(moved) if len(moved) > 1 else moved[0]
