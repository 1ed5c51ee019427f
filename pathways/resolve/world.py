"""What follows from a scenario and a parameter draw alone, whoever and however many are referred.

It is most of a plan and most of the work, so what was made last is kept: the same scenario with
other patients, or another seed where nothing is drawn, is resolved again in a fraction of the time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.errors import InputError, ValueProblem
from pathways.reading.tree import steps_of
from pathways.resolve import tables
from pathways.resolve.features import features
from pathways.resolve.harms import (
    harm_age_factor,
    harm_fields,
    monitoring_fields,
    stopping_fields,
)
from pathways.resolve.kinetics import build_curves
from pathways.resolve.leaving import leaving_fields, outside_fields
from pathways.resolve.overrides import UniformAt, read_overrides, settled
from pathways.resolve.prices import price_fields
from pathways.resolve.programme import programme_fields
from pathways.resolve.recent import Recent
from pathways.resolve.retest import retest_again, with_reproducible_retest
from pathways.resolve.rules import definition_numbers, rule_record
from pathways.resolve.sections import Sections, sections_in_force
from pathways.resolve.stated import StatedValues
from pathways.resolve.values import (
    EvidenceValues,
    Structure,
    biology_fields,
    evidence_values,
    kinetic_model,
    mortality_per_day,
    norm_utility,
    population_record,
)
from pathways.scenario.shared import placed

if TYPE_CHECKING:
    from pathways.reading.fields import Parameter
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.load import Scenario

PERCENT = 100.0
MOST_KEPT = 16
"""A world takes about half a megabyte for each rule set."""


@dataclass(frozen=True)
class World:
    """What follows from a scenario and a parameter draw alone.

    Attributes
    ----------
    document : ScenarioDocument
    sections : tuple of Sections
        Of each rule set.
    stated : tuple of StatedValues
        Of each rule set.
    arrays : mapping from str to numpy.ndarray
        Of the plan, by the name of its field; read-only.
    description : str
        Of the plan, without what depends on the number of patients, as JSON.
    """

    document: ScenarioDocument
    sections: tuple[Sections, ...]
    stated: tuple[StatedValues, ...]
    arrays: Mapping[str, np.ndarray]
    description: str


_worlds: Recent[World] = Recent(MOST_KEPT)


def world_of(scenario: Scenario, followed: int, calendar: int, seed: int, draw: int) -> World:
    """Return the world of a scenario in one parameter draw; it may have been made before.

    Parameters
    ----------
    scenario : Scenario
    followed, calendar : int
        Days for which each patient is followed, and days simulated.
    seed, draw : int

    Raises
    ------
    ValueProblem, InputError
        As :func:`pathways.resolve.resolver.resolve`.
    """
    from pathways.evidence.book import book
    from pathways.evidence.posterior import posterior_draws

    document = scenario.document
    # Both what the document says and which object it is: a copy may read the same and differ, an
    # object that is kept has an id that no other gets, and one that was written into reads anew.
    made_from = (id(document), document.model_dump_json(by_alias=True))
    # Without a draw nothing is drawn.
    drawn = (draw, seed) if draw else None
    key = (*made_from, followed, calendar, drawn, id(book()), id(posterior_draws()))
    return _worlds.get(key, lambda: _world(scenario, followed, calendar, seed, draw))


def forget_worlds() -> None:
    """Forget what was made before."""
    _worlds.clear()


def _world(scenario: Scenario, followed: int, calendar: int, seed: int, draw: int) -> World:
    document = scenario.document
    values = _values(scenario, seed, draw)
    sections = sections_in_force(document, calendar)
    uniform_at = _uniform_at(seed, draw)
    stated = [StatedValues(one, values, draw, uniform_at) for one in sections]
    _refuse_unused_prices(sections, values)
    rule_sets = _rule_sets(stated, values, followed)
    _refuse_unused_adherence(scenario)
    model = kinetic_model(values)
    arrays = {
        "rule_sets": rule_sets,
        "change_days": np.array([one.start_day for one in sections], dtype=np.int64),
        "curves": np.stack([build_curves(rules, model) for rules in rule_sets]),
        "harm_age_factor": harm_age_factor(values),
        "mortality_per_day": mortality_per_day(values),
        "norm_utility": norm_utility(values),
        "population": _population(scenario, values),
        **_discounting(scenario, calendar),
    }
    for array in arrays.values():
        array.flags.writeable = False
    described = json.dumps(_description(scenario, values, followed), ensure_ascii=False)
    return World(document, tuple(sections), tuple(stated), arrays, described)


def _discounting(scenario: Scenario, calendar: int) -> dict[str, np.ndarray]:
    rates = scenario.document.discount
    effects, costs = rates.effects / PERCENT, rates.costs / PERCENT
    return {
        "effect_prefix": tables.discount_prefix(effects, calendar),
        "years_prefix": tables.years_prefix(calendar),
        "effect_factor": tables.discount_factors(effects, calendar),
        "cost_factor": tables.discount_factors(costs, calendar),
        "cost_prefix": tables.discount_prefix(costs, calendar),
    }


def _uniform_at(seed: int, draw: int) -> UniformAt:
    from pathways.codes import Purpose
    from pathways.fastcore.draws import Draws

    draws = Draws(seed, draw)

    def uniform_at(address: int, occurrence: int) -> float:
        return draws.uniform(0, address, Purpose.POPULATION_VALUE, occurrence)

    return uniform_at


def _values(scenario: Scenario, seed: int, draw: int) -> EvidenceValues:
    uniform_at = _uniform_at(seed, draw)
    given = read_overrides(scenario.document.parameters)
    overrides = {key: _settled_override(one, key, draw, uniform_at) for key, one in given.items()}
    prices = scenario.document.prices
    structure = Structure(
        **scenario.document.structure.model_dump(),
        features=features(scenario.document),
        country=None if prices is None else prices.country,
    )
    try:
        values = evidence_values(draw, seed, overrides, structure)
    except InputError as error:
        place = scenario.places.place(_as_written(error.place.path, overrides))
        raise InputError(place, error.problem, error.allowed, error.nearest) from None
    if draw == 0:
        return values
    return with_reproducible_retest(values, retest_again(given, draw, uniform_at))


def _settled_override(given: Any, key: str, draw: int, uniform_at: UniformAt) -> Any:
    """Return the value of one override, with components or in a list if it was read so."""
    if isinstance(given, Mapping):
        return {name: _settled_at(one, key, name, draw, uniform_at) for name, one in given.items()}
    if isinstance(given, list):
        return [_settled_at(one, key, i, draw, uniform_at) for i, one in enumerate(given)]
    return _settled_at(given, key, None, draw, uniform_at)


def _settled_at(
    parameter: Parameter, key: str, part: str | int | None, draw: int, uniform_at: UniformAt
) -> Any:
    name, within = (key, ()) if part is None else (f"{key}.{part}", (part,))
    try:
        return settled(parameter, name, draw, uniform_at)
    except ValueProblem as found:
        raise placed(found, ("parameters", key, *within)) from None


def _as_written(path: str, overrides: Mapping[str, Any]) -> tuple[str | int, ...]:
    """Return the steps of an override's path with the key as the scenario wrote it."""
    from pathways.evidence.book import book

    section, *rest = steps_of(path)
    if not rest or rest[0] in overrides:
        return (section, *rest)
    written = [key for key in overrides if book().parameter(key).id == rest[0]]
    return (section, *written, *rest[1:])


