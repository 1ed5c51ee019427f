"""The kernel against its aims, one row each, in one command; raw figures are kept.

    python benchmarks/table.py [--rounds R] [--large N] [--folder DIR]

Rates and ratios are of processor time on one thread. The two runs of a ratio are timed in turn in
one process; the median over the rounds counts, and every round is kept in DIR/table.json and
DIR/table.csv (default: results/benchmarks). A report, never a test.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import speed  # beside this file

from pathways.engines import kernel_engine
from pathways.plan import Plan
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

YEARS = 10
DAYS_PER_YEAR = 365
MILLION = 1e6
CLINIC = """\
extends: guideline-2018
scenario: guideline-in-a-clinic
referrals: {{cohort_load: true}}
clinics:
  - name: Clinic
    chairs: {chairs}
    open: {{days: [monday, tuesday, wednesday, thursday, friday], minutes: 8 h}}
    assessment_slots_per_week: {slots}
"""
PATIENTS_PER_CHAIR = 250
PATIENTS_PER_SLOT = 84
"""So few that patients wait more than a year for their first visit."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `rounds` are the figures it is the median of."""

    name: str
    unit: str
    aim: float
    median: float
    is_met: bool
    rounds: list[float]


def seconds(plan: Plan) -> float:
    """Return the processor time of one run."""
    run = lambda: kernel_engine.run(plan, threads=1)  # noqa: E731
    return speed.best_of(1, run, speed.CLOCKS["processor"])


def alone(scenario: str, patients: int) -> Plan:
    return resolve(load_scenario(scenario), patients=patients, years=YEARS)


def in_clinic(patients: int) -> Plan:
    """Return the plan of a guideline clinic whose chairs and slots bind."""
    text = CLINIC.format(
        chairs=max(1, patients // PATIENTS_PER_CHAIR), slots=max(1, patients // PATIENTS_PER_SLOT)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clinic.yaml")
        path.write_text(text)
        return resolve(load_scenario(path), patients=patients, years=YEARS)


def rate_row(scenario: str, aim: float, rounds: int, patients: int = 5000) -> Row:
    plan = alone(scenario, patients)
    days = plan.patients * plan.horizon_days
    found = [days / seconds(plan) / MILLION for _ in range(rounds)]
    middle = statistics.median(found)
    return Row(scenario, "M patient-days/s", aim, middle, middle >= aim, found)


def clinic_row(patients: int, aim: float, rounds: int) -> Row:
    """How many times as long a clinic with queues takes as the same patients without."""
    queued, free = in_clinic(patients), alone("guideline-2018", patients)
    found = [seconds(queued) / seconds(free) for _ in range(rounds)]
    middle = statistics.median(found)
    return Row(f"a clinic of {patients}", "x without queues", aim, middle, middle <= aim, found)


def rows(rounds: int, large: int) -> list[Callable[[], Row]]:
    return [
        lambda: rate_row("guideline-2018", 150.0, rounds),
        lambda: rate_row("conventional-care", 275.0, rounds),
        lambda: clinic_row(5000, 1.5, rounds),
        lambda: clinic_row(large, 2.5, max(1, rounds // 2)),
    ]


def shown(row: Row) -> Row:
    verdict = "met" if row.is_met else "missed"
    print(
        f"{row.name:24} {row.median:9.2f} {row.unit:18} aim {row.aim:g}: {verdict} "
        f"({min(row.rounds):.2f}-{max(row.rounds):.2f})",
        flush=True,
    )
    return row


def write(found: list[Row], folder: Path) -> None:
    """Keep machine and every round, as JSON and as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"machine": speed.machine(), "rows": [asdict(row) for row in found]}
    (folder / "table.json").write_text(json.dumps(document, indent=2) + "\n")
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "unit", "aim", "round", "figure"])
        for row in found:
            for number, figure in enumerate(row.rounds, 1):
                writer.writerow([row.name, row.unit, row.aim, number, figure])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=200_000, help="patients of the large clinic")
    parser.add_argument("--folder", type=Path, default=Path("results/benchmarks"), metavar="DIR")
    options = parser.parse_args()
    print(*(f"{name}: {value}" for name, value in speed.machine().items()), sep="\n")
    write([shown(measure()) for measure in rows(options.rounds, options.large)], options.folder)


if __name__ == "__main__":
    main()
