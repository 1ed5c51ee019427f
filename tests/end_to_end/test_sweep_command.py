"""``pathways sweep`` as a user meets it, and the lines of docs/studies.md that read its results."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sweeps import RUNS, FaultyStudy, tiny_study

from pathways.cli import main
from pathways.studies.result import StudyResult
from pathways.studies.store import finished_runs

GUIDE = Path(__file__).parents[2] / "docs" / "studies.md"


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A finished study and where its results lie."""
    folder = tmp_path_factory.mktemp("swept")
    study = tiny_study(folder)
    assert main(["sweep", study.path, "--out", str(folder / "out"), "--workers", "0"]) == 0
    return study, folder / "out"


def test_estimate_summary_and_where_to_read(tmp_path, capsys):
    study, out = tiny_study(tmp_path), tmp_path / "out"
    assert main(["sweep", study.path, "--out", str(out), "--workers", "0"]) == 0
    said = capsys.readouterr().out
    assert f"tiny: {RUNS} runs; estimated" in said
    assert f"{RUNS} of {RUNS} runs are finished" in said
    assert "Took" in said and said.count("estimated") == 2
    assert f"Fingerprint {StudyResult(out).fingerprint}" in said
    assert f"pandas.read_parquet('{out}/runs')" in said


def test_again_there_is_nothing_to_do(swept, capsys):
    study, out = swept
    assert main(["sweep", study.path, "--out", str(out)]) == 0
    assert "Nothing was left to do" in capsys.readouterr().out


def test_quiet_says_nothing(tmp_path, capsys):
    study = tiny_study(tmp_path)
    assert (
        main(["sweep", study.path, "--out", str(tmp_path / "out"), "--workers=0", "--quiet"]) == 0
    )
    assert capsys.readouterr() == ("", "")


def test_measures_are_listed(capsys):
    assert main(["sweep", "--measures"]) == 0
    assert "mean_qaly" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no study is named"),
        (["nope"], "there is no shipped study `nope`"),
        (["STUDY", "--workers", "-1"], "workers"),
        (["STUDY", "--workers", "1", "--scheduler", "tcp://h:1"], "leave out --workers"),
        (["STUDY", "--out", "FILE"], "is not a directory"),
    ],
)
def test_bad_input_is_told(words, said, tmp_path, capsys):
    named = {"STUDY": tiny_study(tmp_path).path, "FILE": str(tmp_path / "tiny.study.yaml")}
    assert main(["sweep", *(named.get(word, word) for word in words)]) == 2
    assert said in capsys.readouterr().err


def test_changed_study_is_bad_input(swept, tmp_path, capsys):
    _, out = swept
    changed = tiny_study(tmp_path, patients=7)
    assert main(["sweep", changed.path, "--out", str(out), "--workers", "0"]) == 2
    assert "patients was `5` and is `7`" in capsys.readouterr().err


def test_failed_runs_are_told_with_exit_code_2(tmp_path, capsys, monkeypatch):
    study = tiny_study(tmp_path)
    faulty = FaultyStudy(study, {2: "error"}, tmp_path)
    monkeypatch.setattr("pathways.studies.load.load_study", lambda name, allow=None: faulty)
    monkeypatch.setattr("pathways.studies.estimate.estimate", lambda study, workers: _NOTHING)
    assert main(["sweep", study.path, "--out", str(tmp_path / "out"), "--workers", "0"]) == 2
    told = capsys.readouterr()
    assert "run 2: ValueError: on purpose" in told.err
    assert "1 run failed" in told.err
    assert f"{RUNS - 1} of {RUNS} runs are finished" in told.out


class _Nothing:
    seconds = memory_bytes = disk_bytes = 0.0


_NOTHING = _Nothing()


def test_too_little_room_is_told_before_it_starts(tmp_path, capsys, monkeypatch):
    class Much(_Nothing):
        disk_bytes = 1e18

    monkeypatch.setattr("pathways.studies.estimate.estimate", lambda study, workers: Much())
    words = ["sweep", tiny_study(tmp_path).path, "--out", str(tmp_path / "out"), "--workers=0"]
    assert main(words) == 2
    assert "make room" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main([*words, "--yes"]) == 0


def test_results_without_a_place_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    study = tiny_study(tmp_path / "study")
    assert main(["sweep", str(study.path), "--out", "", "--quiet"]) == 2
    assert "the output directory has no name" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["study"]


