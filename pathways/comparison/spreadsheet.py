"""Writes sheets of headings and rows as a workbook; the same sheets give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Sheet = tuple[Sequence[str], Iterable[Sequence[Any]]]
"""Headings, and rows of numbers, truth values, text and None."""

WIDEST = 60
LONGEST_CELL = 32_767
MADE = datetime(2000, 1, 1)
"""The same for all files: the day of a run stands elsewhere."""

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_workbook(sheets: Mapping[str, Sheet], file: BinaryIO) -> None:
    """Write sheets into an open file, each under its name.

    Parameters
    ----------
    sheets : mapping from str to tuple
        Headings and rows. Numbers keep 16 digits. Text stays text, also where it looks like a
        formula; text longer than a cell may be is cut.
    file : binary file
    """
    from xlsxwriter import Workbook

    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"author": "Pathways", "created": MADE})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for name, (headings, rows) in sheets.items():
            _fill(book.add_worksheet(name), headings, list(rows), heading)


def _fill(
    sheet: Worksheet, headings: Sequence[str], rows: Sequence[Sequence[Any]], heading: Format
) -> None:
    sheet.freeze_panes(1, 1)
    for column, text in enumerate(headings):
        longest = max((len(str(row[column])) for row in rows if row[column] is not None), default=0)
        sheet.set_column(column, column, min(max(len(text), longest) + 2, WIDEST))
        sheet.write_string(0, column, _text(text), heading)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write(sheet, number, column, value)


def _write(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _text(str(value)))


def _text(value: str) -> str:
    """Return a text as a cell can hold it."""
    return _NOT_IN_XML.sub("", value)[:LONGEST_CELL]
