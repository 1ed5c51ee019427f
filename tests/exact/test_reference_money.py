"""Costs, budgets and drug-only life years of the reference engine, added up a second time."""

from __future__ import annotations

import numpy as np
import pytest
from plans import make_plan
from reference_runs import (
    ALWAYS_PASSES,
    NEVER_PASSES,
    courses_of,
    of_kind,
    open_model,
    run_still,
    still_plan,
    still_traits,
)

from pathways.codes import ChronicHarm, CostLine, Event, ExitReason, Link, Metric, Payer
from pathways.engines.mesa_engine import run
from pathways.layout import MAX_COURSE_DAYS
from pathways.plan import Plan

PRICES = {
    "price_assessment": 250.0,
    "price_follow_up": 110.0,
    "price_infusion": [[450.0], [550.0, 500.0]],
    "price_vial": 10.0,
    "vial_content_mg": 75.0,
    "price_travel": 30.0,
}
CYSTITIS = ChronicHarm.CYSTITIS
AT_ONCE = 1e9


def lines_of(result) -> dict[str, float]:
    """Return the cost lines of the first patient that are not 0, by name."""
    costs = result.results["cost_line"][0].tolist()
    return {line.name: costs[line] for line in CostLine if costs[line]}


def discounted(plan: Plan, amounts: dict[int, float]) -> float:
    return sum(amount * plan.cost_factor[day] for day, amount in amounts.items())


def test_what_a_ladder_costs_and_who_pays():
    # Infusions on the days 42, 77 and 78, judgements on the days 63 and 99.
    result = run_still(**PRICES, **NEVER_PASSES)
    assert of_kind(result, Event.ADMINISTERED)["day"].tolist() == [42, 77, 78]
    assert lines_of(result) == {
        "ASSESSMENT": 250.0,
        "FOLLOW_UP": 220.0,
        "INFUSION": 1500.0,
        "DRUG": 60.0,
        "TRAVEL": 90.0,
    }
    plan = still_plan(**PRICES, **NEVER_PASSES)
    clinic = {28: 250.0, 42: 470.0, 63: 110.0, 77: 570.0, 78: 520.0, 99: 110.0}
    travel = dict.fromkeys([42, 77, 78], 30.0)
    expected = [discounted(plan, clinic), discounted(plan, travel)]
    assert result.results["cost"][0] == pytest.approx(expected, rel=1e-12)
    assert result.results["cost_undiscounted"][0].tolist() == [2030.0, 90.0]
    paying = run_still(**PRICES, **NEVER_PASSES, infusion_payer=Payer.PATIENT)
    assert paying.results["cost_undiscounted"][0].tolist() == [250.0, 1870.0]
    assert lines_of(paying) == lines_of(result)


def test_a_judgement_on_the_day_of_the_infusion_is_no_visit_of_its_own():
    fields = {
        "judge_at_days": 0,
        "criterion_window_from": 0,
        "criterion_window_to": 0,
        "missing_minimum_scores": 1,
    }
    result = run_still(**PRICES, **NEVER_PASSES, **fields)
    assert result.results["judgements"] == 2
    assert "FOLLOW_UP" not in lines_of(result)


@pytest.mark.parametrize(
    ("mg", "content", "vials"),
    [(100.0, 50.0, 2), (101.0, 50.0, 3), (80.0, 200.0, 1), (50.0, 50.0, 1)],
)
def test_whole_vials_are_paid_for(mg, content, vials):
    fields = {**PRICES, **courses_of([mg]), "vial_content_mg": content, "ladder_steps": 1}
    result = run_still(**fields, **NEVER_PASSES)
    assert lines_of(result).get("DRUG", 0.0) == 10.0 * vials


def test_a_sham_costs_its_infusions_but_no_drug():
    result = run_still(**PRICES, **NEVER_PASSES, step_sham=1)
    assert lines_of(result)["INFUSION"] == 1500.0 and lines_of(result)["TRAVEL"] == 90.0
    assert "DRUG" not in lines_of(result)


def test_a_course_costs_what_it_cost_when_booked_and_the_drug_what_it_costs_today():
    changes = {40: {"price_infusion": 1.0, "price_vial": 3.0, "price_travel": 7.0}}
    result = run_still(**PRICES, **NEVER_PASSES, changes=changes, horizon_days=60)
    assert lines_of(result) == {
        "ASSESSMENT": 250.0,
        "INFUSION": 450.0,
        "DRUG": 6.0,
        "TRAVEL": 7.0,
    }


def test_tests_and_acute_harms():
    fields = {
        "tests": 2,
        "test_every_courses": [1, 0],
        "test_every_days": [0, 1],
        "price_test": [8.0, 20.0],
        "acute_intercept": [1e9, 1e9, -1e9, -1e9],
        "price_acute": [5.0, 12.0, 400.0, 400.0],
    }
    result = run_still(**fields, **NEVER_PASSES, infusion_payer=Payer.PATIENT)
    assert lines_of(result) == {"MONITORING": 2 * 8.0 + 3 * 20.0, "ACUTE_HARM": 3 * 17.0}
    assert result.results["cost_undiscounted"][0].tolist() == [51.0, 76.0]


