"""A study on a Dask cluster: the same bytes; lost workers replaced, a lost scheduler told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from sweeps import RUNS, FaultyStudy, digests, tiny_study

from pathways.errors import InputError
from pathways.studies.crews import CrewLost, dask_client
from pathways.studies.result import StudyResult
from pathways.studies.sweep import run_study

distributed = pytest.importorskip("distributed")

BATCH_RUNS = 2
# Of the cluster's own, when its parts are killed.
pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("study"), keep="true")


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "store"
    return run_study(study, out=out, workers=0, batch_runs=BATCH_RUNS)


@contextmanager
def cluster():
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings) as made, distributed.Client(made) as client:
        yield client


@pytest.fixture(scope="module")
def client():
    with cluster() as made:
        yield made


def test_two_processes_of_a_cluster_give_the_same_bytes(study, whole, client, tmp_path):
    result = run_study(study, out=tmp_path / "store", client=client, batch_runs=BATCH_RUNS)
    assert result.fingerprint == whole.fingerprint
    assert digests(result.path) == digests(whole.path)
    assert digests(result.path, "patients") == digests(whole.path, "patients")


def test_workers_that_do_not_see_the_store_send_their_files(
    study, whole, client, tmp_path, monkeypatch
):
    from pathways.studies.store import Store

    monkeypatch.setattr(Store, "patients_folder", os.fspath(tmp_path / "elsewhere"))
    result = run_study(study, out=tmp_path / "store", client=client, batch_runs=BATCH_RUNS)
    assert digests(result.path, "patients") == digests(whole.path, "patients")


@pytest.mark.slow
def test_lost_worker_is_replaced_and_a_run_that_ends_workers_recorded(
    study, whole, client, tmp_path
):
    store = tmp_path / "store"
    faulty = FaultyStudy(study, {0: "kill once", 1: "error"}, tmp_path)
    result = run_study(faulty, out=store, client=client, batch_runs=BATCH_RUNS)
    assert dict(result.failures.itertuples(index=False)) == {1: "ValueError: on purpose"}
    completed = run_study(study, out=store, client=client)
    assert completed.fingerprint == whole.fingerprint
    assert digests(store) == digests(whole.path)


@pytest.mark.slow
def test_lost_scheduler_is_told_and_finished_runs_kept(study, whole, tmp_path):
    store = tmp_path / "store"
    with _scheduler() as (process, client):

        def end(finished: int, total: int, failed: int) -> None:
            if finished:
                process.send_signal(signal.SIGKILL)

        with pytest.raises(CrewLost, match="what is finished is kept"):
            run_study(study, out=store, client=client, batch_runs=1, progress=end)
    assert 1 <= len(StudyResult(store).runs) <= RUNS
    assert run_study(study, out=store, workers=0).fingerprint == whole.fingerprint


@contextmanager
def _scheduler():
    """Yield the process of a scheduler and a client of it, with one worker."""
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        address = next(
            line.rpartition("Scheduler at:")[2].strip()
            for line in process.stderr
            if "Scheduler at:" in line
        )
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
        with subprocess.Popen([*worker, "--no-nanny", "--no-dashboard"], stderr=-3) as other:
            try:
                with dask_client(address) as client:
                    yield process, client
            finally:
                process.kill()
                other.kill()
                process.stderr.close()


@contextmanager
def _cluster_of_threads(workers: int):
    """Yield a cluster within this process, and a client of it."""
    settings = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**settings, processes=False) as made:
        with distributed.Client(made) as client:
            yield made, client


def test_cluster_without_a_worker_is_told_after_a_while(study, tmp_path, monkeypatch):
    monkeypatch.setattr("pathways.studies.crews.SECONDS_TO_WAIT", 0.1)
    with _cluster_of_threads(0) as (_, client), pytest.raises(CrewLost, match="has no workers"):
        run_study(study, out=tmp_path / "store", client=client)


def test_cluster_that_loses_all_workers_is_told_after_a_while(study, whole, tmp_path, monkeypatch):
    monkeypatch.setattr("pathways.studies.crews.SECONDS_TO_WAIT", 0.2)
    monkeypatch.setattr("pathways.studies.crews.SECONDS_BETWEEN_COUNTS", 0.1)
    store = tmp_path / "store"
    with _cluster_of_threads(1) as (made, client):

        def send_home(finished: int, total: int, failed: int) -> None:
            if finished:
                made.scale(0)

        with pytest.raises(CrewLost, match="has no workers.*what is finished is kept"):
            run_study(study, out=store, client=client, batch_runs=1, progress=send_home)
    assert 1 <= len(StudyResult(store).runs) < RUNS
    assert run_study(study, out=store, workers=0).fingerprint == whole.fingerprint


def test_no_scheduler_is_bad_input(monkeypatch):
    monkeypatch.setattr("pathways.studies.crews.SECONDS_TO_CONNECT", 0.2)
    with pytest.raises(InputError, match="scheduler: no Dask scheduler answers at `tcp://127"):
        with dask_client("tcp://127.0.0.1:9"):
            pass
