"""The headline measures of a run: one row each, with standard error and 95 % interval.

First come the structural choices that are not the default, if any. Headline measures are over all
studied referrals; a second block is per treated patient and says so. Then come the waits of
patients, and what each clinic does where referrals come over time or queues are on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from pathways.codes import ExitReason, State
from pathways.outcomes import calendar, clinics, dose_bands, estimates, schema
from pathways.outcomes.agreement import Check
from pathways.outcomes.dose_bands import DoseBand
from pathways.outcomes.estimates import Estimate
from pathways.outcomes.people import Patients
from pathways.outcomes.sampling import BELOW_ZERO, Measures, Sampling
from pathways.outcomes.structure import not_default
from pathways.outcomes.waiting import waiting
from pathways.plan import Plan

STRUCTURE = "structure"
"""Structural choices that are not the default, each a row with a note and no number."""

ALL = "all_referrals"
TREATED = "per_treated"
CONTINUATIONS = "continuations"
WAITING = "waiting"
CONSERVATION = "conservation"

STATES_IN_CARE = (State.WAITING, State.COURSE, State.FOLLOW_UP, State.MAINTENANCE, State.PAUSED)

FIXED_POINT = {
    "mg": 1_000,
    "mg/kg": 1_000_000,
    "ng h/mL": 1_000,
    "kg": 1_000,
    "h": 1_000,
    "d": 1,
    "a": 1_000_000,
    "NRS": 1_000_000,
    "QALY": 1_000_000_000,
    schema.CURRENCY: 10_000,
    "": 1,
}
"""Units of a fixed-point sum in one unit of the column, by the column's unit."""

MEANS_OF_ALL = (
    "infusions courses ketamine_mg_per_kg hours_infused pain_mean floor_pain_mean "
    "life_years qaly qaly_drug_only qaly_undiscounted sessions_attended tests_done harms_detected "
    "re_referrals outside_infusions outside_mg"
).split()
MEANS_OF_TREATED = (
    "wait_days infusions courses highest_step ketamine_mg_per_kg hours_infused "
    "years_on_treatment pain_mean life_years qaly qaly_drug_only qaly_undiscounted "
    "sessions_attended tests_done"
).split()
COSTS = (
    *(f"cost_{payer}" for payer in schema.PAYERS),
    *(f"cost_undiscounted_{payer}" for payer in schema.PAYERS),
    *(f"cost_{line}" for line in schema.COST_LINES),
)
REFERRED = State.REFERRED.name.lower()
IN_CARE = tuple(state.name.lower() for state in STATES_IN_CARE)
TRUTHS = ("responder_observed", "responder_drug_at_threshold", "responder_drug_any")
QUANTILES = (("median", 500), ("p90", 900), ("p99", 990))
LEFT = {
    "left_waiting_list": ExitReason.LEFT_WAITING_LIST,
    "lost": ExitReason.LOST,
}
UNITS = {column.name: column.unit for column in schema.PATIENTS}

Row = dict[str, str | float | int | None]


def summary_of(
    plan: Plan,
    tables: Mapping[str, pa.Table | None],
    checks: Sequence[Check],
    bands: Sequence[DoseBand] | None,
) -> list[Row]:
    """Return the headline measures of a run; all as :class:`pathways.simulation.Result` has them.

    Parameters
    ----------
    plan : Plan
    tables : mapping from str to pyarrow.Table
        Those that are not needed are not asked for.
    checks : sequence of Check
    bands : sequence of DoseBand or None

    Returns
    -------
    list of dict
        As :func:`summarise`.
    """
    # Nothing is said of the clinics of a closed cohort, so its weeks are not needed.
    is_closed = calendar.kind_of(plan) == calendar.CLOSED_COHORT
    weekly = None if is_closed else tables["weekly"]
    return summarise(tables["patients"], bands, checks, plan=plan, weekly=weekly)


def summarise(
    patients: pa.Table,
    bands: Sequence[DoseBand] | None = None,
    checks: Sequence[Check] = (),
    *,
    plan: Plan | None = None,
    weekly: pa.Table | None = None,
) -> list[Row]:
    """Return the headline measures.

    Parameters
    ----------
    patients : pyarrow.Table
        Columns of ``schema.PATIENTS``.
    bands : sequence of DoseBand, optional
        Harm by lifetime dose; None if no events were kept.
    checks : sequence of Check
        What was counted twice and agreed.
    plan : Plan, optional
        The plan of the run; without it patients count as independent of each other.
    weekly : pyarrow.Table, optional
        Columns of ``schema.WEEKLY``; without them, or without a plan, nothing is said of clinics.

    Returns
    -------
    list of dict
        Rows with the columns of ``schema.SUMMARY``.
    """
    everybody = Patients(patients)
    studied = everybody.where(everybody.flags("studied"))
    found = _blocks(studied, bands or [], plan, weekly)
    rows = [row for block, measures in found for row in _in_block(block, measures)]
    return [
        *_in_block(STRUCTURE, _of_structure(plan)),
        *rows,
        *_in_block(CONSERVATION, _of_checks(checks, patients)),
    ]


