"""What all figures share: settings, title and note, a grid of panels, lines and legends.

Figures are made without pyplot, so no window opens, no figure stays behind and the user's backend
is not touched; the settings hold while a figure is drawn and are put back after it.
"""

from __future__ import annotations

import functools
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pathways.figures.palette import Look, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


INK = "#222222"
FAINT = "#5F5F5F"
RULE = "#D9D9D9"
WIDTH = 11.0
"""Inches; all figures are as wide, so that their text is as large."""

TITLE_INCHES, NOTE_INCHES, TIME_INCHES, MARGIN_INCHES = 0.72, 0.2, 0.3, 0.1
TITLE_POINTS, TEXT_POINTS, SMALL_POINTS = 15.0, 10.0, 9.0
PLACES = 6
"""Decimals of a place in the figure, as a share of its width or height."""

LONGEST_LABEL, LINE_OF_LABEL, LINE_OF_NOTE = 48, 20, 162

SETTINGS = {
    "font.family": "DejaVu Sans",  # Comes with Matplotlib: the same letters on every machine.
    "font.size": TEXT_POINTS,
    "axes.titlesize": TEXT_POINTS,
    "axes.labelsize": TEXT_POINTS,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "legend.fontsize": SMALL_POINTS,
    "legend.title_fontsize": TEXT_POINTS,
    "legend.frameon": False,
    "axes.edgecolor": FAINT,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.6,
    # A dollar sign in a policy's name is a dollar sign.
    "text.parse_math": False,
    "figure.dpi": 100.0,
    "savefig.dpi": 150.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "pathways",
}


@contextmanager
def settings() -> Iterator[None]:
    """Draw with our settings alone, whatever the user's are, and put the user's back."""
    import matplotlib.style
    import seaborn

    ours = {**seaborn.axes_style("ticks"), **seaborn.plotting_context("notebook"), **SETTINGS}
    with matplotlib.style.context(["default", ours]):
        yield


def in_style(draw: Callable[..., Figure]) -> Callable[..., Figure]:
    """Make a drawing function draw with :func:`settings` and settle where everything stands."""

    @functools.wraps(draw)
    def drawn(*shown: Any) -> Figure:
        with settings(), without_warning_of_letters():
            figure = draw(*shown)
            _fix_what_is_empty(figure)
            _settle(figure)
        return figure

    return drawn


@contextmanager
def without_warning_of_letters() -> Iterator[None]:
    """Be silent about letters in a policy's name that the font does not have: a box is drawn."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        yield


def _fix_what_is_empty(figure: Figure) -> None:
    """Put empty axis labels somewhere: a place of their own is sought for them at every drawing."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if not axis.get_label_text():
                axis.set_label_coords(0.5, 0.5)


def _settle(figure: Figure) -> None:
    """Lay a figure out once and for all.

    The solver of the layout answers with other last bits from run to run; rounded, they are the
    same, and so are the bytes of the files.
    """
    figure.get_layout_engine().execute(figure)
    # No engine at all: with a placeholder of one every file would be drawn twice.
    figure.set_layout_engine(None)
    for ax in figure.axes:
        ax.set_position([round(part, PLACES) for part in ax.get_position().bounds])
    for text in figure.texts:
        text.set_position([round(part, PLACES) for part in text.get_position()])


def new_figure(height: float, title: str, subtitle: str, note: str = "", time: str = "") -> Figure:
    """Return an empty figure with its words in place and the rest left to the panels.

    Parameters
    ----------
    height : float
        Inches of the panels; title and note are added.
    title, subtitle, note : str
        What is shown, of whom, and how to read it.
    time : str
        Label of a time axis that all panels share; empty for none.
    """
    from matplotlib.figure import Figure

    lines = _wrapped(note, LINE_OF_NOTE) if note else []
    note_height = NOTE_INCHES * len(lines) + MARGIN_INCHES
    below = note_height + (TIME_INCHES if time else 0.0)
    whole = height + TITLE_INCHES + below
    figure = Figure(figsize=(WIDTH, whole), layout="constrained")
    rest = (0.0, below / whole, 1.0, height / whole)
    figure.get_layout_engine().set(rect=rest, w_pad=0.06, h_pad=0.06)
    left = MARGIN_INCHES / WIDTH
    top = 1.0 - MARGIN_INCHES / whole
    figure.text(left, top, title, fontsize=TITLE_POINTS, weight="bold", va="top")
    below_title = top - 0.30 / whole
    figure.text(left, below_title, subtitle, fontsize=TEXT_POINTS, color=FAINT, va="top")
    bottom = 0.06 / whole
    figure.text(0.5, note_height / whole, time, ha="center", va="bottom")
    words = {"fontsize": SMALL_POINTS, "color": FAINT, "va": "bottom", "linespacing": 1.3}
    figure.text(left, bottom, "\n".join(lines), **words)
    return figure


