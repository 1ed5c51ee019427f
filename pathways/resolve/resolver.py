"""From a checked scenario to the plan that either engine simulates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.errors import InputError, Place, ValueProblem, raise_errors
from pathways.plan import Plan
from pathways.reading.tree import steps_of
from pathways.resolve import tables
from pathways.resolve.clinics import clinic_records, refuse_impossible_courses
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
from pathways.resolve.referrals import Load, load_of
from pathways.resolve.rules import definition_numbers, rule_record
from pathways.resolve.sections import Sections, sections_in_force
from pathways.resolve.stated import StatedValues
from pathways.resolve.values import (
    EvidenceValues,
    Structure,
    biology_fields,
    compartments,
    evidence_values,
    mortality_per_day,
    norm_utility,
    population_record,
)
from pathways.scenario.referrals import LONGEST_DAYS
from pathways.scenario.shared import placed

if TYPE_CHECKING:
    from pathways.reading.fields import Parameter
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.load import Scenario

DEFAULT_PATIENTS = 10_000
DEFAULT_SEED = 1
LARGEST_DRAW = 2**24 - 1
DAYS_PER_YEAR = 365
PERCENT = 100.0


def resolve(
    scenario: Scenario,
    *,
    patients: int | None = None,
    years: float | None = None,
    seed: int | None = None,
    draw: int = 0,
    observed_days: Sequence[int] = (),
) -> Plan:
    """Return the plan of a scenario.

    Parameters
    ----------
    scenario : Scenario
    patients : int, optional
        10,000 by default. With referrals over calendar time the studied patients wished for: they
        decide the number of replicate regions and never the load of a clinic.
    years : float, optional
        Time for which each patient is followed, in years of 365 days, instead of the scenario's.
    seed : int, optional
        1 by default.
    draw : int
        Parameter draw; 0 for every value as stated.
    observed_days : sequence of int
        Patient days on which every patient is observed (docs/model.md 10b).

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        With the place of what cannot be resolved.
    """
    if not 0 <= draw <= LARGEST_DRAW:
        allowed = f"0 for stated values, or 1 to {LARGEST_DRAW}"
        raise InputError(Place(path="draw"), f"there is no parameter draw {draw}", allowed)
    patients = DEFAULT_PATIENTS if patients is None else patients
    seed = DEFAULT_SEED if seed is None else seed
    followed = scenario.document.followed_days if years is None else horizon_days(years)
    observed = _observed_days(observed_days, followed)
    try:
        return _resolve(scenario, patients, followed, seed, draw, observed)
    except ValueProblem as found:
        places = scenario.places
        raise_errors([problem.at(places.place(problem.within)) for problem in found.problems])
        raise


def horizon_days(years: float) -> int:
    """Return whole days of a horizon in years of 365 days.

    Raises
    ------
    InputError
        If it is not between one day and 60 years.
    """
    days = int(years * DAYS_PER_YEAR + 0.5) if 0.0 < years <= 60.0 else 0
    if days < 1:
        problem = f"a horizon of {years:g} years cannot be simulated"
        raise InputError(Place(path="years"), problem, "0.003 (one day) to 60")
    return days


def _observed_days(days: Sequence[int], followed: int) -> np.ndarray:
    for day in days:
        if not 0 <= day < followed:
            problem = f"day {day} cannot be observed"
            raise InputError(Place(path="observed_days"), problem, f"0 to {followed - 1}")
    return np.unique(np.array(days, dtype=np.int64))


def _resolve(
    scenario: Scenario,
    patients: int,
    followed: int,
    seed: int,
    draw: int,
    observed_days: np.ndarray,
) -> Plan:
    document = scenario.document
    calendar = _calendar_days(document, followed)
    values = _values(scenario, seed, draw)
    sections = sections_in_force(document, calendar)
    uniform_at = _uniform_at(seed, draw)
    stated = [StatedValues(one, values, draw, uniform_at) for one in sections]
    _refuse_unused_prices(sections, values)
    rule_sets = _rule_sets(stated, values, followed)
    load = load_of(document, patients=patients, calendar_days=calendar, seed=seed, draw=draw)
    clinics = clinic_records(stated, load)
    refuse_impossible_courses(sections, clinics, rule_sets, load)
    _refuse_unused_adherence(scenario)
    kinetic_model = compartments(values)
    effects, costs = _discount_rates(scenario)
    return Plan(
        seed=seed,
        draw=draw,
        patients=int(load.clinic_patients.sum()),
        horizon_days=followed,
        calendar_days=calendar,
        queues=document.has_queues,
        clinics=clinics,
        clinic_patients=load.clinic_patients,
        referral_days=load.referral_days,
        studied_days=document.referrals.studied_days(),
        rule_sets=rule_sets,
        change_days=np.array([one.start_day for one in sections], dtype=np.int64),
        curves=np.stack([build_curves(rules, kinetic_model) for rules in rule_sets]),
        effect_prefix=tables.discount_prefix(effects, calendar),
        years_prefix=tables.years_prefix(calendar),
        effect_factor=tables.discount_factors(effects, calendar),
        cost_factor=tables.discount_factors(costs, calendar),
        cost_prefix=tables.discount_prefix(costs, calendar),
        harm_age_factor=harm_age_factor(values),
        mortality_per_day=mortality_per_day(values),
        norm_utility=norm_utility(values),
        population=_population(scenario, values),
        observed_days=observed_days,
        description=_description(scenario, values, followed, load),
    )


def _calendar_days(document: ScenarioDocument, followed: int) -> int:
    days = document.referrals.calendar_days(followed)
    if days > LONGEST_DAYS:
        problem = f"with warm-up and intake the calendar has {days} d"
        raise InputError(Place(path="years"), problem, f"{LONGEST_DAYS} d or less")
    return days


def _discount_rates(scenario: Scenario) -> tuple[float, float]:
    """Return the yearly rates of effects and costs as fractions."""
    rates = scenario.document.discount
    return rates.effects / PERCENT, rates.costs / PERCENT


def _uniform_at(seed: int, draw: int) -> UniformAt:
    from pathways.codes import Purpose
    from pathways.fastcore.draws import Draws

    draws = Draws(seed, draw)

    def uniform_at(address: int, occurrence: int) -> float:
        return draws.uniform(0, address, Purpose.POPULATION_VALUE, occurrence)

    return uniform_at


def _values(scenario: Scenario, seed: int, draw: int) -> EvidenceValues:
    uniform_at = _uniform_at(seed, draw)
    overrides = {
        key: _settled_override(given, key, draw, uniform_at)
        for key, given in read_overrides(scenario.document.parameters).items()
    }
    choices = scenario.document.structure
    prices = scenario.document.prices
    structure = Structure(
        choices.utility,
        choices.mortality,
        choices.allometry,
        features(scenario.document),
        None if prices is None else prices.country,
    )
    try:
        values = evidence_values(draw, seed, overrides, structure)
    except InputError as error:
        place = scenario.places.place(_as_written(error.place.path, overrides))
        raise InputError(place, error.problem, error.allowed, error.nearest) from None
    return values


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


def _description(
    scenario: Scenario, values: EvidenceValues, followed: int, load: Load
) -> dict[str, Any]:
    """Return the scenario as resolved: what it says, and every value it rests on."""
    document = scenario.document.model_dump(mode="json", by_alias=True)
    document["horizon"] = followed
    if scenario.document.referrals.is_arrivals:
        document["referrals"]["follow_up"] = followed
    clinics = scenario.document.clinics or ()
    return {
        "scenario": document,
        "values": dict(values),
        "parameter_ids": list(values.parameter_ids),
        "overridden": list(values.overridden),
        "prices": _price_description(scenario),
        "calendar_days": scenario.document.referrals.calendar_days(followed),
        "regions": load.regions,
        "clinic_names": [clinics[place].name for place in load.order] if clinics else [],
        "clinic_numbers": list(load.numbers[: len(load.order)]),
    }


def _price_description(scenario: Scenario) -> dict[str, Any] | None:
    prices = scenario.document.prices
    return None if prices is None else {"book": prices.book, "currency": prices.currency}
