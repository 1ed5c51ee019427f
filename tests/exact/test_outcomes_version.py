"""The model version follows every source that can change a result, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from pathways import fastcore
from pathways.version import model_version, source_parts

KERNELS = fastcore.available_levels()
needs_kernel = pytest.mark.skipif(not KERNELS, reason="the kernel is not built")


@pytest.fixture
def package(tmp_path) -> Path:
    for name in ("codes.py", "simulation.py", "rules/a.py", "evidence/data/b.yaml", "cli/run.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1\n")
    return tmp_path


def test_sources_that_count(package):
    assert source_parts(package).keys() == {"codes.py", "rules/a.py", "evidence/data/b.yaml"}


@pytest.mark.parametrize("name", ["codes.py", "rules/a.py", "evidence/data/b.yaml"])
def test_edited_source_shows(package, name):
    before = fastcore.sources.digest(source_parts(package))
    (package / name).write_text("2\n")
    assert fastcore.sources.digest(source_parts(package)) != before


def test_new_and_renamed_sources_show(package):
    before = source_parts(package)
    (package / "rules" / "a.py").rename(package / "rules" / "c.py")
    after = source_parts(package)
    assert fastcore.sources.digest(after) != fastcore.sources.digest(before)


def test_what_is_made_from_sources_does_not_show(package):
    before = source_parts(package)
    (package / "rules" / "__pycache__").mkdir()
    (package / "rules" / "__pycache__" / "a.cpython-313.pyc").write_bytes(b"x")
    (package / "evidence" / "data" / "book.json").write_text("{}")
    assert source_parts(package) == before


def test_real_package_counts_rules_population_and_evidence():
    names = source_parts(files("pathways")).keys()
    assert {"codes.py", "layout.py", "outcomes/tables.py"} <= names
    for folder, ending in {"evidence/data": ".yaml", "rules": ".py", "model": ".py"}.items():
        assert any(name.startswith(f"{folder}/") and name.endswith(ending) for name in names)


def version_elsewhere(**environment: str) -> str:
    code = "from pathways.version import model_version; print(model_version())"
    words = [sys.executable, "-c", code]
    ran = subprocess.run(words, env=os.environ | environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@needs_kernel
@pytest.mark.parametrize("level", KERNELS)
def test_version_does_not_depend_on_the_instruction_set(level):
    assert version_elsewhere(PATHWAYS_ISA=level) == model_version()


@needs_kernel
def test_version_covers_the_compiled_part(monkeypatch):
    before = model_version()
    assert len(before) == 16
    assert int(before, 16) >= 0
    monkeypatch.setattr(fastcore, "build_stamp", lambda: "another")
    model_version.cache_clear()
    try:
        assert model_version() != before
    finally:
        model_version.cache_clear()