def _of_structure(plan: Plan | None) -> Measures:
    for choice in not_default(plan.description) if plan is not None else ():
        yield choice.name, "", Estimate(note=choice.told)


def _blocks(
    studied: Patients, bands: Sequence[DoseBand], plan: Plan | None, weekly: pa.Table | None
) -> Iterator[tuple[str, Measures]]:
    sampling = Sampling(plan)
    by_patients = {ALL: _of_all, TREATED: _of_treated, CONTINUATIONS: _of_continuations}
    for block, make in by_patients.items():
        yield block, sampling.measured(make, studied, _is_wait)
    yield WAITING, sampling.measured(waiting, studied, lambda name: True)
    if plan is not None and weekly is not None:
        for block, measure in clinics.clinics(weekly, studied, plan, sampling):
            yield block, [measure]
    for band, *measure in dose_bands.rates(bands):
        yield band, [measure]


def _is_wait(name: str) -> bool:
    return "wait" in name or name in ("share_assessed", "share_treated")


def summary_table(rows: list[Row]) -> pa.Table:
    """Return the rows as an Arrow table with the columns of ``schema.SUMMARY``."""
    return pa.Table.from_pylist(rows, schema=schema.arrow_schema(schema.SUMMARY))


def summary_csv(rows: list[Row]) -> bytes:
    """Return the rows as CSV: numbers in their shortest exact form, null as nothing, LF."""
    text = io.StringIO()
    names = [column.name for column in schema.SUMMARY]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _in_block(block: str, measures: Measures) -> list[Row]:
    return [
        {
            "block": block,
            "measure": measure,
            "unit": unit,
            "value": found.value,
            "standard_error": found.standard_error,
            "low": found.low,
            "high": found.high,
            "n": found.n,
            "note": found.note,
        }
        for measure, unit, found in measures
    ]


def _of_all(studied: Patients) -> Measures:
    treated, n = studied.treated(), len(studied)

    def share(count: int) -> Estimate:
        return estimates.proportion(int(count), n)

    yield "patients", "", Estimate(float(n), n=n)
    yield "share_assessed", "", share(studied.known("assessed_day").sum())
    yield "share_eligible", "", share(studied.flags("eligible").sum())
    yield "share_treated", "", share(len(treated)).noted("treated before the horizon")
    yield "median_wait_days", "d", _median_wait(treated, n)
    yield from _dose(studied)
    yield from _means(studied, MEANS_OF_ALL)
    yield from _costs(studied)
    yield from _chronic_harms(studied)
    yield from _acute_harms(studied)
    yield "share_alive", "", share((~studied.known("died_day")).sum()).noted("at the horizon")
    yield "share_ever_recovered", "", share(studied.known("recovered_day").sum())
    yield "share_responder_trait", "", share(studied.flags("responder_trait").sum())
    for truth in TRUTHS:
        found = share(studied.flags(truth).sum())
        yield f"share_{truth}", "", found.noted("of all; not judged counts as no")
    yield from _who_left(studied, share)
    untreated = studied.where(~studied.known("first_infusion_day"))
    groups = {"exit": studied, "treated_exit": treated, "untreated_exit": untreated}
    for label, group in groups.items():
        yield from _shares_of_words(group, "exit_reason", label, schema.REASONS, share)
        yield from _shares_without_exit(group, label, share)
    yield from _shares_of_words(studied, "state", "state", schema.STATES, share)


def _of_treated(studied: Patients) -> Measures:
    treated = studied.treated()
    yield "patients", "", Estimate(float(len(treated)), n=len(treated))
    yield "median_wait_days", "d", _median_wait(treated, len(treated))
    yield from _dose(treated)
    yield from _means(treated, MEANS_OF_TREATED)
    alive = int((~treated.known("died_day")).sum())
    yield "share_alive", "", estimates.proportion(alive, len(treated)).noted("at the horizon")
    traits = int(treated.flags("responder_trait").sum())
    yield "share_responder_trait", "", estimates.proportion(traits, len(treated))
    for truth in TRUTHS:
        judged = int(treated.known(truth).sum())
        found = estimates.proportion(int(treated.flags(truth).sum()), judged)
        yield f"share_{truth}", "", found.noted("of those judged")


