"""Harm by dose band: marks and intervals are the rows of the summary."""

from __future__ import annotations

import pytest
from figure_data import SEVEN, compared, panel

from pathways.figures import CAPTIONS, FIGURES
from pathways.figures.harm_by_dose import FEWEST_YEARS, bands, rates
from pathways.outcomes.dose_bands import NAMES
from pathways.outcomes.schema import CAUSES, CHRONIC_HARMS
from pathways.outcomes.summary import ALL

WORDS = {"background": "background", "excess": "excess caused by exposure"}


@pytest.fixture(scope="module")
def seven():
    return compared(*SEVEN)


@pytest.fixture(scope="module")
def figure(seven):
    return FIGURES["harm_by_dose"](seven)


def rows_of(comparison, name: str) -> dict[tuple[str, str], dict]:
    rows = comparison.results[name].summary_rows
    return {(row["block"], row["measure"]): row for row in rows}


def marks(ax) -> dict[str, tuple[float, float, float, str]]:
    """Return place, rate and ends of the interval of each mark by its label, and its fill."""
    found = {}
    for container in ax.containers:
        point, _, (bar,) = container.lines
        (low, high) = bar.get_segments()[0][:, 1]
        place, rate = point.get_xdata()[0], point.get_ydata()[0]
        found[container.get_label()] = (place, rate, low, high, point.get_markerfacecolor())
    return found


def of_harm(figure, harm: str, cause: str):
    return panel(figure, f"{harm.replace('_', ' ').capitalize()}: {WORDS[cause]}")


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("harm", CHRONIC_HARMS)
def test_marks_are_the_rates_of_the_summary(seven, figure, harm, cause):
    drawn = marks(of_harm(figure, harm, cause))
    expected = {}
    for name in seven.names:
        rows = rows_of(seven, name)
        for band in NAMES:
            row = rows[band, f"{harm}_{cause}_per_100_years"]
            long_enough = rows[band, "patient_years"]["value"] >= FEWEST_YEARS
            if long_enough and not (cause == "excess" and band == NAMES[0]):
                expected[f"{harm} {band} {name} {cause}"] = row
    assert set(drawn) == set(expected)
    for label, (_, rate, low, high, _) in drawn.items():
        row = expected[label]
        assert (rate, low, high) == pytest.approx((row["value"], row["low"], row["high"]))


def test_background_is_hollow_and_excess_filled(seven, figure):
    for harm in CHRONIC_HARMS:
        fills = {cause: marks(of_harm(figure, harm, cause)).values() for cause in CAUSES}
        assert {fill for *_, fill in fills["background"]} == {"white"}
        assert "white" not in {fill for *_, fill in fills["excess"]}


def test_every_mark_is_drawn_in_its_band_and_no_two_on_one_place(seven, figure):
    for harm in CHRONIC_HARMS:
        drawn = marks(of_harm(figure, harm, "background"))
        places = [place for place, *_ in drawn.values()]
        assert len(set(places)) == len(places) > len(SEVEN)
        for label, (place, *_) in drawn.items():
            assert abs(place - NAMES.index(label.split()[1])) < 0.5


def test_the_rate_axis_begins_at_nothing_and_holds_every_interval(figure):
    for ax in figure.axes:
        if ax.containers:
            assert ax.get_ylim()[0] == 0.0
            assert max(high for *_, high, _ in marks(ax).values()) <= ax.get_ylim()[1]


def test_rates_have_a_row_for_each_harm_band_policy_and_cause(seven):
    found = rates(seven)
    assert not found.duplicated(["harm", "band", "policy", "cause"]).any()
    empty = found[(found["policy"] == "sham-infusion") & (found["band"] != NAMES[0])]
    assert empty.empty
    assert set(found["band"]) == set(NAMES)


def test_without_an_event_log_all_doses_are_taken_together():
    plain = compared("conventional-care", "dose-ladder", events=False)
    assert bands(plain) == (ALL,)
    figure = FIGURES["harm_by_dose"](plain)
    for harm in CHRONIC_HARMS:
        for cause in CAUSES:
            drawn = marks(of_harm(figure, harm, cause))
            row = rows_of(plain, "dose-ladder")[ALL, f"{harm}_{cause}_per_100_years"]
            _, rate, low, high, _ = drawn[f"{harm} {ALL} dose-ladder {cause}"]
            assert (rate, low, high) == pytest.approx((row["value"], row["low"], row["high"]))
            assert len(drawn) == 2
    assert "No event log was kept" in CAPTIONS["harm_by_dose"](plain)
    assert "No event log" not in CAPTIONS["harm_by_dose"](compared(*SEVEN))
