"""Quantities worked out by hand, every unit against its definition, and every refusal."""

import math
from fractions import Fraction
from itertools import product

import pytest

from pathways.errors import ValueProblem
from pathways.reading import units
from pathways.reading.quantities import (
    format_quantity,
    parse_either_quantity,
    parse_number,
    parse_quantity,
    quantity_pattern,
)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("80 mg", "mg", 80.0),
        ("80mg", "mg", 80.0),
        ("0.1 mg", "mg", 0.1),
        ("0.1 g", "mg", 100.0),
        ("250 ug", "mg", 0.25),
        ("250 mcg", "mg", 0.25),
        ("250 µg", "mg", 0.25),
        ("2 h", "min", 120.0),
        ("0.1 h", "min", 6.0),
        ("1.1 h", "min", 66.0),
        ("40 min", "h", 40 / 60),
        ("4 week", "d", 28.0),
        ("1 wk", "d", 7.0),
        ("1 year", "d", 365.0),
        ("0.3 week", "d", 2.1),
        ("1e-1 week", "d", 0.7),
        ("0.5 mg/kg", "mg/kg", 0.5),
        ("0.5 mg per kg", "mg/kg", 0.5),
        ("5 ug/kg/min", "mg/kg/h", 0.3),
        ("20 mg/h", "mg/h", 20.0),
        ("79 L/h", "L/h", 79.0),
        ("185 ng/mL", "ng/mL", 185.0),
        ("0.185 mg/L", "ng/mL", 185.0),
        ("70 kg", "kg", 70.0),
        ("25 %", "1", 0.25),
        ("25%", "percent", 25.0),
        ("0.07", "1", 0.07),
        ("7 %", "1", 0.07),
        ("0.02 /year", "1/year", 0.02),
        ("0.02 1/year", "1/year", 0.02),
        ("0.02 per year", "1/year", 0.02),
        ("365 /year", "1/d", 1.0),
        ("600 GBP", "GBP", 600.0),
        ("20000 GBP/QALY", "GBP/QALY", 20000.0),
        ("1e3 mg", "mg", 1000.0),
        ("1.5E-3 g", "mg", 1.5),
        ("-5 mg", "mg", -5.0),
        ("123456789012345 mg", "mg", 123456789012345.0),
        ("100000000000000000000 mg", "mg", 1e20),
    ],
)
def test_worked_quantities_are_exact(text, unit, value):
    assert parse_quantity(text, unit) == value


def test_zero_has_no_sign():
    assert math.copysign(1.0, parse_quantity("-0 mg", "mg")) == 1.0
    assert math.copysign(1.0, parse_number("-0.0")) == 1.0


def test_every_pair_of_units_agrees_with_the_table():
    for (name, unit), (other, target) in product(units.UNITS.items(), repeat=2):
        expected = Fraction(unit.size, target.size) if unit.dimension == target.dimension else None
        assert units.factor(name, other) == expected, (name, other)
        per_hour = units.factor(f"{name}/h", f"{other}/min")
        assert per_hour == (expected / 60 if expected is not None else None), (name, other)


