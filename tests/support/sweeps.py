"""Small studies for the tests of sweeps, and studies in which a run goes wrong on purpose."""

from __future__ import annotations

import os
import resource
import signal
from hashlib import sha256
from pathlib import Path
from typing import Any

from pathways.studies.load import load_study
from pathways.studies.study import Run, Study

TEXT = """
study: tiny
title: A tiny study
scenarios: [{scenarios}]
patients: {patients}
years: 0.5
seeds: {seeds}
draws: {{count: {draws}}}
vary:
  - grid:
      {path}: {levels}
outputs: [mean_qaly, mean_ketamine_mg, median_wait_days]
keep: {{patients: {keep}}}
"""
USUAL: dict[str, Any] = {
    "scenarios": "guideline-2018",
    "patients": 5,
    "seeds": [1, 2],
    "draws": 3,
    "path": "policy.exit.adherence_to_rule",
    "levels": "[0.5]",
    "keep": "false",
}
RUNS = 6
SPARE_BYTES = 64_000_000


def tiny_study(folder: Path, **changes: Any) -> Study:
    """Return a study of ``RUNS`` runs of few patients, or with what `changes` says."""
    path = folder / "tiny.study.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(**{**USUAL, **changes}))
    return load_study(path, probe=False)


def digests(store: Path, table: str = "runs") -> dict[str, str]:
    """Return the hash of every file of a table by its name."""
    found = sorted((store / table).iterdir())
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in found}


class FaultyStudy:
    """A study whose runs do something else instead of being simulated.

    Parameters
    ----------
    study : Study
    faults : dict from int to str
        By run number: ``error``, ``memory``, ``kill`` its process, or ``kill once``.
    folder : Path
        Where runs leave what later attempts see.
    """

    def __init__(self, study: Study, faults: dict[int, str], folder: Path) -> None:
        self.study = study
        self.faults = faults
        self.folder = folder

    def __len__(self) -> int:
        return len(self.study)

    def __getattr__(self, name: str) -> Any:
        if name in ("study", "faults", "folder") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.study, name)

    def plan_of(self, run: Run) -> Any:
        """Return the plan, unless the run is to fail."""
        fault = self.faults.get(run.number)
        if fault == "error":
            raise ValueError("on purpose")
        if fault == "memory":
            self.study.plan_of(run)  # what it imports is not to be short of memory
            return _without_memory(lambda: self.study.plan_of(run, patients=50_000_000))
        if fault == "kill" or fault == "kill once" and self._is_first(run):
            os.kill(os.getpid(), signal.SIGKILL)
        return self.study.plan_of(run)

    def _is_first(self, run: Run) -> bool:
        try:
            (self.folder / f"killed-{run.number}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def _without_memory(make: Any) -> Any:
    """Call a function while this process may not grow much."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    now = pages * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + SPARE_BYTES, limits[1]))
    try:
        return make()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
