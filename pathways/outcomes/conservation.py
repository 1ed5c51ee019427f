"""What must add up in every run: doses, infusions, people, money, and the log with the counts.

The same things are counted by patient, by week and by event, in different places of an engine.
Where two counts of one thing differ, the engine is wrong and no number of the run can be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pathways import layout
from pathways.codes import Event, ExitReason, State, Verdict
from pathways.fastcore.sums import fixed_point_sum
from pathways.outcomes import schema
from pathways.outcomes.tables import NEVER
from pathways.plan import Plan, RawResult

DAYS_PER_WEEK = 7
PARTS_PER_MG = 1_000
ROUNDING = 0.5
"""Largest error of one infusion in the weekly dose, in its units of a thousandth of a milligram."""

MG_SCALE = 1_000_000
MONEY_SCALE = 10_000
RELATIVE = 1e-6
MONEY = 1e-6
"""Amounts below this are nothing."""


class ConservationError(RuntimeError):
    """Two counts of the same thing differ: a fault of an engine, never of the input."""


@dataclass(frozen=True)
class Check:
    """One thing that was counted twice and agreed.

    Attributes
    ----------
    name : str
    unit : str
    total : float
        What both counts gave.
    compared : str
        What was compared with what.
    """

    name: str
    unit: str
    total: float
    compared: str


def check_conservation(raw: RawResult, plan: Plan) -> list[Check]:
    """Compare everything that a result counts more than once.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
        The plan it came from.

    Returns
    -------
    list of Check
        Those that hold, which is all of them.

    Raises
    ------
    ConservationError
        With the first thing that does not add up, where, and both counts.
    """
    checks = [*_people(raw, plan), _infusions(raw), _doses(raw, plan), _money(raw)]
    return checks if raw.events is None else [*checks, *_log(raw)]


def _people(raw: RawResult, plan: Plan) -> Iterator[Check]:
    results = raw.results
    exited = results["exit_reason"] != ExitReason.NONE
    yield _by_week(raw, "exits", "exits", results["exit_day"], exited)
    died = results["died_day"] != NEVER
    _refuse_difference("dead", "patients", results["state"] == State.DEAD, died)
    yield _by_week(raw, "deaths", "deaths", results["died_day"], died)
    first = results["first_infusion_day"]
    yield _by_week(raw, "first_infusions", "first infusions", first, first != NEVER)
    in_state = raw.weekly["in_state"][:, : State.DEAD]
    living = in_state.sum(axis=1)
    there = np.full(plan.weeks, plan.patients)
    _refuse_difference("people", "weeks", living + np.cumsum(raw.weekly["deaths"]), there)
    alive = results["state"][results["state"] != State.DEAD]
    at_end = np.bincount(alive, minlength=State.DEAD)
    _refuse_difference("people at the end", "states", in_state[-1], at_end)
    # A count on the last day of a week stands for the days of the week.
    person_weeks = float(living.sum())
    yield Check("person_weeks", "", person_weeks, "states and deaths of each week with patients")


def _by_week(raw: RawResult, column: str, what: str, days: np.ndarray, happened: np.ndarray):
    calendar = (days + raw.traits["referral_day"])[happened]
    counted = np.bincount(calendar // DAYS_PER_WEEK, minlength=len(raw.weekly))
    _refuse_difference(what, "weeks", raw.weekly[column], counted)
    return Check(column, "", float(happened.sum()), "weeks with patients")


def _infusions(raw: RawResult) -> Check:
    total = int(raw.results["infusions"].sum())
    _refuse_far("infusions", int(raw.weekly["infusions"].sum()), total, 0.0)
    return Check("infusions", "", float(total), "weeks with patients")


def _doses(raw: RawResult, plan: Plan) -> Check:
    results = raw.results
    given = results["racemic_mg"] + results["s_ketamine_mg"] / plan.rule_sets["potency"][0]
    total = _total(given, MG_SCALE) * PARTS_PER_MG
    allowed = ROUNDING * float(results["infusions"].sum()) + RELATIVE * RELATIVE * total
    weekly = float(raw.weekly["racemic_equivalent_mg_e3"].sum())
    _refuse_far("ketamine, thousandths of a milligram", weekly, total, allowed)
    return Check("ketamine_mg", "mg", total / PARTS_PER_MG, "weeks with patients, within rounding")


def _money(raw: RawResult) -> Check:
    results = raw.results
    by_line = results["cost_line"].sum(axis=1)
    by_payer = results["cost_undiscounted"].sum(axis=1)
    _refuse_unequal_amounts("cost by line and by payer", by_line, by_payer)
    larger = np.maximum(results["cost"].sum(axis=1), by_payer)
    _refuse_unequal_amounts("the larger of both costs and that without discount", larger, by_payer)
    return Check("cost", schema.CURRENCY, _total(by_payer, MONEY_SCALE), "lines with payers")


def _log(raw: RawResult) -> Iterator[Check]:
    results, log = raw.results, _Log(raw)
    judged = log.of(Event.JUDGED)
    judged = judged[judged["code"] != Verdict.NOT_JUDGED]
    counted = {
        "infusions": (log.of(Event.ADMINISTERED), results["infusions"]),
        "courses": (log.of(Event.COURSE_STARTED), results["courses"]),
        "judgements": (judged, results["judgements"]),
        "exits": (log.of(Event.EXITED), results["exit_reason"] != ExitReason.NONE),
        "deaths": (log.of(Event.DIED), results["died_day"] != NEVER),
        "tests": (log.of(Event.TESTED), results["tests_done"]),
    }
    for name, (events, column) in counted.items():
        yield log.agreed(name, events, column)
    yield from _logged_harms(log, results)
    yield _logged_mg(log, results)


def _logged_harms(log: _Log, results: np.ndarray) -> Iterator[Check]:
    acute = log.of(Event.ACUTE_HARM)
    yield log.agreed("acute_harms", acute, results["acute_count"], acute["code"])
    onsets = log.of(Event.HARM_ONSET)
    kinds = onsets["code"] * layout.HARM_CAUSES + onsets["value_1"].astype(np.int64)
    yield log.agreed("harm_onsets", onsets, results["harm_count"], kinds)
    found = log.of(Event.HARM_DETECTED)
    yield log.agreed("harms_detected", found, results["harms_detected"], found["code"])


def _logged_mg(log: _Log, results: np.ndarray) -> Check:
    given = log.of(Event.ADMINISTERED)
    mg = np.bincount(log.rows(given), weights=given["value_1"], minlength=len(results))
    _refuse_unequal_amounts("mg given", mg, results["racemic_mg"] + results["s_ketamine_mg"])
    return Check("logged_mg", "mg", _total(mg, MG_SCALE), "event log with patients")


class _Log:
    """The events of a result, by what happened and by patient."""

    def __init__(self, raw: RawResult) -> None:
        self._events = raw.events
        # Read out once: it lies apart in the records, and is looked through for every kind.
        self._kinds = raw.events["event"].astype(np.int16)
        self._patients = raw.traits["patient"].copy()

    def of(self, event: Event) -> np.ndarray:
        return self._events[self._kinds == event]

    def rows(self, events: np.ndarray) -> np.ndarray:
        return np.searchsorted(self._patients, events["patient"])

    def agreed(
        self, name: str, events: np.ndarray, columns: np.ndarray, kinds: np.ndarray | int = 0
    ) -> Check:
        """Compare events by patient, and by kind where there are several, with the columns."""
        columns = columns.reshape(len(self._patients), -1)
        counted = np.zeros(columns.shape, np.int64)
        np.add.at(counted, (self.rows(events), kinds), 1)
        for kind in range(columns.shape[1]):
            what = f"{name} in the event log" + (f", kind {kind}," * (columns.shape[1] > 1))
            _refuse_difference(what, "patients", counted[:, kind], columns[:, kind])
        return Check(f"logged_{name}", "", float(len(events)), "event log with patients")


def _total(values: np.ndarray, scale: int) -> float:
    return fixed_point_sum(np.ascontiguousarray(values, np.float64), scale) / scale


def _refuse_difference(what: str, where: str, found: np.ndarray, expected: np.ndarray) -> None:
    if len(found) != len(expected):
        raise ConservationError(
            f"{what} do not add up: {len(found)} {where} against {len(expected)}; {_FAULT}"
        )
    wrong = found != expected
    _refuse_first(wrong, f"{what} do not add up by {where}", found, expected)


def _refuse_unequal_amounts(what: str, found: np.ndarray, expected: np.ndarray) -> None:
    # Written so that NaN is wrong too.
    wrong = ~(np.abs(found - expected) <= MONEY + RELATIVE * np.abs(expected))
    _refuse_first(wrong, f"{what} do not agree by patients", found, expected)


def _refuse_first(wrong: np.ndarray, problem: str, found: np.ndarray, expected: np.ndarray) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ConservationError(
            f"{problem}: {found[row]} against {expected[row]} at {row}, {int(wrong.sum())} differ; "
            f"{_FAULT}"
        )


def _refuse_far(what: str, found: float, expected: float, allowed: float) -> None:
    if not abs(found - expected) <= allowed:
        raise ConservationError(
            f"{what} do not add up: {found} by week against {expected} by patient, more than "
            f"{allowed:g} apart; {_FAULT}"
        )


_FAULT = "this is a fault of the engine, and the results must not be used"
