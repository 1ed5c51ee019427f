"""Numbers with units, read exactly: ``80 mg``, ``0.5 mg/kg``, ``2 h``, ``28 d``, ``600 GBP``.

A number is read as a decimal, multiplied by an exact fraction and rounded once, so ``2 h`` in
minutes is 120.0 and nothing like 119.99999999999999 can appear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from pathways.errors import ValueProblem, shown
from pathways.reading import units

MOST_DIGITS = 15
LONGEST_QUANTITY = 80
_LARGEST_EXPONENT = 300
NUMBER_PATTERN = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,80}")
_LEADING_ZEROS = re.compile(r"(-?)0+(?=[0-9])")
_QUANTITY = re.compile(rf"({NUMBER_PATTERN})[ \t]*(.*)", re.DOTALL)
_BEFORE_THE_NUMBER = (
    (re.compile(r"[-+]?\.?(nan|inf|infinity)\b", re.IGNORECASE), "is not a number; write digits"),
    (re.compile(r"\+"), "has a plus sign; leave it out"),
    (re.compile(r"[£$€]"), "starts with a currency sign; write it as `600 GBP`"),
    (re.compile(r"[-\u2212\u2013]"), "has an odd minus sign; write `-` directly before the digits"),
    (re.compile(r"\."), "starts with a point; write the 0 before it"),
)
_AFTER_THE_NUMBER = (
    (re.compile(r"_"), "has an underscore; write the digits without it"),
    (re.compile(r",[0-9]{3}\b"), "has a comma; write thousands without it, decimals with a point"),
    (re.compile(r","), "has a comma; write decimals with a point"),
    (re.compile(r"\.[0-9]"), "has two decimal points; keep one"),
    (re.compile(r"\."), "has a point without digits behind it; delete the point"),
    (re.compile(r"[xXoO][0-9a-fA-F]"), "is not a decimal number; write it in decimal digits"),
    (re.compile(r"[eE][+-]?\s|[eE][+-]?$"), "has an exponent without digits; delete it"),
    (re.compile(r"[-\u2013]|to\b"), "is a range; write one number, or a distribution"),
    (re.compile(r"(?!1\s*/)[0-9]"), "has two numbers; write one number and one unit"),
)


def parse_quantity(text: str, unit: str) -> float:
    """Return the number of `unit` that `text` stands for.

    Parameters
    ----------
    text
        A number and a unit, such as ``"80 mg"``. For the unit ``"1"`` a plain number or percent.
    unit
        The unit of the answer, such as ``"mg"``, ``"mg/kg/h"``, ``"d"``, ``"1/year"`` or ``"1"``.
        Of units that measure the same thing any may be written (``2 h`` for minutes). A week is
        7 d and a year is 365 d exactly.

    Returns
    -------
    float
        The double nearest to the exact value; never NaN, infinite, denormal or -0.0.

    Raises
    ------
    ValueProblem
        For text that is not a number with a unit, an unknown or missing unit, a unit of something
        else, a number too large, too small, or with more than 15 significant digits.
    """
    number, given = _split(text)
    if not given and unit != units.DIMENSIONLESS:
        problem = f"{shown(text)} has no unit; write {shown(f'{text.strip()} {short(unit)}')}"
        raise ValueProblem(problem)
    return _as_float(number * _factor(text, given or units.DIMENSIONLESS, unit), text)


def parse_either_quantity(text: str, choices: Sequence[str]) -> tuple[float, str]:
    """Return the number and which of the units `choices` measures what `text` does.

    Raises
    ------
    ValueProblem
        As :func:`parse_quantity`, naming all of `choices`.
    """
    number, given = _split(text)
    expected = " or ".join(_expected(unit) for unit in choices)
    if not given:
        raise ValueProblem(f"{shown(text)} has no unit; write {expected}")
    try:
        unit = next((u for u in choices if units.dimension(u) == units.dimension(given)), None)
    except ValueProblem as unknown:
        problem = f"{shown(text)}: {unknown.problem}"
        raise ValueProblem(problem, expected, _fitting(unknown.nearest, choices)) from None
    if unit is None:
        raise ValueProblem(f"{shown(text)} is {units.dimension_words(given)}; write {expected}")
    return _as_float(number * _factor(text, given, unit), text), unit


def parse_number(text: str) -> float:
    """Return the plain number that `text` stands for: no unit, no percent.

    Raises
    ------
    ValueProblem
        As :func:`parse_quantity`, and for anything after the number.
    """
    number, given = _split(text)
    if given:
        problem = f"{shown(text)} has a unit; a plain number is expected here"
        raise ValueProblem(problem)
    return _as_float(number, text)


def parse_whole_number(text: str) -> int:
    """Return the whole number that `text`, digits only, stands for.

    Raises
    ------
    ValueProblem
        For anything but digits with perhaps a ``-`` before them, and for leading zeros.
    """
    _refuse_leading_zeros(text)
    if _WHOLE_NUMBER.fullmatch(text) is None:
        raise ValueProblem(f"{shown(text)} is not a whole number; write digits only")
    return int(text)


def split_quantity(text: str) -> tuple[Fraction, str]:
    """Return the exact number in `text` and the unit behind it, empty if there is none.

    Raises
    ------
    ValueProblem
        As :func:`parse_quantity`; the unit is not looked at.
    """
    return _split(text)


def format_quantity(value: float, unit: str) -> str:
    """Return `value` and its unit as they would be written: ``format_quantity(80.0, "mg")`` is
    ``80 mg``.
    """
    number = repr(float(value)).removesuffix(".0")
    return number if unit == units.DIMENSIONLESS else f"{number} {short(unit)}"


def short(unit: str) -> str:
    """Return the unit as it is shown: percent as ``%``, everything else as it is."""
    return "%" if unit == "percent" else unit


def quantity_pattern(unit: str) -> str:
    """Return the regular expression of quantities that can stand for `unit` (for editors)."""
    if unit == units.DIMENSIONLESS:
        return rf"^{NUMBER_PATTERN}( ?(%|percent))?$"
    parts = ["(" + "|".join(map(re.escape, names)) + ")" for names in units.spellings_like(unit)]
    lead = "((1 ?)?/ ?|per +)" if units.unit_parts(unit)[0] == units.DIMENSIONLESS else ""
    return rf"^{NUMBER_PATTERN} ?{lead}{'( ?/ ?| +per +)'.join(parts)}$"


def _split(text: str) -> tuple[Fraction, str]:
    stripped = text.strip(" \t")
    if not stripped:
        raise ValueProblem("the value is empty; write a number")
    if len(stripped) > LONGEST_QUANTITY:
        raise ValueProblem(f"{shown(text)} is too long for a number with a unit")
    _refuse_leading_zeros(stripped)
    found = _QUANTITY.fullmatch(stripped)
    if found is None:
        raise ValueProblem(_not_a_number(text, stripped))
    number, given = found.groups()
    if complaint := _first_match(_AFTER_THE_NUMBER, given):
        raise ValueProblem(f"{shown(text)} {complaint}")
    return _exact(number, text), given


def _refuse_leading_zeros(text: str) -> None:
    # Some programs read 010 as 10, others as 8.
    if _LEADING_ZEROS.match(text):
        plain = _LEADING_ZEROS.sub(r"\1", text, count=1)
        raise ValueProblem(f"{shown(text)} starts with a 0 too many; write {shown(plain)}")


def _not_a_number(text: str, stripped: str) -> str:
    complaint = _first_match(_BEFORE_THE_NUMBER, stripped)
    return f"{shown(text)} {complaint or 'does not start with a number'}"


def _first_match(complaints: tuple[tuple[re.Pattern[str], str], ...], text: str) -> str | None:
    return next((words for pattern, words in complaints if pattern.match(text)), None)


def _exact(number: str, text: str) -> Fraction:
    # The exponent is looked at before anything is computed: 1e999999999 would fill the memory.
    mantissa, _, exponent = number.lower().partition("e")
    power = int(exponent or 0)
    if abs(power) > _LARGEST_EXPONENT:
        raise ValueProblem(f"{shown(text)} is too {'large' if power > 0 else 'small'} to be held")
    if len(mantissa.replace(".", "").lstrip("-").strip("0")) > MOST_DIGITS:
        problem = f"{shown(text)} has more than {MOST_DIGITS} significant digits; round it"
        raise ValueProblem(problem)
    return Fraction(mantissa) * Fraction(10) ** power


def _as_float(exact: Fraction, text: str) -> float:
    # Well inside the range of normal doubles: neither infinity nor denormal, and 0, not -0.
    largest = 10**_LARGEST_EXPONENT
    if exact and not Fraction(1, largest) <= abs(exact) <= largest:
        raise ValueProblem(
            f"{shown(text)} is too {'large' if abs(exact) > 1 else 'small'} to be held"
        )
    return float(exact)


def _factor(text: str, given: str, unit: str) -> Fraction:
    try:
        factor = units.factor(given, unit)
    except ValueProblem as unknown:
        problem = f"{shown(text)}: {unknown.problem}"
        raise ValueProblem(problem, _expected(unit), _fitting(unknown.nearest, [unit])) from None
    if factor is None:
        problem = f"{shown(text)} is {units.dimension_words(given)}; write {_expected(unit)}"
        raise ValueProblem(problem)
    return factor


def _fitting(spelling: str | None, choices: Sequence[str]) -> str | None:
    """Return a spelling of a unit if it could stand in one of `choices`, else None."""
    fitting = [names for unit in choices for names in units.spellings_like(unit)]
    return spelling if any(spelling in names for names in fitting) else None


def _expected(unit: str) -> str:
    words = units.dimension_words(unit)
    return words if words.endswith(unit) or unit == "1" else f"{words}, in {short(unit)}"
