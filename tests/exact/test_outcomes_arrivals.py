"""Several clinics, arrivals and follow-up that ends before the calendar: tables and checks."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from plans import make_plan
from raw_results import changed, event_log, event_row
from stories import Story, arrivals, assessed, infused, left, told

from pathways.codes import Event, ExitReason, State, Step
from pathways.engines import mesa_engine
from pathways.outcomes.conservation import ConservationError, check_conservation
from pathways.outcomes.dose_bands import dose_bands
from pathways.outcomes.tables import events_table, patients_table, weekly_table

PATIENTS = {
    "patient": [0, 1, 2, 3, 0, 1, 0],
    "clinic": [1, 1, 1, 1, 2, 2, 65537],
    "referral_day": [0, 30, 40, 100, 35, 60, 50],
    "studied": [False, True, True, False, True, True, True],
    "follow_up_days": [70, 70, 70, 54, 28, 70, 70],
    "life_years": [n / 365 for n in (70, 70, 70, 54, 28, 70, 70)],
    "state": ["exited", "exited", "referred", "follow_up", "dead", "referred", "follow_up"],
    "exit_reason": ["non_response", "lost", None, None, None, None, None],
    "last_exit_reason": ["non_response", "lost", None, None, None, None, None],
    "first_exit_reason": ["non_response", "lost", "left_waiting_list", *[None] * 4],
    "exit_day": [62, 47, *[None] * 5],
    "first_exit_day": [62, 47, 30, *[None] * 4],
    "re_referrals": [0, 0, 1, 0, 0, 0, 0],
    "no_shows": [0, 1, 0, 0, 0, 0, 0],
    "cancellations": [0, 1, 0, 0, 0, 0, 0],
    "wait_days": [20, 26, None, 15, None, None, 6],
    "wait_to_assessment_days": [6, 5, 9, 8, None, None, 4],
    "years_on_treatment": [42 / 365, 21 / 365, None, 39 / 365, None, None, 64 / 365],
    "infusions": [2, 1, 0, 2, 0, 0, 1],
    "outside_infusions": [1, 0, 0, 0, 0, 0, 0],
    "outside_mg": [100.0] + [0.0] * 6,
    "cost_outside": [500.0] + [0.0] * 6,
    "cost_undiscounted_patient": [500.0] + [0.0] * 6,
}
TOTALS = {
    "results_complete": 5.0,
    "referrals": 7.0,
    "deaths": 1.0,
    "person_days": 70 + 40 + 30 + 28 + 10 + 20.0,
    "exits": 1.0,
    "first_infusions": 3.0,
    "assessments": 4.0,
    "infusions": 6.0,
    "no_shows": 1.0,
    "cancellations": 1.0,
    "outside_infusions": 1.0,
    "ketamine_mg": 560.0,
    "outside_mg": 100.0,
    "cost": 1700.0,
    "chair_minutes": 8 * 180.0,
    "bed_days": 0.0,
}


@pytest.fixture(scope="module")
def run():
    return arrivals(come_back=True)


def totals(raw, plan) -> dict[str, float]:
    return {check.name: check.total for check in check_conservation(raw, plan)}


@pytest.mark.parametrize("name", PATIENTS)
def test_column_of_patients(run, name):
    assert patients_table(*run)[name].to_pylist() == PATIENTS[name]


def test_weekly_rows_are_clinic_by_clinic(run):
    raw, plan = run
    table = weekly_table(raw, plan)
    assert table["clinic"].to_pylist() == [n for n in (1, 2, 65537, 65538) for _ in range(22)]
    assert table["week"].to_pylist() == list(range(22)) * 4
    assert table["dead"].to_pylist() == [0] * 22 + [0] * 9 + [1] * 13 + [0] * 44
    assert table["outside_mg"].to_pylist()[9:12] == [100.0, 0.0, 100.0]
    assert table["chair_minutes_open"].to_pylist() == [7 * 480] * 88


def test_weekly_means_of_what_is_summed(run):
    raw, plan = run
    for name, value in {
        "base_pain_sum_e6": 7_500_000,
        "programme_pain_sum_e6": 6_000_000,
        "panel_present": 3,
        "panel_score_sum": 22,
    }.items():
        raw = changed(raw, "weekly", name, 7, value)
    weeks = weekly_table(raw, plan).to_pylist()
    # Three have been referred to the first clinic by the end of week 7.
    assert (weeks[7]["base_pain_mean"], weeks[7]["programme_pain_mean"]) == (2.5, 2.0)
    assert (weeks[7]["observed_pain_mean"], weeks[6]["observed_pain_mean"]) == (22 / 3, None)


def test_chairs_without_queues_have_no_limit():
    raw, plan = arrivals(queues=False)
    assert weekly_table(raw, plan)["chair_minutes_open"].null_count == 88
    assert "chair_minutes" not in totals(raw, plan)


def test_events_name_their_clinic(run):
    table = events_table(*run)
    assert set(table["clinic"].to_pylist()) == {1, 2, 65537}
    assert table["event"].to_pylist().count("re_referred") == 1


def test_what_adds_up_when_nobody_comes_back():
    raw, plan = arrivals()
    raw = replace(raw, events=None)
    assert totals(raw, plan) == TOTALS


def test_texts_say_what_could_be_compared(run):
    texts = {check.name: check.compared for check in check_conservation(*run)}
    assert texts["deaths"] == "weeks with patients in the first 10 weeks, later never fewer"
    assert texts["exits"] == "weeks never fewer than patients' first and last ones"
    assert texts["infusions"] == "all weeks never less than patients in their follow-up"
    assert texts["results_complete"] == "studied patients, each followed 70 days or to death"


def test_events_after_follow_up_are_compared_with_the_weeks_alone(run):
    found = totals(*run)
    assert (found["logged_infusions"], found["logged_outside_infusions"]) == (6.0, 1.0)
    assert found["logged_outside_mg"] == 100.0
    # 7 referrals, 5 assessments, 7 infusions, 3 exits, 1 death, 2 missed bookings, 2 elsewhere.
    assert found["logged_by_week"] == 27.0


@pytest.mark.parametrize(
    ("part", "name", "place", "value", "message"),
    [
        ("weekly", "infusions", 2, 0, "infusions of patients: more than there can be by clinics"),
        ("weekly", "deaths", 22 + 9, 0, "deaths do not add up by clinics and weeks: 0 against 1"),
        ("weekly", "deaths", 22 + 20, 1, "people do not add up by clinics and weeks: 1 against 0"),
        ("weekly", "first_infusions", 16, 0, "first infusions of patients: more than there can be"),
        ("weekly", "referrals", 14, 0, "referrals do not add up by clinics and weeks: 0 against 1"),
        (
            "weekly",
            "assessments",
            5,
            9,
            "assessments do not add up by clinics and weeks: 9 against 1",
        ),
        ("weekly", "no_shows", 6, 0, "no shows of patients: more than there can be by clinics"),
        ("weekly", "outside_mg_e3", slice(22), 0, "outside_mg, in thousandths of a milligram,"),
        ("weekly", "racemic_equivalent_mg_e3", slice(22), 0, "0 by week are fewer than 480000"),
        ("weekly", "chair_minutes_used", 5, 3361, "chair minutes used: more than there can be"),
        ("weekly", "chair_minutes_lost", 0, 7000, "chair minutes used and lost: more than there"),
        ("weekly", "bed_days_used", 3, 15, "bed days used: more than there can be"),
        ("weekly", "waiting_for_assessment", 0, 2, "patients who wait for an assessment: more"),
        ("results", "last_infusion_day", 3, 54, "last infusion day: more than there can be"),
        ("results", "died_day", 4, 70, "day of death: more than there can be by patients"),
        ("results", "harm_first_day", (4, 2), 29, "first day of a harm: more than there can be"),
        ("results", "exit_day", 0, 61, "day of the first and only exit do not add up by patients"),
        ("results", "first_exit_reason", 1, ExitReason.DEATH, "reason of the first and only exit"),
        ("results", "cost_line", (1, 10), 1.0, "cost by line and by payer do not agree"),
        ("traits", "referral_day", 2, 41, "referral days do not add up by patients: 41 against 40"),
        ("traits", "clinic", 6, 1, "clinics do not add up by patients: 1 against 65537 at 6"),
        ("traits", "patient", 5, 0, "patients do not add up by rows: 0 against 1 at 5"),
    ],
)
def test_one_count_changed_is_found(part, name, place, value, message):
    raw, plan = arrivals(capacity={"beds": 2})
    raw = replace(raw, events=None)
    check_conservation(raw, plan)
    with pytest.raises(ConservationError, match=message):
        check_conservation(changed(raw, part, name, place, value), plan)


def test_money_spent_elsewhere_needs_an_infusion_elsewhere():
    raw, plan = arrivals()
    for name, place in (("cost_line", 10), ("cost", 1), ("cost_undiscounted", 1)):
        raw = changed(raw, "results", name, (1, place), 5.0)
    with pytest.raises(ConservationError, match="money spent elsewhere: more than there can be"):
        check_conservation(raw, plan)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Event.RE_REFERRED, "re_referrals in the event log do not add up by patients: 0 against 1"),
        (Event.NO_SHOW, "no_shows in the event log do not add up by patients: 0 against 1"),
        (Event.CANCELLED, "cancellations in the event log do not add up"),
        (Event.OUTSIDE_INFUSION, "outside_infusions in the event log do not add up"),
        (Event.ASSESSED, "assessments in the event log do not add up by clinics and weeks"),
        (Event.REFERRED, "referrals in the event log do not add up by clinics and weeks"),
    ],
)
def test_lost_event_is_found(run, event, message):
    raw, plan = run
    kept = raw.events[raw.events["event"] != event]
    with pytest.raises(ConservationError, match=message):
        check_conservation(replace(raw, events=kept), plan)


def test_event_of_another_clinic_is_found(run):
    raw, plan = run
    row = int(np.flatnonzero(raw.events["event"] == Event.EXITED)[0])
    with pytest.raises(ConservationError, match="in the event log"):
        check_conservation(changed(raw, "events", "clinic", row, 2), plan)


def test_dose_elsewhere_in_the_log_that_differs_is_found(run):
    raw, plan = run
    row = int(np.flatnonzero(raw.events["event"] == Event.OUTSIDE_INFUSION)[0])
    with pytest.raises(ConservationError, match="mg bought elsewhere do not agree by patients"):
        check_conservation(changed(raw, "events", "value_1", row, 101.0), plan)


def test_infusion_after_follow_up_shows_in_no_result(run):
    raw, plan = run
    more = changed(raw, "results", "infusions", 6, 2)
    message = r"infusions in the event log do not add up by patients: 1 against 2 at 6"
    with pytest.raises(ConservationError, match=message):
        check_conservation(more, plan)


def test_studied_patient_without_the_whole_follow_up_is_found(run):
    raw, plan = run
    with pytest.raises(ConservationError, match="days of follow-up do not add up by studied"):
        check_conservation(raw, replace(plan, studied_days=(28, 101)))


def test_patients_of_another_plan_are_found(run):
    raw, plan = run
    with pytest.raises(ConservationError, match="clinics do not add up by patients"):
        check_conservation(raw, replace(plan, clinic_patients=np.array([4, 1, 2, 0])))


def test_states_at_the_end_are_compared_clinic_by_clinic_in_a_cohort():
    raw, plan = closed()
    check_conservation(raw, plan)
    raw.weekly["in_state"][[21, 43]] = raw.weekly["in_state"][[43, 21]]
    with pytest.raises(ConservationError, match="do not add up by clinics and"):
        check_conservation(raw, plan)


def closed():
    """Return a cohort in two clinics in which somebody came back and left again."""
    twice = (left(60, ExitReason.LOST), (70, Event.RE_REFERRED, 0), left(90, ExitReason.LOST))
    stories = [
        Story(0, 0, (assessed(5), infused(20), *twice)),
        Story(1, 0, (assessed(5), infused(20))),
    ]
    days = {"horizon_days": 154, "calendar_days": 154, "studied_days": (0, 1)}
    return told(stories, clinics=2, **days)


def test_exits_of_those_who_came_back():
    raw, plan = closed()
    assert totals(raw, plan)["exits"] == 2.0
    lost = changed(raw, "weekly", "exits", 12, 0)
    with pytest.raises(ConservationError, match="exits of patients: more than there can be"):
        check_conservation(replace(lost, events=None), plan)
    more = changed(raw, "weekly", "exits", 14, 1)
    with pytest.raises(ConservationError, match="exits: more than there can be by clinics: 3"):
        check_conservation(replace(more, events=None), plan)


def test_dose_bands_are_of_studied_follow_up_and_count_what_was_bought():
    raw, plan = arrivals(studied_days=(0, 84))
    days = [band.days for band in dose_bands(raw, plan)]
    # First: 80 mg from day 14, 160 from 35, 260 from 63. Second, referred on a Wednesday: from 26.
    assert sum(days) == 70 * 5 + 28
    assert days[1] == (70 - 14) + (70 - 26) + (70 - 6)
    wide = arrivals(studied_days=(28, 84))
    assert [band.patients for band in dose_bands(*wide)][:2] == [5, 2]


def test_dose_bought_elsewhere_moves_the_band():
    raw, plan = arrivals(studied_days=(0, 1))
    bought = raw.events["event"] == Event.OUTSIDE_INFUSION
    dear = raw.events.copy()
    dear["value_1"][bought] = 400.0, 9000.0
    dear["value_2"][bought] = 0.5 * 1000.0 * dear["value_1"][bought] / 86.0
    bands = dose_bands(replace(raw, events=dear), plan)
    # 80 + 80 + 400 mg from the Monday of day 66 on; what is bought on day 80 is after follow-up.
    assert [band.days for band in bands] == [14, 63 - 14, 70 - 63, 0, 0]


def test_onsets_in_bands_are_of_the_studied_in_follow_up():
    raw, plan = arrivals()
    days = {0: (30,), 1: (30 + 20, 30 + 75)}
    onsets = [
        event_row(patient, day, Step.WEEKLY, Event.HARM_ONSET, 1, 0.0, 0.0, 0.0, clinic=1)
        for patient, found in days.items()
        for day in found
    ]
    bands = dose_bands(replace(raw, events=np.append(raw.events, event_log(onsets))), plan)
    assert [int(band.onsets.sum()) for band in bands] == [1, 0, 0, 0, 0]


def test_chairs_that_were_unlimited_once_leave_what_was_lost_without_limit():
    days = {"horizon_days": 700, "calendar_days": 700, "studied_days": (0, 1)}
    limited = {7: {"clinics": [{"chairs": 1}]}}
    for chairs, is_refused in ((-1, False), (1, True)):
        raw, plan = told([Story(0, 0)], capacity={"chairs": chairs}, changes=limited, **days)
        raw = changed(raw, "weekly", "chair_minutes_lost", 0, 10**7)
        with pytest.raises(ConservationError) if is_refused else nullcontext():
            check_conservation(raw, plan)


def test_nobody_in_a_clinic_is_no_fault(run):
    raw, plan = run
    assert plan.clinic_patients[-1] == 0
    assert raw.weekly["in_state"][-22:, : State.DEAD].sum() == 0


def test_reference_engine_with_clinics_and_everything_switched_on_adds_up():
    plan = make_plan(
        horizon_days=150,
        calendar_days=311,
        studied_days=(28, 161),
        queues=True,
        referral_days=[*range(0, 160, 20), *range(3, 310, 40)],
        clinic_patients=[8, 8],
        clinics=[{"chairs": 1, "assessment_slots_per_week": 2, "no_show": 0.3}, {"beds": 1}],
        changes={90: {"clinics": [{"chairs": 2}, {"open_days": 0b0011111}]}},
        **dict.fromkeys(("harms", "programme", "prices", "leaving", "outside"), True),
    )
    raw = mesa_engine.run(plan, keep_events=True)
    found = totals(raw, plan)
    for name in ("no_shows", "outside_infusions", "logged_re_referrals", "chair_minutes"):
        assert found[name] > 0.0
