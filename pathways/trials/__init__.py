"""Virtual trials: published trials simulated at their size, beside what was published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathways.trials.change import ChangeSplit, split_changes
    from pathways.trials.load import Trial, load_trial, shipped_trials
    from pathways.trials.run import TrialRun, simulate_trial
    from pathways.trials.target import Target, targets

_HOMES = {
    "ChangeSplit": "change",
    "split_changes": "change",
    "Trial": "load",
    "load_trial": "load",
    "shipped_trials": "load",
    "TrialRun": "run",
    "simulate_trial": "run",
    "Target": "target",
    "targets": "target",
}

__all__ = [
    "ChangeSplit",
    "Target",
    "Trial",
    "TrialRun",
    "load_trial",
    "shipped_trials",
    "simulate_trial",
    "split_changes",
    "targets",
]


def __getattr__(name: str) -> Any:
    """Import a part when it is first asked for."""
    from importlib import import_module

    if name in _HOMES:
        return getattr(import_module(f"pathways.trials.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
