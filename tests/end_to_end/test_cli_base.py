"""How the command line ends: exit codes, what goes where, and what is imported on the way."""

import os
import signal
import subprocess
import sys

import pytest

import pathways

START = "import sys; from pathways.cli import main; sys.exit(main())"
# A command module of the test's own, put into the table under the name `probe`.
WITH_PROBE = """\
import sys
from pathways.cli import app, main
app.COMMANDS["probe"] = app.CommandEntry("probe_module", "probe", "A probe.")
sys.exit(main())
"""
PROBE = """\
import os, signal, sys, typer
from pathways.errors import InputError, InputErrors, Place

def probe(how: str, count: int = 0) -> None:
    \"\"\"End in the way asked for.\"\"\"
    if how == "fine":
        print("done", count)
    elif how == "one":
        raise InputError(Place("a.yaml", 3, "policy[0].x"), "wrong", ["[red]", "b"], "b")
    elif how == "several":
        raise InputErrors([InputError(Place("a", 2), "x"), InputError(Place("a", 1), "\\u20ac")])
    elif how == "bug":
        raise ZeroDivisionError("a bug")
    elif how == "key":
        raise KeyError("a bug too")
    elif how == "interrupt":
        # A shell starts background jobs with interrupts ignored, and children inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("not interrupted")
    elif how == "disguised interrupt":
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as inner:
            raise RuntimeError("a library's own error") from inner
    elif how == "exit":
        raise typer.Exit(5)
    elif how == "stream":
        print("first", flush=True)
        sys.stdin.read()
        for number in range(100_000):
            print(number)
    elif how == "buffered":
        print("first", flush=True)
        sys.stdin.read()
        print("last")
    elif how == "other pipe":
        reading, writing = os.pipe()
        os.close(reading)
        os.write(writing, b"x")
"""


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "probe_module.py").write_text(PROBE)
    found = [str(tmp_path), os.path.dirname(os.path.dirname(pathways.__file__))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(found),
        "PYTHONWARNINGS": "error",
        "PYTHONIOENCODING": "ascii",
        "PYTHONUNBUFFERED": "",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }


def run(environment, *words, code=WITH_PROBE):
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *words],
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def test_a_command_that_works_ends_with_0(environment):
    done = run(environment, "probe", "fine", "--count", "3")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done 3\n", "")


def test_bad_input_is_a_message_on_standard_error_and_2(environment):
    done = run(environment, "probe", "one")
    said = "a.yaml:3: policy[0].x: wrong; did you mean `b`?; allowed: [red], b\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_all_errors_are_printed_even_where_they_cannot_be_encoded(environment):
    done = run(environment, "probe", "several")
    assert (done.returncode, done.stderr) == (2, "a:1: \\u20ac\na:2: x\n")


@pytest.mark.parametrize(("how", "name"), [("bug", "ZeroDivisionError"), ("key", "KeyError")])
def test_a_bug_keeps_its_traceback_and_ends_with_1(environment, how, name):
    done = run(environment, "probe", how)
    assert done.returncode == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert name in done.stderr.splitlines()[-1]
    assert "probe_module.py" in done.stderr


def test_an_interrupt_is_one_line_and_130(environment):
    done = run(environment, "probe", "interrupt")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


# Interrupts itself when a module is about to be imported, which is how start-up spends its time.
# A shell starts background jobs with interrupts ignored, and children inherit that.
INTERRUPTED_IMPORT = """\
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathways.cli import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
code = main(["check", "guideline-2018"])
print("reached" if {module!r} in sys.modules else "left")
sys.exit(code)
"""
MODULES = (
    "pathways.cli.ending",
    "pathways.errors",
    "typer",
    "pathways.cli.app",
    "pathways.cli.check",
    "pathways.scenario.load",
    "pydantic",
    "ruamel.yaml",
    "pathways.resolve.resolver",
    "pathways.fastcore.draws",
    "pathways.scenario.notes",
)


@pytest.mark.parametrize("module", MODULES)
def test_an_interrupt_while_it_starts_is_one_line_and_130(environment, module):
    done = run(environment, code=INTERRUPTED_IMPORT.format(module=module))
    assert (done.returncode, done.stdout, done.stderr) == (130, "left\n", "interrupted\n")


def test_nothing_is_imported_before_an_interrupt_can_be_answered(environment):
    code = """\
import sys
before = set(sys.modules)
import pathways.cli
print(*sorted(set(sys.modules) - before))
"""
    done = run(environment, code=code)
    assert set(done.stdout.split()) <= {"__future__", "importlib", "pathways", "pathways.cli"}


def test_an_interrupt_in_the_guise_of_another_error_is_one(environment):
    code = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n" + WITH_PROBE
    done = run(environment, "probe", "disguised interrupt", code=code)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_a_command_may_choose_its_exit_code(environment):
    assert run(environment, "probe", "exit").returncode == 5


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("how", ["stream", "buffered"])
def test_a_reader_that_leaves_ends_it_quietly(environment, how, unbuffered):
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", WITH_PROBE, "probe", how],
        env=environment | {"PYTHONUNBUFFERED": unbuffered},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"first\n"
    process.stdout.close()
    process.stdin.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(120), said) == (141, b"")


def test_a_broken_pipe_of_another_kind_is_a_bug(environment):
    done = run(environment, "probe", "other pipe")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("BrokenPipeError")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["prob"], "Did you mean 'probe'"),
        (["--nonsense"], "No such option: --nonsense"),
        (["probe"], "Missing argument"),
        (["probe", "fine", "--count", "many"], "'--count'"),
    ],
)
def test_wrong_usage_ends_with_2(environment, words, said):
    done = run(environment, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_version(environment):
    done = run(environment, "--version", code=START)
    assert (done.returncode, done.stdout) == (0, f"pathways {pathways.__version__}\n")


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_lists_the_commands_without_importing_them(environment, word):
    code = WITH_PROBE.replace("sys.exit(main())", "main(); print('probe_module' in sys.modules)")
    done = run(environment, word, code=code)
    assert "A probe." in done.stdout
    assert done.stdout.splitlines()[-1] == "False"


def test_help_of_a_command_comes_from_its_module(environment):
    done = run(environment, "probe", "--help")
    assert done.returncode == 0
    assert "End in the way asked for." in done.stdout
    assert "pathways probe" in done.stdout


def test_no_words_show_the_help(environment):
    done = run(environment, code=START)
    assert done.returncode == 2
    assert "Usage: pathways" in done.stdout + done.stderr


def test_start_up_imports_nothing_heavy(environment):
    heavy = (
        "numpy pandas pint scipy mesa pyarrow matplotlib seaborn pydantic ruamel pathways.reading"
    )
    code = f"""\
import sys
from pathways.cli import main
main(["--help"])
print([name for name in {heavy.split()!r} if name in sys.modules])
"""
    assert run(environment, code=code).stdout.splitlines()[-1] == "[]"


def test_backend_that_is_none_stops_no_figure(environment):
    code = "from pathways.cli import main; main(['--version']); import matplotlib.figure"
    done = run(environment | {"MPLBACKEND": "nonsense"}, code=code)
    assert done.returncode == 0, done.stderr


def test_every_command_of_the_table_can_be_loaded(environment):
    code = """\
from pathways.cli import app
for name in app.COMMANDS:
    assert app.load_command(name).name == name, name
"""
    done = run(environment, code=code)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_code_of_an_interrupt_is_the_signals():
    from pathways.cli import INTERRUPTED

    assert INTERRUPTED == 128 + signal.SIGINT == 130
