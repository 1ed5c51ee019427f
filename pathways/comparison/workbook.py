"""``results.xlsx``: the comparison for people who work in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pathways.comparison.frames import rows_of
from pathways.comparison.notes import notes
from pathways.outcomes import schema
from pathways.outcomes.summary import ALL, COSTS

if TYPE_CHECKING:
    import pandas
    from openpyxl import Workbook

    from pathways.comparison.comparison import Comparison

WIDEST = 60
EXIT = "share_exit_"
LONGEST_CELL = 32_767
ALL_PAYERS = "mean_cost_all_payers"
BLOCK, PAIRED = "all referrals", "paired difference from "

Table = tuple[Sequence[str], Iterable[Sequence[Any]]]


def workbook(comparison: Comparison) -> Workbook:
    """Return the workbook: numbers as exact as the frames hold them."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    # The day of the run is in run.json; the same comparison gives the same workbook.
    book.properties.creator = "Pathways"
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    for name, (headings, rows) in sheets(comparison).items():
        _fill(book.create_sheet(name), headings, rows)
    return book


def sheets(comparison: Comparison) -> dict[str, Table]:
    """Return headings and rows of every sheet."""
    wide = _Wide(comparison)
    return {
        "headline": _of_frame(comparison.headline),
        "differences": _of_frame(comparison.differences),
        "exit reasons": wide.exits(),
        "harms": wide.harms(),
        "costs": wide.costs(),
        "scenario differences": _of_frame(comparison.scenario_differences),
        "notes": (("what", "text"), notes(comparison)),
    }


class _Wide:
    """Tables with a column for each policy."""

    def __init__(self, comparison: Comparison) -> None:
        self.names, self.reference = comparison.names, comparison.reference
        self.estimates = {
            (row["policy"], row["measure"]): row
            for row in rows_of(comparison.headline)
            if row["block"] == ALL
        }
        self.differences = {
            (row["policy"], row["measure"]): row
            for row in rows_of(comparison.differences)
            if row["reference"] == comparison.reference
        }

    def exits(self) -> Table:
        """Return the share of all referrals by why treatment ended."""
        measures = [m for p, m in self.estimates if p == self.names[0] and m.startswith(EXIT)]
        rows = [
            (measure.removeprefix(EXIT).replace("_", " "), *self._values(measure))
            for measure in measures
        ]
        return ("end of treatment, share of all referrals", *self.names), rows

    def harms(self) -> Table:
        """Return chronic harms: background, excess and paired excess; then harms of an infusion."""
        rows = []
        for harm in schema.CHRONIC_HARMS:
            for cause in schema.CAUSES:
                measure = f"{harm}_{cause}_per_100_years"
                rows.append((harm, cause, "per 100 patient-years", *self._values(measure)))
            paired = self._differences(f"mean_{harm}_excess")
            rows.append((harm, f"paired excess from {self.reference}", "per referral", *paired))
        for harm in schema.ACUTE_HARMS:
            shares = self._values(f"share_{harm}_per_infusion")
            rows.append((harm, "of an infusion", "share of infusions", *shares))
        return ("harm", "cause", "unit", *self.names), rows

    def costs(self) -> Table:
        """Return mean costs by payer and line, then their paired differences."""
        measures = [f"mean_{cost}" for cost in COSTS]
        rows = [(_cost_words(m), BLOCK, *self._values(m)) for m in measures]
        rows += [
            (_cost_words(m), PAIRED + self.reference, *self._differences(m))
            for m in (ALL_PAYERS, *measures)
        ]
        currencies = [
            self.estimates[name, measures[0]]["unit"] or "no price book" for name in self.names
        ]
        return ("cost per referral", "of", *self.names), [("currency", "", *currencies), *rows]

    def _values(self, measure: str) -> list[float | None]:
        return [self.estimates[name, measure]["value"] for name in self.names]

    def _differences(self, measure: str) -> list[float | None]:
        return [
            self.differences[name, measure]["difference"] if name != self.reference else None
            for name in self.names
        ]


def _cost_words(measure: str) -> str:
    return measure.removeprefix("mean_cost_").replace("_", " ")


def _of_frame(frame: pandas.DataFrame) -> Table:
    return list(frame), [tuple(row.values()) for row in rows_of(frame)]


def _fill(sheet: Any, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a sheet from the top down; widths and what is frozen must be said before the rows."""
    from openpyxl.utils import get_column_letter

    rows = [[_written(value) for value in row] for row in rows]
    for column, heading in enumerate(headings):
        longest = max((len(str(row[column])) for row in rows if row[column] is not None), default=0)
        width = max(len(str(heading)), longest) + 2
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(width, WIDEST)
    sheet.freeze_panes = "B2"
    sheet.append([_heading(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _heading(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(sheet, _written(text))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _written(value: Any) -> Any:
    """Return a value as a cell can hold it."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return value
    return ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL]


def _cell(sheet: Any, value: Any) -> Any:
    """Return what is appended for a value; text stays text, even if it looks like a formula."""
    if not isinstance(value, str) or not value.startswith(("=", "#")):
        return value
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell
