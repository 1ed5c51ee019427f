"""Sections of a file as pydantic models: strict, frozen, no unknown keys."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Strict, ValidationInfo, model_validator
from pydantic_core import core_schema

from pathways.errors import ValueProblem, nearest
from pathways.reading.scalars import said

SECTIONS_SEEN = "sections_seen"
# Marks the steps pydantic adds for the branch of a choice; no key in a file can hold it.
BRANCH_MARK = "\0"

T = TypeVar("T")
Items = Annotated[tuple[T, ...], Strict(False)]


class Section(BaseModel):
    """Base of every block of a file.

    Unknown keys are refused; instances are frozen; a docstring below a field is its description.
    Strict: a field whose type is a bare ``int``, ``float`` or ``bool`` accepts nothing written.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    @model_validator(mode="before")
    @classmethod
    def _remember_keys(cls, given: Any, info: ValidationInfo) -> Any:
        # The message on an unknown key names the known ones; pydantic's error does not hold them.
        if info.context is not None and SECTIONS_SEEN in info.context:
            info.context[SECTIONS_SEEN].setdefault(id(given), []).extend(cls.written_keys())
        return given

    @classmethod
    def written_keys(cls) -> list[str]:
        """Return the keys of the section as they are written, in the order of the schema."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Choice:
    """A field that is one of several sections, told apart by a key with a fixed name in each.

    ``Annotated[Ladder | FixedDose, Choice("kind")]``, where each section has a field such as
    ``kind: Literal["ladder"]``.

    Parameters
    ----------
    key
        The key that tells them apart.
    """

    def __init__(self, key: str = "kind") -> None:
        self.key = key

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Choose by the key, and say which names it may have."""
        branches = {
            name: handler.generate_schema(section)
            for section in get_args(source)
            for name in get_args(section.model_fields[self.key].annotation)
        }
        tagged = core_schema.tagged_union_schema(
            {BRANCH_MARK + name: schema for name, schema in branches.items()},
            discriminator=lambda given: BRANCH_MARK + self._chosen(given),
        )
        return core_schema.no_info_before_validator_function(
            lambda given: self._checked(given, list(branches)), tagged
        )

    def _chosen(self, given: Any) -> str:
        return given[self.key] if isinstance(given, dict) else getattr(given, self.key)

    def _checked(self, given: Any, names: list[str]) -> Any:
        if not isinstance(given, dict):
            if getattr(given, self.key, None) in names:
                return given
            raise ValueProblem(f"{said(given)} is not a section with the key `{self.key}`")
        if self.key not in given:
            raise ValueProblem(f"`{self.key}` is missing", names, within=(self.key,))
        name = given[self.key]
        if not isinstance(name, str) or name not in names:
            near = nearest(name, names) if isinstance(name, str) else None
            problem = f"{said(name)} is not one of the names"
            raise ValueProblem(problem, names, near, (self.key,))
        return given
