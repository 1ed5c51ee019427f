"""The model version: a hash over every source that can change a result.

Two installations with the same model version give the same fingerprints. Compiled modules count
with the stamp of the sources they were made from (a wheel does not carry those); Python sources and
evidence files count with their bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

SOURCES = (
    "codes.py",
    "layout.py",
    "plan.py",
    "rules",
    "model",
    "population",
    "resolve",
    "scenario",
    "reading",
    "evidence",
    "engines",
    "outcomes/schema.py",
    "outcomes/arrow.py",
    "outcomes/calendar.py",
    "outcomes/tables.py",
    "outcomes/fingerprint.py",
)
"""Files and folders of the package that can change a result; what does not exist counts nothing."""

ENDINGS = (".py", ".yaml", ".csv")
SHORT_DIGITS = 16


@functools.cache
def model_version() -> str:
    """Return the model version, 16 hexadecimal digits.

    Raises
    ------
    ImportError
        If the compiled modules are missing or older than their sources.
    """
    from pathways import fastcore

    parts = {"compiled": fastcore.build_stamp().encode(), **source_parts(files("pathways"))}
    return fastcore.sources.digest(parts)[:SHORT_DIGITS]


def source_parts(package: Traversable) -> dict[str, bytes]:
    """Return the bytes of every source that counts, by its path in `package`."""
    return {name: item.read_bytes() for source in SOURCES for name, item in _files(package, source)}


def _files(package: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    item = package.joinpath(*name.split("/"))
    if item.is_file():
        yield name, item
    elif item.is_dir():
        for inner in item.iterdir():
            if inner.is_dir() or inner.name.endswith(ENDINGS):
                yield from _files(package, f"{name}/{inner.name}")
