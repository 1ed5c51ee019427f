"""``pathways check`` and ``pathways schema`` on study files, and the pages that explain them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from json_schema import problems
from refusals import refusal
from ruamel.yaml import YAML
from study_files import HEAD, written

from pathways.cli import main
from pathways.studies.load import load_study, study_names
from pathways.studies.measures import MEASURES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "studies.md"
SHIPPED = sorted((ROOT / "experiments").glob("*.study.yaml"))


def said(*words: object, capsys: pytest.CaptureFixture) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_check_tells_how_many_runs(tmp_path, capsys):
    body = "vary: [{grid: {policy.ladder.gap: [7 d, 14 d]}}]\nseeds: [1, 2, 3]"
    shown = said("check", written(tmp_path, body), "guideline-2018", capsys=capsys)
    study, runs, scenario = shown.splitlines()
    assert study.endswith("s.study.yaml: `s` is a valid study (T)")
    assert runs == "6 runs = 2 policy.ladder.gap x 3 seeds"
    assert scenario.startswith("guideline-2018: `guideline-2018` is valid")


def test_check_tells_what_constraints_leave_out(tmp_path, capsys):
    body = (
        "vary: [{grid: {policy.ladder.gap: [7 d, 14 d]}}]\nconstraints: [policy.ladder.gap > 7 d]"
    )
    shown = said("check", written(tmp_path, body), capsys=capsys)
    assert shown.splitlines()[1:] == [
        "1 run",
        "left out by constraints: 1 combination of each scenario",
    ]


def test_check_warns_of_a_wrong_model(tmp_path, capsys):
    structure = "structure: {responder: redrawn}\n"
    scenario = tmp_path / "mine.yaml"
    scenario.write_text(f"extends: guideline-2018\nscenario: mine\n{structure}")
    head = HEAD.replace("[guideline-2018]", "[guideline-2018, ./mine.yaml]")
    shown = said("check", written(tmp_path, "seeds: [1, 2]", head=head), scenario, capsys=capsys)
    warnings = [line for line in shown.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert all("drawn again at each course" in line for line in warnings)
    assert warnings[0].endswith("(2 of 4 runs)")


def test_check_of_a_study_that_cannot_be_read_says_how_paths_are_written(tmp_path, capsys):
    path = written(tmp_path, "vary: [{grid: {policy.ladder.steps[0].dose: [80 mg]}}]")
    message = refusal("check", path, capsys=capsys)
    assert "the path `policy.ladder.steps[0].dose` stands in quotes" in message
    assert "or is written `policy.ladder.steps.0.dose`" in message


def test_check_refuses(tmp_path, capsys):
    path = written(tmp_path, "vary: [{grid: {policy.ladder.gap: [7 mg]}}]")
    message = refusal("check", path, capsys=capsys)
    assert message.startswith(f"{path}:6: policy.ladder.gap: `7 mg` is a mass of drug")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_studies_are_found_by_their_name_and_explained(path, capsys):
    name = path.name.removesuffix(".study.yaml")
    assert name in study_names()
    assert path.read_text(encoding="utf-8").startswith("# ")
    assert "is a valid study" in said("check", name, capsys=capsys)
    assert name in PAGE.read_text(encoding="utf-8")


def plain_form(path: Path) -> object:
    """Return a file as an editor reads it, numbers as numbers."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def test_schema_accepts_what_the_reader_accepts(tmp_path, capsys):
    schema = json.loads(said("schema", "--study", capsys=capsys))
    assert set(schema["required"]) == {"study", "title", "scenarios", "patients"}
    assert schema["properties"]["replicates"]["default"] == 1
    for path in SHIPPED:
        assert list(problems(plain_form(path), schema, schema)) == []
    long = HEAD + "keep: {patients: true}\nseeds: [1, 4]\ndraws: {count: 3}\nreplicates: 2"
    assert list(problems(plain_form(written(tmp_path, head=long)), schema, schema)) == []


@pytest.mark.parametrize(
    "body", ["seed: 1", "draws: 3", "vary: [{gird: {}}]", "patients: many", "keep: {patient: true}"]
)
def test_schema_refuses_what_the_reader_refuses(body, tmp_path, capsys):
    schema = json.loads(said("schema", "--study", capsys=capsys))
    head = HEAD.replace("patients: 10\n", "") if body.startswith("patients") else HEAD
    path = written(tmp_path, body, head=head)
    assert list(problems(plain_form(path), schema, schema))
    refusal("check", path, capsys=capsys)


def test_schema_of_scenarios_is_another(capsys):
    assert "policy" in json.loads(said("schema", capsys=capsys))["properties"]


def blocks(language: str) -> list[str]:
    page = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def test_examples_of_the_page_are_valid(tmp_path):
    whole, *parts = blocks("yaml")
    (tmp_path / "my-policy.yaml").write_text("extends: guideline-2018\nscenario: my-policy\n")
    (tmp_path / "whole.study.yaml").write_text(whole)
    assert len(load_study(tmp_path / "whole.study.yaml")) == 2 * 9 * 10
    assert parts
    for part in parts:
        assert len(load_study(written(tmp_path, part))) > 1


def test_python_of_the_page(capsys):
    text = next(block for block in blocks("python") if "load_study" in block)
    names: dict[str, object] = {}
    exec(text, names)
    assert len(names["study"]) == 600
    assert names["plan"].patients == 2000


def test_measures_named_in_shipped_studies_exist():
    for path in SHIPPED:
        assert set(load_study(path, probe=False).outputs) <= MEASURES.keys()
