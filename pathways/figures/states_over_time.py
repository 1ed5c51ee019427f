"""Where the referrals are on the pathway, week by week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.population import everybody, wilson
from pathways.figures.style import INSIDE, in_style, patch_legend, shared_label
from pathways.figures.weekly import (
    calendar_years,
    thinned,
    time_axis,
    weekly_panels,
    weekly_totals,
)

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison
    from pathways.simulation import Result

FILLS = {
    "dead": ("dead", "#1F1F1F", ""),
    "exited": ("has left the pathway", "#8A8A8A", ""),
    "conventional": ("conventional care from the start", "#DADADA", ""),
    "recovered": ("recovered", "#B7D7A8", ""),
    "paused": ("pause between courses", "#F6D57A", "...."),
    "maintenance": ("between maintenance courses", "#F2A73B", ""),
    "follow_up": ("after a course, not yet judged", "#D9722E", "////"),
    "course": ("on a course of infusions", "#9C2A2A", ""),
    "waiting": ("accepted, waiting for the first course", "#7FA8D9", ""),
    "referred": ("waiting for assessment", "#CFE0F3", "...."),
}
"""Words, colour and hatch of each state, from the bottom of a panel to its top."""

NOT_YET = ("not referred yet", "#FFFFFF", "")


def shares_by_state(result: Result) -> pandas.DataFrame:
    """Return the share of all referrals in each state at the end of each week.

    Returns
    -------
    pandas.DataFrame
        Index ``years`` since the start; a column for each state in the order of :data:`FILLS` and
        ``not_referred``, which add up to 1.
    """
    totals = weekly_totals(result)
    shares = totals[list(FILLS)] / max(len(result.patients), 1)
    shares["not_referred"] = np.maximum(1.0 - shares.sum(axis="columns"), 0.0)
    return shares.set_axis(totals["years"], axis="index")


@in_style
def states_over_time(comparison: Comparison) -> Figure:
    """Draw the share of referrals in each state by week, one panel per policy."""
    figure, axes, legend = weekly_panels(
        comparison,
        "Where referrals are on the pathway",
        f"Share of all referrals in each state at the end of each week; {everybody(comparison)}",
        "The square-root scale gives the first year as much room as the next three. Read "
        "heights; areas are not person-time.",
    )
    for name, ax in axes.items():
        shares = thinned(shares_by_state(comparison.results[name]))
        _draw(ax, shares)
        time_axis(ax, calendar_years(comparison), start=shares.index[0])
    next(iter(axes.values())).set_ylim(0.0, 100.0)
    shared_label(figure, "Share of all referrals (%)")
    _name_states(legend, comparison)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    return (
        f"Share of {everybody(comparison)} in each state on the last day of each week, from the "
        "weekly tables; the dead stay in the denominator, so every column is 100 %. Time runs on "
        "a square-root scale, on which heights can be compared and areas cannot. Counts of "
        "simulated patients; no interval is drawn (for a share of 50 % it is at most "
        f"{_widest(comparison)} percentage points either way)."
    )


def _draw(ax: Axes, shares: pandas.DataFrame) -> None:
    """Stack the states, each between the sum of those below and its own."""
    years = shares.index.to_numpy(float)
    below = np.zeros(len(shares))
    for state, (_, colour, hatch) in FILLS.items():
        above = below + 100.0 * shares[state].to_numpy(float)
        if shares[state].any():
            fill = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.3}
            ax.fill_between(years, below, above, label=state, **fill)
        below = above
    ax.grid(visible=False)


def _name_states(legend: Axes, comparison: Comparison) -> None:
    """Name the states that occur, in the order in which they are stacked."""
    occurring = set()
    for result in comparison.results.values():
        shares = shares_by_state(result)
        occurring |= {state for state in FILLS if shares[state].any()}
    entries = {
        words: {"facecolor": colour, "hatch": hatch}
        for state, (words, colour, hatch) in reversed(FILLS.items())
        if state in occurring
    }
    patch_legend(legend, entries, title="On the last day of the week", **INSIDE)


def _widest(comparison: Comparison) -> str:
    n = max(min(len(result.patients) for result in comparison.results.values()), 1)
    low, high = wilson(np.array([n // 2]), n)
    return f"{50.0 * float(high[0] - low[0]):.1f}"
