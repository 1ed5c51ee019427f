"""Scenario files: referrals over time, and patients who leave, return or buy elsewhere."""

from __future__ import annotations

import copy

import pytest
from scenario_strategies import laid_over, load_document

from pathways.errors import InputError
from pathways.scenario.notes import notes
from pathways.scenario.referrals import Referrals

ARRIVALS = {
    "kind": "arrivals",
    "per_year": 100,
    "warm_up": "1 year",
    "intake": "26 week",
    "follow_up": "2 year",
}
STEP = {"dose": "80 mg", "duration": "2 h"}
BASE = {
    "scenario": "referrals",
    "title": "Referrals",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [STEP]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
}
OPTION = {
    "regimen": {"dose": "0.5 mg/kg", "duration": "40 min"},
    "first_after": "30 d",
    "interval": "28 d",
    "stop_rate": "0.5 per year",
}


def document(**sections):
    return laid_over(copy.deepcopy(BASE), sections)


def of_policy(**sections):
    return document(policy=sections)


def buying(**option):
    return of_policy(outside_option=laid_over(OPTION, option))


def refusals(content):
    with pytest.raises(InputError) as caught:
        load_document(content)
    assert all(error.place.line is not None for error in caught.value.errors)
    return {error.place.path: str(error) for error in caught.value.errors}


def test_a_closed_cohort_is_the_default():
    read = load_document(BASE).document
    assert read.referrals == Referrals() and not read.referrals.is_arrivals
    assert (read.followed_days, read.calendar_days) == (3650, 3650)
    assert read.referrals.studied_days() == (0, 1)


def test_arrivals():
    read = load_document(document(referrals=ARRIVALS)).document
    assert read.referrals.per_year == 100.0
    assert (read.followed_days, read.calendar_days) == (730, 365 + 182 + 730)
    assert read.referrals.studied_days() == (365, 547)
    assert read.referrals.calendar_days(100) == 647


def test_the_horizon_may_say_what_follow_up_says():
    assert load_document(document(referrals=ARRIVALS, horizon="2 year")).document.followed_days


def test_without_warm_up_everybody_is_studied_from_the_first_day():
    read = load_document(document(referrals={**ARRIVALS, "warm_up": "0 d"})).document
    assert read.referrals.studied_days() == (0, 182)


