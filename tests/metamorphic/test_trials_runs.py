"""Simulated trials: what changes them, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from trial_files import CROSSOVER, PARALLEL, changed, trial_of

from pathways.errors import InputError
from pathways.trials import chunks, simulate_trial


def estimates(trial, endpoint="week-1", **options):
    return simulate_trial(trial, replicates=20, **options).estimates(endpoint)


def test_the_first_of_many_are_those_of_few(tmp_path):
    trial = trial_of(tmp_path)
    few = simulate_trial(trial, replicates=20)
    many = simulate_trial(trial, replicates=60)
    for key, values in few.values.items():
        np.testing.assert_array_equal(values, many.values[key][:20])


def test_seeds_differ_and_repeat(tmp_path):
    trial = trial_of(tmp_path)
    np.testing.assert_array_equal(estimates(trial), estimates(trial))
    assert (estimates(trial) != estimates(trial, seed=2)).any()


def test_the_size_of_a_chunk_is_not_seen_in_one_chunk(tmp_path, monkeypatch):
    trial = trial_of(tmp_path)
    before = estimates(trial)
    monkeypatch.setattr(chunks, "CHUNK_PATIENTS", 30_000)
    np.testing.assert_array_equal(before, estimates(trial))


def test_several_chunks_fill_every_trial(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_PATIENTS", 100)
    run = simulate_trial(trial_of(tmp_path), replicates=60)
    assert run.patients_simulated > 60 * 11
    assert {key: values.shape for key, values in run.values.items()} == {
        ("week-1", "ketamine"): (60, 6),
        ("week-1", "placebo"): (60, 5),
    }
    # Patients of different chunks have different luck.
    values = run.values["week-1", "ketamine"].reshape(-1)
    assert (np.nan_to_num(values[:100]) != np.nan_to_num(values[100:200])).any()


def test_arms_have_different_patients(tmp_path):
    same = changed(PARALLEL, ("form: sham", "form: racemic"), ("patients: 5", "patients: 6"))
    run = simulate_trial(trial_of(tmp_path, same), replicates=20)
    first, second = (run.values["week-1", arm] for arm in ("ketamine", "placebo"))
    assert (np.nan_to_num(first) != np.nan_to_num(second)).any()


def test_only_the_eligible_are_counted(tmp_path):
    chosen = changed(PARALLEL, ("arms:\n", "selection: {minimum_pain: 8}\narms:\n"))
    run = simulate_trial(trial_of(tmp_path, chosen), replicates=20)
    everybody = simulate_trial(trial_of(tmp_path), replicates=20)
    assert run.patients_simulated > everybody.patients_simulated
    assert run.values["week-1", "placebo"].shape == (20, 5)
    placebo = [np.nanmean(one.values["week-1", "placebo"]) for one in (run, everybody)]
    assert placebo[0] > placebo[1] + 0.5


def test_nobody_eligible_is_said(tmp_path):
    nobody = changed(PARALLEL, ("arms:\n", "selection: {maximum_age: 1 year}\narms:\n"))
    with pytest.raises(InputError, match="nobody is eligible"):
        simulate_trial(trial_of(tmp_path, nobody), replicates=20)


def test_numbers_stand_over_the_file(tmp_path):
    trial = trial_of(tmp_path)
    inert = changed(PARALLEL, ("arms:\n", "parameters: {slow_effect_c50: 100000 ng/mL}\narms:\n"))
    before, strong = estimates(trial), {"slow_effect_c50": 0.01}
    from_file = estimates(trial_of(tmp_path, inert))
    assert before.mean() < from_file.mean()
    assert estimates(trial, parameters=strong).mean() < before.mean()
    weak = {"PD1": 100000.0}
    np.testing.assert_array_equal(from_file, estimates(trial, parameters=weak))
    everybody = {"responder_share_by_condition.crps": 1.0}
    assert estimates(trial, parameters=everybody).mean() < before.mean()


def test_a_parameter_the_trial_does_not_use_changes_nothing(tmp_path):
    trial = trial_of(tmp_path)
    other = {"duloxetine_effect": 3.0, "loss_to_follow_up_rate": 0.5}
    np.testing.assert_array_equal(estimates(trial), estimates(trial, parameters=other))
    with pytest.raises(InputError, match="slow_effect_c50"):
        estimates(trial, parameters={"slow_effect_c5": 1.0})


def test_lost_patients_are_not_scored(tmp_path):
    lost = changed(PARALLEL, ("arms:\n", "drop_out: {rate: 20 per year}\narms:\n"))
    late = lost.replace("[7 d]", "[60 d]")
    share = late.replace("measure: score", "measure: share_scored").replace(
        "    versus: placebo\n", ""
    )
    found = simulate_trial(trial_of(tmp_path, share), replicates=200).expected("week-1")
    # exp(-20 * 60 / 365) = 0.037 are left, 9 in 10 of them scored.
    assert 0.0 < found < 0.1
    drop = {"drop_out: {rate: 20 per year}": "drop_out: {rate: {evidence: M153}}"}
    for old, new in drop.items():
        share = share.replace(old, new)
    kept = trial_of(tmp_path, share)
    few = simulate_trial(kept, replicates=50, parameters={"loss_to_follow_up_rate": 20.0})
    assert few.expected("week-1") < 0.15 < simulate_trial(kept, replicates=50).expected("week-1")


def test_a_crossover_compares_patients_with_themselves(tmp_path):
    run = simulate_trial(trial_of(tmp_path, CROSSOVER), replicates=200)
    first, second = (run.values["difference", arm] for arm in ("ketamine", "placebo"))
    # Long-run pain is the patient's own, so the periods go together.
    assert np.corrcoef(first.reshape(-1), second.reshape(-1))[0, 1] > 0.3
    expected = np.nanmean(first - second, axis=1)
    np.testing.assert_allclose(run.estimates("difference"), expected)


def test_half_of_the_endpoints_are_the_same_numbers(tmp_path):
    trial = trial_of(tmp_path, CROSSOVER)
    everything = simulate_trial(trial, replicates=20)
    one = simulate_trial(trial, replicates=20, endpoints=("difference",), curves=False)
    assert one.curves == {}
    np.testing.assert_array_equal(one.estimates("difference"), everything.estimates("difference"))
