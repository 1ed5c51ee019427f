"""Arrow tables from an engine's raw result: codes become words, -1 becomes null.

Derived columns use elementwise + - * / alone, so they are the same for both engines and on every
machine. Nothing is summed here except whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
import pyarrow as pa

from pathways import layout
from pathways.codes import Condition, Event, ExitReason, HarmCause, Purpose, State
from pathways.outcomes import schema
from pathways.outcomes.schema import Column
from pathways.plan import Plan, RawResult

DAYS_PER_YEAR = 365
ENROLMENT_SCORES = 7.0
BLOCK_ROWS = 65_536
NEVER = -1
"""What engines write for a day that never came and for a question that was never asked."""


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
    _refuse_wrong_length("patients", len(raw.results), plan.patients)
    _refuse_wrong_length("traits", len(raw.traits), plan.patients)
    columns = {
        **_traits_of(raw.traits),
        **_pathway_of(raw.results, plan),
        **_dose_of(raw, plan),
        **_judgements_of(raw.results),
        **_books_of(raw.results, plan),
        **_harms_of(raw.results),
        **_costs_of(raw.results, plan),
        "clinic": _repeated(plan.clinic, plan.patients),
        "studied": pa.array(np.ones(plan.patients, bool)),
    }
    return _assembled(schema.PATIENTS, columns, plan.patients)


def weekly_table(raw: RawResult, plan: Plan) -> pa.Table:
    """Return the table of calendar weeks.

    Parameters and errors are those of :func:`patients_table`.

    Returns
    -------
    pyarrow.Table
        Columns of ``schema.WEEKLY``, one row for each week.
    """
    weekly = raw.weekly
    _refuse_wrong_length("weeks", len(weekly), plan.weeks)
    living = weekly["in_state"][:, : State.DEAD]
    columns = {name: _number(living[:, code]) for code, name in enumerate(schema.STATES[:-1])}
    columns |= {
        "clinic": _repeated(plan.clinic, plan.weeks),
        "week": pa.array(np.arange(plan.weeks, dtype=np.int64)),
        "dead": pa.array(np.cumsum(weekly["deaths"])),
        "ketamine_mg_e3": _number(weekly["racemic_equivalent_mg_e3"]),
        "ketamine_mg": pa.array(weekly["racemic_equivalent_mg_e3"] / 1e3),
        **_weekly_means(weekly, living.sum(axis=1)),
        **_as_they_are(weekly, "infusions", "first_infusions", "exits", "deaths"),
    }
    return _assembled(schema.WEEKLY, columns, plan.weeks)


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
    blocks = [_events_block(raw.events[start : start + BLOCK_ROWS], plan) for start in starts]
    return pa.concat_tables(blocks)


def _events_block(events: np.ndarray, plan: Plan) -> pa.Table:
    """Return some of the events; a block at a time, since each column is a walk over all rows."""
    no_draw = events["draw_purpose"] == Purpose.NONE
    columns = {
        "clinic": _repeated(plan.clinic, len(events)),
        "event": _named(events["event"], Event, schema.EVENTS_NAMED),
        "draw_purpose": _named(events["draw_purpose"], Purpose, schema.PURPOSES, no_draw),
        "draw_occurrence": _number(events["draw_occurrence"], no_draw),
        **_as_they_are(events, "patient", "day", "step", "code", "value_1", "value_2", "value_3"),
    }
    return _assembled(schema.EVENTS, columns, len(events))


def _traits_of(traits: np.ndarray) -> dict[str, pa.Array]:
    sexes = pa.array(traits["male"].astype(np.int8))
    return {
        "condition": _named(traits["condition"], Condition, schema.CONDITIONS),
        "age_years": pa.array(traits["age_days"] // DAYS_PER_YEAR),
        "sex": pa.DictionaryArray.from_arrays(sexes, pa.array(schema.SEXES)),
        "enrolment_score": pa.array(traits["enrolment_score_sum"] / ENROLMENT_SCORES),
        "responder_trait": _flag(traits["responder"]),
        **_as_they_are(traits, "patient", "weight_kg"),
    }


def _pathway_of(results: np.ndarray, plan: Plan) -> dict[str, pa.Array]:
    days = ("exit_day", "died_day", "recovered_day", "assessed_day")
    treatment = ("first_infusion_day", "last_infusion_day")
    no_exit = results["exit_reason"] == ExitReason.NONE
    no_taper = results["taper_reason"] == ExitReason.NONE
    exit_reason = _named(results["exit_reason"], ExitReason, schema.REASONS, no_exit)
    return {
        **{name: _number(results[name], results[name] == NEVER) for name in days + treatment},
        "wait_days": _number(results["first_infusion_day"], _untreated(results)),
        "state": _named(results["state"], State, schema.STATES),
        # There is no second referral yet, so the first, the last and the only exit are one.
        **dict.fromkeys(("exit_reason", "first_exit_reason", "last_exit_reason"), exit_reason),
        "taper_reason": _named(results["taper_reason"], ExitReason, schema.REASONS, no_taper),
        "eligible": _flag(results["eligible"]),
        "highest_step": _number(results["highest_step"], results["highest_step"] == 0),
        "years_on_treatment": _years_on_treatment(results, plan),
    }


def _years_on_treatment(results: np.ndarray, plan: Plan) -> pa.Array:
    exited = results["exit_day"] != NEVER
    end = np.where(exited, results["exit_day"], follow_up_days(results, plan))
    days = end - results["first_infusion_day"]
    return pa.array(days / float(DAYS_PER_YEAR), mask=_untreated(results))


def _dose_of(raw: RawResult, plan: Plan) -> dict[str, pa.Array]:
    results = raw.results
    potency = plan.rule_sets["potency"][0]
    ketamine_mg = results["racemic_mg"] + results["s_ketamine_mg"] / potency
    return {
        "ketamine_mg": pa.array(ketamine_mg),
        "ketamine_mg_per_kg": pa.array(ketamine_mg / raw.traits["weight_kg"]),
        # An administration is at most one a day.
        "infusion_days": _number(results["infusions"]),
        **_as_they_are(results, "courses", "infusions", "s_ketamine_mg", "racemic_mg"),
        **_as_they_are(results, "ketamine_auc_s", "hours_infused"),
    }


def _judgements_of(results: np.ndarray) -> dict[str, pa.Array]:
    counts = ("judgements", "judgements_passed", "continuations", "false_positive_continuations")
    truths = ("responder_drug_at_threshold", "responder_drug_any", "responder_observed")
    return _as_they_are(results, *counts) | {name: _flag(results[name]) for name in truths}


def _books_of(results: np.ndarray, plan: Plan) -> dict[str, pa.Array]:
    lived = follow_up_days(results, plan)
    return {
        "follow_up_days": pa.array(lived),
        "life_years": pa.array(lived / float(DAYS_PER_YEAR)),
        "pain_mean": _quotient(results["pain_days"], lived),
        "floor_pain_mean": _quotient(results["floor_pain_days"], lived),
        **_as_they_are(results, "qaly", "qaly_undiscounted", "qaly_drug_only", "trace"),
    }


def _harms_of(results: np.ndarray) -> dict[str, pa.Array]:
    """Return counts of harms; both causes run side by side, so what exposure added is a count."""
    by_cause = onsets_by_cause(results)
    columns = _by_code(schema.ACUTE_HARMS, results["acute_count"])
    for code, harm in enumerate(schema.CHRONIC_HARMS):
        first_day = results["harm_first_day"][:, code]
        columns[harm] = _number(by_cause[:, code].sum(axis=1))
        columns[f"{harm}_excess"] = _number(by_cause[:, code, HarmCause.EXCESS])
        columns[f"{harm}_first_day"] = _number(first_day, first_day == NEVER)
    columns["harms_detected"] = _number(results["harms_detected"].sum(axis=1))
    return columns | _as_they_are(results, "sessions_attended", "tests_done")


def onsets_by_cause(results: np.ndarray) -> np.ndarray:
    """Return the onsets of chronic harms, shape (patients, CHRONIC_HARMS, HARM_CAUSES)."""
    shape = (len(results), layout.CHRONIC_HARMS, layout.HARM_CAUSES)
    return results["harm_count"].reshape(shape)


def currency_of(plan: Plan) -> str | None:
    """Return the currency of the plan's price book, None if the scenario names no price book."""
    prices = plan.description.get("prices")
    return prices["currency"] if prices else None


