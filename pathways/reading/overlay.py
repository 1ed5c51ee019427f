"""``extends:`` - one file laid over another, every leaf keeping its own file and line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pathways.errors import InputError, Place, ValueProblem, raise_errors, shown
from pathways.reading.parameters import DISTRIBUTION, EVIDENCE
from pathways.reading.tree import LocatedMapping, LocatedNode, LocatedScalar
from pathways.reading.yaml_file import read_yaml

EXTENDS = "extends"
LONGEST_CHAIN = 8
LONGEST_PATH_SHOWN = 1000
KIND = "kind"

FindShipped = Callable[[str], Path]


def overlay(base: LocatedNode, top: LocatedNode) -> LocatedNode:
    """Return `base` with `top` laid over it.

    Mappings merge key by key, in the order of the base with the new keys behind; scalars and
    lists of `top` replace. A mapping that says which of several things it is (``evidence:``,
    ``distribution:``, or another ``kind:``) replaces too, for half of each would mean nothing.
    """
    if not (isinstance(base, LocatedMapping) and isinstance(top, LocatedMapping)):
        return top
    if _is_another_form(base, top):
        return top
    entries = dict(base.entries)
    for key, value in top.entries.items():
        entries[key] = overlay(entries[key], value) if key in entries else value
    return replace(top, entries=entries, keys={**base.keys, **top.keys})


def read_extended(
    path: str | os.PathLike[str], find_shipped: FindShipped, *, extends: str = EXTENDS
) -> LocatedMapping:
    """Read a file and everything it extends, and return the one tree they make.

    Parameters
    ----------
    path
        The file. What it extends is named by the key `extends` at its top: a path (with a ``/``
        or a ``.yaml`` ending), relative to the file that names it, or the name of a shipped file.
    find_shipped
        Gives the path of a shipped file by its name; raises ValueProblem for an unknown one.

    Returns
    -------
    LocatedMapping
        The tree without the key `extends`.

    Raises
    ------
    InputError
        For a file that cannot be read or is no mapping, a loop, or a chain of more than 8 files.
    """
    chain: list[str] = []
    layers: list[LocatedMapping] = []
    following: Path | None = Path(path)
    place = Place(os.fspath(path))
    extended_by: dict[str, tuple[str, ...]] = {}
    via: tuple[str, ...] = ()
    while following is not None:
        _refuse_long_or_looped(chain, following, place)
        chain.append(str(following))
        with _extended_by(via):
            layer, name = _split_layer(read_yaml(following), extends)
        layers.append(layer)
        extended_by[str(following)] = via
        if name is None:
            break
        place = Place(name.file, name.line, extends, via)
        following = _extended_path(following, name, place, find_shipped)
        via = (f"{name.file}:{name.line}", *via)
    tree: LocatedNode = layers.pop()
    while layers:
        tree = overlay(tree, layers.pop())
    return replace(tree, extended_by=extended_by)


@contextmanager
def _extended_by(via: tuple[str, ...]) -> Iterator[None]:
    """Say of every error by which files the one it is in is extended."""
    try:
        yield
    except InputError as found:
        raise_errors([one.moved(replace(one.place, extended_by=via)) for one in found.errors])


def _is_another_form(base: LocatedMapping, top: LocatedMapping) -> bool:
    if set(top.entries) in ({EVIDENCE}, {DISTRIBUTION}):
        return True
    kinds = [node.entries.get(KIND) for node in (base, top)]
    texts = [kind.text for kind in kinds if isinstance(kind, LocatedScalar)]
    return len(texts) == 2 and texts[0] != texts[1]


def _split_layer(tree: LocatedNode, extends: str) -> tuple[LocatedMapping, LocatedScalar | None]:
    if not isinstance(tree, LocatedMapping):
        raise InputError(Place(tree.file, tree.line), "`key: value` lines are expected")
    name = tree.entries.get(extends)
    if name is None:
        return tree, None
    if not isinstance(name, LocatedScalar) or not name.text.strip():
        problem = "one file or the name of one shipped file is expected"
        raise InputError(Place(name.file, name.line, extends), problem)
    entries = {key: value for key, value in tree.entries.items() if key != extends}
    keys = {key: written for key, written in tree.keys.items() if key != extends}
    return replace(tree, entries=entries, keys=keys), name


def _extended_path(
    file: Path, name: LocatedScalar, place: Place, find_shipped: FindShipped
) -> Path:
    if is_path(name.text):
        found = file.parent / name.text
        if not os.path.exists(found):
            raise InputError(
                place, f"there is no file {shown(found, LONGEST_PATH_SHOWN)}; check it"
            )
        return found
    try:
        return find_shipped(name.text)
    except ValueProblem as unknown:
        raise _path_meant(file, name.text, unknown).at(place) from None


def _path_meant(file: Path, name: str, unknown: ValueProblem) -> ValueProblem:
    """Return the problem with the path to write, if a file of that name lies beside `file`."""
    for ending in (".yaml", ".yml"):
        if os.path.exists(file.parent / f"{name}{ending}"):
            path = f"./{name}{ending}"
            return ValueProblem(unknown.problem, unknown.allowed, path, unknown.within)
    return unknown


def is_path(name: str) -> bool:
    """Whether `name` is a path to a file rather than the name of a shipped one."""
    return "/" in name or os.sep in name or name.endswith((".yaml", ".yml"))


def _refuse_long_or_looped(chain: list[str], following: Path, place: Place) -> None:
    names = " -> ".join([*chain, str(following)])
    if any(os.path.realpath(earlier) == os.path.realpath(following) for earlier in chain):
        raise InputError(place, f"the files extend each other in a loop: {names}")
    if len(chain) >= LONGEST_CHAIN:
        problem = f"more than {LONGEST_CHAIN} files extend each other: {names}"
        raise InputError(place, problem)
