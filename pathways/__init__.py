"""Pathways: a simulator of ketamine treatment pathways for chronic pain.

Importing the package is cheap: what costs something is loaded when it is first used.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

# Name offered here, and the module it comes from.
_LAZY = {
    "compare": "pathways.comparison",
    "load_scenario": "pathways.scenario",
    "run_study": "pathways.studies.sweep",
    "simulate": "pathways.simulation",
}

__all__ = ["__version__", *_LAZY]


def __getattr__(name: str):
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
