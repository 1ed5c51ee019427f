"""``pathways compare``: files, what is shown, exit codes, and what is left when it fails."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from pathways.cli import main
from pathways.outcomes.fingerprint import table_fingerprint

POLICIES = ("conventional-care", "guideline-2018", "sham-infusion")
SMALL = (*POLICIES, "--patients", "200", "--years", "1")
BARE = ("--no-figures", "--no-report")
START = "import sys; from pathways.cli import main; sys.exit(main())"
ALWAYS = {"comparison.csv", "results.xlsx", "manifest.json", "run.json", "patients", "weekly"}
SHEETS = [
    "headline",
    "differences",
    "exit reasons",
    "harms",
    "costs",
    "scenario differences",
    "notes",
]
# Cannot write files beyond some size, as on a full disk.
FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
"""
OTHER_PEOPLE = """\
extends: guideline-2018
scenario: others
title: Guideline, fibromyalgia only
population: {conditions: {fibromyalgia: 1}}
"""


def started(folder: Path, *words: object, before: str = "", **environment: str):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", before + START, "compare", *map(str, words)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A small comparison without figures, and what it printed."""
    folder = tmp_path_factory.mktemp("compared")
    ran = started(folder, *SMALL, *BARE)
    assert ran.returncode == 0, ran.stderr
    return folder / "results" / "comparison", ran


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_bytes())


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "comparison.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_files_are_those_promised_and_listed(finished):
    folder = finished[0]
    assert names(folder) == ALWAYS
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert set(manifest(folder)["files"]) == there
    assert names(folder / "patients") == {f"{policy}.parquet" for policy in POLICIES}


def test_everything_is_drawn_and_reported(tmp_path):
    ran = started(
        tmp_path, *SMALL, "--prices", "uk-2023-gbp", "--out", "out", MPLBACKEND="tkagg", DISPLAY=""
    )
    assert ran.returncode == 0, ran.stderr
    assert names(tmp_path / "out") == ALWAYS | {"figures", "report.html"}
    drawn = names(tmp_path / "out" / "figures")
    assert {"lifetime_dose.png", "lifetime_dose.svg", "cost_and_qaly.svg"} <= drawn
    assert "conventional-care" in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"Report    {Path('out') / 'report.html'}" in ran.stdout
    assert f"Figures   {Path('out') / 'figures'}" in ran.stdout


def test_tables_match_their_fingerprints(finished):
    for policy in POLICIES:
        said = manifest(finished[0])["policies"][policy]["tables"]
        for kind in ("patients", "weekly"):
            table = pyarrow.parquet.read_table(finished[0] / kind / f"{policy}.parquet")
            assert said[kind] == {"rows": table.num_rows, "fingerprint": table_fingerprint(table)}
        assert said["events"] is None


def test_differences_agree_with_the_patients(finished):
    tables = {
        policy: pyarrow.parquet.read_table(finished[0] / "patients" / f"{policy}.parquet")
        for policy in POLICIES
    }
    for row in rows(finished[0]):
        if row["kind"] == "difference" and row["measure"] == "mean_qaly":
            ours, theirs = (
                tables[row[side]]["qaly"].to_numpy() for side in ("policy", "reference")
            )
            assert float(row["value"]) == pytest.approx((ours - theirs).mean(), abs=1e-9)
            error = (ours - theirs).std(ddof=1) / len(ours) ** 0.5
            assert float(row["standard_error"]) == pytest.approx(error, rel=1e-9)


def test_csv_holds_both_kinds_and_plain_numbers(finished):
    found = rows(finished[0])
    assert {row["kind"] for row in found} == {"headline", "difference"}
    for row in found:
        for name in ("value", "standard_error", "low", "high"):
            assert row[name] == "" or repr(float(row[name])) == row[name]
        for name in ("n", "independent_patients"):
            assert row[name] == "" or str(int(row[name])) == row[name]
        assert bool(row["reference"]) == (row["kind"] == "difference")
        assert bool(row["block"]) == (row["kind"] == "headline")


