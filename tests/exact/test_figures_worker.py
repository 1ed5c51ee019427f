"""Figures drawn by other processes: the same bytes, and nothing lost when one of them is."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys

import pytest
from figure_data import compared

from pathways.figures import FIGURES, worker, write_figures
from pathways.figures.parcel import COLUMNS, parcel
from pathways.figures.worker import Drawing, FigureWorker, worker_beside

POLICIES = ("dose-ladder", "sham-infusion")


def digests(paths) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def two():
    return compared(*POLICIES, patients=60, years=1.0)


@pytest.fixture(scope="module")
def expected(two, tmp_path_factory):
    return digests(write_figures(two, tmp_path_factory.mktemp("here")))


def test_a_parcel_draws_the_same_bytes(two, expected, tmp_path):
    light = parcel(two)
    assert list(light.results["dose-ladder"].patients) == list(COLUMNS)
    assert light.results["dose-ladder"].raw.events is None
    assert digests(write_figures(light, tmp_path)) == expected


@pytest.fixture
def three_figures(monkeypatch):
    """Three of the figures, because they take long."""
    few = {name: FIGURES[name] for name in ("lifetime_dose", "exit_reasons", "waiting")}
    monkeypatch.setattr("pathways.figures.FIGURES", few)
    return few


def test_a_worker_draws_the_same_bytes_in_the_order_of_the_figures(
    two, expected, tmp_path, three_figures, monkeypatch
):
    monkeypatch.setattr("pathways.figures.writing.write_figure", None)
    with FigureWorker() as beside:
        paths = Drawing(two, tmp_path, beside).finish()
    assert [path.stem for path in paths[::2]] == list(three_figures)
    assert digests(paths).items() <= expected.items()


def test_what_a_worker_cannot_draw_is_drawn_here(
    two, expected, tmp_path, three_figures, monkeypatch
):
    monkeypatch.setattr(FigureWorker, "drawn", lambda *given: {"exit_reasons"})
    with FigureWorker() as beside:
        paths = Drawing(two, tmp_path, beside).finish()
    assert [path.is_file() for path in paths] == [True, True, False, False, True, True]
    assert digests([*paths[:2], *paths[4:]]).items() <= expected.items()


def test_a_worker_that_was_killed_is_no_loss(two, tmp_path, monkeypatch):
    monkeypatch.setattr("pathways.figures.FIGURES", {"waiting": FIGURES["waiting"]})
    with FigureWorker() as beside:
        os.killpg(beside._process.pid, signal.SIGKILL)
        beside._process.wait()
        paths = Drawing(two, tmp_path, beside).finish()
    assert [path.name for path in paths] == ["waiting.png", "waiting.svg"]
    assert all(path.is_file() for path in paths)


def test_a_worker_ends_with_its_context_and_with_us():
    with FigureWorker() as beside:
        process = beside._process
        assert process.poll() is None
    assert process.poll() is not None
    with FigureWorker() as beside:
        beside._process.stdin.close()
        assert beside._process.wait(60) == 0


LOADED = """
import sys
from pathways.figures import worker
worker._load()
assert "seaborn" in sys.modules
assert "scipy" not in sys.modules
import scipy
"""


def test_a_worker_loads_no_library_it_can_do_without():
    subprocess.run([sys.executable, "-W", "error", "-c", LOADED], check=True)


def test_no_worker_where_none_is_wanted_or_of_use(monkeypatch):
    with worker_beside(wanted=False) as beside:
        assert beside is None
    monkeypatch.setattr(worker, "_processors", lambda: 1)
    with worker_beside(wanted=True) as beside:
        assert beside is None


def test_no_worker_where_none_can_be_started(monkeypatch):
    def refuse(*given, **named):
        raise OSError("no more processes")

    monkeypatch.setattr(worker, "_processors", lambda: 2)
    monkeypatch.setattr(worker.subprocess, "Popen", refuse)
    with worker_beside(wanted=True) as beside:
        assert beside is None
