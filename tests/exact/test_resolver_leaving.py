"""Leaving, loss, further referrals, buying elsewhere and dated prices of a plan, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scenario_strategies import laid_over, quick_plan

from pathways.errors import InputError

STEP = {"dose": "80 mg", "duration": "2 h"}
OPTION = {
    "regimen": {
        "dose": "0.5 mg/kg",
        "duration": "40 min",
        "form": "s_ketamine",
        "premedication": ["midazolam"],
    },
    "first_after": "30 d",
    "interval": "28 d",
    "stop_rate": "0.73 per year",
}
KETAMINE = {
    "treatment": "ketamine",
    "ladder": {"steps": [STEP, {**STEP, "days": 2}]},
    "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    "maintenance": {"kind": "interval", "interval": "28 d", "regimen": {**STEP, "dose": "40 mg"}},
}
NONE = {"treatment": "none"}
LEAVING = {
    "exit": {
        "leave_waiting_list": "0.365 per year",
        "lost_to_follow_up": {"evidence": "M153"},
        "re_referral": {"wait_at_least": "90 d"},
    }
}


def plan_of(*policies, policy=KETAMINE, prices=None, draw=0, changes=()):
    for one in policies:
        policy = laid_over(policy, one)
    document = {"scenario": "leaving", "title": "Leaving", "horizon": "400 d", "policy": policy}
    if prices is not None:
        document["prices"] = prices
    if changes:
        document["changes"] = list(changes)
    return quick_plan(document, patients=2, draw=draw)


def near(expected):
    return pytest.approx(expected, rel=1e-12)


def test_nobody_leaves_or_buys_unless_it_is_said():
    rules = plan_of().rule_sets[0]
    for name in ("waiting_leave", "lost", "rereferral", "outside_stop"):
        assert rules[f"{name}_hazard_per_day"] == 0.0
    assert (rules["rereferral_after_days"], rules["outside_share"]) == (0, 0.0)
    assert (rules["outside_step"], rules["price_outside"]) == (-1, 0.0)
    # Lengths of time that engines may rely on.
    assert (rules["outside_delay_days"], rules["outside_interval_days"]) == (1, 1)


@pytest.mark.parametrize("policy", [KETAMINE, NONE])
def test_rates_a_year_become_hazards_a_day(policy):
    rules = plan_of(LEAVING, policy=policy).rule_sets[0]
    assert rules["waiting_leave_hazard_per_day"] == near(0.001)
    assert rules["lost_hazard_per_day"] == 0.1 / 365.0
    assert rules["rereferral_hazard_per_day"] == 0.1 / 365.0
    assert rules["rereferral_after_days"] == 90


def test_rates_are_drawn():
    stated, drawn = (plan_of(LEAVING, draw=draw) for draw in (0, 2))
    for name in ("lost_hazard_per_day", "rereferral_hazard_per_day"):
        assert stated.rule_sets[name][0] != drawn.rule_sets[name][0] > 0.0
    assert stated.rule_sets["waiting_leave_hazard_per_day"][0] == near(0.001)
    assert {"M153", "M156"} <= set(stated.description["parameter_ids"])


def test_what_is_bought_stands_behind_the_policys_own():
    rules = plan_of({"outside_option": OPTION}).rule_sets[0]
    assert rules["outside_step"] == 3
    assert (rules["ladder_steps"], rules["maintenance_step"]) == (2, 2)
    assert rules["step_days"].tolist() == [1, 2, 1, 1, 0, 0, 0, 0]
    assert rules["step_dose"].reshape(8, 16)[3, 0] == 0.5
    assert rules["step_s_ketamine"].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert rules["step_premedicated"].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    assert rules["step_hours"].reshape(8, 16)[3, 0] == near(2 / 3)
    assert (rules["outside_delay_days"], rules["outside_interval_days"]) == (30, 28)
    assert rules["outside_share"] == 0.15
    assert rules["outside_stop_hazard_per_day"] == near(0.002)


def test_it_has_a_curve_of_its_own():
    plan = plan_of({"outside_option": OPTION})
    assert np.all(plan.curves[0, 3, 0] > 0.0)
    assert not np.any(plan.curves[0, 4])


def test_it_is_the_only_regimen_where_nobody_is_treated():
    rules = plan_of({"outside_option": OPTION}, policy=NONE).rule_sets[0]
    assert (rules["outside_step"], rules["ladder_steps"], rules["ketamine_offered"]) == (0, 0, 0)
    assert rules["step_days"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]


def test_a_programme_knows_of_ketamine_bought_elsewhere():
    programme = {"programme": {"therapies": [{"family": "activity"}]}}
    option = {"outside_option": OPTION}
    values = [plan_of(programme, one, policy=NONE).description["values"] for one in ({}, option)]
    assert ["ketamine_therapy_interaction" in one for one in values] == [False, True]


def test_without_prices_it_is_free():
    plan = plan_of({"outside_option": OPTION})
    assert plan.rule_sets["price_outside"][0] == 0.0
    assert plan.population["yearly_budget_median"][0] == 0.0


# Price book, length of the infusion and what it costs with the drug.
PRICES = [
    ("us-2024-usd", "40 min", 800.0),
    ("us-2024-usd", "4 h", 800.0),
    ("uk-2023-gbp", "2 h", 450.0),
    ("uk-2023-gbp", "4 h", 550.0),
    ("uk-2023-gbp", "40 min", 400.0),
]


@pytest.mark.parametrize(("book", "length", "price"), PRICES)
def test_it_costs_what_the_same_infusion_does(book, length, price):
    option = laid_over(OPTION, {"regimen": {"duration": length}})
    plan = plan_of({"outside_option": option}, policy=NONE, prices={"book": book})
    assert plan.rule_sets["price_outside"][0] == near(price)
    assert plan.rule_sets["price_travel"][0] > 0.0
    # Who pays has a budget, or nobody could pay at all.
    assert plan.population["yearly_budget_median"][0] in (3000.0, 1000.0)


def test_it_may_have_a_price_of_its_own():
    option = {**OPTION, "price": 250}
    plan = plan_of({"outside_option": option}, policy=NONE, prices={"book": "us-2024-usd"})
    assert plan.rule_sets["price_outside"][0] == 250.0
    assert "K1" not in plan.description["parameter_ids"]


def test_who_buys_goes_on_when_a_change_takes_the_option_away():
    changes = [
        {"from_day": "100 d", "policy": {"outside_option": None, "limits": {"courses": 3}}},
        {"from_day": "200 d", "policy": {"maintenance": {"kind": "none"}}},
    ]
    plan = plan_of({"outside_option": OPTION}, changes=changes, prices={"book": "uk-2023-gbp"})
    rules = plan.rule_sets
    assert rules["outside_share"].tolist() == [0.15, 0.0, 0.0]
    assert rules["outside_step"].tolist() == [3, 3, 2]
    assert set(rules["outside_interval_days"]) == {28}
    assert len(set(rules["outside_stop_hazard_per_day"])) == 1
    assert len(set(rules["price_outside"])) == 1
    doses = [rules["step_dose"][i].reshape(8, 16)[rules["outside_step"][i], 0] for i in range(3)]
    assert doses == [0.5, 0.5, 0.5]


def test_a_change_may_bring_the_option():
    changes = [{"from_day": "100 d", "policy": {"outside_option": OPTION}}]
    rules = plan_of(changes=changes).rule_sets
    assert rules["outside_step"].tolist() == [-1, 3]
    assert rules["outside_share"].tolist() == [0.0, 0.15]


def test_a_change_that_leaves_no_room_for_it_is_refused():
    changes = [
        {"from_day": "100 d", "policy": {"outside_option": None, "ladder": {"steps": [STEP] * 7}}}
    ]
    with pytest.raises(InputError) as caught:
        plan_of({"outside_option": OPTION}, changes=changes)
    (error,) = caught.value.errors
    assert error.place.path == "changes[0].policy.ladder.steps"
    assert "7 or fewer" in str(error)


def test_an_unknown_reference_is_refused_in_its_place():
    with pytest.raises(InputError, match=r"outside_option\.share\.evidence: there is no parameter"):
        plan_of({"outside_option": {**OPTION, "share": {"evidence": "M1555"}}})
    with pytest.raises(InputError, match=r"exit\.lost_to_follow_up\.evidence: .*rate"):
        plan_of({"exit": {"lost_to_follow_up": {"evidence": "Q6"}}})


OTHER = {"book": "uk-2023-gbp", "other": {"infusion_two_hours": 500, "follow_up_visit": 0}}


def test_other_prices_than_the_books():
    rules = plan_of(prices=OTHER).rule_sets[0]
    assert rules["price_infusion"][0] == near(500 - 6)
    assert rules["price_follow_up"] == 0.0
    assert rules["price_assessment"] == 220.0


def test_other_prices_from_a_day_on():
    changes = [
        {"from_day": "100 d", "prices": {"other": {"infusion_two_hours": 500}}},
        {"from_day": "200 d", "prices": {"other": {"ketamine_vial_500_mg": 60}}},
        {"from_day": "300 d", "policy": {"limits": {"courses": 2}}},
    ]
    rules = plan_of(prices={"book": "uk-2023-gbp"}, changes=changes).rule_sets
    assert rules["price_infusion"][:, 0] == near([444, 494, 440, 440])
    assert rules["price_vial"].tolist() == [6, 6, 60, 60]
    assert set(rules["price_assessment"]) == {220.0}
    assert rules["limit_courses"].tolist() == [0, 0, 0, 2]


def test_a_price_that_nobody_pays_is_refused():
    other = {"book": "uk-2023-gbp", "other": {"duloxetine_year": 9}}
    with pytest.raises(InputError) as caught:
        plan_of(prices=other)
    (error,) = caught.value.errors
    assert error.place.path == "prices.other.duloxetine_year"
    assert "would change nothing" in error.problem
    cash = {"book": "uk-2023-gbp", "other": {"infusion_cash_price": 9}}
    with pytest.raises(InputError, match="infusion_cash_price"):
        plan_of({"payment": {"payer": "patient"}}, prices=cash)


def test_the_description_says_the_other_prices():
    description = plan_of(prices=OTHER).description
    assert description["scenario"]["prices"]["other"]["infusion_two_hours"] == 500.0
    assert description["prices"] == {"book": "uk-2023-gbp", "currency": "GBP"}
