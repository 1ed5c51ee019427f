"""Comparisons of small runs for the tests of the figures, and ways to change a table of one."""

from __future__ import annotations

import copy
from functools import cache

import pandas

from pathways import simulate
from pathways.comparison import Comparison

SEVEN = (
    "conventional-care",
    "cash-clinic",
    "guideline-2018",
    "dose-ladder",
    "multidisciplinary",
    "exit-strategy",
    "sham-infusion",
)


@cache
def compared(*names: str, patients: int = 300, years: float | None = 2.0, events: bool = True):
    """Return a comparison of shipped scenarios; the same object for the same arguments."""
    size = {"patients": patients, "years": years, "seed": 3, "events": events}
    return Comparison({name: simulate(name, **size) for name in names})


def changed(comparison: Comparison, name: str, table: str, frame: pandas.DataFrame) -> Comparison:
    """Return a comparison in which one table of one policy is another."""
    result = copy.copy(comparison.results[name])
    result.__dict__[table] = frame
    return Comparison({**comparison.results, name: result}, comparison.reference)


def panel(figure, title: str):
    """Return the panel whose title is, or starts with, `title`."""
    found = [ax for ax in figure.axes if ax.get_title(loc="left").startswith(title)]
    assert len(found) == 1, [ax.get_title(loc="left") for ax in figure.axes]
    return found[0]
