"""What a reader of a run must be told before its numbers: warnings, in plain words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pathways import layout
from pathways.codes import ProgrammeFor
from pathways.outcomes import calendar
from pathways.outcomes.clinics import BLOCK as CLINIC_BLOCK
from pathways.outcomes.sampling import LEAST_REGIONS
from pathways.outcomes.structure import warnings
from pathways.outcomes.summary import ALL, TREATED, Row
from pathways.plan import Plan

if TYPE_CHECKING:
    import numpy as np

FEW_PATIENTS = 100
FIRST_QUARTER, LAST_QUARTER = "mean_waiting_first_quarter", "mean_waiting_last_quarter"
GROWTH = 1.1
LEAST_GROWTH = 1.0
"""Lists that are longer by less than one patient do not count as growing."""
NOBODY_TREATED = "nobody was treated"
NO_DRUG_RESPONSE = (
    "in nobody did drug relief alone meet the response rule, so no judgement that was passed was "
    "passed because of the drug"
)


def cautions(rows: list[Row]) -> list[str]:
    """Return the warnings a summary calls for, most important first.

    Parameters
    ----------
    rows : list of dict
        As :func:`pathways.outcomes.summary.summarise` returns.
    """
    values = {(row["block"], row["measure"]): row for row in rows}

    def none(block: str, measure: str) -> bool:
        return values[block, measure]["value"] == 0.0

    found = []
    if none(ALL, "patients"):
        found.append("nobody was studied")
    elif none(ALL, "share_treated"):
        found.append(f"{NOBODY_TREATED}: {_why_untreated(none)}")
    elif none(TREATED, "share_responder_drug_at_threshold"):
        found.append(NO_DRUG_RESPONSE)
    found += _growing_lists(values)
    patients = values[ALL, "patients"]["n"]
    if 0 < patients < FEW_PATIENTS:
        found.append(f"only {patients} patients: the intervals are wide and approximate")
    return found


def _growing_lists(values: Mapping[tuple, Row]) -> list[str]:
    """Return a warning for each clinic whose waiting lists grow over the intake."""
    lengths = {
        block: tuple(values[block, name]["value"] for name in (FIRST_QUARTER, LAST_QUARTER))
        for block, measure in values
        if measure == LAST_QUARTER
    }
    return [
        f"clinic {block.removeprefix(CLINIC_BLOCK)}: {first:.1f} patients waited in the first "
        f"quarter of the intake and {last:.1f} in the last: the lists still grow, so waits depend "
        "on how long is simulated; give a longer warm-up, or more capacity if they never stop"
        for block, (first, last) in lengths.items()
        if last is not None and last > GROWTH * first and last - first >= LEAST_GROWTH
    ]


def cautions_of_plan(plan: Plan) -> list[str]:
    """Return the warnings that a plan calls for by itself, those of its rules first."""
    return [*cautions_of_rules(plan.description), *_closed_clinics(plan), *_load(plan)]


def _load(plan: Plan) -> list[str]:
    """Return what to think of the waits of a run with queues."""
    if calendar.kind_of(plan) == calendar.LOADED_COHORT:
        return [
            f"all {plan.patients} patients are referred on one day and share the clinic's queues: "
            "waits, and what depends on them, depend on the number of patients; for waits that "
            "mean something describe arrivals"
        ]
    regions = calendar.regions_of(plan)
    if not plan.queues or regions >= LEAST_REGIONS:
        return []
    return [
        f"fewer than {LEAST_REGIONS} replicate regions ({regions}): patients of a region share its "
        "queues, so waits are given without intervals, and other intervals take patients as "
        "independent; more patients make more regions"
    ]


def _closed_clinics(plan: Plan) -> list[str]:
    """Return which clinics can treat nobody, or start nobody's programme, and when."""
    if not plan.queues:
        return []
    return [
        f"clinic {name} {found}"
        for place, name in enumerate(calendar.clinic_names(plan))
        for why in (_why_untreatable, _why_without_step, _why_without_programme)
        for found in _times(plan, place, why)
    ]


