"""Errors made by what the user wrote: the place, the problem, what is allowed, the nearest name.

Every such error derives from :class:`PathwaysError`; the command line prints its text and ends
with exit code 2. Anything else that is raised is a bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST_VALUE_SHOWN = 60
LONGEST_NAME_COMPARED = 200
MOST_NAMES_SHOWN = 40
MOST_ERRORS_SHOWN = 40

Allowed = str | Sequence[str] | None


class PathwaysError(Exception):
    """An error caused by the input, said in words meant for the user."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written.

    Attributes
    ----------
    file
        File as the user named it, or None for input that is not a file.
    line
        Line counted from 1, or None where it is not known.
    path
        Path inside the file, such as ``policy.ladder[0].dose``; empty for the whole file.
    extended_by
        Where the file was named by the one that extends it, and so on up to the file the user
        named, as ``file:line``; empty for that file itself.
    """

    file: str | None = None
    line: int | None = None
    path: str = ""
    extended_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        spot = self.file or ""
        if self.line is not None:
            spot = f"{spot}:{self.line}" if spot else f"line {self.line}"
        return ": ".join(part for part in (spot, self.path) if part)

    @property
    def origin(self) -> str:
        """The files that led to this one in brackets, or nothing."""
        words = ", ".join(f"extended by {spot}" for spot in self.extended_by)
        return f" ({words})" if words else ""


class ValueProblem(PathwaysError, ValueError):
    """A problem with a value whose place is not known here; :meth:`at` adds the place.

    It is a ValueError too, so a pydantic validator may raise it and
    :func:`pathways.reading.fields.validate` gives it its place.

    Parameters
    ----------
    problem
        What is wrong, in a clinician's words, with the remedy.
    allowed
        What would be accepted: a sentence, or the list of names.
    nearest
        The valid name nearest to the one given.
    within
        Steps from the section that raised it to the field at fault, e.g. ``("ladder", 0, "dose")``.
    """

    def __init__(
        self,
        problem: str,
        allowed: Allowed = None,
        nearest: str | None = None,
        within: Sequence[str | int] = (),
    ) -> None:
        super().__init__(problem, allowed, nearest, tuple(within))
        self.problem = problem
        self.allowed = allowed
        self.nearest = nearest
        self.within = tuple(within)

    @property
    def problems(self) -> tuple[ValueProblem, ...]:
        """The problems it stands for, so that one and several are handled alike."""
        return (self,)

    def __str__(self) -> str:
        return _sentence(self.problem, self.allowed, self.nearest)

    def at(self, place: Place) -> InputError:
        """Return the same problem as an error at `place`."""
        return InputError(place, self.problem, self.allowed, self.nearest)


class ValueProblems(ValueProblem):
    """Several problems found by one check, each with its own `within`."""

    def __init__(self, problems: Iterable[ValueProblem]) -> None:
        self._problems = tuple(single for problem in problems for single in problem.problems)
        first = self._problems[0]
        super().__init__(first.problem, first.allowed, first.nearest, first.within)
        self.args = (self._problems,)

    @property
    def problems(self) -> tuple[ValueProblem, ...]:
        """The problems, in the order found."""
        return self._problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self._problems)


class InputError(PathwaysError):
    """One error in the input, at its place.

    Parameters
    ----------
    place
        Where it stands.
    problem, allowed, nearest
        As for :class:`ValueProblem`.
    """

    def __init__(
        self,
        place: Place,
        problem: str,
        allowed: Allowed = None,
        nearest: str | None = None,
    ) -> None:
        super().__init__(place, problem, allowed, nearest)
        self.place = place
        self.problem = problem
        self.allowed = allowed
        self.nearest = nearest

    @property
    def errors(self) -> tuple[InputError, ...]:
        """The errors it stands for, so that one and several are handled alike."""
        return (self,)

    def moved(self, place: Place) -> InputError:
        """Return the same problem at another place."""
        return InputError(place, self.problem, self.allowed, self.nearest)

    def __str__(self) -> str:
        sentence = _sentence(self.problem, self.allowed, self.nearest)
        spot = str(self.place)
        return f"{spot}: {sentence}{self.place.origin}" if spot else sentence


class InputErrors(InputError):
    """Several errors reported together, ordered by file and line; its place is the first's.

    Parameters
    ----------
    errors
        The errors, in any order; at least one.
    """

    def __init__(self, errors: Iterable[InputError]) -> None:
        ordered = _ordered(errors)
        first = ordered[0]
        super().__init__(first.place, first.problem, first.allowed, first.nearest)
        self.args = (ordered,)
        self._errors = ordered

    @property
    def errors(self) -> tuple[InputError, ...]:
        """The errors, ordered by file and line."""
        return self._errors

    def __str__(self) -> str:
        lines = [str(error) for error in self._errors[:MOST_ERRORS_SHOWN]]
        left = len(self._errors) - len(lines)
        if left:
            lines.append(f"and {left} more")
        return "\n".join(lines)


def raise_errors(errors: Sequence[InputError]) -> None:
    """Raise the collected errors: nothing if there are none, the error itself if there is one."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputErrors(errors)


def raise_problems(problems: Sequence[ValueProblem]) -> None:
    """Raise the collected problems: nothing if there are none, the problem itself if one."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ValueProblems(problems)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` nearest to `name`, letter case ignored, or None."""
    if len(name) > LONGEST_NAME_COMPARED:
        return None
    by_lower_case = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.6)
    return by_lower_case[found[0]] if found else None


def shown(value: object, longest: int = LONGEST_VALUE_SHOWN) -> str:
    """Return `value` as it is quoted in a message: on one line, printable, cut at `longest`."""
    text = str(value)
    if len(text) > longest:
        text = text[: longest - 3] + "..."
    return "`" + "".join(_printable(character) for character in text) + "`"


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def _sentence(problem: str, allowed: Allowed, nearest_name: str | None) -> str:
    parts = [problem]
    if nearest_name:
        parts.append(f"did you mean {shown(nearest_name)}?")
    if allowed:
        parts.append(f"allowed: {_listed(allowed)}")
    return "; ".join(parts)


def _listed(allowed: str | Sequence[str]) -> str:
    if isinstance(allowed, str):
        return allowed
    names = list(allowed[:MOST_NAMES_SHOWN])
    if len(allowed) > len(names):
        names.append("...")
    return ", ".join(names)


def _ordered(errors: Iterable[InputError]) -> tuple[InputError, ...]:
    flat = [single for error in errors for single in error.errors]
    files = list(dict.fromkeys(error.place.file for error in flat))

    def position(error: InputError) -> tuple[int, int]:
        return files.index(error.place.file), error.place.line or 0

    return tuple(sorted(flat, key=position))
