"""Clinics, regions and referrals of a plan, worked by hand."""

from __future__ import annotations

import copy
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scenario_strategies import laid_over, load_document, quick_plan

from pathways.codes import QueueOrder
from pathways.errors import InputError
from pathways.fastcore.population import referral_days, sample_all_traits
from pathways.resolve.referrals import expected_patients, regions_for, shared_out
from pathways.resolve.resolver import resolve
from pathways.resolve.rules import whole_minutes

TOWN = {
    "name": "Town",
    "number": 20,
    "share": "60 %",
    "chairs": 6,
    "nurses": 2.5,
    "open": {"days": ["monday", "tuesday", "wednesday"], "minutes": "8 h"},
    "assessment_slots_per_week": 5,
    "queue": "new_first",
}
COUNTRY = {
    "name": "Country",
    "number": 7,
    "share": "40 %",
    "chairs": "unlimited",
    "beds": 3,
    "open": {"days": ["friday"], "minutes": "240 min"},
    "turnaround": "30 min",
    "assessment_slots_per_week": "unlimited",
    "therapy_slots_per_week": 9,
    "no_show": 0.25,
    "late_cancellation": 0,
    "after_no_show": "keeps_place",
    "booking_every": "14 d",
}
BASE = {
    "scenario": "clinics",
    "title": "Clinics",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [{"name": "short", "dose": "80 mg", "duration": "2 h"}]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
    "referrals": {
        "kind": "arrivals",
        "per_year": 100,
        "warm_up": "200 d",
        "intake": "365 d",
        "follow_up": "165 d",
    },
    "clinics": [TOWN, COUNTRY],
}
RECORD_OF_TOWN = {
    "number": 20,
    "booking_every_days": 7,
    "open_days": 0b0000111,
    "chairs": 5,
    "open_minutes": 480,
    "turnaround_minutes": 60,
    "beds": 0,
    "assessment_slots_per_week": 5,
    "therapy_slots_per_week": -1,
    "queue_order": QueueOrder.NEW_FIRST,
    "keeps_place": 0,
    "no_show": 0.08,
    "late_cancellation": 0.05,
}
RECORD_OF_COUNTRY = {
    "number": 7,
    "booking_every_days": 14,
    "open_days": 0b0010000,
    "chairs": -1,
    "open_minutes": 240,
    "turnaround_minutes": 30,
    "beds": 3,
    "assessment_slots_per_week": -1,
    "therapy_slots_per_week": 9,
    "queue_order": QueueOrder.FIRST_COME,
    "keeps_place": 1,
    "no_show": 0.25,
    "late_cancellation": 0.0,
}


def document(**sections):
    return laid_over(copy.deepcopy(BASE), sections)


def plan_of(content=None, patients=100, **size):
    return quick_plan(BASE if content is None else content, patients=patients, **size)


def as_dict(record):
    return {name: record[name].item() for name in record.dtype.names}


def test_clinics_worked_by_hand():
    plan = plan_of()
    assert plan.clinics.shape == (1, 2)
    # By ascending number, not as they are written.
    assert [as_dict(one) for one in plan.clinics[0]] == [RECORD_OF_COUNTRY, RECORD_OF_TOWN]
    assert plan.queues


def test_a_scenario_without_clinics_has_one_that_is_unlimited():
    plan = plan_of({**BASE, "clinics": None})
    (record,) = plan.clinics[0]
    assert (record["number"], record["open_days"], record["booking_every_days"]) == (1, 127, 7)
    for name in ("chairs", "beds", "assessment_slots_per_week", "therapy_slots_per_week"):
        assert record[name] == -1, name
    assert (record["no_show"], record["late_cancellation"], record["turnaround_minutes"]) == (
        0.0,
        0.0,
        0,
    )
    assert not plan.queues and plan.patients > 0


