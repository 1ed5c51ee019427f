"""QALYs and cost: marks, bars and words are the rows of the frame of differences."""

from __future__ import annotations

import pytest
from figure_data import SEVEN, compared, panel
from matplotlib.lines import AxLine

from pathways.comparison import Comparison
from pathways.figures import CAPTIONS, FIGURES
from pathways.figures.money import LINES, PAYERS, PER_QALY, cost_per_qaly
from pathways.figures.paired import Difference, differences, without_cost
from pathways.outcomes.schema import COST_LINES

QALYS, COSTS, PLANE = "QALYs, counted", "Cost by what", "Cost-effectiveness plane"


AGAINST = {
    "all": ("conventional-care", "mean_qaly"),
    "drug only (expectation left out)": ("conventional-care", "mean_qaly_drug_only"),
    "all, against the sham infusion": ("sham-infusion", "mean_qaly"),
}


@pytest.fixture(scope="module")
def seven():
    return compared(*SEVEN)


@pytest.fixture(scope="module")
def figure(seven):
    return FIGURES["cost_and_qaly"](seven)


def row_of(comparison, policy: str, reference: str, measure: str):
    frame = comparison.differences
    chosen = (frame["policy"] == policy) & (frame["reference"] == reference)
    (row,) = frame[chosen & (frame["measure"] == measure)].itertuples()
    return row


def names_of_rows(ax) -> list[str]:
    return [text.get_text().split("\n")[0] for text in ax.get_yticklabels()]


def marks(ax) -> dict[tuple[str, str], tuple[float, float, float]]:
    """Return value and interval of each mark by its label and the whole number next to its row."""
    found = {}
    for container in ax.containers:
        if hasattr(container, "lines"):
            point, _, bars = container.lines
            ends = bars[0].get_segments()[0][:, 0] if bars else (None, None)
            row = round(float(point.get_ydata()[0]))
            found[container.get_label(), row] = (point.get_xdata()[0], *ends)
    return found


def test_qalys_are_drawn_three_ways_with_their_paired_intervals(seven, figure):
    drawn = marks(panel(figure, QALYS))
    expected = {}
    for place, name in enumerate(seven.names):
        for words, (against, measure) in AGAINST.items():
            if name != against:
                row = row_of(seven, name, against, measure)
                expected[words, place] = (row.difference, row.low, row.high)
    assert set(drawn) == set(expected)
    for key, values in expected.items():
        assert drawn[key] == pytest.approx(values)


def test_qalys_are_written_beside_their_marks(seven, figure):
    words = [text.get_text() for text in panel(figure, QALYS).texts]
    row = row_of(seven, "dose-ladder", "conventional-care", "mean_qaly")
    assert f"+{row.difference:.4f} ({row.low:.4f} to {row.high:.4f})" in words
    assert not any("-" in text for text in words)


def test_rows_of_both_panels_are_the_policies_in_order(seven, figure):
    qalys, costs = panel(figure, QALYS), panel(figure, COSTS)
    assert names_of_rows(qalys) == list(SEVEN)
    assert qalys.get_ylim() == costs.get_ylim()


def bars_of(ax, name: str) -> dict[str, tuple[float, float]]:
    return {
        container.get_label().removeprefix(f"{name} "): (bar.get_x(), bar.get_width())
        for container in ax.containers
        if container.get_label().startswith(f"{name} ") and not hasattr(container, "lines")
        for bar in container
    }


@pytest.mark.parametrize("name", SEVEN[2:])
def test_parts_of_the_cost_are_the_differences_by_line(seven, figure, name):
    bars = bars_of(panel(figure, COSTS), name)
    expected = {
        line: row_of(seven, name, "conventional-care", f"mean_cost_{line}").difference
        for line in COST_LINES
    }
    assert {line: width for line, (_, width) in bars.items()} == pytest.approx(
        {line: width for line, width in expected.items() if width}
    )
    net = sum(
        row_of(seven, name, "conventional-care", f"mean_cost_undiscounted_{payer}").difference
        for payer in PAYERS
    )
    assert sum(width for _, width in bars.values()) == pytest.approx(net, abs=1e-3)
    words = [text.get_text() for text in panel(figure, COSTS).texts]
    assert f"{net:+,.0f}" in words


@pytest.mark.parametrize("name", SEVEN[2:])
def test_the_cost_of_each_payer_is_marked_with_its_interval(seven, figure, name):
    drawn = marks(panel(figure, COSTS))
    for payer in PAYERS:
        row = row_of(seven, name, "conventional-care", f"mean_cost_undiscounted_{payer}")
        found = drawn[f"{name} {payer}", seven.names.index(name)]
        assert found == pytest.approx((row.difference, row.low, row.high))


