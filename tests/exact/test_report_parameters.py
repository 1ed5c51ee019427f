"""What the report says about parameters: what was used, where it comes from, how good it is."""

from __future__ import annotations

import pytest
from html_tree import parse
from report_runs import comparison

from pathways.evidence.book import book
from pathways.evidence.parameter import STATUSES
from pathways.report import render_report
from pathways.report.parameters import (
    BY_SCENARIO,
    assumed_by_theme,
    from_book,
    status_shares,
    themes,
)

USED = ("PK1", "PD1", "K4", "M111")


def description(ids=USED, overridden=(), **values) -> dict:
    return {"parameter_ids": list(ids), "overridden": list(overridden), "values": values}


def line(descriptions: dict, identifier: str):
    found = {one.id: one for theme in themes(descriptions) for one in theme.lines}
    return found[identifier]


def descriptions_of(compared) -> dict:
    return {name: result.plan.description for name, result in compared.results.items()}


def test_every_parameter_used_has_a_row_with_all_it_needs():
    page = parse(render_report(comparison(), {}))
    used = {key for one in descriptions_of(comparison()).values() for key in one["parameter_ids"]}
    shown = {
        one["id"].removeprefix("parameter-"): one
        for one in page.all("tr")
        if "id" in one.attributes
    }
    assert set(shown) == used
    for key, row in shown.items():
        stated = book().parameter(key)
        name, value, _, distribution, _, status, source, note = (
            one.words for one in (row.all("th")[0], *row.all("td"))
        )
        assert name.startswith(key) and value and distribution
        assert status == stated.status.replace("_", " ")
        assert bool(source) == bool(stated.sources or stated.derived_from)
        assert stated.note in " ".join(note.split()) or not stated.note


def test_value_unit_distribution_and_limits_are_those_of_the_book():
    found = line({"one": description()}, "PD1")
    assert (found.values, found.unit, found.status) == (("10.5",), "ng/mL", "verified")
    assert found.distribution == "lognormal(mu=2.256, sigma=0.436)"
    assert found.limits == "4.06 to 22.4"
    assert found.sources[0].startswith("Dahan A et al. 2011, ")


def test_components_are_told_apart_with_their_units():
    assert line({"one": description()}, "K4").values == ("US: 207 USD", "UK: 450 GBP")
    assert line({"one": description()}, "M111").values[0] == "crps: 0.67"


def test_value_is_what_the_run_used_and_not_what_the_book_says():
    found = line({"one": description(slow_effect_c50=3.5)}, "PD1")
    assert found.values == ("3.5",)


def test_runs_that_disagree_are_each_quoted():
    descriptions = {
        "one": description(slow_effect_c50=10.5),
        "two": description(overridden=["PD1"], slow_effect_c50=3.5),
    }
    found = line(descriptions, "PD1")
    assert found.values == ("one: 10.5", "two: 3.5")
    assert (found.set_by, found.status) == (("two",), "verified")


def test_what_every_scenario_sets_has_no_status_of_the_book():
    descriptions = {"one": description(overridden=["PD1"]), "two": description(["PK1"])}
    found = line(descriptions, "PD1")
    assert (found.status, found.only_in) == (BY_SCENARIO, ("one",))
    assert "PD1" not in from_book(descriptions)


def test_parameter_of_some_policies_names_them():
    found = line(descriptions_of(comparison()), "K4")
    assert found.only_in == ("dose-ladder", "sham-infusion")
    assert line(descriptions_of(comparison()), "PK1").only_in == ()


def test_shares_of_statuses_are_those_of_the_book():
    descriptions = descriptions_of(comparison())
    ids = from_book(descriptions)
    expected = book().status_shares(ids)
    shown = {one.status.replace(" ", "_"): one for one in status_shares(descriptions)}
    assert list(shown) == [status for status in STATUSES if expected[status]]
    for status, one in shown.items():
        assert one.count == round(expected[status] * len(ids))
        assert one.percent == f"{100.0 * expected[status]:.0f}"
    assert sum(one.count for one in shown.values()) == len(ids)


def test_first_screen_says_what_share_is_assumed():
    page = parse(render_report(comparison(), {}))
    found = {one.status: one.percent for one in status_shares(descriptions_of(comparison()))}
    assert f"{found['assumption']} % of its inputs are assumptions" in page.words


def test_assumptions_are_counted_by_theme():
    descriptions = descriptions_of(comparison())
    counted = assumed_by_theme(descriptions)
    shares = {one.status: one.count for one in status_shares(descriptions)}
    assert sum(assumed for _, assumed, _ in counted) == shares["assumption"]
    assert sum(used for _, _, used in counted) <= len(from_book(descriptions))
    assert [one[1] for one in counted] == sorted((one[1] for one in counted), reverse=True)


@pytest.mark.parametrize("given", [{}, {"one": description([])}])
def test_nothing_used_is_no_error(given):
    assert (themes(given), status_shares(given), assumed_by_theme(given)) == ((), (), ())
