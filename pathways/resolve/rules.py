"""A policy as the engines read it: one record of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pathways import layout
from pathways.codes import Maintenance, Statistic
from pathways.resolve.features import all_regimens_of
from pathways.resolve.harms import mask, premedication
from pathways.resolve.tables import round_half_up
from pathways.scenario.policy import Exit, Limits, Policy
from pathways.scenario.protocol import Protocol
from pathways.scenario.regimen import Ladder, Regimen
from pathways.scenario.response import Criterion, Response

NO_MOMENT = -1
LADDER_STEP_ITSELF = -1
MINUTES_PER_HOUR = 60.0
A_HAIR = 1e-6
DTYPE = layout.numpy_dtype(layout.PARAMETERS)


def rule_record(
    policy: Policy,
    biology: Mapping[str, Any],
    *,
    horizon_days: int,
    definition_number: int,
    setting_expectation: float,
    adherence_to_rule: float,
) -> np.ndarray:
    """Return the record of one rule set.

    Parameters
    ----------
    policy : Policy
    biology : mapping
        Fields of ``layout.PARAMETERS`` that are not made here (biology, therapies, harms, prices),
        by name.
    horizon_days : int
        Patient days simulated.
    definition_number : int
        Number of the response definition among the plan's rule sets.
    setting_expectation : float
        Expectation multiplier of regimens that state none.
    adherence_to_rule : float
        Probability that a failed judgement is acted on, resolved.

    Returns
    -------
    numpy.ndarray
        Shape (1,), dtype of ``layout.PARAMETERS``.
    """
    fields: dict[str, Any] = {
        "horizon_days": horizon_days,
        "maintenance_step": LADDER_STEP_ITSELF,
        **biology,
    }
    fields |= _selection(policy) | _regimens(policy, setting_expectation)
    if policy.protocol is not None:
        fields |= protocol_fields(policy.protocol)
    elif policy.treatment == "ketamine":
        fields |= _ladder(policy.ladder)
        fields |= _response(policy.response)
        fields |= _maintenance(policy) | _limits(policy.limits) | _exit(policy.exit)
        fields |= {"definition_number": definition_number, "adherence_to_rule": adherence_to_rule}
    return _record(fields)


def protocol_fields(protocol: Protocol) -> dict[str, Any]:
    """Return the fields of courses on fixed days (docs/model.md 8e)."""
    return {
        "ladder_steps": len(protocol.regimens),
        "tries_per_step": 1,
        "protocol_courses": len(protocol.courses),
        "protocol_end_day": protocol.last_visit,
        "protocol_day": [course.day for course in protocol.courses],
        "protocol_step": [protocol.names.index(course.regimen) for course in protocol.courses],
    }


def definition_numbers(policies: Sequence[Policy]) -> list[int]:
    """Return for each policy the index of the first with the same response definition."""
    definitions = [policy.response for policy in policies]
    return [definitions.index(definition) for definition in definitions]


def _record(fields: Mapping[str, Any]) -> np.ndarray:
    record = np.zeros(1, DTYPE)
    for name, value in fields.items():
        target = record[name][0]
        if np.ndim(target) == 0:
            record[name][0] = value
        else:
            flat = np.asarray(value, dtype=target.dtype)
            target[: flat.size] = flat
    return record


def _tenths(value: float | None) -> int:
    return 0 if value is None else math.floor(value * 10.0 + 0.5)


def _selection(policy: Policy) -> dict[str, Any]:
    selection = policy.selection
    return {
        "ketamine_offered": int(policy.treatment == "ketamine"),
        "eligible_conditions": mask(selection.conditions),
        "excluded_comorbidities": mask(selection.exclude),
        "minimum_enrolment_score_x10": _tenths(selection.minimum_pain),
        "minimum_age_days": selection.minimum_age,
        "maximum_age_days": selection.maximum_age,
    }


def _ladder(ladder: Ladder) -> dict[str, int]:
    return {
        "ladder_steps": len(ladder.steps),
        "tries_per_step": ladder.tries_per_step,
        "escalation_gap_days": ladder.gap,
    }


def _regimens(policy: Policy, setting_expectation: float) -> dict[str, Any]:
    """Return what is given, of the policy's regimens and of what is bought elsewhere."""
    steps = all_regimens_of(policy)
    by_day: dict[str, list[float]] = {
        name: [0.0] * (layout.MAX_LADDER_STEPS * layout.MAX_COURSE_DAYS)
        for name in ("step_dose", "step_hours", "step_minutes", "step_gap_days")
    }
    for index, step in enumerate(steps):
        _fill_days(by_day, index, step)
    return by_day | {
        "step_days": [len(step.hours_by_day()) for step in steps],
        "step_skip_weekends": [int(step.skips_weekends) for step in steps],
        "step_per_kg": [int(step.per_kg) for step in steps],
        "step_s_ketamine": [int(step.form == "s_ketamine") for step in steps],
        "step_sham": [int(step.form == "sham") for step in steps],
        "step_bed": [int(step.setting == "bed") for step in steps],
        "step_setting_expectation": [
            setting_expectation if step.expectation is None else step.expectation for step in steps
        ],
        "step_perceived_effect": [step.perceived_effect for step in steps],
        **premedication(policy),
    }


