"""Values a scenario gives in place of the book's, read in the parameter's unit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from pathways.errors import ValueProblem, nearest, raise_problems, shown
from pathways.fastcore.maths import logarithm
from pathways.reading.fields import Distribution, Parameter, Quantity

UniformAt = Callable[[int, int], float]


def read_overrides(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides of a scenario, by key, each read in its parameter's unit.

    Parameters
    ----------
    given : mapping
        ``parameters:`` of the scenario as written.

    Returns
    -------
    dict
        By key: a :class:`Parameter`, or a dictionary of them for a parameter with components.

    Raises
    ------
    ValueProblem
        For an unknown parameter or a value that is not one of its unit; `within` starts at the
        key ``parameters``.
    """
    read, problems = {}, []
    for key, written in given.items():
        try:
            read[key] = _read(key, written)
        except ValueProblem as found:
            problems += [
                ValueProblem(p.problem, p.allowed, p.nearest, ("parameters", key, *p.within))
                for p in found.problems
            ]
    raise_problems(problems)
    return read


def settled(parameter: Parameter, name: str, draw: int, uniform_at: UniformAt) -> Any:
    """Return the value of an override in one parameter draw.

    Parameters
    ----------
    parameter : Parameter
        A value, a reference to the evidence or a distribution.
    name : str
        What the draw is addressed by.
    draw : int
        0 for the centre of a distribution.
    uniform_at : callable
        Gives the uniform at (address, occurrence) in this draw.
    """
    if parameter.kind == "value":
        return parameter.value
    if parameter.kind == "evidence":
        return _from_book(parameter.evidence, draw, uniform_at)
    return _drawn(parameter.distribution, name, draw, uniform_at)


def _read(key: str, written: Any) -> Any:
    from pathways.evidence.book import book
    from pathways.evidence.parameter import simulator_unit

    stated = book().parameter(key)
    if not isinstance(stated.value, Mapping):
        return _read_one(written, simulator_unit(stated.unit_of("")))
    if not isinstance(written, Mapping):
        raise ValueProblem(
            "this parameter has components; write those that differ", list(stated.value)
        )
    for component in written:
        if component not in stated.value:
            problem = f"unknown component {shown(component)}"
            near = nearest(component, stated.value)
            raise ValueProblem(problem, list(stated.value), near, (component,))
    return {
        component: _read_one(one, simulator_unit(stated.unit_of(component)))
        for component, one in written.items()
    }


def _read_one(written: Any, unit: str) -> Parameter:
    from typing import Annotated

    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(Parameter[Annotated[float, Quantity(unit)]])
    try:
        return adapter.validate_python(written)
    except ValidationError as found:
        error = found.errors()[0].get("ctx", {}).get("error")
        raise error if isinstance(error, ValueProblem) else ValueProblem(str(found)) from None


def _from_book(identifier: str, draw: int, uniform_at: UniformAt) -> Any:
    from pathways.evidence.book import book
    from pathways.evidence.draws import value_of

    return value_of(book().parameter(identifier), draw, uniform_at)


def _drawn(distribution: Distribution, name: str, draw: int, uniform_at: UniformAt) -> float:
    from pathways.evidence.draws import rounded

    shape, centre = _evidence_form(distribution)
    if draw == 0:
        return rounded(shape.statistics()[centre])
    address = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little")
    return rounded(shape.quantile(uniform_at(address, 0)))


def _evidence_form(distribution: Distribution) -> tuple[Any, str]:
    """Return the distribution as the evidence writes it, and the statistic that is its centre."""
    from pathways.evidence import distributions as shapes

    p = distribution.parameters
    match distribution.name:
        case "normal":
            return shapes.Normal(kind="normal", centre="mean", mean=p["mean"], sd=p["sd"]), "mean"
        case "lognormal":
            mu = logarithm(p["median"])
            form = shapes.Lognormal(kind="lognormal", centre="median", mu=mu, sigma=p["sigma"])
            return form, "median"
        case "uniform":
            form = shapes.Uniform(kind="uniform", centre="mean", low=p["low"], high=p["high"])
            return form, "mean"
        case "triangular":
            form = shapes.Triangular(
                kind="triangular", centre="mode", low=p["low"], mode=p["mode"], high=p["high"]
            )
            return form, "mode"
        case "beta":
            return shapes.Beta(kind="beta", centre="mean", a=p["a"], b=p["b"]), "mean"
        case _:
            shape = 1.0 / (p["cv"] * p["cv"])
            scale = p["mean"] / shape
            return shapes.Gamma(kind="gamma", centre="mean", shape=shape, scale=scale), "mean"
