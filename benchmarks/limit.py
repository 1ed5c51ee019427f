"""The yardstick beside the kernel: a dense daily toy pathway in C, compiled and run here."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("limit1.c")
FLAGS = {"v2": "-march=x86-64-v2", "v3": "-march=x86-64-v3", "v4": "-march=x86-64-v4"}
PATIENTS, DAYS = 51_200, 3650


def patient_days_per_second(level: str, rounds: int = 3) -> float | None:
    """Return the best rate of the toy on one thread, or None without a C compiler.

    Parameters
    ----------
    level : str
        The instruction set the kernel uses, so that both are compiled for the same.
    rounds : int
        Runs, of which the fastest counts.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "limit1")
        flags = ["-O3", *([FLAGS[level]] if level in FLAGS else [])]
        subprocess.run([compiler, *flags, SOURCE, "-o", program, "-lm"], check=True)
        return max(_one_round(program) for _ in range(rounds))


def _one_round(program: Path) -> float:
    command = [program, str(PATIENTS), str(DAYS)]
    said = subprocess.check_output(command, text=True)
    return float(json.loads(said)["pdps"])
