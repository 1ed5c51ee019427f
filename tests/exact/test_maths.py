"""The elementary functions against stored 25-digit values, at their edges, and bit for bit."""

import csv
import hashlib
import math
import struct
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from pathways.fastcore import maths

VECTORS = Path(__file__).parents[1] / "data" / "maths_vectors.csv"
LARGEST_ERROR_ULP = {
    "exponential": 1.0,
    "logarithm": 1.0,
    "logistic": 2.5,
    "normal_quantile": 6.0,
}
FUNCTIONS = list(LARGEST_ERROR_ULP)
# Of the results at every stored argument: they must be these bits on every machine.
RESULT_DIGESTS = {
    "exponential": "c99d62ac1ea911a6ad8b719556641e2f",
    "logarithm": "951b5ed131027fc98441106295f40fc7",
    "logistic": "52995d264990ae705579b1ba07703505",
    "normal_quantile": "a55b62b557bd0c7782499821b164e481",
}
REFUSED = [
    ("exponential", math.nan),
    ("exponential", math.inf),
    ("exponential", math.nextafter(709.782712893384, math.inf)),
    ("logarithm", math.nan),
    ("logarithm", 0.0),
    ("logarithm", -0.0),
    ("logarithm", -1.0),
    ("logarithm", math.inf),
    ("logistic", math.nan),
    ("normal_quantile", math.nan),
    ("normal_quantile", 0.0),
    ("normal_quantile", 1.0),
    ("normal_quantile", -0.25),
    ("normal_quantile", math.inf),
]


def stored(name: str) -> list[tuple[float, Decimal]]:
    with VECTORS.open(newline="") as file:
        return [
            (float.fromhex(row["argument"]), Decimal(row["value"]))
            for row in csv.DictReader(file)
            if row["function"] == name
        ]


def scalar_results(name: str) -> np.ndarray:
    function = getattr(maths, name)
    return np.array([function(x) for x, _ in stored(name)])


def array_results(name: str, arguments: np.ndarray) -> np.ndarray:
    out = np.full(len(arguments), 9.0)
    getattr(maths, f"{name}_array")(arguments, out)
    return out


def bits(values: np.ndarray) -> list[int]:
    return values.view(np.uint64).tolist()


def test_there_are_enough_vectors():
    assert sum(len(stored(name)) for name in FUNCTIONS) >= 2000
    assert min(len(stored(name)) for name in FUNCTIONS) >= 500


@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_stays_within_its_bound(name):
    function = getattr(maths, name)
    errors = [
        (abs(Decimal(function(x)) - value) / Decimal(math.ulp(function(x))), x)
        for x, value in stored(name)
    ]
    worst, argument = max(errors)
    assert worst <= LARGEST_ERROR_ULP[name], f"{name}({argument!r}) is {worst:.2f} ulp off"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_the_same_bits_on_every_machine(name):
    packed = struct.pack(f"<{len(stored(name))}d", *scalar_results(name))
    assert hashlib.blake2b(packed, digest_size=16).hexdigest() == RESULT_DIGESTS[name]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_array_door_gives_the_bits_of_the_scalar_door(name):
    arguments = np.array([x for x, _ in stored(name)])
    assert bits(array_results(name, arguments)) == bits(scalar_results(name))


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_outside_the_domain_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}: got .*; allowed: "):
        getattr(maths, name)(value)


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_refused_array_is_left_alone(name, value):
    arguments = np.array([0.5, 0.25, value, 0.5])
    out = np.full(4, 9.0)
    with pytest.raises(ValueError, match=f"{name}_array: got .* at position 2; allowed: "):
        getattr(maths, f"{name}_array")(arguments, out)
    assert out.tolist() == [9.0] * 4


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("exponential", 0.0, 1.0),
        ("exponential", -0.0, 1.0),
        ("exponential", -math.inf, 0.0),
        ("logarithm", 1.0, 0.0),
        ("logistic", 0.0, 0.5),
        ("logistic", math.inf, 1.0),
        ("logistic", -math.inf, 0.0),
        ("normal_quantile", 0.5, 0.0),
    ],
)
def test_exact_values_and_no_negative_zero(name, argument, value):
    result = getattr(maths, name)(argument)
    assert result == value
    assert math.copysign(1.0, result) == 1.0


@pytest.mark.parametrize("name", ["exponential", "logistic"])
def test_tiny_results_are_flushed_to_zero(name):
    function = getattr(maths, name)
    smallest_normal = 2.0**-1022
    assert function(-708.0) >= smallest_normal
    for argument in (math.nextafter(-708.0, -math.inf), -708.5, -745.0, -1e4, -1e308):
        result = function(argument)
        assert result == 0.0
        assert math.copysign(1.0, result) == 1.0


def test_exponential_reaches_the_largest_numbers():
    limit = 709.782712893384
    assert maths.exponential(limit) <= math.nextafter(math.inf, 0.0)
    assert maths.exponential(limit) > 1.797e308
    assert maths.exponential(709.0) == pytest.approx(8.218407461554972e307, rel=1e-15)


def test_multiply_add_rounds_twice():
    cases = [(1.0 / 3.0, 3.0, -1.0), (0.1, 10.0, -1.0), (1.0 + 2.0**-30, 1.0 + 2.0**-30, -1.0)]
    cases += [(0.1 * k, 1.0 / (k + 0.7), -0.1 * k / (k + 0.7)) for k in range(1, 200)]
    for a, b, c in cases:
        assert maths.multiply_add(a, b, c) == a * b + c


def test_arrays_may_be_empty_or_the_same():
    empty = np.empty(0)
    maths.exponential_array(empty, empty)
    values = np.array([0.0, 1.0, -800.0])
    expected = [maths.exponential(x) for x in values.tolist()]
    maths.exponential_array(values, values)
    assert values.tolist() == expected


def test_input_may_be_read_only_and_output_may_not():
    values, out = np.array([0.5]), np.zeros(1)
    values.flags.writeable = False
    maths.logistic_array(values, out)
    assert out[0] == maths.logistic(0.5)
    with pytest.raises(ValueError, match="read-only"):
        maths.logistic_array(out, values)


@pytest.mark.parametrize(
    ("values", "out", "message"),
    [
        (np.zeros(3), np.zeros(2), "out holds 2 values; allowed: 3"),
        (np.zeros(3, np.float32), np.zeros(3), "dtype"),
        (np.zeros(3, np.int64), np.zeros(3), "dtype"),
        (np.zeros(6)[::2], np.zeros(3), "contiguous"),
        (np.zeros(3), np.zeros(6)[::2], "contiguous"),
        (np.zeros((3, 1)), np.zeros(3), "dimensions"),
    ],
)
def test_arrays_of_the_wrong_shape_or_type_are_refused(values, out, message):
    with pytest.raises(ValueError, match=message):
        maths.logistic_array(values, out)