def test_the_calendar_of_arrivals():
    plan = plan_of()
    assert (plan.horizon_days, plan.calendar_days, plan.weeks) == (165, 730, 105)
    assert plan.studied_days == (200, 565)
    for name in ("effect_prefix", "years_prefix", "effect_factor", "cost_factor", "cost_prefix"):
        assert getattr(plan, name).shape == (731,), name
    assert set(plan.rule_sets["horizon_days"]) == {165}


def test_the_years_asked_for_are_those_of_follow_up():
    plan = plan_of(years=1.0)
    assert (plan.horizon_days, plan.calendar_days) == (365, 930)
    assert plan.studied_days == (200, 565)
    assert plan.description["scenario"]["referrals"]["follow_up"] == 365
    assert plan.description["scenario"]["horizon"] == 365


def test_a_calendar_beyond_sixty_years_is_refused():
    with pytest.raises(
        InputError, match=r"years: with warm-up and intake the calendar has 22465 d"
    ):
        plan_of(years=60.0)


def test_days_of_referral_are_those_of_each_clinic():
    plan = plan_of(patients=1)
    country = referral_days(1, 0, 7, 100 * 0.4 / 365.0, 730)
    town = referral_days(1, 0, 20, 100 * 0.6 / 365.0, 730)
    assert plan.clinic_patients.tolist() == [len(country), len(town)]
    assert plan.referral_days.tolist() == [*country, *town]
    assert plan.patients == len(country) + len(town)


@pytest.mark.parametrize(
    ("patients", "regions"), [(1, 1), (100, 1), (101, 2), (250, 3), (1000, 10)]
)
def test_patients_set_the_number_of_regions(patients, regions):
    scenario = load_document(BASE)
    assert regions_for(scenario.document, patients) == regions
    if patients <= 250:
        assert resolve(scenario, patients=patients).description["regions"] == regions


def test_a_whole_number_of_regions_is_not_rounded_up():
    # In binary 36.5 / 365 * 1000 need not be 100.
    referrals = {**BASE["referrals"], "per_year": 36.5, "intake": "1000 d"}
    read = load_document(document(referrals=referrals)).document
    assert regions_for(read, 100) == 1 and regions_for(read, 300) == 3


def test_more_patients_add_regions_and_move_nobody():
    few, many = (sample_all_traits(plan_of(patients=patients)) for patients in (100, 300))
    assert many[: len(few)].tobytes() == few.tobytes()
    numbers = plan_of(patients=300).clinics["number"][0].tolist()
    assert numbers == [region << 16 | number for region in range(3) for number in (7, 20)]
    assert plan_of(patients=300).clinic_patients.shape == (6,)


def test_regions_have_luck_of_their_own():
    plan = plan_of(patients=200)
    by_clinic = np.split(plan.referral_days, np.cumsum(plan.clinic_patients)[:-1])
    assert by_clinic[0].tolist() != by_clinic[2].tolist()


def test_regions_are_alike_in_what_they_have():
    plan = plan_of(patients=200)
    for name in set(plan.clinics.dtype.names) - {"number"}:
        assert plan.clinics[name][0, :2].tolist() == plan.clinics[name][0, 2:].tolist()


def test_more_regions_than_can_be_told_apart_are_refused():
    with pytest.raises(InputError, match="65536 regions or fewer"):
        regions_for(load_document(BASE).document, 7_000_000)


def test_adding_a_clinic_moves_no_draw():
    """The rows of the clinics that were there stay, if their referrals stay."""
    half = {**TOWN, "share": "50 %"}
    one = document(referrals={"per_year": 60}, clinics=[{**TOWN, "share": 1}])
    two = document(referrals={"per_year": 120}, clinics=[half, {**COUNTRY, "share": "50 %"}])
    alone, beside = plan_of(one, patients=1), plan_of(two, patients=1)
    traits = sample_all_traits(beside)
    assert traits[traits["clinic"] == 20].tobytes() == sample_all_traits(alone).tobytes()


