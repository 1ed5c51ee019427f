"""Arrow tables from an engine's raw result: codes become words, -1 becomes null.

Derived columns use elementwise + - * / alone, so they are the same for both engines and on every
machine. Nothing is summed here except whole numbers.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pathways import layout
from pathways.codes import Condition, Event, ExitReason, HarmCause, Purpose, State
from pathways.outcomes import calendar, schema
from pathways.outcomes.arrow import (
    NEVER,
    Records,
    as_they_are,
    assembled,
    by_code,
    by_column,
    flag,
    named,
    number,
    quotient,
    refuse_wrong_length,
)
from pathways.plan import Plan, RawResult

DAYS_PER_YEAR = 365
ENROLMENT_SCORES = 7.0
BLOCK_ROWS = 65_536
VALUES = ("value_1", "value_2", "value_3")
DAYS = (
    "exit_day first_exit_day died_day recovered_day assessed_day first_infusion_day "
    "last_infusion_day"
).split()
SEEN = (
    "level flare base slow_relief programme_remaining remaining treated expectation pain "
    "pain_without_drug"
).split()
LATENT = "pain pain_without_drug expectation base_pain programme_pain".split()
WEEKLY_AS_IT_IS = (
    "infusions first_infusions exits deaths panel_present panel_score_sum referrals assessments "
    "waiting_for_assessment waiting_for_course waiting_for_programme chair_minutes_used "
    "chair_minutes_lost bed_days_used no_shows cancellations outside_infusions outside_mg_e3"
).split()


def patients_table(raw: RawResult, plan: Plan) -> pa.Table:
    """Return the table of patients.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
        The plan it came from.

    Returns
    -------
    pyarrow.Table
        Columns of ``schema.PATIENTS``, one row for each patient, in patient order.

    Raises
    ------
    ValueError
        If the result does not belong to the plan, or holds a code that is not in
        ``pathways.codes``; both are errors of an engine, not of the user.
    """
    refuse_wrong_length("patients", len(raw.results), plan.patients)
    refuse_wrong_length("traits", len(raw.traits), plan.patients)
    traits, results = by_column(raw.traits), by_column(raw.results)
    columns = {
        **_traits_of(traits),
        **_pathway_of(results, plan),
        **_dose_of(results, traits["weight_kg"], plan),
        **_judgements_of(results),
        **_books_of(results, plan),
        **_harms_of(results),
        **_costs_of(results, plan),
        "studied": pa.array(calendar.is_studied(plan)),
    }
    return assembled(schema.PATIENTS, columns)


def weekly_table(raw: RawResult, plan: Plan) -> pa.Table:
    """Return the table of calendar weeks.

    Parameters and errors are those of :func:`patients_table`.

    Returns
    -------
    pyarrow.Table
        Columns of ``schema.WEEKLY``, one row for each clinic and week.
    """
    weekly, clinics = raw.weekly, len(plan.clinic_patients)
    refuse_wrong_length("weeks", len(weekly), clinics * plan.weeks)
    living = weekly["in_state"][:, : State.DEAD]
    columns = {
        "clinic": pa.array(np.repeat(calendar.clinic_numbers(plan), plan.weeks)),
        "week": pa.array(np.tile(np.arange(plan.weeks, dtype=np.int64), clinics)),
        "dead": pa.array(calendar.weeks_of_clinics(plan, weekly["deaths"]).cumsum(axis=1).ravel()),
        "ketamine_mg_e3": number(weekly["racemic_equivalent_mg_e3"]),
        "ketamine_mg": pa.array(weekly["racemic_equivalent_mg_e3"] / 1e3),
        "outside_mg": pa.array(weekly["outside_mg_e3"] / 1e3),
        "observed_pain_mean": quotient(weekly["panel_score_sum"], weekly["panel_present"]),
        "chair_minutes_open": _chair_minutes_open(plan),
        **by_code(schema.STATES[: State.DEAD], living),
        **_weekly_means(weekly, living.sum(axis=1)),
        **as_they_are(weekly, *WEEKLY_AS_IT_IS),
    }
    return assembled(schema.WEEKLY, columns)


def _chair_minutes_open(plan: Plan) -> pa.Array:
    if not plan.queues:
        return pa.nulls(len(plan.clinic_patients) * plan.weeks, pa.int64())
    minutes, unlimited = calendar.chair_minutes_open(plan)
    return number(minutes.ravel(), unlimited.ravel())


def events_table(raw: RawResult, plan: Plan) -> pa.Table | None:
    """Return the event log, or None if the engine did not keep it.

    Parameters and errors are those of :func:`patients_table`.

    Returns
    -------
    pyarrow.Table or None
        Columns of ``schema.EVENTS``, one row for each event.
    """
    if raw.events is None:
        return None
    starts = range(0, max(1, len(raw.events)), BLOCK_ROWS)
    blocks = [_events_block(raw.events[start : start + BLOCK_ROWS]) for start in starts]
    return pa.concat_tables(blocks)


def _events_block(events: np.ndarray) -> pa.Table:
    """Return some of the events; a block at a time, since each column is a walk over all rows."""
    no_draw = events["draw_purpose"] == Purpose.NONE
    columns = {
        "event": named(events["event"], Event, schema.EVENTS_NAMED),
        "draw_purpose": named(events["draw_purpose"], Purpose, schema.PURPOSES, no_draw),
        "draw_occurrence": number(events["draw_occurrence"], no_draw),
        **as_they_are(events, "clinic", "patient", "day", "step", "code", *VALUES),
    }
    return assembled(schema.EVENTS, columns)


def observations_table(raw: RawResult, plan: Plan) -> pa.Table | None:
    """Return what was seen of each patient on each observed day, None if the engine kept nothing.

    Parameters and errors are those of :func:`patients_table`.

    Returns
    -------
    pyarrow.Table or None
        Columns of ``schema.OBSERVATIONS``, one row for each patient and day.
    """
    if raw.observations is None:
        return None
    days = len(plan.observed_days)
    refuse_wrong_length("observations", raw.observations.size, plan.patients * days)
    seen = raw.observations.reshape(-1)
    unseen = seen["seen"] == 0
    columns = {
        **{name: number(np.repeat(raw.traits[name], days)) for name in ("clinic", "patient")},
        "day": number(np.tile(plan.observed_days, plan.patients)),
        "seen": flag(seen["seen"]),
        "state": named(seen["state"], State, schema.STATES, unseen),
        "score": number(seen["score"], unseen | (seen["score"] == NEVER)),
        **{name: number(seen[name], unseen) for name in SEEN},
    }
    return assembled(schema.OBSERVATIONS, columns)


def _traits_of(traits: Records) -> dict[str, pa.Array]:
    sexes = pa.array(traits["male"].astype(np.int8))
    return {
        "condition": named(traits["condition"], Condition, schema.CONDITIONS),
        "age_years": pa.array(traits["age_days"] // DAYS_PER_YEAR),
        "sex": pa.DictionaryArray.from_arrays(sexes, pa.array(schema.SEXES)),
        "enrolment_score": pa.array(traits["enrolment_score_sum"] / ENROLMENT_SCORES),
        "responder_trait": flag(traits["responder"]),
        **as_they_are(traits, "patient", "clinic", "referral_day", "weight_kg"),
    }


def _pathway_of(results: Records, plan: Plan) -> dict[str, pa.Array]:
    columns = {name: _day(results[name]) for name in DAYS}
    reasons = {
        name: named(results[name], ExitReason, schema.REASONS, results[name] == ExitReason.NONE)
        for name in ("exit_reason", "first_exit_reason", "taper_reason")
    }
    counts = ("re_referrals", "no_shows", "cancellations")
    return {
        **columns,
        **reasons,
        "last_exit_reason": reasons["exit_reason"],
        "wait_days": columns["first_infusion_day"],
        "wait_to_assessment_days": columns["assessed_day"],
        "state": named(results["state"], State, schema.STATES),
        "eligible": flag(results["eligible"]),
        "highest_step": number(results["highest_step"], results["highest_step"] == 0),
        "years_on_treatment": _years_on_treatment(results, plan),
        **as_they_are(results, *counts),
    }


def _day(days: np.ndarray) -> pa.Array:
    return number(days, days == NEVER)


def _years_on_treatment(results: Records, plan: Plan) -> pa.Array:
    exited = results["exit_day"] != NEVER
    end = np.where(exited, results["exit_day"], follow_up_days(results, plan))
    days = end - results["first_infusion_day"]
    return pa.array(days / float(DAYS_PER_YEAR), mask=_untreated(results))


def _dose_of(results: Records, weight_kg: np.ndarray, plan: Plan) -> dict[str, pa.Array]:
    potency = plan.rule_sets["potency"][0]
    ketamine_mg = results["racemic_mg"] + results["s_ketamine_mg"] / potency
    return {
        "ketamine_mg": pa.array(ketamine_mg),
        "ketamine_mg_per_kg": pa.array(ketamine_mg / weight_kg),
        # An administration is at most one a day.
        "infusion_days": number(results["infusions"]),
        **as_they_are(results, "courses", "infusions", "s_ketamine_mg", "racemic_mg"),
        **as_they_are(results, "ketamine_auc_s", "hours_infused"),
        **as_they_are(results, "outside_mg", "outside_infusions"),
    }


def _judgements_of(results: Records) -> dict[str, pa.Array]:
    counts = ("judgements", "judgements_passed", "continuations", "false_positive_continuations")
    truths = ("responder_drug_at_threshold", "responder_drug_any", "responder_observed")
    return as_they_are(results, *counts) | {name: flag(results[name]) for name in truths}


def _books_of(results: Records, plan: Plan) -> dict[str, pa.Array]:
    lived = follow_up_days(results, plan)
    return {
        "follow_up_days": pa.array(lived),
        "life_years": pa.array(lived / float(DAYS_PER_YEAR)),
        "pain_mean": quotient(results["pain_days"], lived),
        "floor_pain_mean": quotient(results["floor_pain_days"], lived),
        **as_they_are(results, "qaly", "qaly_undiscounted", "qaly_drug_only", "trace"),
    }


def _harms_of(results: Records) -> dict[str, pa.Array]:
    """Return counts of harms; both causes run side by side, so what exposure added is a count."""
    by_cause = onsets_by_cause(results)
    columns = by_code(schema.ACUTE_HARMS, results["acute_count"])
    for code, harm in enumerate(schema.CHRONIC_HARMS):
        columns[harm] = number(by_cause[:, code].sum(axis=1))
        columns[f"{harm}_excess"] = number(by_cause[:, code, HarmCause.EXCESS])
        columns[f"{harm}_first_day"] = _day(results["harm_first_day"][:, code])
    columns["harms_detected"] = number(results["harms_detected"].sum(axis=1))
    return columns | as_they_are(results, "sessions_attended", "tests_done")


def onsets_by_cause(results: Records) -> np.ndarray:
    """Return the onsets of chronic harms, shape (patients, CHRONIC_HARMS, HARM_CAUSES)."""
    counts = results["harm_count"]
    return counts.reshape(len(counts), layout.CHRONIC_HARMS, layout.HARM_CAUSES)


def currency_of(plan: Plan) -> str | None:
    """Return the currency of the plan's price book, None if the scenario names no price book."""
    prices = plan.description.get("prices")
    return prices["currency"] if prices else None


