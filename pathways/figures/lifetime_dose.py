"""How much ketamine a referral ends up with: the share given any, and the share given more than x.

A distribution with most of its mass at zero and a tail two hundred times its median has no honest
histogram; the share above every dose, on logarithmic axes, shows the middle and the tail alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.figures.palette import Look, looks
from pathways.figures.population import percent, referrals, whom, wilson
from pathways.figures.style import (
    FAINT,
    INSIDE,
    LEGEND_ROW_INCHES,
    SMALL_POINTS,
    in_style,
    new_figure,
    policy_legend,
    policy_line,
    policy_rows,
    text_on,
    widths,
)

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

COLUMNS = ("ketamine_mg", "outside_mg", "infusions")
STEPS = 400
"""Doses at which the curves are read: exact there, and enough for the eye."""

LOWEST_MG = 10.0
KINDS = ("given ketamine", "sham only", "never infused")
NOBODY = 1e-12
NEVER, SHAM = "#E4E4E4", "/////"
FEWEST_ROWS, LEGEND_COLUMNS = 5, 2
ROOM_FOR_TEXT = 14.0
"""Per cent of the axis that a written share needs."""

TICKS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001, 0.0001, 0.00001)
DOSE_TICKS = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)


def doses(patients: pandas.DataFrame, *, outside: bool = False) -> np.ndarray:
    """Return lifetime doses, mg racemic equivalents; with those bought elsewhere if `outside`."""
    total = patients["ketamine_mg"].to_numpy(float)
    if not outside:
        return total
    return total + patients["outside_mg"].to_numpy(float, na_value=0.0)


def shares_by_kind(patients: pandas.DataFrame) -> dict[str, float]:
    """Return the shares of referrals by :data:`KINDS`; they add up to 1."""
    given = doses(patients) > 0.0
    infused = patients["infusions"].to_numpy() > 0
    counts = (given.sum(), (infused & ~given).sum(), (~infused & ~given).sum())
    whole = max(len(patients), 1)
    return {kind: float(count) / whole for kind, count in zip(KINDS, counts, strict=True)}


def share_above(lifetime_mg: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Return the share of patients whose dose is above each limit, mg."""
    ordered = np.sort(lifetime_mg)
    above = len(ordered) - np.searchsorted(ordered, limits, side="right")
    return above / max(len(ordered), 1)


