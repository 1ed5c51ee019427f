"""``pathways sweep`` as a user meets it, and the lines of docs/studies.md that read its results."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sweeps import RUNS, FaultyStudy, tiny_study

from pathways.cli import main
from pathways.studies.result import StudyResult

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


def test_interrupted_command_ends_with_130(tmp_path):
    study, out = tiny_study(tmp_path, draws=100, patients=200), tmp_path / "out"
    words = ["-m", "pathways", "sweep", study.path, "--out", out, "--workers", "1", "--yes"]
    process = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()  # the estimate: now it begins
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said


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