def test_every_spelling_is_read():
    for name, unit in units.UNITS.items():
        for spelling in (name, *unit.spellings):
            assert parse_quantity(f"3 {spelling}", name) == 3.0


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("80", "mg", "`80` has no unit; write `80 mg`"),
        ("0.25", "percent", "`0.25` has no unit; write `0.25 %`"),
        ("80 mL", "mg", "`80 mL` is a volume; write a mass of drug, in mg"),
        ("80 kg", "mg", "`80 kg` is a body weight; write a mass of drug"),
        ("80 mg", "mg/kg", "`80 mg` is a mass of drug; write a dose per body weight, in mg/kg"),
        ("0.5 mg/kg", "1", "`0.5 mg/kg` is a dose per body weight; write a plain number"),
        ("5 %", "mg", "`5 %` is a share; write a mass of drug"),
        ("600 USD", "GBP", "is an amount in US dollars; write an amount in pounds, in GBP"),
        ("600 EUR", "GBP", "is an amount in euros; write an amount in pounds, in GBP"),
        ("5 mg/d", "mg/d/d", "`5 mg/d` is a rate of infusion; write a quantity in mg/d/d"),
        ("80 mgs", "mg", "the unit `mgs` is not known; did you mean `mg`?"),
        ("80 MG", "mg", "the unit `MG` is not known; did you mean `mg`?"),
        ("6 month", "d", "a month has no fixed length; write it in d or week"),
        ("6 months", "d", "a month has no fixed length"),
        ("30 m", "min", "write min for minutes"),
        ("80 mg/", "mg", "a unit is missing beside `/`"),
        ("80 mg//kg", "mg/kg", "a unit is missing beside `/`"),
        ("80 mg mg", "mg", "the unit `mg mg` is not known"),
        ("", "mg", "is empty"),
        ("  ", "mg", "is empty"),
        ("mg", "mg", "does not start with a number"),
        ("eighty mg", "mg", "does not start with a number"),
        ("٣ mg", "mg", "does not start with a number"),
        ("nan mg", "mg", "is not a number"),
        (".nan", "mg", "is not a number"),
        ("-inf mg", "mg", "is not a number"),
        ("infinity mg", "mg", "is not a number"),
        ("+5 mg", "mg", "has a plus sign; leave it out"),
        (".5 mg", "mg", "starts with a point; write the 0 before it"),
        ("5. mg", "mg", "has a point without digits"),
        ("1.2.3 mg", "mg", "has two decimal points"),
        ("1_000 mg", "mg", "has an underscore"),
        ("010 mg", "mg", "`010 mg` starts with a 0 too many; write `10 mg`"),
        ("-00.5 mg", "mg", "write `-0.5 mg`"),
        ("00 mg", "mg", "write `0 mg`"),
        ("0x10 mg", "mg", "write it in decimal digits"),
        ("0o10 mg", "mg", "write it in decimal digits"),
        ("1,000 mg", "mg", "write thousands without it"),
        ("0,5 mg", "mg", "write decimals with a point"),
        ("80-100 mg", "mg", "is a range"),
        ("80 to 100 mg", "mg", "is a range"),
        ("80 100 mg", "mg", "has two numbers"),
        ("- 5 mg", "mg", "write `-` directly before the digits"),
        ("−5 mg", "mg", "write `-` directly before the digits"),
        ("£600", "GBP", "write it as `600 GBP`"),
        ("600 £", "GBP", "write the currency after the number"),
        ("1e mg", "mg", "has an exponent without digits"),
        ("1e400 mg", "mg", "too large"),
        ("1e99999999999999999999 mg", "mg", "too large"),
        ("1e-99999999999999999999 mg", "mg", "too small"),
        ("1e300 g", "ng", "too large"),
        ("1e-300 ng", "g", "too small"),
        ("1.23456789012345678 mg", "mg", "more than 15 significant digits; round it"),
        ("1234567890123456 mg", "mg", "more than 15 significant digits"),
        ("1" * 81, "mg", "too long"),
    ],
)
def test_refusals_say_the_remedy(text, unit, said):
    with pytest.raises(ValueProblem) as caught:
        parse_quantity(text, unit)
    assert said in str(caught.value)


def test_plain_numbers_take_no_unit():
    assert parse_number("0.25") == 0.25
    with pytest.raises(ValueProblem, match="a plain number is expected"):
        parse_number("25 %")


def test_either_unit_is_told_by_what_was_written():
    doses = ("mg", "mg/kg")
    assert parse_either_quantity("0.1 g", doses) == (100.0, "mg")
    assert parse_either_quantity("500 ug/kg", doses) == (0.5, "mg/kg")
    both = "write a mass of drug, in mg or a dose per body weight, in mg/kg"
    for text, said in (("80 mL", f"is a volume; {both}"), ("80", f"has no unit; {both}")):
        with pytest.raises(ValueProblem, match=said):
            parse_either_quantity(text, doses)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (80.0, "mg", "80 mg"),
        (0.25, "1", "0.25"),
        (30.0, "percent", "30 %"),
        (1e22, "mg", "1e+22 mg"),
    ],
)
def test_formatted_quantities_read_back(value, unit, text):
    assert format_quantity(value, unit) == text
    assert parse_quantity(text, unit) == value


def test_patterns_accept_what_the_reader_accepts():
    import re

    accepted = {"mg": "80 mg", "mg/kg/h": "0.1 ug/kg/min", "1/year": "2 /year", "percent": "5 %"}
    for unit, text in accepted.items():
        assert re.search(quantity_pattern(unit), text)
        assert not re.search(quantity_pattern(unit), "80 mL")
        assert re.search(quantity_pattern(unit), text.replace("/", " per ").replace("  ", " "))
        assert not re.search(quantity_pattern(unit), "80")


@pytest.mark.parametrize(
    ("unit", "text", "value"),
    [
        ("1/year", "0.1 per year", 0.1),
        ("mg/kg", "0.5 mg per kg", 0.5),
        ("mg/kg/h", "3 mg/kg per h", 3.0),
    ],
)
def test_patterns_accept_per_as_the_reader_does(unit, text, value):
    import re

    assert parse_quantity(text, unit) == value
    assert re.search(quantity_pattern(unit), text)
    assert not re.search(quantity_pattern(unit), text.replace("per ", "pr "))
