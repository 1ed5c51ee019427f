"""The book of parameters: read once, looked up by id or by name.

The YAML files are the data. ``book.json`` beside them is the same data in a form that is read a
hundred times faster; it carries the digest of the YAML files and is ignored unless it matches.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pathways.errors import InputError, Place, ValueProblem, nearest, raise_errors, shown
from pathways.evidence.parameter import STATUSES, Parameter, Source

THEMES = (
    "ketamine_kinetics",
    "ketamine_effect",
    "symptoms",
    "trials",
    "guideline",
    "harms",
    "therapies",
    "population",
    "utilities",
    "costs",
    "capacity",
)
SOURCES_FILE = "sources.yaml"
FAST_COPY = "book.json"
_PLACE = "evidence"
_WHOLE = re.compile(r"-?[0-9]+")
_REAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}


class Book:
    """All parameters.

    Parameters
    ----------
    parameters
        In the order of the themes and of the files.
    titles, abouts
        Title and one-sentence description of each theme.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        titles: Mapping[str, str],
        abouts: Mapping[str, str],
    ) -> None:
        self.parameters = tuple(parameters)
        self.titles = dict(titles)
        self.abouts = dict(abouts)
        self._by_id: dict[str, Parameter] = {}
        self._by_name: dict[str, Parameter] = {}
        for parameter in self.parameters:
            self._add(parameter)
        self._check_references()

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    @property
    def themes(self) -> tuple[str, ...]:
        """The themes, in the order of the book."""
        return tuple(self.titles)

    def parameter(self, key: str) -> Parameter:
        """Return one parameter.

        Parameters
        ----------
        key
            Id (``"PD1"``, letter case ignored), alias or name (``"slow_effect_c50"``).

        Raises
        ------
        InputError
            If there is none, with the nearest id or name.
        """
        found = self._by_id.get(key.upper()) or self._by_name.get(key.lower())
        if found is None:
            raise self._unknown(key)
        return found

    def theme(self, theme: str) -> tuple[Parameter, ...]:
        """Return the parameters of one theme in the order of its file.

        Raises
        ------
        InputError
            If there is no such theme.
        """
        if theme not in self.titles:
            problem = f"there is no theme {shown(theme)}"
            raise InputError(Place(path="theme"), problem, self.themes, nearest(theme, self.themes))
        return tuple(parameter for parameter in self.parameters if parameter.theme == theme)

    def by_theme(self) -> dict[str, tuple[Parameter, ...]]:
        """Return the parameters of every theme, in the order of the book."""
        return {theme: self.theme(theme) for theme in self.themes}

    def status_shares(self, keys: Iterable[str] | None = None) -> dict[str, float]:
        """Return the share of each status, all six of them, in the order of ``STATUSES``.

        Parameters
        ----------
        keys
            Ids or names; each parameter counts once. The whole book if None.

        Returns
        -------
        dict
            Shares that sum to 1, or all 0 for no parameters.
        """
        chosen = self.parameters if keys is None else [self.parameter(key) for key in keys]
        statuses = {parameter.id: parameter.status for parameter in chosen}.values()
        total = len(statuses) or 1
        return {status: list(statuses).count(status) / total for status in STATUSES}

    def _add(self, parameter: Parameter) -> None:
        for identifier in (parameter.id, *parameter.aliases):
            if identifier.upper() in self._by_id:
                raise _wrong(parameter.theme, parameter.id, f"the id {identifier} is used twice")
            self._by_id[identifier.upper()] = parameter
        if parameter.name in self._by_name:
            raise _wrong(parameter.theme, parameter.id, f"the name {parameter.name} is used twice")
        self._by_name[parameter.name] = parameter

    def _check_references(self) -> None:
        for parameter in self.parameters:
            spread = parameter.between_patient.spread if parameter.between_patient else None
            spread_id = (spread,) if isinstance(spread, str) else ()
            for identifier in (*parameter.derived_from, *spread_id):
                if identifier.upper() not in self._by_id:
                    problem = f"refers to {identifier}, which is not in the book"
                    raise _wrong(parameter.theme, parameter.id, problem)

    def _unknown(self, key: str) -> InputError:
        known = [*(parameter.id for parameter in self.parameters), *self._by_name]
        allowed = "an id or name; `pathways evidence` lists them all"
        problem = f"there is no parameter {shown(key)}"
        return InputError(Place(path=_PLACE), problem, allowed, nearest(key, known))


