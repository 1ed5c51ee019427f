"""Fields of a scenario by their path: which there are, and another value put in their place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from pathways.errors import InputError, ValueProblem, nearest, shown
from pathways.reading.tree import (
    LocatedList,
    LocatedMapping,
    LocatedNode,
    LocatedScalar,
    Step,
    child,
    dotted,
    steps_of,
)

PARAMETERS = "parameters"
NAMES_ONLY = ("scenario", "title", "about")
"""Fields that change no result."""

DEEPEST = 9
ANYTHING: dict[str, Any] = {}
"""Schema of what is only known by its name, such as a component of a parameter."""

Steps = tuple[Step, ...]


def canonical(path: str) -> str:
    """Return the one way to write a path: ``steps.0.dose`` as ``steps[0].dose``."""
    try:
        steps = steps_of(path)
    except ValueError:
        return path
    return dotted([int(one) if isinstance(one, str) and one.isdecimal() else one for one in steps])


def checked_steps(path: str, tree: LocatedMapping) -> Steps:
    """Return the steps of a path if it leads to a field of the scenario.

    Parameters
    ----------
    path : str
        Such as ``policy.ladder.steps[0].dose``; ``steps.0`` stands for ``steps[0]``.
    tree : LocatedMapping
        The scenario as written, overlays applied; lists are as long as there.

    Returns
    -------
    tuple
        With list places as numbers, and a parameter under the name that the scenario uses.

    Raises
    ------
    ValueProblem
        If there is no such field, with the nearest path.
    """
    steps = _steps(path)
    if steps and steps[0] in NAMES_ONLY:
        raise ValueProblem(f"{shown(path)} changes no result, so it cannot be varied")
    found: list[Step] = []
    schemas, node = [_schema()], tree
    for index, step in enumerate(steps):
        step, schemas = _next(schemas, step)
        if not schemas:
            raise _unknown(path, steps, index, tree)
        _refuse_absent_item(found, step, node)
        if found == [PARAMETERS]:
            step = _parameter(step, node)
        found.append(step)
        node = child(node, step) if node is not None else None
    return tuple(found)


def with_value(
    node: LocatedNode | None, steps: Steps, value: LocatedNode, key: LocatedScalar
) -> LocatedNode:
    """Return a tree with a value in the place of what stands at `steps`.

    Parameters
    ----------
    node : LocatedNode or None
        The tree; sections that are not there are made.
    steps : tuple
        As :func:`checked_steps` gives them.
    value : LocatedNode
    key : LocatedScalar
        Where the path is written, for the place of sections that are made.
    """
    if not steps:
        return value
    first, *rest = steps
    below = with_value(child(node, first) if node is not None else None, tuple(rest), value, key)
    if isinstance(first, int):
        items = list(node.items)
        items[first] = below
        return replace(node, items=tuple(items))
    if not isinstance(node, LocatedMapping):
        node = LocatedMapping({}, {}, key.file, key.line, key.column)
    # The place of a section is that of its key: only what is replaced is the study's.
    keys = {**node.keys}
    if not rest or first not in keys:
        keys[first] = replace(key, text=first, quoted=False)
    return replace(node, entries={**node.entries, first: below}, keys=keys)


def overlap(one: Steps, other: Steps) -> bool:
    """Tell whether one path is, or lies within, the other."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _steps(path: str) -> Steps:
    try:
        steps = steps_of(path)
    except ValueError:
        allowed = "steps with points between them, such as `policy.ladder.steps[0].dose`"
        raise ValueProblem(f"{shown(path)} is not the path of a field", allowed) from None
    if not steps:
        raise ValueProblem("a path is missing")
    return steps


@cache
def _schema() -> dict[str, Any]:
    from pathways.scenario.document import ScenarioDocument

    return ScenarioDocument.model_json_schema(by_alias=True)


