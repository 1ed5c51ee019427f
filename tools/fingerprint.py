"""Tell `tools/environment.sh` whether something it did before must be done again.

    fingerprint.py requirements SET   the requirements of the core or an extra, one on each line
    fingerprint.py build              hash over what is compiled, and with what
    fingerprint.py install            hash over what an editable install is made of

Run with the environment's own Python; standard library only.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import sysconfig
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def load_sources():
    """Load `fastcore/sources.py` by its path: the package may not be installed yet."""
    path = ROOT / "fastcore" / "sources.py"
    spec = importlib.util.spec_from_file_location("_pathways_sources", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_project() -> dict:
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)


def requirements(which: str) -> list[str]:
    """Return what pip has to install for the core, build tools included, or for one extra."""
    project = read_project()
    if which == "core":
        return project["build-system"]["requires"] + project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    if which not in extras:
        raise SystemExit(f"Pathways: no extra {which}; allowed: {', '.join(extras)}")
    return extras[which]


def build_parts(sources) -> dict[str, bytes]:
    """Return what decides how the compiled modules come out; a missing one always differs."""
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    parts = {"setup.py": (ROOT / "setup.py").read_bytes()}
    for module, source in sources.modules().items():
        path = ROOT / "fastcore" / source
        parts[module] = sources.stamp(source).encode() if path.exists() else b"no source"
        if path.exists() and not path.with_name(module + suffix).exists():
            parts[module] += b" not built"
    return parts


def install_parts() -> dict[str, bytes]:
    """Return what the installed metadata and the editable finder are made from."""
    project = read_project()
    tables = {name: json.dumps(project[name]).encode() for name in ("build-system", "project")}
    return tables | {"setup.py": (ROOT / "setup.py").read_bytes(), "root": bytes(ROOT)}


def main(kind: str, which: str = "core") -> str:
    if kind == "requirements":
        return "\n".join(requirements(which))
    sources = load_sources()
    return sources.digest(build_parts(sources) if kind == "build" else install_parts())


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