def test_a_chronic_harm_costs_at_onset_at_detection_and_by_the_day():
    fields = {
        "harm_background": {CYSTITIS: AT_ONCE},
        "harm_noticed_per_week": {CYSTITIS: 1.0},
        "harm_recovery_per_day": {CYSTITIS: 0.03},
        "price_harm_onset": {CYSTITIS: 900.0},
        "price_harm_detected": {CYSTITIS: 600.0},
        "price_harm_per_day": {CYSTITIS: 3.5},
    }
    plan = still_plan(**fields, ketamine_offered=0)
    result = run(plan, True, traits=still_traits(plan))
    onsets = of_kind(result, Event.HARM_ONSET)["day"].tolist()
    healed = [*of_kind(result, Event.HARM_RECOVERED)["day"].tolist(), 729]
    spans = list(zip(onsets, healed, strict=False))
    assert len(onsets) > 3
    amounts = dict.fromkeys(range(730), 0.0)
    for onset, end in spans:
        amounts[onset] += 1500.0
        for monday in range(onset + 7, end + 1, 7):
            amounts[monday] += 3.5 * 7
    assert lines_of(result) == {"CHRONIC_HARM": pytest.approx(sum(amounts.values()))}
    assert result.results["cost"][0] == pytest.approx([discounted(plan, amounts), 0.0], rel=1e-12)


def test_two_processes_of_one_harm_are_paid_for_twice():
    fields = {
        "harm_background": {CYSTITIS: AT_ONCE},
        "harm_base": {CYSTITIS: AT_ONCE},
        "harm_link": {CYSTITIS: Link.THRESHOLD},
        "harm_metric": {CYSTITIS: Metric.LIFETIME_MG},
        "harm_permanent": {CYSTITIS: 1.0},
        "price_harm_per_day": {CYSTITIS: 1.0},
    }
    result = run_still(**fields, **NEVER_PASSES, horizon_days=99)
    # Background from day 7, excess from day 49; the last Monday is day 98.
    assert lines_of(result) == {"CHRONIC_HARM": (98.0 - 7.0) + (98.0 - 49.0)}


def test_sessions_medication_and_travel():
    fields = {
        "ketamine_offered": 0,
        "programme_for": 1,
        "therapies": 2,
        "therapy_delay_days": 5,
        "therapy_sessions": [0, 40],
        "therapy_sessions_per_week": 2,
        "therapy_attendance": 0.7,
        "price_session": [1e6, 100.0],
        "price_medication_per_day": [0.5, 1e6],
        "price_travel": 30.0,
    }
    result = run_still(**fields, horizon_days=28 + 7 * 12)
    attended = int(result.results["sessions_attended"][0])
    assert 0 < attended < 22
    # The therapies start on day 33; 11 Mondays follow, each paid for the week before it.
    assert lines_of(result) == {
        "THERAPY": 22 * 100.0 + 11 * 7 * 0.5,
        "TRAVEL": attended * 30.0,
    }
    assert result.results["cost_undiscounted"][0, Payer.PATIENT] == attended * 30.0


def test_background_care_is_paid_for_while_alive():
    rate, per_day = 0.05, 30.0
    fields = {"price_background_per_day": per_day, "ketamine_offered": 0}
    for clock, days in [(1e9, 730), (0.0, 7)]:
        result = run_still({"death_clock": clock}, **fields, cost_discount_rate=rate)
        assert lines_of(result) == {"BACKGROUND": per_day * days}
        ratio = (1.0 + rate) ** (-1.0 / 365.0)
        geometric = ratio**0.5 * (1.0 - ratio**days) / (1.0 - ratio)
        assert result.results["cost"][0] == pytest.approx([per_day * geometric, 0.0], rel=1e-11)


def test_nothing_has_a_price_unless_it_is_given_one():
    result = run(make_plan(patients=30, years=1, harms=True, programme=True))
    for name in ("cost", "cost_undiscounted", "cost_line"):
        assert (result.results[name] == 0.0).all()


@pytest.mark.parametrize("payer", Payer)
def test_lines_and_payers_add_up_to_the_same(payer):
    plan = make_plan(
        patients=50,
        years=2,
        harms=True,
        programme=True,
        prices=True,
        outside=True,
        infusion_payer=payer,
    )
    results = run(plan).results
    by_line = results["cost_line"].sum(axis=1)
    assert results["cost_undiscounted"].sum(axis=1) == pytest.approx(by_line, rel=1e-12)
    assert (results["cost_line"].sum(axis=0) > 0.0).all(), "every line is used"
    assert (results["cost"].sum(axis=1) < by_line).all()
    assert (results["cost"] >= 0.0).all()


