"""In which blocks of the scenario file policies differ, and how, as a person would write it.

What all of them say alike is left out. A section that some have and others have not is one row,
with its content if those who have it have the same; if not, rows follow with what differs there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pathways.comparison.names import NAMING
from pathways.comparison.scenario_words import Kind, text_of

if TYPE_CHECKING:
    import pandas

    from pathways.comparison.comparison import Comparison

NONE = "none"
GIVEN = "given, see below"
NOT_THERE = ""
"""In the rows of a section that this policy does not have."""

_OUTSIDE = object()

Row = tuple[str, tuple[str, ...]]


def scenario_differences(comparison: Comparison) -> pandas.DataFrame:
    """Return the paths in which the resolved scenarios differ, one text column for each policy.

    Returns
    -------
    pandas.DataFrame
        Column ``path`` (``policy.ladder.steps[0].dose``), in the order of the scenario file, so
        that a block's rows stand together; then one column for each policy.
    """
    import pandas

    documents = [
        result.plan.description.get("scenario", {}) for result in comparison.results.values()
    ]
    rows = [[path, *texts] for path, texts in differing_rows(documents)]
    return pandas.DataFrame(rows, columns=["path", *comparison.names], dtype="str")


def differing_rows(documents: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Yield path and one text for each document wherever the documents differ."""
    from pathways.scenario.document import ScenarioDocument

    whole = Kind(ScenarioDocument)
    for key in _keys(documents):
        if key not in NAMING:
            values = [document.get(key) for document in documents]
            yield from _differing(key, values, whole.field(key))


def block_of(path: str) -> str:
    """Return the block of a path: ``policy.ladder`` of ``policy.ladder.steps[0].dose``."""
    steps = path.replace("[", ".[").split(".")
    kept = steps[: 2 if steps[0] == "policy" else 1]
    return ".".join(kept)


def _differing(path: str, values: list[Any], kind: Kind) -> Iterator[Row]:
    there = [value for value in values if value is not _OUTSIDE]
    if all(value == there[0] for value in there):
        return
    having = [value for value in there if _is_some(value)]
    if not all(map(_is_section, having)):
        yield path, tuple(_text(value, kind) for value in values)
        return
    if len(having) == len(there):
        yield from _inside(path, values, kind)
        return
    alike = all(value == having[0] for value in having)
    yield path, tuple(_text(value, kind, "" if alike else GIVEN) for value in values)
    if not alike:
        yield from _inside(path, [v if _is_some(v) else _OUTSIDE for v in values], kind)


def _inside(path: str, values: list[Any], kind: Kind) -> Iterator[Row]:
    having = [value for value in values if value is not _OUTSIDE]
    if isinstance(having[0], Mapping):
        for key in _keys(having):
            inner = [v if v is _OUTSIDE else v.get(key) for v in values]
            yield from _differing(f"{path}.{key}", inner, kind.field(key))
        return
    for place in range(max(map(len, having))):
        inner = [v if v is _OUTSIDE else v[place] if place < len(v) else None for v in values]
        yield from _differing(f"{path}[{place}]", inner, kind)


def _text(value: Any, kind: Kind, instead: str = "") -> str:
    """Return a value as text; `instead` of that of a section whose rows follow."""
    if value is _OUTSIDE:
        return NOT_THERE
    return (instead or text_of(value, kind)) if _is_some(value) else NONE


def _is_some(value: Any) -> bool:
    return value is not _OUTSIDE and value is not None and value not in ([], {})


def _is_section(value: Any) -> bool:
    """Tell whether a value has rows of its own."""
    if isinstance(value, Mapping):
        return True
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _keys(sections: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for section in sections for key in section))
