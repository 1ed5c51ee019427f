"""Scenario files: their schema, and reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathways.scenario.load import Scenario, load_scenario

__all__ = ["Scenario", "load_scenario"]


def __getattr__(name: str) -> Any:
    """Import the reader when it is first asked for."""
    if name in __all__:
        from pathways.scenario import load

        return getattr(load, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
