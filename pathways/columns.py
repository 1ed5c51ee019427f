"""The columns of every frame written out as Markdown, for docs/python.md.

``python -m pathways.columns`` (run it at the root of the repository) puts them there after a change
of :mod:`pathways.outcomes.schema` or :mod:`pathways.comparison.schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pathways.comparison.schema import DIFFERENCES
from pathways.outcomes.schema import (
    CURRENCY,
    EVENTS,
    FLAG,
    FLOAT,
    INTEGER,
    OBSERVATIONS,
    PATIENTS,
    SUMMARY,
    TEXT,
    WEEKLY,
    Column,
)

DOCUMENT = Path("docs/python.md")
START = "<!-- columns: python -m pathways.columns -->\n"
END = "<!-- end of columns -->\n"
HEADINGS = ("Column", "Type", "Unit", "Meaning", "Empty")
MASKED = {INTEGER: "Int64", FLOAT: "Float64", FLAG: "boolean"}


class Frame(NamedTuple):
    """A frame of the Python interface: where it is, its columns, and what one row is."""

    name: str
    columns: tuple[Column, ...]
    row: str


POLICY = Column("policy", TEXT, "", "the policy")
FRAMES = (
    Frame(
        "Result.patients",
        PATIENTS,
        "each patient, in order. Days count from the patient's referral",
    ),
    Frame(
        "Result.weekly",
        WEEKLY,
        "each clinic and calendar week. Counts are taken on its last simulated day",
    ),
    Frame("Result.events", EVENTS, "each event, by patient, then as they happened"),
    Frame(
        "Result.observations",
        OBSERVATIONS,
        "each patient and observed day, in order; None without `observed_days`",
    ),
    Frame("Result.summary", SUMMARY, "each headline measure of each block"),
    Frame("Comparison.headline", (POLICY, *SUMMARY), "each policy, block and measure"),
    Frame("Comparison.differences", DIFFERENCES, "each policy, reference and measure"),
)


def columns_markdown() -> str:
    """Return a heading and a table for each frame."""
    return "\n".join(_frame(frame) for frame in FRAMES)


def with_columns(page: str) -> str:
    """Return a page with the tables between its marks.

    Raises
    ------
    ValueError
        If the page does not have both marks.
    """
    before, _, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the page needs the lines {START!r} and {END!r}")
    return f"{before}{START}\n{columns_markdown()}\n{END}{after}"


def pandas_type(column: Column) -> str:
    """Return the type of a column in the frames; it never depends on the data."""
    if column.type == TEXT:
        return "category" if column.words else "str"
    return MASKED.get(column.type, column.type) if column.null else column.type


def main() -> None:
    """Write the tables into the page; see the module's first lines."""
    page = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_columns(page), encoding="utf-8", newline="\n")


def _frame(frame: Frame) -> str:
    table = "".join(f"| {' | '.join(row)} |\n" for row in _rows(frame.columns))
    return f"### `{frame.name}`\n\nOne row for {frame.row}.\n\n{table}"


def _rows(columns: Iterable[Column]) -> Iterator[tuple[str, ...]]:
    yield HEADINGS
    yield ("---",) * len(HEADINGS)
    first_with: dict[tuple[str, ...], str] = {}
    for column in columns:
        first = first_with.setdefault(column.words, column.name)
        unit = f"`{CURRENCY}`" if column.unit == CURRENCY else column.unit
        meaning = column.meaning + _words(column, first)
        yield (f"`{column.name}`", pandas_type(column), unit, meaning, column.null)


def _words(column: Column, first: str) -> str:
    """Return the words a column may hold, or the column of the frame that has the same."""
    if not column.words:
        return ""
    if first != column.name:
        return f"; words as in `{first}`"
    return ": " + ", ".join(f"`{word}`" for word in column.words)


if __name__ == "__main__":
    main()
