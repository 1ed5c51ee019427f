"""What a change in pain since enrolment is made of, patient by patient and day by day.

On the trajectory that was simulated, with every decision and date as it was, the pain of a day is
worked out again with each set of six components switched on (docs/model.md 5.2, 5a and 10b):

- `regression`: the patient's own level and today's flare instead of the score at enrolment;
- `natural_history`: the level after recovery instead of the patient's own;
- `programme`: what the therapies leave of the pain;
- `drug`: what the slow effect of ketamine leaves of it;
- `expectation`: what is taken off the rest;
- `floor`: the least that therapies and drug leave, and the end of the scale at 0.

A component's part is its Shapley share (:mod:`pathways.outcomes.shapley`), so no component gains by
coming first. An interaction of drug and therapies is shared by both. Nothing is estimated: the
parts add up to the change of every patient on every day. Relief while the drug of the day itself
acts, which lasts for hours, is in no observation and in no part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pathways.errors import InputError, Place, nearest, shown
from pathways.outcomes.agreement import FAULT, ConservationError
from pathways.outcomes.calendar import is_studied
from pathways.outcomes.estimates import Estimate, mean
from pathways.outcomes.shapley import shapley

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas

    from pathways.plan import Plan, RawResult

COMPONENTS = ("regression", "natural_history", "programme", "drug", "expectation", "floor")
BASELINES = ("enrolment", "level")
ENDPOINTS = ("pain", "score")
SCORES_AT_ENROLMENT = 7
CHUNK = 8192
TOLERANCE = 1e-9
SCALE = 10**11
"""Units of the sums over patients in one NRS point: room for nine million patients."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Decomposition:
    """The parts of a change in pain.

    Attributes
    ----------
    days : numpy.ndarray
        int64, shape (days,): patient days.
    endpoint : str
        ``"pain"`` (latent) or ``"score"`` (the diary's).
    baseline : numpy.ndarray
        Shape (patients,), NRS.
    outcome : numpy.ndarray
        Shape (patients, days), NRS; 0 where not counted.
    parts : numpy.ndarray
        Shape (patients, days, 6), NRS, in the order of ``COMPONENTS``; 0 where not counted. Their
        sum is outcome less baseline: below 0 is relief.
    counted : numpy.ndarray
        bool, shape (patients, days): studied patients who were alive and, for scores, wrote one.
    """

    days: NDArray[np.int64]
    endpoint: str
    baseline: Values
    outcome: Values
    parts: Values
    counted: NDArray[np.bool_]

    def part(self, component: str) -> Values:
        """Return the part of one component, shape (patients, days)."""
        return self.parts[..., COMPONENTS.index(component)]

    def among(self, chosen: NDArray[np.bool_]) -> Decomposition:
        """Return the same with fewer patients counted, such as those who still came.

        Parameters
        ----------
        chosen : numpy.ndarray
            bool, shape (patients,) or (patients, days).

        Raises
        ------
        InputError
            If it has another shape or type.
        """
        allowed_shapes = (self.baseline.shape, self.counted.shape)
        if chosen.dtype != np.bool_ or chosen.shape not in allowed_shapes:
            problem = f"{chosen.dtype} of shape {chosen.shape}"
            allowed = "truth values, shape " + " or ".join(map(str, allowed_shapes))
            raise InputError(Place(path="chosen"), problem, allowed)
        left = self.counted & (chosen[:, None] if chosen.ndim == 1 else chosen)
        outcome = np.where(left, self.outcome, 0.0)
        parts = np.where(left[..., None], self.parts, 0.0)
        return replace(self, outcome=outcome, parts=parts, counted=left)

    def estimates(self) -> pandas.DataFrame:
        """Return mean, 95 % Monte Carlo interval and number of patients of each part.

        Returns
        -------
        pandas.DataFrame
            A row for each day and component, and for the whole ``change``: `day`, `component`,
            `mean`, `low`, `high` (NRS), `patients`.
        """
        import pandas

        rows = [
            {
                "day": int(day),
                "component": name,
                "mean": one.value,
                "low": one.low,
                "high": one.high,
                "patients": one.n,
            }
            for place, day in enumerate(self.days)
            for name, one in self._estimates_of_day(place).items()
        ]
        return pandas.DataFrame(rows).astype({"mean": float, "low": float, "high": float})

    def means(self) -> pandas.DataFrame:
        """Return means by day, one column for each part.

        Returns
        -------
        pandas.DataFrame
            By day: `patients`, mean `baseline`, the six parts, `change` and `outcome` (NRS).
        """
        import pandas

        rows = [self._means_of_day(place) for place in range(len(self.days))]
        return pandas.DataFrame(rows, index=pandas.Index(self.days, name="day"))

    def _means_of_day(self, place: int) -> dict[str, float | int | None]:
        counted = self.counted[:, place]
        parts = {name: one.value for name, one in self._estimates_of_day(place).items()}
        return {
            "patients": int(np.count_nonzero(counted)),
            "baseline": mean(self.baseline[counted], SCALE).value,
            **parts,
            "outcome": mean(self.outcome[counted, place], SCALE).value,
        }

    def _estimates_of_day(self, place: int) -> dict[str, Estimate]:
        counted = self.counted[:, place]
        parts = self.parts[counted, place]
        change = self.outcome[counted, place] - self.baseline[counted]
        found = {name: mean(parts[:, at], SCALE) for at, name in enumerate(COMPONENTS)}
        return {**found, "change": mean(change, SCALE)}


