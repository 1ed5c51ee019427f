"""``pathways run``: files, headlines, exit codes, and what is left when it does not finish."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

from pathways.cli import main
from pathways.outcomes import schema
from pathways.outcomes.fingerprint import table_fingerprint

SMALL = ("guideline-2018", "--patients", "60", "--years", "2")
ALWAYS = {"patients.parquet", "weekly.parquet", "summary.csv", "manifest.json", "run.json"}
START = "import sys; from pathways.cli import main; sys.exit(main())"

# Sends itself a signal once the kernel reports progress.
# A shell starts background jobs with interrupts ignored, and children inherit that.
SIGNALLED = """
import os, signal, sys
from pathways.engines import kernel_engine

signal.signal(signal.SIGINT, signal.default_int_handler)

def run(plan, *, real=kernel_engine.run, **options):
    options["progress"] = lambda done, total: os.kill(os.getpid(), {signal})
    return real(plan, **options)

kernel_engine.run = run
"""
# Cannot write files beyond some size, as on a full disk.
FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
"""


@pytest.fixture
def pathways(tmp_path):
    """Run the command line in an empty directory, perhaps with something done before it."""

    def run(*words: object, before: str = "", **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", before + START, *map(str, words)],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A small run with events, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    words = [sys.executable, "-W", "error", "-c", START, "run", *SMALL, "--events"]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return folder / "results" / "guideline-2018", ran


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def manifest(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_bytes())


def test_files_are_those_promised(finished):
    assert names(finished[0]) == ALWAYS | {"events.parquet"}


@pytest.mark.parametrize("name", schema.TABLES)
def test_table_matches_its_schema_and_fingerprint(finished, name):
    table = pyarrow.parquet.read_table(finished[0] / f"{name}.parquet")
    assert table.schema.equals(schema.arrow_schema(schema.TABLES[name]), check_metadata=True)
    said = manifest(finished[0])["tables"][name]
    assert said == {"rows": table.num_rows, "fingerprint": table_fingerprint(table)}
    assert table.num_rows == {"patients": 60, "weekly": 105}.get(name, table.num_rows) > 0


def test_tables_tell_the_same_story(finished):
    patients, weekly, events = (
        pyarrow.parquet.read_table(finished[0] / f"{name}.parquet").to_pylist()
        for name in schema.TABLES
    )
    infusions = sum(row["infusions"] for row in patients)
    assert infusions == sum(week["infusions"] for week in weekly) > 0
    assert infusions == sum(event["event"] == "administered" for event in events)
    treated = [row for row in patients if row["first_infusion_day"] is not None]
    assert len(treated) == sum(week["first_infusions"] for week in weekly)
    acute = sum(row[harm] for row in patients for harm in schema.ACUTE_HARMS)
    assert acute == sum(event["event"] == "acute_harm" for event in events) > 0
    onsets = sum(row[harm] for row in patients for harm in schema.CHRONIC_HARMS)
    assert onsets == sum(event["event"] == "harm_onset" for event in events) > 0
    assert sum(row["tests_done"] for row in patients) == sum(
        event["event"] == "tested" for event in events
    )
    exits = [event for event in events if event["event"] == "exited"]
    assert len(exits) == sum(row["exit_reason"] is not None for row in patients)
    assert len(exits) == sum(week["exits"] for week in weekly)
    for week in weekly:
        states = [week[state] for state in schema.STATES]
        assert sum(states) == len(patients)
    for state in schema.STATES:
        assert weekly[-1][state] == sum(row["state"] == state for row in patients)


def test_summary_agrees_with_the_patients(finished):
    patients = pyarrow.parquet.read_table(finished[0] / "patients.parquet")
    with open(finished[0] / "summary.csv", newline="") as file:
        rows = {(row["block"], row["measure"]): row for row in csv.DictReader(file)}
    doses = patients["ketamine_mg"].to_pylist()
    mean = float(rows["all_referrals", "mean_ketamine_mg"]["value"])
    assert mean == pytest.approx(sum(doses) / 60)
    treated = [dose for dose in doses if dose > 0.0]
    row = rows["per_treated", "mean_ketamine_mg"]
    assert float(row["value"]) == pytest.approx(sum(treated) / len(treated))
    assert int(row["n"]) == len(treated)
    paid = patients["cost_health_system"].to_pylist()
    row = rows["all_referrals", "mean_cost_health_system"]
    assert float(row["value"]) == pytest.approx(sum(paid) / 60)
    assert {row["unit"]} == {*patients["currency"].to_pylist()} == {"GBP"}


def test_what_is_paid_is_the_sum_of_its_lines(finished):
    for row in pyarrow.parquet.read_table(finished[0] / "patients.parquet").to_pylist():
        lines = sum(row[f"cost_{line}"] for line in schema.COST_LINES)
        payers = sum(row[f"cost_undiscounted_{payer}"] for payer in schema.PAYERS)
        assert lines == pytest.approx(payers)
        assert 0.0 < row["cost_health_system"] < row["cost_undiscounted_health_system"]


def test_headlines_are_shown_with_intervals_and_evidence(finished):
    lines = finished[1].stdout.splitlines()
    assert lines[0] == "guideline-2018: Guideline practice, 2018 consensus"
    assert lines[1].startswith("60 referrals over 2 years, seed 1")
    found = {line.split(" | ")[0].strip(): line.split(" | ")[1:] for line in lines if " | " in line}
    assert found["Treated by the horizon"][0].strip().endswith("%")
    assert " to " in found["QALYs, discounted"][1]
    assert "False-positive continuations" in found
    assert "non response" in found
    assert " to " in found["Monitoring tests"][1]
    assert len(found["cystitis"]) == 4, "background and excess, each with its interval"
    assert found["dissociation"][0].strip().endswith("%")
    assert found["Cost per referral, GBP"][0].strip() == "Mean"
    assert " to " in found["Health system, discounted"][1]
    assert "both payers: infusion" in found
    assert any(line.startswith("Conservation passed: ") for line in lines)
    evidence = next(line for line in lines if line.startswith("Evidence: "))
    assert "verified" in evidence
    assert "assumption" in evidence
    assert f"Fingerprint {manifest(finished[0])['fingerprint']}" in lines
    assert lines[-1] == "Results in results/guideline-2018"


def test_warnings_are_labelled_and_on_standard_error(finished):
    assert "only 60 patients: the intervals are wide" in finished[1].stderr
    assert all(line.startswith("warning: ") for line in finished[1].stderr.splitlines())


def test_nobody_treated_is_said(pathways):
    ran = pathways("run", "conventional-care", "--patients", 20, "--years", 1, "--quiet")
    assert ran.returncode == 0
    assert ran.stderr.startswith("warning: nobody was treated: no infusion is offered")
    assert ran.stdout == ""


@pytest.mark.parity
def test_both_engines_and_any_number_of_threads_write_the_same(pathways, tmp_path, finished):
    runs = {"mesa": ("--engine", "mesa"), "one": ("--threads", 1), "three": ("--threads", 3)}
    for out, options in runs.items():
        ran = pathways("run", *SMALL, "--events", "--quiet", "--out", out, *options)
        assert ran.returncode == 0, ran.stderr
        for name in names(finished[0]) - {"run.json"}:
            assert (tmp_path / out / name).read_bytes() == (finished[0] / name).read_bytes()


def test_events_do_not_change_patients_or_weeks(pathways, tmp_path, finished):
    pathways("run", *SMALL, "--quiet", "--out", "out")
    assert names(tmp_path / "out") == ALWAYS
    plain, kept = manifest(tmp_path / "out"), manifest(finished[0])
    assert plain["tables"]["events"] is None
    for name in ("patients", "weekly"):
        assert plain["tables"][name] == kept["tables"][name]


def test_another_seed_gives_other_results(pathways, tmp_path, finished):
    pathways("run", *SMALL, "--events", "--quiet", "--out", "out", "--seed", 2)
    other, one = manifest(tmp_path / "out"), manifest(finished[0])
    assert other["seed"] == 2
    assert other["fingerprint"] != one["fingerprint"]
    assert other["model_version"] == one["model_version"]


def test_second_run_needs_overwrite(pathways, tmp_path):
    first = pathways("run", *SMALL, "--quiet", "--events")
    before = manifest(tmp_path / "results" / "guideline-2018")
    second = pathways("run", *SMALL, "--quiet", "--seed", 2)
    assert (first.returncode, second.returncode, second.stdout) == (0, 2, "")
    assert "replace them with --overwrite" in second.stderr
    assert manifest(tmp_path / "results" / "guideline-2018") == before
    third = pathways("run", *SMALL, "--quiet", "--seed", 2, "--overwrite")
    assert third.returncode == 0
    assert names(tmp_path / "results" / "guideline-2018") == ALWAYS
    assert manifest(tmp_path / "results" / "guideline-2018")["seed"] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("guidline-2018",), "did you mean `guideline-2018`"),
        (("./nowhere.yaml",), "nowhere.yaml"),
        ((*SMALL, "--patients", 0), "patients: 0 cannot be used; allowed: 1 to 4294967296"),
        ((*SMALL, "--patients", -5), "patients: -5 cannot be used"),
        ((*SMALL, "--patients", 10**30), "patients: 1000"),
        ((*SMALL, "--patients", 2**32), "patients fit"),
        ((*SMALL, "--patients", "many"), "patients: `many` is not a whole number; write digits"),
        ((*SMALL, "--years", 0), "years: a horizon of 0 years cannot be simulated; allowed: 0.003"),
        ((*SMALL, "--years", "nan"), "years: `nan` is not a number; write digits"),
        ((*SMALL, "--seed", -1), "seed: -1 cannot be used; allowed: 0 to 18446744073709551615"),
        ((*SMALL, "--threads", 0), "threads: 0 cannot be used; allowed: 1 to 1024"),
        ((*SMALL, "--engine", "mesas"), "no engine `mesas`; did you mean `mesa`"),
        ((*SMALL, "--out", "/proc/results"), "/proc/results: cannot be written"),
        ((*SMALL, "--out", sys.executable), "is not a directory; give another one with --out"),
        ((*SMALL, "--out", ""), "out: the output directory has no name; name one with --out"),
        ((), "scenario"),
    ],
)
def test_bad_input_is_explained_and_writes_nothing(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *map(str, words)]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert names(tmp_path) == set()


