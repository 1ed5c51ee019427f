"""Clinics in scenario files: what is read, what is refused where, and dated changes of them."""

from __future__ import annotations

import copy

import pytest
from scenario_strategies import laid_over, load_document, yaml_text

from pathways.codes import QueueOrder
from pathways.errors import InputError
from pathways.scenario.clinics import (
    Clinic,
    OpeningHours,
    count_code,
    number_of_name,
    staffed_chairs,
)
from pathways.scenario.notes import notes

TOWN = {
    "name": "Town",
    "chairs": 6,
    "open": {"days": ["monday", "friday"], "minutes": "8 h"},
    "assessment_slots_per_week": 5,
}
COUNTRY = {**TOWN, "name": "Country", "share": "40 %", "chairs": "unlimited"}
BOTH = [{**TOWN, "share": "60 %"}, COUNTRY]
ARRIVALS = {
    "kind": "arrivals",
    "per_year": 100,
    "warm_up": "1 year",
    "intake": "1 year",
    "follow_up": "2 year",
}
BASE = {
    "scenario": "clinics",
    "title": "Clinics",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [{"name": "short", "dose": "80 mg", "duration": "2 h"}]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
    "referrals": ARRIVALS,
    "clinics": [TOWN],
}


def document(**sections):
    return laid_over(copy.deepcopy(BASE), sections)


def refusal(content):
    with pytest.raises(InputError) as caught:
        load_document(content)
    (error,) = caught.value.errors
    assert error.place.line is not None
    return error


def clinics(*items):
    return document(clinics=list(items))


def change(*items, **sections):
    return document(
        clinics=BOTH, changes=[{"from_day": "400 d", "clinics": list(items)} | sections]
    )


def test_what_is_left_out_is_of_the_evidence_or_ordinary():
    (town,) = load_document(BASE).document.clinics
    assert (town.number, town.share, town.nurses, town.beds) == (None, 1.0, None, 0)
    assert town.therapy_slots_per_week == "unlimited"
    assert town.turnaround.evidence == "chair_time_beyond_infusion"
    assert town.no_show.evidence == "infusion_no_show_probability"
    assert town.late_cancellation.evidence == "late_cancellation_probability"
    assert (town.after_no_show, town.booking_every) == ("back_of_queue", 7)
    assert town.queue_order is QueueOrder.FIRST_COME
    assert town.open.minutes == 480 and town.open.mask == 0b0010001


def test_everything_can_be_said():
    whole = {
        **TOWN,
        "number": 7,
        "nurses": 2.5,
        "chairs_per_nurse": 3,
        "beds": "unlimited",
        "turnaround": "45 min",
        "therapy_slots_per_week": 12,
        "no_show": {"evidence": "Q6"},
        "late_cancellation": {"distribution": {"beta": {"a": 1, "b": 9}}},
        "after_no_show": "keeps_place",
        "queue": "highest_pain",
        "booking_every": "2 week",
    }
    (read,) = load_document(clinics(whole)).document.clinics
    assert (read.address, read.nurses, read.beds, read.therapy_slots_per_week) == (
        7,
        2.5,
        "unlimited",
        12,
    )
    assert (read.turnaround.value, read.booking_every) == (45.0, 14)
    assert read.queue_order is QueueOrder.HIGHEST_PAIN
    assert load_document(clinics(whole)).document.model_dump(mode="json")["clinics"][0]["beds"] == (
        "unlimited"
    )


