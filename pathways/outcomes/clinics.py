"""What each declared clinic does in a year, how many wait for it, and how full its chairs are.

Flows and waiting lists are those of the whole weeks of the intake, when the clinic works under its
usual load; of a cohort referred on one day, those of the whole calendar. A clinic has a copy in
every replicate region: values are means over the regions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from pathways.fastcore.sums import fixed_point_sum
from pathways.outcomes import calendar, estimates, schema, waiting
from pathways.outcomes.estimates import Estimate
from pathways.outcomes.people import Patients
from pathways.outcomes.sampling import Measure, Measures, Sampling, mean_of_regions
from pathways.plan import Plan

BLOCK = "clinic_"
"""The name of the clinic follows."""

DAYS_PER_YEAR = 365
MONEY_SCALE = 10_000
PER_YEAR = "/a"
QUARTERS = 4
LISTS = ("assessment", "course", "programme")
FLOWS = (
    "referrals assessments first_infusions infusions outside_infusions no_shows cancellations "
    "bed_days_used"
).split()
MEDIAN = "median_wait_days"
WITHIN = (365,)
NO_QUEUES = "no queues: resources are unlimited"


def clinics(
    weekly: pa.Table, patients: Patients, plan: Plan, sampling: Sampling
) -> Iterator[tuple[str, Measure]]:
    """Yield block and measure of each declared clinic; nothing of a closed cohort without queues.

    Parameters
    ----------
    weekly : pyarrow.Table
        Columns of ``schema.WEEKLY``.
    patients : Patients
        The studied ones.
    plan : Plan
    sampling : Sampling
    """
    if calendar.kind_of(plan) == calendar.CLOSED_COHORT:
        return
    declared, names = calendar.clinics_of_region(plan), calendar.clinic_names(plan)
    clinic_of_rows = calendar.clinic_of_patients(plan) % declared
    for clinic in range(declared):
        here = patients.among(clinic_of_rows == clinic)
        waits = sampling.measured(_waits, here, lambda name: True)
        for measure in (*_of_weeks(_Weeks(weekly, plan, clinic)), *waits, *_budget(here, plan)):
            yield f"{BLOCK}{names[clinic]}", measure


class _Weeks:
    """The counted weeks of one declared clinic in every region."""

    def __init__(self, weekly: pa.Table, plan: Plan, clinic: int) -> None:
        self.plan = plan
        self._weekly = weekly
        self._clinic = clinic
        self._weeks = calendar.counted_weeks(plan)
        self.number = len(range(plan.weeks)[self._weeks])
        self.years = int(calendar.days_of_weeks(plan)[self._weeks].sum()) / float(DAYS_PER_YEAR)

    def column(self, name: str) -> np.ndarray:
        """Return a column of whole numbers, shape (regions, weeks); null is ``UNLIMITED``."""
        values = self._weekly[name].fill_null(calendar.UNLIMITED).to_numpy()
        by_region = values.reshape(calendar.regions_of(self.plan), -1, self.plan.weeks)
        return by_region[:, self._clinic, self._weeks]


def _of_weeks(weeks: _Weeks) -> Measures:
    if weeks.number == 0:
        yield "weeks", "", Estimate(0.0, note="the intake has no whole week")
        return
    for name in FLOWS:
        flow = mean_of_regions(weeks.column(name).sum(axis=1) / weeks.years)
        yield f"{name}_per_year", PER_YEAR, flow
    for name in LISTS:
        length = _length(weeks.column(f"waiting_for_{name}"), weeks.plan)
        yield f"mean_waiting_for_{name}", "", length
    yield from _growth(weeks)
    minutes = weeks.column("chair_minutes_open")
    for name in ("used", "lost"):
        share = _share_of_minutes(weeks.column(f"chair_minutes_{name}"), minutes)
        yield f"share_chair_minutes_{name}", "", share


def _length(counts: np.ndarray, plan: Plan) -> Estimate:
    if not plan.queues:
        return Estimate(n=len(counts), note=NO_QUEUES)
    return mean_of_regions(counts.sum(axis=1) / counts.shape[1])


def _growth(weeks: _Weeks) -> Measures:
    """Yield the length of all lists together in the first and in the last quarter of the intake."""
    quarter = weeks.number // QUARTERS
    if calendar.kind_of(weeks.plan) != calendar.ARRIVALS or quarter == 0:
        return
    counts = sum(weeks.column(f"waiting_for_{name}") for name in LISTS)
    for label, part in (("first", counts[:, :quarter]), ("last", counts[:, -quarter:])):
        yield f"mean_waiting_{label}_quarter", "", _length(part, weeks.plan)


def _share_of_minutes(taken: np.ndarray, minutes: np.ndarray) -> Estimate:
    if (minutes == calendar.UNLIMITED).any():
        return Estimate(n=len(minutes), note="chairs are unlimited")
    there = minutes.sum(axis=1)
    if not there.all():
        return Estimate(n=len(minutes), note="no chair is open")
    return mean_of_regions(taken.sum(axis=1) / there)


def _waits(patients: Patients) -> Measures:
    wait = estimates.quantile(patients.values("wait_days"), 500, len(patients))
    yield MEDIAN, "d", wait
    yield from waiting.treated_within(patients, WITHIN)


def _budget(patients: Patients, plan: Plan) -> Measures:
    """Yield what a year's referrals cost over their follow-up.

    Costs are known by patient, not by calendar year: this is what a budget comes to when referrals
    and practice have long been the same, without what patients cost after their follow-up.
    """
    currency = patients.currency()
    if calendar.kind_of(plan) != calendar.ARRIVALS or currency is None:
        return
    first, end = plan.studied_days
    years = (end - first) / float(DAYS_PER_YEAR)
    regions = calendar.rows_of_regions(plan)
    for payer in schema.PAYERS:
        column = f"cost_undiscounted_{payer}"
        spent = [patients.in_rows(rows).values(column) for rows in regions]
        sums = [fixed_point_sum(one, MONEY_SCALE) / MONEY_SCALE / years for one in spent]
        note = f"of {plan.horizon_days} days of follow-up, not discounted; not by calendar year"
        found = mean_of_regions(np.array(sums)).noted(note)
        yield f"cost_of_a_years_referrals_{payer}", currency, found
