"""Figures of a virtual trial: what simulated trials report beside the paper, and the diaries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.palette import Look
from pathways.figures.style import (
    FAINT,
    INK,
    SMALL_POINTS,
    in_style,
    new_figure,
    policy_line,
    settings,
    without_warning_of_letters,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.trials.run import TrialRun
    from pathways.trials.verdict import Verdict

ARMS = (
    Look("#2D00CE", (), "o"),
    Look("#EB991A", (6, 1.5), "s"),
    Look("#21848B", (2, 1), "D"),
    Look("#8F0210", (1, 1.2), "^"),
)
SIMULATED = "#9E9BFF"
OF_VERDICT = {"does not fit": "#D63C10", "borderline": "#9A6700"}
"""Colour of the words; others are in ink."""

BINS = 40
ROW_INCHES, DIARY_INCHES = 1.05, 3.0
NOTE = (
    "Bars: what {replicates:,} simulated trials of the published size report. Circle and line: the "
    "published value with its 95 % interval, open if from memory; a band where a range was "
    "published. P: probability of a result as extreme, both sides."
)
"""How to read the figure."""


@in_style
def draw_trial(run: TrialRun, found: list[Verdict]) -> Figure:
    """Draw one trial: a row for each endpoint with a published result, then the diaries.

    Parameters
    ----------
    run : TrialRun
    found : list of Verdict
        Of its endpoints.
    """
    tested = [one for one in found if one.published is not None]
    has_diary = any(len(curve.days) > 1 for curve in run.curves.values())
    heights = [ROW_INCHES] * len(tested) + [DIARY_INCHES] * has_diary
    title, note = run.trial.document.title, NOTE.format(replicates=run.replicates)
    if run.draws is not None:
        note += f" Simulated over {len(np.unique(run.draws))} parameter draws."
    figure = new_figure(sum(heights) + 0.4, title, _subtitle(run), note if tested else "")
    axes = figure.subplots(max(1, len(heights)), 1, squeeze=False, height_ratios=heights or [1])
    for one, ax in zip(tested, axes[:, 0], strict=False):
        _draw_endpoint(ax, run.estimates(one.endpoint), one)
    if has_diary:
        _draw_diaries(axes[-1, 0], run)
    if not heights:
        axes[0, 0].set_axis_off()
    return figure


def save(figure: Figure, path: Path, kind: str) -> None:
    """Write a figure, without the time and version that would change the file alone."""
    from pathways.figures.writing import METADATA

    with settings(), without_warning_of_letters():
        figure.savefig(path, format=kind, metadata=METADATA[kind])


def _subtitle(run: TrialRun) -> str:
    document = run.trial.document
    if document.design == "pooled":
        return f"Pooled over {len(run.members)} simulated trials"
    patients = document.patients or sum(arm.patients for arm in document.arms)
    return f"{document.design.capitalize()}, {patients} patients"


def _draw_endpoint(ax: Axes, estimates: np.ndarray, one: Verdict) -> None:
    there = estimates[np.isfinite(estimates)]
    if len(there):
        steps = np.unique(there)
        bins = _bins(steps) if len(steps) <= BINS else BINS
        ax.hist(there, bins=bins, color=SIMULATED, edgecolor="white", linewidth=0.4)
    _draw_published(ax, one)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False, axis="y")
    ax.set_title(f"{one.endpoint.title} ({one.endpoint.use})", pad=4)
    colour = OF_VERDICT.get(one.verdict, INK)
    words = f"{one.verdict}, P = {one.probability:.3f}" if len(there) else one.verdict
    ax.text(
        1.0, 1.04, words, transform=ax.transAxes, ha="right", va="bottom",
        fontsize=SMALL_POINTS, color=colour, weight="bold",
    )  # fmt: skip


def _draw_published(ax: Axes, one: Verdict) -> None:
    known, top = one.published, ax.get_ylim()[1]
    if known.low != known.high:
        ax.axvspan(known.low, known.high, color=INK, alpha=0.15, linewidth=0)
        return
    is_remembered = known.status.startswith("recalled")
    ends = known.interval or (known.value, known.value)
    if one.endpoint.is_share:
        ends = max(0.0, ends[0]), min(1.0, ends[1])
    ax.plot(ends, [0.5 * top] * 2, color=INK, linewidth=1.6)
    fill = "white" if is_remembered else INK
    ax.plot([known.value], [0.5 * top], "o", color=INK, markerfacecolor=fill, markersize=7)


def _bins(steps: np.ndarray) -> np.ndarray:
    """Return edges that put each of a few values into a bin of its own."""
    if len(steps) == 1:
        return np.array([steps[0] - 0.01, steps[0] + 0.01])
    half = 0.5 * np.diff(steps).min()
    return np.unique(np.concatenate([steps - half, steps + half]))


def _draw_diaries(ax: Axes, run: TrialRun) -> None:
    curves = [(name, curve) for name, curve in run.curves.items() if len(curve.days) > 1]
    for (name, curve), look in zip(curves, ARMS, strict=False):
        days = np.array(curve.days, float)
        policy_line(ax, days, curve.means, look, label=name)
    ax.axvline(0.0, color=FAINT, linewidth=0.8)
    ax.set_title("Mean simulated diary by arm (axis cut)")
    ax.set_xlabel("Days from the first infusion")
    ax.set_ylabel("Pain (NRS)")
    ax.legend(loc="lower right", handlelength=4.0)
