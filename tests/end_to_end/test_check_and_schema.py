"""``pathways check`` and ``pathways schema`` through the real command line."""

import json
import os
import subprocess
import sys

import pytest
from scenario_strategies import SHIPPED, yaml_text

START = "import sys; from pathways.cli import main; sys.exit(main())"
GOOD = {
    "scenario": "good",
    "title": "A good one",
    "policy": {"treatment": "none"},
}


def pathways(*arguments, directory):
    environment = {**os.environ, "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    found = subprocess.run(
        [sys.executable, "-c", START, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in found.stderr
    return found


def test_shipped_scenarios_are_valid(tmp_path):
    found = pathways("check", *SHIPPED, directory=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == SHIPPED
    assert all("is valid" in line for line in lines)


def test_file_with_changes_and_notes(tmp_path):
    content = {**GOOD, "policy": {"treatment": "none", "limits": {"courses": 3}}}
    content["changes"] = [{"from_day": "9 d", "policy": {"selection": {"minimum_pain": 4}}}]
    (tmp_path / "mine.yaml").write_text(yaml_text(content))
    found = pathways("check", "mine.yaml", directory=tmp_path)
    assert found.returncode == 0
    valid, note = found.stdout.splitlines()
    assert valid == "mine.yaml: `good` is valid (A good one, 1 dated change)"
    assert note == "note: mine.yaml:5: policy.limits: no effect: nobody is treated"


BAD = {
    "no unit": ("horizon: 10", "bad.yaml:4: horizon: `10` has no unit"),
    "unknown key": ("horizn: 10 year", "did you mean `horizon`?"),
    "unsupported": (
        "referrals: {start: {date: 2026-11-23}}",
        "bad.yaml:4: referrals.start: a calendar date: not yet supported",
    ),
    "switch of harms": ("harms: {of: true}", "bad.yaml:4: harms.of: "),
    "price book": ("prices: {book: uk-2023}", "bad.yaml:4: prices.book: "),
    "parameter": ("parameters: {PD22: 4}", "parameters.PD22: there is no parameter `PD22`"),
    "parameter's value": ("parameters: {recovery_rate: -1 per year}", "out of range"),
    "tag": ("horizon: !!float 3", "bad.yaml:4"),
    "twice": ("title: Again", "already given on line 2"),
    "brackets": ("changes: [", "bad.yaml"),
}


@pytest.mark.parametrize("line", ["harms: {off: true}", "prices: {book: uk-2023-gbp}"])
def test_sections_that_have_rules_are_valid(line, tmp_path):
    text = "scenario: good\ntitle: Good\npolicy: {treatment: none}\n" + line + "\n"
    (tmp_path / "good.yaml").write_text(text)
    found = pathways("check", "good.yaml", directory=tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("good.yaml: `good` is valid")


@pytest.mark.parametrize("name", BAD)
def test_bad_file(name, tmp_path):
    line, words = BAD[name]
    text = "scenario: bad\ntitle: Bad\npolicy: {treatment: none}\n" + line + "\n"
    (tmp_path / "bad.yaml").write_text(text)
    found = pathways("check", "bad.yaml", directory=tmp_path)
    assert (found.returncode, found.stdout) == (2, "")
    assert words in found.stderr


def test_binary_empty_missing_and_directory(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "folder.yaml").mkdir()
    names = ("binary.yaml", "empty.yaml", "folder.yaml", "missing.yaml", "guidline-2018")
    found = pathways("check", *names, directory=tmp_path)
    assert found.returncode == 2
    assert all(name in found.stderr for name in names)


def test_good_and_bad_together(tmp_path):
    (tmp_path / "good.yaml").write_text(yaml_text(GOOD))
    (tmp_path / "bad.yaml").write_text("scenario: bad\n")
    found = pathways("check", "bad.yaml", "good.yaml", "cash-clinic", directory=tmp_path)
    assert found.returncode == 2
    assert found.stdout.splitlines()[0].startswith("good.yaml: `good` is valid")
    assert len(found.stdout.splitlines()) == 2
    assert "bad.yaml:1: title: `title` is missing" in found.stderr
    assert "policy: `policy` is missing" in found.stderr


def test_check_needs_a_file(tmp_path):
    found = pathways("check", directory=tmp_path)
    assert found.returncode == 2
    assert "FILE" in found.stderr


def test_run_refuses_what_check_refuses(tmp_path):
    (tmp_path / "bad.yaml").write_text("scenario: bad\ntitle: Bad\npolicy: {treatment: nothing}\n")
    found = pathways("run", "bad.yaml", "--patients", "2", directory=tmp_path)
    assert found.returncode == 2
    assert "bad.yaml:3: policy.treatment: `nothing` is not one of the names" in found.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml"]


def test_schema_on_standard_output_and_in_a_file(tmp_path):
    shown = pathways("schema", directory=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    schema = json.loads(shown.stdout)
    assert schema["$schema"].endswith("2020-12/schema")
    written = pathways("schema", "--out", "scenario.json", directory=tmp_path)
    assert (written.returncode, written.stderr) == (0, "")
    assert (tmp_path / "scenario.json").read_text(encoding="utf-8") == shown.stdout


def test_schema_that_cannot_be_written(tmp_path):
    found = pathways("schema", "--out", "no/such/folder.json", directory=tmp_path)
    assert found.returncode == 2
    assert "no/such/folder.json: cannot be written" in found.stderr
