"""States, pain and what its change is made of: what is drawn is what the weekly tables say."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from figure_data import SEVEN, changed, compared, panel

from pathways.figures import CAPTIONS, FIGURES, colours
from pathways.figures.change_from_baseline import boundaries, drug_in_words
from pathways.figures.pain import change_by_component, enrolment_score, pain_by_week
from pathways.figures.states_over_time import FILLS, shares_by_state
from pathways.figures.weekly import thinned, time_axis, time_in_words, weekly_totals
from pathways.outcomes.schema import STATES

NAMES = ("states_over_time", "pain_trajectories", "change_from_baseline")


@pytest.fixture(scope="module")
def seven():
    return compared(*SEVEN)


@pytest.fixture(scope="module")
def figures(seven):
    return {name: FIGURES[name](seven) for name in NAMES}


def with_every_pain(comparison, name: str):
    """Return a comparison whose weekly table of one policy has pain columns that are told apart."""
    weekly = comparison.results[name].weekly.copy()
    living = weekly[list(STATES[:-1])].sum(axis="columns")
    programme = weekly["pain_without_drug_sum_e6"] + weekly["expectation_sum_e6"]
    base = programme + living * 250_000
    weekly["base_pain_sum_e6"], weekly["programme_pain_sum_e6"] = base, programme
    weekly["base_pain_mean"], weekly["programme_pain_mean"] = 0.0, 0.0
    weekly["panel_present"] = weekly["week"] % 3
    weekly["panel_score_sum"] = weekly["panel_present"] * 7
    weekly["observed_pain_mean"] = pandas.array(
        np.where(weekly["panel_present"] > 0, 7.0, np.nan), "Float64"
    )
    return changed(comparison, name, "weekly", weekly)


def without_a_panel(comparison, name: str):
    """Return a comparison in which nobody of one policy keeps a diary after enrolment."""
    weekly = comparison.results[name].weekly
    nothing = pandas.array([None] * len(weekly), "Float64")
    nobody = weekly.assign(panel_present=0, panel_score_sum=0, observed_pain_mean=nothing)
    return changed(comparison, name, "weekly", nobody)


def split_in_two_clinics(comparison, name: str):
    """Return a comparison in which one policy's weekly rows are those of two unequal clinics."""
    weekly = comparison.results[name].weekly
    numbers = [column for column in weekly if weekly[column].dtype == np.int64 and column != "week"]
    first, second = weekly.copy(), weekly.copy()
    first[numbers] = weekly[numbers] // 3
    second[numbers] = weekly[numbers] - first[numbers]
    rows = pandas.concat([first.assign(clinic=0), second.assign(clinic=1)])
    # As means of means would be wrong here, these are nonsense on purpose.
    return changed(comparison, name, "weekly", rows.assign(pain_mean=-1.0))


def areas(ax) -> dict[str, tuple[np.ndarray, ...]]:
    """Return place, lower and upper edge of each filled area of a panel, by its label."""
    found = {}
    for area in ax.collections:
        corners = area.get_paths()[0].vertices
        half = len(corners) // 2
        lower, upper = corners[1:half], corners[half + 1 : -1][::-1]
        found[area.get_label()] = (lower[:, 0], lower[:, 1], upper[:, 1])
    return found


@pytest.mark.parametrize("name", SEVEN)
def test_state_areas_are_the_counts_over_all_referrals(seven, figures, name):
    weekly = thinned(seven.results[name].weekly)
    drawn = areas(panel(figures["states_over_time"], name))
    below = np.zeros(len(weekly))
    for state in FILLS:
        height = 100.0 * weekly[state].to_numpy() / 300
        if not height.any():
            assert state not in drawn
            continue
        years, lower, upper = drawn[state]
        assert years == pytest.approx(
            (7.0 * np.minimum(weekly["week"] + 1, 729 / 7) - 1) / 365, abs=0.003
        )
        assert (lower, upper) == (pytest.approx(below), pytest.approx(below + height))
        below = below + height
    assert below == pytest.approx(np.full(len(weekly), 100.0))


