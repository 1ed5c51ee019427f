"""Values a scenario gives in place of the book's, read in the parameter's unit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pathways.errors import (
    InputError,
    ValueProblem,
    nearest,
    raise_problems,
    shown,
)
from pathways.fastcore.maths import logarithm
from pathways.reading.fields import Distribution, Parameter, Quantity
from pathways.resolve.inputs import ABOVE_ZERO, MAY_BE_NEGATIVE, SHARES
from pathways.scenario.shared import placed

if TYPE_CHECKING:
    from pathways.evidence.parameter import Parameter as BookParameter

UniformAt = Callable[[int, int], float]

SMALLEST_ABOVE_ZERO = 1e-6
SMALLEST_OF = {"enrolment_attempts": 1.0}
LARGEST = 1e6
LARGEST_OF = {
    "age": 120.0,
    "body_weight": 500.0,
    "body_weight_limits": 500.0,
    "chronic_pain_mortality_ratio": 1000.0,
    "clearance_log_sd": 3.0,
    "country_norm_ratio_us": 2.0,
    "enrolment_score_threshold": 9.0,
    "expectation_habituation_per_course": 1.0,
    "mortality_gompertz_uk": 0.5,
    "mortality_gompertz_us": 0.5,
    "retest_interval": 3650.0,
    "slow_effect_c50_log_sd": 3.0,
    "trait_correlations": 1.0,
    "weekly_flare_autocorrelation": 1.0,
    "widespread_pain_mortality_ratio": 1000.0,
}
"""Far beyond anything sensible: they stop a slip of the unit, not an opinion."""
FARTHEST_QUANTILE = 1e-9


def read_overrides(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides of a scenario, by key, each read in its parameter's unit.

    Parameters
    ----------
    given : mapping
        ``parameters:`` of the scenario as written.

    Returns
    -------
    dict
        By key: a :class:`Parameter`; for a parameter with components a dictionary of them, for a
        list a list.

    Raises
    ------
    ValueProblem
        For an unknown parameter, one given twice, or a value that is not one of its unit; `within`
        starts at the key ``parameters``.
    """
    read: dict[str, Any] = {}
    problems: list[ValueProblem] = []
    first_keys: dict[str, str] = {}
    for key, written in given.items():
        try:
            stated = _stated(key)
            _refuse_second(stated, first_keys.setdefault(stated.id, key), key)
            read[key] = _read(stated, written)
        except ValueProblem as found:
            problems += placed(found, ("parameters", key)).problems
    raise_problems(problems)
    return read


def settled(
    parameter: Parameter,
    name: str,
    draw: int,
    uniform_at: UniformAt,
    known: Mapping[str, Any] | None = None,
) -> Any:
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
    known : mapping, optional
        Values of this draw by name; a reference to one of them gives that, another the book's.

    Raises
    ------
    ValueProblem
        For a reference to an unknown parameter or one of another kind, a value outside the field's
        bounds, or a distribution that reaches outside them.
    """
    if parameter.kind == "value":
        return parameter.value
    if parameter.kind == "evidence":
        return _referred(parameter, draw, uniform_at, known or {})
    return _drawn(parameter, name, draw, uniform_at)


def _stated(key: str) -> BookParameter:
    from pathways.evidence.book import book

    try:
        return book().parameter(key)
    except InputError as unknown:
        raise ValueProblem(unknown.problem, unknown.allowed, unknown.nearest) from None


def _refuse_second(stated: BookParameter, first_key: str, key: str) -> None:
    if first_key != key:
        problem = f"{shown(key)} and {shown(first_key)} are the same parameter; keep one"
        raise ValueProblem(problem)


def _read(stated: BookParameter, written: Any) -> Any:
    if isinstance(stated.value, Mapping):
        return _read_components(stated, written)
    if isinstance(stated.value, tuple):
        return _read_list(stated, written)
    return _read_one(written, _quantity(stated, ""))


def _read_components(stated: BookParameter, written: Any) -> dict[str, Parameter]:
    names = list(stated.value)
    if not isinstance(written, Mapping) or not written:
        raise ValueProblem("this parameter has components; write those that differ", names)
    problems, read = [], {}
    for component, one in written.items():
        try:
            if component not in stated.value:
                problem = f"unknown component {shown(component)}"
                raise ValueProblem(problem, names, nearest(component, names))
            read[component] = _read_one(one, _quantity(stated, component))
        except ValueProblem as found:
            problems += placed(found, (component,)).problems
    raise_problems(problems)
    return read


def _read_list(stated: BookParameter, written: Any) -> list[Parameter]:
    number = len(stated.value)
    if not isinstance(written, list) or len(written) != number:
        raise ValueProblem(f"a list of {number} values is expected")
    problems, read = [], []
    for index, one in enumerate(written):
        try:
            read.append(_read_one(one, _quantity(stated, str(index))))
        except ValueProblem as found:
            problems += placed(found, (index,)).problems
    raise_problems(problems)
    return read


def _quantity(stated: BookParameter, component: str) -> Quantity:
    """Return the reader of a parameter's value: its unit, and what it can be at all."""
    from pathways.evidence.parameter import simulator_unit

    unit = stated.unit_of(component)
    largest = 1.0 if unit in SHARES else LARGEST_OF.get(stated.name, LARGEST)
    lowest = SMALLEST_OF.get(stated.name, 0.0)
    if stated.name in MAY_BE_NEGATIVE:
        lowest = -largest
    elif stated.name in ABOVE_ZERO:
        lowest = SMALLEST_ABOVE_ZERO
    return Quantity(simulator_unit(unit), minimum=lowest, maximum=largest)


