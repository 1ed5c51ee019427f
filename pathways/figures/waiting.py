"""How long referrals wait for the first infusion, and how many are waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.palette import Look, looks
from pathways.figures.population import DAYS_PER_YEAR, referrals, whom, wilson
from pathways.figures.style import (
    FAINT,
    INSIDE,
    LEGEND_ROW_INCHES,
    in_style,
    new_figure,
    policy_legend,
    policy_line,
    widths,
)
from pathways.figures.weekly import (
    DAYS_PER_WEEK,
    calendar_years,
    has,
    time_axis,
    time_label,
    weekly_totals,
)
from pathways.outcomes.calendar import regions_of
from pathways.outcomes.summary import ALL

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison
    from pathways.simulation import Result

LEGEND_COLUMNS = 2
BELOW_ZERO = -0.02
"""Of the height: where an axis begins, so that a line at zero does not hide behind it."""

UNDATED = "without_date"
THIN = 0.7
NOT_REACHED = "not reached"


def share_started(patients: pandas.DataFrame, days: np.ndarray) -> np.ndarray:
    """Return the share of all referrals who had their first infusion by the end of each day.

    Death and other exits before it compete; nobody leaves the denominator and nobody is censored,
    so the cumulative incidence is the plain share.
    """
    first = np.sort(patients["first_infusion_day"].dropna().to_numpy(float))
    return np.searchsorted(first, days, side="right") / max(len(patients), 1)


def median_wait(comparison: Comparison, name: str) -> dict:
    """Return the summary's row of the median wait of all referrals; no value: not reached."""
    return _row(comparison, name, "median_wait_days")


def _row(comparison: Comparison, name: str, measure: str) -> dict:
    rows = comparison.results[name].summary_rows
    return next(row for row in rows if (row["block"], row["measure"]) == (ALL, measure))


def numbers_waiting(result: Result) -> pandas.DataFrame:
    """Return how many wait at the end of each week, all clinics of a region together.

    Replicate regions are averaged, so that more simulated patients make no longer lists.

    Returns
    -------
    pandas.DataFrame
        Index ``years``; columns ``assessment`` (referred, not yet assessed) and ``course``
        (accepted, first infusion not yet begun); where there are queues also
        ``assessment_without_date`` and ``course_without_date``, those on the list who have no date
        yet, for later courses too.
    """
    totals = weekly_totals(result)
    columns = {"assessment": totals["referred"], "course": totals["waiting"]}
    for kind in tuple(columns):
        queue = f"waiting_for_{kind}"
        if has(totals, queue) and (totals[queue] > 0).any():
            columns[f"{kind}_{UNDATED}"] = totals[queue]
    regions = regions_of(result.plan)
    if regions > 1:
        columns = {name: numbers / regions for name, numbers in columns.items()}
    return _frame(columns).set_index(totals["years"])