def test_every_state_has_a_fill_of_its_own():
    assert set(FILLS) == set(STATES)
    assert len({(colour, hatch) for _, colour, hatch in FILLS.values()}) == len(FILLS)


def test_those_not_yet_referred_are_counted_and_left_blank(seven):
    weekly = seven.results["conventional-care"].weekly.copy()
    weekly["referred"] = weekly["referred"] // 2
    shares = shares_by_state(
        changed(seven, "conventional-care", "weekly", weekly).results["conventional-care"]
    )
    assert shares["not_referred"].iloc[0] == pytest.approx(0.5)
    assert shares.sum(axis="columns").to_numpy() == pytest.approx(np.ones(len(shares)))


def test_clinics_are_added_up_and_means_taken_over_all_their_living(seven):
    plain = weekly_totals(seven.results["dose-ladder"])
    two = weekly_totals(split_in_two_clinics(seven, "dose-ladder").results["dose-ladder"])
    compared_columns = plain.columns.drop("ketamine_mg")
    pandas.testing.assert_frame_equal(
        two[compared_columns], plain[compared_columns], check_dtype=False
    )
    assert plain["pain_mean"].to_numpy() == pytest.approx(
        seven.results["dose-ladder"].weekly["pain_mean"].to_numpy(float)
    )
    shares = shares_by_state(seven.results["dose-ladder"])
    split = shares_by_state(split_in_two_clinics(seven, "dose-ladder").results["dose-ladder"])
    pandas.testing.assert_frame_equal(split, shares, check_dtype=False)


def test_weeks_stand_on_their_last_day():
    years = weekly_totals(compared("guideline-2018", years=0.2).results["guideline-2018"])["years"]
    assert (365.0 * years).round().tolist()[:2] == [6, 13]
    assert 365.0 * years.iloc[-1] == pytest.approx(72.0)


def test_weeks_in_which_nobody_lives_have_no_mean(seven):
    weekly = seven.results["guideline-2018"].weekly.copy()
    last = weekly["week"] >= 90
    weekly.loc[last, [*STATES[:-1], "pain_sum_e6", "pain_without_drug_sum_e6"]] = 0
    weekly.loc[last, "dead"] = 300
    empty = changed(seven, "guideline-2018", "weekly", weekly)
    assert (
        weekly_totals(empty.results["guideline-2018"])["pain_mean"].isna().tolist() == last.tolist()
    )
    for name in NAMES:
        FIGURES[name](empty)
        CAPTIONS[name](empty)


def lines_of(ax) -> list:
    return [line for line in ax.lines if len(line.get_xdata()) > 2]


@pytest.mark.parametrize("name", SEVEN)
def test_pain_lines_are_the_weekly_means(seven, figures, name):
    weekly = seven.results[name].weekly
    ax = panel(figures["pain_trajectories"], name)
    drawn = [line.get_ydata() for line in lines_of(ax)]
    observed = weekly["observed_pain_mean"].dropna()
    expected = [weekly["pain_without_drug_mean"], weekly["pain_mean"], observed]
    if name != "conventional-care":
        expected.insert(0, seven.results["conventional-care"].weekly["pain_mean"])
    for line, mean in zip(drawn, expected, strict=True):
        assert line == pytest.approx(mean.to_numpy(float))
    assert lines_of(ax)[-2].get_color() == colours(seven.names)[name]


@pytest.mark.parametrize("name", SEVEN)
def test_the_score_at_enrolment_stands_at_day_0(seven, figures, name):
    scores = seven.results[name].patients["enrolment_score"]
    ax = panel(figures["pain_trajectories"], name)
    point = next(line for line in ax.lines if len(line.get_xdata()) == 1)
    assert point.get_xdata()[0] == 0.0
    assert point.get_ydata()[0] == pytest.approx(scores.mean())
    mean, half = enrolment_score(seven, name)
    assert half == pytest.approx(1.959964 * scores.std() / np.sqrt(300), rel=1e-6)
    (ends,) = (area.get_paths()[0].vertices[:, 1] for area in ax.collections)
    assert ends == pytest.approx([mean - half, mean + half])


