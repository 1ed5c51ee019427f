"""``pathways validate``, and trial files in ``check`` and ``schema``."""

from __future__ import annotations

import csv
import json

import pytest
from json_schema import problems
from refusals import refusal
from trial_files import CROSSOVER, PARALLEL, changed, written

from pathways.cli import main
from pathways.cli.schema import trial_schema
from pathways.reading.tree import LocatedList, LocatedMapping
from pathways.reading.yaml_file import read_yaml
from pathways.trials import load_trial, shipped_trials, targets
from pathways.trials.load import shipped_trial_path
from pathways.trials.words import BEGIN, END

ASKED_FOR = {
    "pickering-2020",
    "sigtermans-2009",
    "schwartzman-2009",
    "kvarnstrom-2003",
    "kvarnstrom-2004",
    "corriger-2022",
    "tankha-2025",
    "correll-2004",
    "kiefer-2008-pilot",
    "michelet-2018",
    "orhurhu-2019",
}
POOLED = """\
trial: both
title: Both pooled
design: pooled
endpoints:
  - name: week-1
    title: Pooled
    pool:
      - {trial: ./mine.yaml, endpoint: week-1}
      - {trial: sigtermans-2009, endpoint: difference-week-1}
    weights: inverse_variance
"""


def validate(*words) -> int:
    return main(["validate", *map(str, words)])


def test_all_shipped_trials_can_be_simulated(capsys):
    assert set(shipped_trials()) >= ASKED_FOR
    assert main(["check", *shipped_trials()]) == 0
    assert capsys.readouterr().out.count("is a valid trial") == len(shipped_trials())


def test_every_published_number_has_source_and_status():
    found = targets()
    assert all(one.status for one in found)
    uses = {(one.trial, one.endpoint): one.use for one in found}
    assert {use for (trial, _), use in uses.items() if trial == "pickering-2020"} == {
        "prediction",
        "context",
    }
    assert uses["michelet-2018", "week-1"] == uses["michelet-2018", "week-2"] == "calibration"
    assert {uses["michelet-2018", f"week-{week}"] for week in (4, 8, 12)} == {"prediction"}
    assert uses["sigtermans-2009", "test-week-12"] == "prediction"
    assert uses["orhurhu-2019", "lowest-difference"] == "context"


