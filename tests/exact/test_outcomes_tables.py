"""Output tables from a raw result: every column, codes as words, -1 as null."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from raw_results import changed, five_patients

from pathways.codes import ENUMS, State
from pathways.outcomes import schema
from pathways.outcomes.fingerprint import table_fingerprint
from pathways.outcomes.frames import frame
from pathways.outcomes.tables import events_table, patients_table, weekly_table

EXPECTED = {
    "patient": [0, 1, 2, 3, 4],
    "clinic": [3] * 5,
    "condition": ["crps"] * 4 + ["fibromyalgia"],
    "state": ["conventional", "maintenance", "exited", "dead", "recovered"],
    "exit_reason": [None, None, "non_response", "death", "recovered"],
    "first_exit_reason": [None, None, "non_response", "death", "recovered"],
    "last_exit_reason": [None, None, "non_response", "death", "recovered"],
    "taper_reason": [None, None, "count_cap", None, None],
    "exit_day": [None, None, 101, 112, 99],
    "first_exit_day": [None, None, 101, 112, 99],
    "died_day": [None, None, None, 112, None],
    "recovered_day": [None, None, None, None, 99],
    "assessed_day": [None, 20, 20, 20, 20],
    "eligible": [None, True, True, True, True],
    "wait_days": [None, 40, 28, 40, 40],
    "first_infusion_day": [None, 40, 28, 40, 40],
    "last_infusion_day": [None, 80, 80, 80, 80],
    "courses": [0, 2, 2, 2, 2],
    "infusions": [0, 3, 3, 3, 3],
    "infusion_days": [0, 3, 3, 3, 3],
    "highest_step": [None, 2, 2, 2, 2],
    "ketamine_mg": [0.0, 160.0, 240.0, 80.0, 100.0],
    "ketamine_mg_per_kg": [0.0, 2.0, 3.0, 1.0, 1.25],
    "s_ketamine_mg": [0.0, 0.0, 0.0, 0.0, 50.0],
    "racemic_mg": [0.0, 160.0, 240.0, 80.0, 0.0],
    "hours_infused": [0.0, 6.0, 6.0, 6.0, 6.0],
    "years_on_treatment": [None, 325 / 365, 73 / 365, 72 / 365, 59 / 365],
    "pain_mean": [1.0, 1.0, 1.0, 5.0, 1.0],
    "floor_pain_mean": [0.0, 0.0, 0.0, 0.5, 0.0],
    "age_years": [18, 18, 50, 50, 50],
    "sex": ["female", "male", "female", "male", "female"],
    "enrolment_score": [7.0, 50 / 7, 7.0, 7.0, 7.0],
    "responder_trait": [True, True, False, True, False],
    "responder_observed": [None, True, False, None, None],
    "responder_drug_at_threshold": [None, True, False, None, None],
    "responder_drug_any": [None, True, False, None, None],
    "judgements": [0, 2, 2, 2, 2],
    "judgements_passed": [0, 2, 0, 0, 0],
    "continuations": [0, 2, 1, 0, 0],
    "false_positive_continuations": [0, 0, 1, 0, 0],
    "qaly": [0.5] * 5,
    "qaly_undiscounted": [0.625] * 5,
    "life_years": [1.0, 1.0, 1.0, 112 / 365, 1.0],
    "follow_up_days": [365, 365, 365, 112, 365],
    "studied": [True] * 5,
    "referral_day": [0] * 5,
    "wait_to_assessment_days": [None, 20, 20, 20, 20],
    "re_referrals": [0] * 5,
    "no_shows": [0] * 5,
    "cancellations": [0] * 5,
    "outside_infusions": [0] * 5,
    "cost_outside": [0.0] * 5,
    "trace": [2**64 - 1] * 4 + [7],
    "qaly_drug_only": [0.25] * 5,
    "dissociation": [0, 1, 0, 0, 0],
    "nausea": [0, 2, 1, 0, 0],
    "severe_hypertension": [0] * 5,
    "other_acute": [0] * 5,
    "liver_injury": [0, 1, 0, 0, 0],
    "liver_injury_excess": [0, 1, 0, 0, 0],
    "liver_injury_first_day": [None, 91, None, None, None],
    "cystitis": [1, 1, 0, 0, 0],
    "cystitis_excess": [0] * 5,
    "cystitis_first_day": [70, 84, None, None, None],
    "cardiovascular_event": [0, 0, 0, 1, 0],
    "cardiovascular_event_excess": [0, 0, 0, 1, 0],
    "cardiovascular_event_first_day": [None, None, None, 105, None],
    "use_disorder": [0] * 5,
    "psychiatric_event": [0] * 5,
    "cognitive_complaint_excess": [0] * 5,
    "cognitive_complaint_first_day": [None] * 5,
    "harms_detected": [1, 2, 0, 1, 0],
    "sessions_attended": [0, 5, 0, 0, 0],
    "tests_done": [0, 2, 0, 0, 0],
    "cost_health_system": [0.0] + [1700.25] * 4,
    "cost_patient": [0.0] + [50.0] * 4,
    "cost_undiscounted_health_system": [0.0] + [1780.5] * 4,
    "cost_undiscounted_patient": [0.0] + [60.0] * 4,
    "cost_assessment": [0.0] + [250.0] * 4,
    "cost_infusion": [0.0] + [1500.0] * 4,
    "cost_drug": [0.0] + [30.5] * 4,
    "cost_travel": [0.0] + [60.0] * 4,
    "cost_background": [0.0] * 5,
    "currency": ["GBP"] * 5,
    "outside_mg": [0.0] * 5,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_column_of_patients(name):
    assert patients_table(*five_patients())[name].to_pylist() == EXPECTED[name]


def test_every_column_has_values_somewhere():
    raw, plan = five_patients()
    raw = changed(raw, "results", "harm_first_day", 0, 1)
    table = patients_table(raw, plan)
    assert not {name for name in table.column_names if table[name].null_count == 5}


def test_each_count_has_its_own_column():
    raw, plan = five_patients()
    for field in ("acute_count", "harm_count", "harms_detected"):
        raw.results[field] = 0
    raw.results["acute_count"][0] = [1, 2, 3, 4]
    raw.results["harm_count"][0] = [10, 1, 20, 2, 30, 3, 40, 4, 50, 5, 60, 6]
    raw.results["cost_line"][0] = range(11)
    table = patients_table(raw, plan).slice(0, 1).to_pylist()[0]
    assert [table[name] for name in schema.ACUTE_HARMS] == [1, 2, 3, 4]
    assert [table[name] for name in schema.CHRONIC_HARMS] == [11, 22, 33, 44, 55, 66]
    excess = [table[f"{name}_excess"] for name in schema.CHRONIC_HARMS]
    assert excess == [1, 2, 3, 4, 5, 6]
    assert [table[f"cost_{name}"] for name in schema.COST_LINES] == list(map(float, range(11)))


@pytest.mark.parametrize("prices", [None, {}, ...])
def test_no_price_book_is_no_cost_rather_than_nothing_paid(prices):
    raw, plan = five_patients(prices=False)
    plan = replace(plan, description={} if prices is ... else {"prices": prices})
    table = patients_table(raw, plan)
    unpriced = {name for name in table.column_names if name.startswith("cost_")} | {"currency"}
    assert len(unpriced) == 2 + 2 + 11 + 1
    assert {name for name in unpriced if table[name].null_count == 5} == unpriced


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (patients_table, schema.PATIENTS),
        (weekly_table, schema.WEEKLY),
        (events_table, schema.EVENTS),
    ],
)
def test_table_follows_the_schema(make, columns):
    table = make(*five_patients())
    assert table.schema.equals(schema.arrow_schema(columns), check_metadata=True)
    table.validate(full=True)
    assert len({column.name for column in columns}) == len(columns)


def test_words_are_those_of_the_codes():
    known = {code.name.lower() for enum in ENUMS for code in enum}
    for column in (*schema.PATIENTS, *schema.EVENTS):
        if column.name != "sex":
            assert set(column.words) <= known


def test_weekly_counts_the_dead_and_keeps_the_sums():
    raw, plan = five_patients()
    weeks = weekly_table(raw, plan).to_pylist()
    assert len(weeks) == plan.weeks == 53
    assert [weeks[15]["dead"], weeks[16]["dead"], weeks[52]["dead"]] == [0, 1, 1]
    assert [weeks[15]["waiting"], weeks[16]["waiting"]] == [5, 4]
    assert weeks[15]["pain_sum_e6"] == 30_000_001
    assert weeks[15]["pain_mean"] == 30.000001 / 5
    assert weeks[16]["pain_mean"] == 30.000001 / 4
    assert (weeks[5]["ketamine_mg_e3"], weeks[5]["ketamine_mg"]) == (80_500, 80.5)
    assert [week["week"] for week in weeks] == list(range(53))
    assert {week["clinic"] for week in weeks} == {3}


def test_weekly_means_are_null_when_nobody_lives():
    raw, plan = five_patients()
    raw = changed(raw, "weekly", "in_state", 20, 0)
    means = weekly_table(raw, plan).select(["pain_mean", "expectation_mean"])
    assert means.slice(20, 1).to_pylist() == [{"pain_mean": None, "expectation_mean": None}]
    assert means["pain_mean"].null_count == 1


def test_mean_pain_is_null_without_a_day_lived():
    raw, plan = five_patients()
    raw = changed(raw, "results", "died_day", 3, 0)
    assert patients_table(raw, plan)["pain_mean"].to_pylist() == [1.0, 1.0, 1.0, None, 1.0]


def test_events_name_what_happened_and_the_draw():
    rows = events_table(*five_patients()).to_pylist()
    assert rows[1] == {
        "clinic": 3,
        "patient": 0,
        "day": 21,
        "step": 3,
        "event": "recovered",
        "code": 1,
        "value_1": 6.8,
        "value_2": 0.0,
        "value_3": 0.0,
        "draw_purpose": "recovery_clock",
        "draw_occurrence": 0,
    }
    assert [row["event"] for row in rows[:3]] == ["referred", "recovered", "harm_onset"]
    assert [row["draw_purpose"] for row in rows[:3]] == [None, "recovery_clock", None]
    assert [row["draw_occurrence"] for row in rows[:3]] == [None, 0, None]


def test_events_that_were_not_kept_make_no_table():
    assert events_table(*five_patients(events=False)) is None


@pytest.mark.parametrize("code", [-1, 10, 2**40])
def test_unknown_code_is_an_error_of_the_engine(code):
    raw, plan = five_patients()
    with pytest.raises(ValueError, match=f"row 2: {code} is not a State code"):
        patients_table(changed(raw, "results", "state", 2, code), plan)


def test_gap_between_codes_is_unknown_too():
    raw, plan = five_patients()
    with pytest.raises(ValueError, match="row 1: 19 is not a Purpose code"):
        events_table(changed(raw, "events", "draw_purpose", 1, 19), plan)


def test_result_of_another_plan_is_refused():
    raw, plan = five_patients()
    with pytest.raises(ValueError, match="the result has 5 patients, the plan 6"):
        patients_table(raw, replace(plan, patients=6))
    with pytest.raises(ValueError, match="the result has 53 weeks, the plan 54"):
        weekly_table(raw, replace(plan, calendar_days=372))


def test_nobody_is_a_table_without_rows():
    raw, plan = five_patients()
    none = replace(raw, traits=raw.traits[:0], results=raw.results[:0], events=raw.events[:0])
    assert patients_table(none, nobody_of(plan)).num_rows == 0
    assert events_table(none, plan).num_rows == 0


def nobody_of(plan):
    empty = np.zeros(1, np.int64)
    return replace(plan, patients=0, clinic_patients=empty, referral_days=empty[:0])


def test_frame_keeps_whole_numbers_whole_and_null_apart_from_nan():
    patients = frame(patients_table(*five_patients()))
    assert list(patients.columns) == [column.name for column in schema.PATIENTS]
    assert str(patients["exit_day"].dtype) == "Int64"
    assert patients["exit_day"].isna().tolist() == [True, True, False, False, False]
    assert str(patients["eligible"].dtype) == "boolean"
    assert str(patients["years_on_treatment"].dtype) == "Float64"
    assert str(patients["ketamine_mg"].dtype) == "float64"
    assert patients["trace"].dtype == np.uint64
    assert list(patients["state"].cat.categories) == [state.name.lower() for state in State]


@pytest.mark.parametrize(
    ("make", "golden"),
    [
        (patients_table, "4f6de0f9230fe0431920b6002d054a40f0453dad02eeaecf606c0a2b8b727311"),
        (weekly_table, "45a163c9dc2d345ddd190ee0abb94be1d302f9cab3ef08aaa298ef44b45a8a0e"),
        (events_table, "a15705c0ab3b408e538176ba485261f45df2e184ce780212c6bbfa93a237f059"),
    ],
)
def test_fingerprints_change_only_on_purpose(make, golden):
    # Names, order, types, words and derived numbers of every column are in here.
    assert table_fingerprint(make(*five_patients())) == golden


def test_schema_says_what_each_column_is():
    field = schema.arrow_schema(schema.PATIENTS).field("wait_days")
    assert field.type == pa.int64()
    assert field.metadata[b"unit"] == b"d"
    assert field.metadata[b"null"] == b"never treated"
    assert all(column.meaning for table in schema.TABLES.values() for column in table)