def test_nothing_of_the_pain_figure_is_off_its_axes(figures):
    for ax in figures["pain_trajectories"].axes:
        low, high = ax.get_ylim()
        for line in lines_of(ax):
            values = line.get_ydata()
            assert low < np.nanmin(values) <= np.nanmax(values) < high
    assert "does not start at 0" in " ".join(
        text.get_text() for text in figures["pain_trajectories"].texts
    )


def test_observed_scores_are_drawn_once_they_are_recorded(seven):
    other = with_every_pain(seven, "guideline-2018")
    observed = pain_by_week(other, "guideline-2018")["observed"]
    assert observed.isna().tolist() == [week % 3 == 0 for week in range(105)]
    assert set(observed.dropna()) == {7.0}
    other = without_a_panel(other, "dose-ladder")
    figure = FIGURES["pain_trajectories"](other)
    assert len(lines_of(panel(figure, "guideline-2018"))) == 4
    assert len(lines_of(panel(figure, "dose-ladder"))) == 3
    assert figure.axes[0].get_ylim()[1] > 7.0
    assert "Dotted" in CAPTIONS["pain_trajectories"](seven)
    for name in SEVEN:
        other = without_a_panel(other, name)
    assert "Dotted" not in CAPTIONS["pain_trajectories"](other)


@pytest.mark.parametrize("name", SEVEN)
def test_the_line_of_observed_scores_goes_through_every_week_of_the_panel(seven, figures, name):
    weekly = seven.results[name].weekly
    known = weekly["panel_present"] > 0
    assert weekly["week"][known].tolist() == list(range(0, 105, 4))
    line = lines_of(panel(figures["pain_trajectories"], name))[-1]
    assert line.get_xdata() == pytest.approx((7 * weekly["week"][known] + 6).clip(upper=729) / 365)
    scores = weekly["panel_score_sum"][known] / weekly["panel_present"][known]
    assert line.get_ydata() == pytest.approx(scores.to_numpy(float))
    assert np.isfinite(line.get_ydata()).all()


@pytest.mark.parametrize("name", SEVEN)
@pytest.mark.parametrize("other", [False, True])
def test_components_add_up_to_the_change(seven, name, other):
    comparison = with_every_pain(seven, name) if other else seven
    change = change_by_component(comparison, name)
    assert list(change) == ["natural_course", "programme", "expectation", "drug"]
    weekly = comparison.results[name].weekly
    score, _ = enrolment_score(comparison, name)
    assert score == pytest.approx(seven.results[name].patients["enrolment_score"].mean(), abs=1e-6)
    expected = score - weekly["pain_mean"].to_numpy(float)
    assert change.sum(axis="columns").to_numpy() == pytest.approx(expected, abs=1e-12)


def test_components_are_what_their_names_say(seven):
    weekly = seven.results["dose-ladder"].weekly
    change = change_by_component(seven, "dose-ladder")
    drug = (weekly["pain_without_drug_mean"] - weekly["pain_mean"]).to_numpy(float)
    assert change["drug"].to_numpy() == pytest.approx(drug)
    assert change["drug"].max() > 0.2
    without = weekly["programme_pain_mean"] - weekly["pain_without_drug_mean"]
    assert change["expectation"].to_numpy() == pytest.approx(without.to_numpy(float), abs=1e-9)
    # What is felt may be less than what is expected, never more: pain does not go below none.
    room = weekly["expectation_mean"].to_numpy(float) - change["expectation"].to_numpy()
    assert -1e-6 < room.min() <= room.max() < 0.005
    score, _ = enrolment_score(seven, "dose-ladder")
    base = score - weekly["base_pain_mean"].to_numpy(float)
    assert change["natural_course"].to_numpy() == pytest.approx(base)
    apart = change_by_component(with_every_pain(seven, "dose-ladder"), "dose-ladder")
    assert apart["programme"].to_numpy() == pytest.approx(np.full(105, 0.25))


