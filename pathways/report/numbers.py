"""Numbers of the comparison's frames as the report shows them, each with its exact value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pathways.comparison.numbers import Row, is_money, is_share, signed
from pathways.outcomes.headline import DIGITS, WHOLE_MONEY_FROM

SHARE_DIGITS = 1
OTHER_DIGITS = 2
CENTS = 2
COUNT_FIGURES = 3
LARGE = {10**12: "trillion", 10**9: "billion", 10**6: "million"}
WHOLE = ("patients", "patient_years")
"""Measures that are counted, whatever their unit."""
FURTHER_DIGITS = 3
"""A difference is written with up to so many digits more than the mean it is a difference of."""
NONE = "\N{EN DASH}"


@dataclass(frozen=True)
class Number:
    """One number of a frame.

    Attributes
    ----------
    text : str
        As shown.
    exact : str
        As it stands in the frame; empty where there is none.
    """

    text: str
    exact: str = ""


@dataclass(frozen=True)
class Cell:
    """One estimate with its interval.

    Attributes
    ----------
    source : str
        Where it stands: frame, policy, block or reference, measure.
    value : Number
    low, high : Number or None
        Ends of the 95 % interval.
    further : Number or None
        Patients that independent arms would have needed.
    unit : str
        Written before the number, if the row cannot say it for all of its cells.
    note : str
        In place of the interval.
    """

    source: str = ""
    value: Number = Number(NONE)
    low: Number | None = None
    high: Number | None = None
    further: Number | None = None
    unit: str = ""
    note: str = ""


EMPTY = Cell()


def estimate_cell(row: Row, source: str, *, with_currency: bool = False) -> Cell:
    """Return the cell of a row of the headline frame.

    Parameters
    ----------
    row : mapping
        Nulls as None.
    source : str
    with_currency : bool
        Whether the cell names the currency, because other cells of the row have another.
    """
    digits = _digits(row)
    unit = str(row["unit"]) if with_currency and is_money(row) else ""
    if row["value"] is None:
        return Cell(source, Number(_reason(row)))
    value = _number(row, "value", digits)
    return Cell(source, value, *_ends(row, digits), unit=unit)


def difference_cell(row: Row, source: str, *, with_currency: bool = False) -> Cell:
    """Return the cell of a row of the differences frame: signed, digits as its error allows.

    Parameters
    ----------
    row, source, with_currency
        As for :func:`estimate_cell`.
    """
    if row["difference"] is None:
        return Cell(source, Number(_reason(row)))
    digits = difference_digits(row)
    unit = str(row["unit"]) if with_currency and is_money(row) else ""
    value = _number(row, "difference", digits, with_plus=True)
    if row["standard_error"] == 0.0:
        return Cell(source, value, unit=unit, note="in every patient")
    needed = row["independent_patients"]
    further = None if needed is None else Number(rounded_count(int(needed)), repr(int(needed)))
    return Cell(source, value, *_ends(row, digits, with_plus=True), further, unit)


def difference_digits(row: Row) -> int:
    """Return the digits at which the standard error begins to show, within limits."""
    fewest, most = (0, CENTS) if is_money(row) else (_digits(row), _digits(row) + FURTHER_DIGITS)
    error = row["standard_error"]
    if not error:
        return fewest
    error *= 100.0 if _is_share(row) else 1.0
    return min(max(fewest, -math.floor(math.log10(error))), most)


def rounded_count(count: int) -> str:
    """Return an estimated count in three figures, large ones in words."""
    shift = max(0, len(str(count)) - COUNT_FIGURES)
    figures = (count + 10**shift // 2) // 10**shift * 10**shift
    for size, word in LARGE.items():
        if figures >= size:
            return f"{figures / size:,.4g} {word}"
    return f"{figures:,}"


def _number(row: Row, which: str, digits: int, *, with_plus: bool = False) -> Number:
    exact = row[which]
    shown = 100.0 * exact if _is_share(row) else exact
    text = signed(shown, digits)
    # A difference of shares is in percentage points, which the label of the row says.
    percent = "\N{NO-BREAK SPACE}%" if _is_share(row) and which == "value" else ""
    return Number((text if with_plus else text.lstrip("+")) + percent, repr(float(exact)))


def _is_share(row: Row) -> bool:
    return is_share(row["measure"])


def _ends(row: Row, digits: int, *, with_plus: bool = False) -> tuple[Number | None, Number | None]:
    if row["low"] is None and row["high"] is None or row["standard_error"] == 0.0:
        return None, None
    beyond = Number("not reached" if "wait" in row["measure"] else "beyond the sample")
    low, high = (
        beyond if row[end] is None else _number(row, end, digits, with_plus=with_plus)
        for end in ("low", "high")
    )
    return low, high


def _digits(row: Row) -> int:
    if row["measure"] in WHOLE:
        return 0
    if _is_share(row):
        return SHARE_DIGITS
    if is_money(row):
        return 0 if abs(row["value"] or 0.0) >= WHOLE_MONEY_FROM else CENTS
    return DIGITS.get(str(row["unit"]), OTHER_DIGITS)


def _reason(row: Row) -> str:
    return str(row["note"] or "").rpartition("; ")[2] or NONE
