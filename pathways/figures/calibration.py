"""Figures of a calibration: prior beside posterior, and what the posterior predicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.style import (
    FAINT,
    INK,
    SMALL_POINTS,
    in_style,
    new_figure,
    patch_legend,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

PRIOR, POSTERIOR = "#BEBEBE", "#2D00CE"
LEFT_ALONE = "#EB991A"
COLUMNS, PANEL_INCHES = 4, 1.3
LONGEST = 38
TRIMMED = (0.005, 0.995)
PREDICTIVE_INCHES = 3.2
PREDICTIVE_TITLE = (
    "One set of parameters: rise and loss after long infusions, nothing after one low dose"
)
PREDICTIVE_UNIT = "Pain on ketamine less placebo, points of ten"
PREDICTIVE_NOTE = (
    "Bars: 95 % range of trials of the published size at posterior draws; dash: mean; cross: mean "
    "at the values as stated. Circles: as published, with 95 % intervals where there are any."
)
NOTE = (
    "Each panel: what was believed before (grey) and after fitting (coloured), in the unit of the "
    "evidence; heights are not comparable. Orange: the targets left it as it was."
)


@in_style
def draw_priors_and_posteriors(
    names: Sequence[str],
    prior: NDArray[np.float64],
    posterior: NDArray[np.float64],
    is_moved: Sequence[bool],
) -> Figure:
    """Draw prior and posterior of every unknown.

    Parameters
    ----------
    names : sequence of str
    prior, posterior : ndarray, shape (draws, unknowns)
        In the units of the evidence.
    is_moved : sequence of bool
        Whether the targets say anything about it.
    """
    rows = -(-(len(names) + 1) // COLUMNS)
    title = "What the targets say about each unknown"
    told = f"{sum(is_moved)} of {len(names)} unknowns were moved"
    figure = new_figure(rows * PANEL_INCHES, title, told, NOTE)
    cells = figure.subplots(rows, COLUMNS, squeeze=False).flat
    for index, ax in enumerate(cells):
        if index >= len(names):
            ax.set_axis_off()
            continue
        colour = POSTERIOR if is_moved[index] else LEFT_ALONE
        _panel(ax, prior[:, index], posterior[:, index], colour)
        ax.set_title(_words(names[index]), fontsize=SMALL_POINTS, pad=3)
    entries = {
        "prior": {"facecolor": PRIOR},
        "posterior": {"facecolor": POSTERIOR},
        "posterior, not moved": {"facecolor": LEFT_ALONE},
    }
    patch_legend(figure.axes[len(names)], entries, loc="center left", borderaxespad=0.0)
    return figure


def _panel(
    ax: Axes, prior: NDArray[np.float64], posterior: NDArray[np.float64], colour: str
) -> None:
    import seaborn

    low, high = np.quantile(np.concatenate([prior, posterior]), TRIMMED)
    shared = {"ax": ax, "fill": True, "linewidth": 1.0, "clip": (low, high), "cut": 0}
    seaborn.kdeplot(x=prior, color=PRIOR, alpha=0.6, **shared)
    seaborn.kdeplot(x=posterior, color=colour, alpha=0.35, **shared)
    ax.set(xlabel="", ylabel="", xlim=(low, high), yticks=[])
    ax.locator_params(axis="x", nbins=4)
    ax.spines["left"].set_visible(False)
    ax.grid(visible=False)


def _words(name: str) -> str:
    first, _, component = name.partition(".")
    short = first.replace("_by_condition", "").replace("severe_hypertension", "hypertension")
    words = f"{short} {component}".replace("_", " ").strip()
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


@dataclass(frozen=True)
class Interval:
    """One difference: what the model predicts and what was published.

    Attributes
    ----------
    label : str
        When.
    mean, low, high : float
        Predictive mean and 95 % range.
    stated : float
        Mean at the values as stated.
    published : tuple of float or None
        Value, low and high; the value three times where no interval was published.
    """

    label: str
    mean: float
    low: float
    high: float
    stated: float
    published: tuple[float, float, float] | None


@in_style
def draw_predictive(panels: Mapping[str, Sequence[Interval]]) -> Figure:
    """Draw differences between arms at posterior draws, and what was published.

    Parameters
    ----------
    panels : mapping
        By title of the panel.
    """
    widths = [max(2.2, len(rows)) for rows in panels.values()]
    figure = new_figure(PREDICTIVE_INCHES, PREDICTIVE_TITLE, PREDICTIVE_UNIT, PREDICTIVE_NOTE)
    axes = figure.subplots(1, len(panels), squeeze=False, sharey=True, width_ratios=widths)[0]
    for ax, (title, rows) in zip(axes, panels.items(), strict=True):
        for place, one in enumerate(rows):
            _draw_interval(ax, place, one)
        ax.axhline(0.0, color=FAINT, linewidth=0.8)
        ax.set_xticks(range(len(rows)), [one.label for one in rows])
        ax.set_xlim(-0.6, len(rows) - 0.4)
        ax.set_title(title)
    return figure


def _draw_interval(ax: Axes, place: int, one: Interval) -> None:
    ax.plot([place] * 2, [one.low, one.high], color=POSTERIOR, linewidth=7.0, alpha=0.25)
    ax.plot([place], [one.mean], "_", color=POSTERIOR, markersize=14.0, markeredgewidth=2.0)
    ax.plot([place], [one.stated], "x", color=FAINT, markersize=6.0)
    if one.published is not None:
        value, low, high = one.published
        ax.plot([place + 0.22] * 2, [low, high], color=INK, linewidth=1.2)
        ax.plot([place + 0.22], [value], "o", color=INK, markersize=5.0)