def test_the_programme_relieves_where_there_is_one(seven):
    most = {name: change_by_component(seven, name)["programme"].max() for name in SEVEN}
    assert {name for name, relief in most.items() if relief > 0.0} == {"multidisciplinary"}


@pytest.mark.parametrize("name", ["sham-infusion", "conventional-care"])
def test_without_ketamine_no_part_is_the_drug(seven, figures, name):
    assert not change_by_component(seven, name)["drug"].any()
    ax = panel(figures["change_from_baseline"], name)
    assert [text.get_text() for text in ax.texts] == ["no effect of the drug"]


@pytest.mark.parametrize("name", SEVEN)
def test_areas_of_the_change_are_its_components(seven, figures, name):
    change = thinned(change_by_component(seven, name))
    ax = panel(figures["change_from_baseline"], name)
    drawn = areas(ax)
    assert list(drawn) == list(change)
    below = np.zeros(len(change))
    for part, (years, lower, upper) in drawn.items():
        assert years == pytest.approx(change.index.to_numpy())
        assert lower == pytest.approx(below, abs=1e-12)
        assert upper - lower == pytest.approx(change[part].to_numpy(), abs=1e-12)
        below = upper
    (total,) = (line for line in ax.lines if len(line.get_xdata()) > 2)
    assert total.get_ydata() == pytest.approx(below)
    low, high = ax.get_ylim()
    assert low <= 0.0 < max(below) < high


def test_a_first_part_below_zero_does_not_hide_the_others():
    change = pandas.DataFrame(
        {"programme": [-0.5, 0.2], "expectation": [0.1, 0.1], "drug": [0.3, 0.0]}
    )
    edges = {
        part: (low.tolist(), high.tolist()) for part, (low, high) in boundaries(change).items()
    }
    assert edges["programme"] == ([0.0, 0.0], [-0.5, 0.2])
    assert edges["drug"][0] == pytest.approx([-0.4, 0.3])
    assert edges["drug"][1] == pytest.approx([-0.1, 0.3])


def test_the_part_of_the_drug_is_written_at_its_most_and_at_fixed_times():
    years = np.array([0.5, 1.0, 2.0, 4.995])
    change = pandas.DataFrame({"drug": [0.10, 0.25, 0.40, 0.05]}, index=years)
    words = drug_in_words(change).split()
    assert " ".join(words) == "drug, at most 0.40 (after 2.0 y); 1 y 0.25 5 y 0.05"
    assert drug_in_words(change[:1]) == "drug, at most 0.10\n(after 6 mo)"


def test_every_component_is_named(figures):
    figure = figures["change_from_baseline"]
    legend = next(ax.get_legend() for ax in figure.axes if ax.get_legend())
    assert [text.get_text().replace("\n", " ") for text in legend.get_texts()] == [
        "drug",
        "expectation",
        "programme of therapies",
        "regression to the mean and natural history",
    ]


@pytest.mark.parametrize("years", [1 / 365, 0.1, 1.0, 2.0, 10.0, 40.0])
def test_ticks_of_time_keep_apart(years):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    time_axis(ax, years)
    places = np.sqrt(np.array(ax.get_xticks()) / years)
    assert all(np.diff(np.sort(places)) > 0.15)
    assert all(0.0 <= places) and all(places <= 1.0)


def test_times_are_written_in_months_then_years():
    assert [time_in_words(years) for years in (0.5, 1.9, 2.04)] == ["6 mo", "23 mo", "2.0 y"]


def test_every_week_is_drawn_early_and_every_fourth_late():
    weeks = thinned(pandas.DataFrame({"week": range(523)}))["week"].tolist()
    assert weeks[:104] == list(range(104))
    assert weeks[104:] == [*range(104, 522, 4), 522]
