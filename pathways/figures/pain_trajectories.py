"""Mean pain over time: with the drug, without it, and as observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.pain import enrolment_score, pain_by_week
from pathways.figures.palette import Look, looks
from pathways.figures.population import everybody
from pathways.figures.style import (
    FAINT,
    INK,
    INSIDE,
    in_style,
    policy_line,
    shared_label,
)
from pathways.figures.weekly import (
    calendar_years,
    referred_together,
    time_axis,
    weekly_panels,
)

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

WITHOUT = Look(FAINT, (2.5, 1.2), "")
REFERENCE = Look("#B5B5B5", (), "")
OBSERVED = Look(INK, (0.8, 1.6), "")
HEADROOM = 0.08


@in_style
def pain_trajectories(comparison: Comparison) -> Figure:
    """Draw mean pain by week, one panel per policy: with the drug, without it, and observed."""
    names = comparison.names
    pain = {name: pain_by_week(comparison, name) for name in names}
    figure, axes, legend = weekly_panels(
        comparison,
        "Mean pain over time, with and without the drug",
        f"Mean over the living of {everybody(comparison)}",
        f"The vertical axis does not start at 0. {_beginning(comparison)}",
    )
    for name, ax in axes.items():
        if name != comparison.reference:
            _line(ax, pain[comparison.reference]["pain"], REFERENCE, 3.0)
        _draw(ax, pain[name], looks(names)[name], enrolment_score(comparison, name))
        time_axis(ax, calendar_years(comparison))
    next(iter(axes.values())).set_ylim(*_limits(comparison, pain))
    shared_label(figure, "Mean pain (NRS 0 to 10; axis cut)")
    _name_lines(legend, comparison, pain)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    observed = any("observed" in pain_by_week(comparison, name) for name in comparison.names)
    diary = (
        "Dotted: mean of the diary scores of those of the panel who wrote one on that day, through "
        "the weeks in which the panel keeps its diary. "
        if observed
        else "Later diary scores are not recorded by week; the score at enrolment is. "
    )
    return (
        "Mean pain on the numerical rating scale (0 to 10) over the living on the last day of "
        f"each week, of {everybody(comparison)}. Solid: latent pain under the policy. Dashed: "
        "the same patients on the same days without the slow relief of ketamine, expectation "
        f"kept, so the gap between the two is the drug. Grey: {comparison.reference}. "
        "Circle: mean of the seven "
        f"diary scores at enrolment, with its 95 % Monte Carlo interval. {diary}"
        f"{_beginning(comparison)} The vertical axis does not start at 0. Weekly tables hold "
        "sums, so the lines have no interval; policies are compared on the same patients, and the "
        "gap between two lines is known far better than either."
    )


def _beginning(comparison: Comparison) -> str:
    """Say what stands between the score at enrolment and the first weeks."""
    if referred_together(comparison):
        return (
            "The gap between the score at enrolment and the first week is regression to the mean "
            "and no effect of care: people enrol when their scores are high."
        )
    return (
        "Referrals come over time: the first weeks are means over few patients, and later ones "
        "over patients at different times since their enrolment. The diary is that of the "
        "earliest referrals."
    )


def _draw(ax: Axes, pain: pandas.DataFrame, look: Look, enrolment: tuple[float, float]) -> None:
    _line(ax, pain["without_drug"], WITHOUT, 1.5)
    _line(ax, pain["pain"], look, 1.5, dashed=False)
    if "observed" in pain:
        _line(ax, pain["observed"], OBSERVED, 1.6)
    score, half = enrolment
    if np.isfinite(score):
        shown = {"fmt": "o", "color": INK, "markerfacecolor": "white", "markersize": 6.5}
        ax.errorbar([0.0], [score], yerr=[half], clip_on=False, zorder=6, **shown)


def _line(
    ax: Axes, values: pandas.Series, look: Look, width: float, *, dashed: bool = True
) -> None:
    values = values.dropna()
    plain = Look(look.colour, look.dashes if dashed else (), "")
    policy_line(ax, values.index.to_numpy(float), values.to_numpy(float), plain, width)


def _limits(comparison: Comparison, pain: dict[str, pandas.DataFrame]) -> tuple[float, float]:
    """Return the ends of the vertical axis: what is drawn, and a little room."""
    drawn = ["pain", "without_drug", "observed"]
    values = [
        frame[name].to_numpy(float) for frame in pain.values() for name in drawn if name in frame
    ]
    enrolment = [enrolment_score(comparison, name) for name in comparison.names]
    scores = [np.array([score - half, score + half]) for score, half in enrolment]
    everything = np.concatenate([*values, *scores])
    everything = everything[np.isfinite(everything)]
    if not len(everything):
        return 0.0, 10.0
    low, high = float(everything.min()), float(everything.max())
    room = max(HEADROOM * (high - low), 0.1)
    return low - room, high + room


def _name_lines(legend: Axes, comparison: Comparison, pain: dict[str, pandas.DataFrame]) -> None:
    from matplotlib.lines import Line2D

    entries = [
        (Line2D([], [], color=FAINT, linewidth=3.0), "under the policy (its colour)"),
        (Line2D([], [], color=WITHOUT.colour, linestyle=WITHOUT.line_style), "without the drug"),
        (
            Line2D([], [], color=INK, marker="o", markerfacecolor="white", linestyle="none"),
            "score at enrolment (observed)",
        ),
    ]
    if len(comparison.names) > 1:
        entries.append(
            (Line2D([], [], color=REFERENCE.colour, linewidth=3.0), comparison.reference)
        )
    if any("observed" in frame for frame in pain.values()):
        dots = Line2D([], [], color=OBSERVED.colour, linestyle=OBSERVED.line_style)
        entries.append((dots, "score in the diary (observed)"))
    legend.legend(*zip(*entries, strict=True), handlelength=3.0, labelspacing=0.8, **INSIDE)
