"""How time and memory of the kernel grow: patients, years, clinics with queues, events, threads.

    python benchmarks/growth.py [AXIS ...] [--most-seconds S] [--most-gigabytes G] [--json FILE]

Each point is a process of its own, so that its peak of memory is its own. Points that the one
before says would take longer or hold more than allowed are named and left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BASE = "guideline-2018"
KILOBYTE, GIGABYTE = 1024, 1_000_000_000
MOST_SECONDS, MOST_GIGABYTES = 60.0, 8.0


@dataclass(frozen=True)
class Point:
    """One run to be measured."""

    axis: str
    value: int
    patients: int
    years: int
    clinics: int = 0
    interval_days: int | None = None
    threads: int = 1


def axes() -> dict[str, list[Point]]:
    """Return the points of every axis, the cheapest first."""
    patients = [10**power for power in range(3, 9)]
    return {
        "patients": [Point("patients", n, n, 1) for n in patients],
        "years": [Point("years", n, 2000, n) for n in (1, 2, 5, 10, 20, 40, 60)],
        "clinics": [Point("clinics", n, 100_000, 2, n) for n in (1, 10, 100, 1000)],
        "patients of a clinic": [
            Point("patients of a clinic", n, n, 2, 1) for n in (5000, 20_000, 50_000, 200_000)
        ],
        "days between infusions": [
            Point("days between infusions", n, 5000, 2, interval_days=n) for n in (168, 84, 42, 24)
        ],
        "threads": [Point("threads", n, 20_000, 5, threads=n) for n in (1, 2, 4)],
    }


def document(point: Point) -> dict[str, Any]:
    """Return the scenario of a point, laid over the base."""
    laid: dict[str, Any] = {"extends": BASE, "scenario": "growth"}
    if point.clinics:
        laid |= _clinic(point)
    if point.interval_days is not None:
        # Everybody goes on for good, so that the number of infusions is that of the interval.
        laid["policy"] = {
            "maintenance": {"interval": f"{point.interval_days} d"},
            "exit": {"adherence_to_rule": 0},
            "limits": {"courses_per_year": 16},
        }
    return laid


def _clinic(point: Point) -> dict[str, Any]:
    """Return a clinic whose chairs bind; there are as many regions with one as clinics."""
    each = point.patients // point.clinics
    return {
        "referrals": {
            "kind": "arrivals",
            "per_year": each / point.years,
            "warm_up": "0 d",
            "intake": f"{point.years - 1} year",
            "follow_up": "1 year",
        },
        "horizon": "1 year",
        "clinics": [
            {
                "name": "Clinic",
                "chairs": max(1, each // 500),
                "nurses": max(1, each // 1000),
                "open": {"days": ["tuesday"], "minutes": "8 h"},
                "assessment_slots_per_week": max(1, each // 100),
            }
        ],
    }


def run_point(point: Point) -> dict[str, Any]:
    """Run a point in this process and return what it took."""
    from pathways.engines import kernel_engine
    from pathways.resolve.resolver import resolve
    from pathways.scenario import load_scenario

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "growth.yaml")
        file.write_text(json.dumps(document(point)))
        scenario = load_scenario(file)
    # Those referred in the intake, which is all but the last year, are what is asked for.
    asked = {"patients": point.patients // point.years} if point.clinics else None
    plan = resolve(scenario, **asked or {"patients": point.patients, "years": point.years})
    wall, processor = time.perf_counter(), time.process_time()
    raw = kernel_engine.run(plan, threads=point.threads)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE
    infusions = int(raw.results["infusions"].sum()) / plan.patients
    return {
        **asdict(point),
        "patients": plan.patients,
        "patient_days": int((plan.calendar_days - plan.referral_days).sum()),
        "wall_seconds": wall,
        "processor_seconds": processor,
        "peak_gigabytes": peak / GIGABYTE,
        "infusions_a_patient": infusions,
    }


def measured(point: Point) -> dict[str, Any]:
    """Run a point in a process of its own."""
    command = [sys.executable, "-P", __file__, "--point", json.dumps(asdict(point))]
    return json.loads(subprocess.check_output(command, text=True))


def too_much(point: Point, before: dict[str, Any], options: argparse.Namespace) -> str | None:
    """Return why a point is left out, judging by the one before it."""
    times = point.patients * point.years * 365 / before["patient_days"]
    seconds, held = before["processor_seconds"] * times, before["peak_gigabytes"] * times
    if seconds > options.most_seconds:
        return f"would take about {seconds:.0f} s"
    if held > options.most_gigabytes:
        return f"would hold up to {held:.0f} GB"
    return None


def walk(points: list[Point], options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure the points of an axis in order, and print them."""
    rows: list[dict[str, Any]] = []
    for point in points:
        if rows and (reason := too_much(point, rows[-1], options)):
            print(f"{point.axis:24}{point.value:>12,}  not run: {reason}")
            continue
        row = measured(point)
        rows.append(row)
        print(line(point, row), flush=True)
    return rows


def line(point: Point, row: dict[str, Any]) -> str:
    nanoseconds = row["processor_seconds"] / row["patient_days"] * 1e9
    return (
        f"{point.axis:24}{point.value:>12,}{row['processor_seconds']:10.2f} s"
        f"{row['wall_seconds']:9.2f} s wall{nanoseconds:8.1f} ns a patient-day"
        f"{row['peak_gigabytes']:7.2f} GB{row['infusions_a_patient']:8.1f} infusions a patient"
    )


def main() -> None:
    """Walk the axes asked for; see the module's first lines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("axes", nargs="*", metavar="AXIS", help=", ".join(axes()))
    parser.add_argument("--most-seconds", type=float, default=MOST_SECONDS)
    parser.add_argument("--most-gigabytes", type=float, default=MOST_GIGABYTES)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--point", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        print(json.dumps(run_point(Point(**json.loads(options.point)))))
        return
    known = axes()
    if unknown := set(options.axes) - set(known):
        parser.error(f"no axis {sorted(unknown)[0]!r}; there are: {', '.join(known)}")
    rows = [row for axis in options.axes or known for row in walk(known[axis], options)]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
