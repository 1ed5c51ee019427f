"""What a study will take - time, memory, disk - from a few of its own runs.

Runs spread over the study are timed, with fewer patients where they have many. In the combinations
that are tried a second run tells what a run costs once its scenario is there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathways.outcomes.memory import START_BYTES, bytes_needed
from pathways.studies.batches import runs_per_batch
from pathways.studies.study import Run, Study

if TYPE_CHECKING:
    from pathways.plan import Plan, RawResult

TIMED_COMBINATIONS = 4
LONGEST_TRIAL_SECONDS = 5.0
"""After so long no further combination is tried."""

MOST_PATIENTS_TIMED = 1000
DAYS_PER_YEAR = 365.0
UNSTATED_YEARS = 10.0
STARTING_SECONDS = 2.0
"""Until worker processes have imported what they need."""

BYTES_PER_STORE = 10_000
BYTES_PER_BATCH = 200
BYTES_PER_COLUMN_OF_BATCH = 500
"""What Parquet says of each column in each file."""

BYTES_PER_RUN = 160
"""Key, fingerprint, number, seed and time of a run, in the store and its journal."""

COLUMNS_OF_RUNS = 7
BYTES_PER_NUMBER = 9
BYTES_PER_LEVEL = 4
"""Levels repeat, so most of them takes little."""


@dataclass(frozen=True)
class Estimate:
    """What a study will take.

    Attributes
    ----------
    runs : int
    seconds : float
        Of all runs on the workers asked for.
    memory_bytes : int
        Of all workers on one machine and the process that asks, at their largest.
    disk_bytes : int
    runs_timed : int
        What it rests on.
    """

    runs: int
    seconds: float
    memory_bytes: int
    disk_bytes: int
    runs_timed: int


@dataclass
class _Trial:
    """What one combination took, scaled to all patients."""

    scenario_seconds: float
    run_seconds: float
    memory_bytes: int
    patients_bytes: int
    runs: int


def estimate(study: Study, workers: int) -> Estimate:
    """Return what a study will take.

    Parameters
    ----------
    study : Study
    workers : int
        Processes that run it side by side; 0 counts as 1.

    Raises
    ------
    InputError
        If a run that is tried is wrong.
    """
    trials = _trials(study)
    combinations = study.combinations
    scenarios = _mean([one.scenario_seconds for one in trials]) * combinations
    runs = _mean([one.run_seconds for one in trials]) * len(study)
    processes = max(1, workers)
    largest = max(one.memory_bytes for one in trials)
    own, starting = (START_BYTES, STARTING_SECONDS) if workers > 0 else (0, 0.0)
    return Estimate(
        runs=len(study),
        seconds=(scenarios + runs) / min(processes, len(study)) + starting,
        memory_bytes=processes * largest + own,
        disk_bytes=_bytes_on_disk(study, trials),
        runs_timed=sum(one.runs for one in trials),
    )


def _trials(study: Study) -> list[_Trial]:
    started = time.perf_counter()
    trials: list[_Trial] = []
    # What is imported by the first run is not what a run takes.
    _tried(study, study.run(0), 1)
    for number in _spread(study):
        trials.append(_trial(study, number))
        if time.perf_counter() - started > LONGEST_TRIAL_SECONDS:
            break
    return trials


def _spread(study: Study) -> list[int]:
    """Return the first run of combinations spread over the study."""
    some = min(TIMED_COMBINATIONS, study.combinations)
    places = [(2 * i + 1) * study.combinations // (2 * some) for i in range(some)]
    return [place * study.runs_of_combination for place in places]


def _trial(study: Study, number: int) -> _Trial:
    patients = min(study.patients, MOST_PATIENTS_TIMED)
    first = _tried(study, study.run(number), patients)
    later = first
    if study.runs_of_combination > 1:
        later = _tried(study, study.run(number + 1), patients)
    more = study.patients / patients
    return _Trial(
        scenario_seconds=max(0.0, first.planning_seconds - later.planning_seconds),
        run_seconds=later.planning_seconds + later.simulating_seconds * more,
        memory_bytes=_memory(first.plan, more),
        patients_bytes=_patients_bytes(first, more) if study.keep_patients else 0,
        runs=1 if later is first else 2,
    )


@dataclass
class _Tried:
    plan: Plan
    raw: RawResult
    planning_seconds: float
    simulating_seconds: float


def _tried(study: Study, run: Run, patients: int) -> _Tried:
    """Do what a worker does with a run, and say how long it took."""
    from pathways.engines import kernel_engine
    from pathways.outcomes.conservation import check_conservation
    from pathways.studies.measures import measures_of

    started = time.perf_counter()
    plan = study.plan_of(run, patients)
    planned = time.perf_counter()
    raw = kernel_engine.run(plan, threads=1)
    check_conservation(raw, plan)
    measures_of(raw, plan, study.outputs)
    return _Tried(plan, raw, planned - started, time.perf_counter() - planned)


def _memory(plan: Plan, more: float) -> int:
    """Return the bytes that a run needs with `more` times the patients of its plan."""
    is_over_time = plan.calendar_days > plan.horizon_days
    patients = int(plan.patients * more)
    regions = more if is_over_time else 1.0
    return bytes_needed(
        patients,
        plan.calendar_days / DAYS_PER_YEAR,
        engine="kernel",
        events=False,
        weekly_rows=int(len(plan.clinic_patients) * plan.weeks * regions),
        in_queues=patients if plan.queues else 0,
    )


def _patients_bytes(tried: _Tried, more: float) -> int:
    """Return the bytes of the table of patients as it is kept."""
    import pyarrow
    import pyarrow.parquet

    from pathways.outcomes.tables import patients_table

    sink = pyarrow.BufferOutputStream()
    table = patients_table(tried.raw, tried.plan)
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return int(sink.getvalue().size * more)


def _bytes_on_disk(study: Study, trials: list[_Trial]) -> int:
    """Return the bytes of a store: what each run takes, and each file of a batch of runs."""
    levels = sum(len(axis.paths) for axis in study.axes) + len(study.derived)
    numbers = BYTES_PER_NUMBER * len(study.outputs) + BYTES_PER_LEVEL * levels
    patients = int(_mean([float(one.patients_bytes) for one in trials]))
    columns = COLUMNS_OF_RUNS + levels + len(study.outputs)
    # A store is cut by the horizon that the study states (pathways.studies.store).
    batch_runs = runs_per_batch(study.patients, study.years or UNSTATED_YEARS)
    batches = -(-len(study) // batch_runs)
    in_batches = batches * (BYTES_PER_BATCH + BYTES_PER_COLUMN_OF_BATCH * columns)
    return BYTES_PER_STORE + in_batches + len(study) * (BYTES_PER_RUN + numbers + patients)


def _mean(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total / len(values)