def decompose(
    raw: RawResult,
    plan: Plan,
    *,
    days: Sequence[int] | None = None,
    baseline: str | Values = "enrolment",
    endpoint: str = "pain",
) -> Decomposition:
    """Split the change in pain of every patient on observed days into its components.

    Parameters
    ----------
    raw : RawResult
        Of a run with observed days.
    plan : Plan
        The plan it came from.
    days : sequence of int, optional
        Some of the observed patient days; all by default.
    baseline : str or numpy.ndarray
        ``"enrolment"``: mean of the seven diary scores that the patient enrolled with, as a cohort
        would have it; ``"level"``: the long-run pain of the patient, with nothing to regress to
        but the flare; or numbers of one's own, shape (patients,).
    endpoint : str
        ``"pain"``: latent pain; ``"score"``: the diary score of the day, whose error and rounding
        go to `regression`, and days without one do not count.

    Returns
    -------
    Decomposition

    Raises
    ------
    InputError
        If the run observed nothing or not these days, or an argument is not one of the above.
    ConservationError
        If the six components together do not give the pain that the engine wrote: a fault of the
        engine, never of the input.
    """
    places = _places(raw, plan, days)
    if endpoint not in ENDPOINTS:
        near = nearest(endpoint, ENDPOINTS)
        raise InputError(Place(path="endpoint"), f"{shown(endpoint)}", list(ENDPOINTS), near)
    start = _baseline(raw, baseline)
    seen = raw.observations.reshape(plan.patients, -1)[:, places]
    counted = (seen["seen"] == 1) & is_studied(plan)[:, None]
    outcome = seen["pain"].astype(np.float64)
    if endpoint == "score":
        counted &= seen["score"] >= 0
        outcome = seen["score"].astype(np.float64)
    parts = np.zeros((*counted.shape, len(COMPONENTS)))
    patient, place = np.nonzero(counted)
    own, floor = raw.traits["pain_level"], float(plan.rule_sets["remaining_floor"][0])
    for first in range(0, len(patient), CHUNK):
        who, when = patient[first : first + CHUNK], place[first : first + CHUNK]
        parts[who, when] = _parts(seen[who, when], start[who], own[who], floor, endpoint)
    outcome[~counted] = 0.0
    return Decomposition(plan.observed_days[places], endpoint, start, outcome, parts, counted)


def _places(raw: RawResult, plan: Plan, days: Sequence[int] | None) -> NDArray[np.int64]:
    """Return the places of days among those that were observed."""
    observed = plan.observed_days.tolist()
    if raw.observations is None or not observed:
        problem = "this run observed no day, so there is nothing to split"
        raise InputError(Place(path="observed_days"), problem, "days to observe when simulating")
    wanted = observed if days is None else list(days)
    for day in wanted:
        if day not in observed:
            allowed = ", ".join(map(str, observed))
            raise InputError(Place(path="days"), f"day {day!r} was not observed", allowed)
    return np.array([observed.index(day) for day in wanted], dtype=np.int64)


def _baseline(raw: RawResult, given: str | Values) -> Values:
    traits = raw.traits
    if isinstance(given, np.ndarray):
        fits = given.shape == traits.shape and given.dtype.kind in "iuf"
        if fits and np.all((given >= 0.0) & (given <= 10.0)):
            return given.astype(np.float64)
        problem = f"{given.dtype} of shape {given.shape}"
        allowed = f"numbers from 0 to 10, shape {traits.shape}"
        raise InputError(Place(path="baseline"), problem, allowed)
    if given not in BASELINES:
        near = nearest(str(given), BASELINES)
        raise InputError(Place(path="baseline"), shown(given), list(BASELINES), near)
    if given == "level":
        return _clip(traits["pain_level"])
    return traits["enrolment_score_sum"] / SCORES_AT_ENROLMENT


def _parts(seen: np.ndarray, start: Values, own: Values, floor: float, endpoint: str) -> Values:
    """Return the parts of some observations, shape (observations, components)."""
    values = coalition_values(seen, start, own, floor)
    if np.any(np.abs(values[-1] - seen["pain"]) > TOLERANCE):
        raise ConservationError(
            "the pain of an observed day is not what its level, flare, therapies, drug and "
            f"expectation give; {FAULT}"
        )
    parts = shapley(values)
    if endpoint == "score":
        parts[COMPONENTS.index("regression")] += seen["score"] - seen["pain"]
    return parts.T


def coalition_values(seen: np.ndarray, start: Values, own: Values, floor: float) -> Values:
    """Return the pain of observed days with each set of components switched on.

    Parameters
    ----------
    seen : numpy.ndarray
        Records of ``layout.OBSERVATION``, shape (n,).
    start, own : numpy.ndarray
        NRS, shape (n,): baseline, and the patient's own level, not clipped.
    floor : float
        Least that therapies and drug leave.

    Returns
    -------
    numpy.ndarray
        Shape (64, n), NRS; bit `i` of the place is component `i` of ``COMPONENTS``. Without the
        floor pain may fall below 0.
    """
    moved = _clip(start + (seen["level"] - own))
    pain = (start, _clip(own + seen["flare"]), moved, seen["base"])
    drug_remaining = 1.0 - seen["slow_relief"]
    left = (np.ones_like(start), seen["programme_remaining"], drug_remaining, seen["remaining"])
    values = np.empty((1 << len(COMPONENTS), len(seen)))
    for number in range(len(values)):
        before, remaining = pain[number & 3], left[number >> 2 & 3]
        expectation = seen["expectation"] if number >> 4 & 1 else 0.0
        if number >> 5 & 1:
            remaining = np.where(remaining < floor, floor, remaining)
            values[number] = _clip(before * remaining - expectation)
        else:
            values[number] = before * remaining - expectation
    return values


def _clip(values: Values) -> Values:
    return np.where(values < 0.0, 0.0, np.where(values > 10.0, 10.0, values))
