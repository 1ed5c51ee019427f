"""Draws from the posterior of the calibrated parameters, as data.

`posterior.csv` beside the book is written by `experiments/calibrate.py`; its first lines say from
which command, targets and seed. A parameter draw takes one whole row, so that what one fit
identified together stays together.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

FILE = "posterior.csv"
COMMENT = "#"
ADDRESS = int.from_bytes(hashlib.blake2b(b"posterior", digest_size=4).digest(), "little")
"""Where the uniform that chooses a row lies among the draws of population values."""


@dataclass(frozen=True)
class PosteriorDraws:
    """Rows of equal weight.

    Attributes
    ----------
    keys : tuple of str
        Parameters by name, with the component after a dot where there are several.
    rows : tuple of tuple of float
        Values in the units of the book.
    made_by : tuple of str
        What the file says about itself.
    """

    keys: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    made_by: tuple[str, ...] = ()

    def row(self, uniform: float) -> dict[str, float]:
        """Return the row at a uniform strictly inside (0, 1)."""
        return dict(zip(self.keys, self.rows[int(uniform * len(self.rows))], strict=True))


@cache
def posterior_draws() -> PosteriorDraws | None:
    """Return the draws that come with this version, None if there are none."""
    item = resources.files("pathways.evidence") / "data" / FILE
    return read_posterior(item.read_text(encoding="utf-8")) if item.is_file() else None


def read_posterior(text: str) -> PosteriorDraws:
    """Return the draws that a file of this kind holds."""
    lines = text.splitlines()
    made_by = tuple(line.lstrip("# ") for line in lines if line.startswith(COMMENT))
    keys, *rows = csv.reader(line for line in lines if not line.startswith(COMMENT))
    numbers = tuple(tuple(float(cell) for cell in row) for row in rows)
    return PosteriorDraws(tuple(keys), numbers, made_by)


def laid_over(values: Mapping[str, Any], row: Mapping[str, float]) -> dict[str, Any]:
    """Return `values` with those of a posterior row in place of their own; others are left out."""
    replaced = dict(values)
    for key, value in row.items():
        name, _, component = key.partition(".")
        if name in replaced:
            replaced[name] = {**replaced[name], component: value} if component else value
    return replaced
