"""The summary of five patients whose stories are known."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from raw_results import PATIENTS, five_patients

from pathways.codes import ExitReason, State
from pathways.outcomes import schema
from pathways.outcomes.cautions import cautions
from pathways.outcomes.estimates import poisson_rate, proportion
from pathways.outcomes.headline import (
    HEADLINE,
    acute_harm_rows,
    chronic_harm_rows,
    cost_rows,
    exit_rows,
    headline_rows,
)
from pathways.outcomes.summary import FIXED_POINT, summarise, summary_csv, summary_table
from pathways.outcomes.tables import patients_table

ALL = {
    "patients": 5.0,
    "share_assessed": 0.8,
    "share_eligible": 0.8,
    "share_treated": 0.8,
    "median_wait_days": 40.0,
    "mean_ketamine_mg": 116.0,
    "median_ketamine_mg": 100.0,
    "p90_ketamine_mg": 240.0,
    "mean_infusions": 2.4,
    "mean_pain": 1.8,
    "mean_qaly": 0.5,
    "mean_qaly_drug_only": 0.25,
    "mean_sessions_attended": 1.0,
    "mean_tests_done": 0.4,
    "mean_harms_detected": 0.8,
    "mean_cost_health_system": 1360.2,
    "mean_cost_patient": 40.0,
    "mean_cost_undiscounted_health_system": 1424.4,
    "mean_cost_undiscounted_patient": 48.0,
    "mean_cost_drug": 24.4,
    "mean_cost_background": 0.0,
    "share_nausea_per_infusion": 0.25,
    "share_other_acute_per_infusion": 0.0,
    "cystitis_background_per_100_years": 100 * 2 / (1572 / 365),
    "cystitis_excess_per_100_years": 0.0,
    "liver_injury_background_per_100_years": 0.0,
    "liver_injury_excess_per_100_years": 100 * 1 / (1572 / 365),
    "share_exit_adverse_event": 0.0,
    "share_exit_patient_choice": 0.0,
    "share_alive": 0.8,
    "share_ever_recovered": 0.2,
    "share_responder_trait": 0.6,
    "share_responder_observed": 0.2,
    "share_exit_not_yet": 0.2,
    "share_exit_not_started": 0.2,
    "share_exit_non_response": 0.2,
    "share_exit_death": 0.2,
    "share_exit_dose_cap": 0.0,
    "share_state_maintenance": 0.2,
}
TREATED = {
    "patients": 4.0,
    "median_wait_days": 40.0,
    "mean_wait_days": 37.0,
    "mean_ketamine_mg": 145.0,
    "mean_infusions": 3.0,
    "share_responder_observed": 0.5,
    "share_alive": 0.75,
}
CONTINUATIONS = {
    "mean_continuations": 0.6,
    "false_positive_rate": 1 / 3,
    "false_positive_rate_responders": 0.0,
    "false_positive_rate_non_responders": 1.0,
}
WAITING = {
    "share_treated_within_90_days": 0.8,
    "share_treated_within_365_days": 0.8,
    "median_wait_days": 40.0,
    "median_wait_to_assessment_days": 20.0,
    "share_still_waiting": 0.0,
    "mean_no_shows": 0.0,
}
BLOCKS = {
    "all_referrals": ALL,
    "per_treated": TREATED,
    "continuations": CONTINUATIONS,
    "waiting": WAITING,
}


@pytest.fixture(scope="module")
def patients() -> pa.Table:
    return patients_table(*five_patients())


@pytest.fixture(scope="module")
def rows(patients):
    return {(row["block"], row["measure"]): row for row in summarise(patients)}


@pytest.mark.parametrize(
    ("block", "measure"), [(block, measure) for block in BLOCKS for measure in BLOCKS[block]]
)
def test_value(rows, block, measure):
    assert rows[block, measure]["value"] == pytest.approx(BLOCKS[block][measure], rel=1e-12)


def test_every_row_names_a_measure_once(patients, rows):
    assert len(rows) == len(summarise(patients))
    assert {block for block, _ in rows} == set(BLOCKS)


def test_shares_have_wilson_intervals(rows):
    row, expected = rows["all_referrals", "share_treated"], proportion(4, 5)
    assert (row["low"], row["high"], row["n"]) == (expected.low, expected.high, 5)
    assert row["standard_error"] == expected.standard_error


def test_acute_harms_have_wilson_intervals_over_infusions(rows):
    row, expected = rows["all_referrals", "share_nausea_per_infusion"], proportion(3, 12)
    assert (row["low"], row["high"], row["n"]) == (expected.low, expected.high, 12)
    assert row["note"] == "per infusion, here or elsewhere; n infusions"


def test_chronic_harms_have_poisson_intervals_over_time(rows):
    row = rows["all_referrals", "cystitis_background_per_100_years"]
    expected = poisson_rate(2, 1572 / 365, 5, 100.0)
    assert (row["low"], row["high"], row["unit"]) == (expected.low, expected.high, "/100 a")


def test_costs_name_their_currency_and_discounting(rows):
    row = rows["all_referrals", "mean_cost_health_system"]
    assert (row["unit"], row["note"], row["n"]) == ("GBP", "discounted", 5)
    assert rows["all_referrals", "mean_cost_drug"]["note"] == "not discounted"


def test_only_quality_of_life_may_have_an_interval_below_zero(patients):
    once = patients.take([0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    found = {row["measure"]: row for row in summarise(once) if row["block"] == "all_referrals"}
    for measure in ("mean_cost_drug", "mean_infusions", "mean_ketamine_mg", "mean_tests_done"):
        assert (found[measure]["low"], found[measure]["high"] > found[measure]["value"]) == (
            0,
            True,
        )


def test_without_a_price_book_nothing_is_said_to_be_free():
    rows = summarise(patients_table(*five_patients(prices=False)))
    costs = [row for row in rows if row["measure"].startswith("mean_cost")]
    assert len(costs) == 15
    assert {(row["value"], row["unit"], row["note"]) for row in costs} == {
        (None, "", "no price book")
    }
    assert cost_rows(rows) == []


def test_exit_reasons_and_states_add_up_to_everybody(rows):
    for labels in (["exit"], ["state"], ["treated_exit", "untreated_exit"]):
        starts = tuple(f"share_{label}_" for label in labels)
        shares = [row["value"] for (_, measure), row in rows.items() if measure.startswith(starts)]
        assert sum(shares) == pytest.approx(1.0)


def test_response_is_of_those_judged_among_the_treated(rows):
    assert rows["per_treated", "share_responder_observed"]["n"] == 2
    assert rows["per_treated", "share_responder_observed"]["note"] == "of those judged"
    assert rows["all_referrals", "share_responder_observed"]["n"] == 5


def test_rows_rest_on_those_who_continued(rows):
    assert rows["continuations", "false_positive_rate"]["n"] == 2
    assert rows["continuations", "false_positive_rate_non_responders"]["n"] == 1


def test_patients_outside_the_study_are_left_out(patients):
    place = patients.column_names.index("studied")
    studied = pa.array([True, False, True, True, False])
    field = patients.schema.field("studied")
    found = summarise(patients.set_column(place, field, studied))
    assert found[0]["value"] == 3.0
    assert {row["n"] for row in found if row["measure"] == "share_treated"} == {3}


def test_wait_of_those_never_treated_counts_as_endless(patients):
    few = summarise(patients.take([0, 0, 0, 1]))
    row = next(row for row in few if row["measure"] == "median_wait_days")
    assert (row["value"], row["note"]) == (None, "not reached")


def test_order_of_patients_does_not_show_in_values(patients):
    turned = summarise(patients.take([4, 2, 0, 3, 1]))
    assert [row["value"] for row in summarise(patients)] == [row["value"] for row in turned]


@pytest.mark.parametrize("rows_kept", [0, 1])
def test_nobody_and_somebody_untreated_give_no_invented_number(patients, rows_kept):
    found = summarise(patients.slice(0, rows_kept))
    treated = [row for row in found if row["block"] == "per_treated"][1:]
    assert {row["value"] for row in treated} == {None}
    assert len(found) == len(summarise(patients))


def test_every_unit_has_a_fixed_point_scale():
    assert {column.unit for column in schema.PATIENTS} == FIXED_POINT.keys()


def test_csv_is_exact_and_leaves_null_empty(patients):
    rows = summarise(patients)
    read = list(csv.DictReader(io.StringIO(summary_csv(rows).decode(), newline="")))
    assert list(read[0]) == [column.name for column in schema.SUMMARY]
    for row, back in zip(rows, read, strict=True):
        for name in ("value", "standard_error", "low", "high"):
            assert (float(back[name]) if back[name] else None) == row[name]
    assert b"\r" not in summary_csv(rows)


def test_summary_as_a_table(patients):
    table = summary_table(summarise(patients))
    assert table.schema.names == [column.name for column in schema.SUMMARY]
    table.validate(full=True)


def test_headlines_are_all_in_the_summary(patients):
    lines = {label: rest for label, *rest in headline_rows(summarise(patients))}
    assert len(lines) == len(HEADLINE)
    assert lines["Treated by the horizon"] == ["80.0 %", "37.6 to 96.4", "5"]
    assert lines["Median wait to first infusion"] == ["40 days", "28 to not reached", "5"]
    assert lines["Lifetime dose per treated, mean"][0] == "145 mg"
    assert lines["False-positive continuations"][0] == "33.3 %"
    assert lines["False-positive continuations"][2] == "2"


def test_headline_without_a_value_says_why(patients):
    lines = {label: rest for label, *rest in headline_rows(summarise(patients.slice(0, 1)))}
    assert lines["Median wait to first infusion"][0] == "not reached"
    assert lines["Infusions per treated"] == ["no patients", "", "0"]
    assert lines["False-positive continuations"] == ["none counted", "", "0"]


def test_harms_and_costs_in_words(patients):
    rows = summarise(patients)
    assert ("nausea", "25.0 %", "8.9 to 53.2") in acute_harm_rows(rows)
    liver = chronic_harm_rows(rows)[0]
    assert liver == ("liver injury", "0.000", "0.000 to 85.651", "23.219", "0.588 to 129.367")
    costs = cost_rows(rows)
    assert costs[0] == ("Health system, discounted", "1,360", "694 to 2,027")
    assert costs[1] == ("Patient, discounted", "40.00", "20.40 to 59.60")
    lines = [label.removeprefix("  both payers: ") for label, _, _ in costs[4:]]
    assert lines == "assessment infusion drug travel".split()


def test_exit_reasons_that_occurred(patients):
    rows = {label: share for label, share, _ in exit_rows(summarise(patients))}
    assert rows == {
        "death": "20.0 %",
        "recovered": "20.0 %",
        "non response": "20.0 %",
        "still in care": "20.0 %",
        "never treated: not in care": "20.0 %",
    }


def warnings_of(**changes: object) -> list[str]:
    """Return the warnings for many copies of the five patients with some columns replaced."""
    raw, plan = five_patients()
    results = np.tile(raw.results, 40)
    for name, value in changes.items():
        results[name] = value
    many = replace(raw, results=results, traits=np.tile(raw.traits, 40))
    size = 40 * len(PATIENTS)
    referred = {"clinic_patients": np.array([size]), "referral_days": np.zeros(size, np.int64)}
    table = patients_table(many, replace(plan, patients=size, **referred))
    return cautions(summarise(table))


def test_ordinary_run_needs_no_warning():
    assert warnings_of() == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"assessed_day": -1, "eligible": -1}, "nobody was assessed before the horizon"),
        ({"eligible": 0}, "nobody assessed was eligible"),
        ({}, "no infusion is offered"),
    ],
)
def test_nobody_treated_says_why(changes, why):
    found = warnings_of(first_infusion_day=-1, **changes)
    assert len(found) == 1
    assert found[0].startswith(f"nobody was treated: {why}")


def test_rule_that_no_drug_relief_meets_is_said():
    assert "drug relief alone" in warnings_of(responder_drug_at_threshold=0)[0]


def test_few_patients_are_said(patients):
    assert cautions(summarise(patients)) == [
        "only 5 patients: the intervals are wide and approximate"
    ]
    assert cautions(summarise(patients.slice(0, 0))) == ["nobody was studied"]


def test_summary_knows_every_reason_and_state(rows):
    for reason in ExitReason:
        if reason != ExitReason.NONE:
            assert ("all_referrals", f"share_exit_{reason.name.lower()}") in rows
    for state in State:
        assert ("all_referrals", f"share_state_{state.name.lower()}") in rows
