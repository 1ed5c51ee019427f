"""Output that cannot be written: a message, exit code 2, and nothing half done left behind."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys

import pytest
from refusals import plain, refusal

RUN = ("run", "guideline-2018", "--patients", "20", "--years", "1")
FULL = "cannot be written: No space left on device; make room, or "


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with somebody's work in it; whatever happens, only that is there afterwards."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thesis.docx").write_text("mine")
    yield tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    assert (tmp_path / "thesis.docx").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("thesis.docx",), "thesis.docx: is not a directory; give another one with --out"),
        (("thesis.docx/results",), "thesis.docx: is not a directory"),
        ((".",), "is not empty and holds no results of ours (`thesis.docx`); nothing is replaced"),
        ((".", "--overwrite"), "is not empty and holds no results of ours (`thesis.docx`)"),
        (("/proc/results",), "/proc/results: cannot be written: "),
        (("x" * 300,), "cannot be written: "),
    ],
)
def test_directory_that_cannot_be_used(words, said, folder, capsys):
    message = refusal(*RUN, "--out", *words, capsys=capsys)
    assert said in message
    assert "with --out" in message


@pytest.mark.parametrize("written_before", [0, 1, 3])
def test_disk_that_fills_up_while_writing(written_before, folder, capsys, monkeypatch):
    left = [written_before]

    def full(_descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    said = refusal(*RUN, "--quiet", capsys=capsys)
    assert FULL + "give another directory with --out" in said


SMALL_DISK = """
mount -t tmpfs -o size="$1" tmpfs "$2" || exit 77
"$3" -m pathways {run} --events --quiet --out "$2/a/b"
code=$?
find "$2" -mindepth 1
exit $code
""".format(run=" ".join(RUN))


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare to mount a small disk")
@pytest.mark.parametrize("size", ["4k", "16k", "64k"])
def test_small_disk(size, tmp_path):
    script = ["sh", "-c", SMALL_DISK, "sh", size, str(tmp_path), sys.executable]
    mount = ["unshare", "--map-root-user", "--mount"]
    done = subprocess.run([*mount, *script], capture_output=True, text=True)
    if done.returncode in (1, 77) and "Traceback" not in done.stderr:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert FULL in plain(done.stderr)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("--help",), ("check", "guideline-2018"), ("schema",), RUN])
def test_standard_output_that_is_full(words, tmp_path):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "pathways", *words]
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert plain(done.stderr).endswith(f"standard output: {FULL}send it elsewhere\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_message_that_nobody_can_read_is_bad_input_all_the_same(tmp_path):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "pathways", "check", "nothing"]
        done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=full)
    assert (done.returncode, done.stdout) == (2, b"")


def closed(descriptor: int, *words: str) -> subprocess.CompletedProcess:
    script = f'exec "$@" {descriptor}>&-'
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "pathways", *words]
    return subprocess.run(command, capture_output=True, text=True)


def test_streams_that_are_closed():
    done = closed(1, "check", "guideline-2018")
    assert done.returncode == 2
    assert done.stderr.startswith("standard output: it is closed, so nothing could be shown")
    assert closed(2, "check", "nothing").returncode == 2
    done = closed(2, "check", "guideline-2018")
    assert (done.returncode, "is valid" in done.stdout) == (0, True)


def test_schema_on_a_full_disk_leaves_the_old_one(tmp_path, capsys, monkeypatch):
    (tmp_path / "schema.json").write_text("old")

    def full(path: os.PathLike, *_: object, **__: object) -> None:
        with open(path, "w") as file:
            file.write("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_text", full)
    said = refusal("schema", "--out", tmp_path / "schema.json", capsys=capsys)
    assert said == f"{tmp_path / 'schema.json'}: cannot be written: No space left on device\n"
    assert [path.name for path in tmp_path.iterdir()] == ["schema.json"]
    assert (tmp_path / "schema.json").read_text() == "old"
