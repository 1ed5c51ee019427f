"""The ladder as somebody climbs it who never responds: which course when, and what ends it.

Days are the soonest possible: weekends, planned pauses and yearly limits only add to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pathways.errors import InputError
from pathways.reading.tree import PlaceTable, Step

if TYPE_CHECKING:
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.policy import Limits, Policy
    from pathways.scenario.regimen import Regimen

HEAVIEST_KG = 300.0


class Course(NamedTuple):
    """One course of the climb.

    Attributes
    ----------
    step : int
        Ladder step, from 0.
    judged_day : int
        Day of its judgement, from the first infusion.
    ended_by : str or None
        The limit that ends treatment before this course, by its key.
    """

    step: int
    judged_day: int
    ended_by: str | None


def climb(policy: Policy, *, weight_kg: float = 0.0) -> Iterator[Course]:
    """Yield the courses of somebody whose every judgement fails.

    Parameters
    ----------
    policy : Policy
        One with a ladder.
    weight_kg : float
        Body weight. Nobody is as light as the default, so what a limit forbids at it, it forbids
        to everybody.

    Yields
    ------
    Course
        The last is the last try of the last step, or the first course that a limit forbids.
    """
    courses, infusions, mg = 0, 0, 0.0
    start = judged_day = 0
    for step, regimen in enumerate(policy.ladder.steps):
        for _ in range(policy.ladder.tries_per_step):
            courses += 1
            infusions += len(regimen.hours_by_day())
            mg += _mg(regimen, weight_kg)
            ended_by = _limit(policy.limits, courses, infusions, mg, judged_day)
            if ended_by is not None:
                yield Course(step, judged_day, ended_by)
                return
            judged_day = start + _last_day(regimen) + policy.response.judge_at
            yield Course(step, judged_day, None)
            start = judged_day + policy.ladder.gap


def refuse_endless_ladder(document: ScenarioDocument, places: PlaceTable) -> None:
    """Refuse a ladder that nobody comes to the end of, under the rules last in force.

    A horizon shorter than usual is a look at the beginning, and no reason to refuse.

    Raises
    ------
    InputError
        With the place of the tries.
    """
    steps, policy = _last_in_force(document)
    if policy.ladder is None or _s_ketamine_is_limited(policy):
        return
    *_, last = climb(policy, weight_kg=HEAVIEST_KG)
    usual_horizon = type(document).model_fields["horizon"].default
    if last.judged_day >= max(document.followed_days, usual_horizon):
        problem = (
            f"somebody who never responds is still on the ladder {last.judged_day} d after the "
            f"first infusion, and patients are followed for {document.followed_days} d"
        )
        allowed = "fewer steps or tries, a shorter `gap`, `limits`, or a longer `horizon`"
        raise InputError(places.place((*steps, "ladder", "tries_per_step")), problem, allowed)


def steps_nobody_reaches(policy: Policy) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the first step that nobody reaches, however fast they climb, and why."""
    loss, adherence = policy.exit.loss_of_response, policy.exit.adherence_to_rule
    *_, last = courses = list(climb(policy))
    unreached = 1 + max(course.step for course in courses if course.ended_by is None)
    if len(policy.ladder.steps) > 1 and adherence.value == 0.0:
        words = "`adherence_to_rule: 0` acts on no failure, so nobody climbs"
        yield ("ladder", "steps", 1), f"no effect: {words}"
    elif unreached < len(policy.ladder.steps) and not (loss is not None and loss.escalate):
        words = f"`{last.ended_by}` under `limits` ends treatment before this step"
        yield ("ladder", "steps", unreached), f"no effect: {words}"


def _last_in_force(document: ScenarioDocument) -> tuple[tuple[Step, ...], Policy]:
    steps, policy = ("policy",), document.policy
    for index, change in enumerate(document.changes):
        if change.from_day < document.referrals.calendar_days(document.followed_days):
            steps, policy = ("changes", index, "policy"), change.policy
    return steps, policy


def _s_ketamine_is_limited(policy: Policy) -> bool:
    """Whether a limit depends on the potency of S-ketamine, which is not known here."""
    forms = [regimen.form for regimen in policy.ladder.steps]
    return policy.limits.lifetime_dose is not None and "s_ketamine" in forms


def _limit(limits: Limits, courses: int, infusions: int, mg: float, day: int) -> str | None:
    """Return the key of the limit that forbids a course, or None."""
    if limits.time_on_treatment is not None and day >= limits.time_on_treatment:
        return "time_on_treatment"
    amounts = {"courses": courses, "infusions": infusions, "lifetime_dose": mg}
    for name, amount in amounts.items():
        limit = getattr(limits, name)
        if limit is not None and amount > limit:
            return name
    return None


def _last_day(regimen: Regimen) -> int:
    return (len(regimen.hours_by_day()) - 1) * regimen.every


def _mg(regimen: Regimen, weight_kg: float) -> float:
    """Return the dose of a course; of S-ketamine its own mass, which counts for more."""
    total = 0.0
    for amount in () if regimen.form == "sham" else regimen.amounts_by_day():
        total += amount * weight_kg if regimen.per_kg else amount
    return total
