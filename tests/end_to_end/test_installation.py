"""What is shipped, and whether it works outside the checkout and in an editable install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from pathways.fastcore import sources

pytestmark = pytest.mark.installation

ROOT = Path(__file__).resolve().parents[2]
SHIPPED_TREES = {
    "pathways": "pathways",
    "fastcore": "pathways/fastcore",
    "scenarios": "pathways/scenarios",
    "experiments": "pathways/experiments",
}
NOT_COPIED = shutil.ignore_patterns(
    ".*", "results", "dist", "*.egg-info", "__pycache__", "bdist.*", "lock", "environment.lock"
)
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

USE_IT = """
import importlib.resources, sys
import pathways, pathways.fastcore as fastcore
from pathways.fastcore import maths
print(pathways.__file__)
print(fastcore.kernel().__file__)
print(fastcore.source_stamp() == fastcore.build_stamp(), fastcore.source_stamp() is None)
print(maths.exponential(0.0), "mesa" in sys.modules)
folder = importlib.resources.files("pathways.scenarios")
waiting, found = [folder], []
while waiting:
    for item in waiting.pop().iterdir():
        if item.is_dir():
            waiting.append(item)
        elif item.name.endswith(".yaml"):
            found.append(item.name)
print(*sorted(found))
"""


def run(*command: object, cwd: Path) -> str:
    """Run a command as from a fresh shell in `cwd` and return what it printed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(word) for word in command]
    result = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def build(hook: str, checkout: Path, out: Path) -> Path:
    """Build a wheel or sdist as pip would, with the build tools that are installed."""
    pytest.importorskip("setuptools")
    pytest.importorskip("Cython")
    code = "import sys, setuptools.build_meta as b; getattr(b, sys.argv[1])(sys.argv[2])"
    out.mkdir(exist_ok=True)
    run(sys.executable, "-c", code, hook, out, cwd=checkout)
    return next(path for path in out.iterdir() if path.suffix in (".whl", ".gz"))


def copy_checkout(target: Path) -> Path:
    """Copy the checkout with what is compiled already, so that nothing is compiled twice."""
    return shutil.copytree(ROOT, target, ignore=NOT_COPIED)


def files_below(folder: Path) -> list[PurePosixPath]:
    files = (path for path in folder.rglob("*") if path.is_file())
    kept = (path for path in files if "__pycache__" not in path.parts)
    return [PurePosixPath(path.relative_to(folder)) for path in kept]


def expected_in_wheel(checkout: Path) -> set[str]:
    """Return every file of the packages but the sources of what is compiled."""
    compiled_from = (".pyx", ".pxd", ".pxi", ".h", ".so")
    expected = {f"pathways/fastcore/{module}{SUFFIX}" for module in sources.modules()}
    for tree, package in SHIPPED_TREES.items():
        for path in files_below(checkout / tree):
            if not (tree == "fastcore" and path.suffix in compiled_from):
                expected.add(f"{package}/{path}")
    return expected