def test_a_longer_calendar_moves_no_arrival():
    alone = [{**TOWN, "share": 1}]
    longer = {"warm_up": "200 d", "intake": "500 d", "follow_up": "300 d"}
    short = sample_all_traits(plan_of(document(clinics=alone), patients=1))
    long = sample_all_traits(plan_of(document(clinics=alone, referrals=longer), patients=1))
    assert len(long) > len(short)
    assert long[: len(short)].tobytes() == short.tobytes()


def test_an_intake_elsewhere_moves_no_arrival():
    later = document(referrals={"warm_up": "300 d", "intake": "265 d"})
    assert plan_of(later, patients=1).referral_days.tolist() == (
        plan_of(patients=1).referral_days.tolist()
    )


COHORT = {**BASE, "referrals": {"cohort_load": True}, "horizon": "100 d"}


def test_a_closed_cohort_is_shared_out():
    plan = plan_of(COHORT, patients=10)
    assert (plan.patients, plan.clinic_patients.tolist()) == (10, [4, 6])
    assert plan.referral_days.tolist() == [0] * 10
    assert (plan.calendar_days, plan.studied_days, plan.queues) == (100, (0, 1), True)
    assert plan.description["regions"] == 1


@pytest.mark.parametrize(
    ("patients", "shares", "counts"),
    [
        (10, ["0.4", "0.6"], [4, 6]),
        (11, ["0.4", "0.6"], [4, 7]),
        (1, ["0.4", "0.6"], [0, 1]),
        (0, ["0.4", "0.6"], [0, 0]),
        (10, ["1/3", "1/3", "1/3"], [4, 3, 3]),
        (5, ["0.5", "0.25", "0.25"], [3, 1, 1]),
        # Three tenths of ten are 3, though in binary they are less.
        (10, ["0.1", "0.3", "0.6"], [1, 3, 6]),
    ],
)
def test_the_largest_remainders_get_one_more(patients, shares, counts):
    found = shared_out(patients, [Fraction(share) for share in shares])
    assert found == counts and sum(found) == patients


def test_what_a_run_will_hold():
    read = load_document(BASE).document
    expected = expected_patients(read, 250, 730)
    assert expected == 3 * 200 + 1
    assert abs(plan_of(patients=250).patients - expected) < 5 * expected**0.5
    assert expected_patients(load_document(COHORT).document, 250, 100) == 250


CHANGES = [
    {"from_day": "100 d", "clinics": [{"name": "Town", "chairs": 9, "nurses": 4}]},
    {"from_day": "300 d", "policy": {"limits": {"courses": 3}}},
    {"from_day": "400 d", "clinics": [{"name": "Country", "no_show": 0.5}]},
    {"from_day": "730 d", "clinics": [{"name": "Country", "chairs": 1}]},
]


def test_dated_capacity():
    plan = plan_of(document(changes=CHANGES), patients=200)
    # The last starts on the day after the calendar's last.
    assert plan.change_days.tolist() == [0, 100, 300, 400]
    assert plan.clinics.shape == (4, 4)
    assert plan.clinics["chairs"][:, 1].tolist() == [5, 8, 8, 8]
    assert plan.clinics["no_show"][:, 0].tolist() == [0.25, 0.25, 0.25, 0.5]
    assert plan.clinics["chairs"][:, 3].tolist() == [5, 8, 8, 8]
    assert plan.rule_sets["limit_courses"].tolist() == [0, 0, 3, 3]
    unchanged = plan.clinics[0].copy()
    unchanged["chairs"][[1, 3]] = 8
    assert plan.clinics[1].tobytes() == unchanged.tobytes()


def test_a_change_of_capacity_leaves_the_draws_of_values():
    drawn = [{**TOWN, "no_show": {"distribution": {"beta": {"a": 2, "b": 9}}}, "share": 1}]
    changes = [{"from_day": "100 d", "clinics": [{"name": "Town", "chairs": 1}]}]
    plan = plan_of(document(clinics=drawn, changes=changes), patients=1, draw=3)
    assert plan.clinics["no_show"][0, 0] == plan.clinics["no_show"][1, 0] != 2 / 11


