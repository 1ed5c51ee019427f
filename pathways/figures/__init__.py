"""Figures of a comparison, in the style of seaborn.

``FIGURES`` and ``CAPTIONS`` map a figure's name to a function of a comparison; nothing heavy is
imported before one of them is called. The figures have no pyplot behind them: nothing opens,
nothing stays behind, and the user's settings are untouched.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from pathways.figures.palette import colours
from pathways.figures.writing import write_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

__all__ = ["CAPTIONS", "FIGURES", "colours", "write_figures"]

NAMES = (
    "lifetime_dose",
    "states_over_time",
    "exit_reasons",
    "pain_trajectories",
    "change_from_baseline",
    "harm_by_dose",
    "waiting",
    "cost_and_qaly",
)


def _figure(name: str) -> Callable[[Comparison], Figure]:
    def draw(comparison: Comparison) -> Figure:
        return getattr(importlib.import_module(f"pathways.figures.{name}"), name)(comparison)

    draw.__name__ = draw.__qualname__ = name
    draw.__doc__ = f"Draw the figure ``{name}`` of a comparison."
    return draw


def _caption(name: str) -> Callable[[Comparison], str]:
    def words(comparison: Comparison) -> str:
        return importlib.import_module(f"pathways.figures.{name}").caption(comparison)

    words.__name__ = words.__qualname__ = f"{name}_caption"
    words.__doc__ = f"Return the caption of the figure ``{name}``."
    return words


FIGURES: dict[str, Callable[[Comparison], Figure]] = {name: _figure(name) for name in NAMES}
"""Functions that draw a figure of a comparison, in the order in which they are shown."""

CAPTIONS: dict[str, Callable[[Comparison], str]] = {name: _caption(name) for name in NAMES}
"""Functions that say what a figure shows, with denominators, intervals and what to beware of."""
