"""Where a patient-day of the kernel goes, by function: instructions counted by callgrind.

    python benchmarks/where_time_goes.py [SCENARIO] [--patients N] [--years Y] [--lines N]

A report, never a test: counts depend on the compiler. Small functions are inlined into the ones
that call them, and are counted there.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RUN = """
import sys
from pathways.engines import kernel_engine
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

plan = resolve(load_scenario(sys.argv[1]), patients=int(sys.argv[2]), years=int(sys.argv[3]))
kernel_engine.run(plan, threads=1)
"""
LINE = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)$")
NAME = re.compile(
    r"(?:__pyx_\w*?_kernel_\w+?_|__pyx_f_\d+_?)?(\w+?)(?:\.(?:constprop|isra|part).*)?$"
)
OURS = ("_kernel_", "population", "pathways_")


def counted(scenario: str, patients: int, years: int, folder: Path) -> str:
    """Run the kernel under callgrind and return the annotated counts."""
    out = folder / "callgrind.out"
    tool = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    run = [sys.executable, "-c", RUN, scenario, str(patients), str(years)]
    # valgrind knows no AVX-512
    subprocess.run([*tool, *run], check=True, env=os.environ | {"PATHWAYS_ISA": "v3"})
    annotate = ["callgrind_annotate", "--threshold=100", "--tree=none", "--auto=no", str(out)]
    return subprocess.check_output(annotate, text=True)


def by_function(annotated: str) -> dict[str, int]:
    """Return the instructions of each compiled function of ours, the largest first."""
    counts: dict[str, int] = {}
    for line in annotated.splitlines():
        found = LINE.match(line)
        if found is None or not any(word in found[2] for word in OURS):
            continue
        symbol = found[2].partition(" [")[0].rpartition(":")[2].partition("'")[0]
        name = NAME.match(symbol)[1] if NAME.match(symbol) else symbol
        counts[name] = counts.get(name, 0) + int(found[1].replace(",", ""))
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", nargs="?", default="guideline-2018", metavar="SCENARIO")
    parser.add_argument("--patients", type=int, default=5000)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--lines", type=int, default=20)
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("where_time_goes.py: valgrind is not installed; nothing was counted")
        return
    with tempfile.TemporaryDirectory() as folder:
        text = counted(options.scenario, options.patients, options.years, Path(folder))
    days = options.patients * options.years * 365
    counts = by_function(text)
    print(f"{options.scenario}: {sum(counts.values()) / days:.2f} instructions a patient-day")
    for name, count in list(counts.items())[: options.lines]:
        print(f"{count / days:8.3f}  {name}")


if __name__ == "__main__":
    main()
