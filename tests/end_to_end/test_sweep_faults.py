"""What can go wrong while a study runs: finished runs stay, nothing half-written is ever read, and
the study that was run again equals the one that was not interrupted."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sweeps import RUNS, FaultyStudy, digests, tiny_study

from pathways.outcomes.directory import OutputError
from pathways.studies import durable
from pathways.studies.result import StudyResult
from pathways.studies.sweep import run_study

SUPPORT = Path(__file__).parent.parent / "support"
BATCH_RUNS = 4
SEED = 11
MILLISECONDS = 60_000


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    """The study, not interrupted."""
    out = tmp_path_factory.mktemp("whole") / "store"
    return run_study(study, out=out, workers=0, batch_runs=BATCH_RUNS)


def completed(study, whole, store: Path) -> None:
    """Run the study again and see that it equals the uninterrupted one, with nothing left over."""
    result = run_study(study, out=store, workers=0)
    assert result.fingerprint == whole.fingerprint
    assert result.failures.empty
    assert not list(store.rglob(".*"))


def is_part_of(store: Path, whole: StudyResult) -> int:
    """See that every row that can be read is one of the whole study; how many there are."""
    known = {row["key"]: row for row in whole.table.to_pylist()}
    rows = StudyResult(store).table.to_pylist()
    assert all(known[row["key"]] == row for row in rows)
    return len(rows)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("what", "touches"),
    [
        # Half a line of the journal; a file that is whole but has not got its name.
        ("begin", ["write", "replace"]),
        # An extended study that is whole beside the old one; one that is half moved to its place.
        ("patients", ["rename", "exchange"]),
        pytest.param("begin", [], marks=SLOW),
        pytest.param("extend", [], marks=SLOW),
        pytest.param("patients", [], marks=SLOW),
    ],
)
def test_killed_at_an_instant(what, touches, tmp_path):
    command = [sys.executable, SUPPORT / "killed_sweeps.py", what, tmp_path, *touches]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    found = [json.loads(line) for line in said.stdout.splitlines()]
    assert len(found) == len(touches) or not touches and len(found) > 25
    for one in found:
        assert one["is_killed"] and one["is_equal"], one
        if one["rows"] is not None:
            assert not one["wrong"] and not one["unseen"], one


def test_process_and_its_workers_killed_when_runs_are_finished(study, whole, tmp_path):
    store = tmp_path / "store"
    after = random.Random(SEED).randint(1, RUNS - 2)
    workers = _kill_after(study, store, after)
    assert is_part_of(store, whole) >= after
    _wait_for_end(workers)
    completed(study, whole, store)


def _kill_after(study, store: Path, runs: int) -> list[int]:
    """Kill a sweep when so many runs are finished; return what sees its workers end."""
    command = [sys.executable, SUPPORT / "sweep_process.py", study.path, store, "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            finished, *workers = map(int, line.split())
            if finished >= runs:
                seen = [os.pidfd_open(worker) for worker in workers]
                process.kill()
                return seen
    raise AssertionError("the sweep ended before it was killed")


def _wait_for_end(processes: list[int]) -> None:
    assert len(processes) == 2
    for descriptor in processes:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        assert poller.poll(MILLISECONDS), "a worker goes on without the process that started it"
        os.close(descriptor)


def test_interrupted_sweep_keeps_what_is_finished(study, whole, tmp_path):
    store = tmp_path / "store"

    def interrupt(finished: int, total: int, failed: int) -> None:
        if finished:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_study(study, out=store, workers=1, batch_runs=1, progress=interrupt)
    assert 1 <= is_part_of(store, whole) < RUNS
    completed(study, whole, store)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=SLOW)])
def test_runs_that_fail_are_recorded_and_the_others_finished(study, whole, tmp_path, workers):
    faults = {0: "error", 1: "kill once", 2: "kill", 5: "memory"}
    store = tmp_path / "store"
    faulty = FaultyStudy(study, faults, tmp_path)
    result = run_study(faulty, out=store, workers=workers, batch_runs=3)
    causes = dict(result.failures.itertuples(index=False))
    assert set(causes) == {0, 2, 5}
    assert causes[0] == "ValueError: on purpose"
    assert "worker was lost with it twice" in causes[2]
    assert causes[5].startswith("MemoryError")
    assert is_part_of(store, whole) == RUNS - 3
    assert not result.is_complete
    assert result.manifest["finished"]["failed"] == 3
    completed(study, whole, store)


def test_run_that_fails_again_stays_recorded(study, tmp_path):
    faulty = FaultyStudy(study, {1: "error"}, tmp_path)
    for _ in range(2):
        result = run_study(faulty, out=tmp_path / "store", workers=0, batch_runs=3)
        assert result.failures["run"].tolist() == [1]
        assert len(result.runs) == RUNS - 1


def test_workers_that_cannot_start_are_told(study, tmp_path, monkeypatch):
    from pathways.studies import crews

    monkeypatch.setattr(crews, "_begin_work", _end_at_once)
    with pytest.raises(crews.CrewLost, match="__main__"):
        run_study(study, out=tmp_path / "store", workers=1)


def _end_at_once(*given: object) -> None:
    os._exit(1)


@pytest.mark.parametrize("name", ["manifest.json", "journal.jsonl", "runs/batch-00000001.parquet"])
def test_files_that_may_not_grow(study, whole, tmp_path, name):
    """A limit on the size of files stops one in the middle, as a full disk does."""
    store = tmp_path / "store"
    limit = (whole.path / name).stat().st_size - 1
    message = _in_child_with_limit(
        limit, lambda: run_study(study, out=store, workers=0, batch_runs=BATCH_RUNS)
    )
    assert "make room" in message
    if (store / "manifest.json").exists():
        is_part_of(store, whole)
    completed(study, whole, store)


def _in_child_with_limit(size: int, work) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            work()
        except OutputError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with open(reader) as file:
        return file.read()


@pytest.mark.parametrize(
    "full_at", [1, 3, 5, 8, *(pytest.param(one, marks=SLOW) for one in (2, 4, 6, 7, 9, 10, 11))]
)
def test_full_disk(study, whole, tmp_path, monkeypatch, full_at):
    """From the n-th time on that something is brought to the disk there is no room."""
    calls = []
    fsync = os.fsync

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) >= full_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left on device; make room"):
            run_study(study, out=tmp_path / "store", workers=0, batch_runs=2)
    assert not list(tmp_path.rglob(f"*{durable.UNFINISHED}"))
    completed(study, whole, tmp_path / "store")


def test_second_sweep_into_a_store_is_refused(study, tmp_path):
    store = tmp_path / "store"

    def another(finished: int, total: int, failed: int) -> None:
        with pytest.raises(OutputError, match="another process is running a study"):
            run_study(study, out=store, workers=0)

    assert run_study(study, out=store, workers=0, batch_runs=3, progress=another).is_complete


def test_directory_of_something_else_is_refused(study, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="notes.txt.*--out"):
        run_study(study, out=tmp_path, workers=0)
    with pytest.raises(OutputError, match="not a directory"):
        run_study(study, out=tmp_path / "notes.txt", workers=0)
    assert os.listdir(tmp_path) == ["notes.txt"]


@pytest.mark.parametrize("damage", [b"", b"PAR1", None])
def test_damaged_file_is_made_again_or_told(study, whole, tmp_path, damage):
    store = tmp_path / "store"
    run_study(study, out=store, workers=0, batch_runs=BATCH_RUNS)
    path = store / "runs" / "batch-00000001.parquet"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert is_part_of(store, whole) == BATCH_RUNS
    completed(study, whole, store)
    assert digests(store) == digests(whole.path)


def test_file_changed_under_its_size_is_told(study, tmp_path):
    store = tmp_path / "store"
    run_study(study, out=store, workers=0, batch_runs=2)
    path = store / "runs" / "batch-00000001.parquet"
    whole, table = path.read_bytes(), StudyResult(store).table
    # Some bits of the format say nothing, such as the name of what wrote it.
    told = [at for at in range(5, len(whole), len(whole) // 40) if is_told(store, path, at, table)]
    assert len(told) > 10
    path.write_bytes(flipped(whole, told[0]))
    (store / "runs" / "batch-00000002.parquet").unlink()
    with pytest.raises(OutputError, match="batch-00000001.parquet"):
        run_study(study, out=store, workers=0)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def is_told(store, path, at, table) -> bool:
    """Tell whether a flipped bit is noticed; if not, what is read must be the same."""
    whole = path.read_bytes()
    path.write_bytes(flipped(whole, at))
    try:
        assert StudyResult(store).table.equals(table)
    except OutputError as error:
        assert path.name in str(error)
        return True
    finally:
        path.write_bytes(whole)
    return False
