"""Simulated trials have the errors that trials have. False-alarm rates are stated; seeds fixed."""

from __future__ import annotations

import math

import numpy as np
from trial_files import PARALLEL, changed, trial_of

from pathways.trials import simulate_trial

REPLICATES = 600
FIVE_SIGMA = 5.0
"""Each comparison raises a false alarm less than once in a million."""

SHAM_AGAINST_SHAM = (
    changed(PARALLEL, ("form: racemic", "form: sham"), ("patients: 5", "patients: 30"))
    .replace("patients: 6", "patients: 30")
    .replace("    versus: placebo\n", "    versus: placebo\n    scale: standard_errors\n")
)


def test_two_shams_differ_as_often_as_a_test_says(tmp_path):
    run = simulate_trial(trial_of(tmp_path, SHAM_AGAINST_SHAM), replicates=REPLICATES)
    z = run.estimates("week-1")
    assert abs(z.mean()) < FIVE_SIGMA / math.sqrt(REPLICATES)
    # Student's t with 58 degrees of freedom is beyond 2.0 in 5 %.
    beyond = np.mean(np.abs(z) > 2.0017)
    assert abs(beyond - 0.05) < FIVE_SIGMA * math.sqrt(0.05 * 0.95 / REPLICATES)


def test_the_error_reported_is_the_spread_of_reports(tmp_path):
    text = SHAM_AGAINST_SHAM.replace("    scale: standard_errors\n", "")
    run = simulate_trial(trial_of(tmp_path, text), replicates=REPLICATES)
    spread = run.estimates("week-1").std()
    reported = math.sqrt(np.mean(run.errors("week-1") ** 2))
    # An SD from 600 normal values has a relative error of 1 in sqrt(1200).
    assert abs(spread / reported - 1.0) < FIVE_SIGMA / math.sqrt(2.0 * REPLICATES)
