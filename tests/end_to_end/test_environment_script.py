"""The script behind make: which Python it takes, what it says, and that it does nothing twice.

Interpreters and compilers are stand-ins that answer and write down what they are asked, so
nothing is downloaded or compiled.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pathways.fastcore import sources

pytestmark = pytest.mark.installation

ROOT = Path(__file__).resolve().parents[2]
TOOLS = "bash cat cp dirname env flock head ls mkdir mktemp mv rm sed sh tail touch uname".split()
COMPILER = "#!/bin/sh\nexit 0\n"
BROKEN_COMPILER = "#!/bin/sh\necho 'gcc: error trying to exec cc1' >&2\nexit 1\n"
SHIM = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"

INTERPRETER = """#!/bin/sh
log() {{ echo "$*" >> "{log}"; }}
case "$1 $2" in
"-c "*lacks*) echo "{version}|$0|{lacks}" ;;
"-c "*CC*) echo cc ;;
"-c "*) exit 0 ;;
"-m venv")
    log venv
    for last; do :; done
    mkdir -p "$last/bin"
    touch "$last/pyvenv.cfg"
    cp "$0" "$last/bin/python" ;;
"-m pip")
    case "$*" in *--editable*) log install ;; *) log "pip $*" ;; esac
    test ! -e "{log}.pip_fails" ;;
