"""What a study costs beside its runs: overhead, speed-up, memory, disk, and a large cluster.

    python benchmarks/studies.py [--runs N] [--patients N] [--years Y] [--part NAME ...]

Parts: `overhead` (a sweep against a bare loop over `simulate`), `writer` (storing a
batch), `workers` (two against one),
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

from pathways import simulate
from pathways.studies.journal import read_journal
from pathways.studies.load import load_study
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
MEMORY_RUNS = (100, 1_000, 4_000)
CLUSTER_WORKERS = (2, 16, 64, 256, 1024)
BATCH_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)
BATCHES_PER_WORKER = 50
BATCHES = (1, 16, 99)
STORING_SECONDS = 0.024
"""Of the one writer for a batch of 16 runs: measured by `writer` on a busy machine."""

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
        scenario = study.scenario_of(study.run(0))

        def loop(study: Study = study, scenario=scenario) -> None:
            for number in range(len(study)):
                size = {"patients": study.patients, "years": study.years}
                simulate(scenario, **size, seed=study.run(number).seed, threads=1)

        found = []
        for _ in range(ROUNDS):
            bare = seconds_of(loop, time.process_time)
            whole = seconds_of(lambda study=study: swept(study, folder, 0), time.process_time)
            found.append((whole - bare, bare, whole))
        _, bare, whole = sorted(found)[ROUNDS // 2]
        each = 1e3 / len(study)
        print(
            f"{patients} patients x {options.years:g} years: loop {bare * each:.2f} ms a run, "
            f"sweep {whole * each:.2f} ms, overhead {(whole - bare) * each:+.2f} ms "
            "(processor time)"
        )


def workers(options: argparse.Namespace, folder: Path) -> None:
    """Wall time on one worker and on two, with and without their start."""
    study = study_of(folder, options.runs, options.patients, options.years)
    few = study_of(folder, 2, options.patients, options.years)
    took = {}
    for count in (1, 2):
        start = seconds_of(lambda count=count: swept(few, folder, count), time.perf_counter)
        begun = time.perf_counter()
        out = swept(study, folder, count)
        whole = time.perf_counter() - begun
        took[count] = whole - start
        busy = seconds_in_runs(out) / (count * took[count])
        each = (whole - start) / (len(study) - len(few))
        print(
            f"{count} worker(s): {len(study)} runs in {whole:.1f} s ({start:.1f} s to start and "
            f"end), {each * 1e3:.1f} ms a run; 10,000 runs in {10_000 * each:.0f} s; "
            f"workers busy with runs {100 * busy:.0f} % of the time"
        )
    print(f"two workers are {took[1] / took[2]:.2f} times as fast as one")


def seconds_in_runs(store: Path) -> float:
    """Return what the runs took on the workers' clocks, which other work on the machine moves."""
    entries = read_journal(store / "journal.jsonl")
    return sum(took for entry in entries for _, took in entry.get("seconds", ()))


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
                found = dict.fromkeys(store.contents.cut.numbers(batch), values)
                given = (batch, found, {}, dict.fromkeys(found, 0.1))
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
    parser.add_argument("--one-sweep", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one_sweep is not None:
        one_sweep(options.one_sweep)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in options.part:
            print(f"-- {name}", flush=True)
            PARTS[name](options, Path(folder))


if __name__ == "__main__":
    main()
