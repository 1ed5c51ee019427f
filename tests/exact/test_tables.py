"""Tables and constants against closed forms, published figures and other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pathways import layout
from pathways.errors import ValueProblem
from pathways.resolve import tables

US = {
    "female_level": 3.22e-5,
    "female_slope": 0.0902,
    "male_level": 7.45e-5,
    "male_slope": 0.0836,
}
ARA = {"intercept": 0.9508566, "male": 0.0212126, "age": -0.0002587, "age_squared": -0.0000332}
DIXON = [0.0, 0.034, 0.043, 0.061, 0.121, 0.144, 0.252, 0.404, 0.575, 0.771, 0.793]


def test_half_lives_and_time_constants_leave_what_they_should():
    assert tables.remaining_per_day_of_half_life(10.9) ** 10.9 == pytest.approx(0.5, rel=1e-14)
    per_day = tables.remaining_per_day_of_time_constant(7.0)
    assert per_day**7.0 == pytest.approx(1.0 / math.e, rel=1e-14)
    assert tables.uptake_per_hour(10.9) == pytest.approx(math.log(2.0) / (10.9 * 24.0), rel=1e-15)


@pytest.mark.parametrize("days", [0.0, -1.0, float("nan")])
def test_a_half_life_that_is_not_above_zero_is_refused(days):
    for function in (
        tables.remaining_per_day_of_half_life,
        tables.remaining_per_day_of_time_constant,
        tables.uptake_per_hour,
    ):
        with pytest.raises(ValueProblem, match="above 0 days"):
            function(days)


def test_powers_are_repeated_products():
    assert tables.powers(0.9, 4) == [1.0, 0.9, 0.9 * 0.9, 0.9 * 0.9 * 0.9]
    assert tables.powers(0.5, 1) == [1.0]


def test_discounting_is_to_the_middle_of_each_day():
    prefix = tables.discount_prefix(0.035, 800)
    expected = [1.035 ** (-(day + 0.5) / 365.0) / 365.0 for day in range(800)]
    assert prefix[0] == 0.0 and len(prefix) == 801
    assert np.diff(prefix) == pytest.approx(expected, rel=1e-10)
    assert prefix[-1] == pytest.approx(math.fsum(expected), rel=1e-13)


def test_without_discounting_days_are_plain():
    plain = tables.years_prefix(1000)
    assert plain.tolist() == [day / 365.0 for day in range(1001)]
    assert tables.discount_prefix(0.0, 1000) == pytest.approx(plain, rel=1e-13)


@pytest.mark.parametrize("rate", [-0.01, 1.0, float("nan")])
def test_discount_rates_out_of_range_are_refused(rate):
    with pytest.raises(ValueProblem, match="discount rate"):
        tables.discount_prefix(rate, 10)


def test_mortality_gives_the_published_hazards():
    table = tables.mortality_per_day(US, hazard_ratio=1.0)
    assert table.shape == (2, layout.AGE_YEARS)
    women, men = table[:, [40, 50, 60, 70, 80]] * 365.0
    # Printed to four places, from coefficients that were printed to three digits.
    assert women == pytest.approx([0.0012, 0.0031, 0.0075, 0.0186, 0.0457], rel=5e-3, abs=6e-5)
    assert men == pytest.approx([0.0022, 0.0051, 0.0117, 0.0270, 0.0622], rel=5e-3, abs=6e-5)


def test_excess_mortality_multiplies_the_hazard():
    doubled = tables.mortality_per_day(US, hazard_ratio=2.0)
    assert np.array_equal(doubled, 2.0 * tables.mortality_per_day(US, hazard_ratio=1.0))


def test_norm_utility_is_the_published_regression():
    table = tables.norm_utility(ARA)
    assert table.shape == (2, layout.AGE_YEARS)
    assert table[0, 50] == pytest.approx(0.9508566 - 0.0002587 * 50 - 0.0000332 * 2500, rel=1e-14)
    assert table[1, 50] - table[0, 50] == pytest.approx(0.0212126, rel=1e-12)
    assert tables.norm_utility(ARA, 0.5)[1, 30] == pytest.approx(0.5 * table[1, 30], rel=1e-15)


def test_knots_are_relative_to_no_pain():
    assert tables.decrement_knots(DIXON) == [1.0 - decrement for decrement in DIXON]
    shifted = tables.decrement_knots([0.2, *DIXON[1:]])
    assert shifted[0] == 1.0
    assert shifted[10] == pytest.approx((1.0 - 0.793) / 0.8, rel=1e-15)
    linear = tables.linear_knots(0.925, -0.096)
    assert linear == pytest.approx([(0.925 - 0.096 * p) / 0.925 for p in range(11)], rel=1e-15)


def test_wrong_knots_are_refused():
    with pytest.raises(ValueProblem, match="10 utility decrements; allowed: 11"):
        tables.decrement_knots(DIXON[1:])
    with pytest.raises(ValueProblem, match="without pain"):
        tables.decrement_knots([1.0, *DIXON[1:]])
    with pytest.raises(ValueProblem, match="without pain"):
        tables.linear_knots(0.0, -0.1)


@pytest.mark.parametrize("autocorrelation", [0.0, 0.3, 0.5, 0.9])
def test_diary_weights_fall_geometrically_and_keep_the_variance(autocorrelation):
    weights = tables.diary_weights(autocorrelation)
    assert len(weights) == layout.DIARY_TERMS
    assert math.fsum(weight * weight for weight in weights) == pytest.approx(1.0, rel=1e-14)
    for newer, older in zip(weights, weights[1:], strict=False):
        assert older == pytest.approx(autocorrelation * newer, rel=1e-14)


def test_an_autocorrelation_of_one_is_refused():
    with pytest.raises(ValueProblem, match="day-to-day autocorrelation 1"):
        tables.diary_weights(1.0)
    with pytest.raises(ValueProblem, match="autocorrelation of flares 1"):
        tables.innovation_sd(1.0, 1.0)


def test_the_weekly_error_variance_is_that_of_the_mean_of_seven_days():
    weights, sd = tables.diary_weights(0.5), 1.1
    # Weight of each of the 14 normals in the mean, collected day by day.
    share = np.zeros(14)
    for day in range(7):
        share[day : day + 8] += np.array(weights) * sd / 7.0
    assert tables.weekly_error_variance(sd, weights) == pytest.approx(np.dot(share, share))


@pytest.mark.parametrize(("rho", "phi", "weeks"), [(0.65, 0.6, 4), (0.4, 0.0, 4), (0.7, 0.8, 2)])
def test_the_flare_gives_the_test_retest_correlation(rho, phi, weeks):
    level, error = 1.9 * 1.9, 0.42
    flare = tables.flare_sd(1.9, error, rho, phi, weeks) ** 2
    assert (level + flare * phi**weeks) / (level + flare + error) == pytest.approx(rho, rel=1e-13)


def test_a_flare_that_cannot_give_the_correlation_is_refused():
    with pytest.raises(ValueProblem, match=r"as little as 0\.1.*above 0\.1296"):
        tables.flare_sd(1.9, 0.42, 0.1, 0.6, 4)
    with pytest.raises(ValueProblem, match=r"as little as 0\.1296"):
        tables.flare_sd(1.9, 0.42, tables.powers(0.6, 5)[4], 0.6, 4)
    with pytest.raises(ValueProblem, match=r"as much as 0\.95.*up to 0\.8958"):
        tables.flare_sd(1.9, 0.42, 0.95, 0.6, 4)


def test_the_innovation_keeps_the_flare_stationary():
    innovation = tables.innovation_sd(1.4, 0.6)
    assert 0.6 * 0.6 * 1.4 * 1.4 + innovation * innovation == pytest.approx(1.4 * 1.4, rel=1e-14)


@pytest.mark.parametrize("z", [-8.0, -2.131, -0.5, 0.0, 1e-9, 0.7, 2.276, 6.0])
def test_the_normal_distribution_function_is_right(z):
    assert tables.normal_probability(z) == pytest.approx(stats.norm.cdf(z), rel=2e-14)


def test_the_normal_distribution_function_stays_inside_its_ends():
    assert tables.normal_probability(-50.0) == 2.0**-53
    assert tables.normal_probability(50.0) == 1.0 - 2.0**-53


def test_the_cholesky_factor_is_right():
    matrix = np.full((5, 5), 0.3) + 0.7 * np.eye(5)
    matrix[4, 0] = matrix[0, 4] = -0.2
    factor = np.array(tables.cholesky(matrix.tolist(), list("abcde")))
    assert factor == pytest.approx(np.linalg.cholesky(matrix), abs=1e-14)
    assert not np.any(np.triu(factor, 1))


def test_correlations_that_contradict_each_other_are_refused():
    matrix = [[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]]
    with pytest.raises(ValueProblem, match="correlations of mood with pain, sleep contradict"):
        tables.cholesky(matrix, ["pain", "sleep", "mood"])