def _fill_days(by_day: dict[str, list[float]], index: int, step: Regimen) -> None:
    first = index * layout.MAX_COURSE_DAYS
    hours, amounts = step.hours_by_day(), step.amounts_by_day()
    for day in range(len(hours)):
        by_day["step_hours"][first + day] = hours[day]
        by_day["step_minutes"][first + day] = whole_minutes(hours[day])
        by_day["step_dose"][first + day] = amounts[day]
        by_day["step_gap_days"][first + day] = step.every if day > 0 else 0


def whole_minutes(hours: float) -> int:
    """Return a length in minutes, rounded up; a hair above a whole minute is that minute."""
    minutes = hours * MINUTES_PER_HOUR
    nearest = round_half_up(minutes)
    return nearest if abs(minutes - nearest) < A_HAIR else math.ceil(minutes)


def _response(response: Response) -> dict[str, Any]:
    criteria = response.criteria
    fields: dict[str, Any] = {
        "judge_at_days": response.judge_at,
        "judge_every": response.judge_every,
        "criteria": len(criteria),
        "criteria_combine": response.combine,
        "criteria_required": response.k or 0,
        "missing_minimum_scores": response.missing.minimum_scores,
        "missing_rule": response.missing.rule,
        "baseline_each_course": int(response.baseline_taken == "before_each_course"),
    }
    rows = [_criterion(criterion) for criterion in criteria]
    return fields | {name: [row[name] for row in rows] for name in rows[0]}


def _criterion(criterion: Criterion) -> dict[str, int]:
    window = criterion.window
    share = 0.0 if criterion.share is None else criterion.share
    is_share = criterion.statistic is Statistic.SHARE_OF_DAYS
    return {
        "criterion_domain": criterion.domain,
        "criterion_baseline": criterion.baseline.kind,
        "criterion_baseline_days": criterion.baseline.days,
        "criterion_statistic": criterion.statistic,
        "criterion_window_from": window.first if window is not None else 0,
        "criterion_window_to": window.last if window is not None else 0,
        "criterion_moment": NO_MOMENT if criterion.moment is None else criterion.moment,
        "criterion_higher_is_better": int(criterion.higher_is_better),
        "criterion_percent_x10": _tenths(criterion.percent),
        "criterion_points_x10": _tenths(criterion.points),
        "criterion_share_x1000": math.floor(share * 1000.0 + 0.5) if is_share else 0,
    }


def _maintenance(policy: Policy) -> dict[str, Any]:
    maintenance = policy.maintenance
    own_regimen = maintenance.regimen is not None
    return {
        "maintenance": Maintenance[maintenance.kind.upper()],
        "maintenance_interval_days": maintenance.interval or 0,
        "maintenance_step": len(policy.ladder.steps) if own_regimen else LADDER_STEP_ITSELF,
    }


def _limits(limits: Limits) -> dict[str, Any]:
    rest = limits.rest
    return {
        "limit_courses": limits.courses or 0,
        "limit_infusions": limits.infusions or 0,
        "limit_racemic_mg": limits.lifetime_dose or 0.0,
        "limit_courses_per_year": limits.courses_per_year or 0,
        "limit_days": limits.time_on_treatment or 0,
        "rest_after_courses": rest.after_courses if rest is not None else 0,
        "rest_days": rest.length if rest is not None else 0,
    }


def _exit(rules: Exit) -> dict[str, Any]:
    loss, taper = rules.loss_of_response, rules.taper
    fields: dict[str, Any] = {}
    if loss is not None:
        fields |= {
            "loss_failures": loss.failures,
            "loss_of_last": loss.of_last,
            "loss_escalates": int(loss.escalate),
        }
    if taper is not None:
        fields |= {
            "taper_courses": len(taper.courses),
            "taper_reasons": mask(taper.after),
            "taper_fraction": [course.dose / 100.0 for course in taper.courses],
            "taper_interval_days": [course.interval for course in taper.courses],
        }
    return fields
