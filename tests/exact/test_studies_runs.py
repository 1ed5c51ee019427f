"""Runs of a study: their numbers, levels, seeds and keys."""

from __future__ import annotations

import itertools
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
from study_files import HEAD, study_of, values

from pathways.scenario import load_scenario
from pathways.studies import load, study
from pathways.studies.study import factors, product_words, run_key, seed_of, written

GRID = """
vary:
  - grid:
      policy.ladder.gap: [7 d, 14 d]
      policy.limits.courses: [1, 2, 3]
"""
HALF_LIFE = "parameters.slow_effect_half_life"


def test_numbers_count_the_last_thing_fastest(tmp_path):
    head = HEAD.replace("[guideline-2018]", "[guideline-2018, dose-ladder]")
    found = study_of(tmp_path, GRID + "seeds: [5, 3]\ndraws: {count: 2}\nreplicates: 2", head=head)
    runs = [found.run(number) for number in range(len(found))]
    expected = itertools.product(
        ["guideline-2018", "dose-ladder"], ["7 d", "14 d"], ["1", "2", "3"], [1, 2], [5, 3], [1, 2]
    )
    shown = [
        (run.scenario, *run.levels.values(), run.draw, seed, run.replicate)
        for run, seed in zip(runs, itertools.cycle([5, 5, 3, 3]), strict=False)
    ]
    assert shown == list(expected)
    assert [run.number for run in runs] == list(range(96))
    assert [run.seed for run in runs if run.replicate == 1] == [5, 3] * 24
    assert product_words(factors(found)).startswith("2 scenarios x 2 policy.ladder.gap x 3 ")


def test_without_anything_that_varies_there_is_one_run(tmp_path):
    found = study_of(tmp_path)
    assert len(found) == 1
    run = found.run(0)
    assert (run.levels, run.draw, run.seed, run.replicate) == ({}, 0, 1, 1)
    assert found.scenario_of(run).document == load_scenario("guideline-2018").document


def test_there_is_no_run_beyond_the_last(tmp_path):
    found = study_of(tmp_path, GRID)
    for number in (-1, len(found)):
        with pytest.raises(IndexError):
            found.run(number)


def test_seeds_of_replicates():
    seeds = [seed_of(1, replicate) for replicate in range(1, 200)]
    assert seeds[0] == 1
    assert len(set(seeds)) == 199 and max(seeds) < 2**48
    assert seed_of(1, 2) == 158088743871871  # stays for ever: results are found by it
    assert seed_of(2, 2) != seed_of(1, 2)


def test_levels_reach_the_scenario_whether_written_or_left_to_default(tmp_path):
    body = """
vary:
  - list:
      - policy.limits.courses: 4
        policy.exit.taper: {after: [count_cap], courses: [{dose: 50 %, interval: 42 d}]}
        discount.effects: 1.5 %
        policy.ladder.steps.0.dose: 1 mg/kg
        policy.limits.courses_per_year: null
        population.conditions.crps: 1
        parameters.PD2: 9 d
"""
    found = study_of(tmp_path, body)
    document = found.scenario_of(found.run(0)).document
    assert document.policy.limits.courses == 4
    assert document.policy.limits.courses_per_year is None
    assert document.policy.exit.taper.courses[0].interval == 42
    assert document.discount.effects == 1.5
    assert document.policy.ladder.steps[0].dose == (1.0, "mg/kg")
    assert document.population.conditions.crps == 1.0
    assert document.parameters == {"PD2": "9 d"}
    levels = found.run(0).levels
    assert levels["policy.ladder.steps[0].dose"] == "1 mg/kg"
    assert levels["policy.limits.courses_per_year"] is None
    assert written(levels["policy.exit.taper"]).startswith("{after: [count_cap], courses: [{dose:")


def test_scenarios_of_other_runs_are_not_touched(tmp_path):
    found = study_of(tmp_path, GRID)
    gaps = [found.scenario_of(found.run(n)).document.policy.ladder.gap for n in (0, 3, 0)]
    assert gaps == [7, 14, 7]


def test_runs_of_one_combination_share_their_scenario(tmp_path):
    found = study_of(tmp_path, GRID + "seeds: [1, 2]")
    assert found.scenario_of(found.run(2)) is found.scenario_of(found.run(3))
    assert found.runs_of_combination == 2


