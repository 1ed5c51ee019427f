"""Weekly tables for drawing: clinics added up, means over the living, time in years.

A weekly table has one row for each clinic and week; means are sums over the clinics divided by the
living of all of them, never means of means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.style import grid_of, new_figure, panels
from pathways.outcomes.schema import STATES

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison
    from pathways.simulation import Result

DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365.0
LIVING = STATES[:-1]
WEEKS_IN_FULL = 104
PANEL, PANEL_SUM = "panel_present", "panel_score_sum"
"""Patients whose diary score of the last day of the week is known, and the sum of these scores."""

KEPT = "_weekly_totals"
SUM = "_sum_e6"
SUM_UNITS = 1e6

TICKS = (
    (0.0, "0"),
    (7 / 365, "1 wk"),
    (1 / 12, "1 mo"),
    (0.25, "3 mo"),
    (0.5, "6 mo"),
    (1.0, "1 y"),
    (2.0, "2 y"),
    (3.0, "3 y"),
    (5.0, "5 y"),
    (10.0, "10 y"),
    (20.0, "20 y"),
    (30.0, "30 y"),
    (50.0, "50 y"),
)
ROW_INCHES, AROUND_INCHES = 2.75, 0.4
"""Heights of a row of panels, and of what stands above and below all of them."""

TICK_ROOM = 0.155
"""Shortest distance between two ticks, as a share of the axis."""


def weekly_totals(result: Result) -> pandas.DataFrame:
    """Return one row for each calendar week, all clinics together.

    Returns
    -------
    pandas.DataFrame
        Index ``week``. Counts and sums of the weekly table added up; ``living``; for every quantity
        with a sum its mean over the living (``pain_mean``, ...; not a number when nobody lives);
        ``observed_pain_mean`` where diary scores are recorded;
        ``years``, from the start of the simulation to the day of the count.
    """
    table = result.weekly
    # Every figure asks several times; kept with the table it was made from.
    kept = vars(result).get(KEPT)
    if kept is None or kept[0] is not table:
        kept = vars(result)[KEPT] = (table, _totals(table, result))
    return kept[1].copy()


def _totals(table: pandas.DataFrame, result: Result) -> pandas.DataFrame:
    added = [
        name for name in table if not name.endswith("_mean") and name not in ("clinic", "week")
    ]
    totals = table.groupby("week")[added].sum(min_count=1)
    totals["living"] = totals[list(LIVING)].sum(axis="columns")
    living = totals["living"].to_numpy(float)
    for name in (name for name in added if name.endswith(SUM)):
        sums = totals[name].to_numpy(float, na_value=np.nan) / SUM_UNITS
        means = np.divide(sums, living, out=np.full(len(sums), np.nan), where=living > 0)
        totals[name.removesuffix(SUM) + "_mean"] = means
    if has(totals, PANEL):
        scores, present = (totals[name].to_numpy(float) for name in (PANEL_SUM, PANEL))
        means = np.divide(scores, present, out=np.full(len(scores), np.nan), where=present > 0)
        totals["observed_pain_mean"] = means
    last_day = totals.index.to_numpy() * DAYS_PER_WEEK + DAYS_PER_WEEK - 1
    totals["years"] = np.minimum(last_day, calendar_days(result) - 1) / DAYS_PER_YEAR
    return totals


def calendar_days(result: Result) -> int:
    """Return the days simulated: more than a patient's horizon where referrals come over time."""
    return getattr(result.plan, "calendar_days", result.plan.horizon_days)


def weekly_panels(
    comparison: Comparison, title: str, subtitle: str, note: str
) -> tuple[Figure, dict[str, Axes], Axes]:
    """Return a figure with a panel over calendar time for each policy, and a cell for the legend.

    Parameters
    ----------
    comparison : Comparison
    title, subtitle, note : str
        As for :func:`pathways.figures.style.new_figure`.
    """
    names = comparison.names
    height = AROUND_INCHES + ROW_INCHES * grid_of(len(names))[0]
    figure = new_figure(height, title, subtitle, note, time_label(comparison))
    return figure, *panels(figure, names)


def thinned(weekly: pandas.DataFrame) -> pandas.DataFrame:
    """Return every week of the first two years, then every fourth, and the last.

    On a square-root scale later weeks lie closer than a point of the pen.
    """
    week = np.arange(len(weekly))
    return weekly[(week < WEEKS_IN_FULL) | (week % 4 == 0) | (week == len(weekly) - 1)]


def has(totals: pandas.DataFrame, column: str) -> bool:
    """Tell whether a column exists and says anything."""
    return column in totals and bool(totals[column].notna().any())


def calendar_years(comparison: Comparison) -> float:
    """Return the years that the weekly tables cover."""
    return max(calendar_days(result) for result in comparison.results.values()) / DAYS_PER_YEAR


def referred_together(comparison: Comparison) -> bool:
    """Tell whether everybody is referred on day 0, so that calendar time is time since referral."""
    return not any(
        result.raw.traits["referral_day"].any() for result in comparison.results.values()
    )


def time_label(comparison: Comparison) -> str:
    """Return the label of a time axis of a weekly table."""
    since = "referral" if referred_together(comparison) else "the start of the simulation"
    return f"Time since {since} (square-root scale)"


def time_axis(ax: Axes, years: float, start: float = 0.0) -> None:
    """Make the horizontal axis one of time: the first months wide, the late years narrow.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    years, start : float
        Where it ends and begins.
    """
    ax.set_xscale("function", functions=(_root, np.square))
    ax.set_xlim(start, years)
    chosen: list[tuple[float, str]] = []
    # From the end, where a tick is wanted most.
    for place, text in reversed([tick for tick in TICKS if start <= tick[0] <= years]):
        nearest = chosen[-1][0] if chosen else np.inf
        if (_root(nearest) - _root(place)) >= TICK_ROOM * _root(years):
            chosen.append((place, text))
    ax.set_xticks([place for place, _ in chosen], [text for _, text in chosen], minor=False)
    ax.minorticks_off()


def time_in_words(years: float) -> str:
    """Return a time in months up to two years, then in years."""
    return f"{12.0 * years:.0f} mo" if years < 2.0 else f"{years:.1f} y"


def _root(values):
    return np.sqrt(np.maximum(values, 0.0))
