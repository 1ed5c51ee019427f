"""What the report says about the runs: settings, differing places, and how to repeat them."""

from __future__ import annotations

import shlex

import pandas
import pytest
from html_tree import parse
from report_runs import THREE, comparison, told_otherwise

from pathways.comparison import Comparison, compare
from pathways.report import render_report
from pathways.report.differences import differing_paths
from pathways.report.facts import command, facts_of
from pathways.scenario import load_scenario

OWN = """\
extends: guideline-2018
scenario: two-strikes
title: Two failures and out
policy:
  ladder: {tries_per_step: 2}
discount: {costs: 0 %}
structure: {utility: linear_eq5d}
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "two-strikes.yaml"
    path.write_text(OWN)
    return load_scenario(path)


def options_of(text: str) -> tuple[list[str], dict[str, str]]:
    words = shlex.split(text)
    names = words[2 : words.index("--reference")]
    rest = words[words.index("--reference") :]
    return names, dict(zip(rest[::2], rest[1::2], strict=False))


def test_command_repeats_the_comparison():
    names, options = options_of(command(comparison()))
    assert tuple(names) == THREE
    again = compare(
        names,
        reference=options["--reference"],
        patients=int(options["--patients"]),
        years=float(options["--years"]),
        seed=int(options["--seed"]),
    )
    assert again.fingerprint == comparison().fingerprint


def test_command_has_the_prices_and_the_events_that_were_asked_for():
    assert "--prices" not in command(comparison())
    assert command(comparison(prices="uk-2023-gbp")).count("--prices uk-2023-gbp") == 1
    assert command(comparison(events=True)).endswith("--events")


def test_command_quotes_what_a_shell_would_read(own):
    compared = compare([own, "sham-infusion"], patients=20, years=1, seed=0)
    assert command(compared).startswith("pathways compare two-strikes.yaml sham-infusion ")
    assert "--seed 0" in command(compared)


def test_parameter_draw_is_repeated_through_python():
    compared = compare(
        ["conventional-care", "sham-infusion"], patients=20, years=0.5, seed=1, draw=2
    )
    words = shlex.split(command(compared))
    assert words[:2] == ["python", "-c"]
    assert "draw=2" in words[2] and "years=0.5" in words[2]
    compile(words[2], "command", "exec")
    assert "parameter draw 2" in parse(render_report(compared, {})).words


def test_own_scenarios_are_said_to_be_files(own):
    compared = compare([own, "sham-infusion"], patients=20, years=1, seed=1)
    assert facts_of(compared).own_files == ("two-strikes",)
    page = parse(render_report(compared, {}))
    assert "do not come with the package" in page.words
    assert "do not come with the package" not in parse(render_report(comparison(), {})).words


def test_settings_that_differ_are_all_told():
    runs = comparison()
    scenario = runs.results["dose-ladder"].plan.description["scenario"]
    before = dict(scenario)
    scenario["discount"] = {"effects": 3.5, "costs": 0.0}
    scenario["structure"] = {"utility": "linear_eq5d", "mortality": "us"}
    try:
        facts = facts_of(runs)
    finally:
        scenario.update(before)
    assert facts.discount_costs == ("3.5", "0")
    assert facts.discount_effects == ("3.5",)
    assert len(facts.utility) == len(facts.mortality) == 2


def test_settings_and_fingerprints_are_on_the_page():
    page, runs = parse(render_report(comparison(), {})), comparison()
    facts = facts_of(runs)
    table = page.one("table", id="fingerprints")
    shown = {row.all("th")[0].words: row.all("td") for row in table.one("tbody").all("tr")}
    for name, result in runs.results.items():
        assert [one.words for one in shown[name]] == [result.fingerprint]
    assert [one.words for one in shown["the comparison"]] == [runs.fingerprint]
    assert facts.model_version in page.one("footer").words
    assert "3 policies on the same 60 virtual patients, 3 years" in page.one("h1").words
    assert "seed 7" in page.words


def test_checks_that_every_run_passed_are_named():
    assert {"deaths", "infusions", "cost"} <= set(facts_of(comparison()).checks)


def test_differing_places_are_those_of_the_frame():
    frame, found = comparison().scenario_differences, differing_paths(comparison())
    shown = [text for block in found.values() for one in block for text in one.texts]
    assert shown == [str(text) for row in frame[list(THREE)].to_numpy() for text in row]
    assert "policy.exit" in found and "prices" not in found


def test_places_are_sorted_into_blocks_and_compared_with_the_reference():
    frame = pandas.DataFrame(
        [
            ["policy.ladder", "none", "given", "given"],
            ["policy.ladder.steps[0].dose", "", "80 mg", "80 mg"],
            ["prices.book", "a", "a", "b"],
            ["title", "x", "y", "x"],
        ],
        columns=["path", *THREE],
    )
    found = differing_paths(told_otherwise(comparison(), scenario_differences=frame))
    places = {block: [one.place for one in lines] for block, lines in found.items()}
    assert places == {
        "policy.ladder": ["ladder", "steps[0].dose"],
        "prices": ["book"],
        "title": ["title"],
    }
    assert found["prices"][0].as_reference == (True, True, False)
    assert found["policy.ladder"][1].texts == ("", "80 mg", "80 mg")


def test_scenarios_that_do_not_differ_are_said_to_be_alike():
    frame = comparison().scenario_differences.iloc[:0]
    page = parse(render_report(told_otherwise(comparison(), scenario_differences=frame), {}))
    assert "The scenarios do not differ." in page.words
    assert not page.all("table", id="differing")


def test_one_policy_alone_gives_a_page():
    alone = Comparison({THREE[0]: comparison().results[THREE[0]]})
    page = parse(render_report(alone, {}))
    assert "There are no differences to show." in page.words


def test_scenario_without_prices_has_no_costs(tmp_path):
    free = []
    for name in ("free", "also-free"):
        free.append(tmp_path / f"{name}.yaml")
        free[-1].write_text(f"scenario: {name}\ntitle: Free\npolicy: {{treatment: none}}\n")
    compared = compare(free, patients=20, years=1)
    page = parse(render_report(compared, {}))
    assert "none of the scenarios names a price book" in page.words
    assert not page.all("table", id="cost-lines")