def _frame(columns: dict[str, pandas.Series]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(columns)


@in_style
def waiting(comparison: Comparison) -> Figure:
    """Draw when referrals have their first infusion, and how many wait week by week."""
    names = comparison.names
    legend_height = LEGEND_ROW_INCHES * -(-len(names) // LEGEND_COLUMNS)
    figure = new_figure(
        4.6 + legend_height,
        "Waiting for the first infusion",
        f"Since referral, all referrals counted; {whom(comparison)}",
        _note(comparison),
    )
    grid = figure.add_gridspec(
        3, 2, width_ratios=(1.25, 1.0), height_ratios=(2.1, 2.1, legend_height)
    )
    started = figure.add_subplot(grid[:2, 0])
    _draw_started(started, comparison)
    _draw_waiting(figure.add_subplot(grid[0, 1]), comparison, "assessment")
    _draw_waiting(figure.add_subplot(grid[1, 1]), comparison, "course")
    legend = figure.add_subplot(grid[2, :])
    legend.set_axis_off()
    medians = {name: f": median {median_in_words(comparison, name)}" for name in names}
    policy_legend(legend, names, names, more=medians, ncols=LEGEND_COLUMNS, **INSIDE)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    medians = "; ".join(f"{name} {median_in_words(comparison, name)}" for name in comparison.names)
    return (
        "Left: share of all referrals who have had a first infusion (of a sham infusion too), by "
        f"time since referral, of {whom(comparison)}. The never treated stay in the denominator; "
        "death, refusal and other ends before the first infusion compete with it, so a curve ends "
        "below 100 %. Bands are 95 % Monte Carlo intervals (Wilson), none for one clinic "
        "with a queue. The mark on the 50 % line is "
        f"the median wait of all referrals with its 95 % interval, if it has one: {medians}. "
        "Right: number of referrals waiting for assessment, and accepted and waiting for the first "
        f"course, at the end of each week{_of_regions(comparison)}. {_why(comparison)}"
    )


def median_in_words(comparison: Comparison, name: str) -> str:
    """Return the median wait and the interval it has, or that half are never treated."""
    row = median_wait(comparison, name)
    if row["value"] is None:
        return NOT_REACHED
    if row["low"] is None:
        return f"{row['value']:,.0f} days, no interval"
    ends = [NOT_REACHED if row[end] is None else f"{row[end]:,.0f}" for end in ("low", "high")]
    return f"{row['value']:,.0f} days ({ends[0]} to {ends[1]})"


def _of_regions(comparison: Comparison) -> str:
    regions = max(regions_of(result.plan) for result in comparison.results.values())
    return f", the mean of {regions:,} replicate regions" if regions > 1 else ""


def _has_queues(comparison: Comparison) -> bool:
    return any(
        f"{kind}_{UNDATED}" in numbers_waiting(result)
        for result in comparison.results.values()
        for kind in ("assessment", "course")
    )


def _why(comparison: Comparison) -> str:
    if _has_queues(comparison):
        return "Thin lines: those of them who have no date yet, for later courses too."
    return "Waits are drawn lead times and not queues: they do not grow with demand."


def _note(comparison: Comparison) -> str:
    lists = _of_regions(comparison).removeprefix(", ")
    return (
        "A curve ends at the share ever treated; lines on top of one another are drawn thinner "
        f"and thinner. {_why(comparison)}{f' Lists: {lists}.' if lists else ''}"
    )


def _draw_started(ax: Axes, comparison: Comparison) -> None:
    found, names = looks(comparison.names), comparison.names
    last = max(result.plan.horizon_days for result in comparison.results.values())
    days = np.append(np.arange(0, last, DAYS_PER_WEEK), last)
    for name, width in zip(names, widths(len(names)), strict=True):
        patients = referrals(comparison, name, "first_infusion_day")
        share = share_started(patients, days)
        low, high = wilson(share * len(patients), max(len(patients), 1))
        years, look = days / DAYS_PER_YEAR, found[name]
        # Patients who queue together are not independent: the summary then gives no interval.
        if _row(comparison, name, "share_treated")["low"] is not None:
            band = {"color": look.colour, "alpha": 0.12, "linewidth": 0.0}
            ax.fill_between(years, 100.0 * low, 100.0 * high, **band)
        policy_line(ax, years, 100.0 * share, look, width, label=name)
        _mark_median(ax, median_wait(comparison, name), look, last)
    ax.axhline(50.0, color=FAINT, linewidth=0.8)
    time_axis(ax, last / DAYS_PER_YEAR)
    ax.set_ylim(BELOW_ZERO * 100.0, 100.0)
    ax.set_xlabel("Time since referral (square-root scale)")
    ax.set_ylabel("Share of all referrals (%)")
    ax.set_title("Have had a first infusion")


def _mark_median(ax: Axes, row: dict, look: Look, last_day: int) -> None:
    """Mark the median on the 50 % line; an interval without an upper end goes to the last day."""
    if row["value"] is None:
        return
    value, low, high = row["value"], row["low"], row["high"]
    if low is None:
        low = high = value
    elif high is None:
        high = last_day
    value, *ends = (days / DAYS_PER_YEAR for days in (value, low, high))
    style = {"color": look.colour, "markersize": 7.0, "markeredgecolor": "white", "zorder": 5}
    style |= {"marker": look.marker, "linestyle": "none"}
    ax.errorbar([value], [50.0], xerr=[[value - ends[0]], [ends[1] - value]], **style)


def _draw_waiting(ax: Axes, comparison: Comparison, kind: str) -> None:
    found, names = looks(comparison.names), comparison.names
    for name, width in zip(names, widths(len(names)), strict=True):
        numbers = numbers_waiting(comparison.results[name])
        years = numbers.index.to_numpy(float)
        policy_line(ax, years, numbers[kind].to_numpy(float), found[name], width, label=name)
        if (undated := f"{kind}_{UNDATED}") in numbers:
            policy_line(ax, years, numbers[undated].to_numpy(float), found[name], THIN)
    time_axis(ax, calendar_years(comparison), start=years[0])
    ax.set_ylim(bottom=BELOW_ZERO * ax.get_ylim()[1])
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.set_ylabel("Patients")
    if kind == "course":
        ax.set_title("Waiting for the first course")
        ax.set_xlabel(time_label(comparison))
    else:
        ax.set_title("Waiting for assessment")
        ax.tick_params(labelbottom=False)
