"""What simulating trials will take, worked out from a few of their patients before it starts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathways.errors import InputError, Place, raise_errors
from pathways.outcomes.memory import GIGABYTE, LARGEST_SHARE_USED, START_BYTES, free_bytes
from pathways.trials.chunks import CHUNK_BYTES, Chunks, Luck, resolved
from pathways.trials.legs import legs_of
from pathways.trials.run import keeps_events, refuse_unsimulable, values_of
from pathways.trials.verdict import least_replicates

if TYPE_CHECKING:
    from pathways.trials.endpoint import Endpoint
    from pathways.trials.legs import Leg
    from pathways.trials.load import Trial

MOST_REPLICATES = 100_000
LONGEST_SECONDS = 86_400.0
"""What takes longer than a day is taken for a mistake."""

PATIENTS_TRIED = 500
BYTES_PER_VALUE = 8
COPIES = 2
"""The chunks of an arm lie beside the whole while they are put together."""

WORKING_COPIES = 5
"""Of the largest endpoint while it is worked out."""

FIGURE_BYTES = 150_000_000
"""What draws the figures at the end."""

CHUNKS_HELD = 3
"""With their results, events and what is copied of them; measured, rounded up."""

LEAST_SHARE = 0.2
"""Of the time tried that is taken to be of patients, whatever starting seems to take."""

SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class TrialSize:
    """What one trial will take.

    Attributes
    ----------
    trial : Trial
    patients : int
        Simulated, eligible or not.
    seconds : float
    bytes_kept, bytes_working : int
        What stays until all trials are done, and what is needed beside it for a moment.
    """

    trial: Trial
    patients: int
    seconds: float
    bytes_kept: int
    bytes_working: int


@dataclass(frozen=True)
class Size:
    """What all trials will take: ``patients``, ``seconds``, ``memory_bytes``."""

    trials: tuple[TrialSize, ...]

    @property
    def patients(self) -> int:
        """Patients simulated."""
        return sum(one.patients for one in self.trials)

    @property
    def seconds(self) -> float:
        """Time on this machine as it was when it was tried."""
        return sum(one.seconds for one in self.trials)

    @property
    def memory_bytes(self) -> int:
        """Largest memory."""
        kept = sum(one.bytes_kept for one in self.trials)
        working = max((one.bytes_working for one in self.trials), default=0)
        return START_BYTES + FIGURE_BYTES + kept + working + CHUNKS_HELD * CHUNK_BYTES


def simulated(trials: Iterable[Trial]) -> list[Trial]:
    """Return what is simulated for some trials: syntheses give their members, each name once."""
    single = [one for t in trials for one in (t.members.values() if t.is_pooled else [t])]
    return list({one.name: one for one in single}.values())


def size_of(trials: Iterable[Trial], *, replicates: int, seed: int, draws: int = 0) -> Size:
    """Try a few patients of each trial and return what all will take.

    Parameters
    ----------
    trials : iterable of Trial
    replicates, seed, draws
        As of :func:`pathways.trials.run.simulate_trial`.

    Raises
    ------
    InputError
        With the place of everything that cannot be simulated.
    """
    single = simulated(trials)
    _refuse_unsimulable(single)
    for one in single[:1]:
        # What is imported by the first is not what it takes.
        _tried(one, replicates, seed, draws)
    return Size(tuple(_tried(one, replicates, seed, draws) for one in single))


def refuse_impossible(size: Size, replicates: int) -> None:
    """Refuse what does not fit into memory, or takes longer than a day.

    Raises
    ------
    InputError
        At the patients of the largest trial, with how many replicates would do.
    """
    free = free_bytes()
    usable = None if free is None else free * LARGEST_SHARE_USED
    is_too_large = usable is not None and size.memory_bytes > usable
    if not is_too_large and size.seconds <= LONGEST_SECONDS:
        return
    worst = max(size.trials, key=lambda one: (one.bytes_kept, one.seconds))
    if not is_too_large:
        worst = max(size.trials, key=lambda one: one.seconds)
    share = LONGEST_SECONDS / max(size.seconds, LONGEST_SECONDS)
    if usable is not None:
        share = min(share, usable / size.memory_bytes)
    memory = f"{size.memory_bytes / GIGABYTE:,.1f} GB of memory"
    if free is not None:
        memory += f" ({free / GIGABYTE:,.1f} GB are free)"
    problem = (
        f"{_patients_of(worst.trial):,} patients in each of {replicates:,} simulated trials; all "
        f"trials together take about {size.seconds / SECONDS_PER_HOUR:,.1f} h and {memory}"
    )
    fitting = int(0.8 * share * replicates)
    fewer = f"--replicates {fitting} or fewer, or" if fitting >= least_of([worst.trial]) else ""
    raise InputError(_place_of_patients(worst.trial), problem, f"{fewer} fewer patients".strip())


def least_of(trials: Sequence[Trial]) -> int:
    """Return the fewest replicates from which a verdict can be told on every trial."""
    levels = [one.document.level for one in trials]
    return least_replicates(min(levels)) if levels else 1


def refuse_bad_replicates(replicates: int, trials: Sequence[Trial] = ()) -> None:
    """Refuse a number of simulated trials that says nothing, or takes days.

    Parameters
    ----------
    replicates : int
    trials : sequence of Trial
        Whose level decides from how many on a result can fail to fit.

    Raises
    ------
    InputError
        With what is allowed.
    """
    least = least_of(trials)
    if replicates > MOST_REPLICATES or replicates < 1:
        allowed = f"{least} to {MOST_REPLICATES}"
        raise InputError(Place(path="replicates"), f"{replicates} trials", allowed)
    if replicates < least:
        level = min(one.document.level for one in trials)
        problem = f"with {replicates} trials nothing could fail to fit at {level:g} %"
        raise InputError(Place(path="replicates"), problem, f"{least} to {MOST_REPLICATES}")


def refuse_bad_draws(draws: int, replicates: int) -> None:
    """Refuse a number of parameter draws that the replicates cannot be shared out among.

    Raises
    ------
    InputError
        With what is allowed.
    """
    if not 1 <= draws <= replicates:
        problem = f"{replicates} trials cannot be shared out among {draws} draws"
        raise InputError(Place(path="draws"), problem, f"1 to {replicates}")


def _refuse_unsimulable(trials: Iterable[Trial]) -> None:
    errors: list[InputError] = []
    for one in trials:
        try:
            refuse_unsimulable(one)
        except InputError as found:
            errors += found.errors
    raise_errors(errors)


def _tried(trial: Trial, replicates: int, seed: int, draws: int) -> TrialSize:
    legs = legs_of(trial)
    needed = sum(leg.patients for leg in legs) * replicates
    chunks = Chunks(trial, Luck(seed), {}, keep_events=keeps_events(trial.endpoints))
    first = max(legs, key=lambda leg: leg.patients)
    number = min(PATIENTS_TRIED, needed)
    _timed(trial, chunks, first, 1)  # which makes its plan
    _, overhead = _timed(trial, chunks, first, 1)
    eligible, taken = _timed(trial, chunks, first, number)
    simulated = needed * number // max(1, eligible)
    each = max(taken - overhead, LEAST_SHARE * taken) / number
    planning = draws * _planning_seconds(first, seed) * len({id(leg.scenario) for leg in legs})
    kept, largest = _bytes(trial.endpoints, legs, replicates)
    working = kept * (COPIES - 1) + WORKING_COPIES * largest
    seconds = each * simulated + overhead * len(legs) + planning
    return TrialSize(trial, simulated, seconds, kept, working)


def _timed(trial: Trial, chunks: Chunks, leg: Leg, patients: int) -> tuple[int, float]:
    """Return how many of the first patients of a leg are eligible, and what they took."""
    started = time.perf_counter()
    chunk = chunks.simulate(leg, 0, patients)
    rows = chunk.eligible
    values_of(trial.endpoints, chunk.seen(rows))
    return len(rows), time.perf_counter() - started


def _planning_seconds(leg: Leg, seed: int) -> float:
    started = time.perf_counter()
    resolved(leg, Luck(seed, 1))
    return time.perf_counter() - started


def _bytes(endpoints: Iterable[Endpoint], legs: Sequence[Leg], replicates: int) -> tuple[int, int]:
    """Return the bytes of the values of all patients, and those of the endpoint with most."""
    by_endpoint = [
        BYTES_PER_VALUE * replicates * leg.patients * _width(endpoint)
        for endpoint in endpoints
        for leg in legs
        for name in endpoint.arms
        if name in leg.arms
    ]
    return sum(by_endpoint), max(by_endpoint, default=0)


def _width(endpoint: Endpoint) -> int:
    widths = {"lowest_visit_mean": len(endpoint.score_days), "percent_fall_of_mean": 2}
    return widths.get(endpoint.measure, 1)


def _patients_of(trial: Trial) -> int:
    document = trial.document
    return document.patients or sum(arm.patients for arm in document.arms)


def _place_of_patients(trial: Trial) -> Place:
    document = trial.document
    if document.patients is not None:
        return trial.places.place(("patients",))
    largest = max(range(len(document.arms)), key=lambda at: document.arms[at].patients)
    return trial.places.place(("arms", largest, "patients"))
