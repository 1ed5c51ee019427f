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
from pathways.evidence.posterior import read_posterior
from pathways.reading.tree import LocatedList, LocatedMapping
from pathways.reading.yaml_file import read_yaml
from pathways.trials import load_trial, shipped_trials, targets
from pathways.trials.load import shipped_trial_path
from pathways.trials.page import BEGIN, END

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
CHANGE = """\
  - {name: fall, title: Change at week 1, measure: change, arm: ketamine, visits: [7 d]}
"""
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
    assert validate(trial, "--replicates", 200, "--out", out, "--page", page) == 0
    shown = capsys.readouterr().out
    assert "Pain at week 1" in shown
    assert "-1.00 (-1.98 to -0.02)" in shown
    assert "Predictions, published value read in a source\n  1 endpoint: " in shown
    with open(out / "validation.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["trial"], row["use"], row["status"]) == ("mine", "prediction", "verified")
    assert float(row["simulated_low"]) < float(row["simulated_mean"])
    assert row["verdict"] in ("fits", "borderline", "does not fit")
    assert row["simulated_trials"] == "200"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"Before\n{BEGIN}\n\n| Published results |")
    assert text.endswith(f"{END}\nAfter\n")
    assert "old" not in text
    assert (out / "figures" / "mine.png").stat().st_size > 10_000
    assert "<svg" in (out / "figures" / "mine.svg").read_text(encoding="utf-8")
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["trials"]["mine"]["design"] == "parallel"
    assert (out / "diaries.csv").read_text(encoding="utf-8").startswith("trial,arm,day,mean_score")


def test_results_are_the_same_again_and_replaced_only_when_asked(tmp_path, capsys):
    trial, out = written(tmp_path), tmp_path / "out"
    options = ("--replicates", 200, "--out", out, "--no-figures", "--quiet")
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
    assert validate(trial, "--replicates", 200, "--out", tmp_path / "o", "--no-figures") == 0
    shown = capsys.readouterr().out
    assert "1 endpoint: 1 does not fit; 1 trial: 1 with one or more that do not fit" in shown
    assert "does not fit: mine, Pain at week 1" in shown


def test_a_synthesis_of_a_users_own(tmp_path, capsys):
    written(tmp_path)
    pooled = tmp_path / "pooled.yaml"
    pooled.write_text(POOLED, encoding="utf-8")
    out = tmp_path / "o"
    assert validate(pooled, "--replicates", 200, "--out", out, "--no-figures") == 0
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
        (["--replicates", "199"], "nothing could fail to fit at 5 %; allowed: 200 to 100000"),
        (["--replicates", "100001"], "allowed: 200 to 100000"),
        (["--draws", "0"], "allowed: 1 to 2000"),
        (["--draws", "2001"], "allowed: 1 to 2000"),
        (["--seed", "x"], "seed"),
    ],
)
def test_bad_words_are_refused(words, said, tmp_path, capsys):
    assert said in refusal("validate", *words, "--out", tmp_path / "o", capsys=capsys)
    assert not (tmp_path / "o").exists()


def test_results_without_a_place_are_refused(capsys, tmp_path, monkeypatch, no_simulation):
    monkeypatch.chdir(tmp_path)
    said = refusal("validate", "pickering-2020", "--out", "", capsys=capsys)
    assert "the output directory has no name" in said


@pytest.fixture
def no_simulation(monkeypatch):
    """Let nothing be simulated, so that what is wrong is said before."""

    def refuse(*_, **__):
        raise AssertionError("simulated before everything was checked")

    monkeypatch.setattr("pathways.engines.kernel_engine.run", refuse)


@pytest.mark.parametrize("text", [None, "Nothing here\n", b"\xff\xfe"])
def test_a_page_that_cannot_be_used_is_refused_first(text, tmp_path, capsys, no_simulation):
    page = tmp_path / "page.md"
    if text is not None:
        page.write_bytes(text if isinstance(text, bytes) else text.encode())
    words = ("validate", written(tmp_path), "--out", tmp_path / "o", "--page", page)
    said = refusal(*words, capsys=capsys)
    expected = {None: "No such file", "Nothing here\n": "are missing"}
    assert f"{page}: " in said
    assert expected.get(text, "no page of text") in said
    assert not (tmp_path / "o").exists()


