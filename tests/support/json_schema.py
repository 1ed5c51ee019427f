"""The part of JSON Schema (2020-12) that the scenario schema uses, checked by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
ANNOTATIONS = {"title", "description", "default", "examples", "format", "$comment", "$schema"}
ANNOTATIONS |= {"$defs"}


def problems(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "") -> Iterator:
    """Yield what a value breaks of a schema; an unknown keyword is an error of the schema."""
    for keyword, wanted in schema.items():
        if keyword in ANNOTATIONS:
            continue
        yield from KEYWORDS[keyword](value, wanted, schema, root, path)


def _reference(value, wanted, schema, root, path):
    yield from problems(value, root["$defs"][wanted.removeprefix("#/$defs/")], root, path)


def _type(value, wanted, schema, root, path):
    is_right = isinstance(value, TYPES[wanted])
    if not is_right or (isinstance(value, bool) and wanted in ("integer", "number")):
        yield f"{path}: {value!r} is no {wanted}"


def _properties(value, wanted, schema, root, path):
    for key, one in value.items() if isinstance(value, dict) else ():
        if key in wanted:
            yield from problems(one, wanted[key], root, f"{path}.{key}")


def _additional(value, wanted, schema, root, path):
    for key, one in value.items() if isinstance(value, dict) else ():
        if key in schema.get("properties", {}):
            continue
        if wanted is False:
            yield f"{path}: unknown key {key}"
        elif isinstance(wanted, dict):
            yield from problems(one, wanted, root, f"{path}.{key}")


def _required(value, wanted, schema, root, path):
    if isinstance(value, dict):
        yield from (f"{path}: {key} is missing" for key in wanted if key not in value)


def _any_of(value, wanted, schema, root, path):
    found = [list(problems(value, one, root, path)) for one in wanted]
    if all(found):
        yield f"{path}: {value!r} fits nothing: {found}"


def _one_of(value, wanted, schema, root, path):
    fitting = [one for one in wanted if not list(problems(value, one, root, path))]
    if len(fitting) != 1:
        yield f"{path}: {value!r} fits {len(fitting)} of oneOf"


def _items(value, wanted, schema, root, path):
    for index, one in enumerate(value if isinstance(value, list) else ()):
        yield from problems(one, wanted, root, f"{path}[{index}]")


def _check(holds):
    def keyword(value, wanted, schema, root, path):
        if not holds(value, wanted):
            yield f"{path}: {value!r} breaks {wanted!r}"

    return keyword


def _number(holds):
    def keyword(value, wanted):
        return (
            isinstance(value, bool) or not isinstance(value, (int, float)) or holds(value, wanted)
        )

    return _check(keyword)


KEYWORDS = {
    "$ref": _reference,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": _required,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "items": _items,
    "enum": _check(lambda value, wanted: value in wanted),
    "const": _check(lambda value, wanted: value == wanted),
    "pattern": _check(lambda v, wanted: not isinstance(v, str) or re.search(wanted, v) is not None),
    "minProperties": _check(
        lambda value, wanted: not isinstance(value, dict) or len(value) >= wanted
    ),
    "minItems": _check(lambda value, wanted: not isinstance(value, list) or len(value) >= wanted),
    "maxItems": _check(lambda value, wanted: not isinstance(value, list) or len(value) <= wanted),
    "minimum": _number(lambda value, wanted: value >= wanted),
    "maximum": _number(lambda value, wanted: value <= wanted),
    "exclusiveMinimum": _number(lambda value, wanted: value > wanted),
    "exclusiveMaximum": _number(lambda value, wanted: value < wanted),
}