"tools/fingerprint.py "*) exec "{real_python}" "$@" ;;
"setup.py "*) log build ;;
*) echo "not expected: $*" >&2; exit 99 ;;
esac
"""


class Sandbox:
    """A checkout with stub sources, and a PATH that holds nothing but what a test puts there."""

    def __init__(self, folder: Path):
        self.commands = folder / "commands"
        self.root = folder / "a clone"
        self.log_file = folder / "log"
        self.venv = self.root / ".venv"
        self.home = folder / "home"
        self.commands.mkdir(parents=True)
        for tool in TOOLS:
            if path := shutil.which(tool):
                (self.commands / tool).symlink_to(path)
        self.add_command("cc", COMPILER)
        self.make_checkout()

    def make_checkout(self):
        for name in ("tools/environment.sh", "tools/fingerprint.py", "setup.py", "pyproject.toml"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        fastcore = self.root / "fastcore"
        fastcore.mkdir()
        shutil.copy(ROOT / "fastcore" / "sources.py", fastcore)
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        for module, source in sources.modules().items():
            (fastcore / source).write_text("from _declarations cimport Record\n")
            (fastcore / f"{module}{suffix}").touch()
        (self.root / "pathways").mkdir()
        declarations = self.root / "pathways" / "declarations.py"
        declarations.write_text("def render():\n    return 'cdef struct Record'\n")

    def add_command(self, name: str, script: str, folder: Path | None = None) -> Path:
        path = (folder or self.commands) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
        return path

    def add_python(self, name: str, version: str, lacks: str = "", folder=None) -> Path:
        script = INTERPRETER.format(
            log=self.log_file, version=version, lacks=lacks, real_python=sys.executable
        )
        return self.add_command(name, script, folder)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        base = {"PATH": str(self.commands), "HOME": str(self.home)}
        script = str(self.root / "tools" / "environment.sh")
        return subprocess.run(
            [str(self.commands / "bash"), script, *arguments],
            env=base | environment,
            capture_output=True,
            text=True,
        )

    def ready(self, *extras: str, **environment: str) -> list[str]:
        """Bring the environment up to date and return the kinds of work that took."""
        self.log_file.unlink(missing_ok=True)
        result = self.run("ready", *extras, **environment)
        assert result.returncode == 0, result.stderr
        return self.work_done()

    def work_done(self) -> list[str]:
        if not self.log_file.exists():
            return []
        return [line.split()[0] for line in self.log_file.read_text().splitlines()]

    def edit(self, name: str, old: str, new: str):
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def sandbox(tmp_path):
    return Sandbox(tmp_path / "with space")


@pytest.fixture
def made(sandbox):
    """A sandbox whose environment is made."""
    sandbox.add_python("python3.12", "3.12")
    assert sandbox.ready() == ["venv", "pip", "install"]
    return sandbox


def refusal(result: subprocess.CompletedProcess) -> str:
    """Return the one sentence a refusal consists of."""
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    return result.stderr


def test_shim_that_fails_is_passed_over(sandbox):
    sandbox.add_command("python3.13", SHIM)
    expected = sandbox.add_python("python3.12", "3.12")
    assert sandbox.run("interpreter").stdout == f"{expected}\n"


def test_newest_is_taken_wherever_it_lies(sandbox):
    sandbox.add_python("python3", "3.11")
    manager = sandbox.home / ".pyenv" / "versions"
    sandbox.add_python("python", "3.12", folder=manager / "3.12.1" / "bin")
    newest = sandbox.add_python("python", "3.13", folder=manager / "3.13.0" / "bin")
    assert sandbox.run("interpreter").stdout == f"{newest}\n"


def test_version_asked_for_is_found(sandbox):
    sandbox.add_python("python3.13", "3.13")
    oldest = sandbox.add_python("python3.11", "3.11")
    assert sandbox.run("interpreter", "3.11").stdout == f"{oldest}\n"


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.14", "3.13 (not standard CPython)"])
def test_other_versions_are_passed_over(sandbox, version):
    sandbox.add_python("python3", version)
    expected = sandbox.add_python("python", "3.11")
    assert sandbox.run("interpreter").stdout == f"{expected}\n"


def test_complete_interpreter_is_preferred(sandbox):
    sandbox.add_python("python3.13", "3.13", lacks="headers")
    expected = sandbox.add_python("python3.11", "3.11")
    assert sandbox.run("interpreter").stdout == f"{expected}\n"


def test_no_interpreter_is_said_in_one_sentence(sandbox):
    sandbox.add_command("python3", SHIM)
    assert "no Python 3.13, 3.12, 3.11 was found that runs" in refusal(sandbox.run("ready"))


@pytest.mark.parametrize(
    ("lacks", "remedy"),
    [
        ("headers", "apt-get install python3.12-dev"),
        ("venv", "apt-get install python3.12-venv"),
        ("headers venv", "apt-get install python3.12-dev"),
    ],
)
def test_what_an_interpreter_lacks_is_said_before_anything_is_done(sandbox, lacks, remedy):
    sandbox.add_python("python3.12", "3.12", lacks)
    assert remedy in refusal(sandbox.run("ready"))
    assert sandbox.work_done() == []
    assert not sandbox.venv.exists()


@pytest.mark.parametrize("compiler", [None, BROKEN_COMPILER])
def test_missing_compiler_is_said_before_anything_is_done(sandbox, compiler):
    sandbox.add_python("python3.12", "3.12")
    (sandbox.commands / "cc").unlink()
    if compiler:
        sandbox.add_command("cc", compiler)
    assert "the C compiler 'cc' does not work" in refusal(sandbox.run("ready"))
    assert sandbox.work_done() == []
    assert not sandbox.venv.exists()


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("3.10", "is Python 3.10; Pathways needs one of"), (None, "does not run")],
)
def test_named_interpreter_that_will_not_do_is_refused(sandbox, version, sentence):
    sandbox.add_python("python3.12", "3.12")
    path = sandbox.commands / "mine"
    if version:
        sandbox.add_python("mine", version)
    assert sentence in refusal(sandbox.run("ready", PYTHON=str(path)))


def test_second_run_does_nothing(made):
    assert made.ready() == []


def test_environment_may_lie_elsewhere(made, tmp_path):
    elsewhere = tmp_path / "another place" / "env"
    assert made.ready(VENV=str(elsewhere)) == ["venv", "pip", "install"]
    assert (elsewhere / "bin" / "python").exists()
    assert made.ready(VENV=str(elsewhere)) == []


def test_extra_is_added_once_and_the_core_stays(made):
    assert made.ready("test") == ["pip"]
    assert made.ready("test") == []
    assert made.ready() == []


def test_unknown_extra_is_refused(made):
    result = made.run("ready", "tests")
    assert result.returncode != 0
    assert "no extra tests; allowed: economics, survival" in result.stderr


@pytest.mark.parametrize(
    ("name", "old", "new", "work"),
    [
        ("fastcore/maths.pyx", "Record", "Other", ["build"]),
        ("pathways/declarations.py", "Record", "Other", ["build"]),
        ("setup.py", "-O3", "-O2", ["install"]),
        ("pyproject.toml", "line-length = 100", "line-length = 99", []),
        ("pyproject.toml", '"scipy>=1.15",', '"scipy>=1.18",', ["pip", "install"]),
        ("pyproject.toml", "pathways.cli:main", "pathways.other:main", ["install"]),
    ],
)
def test_only_what_an_edit_needs_is_redone(made, name, old, new, work):
    made.edit(name, old, new)
    assert made.ready() == work
    assert made.ready() == []


def test_deleted_compiled_module_is_built_again(made):
    next((made.root / "fastcore").glob("maths.*.so")).unlink()
    assert made.ready() == ["build"]


def break_python(sandbox):
    (sandbox.venv / "bin" / "python").unlink()


def leave_only_the_folder(sandbox):
    shutil.rmtree(sandbox.venv)
    (sandbox.venv / "bin").mkdir(parents=True)
    (sandbox.venv / "pyvenv.cfg").touch()


def cut_off_before_the_end(sandbox):
    (sandbox.venv / ".pathways" / "place").unlink()


def cut_off_inside_pip(sandbox):
    (sandbox.venv / ".pathways" / "installing").touch()


def empty_the_folder(sandbox):
    shutil.rmtree(sandbox.venv)
    sandbox.venv.mkdir()


def move_the_checkout(sandbox):
    moved = sandbox.root.with_name("moved")
    sandbox.root.rename(moved)
    sandbox.root, sandbox.venv = moved, moved / ".venv"


@pytest.mark.parametrize(
    "damage",
    [
        break_python,
        leave_only_the_folder,
        cut_off_before_the_end,
        cut_off_inside_pip,
        empty_the_folder,
        move_the_checkout,
    ],
)
def test_unfinished_environment_is_made_anew(made, damage):
    damage(made)
    assert made.ready() == ["venv", "pip", "install"]
    assert made.ready() == []


def test_folder_of_somebody_else_is_left_alone(sandbox):
    sandbox.add_python("python3.12", "3.12")
    sandbox.venv.mkdir()
    (sandbox.venv / "thesis.tex").touch()
    assert "is no environment" in refusal(sandbox.run("ready"))
    assert os.listdir(sandbox.venv) == ["thesis.tex"]


def test_failed_download_is_tried_again(sandbox):
    sandbox.add_python("python3.12", "3.12")
    failing = sandbox.log_file.with_name("log.pip_fails")
    failing.touch()
    assert "pip could not install" in sandbox.run("ready").stderr
    failing.unlink()
    assert sandbox.ready() == ["pip", "install"]


def test_another_interpreter_makes_the_environment_anew(made):
    newer = made.add_python("python3.13", "3.13")
    assert made.ready() == []
    assert made.ready(PYTHON=str(newer)) == ["venv", "pip", "install"]
    assert made.ready(PYTHON="python3.13") == []