def _costs_of(results: np.ndarray, plan: Plan) -> dict[str, pa.Array]:
    rows, currency = len(results), currency_of(plan)
    unpriced = np.full(rows, currency is None)
    by_payer = {
        f"{prefix}_{payer}": results[prefix][:, code]
        for prefix in ("cost", "cost_undiscounted")
        for code, payer in enumerate(schema.PAYERS)
    }
    by_line = {
        f"cost_{line}": results["cost_line"][:, code] for code, line in enumerate(schema.COST_LINES)
    }
    amounts = {name: _number(values, unpriced) for name, values in (by_payer | by_line).items()}
    return {**amounts, "currency": pa.repeat(pa.scalar(currency, pa.string()), rows)}


def _weekly_means(weekly: np.ndarray, living: np.ndarray) -> dict[str, pa.Array]:
    columns = {}
    for quantity in ("pain", "pain_without_drug", "expectation"):
        total = weekly[f"{quantity}_sum_e6"]
        columns[f"{quantity}_sum_e6"] = _number(total)
        columns[f"{quantity}_mean"] = _quotient(total / 1e6, living)
    return columns


def _untreated(results: np.ndarray) -> np.ndarray:
    return results["first_infusion_day"] == NEVER


def follow_up_days(results: np.ndarray, plan: Plan) -> np.ndarray:
    return np.where(results["died_day"] == NEVER, plan.horizon_days, results["died_day"])


