"""Shapley shares: their axioms, and the average over all orders written out."""

from __future__ import annotations

from itertools import permutations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pathways import layout
from pathways.outcomes.decomposition import COMPONENTS, coalition_values
from pathways.outcomes.shapley import shapley, weights_by_size

amounts = st.floats(-10.0, 10.0)
causes = st.integers(1, 5)
games = causes.flatmap(lambda count: arrays(np.float64, 1 << count, elements=amounts))
shares_of_pain = st.floats(0.0, 1.0)
OBSERVATION = layout.numpy_dtype(layout.OBSERVATION)


def by_orders(values: np.ndarray) -> list[float]:
    count = len(values).bit_length() - 1
    orders = list(permutations(range(count)))
    shares = [0.0] * count
    for order in orders:
        before = 0
        for cause in order:
            shares[cause] += values[before | 1 << cause] - values[before]
            before |= 1 << cause
    return [share / len(orders) for share in shares]


@given(games)
def test_share_is_the_average_over_all_orders(values):
    assert shapley(values) == pytest.approx(by_orders(values), abs=1e-9)


@given(games)
def test_shares_add_up_to_what_all_do(values):
    assert abs(shapley(values).sum() - (values[-1] - values[0])) < 1e-9


@given(games, st.integers(0, 4))
def test_a_cause_that_adds_nothing_gets_nothing(values, which):
    bit = 1 << which % (len(values).bit_length() - 1)
    places = np.arange(len(values))
    assert shapley(values[places & ~bit])[bit.bit_length() - 1] == 0.0


@given(games)
def test_two_that_add_the_same_get_the_same(values):
    count = len(values).bit_length() - 1
    if count < 2:
        return
    # A set counts the first two causes, whichever they are.
    alike = {}
    for place in range(len(values)):
        alike[place] = values[place & ~3 | (1 << (place & 3).bit_count()) - 1]
    shares = shapley(np.array(list(alike.values())))
    assert abs(shares[0] - shares[1]) < 1e-12


@given(games, games)
def test_what_is_done_twice_over_is_shared_twice_over(one, other):
    if len(one) == len(other):
        assert np.allclose(shapley(one + other), shapley(one) + shapley(other), atol=1e-9)


@given(causes)
def test_weights_are_shares_of_all_orders(count):
    weights = weights_by_size(count)
    assert len(weights) == count
    of_each_size = [comb(count - 1, size) * weight for size, weight in enumerate(weights)]
    assert of_each_size == pytest.approx([1.0 / count] * count)


def test_other_numbers_of_sets_are_refused():
    with pytest.raises(ValueError, match="3 sets; allowed: a power of 2"):
        shapley(np.zeros(3))


@given(
    level=amounts.map(abs),
    own=amounts.map(abs),
    flare=st.floats(-4.0, 4.0),
    slow=shares_of_pain,
    programme=shares_of_pain,
    interaction=st.floats(0.5, 1.5),
    expectation=st.floats(0.0, 6.0),
    start=st.floats(0.0, 10.0),
    floor=shares_of_pain,
)
def test_all_components_give_the_pain_and_none_the_baseline(
    level, own, flare, slow, programme, interaction, expectation, start, floor
):
    seen = np.zeros(1, OBSERVATION)
    base = min(max(level + flare, 0.0), 10.0)
    remaining = (1.0 - slow) * programme * interaction
    pain = min(max(base * max(remaining, floor) - expectation, 0.0), 10.0)
    fields = {
        "level": level,
        "flare": flare,
        "base": base,
        "slow_relief": slow,
        "programme_remaining": programme,
        "remaining": remaining,
        "expectation": expectation,
    }
    for name, value in fields.items():
        seen[name] = value
    values = coalition_values(seen, np.array([start]), np.array([own]), floor)
    assert values[0, 0] == start
    assert values[-1, 0] == pain
    parts = dict(zip(COMPONENTS, shapley(values)[:, 0], strict=True))
    assert abs(sum(parts.values()) - (pain - start)) < 1e-9
    if expectation == 0.0:
        assert parts["expectation"] == 0.0
    else:
        assert parts["expectation"] <= 0.0
    if slow == 0.0 and interaction == 1.0:
        assert parts["drug"] == 0.0
    if level == own:
        assert parts["natural_history"] == 0.0
