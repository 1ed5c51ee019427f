"""Values of a resolved scenario as they would be written: with units, without what is default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, get_args

from pathways.reading.quantities import format_quantity
from pathways.reading.scalars import Quantity, written_name
from pathways.reading.sections import Section

DAYS_PER_YEAR = 365
MINUTES_PER_HOUR = 60
NOTHING = (None, [], {}, "")


class Kind:
    """What the schema says about a value.

    Parameters
    ----------
    annotation
        The type of a field, or a section.
    metadata
        What stands beside it in ``Annotated``.
    """

    def __init__(self, annotation: Any = None, metadata: tuple[Any, ...] = ()) -> None:
        parts = [*metadata, *_parts(annotation)]
        self.quantity = next((part for part in parts if isinstance(part, Quantity)), None)
        self.sections = [
            part for part in parts if isinstance(part, type) and issubclass(part, Section)
        ]

    def field(self, key: str) -> Kind:
        """Return what the schema says about one field of a section; nothing if it has none."""
        found = self._find(key)
        return Kind() if found is None else Kind(found.annotation, tuple(found.metadata))

    def is_default(self, key: str, value: Any) -> bool:
        """Tell whether a field of a section has the value it has if nothing is written."""
        found = self._find(key)
        return found is not None and not found.is_required() and _plain(found.default) == value

    def _find(self, key: str):
        for section in self.sections:
            for name, field in section.model_fields.items():
                if key in (name, field.alias):
                    return field
        return None


def text_of(value: Any, kind: Kind) -> str:
    """Return one value as text, sections in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return _number(value, kind.quantity)
    if isinstance(value, Mapping) or (isinstance(value, list) and value and _is_section(value[0])):
        return compact(value, kind)
    if isinstance(value, list):
        return ", ".join(text_of(item, kind) for item in value)
    return str(value)


def compact(value: Any, kind: Kind) -> str:
    """Return a section, or a list of them, in one line, without what is default."""
    if isinstance(value, list):
        numbered = len(value) > 1
        lines = [compact(item, kind) for item in value]
        return "; ".join(f"{i}) {one}" if numbered else one for i, one in enumerate(lines, 1))
    said = {
        key: _inner(item, kind.field(key))
        for key, item in value.items()
        if item not in NOTHING and not kind.is_default(key, item)
    }
    return ", ".join(f"{key.replace('_', ' ')} {words}" for key, words in said.items() if words)


def _inner(value: Any, kind: Kind) -> str:
    words = text_of(value, kind)
    is_section = isinstance(value, Mapping) or (isinstance(value, list) and _is_section(value[0]))
    return f"({words})" if is_section and words else words


def _number(value: float, quantity: Quantity | None) -> str:
    unit = "1" if quantity is None else quantity.unit_shown
    if unit == "d" and value and value % DAYS_PER_YEAR == 0:
        return format_quantity(value / DAYS_PER_YEAR, "year")
    if unit == "h" and value != int(value):
        return f"{value * MINUTES_PER_HOUR:g} min"
    if unit == "1/year":
        return f"{value:g} per year"
    return format_quantity(value, unit)


def _is_section(value: Any) -> bool:
    return isinstance(value, Mapping)


def _plain(value: Any) -> Any:
    """Return a default as it stands in the resolved scenario."""
    if isinstance(value, Enum):
        return written_name(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Section):
        return value.model_dump(mode="json", by_alias=True)
    return value


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield a type and all it is made of."""
    yield annotation
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _parts(inner)