def test_savings_are_stacked_to_the_left_of_nothing():
    backwards = compared("dose-ladder", "conventional-care", "guideline-2018")
    backwards = Comparison(backwards.results, "dose-ladder")
    bars = bars_of(panel(FIGURES["cost_and_qaly"](backwards), COSTS), "conventional-care")
    spent = [(left, left + width) for left, width in bars.values() if width > 0.0]
    saved = [(left + width, left) for left, width in bars.values() if width < 0.0]
    assert saved
    assert all(left >= 0.0 for left, _ in spent) and all(right <= 0.0 for _, right in saved)
    for ends in (sorted(spent), sorted(saved)):
        assert [right for _, right in ends[:-1]] == pytest.approx([left for left, _ in ends[1:]])


def test_money_in_two_currencies_is_not_compared_and_the_figure_says_so(seven, figure):
    assert without_cost(seven, differences(seven)) == {
        "cash-clinic": "USD and GBP are not comparable"
    }
    assert not bars_of(panel(figure, COSTS), "cash-clinic")
    words = [text.get_text() for text in panel(figure, COSTS).texts]
    assert "no difference: USD and GBP are not comparable" in words
    labels = {container.get_label() for container in panel(figure, PLANE).containers}
    assert labels == set(SEVEN) - {"cash-clinic", "conventional-care"}
    assert "cash-clinic: USD and GBP" in CAPTIONS["cost_and_qaly"](seven)
    assert "GBP" in panel(figure, COSTS).get_xlabel()


def test_without_any_comparable_money_there_is_no_plane():
    two = compared("conventional-care", "cash-clinic")
    figure = FIGURES["cost_and_qaly"](two)
    words = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert "No plane: cost is not comparable between these policies" in words
    assert "Cost is not comparable between these policies" in words
    assert not panel(figure, PLANE).containers


def test_points_of_the_plane_are_discounted_cost_and_qalys(seven, figure):
    for container in panel(figure, PLANE).containers:
        name = container.get_label()
        point, _, (across, upright) = container.lines
        qaly = row_of(seven, name, "conventional-care", "mean_qaly")
        cost = row_of(seven, name, "conventional-care", "mean_cost_all_payers")
        assert point.get_xdata()[0] == pytest.approx(qaly.difference)
        assert point.get_ydata()[0] == pytest.approx(cost.difference)
        assert across.get_segments()[0][:, 0] == pytest.approx([qaly.low, qaly.high])
        assert upright.get_segments()[0][:, 1] == pytest.approx([cost.low, cost.high])


def test_the_plane_shows_the_reference_and_the_slope_it_names(figure):
    ax = panel(figure, PLANE)
    assert ax.get_xlim()[0] <= 0.0 <= ax.get_xlim()[1]
    assert ax.get_ylim()[0] <= 0.0 <= ax.get_ylim()[1]
    assert PER_QALY in [line.get_slope() for line in ax.lines if isinstance(line, AxLine)]
    assert "20,000 GBP per QALY" in " ".join(text.get_text() for text in figure.texts)


def difference(value: float, low: float, high: float, unit: str = "GBP") -> Difference:
    return Difference(value, low, high, unit, "")


@pytest.mark.parametrize(
    ("qaly", "cost", "words"),
    [
        ((0.02, 0.01, 0.03), 533.0, "about 27,000 GBP per QALY gained"),
        ((0.02, 0.01, 0.03), -533.0, "costs less and gains QALYs"),
        ((0.02, -0.01, 0.05), 533.0, "no ratio, the difference in QALYs may be nothing"),
        ((-0.02, -0.03, -0.01), 533.0, "costs more and loses QALYs"),
        ((-0.02, -0.03, -0.01), -533.0, "about 27,000 GBP saved per QALY lost"),
    ],
)
def test_a_ratio_is_given_only_where_it_means_something(seven, qaly, cost, words):
    found = {
        ("mine", "conventional-care", "mean_qaly"): difference(*qaly, "QALY"),
        ("mine", "conventional-care", "mean_cost_all_payers"): difference(cost, cost, cost),
    }
    assert cost_per_qaly(seven, "mine", found) == words


def test_every_line_of_cost_has_a_fill():
    assert set(LINES) == set(COST_LINES)


def test_without_a_sham_policy_nothing_is_taken_against_one():
    two = compared("conventional-care", "dose-ladder")
    figure = FIGURES["cost_and_qaly"](two)
    assert {words for words, _ in marks(panel(figure, QALYS))} == set(list(AGAINST)[:2])
    assert "No policy here is a sham infusion" in CAPTIONS["cost_and_qaly"](two)


def test_one_policy_alone_has_no_difference():
    alone = compared("guideline-2018", years=0.2)
    figure = FIGURES["cost_and_qaly"](alone)
    assert "One policy alone" in figure.axes[0].texts[0].get_text()
    assert "One policy alone" in CAPTIONS["cost_and_qaly"](alone)
