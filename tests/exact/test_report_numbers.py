"""How single numbers of the frames are written in the report."""

from __future__ import annotations

import pytest

from pathways.comparison.numbers import MINUS
from pathways.report.numbers import (
    Number,
    difference_cell,
    difference_digits,
    estimate_cell,
    rounded_count,
)


def estimate(measure: str, value: float | None, unit: str = "", **more: object) -> dict:
    row = {"measure": measure, "unit": unit, "value": value, "standard_error": 0.1}
    return {**row, "low": None, "high": None, "n": 10, "note": "", **more}


def difference(measure: str, value: float | None, unit: str = "", **more: object) -> dict:
    row = {"measure": measure, "unit": unit, "difference": value, "standard_error": 0.1}
    return {**row, "low": None, "high": None, "independent_patients": None, "note": "", **more}


@pytest.mark.parametrize(
    ("measure", "unit", "value", "text"),
    [
        ("share_treated", "", 0.8416, "84.2\N{NO-BREAK SPACE}%"),
        ("false_positive_rate", "", 1.0, "100.0\N{NO-BREAK SPACE}%"),
        ("mean_qaly", "QALY", 4.64613, "4.646"),
        ("mean_ketamine_mg", "mg", 6417.4, "6,417"),
        ("mean_pain", "NRS", 5.648, "5.65"),
        ("mean_cost_patient", "GBP", 99.994, "99.99"),
        ("mean_cost_patient", "GBP", 17752.6, "17,753"),
        ("cystitis_excess_per_100_years", "/100 a", 0.00049, "0.000"),
        ("patients", "", 16840.0, "16,840"),
        ("patient_years", "a", 41234.7, "41,235"),
        ("mean_qaly", "QALY", -0.25, f"{MINUS}0.250"),
    ],
)
def test_estimates_have_the_digits_of_their_unit(measure, unit, value, text):
    assert estimate_cell(estimate(measure, value, unit), "").value == Number(text, repr(value))


def test_interval_has_the_digits_of_its_estimate_and_the_exact_values():
    cell = estimate_cell(estimate("share_treated", 0.5, low=0.4004, high=0.6), "where it stands")
    assert (cell.low, cell.high) == (Number("40.0", "0.4004"), Number("60.0", "0.6"))
    assert cell.source == "where it stands"


@pytest.mark.parametrize(
    ("measure", "words"),
    [("median_wait_days", "not reached"), ("p99_ketamine_mg", "beyond the sample")],
)
def test_missing_end_of_an_interval_is_said_in_words(measure, words):
    cell = estimate_cell(estimate(measure, 480.0, "mg", low=320.0), "")
    assert (cell.low.text, cell.high) == ("320", Number(words))


def test_missing_estimate_gives_its_reason():
    row = estimate("median_wait_days", None, "d", note="of all; not reached")
    assert estimate_cell(row, "").value == Number("not reached")
    assert estimate_cell(estimate("mean_infusions", None), "").value.exact == ""


def test_only_money_is_written_with_its_currency_where_asked():
    money, other = estimate("mean_cost_patient", 1.0, "USD"), estimate("mean_qaly", 1.0, "QALY")
    assert [estimate_cell(money, "", with_currency=asked).unit for asked in (True, False)] == [
        "USD",
        "",
    ]
    assert estimate_cell(other, "", with_currency=True).unit == ""


@pytest.mark.parametrize(
    ("measure", "unit", "error", "digits"),
    [
        ("mean_qaly", "QALY", 0.2, 3),
        ("mean_qaly", "QALY", 0.0011, 3),
        ("mean_qaly", "QALY", 0.00099, 4),
        ("mean_qaly", "QALY", 1e-9, 6),
        ("mean_ketamine_mg", "mg", 30.0, 0),
        ("mean_ketamine_mg", "mg", 0.3, 1),
        ("mean_cost_patient", "GBP", 300.0, 0),
        ("mean_cost_patient", "GBP", 0.004, 2),
        ("share_treated", "", 0.0004, 2),
        ("mean_qaly", "QALY", None, 3),
    ],
)
def test_differences_have_the_digits_their_error_allows(measure, unit, error, digits):
    row = difference(measure, 1.0, unit, standard_error=error)
    assert difference_digits(row) == digits


def test_difference_is_signed_and_a_share_is_in_points():
    row = difference("share_treated", 0.302, low=-0.01, high=0.5, independent_patients=123456)
    cell = difference_cell(row, "")
    texts = [one.text for one in (cell.value, cell.low, cell.high, cell.further)]
    assert texts == ["+30.2", f"{MINUS}1.0", "+50.0", "123,000"]
    assert cell.further.exact == "123456"


def test_what_rounds_to_nothing_has_no_sign():
    row = difference("mean_infusions", -1e-7, standard_error=None, low=1e-7, high=2e-7)
    cell = difference_cell(row, "")
    assert [one.text for one in (cell.value, cell.low, cell.high)] == ["0.00"] * 3


def test_difference_that_is_alike_in_everybody_has_no_interval():
    row = difference("mean_life_years", 0.0, "a", standard_error=0.0, low=0.0, high=0.0)
    cell = difference_cell(row, "")
    assert (cell.low, cell.high, cell.note) == (None, None, "in every patient")


def test_difference_of_two_currencies_gives_the_reason():
    row = difference("mean_cost_patient", None, note="USD and GBP are not comparable")
    assert difference_cell(row, "").value == Number("USD and GBP are not comparable")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (7, "7"),
        (999, "999"),
        (12_345, "12,300"),
        (999_499, "999,000"),
        (999_500, "1 million"),
        (742_087_983, "742 million"),
        (1_020_000_000, "1.02 billion"),
        (625_933_568_747, "626 billion"),
        (1_234_000_000_000_000, "1,230 trillion"),
    ],
)
def test_large_counts_are_rounded_and_worded(count, text):
    assert rounded_count(count) == text
