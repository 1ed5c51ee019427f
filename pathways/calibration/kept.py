"""Results of simulations that the page rests on, as small files."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any, TypeVar

from pathways.calibration.bank import FOLDER
from pathways.calibration.checks import EmulatorCheck, Predicted
from pathways.calibration.screen import Screened
from pathways.errors import InputError, Place

SCREEN, PREDICTIVE, STAND_IN = "screen.csv", "predictive.csv", "stand_in.csv"
Row = TypeVar("Row", Predicted, EmulatorCheck)


def screen_text(found: Sequence[Screened], command: str) -> str:
    """Return the file of the screen: a row for each input, a column for each target."""
    targets = list(found[0].effects)
    rows = [[one.key, *(f"{one.effects[name]:.4g}" for name in targets)] for one in found]
    return _text(["input", *targets], rows, command)


def screen() -> list[Screened]:
    """Return the screen that comes with this version."""
    head, *rows = _read(SCREEN)
    targets = head[1:]
    return [Screened(row[0], dict(zip(targets, map(float, row[1:]), strict=True))) for row in rows]


def predictive_text(found: Iterable[Predicted], command: str) -> str:
    """Return the file of the posterior predictive checks."""
    return _rows_text(Predicted, found, command)


def predictive() -> list[Predicted]:
    """Return the posterior predictive checks that come with this version."""
    return _rows(Predicted, PREDICTIVE)


def stand_in_text(found: Iterable[EmulatorCheck], command: str) -> str:
    """Return the file that sets the stand-in beside simulations."""
    return _rows_text(EmulatorCheck, found, command)


def stand_in() -> list[EmulatorCheck]:
    """Return how far the stand-in is from simulations, as it comes with this version."""
    return _rows(EmulatorCheck, STAND_IN)


def _rows_text(kind: type[Row], found: Iterable[Row], command: str) -> str:
    names = [field.name for field in dataclasses.fields(kind)]
    return _text(names, [[_cell(getattr(one, name)) for name in names] for one in found], command)


def _rows(kind: type[Row], file: str) -> list[Row]:
    head, *rows = _read(file)
    types = {field.name: field.type for field in dataclasses.fields(kind)}
    return [
        kind(**{name: _value(types[name], cell) for name, cell in zip(head, row, strict=True)})
        for row in rows
    ]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return " ".join(f"{part:.6g}" for part in value)
    return "" if value is None else str(value)


def _value(kind: str, cell: str) -> Any:
    if kind == "float":
        return float(cell)
    if kind == "bool":
        return cell == "True"
    if kind.startswith("tuple"):
        return tuple(map(float, cell.split())) if cell else None
    return cell


def _text(head: Sequence[str], rows: Iterable[Sequence[str]], command: str) -> str:
    out = io.StringIO()
    out.write(f"# {command}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue()


def _read(file: str) -> list[list[str]]:
    item = resources.files("pathways.calibration") / FOLDER / file
    if not item.is_file():
        raise InputError(Place(file=file), "is not there", "made by experiments/calibrate.py")
    lines = item.read_text(encoding="utf-8").splitlines()
    return list(csv.reader(line for line in lines if not line.startswith("#")))