def test_results_in_the_way_are_told_first(tmp_path, capsys, no_simulation):
    out = tmp_path / "o"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    assert str(out) in refusal("validate", written(tmp_path), "--out", out, capsys=capsys)


def test_two_trials_of_one_name_are_refused(tmp_path, capsys, no_simulation):
    first, second = written(tmp_path), tmp_path / "second.yaml"
    second.write_text("# Another one\n" + PARALLEL, encoding="utf-8")
    said = refusal("validate", first, second, "--out", tmp_path / "o", capsys=capsys)
    assert f"{second}:2: trial: `mine` is the name of {first} too ({first}:1)" in said
    assert f"write another `trial:` in {second}" in said
    said = refusal("validate", first, first, "--out", tmp_path / "o", capsys=capsys)
    assert f"{first}: is named twice; name it once" in said
    other = tmp_path / "pickering.yaml"
    other.write_text("extends: pickering-2020\n", encoding="utf-8")
    said = refusal("validate", "pickering-2020", other, "--out", tmp_path / "o", capsys=capsys)
    assert f"write another `trial:` in {other}" in said


def test_a_namesake_of_a_pooled_trial_is_refused(tmp_path, capsys, no_simulation):
    written(tmp_path)
    pooled, namesake = tmp_path / "pooled.yaml", tmp_path / "namesake.yaml"
    pooled.write_text(POOLED, encoding="utf-8")
    namesake.write_text(changed(PARALLEL, ("patients: 6", "patients: 7")), encoding="utf-8")
    said = refusal("validate", pooled, namesake, "--out", tmp_path / "o", capsys=capsys)
    assert "`mine` is the name of" in said


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (PARALLEL.replace("patients: 6", "patients: 1000000000"), (), "1000000 or less"),
        (PARALLEL.replace("patients: 6", "patients: 1000000"), ("--replicates", 100_000),
         "in each of 100,000 simulated trials"),
        (CROSSOVER.replace("patients: 5", "patients: 900000"), ("--replicates", 90_000),
         "in each of 90,000 simulated trials"),
    ],
)  # fmt: skip
def test_impossible_sizes_are_refused_at_their_place(text, options, said, tmp_path, capsys):
    path = written(tmp_path, text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if "patients: " in row)
    shown = refusal("validate", path, *options, "--out", tmp_path / "o", capsys=capsys)
    assert f"{path}:{line}: " in shown
    assert said in shown
    assert "fewer patients" in shown or "or less" in shown
    assert not (tmp_path / "o").exists()


def test_everything_that_is_wrong_is_told_at_once(tmp_path, capsys):
    text = changed(
        PARALLEL,
        ("    patients: 6\n", ""),
        ("versus: placebo", "versus: placbo"),
        ("design: parallel", "design: parallel\nwash_out: 7 d"),
    )
    path, other = written(tmp_path, text), tmp_path / "other.yaml"
    broken = changed(
        PARALLEL,
        ("visits: [7 d]", "visits: [7 d, 7 d]\n    percent: 50 %"),
        ("value: -1, se: 0.5, source: A paper, status: verified", "evidence: T2.ketamin"),
        (
            "trial: mine",
            "trial: another\narmz: 2\nparameters: {slow_effect_c5: 3}\n"
            "drop_out: {rate: {evidence: M15X}}",
        ),
    )
    other.write_text(broken, encoding="utf-8")
    said = refusal("validate", path, other, "pickring-2020", capsys=capsys)
    for words in ("how many are analysed?", "did you mean `placebo`", "`wash_out` is of a"):
        assert words in said
    for words in ("stands in the list already", "`percent` is of", "did you mean `ketamine`"):
        assert words in said
    assert "did you mean `pickering-2020`" in said
    for words in ("did you mean `arms`", "did you mean `slow_effect_c50`", "M15X"):
        assert f"{other}:" in next(line for line in said.splitlines() if words in line)
    assert len(said.splitlines()) == 10