def _of_continuations(studied: Patients) -> Measures:
    yield "mean_continuations", "", estimates.mean(studied.values("continuations"), 1, lowest=0.0)
    groups = {
        "false_positive_rate": studied,
        "false_positive_rate_responders": studied.where(studied.flags("responder_trait")),
        "false_positive_rate_non_responders": studied.where(~studied.flags("responder_trait")),
    }
    for measure, group in groups.items():
        false, made = group.values("false_positive_continuations"), group.values("continuations")
        found = estimates.ratio(false, made)
        yield measure, "", found.noted("share of continuations; n patients with one")


def _median_wait(treated: Patients, n: int) -> Estimate:
    return estimates.quantile(treated.values("wait_days"), 500, n)


def _dose(patients: Patients) -> Measures:
    dose = patients.values("ketamine_mg")
    yield "mean_ketamine_mg", "mg", estimates.mean(dose, FIXED_POINT["mg"], lowest=0.0)
    for name, per_mille in QUANTILES:
        yield f"{name}_ketamine_mg", "mg", estimates.quantile(dose, per_mille)


def _means(patients: Patients, names: Iterable[str]) -> Measures:
    for name in names:
        unit = UNITS[name]
        lowest = None if unit in BELOW_ZERO else 0.0
        found = estimates.mean(patients.values(name), FIXED_POINT[unit], lowest)
        yield f"mean_{name.removesuffix('_mean')}", unit, found


def _costs(patients: Patients) -> Measures:
    currency = patients.currency()
    for name in COSTS:
        found = Estimate(note="no patients" if len(patients) == 0 else "no price book")
        if currency is not None:
            amounts = patients.values(name)
            found = estimates.mean(amounts, FIXED_POINT[schema.CURRENCY], lowest=0.0)
            found = found.noted(_discounting(name))
        yield f"mean_{name}", currency or "", found


def _discounting(cost: str) -> str:
    return "discounted" if cost in COSTS[: len(schema.PAYERS)] else "not discounted"


def _chronic_harms(patients: Patients) -> Measures:
    """Yield onsets per patient-year since referral; background and excess add up to all."""
    days = int(patients.values("follow_up_days").sum())
    years = days / float(dose_bands.DAYS_PER_YEAR)
    for harm in schema.CHRONIC_HARMS:
        onsets = int(patients.values(harm).sum())
        excess = int(patients.values(f"{harm}_excess").sum())
        for cause, count in zip(schema.CAUSES, (onsets - excess, excess), strict=True):
            rate = estimates.poisson_rate(count, years, len(patients), dose_bands.PER_YEARS)
            yield f"{harm}_{cause}_per_100_years", "/100 a", rate


def _acute_harms(patients: Patients) -> Measures:
    infusions = sum(int(patients.values(n).sum()) for n in ("infusions", "outside_infusions"))
    for harm in schema.ACUTE_HARMS:
        found = estimates.proportion(int(patients.values(harm).sum()), infusions)
        note = "no infusions" if infusions == 0 else "per infusion, here or elsewhere; n infusions"
        yield f"share_{harm}_per_infusion", "", replace(found, note=note)


def _of_checks(checks: Sequence[Check], patients: pa.Table) -> Measures:
    currency = Patients(patients).currency()
    for check in checks:
        unit = (currency or "") if check.unit == schema.CURRENCY else check.unit
        yield check.name, unit, Estimate(check.total, n=patients.num_rows, note=check.compared)


def _who_left(patients: Patients, share: Callable) -> Measures:
    for name, reason in LEFT.items():
        word = reason.name.lower()
        first, last = (patients.are(f"{which}_exit_reason", [word]) for which in ("first", "last"))
        yield f"share_{name}", "", share((first | last).sum()).noted("at the first or last exit")
    for name, column in {"re_referred": "re_referrals", "outside": "outside_infusions"}.items():
        yield f"share_{name}", "", share((patients.values(column) > 0).sum())


def _shares_without_exit(patients: Patients, label: str, share: Callable) -> Measures:
    """Yield who has not left, or was referred again: exits and these add up to everybody."""
    stayed = patients.where(~patients.known("exit_reason"))
    states = stayed.counts_of_words("state")
    in_care = sum(states.get(state, 0) for state in IN_CARE)
    referred = states.get(REFERRED, 0)
    yield f"share_{label}_not_yet", "", share(in_care).noted("in care at the horizon")
    yield f"share_{label}_not_assessed", "", share(referred).noted("waits for an assessment")
    rest = share(len(stayed) - in_care - referred)
    yield f"share_{label}_not_started", "", rest.noted("not in care, no exit")


def _shares_of_words(
    patients: Patients, column: str, label: str, words: Iterable[str], share: Callable
) -> Measures:
    counts = patients.counts_of_words(column)
    for word in words:
        yield f"share_{label}_{word}", "", share(counts.get(word, 0))
