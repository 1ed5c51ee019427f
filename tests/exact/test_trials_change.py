"""Where a change comes from: the parts add up to what the trial itself reports."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from trial_files import PARALLEL, changed, trial_of

from pathways.figures.decomposition import decomposition_of_changes
from pathways.outcomes.decomposition import COMPONENTS
from pathways.trials import load_trial, shipped_trials, simulate_trial, split_changes
from pathways.trials.change import CHANGE, change_endpoints
from pathways.trials.change_words import (
    change_rows,
    decomposition_csv,
    sentence,
    whole_sentence,
)

CHANGES = """\
  - {name: by-enrolment, title: Change in the second week, measure: change, arm: ketamine,
     window: {from: 8 d, to: 14 d}}
  - {name: by-days, title: Change from the days before, measure: change, arm: placebo,
     baseline: {from: -2 d, to: 0 d}, visits: [20 d, 27 d]}
  - {name: late, title: Change after the last, measure: change, arm: ketamine,
     counted_from: last_infusion, visits: [3 d]}
"""
WITH_LOSSES = changed(
    PARALLEL + CHANGES,
    ("arms:\n", "drop_out: {rate: 5 per year}\nmissing_scores: 30 %\narms:\n"),
)


def values_of(trial, name: str, arm: str, patients: int) -> np.ndarray:
    """Return the changes of the first patients as the endpoint has them."""
    run = simulate_trial(trial, replicates=60)
    return run.values[name, arm].reshape(-1)[:patients]


@pytest.mark.parametrize(
    ("name", "arm"), [("by-enrolment", "ketamine"), ("by-days", "placebo"), ("late", "ketamine")]
)
def test_parts_add_up_to_the_endpoint(tmp_path, name, arm):
    trial = trial_of(tmp_path, WITH_LOSSES)
    found = {one.endpoint.name: one for one in split_changes(trial, patients=250)}
    one, reported = found[name], values_of(trial, name, arm, 250)
    there = reported[np.isfinite(reported)]
    assert 0 < len(there) < 250
    assert one.patients == len(there)
    assert one.part(CHANGE) == pytest.approx(there.mean(), abs=1e-9)
    parts = [one.part(name) for name in COMPONENTS]
    assert sum(parts) == pytest.approx(one.part(CHANGE), abs=1e-9)


def test_a_sham_has_no_part_of_the_drug(tmp_path):
    one, other = split_changes(trial_of(tmp_path, PARALLEL + CHANGES), patients=400)[:2]
    assert (one.arm, one.is_treated, other.arm, other.is_treated) == (
        "ketamine",
        True,
        "placebo",
        False,
    )
    assert one.part("drug") < -0.3
    assert other.part("drug") == other.part("programme") == 0.0
    assert other.part("expectation") < 0.0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("visits: [3 d]", "moment: end"),
        ("visits: [3 d]", "visits: [3 d], versus: placebo"),
        ("visits: [3 d]", "visits: [3 d, 4 d], statistic: lowest"),
        ("visits: [3 d]", "visits: [3 d], baseline: {from: 0 d, to: 1 d}"),
    ],
)
def test_other_changes_are_left_out(tmp_path, old, new):
    text = changed(PARALLEL + CHANGES, (old, new))
    if "moment" in new:
        text = text.replace("     counted_from: last_infusion, moment", "     moment")
    names = [one.name for one in change_endpoints(trial_of(tmp_path, text))]
    assert names == ["by-enrolment", "by-days"]


def test_every_uncontrolled_cohort_with_scores_is_split():
    cohorts = {
        name: trial
        for name in shipped_trials()
        if (trial := load_trial(name)).document.design == "cohort"
    }
    scored = {"corriger-2022", "correll-2004", "goldberg-2010", "gwu-2018", "patil-2012"}
    scored |= {"kiefer-2008-pilot", "tankha-2025", "wiffen-2017-placebo"}
    assert {name for name, trial in cohorts.items() if change_endpoints(trial)} == scored
    assert len(change_endpoints(load_trial("schwartzman-2009"))) == 2


def test_words_and_file_say_the_same_numbers(tmp_path):
    found = split_changes(trial_of(tmp_path, PARALLEL + CHANGES), patients=300)
    table = list(csv.DictReader(io.StringIO(decomposition_csv(found).decode())))
    assert len(table) == 3 * (len(COMPONENTS) + 1)
    by_part = {row["component"]: row for row in table if row["endpoint"] == "by-enrolment"}
    assert float(by_part["change"]["mean"]) == found[0].part(CHANGE)
    assert float(by_part["drug"]["low"]) < found[0].part("drug") < float(by_part["drug"]["high"])
    row = change_rows(found)[0]
    assert row[0] == "mine, ketamine: Change in the second week"
    assert float(row[2]) == pytest.approx(found[0].part("drug"), abs=0.006)
    share = f"{100 * found[0].part('drug') / found[0].part(CHANGE):.0f} %"
    assert f"of a fall of {-found[0].part(CHANGE):.2f} points" in sentence(found[0])
    assert share in sentence(found[0])
    assert "next to nothing" in sentence(found[1])
    # The sham is no arm on ketamine.
    assert "days before" not in whole_sentence(found)
    assert whole_sentence([found[1]]) == ""


def test_the_figure_shows_the_parts(tmp_path):
    text = PARALLEL + CHANGES.replace(
        "to: 14 d}}",
        "to: 14 d}, published: {range: [-3, -1], source: A paper, status: verified}}",
    )
    found = split_changes(trial_of(tmp_path, text), patients=300)
    ax = decomposition_of_changes(found).axes[0]
    drug = next(one for one in ax.containers if one.get_label() == "drug")
    assert drug[0].get_width() == pytest.approx(-found[0].part("drug"))
    diamonds = [line for line in ax.lines if line.get_marker() == "D"]
    assert [line.get_xdata()[0] for line in diamonds] == [2.0]
    assert "mine, ketamine" in ax.get_yticklabels()[0].get_text()