@pytest.mark.parametrize(
    ("sent", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_command_that_is_ended_keeps_finished_runs_and_says_how_to_go_on(
    sent, code, word, tmp_path
):
    study, out = tiny_study(tmp_path, draws=20_000), tmp_path / "out"
    words = ["-m", "pathways", "sweep", study.path, "--out", out, "--workers", "1", "--yes"]
    process = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()  # the estimate
    while not finished_runs(out):
        ended, _, _ = select.select([process.stderr], [], [], 0.1)
        assert not ended, process.stderr.read()
    process.send_signal(sent)
    # Workers hold the other end of this pipe: it ends with the last of them.
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    finished, last = said.splitlines()
    assert finished == (
        f"{finished_runs(out):,} of 40,000 runs are finished in {out}; the same command goes on"
    )
    assert last == word


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class _Long:
    seconds, memory_bytes, disk_bytes = 7_500.0, 0.0, 0.0


@pytest.fixture
def long_sweep(tmp_path, monkeypatch):
    """The words of a sweep that is estimated to take hours."""
    monkeypatch.setattr("pathways.studies.estimate.estimate", lambda study, workers: _Long())
    return ["sweep", tiny_study(tmp_path).path, "--out", str(tmp_path / "out"), "--workers=0"]


def test_long_sweep_without_a_terminal_starts_only_if_told_so(long_sweep, tmp_path, capsys):
    assert main([*long_sweep, "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "tiny is estimated to take 2 h 5 min, more than 10 min" in said
    assert "give --yes" in said
    assert not (tmp_path / "out").exists()
    assert main([*long_sweep, "--quiet", "--yes"]) == 0


def test_long_sweep_at_a_terminal_is_asked_about(long_sweep, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", _Terminal("n\ny\n"))
    assert main([*long_sweep, "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "tiny is estimated to take 2 h 5 min. Start?" in said
    assert "nothing was started" in said
    assert not (tmp_path / "out").exists()
    assert main([*long_sweep, "--quiet"]) == 0


def test_results_keep_the_first_name_of_a_study(tmp_path, capsys):
    out = tmp_path / "out"
    study = Path(tiny_study(tmp_path).path)
    assert main(["sweep", str(study), "--out", str(out), "--workers", "0"]) == 0
    assert "note:" not in capsys.readouterr().err
    study.write_text(study.read_text().replace("study: tiny", "study: small"))
    for more in ("count: 3", "count: 4"):
        study.write_text(study.read_text().replace("count: 3", more))
        assert main(["sweep", str(study), "--out", str(out), "--workers", "0"]) == 0
        said = capsys.readouterr().err
        assert said == (
            f"note: {out} holds the study `tiny`; `small` goes on with it, and the results keep "
            "the first name\n"
        )
        assert json.loads((out / "manifest.json").read_text())["study"] == "tiny"
    assert len(StudyResult(out).runs) == 8


def test_wrong_model_is_warned_of_once_with_the_number_of_runs(tmp_path, capsys):
    study = tiny_study(tmp_path)
    text = Path(study.path).read_text()
    varied = "structure.responder: [trait, redrawn]"
    Path(study.path).write_text(text.replace("policy.exit.adherence_to_rule: [0.5]", varied))
    words = ["sweep", study.path, "--out", str(tmp_path / "out"), "--workers", "0", "--quiet"]
    assert main(words) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: whether ketamine works is drawn again at each course")
    assert line.endswith("(6 of 12 runs)")


def test_pandas_reads_it_in_one_line(swept):
    import pandas

    _, out = swept
    found = pandas.read_parquet(out / "runs")
    assert found["run"].tolist() == list(range(RUNS))
    assert found["mean_qaly"].tolist() == StudyResult(out).runs["mean_qaly"].tolist()
    assert 'pandas.read_parquet("results/dose-and-patience/runs")' in GUIDE.read_text()


def test_polars_and_duckdb_read_it_in_one_line(swept):
    _, out = swept
    total = StudyResult(out).runs["mean_ketamine_mg"].tolist()
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    assert polars.read_parquet(f"{out}/runs/*.parquet")["mean_ketamine_mg"].to_list() == total
    rows = duckdb.sql(f"from '{out}/runs/*.parquet' select mean_ketamine_mg order by run")
    assert [row[0] for row in rows.fetchall()] == total