@in_style
def lifetime_dose(comparison: Comparison) -> Figure:
    """Draw the lifetime dose of ketamine per policy, of all referrals."""
    people = {name: referrals(comparison, name, *COLUMNS) for name in comparison.names}
    height = max(3.9, 1.0 + 0.5 * len(people))
    below = LEGEND_ROW_INCHES * max(1, -(-len(_given_any(people)) // LEGEND_COLUMNS))
    figure = new_figure(
        height + below,
        "Lifetime dose of ketamine",
        f"Who is given any, and how much; {whom(comparison)}",
        "Dose in milligrams of racemic ketamine (S-ketamine converted by its potency) over the "
        "whole follow-up, given by the clinic. All referrals are counted, the never infused with "
        "0 mg." + (" Thin lines: with ketamine bought elsewhere." if _any_outside(people) else ""),
    )
    cells = figure.subplots(2, 2, width_ratios=(1.0, 1.7), height_ratios=(height, below))
    for cell in cells[1]:
        cell.set_axis_off()
    _draw_kinds(cells[0, 0], people)
    _draw_curves(cells[0, 1], cells[1, 1], people)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    people = {name: referrals(comparison, name, *COLUMNS) for name in comparison.names}
    shares = {name: shares_by_kind(frame)["never infused"] for name, frame in people.items()}
    listed = ", ".join(f"{name} {percent(share)}" for name, share in shares.items())
    outside = (
        " Thin lines add ketamine bought elsewhere."
        if _any_outside(people)
        else " Ketamine bought elsewhere is not in it."
    )
    return (
        "Lifetime dose of ketamine in milligrams of racemic equivalents, of all "
        f"{whom(comparison)}. Left: share given ketamine, given sham infusions only, and never "
        f"infused ({listed} never). Right: share of all referrals given more than the dose on the "
        "horizontal axis, both axes logarithmic so that the few with very high doses can be seen; "
        "where a curve meets 50 % is the median dose of all referrals, 1 % the 99th percentile. "
        "Bands are 95 % Monte Carlo intervals (Wilson). Policies that give no ketamine have no "
        f"curve.{outside}"
    )


def _any_outside(people: dict[str, pandas.DataFrame]) -> bool:
    return any((frame["outside_mg"].fillna(0.0) > 0.0).any() for frame in people.values())


def _given_any(people: dict[str, pandas.DataFrame]) -> list[str]:
    return [name for name, frame in people.items() if (doses(frame, outside=True) > 0.0).any()]


def _draw_kinds(ax: Axes, people: dict[str, pandas.DataFrame]) -> None:
    """Draw a bar of 100 % for each policy."""
    found = looks(people)
    for row, (name, frame) in enumerate(people.items()):
        given, sham, never = (100.0 * share for share in shares_by_kind(frame).values())
        colour = found[name].colour
        ax.barh(row, given, height=0.62, color=colour)
        ax.barh(row, sham, height=0.62, left=given, color="white", edgecolor=colour, hatch=SHAM)
        ax.barh(row, never, height=0.62, left=given + sham, color=NEVER)
        _write_shares(ax, row, given, sham, colour)
        ax.text(102.0, row, percent(never / 100.0), va="center", fontsize=SMALL_POINTS)
    policy_rows(ax, list(people), least=FEWEST_ROWS)
    ax.text(102.0, -0.55, "never\ninfused", va="bottom", fontsize=SMALL_POINTS, color=FAINT)
    ax.set_xlim(0.0, 100.0)
    ax.set_xlabel("Share of all referrals (%)")
    ax.set_title("Given ketamine (filled)")


def _write_shares(ax: Axes, row: int, given: float, sham: float, colour: str) -> None:
    """Write the share treated into its bar, or beside it where it does not fit."""
    if sham > 0.0:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        words = f"{percent(sham / 100.0)} sham only"
        ax.text(3.0, row, words, va="center", fontsize=SMALL_POINTS, bbox=box)
    elif given >= ROOM_FOR_TEXT:
        words = {"va": "center", "fontsize": SMALL_POINTS, "weight": "bold"}
        ax.text(3.0, row, percent(given / 100.0), color=text_on(colour), **words)
    else:
        ax.text(given + 2.0, row, percent(given / 100.0), va="center", fontsize=SMALL_POINTS)


def _draw_curves(ax: Axes, legend: Axes, people: dict[str, pandas.DataFrame]) -> None:
    """Draw the share of referrals above each dose, for the policies that give any."""
    found, with_any = looks(people), _given_any(people)
    totals = {name: doses(people[name], outside=True) for name in with_any}
    ax.set_title("Given more than the dose on the axis")
    if not with_any:
        _say_nothing_given(ax)
        return
    highest = max(mg.max() for mg in totals.values())
    limits = np.geomspace(LOWEST_MG, max(highest, 2.0 * LOWEST_MG), STEPS)
    for place, (name, width) in enumerate(zip(with_any, widths(len(with_any)), strict=True)):
        every = (STEPS * place // (8 * len(with_any)), STEPS // 8)
        clinic = doses(people[name])
        _draw_curve(
            ax, limits, clinic, found[name], width, marker=found[name].marker, markevery=every
        )
        if (totals[name] > clinic).any():
            _draw_curve(ax, limits, totals[name], found[name], 0.8)
    _dose_axes(ax, limits, 1.0 / max(len(frame) for frame in people.values()))
    policy_legend(legend, with_any, list(people), ncols=LEGEND_COLUMNS, **INSIDE)


def _draw_curve(
    ax: Axes, limits: np.ndarray, mg: np.ndarray, look: Look, width: float, **more: Any
) -> None:
    share = share_above(mg, limits)
    low, high = wilson(share * len(mg), len(mg))
    shown = share > 0.0
    # Nobody is below the axis, so the curve of a cap falls through it instead of breaking off.
    percents = 100.0 * np.where(shown, share, NOBODY)
    policy_line(ax, limits, percents, look, width, drawstyle="steps-post", **more)
    band = {"color": look.colour, "alpha": 0.12, "linewidth": 0.0, "step": "post"}
    ax.fill_between(limits, 100.0 * low, 100.0 * high, where=shown, **band)


def _dose_axes(ax: Axes, limits: np.ndarray, lowest_share: float) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(limits[0], limits[-1] * 1.1)
    ax.set_ylim(70.0 * lowest_share, 130.0)
    ticks = [100.0 * share for share in TICKS if share >= lowest_share]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    doses_named = [dose for dose in DOSE_TICKS if limits[0] <= dose <= limits[-1] * 1.1]
    ax.set_xticks(doses_named, [f"{dose:,}" for dose in doses_named])
    ax.minorticks_off()
    ax.set_xlabel("Lifetime dose (mg racemic equivalents, logarithmic)")
    ax.set_ylabel("Share of all referrals (%, logarithmic)")


def _say_nothing_given(ax: Axes) -> None:
    ax.set_axis_off()
    words = "No policy shown gives ketamine"
    ax.text(0.5, 0.5, words, ha="center", color=FAINT, transform=ax.transAxes)
