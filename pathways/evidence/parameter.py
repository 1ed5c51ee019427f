"""One parameter of the book, and the publication it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pathways.evidence.distributions import (
    BetweenPatient,
    Dirichlet,
    Distribution,
    Fixed,
    Strict,
    freeze,
)

Status = Literal["verified", "derived", "recalled", "recalled_low", "assumption", "absent"]
STATUSES: dict[str, str] = {
    "verified": "the number was read where it is published; vouches for the copy, not the study",
    "derived": "arithmetic, a fit or a simulation on numbers that were read",
    "recalled": "from memory of the publication, with confidence, not seen",
    "recalled_low": "from memory, uncertain; no more than the centre of a guess",
    "assumption": "no source; plausible, with the reason stated",
    "absent": "looked for and not found; a neutral value stands in",
}

Role = Literal[
    "population_value", "patient_trait", "patient_spread", "rule", "validation_target", "context"
]
ROLES: dict[str, str] = {
    "population_value": "one value for everybody, drawn once per parameter draw",
    "patient_trait": "differs between patients around a population value",
    "patient_spread": "itself a spread or correlation between or within patients",
    "rule": "a threshold, rule or convention",
    "validation_target": "a published result to reproduce or predict, never an input",
    "context": "background; not used by the model",
}
INPUT_ROLES = ("population_value", "patient_trait", "patient_spread")

WORD_UNITS = (
    "probability",
    "fraction",
    "utility",
    "SMD",
    "pain_day",
    "infusion",
    "patient",
    "session",
)
"""Words for plain numbers and counts used beside the units of :mod:`pathways.reading.units`."""

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
Identifier = Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9]{1,3}[a-z]?$")]
Number = int | float
Scalar = bool | Number | str
Value = Annotated[
    Scalar | list[Scalar] | Mapping[str, Scalar],
    AfterValidator(freeze),
]


class Source(Strict):
    """A publication.

    Attributes
    ----------
    reading
        How much of it was read: full, abstract, table, page, secondary (somebody's quotation)
        or memory (not seen).
    """

    authors: str
    year: Annotated[int, Field(ge=1900, le=2100)]
    journal: str
    reading: Literal["full", "abstract", "table", "page", "secondary", "memory"]
    locator: str | None = None

    def __str__(self) -> str:
        citation = f"{self.authors} {self.year}, {self.journal}"
        return f"{citation} {self.locator}" if self.locator else citation


class Parameter(Strict):
    """One entry of the book.

    Attributes
    ----------
    id
        Short code, such as ``PD1``; `aliases` are further codes for the same entry.
    name
        The same in words, snake case.
    theme
        File it stands in.
    value
        Central value as stated: a number, word or truth value, a list, or a mapping of names.
    unit
        Its unit, or one for each name of a mapping. ``"1"`` is a plain number.
    role
        What the model does with it; see ``ROLES``.
    population
        Who was studied, or what exactly is meant.
    uncertainty
        How well the population value is known: one distribution, or one for each name of a
        mapping. None where the model never draws it and nothing is known.
    between_patient
        How patients differ around it; never part of `uncertainty`.
    plausible_range
        Lowest and highest value worth a scenario.
    sources
        Publications, and `derived_from` the ids of entries, it rests on.
    status
        How good the evidence is; see ``STATUSES``.
    note
        The reason, or a caution.
    """

    id: Identifier
    name: Name
    theme: Name
    value: Value
    unit: Annotated[str | Mapping[str, str], AfterValidator(freeze)]
    role: Role
    population: str = ""
    uncertainty: Annotated[
        Distribution | Mapping[str, Distribution] | None,
        AfterValidator(freeze),
    ] = None
    between_patient: BetweenPatient | None = None
    plausible_range: tuple[float, float] | None = None
    sources: tuple[Source, ...] = ()
    derived_from: tuple[Identifier, ...] = ()
    aliases: tuple[Identifier, ...] = ()
    status: Status
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _lists_as_tuples(cls, data: Any) -> Any:
        names = ("plausible_range", "sources", "derived_from", "aliases")
        lists = {n: tuple(data[n]) for n in names if isinstance(data.get(n), list)}
        return {**data, **lists}

    @model_validator(mode="after")
    def _consistent(self) -> Parameter:
        for problem in (*_value_problems(self), *_status_problems(self), *_role_problems(self)):
            raise ValueError(problem)
        return self

    @property
    def is_input(self) -> bool:
        """Whether the model may draw it."""
        return self.role in INPUT_ROLES

    @cached_property
    def uniforms_needed(self) -> int:
        """How many uniforms one draw takes: one for each component, 0 if all are fixed."""
        given = self.uncertainty
        if isinstance(given, Dirichlet):
            return len(given.alphas)
        if all(isinstance(one, Fixed) for one in self.distributions().values()):
            return 0
        return len(given) if isinstance(given, Mapping) else 1

    def distributions(self) -> dict[str, Any]:
        """Return every distribution with the name of its component, ``""`` for a single one."""
        if self.uncertainty is None:
            return {}
        if isinstance(self.uncertainty, Mapping):
            return dict(self.uncertainty)
        return {"": self.uncertainty}

    def components(self) -> dict[str, Any]:
        """Return the value by component; lists by position, ``""`` for a single value."""
        if isinstance(self.value, Mapping):
            return dict(self.value)
        if isinstance(self.value, tuple):
            return {str(index): item for index, item in enumerate(self.value)}
        return {"": self.value}

    def unit_of(self, component: str) -> str:
        """Return the unit of one component of the value."""
        return self.unit if isinstance(self.unit, str) else self.unit[component]


def simulator_unit(unit: str) -> str:
    """Return `unit` as :mod:`pathways.reading.units` writes it: counting words are left out."""
    above, *below = unit.split("/")
    kept = [part for part in below if part not in WORD_UNITS]
    return "/".join(["1" if above in WORD_UNITS else above, *kept])


def _value_problems(parameter: Parameter) -> Iterator[str]:
    names = set(parameter.value) if isinstance(parameter.value, Mapping) else None
    for field in ("unit", "uncertainty"):
        given = getattr(parameter, field)
        if isinstance(given, Mapping) and set(given) != names:
            yield f"{field} must name what value names"
    single = parameter.uncertainty
    if isinstance(single, Dirichlet):
        if names != set(single.alphas):
            yield "a dirichlet must name what value names"
        elif not math.isclose(math.fsum(parameter.value.values()), 1.0):
            yield "shares must sum to 1"
    elif isinstance(single, Strict) and not isinstance(single, Fixed) and not _number(parameter):
        yield "one distribution belongs to one number; give one for each name"


def _status_problems(parameter: Parameter) -> Iterator[str]:
    status = parameter.status
    if status in ("assumption", "absent") and not parameter.note:
        yield f"status {status} needs a note with the reason"
    if status in ("verified", "recalled") and not parameter.sources:
        yield f"status {status} needs a source"
    if status == "derived" and not (parameter.sources or parameter.derived_from):
        yield "status derived needs a source or the ids it is derived from"


def _role_problems(parameter: Parameter) -> Iterator[str]:
    if parameter.is_input and parameter.uncertainty is None:
        yield "an input needs its uncertainty, or {kind: fixed}"
    if parameter.role == "patient_trait" and parameter.between_patient is None:
        yield "a trait needs between_patient"
    if parameter.role == "patient_spread" and parameter.between_patient is not None:
        yield "a spread between patients has no spread between patients"


def _number(parameter: Parameter) -> bool:
    return isinstance(parameter.value, (int, float)) and not isinstance(parameter.value, bool)
