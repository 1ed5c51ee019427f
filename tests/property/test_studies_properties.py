"""Numbering, constraints and arithmetic of studies, for any study that is tried."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from study_files import study_of

from pathways.studies.amounts import amount_of
from pathways.studies.axes import places_at
from pathways.studies.expressions import read_sum

PATHS = (
    "policy.ladder.gap",
    "policy.maintenance.interval",
    "policy.limits.time_on_treatment",
    "policy.limits.rest.length",
)
days = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True)
sizes = st.lists(st.integers(1, 10**6), min_size=1, max_size=6)


@given(sizes, st.data())
def test_places_give_their_number_back(of_axes, data):
    number = data.draw(st.integers(0, prod(of_axes) - 1))
    places = places_at(of_axes, number)
    assert all(0 <= place < size for place, size in zip(places, of_axes, strict=True))
    again = 0
    for place, size in zip(places, of_axes, strict=True):
        again = again * size + place
    assert again == number


@settings(max_examples=40)
@given(st.lists(days, min_size=2, max_size=4), st.lists(st.tuples(*[st.integers(0, 3)] * 2)))
def test_constraints_leave_out_what_breaks_them_and_nothing_else(grids, pairs):
    pairs = [(a % len(grids), b % len(grids)) for a, b in pairs]
    kept = [c for c in product(*grids) if all(c[a] <= c[b] for a, b in pairs)]
    lines = [
        f"      {path}: [{', '.join(f'{one} d' for one in grid)}]"
        for path, grid in zip(PATHS, grids, strict=False)
    ]
    rules = [f"  - {PATHS[a]} <= {PATHS[b]}" for a, b in pairs]
    body = "\n".join(["vary:", "  - grid:", *lines, *(["constraints:", *rules] if rules else [])])
    if not kept:
        return
    with tempfile.TemporaryDirectory() as folder:
        study = study_of(Path(folder), body)
    found = [
        tuple(int(study.run(n).levels[path].split()[0]) for path in PATHS[: len(grids)])
        for n in range(len(study))
    ]
    assert sorted(found) == sorted(kept)
    assert study.dropped == prod(map(len, grids)) - len(kept)


decimals = st.decimals(-1000, 1000, allow_nan=False, places=3).map(str)
units = st.sampled_from(["min", "h", "d", "week", "year"])


@given(decimals, units, decimals, units)
def test_sums_of_lengths_of_time_are_exact(first, unit, second, other):
    values = {"a": amount_of(f"{first} {unit}"), "b": amount_of(f"{second} {other}")}
    minutes = {"min": 1, "h": 60, "d": 1440, "week": 7 * 1440, "year": 365 * 1440}
    exact = Fraction(first) * minutes[unit] + Fraction(second) * minutes[other]
    assert read_sum("a + b").value(values).number_of("min") == exact
    assert read_sum("b + a").value(values).compares("==", read_sum("a + b").value(values))


@given(st.text(alphabet="ab.[]0129+-*/()<>=, minxd%_'\"", max_size=40))
def test_any_text_is_a_sum_or_is_refused_in_words(text):
    from pathways.errors import ValueProblem

    try:
        read_sum(text)
    except ValueProblem as found:
        assert str(found)
