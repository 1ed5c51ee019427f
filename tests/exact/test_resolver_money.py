"""Prices, payers, budgets and discounting of a plan, by hand from the evidence."""

from __future__ import annotations

import numpy as np
import pytest
from presets import HARMS, PRICES, PROGRAMME
from scenario_strategies import SHIPPED, quick_plan  # noqa: TID251

from pathways import layout
from pathways.codes import Payer

IN_BED = {"rate": "20 mg/h", "duration": "48 h", "setting": "bed"}
STEPS = [
    {"dose": "80 mg", "duration": "2 h"},
    {"dose": "100 mg", "duration": "4 h", "days": 2},
    {"dose": "30 mg", "duration": "40 min"},
    {"dose": "100 mg", "duration": "10 h", "form": "sham"},
    IN_BED,
]
TESTS = ["liver_function", "urinary_symptoms", "substance_use", "cognition"]
PRICE_FIELDS = [name for name in layout.numpy_dtype(layout.PARAMETERS).names if "price_" in name]


def near(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-15)


def plan_of(book=None, *, draw=0, **policy):
    document = {
        "scenario": "prices",
        "title": "Prices",
        "horizon": "100 d",
        "policy": {
            "treatment": "ketamine",
            "ladder": {"steps": STEPS},
            "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
            "monitoring": {"tests": [{"name": name, "every_courses": 1} for name in TESTS]},
            **policy,
        },
    }
    if book is not None:
        document["prices"] = {"book": book}
    return quick_plan(document, patients=2, draw=draw)


def infusions(rules):
    by_step = rules["price_infusion"].reshape(layout.MAX_LADDER_STEPS, layout.MAX_COURSE_DAYS)
    return [by_step[0, 0], by_step[1, 0], by_step[1, 1], *by_step[2:4, 0], *by_step[4, :2]]


US = plan_of("us-2024-usd").rule_sets[0]
UK = plan_of("uk-2023-gbp").rule_sets[0]


def test_infusions_are_charged_by_the_hour_without_the_vial_that_is_counted_apart():
    hour = (249 - 207) / 2
    chair = [207, 249, 249, 207 - hour, 207 + 8 * hour]
    assert infusions(US) == near([*[price - 10 for price in chair], 2500, 2500])
    hour = (550 - 450) / 2
    chair = [450, 550, 550, 450 - hour, 450 + 8 * hour]
    assert infusions(UK) == near([*[price - 6 for price in chair], 475, 475])


def test_nothing_is_charged_for_days_and_steps_that_are_not_there():
    assert np.count_nonzero(US["price_infusion"]) == 7


def test_the_drug_comes_in_vials_of_500_mg():
    assert (US["price_vial"], UK["price_vial"]) == (10.0, 6.0)
    assert US["vial_content_mg"] == UK["vial_content_mg"] == 500.0


def test_visits_travel_and_background_care():
    assert (US["price_assessment"], US["price_follow_up"], US["price_travel"]) == (250, 110, 30)
    assert (UK["price_assessment"], UK["price_follow_up"], UK["price_travel"]) == (220, 120, 15)
    assert US["price_background_per_day"] == near(11100 / 365)
    assert UK["price_background_per_day"] == near(1900 / 365)


def test_tests():
    assert US["price_test"].tolist() == [8, 20, 20, 20]
    assert UK["price_test"].tolist() == [3, 10, 10, 10]


def test_harms():
    assert US["price_acute"].tolist() == [0, 0, 400, 0]
    assert US["price_harm_onset"].tolist() == [0, 0, 0, 30000, 12000, 0]
    assert US["price_harm_detected"].tolist() == [2500, 4500, 0, 0, 0, 0]
    assert US["price_harm_per_day"] == near([0, 0, 9000 / 365, 0, 0, 0])
    assert UK["price_acute"].tolist() == [0, 0, 180, 0]
    assert UK["price_harm_onset"].tolist() == [0, 0, 0, 9000, 7000, 0]
    assert UK["price_harm_detected"].tolist() == [700, 1800, 0, 0, 0, 0]
    assert UK["price_harm_per_day"] == near([0, 0, 3500 / 365, 0, 0, 0])


