"""Numbers given as options: read as strictly as those in a file, and refused in the same words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial


def whole_number(option: str) -> Callable[[str | int], int]:
    """Return what ``typer.Option(parser=...)`` reads a whole number with.

    Parameters
    ----------
    option
        Name of the option without its dashes, for the message.
    """
    return partial(_whole_number, option)


def number(option: str) -> Callable[[str | float], float]:
    """Return what ``typer.Option(parser=...)`` reads a number with.

    Parameters
    ----------
    option
        Name of the option without its dashes, for the message.
    """
    return partial(_number, option)


def _whole_number(option: str, written: str | int) -> int:
    from pathways.reading.quantities import parse_whole_number

    return _read(option, written, parse_whole_number)


def _number(option: str, written: str | float) -> float:
    from pathways.reading.quantities import parse_number

    return _read(option, written, parse_number)


def _read(option: str, written: str | float, parse: Callable[[str], float]) -> float:
    from pathways.errors import Place, ValueProblem

    if not isinstance(written, str):
        return written  # a default
    try:
        return parse(written)
    except ValueProblem as found:
        raise found.at(Place(path=option)) from None
