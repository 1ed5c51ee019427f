"""What the package says about itself, what is built from what, and how the kernel is chosen."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pathways
from pathways import fastcore
from pathways.fastcore import sources

pytestmark = pytest.mark.installation

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("matplotlib", "mesa", "numpy", "pandas", "pint", "pyarrow", "scipy", "seaborn")


@pytest.fixture(scope="module")
def setup_script():
    pytest.importorskip("setuptools")
    spec = importlib.util.spec_from_file_location("_pathways_setup", ROOT / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def source_tree(tmp_path):
    """A root with two modules: `one` reaches shared.pxd through middle.pxd, `two` the codes."""
    (tmp_path / "pathways").mkdir()
    folder = tmp_path / "fastcore"
    folder.mkdir()
    (folder / "one.pyx").write_text("from middle cimport something\n")
    (folder / "middle.pxd").write_text('cimport cython, shared\ninclude "rules/part.pxi"\n')
    (folder / "shared.pxd").write_text('cdef extern from "deep.h":\n    int x\n')
    (folder / "rules").mkdir()
    (folder / "rules" / "part.pxi").write_text('include "nested.pxi"\n')
    (folder / "rules" / "nested.pxi").write_text("")
    (folder / "deep.h").write_text("#define X 1\n")
    (folder / "two.pyx").write_text("from _declarations cimport Record\n")
    (tmp_path / "pathways" / "declarations.py").write_text("def render():\n    return 'one'\n")
    return tmp_path


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_version_is_said_once_in_each_place(project):
    assert project["version"] == pathways.__version__ == "0.1.0"


def test_packages_are_those_of_the_tree(setup_script, monkeypatch):
    monkeypatch.chdir(ROOT)
    with_code = {path.parent for path in (ROOT / "pathways").rglob("*.py")}
    expected = {".".join(folder.relative_to(ROOT).parts) for folder in with_code}
    assert sorted(setup_script.packages()) == sorted(
        expected | {"pathways.fastcore", "pathways.scenarios", "pathways.experiments"}
    )


def test_import_is_light():
    heavy = f"[name for name in {HEAVY} if name in sys.modules]"
    result = run_python(f"import sys, pathways\nprint({heavy}, 'pathways.fastcore' in sys.modules)")
    assert (result.stdout, result.stderr) == ("[] False\n", "")


def test_unknown_attribute_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        pathways.simulat  # noqa: B018


def test_folder_is_not_imported_by_its_own_name():
    result = run_python("import fastcore")
    assert "imported as pathways.fastcore" in result.stderr


def test_flags_that_change_results_are_dropped(setup_script, capsys):
    command = ["gcc", "-O2", "-Ofast", "-march=native", "-ffast-math", "-fPIC", "-march=armv8-a"]
    assert setup_script.without_unsafe_flags(command) == ["gcc", "-O2", "-fPIC"]
    message = capsys.readouterr().err
    assert "dropped -Ofast -march=native -ffast-math -march=armv8-a" in message


def test_own_flags_come_last_and_each_level_has_its_own(setup_script, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PATHWAYS_PARTIAL_BUILD", "1")
    for extension in setup_script.declared_extensions():
        flags = extension.extra_compile_args
        assert flags[-5:] == setup_script.FLAGS
        level = extension.name.rpartition("_kernel_")[2]
        expected = [f"-march=x86-64-{level}"] if level in sources.X86_LEVELS else []
        assert flags[:-5] == expected


@pytest.mark.parametrize(
    "name", ["middle.pxd", "shared.pxd", "deep.h", "one.pyx", "rules/part.pxi", "rules/nested.pxi"]
)
def test_stamp_follows_every_file_it_reaches(source_tree, name):
    before = sources.stamp("one.pyx", source_tree), sources.stamp("two.pyx", source_tree)
    with open(source_tree / "fastcore" / name, "a") as file:
        file.write("\n# edited\n")
    after = sources.stamp("one.pyx", source_tree), sources.stamp("two.pyx", source_tree)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_stamp_follows_the_generated_declarations(source_tree):
    before = sources.stamp("one.pyx", source_tree), sources.stamp("two.pyx", source_tree)
    path = source_tree / "pathways" / "declarations.py"
    path.write_text("def render():\n    return 'another'\n")
    after = sources.stamp("one.pyx", source_tree), sources.stamp("two.pyx", source_tree)
    assert after[0] == before[0]
    assert after[1] != before[1]


def test_stale_module_is_refused():
    with pytest.raises(ImportError, match=r"compiled from other sources than .*maths\.pyx"):
        sources.refuse_if_stale("pathways.fastcore.maths", "maths.pyx", "0" * 32)


def test_compiled_and_source_stamps_agree():
    assert fastcore.build_stamp() == fastcore.source_stamp()


def test_best_level_is_chosen_unless_one_is_forced(monkeypatch):
    monkeypatch.delenv("PATHWAYS_ISA", raising=False)
    available = fastcore.available_levels()
    assert list(available) == [level for level in sources.levels() if level in available]
    assert fastcore.active_level() == available[-1]
    monkeypatch.setenv("PATHWAYS_ISA", available[0])
    assert fastcore.active_level() == available[0]
    assert fastcore.kernel().__name__ == f"pathways.fastcore._kernel_{available[0]}"


def test_levels_the_processor_lacks_are_not_offered(monkeypatch):
    fastcore.available_levels.cache_clear()
    monkeypatch.setattr(fastcore._cpu, "supported_levels", lambda: ("v2",), raising=True)
    monkeypatch.setattr(sources, "levels", lambda: sources.X86_LEVELS)
    assert "v3" not in fastcore.available_levels()
    fastcore.available_levels.cache_clear()


@pytest.mark.parametrize("name", ["v5", "V2", "avx2", "x86-64-v3"])
def test_unknown_level_is_refused_with_those_allowed(monkeypatch, name):
    monkeypatch.setenv("PATHWAYS_ISA", name)
    allowed = ", ".join(fastcore.available_levels())
    with pytest.raises(ImportError, match=f"PATHWAYS_ISA={name}: .* allowed: {allowed}, or unset"):
        fastcore.active_level()


@pytest.mark.parametrize(("smallest", "smallest_normal"), [(0.0, 2.3e-308), (5e-324, 0.0)])
def test_flush_to_zero_is_refused(smallest, smallest_normal):
    with pytest.raises(ImportError, match="rounds numbers as small as 5e-324 to zero"):
        fastcore._refuse_flush_to_zero(smallest, smallest_normal)


def test_missing_module_says_how_to_build():
    with pytest.raises(ImportError, match=r"_kernel_v9 is missing for Python .*build it with"):
        fastcore._load("_kernel_v9")
