"""Where a change in pain since the start of a trial comes from, in one arm.

What a cohort sees is a change, whatever made it. Each `change` endpoint of one arm is split,
patient by patient and day by day, with :mod:`pathways.outcomes.decomposition`; nothing is
estimated, so the parts add up to the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.outcomes.decomposition import COMPONENTS, SCALE, decompose
from pathways.outcomes.estimates import Estimate, mean
from pathways.trials.chunks import Chunks, Luck
from pathways.trials.legs import legs_of
from pathways.trials.run import DEFAULT_SEED, MOST_CHUNKS_WITHOUT_ANYBODY, used_of
from pathways.trials.seen import is_gone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.trials.chunks import Chunk
    from pathways.trials.document import Arm
    from pathways.trials.endpoint import Endpoint
    from pathways.trials.legs import ArmDays, Leg
    from pathways.trials.load import Trial
    from pathways.trials.seen import Values

CHANGE = "change"
DEFAULT_PATIENTS = 10_000
SMALLEST_CHANGE = 0.1
"""NRS points; parts of less are not told as shares."""


@dataclass(frozen=True)
class ChangeSplit:
    """The parts of one change.

    Attributes
    ----------
    trial, trial_title : str
    endpoint : Endpoint
        The `change` that is split.
    estimates : dict of str to Estimate
        Means over patients with their 95 % Monte Carlo intervals, NRS points, below 0 is relief:
        by component in the order of ``COMPONENTS``, and ``change``, which is their sum.
    patients : int
        Who have a score at both ends.
    is_treated : bool
        Whether the arm is given ketamine, rather than a sham alone.
    """

    trial: str
    trial_title: str
    endpoint: Endpoint
    estimates: dict[str, Estimate]
    patients: int
    is_treated: bool = True

    @property
    def arm(self) -> str:
        """The arm."""
        return self.endpoint.arm

    def part(self, component: str) -> float | None:
        """Return the mean of a component, or of the whole ``change``; None without patients."""
        return self.estimates[component].value

    def share(self, component: str) -> float | None:
        """Return the part of the change that a component makes, None of next to nothing."""
        change = self.part(CHANGE)
        if change is None or abs(change) < SMALLEST_CHANGE:
            return None
        return self.part(component) / change


def change_endpoints(trial: Trial) -> list[Endpoint]:
    """Return the endpoints whose change can be split.

    Those of measure ``change`` in one arm of a cohort or a parallel trial, on days, from the week
    of enrolment or from days that end with the first infusion, as a mean over the days.
    """
    if trial.document.design not in ("cohort", "parallel"):
        return []
    return [one for one in trial.endpoints if _can_be_split(one)]


def split_changes(
    trial: Trial,
    *,
    patients: int = DEFAULT_PATIENTS,
    seed: int = DEFAULT_SEED,
    draw: int = 0,
    parameters: Mapping[str, Any] | None = None,
) -> list[ChangeSplit]:
    """Split the changes of a trial, in as many patients as are asked for.

    Parameters
    ----------
    trial : Trial
    patients : int
        Eligible patients simulated in each arm; of them those count who have a score at both ends.
    seed, draw, parameters
        As of :func:`pathways.trials.run.simulate_trial`; the patients are the first of the arm
        there.

    Raises
    ------
    InputError
        If the trial cannot be simulated.
    """
    wanted = change_endpoints(trial)
    if not wanted:
        return []
    given = dict(parameters or {})
    chunks = Chunks(trial, Luck(seed, draw), given, keep_events=False)
    found: dict[str, ChangeSplit] = {}
    for leg in legs_of(trial, used_of(trial, given)):
        of_leg = [one for one in wanted if one.arm in leg.arms]
        for endpoint, parts in _of_leg(leg, chunks, of_leg, patients):
            found[endpoint.name] = _split(trial, endpoint, parts)
    return [found[one.name] for one in wanted]


def _can_be_split(endpoint: Endpoint) -> bool:
    is_plain = endpoint.versus is None and endpoint.moment is None and endpoint.statistic == "mean"
    starts_before = not endpoint.baseline_days or max(endpoint.baseline_days) <= 0
    return endpoint.measure == CHANGE and is_plain and starts_before


def _of_leg(
    leg: Leg, chunks: Chunks, endpoints: list[Endpoint], patients: int
) -> Iterator[tuple[Endpoint, Values]]:
    """Yield the parts of each endpoint, shape (patients with both ends, components)."""
    if not endpoints:
        return
    found: dict[str, list[Values]] = {one.name: [] for one in endpoints}
    done = number = 0
    while done < patients and (done or number < MOST_CHUNKS_WITHOUT_ANYBODY):
        chunk = chunks.simulate(leg, number, min(chunks.most(leg), patients - done + 10))
        rows = chunk.eligible[: patients - done]
        for one in endpoints:
            found[one.name].append(parts_of_change(chunk, one, leg.arms[one.arm], rows))
        done, number = done + len(rows), number + 1
    for one in endpoints:
        yield one, np.concatenate(found[one.name])


def parts_of_change(
    chunk: Chunk, endpoint: Endpoint, arm: ArmDays, rows: NDArray[np.int64]
) -> Values:
    """Return the parts of each patient's change, meaned over the days with a score.

    Parameters
    ----------
    chunk : Chunk
    endpoint : Endpoint
        A `change`.
    arm : ArmDays
    rows : numpy.ndarray
        Who count.

    Returns
    -------
    numpy.ndarray
        Shape (patients with a score at both ends, components), NRS points.
    """
    from_last = endpoint.counted_from_last_infusion
    days = [arm.day(day, from_last=from_last) for day in endpoint.score_days]
    gone = is_gone(chunk.plan, chunk.raw, _all(chunk), chunk.lost_day, chunk.until_end_of_treatment)
    baseline, has_baseline = _baseline(chunk, endpoint, arm, gone)
    counts = np.zeros(len(baseline), bool)
    counts[rows] = True
    seen = (counts & has_baseline)[:, None] & ~gone[:, _columns(chunk, days)]
    split = decompose(chunk.raw, chunk.plan, days=days, baseline=baseline, endpoint="score").among(
        seen
    )
    number = split.counted.sum(axis=1)
    is_there = number > 0
    return split.parts[is_there].sum(axis=1) / number[is_there, None]


def _baseline(
    chunk: Chunk, endpoint: Endpoint, arm: ArmDays, gone: NDArray[np.bool_]
) -> tuple[str | Values, NDArray[np.bool_]]:
    """Return the baseline of every patient, and who has one."""
    everybody = np.ones(len(gone), bool)
    enrolment = chunk.seen(_all(chunk)).enrolment
    if not endpoint.baseline_days:
        return enrolment, everybody
    columns = _columns(chunk, [arm.day(day) for day in endpoint.baseline_days])
    seen = chunk.raw.observations[:, columns]
    is_there = (seen["seen"] == 1) & (seen["score"] >= 0) & ~gone[:, columns]
    number = is_there.sum(axis=1)
    total = np.where(is_there, seen["score"], 0).sum(axis=1)
    return np.divide(total, number, out=np.zeros(len(number)), where=number > 0), number > 0


def _columns(chunk: Chunk, days: list[int]) -> NDArray[np.int64]:
    return np.searchsorted(chunk.plan.observed_days, days)


def _all(chunk: Chunk) -> NDArray[np.int64]:
    return np.arange(len(chunk.raw.results))


def _split(trial: Trial, endpoint: Endpoint, parts: Values) -> ChangeSplit:
    estimates = {name: mean(parts[:, at], SCALE) for at, name in enumerate(COMPONENTS)}
    estimates[CHANGE] = mean(parts.sum(axis=1), SCALE)
    is_treated = _is_treated(trial.document.arm(endpoint.arm))
    title = trial.document.title
    return ChangeSplit(trial.name, title, endpoint, estimates, len(parts), is_treated)


def _is_treated(arm: Arm) -> bool:
    return arm.policy is not None or any(c.regimen.form != "sham" for c in arm.fixed_courses)