def test_plan_of_a_run_has_its_size_seed_and_draw(tmp_path):
    found = study_of(tmp_path, GRID + "seeds: [7]\ndraws: {count: 3}")
    plan = found.plan_of(found.run(2))
    assert (plan.patients, plan.horizon_days, plan.seed, plan.draw) == (10, 365, 7, 3)
    assert found.plan_of(found.run(2), patients=3).patients == 3


def test_derived_fields_follow(tmp_path):
    body = GRID + "derived: {policy.maintenance.interval: 3 * policy.ladder.gap + 3 week}"
    found = study_of(tmp_path, body)
    assert values(found, "policy.maintenance.interval") == ["42 d"] * 3 + ["63 d"] * 3
    assert found.scenario_of(found.run(5)).document.policy.maintenance.interval == 63


CONSTRAINED = """
vary:
  - grid:
      policy.exit.loss_of_response.failures: [1, 2, 3]
      policy.ladder.gap: [7 d, 14 d]
      policy.exit.loss_of_response.of_last: [1, 2, 3]
constraints:
  - policy.exit.loss_of_response.failures <= policy.exit.loss_of_response.of_last
"""


def test_constraints_leave_combinations_out(tmp_path):
    found = study_of(tmp_path, CONSTRAINED + "seeds: [1, 2]")
    kept = {tuple(found.run(number).levels.values()) for number in range(len(found))}
    every = itertools.product("123", "123", ["7 d", "14 d"])
    assert kept == {(f, n, gap) for f, n, gap in every if f <= n}
    assert (len(found), found.dropped) == (24, 6)


def test_constraint_on_a_derived_field(tmp_path):
    body = GRID.replace("[7 d, 14 d]", "[7 d, 14 d, 20 d]") + (
        "derived: {policy.maintenance.interval: 3 * policy.ladder.gap}\n"
        "constraints: [policy.maintenance.interval > 22 d, policy.ladder.gap * 2 < 6 week]"
    )
    found = study_of(tmp_path, body)
    assert set(values(found, "policy.ladder.gap")) == {"14 d", "20 d"}
    assert found.dropped == 3


DESIGN = """
vary:
  - {kind}:
      points: 16
      seed: {seed}
      over:
        parameters.slow_effect_half_life: {{from: 5 d, to: 20 d, log: true}}
        policy.ladder.gap: {{from: 7 d, to: 28 d, step: 1 week}}
        parameters.slow_effect_c50: {{from: 5 ng/mL, to: 10 ng/mL}}
"""


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube"])
def test_points_of_a_design_are_spread(kind, tmp_path):
    found = study_of(tmp_path, DESIGN.format(kind=kind, seed=4))
    half_lives = [float(text.split()[0]) for text in values(found, HALF_LIFE)]
    slices = np.floor(16 * np.log(np.array(half_lives) / 5) / np.log(4)).astype(int)
    assert sorted(slices) == list(range(16))
    concentrations = [float(t.split()[0]) for t in values(found, "parameters.slow_effect_c50")]
    assert sorted(int(16 * (one - 5) / 5) for one in concentrations) == list(range(16))
    gaps = values(found, "policy.ladder.gap")
    assert {gaps.count(f"{days} d") for days in (7, 14, 21, 28)} == {4}
    assert all(len(text.split()[0].replace(".", "")) <= 9 for text in values(found, HALF_LIFE))


def test_seed_of_a_design_decides_its_points_and_nothing_else_does(tmp_path):
    first = study_of(tmp_path, DESIGN.format(kind="sobol", seed=4))
    again = study_of(tmp_path, DESIGN.format(kind="sobol", seed=4) + "seeds: [9]")
    other = study_of(tmp_path, DESIGN.format(kind="sobol", seed=5))
    assert values(first, HALF_LIFE) == values(again, HALF_LIFE)
    assert values(first, HALF_LIFE) != values(other, HALF_LIFE)


def test_plain_sobol_sequence_starts_at_the_lower_ends(tmp_path):
    body = DESIGN.format(kind="sobol", seed="4\n      scramble: false")
    found = study_of(tmp_path, body)
    assert list(found.run(0).levels.values()) == ["5 d", "7 d", "5 ng/mL"]
    assert list(found.run(1).levels.values()) == ["10 d", "21 d", "7.5 ng/mL"]


def test_blocks_are_combined(tmp_path):
    over = "over: {parameters.slow_effect_half_life: {from: 5 d, to: 20 d}}"
    found = study_of(tmp_path, f"{GRID}  - sobol: {{points: 16, {over}}}")
    assert len(found) == 6 * 16
    assert found.run(0).levels.keys() == {"policy.ladder.gap", "policy.limits.courses", HALF_LIFE}
    assert found.run(17).levels["policy.limits.courses"] == "2"
    assert found.run(17).levels[HALF_LIFE] == found.run(1).levels[HALF_LIFE]


