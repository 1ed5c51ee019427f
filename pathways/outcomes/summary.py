"""The headline measures of a run: one row each, with standard error and 95 % interval.

Headline measures are over all studied referrals; a second block is per treated patient and says so.
Everybody is followed to the same horizon, so a death or an exit before the first infusion is a
competing event and the share treated is the plain share: nobody is censored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from pathways.codes import State
from pathways.outcomes import dose_bands, estimates, schema
from pathways.outcomes.conservation import Check
from pathways.outcomes.dose_bands import DoseBand
from pathways.outcomes.estimates import Estimate

ALL = "all_referrals"
TREATED = "per_treated"
CONTINUATIONS = "continuations"
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

BELOW_ZERO = ("QALY",)
"""Units of what may be negative: a state may be worse than death."""

MEANS_OF_ALL = (
    "infusions courses ketamine_mg_per_kg hours_infused pain_mean floor_pain_mean "
    "life_years qaly qaly_drug_only qaly_undiscounted sessions_attended tests_done harms_detected"
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
IN_CARE = tuple(state.name.lower() for state in STATES_IN_CARE)
TRUTHS = ("responder_observed", "responder_drug_at_threshold", "responder_drug_any")
QUANTILES = (("median", 500), ("p90", 900), ("p99", 990))
UNITS = {column.name: column.unit for column in schema.PATIENTS}

Row = dict[str, str | float | int | None]


class Patients:
    """Some patients of a table as arrays; only the columns that are asked for are copied.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of ``schema.PATIENTS``.
    chosen : numpy.ndarray, optional
        Bool for each row; default all.
    """

    def __init__(self, table: pa.Table, chosen: np.ndarray | None = None) -> None:
        self._table = table
        self._chosen = np.ones(table.num_rows, bool) if chosen is None else chosen

    def __len__(self) -> int:
        return int(np.count_nonzero(self._chosen))

    def where(self, chosen: np.ndarray) -> Patients:
        """Return those of them for whom `chosen` is true."""
        narrower = self._chosen.copy()
        narrower[self._chosen] = chosen
        return Patients(self._table, narrower)

    def known(self, name: str) -> np.ndarray:
        """Tell for whom the column is not null."""
        return self._column(name).is_valid().to_numpy()

    def values(self, name: str) -> np.ndarray:
        """Return the column's values without the nulls."""
        return self._column(name).drop_null().to_numpy()

    def flags(self, name: str) -> np.ndarray:
        """Return a bool for each patient; null is false."""
        return self._column(name).fill_null(False).to_numpy()

    def currency(self) -> str | None:
        """Return the currency, one for all patients of a run; None without a price book."""
        currency = self._table["currency"]
        return currency[0].as_py() if len(currency) else None

    def counts_of_words(self, name: str) -> dict[str | None, int]:
        """Return how often each word of a text column occurs; null under None."""
        counted = self._column(name).value_counts().to_pylist()
        return {one["values"]: one["counts"] for one in counted}

    def _column(self, name: str) -> pa.ChunkedArray:
        return self._table[name].filter(pa.array(self._chosen))


def summarise(
    patients: pa.Table,
    bands: Sequence[DoseBand] | None = None,
    checks: Sequence[Check] = (),
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

    Returns
    -------
    list of dict
        Rows with the columns of ``schema.SUMMARY``.
    """
    studied = Patients(patients)
    studied = studied.where(studied.flags("studied"))
    treated = studied.where(studied.known("first_infusion_day"))
    return [
        *_in_block(ALL, _of_all(studied, treated)),
        *_in_block(TREATED, _of_treated(treated)),
        *_in_block(CONTINUATIONS, _of_continuations(studied)),
        *(
            row
            for band, *measure in dose_bands.rates(bands or [])
            for row in _in_block(band, [measure])
        ),
        *_in_block(CONSERVATION, _of_checks(checks, patients)),
    ]


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


Measures = Iterable[tuple[str, str, Estimate]]


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


def _of_all(studied: Patients, treated: Patients) -> Measures:
    n = len(studied)

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
    yield from _shares_of_words(studied, "exit_reason", "exit", schema.REASONS, share)
    yield from _shares_without_exit(studied, share)
    yield from _shares_of_words(studied, "state", "state", schema.STATES, share)


def _of_treated(treated: Patients) -> Measures:
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
    infusions = int(patients.values("infusions").sum())
    for harm in schema.ACUTE_HARMS:
        found = estimates.proportion(int(patients.values(harm).sum()), infusions)
        note = "no infusions" if infusions == 0 else "per infusion; n infusions"
        yield f"share_{harm}_per_infusion", "", replace(found, note=note)


def _of_checks(checks: Sequence[Check], patients: pa.Table) -> Measures:
    currency = Patients(patients).currency()
    for check in checks:
        unit = (currency or "") if check.unit == schema.CURRENCY else check.unit
        yield check.name, unit, Estimate(check.total, n=patients.num_rows, note=check.compared)


def _shares_without_exit(patients: Patients, share: Callable) -> Measures:
    stayed = patients.where(~patients.known("exit_reason"))
    states = stayed.counts_of_words("state")
    in_care = sum(states.get(state, 0) for state in IN_CARE)
    yield "share_exit_not_yet", "", share(in_care).noted("in care at the horizon")
    not_started = share(len(stayed) - in_care)
    yield "share_exit_not_started", "", not_started.noted("never in care, no exit")


def _shares_of_words(
    patients: Patients, column: str, label: str, words: Iterable[str], share: Callable
) -> Measures:
    counts = patients.counts_of_words(column)
    for word in words:
        yield f"share_{label}_{word}", "", share(counts.get(word, 0))