def _read_one(written: Any, reader: Quantity) -> Parameter:
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(Parameter[Annotated[float, reader]])
    try:
        return adapter.validate_python(written)
    except ValidationError as found:
        error = found.errors()[0].get("ctx", {}).get("error")
        raise error if isinstance(error, ValueProblem) else ValueProblem(str(found)) from None


def _referred(
    parameter: Parameter, draw: int, uniform_at: UniformAt, known: Mapping[str, Any]
) -> Any:
    from pathways.evidence.draws import value_of

    try:
        stated = _stated(parameter.evidence)
        value = known.get(stated.name)
        if value is None:
            value = value_of(stated, draw, uniform_at)
        return _in_unit_of(stated, value, parameter.reader)
    except ValueProblem as found:
        raise placed(found, ("evidence",)) from None


def _in_unit_of(stated: BookParameter, value: Any, reader: Any) -> Any:
    """Return the value of a parameter of the book in the unit of the field that refers to it."""
    from pathways.evidence.parameter import simulator_unit
    from pathways.reading.units import dimension_words, factor

    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueProblem(f"{shown(stated.name)} is not one number, as this field needs")
    if not isinstance(reader, Quantity):
        return value
    given, wanted = simulator_unit(stated.unit_of("")), reader.unit_shown
    size = factor(given, wanted)
    if size is None:
        problem = f"{shown(stated.name)} is {dimension_words(given)}"
        raise ValueProblem(problem, dimension_words(wanted))
    return reader.checked(value if size == 1 else float(value * size))


def _drawn(parameter: Parameter, name: str, draw: int, uniform_at: UniformAt) -> float:
    from pathways.evidence.draws import rounded

    shape, centre = _evidence_form_inside(parameter)
    if draw == 0:
        return rounded(shape.statistics()[centre])
    address = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "little")
    value = rounded(shape.quantile(uniform_at(address, 0)))
    return value if parameter.reader is None else parameter.reader.checked(value)


def _evidence_form_inside(parameter: Parameter) -> tuple[Any, str]:
    """Return the distribution and its centre; refuse one that leaves the field's bounds."""
    name, reader = parameter.distribution.name, parameter.reader
    try:
        shape, centre = _evidence_form(parameter.distribution)
        ends = [shape.quantile(FARTHEST_QUANTILE), shape.quantile(1.0 - FARTHEST_QUANTILE)]
    except (ArithmeticError, ValueError):
        problem = "this distribution cannot be worked out; write it less narrow or less wide"
        raise ValueProblem(problem, within=("distribution", name)) from None
    if isinstance(reader, Quantity) and not all(map(reader.hold, ends)):
        problem = f"this distribution reaches from {ends[0]:.3g} to {ends[1]:.3g}"
        allowed = reader.words(reader.unit_shown)
        raise ValueProblem(problem, allowed, within=("distribution", name))
    return shape, centre


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
