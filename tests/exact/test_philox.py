"""The generator against published vectors and a second Philox; addresses and their limits."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathways.fastcore.draws import Draws, philox4x32
from pathways.fastcore.maths import normal_quantile

FIXED = settings(derandomize=True, deadline=None, database=None, max_examples=300)
MASK = 0xFFFFFFFF
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
# Key, counter and result from the known-answer file of Random123 (Salmon and others, 2011).
PUBLISHED = [
    ("00000000 00000000", "00000000 " * 4, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff", "ffffffff " * 4, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        "a4093822 299f31d0",
        "243f6a88 85a308d3 13198a2e 03707344",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]

word = st.integers(0, MASK)
seeds = st.integers(0, 2**64 - 1)
draw_numbers = st.integers(0, 2**24 - 1)
purposes = st.integers(0, 255)
occurrences = st.integers(-(2**31), 2**31 - 1)


def words(text: str) -> tuple[int, ...]:
    return tuple(int(part, 16) for part in text.split())


def round_keys(key: tuple[int, int]) -> list[tuple[int, int]]:
    return [
        tuple((k + i * s) & MASK for k, s in zip(key, KEY_STEPS, strict=True)) for i in range(10)
    ]


def reference_philox(key: tuple[int, int], counter: tuple[int, ...]) -> tuple[int, ...]:
    c0, c1, c2, c3 = counter
    for key0, key1 in round_keys(key):
        high0, low0 = divmod(MULTIPLIERS[0] * c0, 2**32)
        high1, low1 = divmod(MULTIPLIERS[1] * c2, 2**32)
        c0, c1, c2, c3 = high1 ^ c1 ^ key0, low1, high0 ^ c3 ^ key1, low0
    return c0, c1, c2, c3


def counter_giving(key: tuple[int, int], result: tuple[int, ...]) -> tuple[int, ...]:
    """Run Philox backwards: the counter whose four words are the ones asked for."""
    inverse0, inverse1 = (pow(m, -1, 2**32) for m in MULTIPLIERS)
    r0, r1, r2, r3 = result
    for key0, key1 in reversed(round_keys(key)):
        c0, c2 = r3 * inverse0 & MASK, r1 * inverse1 & MASK
        high0, high1 = MULTIPLIERS[0] * c0 >> 32, MULTIPLIERS[1] * c2 >> 32
        r0, r1, r2, r3 = c0, r0 ^ high1 ^ key0, c2, r2 ^ high0 ^ key1
    return r0, r1, r2, r3


def address_giving(seed: int, result: tuple[int, ...]) -> tuple[Draws, dict[str, int]]:
    index, clinic, draw_and_purpose, occurrence = counter_giving((seed & MASK, seed >> 32), result)
    address = {
        "clinic": clinic,
        "patient": index,
        "purpose": draw_and_purpose & 255,
        "occurrence": occurrence - 2**31,
    }
    return Draws(seed, draw_and_purpose >> 8), address


def reference_uniforms(seed, draw, clinic, patient, purpose, occurrence) -> tuple[float, float]:
    counter = (patient, clinic, draw * 256 + purpose, occurrence + 2**31)
    w0, w1, w2, w3 = reference_philox((seed % 2**32, seed // 2**32), counter)
    tops = ((w0 * 2**32 + w1) // 2**12, (w2 * 2**32 + w3) // 2**12)
    return tuple((2 * top + 1) / 2**53 for top in tops)


@pytest.mark.parametrize(("key", "counter", "result"), PUBLISHED)
def test_published_vectors(key, counter, result):
    assert philox4x32(*words(key), *words(counter)) == words(result)
    assert reference_philox(words(key), words(counter)) == words(result)


@FIXED
@given(st.tuples(word, word), st.tuples(word, word, word, word))
def test_words_are_those_of_a_second_philox(key, counter):
    result = philox4x32(*key, *counter)
    assert result == reference_philox(key, counter)
    assert counter_giving(key, result) == counter


@FIXED
@given(seeds, draw_numbers, word, word, purposes, occurrences)
def test_draws_follow_the_address_layout(seed, draw, clinic, patient, purpose, occurrence):
    draws = Draws(seed, draw)
    address = (clinic, patient, purpose, occurrence)
    expected = reference_uniforms(seed, draw, *address)
    assert draws.uniform_pair(*address) == expected
    assert tuple(draws.uniform(*address, lane) for lane in (0, 1)) == expected
    assert tuple(draws.normal(*address, lane) for lane in (0, 1)) == tuple(
        normal_quantile(u) for u in expected
    )


def test_defaults_are_draw_0_occurrence_0_lane_0():
    assert Draws(5).uniform(1, 2, 3) == Draws(5, 0).uniform(1, 2, 3, 0, 0)
    assert Draws(5).normal(1, 2, 3) == Draws(5, 0).normal(1, 2, 3, occurrence=0, lane=0)


@pytest.mark.parametrize("seed", [0, 7, 2**64 - 1])
@pytest.mark.parametrize(
    ("result", "uniform"), [((0, 0, 0, 0), 2.0**-53), ((MASK,) * 4, 1.0 - 2.0**-53)]
)
def test_the_most_extreme_words_stay_inside_the_unit_interval(seed, result, uniform):
    draws, address = address_giving(seed, result)
    assert draws.uniform_pair(**address) == (uniform, uniform)
    assert 0.0 < uniform < 1.0
    assert draws.normal(**address) == normal_quantile(uniform)


def test_high_words_come_first_and_the_last_12_bits_are_dropped():
    draws, address = address_giving(7, (0x80000000, 0xFFF, 0, 0x1FFF))
    assert draws.uniform_pair(**address) == (0.5 + 2.0**-53, 3.0 * 2.0**-53)


def test_no_two_addresses_share_a_counter():
    """One counter gives one pair, so equal pairs would betray a shared counter."""
    edges = {
        "draw": [0, 1, 255, 256, 2**16, 2**24 - 1],
        "clinic": [0, 1, 2, 255, 256, 2**32 - 1],
        "patient": [0, 1, 2, 255, 256, 2**32 - 1],
        "purpose": [0, 1, 2, 127, 128, 255],
        "occurrence": [-(2**31), -256, -1, 0, 1, 255, 256, 2**31 - 1],
    }
    pairs = [
        Draws(11, draw).uniform_pair(clinic, patient, purpose, occurrence)
        for draw in edges["draw"]
        for clinic in edges["clinic"]
        for patient in edges["patient"]
        for purpose in edges["purpose"]
        for occurrence in edges["occurrence"]
    ]
    assert len(set(pairs)) == len(pairs) == 6**4 * 8


def test_no_two_purposes_patients_or_occurrences_in_a_row_share_a_counter():
    draws = Draws(12)
    pairs = [draws.uniform_pair(1, patient, 9) for patient in range(5_000)]
    pairs += [draws.uniform_pair(1, 0, 10, occurrence) for occurrence in range(-2_500, 2_500)]
    pairs += [draws.uniform_pair(2, 0, purpose) for purpose in range(256)]
    pairs += [draws.uniform_pair(clinic, 1, 11) for clinic in range(5_000)]
    assert len(set(pairs)) == len(pairs)


def test_both_halves_of_the_seed_count():
    seeds_tried = [0, 1, 2**31, 2**32, 2**32 + 1, 2**63, 2**64 - 1]
    assert len({Draws(seed).uniform(0, 0, 0) for seed in seeds_tried}) == len(seeds_tried)


@pytest.mark.parametrize("n_pairs", [0, 1, 2, 31, 32, 33, 64, 65, 500])
@pytest.mark.parametrize("first_occurrence", [0, -17, -(2**31)])
def test_filled_normals_are_those_asked_for_one_by_one(n_pairs, first_occurrence):
    draws, out = Draws(2**40 + 3, 77), np.full(2 * n_pairs + 2, 99.0)
    draws.fill_normals(out[1:-1], 4, 5, 6, first_occurrence)
    expected = [
        draws.normal(4, 5, 6, first_occurrence + (k >> 1), k & 1) for k in range(2 * n_pairs)
    ]
    assert out.tolist() == [99.0, *expected, 99.0]


@pytest.mark.parametrize("result", [(0, 0, 0, 0), (MASK,) * 4, (0, 60, MASK, 5 << 20)])
def test_filled_normals_reach_the_far_tails(result):
    draws, address = address_giving(3, result)
    out = np.empty(2)
    draws.fill_normals(
        out, *(address[name] for name in ("clinic", "patient", "purpose", "occurrence"))
    )
    assert out.tolist() == [draws.normal(**address, lane=lane) for lane in (0, 1)]
    assert np.abs(out).min() > 5.9


def test_filled_normals_may_end_at_the_last_occurrence_and_not_beyond():
    draws, out = Draws(1), np.empty(6)
    last = 2**31 - 1
    draws.fill_normals(out, 1, 2, 3, last - 2)
    assert out[5] == draws.normal(1, 2, 3, last, 1)
    with pytest.raises(ValueError, match="first_occurrence: got 2147483646 for 3 occurrences"):
        draws.fill_normals(out, 1, 2, 3, last - 1)


def test_filled_normals_need_an_even_length():
    with pytest.raises(ValueError, match="holds 3 numbers; allowed: an even length"):
        Draws(1).fill_normals(np.empty(3), 1, 2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "seed: got -1; allowed: 0 to 18446744073709551615"),
        ((2**64,), "seed: got 18446744073709551616; allowed"),
        ((0, -1), "draw: got -1; allowed: 0 to 16777215"),
        ((0, 2**24), "draw: got 16777216; allowed: 0 to 16777215"),
    ],
)
def test_seed_and_draw_out_of_range_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Draws(*arguments)


@pytest.mark.parametrize("seed", [1.0, "1", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(TypeError, match="seed: got .*; allowed: a whole number"):
        Draws(seed)


@pytest.mark.parametrize(
    "address",
    [
        (-1, 0, 0, 0),
        (2**32, 0, 0, 0),
        (0, -1, 0, 0),
        (0, 2**32, 0, 0),
        (0, 0, -1, 0),
        (0, 0, 256, 0),
        (0, 0, 0, -(2**31) - 1),
        (0, 0, 0, 2**31),
    ],
)
def test_an_address_out_of_range_is_never_wrapped(address):
    draws = Draws(0)
    for ask in (draws.uniform, draws.uniform_pair, draws.normal):
        with pytest.raises(OverflowError):
            ask(*address)


@pytest.mark.parametrize("lane", [-1, 2])
def test_there_is_no_third_lane(lane):
    for ask in (Draws(0).uniform, Draws(0).normal):
        with pytest.raises(ValueError, match="allowed: 0 or 1"):
            ask(0, 0, 0, 0, lane)


def test_draws_show_themselves_and_travel_between_processes():
    draws = Draws(np.uint64(2**64 - 1), 9)
    assert repr(draws) == "Draws(seed=18446744073709551615, draw=9)"
    travelled = pickle.loads(pickle.dumps(draws))
    assert (travelled.seed, travelled.draw) == (2**64 - 1, 9)
    assert travelled.uniform(1, 2, 3) == draws.uniform(1, 2, 3)
    with pytest.raises(AttributeError):
        draws.seed = 1