def test_therapies():
    own = {"family": "user_defined", "effect": 0.1, "sessions": 2, "per_week": 1}
    own |= {"half_life": "10 d", "price_per_session": 42}
    therapies = [
        {"family": "medication", "medicine": "duloxetine"},
        {"family": "activity"},
        {"family": "interdisciplinary_programme", "sessions": 5},
        own,
    ]
    rules = plan_of("us-2024-usd", programme={"therapies": therapies}).rule_sets[0]
    assert rules["price_session"] == near([0, 100, 22000 / 15, 42])
    assert rules["price_medication_per_day"] == near([120 / 365, 0, 0, 0])
    therapies = [{"family": "medication", "medicine": "gabapentinoid"}, {"family": "behavioural"}]
    rules = plan_of("uk-2023-gbp", programme={"therapies": therapies}).rule_sets[0]
    assert rules["price_session"][:2] == near([0, 105])
    assert rules["price_medication_per_day"][0] == near(80 / 365)


def test_who_pays_in_the_us_pays_the_cash_price():
    paying = {"payer": "patient", "stops_at_budget": True}
    plan = plan_of("us-2024-usd", payment=paying)
    rules = plan.rule_sets[0]
    assert rules["infusion_payer"] == Payer.PATIENT and rules["budget_limits"] == 1
    assert infusions(rules) == near([790] * 5 + [2500] * 2)
    assert plan.population["yearly_budget_median"][0] == 3000.0
    assert plan.population["yearly_budget_log_sd"][0] == 1.0


def test_who_pays_in_the_uk_pays_what_the_health_system_would():
    plan = plan_of("uk-2023-gbp", payment={"payer": "patient", "stops_at_budget": True})
    assert infusions(plan.rule_sets[0]) == near(infusions(UK))
    assert plan.population["yearly_budget_median"][0] == 1000.0


def test_by_default_the_health_system_pays_without_a_limit():
    assert US["infusion_payer"] == Payer.HEALTH_SYSTEM and US["budget_limits"] == 0
    system = plan_of("us-2024-usd", payment={"payer": "health_system"})
    assert infusions(system.rule_sets[0]) == infusions(US)
    assert system.population["yearly_budget_median"][0] == 0.0


def test_without_prices_nothing_costs_anything():
    plan = plan_of()
    assert all(not plan.rule_sets[0][name].any() for name in PRICE_FIELDS)
    assert plan.rule_sets[0]["vial_content_mg"] == 500.0
    assert plan.description["prices"] is None
    assert not any(id.startswith("K") for id in plan.description["parameter_ids"])


def test_a_run_says_its_currency():
    dollars = {"book": "us-2024-usd", "currency": "USD"}
    assert plan_of("us-2024-usd").description["prices"] == dollars
    assert plan_of("uk-2023-gbp").description["prices"]["currency"] == "GBP"


def test_prices_are_never_below_zero_in_a_draw():
    for draw in range(1, 13):
        rules = plan_of("uk-2023-gbp", draw=draw).rule_sets[0]
        assert all((rules[name] >= 0.0).all() for name in PRICE_FIELDS)


def test_effects_and_costs_are_discounted_apart():
    document = {
        "scenario": "rates",
        "title": "Rates",
        "horizon": "800 d",
        "policy": {"treatment": "none"},
        "discount": {"effects": "1.5 %", "costs": "5 %"},
    }
    plan = quick_plan(document, patients=2)
    days = np.arange(801)
    assert plan.effect_factor == pytest.approx(1.015 ** -((days + 0.5) / 365), rel=1e-13)
    assert plan.cost_factor == pytest.approx(1.05 ** -((days + 0.5) / 365), rel=1e-13)
    assert plan.cost_prefix[0] == 0.0 and len(plan.cost_prefix) == 801
    assert np.diff(plan.cost_prefix) == pytest.approx(plan.cost_factor[:-1] / 365, rel=1e-9)
    assert np.diff(plan.effect_prefix) == pytest.approx(plan.effect_factor[:-1] / 365, rel=1e-9)


SET_BY_PRESETS_ONLY = {"harm_qaly_loss", "budget_limits"}
"""The evidence states no QALYs lost at the onset of a chronic harm beyond those while it lasts, and
no shipped scenario stops patients at their budget."""


def test_every_new_field_is_used_by_a_shipped_scenario():
    seen = {"harm_off"}
    for name in SHIPPED:
        record = quick_plan(name, patients=2, years=1, draw=1).rule_sets[0]
        seen |= {field for field in record.dtype.names if record[field].any()}
    new = {*HARMS, *PRICES, *PROGRAMME, "price_infusion", "acute_reference", "harm_off"}
    new = {field for field in new if field in layout.numpy_dtype(layout.PARAMETERS).names}
    assert new - seen == SET_BY_PRESETS_ONLY