def test_members_that_cannot_be_pooled_are_all_told(tmp_path, capsys):
    written(tmp_path)
    text = POOLED.replace("sigtermans-2009", "sigterman-2009").replace(" week-1}", " week1}", 1)
    text = text.replace("pool:\n", "pool:\n      - {trial: ./none.yaml, endpoint: week-1}\n")
    text = text.replace("pool:\n", "pool:\n      - {trial: ./pooled.yaml, endpoint: week-1}\n")
    path = tmp_path / "pooled.yaml"
    path.write_text(text, encoding="utf-8")
    said = refusal("check", path, capsys=capsys)
    for line, words in enumerate(
        ("pools trials itself", "there is no file", "did you mean `week-1`", "`sigtermans-2009`"), 8
    ):
        assert f"{path}:{line}: " in said
        assert words in said


def test_nothing_measured_is_printed_with_its_reason(tmp_path, capsys):
    trial = written(tmp_path, changed(PARALLEL, ("arms:\n", "missing_scores: 100 %\narms:\n")))
    out = tmp_path / "o"
    assert validate(trial, "--replicates", 200, "--out", out) == 0
    shown = capsys.readouterr().out
    assert "does not fit:" not in shown
    assert "1 endpoint: 1 cannot tell" in shown
    assert "in none of 200 simulated trials is anything measured" in shown
    with open(out / "validation.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["verdict"], row["simulated_mean"]) == ("cannot tell", "")
    assert row["reason"].startswith("in none of 200")


def test_draws_are_said_wherever_numbers_are(tmp_path, capsys, monkeypatch):
    posterior = "pathways.evidence.posterior.posterior_draws"
    target = changed(PARALLEL, ("use: prediction", "use: calibration")) + CHANGE
    trial, out = written(tmp_path, target), tmp_path / "o"
    monkeypatch.setattr(posterior, lambda: None)
    options = ("--replicates", 200, "--draws", 20, "--out", out, "--overwrite")
    assert validate(trial, *options, "--no-figures") == 0
    shown = capsys.readouterr().out
    assert "Simulated, 20 draws" in shown
    assert "over parameter draws 1 to 20 from the distributions of the parameter book" in " ".join(
        shown.split()
    )
    assert "Calibration targets, published" in shown
    monkeypatch.setattr(posterior, lambda: read_posterior("slow_effect_c50\n150\n250\n"))
    assert validate(trial, *options, "--no-figures") == 0
    shown = capsys.readouterr().out
    assert "not over the parameter draws" in " ".join(shown.split())
    assert "Fitted targets, published" in shown
    assert "  fitted  " in shown
    assert "posterior of the calibrated parameters" in shown
    assert "| fitted |" in (out / "validation.md").read_text(encoding="utf-8")
    assert json.loads((out / "manifest.json").read_bytes())["draws"] == 20


def test_where_the_change_comes_from_is_in_every_output(tmp_path, capsys):
    trial, out, page = written(tmp_path, PARALLEL + CHANGE), tmp_path / "o", tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n", encoding="utf-8")
    assert validate(trial, "--replicates", 200, "--out", out, "--page", page) == 0
    shown = capsys.readouterr().out
    assert "Where the change comes from" in shown
    assert "the drug makes" in shown
    assert "### Where the change comes from" in page.read_text(encoding="utf-8")
    with open(out / "decomposition.csv", encoding="utf-8") as file:
        means = {row["component"]: float(row["mean"]) for row in csv.DictReader(file)}
    change = means.pop("change")
    assert sum(means.values()) == pytest.approx(change, abs=1e-9)
    for kind in ("png", "svg"):
        assert (out / "figures" / f"where_the_change_comes_from.{kind}").stat().st_size > 10_000


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
