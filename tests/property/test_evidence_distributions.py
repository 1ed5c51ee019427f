"""Quantiles of parameter uncertainty: rising, inside the support, the same as in scipy.stats."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from pathways.evidence.book import book
from pathways.evidence.distributions import (
    Beta,
    Dirichlet,
    Gamma,
    HalfNormal,
    Lognormal,
    Normal,
    Triangular,
    Uncertain,
    Uniform,
)
from pathways.evidence.draws import rounded, uniforms_needed, value_at

uniforms = some.floats(min_value=2**-53, max_value=1 - 2**-53)
UNCERTAIN = [parameter for parameter in book() if uniforms_needed(parameter)]


def in_scipy(distribution: Uncertain):
    match distribution:
        case Normal():
            return stats.norm(distribution.mean, distribution.sd)
        case HalfNormal():
            return stats.halfnorm(scale=distribution.scale)
        case Lognormal():
            return stats.lognorm(distribution.sigma, scale=math.exp(distribution.mu))
        case Beta():
            return stats.beta(distribution.a, distribution.b)
        case Gamma():
            return stats.gamma(distribution.shape, scale=distribution.scale)
        case Uniform():
            return stats.uniform(distribution.low, distribution.high - distribution.low)
        case Triangular():
            width = distribution.high - distribution.low
            peak = (distribution.mode - distribution.low) / width
            return stats.triang(peak, distribution.low, width)


@given(parameter=some.sampled_from(UNCERTAIN), pair=some.tuples(uniforms, uniforms))
def test_quantiles_rise_with_the_uniform(parameter, pair):
    if isinstance(parameter.uncertainty, Dirichlet):
        return
    low, high = (value_at(parameter, uniform) for uniform in sorted(pair))
    for component in parameter.distributions():
        if component:
            assert low[component] <= high[component]
        else:
            assert low <= high


@given(parameter=some.sampled_from(UNCERTAIN), uniform=uniforms)
def test_values_are_finite_and_rounded(parameter, uniform):
    drawn = value_at(parameter, uniform)
    for value in drawn.values() if isinstance(drawn, dict) else [drawn]:
        assert math.isfinite(value)
        assert rounded(value) == value
        assert str(value) != "-0.0"


@given(
    parameter=some.sampled_from(UNCERTAIN),
    uniform=some.floats(min_value=1e-6, max_value=1 - 1e-6),
)
def test_quantiles_agree_with_scipy(parameter, uniform):
    for distribution in parameter.distributions().values():
        if isinstance(distribution, Uncertain):
            expected = in_scipy(distribution).ppf(uniform)
            assert distribution.quantile(uniform) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(
    low=some.floats(-5, 5),
    rise=some.floats(0, 5),
    fall=some.floats(0, 5),
    uniform=uniforms,
)
def test_triangular_stays_between_its_ends(low, rise, fall, uniform):
    if rise + fall < 0.01:
        return
    mode, high = low + rise, low + rise + fall
    triangle = Triangular(kind="triangular", low=low, mode=mode, high=high, centre="mode")
    assert low <= triangle.quantile(uniform) <= high


@given(alphas=some.lists(some.floats(0.5, 50), min_size=2, max_size=6), data=some.data())
def test_dirichlet_shares_sum_to_1(alphas, data):
    named = {f"share_{index}": alpha for index, alpha in enumerate(alphas)}
    dirichlet = Dirichlet(kind="dirichlet", alphas=named, centre="mean")
    inside = some.floats(1e-6, 1 - 1e-6)
    drawn = data.draw(some.tuples(*(inside for _ in alphas)))
    shares = dirichlet.quantiles(drawn)
    assert math.fsum(shares.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in shares.values())


@pytest.mark.parametrize("parameter", UNCERTAIN, ids=lambda parameter: parameter.id)
def test_stated_means_and_medians_agree_with_scipy(parameter):
    for distribution in parameter.distributions().values():
        if isinstance(distribution, Uncertain):
            statistics, frozen = distribution.statistics(), in_scipy(distribution)
            assert statistics["mean"] == pytest.approx(frozen.mean(), rel=1e-9, abs=1e-12)
            assert statistics["median"] == pytest.approx(frozen.median(), rel=1e-9, abs=1e-12)
