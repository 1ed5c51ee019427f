"""Laws the elementary functions keep at any argument."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathways.fastcore import maths

FIXED = settings(derandomize=True, deadline=None, database=None, max_examples=500)
FUNCTIONS = ["exponential", "logarithm", "logistic", "normal_quantile"]
ROUNDING = 2.0**-53
SMALLEST_NORMAL = 2.0**-1022

anything = st.floats()
exponents = st.floats(-708.0, 708.0)
positive = st.floats(SMALLEST_NORMAL, 1e308)
probabilities = st.floats(1e-300, 0.9999)
grid_probabilities = st.integers(1, 2**53 - 1).map(lambda k: k * 2.0**-53)


def distinct_steps(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * k / count for k in range(count + 1)]


@FIXED
@given(anything)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_argument_gives_a_normal_number_or_an_error(name, x):
    try:
        result = getattr(maths, name)(x)
    except ValueError:
        return
    assert math.isfinite(result)
    assert result == 0.0 or abs(result) >= SMALLEST_NORMAL
    assert result != 0.0 or math.copysign(1.0, result) == 1.0


@FIXED
@given(exponents)
def test_exponential_of_opposites_multiply_to_one(x):
    product = maths.exponential(x) * maths.exponential(-x)
    assert product == pytest.approx(1.0, abs=8.0 * ROUNDING)


@FIXED
@given(positive)
def test_exponential_undoes_logarithm(x):
    logarithm = maths.logarithm(x)
    if logarithm < -708.0:
        return
    tolerance = (4.0 + 2.0 * abs(logarithm)) * ROUNDING
    assert maths.exponential(logarithm) == pytest.approx(x, rel=tolerance)


@FIXED
@given(positive, st.integers(-300, 300))
def test_logarithm_of_a_power_of_two_multiple(x, k):
    scaled = x * 2.0**k
    if not SMALLEST_NORMAL <= scaled <= 1e308:
        return
    expected = maths.logarithm(x) + k * 0.6931471805599453
    assert maths.logarithm(scaled) == pytest.approx(expected, abs=2000.0 * ROUNDING)


@FIXED
@given(st.floats(-800.0, 800.0))
def test_logistic_is_a_probability_and_its_mirror_completes_it(x):
    p = maths.logistic(x)
    assert 0.0 <= p <= 1.0
    assert p + maths.logistic(-x) == pytest.approx(1.0, abs=4.0 * ROUNDING)


@FIXED
@given(grid_probabilities)
def test_quantile_is_exactly_antisymmetric(p):
    assert maths.normal_quantile(1.0 - p) == 0.0 - maths.normal_quantile(p)


@FIXED
@given(probabilities)
def test_distribution_undoes_quantile(p):
    z = maths.normal_quantile(p)
    tolerance = 1e-14 * (1.0 + z * z)
    assert math.erfc(-z / math.sqrt(2.0)) / 2.0 == pytest.approx(p, rel=tolerance)


@FIXED
@given(st.lists(st.floats(1e-300, 0.999), max_size=40))
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays_and_scalars_agree_at_every_length(name, values):
    arguments = np.array(values, dtype=np.float64)
    out = np.empty_like(arguments)
    getattr(maths, f"{name}_array")(arguments, out)
    assert out.tolist() == [getattr(maths, name)(x) for x in values]


@FIXED
@given(*[st.floats(-1e100, 1e100)] * 3)
def test_multiply_add_is_that_of_python(a, b, c):
    assert maths.multiply_add(a, b, c) == a * b + c


@pytest.mark.parametrize(
    ("name", "seam"),
    [
        ("exponential", 0.34657359027997264),
        ("exponential", -0.34657359027997264),
        ("exponential", 500.5 * 0.6931471805599453),
        ("logarithm", 0.7071067811865476),
        ("logarithm", 1.0),
        ("logarithm", 1.4142135623730951),
        ("logarithm", SMALLEST_NORMAL),
        ("logistic", 0.0),
        ("logistic", -36.0),
        ("normal_quantile", 0.075),
        ("normal_quantile", 0.925),
        ("normal_quantile", 1.3887943864964021e-11),
        ("normal_quantile", 0.5),
    ],
)
def test_no_step_back_where_two_formulas_meet(name, seam):
    """Steps of a trillionth are well above the error, so each must rise."""
    step = 1e-12 * (abs(seam) or 1.0)
    results = [getattr(maths, name)(seam + k * step) for k in range(-50, 51)]
    assert all(low < high for low, high in zip(results, results[1:], strict=False))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("exponential", -707.9, 709.7),
        ("logarithm", 1e-6, 60.0),
        ("logistic", -700.0, 30.0),
        ("normal_quantile", 1e-6, 1.0 - 1e-6),
    ],
)
def test_results_rise_with_the_argument(name, low, high):
    results = [getattr(maths, name)(x) for x in distinct_steps(low, high, 20_000)]
    assert all(below < above for below, above in zip(results, results[1:], strict=False))
