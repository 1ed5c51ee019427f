"""From a trial to what is simulated: groups of patients with the same courses on the same days.

A leg is an arm of a parallel trial, a cohort, or one order of the arms of a crossover.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pathways.errors import ValueProblem, raise_errors
from pathways.scenario.document import ScenarioDocument
from pathways.scenario.load import Scenario
from pathways.scenario.policy import Exit, Policy
from pathways.scenario.protocol import Protocol, ProtocolCourse, infusion_days
from pathways.trials.parameters import merged_parameters

if TYPE_CHECKING:
    from pathways.scenario.regimen import Regimen
    from pathways.trials.document import Arm, TrialDocument
    from pathways.trials.endpoint import Endpoint
    from pathways.trials.load import Trial

FIRST_UNDER_A_POLICY = 2
"""Day of the first infusion under a policy whose lead times are as short as they can be."""
SHORTEST_LEAD_DAYS = 1e-6
NO_LEADS = {
    "lead_time_to_assessment": SHORTEST_LEAD_DAYS,
    "lead_time_to_treatment": SHORTEST_LEAD_DAYS,
}
MOST_CURVE_DAYS = 60
DAYS_AFTER = 2


@dataclass(frozen=True)
class ArmDays:
    """Patient days of one arm in one leg.

    Attributes
    ----------
    first : int
        First infusion.
    infusions : tuple of int
        All infusions on fixed days; empty under a policy.
    end : int
        Day on which the next period begins, or the end.
    """

    first: int
    infusions: tuple[int, ...]
    end: int

    def day(self, trial_day: int, *, from_last: bool = False) -> int:
        """Return the patient day of a day counted from the first or the last infusion."""
        return trial_day + (self.infusions[-1] if from_last else self.first)


@dataclass(frozen=True)
class Leg:
    """Patients who are given the same.

    Attributes
    ----------
    number : int
    arms : dict of str to ArmDays
        By name, in order.
    patients : int
        In one trial of the published size.
    scenario : Scenario
        Shared by legs that differ in the days of their courses alone.
    courses : tuple of (int, int)
        Day and regimen of each course; empty under a policy.
    last_visit : int
    observed_days : tuple of int
    """

    number: int
    arms: dict[str, ArmDays]
    patients: int
    scenario: Scenario
    courses: tuple[tuple[int, int], ...]
    last_visit: int
    observed_days: tuple[int, ...]


def legs_of(trial: Trial, parameters: Mapping[str, Any] | None = None) -> list[Leg]:
    """Return the legs of a trial.

    Parameters
    ----------
    trial : Trial
        Not a synthesis.
    parameters : mapping, optional
        Numbers in place of evidence parameters, by name, over those of the file.

    Raises
    ------
    InputError
        With the place of what cannot be simulated.
    """
    try:
        return _legs(trial, parameters or {})
    except ValueProblem as found:
        raise_errors([one.at(trial.places.place(one.within)) for one in found.problems])
        raise


def curve_days(trial: Trial, arm_name: str) -> list[int]:
    """Return the days of the diary curve of an arm, counted from its first infusion.

    Every day of a short follow-up, every few days of a long one; from the days before on which
    anything is read.
    """
    read = [
        day
        for endpoint in trial.endpoints
        if arm_name in endpoint.arms and not endpoint.counted_from_last_infusion
        for day in (*endpoint.score_days, *endpoint.baseline_days)
    ]
    if not read:
        return []
    first, last = min(0, *read), max(read)
    step = 1 + (last - first) // MOST_CURVE_DAYS
    return sorted({*range(first, last + 1, step), last})


def _legs(trial: Trial, parameters: Mapping[str, Any]) -> list[Leg]:
    document = trial.document
    orders = _orders(document)
    arms = [_arm_days(document, order) for order in orders]
    observed = [_observed(trial, days) for days in arms]
    given = [day for days in arms for one in days.values() for day in (*one.infusions, one.first)]
    last_visit = max(itertools.chain(given, *observed)) + 1
    steps = _regimens(document)
    found: list[Leg] = []
    shared: dict[str, Scenario] = {}
    for number, (order, days) in enumerate(zip(orders, arms, strict=True)):
        courses = _courses(document, order, days)
        first = document.arm(order[0])
        # Arms that are given something of their own beside infusions need a scenario of their own.
        key = first.name if first.policy or first.programme else ""
        if key not in shared:
            policy = _policy(document, first, steps, courses, last_visit)
            shared[key] = _scenario(trial, policy, last_visit + DAYS_AFTER, parameters)
        patients = _patients(document, order, number, len(orders))
        if patients:
            leg = Leg(
                number, days, patients, shared[key], courses, last_visit, tuple(observed[number])
            )
            found.append(leg)
    return found


def _orders(document: TrialDocument) -> list[tuple[str, ...]]:
    names = [arm.name for arm in document.arms]
    if document.design != "crossover":
        return [(name,) for name in names]
    return list(document.orders) or list(itertools.permutations(names))


def _patients(document: TrialDocument, order: Sequence[str], number: int, orders: int) -> int:
    if document.design != "crossover":
        return document.arm(order[0]).patients
    # As even as can be, the first orders one more.
    return document.patients // orders + (number < document.patients % orders)


def _arm_days(document: TrialDocument, order: Sequence[str]) -> dict[str, ArmDays]:
    found: dict[str, ArmDays] = {}
    start = document.start
    for name in order:
        infusions = _infusions(document.arm(name), start)
        first = infusions[0] if infusions else FIRST_UNDER_A_POLICY
        if document.period is None:
            end = 10**6
        else:
            end = start = first + document.period + document.wash_out
        if infusions and infusions[-1] >= end:
            problem = f"the infusions of {name} last longer than the period"
            raise ValueProblem(problem, within=("period",))
        found[name] = ArmDays(first, infusions, end)
    return found


def _infusions(arm: Arm, start: int) -> tuple[int, ...]:
    found: list[int] = []
    for course in arm.fixed_courses:
        day = start + course.day if not found else found[0] + course.day
        found += infusion_days(course.regimen, day)
    return tuple(found)


def _courses(
    document: TrialDocument, order: Sequence[str], days: Mapping[str, ArmDays]
) -> tuple[tuple[int, int], ...]:
    """Return day and number of regimen of each course, in the order in which they are given."""
    numbers = _regimens(document)
    return tuple(
        (days[name].first + course.day, list(numbers).index((name, place)))
        for name in order
        for place, course in enumerate(document.arm(name).fixed_courses)
    )


def _regimens(document: TrialDocument) -> dict[tuple[str, int], Regimen]:
    """Return the regimens of all arms by arm and place, each with a name of its own."""
    return {
        (arm.name, place): course.regimen.model_copy(update={"name": f"{arm.name}, {place + 1}"})
        for arm in document.arms
        for place, course in enumerate(arm.fixed_courses)
    }


def _policy(
    document: TrialDocument,
    arm: Arm,
    steps: Mapping[tuple[str, int], Regimen],
    courses: Sequence[tuple[int, int]],
    last_visit: int,
) -> Policy:
    if arm.policy is not None:
        is_own = "selection" in arm.policy.model_fields_set
        selection = arm.policy.selection if is_own else document.selection
        return arm.policy.model_copy(update={"selection": selection})
    regimens = tuple(steps.values())
    named = [ProtocolCourse(day=day, regimen=regimens[step].name) for day, step in courses]
    return Policy(
        treatment="ketamine",
        selection=document.selection,
        protocol=Protocol(regimens=regimens, courses=tuple(named), last_visit=last_visit),
        exit=Exit(adverse_event=document.stops_on),
        programme=arm.programme,
    )


def _scenario(
    trial: Trial, policy: Policy, horizon: int, parameters: Mapping[str, Any]
) -> Scenario:
    document = trial.document
    own: dict[str, Any] = {} if policy.protocol is not None else dict(NO_LEADS)
    if document.missing_scores is not None:
        own["missing_diary_day_probability"] = document.missing_scores
    scenario = ScenarioDocument(
        scenario=document.trial,
        title=document.title,
        horizon=horizon,
        policy=policy,
        population=document.population,
        structure=document.structure,
        parameters=merged_parameters(document.parameters, own, parameters),
    )
    return Scenario(scenario, trial.places, trial.file)


def _observed(trial: Trial, arms: Mapping[str, ArmDays]) -> list[int]:
    days: set[int] = set()
    for name, arm in arms.items():
        for endpoint in trial.endpoints:
            if name in endpoint.arms:
                days.update(_read_days(endpoint, arm))
        days.update(arm.first + day for day in curve_days(trial, name))
    return sorted(days)


def _read_days(endpoint: Endpoint, arm: ArmDays) -> Iterable[int]:
    from_last = endpoint.counted_from_last_infusion
    yield from (arm.day(day, from_last=from_last) for day in endpoint.score_days)
    yield from (arm.day(day) for day in endpoint.baseline_days)
    if endpoint.moment is not None:
        yield moment_day(endpoint, arm)


def moment_day(endpoint: Endpoint, arm: ArmDays) -> int:
    """Return the patient day of the infusion that a moment is of."""
    return arm.infusions[endpoint.infusion - 1]