def _refuse_unused_adherence(scenario: Scenario) -> None:
    """Refuse another value of the book's adherence where no policy refers to the book's."""
    from pathways.evidence.book import book

    adherence = book().parameter("rule_adherence")
    given = [
        key for key in scenario.document.parameters if book().parameter(key).id == adherence.id
    ]
    policies = scenario.document.policies.values()
    referred = [policy.exit.adherence_to_rule.evidence for policy in policies]
    if given and not any(
        one is not None and book().parameter(one).id == adherence.id for one in referred
    ):
        problem = "no policy takes its adherence from the evidence, so this would change nothing"
        allowed = f"`adherence_to_rule: {{evidence: {adherence.id}}}` under `exit`"
        raise ValueProblem(problem, allowed, within=("parameters", given[0]))


def _refuse_unused_prices(sections: list[Sections], values: EvidenceValues) -> None:
    """Refuse another price of what nobody ever pays for."""
    for one in sections:
        for name in one.prices.other.given() if one.prices is not None else ():
            if one.prices.country not in values.get(name, ()):
                problem = f"nothing in this run costs `{name}`, so this would change nothing"
                within = (*one.within, "prices", "other", name)
                raise ValueProblem(problem, "a price that the run uses", within=within)


def _rule_sets(stated: list[StatedValues], values: EvidenceValues, followed: int) -> np.ndarray:
    biology = biology_fields(values) | harm_fields(values)
    numbers = definition_numbers([one.policy for one in stated])
    records = []
    for one, number in zip(stated, numbers, strict=True):
        policy = one.policy
        further = programme_fields(policy, values, one.therapy_effects())
        further |= price_fields(policy, values, one.sections.prices)
        further |= leaving_fields(one) | outside_fields(one)
        if policy.treatment == "ketamine":
            further |= monitoring_fields(policy, values)
            further |= stopping_fields(policy, one.choices_per_year())
        records.append(
            rule_record(
                policy,
                biology | further,
                horizon_days=followed,
                definition_number=number,
                setting_expectation=values["setting_expectation_multiplier"],
                adherence_to_rule=one.adherence(),
            )
        )
    return np.concatenate(records)


def _population(scenario: Scenario, values: EvidenceValues) -> np.ndarray:
    section = scenario.document.population
    shares = section.conditions.shares() if section.conditions is not None else None
    try:
        return population_record(
            values, condition_shares=shares, enrolment_threshold=section.enrolment_threshold
        )
    except ValueProblem as found:
        within = found.within or ("population",)
        raise ValueProblem(found.problem, found.allowed, found.nearest, within) from None


def _description(scenario: Scenario, values: EvidenceValues, followed: int) -> dict[str, Any]:
    """Return what a scenario says, and every value it rests on."""
    document = scenario.document.model_dump(mode="json", by_alias=True)
    document["horizon"] = followed
    if scenario.document.referrals.is_arrivals:
        document["referrals"]["follow_up"] = followed
    return {
        "scenario": document,
        "values": dict(values),
        "parameter_ids": list(values.parameter_ids),
        "overridden": list(values.overridden),
        **({"calibrated": list(values.calibrated)} if values.calibrated else {}),
        "prices": _price_description(scenario),
        "calendar_days": scenario.document.referrals.calendar_days(followed),
    }


def _price_description(scenario: Scenario) -> dict[str, Any] | None:
    prices = scenario.document.prices
    return None if prices is None else {"book": prices.book, "currency": prices.currency}
