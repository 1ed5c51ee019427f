"""From a located tree to a checked model, every problem told with its place in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pathways.errors import InputError, ValueProblem, nearest, raise_errors, shown
from pathways.reading.scalars import Written, said
from pathways.reading.sections import SECTIONS_SEEN
from pathways.reading.tree import (
    LocatedList,
    LocatedMapping,
    LocatedNode,
    LocatedScalar,
    PlaceTable,
    Step,
    child,
)

Model = TypeVar("Model", bound=BaseModel)
_OTHER_NULLS = ("~", "Null", "NULL")


def validate(model_class: type[Model], tree: LocatedNode) -> Model:
    """Return the model that `tree` describes.

    Parameters
    ----------
    model_class
        A :class:`~pathways.reading.sections.Section`.
    tree
        The file as read, overlays applied. A plain ``null`` stands for None.

    Raises
    ------
    InputError
        With the place and the remedy; an InputErrors with all problems if there are several.
    """
    return _Validation(tree).run(model_class)


class _Validation:
    """One validation: the tree, the places, the problems found so far by path."""

    def __init__(self, tree: LocatedNode) -> None:
        self.tree = tree
        self.places = PlaceTable(tree)
        self.sections_seen: dict[int, list[str]] = {}
        self.errors: dict[tuple[Step, ...], list[InputError]] = {}

    def run(self, model_class: type[Model]) -> Model:
        """Validate, or raise everything that is wrong."""
        if not isinstance(self.tree, LocatedMapping):
            raise InputError(self.places.place(), "`key: value` lines are expected")
        given = self._plain(self.tree, ())
        model = None
        try:
            context = {SECTIONS_SEEN: self.sections_seen}
            model = model_class.model_validate(given, context=context)
        except ValidationError as found:
            self._take(found, given)
        raise_errors([error for errors in self.errors.values() for error in errors])
        return model

    def _plain(self, node: LocatedNode, steps: tuple[Step, ...]) -> Any:
        if isinstance(node, LocatedMapping):
            return {key: self._plain(below, (*steps, key)) for key, below in node.entries.items()}
        if isinstance(node, LocatedList):
            return [self._plain(item, (*steps, index)) for index, item in enumerate(node.items)]
        return self._plain_scalar(node, steps)

    def _plain_scalar(self, scalar: LocatedScalar, steps: tuple[Step, ...]) -> Written | None:
        if not scalar.quoted and scalar.text == "null":
            return None
        if not scalar.quoted and scalar.text == "":
            self._add(steps, ValueProblem("has no value; write one or delete the line"))
        elif not scalar.quoted and scalar.text in _OTHER_NULLS:
            self._add(steps, ValueProblem(f"{shown(scalar.text)}: write `null` for no value"))
        return Written(scalar.text, scalar.quoted)

    def _take(self, found: ValidationError, given: dict[str, Any]) -> None:
        valueless = set(self.errors)
        for error in found.errors(include_url=False):
            location = error["loc"]
            kind = error["type"]
            steps = self._steps(location, missing=kind == "missing")
            if steps in valueless or _is_miscounted(error):
                continue
            if kind == "extra_forbidden":
                self._add(steps, self._unknown_key(steps, given), key=True)
                continue
            for problem in _problems(error):
                self._add((*steps, *problem.within), problem)

    def _add(self, steps: tuple[Step, ...], problem: ValueProblem, *, key: bool = False) -> None:
        place = self.places.key_place(steps) if key else self.places.place(steps)
        error = problem.at(place)
        known = self.errors.setdefault(steps, [])
        if str(error) not in map(str, known):
            known.append(error)

    def _steps(self, location: Sequence[Step], *, missing: bool) -> tuple[Step, ...]:
        # Pydantic's locations also hold the branches of unions, which stand in no file.
        steps: list[Step] = []
        node: LocatedNode | None = self.tree
        for index, step in enumerate(location):
            below = child(node, step) if node is not None else None
            is_missing_key = missing and index == len(location) - 1
            if below is not None or is_missing_key:
                steps.append(step)
                node = below
        return tuple(steps)

    def _unknown_key(self, steps: tuple[Step, ...], given: dict[str, Any]) -> ValueProblem:
        section: Any = given
        for step in steps[:-1]:
            section = section[step]
        known = list(dict.fromkeys(self.sections_seen.get(id(section), [])))
        return ValueProblem(f"unknown key {shown(steps[-1])}", known, nearest(steps[-1], known))


def _is_miscounted(error: dict[str, Any]) -> bool:
    # Pydantic counts the items that were read: one in error would also be one too few.
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _problems(error: dict[str, Any]) -> tuple[ValueProblem, ...]:
    raised = error.get("ctx", {}).get("error")
    if isinstance(raised, ValueProblem):
        return raised.problems
    if raised is not None:
        return (ValueProblem(str(raised)),)
    translate = _WORDS.get(error["type"], _other)
    return (translate(error),)


def _missing(error: dict[str, Any]) -> ValueProblem:
    return ValueProblem(f"{shown(error['loc'][-1])} is missing; write it")


def _section_expected(error: dict[str, Any]) -> ValueProblem:
    return ValueProblem(f"{said(error['input'])}: a section of `key: value` lines is expected")


def _list_expected(error: dict[str, Any]) -> ValueProblem:
    return ValueProblem(f"{said(error['input'])}: a list is expected; write `- ` before each item")


def _text_expected(error: dict[str, Any]) -> ValueProblem:
    return ValueProblem(f"{said(error['input'])}: text is expected")


def _name_expected(error: dict[str, Any]) -> ValueProblem:
    names = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    given = error["input"]
    near = nearest(given, names) if isinstance(given, str) else None
    return ValueProblem(f"{said(given)} is not one of the names", names, near)


def _too_few(error: dict[str, Any]) -> ValueProblem:
    least = error["ctx"]["min_length"]
    return ValueProblem(f"there are too few items; write {least} or more")


def _too_many(error: dict[str, Any]) -> ValueProblem:
    most = error["ctx"]["max_length"]
    return ValueProblem(f"there are too many items; write {most} or fewer")


def _null_expected(error: dict[str, Any]) -> ValueProblem:
    return ValueProblem(f"{said(error['input'])} is not accepted; write `null` or delete the line")


def _other(error: dict[str, Any]) -> ValueProblem:
    wish = error["msg"].removeprefix("Input should be ")
    wish = f"it should be {wish}" if wish != error["msg"] else wish
    return ValueProblem(f"{said(error['input'])} is not accepted: {wish}")


_WORDS: dict[str, Callable[[dict[str, Any]], ValueProblem]] = {
    "missing": _missing,
    "model_type": _section_expected,
    "model_attributes_type": _section_expected,
    "dict_type": _section_expected,
    "mapping_type": _section_expected,
    "list_type": _list_expected,
    "tuple_type": _list_expected,
    "set_type": _list_expected,
    "frozen_set_type": _list_expected,
    "string_type": _text_expected,
    "literal_error": _name_expected,
    "none_required": _null_expected,
    "too_short": _too_few,
    "too_long": _too_many,
}
