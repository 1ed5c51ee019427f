"""The test-retest correlation is drawn again until some flare reproduces it."""

from __future__ import annotations

from functools import cache

import pytest
from scenario_strategies import load_text

from pathways.codes import Purpose
from pathways.errors import InputError, ValueProblem
from pathways.evidence import posterior
from pathways.evidence.book import book
from pathways.evidence.draws import address, value_at
from pathways.fastcore.draws import Draws
from pathways.resolve.inputs import EvidenceValues, evidence_values
from pathways.resolve.resolver import resolve
from pathways.resolve.retest import MOST_TRIES, RETEST, with_reproducible_retest
from pathways.resolve.values import flare_sd
from pathways.scenario import load_scenario

SEEDS, DRAWS = (1, 2, 3), range(1, 401)


@pytest.fixture
def from_the_book(monkeypatch):
    """No posterior: every parameter is drawn from the book's own distribution."""
    monkeypatch.setattr(posterior, "posterior_draws", lambda: None)


def is_reproducible(values: EvidenceValues) -> bool:
    try:
        flare_sd(values)
    except ValueProblem:
        return False
    return True


def resolved(seed: int, draw: int, scenario: str = "guideline-2018") -> dict:
    plan = resolve(load_scenario(scenario), patients=1, years=0.1, seed=seed, draw=draw)
    return plan.description["values"]


def attempt(seed: int, draw: int, occurrence: int) -> float:
    """Return the correlation at an occurrence of its own address."""
    parameter = book().parameter(RETEST)
    place = address(parameter)
    draws = Draws(seed, draw)
    return value_at(parameter, draws.uniform(0, place, Purpose.POPULATION_VALUE, occurrence))


@cache
def contradicting() -> list[tuple[int, int]]:
    """Return the seeds and draws whose correlation as first drawn no flare reproduces."""
    return [
        (seed, draw)
        for seed in SEEDS
        for draw in DRAWS
        if not is_reproducible(evidence_values(draw, seed))
    ]


def test_every_draw_can_be_resolved(from_the_book):
    assert 3 <= len(contradicting()) <= 30
    for seed, draw in contradicting():
        assert resolved(seed, draw)[RETEST] == attempt(seed, draw, 1)


def test_every_row_of_the_posterior_can_be_had():
    draws = posterior.posterior_draws()
    names = (
        "weekly_mean_retest_correlation",
        "weekly_flare_autocorrelation",
        "diary_day_to_day_sd",
    )
    rows = [dict(zip(draws.keys, row, strict=True)) for row in draws.rows]
    for row in rows[::5]:
        assert is_reproducible(evidence_values(0, 1, {name: row[name] for name in names}))


def test_nothing_else_of_such_a_draw_changes(from_the_book):
    seed, draw = contradicting()[0]
    before = dict(evidence_values(draw, seed))
    after = resolved(seed, draw)
    assert {name for name in before if name in after and after[name] != before[name]} == {RETEST}


def test_draws_that_could_be_resolved_are_as_they_were(from_the_book):
    others = [
        (seed, draw)
        for seed in SEEDS
        for draw in (1, 2, 399)
        if (seed, draw) not in contradicting()
    ]
    for seed, draw in others:
        assert resolved(seed, draw)[RETEST] == attempt(seed, draw, 0)
    values = evidence_values(1, 1)
    assert with_reproducible_retest(values, lambda attempt: pytest.fail("drawn again")) is values


def test_tries_go_on_until_one_will_do(from_the_book):
    seed, draw = contradicting()[0]
    values = evidence_values(draw, seed)
    bad, good = values[RETEST], attempt(seed, draw, 1)
    asked = []

    def again(number: int) -> float:
        asked.append(number)
        return good if number == 5 else bad

    assert with_reproducible_retest(values, again)[RETEST] == good
    assert asked == [1, 2, 3, 4, 5]


def test_tries_end(from_the_book):
    seed, draw = contradicting()[0]
    values = evidence_values(draw, seed)
    asked = []
    found = with_reproducible_retest(values, lambda number: asked.append(number) or values[RETEST])
    assert found is values
    assert asked == list(range(1, MOST_TRIES))


SCENARIO = (
    "extends: guideline-2018\nscenario: mine\nparameters:\n  weekly_mean_retest_correlation: "
)


def test_a_distribution_of_the_users_is_drawn_again_too(tmp_path):
    beta = "{distribution: {uniform: {low: 0.2, high: 0.99}}}\n"
    scenario = load_text(SCENARIO + beta, tmp_path)
    found = [resolve(scenario, patients=1, years=0.1, draw=draw) for draw in range(1, 21)]
    drawn = [plan.description["values"][RETEST] for plan in found]
    assert len(set(drawn)) == 20
    assert all(0.2 < one < 0.95 for one in drawn)


@pytest.mark.parametrize("draw", [0, 1])
def test_a_stated_correlation_is_not_drawn_but_refused(draw, tmp_path):
    scenario = load_text(SCENARIO + "0.99\n", tmp_path)
    with pytest.raises(InputError, match="cannot correlate as much as 0.99"):
        resolve(scenario, patients=1, years=0.1, draw=draw)
