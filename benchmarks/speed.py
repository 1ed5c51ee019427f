"""Patient-days per second and core of both engines on the shipped scenarios.

    python benchmarks/speed.py [SCENARIO ...] [--patients N] [--years Y] [--isa] [--json FILE]

Processor time, best of several rounds. Patient-days are patients times the horizon, dead or alive.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from pathways import fastcore
from pathways.engines import kernel_engine, mesa_engine
from pathways.plan import Plan
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

SCENARIOS = files("pathways.scenarios")
THREADED = "guideline-2018"
MESA = {"patients": 200, "years": 2}
CLOCKS = {"processor": time.process_time, "wall": time.perf_counter}


@dataclass(frozen=True)
class Measurement:
    """One row: an engine on one scenario; `clock` says which seconds these are."""

    scenario: str
    engine: str
    isa: str
    threads: int
    clock: str
    patients: int
    years: float
    seconds: float
    patient_days_per_second: float


def best_of(rounds: int, work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the fewest seconds of several rounds by a clock."""
    seconds = []
    for _ in range(rounds):
        started = clock()
        work()
        seconds.append(clock() - started)
    return min(seconds)


def measured(
    scenario: str, plan: Plan, rounds: int, threads: int | None = 1, clock: str = "processor"
) -> Measurement:
    """Time the kernel on a plan by the `processor` or `wall` clock; Mesa if `threads` is None."""
    options = {} if threads is None else {"threads": threads}
    engine = mesa_engine if threads is None else kernel_engine
    seconds = best_of(rounds, lambda: engine.run(plan, **options), CLOCKS[clock])
    name, isa = ("mesa", "") if threads is None else ("kernel", fastcore.active_level())
    years, rate = plan.horizon_days / 365, plan.patients * plan.horizon_days / seconds
    what = (scenario, name, isa, threads or 1, clock)
    return shown(Measurement(*what, plan.patients, years, seconds, rate))


def measure(options: argparse.Namespace) -> list[Measurement]:
    """Time every scenario with one thread, one of them with two threads, and the Mesa engine."""
    rows = []
    for scenario in options.scenarios:
        plan = resolve(load_scenario(scenario), patients=options.patients, years=options.years)
        rows.append(measured(scenario, plan, options.rounds))
        if options.kernel_only:
            continue
        if scenario == THREADED:
            rows += [measured(scenario, plan, options.rounds, n, "wall") for n in (1, 2)]
        few = resolve(load_scenario(scenario), **MESA)
        rows.append(measured(scenario, few, options.rounds, threads=None))
    return rows


def measure_elsewhere(level: str, options: argparse.Namespace) -> list[Measurement]:
    """Time the kernel of another instruction set, which a process chooses only once."""
    words = ["--patients", options.patients, "--years", options.years, "--rounds", options.rounds]
    command = [sys.executable, "-P", __file__, "--rows", *map(str, words), *options.scenarios]
    out = subprocess.check_output(command, env=os.environ | {"PATHWAYS_ISA": level}, text=True)
    return [shown(Measurement(**row)) for row in json.loads(out.splitlines()[-1])]


def shown(row: Measurement) -> Measurement:
    print(
        f"{row.scenario:35} {row.engine:6} {row.isa:6} {row.threads} thread(s) "
        f"{row.patient_days_per_second / 1e6:9.3f} M patient-days/s of {row.clock} time",
        flush=True,
    )
    return row


def against_limit(rows: list[Measurement], toy_rate: float) -> dict[str, float]:
    """Return what fraction of the toy's rate the kernel reaches on each scenario."""
    return {
        row.scenario: row.patient_days_per_second / toy_rate
        for row in rows
        if row.engine == "kernel" and row.clock == "processor"
    }


def print_limit(rows: list[Measurement]) -> float | None:
    """Run the yardstick beside the rows; None without a C compiler."""
    import limit  # beside this file, which is not looked for with python -P

    toy_rate = limit.patient_days_per_second(fastcore.active_level())
    if toy_rate is None:
        print("limit1.c: no C compiler, so no yardstick")
        return None
    print(f"limit1.c, a dense toy pathway in C: {toy_rate / 1e6:.0f} M patient-days/s")
    for scenario, share in against_limit(rows, toy_rate).items():
        print(f"{scenario:35} {share:6.3f} of it")
    return toy_rate


def speed_up(rows: list[Measurement]) -> float | None:
    """Return how much sooner two threads are done than one; None if not measured."""
    seconds = {row.threads: row.seconds for row in rows if row.clock == "wall"}
    return seconds[1] / seconds[2] if len(seconds) == 2 else None


def machine() -> dict[str, object]:
    """Return what the figures depend on besides the code."""
    said = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", said.read_text()) if said.exists() else []
    return {
        "processor": names[0] if names else platform.processor(),
        "processors": kernel_engine.available_processors(),
        "python": platform.python_version(),
        "instruction_set": fastcore.active_level(),
    }


def main() -> None:
    shipped = sorted(Path(f.name).stem for f in SCENARIOS.iterdir() if f.name.endswith(".yaml"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", default=shipped, metavar="SCENARIO")
    parser.add_argument("--patients", type=int, default=5000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--isa", action="store_true", help="every instruction set, kernel only")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--rows", dest="kernel_only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    print(*(f"{name}: {value}" for name, value in machine().items()), sep="\n")
    levels = fastcore.available_levels() if options.isa else ()
    isa_rows = [row for level in levels for row in measure_elsewhere(level, options)]
    rows = isa_rows or measure(options)
    if (ratio := speed_up(rows)) is not None:
        print(f"{THREADED}: two threads are {ratio:.2f} times as fast as one")
    toy_rate = None if options.kernel_only or isa_rows else print_limit(rows)
    found = [asdict(row) for row in rows]
    if options.kernel_only:
        print(json.dumps(found))
    if options.json:
        document = {"machine": machine(), "two_threads_against_one": ratio}
        document |= {"limit1": toy_rate, "rows": found}
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
