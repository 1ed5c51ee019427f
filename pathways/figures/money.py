"""The panels about money: cost by what is paid for, and cost against QALYs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.figures.paired import ALL_PAYERS, Differences, currency, others, without_cost
from pathways.figures.palette import looks
from pathways.figures.style import FAINT, INK, INSIDE, SMALL_POINTS, policy_legend, policy_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pathways.comparison import Comparison

PAYERS = {
    "health_system": ("health system", "o", -0.11),
    "patient": ("patient", "D", 0.11),
}
"""Words, marker and place in the row of the difference of each payer."""

LINES = {
    "infusion": ("infusion", "#8FB0D3", ""),
    "drug": ("drug", "#4F749B", ""),
    "assessment": ("assessment", "#C4C4C4", ""),
    "follow_up": ("follow-up", "#9B9B9B", ""),
    "therapy": ("therapies", "#A9CBA0", ""),
    "monitoring": ("monitoring", "#D8C58C", ""),
    "travel": ("travel", "#C3B1D6", ""),
    "acute_harm": ("acute harm", "#B4656A", "////"),
    "chronic_harm": ("chronic harm", "#DDA3A3", "...."),
    "background": ("background care", "#E6E6E6", "xxxx"),
    "outside": ("infusions bought elsewhere", "#6E5A8A", "////"),
}
"""Words, colour and hatch of what is paid for."""

PER_QALY = 20_000.0
"""Slope of the line drawn for orientation, money per QALY."""

BAR_HEIGHT = 0.56
ROOM_FOR_TEXT = 0.16
"""Of the axis, at each end."""


def draw_costs(ax: Axes, legend: Axes, comparison: Comparison, found: Differences) -> None:
    """Draw the difference in cost by what is paid for, stacked, and by payer, in each row."""
    legend.set_axis_off()
    money = currency(comparison, found)
    ax.set_title("Cost by what is paid for; bold: net, both payers")
    if not money:
        ax.set_axis_off()
        _say(ax, "Cost is not comparable between these policies")
        return
    ax.axvline(0.0, color=INK, linewidth=1.0)
    missing, drawn = without_cost(comparison, found), set()
    for row, name in enumerate(comparison.names):
        if name in missing:
            words = {"va": "center", "fontsize": SMALL_POINTS, "color": FAINT}
            text = f"no difference: {missing[name]}"
            ax.text(0.5, row, text, transform=ax.get_yaxis_transform(), ha="center", **words)
        elif name != comparison.reference:
            drawn |= _draw_bar(ax, row, name, comparison, found)
    ax.set_xlabel(f"Difference in {money} per referral, not discounted")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    policy_rows(ax, comparison.names)
    ax.tick_params(labelleft=False)
    ax.use_sticky_edges = False
    ax.margins(x=ROOM_FOR_TEXT)
    ax.locator_params(axis="x", nbins=6)
    _name_parts(legend, drawn)


def parts_of_cost(
    comparison: Comparison, name: str, found: Differences
) -> list[tuple[str, float, float]]:
    """Return line, left edge and width of the parts of a bar; savings go to the left of zero."""
    ends, parts = {True: 0.0, False: 0.0}, []
    for line in LINES:
        width = found[name, comparison.reference, f"mean_cost_{line}"].value
        if width:
            parts.append((line, ends[width > 0.0], width))
            ends[width > 0.0] += width
    return parts


def _draw_bar(
    ax: Axes, row: int, name: str, comparison: Comparison, found: Differences
) -> set[str]:
    parts = parts_of_cost(comparison, name, found)
    for line, left, width in parts:
        words, colour, hatch = LINES[line]
        style = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.4}
        ax.barh(row, width, left=left, height=BAR_HEIGHT, label=f"{name} {line}", **style)
    reach = []
    for payer, (_, marker, offset) in PAYERS.items():
        one = found[name, comparison.reference, f"mean_cost_undiscounted_{payer}"]
        style = {"color": INK, "markerfacecolor": "white", "markersize": 5.0, "linewidth": 1.2}
        ax.errorbar(
            [one.value], [row + offset], xerr=one.ends, fmt=marker, label=f"{name} {payer}", **style
        )
        reach.append(one.value if one.high is None else one.high)
    right = max([0.0, *(left + max(width, 0.0) for _, left, width in parts), *reach])
    net = sum(width for _, _, width in parts)
    words = {"va": "center", "fontsize": SMALL_POINTS, "weight": "bold"}
    ax.annotate(
        f"{net:+,.0f}".replace("-", "−"), (right, row), (6, 0), textcoords="offset points", **words
    )
    return {line for line, _, _ in parts}


def _name_parts(legend: Axes, drawn: set[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys = [
        (Patch(facecolor=LINES[line][1], hatch=LINES[line][2], edgecolor="white"), LINES[line][0])
        for line in LINES
        if line in drawn
    ]
    for words, marker, _ in PAYERS.values():
        style = {"color": INK, "markerfacecolor": "white", "markersize": 5.0}
        keys.append((Line2D([], [], marker=marker, **style), f"net, {words}"))
    legend.legend(*zip(*keys, strict=True), ncols=3, columnspacing=1.2, **INSIDE)


def draw_plane(ax: Axes, legend: Axes, comparison: Comparison, found: Differences) -> None:
    """Draw discounted cost of both payers against discounted QALYs, where cost is comparable."""
    legend.set_axis_off()
    money, missing = currency(comparison, found), without_cost(comparison, found)
    ax.set_title("Cost-effectiveness plane, both payers, discounted")
    if not money:
        ax.set_axis_off()
        _say(ax, "No plane: cost is not comparable between these policies")
        return
    shown = [name for name in others(comparison) if name not in missing]
    for name in shown:
        look = looks(comparison.names)[name]
        qaly = found[name, comparison.reference, "mean_qaly"]
        cost = found[name, comparison.reference, ALL_PAYERS]
        style = {"color": look.colour, "markersize": 8.0, "linewidth": 1.3}
        ax.errorbar(
            [qaly.value], [cost.value], xerr=qaly.ends, yerr=cost.ends, marker=look.marker,
            label=name, linestyle="none", zorder=4, **style,
        )  # fmt: skip
    _orient(ax, money)
    ratios = {name: f": {cost_per_qaly(comparison, name, found)}" for name in shown}
    policy_legend(legend, shown, comparison.names, lines=False, more=ratios, **INSIDE)


def cost_per_qaly(comparison: Comparison, name: str, found: Differences) -> str:
    """Return the ratio to the reference in words: a number only where a ratio means something."""
    qaly = found[name, comparison.reference, "mean_qaly"]
    cost = found[name, comparison.reference, ALL_PAYERS]
    if None in (qaly.low, qaly.high) or qaly.low <= 0.0 <= qaly.high:
        return "no ratio, the difference in QALYs may be nothing"
    if qaly.value > 0.0:
        ratio = f"about {_rounded(cost.value / qaly.value)} {cost.unit} per QALY gained"
        return ratio if cost.value > 0.0 else "costs less and gains QALYs"
    ratio = f"about {_rounded(cost.value / qaly.value)} {cost.unit} saved per QALY lost"
    return ratio if cost.value < 0.0 else "costs more and loses QALYs"


def _rounded(ratio: float) -> str:
    """Return a ratio to two digits, which is more than it deserves."""
    return f"{float(f'{ratio:.2g}'):,.0f}"


def _orient(ax: Axes, money: str) -> None:
    """Draw the axes through the reference and a line of constant cost per QALY."""
    ax.margins(0.12)
    ax.autoscale_view()
    left, right = ax.get_xlim()
    low, high = ax.get_ylim()
    ax.axhline(0.0, color=INK, linewidth=1.0)
    ax.axvline(0.0, color=INK, linewidth=1.0)
    ax.axline((0.0, 0.0), slope=PER_QALY, color=FAINT, linewidth=1.0, linestyle=(0, (4, 3)))
    ax.set_xlim(min(left, 0.0), max(right, 0.0))
    ax.set_ylim(min(low, 0.0), max(high, 0.0))
    ax.locator_params(nbins=6)
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("Difference in QALYs per referral")
    ax.set_ylabel(f"Difference in cost ({money})")


def _say(ax: Axes, text: str) -> None:
    ax.text(0.5, 0.5, text, ha="center", va="center", color=FAINT, transform=ax.transAxes)