def _times(plan: Plan, place: int, why: Callable[[np.void, np.void], str]) -> Iterator[str]:
    """Yield each reason, with the calendar days on which it holds unless always."""
    told = [why(*pair) for pair in zip(plan.rule_sets, plan.clinics[:, place], strict=True)]
    for reason, group in itertools.groupby(range(len(told)), told.__getitem__):
        sets = list(group)
        if reason:
            start, end = sets[0], sets[-1] + 1
            since = f" from day {plan.change_days[start]}" if start else ""
            until = f" until day {plan.change_days[end]}" if end < len(told) else ""
            yield f"{reason}{since}{until}"


def _why_untreatable(rules: np.void, clinic: np.void) -> str:
    """Return why no first course can be booked; empty if it can, or none is offered."""
    if not rules["ketamine_offered"]:
        return ""
    reasons = {
        "it has no slots for assessments": clinic["assessment_slots_per_week"] == 0,
        "it is never open": clinic["open_days"] == 0,
        _why_no_course(rules, clinic, 0): True,
    }
    return next((f"can treat nobody: {why}" for why, holds in reasons.items() if why and holds), "")


def _why_without_step(rules: np.void, clinic: np.void) -> str:
    """Return which regimens after the first cannot be booked; empty if all can, or none can."""
    if not rules["ketamine_offered"] or _why_untreatable(rules, clinic):
        return ""
    steps = {*range(1, int(rules["ladder_steps"])), int(rules["maintenance_step"])} - {-1, 0}
    found = {step: _why_no_course(rules, clinic, step) for step in sorted(steps)}
    return "; ".join(
        f"can book no course of regimen {step + 1}: {why}" for step, why in found.items() if why
    )


def _why_no_course(rules: np.void, clinic: np.void, step: int) -> str:
    if rules["step_bed"][step]:
        return "it has no bed for it" if clinic["beds"] == 0 else ""
    if clinic["chairs"] == 0:
        return "it has no staffed chair"
    first = step * layout.MAX_COURSE_DAYS
    minutes = rules["step_minutes"][first : first + rules["step_days"][step]]
    needed = int(minutes.max(initial=0) + clinic["turnaround_minutes"])
    if clinic["chairs"] < 0 or needed <= clinic["open_minutes"]:
        return ""
    return (
        f"an infusion needs a chair for {needed} minutes, open are {clinic['open_minutes']} a day"
    )


def _why_without_programme(rules: np.void, clinic: np.void) -> str:
    """Return why the programme can start for nobody; empty if it can, or there is none."""
    if rules["programme_for"] == ProgrammeFor.NONE:
        return ""
    weekly = rules["therapy_sessions_per_week"][rules["therapy_sessions"] > 0]
    needed, slots = int(weekly.sum()), int(clinic["therapy_slots_per_week"])
    if not 0 <= slots < needed:
        return ""
    return (
        f"can start nobody's programme: it needs {needed} therapy slots a week, there are {slots}"
    )


def cautions_of_rules(description: Mapping[str, Any]) -> list[str]:
    """Return the warnings that a resolved scenario calls for by itself, a wrong model first.

    Parameters
    ----------
    description : mapping
        ``Plan.description``.
    """
    return [*warnings(description), *_judged_on_board(description)]


def _judged_on_board(description: Mapping[str, Any]) -> list[str]:
    policy = description.get("scenario", {}).get("policy", {})
    criteria = (policy.get("response") or {}).get("criteria", ())
    if not any(criterion.get("moment") for criterion in criteria):
        return []
    return [
        "response is judged on the day of the infusion, with the drug on board: relief of hours "
        "passes this rule and is drug relief by the rule's own measure, so its false-positive rate "
        "says nothing about lasting benefit; compare pain and QALYs instead"
    ]


def _why_untreated(none) -> str:
    if none(ALL, "share_assessed"):
        return "nobody was assessed before the horizon"
    if none(ALL, "share_eligible"):
        return "nobody assessed was eligible"
    return "no infusion is offered, a limit rules the first course out, or the horizon ends first"
