"""What the change in pain is made of by Shapley shares: by observed day, or arm beside arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pathways.errors import InputError, Place
from pathways.figures.style import (
    INK,
    INSIDE,
    grid_of,
    in_style,
    label,
    new_figure,
    panels,
    patch_legend,
    policy_rows,
    shared_label,
    with_legend,
)
from pathways.outcomes.decomposition import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.outcomes.decomposition import Decomposition
    from pathways.trials.change import ChangeSplit

FILLS = {
    "regression": ("regression to the mean\nand flares", "#D5D5D5", ""),
    "natural_history": ("natural history", "#A3A3A3", ""),
    "programme": ("programme of therapies", "#7CB48F", "////"),
    "expectation": ("expectation", "#F0B95B", "...."),
    "drug": ("drug", "#8E1B3A", ""),
    "floor": ("least that is left,\nend of the scale", "#5B7FB8", "xxxx"),
}
"""Words, colour and hatch of each component, in the order in which they are stacked."""

WORST_ROUNDING = 0.0005
LEGEND_ROWS = 4
ROW_INCHES, BAR_HEIGHT = 0.62, 0.62
LONGEST_LINE_OF_ROW = 46
PUBLISHED = "published change"
SHARE_OF_GAP = 0.85
NOTE = (
    "Parts are Shapley shares: averages over every order in which the components could be taken, "
    "for every patient on the day as it was. They add up to the change (point, with its 95 % Monte "
    "Carlo interval); to the other side of 0 is worsening."
)


class Stack(NamedTuple):
    """One component of a stack: where it starts and ends, NRS points of fall."""

    component: str
    start: float
    end: float


class _Arms(NamedTuple):
    """What is drawn: estimates by arm, and of which score."""

    estimates: dict[str, pandas.DataFrame]
    endpoint: str
    day: int | None = None


def decomposition_by_day(arms: Mapping[str, Decomposition]) -> Figure:
    """Draw the parts of the fall of mean pain by observed day, one panel per arm.

    Parameters
    ----------
    arms : mapping from str to pathways.outcomes.decomposition.Decomposition
        By name, drawn in this order.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is nobody to draw, or pain and scores are mixed.
    """
    return _by_day(_read(arms, None))


def decomposition_by_arm(arms: Mapping[str, Decomposition], day: int | None = None) -> Figure:
    """Draw the parts of the fall of mean pain of each arm on one day, beneath one another.

    Parameters
    ----------
    arms : mapping from str to pathways.outcomes.decomposition.Decomposition
        By name, drawn in this order.
    day : int, optional
        Patient day; the last that all arms have by default.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If an arm does not have this day, there is nobody to draw, or pain and scores are mixed.
    """
    common = [set(one.days.tolist()) for one in arms.values()]
    shared = sorted(set.intersection(*common)) if common else []
    chosen = shared[-1] if day is None and shared else day
    if chosen not in shared:
        allowed = ", ".join(map(str, shared)) or "arms with a day in common"
        raise InputError(Place(path="day"), f"not every arm has day {chosen}", allowed)
    return _by_arm(_read(arms, chosen))


def decomposition_of_changes(found: Sequence[ChangeSplit]) -> Figure:
    """Draw the parts of the changes of single arms of trials, beneath one another.

    Parameters
    ----------
    found : sequence of pathways.trials.change.ChangeSplit
        Drawn in this order; each on days of its own.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is nobody to draw.
    """
    if not found or not all(one.patients for one in found):
        raise InputError(Place(path="found"), "nobody is counted", "patients with a score")
    return _of_changes(found)


def stacks(rows: pandas.DataFrame) -> list[Stack]:
    """Return the stack of one day: relief away from 0 to one side, worsening to the other.

    Parameters
    ----------
    rows : pandas.DataFrame
        Estimates of one day, as ``Decomposition.estimates`` gives them.
    """
    means = rows.set_index("component")["mean"]
    up = down = 0.0
    found = []
    for name in FILLS:
        fall = 0.0 - float(means[name])
        if fall >= 0.0:
            found.append(Stack(name, up, up + fall))
            up += fall
        else:
            found.append(Stack(name, down, down + fall))
            down += fall
    return found


def _read(arms: Mapping[str, Decomposition], day: int | None) -> _Arms:
    endpoints = sorted({one.endpoint for one in arms.values()})
    if len(endpoints) != 1:
        problem = f"{' and '.join(endpoints) or 'nothing'} cannot be drawn together"
        raise InputError(Place(path="arms"), problem, "arms of one endpoint")
    found = {}
    for name, one in arms.items():
        rows = one.estimates()
        rows = rows[rows["patients"] > 0] if day is None else rows[rows["day"] == day]
        if not (rows["patients"] > 0).any():
            raise InputError(Place(path=f"arms.{name}"), "nobody is counted", "somebody alive")
        found[name] = rows
    return _Arms(found, endpoints[0], day)


@in_style
def _by_day(arms: _Arms) -> Figure:
    names = list(arms.estimates)
    figure = new_figure(
        0.4 + 2.75 * grid_of(len(names))[0],
        "What the change in pain since enrolment is made of",
        f"Fall of mean {_what(arms)} since enrolment; {_whom(arms)}",
        NOTE,
        "Days since referral",
    )
    axes, legend = panels(figure, names)
    for name, ax in axes.items():
        for day, rows in arms.estimates[name].groupby("day"):
            width = SHARE_OF_GAP * _gap(arms.estimates[name]["day"].unique())
            _bar(ax.bar, day, rows, width=width)
            _point(ax, rows, day, is_upright=True)
        ax.axhline(0.0, color=INK, linewidth=0.8)
    shared_label(figure, "Fall (NRS points)")
    patch_legend(legend, _entries(arms), labelspacing=0.9, **INSIDE)
    return figure


@in_style
def _by_arm(arms: _Arms) -> Figure:
    names = list(arms.estimates)
    height = ROW_INCHES * max(len(names), 2) + 0.6
    figure = new_figure(
        height + LEGEND_ROWS * 0.22,
        "What the change in pain since enrolment is made of",
        f"Fall of mean {_what(arms)} from enrolment to day {arms.day}; {_whom(arms)}",
        NOTE,
    )
    ax, legend = with_legend(figure, height, LEGEND_ROWS)
    for row, name in enumerate(names):
        rows = arms.estimates[name]
        _bar(ax.barh, row, rows, height=BAR_HEIGHT)
        _point(ax, rows, row, is_upright=False)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    policy_rows(ax, names)
    ax.set_xlabel("Fall (NRS points)")
    patch_legend(legend, _entries(arms), ncols=3, loc="upper center")
    return figure


@in_style
def _of_changes(found: Sequence[ChangeSplit]) -> Figure:
    height = ROW_INCHES * max(len(found), 2) + 0.6
    figure = new_figure(
        height + LEGEND_ROWS * 0.22,
        "Where the change in trial arms comes from",
        "Fall of the mean diary score from the baseline of each simulated trial",
        f"{NOTE} Diamond, line: value or range published, a change and no effect of the drug.",
    )
    ax, legend = with_legend(figure, height, LEGEND_ROWS)
    tables = [_estimates(one) for one in found]
    for row, (one, rows) in enumerate(zip(found, tables, strict=True)):
        _bar(ax.barh, row, rows, height=BAR_HEIGHT)
        _point(ax, rows, row, is_upright=False)
        _draw_published(ax, one, row)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    policy_rows(ax, [""] * len(found))
    ax.set_yticks(range(len(found)), [_row_label(one) for one in found])
    ax.set_xlabel("Fall (NRS points)")
    patch_legend(legend, _entries_of(tables), ncols=3, loc="upper center")
    return figure


def _estimates(one: ChangeSplit) -> pandas.DataFrame:
    import pandas

    rows = [
        {"component": name, "mean": part.value, "low": part.low, "high": part.high}
        for name, part in one.estimates.items()
    ]
    return pandas.DataFrame(rows).astype({"mean": float, "low": float, "high": float})


def _draw_published(ax: Axes, one: ChangeSplit, row: int) -> None:
    from pathways.trials.published import settled

    published = one.endpoint.published
    if published is not None:
        known = settled(published, is_share=False)
        look = {"color": INK, "markerfacecolor": "white", "markersize": 7.5, "zorder": 6}
        ax.plot([0.0 - known.high, 0.0 - known.low], [row, row], color=INK, linewidth=1.6)
        ax.plot([0.0 - known.value], [row], "D", label=PUBLISHED, **look)


def _row_label(one: ChangeSplit) -> str:
    words = one.endpoint.title
    if len(words) > LONGEST_LINE_OF_ROW:
        words = f"{words[: LONGEST_LINE_OF_ROW - 1]}\N{HORIZONTAL ELLIPSIS}"
    return f"{label(one.trial, LONGEST_LINE_OF_ROW)}, {one.arm}\n{words}"


def _bar(draw, place: float, rows: pandas.DataFrame, **size: float) -> None:
    """Draw one stack with `ax.bar` or `ax.barh`."""
    side = "bottom" if "width" in size else "left"
    for one in stacks(rows):
        _, colour, hatch = FILLS[one.component]
        fill = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.0}
        draw(place, one.end - one.start, label=one.component, **size, **fill, **{side: one.start})


def _point(ax: Axes, rows: pandas.DataFrame, place: float, *, is_upright: bool) -> None:
    """Mark the whole change with its interval."""
    change = rows.set_index("component").loc["change"]
    fall = 0.0 - change["mean"]
    ends = np.array([[change["high"] - change["mean"]], [change["mean"] - change["low"]]])
    error = {} if np.isnan(ends).any() else {"yerr" if is_upright else "xerr": ends}
    point = {"fmt": "o", "color": INK, "markersize": 4.0, "linewidth": 0.9, "zorder": 5}
    point |= {"markeredgecolor": "white", "markeredgewidth": 0.5}
    ax.errorbar(*((place, fall) if is_upright else (fall, place)), **error, **point)


def _gap(days: np.ndarray) -> float:
    return float(np.diff(np.sort(days)).min()) if len(days) > 1 else 1.0


def _entries(arms: _Arms) -> dict[str, dict[str, str]]:
    """Return the legend of the components that anybody would see."""
    return _entries_of(list(arms.estimates.values()))


def _entries_of(tables: Sequence[pandas.DataFrame]) -> dict[str, dict[str, str]]:
    most = dict.fromkeys(COMPONENTS, 0.0)
    for rows in tables:
        for name in COMPONENTS:
            means = rows.loc[rows["component"] == name, "mean"]
            most[name] = max(most[name], float(means.abs().max()))
    return {
        words: {"facecolor": colour, "hatch": hatch}
        for name, (words, colour, hatch) in FILLS.items()
        if most[name] > WORST_ROUNDING
    }


def _what(arms: _Arms) -> str:
    return "diary score" if arms.endpoint == "score" else "latent pain"


def _whom(arms: _Arms) -> str:
    """Return how many are counted, arm by arm if they differ."""
    counts = {name: int(rows["patients"].max()) for name, rows in arms.estimates.items()}
    if len(set(counts.values())) == 1:
        return f"{next(iter(counts.values())):,} patients in each arm, those alive on the day"
    parts = "; ".join(f"{label(name, 40)} {count:,}" for name, count in counts.items())
    return f"patients counted at most: {parts}"