class Environment:
    """A throw-away environment that sees the packages installed here, this project excepted."""

    def __init__(self, folder: Path):
        venv.create(folder, symlinks=True)
        self.python = folder / "bin" / "python"
        self.commands = folder / "bin"
        self.libraries = next(folder.glob("lib/python*/site-packages"))

    def install(self, *arguments: object, cwd: Path):
        offline = ("--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed")
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet")
        run(*pip, *offline, *arguments, cwd=cwd)

    def see_packages_installed_here(self):
        # A path named in a .pth file is searched, but the .pth files in it are not read.
        (self.libraries / "outside.pth").write_text(sysconfig.get_path("purelib"))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_checkout(tmp_path_factory.mktemp("with space") / "a clone")


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    leftover = checkout / "build" / f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    (leftover / "pathways").mkdir(parents=True, exist_ok=True)
    (leftover / "pathways" / "deleted_last_week.py").touch()
    return build("build_wheel", checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(checkout, tmp_path_factory):
    return build("build_sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    environment = Environment(tmp_path_factory.mktemp("installed") / "env")
    environment.install(wheel, cwd=wheel.parent)
    environment.see_packages_installed_here()
    return environment


@pytest.fixture(scope="module")
def editable(checkout, tmp_path_factory):
    """An environment with an editable install, and the checkout it points to."""
    environment = Environment(tmp_path_factory.mktemp("editable") / "env")
    environment.see_packages_installed_here()
    environment.install("--editable", ".", cwd=checkout)
    return environment, checkout


def test_wheel_holds_the_packages_and_nothing_else(wheel, checkout):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected_in_wheel(checkout)


def test_wheel_asks_for_the_core_only(wheel):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    asked = [line for line in lines if line.startswith("Requires-Dist")]
    core = {line.split()[1].rstrip("<>=!,.0123456789") for line in asked if "extra ==" not in line}
    assert "networkx" in core
    assert not core & {"solara", "optuna", "dask", "heormodel", "pytest", "cython", "Cython"}
    assert "Name: ketamine-pathways" in lines
    assert "Requires-Python: <3.14,>=3.11" in lines


def test_sdist_holds_all_sources_and_nothing_built(sdist, checkout):
    with tarfile.open(sdist) as archive:
        names = {PurePosixPath(item.name) for item in archive.getmembers() if item.isfile()}
    names = {PurePosixPath(*name.parts[1:]) for name in names}
    for tree in (*SHIPPED_TREES, "tests", "tools"):
        there = {tree / path for path in files_below(checkout / tree) if path.suffix != ".so"}
        assert there <= names
    assert {PurePosixPath(name) for name in ("setup.py", "pyproject.toml", "LICENSE")} <= names
    built = {name for name in names if name.suffix in (".so", ".c", ".pyc")}
    assert built == {PurePosixPath("benchmarks/limit1.c")}  # a source: the yardstick


def test_wheel_from_the_sdist_is_the_same(sdist, wheel, checkout, tmp_path):
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = next(tmp_path.iterdir())
    shutil.copytree(checkout / "build", unpacked / "build")
    again = build("build_wheel", unpacked, tmp_path / "out")
    with zipfile.ZipFile(again) as one, zipfile.ZipFile(wheel) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


def test_wheel_works_outside_the_checkout(installed, tmp_path):
    lines = run(installed.python, "-c", USE_IT, cwd=tmp_path).splitlines()
    assert Path(lines[0]) == installed.libraries / "pathways" / "__init__.py"
    assert Path(lines[1]).parent == installed.libraries / "pathways" / "fastcore"
    assert lines[2:4] == ["False True", "1.0 False"]
    shipped = sorted(path.name for path in files_below(ROOT / "scenarios") if ".yaml" in path.name)
    assert lines[4].split() == shipped


def test_wheel_brings_the_command(installed, tmp_path):
    by_name = run(installed.commands / "pathways", "--help", cwd=tmp_path)
    by_module = run(installed.python, "-m", "pathways", "--help", cwd=tmp_path)
    assert "run" in by_name
    assert "run" in by_module


@pytest.mark.parametrize("from_root", [False, True])
def test_editable_install_works(editable, tmp_path, from_root):
    environment, checkout = editable
    cwd = checkout if from_root else tmp_path
    lines = run(environment.python, "-c", USE_IT, cwd=cwd).splitlines()
    assert Path(lines[0]) == checkout / "pathways" / "__init__.py"
    assert Path(lines[1]).parent == checkout / "fastcore"
    assert lines[2:4] == ["True False", "1.0 False"]


def test_edited_python_is_seen_at_once(editable, tmp_path):
    environment, checkout = editable
    written_later = checkout / "pathways" / "written_later.py"
    written_later.write_text("value = 7\n")
    code = "from pathways.written_later import value; print(value)"
    printed = run(environment.python, "-c", code, cwd=tmp_path)
    written_later.unlink()
    assert printed == "7\n"


def test_edited_source_is_refused_until_it_is_built(editable, tmp_path):
    environment, checkout = editable
    shared = checkout / "fastcore" / "_maths.pxd"
    before, times = shared.read_text("utf-8"), shared.stat()
    shared.write_text(f"{before}\n# edited\n", "utf-8")
    code = "try:\n    import pathways.fastcore.maths\nexcept ImportError as e:\n    print(e)"
    message = run(environment.python, "-c", code, cwd=tmp_path)
    shared.write_text(before, "utf-8")
    os.utime(shared, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "was compiled from other sources" in message
    assert f"`make build` in {checkout}" in message
    assert run(environment.python, "-c", code, cwd=tmp_path) == ""


def test_rebuilding_in_place_with_nothing_edited_compiles_nothing(editable):
    environment, checkout = editable
    compiled = sorted((checkout / "build").rglob("*.so"))
    before = [path.stat().st_mtime_ns for path in compiled]
    run(environment.python, "setup.py", "-q", "build_ext", "--inplace", cwd=checkout)
    assert len(compiled) >= len(sources.modules())
    assert [path.stat().st_mtime_ns for path in compiled] == before
