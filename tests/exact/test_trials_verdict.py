"""Verdicts and counts of verdicts, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from trial_files import PARALLEL, changed, trial_of

from pathways.errors import InputError
from pathways.trials.published import PublishedResult
from pathways.trials.run import TrialRun
from pathways.trials.size import refuse_bad_draws, refuse_bad_replicates
from pathways.trials.tally import tallies
from pathways.trials.verdict import (
    BORDERLINE,
    FAILS,
    FITS,
    UNKNOWN,
    independent_trials,
    least_replicates,
    two_sided,
    verdicts,
)
from pathways.trials.words import rows

PUBLISHED = "value: -1, se: 0.5, source: A paper, status: verified"


def judged(tmp_path, estimates, text=PARALLEL, draws=None):
    """Return the verdict on trials that report these differences."""
    estimates = np.asarray(estimates, float)
    run = TrialRun(trial_of(tmp_path, text), len(estimates), draws=draws)
    run.values["week-1", "ketamine"] = estimates[:, None]
    run.values["week-1", "placebo"] = np.zeros((len(estimates), 1))
    return verdicts(run)[0]


def with_below(number: int, of: int) -> np.ndarray:
    """Return trials of which so many lie below -1."""
    return np.where(np.arange(of) < number, -2.0, 0.0)


@pytest.mark.parametrize(
    ("below", "of", "verdict"),
    [
        # P = 2 (k + 1) / (n + 1); its error 2 sqrt(P / 2 (1 - P / 2) / n).
        (0, 200, FAILS),
        (1, 200, FAILS),
        (2, 200, BORDERLINE),
        (12, 200, FITS),
        (37, 2000, FAILS),
        (38, 2000, BORDERLINE),
        (64, 2000, BORDERLINE),
        (66, 2000, FITS),
    ],
)
def test_near_the_level_it_is_borderline(tmp_path, below, of, verdict):
    one = judged(tmp_path, with_below(below, of))
    assert one.probability == pytest.approx(2 * (below + 1) / (of + 1))
    assert one.verdict == verdict
    distance = abs(one.probability - 0.05)
    assert (distance <= 1.959964 * one.monte_carlo_error) == (verdict == BORDERLINE)


def test_the_fewest_trials_can_fail_and_fewer_cannot_tell(tmp_path):
    assert [least_replicates(level) for level in (5.0, 1.0, 50.0, 0.1)] == [200, 1000, 20, 10_000]
    for level in (5.0, 1.0, 0.1, 50.0):
        least = least_replicates(level)
        probability, error = two_sided(
            np.ones(least), PublishedResult(0, 0, None, None, "", "", "")
        )
        assert probability + 1.96 * error < level / 100.0
    one = judged(tmp_path, with_below(0, 199))
    assert (one.verdict, one.reason) == (
        UNKNOWN,
        "only 199 simulated trials have a value, too few for a verdict",
    )


def test_nothing_measured_is_no_misfit(tmp_path):
    one = judged(tmp_path, [math.nan] * 300)
    assert one.verdict == UNKNOWN
    assert one.reason.startswith("in none of 300 simulated trials is anything measured")
    (cells,) = rows([one])
    assert cells[2] == cells[3] == "–"
    assert cells[6] == UNKNOWN


def test_what_a_verdict_rests_on_is_said(tmp_path):
    some = with_below(150, 300)
    some[:50] = math.nan
    one = judged(tmp_path, some)
    assert (one.verdict, one.replicates) == (FITS, 250)
    assert one.reason == "of the 250 of 300 simulated trials that have a value"


def test_trials_of_one_draw_are_worth_one_if_draws_differ_and_all_if_not():
    draws = np.repeat(np.arange(10), 50)
    assert independent_trials(np.zeros(500), None) == 500.0
    # Nothing but the draw: 50 trials say what one says.
    assert independent_trials(draws.astype(float), draws) == pytest.approx(10.0)
    # Nothing of the draw: each group has the same mean.
    luck = np.tile(np.linspace(-1.0, 1.0, 50), 10)
    assert independent_trials(luck, draws) == 500.0
    assert independent_trials(luck + draws, draws) == pytest.approx(10.4, abs=0.1)
    assert independent_trials(np.arange(10.0), np.arange(10)) == 10.0
    assert independent_trials(luck, np.ones(500)) == 500.0


def test_few_draws_do_not_refute(tmp_path):
    draws = np.repeat(np.arange(1, 11), 50)
    apart = np.repeat(np.linspace(0.0, 9.0, 10), 50)
    one = judged(tmp_path, apart, draws=draws)
    assert one.verdict == BORDERLINE
    assert one.probability == pytest.approx(2.0 / 11.0)
    assert judged(tmp_path, apart).verdict == FAILS


def test_counts_are_by_trial_and_evidence_too(tmp_path):
    fails, fits = with_below(0, 200), with_below(100, 200)
    memory = changed(PARALLEL, ("status: verified", "status: recalled_low"))
    context = changed(PARALLEL, ("use: prediction", "use: context"))
    found = [
        judged(tmp_path, fits),
        judged(tmp_path, fails),
        judged(tmp_path, fits, changed(PARALLEL, ("trial: mine", "trial: other"))),
        judged(tmp_path, fits, memory),
        judged(tmp_path, fails, context),
    ]
    read, remembered = tallies(found)
    assert (read.use, read.evidence) == ("prediction", "read")
    assert (read.endpoints, read.trials) == ({FITS: 2, FAILS: 1}, {FAILS: 1, FITS: 1})
    assert read.largest == ("mine", 2)
    assert (remembered.evidence, remembered.endpoints) == ("from memory", {FITS: 1})


def test_replicates_that_could_refute_nothing_are_refused(tmp_path):
    trial = trial_of(tmp_path)
    refuse_bad_replicates(200, [trial])
    with pytest.raises(InputError, match="nothing could fail to fit at 5 %; allowed: 200 to"):
        refuse_bad_replicates(199, [trial])
    strict = trial_of(tmp_path, changed(PARALLEL, ("design:", "level: 1 %\ndesign:")))
    with pytest.raises(InputError, match="at 1 %; allowed: 1000 to"):
        refuse_bad_replicates(500, [trial, strict])
    with pytest.raises(InputError, match="100001 trials"):
        refuse_bad_replicates(100_001, [trial])


@pytest.mark.parametrize("draws", [0, -1, 201])
def test_draws_that_cannot_share_the_trials_are_refused(draws):
    refuse_bad_draws(200, 200)
    with pytest.raises(InputError, match="allowed: 1 to 200"):
        refuse_bad_draws(draws, 200)
