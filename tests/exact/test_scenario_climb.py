"""The climb of a ladder worked out by hand: its courses, what ends it, and when it never ends."""

import pytest
from scenario_strategies import load_document

from pathways.errors import InputError
from pathways.scenario.climb import Course, climb
from pathways.scenario.notes import notes

LOW = {"dose": "80 mg", "duration": "2 h"}
TEN_DAYS = {"rate": "0.35 mg/kg/h", "duration": "4 h", "days": 10, "every": "3 d"}
BED = {"rate": "22 mg/h", "duration": "96 h", "setting": "bed"}
RESPONSE = {
    "judge_at": "22 d",
    "criteria": [{"window": {"from": "15 d", "to": "21 d"}, "percent": "30 %"}],
}


def document(*steps, ladder=None, horizon="10 year", **policy):
    base = {
        "treatment": "ketamine",
        "ladder": {"steps": list(steps), **(ladder or {})},
        "response": RESPONSE,
        "maintenance": {"kind": "interval", "interval": "42 d"},
    }
    return {
        "scenario": "climbed",
        "title": "Climbed",
        "horizon": horizon,
        "policy": {**base, **policy},
    }


def climbed(*steps, weight_kg=0.0, **policy):
    loaded = load_document(document(*steps, **policy))
    return list(climb(loaded.document.policy, weight_kg=weight_kg))


def test_every_step_is_tried_until_the_last_has_failed():
    # The second course starts 14 d after the judgement on day 22, the third on day 36 + 27 + 36.
    assert climbed(LOW, TEN_DAYS, BED) == [
        Course(0, 22, None),
        Course(1, 36 + 27 + 22, None),
        Course(2, 85 + 14 + 3 + 22, None),
    ]


def test_each_try_takes_its_time():
    found = climbed(LOW, LOW | {"dose": "90 mg"}, ladder={"tries_per_step": 3, "gap": "30 d"})
    assert [course.step for course in found] == [0, 0, 0, 1, 1, 1]
    assert [course.judged_day for course in found] == [22 + 52 * number for number in range(6)]


@pytest.mark.parametrize(
    ("limits", "courses", "name"),
    [
        ({"courses": 1}, 2, "courses"),
        ({"infusions": 10}, 2, "infusions"),
        ({"infusions": 11}, 3, "infusions"),
        ({"lifetime_dose": "2191 mg"}, 3, "lifetime_dose"),
        ({"time_on_treatment": "22 d"}, 2, "time_on_treatment"),
        ({"time_on_treatment": "85 d"}, 3, "time_on_treatment"),
    ],
)
def test_a_limit_ends_it_before_the_course_it_forbids(limits, courses, name):
    found = climbed(LOW, TEN_DAYS, BED, limits=limits)
    assert len(found) == courses
    assert found[-1].ended_by == name
    assert {course.ended_by for course in found[:-1]} == {None}


@pytest.mark.parametrize(
    "limits",
    [
        {"courses": 3},
        {"infusions": 15},
        {"lifetime_dose": "2192 mg"},
        {"time_on_treatment": "86 d"},
    ],
)
def test_a_limit_that_is_just_met_ends_nothing(limits):
    assert [course.ended_by for course in climbed(LOW, TEN_DAYS, BED, limits=limits)] == [None] * 3


def test_doses_per_kg_count_by_weight_and_a_sham_not_at_all():
    # Ten times 0.35 mg/kg/h over 4 h are 14 mg/kg.
    limits = {"lifetime_dose": "1480 mg"}
    assert climbed(LOW, TEN_DAYS, limits=limits, weight_kg=100.0)[-1].ended_by is None
    assert climbed(LOW, TEN_DAYS, limits=limits, weight_kg=100.1)[-1].ended_by == "lifetime_dose"
    sham = {**BED, "form": "sham"}
    assert climbed(LOW, sham, limits={"lifetime_dose": "80 mg"})[-1].ended_by is None


LONG = {"tries_per_step": 12, "gap": "365 d"}


def test_a_ladder_without_an_end_is_refused():
    with pytest.raises(InputError, match="still on the ladder 4279 d after") as caught:
        load_document(document(LOW, ladder=LONG))
    assert caught.value.place.path == "policy.ladder.tries_per_step"
    assert "patients are followed for 3650 d" in str(caught.value)
    load_document(document(LOW, ladder=LONG, horizon="4280 d"))
    with pytest.raises(InputError, match="still on the ladder"):
        load_document(document(LOW, ladder=LONG, horizon="4279 d"))


def test_a_ladder_that_a_limit_ends_has_an_end():
    load_document(document(LOW, ladder=LONG, limits={"courses": 9}))
    load_document(document(LOW, ladder=LONG, limits={"time_on_treatment": "9 year"}))
    load_document(document(TEN_DAYS, ladder=LONG, limits={"lifetime_dose": "9000 mg"}))
    with pytest.raises(InputError, match="still on the ladder"):
        load_document(document(TEN_DAYS, ladder=LONG, limits={"lifetime_dose": "90000 mg"}))


def test_a_short_horizon_is_a_look_at_the_beginning():
    load_document(document(LOW, horizon="14 d"))
    with pytest.raises(InputError, match="patients are followed for 365 d"):
        load_document(document(LOW, ladder=LONG, horizon="1 year"))


def test_the_rules_last_in_force_count():
    long, short = {"ladder": LONG}, {"ladder": {"tries_per_step": 1}}
    changes = [{"from_day": "365 d", "policy": long}, {"from_day": "400 d", "policy": short}]
    load_document({**document(LOW), "changes": changes})
    with pytest.raises(InputError) as caught:
        load_document({**document(LOW), "changes": changes[:1]})
    assert caught.value.place.path == "changes[0].policy.ladder.tries_per_step"
    late = [{"from_day": "11 year", "policy": long}]
    load_document({**document(LOW), "changes": late})


def said(content):
    return [note.split("climbed.yaml:")[1].split(": ", 1)[1] for note in notes(content)]


@pytest.mark.parametrize(
    ("limits", "step", "name"),
    [
        ({"courses": 1}, 1, "courses"),
        ({"courses": 2}, 2, "courses"),
        ({"lifetime_dose": "2191 mg"}, 2, "lifetime_dose"),
        ({"time_on_treatment": "80 d"}, 2, "time_on_treatment"),
    ],
)
def test_note_on_a_step_that_nobody_reaches(limits, step, name):
    (note,) = said(load_document(document(LOW, TEN_DAYS, BED, limits=limits)))
    words = f"no effect: `{name}` under `limits` ends treatment before this step"
    assert note == f"policy.ladder.steps[{step}]: {words}"


def test_no_note_on_a_step_that_may_be_reached_sooner():
    lost = {"loss_of_response": {"failures": 1, "of_last": 1, "escalate": True}}
    content = document(LOW, BED, ladder={"tries_per_step": 2}, limits={"courses": 2}, exit=lost)
    assert said(load_document(content)) == []


def test_note_on_a_ladder_that_nobody_climbs():
    content = document(LOW, BED, exit={"adherence_to_rule": 0})
    (note,) = said(load_document(content))
    assert note.startswith("policy.ladder.steps[1]: no effect: `adherence_to_rule: 0` acts on no")
    assert said(load_document(document(LOW, exit={"adherence_to_rule": 0}))) == []
