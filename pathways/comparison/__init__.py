"""Comparing policies on the same virtual patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathways.comparison.comparison import Comparison
    from pathways.comparison.running import compare

__all__ = ["Comparison", "compare"]

_HOMES = {
    "Comparison": "pathways.comparison.comparison",
    "compare": "pathways.comparison.running",
}


def __getattr__(name: str) -> Any:
    """Import what is offered when it is first asked for."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
