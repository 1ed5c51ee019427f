"""Lifetime dose, exit reasons and waiting: what is drawn is what the patients' table says."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from figure_data import SEVEN, changed, compared, panel

from pathways import simulate
from pathways.figures import CAPTIONS, FIGURES, colours
from pathways.figures.exit_reasons import FILLS, shares_by_exit
from pathways.figures.lifetime_dose import share_above, shares_by_kind
from pathways.figures.population import (
    everybody,
    percent,
    referrals,
    whom,
    wilson,
    years_in_words,
)
from pathways.figures.waiting import median_in_words, numbers_waiting
from pathways.outcomes.estimates import proportion
from pathways.outcomes.schema import REASONS
from pathways.outcomes.summary import ALL


def summary(comparison, name: str) -> dict[str, float]:
    rows = comparison.results[name].summary_rows
    return {row["measure"]: row["value"] for row in rows if row["block"] == ALL}


@pytest.fixture(scope="module")
def seven():
    return compared(*SEVEN)


@pytest.fixture(scope="module")
def figures(seven):
    return {name: FIGURES[name](seven) for name in ("lifetime_dose", "exit_reasons", "waiting")}


def bars_by_row(ax) -> dict[str, list]:
    """Return the bars of each policy, from left to right."""
    names = [text.get_text().split("\n")[0] for text in ax.get_yticklabels()]
    rows = {name: [] for name in names}
    for container in ax.containers:
        for bar in container:
            bar.set_label(container.get_label())
            rows[names[round(bar.get_y() + bar.get_height() / 2)]].append(bar)
    return rows


def test_bars_show_who_is_given_ketamine_and_who_is_never_infused(seven, figures):
    ax = panel(figures["lifetime_dose"], "Given ketamine")
    for name, (given, sham, never) in bars_by_row(ax).items():
        patients = seven.results[name].patients
        treated = 100.0 * summary(seven, name)["share_treated"]
        doses = patients["ketamine_mg"]
        assert given.get_width() == pytest.approx(100.0 * (doses > 0.0).mean())
        assert given.get_width() + sham.get_width() == pytest.approx(treated)
        assert never.get_width() == pytest.approx(100.0 - treated)
        assert sham.get_x() == given.get_width()
        assert never.get_x() == given.get_width() + sham.get_width()


def test_only_the_sham_policy_is_infused_without_ketamine(seven):
    kinds = {name: shares_by_kind(seven.results[name].patients) for name in seven.names}
    assert {name for name, found in kinds.items() if found["sham only"] > 0.0} == {"sham-infusion"}
    assert all(sum(found.values()) == pytest.approx(1.0) for found in kinds.values())


def curves(ax, comparison) -> dict:
    """Return the lines of a panel by the policy whose colour they have."""
    by_colour = {colour: name for name, colour in colours(comparison.names).items()}
    lines = {}
    for line in ax.lines:
        if line.get_color() in by_colour and len(line.get_xdata()) > 2:
            lines.setdefault(by_colour[line.get_color()], []).append(line)
    return lines


def test_curves_show_the_share_of_all_referrals_above_each_dose(seven, figures):
    found = curves(panel(figures["lifetime_dose"], "Given more"), seven)
    given = {
        name for name in seven.names if (seven.results[name].patients["ketamine_mg"] > 0).any()
    }
    assert set(found) == given == set(SEVEN) - {"conventional-care", "sham-infusion"}
    for name, (line,) in found.items():
        doses = seven.results[name].patients["ketamine_mg"].to_numpy()
        for limit, drawn in zip(line.get_xdata()[::37], line.get_ydata()[::37], strict=True):
            assert drawn == pytest.approx(100.0 * (doses > limit).mean(), abs=1e-9)


def test_curves_reach_the_largest_dose_on_axes_that_show_the_tail(seven, figures):
    ax = panel(figures["lifetime_dose"], "Given more")
    largest = max(seven.results[name].patients["ketamine_mg"].max() for name in seven.names)
    assert ax.get_xlim()[1] > largest
    assert ax.get_ylim()[0] < 100.0 / 300
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_share_above_a_dose_leaves_out_the_dose_itself():
    above = share_above(np.array([0.0, 80.0, 160.0, 160.0]), np.array([0.0, 80.0, 100.0, 160.0]))
    assert above.tolist() == [0.75, 0.5, 0.5, 0.0]


def test_ketamine_bought_elsewhere_is_a_line_of_its_own(seven):
    patients = seven.results["guideline-2018"].patients.copy()
    patients["outside_mg"] = pandas.array(np.where(np.arange(len(patients)) % 3, 0.0, 900.0))
    other = changed(seven, "guideline-2018", "patients", patients)
    figure = FIGURES["lifetime_dose"](other)
    found = curves(panel(figure, "Given more"), other)
    assert {name: len(lines) for name, lines in found.items() if len(lines) > 1} == {
        "guideline-2018": 2
    }
    clinic, everything = found["guideline-2018"]
    total = patients["ketamine_mg"] + patients["outside_mg"]
    place = np.searchsorted(clinic.get_xdata(), 500.0)
    limit = clinic.get_xdata()[place]
    assert everything.get_ydata()[place] == pytest.approx(100.0 * (total > limit).mean())
    assert everything.get_ydata()[place] > clinic.get_ydata()[place]
    assert everything.get_linewidth() < clinic.get_linewidth()
    assert "bought elsewhere" in " ".join(text.get_text() for text in figure.texts)
    assert "Thin lines" in CAPTIONS["lifetime_dose"](other)


def test_without_any_ketamine_the_figure_says_so():
    figure = FIGURES["lifetime_dose"](compared("conventional-care", "sham-infusion"))
    words = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert "No policy shown gives ketamine" in words


def test_exit_bars_are_the_shares_of_the_summary(seven, figures):
    (ax,) = (ax for ax in figures["exit_reasons"].axes if ax.patches)
    for name, bars in bars_by_row(ax).items():
        found = summary(seven, name)
        widths = {}
        for bar in bars:
            way = bar.get_label().split()[0]
            widths[way] = widths.get(way, 0.0) + bar.get_width()
        widths["not_started"] = widths.get("not_started", 0) + widths.pop("not_assessed", 0)
        expected = {
            way: 100.0 * found[f"share_exit_{way}"] for way in FILLS if way != "not_assessed"
        }
        assert {way: width for way, width in widths.items() if width} == pytest.approx(
            {way: share for way, share in expected.items() if share}
        )


def test_exit_bars_stand_end_to_end_up_to_all_referrals(seven, figures):
    (ax,) = (ax for ax in figures["exit_reasons"].axes if ax.patches)
    for bars in bars_by_row(ax).values():
        edges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
        assert edges[0][0] == 0.0
        assert [left for left, _ in edges[1:]] == pytest.approx([right for _, right in edges[:-1]])
        assert edges[-1][1] == pytest.approx(100.0)


def test_ends_before_any_infusion_are_told_apart(tmp_path):
    # As the cash clinic, and it treats nobody whose budget is used up.
    file = tmp_path / "who-can-pay.yaml"
    file.write_text(
        "extends: cash-clinic\nscenario: who-can-pay\ntitle: Who can pay\n"
        "policy: {payment: {stops_at_budget: true}}\n"
    )
    patients = simulate(file, patients=300, years=2, seed=3).patients
    shares = shares_by_exit(patients)
    never = patients["first_infusion_day"].isna()
    could_not = patients["exit_reason"] == "could_not_pay"
    assert shares.loc["could_not_pay", "never_infused"] == (could_not & never).mean() > 0.0
    assert shares.loc["could_not_pay", "infused"] == (could_not & ~never).mean() > 0.0
    assert shares.to_numpy().sum() == pytest.approx(1.0)


def test_those_waiting_at_the_horizon_are_no_exits():
    patients = compared("guideline-2018", years=0.2).results["guideline-2018"].patients
    shares = shares_by_exit(patients)
    referred, waiting = (patients["state"] == "referred"), (patients["state"] == "waiting")
    assert shares.loc["not_assessed", "never_infused"] == referred.mean() > 0.0
    assert shares.loc["not_yet", "never_infused"] == waiting.mean() > 0.0


def test_every_way_to_end_has_a_fill():
    assert set(FILLS) == {*REASONS, "not_started", "not_assessed", "not_yet"}
    looks = [(colour, hatch) for _, colour, hatch in FILLS.values()]
    assert len(set(looks)) == len(looks)


def test_waiting_curves_count_the_never_treated(seven, figures):
    found = curves(panel(figures["waiting"], "Have had"), seven)
    assert set(found) == set(SEVEN)
    for name, lines in found.items():
        (line,) = lines
        first = seven.results[name].patients["first_infusion_day"]
        for years, drawn in zip(line.get_xdata()[::9], line.get_ydata()[::9], strict=True):
            started = (first <= round(365.0 * years)).fillna(False)
            assert drawn == pytest.approx(100.0 * started.mean())
        assert line.get_ydata()[-1] == pytest.approx(100.0 * summary(seven, name)["share_treated"])


def test_the_median_wait_is_marked_or_said_not_to_be_reached(seven, figures):
    figure = figures["waiting"]
    ax = panel(figure, "Have had")
    by_colour = {colour: name for name, colour in colours(seven.names).items()}
    marks = {
        by_colour[line.get_color()]: line.get_xdata()[0]
        for line in ax.lines
        if line.get_color() in by_colour and len(line.get_xdata()) == 1
    }
    medians = {name: summary(seven, name)["median_wait_days"] for name in seven.names}
    reached = {name: days for name, days in medians.items() if days is not None}
    assert {name: 365.0 * years for name, years in marks.items()} == pytest.approx(reached)
    legend = next(ax.get_legend() for ax in figure.axes if ax.get_legend())
    words = {text.get_text().split(":")[0]: text.get_text() for text in legend.get_texts()}
    for name in seven.names:
        assert median_in_words(seven, name) in words[name]
        assert ("not reached" in words[name]) == (medians[name] is None)
    assert {name for name, days in medians.items() if days is None} == {"conventional-care"}


def test_a_median_without_an_interval_has_none_written_or_drawn():
    clinics = compared("planner-clinic", "planner-further-chair", patients=100, years=None)
    figure = FIGURES["waiting"](clinics)
    days = summary(clinics, "planner-clinic")["median_wait_days"]
    assert median_in_words(clinics, "planner-clinic") == f"{days:,.0f} days, no interval"
    (bars, _) = panel(figure, "Have had").containers
    (segment,) = bars.lines[2][0].get_segments()
    assert segment[:, 0] == pytest.approx([days / 365] * 2)


def test_a_share_has_a_band_only_where_the_summary_has_an_interval(seven, figures):
    assert len(bands_of(figures["waiting"])) == len(SEVEN)
    clinics = compared("planner-clinic", "planner-further-chair", patients=100, years=None)
    rows = clinics.results["planner-clinic"].summary_rows
    assert {r["low"] for r in rows if r["measure"] == "share_treated"} == {None}
    assert not bands_of(FIGURES["waiting"](clinics))


def bands_of(figure) -> list:
    from matplotlib.collections import PolyCollection

    collections = panel(figure, "Have had").collections
    return [one for one in collections if isinstance(one, PolyCollection)]


def test_those_not_studied_are_named_where_a_weekly_table_counts_them():
    clinics = compared("planner-clinic", "planner-further-chair", patients=100, years=None)
    patients = clinics.results["planner-clinic"].patients
    assert 0 < patients["studied"].sum() < len(patients)
    assert everybody(clinics).startswith(f"all {len(patients):,} virtual referrals")
    for name in ("pain_trajectories", "states_over_time", "change_from_baseline"):
        assert everybody(clinics) in CAPTIONS[name](clinics)
    assert everybody(compared(*SEVEN)) == whom(compared(*SEVEN))
    assert "Referrals come over time" in CAPTIONS["pain_trajectories"](clinics)


@pytest.mark.parametrize(
    ("title", "state"), [("Waiting for assessment", "referred"), ("Waiting for the", "waiting")]
)
def test_numbers_waiting_are_those_of_the_weekly_table(seven, title, state, figures):
    found = curves(panel(figures["waiting"], title), seven)
    for name, (line,) in found.items():
        weekly = seven.results[name].weekly
        assert line.get_ydata().tolist() == weekly[state].tolist()
        assert line.get_xdata()[0] == pytest.approx(6 / 365)
        assert line.get_xdata()[-1] == pytest.approx((2 * 365 - 1) / 365)


def test_those_without_a_date_are_a_thin_line_where_there_are_queues(seven):
    weekly = seven.results["guideline-2018"].weekly
    two = pandas.concat([weekly.assign(waiting_for_course=4), weekly.assign(waiting_for_course=5)])
    other = changed(seven, "guideline-2018", "weekly", two)
    numbers = numbers_waiting(other.results["guideline-2018"])
    assert set(numbers["course_without_date"]) == {9}
    assert numbers["course"].tolist() == (2 * weekly["waiting"]).tolist()
    lines = curves(panel(FIGURES["waiting"](other), "Waiting for the first"), other)
    assert [line.get_linewidth() for line in lines["guideline-2018"]][1] == 0.7
    assert "lead times" not in CAPTIONS["waiting"](other)
    assert "lead times" in CAPTIONS["waiting"](seven)


def test_intervals_of_shares_are_those_of_the_summary():
    counts = np.array([0, 1, 7, 150, 299, 300])
    low, high = wilson(counts, 300)
    for place, count in enumerate(counts):
        expected = proportion(int(count), 300)
        assert (low[place], high[place]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_shares_are_written_so_that_something_is_never_nothing():
    written = {0.0: "0 %", 0.0004: "<0.1 %", 0.052: "5.2 %", 0.5: "50 %", 0.9994: ">99.9 %"}
    assert {share: percent(share) for share in written} == written
    assert percent(1.0) == "100 %"
    assert percent(0.995) == "99.5 %"


def test_who_was_simulated_is_said(seven):
    assert whom(seven) == "300 virtual referrals per policy, the same in each, followed for 2 years"
    alone = compared("guideline-2018", years=0.2)
    assert whom(alone) == "300 virtual referrals followed for 73 days"
    assert [years_in_words(days) for days in (1, 365, 500)] == ["1 day", "1 year", "1.37 years"]


def test_only_studied_referrals_are_counted(seven):
    patients = seven.results["dose-ladder"].patients.copy()
    patients["studied"] = np.arange(len(patients)) % 2 == 0
    other = changed(seven, "dose-ladder", "patients", patients)
    assert len(referrals(other, "dose-ladder")) == 150
    bars = bars_by_row(panel(FIGURES["lifetime_dose"](other), "Given ketamine"))["dose-ladder"]
    share = (patients["ketamine_mg"][::2] > 0.0).mean()
    assert bars[0].get_width() == pytest.approx(100.0 * share)


def test_lists_are_those_of_one_region_however_many_are_simulated():
    result = simulate("planner-clinic", patients=900, years=0.1, seed=3)
    regions = result.plan.description["regions"]
    waiting = result.weekly.groupby("week")["waiting_for_course"].sum().to_numpy(float)
    numbers = numbers_waiting(result)["course_without_date"].to_numpy(float)
    assert regions > 1 and waiting.max() > 0.0
    assert np.array_equal(numbers, waiting / regions)
