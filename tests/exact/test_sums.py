"""Sums that order cannot change, against whole-number arithmetic without limits."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from pathways.fastcore.sums import fixed_point_sum, squared_deviations

SCALE = 1_000_000
BLOCK = 4096
# More than two blocks, the last incomplete.
VALUES = np.random.default_rng(20261123).normal(5.0, 40.0, 2 * BLOCK + 77)
MASK = VALUES > 0.0


def expected_sum(values, scale: int) -> int:
    return sum(math.floor(float(value) * scale + 0.5) for value in values)


@pytest.mark.parametrize("scale", [1, 3, 1000, SCALE, 10**9])
def test_the_sum_is_that_of_the_rounded_values(scale):
    assert fixed_point_sum(VALUES, scale) == expected_sum(VALUES, scale)


def test_order_does_not_show():
    shuffled = np.random.default_rng(1).permutation(VALUES)
    assert fixed_point_sum(shuffled, SCALE) == fixed_point_sum(VALUES, SCALE)
    assert fixed_point_sum(VALUES[::-1].copy(), SCALE) == fixed_point_sum(VALUES, SCALE)


def test_a_mask_chooses_values():
    assert 0 < MASK.sum() < len(MASK)
    assert fixed_point_sum(VALUES, SCALE, MASK) == expected_sum(VALUES[MASK], SCALE)
    assert fixed_point_sum(VALUES, SCALE, np.zeros(len(VALUES), bool)) == 0


def test_halves_are_rounded_up():
    assert fixed_point_sum(np.array([0.5, 1.5, -0.5, -1.5]), 1) == 1 + 2 + 0 - 1


def test_nothing_adds_up_to_nothing():
    assert fixed_point_sum(np.empty(0), SCALE) == 0
    assert squared_deviations(np.empty(0), 1.0) == 0.0


def test_read_only_values_are_accepted():
    values = np.ones(3)
    values.flags.writeable = False
    assert fixed_point_sum(values, 2) == 6
    assert squared_deviations(values, 0.0) == 3.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, 9.3e18], "position 1"),
        ([-9.3e18], "position 0"),
        ([float("nan")], "nan"),
        ([float("inf")], "inf"),
        ([2.0**63], "position 0"),
        ([9e18, 1.0, 9e18], "first 3 values"),
        ([-9e18, -9e18], "first 2 values"),
    ],
)
def test_what_does_not_fit_64_bits_is_refused(values, message):
    with pytest.raises(OverflowError, match=message):
        fixed_point_sum(np.array(values), 1)


def test_the_ends_of_64_bits_are_reached():
    assert fixed_point_sum(np.array([-(2.0**63)]), 1) == -(2**63)
    nearly = 2.0**63 - 1024.0
    assert fixed_point_sum(np.array([nearly, 1023.0]), 1) == 2**63 - 1
    with pytest.raises(OverflowError):
        fixed_point_sum(np.array([nearly, 1024.0]), 1)
    assert fixed_point_sum(np.array([-nearly, -1024.0]), 1) == -(2**63)


@pytest.mark.parametrize("scale", [0, -1, 2**53 + 1])
def test_scales_out_of_range_are_refused(scale):
    with pytest.raises(ValueError, match="scale"):
        fixed_point_sum(VALUES, scale)


def test_a_mask_of_another_length_is_refused():
    for call in (
        lambda: fixed_point_sum(VALUES, 1, MASK[1:]),
        lambda: squared_deviations(VALUES, 0.0, MASK[1:]),
    ):
        with pytest.raises(ValueError, match="mask: got 8268 entries; allowed: 8269"):
            call()


@pytest.mark.parametrize("mask", [None, MASK])
def test_squares_are_added_block_by_block(mask):
    total = 0.0
    for start in range(0, len(VALUES), BLOCK):
        block = 0.0
        for place in range(start, min(start + BLOCK, len(VALUES))):
            if mask is None or mask[place]:
                deviation = float(VALUES[place]) - 5.25
                block = block + deviation * deviation
        total = total + block
    assert squared_deviations(VALUES, 5.25, mask) == total


def test_squares_are_right_to_rounding():
    exact = sum((Fraction(float(value)) - Fraction(5.25)) ** 2 for value in VALUES)
    assert squared_deviations(VALUES, 5.25) == pytest.approx(float(exact), rel=1e-13)
