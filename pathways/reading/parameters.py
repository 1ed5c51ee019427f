"""A parameter as written: a value, a reference to the evidence, or a distribution.

What it was is kept; references and distributions are resolved elsewhere. The reader of the plain
value stays with the parameter, so that resolution knows the field's unit and bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic_core import core_schema

from pathways.errors import ValueProblem, nearest, raise_problems, shown
from pathways.reading.scalars import Quantity, ScalarReader, TextReader

T = TypeVar("T")
EVIDENCE = "evidence"
DISTRIBUTION = "distribution"
IDENTIFIER = TextReader(
    r"[A-Za-z][A-Za-z0-9_.-]{0,79}", "letters, digits, `_`, `.` and `-`, a letter first"
)
_POSITIVE = Quantity(None, above=0)


@dataclass(frozen=True)
class Shape:
    """The parameters of a family of distributions.

    Attributes
    ----------
    located
        Parameters in the field's unit that must lie inside the field's bounds.
    spread
        Parameters in the field's unit that must be above 0.
    plain
        Plain numbers above 0.
    rising
        Parameters that must not fall in this order, the last being above the first.
    positive
        Whether the located parameters must be above 0.
    """

    located: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    rising: tuple[str, ...] = ()
    positive: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All parameters."""
        return self.located + self.spread + self.plain


SHAPES = {
    "normal": Shape(located=("mean",), spread=("sd",)),
    "lognormal": Shape(located=("median",), plain=("sigma",), positive=True),
    "uniform": Shape(located=("low", "high"), rising=("low", "high")),
    "triangular": Shape(located=("low", "mode", "high"), rising=("low", "mode", "high")),
    "beta": Shape(plain=("a", "b")),
    "gamma": Shape(located=("mean",), plain=("cv",), positive=True),
}


@dataclass(frozen=True)
class Distribution:
    """A distribution over a field's values.

    Attributes
    ----------
    name
        One of normal, lognormal, uniform, triangular, beta, gamma.
    parameters
        Its parameters by name: mean, sd, median, low, mode and high in the field's unit;
        sigma (SD of the logarithm), cv, a and b plain. Draws may fall outside the field's
        bounds (a normal is unbounded); whoever draws must say what happens then.
    """

    name: str
    parameters: Mapping[str, float] = field(hash=False)


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """What a value field was given; annotate as ``Parameter[Mg]``.

    Attributes
    ----------
    kind
        Which of the three it is.
    value, evidence, distribution
        The value read, the identifier in the evidence, or the distribution; the other two None.
    reader
        Reader of the plain value (its unit and bounds), None where it is not a scalar type.
    """

    kind: Literal["value", "evidence", "distribution"]
    value: T | None = None
    evidence: str | None = None
    distribution: Distribution | None = None
    reader: ScalarReader | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, value: T) -> Parameter[T]:
        """Return a parameter with a plain value (for defaults)."""
        return cls("value", value=value)

    @classmethod
    def from_evidence(cls, identifier: str) -> Parameter[T]:
        """Return a reference to the evidence (for defaults)."""
        return cls(EVIDENCE, evidence=identifier)

    def __class_getitem__(cls, inner: Any) -> Any:
        """Return the annotation for a field whose plain value is of type `inner`."""
        return Annotated[cls, _Forms(inner)]


