"""From a checked scenario to the plan that either engine simulates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.errors import InputError, Place, ValueProblem, raise_errors
from pathways.plan import Plan
from pathways.resolve.clinics import clinic_records, refuse_impossible_courses
from pathways.resolve.referrals import Load, load_of
from pathways.resolve.world import World, world_of
from pathways.scenario.referrals import LONGEST_DAYS

if TYPE_CHECKING:
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.load import Scenario

DEFAULT_PATIENTS = 10_000
DEFAULT_SEED = 1
LARGEST_DRAW = 2**24 - 1
DAYS_PER_YEAR = 365


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
        is_whole = isinstance(day, Integral) and not isinstance(day, bool)
        if not (is_whole and 0 <= day < followed):
            problem = f"day {day!r} cannot be observed"
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
    world = world_of(scenario, followed, calendar, seed, draw)
    load = load_of(document, patients=patients, calendar_days=calendar, seed=seed, draw=draw)
    clinics = clinic_records(world.stated, load)
    refuse_impossible_courses(world.sections, clinics, world.arrays["rule_sets"], load)
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
        observed_days=observed_days,
        description=_description(world, document, load),
        # Every plan has arrays of its own: who writes into one changes no other.
        **{name: array.copy() for name, array in world.arrays.items()},
    )


def _calendar_days(document: ScenarioDocument, followed: int) -> int:
    days = document.referrals.calendar_days(followed)
    if days > LONGEST_DAYS:
        problem = f"with warm-up and intake the calendar has {days} d"
        raise InputError(Place(path="years"), problem, f"{LONGEST_DAYS} d or less")
    return days


def _description(world: World, document: ScenarioDocument, load: Load) -> dict[str, Any]:
    """Return the scenario as resolved: what it says, and every value it rests on."""
    clinics = document.clinics or ()
    return {
        **json.loads(world.description),
        "regions": load.regions,
        "clinic_names": [clinics[place].name for place in load.order] if clinics else [],
        "clinic_numbers": list(load.numbers[: len(load.order)]),
    }