def test_values_of_the_evidence_are_drawn_once_for_all_clinics():
    both = [TOWN, {**COUNTRY, "no_show": {"evidence": "Q6"}}]
    stated, drawn = (plan_of(document(clinics=both), patients=1, draw=draw) for draw in (0, 5))
    assert set(stated.clinics["no_show"][0]) == {0.08}
    assert len(set(drawn.clinics["no_show"][0])) == 1
    assert drawn.clinics["no_show"][0, 0] != 0.08
    assert drawn.clinics["turnaround_minutes"][0, 1] != 60
    assert drawn.clinics["chairs"][0, 1] == 5


def test_the_scenario_may_give_the_evidence_another_value():
    parameters = {"Q6": "20 %", "chair_time_beyond_infusion": "0.5 h", "chairs_per_nurse": 1}
    record = plan_of(document(parameters=parameters), patients=1).clinics[0, 1]
    assert (record["no_show"], record["turnaround_minutes"], record["chairs"]) == (0.2, 30, 2)


def test_another_value_that_no_clinic_takes_is_refused():
    with pytest.raises(InputError, match="does not use `infusion_no_show_probability`"):
        plan_of({**BASE, "clinics": None, "parameters": {"Q6": "20 %"}})


def test_minutes_are_rounded_up_to_whole_ones():
    lengths = {"40 min": 40, "2 h": 120, "50 min": 50, "0.51 h": 31, "30.2 min": 31, "1 min": 1}
    steps = [{"dose": "80 mg", "duration": length} for length in lengths]
    rules = plan_of(document(policy={"ladder": {"steps": steps}}), patients=1).rule_sets[0]
    minutes = rules["step_minutes"].reshape(8, 16)[: len(lengths), 0]
    assert minutes.tolist() == list(lengths.values())


def test_no_whole_number_of_minutes_becomes_one_more():
    minutes = range(1, 1441)
    assert [whole_minutes(one / 60) for one in minutes] == [*minutes]


def test_beds_take_days():
    steps = [
        {"rate": "20 mg/h", "duration": "50 h", "setting": "bed"},
        {"dose": "80 mg", "duration": "2 h", "days": 2},
    ]
    rules = plan_of(document(policy={"ladder": {"steps": steps}}), patients=1).rule_sets[0]
    assert rules["step_bed"].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    minutes = rules["step_minutes"].reshape(8, 16)
    assert minutes[0, :4].tolist() == [1440, 1440, 120, 0]
    assert minutes[1, :3].tolist() == [120, 120, 0]


def refusal(content, **size):
    with pytest.raises(InputError) as caught:
        plan_of(content, **size)
    (error,) = caught.value.errors
    return error


def ladder(**step):
    return {"ladder": {"steps": [{"name": "short", "dose": "80 mg", "duration": "2 h", **step}]}}


def test_an_infusion_longer_than_the_day_is_refused():
    error = refusal(document(policy=ladder(duration="4 h")))
    assert error.place.path == "clinics[1].open.minutes" and error.place.line is not None
    assert "`short` needs a chair for 270 min (240 min infused and 30 min turnaround)" in str(error)
    assert "270 min or more" in str(error)


def test_an_infusion_that_just_fits_is_accepted():
    assert plan_of(document(policy=ladder(duration="3.5 h")), patients=1)
    assert refusal(document(policy=ladder(duration="211 min")))


def test_maintenance_has_to_fit_too():
    policy = {
        "maintenance": {
            "kind": "interval",
            "interval": "28 d",
            "regimen": {"name": "booster", "dose": "9 mg", "duration": "4 h"},
        }
    }
    assert "`booster`" in refusal(document(policy=policy)).problem


def test_a_bed_is_open_all_day():
    policy = {"ladder": {"steps": [{"rate": "9 mg/h", "duration": "48 h", "setting": "bed"}]}}
    assert plan_of(document(policy=policy), patients=1)


