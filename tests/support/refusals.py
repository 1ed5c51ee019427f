"""What every refusal of the command line has in common."""

from __future__ import annotations

import re

import pytest

from pathways.cli import main

# Words of programmers, outside what is quoted from the file.
NOT_FOR_CLINICIANS = re.compile(
    r"Traceback|[a-z]Error\b|Exception|[Ee]rrno|pydantic|ruamel|typer|click|None\b|object at"
    r"|\b(int|float|str|bool|dict|tuple|mapping|sequence|integer|string|scalar|boolean)\b"
    r"|[Vv]alidat|[Pp]ars(e|ing)|[Tt]oken|Input should|instance|regex|\bclass\b|<[a-z]"
)


def plain(message: str) -> str:
    """Return a message without what it quotes, checked to be free of programmers' words."""
    words = re.sub(r"`[^`]*`", "``", message)
    assert NOT_FOR_CLINICIANS.search(words) is None, words
    return words


def refusal(*words: object, capsys: pytest.CaptureFixture) -> str:
    """Run a command that must refuse its input and return what it said."""
    code = main([str(word) for word in words])
    shown = capsys.readouterr()
    assert code == 2
    assert shown.out == ""
    plain(shown.err)
    return shown.err