def _quotient(total: np.ndarray, count: np.ndarray) -> pa.Array:
    nothing = count == 0
    return pa.array(total / np.where(nothing, 1, count), mask=nothing)


def _number(values: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), mask=missing)


def _flag(values: np.ndarray) -> pa.Array:
    return pa.array(values == 1, mask=values == NEVER)


def _repeated(value: int, rows: int) -> pa.Array:
    return pa.array(np.full(rows, value, np.int64))


def _by_code(names: tuple[str, ...], columns: np.ndarray) -> dict[str, pa.Array]:
    return {name: _number(columns[:, code]) for code, name in enumerate(names)}


def _as_they_are(records: np.ndarray, *names: str) -> dict[str, pa.Array]:
    return {name: _number(records[name]) for name in names}


def _named(
    numbers: np.ndarray,
    codes: type[IntEnum],
    names: tuple[str, ...],
    missing: np.ndarray | None = None,
) -> pa.Array:
    """Return the words for code numbers, as indices into `names`."""
    places = np.full(max(codes) + 1, -1, np.int8)
    for code in codes:
        if code.name.lower() in names:
            places[code] = names.index(code.name.lower())
    inside = (numbers >= 0) & (numbers < len(places))
    found = places[np.where(inside, numbers, 0)]
    unknown = (~inside | (found < 0)) & (True if missing is None else ~missing)
    if unknown.any():
        row = int(np.argmax(unknown))
        raise ValueError(f"row {row}: {numbers[row]} is not a {codes.__name__} code")
    return pa.DictionaryArray.from_arrays(pa.array(found, mask=missing), pa.array(names))


def _assembled(columns: tuple[Column, ...], arrays: Mapping[str, pa.Array], rows: int) -> pa.Table:
    layout = schema.arrow_schema(columns)
    for column in columns:
        if column.name in arrays and not column.null and arrays[column.name].null_count:
            raise ValueError(f"column {column.name} may not hold nulls")
    unknown = arrays.keys() - {column.name for column in columns}
    if unknown:
        raise ValueError(f"no such columns: {', '.join(sorted(unknown))}")
    return pa.Table.from_arrays(
        [
            arrays[field.name] if field.name in arrays else _not_yet(column, field, rows)
            for column, field in zip(columns, layout, strict=True)
        ],
        schema=layout,
    )


def _not_yet(column: Column, field: pa.Field, rows: int) -> pa.Array:
    if column.null != schema.LATER:
        raise ValueError(f"column {column.name} was not made")
    return pa.nulls(rows, field.type)


def _refuse_wrong_length(what: str, found: int, expected: int) -> None:
    if found != expected:
        raise ValueError(f"the result has {found} {what}, the plan {expected}")
