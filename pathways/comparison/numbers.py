"""Numbers of a comparison as the terminal shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pathways.outcomes.headline import DIGITS, WHOLE_MONEY_FROM

Row = Mapping[str, Any]

MINUS = "\N{MINUS SIGN}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
FEWEST_DIGITS, MOST_DIGITS = 3, 6
SHARES = ("share_", "false_positive_rate")
THOUSAND, MILLION = 1_000, 1_000_000


def signed_amount(value: float) -> str:
    """Return a difference of QALYs: three decimals, or two digits that say something.

    A difference of nothing is ``0``.
    """
    if not value:
        return "0"
    digits = 1 - math.floor(math.log10(abs(value)))
    return signed(value, min(max(digits, FEWEST_DIGITS), MOST_DIGITS))


def signed(value: float, digits: int) -> str:
    """Return a number with its sign; none on what rounds to nothing."""
    text = f"{abs(value):,.{digits}f}"
    if not text.strip("0.,"):
        return text
    return (MINUS if value < 0.0 else "+") + text


def is_share(measure: str) -> bool:
    """Tell whether a measure is a share, shown in percent."""
    return measure.startswith(SHARES)


def is_money(row: Row) -> bool:
    """Tell whether a row is about money."""
    return "_cost_" in row["measure"]


def estimate_cell(row: Row | None) -> str:
    """Return an estimate, and below it the larger half of its 95 % interval."""
    if row is None:
        return ""
    if row["value"] is None:
        return str(row["note"] or "").rpartition("; ")[2].replace(" ", "\n")
    digits = _digits(row)
    factor = 100.0 if is_share(row["measure"]) else 1.0
    shown = f"{factor * row['value']:,.{digits}f}"
    half = _half(row)
    return shown if half is None else f"{shown}\n{PLUS_MINUS}{factor * half:,.{digits}f}"


def difference_cell(row: Row | None) -> str:
    """Return a difference with its sign, and below it half of its 95 % interval."""
    if row is None:
        return ""
    value = row["difference"]
    if value is None:
        return "none"
    half = _half(row, "difference")
    if is_money(row):
        shown, digits = signed(value, _digits(row, "difference")), _digits(row, "difference")
    else:
        shown = signed_amount(value)
        digits = len(shown.rpartition(".")[2]) if "." in shown else 0
    return shown if not half else f"{shown}\n{PLUS_MINUS}{half:,.{digits}f}"


def per_thousand_cell(row: Row) -> str:
    """Return a difference of counts per thousand referrals, and half of its 95 % interval."""
    if not row["standard_error"] and not row["difference"]:
        return "0"
    shown, half = signed(THOUSAND * row["difference"], 1), _half(row, "difference")
    return shown if not half else f"{shown}\n{PLUS_MINUS}{THOUSAND * half:,.1f}"


def patients(number: int | None) -> str:
    """Return a number of patients, millions rounded."""
    if number is None:
        return ""
    return f"{number:,}" if number < MILLION else f"{number / MILLION:,.0f} million"


def _half(row: Row, name: str = "value") -> float | None:
    """Return the longer side of the interval, None where an end is missing."""
    if row["low"] is None or row["high"] is None or row[name] is None:
        return None
    return max(row["high"] - row[name], row[name] - row["low"])


def _digits(row: Row, name: str = "value") -> int:
    if is_share(row["measure"]):
        return 1
    if is_money(row):
        return 0 if abs(row[name]) >= WHOLE_MONEY_FROM else 2
    return 0 if row["measure"] == "patients" else DIGITS.get(row["unit"], 2)
