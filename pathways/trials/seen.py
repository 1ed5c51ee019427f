"""What a trial sees of its patients: scores, baselines, harms and infusions, patient by patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pathways import layout
from pathways.codes import AcuteHarm, ChronicHarm, Event, ExitReason
from pathways.trials.legs import ArmDays, Leg, moment_day

if TYPE_CHECKING:
    from pathways.plan import Plan, RawResult
    from pathways.trials.endpoint import Endpoint

DAYS_OF_ENROLMENT = 7.0
DAYS_PER_YEAR = 365.0
PERCENT = 100.0
ENDS_EARLY = (
    ExitReason.DEATH,
    ExitReason.ADVERSE_EVENT,
    ExitReason.LABORATORY_STOP,
    ExitReason.PATIENT_CHOICE,
    ExitReason.LOST,
)
Values = NDArray[np.float64]


@dataclass
class Seen:
    """Eligible patients of one run of a leg.

    Attributes
    ----------
    leg : Leg
    scores : numpy.ndarray
        float64, shape (patients, observed days): diary scores, NaN where missing or not seen.
    columns : dict of int to int
        Column of each observed day.
    enrolment : numpy.ndarray
        Mean score of the week of enrolment, shape (patients,).
    events : numpy.ndarray or None
        Records of ``layout.EVENT`` of these patients, `patient` counting them; None if not kept.
    """

    leg: Leg
    scores: Values
    columns: dict[int, int]
    enrolment: Values
    events: NDArray | None

    def values(self, endpoint: Endpoint, arm_name: str) -> Values:
        """Return what an endpoint measures in one arm.

        Returns
        -------
        numpy.ndarray
            Shape (patients,); (patients, days) for the lowest of several means, (patients, 2) for
            the fall of a mean. NaN where it is missing; shares are 0 and 1.
        """
        arm = self.leg.arms[arm_name]
        if not endpoint.score_days and endpoint.moment is None:
            return OF_EVENTS[endpoint.measure](self, endpoint, arm)
        return OF_SCORES[endpoint.measure](self, endpoint, arm)

    def days(self, arm: ArmDays, days: tuple[int, ...], *, from_last: bool = False) -> Values:
        """Return the scores of days counted from the first or last infusion of an arm."""
        columns = [self.columns[arm.day(day, from_last=from_last)] for day in days]
        return self.scores[:, columns]

    def score(self, endpoint: Endpoint, arm: ArmDays) -> Values:
        """Return the one score of each patient."""
        if endpoint.moment is not None:
            return self.moment(endpoint, arm)
        scores = self.days(arm, endpoint.score_days, from_last=endpoint.counted_from_last_infusion)
        return STATISTICS[endpoint.statistic](scores)

    def moment(self, endpoint: Endpoint, arm: ArmDays) -> Values:
        """Return the score at a moment of an infusion day."""
        is_it = (self.events["event"] == Event.WITHIN_DAY_SCORE) & (
            self.events["code"] == endpoint.moment
        )
        found = self.events[is_it & (self.events["day"] == moment_day(endpoint, arm))]
        scores = np.full(len(self.enrolment), np.nan)
        scores[found["patient"]] = found["value_2"]
        return scores

    def baseline(self, endpoint: Endpoint, arm: ArmDays) -> Values:
        """Return what scores are compared with."""
        if endpoint.baseline_days:
            return mean_of(self.days(arm, endpoint.baseline_days))
        if endpoint.moment is not None and endpoint.baseline is None:
            return self.scores[:, self.columns[moment_day(endpoint, arm)]]
        return self.enrolment

    def fall(self, endpoint: Endpoint, arm: ArmDays) -> Values:
        """Return by how many points the score is below the baseline."""
        return self.baseline(endpoint, arm) - self.score(endpoint, arm)

    def percent_fall(self, endpoint: Endpoint, arm: ArmDays) -> Values:
        """Return the fall in percent of the baseline; missing where the baseline is 0."""
        baseline = self.baseline(endpoint, arm)
        with np.errstate(divide="ignore", invalid="ignore"):
            percent = PERCENT * (baseline - self.score(endpoint, arm)) / baseline
        return np.where(baseline > 0.0, percent, np.nan)

    def in_arm(self, event: Event, arm: ArmDays) -> NDArray:
        """Return the events of a kind from the first infusion of an arm to the next period."""
        day = self.events["day"]
        is_in = (day >= arm.first) & (day < arm.end)
        return self.events[is_in & (self.events["event"] == event)]

    def count(self, events: NDArray) -> Values:
        """Return the number of these events by patient."""
        return np.bincount(events["patient"], minlength=len(self.enrolment)).astype(np.float64)


def see(
    leg: Leg,
    plan: Plan,
    raw: RawResult,
    rows: NDArray[np.int64],
    last_seen_day: Values | None,
    *,
    until_end_of_treatment: bool,
) -> Seen:
    """Return what is seen of some patients of a run.

    Parameters
    ----------
    leg : Leg
    plan, raw : Plan, RawResult
        The run, observed on the leg's days.
    rows : numpy.ndarray
        Of the eligible patients.
    last_seen_day : numpy.ndarray or None
        Patient day from which each of them is lost, shape (len(rows),).
    until_end_of_treatment : bool
        Whether scores are missing from the day on which the infusions end early.
    """
    days = plan.observed_days
    scores = np.empty((len(rows), 0))
    if len(days):
        observed = raw.observations[rows]
        scores = np.where(observed["seen"] == 1, observed["score"], -1).astype(np.float64)
    is_missing = scores < 0.0
    is_missing |= is_gone(plan, raw, rows, last_seen_day, until_end_of_treatment)
    scores[is_missing] = np.nan
    columns = {int(day): column for column, day in enumerate(days)}
    enrolment = raw.traits["enrolment_score_sum"][rows] / DAYS_OF_ENROLMENT
    return Seen(leg, scores, columns, enrolment, _events_of(raw, rows))


def is_gone(
    plan: Plan,
    raw: RawResult,
    rows: NDArray[np.int64],
    last_seen_day: Values | None,
    until_end_of_treatment: bool,
) -> NDArray[np.bool_]:
    """Tell for each observed day whether patients are no longer scored on it.

    Parameters are those of :func:`see`; shape (len(rows), observed days).
    """
    days = plan.observed_days[None, :]
    gone = np.zeros((len(rows), days.shape[1]), bool)
    if last_seen_day is not None:
        gone |= days >= last_seen_day[:, None]
    if until_end_of_treatment:
        results = raw.results[rows]
        ended = np.isin(results["exit_reason"], ENDS_EARLY)
        gone |= ended[:, None] & (days >= results["exit_day"][:, None])
    return gone


def _events_of(raw: RawResult, rows: NDArray[np.int64]) -> NDArray | None:
    if raw.events is None:
        return None
    place = np.full(len(raw.results), -1, np.int64)
    place[rows] = np.arange(len(rows))
    places = place[raw.events["patient"]]
    events = raw.events[places >= 0].copy()
    events["patient"] = places[places >= 0]
    return events


def mean_of(scores: Values, axis: int = 1) -> Values:
    """Return means of what is there, NaN where nothing is."""
    is_there = np.isfinite(scores)
    count = is_there.sum(axis=axis)
    total = np.where(is_there, scores, 0.0).sum(axis=axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _lowest(scores: Values) -> Values:
    lowest = np.where(np.isfinite(scores), scores, np.inf).min(axis=1)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def _highest(scores: Values) -> Values:
    return -_lowest(-scores)


STATISTICS = {"mean": mean_of, "lowest": _lowest, "highest": _highest}


def _area(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    # Days without a score get the mean of those with one.
    return seen.score(endpoint, arm) * len(endpoint.score_days)


def _baseline_and_score(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    both = np.stack([seen.baseline(endpoint, arm), seen.score(endpoint, arm)], axis=1)
    both[~np.isfinite(both).all(axis=1)] = np.nan
    return both


def _change(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    return -seen.fall(endpoint, arm)


def _relieved(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    fall, baseline = seen.fall(endpoint, arm), seen.baseline(endpoint, arm)
    enough = np.ones(len(fall), bool)
    if endpoint.percent is not None:
        enough &= fall * PERCENT >= endpoint.percent * baseline - 1e-9
    if endpoint.points is not None:
        enough &= fall >= endpoint.points - 1e-9
    return np.where(np.isfinite(fall), enough.astype(np.float64), np.nan)


def _between(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    score = seen.score(endpoint, arm)
    inside = np.ones(len(score), bool)
    if endpoint.at_least is not None:
        inside &= score >= endpoint.at_least
    if endpoint.below is not None:
        inside &= score < endpoint.below
    return np.where(np.isfinite(score), inside.astype(np.float64), np.nan)


def _visits(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    return seen.days(arm, endpoint.score_days, from_last=endpoint.counted_from_last_infusion)


def _scored(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    return np.isfinite(seen.score(endpoint, arm)).astype(np.float64)


OF_SCORES = {
    "score": Seen.score,
    "area": _area,
    "change": _change,
    "percent_fall": Seen.percent_fall,
    "percent_fall_of_mean": _baseline_and_score,
    "share_relieved": _relieved,
    "share_between": _between,
    "lowest_visit_mean": _visits,
    "share_scored": _scored,
}


def _harm_events(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> NDArray:
    kinds = {Event.ACUTE_HARM: AcuteHarm, Event.HARM_ONSET: ChronicHarm}
    found = []
    for event, codes in kinds.items():
        wanted = [code for code in codes if code.name.lower() in endpoint.harms]
        events = seen.in_arm(event, arm)
        found.append(events[np.isin(events["code"], wanted)])
    events = np.concatenate(found)
    if endpoint.window is None:
        return events
    since = events["day"] - arm.first
    return events[(since >= endpoint.window.first) & (since <= endpoint.window.last)]


def _with_harm(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    return (seen.count(_harm_events(seen, endpoint, arm)) > 0.0).astype(np.float64)


def _harms_per_infusion(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    given = _infusions(seen, endpoint, arm)
    harms = seen.count(_harm_events(seen, endpoint, arm))
    return np.divide(harms, given, out=np.full(given.shape, np.nan), where=given > 0.0)


def _infusions(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    return seen.count(seen.in_arm(Event.ADMINISTERED, arm))


def _completed(seen: Seen, endpoint: Endpoint, arm: ArmDays) -> Values:
    return (_infusions(seen, endpoint, arm) >= endpoint.infusions).astype(np.float64)


OF_EVENTS = {
    "share_with_harm": _with_harm,
    "harms_per_infusion": _harms_per_infusion,
    "infusions": _infusions,
    "share_completed": _completed,
}

OBSERVATION_BYTES = layout.numpy_dtype(layout.OBSERVATION).itemsize
