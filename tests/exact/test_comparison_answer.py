"""The first line and the cautions: the order, who is level, and every change of sign."""

from __future__ import annotations

import pytest
from hand_made_comparisons import SHAM_POLICY, compared, result_of

from pathways.comparison import Comparison
from pathways.comparison.answer import sign
from pathways.comparison.differences import Paired
from pathways.comparison.names import is_sham
from pathways.outcomes.estimates import Estimate

NOTHING = [0.5, 0.5, 0.5, 0.5, 0.5]
BETTER = [0.75, 0.75, 0.75, 0.75, 0.75]
BEST = [1.0, 1.0, 1.0, 1.0, 1.0]
WORSE = [0.25, 0.25, 0.25, 0.25, 0.25]
ABOUT = [0.25, 1.0, 0.5, 0.5, 0.375]


def test_order_and_no_change_of_sign():
    answer = compared(base=NOTHING, good=BETTER, best=BEST, bad=WORSE).answer
    assert answer == (
        "QALYs per referral against base, most first: best +0.500, good +0.250, base, "
        "bad \N{MINUS SIGN}0.250; no sign changes with expectation left out."
    )


def test_neighbours_that_are_not_told_apart_are_level():
    answer = compared(base=NOTHING, some=ABOUT).answer
    assert "most first: some +0.025 level with base;" in answer


def test_sign_that_changes_by_the_drug_alone_is_said():
    answer = compared(base=(NOTHING, NOTHING), hope=(BETTER, WORSE)).answer
    assert answer.endswith(
        "; the sign of hope changes: +0.250 in all, \N{MINUS SIGN}0.250 by the drug alone."
    )


def test_sign_that_changes_against_the_sham_is_said():
    answer = compared("base", base=NOTHING, drug=BETTER, sham=BEST).answer
    assert "sham +0.500, drug +0.250, base" in answer
    assert answer.endswith(
        "; the sign of drug changes: +0.250 in all, +0.250 by the drug alone, "
        "\N{MINUS SIGN}0.250 against sham."
    )


def test_gain_that_is_not_told_from_nothing_without_expectation_is_said():
    answer = compared(base=(NOTHING, NOTHING), hope=(BETTER, ABOUT)).answer
    assert "; hope is not told from 0 in every way: +0.250 in all, +0.025 by the drug" in answer


def test_sham_itself_is_not_judged_by_the_drug():
    answer = compared("base", base=(NOTHING, NOTHING), sham=(BETTER, WORSE)).answer
    assert answer.endswith("; no sign changes with expectation left out or against sham.")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [((0.1, 0.3), 1), ((-0.3, -0.1), -1), ((-0.1, 0.3), 0), ((0.0, 0.4), 0), ((None, None), 0)],
)
def test_sign_needs_an_interval_without_nothing(ends, expected):
    assert sign(Paired(Estimate(0.2, None, *ends, n=1))) == expected


def test_policies_are_level_where_nothing_differs():
    assert "most first: base level with copy 0;" in compared(base=NOTHING, copy=NOTHING).answer


@pytest.mark.parametrize(
    ("policy", "changed", "expected"),
    [
        (SHAM_POLICY, None, True),
        ({"treatment": "none", "ladder": None}, None, False),
        ({"treatment": "ketamine", "ladder": {"steps": [{"form": "racemic"}]}}, None, False),
        ({"treatment": "ketamine", "ladder": {"steps": []}}, None, False),
        ({**SHAM_POLICY, "maintenance": {"regimen": {"form": "racemic"}}}, None, False),
        ({**SHAM_POLICY, "maintenance": {"regimen": None}}, None, True),
        (SHAM_POLICY, {"treatment": "ketamine", "ladder": {"steps": [{"form": "racemic"}]}}, False),
        (SHAM_POLICY, SHAM_POLICY, True),
    ],
)
def test_sham_is_where_every_infusion_is(policy, changed, expected):
    scenario = {} if changed is None else {"changes": [{"policy": changed}]}
    assert is_sham(result_of(policy=policy, scenario=scenario).plan) is expected


def test_two_shams_are_none_to_compare_with():
    shams = {name: result_of(policy=SHAM_POLICY) for name in ("one", "two")}
    assert Comparison(shams).sham is None


def test_cautions_on_money_sham_and_copies():
    policy = {"treatment": "ketamine", "ladder": None}
    priced = {"one": "GBP", "two": "USD", "three": "GBP"}
    told = Comparison(
        {name: result_of(policy=policy, currency=currency) for name, currency in priced.items()}
    ).cautions
    assert told[0].startswith("money is not comparable: the price books are in GBP and USD")
    assert told[1].startswith("no sham infusion is compared")
    assert told[2] == "one and two are the same scenario under two names"
    assert any(caution.startswith("all: only 5 patients") for caution in told)
    assert "Monte Carlo error alone" in told[-1]


def test_caution_on_policies_without_prices():
    results = {"one": result_of(), "two": result_of(currency=None)}
    assert Comparison(results).cautions[0].startswith("two: no price book")


@pytest.mark.parametrize(("stated", "is_told"), [({"US": 800.0}, True), ({"UK": 1.0}, False)])
def test_caution_on_patients_who_pay_without_a_price_for_them(stated, is_told):
    result = result_of(policy={"treatment": "ketamine", "payment": {"payer": "patient"}})
    result.plan.description["prices"]["book"] = "uk-2023-gbp"
    result.plan.description["values"] = {"infusion_cash_price": stated}
    told = Comparison({"cash": result, "other": result_of()}).cautions
    assert any(caution.startswith("cash: patients pay, but") for caution in told) is is_told


def test_caution_on_scenarios_that_differ_in_more_than_policy():
    one = result_of(scenario={"structure": {"utility": "dixon_2011"}})
    other = result_of(scenario={"structure": {"utility": "linear_eq5d"}})
    told = Comparison({"one": one, "other": other}).cautions
    assert any(caution.startswith("the scenarios differ in structure too") for caution in told)


def test_comparators_are_not_warned_of_for_being_what_they_are():
    untreated = {"first_infusion_day": -1, "responder_drug_at_threshold": -1}
    weekly = {"first_infusions": 0}
    none = result_of(untreated, policy={"treatment": "none"}, weekly=weekly)
    sham = result_of({"responder_drug_at_threshold": 0}, policy=SHAM_POLICY)
    other = result_of(untreated, policy={"treatment": "ketamine"}, weekly=weekly)
    told = Comparison({"none": none, "sham": sham, "other": other}).cautions
    assert [one for one in told if "nobody was treated" in one or "drug relief" in one] == [
        one for one in told if one.startswith("other: nobody was treated")
    ]
