"""Strict reader of YAML 1.2 files: plain mappings, lists and scalars, located, never converted.

Size, depth and forbidden features are checked on the stream of parsing events, before anything
is built, so a hostile file costs no more than reading it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from pathways.errors import InputError, Place, raise_errors, shown
from pathways.reading.tree import (
    LocatedList,
    LocatedMapping,
    LocatedNode,
    LocatedScalar,
    Step,
    dotted,
)

LARGEST_FILE_BYTES = 256 * 1024
MOST_LINES = 4000
GREATEST_DEPTH = 20

_BYTE_ORDER_MARK = "\ufeff"
# Line ends, tabs and printable characters only. Line and paragraph separators would shift the
# line numbers; direction marks and noncharacters show the reader something else than is read.
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
    "\ud800-\udfff]"
)
_LINE_END = re.compile("\r\n|\r|\n")
_NO_CHARACTER = re.compile(r"\\U(?!000|0010)[0-9A-Fa-f]{8}")

_NO_DIRECTIVES = "directives (lines starting with %) are not allowed; delete the line"
_REMEDIES = (
    ("mapping values are not allowed", "a second `: ` on this line; put the text in quotes"),
    ("could not find expected ':'", "a `: ` is missing after this key, or the indentation is off"),
    ("cannot start any token", "this character cannot start a value; put the text in quotes"),
    ("while scanning a quoted scalar", "the quotes opened here are not closed, or hold a bad \\"),
    ("while scanning a double-quoted scalar", "a bad \\ in double quotes; use single quotes"),
    ("while parsing a flow", "a bracket or comma is missing in [...] or {...}"),
    ("while parsing a block", "the indentation does not agree with the lines above"),
)


def read_yaml(path: str | os.PathLike[str]) -> LocatedNode:
    """Read one YAML file.

    Parameters
    ----------
    path
        The file; messages name it as it is given here.

    Returns
    -------
    LocatedMapping, LocatedList or LocatedScalar
        The tree with every piece located.

    Raises
    ------
    InputError
        If the file is missing, is not a readable regular file, or breaks a rule of the reader;
        an InputErrors if it breaks several.
    """
    return read_yaml_bytes(_content(path), os.fspath(path))


def read_yaml_bytes(content: bytes, file: str | None) -> LocatedNode:
    """Read YAML from bytes; `file` is the name used in messages. As :func:`read_yaml`."""
    text = _checked_text(content, file)
    builder = _Builder(file)
    for event in _events(text, file):
        builder.take(event)
    return builder.finish()


def _content(path: str | os.PathLike[str]) -> bytes:
    place = Place(os.fspath(path))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            kind = "a directory" if Path(path).is_dir() else "not a regular file"
            raise InputError(place, f"this is {kind}; name a YAML file")
        with open(path, "rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1)
    except FileNotFoundError:
        raise InputError(place, "there is no such file; check the name and the folder") from None
    except PermissionError:
        raise InputError(place, "the file may not be read; ask for read permission") from None
    except (OSError, ValueError) as error:
        raise InputError(place, f"the file cannot be read ({error})") from None


def _checked_text(content: bytes, file: str | None) -> str:
    if len(content) > LARGEST_FILE_BYTES:
        limit = f"at most {LARGEST_FILE_BYTES // 1024} KiB"
        raise InputError(Place(file), "the file is too large; split it with `extends:`", limit)
    text = _decoded(content, file).removeprefix(_BYTE_ORDER_MARK)
    if _LINE_END.sub("\n", text).removesuffix("\n").count("\n") >= MOST_LINES:
        problem = f"the file has more than {MOST_LINES} lines; split it with `extends:`"
        raise InputError(Place(file, MOST_LINES + 1), problem)
    for number, line in _numbered(text):
        if found := _REFUSED.search(line):
            raise InputError(Place(file, number), _refused_character(found.group()))
    _refuse_directives(text, file)
    return text


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(_LINE_END.split(text), start=1)


def _decoded(content: bytes, file: str | None) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = len(_LINE_END.split(content[: error.start].decode("utf-8")))
        problem = "the file is not UTF-8 text; save it as UTF-8 (not UTF-16, not a spreadsheet)"
        raise InputError(Place(file, line), problem) from None


def _refused_character(character: str) -> str:
    return f"the control character U+{ord(character):04X} is not allowed here; delete it"


def _refuse_directives(text: str, file: str | None) -> None:
    for number, line in _numbered(text):
        if line.startswith("%"):
            raise InputError(Place(file, number), _NO_DIRECTIVES)
        if line.strip() and not line.lstrip().startswith("#"):
            return


def _events(text: str, file: str | None) -> Iterator[Event]:
    parser = YAML(typ="safe", pure=True)
    try:
        yield from parser.parse(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        place = Place(file, mark.line + 1 if mark is not None else None)
        raise InputError(place, _syntax_problem(error)) from None
    except Exception:
        # Some wrong texts make the parser itself fail (in chr(), in an assertion, ...); nothing
        # of ours runs inside this block.
        raise _parser_failure(text, file) from None


def _parser_failure(text: str, file: str | None) -> InputError:
    for number, line in _numbered(text):
        if _NO_CHARACTER.search(line):
            problem = "not readable as YAML: an escape \\U in double quotes names no character"
            return InputError(Place(file, number), problem)
        if line.startswith("%"):
            return InputError(Place(file, number), _NO_DIRECTIVES)
    return InputError(Place(file), "not readable as YAML: look for stray quotes or signs")


def _syntax_problem(error: YAMLError) -> str:
    said = " ".join(
        part for name in ("context", "problem") if (part := getattr(error, name, None)) is not None
    )
    remedy = next((remedy for words, remedy in _REMEDIES if words in said), "check this line")
    return f"not readable as YAML: {remedy}"


class _Open:
    """A mapping or list that is still being read."""

    def __init__(self, event: Event) -> None:
        self.mark = event.start_mark
        self.is_mapping = isinstance(event, MappingStartEvent)
        self.items: list[LocatedNode] = []
        self.entries: dict[str, LocatedNode] = {}
        self.keys: dict[str, LocatedScalar] = {}
        self.key: LocatedScalar | None = None
        self.repeated = False


class _Builder:
    """Builds the tree from events, holding back the errors that do not stop the reading."""

    def __init__(self, file: str | None) -> None:
        self.file = file
        self.open: list[_Open] = []
        self.root: LocatedNode | None = None
        self.documents = 0
        self.errors: list[InputError] = []

    def take(self, event: Event) -> None:
        """Take the next event; raise at once what makes going on pointless."""
        if isinstance(event, DocumentStartEvent):
            self._take_document(event)
        elif isinstance(event, AliasEvent):
            self._fail(event, f"aliases (`*{event.anchor}`) are not allowed; repeat the lines")
            self._place(self._scalar(event, "", quoted=False))
        elif isinstance(event, ScalarEvent):
            self._refuse_decoration(event)
            self._refuse_escaped(event)
            self._place(self._scalar(event, event.value, quoted=event.style is not None))
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._refuse_decoration(event)
            self._begin(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._end()

    def finish(self) -> LocatedNode:
        """Return the tree, or raise everything that was found."""
        raise_errors(self.errors)
        empty = isinstance(self.root, LocatedScalar) and not (self.root.text or self.root.quoted)
        if self.root is None or empty:
            raise InputError(Place(self.file), "the file is empty; write `key: value` lines")
        return self.root

    def _take_document(self, event: Event) -> None:
        self.documents += 1
        if self.documents > 1:
            self._fail(event, "a second document (`---`) is not allowed; use one file for each")
            raise_errors(self.errors)

    def _refuse_decoration(self, event: Event) -> None:
        if event.anchor is not None:
            self._fail(event, f"anchors (`&{event.anchor}`) are not allowed; repeat the lines")
        if event.tag is not None:
            self._fail(event, f"tags ({shown(event.tag)}) are not allowed; delete the tag")

    def _refuse_escaped(self, event: ScalarEvent) -> None:
        if found := _REFUSED.search(event.value):
            self._fail(event, _refused_character(found.group()))

    def _scalar(self, event: Event, text: str, *, quoted: bool) -> LocatedScalar:
        mark = event.start_mark
        return LocatedScalar(text, quoted, self.file, mark.line + 1, mark.column + 1)

    def _begin(self, event: Event) -> None:
        parent = self.open[-1] if self.open else None
        if parent is not None and parent.is_mapping and parent.key is None:
            self._fail(event, "a key must be a single word or text, not a list or a section")
            raise_errors(self.errors)
        if len(self.open) >= GREATEST_DEPTH:
            self._fail(event, f"nested more than {GREATEST_DEPTH} deep; flatten the file")
            raise_errors(self.errors)
        self.open.append(_Open(event))

    def _end(self) -> None:
        done = self.open.pop()
        spot = (self.file, done.mark.line + 1, done.mark.column + 1)
        if done.is_mapping:
            self._place(LocatedMapping(done.entries, done.keys, *spot))
        else:
            self._place(LocatedList(tuple(done.items), *spot))

    def _place(self, node: LocatedNode) -> None:
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if not parent.is_mapping:
            parent.items.append(node)
        elif parent.key is None:
            self._take_key(parent, node)
        else:
            self._take_value(parent, node)

    def _take_key(self, parent: _Open, key: LocatedScalar) -> None:
        parent.key = key
        parent.repeated = key.text in parent.keys
        if parent.repeated:
            first = parent.keys[key.text].line
            problem = f"the key {shown(key.text)} was already given on line {first}; keep one"
            self._fail(key, problem)
        elif key.text == "<<" and not key.quoted:
            self._fail(key, "merge keys (`<<`) are not allowed; repeat the lines or use `extends:`")
        elif not key.text:
            self._fail(key, "a key is missing before the `:`")

    def _take_value(self, parent: _Open, value: LocatedNode) -> None:
        if not parent.repeated:
            parent.keys[parent.key.text] = parent.key
            parent.entries[parent.key.text] = value
        parent.key = None

    def _fail(self, where: Event | LocatedScalar, problem: str) -> None:
        line = where.line if isinstance(where, LocatedScalar) else where.start_mark.line + 1
        self.errors.append(InputError(Place(self.file, line, self._path()), problem))

    def _path(self) -> str:
        steps: list[Step] = []
        for parent in self.open:
            if not parent.is_mapping:
                steps.append(len(parent.items))
            elif parent.key is not None:
                steps.append(parent.key.text)
        return dotted(steps)