BAD = {
    "another horizon": (
        document(referrals=ARRIVALS, horizon="3 year"),
        "horizon",
        "patients are followed for 730 d",
    ),
    "no rate": (
        document(referrals={**ARRIVALS, "per_year": None}),
        "referrals.per_year",
        "`kind: arrivals` needs `per_year`",
    ),
    "no warm-up": (document(referrals={**ARRIVALS, "warm_up": None}), "referrals.warm_up", "needs"),
    "no intake": (document(referrals={**ARRIVALS, "intake": None}), "referrals.intake", "needs"),
    "intake 0": (
        document(referrals={**ARRIVALS, "intake": "0 d"}),
        "referrals.intake",
        "1 d or more",
    ),
    "follow-up 0": (
        document(referrals={**ARRIVALS, "follow_up": "0 d"}),
        "referrals.follow_up",
        "1 d or more",
    ),
    "nobody comes": (
        document(referrals={**ARRIVALS, "per_year": 0}),
        "referrals.per_year",
        "more than 0",
    ),
    "a rate with a unit": (
        document(referrals={**ARRIVALS, "per_year": "100 per year"}),
        "referrals.per_year",
        "",
    ),
    "too long": (
        document(referrals={**ARRIVALS, "warm_up": "40 year", "follow_up": "20 year"}),
        "referrals.follow_up",
        "21900 d or less",
    ),
    "rate of a cohort": (
        document(referrals={"per_year": 9}),
        "referrals.per_year",
        "`kind: arrivals`",
    ),
    "intake of a cohort": (
        document(referrals={"kind": "closed_cohort", "intake": "1 year"}),
        "referrals.intake",
        "`kind: arrivals`",
    ),
    "load of arrivals": (
        document(referrals={**ARRIVALS, "cohort_load": True}),
        "referrals.cohort_load",
        "remove `cohort_load`",
    ),
    "unknown kind": (document(referrals={"kind": "cohort"}), "referrals.kind", "closed_cohort"),
    "loss as a share": (
        of_policy(exit={"lost_to_follow_up": "5 %"}),
        "policy.exit.lost_to_follow_up",
        "rate",
    ),
    "leaving backwards": (
        of_policy(exit={"leave_waiting_list": "-1 per year"}),
        "policy.exit.leave_waiting_list",
        "0 1/year or more",
    ),
    "returning at once": (
        of_policy(exit={"re_referral": {"wait_at_least": "half a year"}}),
        "policy.exit.re_referral.wait_at_least",
        "",
    ),
    "returning at a share": (
        of_policy(exit={"re_referral": {"rate": 0.1}}),
        "policy.exit.re_referral.rate",
        "no unit",
    ),
    "more than all": (buying(share="110 %"), "policy.outside_option.share", "out of range"),
    "a course elsewhere": (
        buying(regimen={"days": 2}),
        "policy.outside_option.regimen",
        "one infusion at a time",
    ),
    "a sham elsewhere": (
        buying(regimen={"form": "sham"}),
        "policy.outside_option.regimen.form",
        "nobody would buy a sham",
    ),
    "a bed elsewhere": (
        buying(regimen={"setting": "bed"}),
        "policy.outside_option.regimen.setting",
        "in a chair",
    ),
    "at once": (buying(first_after="0 d"), "policy.outside_option.first_after", "1 d"),
    "all the time": (buying(interval="0 d"), "policy.outside_option.interval", "1 d"),
    "for ever and ever": (
        buying(stop_rate=None),
        "policy.outside_option.stop_rate",
        "",
    ),
    "price without prices": (
        buying(price=400),
        "policy.outside_option.price",
        "nothing can be paid without prices",
    ),
    "free money": (
        {**buying(price=-1), "prices": {"book": "us-2024-usd"}},
        "policy.outside_option.price",
        "0 or more",
    ),
    "too many regimens": (
        laid_over(
            buying(),
            {
                "policy": {
                    "ladder": {"steps": [STEP] * 7},
                    "maintenance": {"kind": "interval", "interval": "9 d", "regimen": STEP},
                }
            },
        ),
        "policy.ladder.steps",
        "8 regimens beside what is bought elsewhere",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_refused_in_its_place(name):
    content, path, words = BAD[name]
    told = refusals(content)
    assert path in told and words in told[path], told


def test_seven_regimens_leave_room_for_the_one_elsewhere():
    assert load_document(laid_over(buying(), {"policy": {"ladder": {"steps": [STEP] * 7}}}))


def test_patients_who_leave_and_return():
    ends = {
        "lost_to_follow_up": {"evidence": "M153"},
        "leave_waiting_list": "0.2 per year",
        "re_referral": {"rate": {"distribution": {"gamma": {"mean": "1 per year", "cv": 0.5}}}},
    }
    read = load_document(of_policy(exit=ends)).document.policy.exit
    assert (read.lost_to_follow_up.evidence, read.leave_waiting_list.value) == ("M153", 0.2)
    assert read.re_referral.wait_at_least == 0
    default = load_document(of_policy(exit={"re_referral": {}})).document.policy.exit
    assert default.re_referral.rate.evidence == "re_referral_rate"


def test_patients_who_buy_elsewhere():
    option = load_document(buying()).document.policy.outside_option
    assert option.share.evidence == "outside_uptake_probability"
    assert (option.first_after, option.interval, option.price) == (30, 28, None)
    assert load_document(BASE).document.policy.outside_option is None


def test_they_buy_where_no_infusions_are_offered_too():
    content = {**BASE, "policy": {"treatment": "none", "outside_option": OPTION}}
    assert load_document(content).document.policy.outside_option is not None
    assert notes(load_document(content)) == []


@pytest.mark.parametrize(
    ("ends", "number"),
    [
        ({"leave_waiting_list": "0.1 per year"}, 0),
        ({"leave_waiting_list": "0.1 per year", "re_referral": {}}, 0),
        ({"lost_to_follow_up": "0.1 per year"}, 1),
        ({"adherence_to_rule": 0.5}, 1),
    ],
)
def test_what_has_no_effect_where_nobody_is_treated_is_told(ends, number):
    content = {**BASE, "policy": {"treatment": "none", "exit": ends}}
    assert len(notes(load_document(content))) == number
