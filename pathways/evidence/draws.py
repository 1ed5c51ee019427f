"""Values of uncertain parameters: the stated one, or a quantile of the uncertainty.

No random numbers are made here and nothing compiled is needed: the caller hands over uniforms,
addressed by :func:`address`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pathways.errors import ValueProblem
from pathways.evidence.distributions import Dirichlet, Fixed
from pathways.evidence.parameter import Parameter

SIGNIFICANT_DIGITS = 12

UniformAt = Callable[[int, int], float]
"""Gives the uniform at (address of the parameter, occurrence), for one draw."""


def address(parameter: Parameter) -> int:
    """Return the number, 0 to 2**32 - 1, that addresses the parameter's draws.

    It follows from the id alone, so adding or removing parameters moves no draw.
    """
    return _hashed(parameter.id)


@functools.lru_cache(maxsize=1024)
def _hashed(identifier: str) -> int:
    return int.from_bytes(hashlib.blake2b(identifier.encode(), digest_size=4).digest(), "little")


def uniforms_needed(parameter: Parameter) -> int:
    """Return how many uniforms one draw takes: one for each component, 0 if all are fixed."""
    return parameter.uniforms_needed


def value_of(parameter: Parameter, draw: int, uniform_at: UniformAt) -> Any:
    """Return the value of a parameter in one draw.

    Parameters
    ----------
    parameter
        From the book.
    draw
        0 for the value as stated, 1 and up for a draw from its uncertainty.
    uniform_at
        Gives the uniform, strictly inside (0, 1), at (address, occurrence) in this draw; for a
        run that is ``Draws(seed, draw).uniform(0, address, Purpose.POPULATION_VALUE, occurrence)``.
        Not called for draw 0.

    Returns
    -------
    float, or as `parameter.value`
        In the parameter's unit.

    Raises
    ------
    ValueProblem
        For a negative draw.
    """
    if draw < 0:
        raise ValueProblem(f"there is no parameter draw {draw}", "0 for stated values, or 1 and up")
    needed = uniforms_needed(parameter)
    if draw == 0 or needed == 0:
        return parameter.value
    place = address(parameter)
    return value_at(parameter, [uniform_at(place, occurrence) for occurrence in range(needed)])


def value_at(parameter: Parameter, uniform: float | Sequence[float]) -> Any:
    """Return the quantile of a parameter's uncertainty.

    Parameters
    ----------
    parameter
        From the book.
    uniform
        Strictly inside (0, 1). For a mapping one for each component, in the order of the value;
        a single number takes all components at the same quantile, as in a one-way analysis.

    Returns
    -------
    float, or as `parameter.value`
        Rounded to 12 significant digits. What is fixed keeps its stated value.

    Raises
    ------
    ValueProblem
        For a uniform outside (0, 1) or the wrong number of them.
    """
    uniforms = _uniforms(parameter, uniform)
    given = parameter.uncertainty
    if isinstance(given, Dirichlet):
        return {name: rounded(part) for name, part in given.quantiles(uniforms).items()}
    if isinstance(given, Mapping):
        pairs = zip(parameter.value.items(), uniforms, strict=True)
        return {name: _one(given[name], stated, one) for (name, stated), one in pairs}
    return _one(given, parameter.value, *uniforms)


def rounded(value: float) -> float:
    """Return `value` to 12 significant digits, so that the last bits of a library do not show."""
    # Correctly rounded, and of two equally near the even one, as decimal arithmetic has it.
    return float(f"{value:.{SIGNIFICANT_DIGITS - 1}e}") + 0.0


def _one(distribution: Any, stated: Any, uniform: float) -> Any:
    if distribution is None or isinstance(distribution, Fixed):
        return stated
    return rounded(distribution.quantile(uniform))


def _uniforms(parameter: Parameter, uniform: float | Sequence[float]) -> tuple[float, ...]:
    needed = uniforms_needed(parameter) or 1
    given = tuple(uniform) if isinstance(uniform, Sequence) else (uniform,) * needed
    if len(given) != needed:
        raise ValueProblem(f"{parameter.id} takes uniforms", f"{needed}, not {len(given)}")
    if not all(0.0 < one < 1.0 for one in given):
        raise ValueProblem(f"{parameter.id}: a uniform is not strictly inside (0, 1)")
    return given
