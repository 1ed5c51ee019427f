"""The few numerical operations that docs/model.md defines, on Python floats."""

from __future__ import annotations

import math

LOWEST_SCORE = 0
HIGHEST_SCORE = 10


def clip(pain: float) -> float:
    """Return `pain` limited to the numerical rating scale, 0 to 10."""
    return 0.0 if pain < 0.0 else (10.0 if pain > 10.0 else pain)


def limit(value: float, low: float, high: float) -> float:
    """Return `value` limited to `low` .. `high`."""
    return low if value < low else (high if value > high else value)


def round_half_up(value: float) -> int:
    """Return the nearest whole number, halves upwards."""
    return math.floor(value + 0.5)


def rating(pain: float) -> int:
    """Return the whole number from 0 to 10 that a patient reports for `pain` plus its error."""
    score = round_half_up(pain)
    return LOWEST_SCORE if score < LOWEST_SCORE else min(score, HIGHEST_SCORE)
