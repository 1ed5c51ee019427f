"""Comparisons of simulated policies that should agree in a known way."""

from __future__ import annotations

import numpy as np
import pytest

from pathways.comparison import compare
from pathways.comparison.frames import rows_of
from pathways.outcomes.summary import ALL

SIZE = {"patients": 400, "years": 1}
POLICIES = ["conventional-care", "guideline-2018", "dose-ladder", "sham-infusion"]
COPY = """\
extends: guideline-2018
scenario: the-same
title: Guideline under another name
"""
NUMBERS = ("difference", "standard_error", "low", "high")


@pytest.fixture(scope="module")
def comparison():
    return compare(POLICIES, **SIZE)


def found(comparison, policy: str, reference: str) -> dict[str, dict]:
    return {
        row["measure"]: row
        for row in rows_of(comparison.differences)
        if (row["policy"], row["reference"]) == (policy, reference)
    }


def test_copy_differs_by_exactly_nothing(tmp_path):
    path = tmp_path / "copy.yaml"
    path.write_text(COPY)
    copied = compare(["guideline-2018", path], **SIZE)
    assert copied.scenario_differences.empty
    assert "guideline-2018 and the-same are the same scenario under two names" in copied.cautions
    for row in found(copied, "the-same", "guideline-2018").values():
        assert [row[name] for name in NUMBERS] == [0.0] * 4
        assert row["independent_patients"] is None


def test_turning_a_comparison_around_turns_its_signs(comparison):
    turned = compare(POLICIES, reference="dose-ladder", **SIZE)
    there = found(comparison, "dose-ladder", "conventional-care")
    back = found(turned, "conventional-care", "dose-ladder")
    assert there.keys() == back.keys()
    scales = {"QALY": 1e-9, "NRS": 1e-6, "a": 1e-6, "mg": 1e-3, "GBP": 1e-4}
    for measure, row in there.items():
        # Half a unit of the fixed-point sum is rounded up on both sides.
        allowed = scales.get(row["unit"], 1e-9)
        assert row["difference"] == pytest.approx(-back[measure]["difference"], abs=allowed)
        assert row["standard_error"] == pytest.approx(back[measure]["standard_error"], rel=1e-6)
        needed = [side["independent_patients"] for side in (row, back[measure])]
        assert needed[0] == needed[1] or needed[0] == pytest.approx(needed[1], rel=1e-6)


def test_paired_difference_is_the_difference_of_the_means(comparison):
    means = {
        (row["policy"], row["measure"]): row["value"]
        for row in rows_of(comparison.headline)
        if row["block"] == ALL
    }
    for row in rows_of(comparison.differences):
        ends = [means.get((row[side], row["measure"])) for side in ("policy", "reference")]
        if None not in ends:
            # Each of three sums is rounded to a whole number of its units.
            assert row["difference"] == pytest.approx(ends[0] - ends[1], abs=1e-5)


@pytest.mark.parametrize("measure", ["mean_qaly", "mean_pain", "mean_cost_health_system"])
def test_pairing_is_surer_than_groups_of_their_own(comparison, measure):
    errors = {
        row["policy"]: row["standard_error"]
        for row in rows_of(comparison.headline)
        if (row["block"], row["measure"]) == (ALL, measure)
    }
    row = found(comparison, "guideline-2018", "conventional-care")[measure]
    apart = np.hypot(errors["guideline-2018"], errors["conventional-care"])
    assert row["standard_error"] < apart / 3
    # What is said of groups of their own is what such groups give.
    needed = SIZE["patients"] * (apart / row["standard_error"]) ** 2
    assert row["independent_patients"] == pytest.approx(needed, abs=0.51)


def test_sham_gives_no_drug(comparison):
    row = found(comparison, "sham-infusion", "conventional-care")
    assert comparison.sham == "sham-infusion"
    assert row["mean_ketamine_mg"]["difference"] == 0.0
    assert row["mean_infusions"]["difference"] > 0.5
    assert row["mean_cystitis_excess"]["difference"] == 0.0


def test_another_policy_beside_them_changes_nobody(comparison):
    fewer = compare(POLICIES[:2], **SIZE)
    for name in POLICIES[:2]:
        assert fewer.results[name].fingerprint == comparison.results[name].fingerprint
    assert found(fewer, POLICIES[1], POLICIES[0]) == found(comparison, POLICIES[1], POLICIES[0])


def test_order_of_the_policies_changes_no_number(comparison):
    turned = compare(POLICIES[::-1], **SIZE)
    assert turned.names == tuple(POLICIES[::-1])
    assert turned.fingerprint == comparison.fingerprint
    assert turned.answer == comparison.answer
    for policy in POLICIES[1:]:
        assert found(turned, policy, POLICIES[0]) == found(comparison, policy, POLICIES[0])


def test_one_price_book_makes_money_comparable():
    scenarios = ["conventional-care", "cash-clinic"]
    measure = "mean_cost_all_payers"
    apart, together = (
        found(compare(scenarios, prices=book, **SIZE), *scenarios[::-1])[measure]
        for book in (None, "us-2024-usd")
    )
    assert (apart["difference"], apart["note"]) == (
        None,
        "USD and GBP are not comparable",
    )
    assert (together["unit"], together["difference"] > 0.0) == ("USD", True)


def test_harm_by_dose_band_is_there_with_the_log_of_events():
    with_events = compare(POLICIES[:2], events=True, **SIZE)
    assert "dose_0_mg" in set(with_events.headline["block"])
    assert with_events.results[POLICIES[1]].events is not None
