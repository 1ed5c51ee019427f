"""Sums over quantities: exact, with units, and nothing else is understood."""

from fractions import Fraction

import pytest

from pathways.errors import ValueProblem
from pathways.studies.amounts import amount_of, decimal_text
from pathways.studies.expressions import LONGEST, read_constraint, read_sum

VALUES = {
    "a": amount_of("3"),
    "days": amount_of("28 d"),
    "share": amount_of("25 %"),
    "steps[0].rate": amount_of("0.35 mg/kg/h"),
    "window.from": amount_of("1 week"),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1 - 3", "-2"),
        ("-a * (2 + 1)", "-9"),
        ("1 / 3", "0.333333333333"),
        ("days / 2 + 1 d", "15 d"),
        ("2 * window.from", "2 week"),
        ("window.from + days", "5 week"),
        ("days + window.from", "35 d"),
        ("min(1 d, 20 h)", "20 h"),
        ("max(days, window.from, 90 d)", "90 d"),
        ("steps[0].rate * 4 h", "1.4 mg/kg"),
        ("steps.0.rate * 4 h", "1.4 mg/kg"),
        ("4 h * steps[0].rate", "1.4 mg/kg"),
        ("80 mg * share", "20 mg"),
        ("share * 80 mg", "20 mg"),
        ("2 * share", "50 %"),
        ("56 d / days", "2"),
        ("80 mg / 1 kg / 2 h", "40 mg/kg/h"),
        ("1 / days", "0.0357142857143 1/d"),
        ("2 d / 4", "0.5 d"),
        ("10 min", "10 min"),
        ("0 * days", "0 d"),
    ],
)
def test_value_of_a_sum(text, expected):
    assert read_sum(text).value(VALUES).text() == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("days == 4 week", True),
        ("days != 4 week", False),
        ("0.1 + 0.2 <= 0.3", True),
        ("1 d < window.from < days", True),
        ("1 d < window.from < 7 d", False),
        ("min(days, 3 d) >= 72 h", True),
        ("a > 3", False),
    ],
)
def test_constraint(text, expected):
    assert read_constraint(text).holds(VALUES) is expected


def test_paths_each_once_in_their_order_and_in_one_spelling():
    found = read_sum("b.to + steps.0.dose * 2 - b.to + min(steps[0].dose, c)")
    assert found.paths == ("b.to", "steps[0].dose", "c")


@pytest.mark.parametrize(
    "text",
    [
        "a +",
        "a ** 2",
        "a // 2",
        "a % 2",
        "a if a else a",
        "a and a",
        "[a]",
        "a; a",
        "min(a, key=a)",
        "min()",
        "abs(a)",
        "a(a)",
        "a.b(a)",
        "__import__('os')",
        "lambda: 1",
        "'a'",
        "a := 2",
        "+a",
        "",
        "(" * 400 + "a" + ")" * 400,
        "a" * (LONGEST + 1),
        "2 mgg",
        "1e400 * a",
        "a < 3",
    ],
)
def test_nothing_else_is_understood(text):
    with pytest.raises(ValueProblem):
        read_sum(text)


@pytest.mark.parametrize("text", ["a", "a < ", "a in a", "a is a", "a = 3", "not a", "a < (a < 3)"])
def test_constraints_compare(text):
    with pytest.raises(ValueProblem):
        read_constraint(text)


@pytest.mark.parametrize(
    "text", ["days + 80 mg", "days + 3", "min(days, a)", "a / 0", "a / (a - 3)"]
)
def test_what_cannot_be_worked_out(text):
    with pytest.raises(ValueProblem, match=r"measure different things|divides by 0"):
        read_sum(text).value(VALUES)


@pytest.mark.parametrize("text", ["days * days", "80 mg * 80 mg", "1 / days / days"])
def test_a_result_without_a_unit_is_refused(text):
    with pytest.raises(ValueProblem, match="no unit that a field could take"):
        read_sum(text).value(VALUES).text()


def test_a_constraint_on_different_things_is_refused():
    with pytest.raises(ValueProblem, match="`28 d` and `3` measure different things"):
        read_constraint("days > a").holds(VALUES)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Fraction(1, 3), "0.333333333333"),
        (Fraction(123456789012345), "123456789012345"),
        (Fraction(2, 3) * 10**15, "666666666667000"),
        (Fraction(1, 10**9), "0.000000001"),
        (Fraction(10**6), "1000000"),
        (Fraction(0), "0"),
    ],
)
def test_digits(number, text):
    assert decimal_text(number) == text
