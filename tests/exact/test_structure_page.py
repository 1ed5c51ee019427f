"""docs/structure.md and its experiment: every structural option is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from pathways.cli.schema import scenario_schema
from pathways.evidence.book import book
from pathways.resolve.structure import STRUCTURAL_INPUTS, Structure

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "structure.md").read_text(encoding="utf-8")


def rivals() -> set[tuple[str, str]]:
    """Return every option that is not the default, by its choice."""
    found = {
        (choice, option)
        for choice, options in STRUCTURAL_INPUTS.items()
        for option in options
        if option != getattr(Structure(), choice)
    }
    return found | {("allometry", "true")}


@pytest.fixture(scope="module")
def experiment():
    path = ROOT / "experiments" / "structural_switches.py"
    spec = importlib.util.spec_from_file_location("structural_switches", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_experiment_tries_every_rival_once(experiment):
    tried = [text for text in experiment.OPTIONS.values() if text]
    assert len(tried) == len(set(tried))
    assert {tuple(text.split(": ")) for text in tried} == rivals()


def test_page_has_a_row_for_every_rival_and_policy(experiment):
    for choice, option in rivals():
        assert PAGE.count(f"| `{choice}: {option}`") == len(experiment.POLICIES), (choice, option)
    assert PAGE.count(f"| {experiment.BASE} |") == len(experiment.POLICIES)


def test_page_names_every_choice_option_and_its_evidence():
    table = PAGE.split("## What each does")[0]
    for choice in scenario_schema()["$defs"]["Structure"]["properties"]:
        assert f"| `{choice}` |" in table
    for choice, options in STRUCTURAL_INPUTS.items():
        for option, names in options.items():
            assert f"`{option}`" in table, (choice, option)
            for name in names[:1]:
                assert book().parameter(name).id in table, name


def test_tables_of_a_small_run_have_the_pages_form(experiment):
    found = {
        label: experiment.compared(experiment.OPTIONS[label], patients=40)
        for label in (experiment.BASE, experiment.REDRAWN)
    }
    by_option = {label: experiment.headlines(one) for label, one in found.items()}
    lines = experiment.tables(by_option)
    assert [line for line in lines if line.startswith("| `") and "QALYs" in line] == [
        line for line in PAGE.splitlines() if line.startswith("| `") and "QALYs against" in line
    ]
    split = [experiment.by_trait(one) for one in found.values()]
    head = experiment.trait_table(*split)[0]
    assert head in PAGE
    for one in split[0]:
        assert (one.works or one.policy == "usual-practice") or one.share_drug_relief_any == 0.0
