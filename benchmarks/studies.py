"""What a study costs beside its runs: overhead, speed-up, memory, disk, and a large cluster.

    python benchmarks/studies.py [--runs N] [--patients N] [--years Y] [--part NAME ...]

Parts: `overhead` (a sweep against a bare loop over `simulate`), `writer` (storing a batch),
`workers` (two against one, beside two bare loops against one: what the machine can do at most),
`memory` (of the process that asks, against the number of runs), `cluster` (a simulated one).
"""

from __future__ import annotations

import argparse
import heapq
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pathways import simulate
from pathways.studies.load import load_study
from pathways.studies.rows import part_of, row_of, table_of
from pathways.studies.store import open_store
from pathways.studies.study import Study
from pathways.studies.sweep import run_study

STUDY = """
study: benchmark
title: What a study costs
scenarios: [guideline-2018]
patients: {patients}
years: {years}
seeds: {{first: 1, count: {runs}}}
vary:
  - grid:
      policy.exit.adherence_to_rule: [0.9]
"""
ROUNDS = 3
RUNS_OF_WORKERS = 5
"""So many times the runs of other parts: at the end one worker may wait for the other's batch."""

MEMORY_RUNS = (100, 1_000, 4_000)
CLUSTER_WORKERS = (2, 16, 64, 256, 1024)
BATCH_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)
BATCHES_PER_WORKER = 50
BATCHES = (1, 22, 150)
STORING_SECONDS = 0.018
"""Of the one writer for a batch, most of it waiting for the disk: measured by `writer`."""

LATENCY_SECONDS = 0.005
"""From a worker to the writer and back: an assumption."""


def study_of(folder: Path, runs: int, patients: int, years: float) -> Study:
    """Return a study of one scenario and many seeds."""
    path = folder / "benchmark.study.yaml"
    path.write_text(STUDY.format(runs=runs, patients=patients, years=years))
    return load_study(path, probe=False)


