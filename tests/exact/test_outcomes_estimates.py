"""Estimates, standard errors and intervals against numbers worked out by hand or published."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pathways.outcomes.estimates import mean, poisson_rate, proportion, quantile, ratio


def interval(found) -> tuple[float, float]:
    return found.low, found.high


def test_mean_by_hand():
    found = mean(np.array([1.0, 2.0, 3.0, 6.0]), 1_000)
    assert (found.value, found.n) == (3.0, 4)
    assert found.standard_error == math.sqrt(14.0 / 3.0 / 4.0)
    assert found.low == pytest.approx(3.0 - 1.959964 * 1.0801234)
    assert found.high == pytest.approx(3.0 + 1.959964 * 1.0801234)


def test_interval_ends_where_no_mean_can_lie():
    values = np.array([0.0, 0.0, 0.0, 9.0])
    assert interval(mean(values, 1, lowest=0.0)) == (0.0, interval(mean(values, 1))[1])
    assert interval(mean(values + 99.0, 1, lowest=0.0)) == interval(mean(values + 99.0, 1))


def test_mean_rounds_each_value_once():
    assert mean(np.array([0.0004, 0.0005, 0.0005]), 1_000).value == 0.002 / 3


def test_mean_of_whole_numbers():
    assert mean(np.array([1, 2], np.int64), 1).value == 1.5


def test_mean_of_one_has_no_error():
    found = mean(np.array([2.5]), 10)
    assert (found.value, found.standard_error, interval(found)) == (2.5, None, (None, None))
    assert "one patient" in found.note


# Newcombe 1998, Stat Med 17:857-872, table I, method 3.
@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]
    + [(1, 29, 0.0061, 0.1718), (29, 29, 0.8830, 1.0)],
)
def test_wilson_as_published(count, n, low, high):
    found = proportion(count, n)
    assert interval(found) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert found.value == count / n


def test_wilson_ends_are_exact_at_the_edges():
    assert proportion(0, 7).low == 0.0
    assert proportion(7, 7).high == 1.0
    assert [proportion(count, 7).standard_error for count in (0, 7)] == [None, None]


def test_ratio_by_hand():
    # R = 3/6; residuals 0.5, -1, 0.5; the fourth has no whole and leaves.
    found = ratio(np.array([1, 0, 2, 0]), np.array([1, 2, 3, 0]))
    assert (found.value, found.n) == (0.5, 3)
    assert found.standard_error == pytest.approx(math.sqrt(1.5 * 3 / 2) / 6)
    assert interval(ratio(np.array([1, 0]), np.array([1, 1]))) == (0.0, 1.0)


def test_ratio_of_one_each_is_a_proportion():
    parts = np.array([1, 0, 0, 1, 1, 0, 0, 0, 0, 1])
    expected = proportion(4, 10).standard_error * math.sqrt(10 / 9)
    assert ratio(parts, np.ones(10, np.int64)).standard_error == pytest.approx(expected)


@pytest.mark.parametrize("part", [0, 1])
def test_ratio_at_the_edge_keeps_a_width(part):
    found = ratio(np.array([0, part * 2, part * 3]), np.array([0, 2, 3]))
    assert found.value == float(part)
    assert interval(found) == interval(proportion(2 * part, 2))
    assert found.standard_error is None


def test_ratio_of_nothing_is_missing():
    found = ratio(np.array([0, 0]), np.array([0, 0]))
    assert (found.value, found.n, found.note) == (None, 0, "none counted")


# Exact limits of a Poisson count, e.g. Ulm 1990, Am J Epidemiol 131:373-375.
@pytest.mark.parametrize(
    ("events", "low", "high"),
    [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (2, 0.2422, 7.2247), (10, 4.7954, 18.3904)],
)
def test_poisson_interval_as_published(events, low, high):
    found = poisson_rate(events, 50.0, 7, 100.0)
    assert interval(found) == (pytest.approx(2 * low, abs=2e-4), pytest.approx(2 * high, abs=2e-4))
    assert (found.value, found.n) == (2.0 * events, 7)
    assert found.standard_error == (2.0 * math.sqrt(events) if events else None)


def test_rate_without_time_is_missing():
    found = poisson_rate(0, 0.0, 3)
    assert (found.value, found.n, found.note) == (None, 3, "no time")


def test_quantiles_are_values_that_occurred():
    values = np.array([9.0, 1.0, 5.0, 3.0])
    found = [quantile(values, share).value for share in (250, 251, 500, 501, 990)]
    assert found == [1.0, 3.0, 3.0, 5.0, 9.0]


def test_interval_of_the_median_by_ranks():
    # 50 -+ 1.96 * 5 = 40.2 and 59.8, both rounded up.
    assert interval(quantile(np.arange(1.0, 101.0), 500)) == (41.0, 60.0)


def test_median_that_too_few_reach():
    found = quantile(np.arange(1.0, 51.0), 500, 101)
    assert (found.value, found.low, found.high) == (None, 41.0, None)
    assert (found.n, found.note) == (101, "not reached")
    assert quantile(np.arange(1.0, 51.0), 500, 100).value == 50.0


def test_interval_that_leaves_the_sample_is_open():
    assert interval(quantile(np.arange(10.0), 990)) == (9.0, None)


@pytest.mark.parametrize("make", [lambda none: mean(none, 1), lambda none: quantile(none, 500)])
def test_nobody_gives_no_number(make):
    found = make(np.array([]))
    assert (found.value, found.n, found.note) == (None, 0, "no patients")
    assert proportion(0, 0).value is None
