"""Workbooks: what is written is what a reader of workbooks finds, and the bytes repeat."""

from __future__ import annotations

import io

import openpyxl
import pytest

from pathways.comparison.spreadsheet import LONGEST_CELL, WIDEST, write_workbook

ROWS = [
    ("a", 1, 0.1, True, None),
    ("=1+1", -7, 1e-300, False, "x"),
    ("<b>&amp; \"quoted\" 'so'", 2**53, 5e300, True, " spaces  and\nlines "),
    ("é ° − ± \N{GRINNING FACE}", 0, 0.1234567890123456, False, "#N/A"),
]
HEADINGS = ("text", "whole", "number", "flag", "perhaps")


def written(sheets) -> bytes:
    file = io.BytesIO()
    write_workbook(sheets, file)
    return file.getvalue()


def read(sheets):
    return openpyxl.load_workbook(io.BytesIO(written(sheets)))


def test_values_come_back_as_they_were():
    sheet = read({"one": (HEADINGS, ROWS)})["one"]
    first, *rest = sheet.iter_rows(values_only=True)
    assert first == HEADINGS
    assert rest == ROWS
    assert [type(value) for value in rest[1]] == [str, int, float, bool, str]


def test_text_that_looks_like_a_formula_or_an_error_is_text():
    sheet = read({"one": (HEADINGS, ROWS)})["one"]
    kinds = {cell.value: cell.data_type for row in sheet for cell in row}
    assert (kinds["=1+1"], kinds["#N/A"]) == ("s", "s")


def test_headings_are_bold_and_stay_in_sight():
    sheet = read({"one": (HEADINGS, ROWS)})["one"]
    assert [cell.font.bold for cell in sheet[1]] == [True] * len(HEADINGS)
    assert not sheet["A2"].font.bold
    assert sheet.freeze_panes == "B2"


def test_columns_are_as_wide_as_their_text_but_not_wider_than_a_screen():
    sheet = read({"one": (("a", "heading"), [("x" * 300, 1), ("y", 2)])})["one"]
    # Widths in the file hold a cell's margins too.
    widths = [int(sheet.column_dimensions[letter].width) for letter in "AB"]
    assert widths == [WIDEST, len("heading") + 2]


def test_sheets_keep_names_and_order_and_may_be_empty():
    book = read({"exit reasons": (("a",), []), "R&D": (("b",), [(1,)])})
    assert book.sheetnames == ["exit reasons", "R&D"]
    assert list(book["exit reasons"].iter_rows(values_only=True)) == [("a",)]


def test_more_columns_than_letters():
    headings = tuple(f"h{place}" for place in range(800))
    sheet = read({"wide": (headings, [tuple(range(800))])})["wide"]
    assert sheet["Z1"].value == "h25" and sheet["AA2"].value == 26
    assert sheet["ZZ1"].value == "h701" and sheet["AAA2"].value == 702


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1f", "\ufffe", "\ud800"])
def test_what_no_xml_can_hold_is_left_out(bad):
    assert read({"one": ((f"a{bad}",), [(f"b{bad}c",)])})["one"]["A2"].value == "bc"


def test_cell_that_is_too_long_is_cut():
    assert len(read({"one": (("a",), [("x" * 40_000,)])})["one"]["A2"].value) == LONGEST_CELL


def test_bytes_repeat():
    assert written({"one": (HEADINGS, ROWS)}) == written({"one": (HEADINGS, iter(ROWS))})