def test_prices_change_nothing_but_costs_while_budgets_do_not_limit():
    fields = {"harms": True, "programme": True}
    free = run(make_plan(patients=40, years=1, **fields), True)
    priced_plan = make_plan(
        patients=40, years=1, **fields, prices=True, budget_limits=0, infusion_payer=0
    )
    priced = run(priced_plan, True)
    assert free.events.tobytes() == priced.events.tobytes()
    names = [name for name in free.results.dtype.names if not name.startswith("cost")]
    assert (free.results[names] == priced.results[names]).all()


# Budgets


def test_a_patient_stops_when_the_year_would_cost_more_than_the_budget():
    # 470 a course with two vials, without travel; courses on the days 42, 84, 126, ...
    fields = {**PRICES, **ALWAYS_PASSES, "infusion_payer": Payer.PATIENT, "budget_limits": 1}
    for budget, courses in [(470.0 * 3, 3), (470.0 * 3 - 0.01, 2), (469.0, 0)]:
        result = run_still({"yearly_budget": budget}, **fields)
        assert result.results["courses"] == courses
        assert result.results["exit_reason"] == ExitReason.COULD_NOT_PAY
        last_visit = 63 + 42 * (courses - 1) if courses else 28
        assert result.results["exit_day"] == last_visit


def test_the_budget_is_that_of_each_year_since_the_referral():
    # Eight courses in the first year (days 42 to 336), judged on day 357; the ninth starts on day
    # 378, but is tested for in the first year.
    fields = {**PRICES, **ALWAYS_PASSES, "infusion_payer": Payer.PATIENT, "budget_limits": 1}
    short = run_still({"yearly_budget": 470.0 * 8}, **fields)
    assert short.results["courses"] == 8 and short.results["exit_day"] == 357
    enough = run_still({"yearly_budget": 470.0 * 9}, **fields)
    assert enough.results["exit_reason"] == ExitReason.NONE
    assert enough.results["courses"] == 17


@pytest.mark.parametrize("fields", [{"budget_limits": 0}, {"infusion_payer": Payer.HEALTH_SYSTEM}])
def test_budgets_limit_only_those_who_pay(fields):
    settings = {"infusion_payer": Payer.PATIENT, "budget_limits": 1, **fields}
    result = run_still({"yearly_budget": 0.0}, **PRICES, **ALWAYS_PASSES, **settings)
    assert result.results["exit_reason"] == ExitReason.NONE


def test_a_dose_cap_precedes_the_budget_as_the_reason():
    fields = {**PRICES, "infusion_payer": Payer.PATIENT, "budget_limits": 1}
    result = run_still({"yearly_budget": 0.0}, **fields, limit_racemic_mg=10.0)
    reasons = of_kind(result, Event.EXIT_RULE_TRUE)["code"].tolist()
    assert reasons == [ExitReason.DOSE_CAP, ExitReason.COULD_NOT_PAY]


# Drug-only life years


def test_drug_only_life_years_leave_expectation_out():
    plan = still_plan(**ALWAYS_PASSES, expectation_unblinding=0.5)
    with open_model(plan, {"expectation_amplitude": 2.0}) as model:
        patient, expected = model.patients[0], 0.0
        for day in range(plan.horizon_days):
            model.step()
            pain = patient.treated_pain
            if patient.last_infusion_day == day:
                mean_effect = plan.curves[0, 0, 0, 4]
                assert mean_effect.min() > 0.0
                mean = patient.interpolate_curve(4)
                pain = pain * (1.0 - mean)
            utility = patient.utility_at(pain)
            expected += utility * (plan.effect_prefix[day + 1] - plan.effect_prefix[day])
        model.take_results()
        results = model.result().results
    assert results["qaly_drug_only"] == pytest.approx(expected, rel=1e-12)
    assert results["qaly_drug_only"] < results["qaly"]


def test_without_expectation_drug_only_is_all():
    plan = make_plan(patients=40, years=2, harms=True, programme=True)
    traits = still_traits(plan, expectation_amplitude=0.0, pain_level=np.linspace(4.0, 9.0, 40))
    results = run(plan, traits=traits).results
    assert results["qaly_drug_only"].tolist() == results["qaly"].tolist()


def test_expectation_without_a_drug_gives_no_drug_only_life_years():
    sham = still_plan(**NEVER_PASSES, step_sham=1)
    nothing = still_plan(**NEVER_PASSES, ketamine_offered=0)
    traits = {"expectation_amplitude": 3.0}
    treated, untreated = (
        run(plan, traits=still_traits(plan, **traits)).results for plan in (sham, nothing)
    )
    assert treated["qaly"] > untreated["qaly"]
    assert treated["qaly_drug_only"] == pytest.approx(untreated["qaly"], rel=1e-12)


def test_prices_of_course_days_are_addressed_by_regimen():
    with open_model(still_plan(**PRICES)) as model:
        rules = model.rule_sets[0]
        assert rules.infusion_price(1, 1) == rules.price_infusion[MAX_COURSE_DAYS + 1] == 500.0
