"""From a scenario to the numbers that the engines read."""

import copy
import json
import math

import numpy as np
import pytest
from scenario_strategies import SHIPPED, load_document, quick_plan

from pathways import layout
from pathways.codes import (
    Baseline,
    Combine,
    Comorbidity,
    Condition,
    Domain,
    ExitReason,
    Maintenance,
    MissingRule,
    Moment,
    Statistic,
)
from pathways.errors import InputError
from pathways.evidence.book import book
from pathways.evidence.draws import value_of
from pathways.fastcore.draws import Draws
from pathways.reading.fields import Distribution, Parameter, Quantity
from pathways.resolve.overrides import settled
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

SIMPLE = {
    "scenario": "simple",
    "title": "Simple",
    "horizon": "1 year",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [{"dose": "80 mg", "duration": "2 h"}]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
}
# Every field of the policy with a value of its own.
RICH = {
    "scenario": "rich",
    "title": "Every field",
    "horizon": "400 d",
    "policy": {
        "treatment": "ketamine",
        "selection": {
            "conditions": ["crps", "fibromyalgia"],
            "exclude": ["hypertension", "raised_pressure"],
            "minimum_pain": 3.5,
            "minimum_age": "18 year",
            "maximum_age": "70 year",
        },
        "ladder": {
            "steps": [
                {"dose": "0.5 mg/kg", "duration": "40 min", "days": 2, "every": "3 d"},
                {"form": "s_ketamine", "doses": ["10 mg", "20.5 mg"], "days": 2, "duration": "4 h"},
                {"rates": ["5 mg/h", "10 mg/h", "15 mg/h"], "duration": "50 h", "setting": "bed"},
                {
                    "form": "sham",
                    "rate": "20 mg/kg/h",
                    "duration": "30 min",
                    "weekends": "infuse",
                    "expectation": 1.5,
                    "perceived_effect": 0.25,
                },
            ],
            "tries_per_step": 2,
            "gap": "10 d",
        },
        "response": {
            "judge_at": "22 d",
            "criteria": [
                {
                    "baseline": {"kind": "worst_of_last_days", "days": 5},
                    "statistic": "share_of_days",
                    "share": "62.5 %",
                    "window": {"from": "3 d", "to": "21 d"},
                    "percent": "30 %",
                },
                {"baseline": {"kind": "enrolment"}, "moment": "four_hours", "points": 2.5},
                {"domain": "quality_of_life", "percent": "12.5 %", "points": 10},
            ],
            "combine": "k_of",
            "k": 2,
            "baseline_taken": "before_each_course",
            "missing": {"minimum_scores": 6, "rule": "carry"},
            "judge_every": 3,
        },
        "maintenance": {
            "kind": "interval",
            "interval": "42 d",
            "regimen": {"dose": "30 mg", "duration": "1 h"},
        },
        "limits": {
            "courses": 20,
            "infusions": 40,
            "lifetime_dose": "5000 mg",
            "courses_per_year": 12,
            "time_on_treatment": "2 year",
            "rest": {"after_courses": 6, "length": "84 d"},
        },
        "exit": {
            "adherence_to_rule": 0.75,
            "loss_of_response": {"failures": 2, "of_last": 3, "escalate": True},
            "taper": {
                "after": ["dose_cap", "time_limit"],
                "courses": [
                    {"dose": "75 %", "interval": "21 d"},
                    {"dose": "50 %", "interval": "35 d"},
                ],
            },
        },
        "programme": {"therapies": [{"family": "behavioural"}], "starts_after": "14 d"},
        "payment": {"payer": "patient", "stops_at_budget": True},
    },
    "prices": {"book": "us-2024-usd"},
    "changes": [
        {
            "from_day": "100 d",
            "policy": {"response": {"judge_at": "23 d"}, "limits": {"courses": 21}},
        },
        {"from_day": "200 d", "policy": {"response": {"judge_at": "22 d"}}},
        {"from_day": "400 d", "policy": {"limits": {"courses": 1}}},
    ],
    "parameters": {
        "tolerance_slope": 0.01,
        "unblinding_slope": 0.3,
        "opioid_dose_slope": "1 mg/d/point",
        "ketamine_therapy_interaction": 0.1,
        "lifetime_dose_log_slope": {"cystitis": "0.1 /g"},
    },
}
WITHOUT_EXCESS_HARM = {**SIMPLE, "harms": {"off": True}}
REDRAWN = {**SIMPLE, "structure": {"responder": "redrawn"}}
ELSEWHERE_TOO = {
    "extends": "conventional-care",
    "scenario": "elsewhere-too",
    "policy": {
        "outside_option": {
            "regimen": {"dose": "40 mg", "duration": "1 h"},
            "first_after": "30 d",
            "interval": "21 d",
            "stop_rate": "1 per year",
        }
    },
}
TRIAL = {
    "scenario": "trial",
    "title": "Trial",
    "policy": {
        "treatment": "ketamine",
        "protocol": {
            "regimens": [
                {"name": "sham", "form": "sham", "dose": "40 mg", "duration": "1 h"},
                {"name": "drug", "dose": "40 mg", "duration": "1 h"},
            ],
            "courses": [{"day": "7 d", "regimen": "drug"}, {"day": "42 d", "regimen": "sham"}],
            "last_visit": "77 d",
        },
    },
}
# The evidence states no quality-adjusted life years lost at the onset of a chronic harm.
NOT_IN_THE_EVIDENCE = ["harm_qaly_loss"]
# Worked by hand in test_resolver_harms, _programme, _money, _leaving and test_trials_legs.
ELSEWHERE = (
    "programme_",
    "therap",
    "acute_",
    "adverse_event_",
    "harm_",
    "laboratory_",
    "test",
    "choice_",
    "infusion_payer",
    "budget_",
    "price_",
    "vial_content_",
    "step_premedicated",
    "outside_",
    "waiting_leave_",
    "lost_",
    "rereferral_",
    "protocol_",
)