def test_directory_of_somebody_else_is_left_alone(pathways, tmp_path):
    (tmp_path / "thesis.docx").write_text("mine")
    ran = pathways("run", *SMALL, "--out", ".", "--overwrite")
    assert ran.returncode == 2
    assert "is not empty and holds no results of ours (`thesis.docx`)" in ran.stderr
    assert names(tmp_path) == {"thesis.docx"}


def test_interrupt_leaves_nothing(pathways, tmp_path):
    before = SIGNALLED.format(signal=int(signal.SIGINT))
    ran = pathways("run", *SMALL, before=before)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "interrupted\n")
    assert names(tmp_path) == set()


def test_interrupt_keeps_the_earlier_results(pathways, tmp_path):
    pathways("run", *SMALL, "--quiet", "--out", "out")
    before = {name: (tmp_path / "out" / name).read_bytes() for name in ALWAYS}
    script = SIGNALLED.format(signal=int(signal.SIGINT))
    ran = pathways("run", *SMALL, "--overwrite", "--seed", 3, "--out", "out", before=script)
    assert ran.returncode == 130
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_killed_run_can_simply_be_repeated(pathways, tmp_path):
    before = SIGNALLED.format(signal=int(signal.SIGKILL))
    ran = pathways("run", *SMALL, "--out", "out", before=before)
    assert ran.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert pathways("run", *SMALL, "--quiet", "--out", "out").returncode == 0
    assert names(tmp_path / "out") == ALWAYS


def test_full_disk_is_explained_and_leaves_nothing(pathways, tmp_path):
    ran = pathways("run", *SMALL, before=FULL_DISK, PYTHONDONTWRITEBYTECODE="1")
    assert ran.returncode == 2
    assert "patients.parquet: cannot be written: File too large; make room, or give" in ran.stderr
    assert names(tmp_path) == set()


def on_terminal(*words: str, cwd: Path) -> str:
    """Run with standard error on a terminal, and return what was written there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", START, *words]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    seen = b""
    while chunk := _read(ours):
        seen += chunk
    os.close(ours)
    assert process.wait() == 0
    return seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # How Linux says that nobody holds the other end any more.
        return b""


def test_progress_is_shown_on_a_terminal_only(tmp_path, finished):
    assert "Simulating" in on_terminal("run", *SMALL, cwd=tmp_path)
    assert "Simulating" not in on_terminal("run", *SMALL, "--quiet", "--overwrite", cwd=tmp_path)
    assert "Simulating" not in finished[1].stderr


def test_help_says_every_option(pathways):
    shown = pathways("run", "--help", COLUMNS="200", NO_COLOR="1").stdout
    options = "patients years seed engine threads events out overwrite quiet".split()
    assert all(f"--{option}" in shown for option in options)
