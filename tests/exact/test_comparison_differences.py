"""Paired differences of results small enough to be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hand_made_comparisons import compared, paid, result_of
from raw_results import chronic, five_patients

from pathways.codes import HarmCause, State
from pathways.comparison import Comparison
from pathways.comparison.differences import paired_difference
from pathways.comparison.frames import rows_of
from pathways.comparison.schema import DIFFERENCES, MEASURES, VALUE
from pathways.outcomes import schema
from pathways.outcomes.estimates import NORMAL_975
from pathways.outcomes.summary import FIXED_POINT

REFERENCE = [0.5, 0.5, 0.5, 0.5, 0.5]
UNEVEN = [0.25, 0.5, 0.75, 1.0, 0.5]


def differences(comparison: Comparison, policy: str, reference: str) -> dict[str, dict]:
    return {
        row["measure"]: row
        for row in rows_of(comparison.differences)
        if (row["policy"], row["reference"]) == (policy, reference)
    }


def test_by_hand():
    # Differences 0, 1, 1, 4: mean 1.5, squares around it 9; squares of both arms 14 and 1.
    found = paired_difference(np.array([1.0, 2, 3, 6]), np.array([1.0, 1, 2, 2]), 1_000)
    estimate = found.estimate
    assert (estimate.value, estimate.n) == (1.5, 4)
    assert estimate.standard_error == math.sqrt(9 / 3 / 4)
    half = NORMAL_975 * estimate.standard_error
    assert (estimate.low, estimate.high) == (1.5 - half, 1.5 + half)
    assert found.independent_patients == 7  # 4 * (14 + 1) / 9, rounded


def test_unrelated_arms_need_as_many_patients_as_there_are():
    # Squares 4 and 4; those of the differences 3, -1, 1, -3 around 0... are 8 when uncorrelated.
    found = paired_difference(np.array([1.0, -1, 1, -1]), np.array([1.0, 1, -1, -1]), 1)
    assert found.independent_patients == 4


def test_one_luck_in_two_policies_saves_patients_and_opposite_luck_costs_them():
    values = np.array([1.0, 2, 3, 4, 5])
    alike = paired_difference(values, values + np.array([0.0, 0, 0, 0, 0.5]), 10)
    opposite = paired_difference(values, values[::-1].copy(), 10)
    assert alike.independent_patients > 5 > opposite.independent_patients


def test_the_same_difference_in_everybody_needs_nobody():
    values = np.array([1.0, 2.0, 3.0])
    found = paired_difference(values + 0.5, values, 10)
    assert (found.estimate.value, found.estimate.standard_error) == (0.5, 0.0)
    assert found.independent_patients is None
    assert "same in every patient" in found.estimate.note


@pytest.mark.parametrize(("values", "value"), [([], None), ([2.0], 1.0)])
def test_too_few_patients_for_an_error(values, value):
    found = paired_difference(np.array(values), np.ones(len(values)), 1)
    assert (found.estimate.value, found.estimate.standard_error) == (value, None)
    assert found.independent_patients is None


def test_number_of_patients_beyond_counting_is_left_out():
    values = np.array([1e6, -1e6, 1e6])
    found = paired_difference(values, values + np.array([0.0, 1e-3, 0.0]), 1_000_000)
    assert found.independent_patients is None


def test_qalys_of_five_patients():
    row = differences(compared(base=REFERENCE, new=UNEVEN), "new", "base")["mean_qaly"]
    # Differences -1/4, 0, 1/4, 1/2, 0: mean 0.1, squares around it 0.325.
    assert row["difference"] == 0.1
    assert row["standard_error"] == pytest.approx(math.sqrt(0.325 / 4 / 5), rel=1e-15)
    assert (row["n"], row["unit"], row["note"]) == (5, "QALY", "discounted")
    assert row["independent_patients"] == 5  # The reference does not vary.


def test_two_policies_that_do_the_same_differ_by_exactly_nothing():
    comparison = compared(base=UNEVEN, other=UNEVEN)
    for row in differences(comparison, "other", "base").values():
        numbers = [row[name] for name in ("difference", "standard_error", "low", "high")]
        assert numbers == [0.0, 0.0, 0.0, 0.0]
        assert row["independent_patients"] is None


def test_order_in_which_policies_are_given_changes_no_number():
    qalys = {"base": REFERENCE, "new": UNEVEN, "sham": [0.5, 0.5, 0.5, 0.75, 0.5]}
    one = compared("base", **qalys)
    other = compared("base", **dict(reversed(qalys.items())))
    assert one.names != other.names
    key = ["policy", "reference", "measure"]
    ordered = [
        frame.sort_values(key, ignore_index=True) for frame in (one.differences, other.differences)
    ]
    assert ordered[0].equals(ordered[1])
    assert (one.answer, one.fingerprint) == (other.answer, other.fingerprint)
    assert one.sham == other.sham == "sham"


def test_differences_are_from_the_reference_and_from_the_sham():
    frame = compared("base", base=REFERENCE, new=UNEVEN, sham=REFERENCE).differences
    pairs = list(dict.fromkeys(zip(frame["policy"], frame["reference"], strict=True)))
    assert pairs == [("new", "base"), ("sham", "base"), ("base", "sham"), ("new", "sham")]
    assert list(frame) == [column.name for column in DIFFERENCES]
    assert not frame.duplicated(["policy", "reference", "measure"]).any()


def test_years_on_treatment_of_the_untreated_are_none():
    # The first of the five is treated under one policy only, from day 40 to the end of the year.
    weekly = five_patients()[0].weekly["first_infusions"].copy()
    weekly[40 // 7] += 1
    more = result_of(
        {"first_infusion_day": [40, 40, 28, 40, 40]}, weekly={"first_infusions": weekly}
    )
    found = differences(Comparison({"base": result_of(), "more": more}, "base"), "more", "base")
    row = found["mean_years_on_treatment"]
    assert (row["n"], row["note"]) == (5, "0 if never treated")
    assert row["difference"] == pytest.approx(325 / 365 / 5, abs=1e-6)
    assert found["share_treated"]["difference"] == 0.2


def test_pain_of_somebody_who_lived_no_day_is_left_out():
    raw = five_patients()[0]
    results, weekly = raw.results.copy(), raw.weekly.copy()
    results["state"][0], results["died_day"][0] = State.DEAD, 0
    results["harm_count"][0], results["harm_first_day"][0] = 0, -1
    results["pain_days"] = [0.0, 730.0, 365.0, 113.0, 365.0]
    weekly["deaths"][0] = 1
    weekly["in_state"][:-1, State.WAITING] -= 1
    weekly["in_state"][-1, raw.results["state"][0]] -= 1
    died = result_of(
        {name: results[name] for name in results.dtype.names},
        weekly={name: weekly[name] for name in ("deaths", "in_state")},
    )
    base = result_of({"pain_days": [365.0, 365.0, 365.0, 113.0, 365.0]})
    row = differences(Comparison({"base": base, "died": died}, "base"), "died", "base")["mean_pain"]
    assert (row["difference"], row["n"]) == (0.25, 4)


def test_harms_are_counted_with_their_excess():
    background, excess = HarmCause.BACKGROUND, HarmCause.EXCESS
    base = result_of(chronic(cystitis=(background, 70)))
    more = result_of(chronic(cystitis=(excess, 70), use_disorder=(excess, 10)))
    found = differences(Comparison({"base": base, "more": more}, "base"), "more", "base")
    assert found["mean_cystitis"]["difference"] == 0.0
    assert found["mean_cystitis_excess"]["difference"] == 1.0
    assert found["mean_use_disorder"]["difference"] == 1.0
    assert "paired excess" in found["mean_use_disorder_excess"]["note"]


def test_costs_by_payer_and_line():
    base = result_of(paid([100.0] * 5))
    dear = result_of(paid([100.0, 100.0, 100.0, 100.0, 600.0]))
    found = differences(Comparison({"base": base, "dear": dear}, "base"), "dear", "base")
    for measure in ("all_payers", "health_system", "undiscounted_health_system", "assessment"):
        row = found[f"mean_cost_{measure}"]
        assert (row["difference"], row["unit"]) == (100.0, "GBP")
    assert found["mean_cost_patient"]["difference"] == 0.0


@pytest.mark.parametrize(
    ("currencies", "reason"),
    [
        (("GBP", "USD"), "USD and GBP are not comparable"),
        (("GBP", None), "no price book in one of them"),
        ((None, None), "no price book"),
    ],
)
def test_money_is_compared_in_one_currency_only(currencies, reason):
    base, other = (result_of(currency=currency) for currency in currencies)
    found = differences(Comparison({"base": base, "other": other}, "base"), "other", "base")
    row = found["mean_cost_all_payers"]
    assert (row["difference"], row["low"], row["independent_patients"]) == (None, None, None)
    assert (row["unit"], row["note"]) == ("", reason)
    assert found["mean_qaly"]["difference"] == 0.0


def test_every_measure_reads_columns_that_there_are():
    units = {column.name: column.unit for column in schema.PATIENTS}
    names = [measure.name for measure in MEASURES]
    assert len(set(names)) == len(names)
    for measure in MEASURES:
        assert measure.unit in FIXED_POINT
        assert set(measure.columns) <= units.keys()
        if measure.read == VALUE:
            assert {units[column] for column in measure.columns} == {measure.unit}


def test_measures_are_those_of_the_headline_where_it_has_them():
    comparison = compared(base=REFERENCE, new=UNEVEN)
    headline = set(comparison.headline["measure"])
    shared = {"mean_qaly", "mean_pain", "mean_ketamine_mg", "share_treated", "mean_cost_patient"}
    assert shared <= headline & {measure.name for measure in MEASURES}
