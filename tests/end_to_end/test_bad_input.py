"""Bad input, the whole list: what `pathways check`, `run` and `compare` answer.

Every answer is exit code 2 and a message on standard error that a clinician can act on: where it
is, what was written, what is allowed, the nearest name. Nothing is written.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bad_scenarios import CASES, CHAINS, EXTENDS, FILE, FILES, GOOD, GROUPS, OPTIONS
from refusals import refusal

from pathways.cli import main

ONE_OF_EACH = [f"{group}: {next(iter(cases))}" for group, cases in GROUPS.items()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in; nothing may appear in it but what the test writes."""
    monkeypatch.chdir(tmp_path)
    written = set()

    def write(name: str, content: str | bytes) -> Path:
        written.add(name)
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    yield write
    assert {path.name for path in tmp_path.iterdir()} == written


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def spoilt(name: str) -> str:
    """Return the scenario with the mistake of a case, which must be clear."""
    old, new, *_ = CASES[name]
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def test_what_is_spoilt_is_valid(folder, capsys):
    folder(FILE, GOOD)
    assert main(["check", FILE]) == 0
    assert capsys.readouterr().out == "mine.yaml: `mine` is valid (My clinic)\n"


@pytest.mark.parametrize("name", CASES)
def test_message_names_place_value_and_remedy(name, folder, capsys):
    _, _, marked, path, words = CASES[name]
    folder(FILE, spoilt(name))
    said = refusal("check", FILE, capsys=capsys)
    assert said.startswith(f"{FILE}:{line_of(spoilt(name), marked)}: {path}: "), said
    assert said.count("\n") == 1, "one mistake, one line"
    for word in words:
        assert word in said


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_run_says_the_same_as_check(name, folder, capsys):
    folder(FILE, spoilt(name))
    checked = refusal("check", FILE, capsys=capsys)
    assert refusal("run", FILE, "--patients", 5, capsys=capsys) == checked


def test_every_mistake_of_a_file_is_told_at_once_in_order(folder, capsys):
    text = GOOD.replace("80 mg", "80 mL").replace("gap: 14 d", "gap: -1 d").replace("0.9", "9")
    folder(FILE, text)
    lines = refusal("check", FILE, capsys=capsys).splitlines()
    numbers = [line_of(text, words) for words in ("80 mL", "-1 d", "adherence")]
    assert [line.split(": ")[0] for line in lines] == [f"{FILE}:{number}" for number in numbers]


@pytest.mark.parametrize("name", FILES)
def test_file_that_is_no_scenario(name, folder, capsys):
    content, words = FILES[name]
    folder(FILE, content)
    assert words in refusal("check", FILE, capsys=capsys)


def test_file_that_is_not_there(folder, capsys, tmp_path):
    said = refusal("run", "mien.yaml", capsys=capsys)
    assert said.startswith("mien.yaml: there is no such file; check the name and the folder")
    said = refusal("check", f"{tmp_path}/", capsys=capsys)
    assert said == f"{tmp_path}: this is a directory; name a YAML file\n"
    said = refusal("run", "guidline-2018", capsys=capsys)
    assert "no shipped scenario `guidline-2018`; a file is named by its path" in said
    assert "did you mean `guideline-2018`?; allowed: cash-clinic, " in said


@pytest.mark.skipif(os.geteuid() == 0, reason="this user may read every file")
def test_file_that_may_not_be_read(folder, capsys):
    folder(FILE, GOOD).chmod(0)
    assert refusal("check", FILE, capsys=capsys).startswith(f"{FILE}: the file may not be read")


@pytest.mark.parametrize("name", CHAINS)
def test_file_that_extends(name, folder, capsys):
    files, words = CHAINS[name]
    for file, text in files.items():
        folder(file, text)
    assert refusal("check", FILE, capsys=capsys).startswith(words)


def test_nine_files_that_extend_each_other(folder, capsys):
    for number in range(9):
        folder(f"{number}.yaml", EXTENDS.format(f"./{number + 1}.yaml"))
    said = refusal("check", "0.yaml", capsys=capsys)
    assert said.startswith("7.yaml:1: extends: more than 8 files extend each other: 0.yaml -> ")
    assert "(extended by 6.yaml:1, extended by 5.yaml:1, " in said


@pytest.mark.parametrize("name", OPTIONS)
def test_option_of_a_run(name, folder, capsys):
    options, words = OPTIONS[name]
    assert words in refusal("run", "guideline-2018", *options, capsys=capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--patients", "0"), "patients: 0 cannot be used; allowed: 1 to 4294967296"),
        (("--patients", "1.5"), "patients: `1.5` is not a whole number; write digits only"),
        (("--years", "0.0001"), "years: a horizon of 0.0001 years cannot be simulated"),
        (("--reference", "guidline-2018"), "did you mean `guideline-2018`?"),
        (("guideline-2018",), "`guideline-2018` is there twice"),
        ((FILE,), f"{FILE}:11: policy.ladder.steps[0].dose: `80 mL` is a volume; write a mass"),
    ],
)
def test_comparison(words, said, folder, capsys):
    folder(FILE, spoilt("unit: volume"))
    policies = ("conventional-care", "guideline-2018")
    assert said in refusal("compare", *policies, *words, capsys=capsys)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "guideline-2018", "--pateints", "5"), "--patients"),
        (("runn", "guideline-2018"), "Did you mean 'run'"),
        (("check",), "FILE"),
        (("run",), "scenario"),
    ],
)
def test_command_that_cannot_be_understood(words, said, folder, capsys):
    assert said in refusal(*words, capsys=capsys)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_installed_command_says_the_same(name, folder, capsys):
    installed = Path(sys.executable).with_name("pathways")
    if not installed.exists():
        pytest.skip("the command is not installed beside this Python")
    folder(FILE, spoilt(name))
    here = refusal("check", FILE, capsys=capsys)
    done = subprocess.run([installed, "check", FILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", here)