def document(**parts):
    return {**copy.deepcopy(SIMPLE), **parts}


def rules(plan, number=0):
    return plan.rule_sets[number]


def course(record, name, step):
    first = step * layout.MAX_COURSE_DAYS
    return record[name][first : first + layout.MAX_COURSE_DAYS]


def differing(record, other):
    names = record.dtype.names
    return {name for name in names if not np.array_equal(record[name], other[name])}


def padded(values, length):
    return [*values, *[0] * (length - len(values))]


def test_every_field_of_the_rules_is_set_by_some_scenario():
    plans = [quick_plan(one, patients=1) for one in (*SHIPPED, RICH, WITHOUT_EXCESS_HARM, REDRAWN)]
    plans += [quick_plan(one, patients=1) for one in (ELSEWHERE_TOO, TRIAL)]
    records = np.concatenate([plan.rule_sets for plan in plans])
    never = [field.name for field in layout.PARAMETERS if not np.any(records[field.name])]
    assert never == NOT_IN_THE_EVIDENCE


def test_every_field_of_the_population_is_set():
    record = quick_plan(RICH, patients=1).population
    # Allometric clearance is a choice of structure; nothing else may be empty.
    never = [field.name for field in layout.POPULATION if not np.any(record[field.name])]
    assert never == ["clearance_allometric"]
    allometric = document(structure={"allometry": True})
    assert quick_plan(allometric, patients=1).population["clearance_allometric"][0] == 1


