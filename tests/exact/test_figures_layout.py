"""Nothing covers anything: legends, labels and titles beside one another, seven policies or one."""

from __future__ import annotations

import itertools

import pytest
from figure_data import SEVEN, compared
from matplotlib.backends.backend_agg import FigureCanvasAgg

from pathways.figures import FIGURES
from pathways.figures.style import grid_of, label, settings, widths

SETS = {
    "seven": SEVEN,
    "one": ("guideline-2018",),
    "long": (
        "conventional-care",
        "multidisciplinary-without-ketamine",
        "sham-infusion",
        "usual-practice",
    ),
}
SLACK = 1.0
"""Pixels of 100 to the inch."""


@pytest.fixture(scope="module", params=SETS)
def drawn(request):
    """Return every figure of a comparison with all its texts placed."""
    comparison = compared(*SETS[request.param], patients=120, years=2.0)
    figures = {}
    for name, draw in FIGURES.items():
        figure = draw(comparison)
        with settings():
            figures[name] = figure, FigureCanvasAgg(figure).get_renderer()
            figure.draw_without_rendering()
    return figures


def texts_of(figure) -> list:
    from matplotlib.text import Text

    found = figure.findobj(lambda one: isinstance(one, Text) and one.get_visible())
    return [text for text in found if text.get_text().strip()]


def shown_tick_labels(ax, which: str) -> list:
    axis = getattr(ax, f"{which}axis")
    low, high = sorted(axis.get_view_interval())
    return [
        tick.label1
        for tick in axis.get_major_ticks()
        if tick.label1.get_visible() and low <= tick.get_loc() <= high and tick.label1.get_text()
    ]


def box_of(artist, renderer):
    return artist.get_window_extent(renderer)


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_by_the_edge(drawn, name):
    figure, renderer = drawn[name]
    width, height = figure.bbox.width, figure.bbox.height
    hidden = set()
    for ax in figure.axes:
        for which in "xy":
            everything = {tick.label1 for tick in getattr(ax, f"{which}axis").get_major_ticks()}
            hidden |= everything - set(shown_tick_labels(ax, which))
    for text in set(texts_of(figure)) - hidden:
        box = box_of(text, renderer)
        if not text.axes or text.axes.get_visible():
            inside = box.x0 > -SLACK and box.y0 > -SLACK
            inside &= box.x1 < width + SLACK and box.y1 < height + SLACK
            assert inside, (text.get_text(), box)


@pytest.mark.parametrize("name", FIGURES)
def test_no_legend_covers_a_panel(drawn, name):
    figure, renderer = drawn[name]
    legends = [ax.get_legend() for ax in figure.axes if ax.get_legend()]
    panels = [ax for ax in figure.axes if ax.axison]
    for legend, ax in itertools.product(legends, panels):
        assert not box_of(legend, renderer).overlaps(ax.get_window_extent(renderer))
    for legend in legends:
        box = box_of(legend, renderer)
        assert box.x1 < figure.bbox.width + SLACK and box.y0 > -SLACK
        for text in figure.texts:
            if text.get_text():
                assert not box.overlaps(box_of(text, renderer)), text.get_text()


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("which", ["x", "y"])
def test_tick_labels_keep_apart(drawn, name, which):
    figure, renderer = drawn[name]
    for ax in figure.axes:
        if ax.axison:
            boxes = [box_of(text, renderer) for text in shown_tick_labels(ax, which)]
            for one, other in itertools.combinations(boxes, 2):
                assert not one.overlaps(other), (name, ax.get_title(loc="left"), one, other)


@pytest.mark.parametrize("name", FIGURES)
def test_titles_labels_and_notes_keep_apart(drawn, name):
    figure, renderer = drawn[name]
    words = [text for text in figure.texts if text.get_text()]
    for ax in figure.axes:
        if ax.axison:
            words += [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]
    boxes = [(text.get_text(), box_of(text, renderer)) for text in words if text.get_text()]
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not first.overlaps(second), (one, other)


@pytest.mark.parametrize("name", FIGURES)
def test_every_panel_has_room_and_every_figure_a_title_and_units(drawn, name):
    figure, renderer = drawn[name]
    for ax in figure.axes:
        if ax.axison:
            box = ax.get_window_extent(renderer)
            assert box.width > 150 and box.height > 50, ax.get_title(loc="left")
    title, subtitle = (text for text in figure.texts[:2])
    assert title.get_fontsize() > subtitle.get_fontsize() >= 10.0
    assert "120 virtual referrals" in subtitle.get_text()
    assert all(text.get_fontsize() >= 8.0 for text in texts_of(figure))


@pytest.mark.parametrize("name", FIGURES)
def test_written_numbers_keep_apart(drawn, name):
    figure, renderer = drawn[name]
    for ax in figure.axes:
        boxes = [(text.get_text(), box_of(text, renderer)) for text in ax.texts]
        for (one, first), (other, second) in itertools.combinations(boxes, 2):
            assert not first.overlaps(second), (one, other)


@pytest.mark.parametrize("count", range(1, 14))
def test_panels_and_legend_fit_the_grid(count):
    rows, columns = grid_of(count)
    assert rows * columns >= count + 1 > (rows - 1) * columns
    assert columns <= 4


def test_labels_are_broken_into_lines_and_cut_in_the_middle():
    assert label("dose-ladder") == "dose-ladder"
    assert label("multidisciplinary-without-ketamine") == "multidisciplinary-\nwithout-ketamine"
    long = label("a" * 30 + "b" * 30, 60)
    assert len(long) < 50 and long.startswith("aaa") and long.endswith("bbb") and "…" in long


def test_lines_on_top_of_one_another_all_show():
    assert widths(1) == [2.0]
    for count in range(2, 12):
        found = widths(count)
        assert found == sorted(set(found), reverse=True)
        assert len(found) == count and found[-1] >= 1.4