@cache
def book() -> Book:
    """Return the book of this version; it is read on the first call only."""
    return book_from(data())


def book_from(content: Mapping[str, Any]) -> Book:
    """Return the book made from plain data.

    Parameters
    ----------
    content
        What every YAML file says, by file name, as :func:`data` returns it.

    Raises
    ------
    InputError
        If the data break a rule, naming the file and the parameter.
    """
    from pydantic import ValidationError

    sources = {key: Source(**value) for key, value in content[SOURCES_FILE].items()}
    parameters, errors = [], []
    for theme in THEMES:
        for entry in content[f"{theme}.yaml"]["parameters"]:
            try:
                parameters.append(_parameter(entry, theme, sources))
            except ValidationError as error:
                errors.append(_wrong(theme, entry.get("id", "?"), _said(error)))
            except ValueProblem as error:
                errors.append(_wrong(theme, entry.get("id", "?"), error.problem))
    raise_errors(errors)
    titles, abouts = (
        {theme: content[f"{theme}.yaml"][field] for theme in THEMES} for field in ("title", "about")
    )
    return Book(parameters, titles, abouts)


def data() -> dict[str, Any]:
    """Return what the YAML files say as plain data, from the fast copy if it is up to date."""
    folder = resources.files("pathways.evidence") / "data"
    contents = {name: (folder / name).read_bytes() for name in _file_names()}
    copy = folder / FAST_COPY
    if copy.is_file():
        stored = json.loads(copy.read_text(encoding="utf-8"))
        if stored["digest"] == _digest(contents):
            return stored["content"]
    return {name: _plain(content, name) for name, content in contents.items()}


def fast_copy() -> str:
    """Return the text that ``book.json`` should hold."""
    folder = resources.files("pathways.evidence") / "data"
    contents = {name: (folder / name).read_bytes() for name in _file_names()}
    content = {name: _plain(file, name) for name, file in contents.items()}
    stored = {"digest": _digest(contents), "content": content}
    return json.dumps(stored, ensure_ascii=False, indent=0) + "\n"


def _file_names() -> tuple[str, ...]:
    return (SOURCES_FILE, *(f"{theme}.yaml" for theme in THEMES))


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, content in contents.items():
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _plain(content: bytes, name: str) -> Any:
    from pathways.reading.yaml_file import read_yaml_bytes

    return _converted(read_yaml_bytes(content, name))


def _converted(node: Any) -> Any:
    if hasattr(node, "entries"):
        return {key: _converted(value) for key, value in node.entries.items()}
    if hasattr(node, "items"):
        return [_converted(item) for item in node.items]
    return node.text if node.quoted else _scalar(node.text)


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _REAL.fullmatch(text) else text


def _parameter(entry: Mapping[str, Any], theme: str, sources: Mapping[str, Source]) -> Parameter:
    cited = []
    for key in entry.get("sources", ()):
        if key not in sources:
            raise ValueProblem(f"there is no source {key}", nearest=nearest(key, sources))
        cited.append(sources[key])
    return Parameter(**{**entry, "theme": theme, "sources": tuple(cited)})


def _wrong(theme: str, identifier: str, problem: str) -> InputError:
    return InputError(Place(file=f"{theme}.yaml", path=identifier), problem)


def _said(error: Any) -> str:
    return "; ".join(
        f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}".removeprefix(": ")
        for one in error.errors()
    )