def test_workbook_opens_and_agrees(finished):
    book = openpyxl.load_workbook(finished[0] / "results.xlsx")
    assert book.sheetnames == SHEETS
    headings, *values = book["differences"].iter_rows(values_only=True)
    of_csv = [row for row in rows(finished[0]) if row["kind"] == "difference"]
    assert len(values) == len(of_csv)
    for row, line in zip(of_csv, values, strict=True):
        found = dict(zip(headings, line, strict=True))
        assert (found["policy"], found["measure"]) == (row["policy"], row["measure"])
        # A workbook keeps sixteen digits.
        assert row["value"] == "" or found["difference"] == pytest.approx(
            float(row["value"]), 1e-15
        )
    exits = list(book["exit reasons"].iter_rows(min_row=2, values_only=True))
    for column in range(1, 1 + len(POLICIES)):
        assert sum(row[column] for row in exits) == pytest.approx(1.0)
    notes = dict(book["notes"].iter_rows(min_row=2, values_only=True))
    assert notes["answer"] == finished[1].stdout.splitlines()[0]
    assert notes["fingerprint"] == manifest(finished[0])["fingerprint"]


def test_manifest_repeats_and_holds_the_scenarios(finished, tmp_path):
    ran = started(tmp_path, *SMALL, *BARE, "--quiet", "--threads", 1, "--out", "again")
    assert (ran.returncode, ran.stdout) == (0, "")
    first, again = (folder / "manifest.json" for folder in (finished[0], tmp_path / "again"))
    assert first.read_bytes() == again.read_bytes()
    said = manifest(finished[0])
    assert (said["reference"], said["sham"]) == ("conventional-care", "sham-infusion")
    assert (said["patients"], said["horizon_days"], said["seed"]) == (200, 365, 1)
    for policy in POLICIES:
        assert said["policies"][policy]["scenario"]["scenario"]["scenario"] == policy
    for name in ("comparison.csv", "patients/guideline-2018.parquet"):
        assert (finished[0] / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_first_line_is_the_answer_and_the_last_lines_say_where(finished):
    lines = finished[1].stdout.splitlines()
    assert lines[0].startswith("QALYs per referral against conventional-care, most first: ")
    assert lines[0].endswith(".")
    order = ["All referrals", "Per treated patient", "Paired differences", "Read with care"]
    places = [next(i for i, line in enumerate(lines) if line.startswith(one)) for one in order]
    assert places == sorted(places)
    assert any(line.startswith("Results in results/comparison after") for line in lines)
    assert not any(line != line.rstrip() or "\x1b" in line for line in lines)
    assert all(len(line) <= 100 for line in lines[1:])


def test_run_record_has_the_time_of_each_part(finished):
    record = json.loads((finished[0] / "run.json").read_bytes())
    parts = {f"simulation of {policy}" for policy in POLICIES} | {"tables", "workbook"}
    assert record["seconds"].keys() == parts
    assert record["engine"] == "kernel"


def test_quiet_tells_cautions_only(tmp_path):
    words = ("conventional-care", "cash-clinic", *SMALL[3:], *BARE, "--quiet")
    ran = started(tmp_path, *words)
    assert (ran.returncode, ran.stdout) == (0, "")
    told = ran.stderr.splitlines()
    assert told[0].startswith("warning: money is not comparable")
    assert all(line.startswith("warning: ") for line in told)


def test_events_are_kept_by_policy(tmp_path):
    assert started(tmp_path, *SMALL, *BARE, "--quiet", "--events", "--out", "out").returncode == 0
    assert names(tmp_path / "out") == ALWAYS | {"events"}
    assert any(row["block"] == "dose_0_mg" for row in rows(tmp_path / "out"))


def test_earlier_results_are_replaced_only_if_asked(tmp_path):
    words = (*SMALL, *BARE, "--quiet", "--out", "out")
    assert started(tmp_path, *words).returncode == 0
    before = manifest(tmp_path / "out")
    refused = started(tmp_path, *words, "--seed", 2)
    assert (refused.returncode, "--overwrite" in refused.stderr) == (2, True)
    assert manifest(tmp_path / "out") == before
    fewer = ("dose-ladder", "sham-infusion", *SMALL[3:], *BARE, "--quiet", "--out", "out")
    assert started(tmp_path, *fewer, "--overwrite").returncode == 0
    assert names(tmp_path / "out") == ALWAYS
    assert names(tmp_path / "out" / "patients") == {"dose-ladder.parquet", "sham-infusion.parquet"}


def test_full_disk_is_explained_and_leaves_nothing(tmp_path):
    ran = started(tmp_path, *SMALL, *BARE, before=FULL_DISK, PYTHONDONTWRITEBYTECODE="1")
    assert ran.returncode == 2
    assert "comparison.csv: cannot be written: File too large; make room, or give" in ran.stderr
    assert names(tmp_path) == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("guidline-2018", "dose-ladder"), "did you mean `guideline-2018`"),
        (("dose-ladder", "./nowhere.yaml"), "nowhere.yaml"),
        (("dose-ladder",), "`dose-ladder` alone is no comparison"),
        (("dose-ladder", "exit-strategy", "dose-ladder"), "`dose-ladder` is there twice"),
        ((*SMALL, "--reference", "guideline"), "`guideline` is not among"),
        ((*SMALL, "--reference", "guidline-2018"), "did you mean `guideline-2018`"),
        ((*SMALL, "--prices", "uk"), "no price book `uk`"),
        ((*SMALL, "--patients", 0), "patients: 0 cannot be used; allowed: 1 to 4294967296"),
        ((*SMALL, "--patients", 2**32), "patients under each of 3 policies: need about"),
        ((*SMALL, "--years", 0), "years: a horizon of 0 years"),
        ((*SMALL, "--engine", "mesas"), "did you mean `mesa`"),
        ((*SMALL, "--out", "/proc/results"), "/proc/results: cannot be written"),
        ((*SMALL, "--out", sys.executable), "is not a directory; give another one with --out"),
        ((*SMALL, "--out", ""), "out: the output directory has no name; name one with --out"),
    ],
)
def test_bad_input_is_explained_and_writes_nothing(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["compare", *map(str, words)]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert (shown.out, names(tmp_path)) == ("", set())


def test_different_patients_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "others.yaml").write_text(OTHER_PEOPLE)
    assert main(["compare", "guideline-2018", "./others.yaml", "--patients", "50"]) == 2
    said = capsys.readouterr().err
    assert "`guideline-2018` and `others` do not have the same patients" in said
    assert "the same `population`" in said
    assert names(tmp_path) == {"others.yaml"}


