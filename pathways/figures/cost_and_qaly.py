"""What a policy gains and costs against the reference, on the same patients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pathways.figures.money import PER_QALY, draw_costs, draw_plane
from pathways.figures.paired import Difference, Differences, currency, differences, without_cost
from pathways.figures.palette import Look, looks
from pathways.figures.population import whom
from pathways.figures.style import (
    FAINT,
    INK,
    INSIDE,
    LEGEND_ROW_INCHES,
    SMALL_POINTS,
    in_style,
    label,
    new_figure,
    policy_rows,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison


class Way(NamedTuple):
    """One way to count QALYs."""

    words: str
    measure: str
    against_sham: bool
    marker: str
    offset: float


WAYS = (
    Way("all", "mean_qaly", False, "o", -0.27),
    Way("drug only (expectation left out)", "mean_qaly_drug_only", False, "D", 0.0),
    Way("all, against the sham infusion", "mean_qaly", True, "s", 0.27),
)
ROW_INCHES = 0.56
ROOM_FOR_TEXT = 0.75
"""Of the width of the data, to the right of it."""


@in_style
def cost_and_qaly(comparison: Comparison) -> Figure:
    """Draw paired differences in QALYs and cost against the reference, and both together."""
    if len(comparison.names) < 2:
        return _nothing_to_compare(comparison)
    found, rows = differences(comparison), len(comparison.names)
    heights = (0.9 + ROW_INCHES * rows, 4 * LEGEND_ROW_INCHES, 3.4)
    figure = new_figure(
        sum(heights) + 0.3,
        f"QALYs and cost against {label(comparison.reference, 60)}",
        f"Mean paired difference per referral, with 95 % Monte Carlo intervals; {whom(comparison)}",
        _note(comparison, found),
    )
    cells = figure.subplots(3, 2, height_ratios=heights)
    _draw_qalys(cells[0, 0], cells[1, 0], comparison, found)
    draw_costs(cells[0, 1], cells[1, 1], comparison, found)
    draw_plane(cells[2, 0], cells[2, 1], comparison, found)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    if len(comparison.names) < 2:
        return "One policy alone: there is nothing to take a difference from."
    found = differences(comparison)
    sham = (
        f"Squares take the difference from {comparison.sham} instead, so that visits, hope and the "
        "natural course cancel. "
        if comparison.sham
        else "No policy here is a sham infusion, so nothing is taken against one. "
    )
    return (
        f"Mean difference per referral from {comparison.reference}, the same patients under both, "
        f"of {whom(comparison)}. Top left: discounted QALYs; circles count everything, diamonds "
        f"leave expectation out of pain. {sham}Top right: cost by what is paid for, both payers, "
        "not discounted; bars to the left of zero are savings; marks are the difference of each "
        "payer. Below: discounted cost of both payers against discounted QALYs, with the "
        f"intervals of each. {_money(comparison, found)} Intervals are 95 % Monte Carlo error of "
        "the paired mean: they shrink with more patients and say nothing about uncertain "
        "parameters."
    )


def _note(comparison: Comparison, found: Differences) -> str:
    return (
        "Intervals are Monte Carlo error alone; uncertainty of the parameters is not in them. "
        + _money(comparison, found)
    )


def _money(comparison: Comparison, found: Differences) -> str:
    """Say whose cost is not compared, and why; and what the line in the plane is."""
    missing = without_cost(comparison, found)
    listed = "; ".join(f"{name}: {why}" for name, why in missing.items())
    words = (
        f"No difference in cost for {listed}: price all policies with one book. " if listed else ""
    )
    if money := currency(comparison, found):
        words += f"Dashed: {PER_QALY:,.0f} {money} per QALY, for orientation."
    return words.strip()


def _draw_qalys(ax: Axes, legend: Axes, comparison: Comparison, found: Differences) -> None:
    """Draw three differences in QALYs for each policy."""
    styles, drawn = looks(comparison.names), set()
    for row, name in enumerate(comparison.names):
        for way in WAYS:
            against = comparison.sham if way.against_sham else comparison.reference
            one = found.get((name, against, way.measure))
            if one is None or one.value is None or name == against:
                continue
            hollow = way.measure != "mean_qaly"
            _mark(ax, one, row + way.offset, styles[name], way.marker, way.words, hollow=hollow)
            drawn.add(way)
    _rows(ax, comparison)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + ROOM_FOR_TEXT * (high - low))
    ax.locator_params(axis="x", nbins=6)
    ax.set_xlabel("Difference in QALYs per referral, discounted")
    ax.set_title("QALYs, counted three ways")
    _name_ways(legend, [way for way in WAYS if way in drawn])


def _mark(
    ax: Axes, one: Difference, y: float, look: Look, marker: str, name: str, *, hollow: bool = False
) -> None:
    style = {"color": look.colour, "markersize": 6.0, "linewidth": 1.3, "label": name}
    fill = {"markerfacecolor": "white"} if hollow else {}
    ax.errorbar([one.value], [y], xerr=one.ends, fmt=marker, zorder=4, **style, **fill)
    text, right = _number(one.value, "+.4f"), one.value
    if one.low is not None and one.high is not None:
        text += f" ({_number(one.low, '.4f')} to {_number(one.high, '.4f')})"
        right = one.high
    words = {"va": "center", "fontsize": SMALL_POINTS - 1.0}
    ax.annotate(text, (right, y), (7, 0), textcoords="offset points", **words)


def _number(value: float, form: str) -> str:
    """Return a number as text: nothing has no sign, and minus is as long as plus."""
    text = format(value, form)
    return text.lstrip("+-") if float(text) == 0.0 else text.replace("-", "−")


def _rows(ax: Axes, comparison: Comparison) -> None:
    policy_rows(ax, comparison.names)
    labels = [
        f"{label(name)}\n(reference)" if name == comparison.reference else label(name)
        for name in comparison.names
    ]
    ax.set_yticks(range(len(labels)), labels)
    ax.axvline(0.0, color=INK, linewidth=1.0)


def _name_ways(legend: Axes, ways: list[Way]) -> None:
    from matplotlib.lines import Line2D

    legend.set_axis_off()
    keys = [
        Line2D(
            [], [], color=INK, marker=way.marker, linestyle="none",
            markerfacecolor=INK if way.measure == "mean_qaly" else "white",
        )
        for way in ways
    ]  # fmt: skip
    legend.legend(keys, [way.words for way in ways], **INSIDE)


def _nothing_to_compare(comparison: Comparison) -> Figure:
    figure = new_figure(1.2, "QALYs and cost against a reference", whom(comparison))
    ax = figure.subplots()
    ax.set_axis_off()
    words = "One policy alone: there is nothing to take a difference from"
    ax.text(0.5, 0.5, words, ha="center", va="center", color=FAINT, transform=ax.transAxes)
    return figure