def test_what_is_bought_elsewhere_needs_no_chair_here():
    option = {
        "regimen": {"dose": "80 mg", "duration": "10 h"},
        "first_after": "9 d",
        "interval": "9 d",
        "stop_rate": "1 per year",
    }
    assert plan_of(document(policy={"outside_option": option}), patients=1)


WEEKEND = {"open": {"days": ["saturday", "sunday"], "minutes": "8 h"}, "share": 1}


def test_a_weekend_clinic_cannot_give_a_course_that_skips_weekends():
    error = refusal(document(clinics=[{**TOWN, **WEEKEND}]))
    assert error.place.path == "clinics[0].open.days"
    assert "`weekends: infuse`" in str(error)
    fits = document(clinics=[{**TOWN, **WEEKEND}], policy=ladder(weekends="infuse"))
    assert plan_of(fits, patients=1)


def test_an_end_booked_too_far_ahead_is_refused():
    policy = ladder(days=16, every="28 d")
    seldom = [{**TOWN, "share": 1, "booking_every": "81 d"}]
    error = refusal(document(policy=policy, clinics=seldom))
    assert error.place.path == "clinics[0].booking_every"
    assert "up to 501 d ahead" in error.problem
    seldom[0]["booking_every"] = "80 d"
    assert plan_of(document(policy=policy, clinics=seldom), patients=1)


def test_gaps_are_stretched_to_the_next_opening_day():
    policy = ladder(days=16, every="22 d")
    # On Fridays only, every gap of 22 days becomes 28.
    clinics = [{**COUNTRY, "share": 1, "booking_every": "81 d"}]
    assert "501 d" in refusal(document(policy=policy, clinics=clinics)).problem


def test_new_hours_have_to_fit_older_courses():
    shorter = {"from_day": "300 d", "clinics": [{"name": "Country", "open": {"minutes": "2 h"}}]}
    both = {**shorter, "policy": ladder(duration="1 h")}
    error = refusal(document(changes=[both]))
    assert error.place.path == "changes[0].clinics[0].open.minutes"
    before = {"from_day": "200 d", "policy": ladder(duration="1 h")}
    assert refusal(document(changes=[before, shorter]))
    from_the_start = document(policy=ladder(duration="1 h"), changes=[shorter])
    assert plan_of(from_the_start, patients=1)


def test_a_course_that_a_draw_makes_too_long_is_refused_in_that_draw():
    tight = document(clinics=[{**TOWN, "share": 1, "open": {**TOWN["open"], "minutes": "3 h"}}])
    assert plan_of(tight, patients=1)
    refused = 0
    for draw in range(1, 9):
        try:
            plan = plan_of(tight, patients=1, draw=draw)
            assert plan.clinics["turnaround_minutes"][0, 0] <= 60
        except InputError as error:
            refused += 1
            assert error.place.path == "clinics[0].open.minutes"
    assert 0 < refused < 8


def test_the_description_says_what_the_plan_has():
    description = plan_of(patients=200).description
    assert description["regions"] == 2
    assert description["clinic_names"] == ["Country", "Town"]
    assert description["clinic_numbers"] == [7, 20]
    assert description["calendar_days"] == 730
    assert description["scenario"]["clinics"][0]["chairs"] == 6
    assert description["scenario"]["clinics"][1]["chairs"] == "unlimited"
    assert {"Q1", "Q2", "Q6", "M151"} <= set(description["parameter_ids"])


def test_nothing_but_the_clinics_differs_between_planner_scenarios():
    base = quick_plan("planner-clinic", patients=1)
    more = quick_plan("planner-further-chair", patients=1)
    assert more.rule_sets[0].tobytes() == more.rule_sets[1].tobytes() == base.rule_sets[0].tobytes()
    assert more.change_days.tolist() == [0, 1460]
    assert more.clinics["chairs"][:, 0].tolist() == [6, 7]
    assert more.clinics[0].tobytes() == base.clinics[0].tobytes()
    assert sample_all_traits(more).tobytes() == sample_all_traits(base).tobytes()
    assert base.studied_days[0] == 1460
    assert replace(more, patients=0).weeks == base.weeks