def shared_label(figure: Figure, text: str) -> None:
    """Write the label of a vertical axis that all panels share, at the middle of the panels."""
    _, bottom, _, height = figure.get_layout_engine().get()["rect"]
    figure.supylabel(text, y=bottom + height / 2.0, fontsize=TEXT_POINTS)


def grid_of(count: int) -> tuple[int, int]:
    """Return rows and columns for `count` panels and a legend, with the fewest cells empty."""
    cells = count + 1
    if cells <= 4:
        return 1, cells
    columns = 4 if -(-cells // 4) < -(-cells // 3) else 3
    return -(-cells // columns), columns


def panels(figure: Figure, names: Sequence[str]) -> tuple[dict[str, Axes], Axes]:
    """Return a panel for each policy, with its name above, and the cell left for the legend."""
    rows, columns = grid_of(len(names))
    cells = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    found = looks(names)
    for place, ax in enumerate(cells):
        ax.label_outer()
        if place >= len(names):
            ax.set_axis_off()
        elif place + columns >= len(names):
            ax.tick_params(labelbottom=True)
    for ax, name in zip(cells, names, strict=False):
        ax.set_title(label(name, 26), weight="bold", pad=9)
        rule = {"color": found[name].colour, "linewidth": 3.5, "clip_on": False}
        ax.plot([0.0, 1.0], [1.025, 1.025], transform=ax.transAxes, zorder=5, **rule)
    return dict(zip(names, cells, strict=False)), cells[len(names)]


def policy_line(ax: Axes, x: Any, y: Any, look: Look, width: float = 2.0, **more: Any) -> None:
    """Draw one policy's line, in order of `x`, with its colour and dashes."""
    words = {"color": look.colour, "linestyle": look.line_style, "linewidth": width}
    words |= {"markersize": 6.0, "markeredgecolor": "white", "markeredgewidth": 0.6, **more}
    ax.plot(x, y, **words)


def text_on(colour: str) -> str:
    """Return black or white, whichever is read better on a colour, by its relative luminance."""
    from matplotlib.colors import to_rgb

    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if luminance < 0.21 else INK


def widths(count: int) -> list[float]:
    """Return line widths, widest first, so that lines drawn on top of one another all show."""
    thinnest, widest = 1.4, 1.4 + 0.8 * (count - 1)
    if count < 2:
        return [2.0] * count
    step = (min(widest, 5.0) - thinnest) / (count - 1)
    return [thinnest + step * (count - 1 - place) for place in range(count)]


def policy_rows(ax: Axes, names: Sequence[str], least: int = 1) -> None:
    """Make the vertical axis one row for each policy, the first on top, no row very high."""
    ax.set_yticks(range(len(names)), [label(name) for name in names])
    ax.set_ylim(max(len(names), least) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")
    ax.spines["left"].set_visible(False)


def policy_legend(
    ax: Axes,
    names: Sequence[str],
    all_names: Sequence[str],
    *,
    lines: bool = True,
    more: Mapping[str, str] | None = None,
    **where: Any,
) -> None:
    """Name the policies by their looks, which `all_names` decide.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    names, all_names : sequence of str
        Those named here, and those of the comparison.
    lines : bool
        Whether to show the dashes beside the marker.
    more : mapping, optional
        What to write after a name.
    **where
        As ``Axes.legend`` takes it.
    """
    from matplotlib.lines import Line2D

    found = looks(all_names)
    keys = [
        Line2D(
            [], [], color=found[name].colour, marker=found[name].marker, markersize=6.0,
            linestyle=found[name].line_style if lines else "none", linewidth=2.2,
        )
        for name in names
    ]  # fmt: skip
    width = 4.0 if lines else 1.5
    texts = [label(name, 60) + (more or {}).get(name, "") for name in names]
    ax.legend(keys, texts, handlelength=width, **where)


def patch_legend(ax: Axes, entries: dict[str, dict[str, Any]], **where: Any) -> None:
    """Name filled areas: for each label its fill, as ``matplotlib.patches.Patch`` takes it."""
    from matplotlib.patches import Patch

    patches = [Patch(**{"edgecolor": "white", **fill}) for fill in entries.values()]
    ax.legend(patches, list(entries), alignment="left", **where)


INSIDE = {"loc": "upper left", "borderaxespad": 0.0}
"""Where a legend stands in a cell of its own, so that it never covers data."""

LEGEND_ROW_INCHES = 0.22


def with_legend(figure: Figure, height: float, rows: int) -> tuple[Axes, Axes]:
    """Return a panel of `height` inches and under it a cell for a legend of `rows` lines."""
    ax, legend = figure.subplots(2, 1, height_ratios=(height, rows * LEGEND_ROW_INCHES))
    legend.set_axis_off()
    return ax, legend


def label(name: str, line: int = LINE_OF_LABEL) -> str:
    """Return a policy's name as a label: cut in the middle if very long, on lines of `line`."""
    if len(name) > LONGEST_LABEL:
        half = LONGEST_LABEL // 2 - 1
        name = f"{name[:half]}…{name[-half:]}"
    return "\n".join(_wrapped(name, line))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=True) or [""]
