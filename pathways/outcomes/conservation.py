"""What must add up in every run: doses, infusions, people, money, chairs, and the log with them.

The same things are counted by patient, by week and by event, in different places of an engine.
Where two counts of one thing differ, the engine is wrong and no number of the run can be trusted.

With arrivals, patients' results end with their follow-up while weekly rows and events go on to the
end of the calendar. Counts by week are then equal in the weeks before anybody's follow-up ended,
and never less than the patients' in a later week; totals are never less.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pathways.codes import CostLine, ExitReason, State
from pathways.outcomes import calendar, schema
from pathways.outcomes.agreement import (
    Check,
    ConservationError,
    refuse_difference,
    refuse_far,
    refuse_less,
    refuse_more,
    refuse_unequal_amounts,
    total,
)
from pathways.outcomes.arrow import NEVER
from pathways.outcomes.conservation_clinics import capacity_checks
from pathways.outcomes.conservation_follow_up import follow_up_checks
from pathways.outcomes.conservation_log import log_checks
from pathways.plan import Plan, RawResult

__all__ = ["Check", "ConservationError", "check_conservation"]

DAYS_PER_WEEK = calendar.DAYS_PER_WEEK
PARTS_PER_MG = 1_000
ROUNDING = 0.5
"""Largest error of one infusion in the weekly dose, in its units of a thousandth of a milligram."""

MG_SCALE = 1_000_000
MONEY_SCALE = 10_000
RELATIVE = 1e-12


def check_conservation(
    raw: RawResult, plan: Plan, *, shared_weeks: int | None = None
) -> list[Check]:
    """Compare everything that a result counts more than once.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
        The plan it came from.
    shared_weeks : int, optional
        As ``calendar.shared_weeks`` of a larger plan that this is a part of; default of this one.

    Returns
    -------
    list of Check
        Those that hold, which is all of them.

    Raises
    ------
    ConservationError
        With the first thing that does not add up, both counts, and where: clinics, weeks and
        patients by their position from 0.
    """
    weeks = _Weeks(raw, plan, calendar.shared_weeks(plan) if shared_weeks is None else shared_weeks)
    checks = [
        *follow_up_checks(raw, plan),
        *_people(raw, weeks),
        *_events_of_patients(raw, weeks),
        *_doses(raw, weeks),
        _money(raw),
        *capacity_checks(raw, plan),
    ]
    return checks if raw.events is None else [*checks, *log_checks(raw, plan)]


class _Weeks:
    """Weekly rows beside what patients' results say of the same weeks."""

    def __init__(self, raw: RawResult, plan: Plan, shared: int) -> None:
        self.plan = plan
        self.clinics = len(plan.clinic_patients)
        self.shared = shared
        self.are_all_shared = self.shared == plan.weeks
        self.clinic_of_patients = calendar.clinic_of_patients(plan)
        self._weekly = raw.weekly

    def column(self, name: str) -> np.ndarray:
        """Return a column of the weekly rows by clinic and week."""
        return calendar.weeks_of_clinics(self.plan, self._weekly[name])

    def count(self, days: np.ndarray, happened: np.ndarray) -> np.ndarray:
        """Return by clinic and week how many patients something happened to on a patient day."""
        week = (days + self.plan.referral_days)[happened] // DAYS_PER_WEEK
        cell = self.clinic_of_patients[happened] * self.plan.weeks + week
        counted = np.bincount(cell, minlength=self.clinics * self.plan.weeks)
        return calendar.weeks_of_clinics(self.plan, counted)

    def agreed(self, name: str, known: np.ndarray, *, equal: bool = True) -> Check:
        """Compare a column with what patients know of it; `equal` if that is all of it."""
        what, found, shared = name.replace("_", " "), self.column(name), slice(0, self.shared)
        if equal:
            refuse_difference(what, _PLACES, found[:, shared], known[:, shared])
        refuse_more(f"{what} of patients", _PLACES, known, found)
        return Check(name, "", float(known[:, shared].sum()), self._compared(equal))

    def _compared(self, equal: bool) -> str:
        if not equal:
            return "weeks never fewer than patients' first and last ones"
        if self.are_all_shared:
            return "weeks with patients"
        return f"weeks with patients in the first {self.shared} weeks, later never fewer"

    def agreed_total(self, name: str, by_patient: np.ndarray) -> Check:
        """Compare a column of whole numbers, added up, with the patients' numbers."""
        what, found = name.replace("_", " "), self.column(name).sum(axis=1)
        sums = np.bincount(self.clinic_of_patients, weights=by_patient, minlength=self.clinics)
        known = sums.astype(np.int64)
        if self.are_all_shared:
            refuse_difference(what, "clinics", found, known)
        refuse_more(f"{what} of patients", "clinics", known, found)
        return Check(name, "", float(known.sum()), self.compared_total)

    def agreed_mg(self, name: str, column: str, mg: np.ndarray, infusions: np.ndarray) -> Check:
        """Compare a dose in thousandths of a milligram, rounded at each infusion, with `mg`."""
        refuse = refuse_far if self.are_all_shared else refuse_less
        found, known = self.column(column).sum(axis=1).tolist(), []
        for start, size, weekly in zip(
            calendar.first_rows(self.plan), self.plan.clinic_patients, found, strict=True
        ):
            rows = slice(start, start + size)
            known.append(total(mg[rows], MG_SCALE) * PARTS_PER_MG)
            allowed = ROUNDING * float(infusions[rows].sum()) + RELATIVE * known[-1]
            refuse(f"{name}, in thousandths of a milligram,", weekly, known[-1], allowed)
        compared = f"{self.compared_total}, within rounding"
        return Check(name, "mg", total(mg, MG_SCALE), compared)

    @property
    def compared_total(self) -> str:
        if self.are_all_shared:
            return "weeks with patients"
        return "all weeks never less than patients in their follow-up"


