"""How long ``pathways compare`` takes as a whole, and which parts of it.

    python benchmarks/compare.py [--patients N] [--years Y] [--rounds R] [--json FILE]

Each round is a new process, from its start to its end, as ``make run`` starts it. Phases are those
of ``run.json``; what they leave is loading, reading, resolving and printing. Figures are drawn by
other processes while tables and workbook are written: their phase is the time that is waited for.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PRICES = "uk-2023-gbp"
SIMULATION = "simulation"
MEGABYTE = 1_000_000
KILOBYTE = 1024


@dataclass(frozen=True)
class Round:
    """One run of the command: seconds by the clock on the wall and of the processors, memory."""

    wall_seconds: float
    processor_seconds: float
    largest_process_megabytes: float
    phases: dict[str, float]


def one_round(patients: int, years: float, folder: Path) -> Round:
    """Run the command once into a folder."""
    given = {"prices": PRICES, "patients": patients, "years": years, "seed": 1, "out": folder}
    options = [part for name, value in given.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "pathways", "compare", *options, "--overwrite"]
    before, started = _processor_seconds(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - started
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KILOBYTE / MEGABYTE
    recorded = json.loads((folder / "run.json").read_text())["seconds"]
    return Round(wall, _processor_seconds() - before, largest, phases(recorded, wall))


def phases(recorded: dict[str, float], wall: float) -> dict[str, float]:
    """Return the seconds of each phase; those of the policies' simulations are added up."""
    simulated = sum(taken for name, taken in recorded.items() if name.startswith(SIMULATION))
    others = {name: taken for name, taken in recorded.items() if not name.startswith(SIMULATION)}
    found = {SIMULATION: simulated, **others}
    return {**found, "all the rest": wall - sum(found.values())}


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the best round, and the phases of it; see the module's first lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=20_000)
    parser.add_argument("--years", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=2, help="the first may compile modules")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = (options.patients, options.years, Path(folder) / "comparison")
        rounds = [one_round(*size) for _ in range(options.rounds)]
    best = min(rounds, key=lambda one: one.wall_seconds)
    print(f"{os.cpu_count()} processors, {options.patients} patients x {options.years:g} years")
    print(f"{'wall':24}{best.wall_seconds:8.2f} s")
    print(f"{'processors':24}{best.processor_seconds:8.2f} s")
    print(f"{'largest process':24}{best.largest_process_megabytes:8.0f} MB")
    for name, taken in best.phases.items():
        print(f"  {name:22}{taken:8.2f} s")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(one) for one in rounds], indent=2) + "\n")


if __name__ == "__main__":
    main()
