"""Field types that read one scalar as written: quantities, numbers, flags, names, text, dates.

Each reader stands inside ``Annotated`` (``dose: Annotated[float, Quantity("mg", above=0)]``) and
serves three masters: text from a file, values of the right Python type from a program, and the
JSON Schema for editors.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from pydantic_core import core_schema

from pathways.errors import ValueProblem, nearest, shown
from pathways.reading.quantities import (
    format_quantity,
    parse_either_quantity,
    parse_number,
    parse_quantity,
    parse_whole_number,
    quantity_pattern,
)

LARGEST_WHOLE_NUMBER = 2**53
LONGEST_TEXT = 10_000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Written(str):
    """The text of a scalar in a file, and whether it stood in quotes."""

    __slots__ = ("quoted",)
    quoted: bool

    def __new__(cls, text: str, quoted: bool = False) -> Written:
        """Return `text` marked as quoted or not."""
        written = super().__new__(cls, text)
        written.quoted = quoted
        return written


class ScalarReader:
    """Base of the readers: :meth:`read` turns a value into the field's, or raises ValueProblem."""

    def read(self, value: object) -> Any:
        """Return the field's value for a written scalar or a Python value."""
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of what may be written."""
        raise NotImplementedError

    def plain(self, value: Any) -> Any:
        """Return `value` as it goes into a JSON document."""
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Tell pydantic to read with :meth:`read`."""
        return plain_schema(self.read, self.plain, self.json_schema())


