"""Do addressed draws look like independent uniform and normal numbers along every axis?

Each check refuses a sound generator with probability ALARM for a seed picked at random.  There
are 36 (2 x 6 uniform, 2 x 6 neighbours, 6 lanes, 6 others), so all together below one in a
thousand; the seed is fixed, so the outcome never changes.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from pathways.fastcore.draws import Draws

ALARM = 1e-5
SEED = 20261123
COUNT = 50_000
CELLS = 16

Address = Callable[[int], tuple[float, float]]
AXES: dict[str, Address] = {
    "patient": lambda k: Draws(SEED).uniform_pair(3, k, 5, 0),
    "clinic": lambda k: Draws(SEED).uniform_pair(k, 3, 5, 0),
    "occurrence": lambda k: Draws(SEED).uniform_pair(3, 4, 5, k - COUNT // 2),
    "purpose and patient": lambda k: Draws(SEED).uniform_pair(3, k >> 8, k & 255, 0),
    "draw": lambda k: Draws(SEED, k).uniform_pair(3, 4, 5, 0),
    "seed": lambda k: Draws(k).uniform_pair(3, 4, 5, 0),
}


def along(axis: str) -> np.ndarray:
    """Uniforms of shape (COUNT, 2 lanes)."""
    return np.array([AXES[axis](k) for k in range(COUNT)])


def normals(count: int) -> np.ndarray:
    out = np.empty(count)
    Draws(SEED).fill_normals(out, 1, 2, 3)
    return out


def pair_p_value(first: np.ndarray, second: np.ndarray) -> float:
    """Chi-square of two uniforms jointly over a square grid."""
    cells = np.floor(first * CELLS).astype(int) * CELLS + np.floor(second * CELLS).astype(int)
    return stats.chisquare(np.bincount(cells, minlength=CELLS * CELLS)).pvalue


@pytest.mark.parametrize("lane", [0, 1])
@pytest.mark.parametrize("axis", AXES)
def test_uniforms_are_uniform(axis, lane):
    uniforms = along(axis)[:, lane]
    assert 0.0 < uniforms.min()
    assert uniforms.max() < 1.0
    assert stats.kstest(uniforms, "uniform").pvalue > ALARM


@pytest.mark.parametrize("lane", [0, 1])
@pytest.mark.parametrize("axis", AXES)
def test_neighbours_are_independent(axis, lane):
    uniforms = along(axis)[:, lane]
    assert pair_p_value(uniforms[:-1:2], uniforms[1::2]) > ALARM


@pytest.mark.parametrize("axis", AXES)
def test_lanes_are_independent(axis):
    uniforms = along(axis)
    assert pair_p_value(uniforms[:, 0], uniforms[:, 1]) > ALARM


def test_axes_are_independent_of_each_other():
    assert pair_p_value(along("patient")[:, 0], along("clinic")[:, 0]) > ALARM


def test_low_bits_are_even():
    """The last eight of the 52 bits, which no distribution test sees."""
    uniforms = np.concatenate([along("patient").ravel(), along("occurrence").ravel()])
    low_bits = np.floor(uniforms * 2.0**52).astype(np.int64) & 255
    assert stats.chisquare(np.bincount(low_bits, minlength=256)).pvalue > ALARM


def test_normals_are_normal():
    assert stats.kstest(normals(400_000), "norm").pvalue > ALARM


def test_normal_tails_have_their_share():
    edges = [-math.inf, -4.0, -3.5, -3.0, -2.0, -1.44, 1.44, 2.0, 3.0, 3.5, 4.0, math.inf]
    values = normals(2_000_000)
    observed = np.diff(np.searchsorted(np.sort(values), edges))
    expected = np.diff(stats.norm.cdf(edges)) * len(values)
    assert stats.chisquare(observed, expected).pvalue > ALARM


def test_normals_have_mean_0_and_variance_1():
    values = normals(2_000_000)
    bound = stats.norm.isf(ALARM / 4.0)
    assert abs(values.mean()) * math.sqrt(len(values)) < bound
    assert abs((values**2).mean() - 1.0) * math.sqrt(len(values) / 2.0) < bound


def test_consecutive_normals_are_uncorrelated():
    values = normals(2_000_000)
    correlation = (values[:-1] * values[1:]).mean()
    assert abs(correlation) * math.sqrt(len(values) - 1) < stats.norm.isf(ALARM / 2.0)
