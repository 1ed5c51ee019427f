"""An output directory is finished or visibly not, and nobody else's files are touched."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import os
import signal
import subprocess
import sys

import pyarrow.parquet
import pytest
from raw_results import five_patients

from pathways.outcomes import directory as module
from pathways.outcomes.directory import OutputDirectory, OutputError, is_finished, refuse_unusable
from pathways.outcomes.manifest import read_manifest
from pathways.outcomes.tables import patients_table
from pathways.outcomes.write import write_parquet

MANIFEST = json.dumps({"format": "pathways run", "number": 0}).encode()
FINISHED = {"patients.parquet", "summary.csv", "manifest.json"}

# Writes run number N into a directory and dies of SIGKILL at the K-th call that changes the disk.
KILLED = """
import os, signal, sys
from pathways.outcomes.directory import OutputDirectory

folder, number, deadly = sys.argv[1], sys.argv[2], int(sys.argv[3])
calls = 0

def counted(function):
    def call(*arguments, **options):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call

for name in ("replace", "fsync", "unlink", "mkdir", "rmdir", "close"):
    setattr(os, name, counted(getattr(os, name)))
with OutputDirectory(folder, overwrite=True) as out:
    for name in ("patients.parquet", "summary.csv", "manifest.json"):
        content = '{"format": "pathways run", "number": %s}' % number
        out.write(name, lambda file: file.write(content.encode()))
"""


def write_all(path, number: int = 0, *, overwrite: bool = False, names=FINISHED) -> None:
    with OutputDirectory(path, overwrite=overwrite) as out:
        for name in sorted(names):
            content = MANIFEST.replace(b"0", str(number).encode())
            out.write(name, lambda file, content=content: file.write(content))


def contents(path) -> set[str]:
    return {item.name for item in path.iterdir()}


def number_of(path) -> set[int]:
    return {json.loads((path / name).read_bytes())["number"] for name in FINISHED}


def test_new_directory_and_its_parents_are_made(tmp_path):
    write_all(tmp_path / "a" / "b")
    assert contents(tmp_path / "a" / "b") == FINISHED
    assert is_finished(tmp_path / "a" / "b")


def test_empty_directory_is_used(tmp_path):
    write_all(tmp_path)
    assert contents(tmp_path) == FINISHED


def test_finished_results_need_overwrite(tmp_path):
    write_all(tmp_path)
    with pytest.raises(OutputError, match="results of an earlier run; replace them with --overw"):
        write_all(tmp_path, 1)
    assert number_of(tmp_path) == {0}


def test_overwrite_replaces_ours_and_nothing_else(tmp_path):
    write_all(tmp_path, names=FINISHED | {"events.parquet"})
    (tmp_path / "notes.txt").write_text("mine")
    write_all(tmp_path, 1, overwrite=True)
    assert contents(tmp_path) == FINISHED | {"notes.txt"}
    assert number_of(tmp_path) == {1}


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["thesis.docx", "patients.parquet", ".hidden", "manifest.json"])
def test_files_of_others_are_refused(tmp_path, name, overwrite):
    (tmp_path / name).write_text("{}")
    with pytest.raises(OutputError, match="is not empty and holds no results of ours"):
        write_all(tmp_path, overwrite=overwrite)
    assert contents(tmp_path) == {name}
    assert (tmp_path / name).read_text() == "{}"


@pytest.mark.parametrize("below", ["", "inner/results"])
def test_file_in_the_way_is_refused(tmp_path, below):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="file: is not a directory; give another"):
        refuse_unusable(tmp_path / "file" / below, overwrite=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_directory_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="may not be written to"):
        refuse_unusable(tmp_path / "new", overwrite=False)


def test_system_that_refuses_is_explained():
    with pytest.raises(OutputError, match=r"/proc/results: cannot be written: .*; give another"):
        write_all("/proc/results")


def test_name_that_is_too_long_is_explained(tmp_path):
    with pytest.raises(OutputError, match="File name too long"):
        write_all(tmp_path / ("x" * 300))


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("before", [False, True])
def test_failed_write_leaves_what_was_there(tmp_path, fault, before):
    target = tmp_path / "new" / "results"
    if before:
        write_all(target)

    def fail(file):
        file.write(b"half of i")
        raise fault

    expected = OutputError if isinstance(fault, OSError) else KeyboardInterrupt
    with (
        pytest.raises(expected) as raised,
        OutputDirectory(target, overwrite=True) as out,
    ):
        out.write("summary.csv", lambda file: file.write(b"x"))
        out.write("patients.parquet", fail)
    if isinstance(fault, OSError):
        message = "patients.parquet: cannot be written: No space left; make room, or give another"
        assert message in str(raised.value)
    assert contents(tmp_path) == ({"new"} if before else set())
    assert not before or (contents(target) == FINISHED and number_of(target) == {0})


def test_disk_that_is_full_for_arrow_is_explained(tmp_path):
    class Full(io.RawIOBase):
        def writable(self):
            return True

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    table = patients_table(*five_patients())
    with (
        pytest.raises(OutputError, match="No space left on device; make room"),
        OutputDirectory(tmp_path) as out,
    ):
        out.write("patients.parquet", lambda file: write_parquet(table, Full()))
    assert contents(tmp_path) == set()


def test_two_writers_at_once_are_refused(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match="another process is writing its results here"):
        write_all(tmp_path)
    os.close(descriptor)
    write_all(tmp_path)


def test_file_system_without_locks_is_used(tmp_path, monkeypatch):
    def unsupported(descriptor, operation):
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(module.fcntl, "flock", unsupported)
    write_all(tmp_path)
    assert is_finished(tmp_path)


@pytest.mark.parametrize("before", [False, True])
def test_killed_at_any_instant(tmp_path, before):
    """Old results, nothing that looks finished, or the new results; never a mixture."""
    outcomes = []
    for deadly in range(1, 40):
        target = tmp_path / str(deadly)
        if before:
            write_all(target)
        words = [sys.executable, "-c", KILLED, str(target), "1", str(deadly)]
        code = subprocess.run(words).returncode
        finished = is_finished(target)
        outcomes.append(number_of(target).pop() if finished else None)
        assert not finished or len(number_of(target)) == 1
        write_all(target, 2, overwrite=finished)
        assert contents(target) == FINISHED
        assert number_of(target) == {2}
        if code == 0:
            break
        assert code == -signal.SIGKILL
    # First the old state, then perhaps nothing, then the new one, in this order.
    assert outcomes[0] == (0 if before else None)
    assert outcomes[-1] == 1
    assert outcomes == sorted(outcomes, key=[0, None, 1].index)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"7", b'{"format": "other"}'])
def test_manifest_that_is_not_ours_means_unfinished(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)
    assert not is_finished(tmp_path)
    with pytest.raises(OutputError, match="no finished run lies here"):
        read_manifest(tmp_path)


def test_parquet_has_fixed_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("pathways.outcomes.write.ROW_GROUP_ROWS", 2)
    with open(tmp_path / "patients.parquet", "xb") as file:
        write_parquet(patients_table(*five_patients()), file)
        assert not file.closed
    metadata = pyarrow.parquet.read_metadata(tmp_path / "patients.parquet")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [2, 2, 1]