GUIDELINE = {
    "horizon_days": 3650,
    "ketamine_offered": 1,
    "eligible_conditions": 0b1111,
    "excluded_comorbidities": 1 << 5 | 1 << 11 | 1 << 8 | 1 << 12 | 1 << 10,
    "minimum_enrolment_score_x10": 0,
    "minimum_age_days": 6570,
    "maximum_age_days": 43800,
    "ladder_steps": 1,
    "tries_per_step": 1,
    "escalation_gap_days": 14,
    "step_days": [1],
    "step_skip_weekends": [1],
    "step_per_kg": [0],
    "step_s_ketamine": [0],
    "step_sham": [0],
    "step_setting_expectation": [1.0],
    "step_perceived_effect": [0.0],
    "step_gap_days": [0],
    "step_dose": [80.0],
    "step_hours": [2.0],
    "step_minutes": [120],
    "step_bed": [0],
    "vial_step_mg": 1.0,
    "definition_number": 0,
    "judge_at_days": 22,
    "judge_every": 1,
    "criteria": 1,
    "criteria_combine": Combine.ALL,
    "criteria_required": 0,
    "missing_minimum_scores": 4,
    "missing_rule": MissingRule.FAIL,
    "baseline_each_course": 0,
    "criterion_domain": [Domain.PAIN],
    "criterion_baseline": [Baseline.MEAN_OF_LAST_DAYS],
    "criterion_baseline_days": [7],
    "criterion_statistic": [Statistic.MEAN],
    "criterion_window_from": [15],
    "criterion_window_to": [21],
    "criterion_moment": [-1],
    "criterion_higher_is_better": [0],
    "criterion_percent_x10": [300],
    "criterion_points_x10": [0],
    "criterion_share_x1000": [0],
    "drug_relief_floor_x10": 100,
    "adherence_to_rule": 1.0,
    "loss_failures": 1,
    "loss_of_last": 1,
    "loss_escalates": 0,
    "maintenance": Maintenance.INTERVAL,
    "maintenance_interval_days": 42,
    "maintenance_step": -1,
    "limit_courses": 0,
    "limit_infusions": 0,
    "limit_racemic_mg": 0.0,
    "limit_courses_per_year": 12,
    "limit_days": 0,
    "rest_after_courses": 0,
    "rest_days": 0,
    "taper_courses": 0,
    "taper_reasons": 0,
    "taper_fraction": [],
    "taper_interval_days": [],
}
BIOLOGY = {
    "slow_decay_per_day": math.exp(-math.log(2.0) / 10.9),
    "slow_uptake_per_hour": math.log(2.0) / (10.9 * 24.0),
    "slow_floor": 0.001,
    "tolerance_kappa": 0.0,
    "potency": 0.5,
    "immediate_emax": 0.55,
    "immediate_c50": 75.0,
    "expectation_decay_per_day": math.exp(-1.0 / 7.0),
    "expectation_floor": 0.001,
    "expectation_unblinding": 0.0,
    "expectation_course_gap_days": 14,
    "flare_autocorrelation": 0.6,
    "diary_error_sd": 1.1,
    "diary_missing_probability": 0.1,
    "remaining_floor": 0.2,
    "recovery_hazard_per_day": 0.025 / 365.0,
    "relapse_hazard_per_day": 0.05 / 365.0,
    "recovered_pain_level": 1.0,
    "utility_floor": -0.594,
    "domain_slope": [0.0, 0.6, 0.4, 0.8, -4.0, 0.5, 0.0],
    "domain_error_sd": [0.0, 0.8, 1.2, 2.0, 9.0, 0.7, 0.0],
    "domain_low": [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    "domain_high": [10.0, 10.0, 10.0, 27.0, 100.0, 7.0, 1000.0],
    "responder_redrawn": 0,
    "responder_share": [0.45, 0.67, 0.45, 0.25],
}


def test_guideline_worked_by_hand():
    record = rules(quick_plan("guideline-2018", patients=1))
    for name, value in GUIDELINE.items():
        if isinstance(value, list):
            value = padded(value, record[name].size)
        assert np.array_equal(record[name], value), name


@pytest.mark.parametrize("name", BIOLOGY)
def test_biology_of_the_guideline(name):
    record = rules(quick_plan("guideline-2018", patients=1))
    assert np.allclose(record[name], BIOLOGY[name], rtol=1e-13, atol=0.0)


def test_nothing_of_the_rules_is_left_to_chance():
    derived = {
        "flare_innovation_sd",
        "diary_weights",
        "expectation_habituation",
        "utility_knots",
        "curve_clearance_low",
        "curve_clearance_step",
        "curve_weight_low",
        "curve_weight_step",
    }
    named = {one.name for one in layout.PARAMETERS if not one.name.startswith(ELSEWHERE)}
    assert named == set(GUIDELINE) | set(BIOLOGY) | derived


def test_plan_of_the_guideline():
    plan = resolve(load_scenario("guideline-2018"), patients=7, years=2.0, seed=9)
    assert (plan.patients, plan.seed, plan.draw) == (7, 9, 0)
    assert plan.clinics.shape == (1, 1) and plan.clinics["number"][0, 0] == 1
    assert plan.clinic_patients.tolist() == [7] and plan.referral_days.tolist() == [0] * 7
    assert (plan.queues, plan.studied_days) == (False, (0, 1))
    assert plan.horizon_days == plan.calendar_days == 730
    assert plan.change_days.tolist() == [0]
    assert plan.change_days.dtype == np.int64
    assert plan.rule_sets.shape == (1,)
    assert plan.effect_prefix.shape == plan.years_prefix.shape == (731,)
    assert plan.years_prefix[730] == 2.0
    # 3.5 % a year: the first day is hardly discounted, the last by its distance.
    day = plan.effect_prefix[730] - plan.effect_prefix[729]
    assert math.isclose(day, 1.035 ** (-729.5 / 365) / 365, rel_tol=1e-9)
    assert plan.mortality_per_day.shape == plan.norm_utility.shape == (2, layout.AGE_YEARS)
    assert plan.curves.shape == (
        1,
        layout.MAX_LADDER_STEPS,
        layout.MAX_COURSE_DAYS,
        layout.CURVE_ROWS,
        layout.CURVE_GRID,
        layout.CURVE_GRID,
    )


def test_defaults_of_size_and_horizon():
    plan = resolve(load_scenario("guideline-2018"))
    assert (plan.patients, plan.seed, plan.horizon_days) == (10_000, 1, 3650)
    assert quick_plan(document(horizon="531 d"), patients=1).horizon_days == 531


def test_half_a_year():
    scenario = load_scenario("guideline-2018")
    assert resolve(scenario, patients=1, years=0.5).horizon_days == 183
    assert resolve(scenario, patients=1, years=60.0).horizon_days == 21_900


def test_no_treatment():
    record = rules(quick_plan("conventional-care", patients=1))
    assert record["ketamine_offered"] == 0
    assert record["maintenance_step"] == -1
    for name in ("ladder_steps", "criteria", "adherence_to_rule", "maintenance", "step_days"):
        assert not np.any(record[name]), name
    assert record["recovery_hazard_per_day"] > 0.0


def test_exit_strategy():
    record = rules(quick_plan("exit-strategy", patients=1))
    guideline = rules(quick_plan("guideline-2018", patients=1))
    assert differing(record, guideline) == {
        "limit_courses_per_year",
        "limit_racemic_mg",
        "limit_days",
        "rest_after_courses",
        "rest_days",
        "loss_failures",
        "loss_of_last",
        "taper_courses",
        "taper_reasons",
        "taper_fraction",
        "taper_interval_days",
        "tests",
        "test_harm",
        "test_every_days",
        "test_sensitivity",
        "price_test",
    }
    assert record["limit_racemic_mg"] == 2000.0
    assert record["limit_days"] == 730
    assert record["taper_fraction"].tolist() == [0.75, 0.5, 0, 0, 0, 0, 0, 0]
    assert record["taper_interval_days"].tolist() == [42, 42, 0, 0, 0, 0, 0, 0]


def test_cash_clinic_has_a_series_and_boosters():
    record = rules(quick_plan("cash-clinic", patients=1))
    assert (record["ladder_steps"], record["maintenance_step"]) == (1, 1)
    assert record["step_days"].tolist() == padded([6, 1], layout.MAX_LADDER_STEPS)
    assert course(record, "step_gap_days", 0).tolist() == padded([0, 2, 2, 2, 2, 2], 16)
    assert course(record, "step_dose", 0).tolist() == padded([0.5] * 6, 16)
    assert course(record, "step_dose", 1).tolist() == padded([0.5], 16)
    assert record["step_per_kg"].tolist() == padded([1, 1], 8)
    assert record["criterion_moment"][0] == Moment.END
    assert record["criterion_baseline"][0] == Baseline.SAME_DAY
    assert (record["judge_at_days"], record["baseline_each_course"]) == (0, 1)
    assert record["adherence_to_rule"] == 0.5


def test_selection_of_a_rich_policy():
    record = rules(quick_plan(RICH, patients=1))
    assert record["eligible_conditions"] == 1 << Condition.CRPS | 1 << Condition.FIBROMYALGIA
    excluded = 1 << Comorbidity.HYPERTENSION | 1 << Comorbidity.RAISED_PRESSURE
    assert record["excluded_comorbidities"] == excluded
    assert record["minimum_enrolment_score_x10"] == 35
    assert (record["minimum_age_days"], record["maximum_age_days"]) == (18 * 365, 70 * 365)


def test_ladder_of_a_rich_policy():
    record = rules(quick_plan(RICH, patients=1))
    assert (record["ladder_steps"], record["maintenance_step"]) == (4, 4)
    assert (record["tries_per_step"], record["escalation_gap_days"]) == (2, 10)
    assert record["step_days"].tolist() == padded([2, 2, 3, 1, 1], 8)
    assert record["step_skip_weekends"].tolist() == padded([1, 1, 0, 0, 1], 8)
    assert record["step_per_kg"].tolist() == padded([1, 0, 0, 1, 0], 8)
    assert record["step_s_ketamine"].tolist() == padded([0, 1, 0, 0, 0], 8)
    assert record["step_sham"].tolist() == padded([0, 0, 0, 1, 0], 8)
    assert record["step_setting_expectation"].tolist() == padded([1, 1, 1, 1.5, 1], 8)
    assert record["step_perceived_effect"].tolist() == padded([0, 0, 0, 0.25, 0], 8)
    doses = [[0.5, 0.5], [10.0, 20.5], [120.0, 240.0, 30.0], [10.0], [30.0]]
    hours = [[40 / 60, 40 / 60], [4.0, 4.0], [24.0, 24.0, 2.0], [0.5], [1.0]]
    gaps = [[0, 3], [0, 1], [0, 1, 1], [0], [0]]
    for step in range(5):
        assert course(record, "step_dose", step).tolist() == padded(doses[step], 16)
        assert course(record, "step_hours", step).tolist() == padded(hours[step], 16)
        assert course(record, "step_gap_days", step).tolist() == padded(gaps[step], 16)


def test_response_of_a_rich_policy():
    record = rules(quick_plan(RICH, patients=1))
    expected = {
        "judge_at_days": 22,
        "judge_every": 3,
        "criteria": 3,
        "criteria_combine": Combine.K_OF,
        "criteria_required": 2,
        "missing_minimum_scores": 6,
        "missing_rule": MissingRule.CARRY,
        "baseline_each_course": 1,
        "criterion_domain": [Domain.PAIN, Domain.PAIN, Domain.QUALITY_OF_LIFE, 0],
        "criterion_baseline": [
            Baseline.WORST_OF_LAST_DAYS,
            Baseline.ENROLMENT,
            Baseline.MEAN_OF_LAST_DAYS,
            0,
        ],
        "criterion_baseline_days": [5, 7, 7, 0],
        "criterion_statistic": [Statistic.SHARE_OF_DAYS, Statistic.MEAN, Statistic.MEAN, 0],
        "criterion_window_from": [3, 0, 0, 0],
        "criterion_window_to": [21, 0, 0, 0],
        "criterion_moment": [-1, Moment.FOUR_HOURS, -1, 0],
        "criterion_higher_is_better": [0, 0, 1, 0],
        "criterion_percent_x10": [300, 0, 125, 0],
        "criterion_points_x10": [0, 25, 100, 0],
        "criterion_share_x1000": [625, 0, 0, 0],
    }
    for name, value in expected.items():
        assert np.array_equal(record[name], value), name


def test_limits_and_exit_of_a_rich_policy():
    record = rules(quick_plan(RICH, patients=1))
    expected = {
        "maintenance": Maintenance.INTERVAL,
        "maintenance_interval_days": 42,
        "limit_courses": 20,
        "limit_infusions": 40,
        "limit_racemic_mg": 5000.0,
        "limit_courses_per_year": 12,
        "limit_days": 730,
        "rest_after_courses": 6,
        "rest_days": 84,
        "adherence_to_rule": 0.75,
        "loss_failures": 2,
        "loss_of_last": 3,
        "loss_escalates": 1,
        "taper_courses": 2,
        "taper_reasons": 1 << ExitReason.DOSE_CAP | 1 << ExitReason.TIME_LIMIT,
        "taper_fraction": padded([0.75, 0.5], 8),
        "taper_interval_days": padded([21, 35], 8),
    }
    for name, value in expected.items():
        assert np.array_equal(record[name], value), name


def test_changes_make_rule_sets_that_differ_in_what_changed():
    plan = quick_plan(RICH, patients=1)
    assert plan.change_days.tolist() == [0, 100, 200]
    base, first, second = plan.rule_sets
    assert differing(base, first) == {"definition_number", "judge_at_days", "limit_courses"}
    # A change lies over the change before it, and the old definition has its old number.
    assert (second["limit_courses"], second["judge_at_days"]) == (21, 22)
    assert plan.rule_sets["definition_number"].tolist() == [0, 1, 0]
    assert len(plan.curves) == 3
    assert np.array_equal(plan.curves[0], plan.curves[1])


def test_changes_on_or_after_the_horizon_do_not_come_into_force():
    assert quick_plan(RICH, patients=1, years=101 / 365).change_days.tolist() == [0, 100]
    assert quick_plan(RICH, patients=1, years=100 / 365).change_days.tolist() == [0]


def test_infusions_that_start():
    changes = [{"from_day": "9 d", "policy": SIMPLE["policy"]}]
    plan = quick_plan({**SIMPLE, "policy": {"treatment": "none"}, "changes": changes}, patients=1)
    assert plan.rule_sets["ketamine_offered"].tolist() == [0, 1]
    assert plan.rule_sets["ladder_steps"].tolist() == [0, 1]
    assert plan.rule_sets["definition_number"].tolist() == [0, 1]


def test_population_section():
    mix = {"spinal_cord_injury": 0.1, "crps": 0.2, "other_neuropathic": 0.3, "fibromyalgia": 0.4}
    population = {"conditions": mix, "enrolment_threshold": 5.5}
    record = quick_plan(document(population=population), patients=1).population[0]
    assert record["enrolment_threshold_x10"] == 55
    below = [0.5 * math.erfc(-limit / math.sqrt(2.0)) for limit in record["condition_threshold"]]
    assert np.allclose(below, [0.1, 0.3, 0.6], atol=1e-12)


def test_structure_and_discount_arrive():
    base, other = document(), document(structure={"utility": "linear_eq5d", "mortality": "us"})
    plans = [quick_plan(one, patients=1) for one in (base, other)]
    assert not np.array_equal(*(rules(plan)["utility_knots"] for plan in plans))
    assert not np.array_equal(*(plan.mortality_per_day for plan in plans))
    undiscounted = quick_plan(document(discount={"effects": "0 %"}), patients=1)
    assert np.allclose(undiscounted.effect_prefix, undiscounted.years_prefix, rtol=1e-12)


def values(draw=0, seed=1, **parameters):
    plan = quick_plan(document(parameters=parameters), patients=1, seed=seed, draw=draw)
    return plan.description["values"], plan


def test_override_by_id_and_by_name_are_the_same():
    by_id, by_name = values(PD2="5 d"), values(slow_effect_half_life="120 h")
    assert by_id[0]["slow_effect_half_life"] == by_name[0]["slow_effect_half_life"] == 5.0
    assert rules(by_id[1]) == rules(by_name[1])
    assert by_id[1].description["overridden"] == ["PD2"]
    expected = math.exp(-math.log(2.0) / 5.0)
    assert math.isclose(rules(by_id[1])["slow_decay_per_day"], expected, rel_tol=1e-13)


def test_override_of_components_leaves_the_others():
    stated = book().parameter("responder_share_by_condition").value
    found, plan = values(responder_share_by_condition={"crps": "90 %"})
    assert found["responder_share_by_condition"] == {**stated, "crps": 0.9}
    assert plan.population["responder_share"][0][Condition.CRPS] == 0.9


def test_override_of_a_list():
    decrements = [0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.6]
    found, plan = values(time_trade_off_decrement_by_score=decrements)
    assert found["time_trade_off_decrement_by_score"] == decrements
    knots = rules(plan)["utility_knots"]
    assert np.allclose(knots, [1.0 - one for one in decrements])


def test_reference_to_the_evidence():
    rate = book().parameter("recovery_rate").value
    assert (
        values(relapse_rate_after_recovery={"evidence": "N17"})[0]["relapse_rate_after_recovery"]
        == rate
    )
    # A reference is read in the field's unit: 7 days for a half-life, from a time in days.
    found, _ = values(slow_effect_half_life={"evidence": "expectation_decay_time"})
    assert found["slow_effect_half_life"] == 7.0


def test_reference_in_another_unit_is_converted():
    assert book().parameter("chair_time_beyond_infusion").unit == "h"
    found, _ = values(slow_effect_half_life={"evidence": "chair_time_beyond_infusion"})
    assert found["slow_effect_half_life"] == 1.0 / 24.0


def test_reference_moves_with_the_draw_of_what_it_refers_to():
    found, _ = values(draw=3, relapse_rate_after_recovery={"evidence": "recovery_rate"})
    assert found["relapse_rate_after_recovery"] == found["recovery_rate"]
    assert found["recovery_rate"] != book().parameter("recovery_rate").value


def test_what_is_given_is_not_drawn():
    assert values(draw=5, PD2="5 d")[0]["slow_effect_half_life"] == 5.0
    assert values(draw=5)[0]["slow_effect_half_life"] != 10.9


def adherence(given, draw=0, seed=1, **parameters):
    content = document(parameters=parameters)
    content["policy"]["exit"] = {"adherence_to_rule": given}
    plan = quick_plan(content, patients=1, draw=draw, seed=seed)
    return rules(plan)["adherence_to_rule"]


def test_adherence_from_the_evidence_and_its_override():
    assert adherence({"evidence": "M152"}) == 0.85
    assert adherence({"evidence": "rule_adherence"}, rule_adherence=0.4) == 0.4
    assert adherence("40 %") == 0.4
    draws = Draws(1, 2)
    uniform = lambda place, occurrence: draws.uniform(0, place, 60, occurrence)  # noqa: E731
    assert adherence({"evidence": "M152"}, draw=2) == value_of(book().parameter("M152"), 2, uniform)


CENTRES = {
    "normal": ({"mean": "9 d", "sd": "1 d"}, 9.0),
    "lognormal": ({"median": "9 d", "sigma": 0.3}, 9.0),
    "uniform": ({"low": "4 d", "high": "10 d"}, 7.0),
    "triangular": ({"low": "4 d", "mode": "5 d", "high": "10 d"}, 5.0),
    "gamma": ({"mean": "9 d", "cv": 0.25}, 9.0),
}


@pytest.mark.parametrize("name", CENTRES)
def test_distribution_gives_its_centre_at_draw_0_and_moves_with_the_draw(name):
    given, centre = CENTRES[name]
    override = {"distribution": {name: given}}
    found = [values(draw, PD2=override)[0]["slow_effect_half_life"] for draw in range(4)]
    assert math.isclose(found[0], centre, rel_tol=1e-11)
    assert len(set(found)) == 4
    assert values(2, PD2=override)[0]["slow_effect_half_life"] == found[2]
    assert values(2, seed=2, PD2=override)[0]["slow_effect_half_life"] != found[2]


def test_beta_distribution_of_the_adherence():
    beta = {"distribution": {"beta": {"a": 17, "b": 3}}}
    assert math.isclose(adherence(beta), 0.85, rel_tol=1e-11)
    assert 0.0 < adherence(beta, draw=1) < 1.0
    assert adherence(beta, draw=1) != adherence(beta, draw=2)


@pytest.mark.parametrize("name", CENTRES)
def test_distributions_rise_with_the_uniform(name):
    numbers = {key: float(str(one).split()[0]) for key, one in CENTRES[name][0].items()}
    parameter = Parameter(
        "distribution", distribution=Distribution(name, numbers), reader=Quantity("d", minimum=0)
    )
    uniforms = [0.001, 0.02, 0.3, 0.5, 0.7, 0.98, 0.999]
    found = [settled(parameter, "x", 1, lambda *_, u=uniform: u) for uniform in uniforms]
    assert found == sorted(found)
    assert len(set(found)) == len(found)


def test_draws_of_two_overrides_are_not_the_same():
    override = {"distribution": {"uniform": {"low": 0.4, "high": 0.6}}}
    found, _ = values(1, racemic_potency=override, expectation_responder_share=override)
    assert found["racemic_potency"] != found["expectation_responder_share"]


def test_a_draw_moves_values_and_not_the_policy():
    stated, drawn = quick_plan(RICH, patients=1), quick_plan(RICH, patients=1, draw=1)
    assert drawn.draw == 1
    policy = [name for name in GUIDELINE if not name.startswith("step_setting")]
    for name in policy:
        assert np.array_equal(rules(stated)[name], rules(drawn)[name]), name
    assert rules(stated)["slow_decay_per_day"] != rules(drawn)["slow_decay_per_day"]


@pytest.mark.parametrize("draw", [-1, 2**24])
def test_a_draw_out_of_range_is_refused(draw):
    with pytest.raises(InputError, match=f"there is no parameter draw {draw}"):
        resolve(load_scenario("guideline-2018"), patients=1, draw=draw)


@pytest.mark.parametrize(
    "one", [*SHIPPED, RICH], ids=lambda one: one if isinstance(one, str) else "rich"
)
def test_resolving_twice_gives_the_same(one):
    first, second = quick_plan(one, patients=1), quick_plan(one, patients=1)
    texts = [json.dumps(plan.description, allow_nan=False) for plan in (first, second)]
    assert texts[0] == texts[1]
    for name in ("rule_sets", "curves", "population", "mortality_per_day", "effect_prefix"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


def test_description_says_what_the_run_rests_on():
    description = quick_plan(RICH, patients=1, years=1).description
    assert sorted(description) == [
        "calendar_days",
        "clinic_names",
        "clinic_numbers",
        "overridden",
        "parameter_ids",
        "prices",
        "regions",
        "scenario",
        "values",
    ]
    assert description["scenario"]["horizon"] == 365
    assert description["overridden"] == ["M25", "M11", "PD13", "M67", "B23"]
    assert set(description["overridden"]) <= set(description["parameter_ids"])
    names = {book().parameter(one).name for one in description["parameter_ids"]}
    assert names == set(description["values"])


def test_places_of_problems_with_the_population(tmp_path):
    content = document(parameters={"trait_correlations": {"depression__anxiety": -1}})
    with pytest.raises(InputError, match="contradict each other"):
        resolve(load_document(content), patients=1)
