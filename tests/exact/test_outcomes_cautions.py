"""Warnings about clinics: no capacity, a loaded cohort, few regions, lists that still grow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from plans import make_plan
from raw_results import five_patients
from stories import arrivals

from pathways.codes import ProgrammeFor
from pathways.outcomes.cautions import cautions, cautions_of_plan
from pathways.outcomes.summary import summarise, summary_of
from pathways.outcomes.tables import patients_table, weekly_table

ROOM = {"chairs": 1, "open_minutes": 480, "beds": 1}
PROGRAMME = {
    "programme_for": ProgrammeFor.ALL,
    "therapies": 2,
    "therapy_sessions": [0, 10, 8],
    "therapy_sessions_per_week": [5, 2, 1],
}


def regions_of_plan(clinics: list[dict], regions: int = 5, **options: object):
    """Return a plan with arrivals in which every clinic is there `regions` times."""
    made = {"horizon_days": 70, "calendar_days": 154, "studied_days": (28, 84), "queues": True}
    repeated = [ROOM | clinic for clinic in clinics] * regions
    plan = make_plan(**(made | {"patients": 200, "clinics": repeated} | options))
    return replace(plan, description={"regions": regions})


def told(**clinic: object) -> list[str]:
    options = {name: clinic.pop(name) for name in list(clinic) if name in OPTIONS}
    return cautions_of_plan(regions_of_plan([clinic], **options))


OPTIONS = (
    *PROGRAMME,
    "regions",
    "queues",
    "step_bed",
    "changes",
    "ketamine_offered",
    "calendar_days",
)


def test_clinic_with_room_needs_no_warning():
    assert told() == []
    assert told(chairs=-1, beds=-1, open_minutes=60) == []
    assert told(assessment_slots_per_week=1, therapy_slots_per_week=0) == []


@pytest.mark.parametrize(
    ("clinic", "why"),
    [
        ({"assessment_slots_per_week": 0}, "it has no slots for assessments"),
        ({"open_days": 0}, "it is never open"),
        ({"chairs": 0}, "it has no staffed chair"),
        ({"open_minutes": 170}, "an infusion needs a chair for 180 minutes, open are 170 a day"),
        ({"step_bed": [1, 1], "beds": 0}, "it has no bed for it"),
    ],
)
def test_clinic_that_can_treat_nobody_is_said(clinic, why):
    assert told(**clinic) == [f"clinic 1 can treat nobody: {why}"]


def test_course_that_cannot_be_given_later_is_said():
    assert told(step_bed=[0, 1], beds=0) == [
        "clinic 1 can book no course of regimen 2: it has no bed for it"
    ]
    assert told(open_minutes=200) == [
        "clinic 1 can book no course of regimen 2: an infusion needs a chair for 300 minutes, "
        "open are 200 a day"
    ]


def test_capacity_of_what_is_not_needed_may_be_nothing():
    assert told(beds=0) == []
    assert told(chairs=0, step_bed=[1, 1]) == []
    assert told(chairs=0, ketamine_offered=0) == []


def test_days_on_which_there_is_no_capacity():
    def with_chairs(*by_day: tuple[int, int]) -> list[str]:
        changes = {day: {"clinics": [{"chairs": chairs}] * 5} for day, chairs in by_day}
        return told(changes=changes)

    closed = "clinic 1 can treat nobody: it has no staffed chair"
    assert with_chairs((30, 0)) == [f"{closed} from day 30"]
    assert with_chairs((30, 0), (60, 2)) == [f"{closed} from day 30 until day 60"]
    assert with_chairs((30, 0), (60, 0)) == [f"{closed} from day 30"]
    assert told(chairs=0, changes={9: {"clinics": [{"chairs": 1}] * 5}}) == [
        f"{closed} until day 9"
    ]


def test_programme_that_can_start_for_nobody_is_said():
    assert told(**PROGRAMME, therapy_slots_per_week=3) == []
    assert told(**PROGRAMME, therapy_slots_per_week=2) == [
        "clinic 1 can start nobody's programme: it needs 3 therapy slots a week, there are 2"
    ]


def test_clinics_are_named_and_told_once_for_all_regions():
    plan = regions_of_plan([{}, {"chairs": 0}])
    named = replace(plan, description=plan.description | {"clinic_names": ["North", "South"]})
    assert cautions_of_plan(named) == ["clinic South can treat nobody: it has no staffed chair"]


def test_resources_without_queues_are_unlimited():
    assert told(chairs=0, queues=False) == []


def test_loaded_cohort_is_said():
    found = told(calendar_days=70)
    assert len(found) == 1
    assert found[0].startswith("all 200 patients are referred on one day and share the clinic's")
    assert "depend on the number of patients" in found[0]


def test_few_regions_are_said():
    found = told(regions=4)
    assert len(found) == 1
    assert found[0].startswith("fewer than 5 replicate regions (4): patients of a region share")


def test_warnings_of_the_rules_are_among_those_of_the_plan():
    response = {"criteria": [{"moment": "end"}]}
    description = {"regions": 5, "scenario": {"policy": {"response": response}}}
    plan = replace(regions_of_plan([{}]), description=description)
    assert "with the drug on board" in cautions_of_plan(plan)[0]


@pytest.mark.parametrize(("responder", "is_said"), [("redrawn", True), ("trait", False)])
def test_a_responder_who_is_drawn_again_is_said(responder, is_said):
    description = {"regions": 5, "scenario": {"structure": {"responder": responder}}}
    plan = replace(regions_of_plan([{}]), description=description)
    assert any("a wrong model" in one for one in cautions_of_plan(plan)) == is_said


@pytest.mark.parametrize(
    ("first", "last", "is_said"),
    [
        (20.0, 22.1, True),
        (20.0, 21.9, False),
        (0.5, 1.4, False),
        (0.0, 1.0, True),
        (5.0, 1.0, False),
    ]
    + [(None, None, False)],
)
def test_lists_that_grow_are_said(first, last, is_said):
    rows = summarise(patients_table(*five_patients()))
    rows += [
        row_of("clinic_North", f"mean_waiting_{quarter}_quarter", value)
        for quarter, value in (("first", first), ("last", last))
    ]
    found = [caution for caution in cautions(rows) if "lists still grow" in caution]
    assert len(found) == is_said
    assert not found or found[0].startswith(f"clinic North: {first:.1f} patients waited")


def test_run_whose_lists_do_not_grow_is_quiet():
    raw, plan = arrivals()
    tables = {"patients": patients_table(raw, plan), "weekly": weekly_table(raw, plan)}
    found = cautions(summary_of(plan, tables, [], None))
    assert not [caution for caution in found if "grow" in caution]


def row_of(block: str, measure: str, value: float | None) -> dict:
    return {"block": block, "measure": measure, "value": value, "n": 5}
