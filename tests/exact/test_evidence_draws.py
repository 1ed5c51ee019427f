"""Values of uncertain parameters: known quantiles, addresses that never move."""

from __future__ import annotations

import pytest

from pathways.errors import ValueProblem
from pathways.evidence.book import book
from pathways.evidence.draws import address, rounded, uniforms_needed, value_at, value_of

# Worked out with scipy.stats and rounded to 12 significant digits.
GOLDEN = [
    ("PK1", 0.025, 68.9735052554),
    ("PK1", 0.9, 85.9826478283),
    ("PD1", 0.025, 4.06110743126),
    ("PD1", 0.5, 9.54483337269),
    ("PD2", 0.9, 16.1343542945),
    ("PD3", 0.025, 0.459387072029),
    ("PD3", 0.9, 0.794433338566),
    ("B1", 0.025, 0.108007203092),
    ("B12", 0.5, 0.873205080757),
    ("M11", 0.9, 0.341886116992),
    ("S18", 0.5, 0.00069314718056),
    ("S12", 0.9, 0.0133371968297),
]


@pytest.mark.parametrize(("key", "uniform", "value"), GOLDEN)
def test_known_quantiles(key, uniform, value):
    assert value_at(book().parameter(key), uniform) == value


def test_components_take_their_own_uniforms():
    cost = book().parameter("K4")
    assert value_at(cost, 0.025) == {"US": 118.318385494, "UK": 257.213881509}
    assert value_at(cost, [0.025, 0.5]) == {"US": 118.318385494, "UK": 440.660518434}


def test_dirichlet_shares():
    mix = value_at(book().parameter("M120"), [0.5, 0.5, 0.5, 0.5])
    assert mix["spinal_cord_injury"] == 0.0433865672031
    assert sum(mix.values()) == pytest.approx(1, abs=1e-11)


def test_fixed_components_keep_their_value():
    permanent = value_at(book().parameter("M69"), 0.9)
    assert permanent["cardiovascular_event"] == 1.0
    assert permanent["cystitis"] != 0.05


def test_draw_0_is_the_stated_value_and_takes_no_uniform():
    def never(place, occurrence):
        raise AssertionError

    for parameter in book():
        assert value_of(parameter, 0, never) == parameter.value
    assert value_of(book().parameter("PK9"), 5, never) == 0.75


def test_later_draws_take_addressed_uniforms():
    asked = []

    def uniform_at(place, occurrence):
        asked.append((place, occurrence))
        return 0.9

    potency, mix = book().parameter("PD2"), book().parameter("M120")
    assert value_of(potency, 3, uniform_at) == 16.1343542945
    value_of(mix, 3, uniform_at)
    assert asked == [(address(potency), 0), *((address(mix), k) for k in range(4))]


def test_addresses_are_fixed_and_distinct():
    assert (
        address(book().parameter("PD1")) == 3354908896
    )  # `printf PD1 | b2sum -l 32`, little-endian
    assert len({address(parameter) for parameter in book()}) == len(book())


@pytest.mark.parametrize("uniform", [0.0, 1.0, -0.1, float("nan"), [0.5, 0.5], []])
def test_impossible_uniforms_are_refused(uniform):
    with pytest.raises(ValueProblem):
        value_at(book().parameter("PD1"), uniform)


def test_negative_draws_are_refused():
    with pytest.raises(ValueProblem):
        value_of(book().parameter("PD1"), -1, lambda place, occurrence: 0.5)


def test_rounding_to_12_digits():
    assert rounded(0.1234567890125) == 0.123456789012
    assert rounded(123456789012.5) == 123456789012.0
    assert str(rounded(-0.0)) == "0.0"


def test_uniforms_needed():
    needed = {key: uniforms_needed(book().parameter(key)) for key in ("PD1", "PK9", "M120", "K4")}
    assert needed == {"PD1": 1, "PK9": 0, "M120": 4, "K4": 2}
