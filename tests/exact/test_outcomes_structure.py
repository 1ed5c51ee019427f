"""Structural choices in force: named wherever results are, a wrong one before anything is run."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from pathways import simulate
from pathways.cli import main
from pathways.comparison import Comparison
from pathways.comparison.notes import notes
from pathways.outcomes import structure
from pathways.outcomes.manifest import manifest_of
from pathways.outcomes.structure import WORDS, choices, not_default, structure_lines
from pathways.outcomes.summary import STRUCTURE
from pathways.report import render_report
from pathways.scenario import load_scenario
from pathways.scenario.structure import Structure

SIZE = {"patients": 20, "years": 0.5, "seed": 1}
WRONG = """\
extends: guideline-2018
scenario: drawn-again
title: Drawn again
structure: {responder: redrawn, utility: sf6d}
"""


@pytest.fixture
def wrong(tmp_path, monkeypatch):
    """The path of a scenario with a wrong model, in the current directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "drawn-again.yaml"
    path.write_text(WRONG)
    return path


@pytest.fixture
def compared(wrong):
    runs = {"drawn-again": simulate(load_scenario(wrong), **SIZE)}
    return Comparison(runs | {"guideline-2018": simulate("guideline-2018", **SIZE)})


def said(**chosen: object) -> dict:
    return {"scenario": {"structure": chosen}}


def test_every_choice_of_a_scenario_has_words_the_default_first():
    fields = Structure.model_fields
    assert list(WORDS) == list(fields)
    for name, options in WORDS.items():
        assert next(iter(options)) == fields[name].default
        expected = get_args(fields[name].annotation) or (False, True)
        assert set(options) == set(expected) and all(options.values()), name
    assert all(option in WORDS[name] for name, option in structure.WRONG)


def test_what_is_not_the_default_is_listed():
    assert not_default({}) == [] == not_default(said(**Structure().model_dump()))
    found = not_default(said(potency="low", allometry=True, mortality="uk"))
    assert [(one.name, one.option, one.default) for one in found] == [
        ("potency", "low", "stated"),
        ("allometry", True, False),
    ]
    assert found[1].told.startswith("allometry: true (clearance rises")
    assert [one.name for one in choices({})] == list(WORDS)


def test_lines_name_runs_unless_it_is_all_of_them():
    both = {"a": said(utility="sf6d"), "b": said(utility="sf6d", tolerance="half_normal")}
    first, second = structure_lines(both)
    assert first.startswith("utility: sf6d (")
    assert second.startswith("b: tolerance: half_normal (")
    assert structure_lines({"a": said(), "b": {}}) == []


def test_wrong_model_is_told_as_wrong():
    (told,) = structure.warnings(said(responder="redrawn", potency="low"))
    assert "a wrong model" in told
    assert structure.warnings(said(potency="low")) == []
    assert structure.not_default(said(responder="redrawn"))[0].told.endswith("a wrong model)")


def test_summary_begins_with_it_and_the_manifest_has_it(wrong):
    result = simulate(load_scenario(wrong), **SIZE)
    blocks = [(row["block"], row["measure"]) for row in result.summary_rows]
    assert blocks[:2] == [(STRUCTURE, "responder"), (STRUCTURE, "utility")]
    assert "a wrong model" in result.summary_rows[0]["note"]
    found = manifest_of(result.plan, result.tables, result.fingerprints)["structure_not_default"]
    assert found.keys() == {"responder", "utility"}
    assert (found["responder"]["option"], found["responder"]["is_wrong"]) == ("redrawn", True)
    assert found["utility"]["is_wrong"] is False


def test_nothing_is_said_of_defaults():
    result = simulate("guideline-2018", **SIZE)
    assert STRUCTURE not in {row["block"] for row in result.summary_rows}
    found = manifest_of(result.plan, result.tables, result.fingerprints)
    assert found["structure_not_default"] == {}


def test_comparison_tells_it_before_everything_else(compared):
    assert compared.cautions[0].startswith("drawn-again: whether ketamine works is drawn again")
    assert sum("drawn again" in one for one in compared.cautions) == 1
    lines = [text for label, text in notes(compared) if label == "structural choice"]
    assert [line.partition(" (")[0] for line in lines] == [
        "drawn-again: responder: redrawn",
        "drawn-again: utility: sf6d",
    ]


def test_report_begins_with_it(compared):
    page = render_report(compared, {})
    wrong, answer = page.index("A wrong model is in force"), page.index('<p class="answer">')
    assert page.index("<main>") < wrong < answer < page.index("<table")
    assert "utility: sf6d" in page[answer : page.index("<table")]
    assert "Under drawn-again whether ketamine works is drawn again at each course" in page


def test_report_of_defaults_says_so():
    runs = {name: simulate(name, **SIZE) for name in ("conventional-care", "guideline-2018")}
    page = render_report(Comparison(runs), {})
    assert "A wrong model" not in page
    assert "<dt>Structure</dt><dd>every structural choice as by default</dd>" in page
    assert "no dose and no repetition makes a responder" in page


@pytest.mark.parametrize("words", [["run"], ["compare", "guideline-2018"]])
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_commands_warn_before_simulating(wrong, monkeypatch, capsys, words, quiet):
    def stopped(*given, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathways.engines.kernel_engine.run", stopped)
    size = ["--patients", "20", "--years", "1"]
    only = ["--no-figures"] if words[0] == "compare" else []
    assert main([*words, str(wrong), *size, *only, *quiet]) == 130
    warned = capsys.readouterr().err.splitlines()
    assert sum("a wrong model" in line for line in warned) == 1
    assert warned[0].startswith("warning: ")


def test_commands_name_every_choice_and_warn_once(wrong, capsys):
    assert main(["run", str(wrong), "--patients", "20", "--years", "1"]) == 0
    shown = capsys.readouterr()
    assert shown.err.count("a wrong model") == 1
    lines = shown.out.splitlines()
    assert [line.partition(" (")[0] for line in lines[2:4]] == [
        "Not the default: responder: redrawn",
        "Not the default: utility: sf6d",
    ]
    words = ["compare", str(wrong), "guideline-2018", "--patients", "20", "--years", "1"]
    assert main([*words, "--no-figures", "--no-report", "--quiet"]) == 0
    assert capsys.readouterr().err.count("a wrong model") == 1
    found = json.loads((wrong.parent / "results/comparison/manifest.json").read_text())
    assert "responder" in found["policies"]["drawn-again"]["structure_not_default"]
    assert found["policies"]["guideline-2018"]["structure_not_default"] == {}
