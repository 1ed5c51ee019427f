"""The parameters that the compared runs used: value, distribution, source and status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pathways.evidence.words import (
    between_words,
    distribution_words,
    name_words,
    number_words,
    uncertainty_words,
)

if TYPE_CHECKING:
    from pathways.evidence.parameter import Parameter

    Descriptions = Mapping[str, Mapping[str, Any]]

BY_SCENARIO = "set by the scenario"
CALIBRATED = "calibrated: a draw from the posterior; before fitting "
NO_UNIT = "1"


@dataclass(frozen=True)
class ParameterLine:
    """One parameter of the book as the runs used it.

    Attributes
    ----------
    id : str
    ids : str
        With its aliases.
    name : str
    values : tuple of str
        What was used, by component where it has several.
    unit : str
    distribution : str
    limits : str
        95 % limits of the population value.
    between : str
        How patients differ.
    sources : tuple of str
    status : str
    note : str
    only_in : tuple of str
        Policies that use it, if not all do.
    set_by : tuple of str
        Policies whose scenario gives another value.
    """

    id: str
    ids: str
    name: str
    values: tuple[str, ...]
    unit: str
    distribution: str
    limits: str
    between: str
    sources: tuple[str, ...]
    status: str
    note: str
    only_in: tuple[str, ...] = ()
    set_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Theme:
    """The parameters of one theme of the book."""

    title: str
    about: str
    lines: tuple[ParameterLine, ...]


@dataclass(frozen=True)
class StatusShare:
    """How many of the parameters used have one status."""

    status: str
    count: int
    percent: str
    meaning: str


def themes(descriptions: Descriptions) -> tuple[Theme, ...]:
    """Return every parameter that any of the runs used, by theme.

    Parameters
    ----------
    descriptions : mapping
        ``Plan.description`` of each policy.
    """
    from pathways.evidence.book import book

    used = _used(descriptions)
    found = []
    for theme, stated in book().by_theme().items():
        lines = tuple(_line(one, used[one.id], descriptions) for one in stated if one.id in used)
        if lines:
            found.append(Theme(book().titles[theme], book().abouts[theme], lines))
    return tuple(found)


def status_shares(descriptions: Descriptions) -> tuple[StatusShare, ...]:
    """Return the parameters used from the book by status; what every scenario sets is left out."""
    from pathways.evidence.book import book
    from pathways.evidence.parameter import STATUSES

    statuses = [book().parameter(key).status for key in from_book(descriptions)]
    return tuple(
        StatusShare(plain_status(status), count, f"{100.0 * count / len(statuses):.0f}", meaning)
        for status, meaning in STATUSES.items()
        if (count := statuses.count(status))
    )


def from_book(descriptions: Descriptions) -> list[str]:
    """Return the ids of the parameters whose value came from the book in at least one run."""
    return [
        key
        for key, policies in _used(descriptions).items()
        if any(key not in descriptions[policy].get("overridden", ()) for policy in policies)
    ]


def assumed_by_theme(descriptions: Descriptions) -> tuple[tuple[str, int, int], ...]:
    """Return title, assumptions and parameters used of each theme, most assumptions first."""
    from pathways.evidence.book import book

    chosen = [book().parameter(key) for key in from_book(descriptions)]
    counted = [
        (
            book().titles[theme],
            sum(one.status == "assumption" for one in chosen if one.theme == theme),
            sum(one.theme == theme for one in chosen),
        )
        for theme in book().themes
    ]
    return tuple(sorted((one for one in counted if one[1]), key=lambda one: -one[1]))


def plain_status(status: str) -> str:
    """Return a status in words."""
    return status.replace("_", " ")


def _used(descriptions: Descriptions) -> dict[str, list[str]]:
    """Return the policies that use each parameter, by id."""
    used: dict[str, list[str]] = {}
    for policy, description in descriptions.items():
        for key in description.get("parameter_ids", ()):
            used.setdefault(key, []).append(policy)
    return used


def _line(one: Parameter, policies: Sequence[str], descriptions: Descriptions) -> ParameterLine:
    overridden = tuple(p for p in policies if one.id in descriptions[p].get("overridden", ()))
    everywhere = len(policies) == len(descriptions)
    distributions = dict.fromkeys(map(distribution_words, one.distributions().values()))
    return ParameterLine(
        id=one.id,
        ids=", ".join((one.id, *one.aliases)),
        name=name_words(one),
        values=tuple(_values(one, policies, descriptions)),
        unit=_unit(one),
        distribution="; ".join(distributions),
        limits=uncertainty_words(one),
        between=between_words(one),
        sources=_sources(one),
        status=BY_SCENARIO if len(overridden) == len(policies) else _status(one, descriptions),
        note=_remark(one),
        only_in=() if everywhere else tuple(policies),
        set_by=overridden,
    )


def _status(one: Parameter, descriptions: Descriptions) -> str:
    is_drawn = any(one.id in run.get("calibrated", ()) for run in descriptions.values())
    return f"{CALIBRATED if is_drawn else ''}{plain_status(one.status)}"


def _values(one: Parameter, policies: Sequence[str], descriptions: Descriptions) -> Iterator[str]:
    """Yield what was used; once if all policies agree, else for each."""
    shown = {policy: _used_value(one, descriptions[policy]) for policy in policies}
    distinct = set(shown.values())
    if len(distinct) == 1:
        yield from distinct.pop()
        return
    for policy, values in shown.items():
        yield f"{policy}: {'; '.join(values)}"


def _used_value(one: Parameter, description: Mapping[str, Any]) -> tuple[str, ...]:
    value = description.get("values", {}).get(one.name, one.value)
    if isinstance(value, Mapping):
        return tuple(
            f"{name.replace('__', ' with ').replace('_', ' ')}: {_with_unit(one, name, item)}"
            for name, item in value.items()
        )
    if isinstance(value, (list, tuple)):
        return (", ".join(map(number_words, value)),)
    return (number_words(value),)


def _with_unit(one: Parameter, component: str, value: Any) -> str:
    unit = "" if isinstance(one.unit, str) else one.unit_of(component)
    return f"{number_words(value)} {'' if unit == NO_UNIT else unit}".strip()


def _unit(one: Parameter) -> str:
    if not isinstance(one.unit, str):
        return "as stated"
    return "" if one.unit == NO_UNIT else one.unit


def _remark(one: Parameter) -> str:
    remark = ". ".join(part for part in (one.population.rstrip("."), one.note) if part)
    return remark[:1].upper() + remark[1:]


def _sources(one: Parameter) -> tuple[str, ...]:
    derived = (f"from {', '.join(one.derived_from)}",) if one.derived_from else ()
    return (*(f"{source} (read: {source.reading})" for source in one.sources), *derived)
