"""The output directory of a comparison: folders, what is cleared away, and what is left alone."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pathways.outcomes.directory import OutputDirectory, OutputError, is_finished
from pathways.outcomes.manifest import read_manifest

# Writes comparison number N of two policies and dies of SIGKILL at the K-th call that changes
# the disk.
KILLED = """
import json, os, signal, sys
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
    names = ["comparison.csv", *(f"patients/{name}.parquet" for name in sys.argv[4:])]
    for name in names:
        out.write(name, lambda file: file.write(number.encode()))
    with out.scratch() as scratch:
        (scratch / "a.png").write_text(number)
        out.write_path("figures/a.png", lambda path: os.link(scratch / "a.png", path))
    files = sorted([*out.written, "manifest.json"])
    manifest = {"format": "pathways comparison", "files": files}
    out.write("manifest.json", lambda file: file.write(json.dumps(manifest).encode()))
"""


def write(folder: Path, number: int, *policies: str, overwrite: bool = False) -> None:
    with OutputDirectory(folder, overwrite=overwrite) as out:
        for name in ("comparison.csv", *(f"patients/{policy}.parquet" for policy in policies)):
            out.write(name, lambda file: file.write(str(number).encode()))
        out.write_path("figures/a.png", lambda path: path.write_text(str(number)))
        manifest = {"format": "pathways comparison", "files": [*out.written, "manifest.json"]}
        out.write("manifest.json", lambda file: file.write(json.dumps(manifest).encode()))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def expected(*policies: str) -> set[str]:
    rest = {"comparison.csv", "manifest.json", "figures/a.png"}
    return rest | {f"patients/{policy}.parquet" for policy in policies}


def numbers(folder: Path) -> set[str]:
    """Return what stands in the results that have their names."""
    named = [name for name in files(folder) if not name.startswith(".") and "/." not in name]
    return {(folder / name).read_text() for name in named if name != "manifest.json"}


def test_folders_are_made_and_nothing_else(tmp_path):
    write(tmp_path / "out", 1, "one", "two")
    assert files(tmp_path) == {f"out/{name}" for name in expected("one", "two")}


def test_overwriting_clears_what_is_no_longer_there(tmp_path):
    write(tmp_path, 1, "one", "two")
    (tmp_path / "patients" / "notes.txt").write_text("mine")
    write(tmp_path, 2, "two", "three", overwrite=True)
    assert files(tmp_path) == expected("two", "three") | {"patients/notes.txt"}


def test_folder_that_is_no_longer_needed_goes(tmp_path):
    write(tmp_path, 1, "one")
    write(tmp_path, 2, overwrite=True)
    assert {path.name for path in tmp_path.iterdir()} == {
        "comparison.csv",
        "figures",
        "manifest.json",
    }


@pytest.mark.parametrize("name", ["report.html", "figures/a.png"])
def test_file_of_somebody_else_in_a_run_is_not_replaced(tmp_path, name):
    (tmp_path / "manifest.json").write_text('{"format": "pathways run"}')
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with (
        pytest.raises(OutputError, match=f"{name}: is not of an earlier run, and is not replaced"),
        OutputDirectory(tmp_path, overwrite=True) as out,
    ):
        out.write(name, lambda file: file.write(b"ours"))
    assert files(tmp_path) == {"manifest.json", name}
    assert (tmp_path / name).read_text() == "mine"


def test_run_and_comparison_replace_each_other(tmp_path):
    write(tmp_path, 1, "one")
    with OutputDirectory(tmp_path, overwrite=True) as out:
        out.write("patients.parquet", lambda file: file.write(b"2"))
        out.write("manifest.json", lambda file: file.write(b'{"format": "pathways run"}'))
    assert files(tmp_path) == {"patients.parquet", "manifest.json"}
    write(tmp_path, 3, "one", overwrite=True)
    assert files(tmp_path) == expected("one")


def test_comparison_is_no_run(tmp_path):
    write(tmp_path, 1, "one")
    assert is_finished(tmp_path)
    with pytest.raises(OutputError, match="no finished run lies here"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "name", ["../precious", "patients/../../precious", "/precious", "precious", "patients/..", 7]
)
def test_manifest_cannot_name_files_that_are_not_ours(tmp_path, name):
    target = tmp_path / "out"
    write(target, 1, "one")
    precious = [tmp_path / "precious", target / "precious"]
    for path in precious:
        path.write_text("mine")
    manifest = {"format": "pathways comparison", "files": [name, str(precious[0])]}
    (target / "manifest.json").write_text(json.dumps(manifest))
    with OutputDirectory(target, overwrite=True) as out:
        out.write("manifest.json", lambda file: file.write(b"{}"))
    assert all(path.read_text() == "mine" for path in precious)


def test_failure_while_writing_leaves_the_old_comparison(tmp_path):
    write(tmp_path, 1, "one")
    with pytest.raises(KeyboardInterrupt), OutputDirectory(tmp_path, overwrite=True) as out:
        out.write("patients/two.parquet", lambda file: file.write(b"2"))
        with out.scratch() as scratch:
            (scratch / "a.png").write_text("2")
            raise KeyboardInterrupt
    assert files(tmp_path) == expected("one")
    assert numbers(tmp_path) == {"1"}


def test_killed_at_any_instant(tmp_path):
    """Old comparison, nothing that looks finished, or the new one; never a mixture."""
    outcomes = []
    for deadly in range(1, 80):
        target = tmp_path / str(deadly)
        write(target, 0, "one", "two")
        words = [sys.executable, "-c", KILLED, str(target), "1", str(deadly), "two", "three"]
        code = subprocess.run(words).returncode
        finished = is_finished(target)
        assert not finished or len(numbers(target)) == 1
        outcomes.append(numbers(target).pop() if finished else None)
        write(target, 2, "four", overwrite=finished)
        assert files(target) == expected("four")
        assert numbers(target) == {"2"}
        if code == 0:
            break
        assert code == -signal.SIGKILL
    # First the old state, then perhaps nothing, then the new one, in this order.
    assert (outcomes[0], outcomes[-1]) == ("0", "1")
    assert outcomes == sorted(outcomes, key=["0", None, "1"].index)


def test_killed_twice_leaves_no_trace(tmp_path):
    write(tmp_path, 0, "one")
    # First while files get their names, then while the next are written.
    for deadly, policy in (("28", "two"), ("20", "three")):
        words = [sys.executable, "-c", KILLED, str(tmp_path), "1", deadly, policy]
        assert subprocess.run(words).returncode == -signal.SIGKILL
        assert "patients/two.parquet" in files(tmp_path)
        assert not is_finished(tmp_path)
    write(tmp_path, 2, "four")
    assert files(tmp_path) == expected("four")
