"""experiments/calibrate.py: refuses bad input, and makes the draws that come with the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from pathways.evidence.posterior import posterior_draws, read_posterior

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def command():
    path = ROOT / "experiments" / "calibrate.py"
    spec = importlib.util.spec_from_file_location("calibrate", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "nothing to do"),
        (["--fit", "--seed", "-1"], "--seed -1; allowed: 0 to"),
        (["--check", "--rows", "1"], "--rows 1; allowed: 2 to 1000"),
        (["--page", "no-such-page.md"], "no-such-page.md"),
        (["--page", "README.md", "--worlds", "3"], "--worlds 3"),
    ],
)
def test_bad_input_is_refused_with_a_message(command, capsys, given, said):
    assert command.main(given) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert said in output.err
    assert output.err.count("\n") == 1


def test_a_page_without_markers_is_refused_before_anything_is_done(command, capsys, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("no markers")
    assert command.main(["--fit", "--page", str(page)]) == 2
    assert "tables: begin" in capsys.readouterr().err
    assert page.read_text() == "no markers"


def test_the_draws_that_are_shipped_are_those_of_the_kept_bank(
    command, capsys, tmp_path, monkeypatch
):
    made = tmp_path / "posterior.csv"
    monkeypatch.setattr(command, "POSTERIOR", made)
    assert command.main(["--fit"]) == 0
    said = capsys.readouterr().err
    assert "written" in said
    assert "anew" not in said, "the bank is of other trial files, evidence or settings"
    again, shipped = read_posterior(made.read_text()), posterior_draws()
    assert again.keys == shipped.keys
    assert again.made_by == shipped.made_by
    # Another linear algebra may differ in last digits and, rarely, in which point a row takes.
    alike = np.isclose(np.array(again.rows), np.array(shipped.rows), rtol=1e-6).all(axis=1)
    assert alike.mean() > 0.95
