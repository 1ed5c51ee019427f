"""Trials simulated over several parameter draws: which patients they have, and what is pooled."""

from __future__ import annotations

import numpy as np
import pytest
from trial_files import PARALLEL, changed, trial_of, written

from pathways.errors import InputError
from pathways.trials import load_trial, simulate_trial
from pathways.trials.run import replicates_of_draws
from pathways.trials.verdict import verdicts

POOLED = """\
trial: both
title: Both pooled
design: pooled
endpoints:
  - name: week-1
    title: Pooled
    pool:
      - {trial: ./mine.yaml, endpoint: week-1, weight: 0.5}
      - {trial: ./other.yaml, endpoint: week-1, weight: 0.5}
    weights: stated
"""


def pooled(directory):
    written(directory)
    other = changed(PARALLEL, ("trial: mine", "trial: other"), ("patients: 6", "patients: 9"))
    (directory / "other.yaml").write_text(other, encoding="utf-8")
    path = directory / "both.yaml"
    path.write_text(POOLED, encoding="utf-8")
    return load_trial(path)


def test_replicates_are_shared_out_evenly():
    assert replicates_of_draws(10, 3) == [4, 3, 3]
    assert replicates_of_draws(5, 5) == [1] * 5


def test_each_draw_is_that_draw_with_luck_of_its_own(tmp_path):
    trial = trial_of(tmp_path)
    run = simulate_trial(trial, replicates=11, draws=3)
    assert run.draws.tolist() == [1] * 4 + [2] * 4 + [3] * 3
    for draw, rows in ((1, slice(0, 4)), (3, slice(8, 11))):
        single = simulate_trial(trial, replicates=len(run.draws[rows]), draw=draw, stream=draw)
        for key, values in single.values.items():
            np.testing.assert_array_equal(values, run.values[key][rows])
    # The same luck in every draw would leave the luck out of the range.
    parameters = {"slow_effect_c50": 100_000.0}
    fixed = simulate_trial(trial, replicates=6, draws=2, parameters=parameters)
    values = np.nan_to_num(fixed.values["week-1", "placebo"])
    assert (values[:3] != values[3:]).any()


def test_draws_of_the_parameters_widen_the_range(tmp_path):
    # Many patients in each arm, so that luck is small beside the parameters.
    text = changed(PARALLEL, ("patients: 6", "patients: 200"), ("patients: 5", "patients: 200"))
    trial = trial_of(tmp_path, text)
    stated = simulate_trial(trial, replicates=60).estimates("week-1")
    drawn = simulate_trial(trial, replicates=60, draws=30).estimates("week-1")
    assert drawn.std() > 1.2 * stated.std()


def test_curves_count_the_patients_of_all_draws(tmp_path):
    trial = trial_of(tmp_path)
    curve = simulate_trial(trial, replicates=11, draws=3).curves["ketamine"]
    assert curve.count[0] == pytest.approx(66, abs=20)
    assert curve.count[0] <= 66
    assert len(curve.means) == len(curve.days)


def test_a_synthesis_pools_within_a_draw(tmp_path):
    trial, runs = pooled(tmp_path), {}
    run = simulate_trial(trial, replicates=11, draws=3, runs=runs)
    assert set(runs) == {"mine", "other"}
    assert run.draws.tolist() == runs["other"].draws.tolist()
    mean = (runs["mine"].estimates("week-1") + runs["other"].estimates("week-1")) / 2.0
    np.testing.assert_allclose(run.estimates("week-1"), mean)
    again = simulate_trial(trial, replicates=11, draws=3, runs=runs)
    assert again.members["./mine.yaml"] is runs["mine"]
    assert verdicts(run)[0].replicates == 11


def test_runs_of_other_numbers_or_trials_are_not_pooled(tmp_path):
    trial = pooled(tmp_path)
    for options in ({"replicates": 12, "draws": 3}, {"replicates": 11}):
        runs = {"mine": simulate_trial(trial.members["./mine.yaml"], **options)}
        with pytest.raises(InputError, match="the run of mine has"):
            simulate_trial(trial, replicates=11, draws=3, runs=runs)
    namesake = tmp_path / "namesake.yaml"
    namesake.write_text(changed(PARALLEL, ("patients: 6", "patients: 7")), encoding="utf-8")
    runs = {"mine": simulate_trial(load_trial(namesake), replicates=11)}
    with pytest.raises(InputError, match="both named `mine`"):
        simulate_trial(trial, replicates=11, runs=runs)


def test_more_draws_than_trials_are_refused(tmp_path):
    with pytest.raises(InputError, match="allowed: 1 to 5"):
        simulate_trial(trial_of(tmp_path), replicates=5, draws=6)