def test_a_study_goes_to_another_process_and_is_the_same(tmp_path):
    found = study_of(tmp_path, DESIGN.format(kind="sobol", seed=4))
    found.scenario_of(found.run(0))
    copy = pickle.loads(pickle.dumps(found))
    assert [copy.run(n) for n in range(16)] == [found.run(n) for n in range(16)]
    assert run_key(copy, copy.run(3)) == run_key(found, found.run(3))
    assert copy.scenario_of(copy.run(3)).document == found.scenario_of(found.run(3)).document


def test_keys_tell_all_runs_apart(tmp_path):
    head = HEAD.replace("[guideline-2018]", "[guideline-2018, dose-ladder]")
    found = study_of(tmp_path, GRID + "seeds: [1, 2]\ndraws: {count: 2}\nreplicates: 2", head=head)
    keys = {run_key(found, found.run(number)) for number in range(len(found))}
    assert len(keys) == len(found)
    assert all(len(key) == 32 for key in keys)


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("title: T", "title: U", True),
        ("study: s", "study: t", True),
        ("patients: 10", "patients: 11", False),
        ("years: 1", "years: 2", False),
        ("guideline-2018", "dose-ladder", False),
    ],
)
def test_what_a_key_depends_on(old, new, is_same, tmp_path):
    found = study_of(tmp_path, GRID)
    other = study_of(tmp_path, GRID + "outputs: [mean_pain]", head=HEAD.replace(old, new))
    run = found.run(1)
    assert (run_key(found, run) == run_key(other, other.run(1))) is is_same


def test_a_key_depends_on_the_model_and_on_what_a_scenario_says(tmp_path, monkeypatch):
    mine = tmp_path / "mine.yaml"
    head = HEAD.replace("guideline-2018", "./mine.yaml")

    def key(text):
        mine.write_text(f"extends: guideline-2018\nscenario: mine\n{text}")
        found = study_of(tmp_path, head=head)
        return run_key(found, found.run(0))

    plain = key("")
    assert key("title: Another\n# words\n") == plain
    assert key("policy: {ladder: {gap: 15 d}}\n") != plain
    monkeypatch.setattr("pathways.version.model_version", lambda: "another")
    assert key("") != plain


def test_more_draws_and_seeds_leave_the_keys_of_the_others(tmp_path):
    few = study_of(tmp_path, GRID + "draws: {count: 2}\nseeds: [1]")
    many = study_of(tmp_path, GRID + "draws: {count: 5}\nseeds: [1, 2]")
    keys = [{run_key(one, one.run(n)) for n in range(len(one))} for one in (few, many)]
    assert keys[0] < keys[1]


def test_description_is_plain_and_says_what_decides(tmp_path):
    found = study_of(tmp_path, CONSTRAINED)
    said = found.description()
    assert json.loads(json.dumps(said)) == said
    assert said["constraints"] and said["scenarios"]["guideline-2018"]["policy"]
    for change in ({"patients": 11}, {"replicates": 2}, {"seeds": (2,)}, {"outputs": ("deaths",)}):
        assert replace(found, **change).description() != said
    design = study_of(tmp_path, DESIGN.format(kind="sobol", seed=1)).description()
    assert design != study_of(tmp_path, DESIGN.format(kind="sobol", seed=2)).description()


def test_huge_studies_are_counted_and_not_made(tmp_path):
    body = GRID + "seeds: {first: 3, count: 1000000000}\nreplicates: 1000"
    found = study_of(tmp_path, body, allow=2**53)
    assert len(found) == 6 * 10**12
    last = found.run(len(found) - 1)
    assert last.levels == {"policy.ladder.gap": "14 d", "policy.limits.courses": "3"}
    assert last.replicate == 1000
    assert found.run(len(found) - 1000).seed == 1_000_000_002


def test_the_two_ways_to_load_are_one(tmp_path):
    assert study.load_study("guideline-psa", probe=False).run(7) == (
        load.load_study("guideline-psa", probe=False).run(7)
    )


@pytest.mark.parametrize("name", ["exit-rules-grid", "regimen-sobol", "guideline-psa"])
def test_shipped_studies(name):
    assert name in load.study_names()
    found = load.load_study(name)
    assert found.name == name
    assert 50 <= len(found) <= 1000
