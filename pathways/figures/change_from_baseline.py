"""What the fall of mean pain since enrolment is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.pain import change_by_component
from pathways.figures.population import everybody
from pathways.figures.style import (
    INK,
    INSIDE,
    SMALL_POINTS,
    in_style,
    patch_legend,
    shared_label,
)
from pathways.figures.weekly import (
    calendar_years,
    thinned,
    time_axis,
    time_in_words,
    weekly_panels,
)

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

FILLS = {
    "natural_course": ("regression to the mean\nand natural history", "#D5D5D5", ""),
    "programme": ("programme of therapies", "#7CB48F", "////"),
    "expectation": ("expectation", "#F0B95B", "...."),
    "drug": ("drug", "#8E1B3A", ""),
}
"""Words, colour and hatch of each component, from the bottom up."""

YEARS_WRITTEN = (1.0, 5.0, 10.0)
SLACK_YEARS = 0.02
"""The last week may end a few days before a whole number of years."""


@in_style
def change_from_baseline(comparison: Comparison) -> Figure:
    """Draw the components of the change from the enrolment score, stacked, one panel per policy."""
    changes = {name: change_by_component(comparison, name) for name in comparison.names}
    figure, axes, legend = weekly_panels(
        comparison,
        "What the change in pain since enrolment is made of",
        f"Fall of mean pain below the mean score at enrolment; {everybody(comparison)}",
        "Written: the part of the drug in NRS points. Components are taken off in the order of "
        "the legend, from the bottom up; means over the living.",
    )
    for name, ax in axes.items():
        _draw(ax, thinned(changes[name]))
        _write_drug(ax, changes[name])
        start = changes[name].index[0]
        time_axis(ax, calendar_years(comparison), start=start)
    next(iter(axes.values())).set_ylim(*_limits(changes))
    shared_label(figure, "Fall of mean pain (NRS points)")
    shown = [name for name in FILLS if any(name in change for change in changes.values())]
    entries = {
        FILLS[name][0]: {"facecolor": FILLS[name][1], "hatch": FILLS[name][2]}
        for name in reversed(shown)
    }
    patch_legend(legend, entries, labelspacing=0.9, **INSIDE)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    return (
        "Mean score at enrolment less mean pain of the living on the last day of each week, in "
        f"NRS points, of {everybody(comparison)}, and what it is made of. Taken off in sequence: "
        "regression to the mean and natural history (flares, recovery, relapse), the programme of "
        "therapies, expectation, and last the slow relief of ketamine; another order would share "
        "out what overlaps differently. The parts add up to the whole exactly. The first "
        "part is there in every policy, treated or not. The score at enrolment is the mean over "
        "all referrals, also those who have died since. The temporary relief during an infusion "
        "is not in it. No interval: weekly tables hold sums."
    )


def boundaries(change: pandas.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each component its lower and upper edge: what came before it, and that with it."""
    below, edges = np.zeros(len(change)), {}
    for name in change:
        above = below + change[name].to_numpy(float)
        edges[name] = (below, above)
        below = above
    return edges


def _draw(ax: Axes, change: pandas.DataFrame) -> None:
    years = change.index.to_numpy(float)
    top = np.zeros(len(change))
    for name, (below, top) in boundaries(change).items():
        _, colour, hatch = FILLS[name]
        fill = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.0}
        ax.fill_between(years, below, top, label=name, **fill)
    ax.plot(years, top, color=INK, linewidth=0.8)
    ax.axhline(0.0, color=INK, linewidth=0.8)


def _write_drug(ax: Axes, change: pandas.DataFrame) -> None:
    """Write the part of the drug at some times, because a thin layer cannot be read off."""
    words = {"ha": "right", "va": "bottom", "fontsize": SMALL_POINTS, "linespacing": 1.3}
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2.5}
    ax.text(0.97, 0.05, drug_in_words(change), transform=ax.transAxes, bbox=box, **words)


def drug_in_words(change: pandas.DataFrame) -> str:
    """Return the most the drug takes off and when, and what it takes off at fixed times."""
    drug = change["drug"].dropna()
    if not (drug != 0.0).any():
        return "no effect of the drug"
    years = drug.index.to_numpy(float)
    most = int(np.argmax(drug.to_numpy(float)))
    parts = [
        f"{time:g} y {drug.iloc[int(np.argmin(np.abs(years - time)))]:.2f}"
        for time in YEARS_WRITTEN
        if time <= years[-1] + SLACK_YEARS
    ]
    lines = [f"drug, at most {drug.iloc[most]:.2f}", f"(after {time_in_words(years[most])})"]
    lines[1] = "; ".join([lines[1], *parts[:1]])
    return "\n".join([*lines, ", ".join(parts[1:])]).rstrip()


def _limits(changes: dict[str, pandas.DataFrame]) -> tuple[float, float]:
    """Return the ends of the vertical axis; zero is always on it."""
    edges = [
        edge for change in changes.values() for pair in boundaries(change).values() for edge in pair
    ]
    values = np.concatenate(edges)
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    return min(1.05 * low, 0.0), max(1.05 * high, 0.1)
