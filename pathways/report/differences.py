"""How the compared scenarios differ: the frame of differing paths as rows of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathways.comparison.frames import rows_of

if TYPE_CHECKING:
    from pathways.comparison import Comparison

POLICY = "policy."


@dataclass(frozen=True)
class DifferingPath:
    """One place in the scenario file where the policies differ.

    Attributes
    ----------
    place : str
        Path within the block.
    texts : tuple of str
        What each policy says there, in the order of the comparison.
    as_reference : tuple of bool
        Whether it is what the reference says.
    """

    place: str
    texts: tuple[str, ...]
    as_reference: tuple[bool, ...]


def differing_paths(comparison: Comparison) -> dict[str, tuple[DifferingPath, ...]]:
    """Return the differing paths by the block they stand in, such as ``policy.exit``.

    The block is the path of a section of the policy, or of a part of the scenario beside it.
    """
    blocks: dict[str, list[DifferingPath]] = {}
    for row in rows_of(comparison.scenario_differences):
        texts = tuple(str(row[name] or "") for name in comparison.names)
        usual = str(row[comparison.reference] or "")
        block, place = _parted(str(row["path"]))
        one = DifferingPath(place, texts, tuple(text == usual for text in texts))
        blocks.setdefault(block, []).append(one)
    return {block: tuple(found) for block, found in blocks.items()}


def _parted(path: str) -> tuple[str, str]:
    depth = 2 if path.startswith(POLICY) else 1
    parts = path.split(".")
    block = ".".join(parts[:depth])
    return block, ".".join(parts[depth:]) or parts[-1]