def _next(schemas: Sequence[dict[str, Any]], step: Step) -> tuple[Step, list[dict[str, Any]]]:
    """Return the step, a number if it counts in a list, and the schemas of what lies there."""
    found: list[dict[str, Any]] = []
    for schema in _plain_schemas(schemas):
        number = int(step) if isinstance(step, str) and step.isdecimal() else step
        if "items" in schema and isinstance(number, int):
            return number, [schema["items"]]
        if isinstance(step, int):
            continue
        if step in schema.get("properties", {}):
            found.append(schema["properties"][step])
        elif isinstance(schema.get("additionalProperties"), dict):
            found.append(schema["additionalProperties"])
        elif not schema.keys() & {"type", "properties", "anyOf", "oneOf", "$ref", "enum", "const"}:
            found.append(ANYTHING)
    return step, found


def _plain_schemas(schemas: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for schema in schemas:
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            yield from _plain_schemas([_schema()["$defs"][name]])
        elif "anyOf" in schema or "oneOf" in schema:
            yield from _plain_schemas(schema.get("anyOf", schema.get("oneOf")))
        else:
            yield schema


def _parameter(key: Step, node: LocatedNode | None) -> Step:
    """Return the key under which the scenario already gives this parameter, or the one given."""
    from pathways.evidence.book import book

    try:
        wanted = book().parameter(str(key)).id
    except InputError as unknown:
        raise ValueProblem(unknown.problem, unknown.allowed, unknown.nearest) from None
    written = node.entries if isinstance(node, LocatedMapping) else {}
    for name in written:
        try:
            if book().parameter(name).id == wanted:
                return name
        except InputError:
            continue
    return key


def _refuse_absent_item(before: Sequence[Step], step: Step, node: LocatedNode | None) -> None:
    if not isinstance(step, int):
        return
    length = len(node.items) if isinstance(node, LocatedList) else 0
    if step < length:
        return
    whole = dotted(before)
    if not length:
        problem = f"in this scenario the list {shown(whole)} is not written"
        raise ValueProblem(problem, f"the whole list {shown(whole)}")
    items = f"{length} item{'' if length == 1 else 's'}"
    problem = f"in this scenario the list {shown(whole)} has {items}"
    raise ValueProblem(problem, f"{shown(f'{whole}[{length - 1}]')} or before")


def _unknown(path: str, steps: Steps, index: int, tree: LocatedMapping) -> ValueProblem:
    known = list(_known(tree))
    good = f"a field below {shown(dotted(steps[:index]))}" if index else "a field of a scenario"
    return ValueProblem(
        f"there is no field {shown(path)} in a scenario", good, _nearest_path(path, steps, known)
    )


def _nearest_path(path: str, steps: Steps, known: Sequence[str]) -> str | None:
    plain = dotted(steps)
    # Without what stands before it, such as `limits.courses` for `policy.limits.courses`.
    ends = [one for one in known if one.endswith(f".{plain}")]
    if ends:
        return min(ends, key=len)
    near = difflib.get_close_matches(plain, known, n=1, cutoff=0.75)
    return near[0] if near else nearest(plain, known)


def _known(tree: LocatedMapping) -> Iterator[str]:
    """Yield every path of a scenario, lists as long as they are written."""
    from pathways.evidence.book import book

    for steps in _paths_below([_schema()], tree, ()):
        yield dotted(steps)
    for parameter in book():
        yield f"{PARAMETERS}.{parameter.name}"


def _paths_below(
    schemas: Sequence[dict[str, Any]], node: LocatedNode | None, steps: Steps
) -> Iterator[Steps]:
    if steps:
        yield steps
    if len(steps) >= DEEPEST:
        return
    below: dict[Step, list[dict[str, Any]]] = {}
    for schema in _plain_schemas(schemas):
        for name, inner in schema.get("properties", {}).items():
            below.setdefault(name, []).append(inner)
        if "items" in schema:
            length = len(node.items) if isinstance(node, LocatedList) else 0
            below |= {place: [schema["items"]] for place in range(length)}
    for step, inner in below.items():
        if not steps and step in NAMES_ONLY:
            continue
        yield from _paths_below(inner, child(node, step) if node else None, (*steps, step))
