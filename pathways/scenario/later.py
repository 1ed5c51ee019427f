"""Fields whose rules come later: read and checked like any other, then refused by name.

A field that was quietly ignored would make two different scenarios give the same numbers.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic_core import core_schema

from pathways.errors import ValueProblem


class NotYetSupported:
    """Marks a field that has its place in the schema before it has a rule.

    Parameters
    ----------
    what
        The thing in words, as the subject of "... are not yet supported".
    instead
        Where something of the kind can be said, if it can.
    """

    def __init__(self, what: str, instead: str = "") -> None:
        self.what = what
        self.instead = instead

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Check what was written with the field's own type first, so that typos are found too."""
        return core_schema.no_info_after_validator_function(self._refuse, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Say in the JSON Schema that the field is refused."""
        return {**handler(schema), "$comment": f"{self.what}: not yet supported"}

    def _refuse(self, _value: Any) -> Any:
        problem = f"{self.what}: not yet supported; remove this field"
        raise ValueProblem(f"{problem}; {self.instead}" if self.instead else problem)


class NotModelled:
    """Marks names of a field that are outside the model for good.

    Parameters
    ----------
    names
        Refused names with what is said about each.
    """

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Refuse the names before anything else is said about them."""
        return core_schema.no_info_before_validator_function(self._refuse, handler(source))

    def _refuse(self, value: Any) -> Any:
        if isinstance(value, str) and value in self.names:
            raise ValueProblem(f"`{value}` is not modelled: {self.names[value]}")
        return value


def later(section: Any, what: str, instead: str = "") -> Any:
    """Return the annotation of an optional field that is not yet supported."""
    return Annotated[section, NotYetSupported(what, instead)] | None