class _Forms:
    """Reads the three forms of a parameter, the plain one with the schema of `inner`."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        inner_schema = handler.generate_schema(self.inner)
        reader = _reader_of(self.inner)
        return core_schema.no_info_wrap_validator_function(
            lambda value, read_plain: _read(value, reader, read_plain),
            inner_schema,
            serialization=core_schema.plain_serializer_function_ser_schema(_plain),
            metadata={"pydantic_js_functions": [lambda schema, inner: _json_schema(inner(schema))]},
        )


def read_distribution(value: object, reader: ScalarReader | None) -> Distribution:
    """Return the distribution written as ``{normal: {mean: 80 mg, sd: 5 mg}}``.

    Parameters
    ----------
    value
        The mapping below ``distribution:``.
    reader
        Reader of the field's plain value.

    Raises
    ------
    ValueProblem
        For an unknown or missing name or parameter, or one out of bounds; `within` counts from
        the mapping.
    """
    if not isinstance(reader, Quantity) or reader.whole:
        raise ValueProblem("this field takes no distribution; write a value")
    if not isinstance(value, dict) or len(value) != 1:
        problem = "one distribution is expected, such as `{normal: {mean: ..., sd: ...}}`"
        raise ValueProblem(problem, list(SHAPES))
    ((name, given),) = value.items()
    if name not in SHAPES:
        problem = f"the distribution {shown(name)} is not known"
        raise ValueProblem(problem, list(SHAPES), nearest(name, SHAPES), (name,))
    if name == "beta" and not (reader.minimum == 0 and reader.maximum == 1):
        raise ValueProblem("a beta distribution is for shares between 0 and 1", within=(name,))
    return Distribution(name, _read_parameters(name, given, reader))


def _read(value: object, reader: ScalarReader | None, read_plain: Any) -> Parameter:
    if isinstance(value, Parameter):
        return _reread(value, reader, read_plain)
    if isinstance(value, dict):
        return _read_mapping(value, reader)
    return Parameter("value", value=read_plain(value), reader=reader)


def _read_mapping(value: dict[str, Any], reader: ScalarReader | None) -> Parameter:
    if set(value) == {EVIDENCE}:
        identifier = _within((EVIDENCE,), IDENTIFIER.read, value[EVIDENCE])
        return Parameter(EVIDENCE, evidence=identifier, reader=reader)
    if set(value) == {DISTRIBUTION}:
        distribution = _within((DISTRIBUTION,), read_distribution, value[DISTRIBUTION], reader)
        return Parameter(DISTRIBUTION, distribution=distribution, reader=reader)
    forms = "a value, `{evidence: ID}` or `{distribution: {name: {...}}}`"
    wrong = next((key for key in value if key not in (EVIDENCE, DISTRIBUTION)), None)
    if wrong is None:
        raise ValueProblem("one form of a parameter is expected, not none or two", forms)
    near = nearest(wrong, (EVIDENCE, DISTRIBUTION))
    raise ValueProblem(f"unknown key {shown(wrong)}", forms, near, (wrong,))


def _read_parameters(name: str, given: object, reader: Quantity) -> dict[str, float]:
    shape = SHAPES[name]
    if not isinstance(given, dict):
        problem = f"the parameters of {name} are expected, as `{{{shape.names[0]}: ..., ...}}`"
        raise ValueProblem(problem, list(shape.names), within=(name,))
    problems = [
        ValueProblem(
            f"unknown key {shown(key)}", list(shape.names), nearest(key, shape.names), (name, key)
        )
        for key in given
        if key not in shape.names
    ]
    parameters: dict[str, float] = {}
    for key in shape.names:
        try:
            parameters[key] = _within((name, key), _read_parameter, shape, key, given, reader)
        except ValueProblem as problem:
            problems.append(problem)
    raise_problems(problems)
    _refuse_falling(name, parameters)
    return parameters


def _read_parameter(shape: Shape, key: str, given: dict[str, Any], reader: Quantity) -> float:
    if key not in given:
        raise ValueProblem(f"{shown(key)} is missing")
    if key in shape.plain:
        return _POSITIVE.read(given[key])
    if key in shape.spread:
        return Quantity(reader.unit, above=0).read(given[key])
    if shape.positive:
        Quantity(reader.unit, above=0).read(given[key])
    return reader.read(given[key])


def _refuse_falling(name: str, parameters: dict[str, float]) -> None:
    order = SHAPES[name].rising
    numbers = [parameters[key] for key in order]
    if numbers != sorted(numbers) or (numbers and numbers[0] == numbers[-1]):
        words = " <= ".join(order)
        problem = f"{words} must hold, and {order[0]} < {order[-1]}"
        raise ValueProblem(problem, within=(name,))


def _within(steps: tuple[str, ...], read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except ValueProblem as found:
        raise_problems(
            [
                ValueProblem(p.problem, p.allowed, p.nearest, (*steps, *p.within))
                for p in found.problems
            ]
        )


def _reread(given: Parameter, reader: ScalarReader | None, read_plain: Any) -> Parameter:
    # A parameter built in a program meets the same checks as one from a file.
    if given.kind == "value":
        return Parameter("value", value=read_plain(given.value), reader=reader)
    if given.kind == DISTRIBUTION:
        form = {given.distribution.name: dict(given.distribution.parameters)}
        return _read_mapping({DISTRIBUTION: form}, reader)
    return _read_mapping({EVIDENCE: given.evidence}, reader)


def _reader_of(annotation: Any) -> ScalarReader | None:
    found = getattr(annotation, "__metadata__", ())
    return next((item for item in found if isinstance(item, ScalarReader)), None)


def _plain(parameter: Parameter) -> Any:
    if parameter.kind == "value":
        reader = parameter.reader
        return reader.plain(parameter.value) if reader is not None else parameter.value
    if parameter.kind == EVIDENCE:
        return {EVIDENCE: parameter.evidence}
    distribution = parameter.distribution
    return {DISTRIBUTION: {distribution.name: dict(distribution.parameters)}}


def _json_schema(value: dict[str, Any]) -> dict[str, Any]:
    evidence = _only({EVIDENCE: IDENTIFIER.json_schema()})
    families = {
        name: _only(
            {key: _POSITIVE.json_schema() if key in shape.plain else value for key in shape.names}
        )
        for name, shape in SHAPES.items()
    }
    distribution = {"oneOf": [_only({name: schema}) for name, schema in families.items()]}
    return {"anyOf": [value, evidence, _only({DISTRIBUTION: distribution})]}


def _only(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
