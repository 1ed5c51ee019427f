"""Instructions a patient-day of the kernel takes, counted by callgrind: the same on a busy machine.

    python benchmarks/instructions.py [SCENARIO ...] [--patients N] [--years Y] [--json FILE]

A report, never a test: counts depend on the compiler. They say nothing of waits for memory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import where_time_goes  # beside this file

SCENARIOS = ("conventional-care", "guideline-2018", "usual-practice", "multidisciplinary")
DAYS_PER_YEAR = 365


def instructions_per_day(scenario: str, patients: int, years: int) -> float:
    """Return the instructions of our compiled functions for one day of one patient's horizon."""
    with tempfile.TemporaryDirectory() as folder:
        text = where_time_goes.counted(scenario, patients, years, Path(folder))
    total = sum(where_time_goes.by_function(text).values())
    return total / (patients * years * DAYS_PER_YEAR)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS, metavar="SCENARIO")
    parser.add_argument("--patients", type=int, default=5000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("instructions.py: valgrind is not installed; nothing was counted")
        return
    found = {}
    for scenario in options.scenarios:
        found[scenario] = instructions_per_day(scenario, options.patients, options.years)
        print(f"{scenario:35} {found[scenario]:8.2f} instructions a patient-day", flush=True)
    if options.json:
        document = {"patients": options.patients, "years": options.years}
        document["instructions_per_patient_day"] = found
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
