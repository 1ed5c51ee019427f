"""What is true of one run alone and decides nothing: time, machine, engine, library versions."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

LIBRARIES = ("numpy", "pandas", "pyarrow", "scipy", "mesa")


@dataclass
class RunRecord:
    """How a run was made.

    Attributes
    ----------
    engine : str
    threads : int or None
        Threads of the kernel; None on the other engine.
    instruction_set : str or None
        Of the kernel; None on the other engine.
    started_at : str
        ISO 8601, UTC.
    seconds : dict from str to float
        Duration of each phase.
    """

    engine: str
    threads: int | None = None
    instruction_set: str | None = None
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``run.json``."""
        from pathways import __version__

        return {
            "engine": self.engine,
            "threads": self.threads,
            "instruction_set": self.instruction_set,
            "started_at": self.started_at,
            "seconds": {phase: round(taken, 3) for phase, taken in self.seconds.items()},
            "machine": {
                "system": platform.platform(),
                "processor": platform.machine(),
                "processors": os.cpu_count(),
            },
            "versions": {
                "pathways": __version__,
                "python": platform.python_version(),
                **{name: _version_of(name) for name in LIBRARIES},
            },
        }


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
