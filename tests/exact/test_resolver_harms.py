"""Harms, tests and stopping rules of a plan: values worked out by hand from the evidence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenario_strategies import quick_plan  # noqa: TID251

from pathways import layout
from pathways.codes import AcuteHarm, ChronicHarm, Comorbidity, Link, Metric
from pathways.resolve.harms import log_odds, rate_per_day

KETAMINE = {
    "scenario": "one-infusion",
    "title": "One infusion",
    "horizon": "100 d",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [{"dose": "80 mg", "duration": "2 h"}]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
}


def near(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-15)


def rules_of(policy=None, *, draw=0, **sections):
    document = {**KETAMINE, **sections, "policy": {**KETAMINE["policy"], **(policy or {})}}
    return quick_plan(document, patients=2, draw=draw).rule_sets[0]


RULES = rules_of()


def logit(p):
    return math.log(p / (1.0 - p))


def test_dissociation_is_a_fifth_at_the_reference_and_nearly_half_at_250():
    x = RULES["acute_intercept"][AcuteHarm.DISSOCIATION]
    slope = RULES["acute_slope"][AcuteHarm.DISSOCIATION]
    reference = RULES["acute_reference"][AcuteHarm.DISSOCIATION]
    assert (x, slope, reference) == (-1.4, 0.012, 150.0)
    assert 1 / (1 + math.exp(-x)) == pytest.approx(0.198, abs=0.001)
    assert 1 / (1 + math.exp(-(x + slope * (250 - reference)))) == pytest.approx(0.45, abs=0.001)


def test_acute_log_odds():
    without_history = logit(0.0098) - math.log(1 + 0.45 * (3 - 1))
    expected = [-1.4, logit(0.03 + 0.12), without_history, logit(0.15)]
    assert RULES["acute_intercept"] == near(expected)
    assert RULES["acute_slope"].tolist() == [0.012, 0.005, 0.004, 0.0]
    sham = [-1.4 - 0.012 * 150, logit(0.03), without_history - 0.004 * 150, logit(0.03)]
    assert RULES["acute_sham_intercept"] == near(sham)


def test_severe_hypertension_is_as_frequent_on_average_as_stated():
    odds = math.exp(RULES["acute_intercept"][AcuteHarm.SEVERE_HYPERTENSION])
    average_odds = 0.55 * odds + 0.45 * 3 * odds
    assert average_odds / (1 + average_odds) == near(0.0098)


def test_acute_modifiers():
    masks = RULES["acute_comorbidities"]
    assert masks[AcuteHarm.DISSOCIATION] == 1 << Comorbidity.PSYCHOSIS_HISTORY
    assert masks[AcuteHarm.SEVERE_HYPERTENSION] == 0b110000
    assert RULES["acute_comorbidity_log_odds"] == near([math.log(3), 0, math.log(3), 0])
    assert RULES["acute_age_log_odds"] == near([0, 0, math.log(1.04), 0])


def test_acute_losses_of_qalys():
    dissociation = 0.2 * 2 / 24 / 365
    nausea, hypertension = 0.07 / 365, 0.1 / 365
    assert RULES["acute_qaly_loss"] == near([dissociation, nausea, hypertension, nausea])


def test_background_hazards():
    yearly = [0.002, 0.01, 0.0005, 0.006, 0.005, 0.03]
    assert RULES["harm_background"] == near([rate / 365 for rate in yearly])
    assert RULES["harm_background_ratio"].tolist() == [2.0, 1.0, 5.0, 5.0, 1.0, 1.0]
    assert RULES["harm_excess_ratio"].tolist() == [2.0, 1.0, 5.0, 5.0, 3.0, 1.0]
    assert RULES["harm_comorbidities"].tolist() == [
        1 << Comorbidity.LIVER_DISEASE_MODERATE | 1 << Comorbidity.LIVER_DISEASE_SEVERE,
        0,
        1 << Comorbidity.SUBSTANCE_USE_HISTORY | 1 << Comorbidity.SUBSTANCE_USE_ACTIVE,
        1 << Comorbidity.CARDIOVASCULAR_DISEASE,
        1 << Comorbidity.PSYCHOSIS_HISTORY,
        0,
    ]


def test_excess_shapes():
    links = [
        (Metric.TRAILING_HOURS, Link.TABLE, 4),
        (Metric.TRAILING_DAYS, Link.LOG_LINEAR, 26),
        (Metric.TRAILING_DAYS, Link.THRESHOLD, 26),
        (Metric.TRAILING_DAYS, Link.LINEAR, 1),
        (Metric.TRAILING_DAYS, Link.THRESHOLD, 26),
        (Metric.TRAILING_DAYS, Link.THRESHOLD, 1),
    ]
    found = zip(RULES["harm_metric"], RULES["harm_link"], RULES["harm_window_weeks"], strict=True)
    assert [tuple(map(int, row)) for row in found] == links
    assert RULES["harm_slope"].tolist() == [0.0, 0.016, 0.0, 1.0, 0.0, 0.0]
    assert RULES["harm_threshold"].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 4.0]
    assert RULES["harm_lifetime_slope"].tolist() == [0.0] * 6
    assert RULES["harm_off"] == 0


def test_excess_base_rates():
    base = RULES["harm_base"]
    yearly = {
        ChronicHarm.CYSTITIS: 0.00053,
        ChronicHarm.USE_DISORDER: 0.001,
        ChronicHarm.PSYCHIATRIC_EVENT: 0.0005,
        ChronicHarm.COGNITIVE_COMPLAINT: 0.02,
    }
    for harm, rate in yearly.items():
        assert base[harm] == near(rate / 365)


def test_an_infusion_has_the_stated_cardiovascular_risk_in_the_week_after_it():
    hazard = RULES["harm_base"][ChronicHarm.CARDIOVASCULAR_EVENT] * 1.0
    assert 1 - math.exp(-7 * hazard) == pytest.approx(1e-5, rel=1e-9)


@pytest.mark.parametrize(("knot", "hours", "p"), [(0, 0, 0), (1, 24, 2e-4), (2, 100, 0.005)])
def test_a_course_injures_the_liver_as_often_as_stated(knot, hours, p):
    assert RULES["harm_table_x"][knot] == hours
    hazard = RULES["harm_base"][ChronicHarm.LIVER_INJURY] * RULES["harm_table_y"][knot]
    assert 1 - math.exp(-28 * hazard) == pytest.approx(p, rel=1e-9)


def test_the_liver_table_ends_at_one_half_after_200_hours():
    assert RULES["harm_table_x"][3] == 200.0
    assert RULES["harm_table_y"][3] == near(math.log(2))
    assert not RULES["harm_table_y"][4:].any()


def test_how_harms_end_and_are_found():
    days = [56, 365, 730, None, 60, 180]
    expected = [0.0 if d is None else 1 / d for d in days]
    assert RULES["harm_recovery_per_day"] == near(expected)
    assert RULES["harm_permanent"].tolist() == [0.02, 0.05, 0.0, 1.0, 0.0, 0.0]
    assert RULES["harm_recovery_after_days"].tolist() == [30] * 6
    assert RULES["harm_fatality"].tolist() == [0.0, 0.0, 0.0, 0.15, 0.0, 0.0]
    weekly = 1 - 0.85 ** (12 * 7 / 365)
    assert RULES["harm_noticed_per_week"] == near([weekly, weekly, weekly, 1, 1, weekly])
    assert RULES["harm_decrement"].tolist() == [0.10, 0.10, 0.15, 0.12, 0.25, 0.05]


def test_only_cardiovascular_background_depends_on_age():
    factor = quick_plan(KETAMINE, patients=2).harm_age_factor
    assert factor.shape == (layout.CHRONIC_HARMS, layout.AGE_YEARS)
    assert factor[ChronicHarm.CARDIOVASCULAR_EVENT, 50] == 1.0
    assert factor[ChronicHarm.CARDIOVASCULAR_EVENT, 60] == near(math.exp(0.7))
    others = [harm for harm in ChronicHarm if harm is not ChronicHarm.CARDIOVASCULAR_EVENT]
    assert (factor[others] == 1.0).all()


def test_off_leaves_what_would_happen_without_the_drug():
    off = rules_of(harms={"off": True})
    assert off["harm_off"] == 1
    assert off["acute_intercept"].tolist() == RULES["acute_sham_intercept"].tolist()
    assert not off["acute_slope"].any()
    assert off["harm_background"].tolist() == RULES["harm_background"].tolist()
    assert not off["harm_base"].any()


def test_none_leaves_nothing():
    none = rules_of(harms={"none": True})
    assert none["harm_off"] == 1
    assert (none["acute_intercept"] == -1000.0).all()
    assert (none["acute_sham_intercept"] == -1000.0).all()
    for name in ("acute_slope", "acute_comorbidity_log_odds", "harm_background", "harm_base"):
        assert not none[name].any()


@pytest.mark.parametrize(
    ("drugs", "mask"),
    [(["midazolam"], 0b01), (["clonidine"], 0b01), (["ondansetron"], 0b10), ([], 0)],
)
def test_premedication_lowers_the_odds_of_what_it_is_given_against(drugs, mask):
    step = {"dose": "80 mg", "duration": "2 h", "premedication": drugs}
    rules = rules_of({"ladder": {"steps": [step]}})
    assert rules["step_premedicated"].tolist() == [mask] + [0] * 7
    sedated, antiemetic = math.log(0.5) * (mask & 1), math.log(0.6) * (mask >> 1)
    assert rules["acute_premedicated_log_odds"] == near([sedated, antiemetic, 0, 0])


def test_a_maintenance_regimen_has_its_own_premedication():
    regimen = {"dose": "40 mg", "duration": "1 h", "premedication": ["ondansetron", "midazolam"]}
    maintenance = {"kind": "interval", "interval": "42 d", "regimen": regimen}
    assert rules_of({"maintenance": maintenance})["step_premedicated"][:2].tolist() == [0, 0b11]


MONITORED = {
    "monitoring": {
        "tests": [
            {"name": "cognition", "every": "90 d"},
            {"name": "liver_function", "every_courses": 2, "only_with": ["liver_disease_moderate"]},
            {"name": "urinary_symptoms", "every_courses": 1, "every": "30 d"},
            {"name": "substance_use", "every": "1 year"},
        ]
    },
    "exit": {
        "laboratory_stop": ["urinary_symptoms", "liver_function"],
        "adverse_event": {"harms": ["other_acute", "dissociation", "use_disorder"], "times": 2},
        "patient_choice": {
            "baseline_rate": "0.73 per year",
            "no_benefit": 3,
            "adverse_effects": 2,
        },
    },
}


def test_tests_and_stopping_rules():
    rules = rules_of(MONITORED)
    assert rules["tests"] == 4
    assert rules["test_harm"].tolist() == [5, 0, 1, 2]
    assert rules["test_every_courses"].tolist() == [0, 2, 1, 0]
    assert rules["test_every_days"].tolist() == [90, 0, 30, 365]
    assert rules["test_only_with"].tolist() == [0, 1 << Comorbidity.LIVER_DISEASE_MODERATE, 0, 0]
    assert rules["test_sensitivity"].tolist() == [0.6, 0.95, 0.8, 0.7]
    assert rules["laboratory_stop_harms"] == 0b11
    assert rules["adverse_event_acute"] == 0b1001
    assert rules["adverse_event_chronic"] == 0b100
    assert rules["adverse_event_times"] == 2
    assert rules["choice_hazard_per_day"] == near(0.002)
    assert rules["choice_ratio_no_benefit"] == 3.0
    assert rules["choice_ratio_harm"] == 2.0
    assert rules["choice_ratio_paying"] == 1.0


def test_who_stops_can_refer_to_the_evidence():
    choice = {"patient_choice": {"baseline_rate": {"evidence": "loss_to_follow_up_rate"}}}
    assert rules_of({"exit": choice})["choice_hazard_per_day"] == near(0.1 / 365)


def test_a_change_of_monitoring_starts_with_its_rule_set():
    change = {"from_day": "50 d", "policy": {"monitoring": MONITORED["monitoring"]}}
    plan = quick_plan({**KETAMINE, "changes": [change]}, patients=2)
    assert plan.rule_sets["tests"].tolist() == [0, 4]


def test_harms_are_uncertain_in_a_draw_and_slopes_are_centred_on_none():
    drawn = [rules_of(draw=draw) for draw in range(1, 9)]
    slopes = np.array([rules["harm_lifetime_slope"] for rules in drawn])
    assert (slopes != 0.0).all() and (slopes < 0.0).any() and (slopes > 0.0).any()
    assert len({rules["acute_intercept"][0] for rules in drawn}) == len(drawn)
    for rules in drawn:
        assert all(np.isfinite(rules[name]).all() for name in rules.dtype.names)


def test_what_a_run_rests_on_is_named():
    def used(**sections):
        document = {**KETAMINE, **sections}
        return set(quick_plan(document, patients=2).description["parameter_ids"])

    everything = used()
    assert {"M40", "S16", "M67", "M58", "U10"} <= everything
    assert not {"S16", "M67", "M56", "S5"} & used(harms={"off": True})
    assert not {"M40", "M58", "U10"} & used(harms={"none": True})
    assert not {"M43", "M44", "M70", "B12", "K4"} & everything


def test_certain_and_impossible_probabilities_stay_finite():
    assert log_odds(0.0) < -36 and log_odds(1.0) > 36 and log_odds(0.5) == 0.0
    assert math.isfinite(rate_per_day(1.0, 1.0)) and rate_per_day(0.0, 5.0) == 0.0
    extreme = {
        "self_report_probability_per_month": 1,
        "severe_hypertension_per_infusion": 0,
        "other_acute_event_probability": 1,
        "nausea_excess_probability": 1,
        "liver_injury_hours_table": {"hours_24": 1},
    }
    rules = rules_of(parameters=extreme)
    assert all(np.isfinite(rules[name]).all() for name in rules.dtype.names)
