"""The fields of a parameter as short texts, shared by every form in which the book is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pathways.evidence.distributions import BetweenPatient, Dirichlet, Fixed
from pathways.evidence.parameter import Parameter

_SHOWN_DIGITS = 3
_KINDS = {"negative_binomial": "negative binomial", "truncated_normal": "truncated normal"}


def value_words(parameter: Parameter) -> str:
    """Return the value with its unit: ``10.5 ng/mL`` or ``crps: 0.67; fibromyalgia: 0.25``."""
    value = parameter.value
    if isinstance(value, Mapping):
        parts = [_named(parameter, name) for name in value]
        return _with_unit("; ".join(parts), parameter.unit)
    if isinstance(value, tuple):
        return _with_unit(", ".join(number_words(item) for item in value), parameter.unit)
    return _with_unit(number_words(value), parameter.unit)


def name_words(parameter: Parameter) -> str:
    """Return the name with spaces."""
    return parameter.name.replace("_", " ")


def uncertainty_words(parameter: Parameter) -> str:
    """Return the 95% interval of the population value, by component, or ``fixed``."""
    given = parameter.distributions()
    if not given:
        return ""
    parts = [_interval(name, distribution) for name, distribution in given.items()]
    return "; ".join(dict.fromkeys(parts))


def between_words(parameter: Parameter) -> str:
    """Return how patients differ, such as ``lognormal, log SD PK8``."""
    between = parameter.between_patient
    if between is None:
        return ""
    kind = _KINDS.get(between.kind, between.kind)
    if between.spread is None:
        return kind
    text = f"{kind}, {_spread_name(between)} {_spread(between.spread)}"
    return text if between.low is None else f"{text}, {between.low:g} to {between.high:g}"


def source_words(parameter: Parameter) -> str:
    """Return authors and years, and the ids it is derived from."""
    parts = [f"{source.authors} {source.year}" for source in parameter.sources]
    if parameter.derived_from:
        parts.append(f"from {', '.join(parameter.derived_from)}")
    return "; ".join(parts)


def distribution_words(distribution: Any) -> str:
    """Return a distribution with its numbers, such as ``beta(a=14.1, b=7.0)``."""
    left_out = ("kind", "centre", "interval_95")
    fields = {name: getattr(distribution, name) for name in type(distribution).model_fields}
    numbers = {name: value for name, value in fields.items() if name not in left_out}
    if isinstance(distribution, Dirichlet):
        numbers = dict(distribution.alphas)
    if not numbers:
        return distribution.kind
    written = ", ".join(f"{name}={number:.6g}" for name, number in numbers.items())
    return f"{distribution.kind}({written})"


def number_words(value: Any) -> str:
    """Return one number, word or truth value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value).replace("_", " ") if isinstance(value, str) else str(value)


def limits_95(distribution: Any) -> tuple[float, float] | None:
    """Return the central 95% interval of a one-number distribution, or None for the others."""
    if isinstance(distribution, (Fixed, Dirichlet)):
        return None
    return distribution.quantile(0.025), distribution.quantile(0.975)


def _named(parameter: Parameter, name: str) -> str:
    text = f"{name.replace('_', ' ')}: {number_words(parameter.value[name])}"
    return text if isinstance(parameter.unit, str) else _with_unit(text, parameter.unit[name])


def _with_unit(text: str, unit: Any) -> str:
    if not isinstance(unit, str) or unit == "1":
        return text
    return f"{text} {unit.replace('1/', 'per ', 1) if unit.startswith('1/') else unit}"


def _interval(name: str, distribution: Any) -> str:
    limits = limits_95(distribution)
    if limits is None:
        return "fixed" if isinstance(distribution, Fixed) else distribution_words(distribution)
    low, high = (f"{limit:.{_SHOWN_DIGITS}g}" for limit in limits)
    prefix = f"{name.replace('_', ' ')}: " if name else ""
    return f"{prefix}{low} to {high}"


def _spread_name(between: BetweenPatient) -> str:
    names = {"lognormal": "log SD", "gamma": "CV", "negative_binomial": "dispersion"}
    return names.get(between.kind, "SD")


def _spread(spread: Any) -> str:
    if isinstance(spread, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {number:g}" for name, number in spread.items())
    return spread if isinstance(spread, str) else f"{spread:.4g}"