def test_different_horizons_are_refused_with_the_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short.yaml").write_text(
        "extends: guideline-2018\nscenario: short\nhorizon: 2 year\n"
    )
    assert main(["compare", "guideline-2018", "./short.yaml", "--patients", "50"]) == 2
    said = capsys.readouterr().err
    assert "horizon days of `guideline-2018` is 3650 and of `short` 730" in said
    assert "--years" in said
    both = ["compare", "guideline-2018", "./short.yaml", "--patients", "50", "--years", "1"]
    assert main([*both, *BARE]) == 0


def test_without_scenarios_the_shipped_ones_are_compared(tmp_path):
    ran = started(tmp_path, "--patients", 50, "--years", 1, *BARE, "--out", "out")
    assert ran.returncode == 0, ran.stderr
    assert list(manifest(tmp_path / "out")["policies"]) == [
        "conventional-care",
        "cash-clinic",
        "guideline-2018",
        "dose-ladder",
        "multidisciplinary",
        "exit-strategy",
        "sham-infusion",
    ]


def test_both_engines_give_the_same_comparison(tmp_path):
    words = ("guideline-2018", "sham-infusion", "--patients", 30, "--years", 1, *BARE, "--quiet")
    for engine in ("kernel", "mesa"):
        assert started(tmp_path, *words, "--engine", engine, "--out", engine).returncode == 0
    kernel, mesa = (manifest(tmp_path / engine) for engine in ("kernel", "mesa"))
    assert kernel == mesa


def test_formula_in_a_title_stays_text(tmp_path):
    (tmp_path / "one.yaml").write_text(
        'extends: guideline-2018\nscenario: one\ntitle: "=1+1"\n', encoding="utf-8"
    )
    words = ("./one.yaml", "sham-infusion", "--patients", 20, "--years", 1, *BARE, "--out", "out")
    assert started(tmp_path, *words).returncode == 0
    book = openpyxl.load_workbook(tmp_path / "out" / "results.xlsx")
    cells = {row[0].value: row[1] for row in book["notes"].iter_rows()}
    assert (cells["policy one"].value, cells["policy one"].data_type) == ("=1+1", "s")


def test_help_says_every_option(tmp_path):
    shown = started(tmp_path, "--help", COLUMNS="200", NO_COLOR="1").stdout
    options = "reference prices patients years seed engine threads events out overwrite quiet"
    assert all(f"--{option}" in shown for option in (*options.split(), "no-figures", "no-report"))
