"""The located tree: what a file says, each piece with the file, line and column it stands on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pathways.errors import Place

Step = str | int
_PLAIN_STEP = re.compile(r"[\w-]+")
_STEP = re.compile(r'\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\.?([\w-]+)')


@dataclass(frozen=True, slots=True)
class LocatedScalar:
    """A scalar as written: nothing is converted, ``no`` and ``010`` stay text.

    Attributes
    ----------
    text
        The characters of the scalar, quotes and escapes resolved.
    quoted
        True for text in quotes and for block text (``|`` and ``>``).
    file, line, column
        Where it starts; line and column count from 1.
    """

    text: str
    quoted: bool
    file: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class LocatedList:
    """A list; `items` in the order written."""

    items: tuple[LocatedNode, ...]
    file: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class LocatedMapping:
    """Keys and values in the order written; `keys` holds each key with its own place.

    `extended_by` of the whole tree says of each file it is made from, but the one the user named,
    by whom it is extended (see :class:`~pathways.errors.Place`).
    """

    entries: Mapping[str, LocatedNode]
    keys: Mapping[str, LocatedScalar]
    file: str | None
    line: int
    column: int
    extended_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


LocatedNode = LocatedScalar | LocatedList | LocatedMapping


def dotted(steps: Sequence[Step]) -> str:
    """Return the path of `steps`: ``("ladder", 0, "dose")`` gives ``ladder[0].dose``."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_STEP.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step, ensure_ascii=False)}]"
    return path


def steps_of(path: str) -> tuple[Step, ...]:
    """Return the steps of a dotted path; the inverse of :func:`dotted`.

    Raises
    ------
    ValueError
        If `path` is not a dotted path.
    """
    steps: list[Step] = []
    position = 0
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise ValueError(f"not a dotted path: {path!r}")
        index, quoted, plain = found.groups()
        steps.append(int(index) if index else json.loads(quoted) if quoted else plain)
        position = found.end()
    return tuple(steps)


def child(node: LocatedNode, step: Step) -> LocatedNode | None:
    """Return what stands at `step` below `node`, or None."""
    if isinstance(node, LocatedMapping) and isinstance(step, str):
        return node.entries.get(step)
    if isinstance(node, LocatedList) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def walk(
    node: LocatedNode, steps: tuple[Step, ...] = ()
) -> Iterator[tuple[tuple[Step, ...], LocatedNode]]:
    """Yield every node below and including `node` with its steps, in the order written."""
    yield steps, node
    if isinstance(node, LocatedMapping):
        for key, value in node.entries.items():
            yield from walk(value, (*steps, key))
    elif isinstance(node, LocatedList):
        for index, item in enumerate(node.items):
            yield from walk(item, (*steps, index))


class PlaceTable:
    """The place of every dotted path of a tree.

    Parameters
    ----------
    tree
        The tree as read, overlays applied.
    """

    def __init__(self, tree: LocatedNode) -> None:
        self._tree = tree
        self._extended_by = tree.extended_by if isinstance(tree, LocatedMapping) else {}

    def place(self, path: str | Sequence[Step] = "") -> Place:
        """Return the place of `path`.

        A field left to its default is given the place of the nearest section that was written,
        with its own full path. A section stands at its key, a value at itself.
        """
        steps = steps_of(path) if isinstance(path, str) else tuple(path)
        node, file, line = self._tree, self._tree.file, self._tree.line
        for step in steps:
            below = child(node, step)
            if below is None:
                break
            start = _start(node, step, below)
            node, file, line = below, start.file, start.line
        return self._at(file, line, steps)

    def key_place(self, steps: Sequence[Step]) -> Place:
        """Return the place of the key that ends `steps` (for a key that should not be there)."""
        node: LocatedNode | None = self._tree
        for step in steps[:-1]:
            node = child(node, step) if node is not None else None
        if isinstance(node, LocatedMapping) and steps[-1] in node.keys:
            key = node.keys[steps[-1]]
            return self._at(key.file, key.line, steps)
        return self.place(steps)

    def _at(self, file: str | None, line: int | None, steps: Sequence[Step]) -> Place:
        return Place(file, line, dotted(steps), self._extended_by.get(file, ()))

    def written(self, path: str | Sequence[Step]) -> bool:
        """Whether `path` stands in the files, rather than being a default."""
        node: LocatedNode | None = self._tree
        for step in steps_of(path) if isinstance(path, str) else path:
            node = child(node, step)
            if node is None:
                return False
        return True

    def paths(self) -> dict[str, Place]:
        """Return every written path with its place, in the order written."""
        return {dotted(steps): self.place(steps) for steps, _ in walk(self._tree)}


def _start(parent: LocatedNode, step: Step, node: LocatedNode) -> LocatedNode:
    # A value that is not there starts, for the parser, where the next thing does.
    is_value = isinstance(node, LocatedScalar) and (node.text != "" or node.quoted)
    if isinstance(parent, LocatedMapping) and not is_value:
        return parent.keys[step]
    return node