def test_validation_writes_table_page_diaries_and_figures(tmp_path, capsys):
    trial, out = written(tmp_path), tmp_path / "out"
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{BEGIN}\nold\n{END}\nAfter\n", encoding="utf-8")
    assert validate(trial, "--replicates", 20, "--out", out, "--page", page) == 0
    shown = capsys.readouterr().out
    assert "Pain at week 1" in shown
    assert "-1.00 (-1.98 to -0.02)" in shown
    assert "Predictions: " in shown
    with open(out / "validation.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["trial"], row["use"], row["status"]) == ("mine", "prediction", "verified")
    assert float(row["simulated_low"]) < float(row["simulated_mean"])
    assert row["verdict"] in ("fits", "does not fit")
    assert row["simulated_trials"] == "20"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Before\n{BEGIN}\n\n- Predictions")
    assert text.endswith(f"{END}\nAfter\n")
    assert "old" not in text
    assert (out / "figures" / "mine.png").stat().st_size > 10_000
    assert "<svg" in (out / "figures" / "mine.svg").read_text(encoding="utf-8")
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["trials"]["mine"]["design"] == "parallel"
    assert (out / "diaries.csv").read_text(encoding="utf-8").startswith("trial,arm,day,mean_score")


def test_results_are_the_same_again_and_replaced_only_when_asked(tmp_path, capsys):
    trial, out = written(tmp_path), tmp_path / "out"
    options = ("--replicates", 20, "--out", out, "--no-figures", "--quiet")
    assert validate(trial, *options) == 0
    first = (out / "validation.csv").read_bytes()
    assert "holds the results of an earlier run" in refusal(
        "validate", trial, *options, capsys=capsys
    )
    assert validate(trial, *options, "--overwrite") == 0
    assert (out / "validation.csv").read_bytes() == first
    assert capsys.readouterr().out == ""


def test_a_prediction_that_fails_is_printed_and_is_no_error(tmp_path, capsys):
    trial = written(tmp_path, changed(PARALLEL, ("value: -1,", "value: 9,")))
    assert validate(trial, "--replicates", 100, "--out", tmp_path / "o", "--no-figures") == 0
    shown = capsys.readouterr().out
    assert "Predictions: 0 of 1 fit" in shown
    assert "does not fit: mine, Pain at week 1" in shown


def test_a_synthesis_of_a_users_own(tmp_path, capsys):
    written(tmp_path)
    pooled = tmp_path / "pooled.yaml"
    pooled.write_text(POOLED, encoding="utf-8")
    out = tmp_path / "o"
    assert validate(pooled, "--replicates", 20, "--out", out, "--no-figures") == 0
    with open(out / "validation.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert float(row["simulated_mean"]) < 0.0
    assert "nothing published to compare with" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "pair", "line", "words"),
    [
        (PARALLEL, ("versus: placebo", "versus: placbo"), 18, "did you mean `placebo`"),
        (PARALLEL, ("design: parallel", "design: paralel"), 3, "did you mean `parallel`"),
        (PARALLEL, ("dose: 80 mg, duration: 2 h, days: 3}\n  -", "dose: 80 g, duration: 2 h}\n  -"),
         9, "80 g"),
        (PARALLEL, ("    patients: 6\n", ""), 7, "how many are analysed?"),
        (PARALLEL, ("status: verified", "status: seen"), 20, "not one of the names"),
        (PARALLEL, (", source: A paper", ""), 20, "say it of every number"),
        (PARALLEL, ("    visits: [7 d]\n", ""), 14, "`window`, `visits`, `moment`"),
        (PARALLEL, ("value: -1, se: 0.5, source: A paper, status: verified", "evidence: T99"),
         20, "T99"),
        (CROSSOVER, ("period: 28 d\n", ""), 1, "`period` and `design: crossover`"),
        (CROSSOVER, ("moment: end", "moment: end\n    infusion: 2"), 18, "has 1 infusion;"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_their_place(text, pair, line, words, tmp_path, capsys):
    path = written(tmp_path, changed(text, pair))
    said = refusal("check", path, capsys=capsys)
    assert f"{path}:{line}: " in said
    assert words in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pickring-2020"], "did you mean `pickering-2020`"),
        (["--replicates", "3"], "10 to 100000"),
        (["--seed", "x"], "seed"),
    ],
)
def test_bad_words_are_refused(words, said, tmp_path, capsys):
    assert said in refusal("validate", *words, "--out", tmp_path / "o", capsys=capsys)
    assert not (tmp_path / "o").exists()


def test_a_page_without_markers_is_refused(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("Nothing here\n", encoding="utf-8")
    words = ("validate", written(tmp_path), "--replicates", 20, "--out", tmp_path / "o")
    said = refusal(*words, "--no-figures", "--quiet", "--page", page, capsys=capsys)
    assert "are missing" in said


def as_an_editor_reads(node):
    if isinstance(node, LocatedMapping):
        return {key: as_an_editor_reads(one) for key, one in node.entries.items()}
    if isinstance(node, LocatedList):
        return [as_an_editor_reads(one) for one in node.items]
    if node.quoted:
        return node.text
    try:
        return json.loads(node.text)
    except ValueError:
        return node.text


@pytest.mark.parametrize("name", shipped_trials())
def test_shipped_trials_fit_the_schema_of_editors(name):
    schema = trial_schema()
    content = as_an_editor_reads(read_yaml(shipped_trial_path(name)))
    assert list(problems(content, schema, schema)) == []


def test_the_schema_knows_a_wrong_key():
    schema = trial_schema()
    content = as_an_editor_reads(read_yaml(shipped_trial_path("pickering-2020")))
    assert list(problems({**content, "armz": []}, schema, schema))
    assert load_trial("pickering-2020").document.patients == 20