def _costs_of(results: Records, plan: Plan) -> dict[str, pa.Array]:
    rows, currency = plan.patients, currency_of(plan)
    unpriced = np.full(rows, currency is None)
    by_payer = {
        f"{prefix}_{payer}": results[prefix][:, code]
        for prefix in ("cost", "cost_undiscounted")
        for code, payer in enumerate(schema.PAYERS)
    }
    by_line = {
        f"cost_{line}": results["cost_line"][:, code] for code, line in enumerate(schema.COST_LINES)
    }
    amounts = {name: number(values, unpriced) for name, values in (by_payer | by_line).items()}
    return {**amounts, "currency": pa.repeat(pa.scalar(currency, pa.string()), rows)}


def _weekly_means(weekly: np.ndarray, living: np.ndarray) -> dict[str, pa.Array]:
    columns = {}
    for quantity in LATENT:
        total = weekly[f"{quantity}_sum_e6"]
        columns[f"{quantity}_sum_e6"] = number(total)
        columns[f"{quantity}_mean"] = quotient(total / 1e6, living)
    return columns


def _untreated(results: Records) -> np.ndarray:
    return results["first_infusion_day"] == NEVER


def follow_up_days(results: Records, plan: Plan) -> np.ndarray:
    """Return the days each patient lived in follow-up."""
    died = results["died_day"]
    return np.where(died == NEVER, calendar.end_days(plan), died)
