"""Patient-days per second and core of both engines, and where the kernel's time goes.

    python benchmarks/speed.py [SCENARIO ...] [--years Y] [--patients N] [--json FILE]

One thread, processor time, the best of several rounds: other work on the machine can only make a
round slower. Patient-days are patients times the horizon, whether or not they lived to see it.
Set ``PATHWAYS_ISA`` to measure another instruction set.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pathways import fastcore, layout
from pathways.engines import kernel_engine, mesa_engine
from pathways.fastcore.population import sample_traits
from pathways.plan import Plan
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

SCENARIOS = ("conventional-care", "guideline-2018", "exit-strategy", "cash-clinic")
MESA_PATIENTS = 20


@dataclass(frozen=True)
class Measurement:
    """One row: `part` is what was timed, an engine as a whole or a part of the kernel's work."""

    scenario: str
    part: str
    patients: int
    patient_days: int
    seconds: float
    infusions_per_patient: float

    @property
    def rate(self) -> float:
        return self.patient_days / self.seconds


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """Return the least processor time of several rounds, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


class KernelBlock:
    """The parts of the kernel engine's work on one block, each to be timed alone."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.kernel = fastcore.kernel()
        self.inputs = self.kernel.Inputs(plan)
        self.traits = sample_traits(plan)
        self.states = np.empty(plan.patients * self.kernel.patient_bytes(), np.uint8)
        self.weekly = np.zeros(plan.weeks, layout.numpy_dtype(layout.WEEKLY))
        self.results = np.empty(plan.patients, layout.numpy_dtype(layout.RESULTS))

    def sample(self) -> None:
        sample_traits(self.plan)

    def live(self) -> None:
        arrays = (self.inputs, self.traits, self.states)
        self.kernel.enrol(*arrays)
        self.kernel.advance(*arrays, self.weekly, None, 0, self.plan.horizon_days)
        self.kernel.finish(*arrays, self.results)


def measure(scenario: str, patients: int, years: int, rounds: int) -> list[Measurement]:
    """Time both engines and the kernel's parts on one shipped scenario or scenario file."""
    plan = resolve(load_scenario(scenario), patients=patients, years=years)
    few = resolve(load_scenario(scenario), patients=MESA_PATIENTS, years=years)
    block = KernelBlock(plan)
    block.live()
    infusions = float(block.results["infusions"].sum()) / patients

    def row(part: str, of: Plan, work: Callable[[], object], times: int) -> Measurement:
        days = of.patients * of.horizon_days
        return Measurement(scenario, part, of.patients, days, best_of(times, work), infusions)

    return [
        row("kernel", plan, lambda: kernel_engine.run(plan, threads=1), rounds),
        row("kernel: days lived", plan, block.live, rounds),
        row("kernel: traits sampled", plan, block.sample, rounds),
        row("mesa", few, lambda: mesa_engine.run(few), 2),
    ]


def machine() -> dict[str, str]:
    """Return what the figures depend on besides the code."""
    return {
        "processor": processor_name(),
        "instruction_set": fastcore.active_level(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def printed(row: Measurement) -> str:
    return (
        f"{row.scenario:20} {row.part:24} {row.rate / 1e6:9.2f} M patient-days/s per core"
        f"{row.seconds / row.patients * 1e6:11.1f} us per patient"
        f"{row.infusions_per_patient:8.1f} infusions"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS, metavar="SCENARIO")
    parser.add_argument("--patients", type=int, default=1000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    print(*(f"{name}: {value}" for name, value in machine().items()), sep="\n")
    rows = []
    for scenario in options.scenarios:
        for row in measure(scenario, options.patients, options.years, options.rounds):
            rows.append(row)
            print(printed(row), flush=True)
    if options.json:
        found = [asdict(row) | {"patient_days_per_second": row.rate} for row in rows]
        options.json.write_text(json.dumps({"machine": machine(), "rows": found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