_PLACES = "clinics and weeks"


def _people(raw: RawResult, weeks: _Weeks) -> Iterator[Check]:
    everybody = np.ones(len(raw.results), bool)
    referred = weeks.count(np.zeros(len(raw.results), np.int64), everybody)
    refuse_difference("referrals", _PLACES, weeks.column("referrals"), referred)
    yield Check("referrals", "", float(referred.sum()), "weeks with patients")
    died = raw.results["died_day"] != NEVER
    refuse_difference("dead", "patients", raw.results["state"] == State.DEAD, died)
    yield weeks.agreed("deaths", weeks.count(raw.results["died_day"], died))
    living = weeks.column("in_state")[:, :, : State.DEAD].sum(axis=2)
    there = referred.cumsum(axis=1) - weeks.column("deaths").cumsum(axis=1)
    refuse_difference("people", _PLACES, living, there)
    if weeks.are_all_shared:
        _compare_states_at_the_end(raw, weeks)
    yield _person_days(raw, weeks, living)


def _compare_states_at_the_end(raw: RawResult, weeks: _Weeks) -> None:
    cells = weeks.clinic_of_patients * len(State) + raw.results["state"]
    counted = np.bincount(cells, minlength=weeks.clinics * len(State))
    at_end = counted.reshape(weeks.clinics, len(State))[:, : State.DEAD]
    found = weeks.column("in_state")[:, -1, : State.DEAD]
    refuse_difference("people at the end", "clinics and states", found, at_end)


def _person_days(raw: RawResult, weeks: _Weeks, living: np.ndarray) -> Check:
    """Compare days lived: who is counted at the end of a week has lived in it since the referral.

    Deaths are on Mondays (docs/model.md 4), so nobody lives a part of the last week.
    """
    plan, shared = weeks.plan, slice(0, weeks.shared)
    end = int(calendar.days_of_weeks(plan)[shared].sum())
    died = raw.results["died_day"]
    last = np.where(died == NEVER, end, np.minimum(end, died + plan.referral_days))
    lived = np.maximum(0, last - plan.referral_days)
    days_before = np.where(lived > 0, plan.referral_days % DAYS_PER_WEEK, 0)
    known = np.bincount(weeks.clinic_of_patients, lived + days_before, weeks.clinics)
    found = (living * calendar.days_of_weeks(plan))[:, shared].sum(axis=1)
    refuse_difference("person-days", "clinics", found, known.astype(np.int64))
    compared = "states and deaths of each week with patients"
    if not weeks.are_all_shared:
        compared += f", in the first {weeks.shared} weeks"
    return Check("person_days", "d", float(lived.sum()), compared)


def _events_of_patients(raw: RawResult, weeks: _Weeks) -> Iterator[Check]:
    results = raw.results
    came_back = results["re_referrals"] > 0
    only_once = not came_back.any()
    yield _exits(results, weeks, came_back)
    first = results["first_infusion_day"]
    yield weeks.agreed("first_infusions", weeks.count(first, first != NEVER))
    assessed = results["assessed_day"]
    known = weeks.count(assessed, assessed != NEVER)
    yield weeks.agreed("assessments", known, equal=only_once)
    for name in ("infusions", "no_shows", "cancellations", "outside_infusions"):
        yield weeks.agreed_total(name, results[name])


def _exits(results: np.ndarray, weeks: _Weeks, came_back: np.ndarray) -> Check:
    """Compare exits; of patients who came back only the first and the last are known by day."""
    exited = results["exit_reason"] != ExitReason.NONE
    once = exited & ~came_back
    for name in ("reason", "day"):
        only, first = results[f"exit_{name}"][once], results[f"first_exit_{name}"][once]
        refuse_difference(f"{name} of the first and only exit", "patients", first, only)
    known = weeks.count(results["first_exit_day"], results["first_exit_day"] != NEVER)
    known += weeks.count(results["exit_day"], exited & came_back)
    if weeks.are_all_shared:
        most = weeks.count(np.zeros_like(exited, np.int64), exited)
        again = np.bincount(weeks.clinic_of_patients, results["re_referrals"], weeks.clinics)
        most = most.sum(axis=1) + again.astype(np.int64)
        refuse_more("exits", "clinics", weeks.column("exits").sum(axis=1), most)
    return weeks.agreed("exits", known, equal=not came_back.any())


def _doses(raw: RawResult, weeks: _Weeks) -> Iterator[Check]:
    results = raw.results
    potency = weeks.plan.rule_sets["potency"][0]
    given = results["racemic_mg"] + results["s_ketamine_mg"] / potency
    column = "racemic_equivalent_mg_e3"
    yield weeks.agreed_mg("ketamine_mg", column, given, results["infusions"])
    bought = results["outside_mg"], results["outside_infusions"]
    yield weeks.agreed_mg("outside_mg", "outside_mg_e3", *bought)


def _money(raw: RawResult) -> Check:
    results = raw.results
    by_line = results["cost_line"].sum(axis=1)
    by_payer = results["cost_undiscounted"].sum(axis=1)
    refuse_unequal_amounts("cost by line and by payer", by_line, by_payer)
    larger = np.maximum(results["cost"].sum(axis=1), by_payer)
    refuse_unequal_amounts("the larger of both costs and that without discount", larger, by_payer)
    spent = results["cost_line"][:, CostLine.OUTSIDE] > 0.0
    refuse_more("money spent elsewhere", "patients", spent, results["outside_infusions"] > 0)
    return Check("cost", schema.CURRENCY, total(by_payer, MONEY_SCALE), "lines with payers")
