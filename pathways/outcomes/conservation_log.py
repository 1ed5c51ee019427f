"""The event log against patients' results and weekly rows.

Events up to the end of a patient's follow-up are compared with the patient's results; all events
with the weekly rows, which go on to the end of the calendar as they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from pathways import layout
from pathways.codes import Event, ExitReason, Verdict
from pathways.outcomes import calendar
from pathways.outcomes.agreement import (
    Check,
    refuse_difference,
    refuse_more,
    refuse_unequal_amounts,
    total,
)
from pathways.outcomes.arrow import NEVER
from pathways.outcomes.doses import racemic_equivalents
from pathways.outcomes.event_log import EventLog
from pathways.plan import Plan, RawResult

MG_SCALE = 1_000_000
COMPARED = "event log with patients"
WEEKLY = {
    "referrals": Event.REFERRED,
    "assessments": Event.ASSESSED,
    "infusions": Event.ADMINISTERED,
    "exits": Event.EXITED,
    "deaths": Event.DIED,
    "no_shows": Event.NO_SHOW,
    "cancellations": Event.CANCELLED,
    "outside_infusions": Event.OUTSIDE_INFUSION,
}
"""Columns of the weekly rows that count events."""


def log_checks(raw: RawResult, plan: Plan) -> Iterator[Check]:
    """Yield what agrees with the event log.

    Raises
    ------
    pathways.outcomes.agreement.ConservationError
        With the first thing that does not.
    """
    whole = EventLog(raw, plan)
    log = _Log(whole, plan)
    yield from _counts(log, raw.results)
    yield from _harms(log, raw.results)
    yield _mg_given(log, raw.results)
    yield _mg_outside(log, raw, plan)
    yield _by_week(whole, raw, plan)


def _counts(log: _Log, results: np.ndarray) -> Iterator[Check]:
    judged = log.of(Event.JUDGED)
    counted = {
        "infusions": (log.of(Event.ADMINISTERED), results["infusions"]),
        "courses": (log.of(Event.COURSE_STARTED), results["courses"]),
        "judgements": (
            judged.where(judged.events["code"] != Verdict.NOT_JUDGED),
            results["judgements"],
        ),
        "deaths": (log.of(Event.DIED), results["died_day"] != NEVER),
        "tests": (log.of(Event.TESTED), results["tests_done"]),
        "re_referrals": (log.of(Event.RE_REFERRED), results["re_referrals"]),
        "no_shows": (log.of(Event.NO_SHOW), results["no_shows"]),
        "cancellations": (log.of(Event.CANCELLED), results["cancellations"]),
        "outside_infusions": (log.of(Event.OUTSIDE_INFUSION), results["outside_infusions"]),
    }
    for name, (events, column) in counted.items():
        yield log.agreed(name, events, column)
    yield _exits(log, results)


def _exits(log: _Log, results: np.ndarray) -> Check:
    """Compare exits with how often a patient can have left: once more than referred again."""
    exits = log.of(Event.EXITED)
    counted = np.bincount(exits.rows, minlength=len(results))
    exited = results["exit_reason"] != ExitReason.NONE
    once = results["re_referrals"] == 0
    what = "exits in the event log"
    refuse_difference(what, "patients", counted[once], exited[once].astype(np.int64))
    refuse_more(what, "patients", counted, results["re_referrals"] + exited)
    return Check("logged_exits", "", float(len(exits.rows)), COMPARED)


def _harms(log: _Log, results: np.ndarray) -> Iterator[Check]:
    acute = log.of(Event.ACUTE_HARM)
    yield log.agreed("acute_harms", acute, results["acute_count"], acute.events["code"])
    onsets = log.of(Event.HARM_ONSET)
    causes = onsets.events["value_1"].astype(np.int64)
    kinds = onsets.events["code"] * layout.HARM_CAUSES + causes
    yield log.agreed("harm_onsets", onsets, results["harm_count"], kinds)
    found = log.of(Event.HARM_DETECTED)
    yield log.agreed("harms_detected", found, results["harms_detected"], found.events["code"])


def _mg_given(log: _Log, results: np.ndarray) -> Check:
    given = log.of(Event.ADMINISTERED)
    mg = np.bincount(given.rows, weights=given.events["value_1"], minlength=len(results))
    refuse_unequal_amounts("mg given", mg, results["racemic_mg"] + results["s_ketamine_mg"])
    return Check("logged_mg", "mg", total(mg, MG_SCALE), COMPARED)


def _mg_outside(log: _Log, raw: RawResult, plan: Plan) -> Check:
    bought, rows = log.of(Event.OUTSIDE_INFUSION)
    racemic = racemic_equivalents(bought, raw.traits[rows], plan)
    mg = np.bincount(rows, weights=racemic, minlength=len(raw.results))
    refuse_unequal_amounts("mg bought elsewhere", mg, raw.results["outside_mg"])
    return Check("logged_outside_mg", "mg", total(mg, MG_SCALE), COMPARED)


def _by_week(log: EventLog, raw: RawResult, plan: Plan) -> Check:
    compared = 0
    numbers, clinics = calendar.clinic_numbers(plan), len(plan.clinic_patients)
    for column, event in WEEKLY.items():
        chosen = log.all_of(event)
        week = chosen["day"] // calendar.DAYS_PER_WEEK
        cell = np.searchsorted(numbers, chosen["clinic"]) * plan.weeks + week
        counted = np.bincount(cell, minlength=clinics * plan.weeks)
        what = f"{column.replace('_', ' ')} in the event log"
        refuse_difference(what, "clinics and weeks", counted, raw.weekly[column])
        compared += len(chosen)
    return Check("logged_by_week", "", float(compared), "event log with all weeks")


class _Found(NamedTuple):
    """Events, and the row of each one's patient."""

    events: np.ndarray
    rows: np.ndarray

    def where(self, chosen: np.ndarray) -> _Found:
        return _Found(self.events[chosen], self.rows[chosen])


class _Log:
    """The events of each patient up to the end of follow-up, by what happened."""

    def __init__(self, log: EventLog, plan: Plan) -> None:
        self._log, self._plan = log, plan
        self._found: dict[Event, _Found] = {}

    def of(self, event: Event) -> _Found:
        if event not in self._found:
            self._found[event] = _Found(*self._log.in_follow_up(event))
        return self._found[event]

    def agreed(
        self, name: str, found: _Found, columns: np.ndarray, kinds: np.ndarray | int = 0
    ) -> Check:
        """Compare events by patient, and by kind where there are several, with the columns."""
        columns = columns.reshape(self._plan.patients, -1)
        cells = found.rows * columns.shape[1] + kinds
        counted = np.bincount(cells, minlength=columns.size).reshape(columns.shape)
        for kind in range(columns.shape[1]):
            what = f"{name} in the event log" + (f", kind {kind}," * (columns.shape[1] > 1))
            refuse_difference(what, "patients", counted[:, kind], columns[:, kind])
        return Check(f"logged_{name}", "", float(len(found.rows)), COMPARED)