# Clinics, the path of what is wrong and words of the message.
BAD = {
    "no clinics": ([], "clinics", "1 or more"),
    "nothing of it": ([{"name": "Town"}], "clinics[0]", "is missing"),
    "two unlike shares": ([TOWN, COUNTRY], "clinics[1].share", "sum to 1.4"),
    "a third each": (
        [{**TOWN, "name": f"{n}", "share": 0.333} for n in range(3)],
        "clinics[2].share",
        "sum to 0.999",
    ),
    "no share": ([{**TOWN, "share": 0}], "clinics[0].share", "more than 0"),
    "same name": ([BOTH[0], {**COUNTRY, "name": "Town"}], "clinics[1].name", "already"),
    "same number": (
        [{**BOTH[0], "number": 3}, {**COUNTRY, "number": 3}],
        "clinics[1].number",
        "another `number`, 1 to 65535",
    ),
    "number of the other's name": (
        [BOTH[0], {**COUNTRY, "number": number_of_name("Town")}],
        "clinics[1].number",
        "another `number`",
    ),
    "number 0": ([{**TOWN, "number": 0}], "clinics[0].number", "1 or more"),
    "number too large": ([{**TOWN, "number": 65536}], "clinics[0].number", "65535 or less"),
    "chairs below nothing": ([{**TOWN, "chairs": -1}], "clinics[0].chairs", "or `unlimited`"),
    "half a chair": ([{**TOWN, "chairs": 1.5}], "clinics[0].chairs", "0 to 1000"),
    "infinite chairs": ([{**TOWN, "chairs": "infinite"}], "clinics[0].chairs", "`unlimited`"),
    "nurses below nothing": ([{**TOWN, "nurses": -1}], "clinics[0].nurses", "0 or more"),
    "no chairs for a nurse": (
        [{**TOWN, "nurses": 1, "chairs_per_nurse": 0}],
        "clinics[0].chairs_per_nurse",
        "more than 0",
    ),
    "never open": (
        [{**TOWN, "open": {"days": [], "minutes": "8 h"}}],
        "clinics[0].open.days",
        "1 or more",
    ),
    "a day twice": (
        [{**TOWN, "open": {"days": ["monday", "monday"], "minutes": "8 h"}}],
        "clinics[0].open.days[1]",
        "already",
    ),
    "a German day": (
        [{**TOWN, "open": {"days": ["montag"], "minutes": "8 h"}}],
        "clinics[0].open.days[0]",
        "did you mean `monday`",
    ),
    "longer than a day": (
        [{**TOWN, "open": {"days": ["monday"], "minutes": "25 h"}}],
        "clinics[0].open.minutes",
        "1440 min or less",
    ),
    "half a minute": (
        [{**TOWN, "open": {"days": ["monday"], "minutes": "0.5 min"}}],
        "clinics[0].open.minutes",
        "",
    ),
    "turnaround without a unit": ([{**TOWN, "turnaround": 60}], "clinics[0].turnaround", "no unit"),
    "more than all": ([{**TOWN, "no_show": "101 %"}], "clinics[0].no_show", "out of range"),
    "unknown order": ([{**TOWN, "queue": "first_comes"}], "clinics[0].queue", "first_come"),
    "booking never": ([{**TOWN, "booking_every": "0 d"}], "clinics[0].booking_every", "1 d"),
    "booking too seldom": ([{**TOWN, "booking_every": "2 year"}], "clinics[0].booking_every", ""),
    "a key of nothing": ([{**TOWN, "chair": 5}], "clinics[0].chair", "did you mean `chairs`"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_clinics_are_refused_in_their_place(name):
    items, path, words = BAD[name]
    with pytest.raises(InputError) as caught:
        load_document(document(clinics=items))
    told = {error.place.path: str(error) for error in caught.value.errors}
    assert any(found.startswith(path) and words in message for found, message in told.items()), told


LIMITED = {
    "chairs": {"chairs": 3},
    "nurses": {"nurses": 2},
    "beds": {"beds": 0},
    "assessment_slots_per_week": {"assessment_slots_per_week": 3},
    "therapy_slots_per_week": {"therapy_slots_per_week": 3},
}
OPEN_TO_ALL = {**TOWN, "chairs": "unlimited", "assessment_slots_per_week": "unlimited"}


@pytest.mark.parametrize("name", LIMITED)
def test_limited_resources_of_a_closed_cohort_need_a_word(name):
    cohort = {**BASE, "referrals": {}, "clinics": [{**OPEN_TO_ALL, **LIMITED[name]}]}
    error = refusal(cohort)
    assert error.place.path == f"clinics[0].{name}"
    assert "depend on the number of patients" in error.problem
    assert "cohort_load: true" in str(error) and "kind: arrivals" in str(error)
    loaded = load_document({**cohort, "referrals": {"cohort_load": True}})
    assert loaded.document.has_queues


def test_limits_that_a_change_brings_need_it_too():
    changes = [{"from_day": "9 d", "clinics": [{"name": "Town", "chairs": 3}]}]
    error = refusal({**BASE, "referrals": {}, "clinics": [OPEN_TO_ALL], "changes": changes})
    assert error.place.path == "changes[0].clinics[0].chairs"


def test_queues_are_where_clinics_have_a_load():
    assert load_document(BASE).document.has_queues
    assert not load_document({**BASE, "clinics": None}).document.has_queues
    unlimited = {**BASE, "referrals": {}, "clinics": [OPEN_TO_ALL]}
    assert not load_document(unlimited).document.has_queues


def test_no_clinic_to_queue_at():
    error = refusal({**BASE, "referrals": {"cohort_load": True}, "clinics": None})
    assert (error.place.path, error.problem) == (
        "referrals.cohort_load",
        "there are no clinics to queue at",
    )


@pytest.mark.parametrize(
    ("chairs", "nurses", "ratio", "staffed"),
    [
        (6, None, 2.0, 6),
        (-1, None, 2.0, -1),
        (6, 3, 2.0, 6),
        (6, 2, 2.0, 4),
        (-1, 2, 2.0, 4),
        (0, 5, 2.0, 0),
        (6, 0, 2.0, 0),
        (6, 2.5, 2.0, 5),
        (6, 2.4, 2.0, 4),
        (6, 0.4, 2.0, 0),
        # In binary the first product is below 29.
        (100, 100, 0.29, 29),
        (100, 0.7, 10.0, 7),
        (100, 3, 3.0, 9),
        (100, 1.1, 10.0, 11),
        (100, 0.1, 30.0, 3),
    ],
)
def test_staffed_chairs(chairs, nurses, ratio, staffed):
    assert staffed_chairs(chairs, nurses, ratio) == staffed


def test_places_as_the_engines_read_them():
    assert [count_code(count) for count in (0, 7, "unlimited")] == [0, 7, -1]


def test_a_name_always_has_the_same_number():
    # Part of the address of draws: these numbers never change.
    assert [number_of_name(name) for name in ("Town", "Country", "Zürich")] == NUMBERS
    names = {number_of_name(f"clinic {n}") for n in range(3000)}
    assert len(names) > 2900 and min(names) >= 1 and max(names) <= 65535


NUMBERS = [56983, 34491, 61734]


def test_opening_days_are_bits_from_monday():
    masks = [OpeningHours(days=(day,), minutes=60).mask for day in ("monday", "sunday")]
    assert masks == [1, 64]


def test_a_clinic_made_in_python_is_read_alike():
    made = Clinic(
        name="Town",
        chairs=6,
        open=OpeningHours(days=("monday", "friday"), minutes=480),
        assessment_slots_per_week=5,
    )
    assert load_document(BASE).document.clinics == (made,)


def test_a_change_is_laid_over_the_clinic_of_the_same_name():
    content = change({"name": "Country", "chairs": 3}, {"name": "Town", "beds": 2})
    content["changes"].append({"from_day": "500 d", "clinics": [{"name": "Town", "nurses": 1}]})
    read = load_document(content).document
    first, second = ({clinic.name: clinic for clinic in one.clinics} for one in read.changes)
    assert (first["Country"].chairs, first["Country"].share) == (3, 0.4)
    assert (first["Town"].beds, first["Town"].chairs) == (2, 6)
    assert (second["Town"].beds, second["Town"].nurses) == (2, 1.0)
    assert second["Country"].chairs == 3
    assert [clinic.chairs for clinic in read.clinics] == [6, "unlimited"]


def test_a_change_of_clinics_leaves_the_policy():
    read = load_document(change({"name": "Town", "chairs": 3})).document
    assert read.changes[0].policy == read.policy
    assert read.changes[0].prices is None


BAD_CHANGES = {
    "a new clinic": (
        change({**TOWN, "name": "Twon"}),
        "changes[0].clinics[0].name",
        "did you mean `Town`",
    ),
    "no name": (change({"chairs": 3}), "changes[0].clinics[0].name", "`name` is missing"),
    "twice": (
        change({"name": "Town", "chairs": 3}, {"name": "Town", "beds": 1}),
        "changes[0].clinics[1].name",
        "keep one",
    ),
    "booking days": (
        change({"name": "Town", "booking_every": "14 d"}),
        "changes[0].clinics[0].booking_every",
        "the same for the whole calendar",
    ),
    "share": (
        change({"name": "Town", "share": "50 %"}),
        "changes[0].clinics[0].share",
        "the same for the whole calendar",
    ),
    "number": (
        change({"name": "Town", "number": 9}),
        "changes[0].clinics[0].number",
        "the same for the whole calendar",
    ),
    "no clinics": (
        document(changes=[{"from_day": "9 d", "clinics": None}]),
        "changes[0].clinics",
        "neither adds nor removes",
    ),
    "first clinics": (
        {**document(changes=[{"from_day": "9 d", "clinics": [TOWN]}]), "clinics": None},
        "changes[0].clinics",
        "neither adds nor removes",
    ),
    "nothing": (document(changes=[{"from_day": "9 d"}]), "changes[0]", "this changes nothing"),
    "chairs below nothing": (
        change({"name": "Country", "chairs": -1}),
        "changes[0].clinics[0].chairs",
        "or `unlimited`",
    ),
}


@pytest.mark.parametrize("name", BAD_CHANGES)
def test_bad_changes_are_refused_in_their_place(name):
    content, path, words = BAD_CHANGES[name]
    error = refusal(content)
    assert error.place.path == path
    assert words in str(error)


def test_what_a_change_inherits_is_told_once_where_it_was_written():
    error = refusal(document(clinics=[{**TOWN, "chairs": -1}], changes=change()["changes"]))
    assert error.place.path == "clinics[0].chairs"


BED = {"name": "long", "rate": "20 mg/h", "duration": "48 h", "setting": "bed"}
SESSIONS = {"therapies": [{"family": "activity", "per_week": 2}, {"family": "behavioural"}]}
NOTES = {
    "no first visits": ({"assessment_slots_per_week": 0}, {}, "nobody is ever assessed"),
    "no chairs": ({"chairs": 0}, {}, "nobody is given a regimen in a chair"),
    "no nurses": ({"nurses": 0}, {}, "no chair is staffed"),
    "no beds": ({}, {"ladder": {"steps": [BED]}}, "nobody is given a regimen in a bed"),
    "too few slots": ({"therapy_slots_per_week": 2}, {"programme": SESSIONS}, "takes 3 or more"),
}


@pytest.mark.parametrize("name", NOTES)
def test_clinics_that_treat_nobody_are_told(name):
    clinic, policy, words = NOTES[name]
    scenario = load_document(document(clinics=[{**TOWN, **clinic}], policy=policy))
    (note,) = notes(scenario)
    assert words in note and "clinics[0]" in note


def test_a_note_is_told_once_though_changes_inherit_it():
    scenario = load_document(
        document(
            clinics=[{**BOTH[0], "chairs": 0}, COUNTRY],
            changes=[{"from_day": "400 d", "clinics": [{"name": "Country", "chairs": 2}]}],
        )
    )
    assert len(notes(scenario)) == 1


@pytest.mark.parametrize("clinic", [TOWN, {**TOWN, "beds": 3}])
def test_no_note_on_an_ordinary_clinic(clinic):
    assert notes(load_document(clinics(clinic))) == []


def test_clinics_that_nobody_queues_at_are_told():
    (note,) = notes(load_document({**BASE, "referrals": {}, "clinics": [OPEN_TO_ALL]}))
    assert "clinics: no queues" in note


def test_a_change_beyond_the_calendar_is_told():
    content = document(changes=[{"from_day": "1460 d", "clinics": [{"name": "Town", "chairs": 1}]}])
    (note,) = notes(load_document(content))
    assert note.endswith("changes[0].from_day: starts after the calendar of 1460 d")
    content["changes"][0]["from_day"] = "1459 d"
    assert notes(load_document(content)) == []


def test_the_place_of_a_changed_clinic_is_that_of_the_file():
    content = change({"name": "Country", "chairs": 3, "booking_every": "9 d"})
    error = refusal(content)
    lines = yaml_text(content).splitlines()
    assert lines[error.place.line - 1].strip() == "booking_every: 9 d"