def plain_schema(
    read: Callable[[Any], Any], plain: Callable[[Any], Any], json_schema: dict[str, Any]
) -> core_schema.CoreSchema:
    """Return a pydantic schema made of a reading function, a writing one and a JSON Schema."""
    return core_schema.no_info_plain_validator_function(
        read,
        serialization=core_schema.plain_serializer_function_ser_schema(plain, when_used="json"),
        metadata={"pydantic_js_functions": [lambda _schema, _handler: dict(json_schema)]},
    )


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What a number may be; `above` and `below` themselves are outside.

    Attributes
    ----------
    minimum, maximum, above, below
        Limits in the field's unit, or None.
    """

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None

    def hold(self, value: float) -> bool:
        """Whether `value` lies inside."""
        return (
            (self.minimum is None or value >= self.minimum)
            and (self.maximum is None or value <= self.maximum)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )

    def words(self, unit: str) -> str:
        """Return the bounds in words, such as "0 mg or more"."""
        limits = (
            (self.above, "more than {}"),
            (self.minimum, "{} or more"),
            (self.below, "less than {}"),
            (self.maximum, "{} or less"),
        )
        return " and ".join(
            words.format(format_quantity(limit, unit))
            for limit, words in limits
            if limit is not None
        )

    def keywords(self) -> dict[str, float]:
        """Return the bounds as JSON Schema keywords."""
        limits = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "exclusiveMinimum": self.above,
            "exclusiveMaximum": self.below,
        }
        return {keyword: limit for keyword, limit in limits.items() if limit is not None}


@dataclass(frozen=True)
class Quantity(Bounds, ScalarReader):
    """A number in `unit`, read as a float (as an int if `whole`).

    Attributes
    ----------
    unit
        The unit of the field's value, such as ``"mg/kg"``; written quantities are converted.
        ``"1"`` is a share (``0.25`` or ``25 %``), None a plain number without any unit.
    whole
        Whether only whole numbers of the unit are accepted.
    """

    unit: str | None
    whole: bool = False

    def read(self, value: object) -> float | int:
        """Return the number in the field's unit; Python numbers are taken to be in it already."""
        if isinstance(value, str):
            number = self._parse(value)
            return self.checked(number, value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueProblem(f"{said(value)} is not a quantity; write {self._example()}")
        return self.checked(value)

    def checked(self, number: float, text: str | None = None) -> float | int:
        """Return `number`, in the field's unit, if it is finite and inside the bounds.

        Raises
        ------
        ValueProblem
            If it is not; `text` is what was written, for the message.
        """
        given = shown(format_quantity(number, self.unit_shown) if text is None else text)
        if not math.isfinite(number):
            raise ValueProblem(f"{given} is not a finite number")
        if not self.hold(number):
            raise ValueProblem(f"{given} is out of range", self.words(self.unit_shown))
        if not self.whole:
            return float(number) + 0.0
        if number != math.floor(number) or abs(number) > LARGEST_WHOLE_NUMBER:
            unit = "" if self.unit_shown == "1" else f" of {self.unit_shown}"
            raise ValueProblem(f"{given} is not a whole number{unit}", self._whole_near(number))
        return int(number)

    def _whole_near(self, number: float) -> list[str] | None:
        """Return the whole numbers next to `number` that are in bounds, as one writes them."""
        if abs(number) > LARGEST_WHOLE_NUMBER:
            return None
        near = filter(self.hold, (math.floor(number), math.ceil(number)))
        return [format_quantity(one, self.unit_shown) for one in near] or None

    @property
    def unit_shown(self) -> str:
        """The unit, "1" for a plain number."""
        return self.unit or "1"

    def json_schema(self) -> dict[str, Any]:
        """Return a pattern for quantities, a number with bounds for plain numbers."""
        number = {"type": "integer" if self.whole else "number", **self.keywords()}
        if self.unit is None:
            return number
        text = {
            "type": "string",
            "pattern": quantity_pattern(self.unit),
            "examples": [self._example().strip("`")],
        }
        if self.unit == "1":
            return {"anyOf": [number, text]}
        words = self.words(self.unit)
        return text | ({"$comment": words} if words else {})

    def _parse(self, text: str) -> float:
        if self.unit is not None:
            return parse_quantity(text, self.unit)
        refuse_quotes(text, "number")
        return parse_number(text)

    def _example(self) -> str:
        return shown(format_quantity(next(filter(self.hold, (1, 0, 10, 0.5)), 1), self.unit_shown))


class Measured(NamedTuple):
    """A quantity that may be in one of several units, in the one it was given in."""

    value: float
    unit: str


@dataclass(frozen=True)
class EitherQuantity(ScalarReader):
    """A quantity in one of several units that measure different things (``mg`` or ``mg/kg``).

    Attributes
    ----------
    choices
        One reader for each unit; what is written decides which one reads it.
    """

    choices: tuple[Quantity, ...]

    def read(self, value: object) -> Measured:
        """Return the number and its unit."""
        if isinstance(value, Measured):
            return Measured(self._choice(value.unit).checked(value.value), value.unit)
        if not isinstance(value, str):
            raise ValueProblem(f"{said(value)} is not a quantity with a unit")
        number, unit = parse_either_quantity(value, [choice.unit_shown for choice in self.choices])
        return Measured(self._choice(unit).checked(number, value), unit)

    def json_schema(self) -> dict[str, Any]:
        """Return the patterns of all units."""
        return {"anyOf": [choice.json_schema() for choice in self.choices]}

    def plain(self, value: Measured) -> str:
        """Return the quantity as it is written."""
        return format_quantity(*value)

    def _choice(self, unit: str) -> Quantity:
        found = next((choice for choice in self.choices if choice.unit == unit), None)
        if found is None:
            names = [choice.unit_shown for choice in self.choices]
            raise ValueProblem(f"the unit {shown(unit)} is not one of the field's", names)
        return found


@dataclass(frozen=True)
class WholeNumber(Bounds, ScalarReader):
    """A whole number written in digits only, read as an int."""

    def read(self, value: object) -> int:
        """Return the number."""
        if isinstance(value, str):
            refuse_quotes(value, "number")
            return self._checked(parse_whole_number(value), value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueProblem(f"{said(value)} is not a whole number; write digits only")
        return self._checked(value, str(value))

    def json_schema(self) -> dict[str, Any]:
        """Return an integer with bounds."""
        return {"type": "integer", **self.keywords()}

    def _checked(self, number: int, text: str) -> int:
        if abs(number) > LARGEST_WHOLE_NUMBER:
            limit = f"{LARGEST_WHOLE_NUMBER} or less" if self.maximum is None else self.words("1")
            raise ValueProblem(f"{shown(text)} is too large", limit)
        if not self.hold(number):
            raise ValueProblem(f"{shown(text)} is out of range", self.words("1"))
        return number


@dataclass(frozen=True)
class FlagReader(ScalarReader):
    """``true`` or ``false``, nothing else (not yes, no, on, off, 0, 1)."""

    def read(self, value: object) -> bool:
        """Return the bool."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in ("true", "false"):
            refuse_quotes(value, "flag")
            return value == "true"
        raise ValueProblem(f"{said(value)} is neither true nor false", ["true", "false"])

    def json_schema(self) -> dict[str, Any]:
        """Return the boolean type."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class TextReader(ScalarReader):
    """Text that is not blank.

    Attributes
    ----------
    pattern
        Regular expression the whole text must match, or None.
    meaning
        The pattern in words, for the message.
    """

    pattern: str | None = None
    meaning: str = ""

    def read(self, value: object) -> str:
        """Return the text as a plain str."""
        if not isinstance(value, str):
            raise ValueProblem(f"{said(value)} is not text")
        text = str.__str__(value)
        if not text.strip():
            raise ValueProblem("the text is empty")
        if len(text) > LONGEST_TEXT:
            raise ValueProblem(f"the text is longer than {LONGEST_TEXT} characters; shorten it")
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            raise ValueProblem(f"{shown(text)} is not accepted here", self.meaning or self.pattern)
        return text

    def json_schema(self) -> dict[str, Any]:
        """Return the string type with the pattern, if there is one."""
        return {"type": "string"} | ({"pattern": f"^({self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True)
class DateReader(ScalarReader):
    """A calendar date written as ``2026-11-23``."""

    def read(self, value: object) -> datetime.date:
        """Return the date."""
        if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        if isinstance(value, str) and _DATE.fullmatch(value):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                raise ValueProblem(f"{shown(value)} is no day of the calendar") from None
        raise ValueProblem(f"{said(value)} is not a date; write year-month-day, `2026-11-23`")

    def json_schema(self) -> dict[str, Any]:
        """Return the date format."""
        return {"type": "string", "format": "date"}

    def plain(self, value: datetime.date) -> str:
        """Return the date as it is written."""
        return value.isoformat()


def written_name(member: Enum) -> str:
    """Return how a member of an enum is written: its value if that is text, else its name."""
    return member.value if isinstance(member.value, str) else member.name.lower()


class Named:
    """The name of a member of the annotated enum: ``Annotated[ExitReason, Named()]``.

    A member is written as :func:`written_name` says (``DOSE_CAP = 5`` as ``dose_cap``).
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Read the names of the enum that is annotated."""
        members = {written_name(member): member for member in source}

        def read(value: object) -> Enum:
            if isinstance(value, source):
                return value
            if isinstance(value, str) and value in members:
                return members[value]
            near = nearest(value, members) if isinstance(value, str) else None
            raise ValueProblem(f"{said(value)} is not one of the names", list(members), near)

        return plain_schema(read, written_name, {"type": "string", "enum": list(members)})


def said(value: object) -> str:
    """Return a written value as messages call it."""
    if value is None:
        return "`null`"
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, (list, tuple)):
        return "a list"
    return shown(value)


def refuse_quotes(text: str, kind: str) -> None:
    """Refuse a number or flag written in quotes, which make it text."""
    if getattr(text, "quoted", False):
        raise ValueProblem(f"{shown(text)} stands in quotes, which make it text; remove them", kind)
