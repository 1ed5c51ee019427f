"""A programme's therapies as the engines read them.

Every effect is a difference between the arms of trials, divided by the pain at their start: a
share of pain, taken from what is left. Compared with: usual care for interdisciplinary programmes
(low back pain, long term) and activity; treatment as usual, or an active control if the policy
says so, for behavioural therapy; placebo for medication. All are multiplied by the factor for
publication bias and by that for refractoriness; the effect of a user's own therapy is as given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pathways.codes import ProgrammeFor
from pathways.fastcore.maths import exponential, logarithm
from pathways.resolve import tables
from pathways.resolve.harms import DAYS_PER_WEEK, DAYS_PER_YEAR, SMALLEST_SHARE, rate_per_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pathways.resolve.inputs import EvidenceValues
    from pathways.scenario.policy import Policy
    from pathways.scenario.programme import Therapy

BOOK_NAMES = {"interdisciplinary_programme": "interdisciplinary"}
"""Families that tables of the book call something else."""

Fields = dict[str, Any]


def programme_fields(
    policy: Policy, values: EvidenceValues, own_effects: Sequence[float]
) -> Fields:
    """Return the fields of a policy's programme.

    Parameters
    ----------
    policy : Policy
    values : EvidenceValues
    own_effects : sequence of float
        For each therapy the effect the policy gives, resolved; ignored where the evidence has one.

    Returns
    -------
    dict
        By field of ``layout.PARAMETERS``.
    """
    programme = policy.programme
    if programme is None:
        return {"programme_for": ProgrammeFor.NONE}
    rows = [
        _therapy(therapy, values, own_effects[index])
        for index, therapy in enumerate(programme.therapies)
    ]
    return {
        "programme_for": programme.members,
        "programme_after_exit": int(programme.continues_after_exit),
        "therapies": len(rows),
        "therapy_delay_days": programme.starts_after,
        "therapy_interaction": float(values.get("ketamine_therapy_interaction", 0.0)),
        "therapy_floor": values["decay_floors"]["therapy"],
        **{name: [row[name] for row in rows] for name in rows[0]},
    }


def effect(therapy: Therapy, values: EvidenceValues, own_effect: float = 0.0) -> float:
    """Return the share of pain that the whole of a therapy takes away on average.

    A draw in which trials did harm counts as none.
    """
    if therapy.family == "user_defined":
        return own_effect
    share = _trial_effect(therapy, values)
    share = share * values["publication_bias_factor"] * values["refractoriness_factor"]
    return share if share > 0.0 else 0.0


def _trial_effect(therapy: Therapy, values: EvidenceValues) -> float:
    match therapy.family:
        case "medication":
            points = values[f"{therapy.medicine}_effect"]
            return points / values["medication_trial_baseline"]
        case "activity":
            return values["exercise_effect"] / values["exercise_trial_baseline"]
        case "interdisciplinary_programme":
            points = values["interdisciplinary_programme_effect"]
            return points / values["programme_trial_baseline"]
    active = "_v_active_control" if therapy.compared_with == "active_control" else ""
    standardised = 0.0 - values[f"cognitive_behavioural_effect{active}"]["pain"]
    points = standardised * values["behavioural_trial_pain_sd"]
    return points / values["behavioural_trial_baseline"]


def _therapy(therapy: Therapy, values: EvidenceValues, own_effect: float) -> Fields:
    full = {"therapy_effect": effect(therapy, values, own_effect)}
    if therapy.family == "medication":
        return full | _medication(values)
    return full | _sessions(therapy, values)


def _medication(values: EvidenceValues) -> Fields:
    """Return a medicine's ramp and persistence; it works while it is taken."""
    persistence = values["medication_persistence_12_months"]
    return {
        "therapy_sessions": 0,
        "therapy_sessions_per_week": 0,
        "therapy_attendance": 0.0,
        "therapy_dropout_per_miss": 0.0,
        "therapy_progress_per_week": DAYS_PER_WEEK
        / values["therapy_onset_time"]["non_opioid_medication"],
        "therapy_stop_hazard_per_day": rate_per_day(1.0 - persistence, DAYS_PER_YEAR),
        "therapy_keep_per_week": 0.0,
    }


def _sessions(therapy: Therapy, values: EvidenceValues) -> Fields:
    number = planned_sessions(therapy, values)
    if therapy.family == "user_defined":
        attendance = 1.0 if therapy.attendance is None else therapy.attendance
        dropout, half_life = therapy.dropout or 0.0, therapy.half_life
    else:
        attendance = values["session_attendance_probability"][_book_name(therapy)]
        dropout, half_life = _dropout_and_half_life(therapy, values)
    return {
        "therapy_sessions": number,
        "therapy_sessions_per_week": _per_week(therapy, values),
        "therapy_attendance": attendance,
        "therapy_dropout_per_miss": dropout_per_miss(dropout, number, attendance),
        "therapy_progress_per_week": 0.0,
        "therapy_stop_hazard_per_day": 0.0,
        "therapy_keep_per_week": exponential(0.0 - logarithm(2.0) * DAYS_PER_WEEK / half_life),
    }


def planned_sessions(therapy: Therapy, values: EvidenceValues) -> int:
    """Return the sessions of a whole course of therapy."""
    if therapy.sessions is not None:
        return therapy.sessions
    return tables.round_half_up(values["therapy_sessions"][_book_name(therapy)])


def _per_week(therapy: Therapy, values: EvidenceValues) -> int:
    """Return sessions a week: the usual number over the time until the full effect."""
    if therapy.per_week is not None:
        return therapy.per_week
    name = _book_name(therapy)
    weeks = values["therapy_onset_time"][name] / DAYS_PER_WEEK
    return max(1, tables.round_half_up(values["therapy_sessions"][name] / weeks))


def _dropout_and_half_life(therapy: Therapy, values: EvidenceValues) -> tuple[float, float]:
    name = _book_name(therapy)
    if therapy.family == "interdisciplinary_programme":
        dropout = values["programme_dropout_probability"]
    else:
        dropout = values["therapy_dropout_probability"][name]
    if therapy.family == "behavioural":
        return dropout, values["behavioural_effect_half_life"]
    return dropout, values["therapy_effect_half_life"][name]


def dropout_per_miss(dropout: float, sessions: int, attendance: float) -> float:
    """Return the probability of dropout at a missed session that gives that of a whole course.

    A session ends in dropout with probability d = (1 - attendance) * per miss, and a whole course
    with 1 - (1 - d)^sessions.
    """
    missed = 1.0 - attendance
    if missed <= 0.0 or dropout <= 0.0:
        return 0.0
    left = 1.0 - dropout if 1.0 - dropout > SMALLEST_SHARE else SMALLEST_SHARE
    per_miss = (1.0 - exponential(logarithm(left) / sessions)) / missed
    return per_miss if per_miss < 1.0 else 1.0


def _book_name(therapy: Therapy) -> str:
    return BOOK_NAMES.get(therapy.family, therapy.family)