def seconds_of(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the seconds of a call."""
    started = clock()
    work()
    return clock() - started


def swept(study: Study, folder: Path, workers: int) -> Path:
    """Run a study into a new store and return its path."""
    out = Path(tempfile.mkdtemp(dir=folder)) / "store"
    run_study(study, out=out, workers=workers)
    return out


def overhead(options: argparse.Namespace, folder: Path) -> None:
    """Processor time of a sweep in this process less that of a loop over `simulate`."""
    for patients in (1, options.patients):
        study = study_of(folder, options.runs, patients, options.years)
        found = []
        for _ in range(ROUNDS):
            bare = seconds_of(lambda study=study: bare_loop(study, len(study)), time.process_time)
            whole = seconds_of(lambda study=study: swept(study, folder, 0), time.process_time)
            found.append((whole - bare, bare, whole))
        _, bare, whole = sorted(found)[ROUNDS // 2]
        each = 1e3 / len(study)
        print(
            f"{patients} patients x {options.years:g} years: loop {bare * each:.2f} ms a run, "
            f"sweep {whole * each:.2f} ms, overhead {(whole - bare) * each:+.2f} ms "
            "(processor time)"
        )


class Watched(NamedTuple):
    """What a sweep took, in seconds.

    Attributes
    ----------
    whole, working : float
        By the clock: all of it, and from when its workers stood ready to the last run stored.
    asking, workers : float
        Processor time of the process that asks, meanwhile, and of all workers with their start.
    """

    whole: float
    working: float
    asking: float
    workers: float


def watched(study: Study, folder: Path, count: int) -> Watched:
    """Run a study into a new store and say what it took."""
    marks: list[tuple[float, float]] = []
    begun, children = time.perf_counter(), children_seconds()
    run_study(
        study,
        out=Path(tempfile.mkdtemp(dir=folder)) / "store",
        workers=count,
        progress=lambda *_: marks.append((time.perf_counter(), time.process_time())),
    )
    whole = time.perf_counter() - begun
    working, asking = (last - first for first, last in zip(marks[0], marks[-1], strict=True))
    return Watched(whole, working, asking, children_seconds() - children)


def children_seconds() -> float:
    """Return the processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def workers(options: argparse.Namespace, folder: Path) -> None:
    """Time of a sweep on one worker and on two, the better of some rounds, beside bare loops."""
    swept(study_of(folder, 2, options.patients, options.years), folder, 1)  # imports
    study = study_of(folder, RUNS_OF_WORKERS * options.runs, options.patients, options.years)
    best: dict[int, Watched] = {}
    loops: dict[int, float] = {}
    for _ in range(options.rounds):
        for count in (1, 2):
            found = watched(study, folder, count)
            best[count] = min(found, best.get(count, found))
            took = looped(study, len(study) // RUNS_OF_WORKERS, count)
            loops[count] = min(took, loops.get(count, took))
    for count, found in best.items():
        print(
            f"{count} worker(s): {len(study)} runs in {found.whole:.1f} s, {found.working:.1f} s "
            f"without start and end, {1e3 * found.working / len(study):.1f} ms a run; processor "
            f"time {found.workers:.1f} s of workers, {found.asking:.2f} s of the process that asks"
        )
    whole, working = (best[1][place] / best[2][place] for place in (0, 1))
    machine = 2 * loops[1] / loops[2]
    print(
        f"two workers are {working:.2f} times as fast as one, {whole:.2f} with start and end; two "
        f"bare loops side by side {machine:.2f} times as fast as one"
    )
    print(f"10,000 runs on two workers: {10_000 * best[2].working / len(study):.0f} s")


def looped(study: Study, runs: int, count: int) -> float:
    """Return the seconds of bare loops over `simulate`, side by side in so many processes."""
    command = [sys.executable, __file__, "--one-loop", study.path, "--runs", str(runs)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    loops = [subprocess.Popen(command, **pipes) for _ in range(count)]
    for one in loops:
        one.stdout.readline()  # it has imported all it needs
    for one in loops:
        one.stdin.write("\n")
        one.stdin.flush()
    return max(float(one.communicate()[0]) for one in loops)


def one_loop(path: str, runs: int) -> None:
    """Simulate some runs of a study as soon as a line is read, and say how long it took."""
    study = load_study(path, probe=False)
    bare_loop(study, 2)
    print("ready", flush=True)
    sys.stdin.readline()
    print(seconds_of(lambda: bare_loop(study, runs), time.perf_counter))


def bare_loop(study: Study, runs: int) -> None:
    """Simulate the first runs of a study and keep nothing."""
    scenario = study.scenario_of(study.run(0))
    for number in range(runs):
        size = {"patients": study.patients, "years": study.years}
        simulate(scenario, **size, seed=study.run(number).seed, threads=1)


def memory(options: argparse.Namespace, folder: Path) -> None:
    """Peak memory of the process that asks, in a process for each number of runs."""
    for runs in MEMORY_RUNS:
        path = Path(tempfile.mkdtemp(dir=folder))
        study_of(path, runs, 1, 0.1)
        command = [sys.executable, __file__, "--one-sweep", os.fspath(path)]
        print(subprocess.check_output(command, text=True).strip(), flush=True)


def one_sweep(folder: Path) -> None:
    """Run the study in a folder and say what it took."""
    study = load_study(folder / "benchmark.study.yaml", probe=False)
    out = swept(study, folder, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    files = [path.stat().st_size for path in out.rglob("*") if path.is_file()]
    print(
        f"{len(study)} runs: {peak:.0f} MiB at the peak; {sum(files) / len(study):.0f} bytes a "
        f"run on disk in {len(files)} files"
    )


def cluster(options: argparse.Namespace, folder: Path) -> None:
    """Share of a simulated cluster's time that is spent on runs."""
    print("workers  " + "".join(f"{seconds:8g} s" for seconds in BATCH_SECONDS) + " a batch")
    for count in CLUSTER_WORKERS:
        shares = [efficiency(count, seconds) for seconds in BATCH_SECONDS]
        print(f"{count:7}  " + "".join(f"{100 * share:8.0f} %" for share in shares))


def efficiency(workers: int, batch_seconds: float) -> float:
    """Return the share of the workers' time that is work, with one writer for all of them.

    Each worker has a second batch waiting, so it stands still only when the writer is behind by
    more than a batch.
    """
    batches = workers * BATCHES_PER_WORKER
    # Batches that come back: when, and by whom. Workers do not start all at one instant.
    back = [(batch_seconds * (1 + worker / workers), worker) for worker in range(workers)]
    heapq.heapify(back)
    ready = [[0.0] for _ in range(workers)]  # when the batch that waits at a worker got there
    writer_free = end = 0.0
    handed_out = 2 * workers
    for _ in range(batches):
        at, worker = heapq.heappop(back)
        end = max(end, at)
        writer_free = max(writer_free, at + LATENCY_SECONDS) + STORING_SECONDS
        if ready[worker]:
            heapq.heappush(back, (max(at, ready[worker].pop()) + batch_seconds, worker))
        if handed_out < batches:
            handed_out += 1
            arrives = writer_free + LATENCY_SECONDS
            if any(one == worker for _, one in back):
                ready[worker].append(arrives)
            else:
                heapq.heappush(back, (max(at, arrives) + batch_seconds, worker))
        if not back:
            break
    return batches * batch_seconds / (workers * max(end, writer_free))


def writer(options: argparse.Namespace, folder: Path) -> None:
    """What the process that asks does with a batch that came back."""
    for size in BATCHES:
        study = study_of(folder, size * BATCHES_PER_WORKER, options.patients, options.years)
        values = dict.fromkeys(study.outputs, 0.1) | {"key": "k" * 32, "fingerprint": "f" * 64}
        out = Path(tempfile.mkdtemp(dir=folder)) / "store"
        with open_store(out, study, batch_runs=size) as store:
            took = []
            for batch in range(BATCHES_PER_WORKER):
                numbers, columns = store.contents.cut.numbers(batch), store.contents.columns
                rows = [row_of(study, number, columns, values) for number in numbers]
                part = part_of(table_of(rows, columns))  # by a worker
                given = (batch, [part], {}, dict.fromkeys(numbers, 0.1))
                took.append(seconds_of(lambda given=given: store.add(*given), time.perf_counter))
        median = sorted(took)[len(took) // 2]
        print(f"a batch of {size} runs is stored in {median * 1e3:.1f} ms")


PARTS = {
    "overhead": overhead,
    "writer": writer,
    "workers": workers,
    "memory": memory,
    "cluster": cluster,
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--patients", type=int, default=1_000)
    parser.add_argument("--years", type=float, default=5.0)
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, default=2, help="of the part `workers`")
    parser.add_argument("--one-sweep", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--one-loop", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_sweep is not None:
        one_sweep(options.one_sweep)
        return
    if options.one_loop is not None:
        one_loop(options.one_loop, options.runs)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in options.part:
            print(f"-- {name}", flush=True)
            PARTS[name](options, Path(folder))


if __name__ == "__main__":
    main()
