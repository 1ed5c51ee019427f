"""Therapies of the reference engine against ramps, clocks and attendance worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import ALWAYS_PASSES, of_kind, open_model, run_still, still_plan

from pathways.codes import Event, ExitReason, ProgrammeFor, Purpose, State
from pathways.fastcore.draws import Draws

PAIN = 6.8
ASSESSED = 28
MEDICATION = {
    "programme_for": ProgrammeFor.ALL,
    "programme_after_exit": 1,
    "therapies": 1,
    "therapy_effect": [0.3],
    "therapy_progress_per_week": [0.25],
    "therapy_keep_per_week": [0.9],
}
SESSIONS = {
    **MEDICATION,
    "therapy_progress_per_week": [0.0],
    "therapy_sessions": [10],
    "therapy_sessions_per_week": [3],
    "therapy_attendance": [1.0],
}
UNTREATED = {"ketamine_offered": 0, "horizon_days": 140}


def daily(attribute: str, traits: dict | None = None, **overrides: object) -> np.ndarray:
    """Return an attribute of one patient on every day."""
    plan = still_plan(**overrides)
    with open_model(plan, traits) as model:
        values = []
        for _ in range(plan.horizon_days):
            model.step()
            values.append(getattr(model.patients[0], attribute))
    return np.array(values)


def by_week(weekly: list[float], days: int) -> np.ndarray:
    """Repeat values of Mondays through the week; the last one holds on."""
    weekly = [*weekly, *[weekly[-1]] * (days // 7 + 1)]
    return np.repeat(weekly, 7)[:days]


def uniform(purpose: Purpose, occurrence: int) -> float:
    return Draws(1).uniform(FIRST_CLINIC, 0, purpose, occurrence)


def test_a_medication_ramps_up_on_mondays_to_its_full_effect():
    effect = by_week([0.0] * 5 + [0.075, 0.15, 0.225, 0.3], 140)
    pain = daily("pain", **MEDICATION, **UNTREATED)
    assert pain == pytest.approx(PAIN * (1.0 - effect), rel=1e-14)


def test_a_stopped_medication_fades_from_the_next_monday_to_the_floor():
    # In force on day 50; the clock strikes on Monday, day 56, when the ramp is complete.
    stop = {50: {"therapy_stop_hazard_per_day": [1e9]}}
    fading = [0.3 * 0.9**k for k in range(1, 20)]
    fading = [e for e in fading if e >= 0.2] + [0.0]
    effect = by_week([0.0] * 5 + [0.075, 0.15, 0.225, 0.3, *fading], 140)
    pain = daily("pain", **MEDICATION, **UNTREATED, therapy_floor=0.2, changes=stop)
    assert pain == pytest.approx(PAIN * (1.0 - effect), rel=1e-13)


def test_a_medication_is_stopped_by_its_clock():
    hazard = 0.01
    fields = {**MEDICATION, **UNTREATED, "therapies": 2, "horizon_days": 900}
    result = run_still(**fields, therapy_stop_hazard_per_day=hazard)
    lines = of_kind(result, Event.THERAPY_STOPPED)
    weeks = [
        int(np.ceil(-np.log(uniform(Purpose.THERAPY_PERSISTENCE, m)) / hazard / 7)) for m in (0, 1)
    ]
    assert sorted(lines["day"]) == sorted(ASSESSED + 7 * week for week in weeks)
    assert sorted(lines["draw_occurrence"]) == sorted(lines["code"]) == [0, 1]
    assert (lines["draw_purpose"] == Purpose.THERAPY_PERSISTENCE).all()


def test_sessions_that_are_all_attended():
    effect = by_week(
        [0.0] * 5 + [0.09, 0.18, 0.27, 0.3] + [0.3 * 0.9**k for k in range(1, 12)], 140
    )
    assert daily("pain", **SESSIONS, **UNTREATED) == pytest.approx(PAIN * (1.0 - effect), rel=1e-13)
    result = run_still(**SESSIONS, **UNTREATED)
    assert result.results["sessions_attended"] == 10
    lines = of_kind(result, Event.THERAPY_COMPLETED)
    assert lines[["day", "step", "code", "value_1"]].tolist() == [(56, 3, 0, 10.0)]


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_attendance_and_dropout_are_draws_by_session(dropout):
    attendance, m, planned = 0.6, 2, 30
    came, dropped = [], None
    for k in range(planned):
        came.append(uniform(Purpose.SESSION_ATTENDANCE, 1024 * m + k) < attendance)
        if not came[-1] and uniform(Purpose.SESSION_DROPOUT, 1024 * m + k) < dropout:
            dropped = k
            break
    fields = {
        **SESSIONS,
        "therapies": 3,
        "therapy_sessions": [0, 0, planned],
        "therapy_sessions_per_week": 3,
        "therapy_attendance": attendance,
        "therapy_dropout_per_miss": dropout,
    }
    result = run_still(**fields, **UNTREATED)
    assert result.results["sessions_attended"] == sum(came)
    stopped = of_kind(result, Event.THERAPY_STOPPED)
    completed = of_kind(result, Event.THERAPY_COMPLETED)
    if dropped is None:
        assert len(stopped) == 0
        assert completed[["code", "value_1"]].tolist() == [(m, float(sum(came)))]
    else:
        held_before = dropped // 3 * 3
        expected = (ASSESSED + 7 * (dropped // 3 + 1), m, 1024 * m + dropped)
        assert stopped[["day", "code", "draw_occurrence"]].tolist() == [expected]
        assert stopped["value_1"] == sum(came[:held_before]) / planned
        assert len(completed) == 0


def test_therapies_multiply_with_one_another_and_with_the_drug():
    fields = {
        **MEDICATION,
        "therapies": 2,
        "therapy_effect": [0.3, 0.2],
        "therapy_progress_per_week": 1.0,
        "therapy_interaction": 0.5,
        "expectation_habituation": 0.0,
        "remaining_floor": 0.0,
        **ALWAYS_PASSES,
    }
    plan = still_plan(**fields, horizon_days=120)
    with open_model(plan, {"c50": 1.0}) as model:
        relieved = 0
        for _ in range(plan.horizon_days):
            model.step()
            patient = model.patients[0]
            lived = patient.day - 1
            if lived < 35:
                continue
            e = patient.slow_relief() if lived != patient.last_infusion_day else 0.0
            relieved += e > 0.2
            left = (1.0 - e) * 0.7 * 0.8 * (1.0 - 0.5 * e * 0.3) * (1.0 - 0.5 * e * 0.2)
            if lived != patient.last_infusion_day:
                assert patient.pain == pytest.approx(PAIN * left, rel=1e-13)
            assert patient.pain_without_drug == pytest.approx(PAIN * 0.56, rel=1e-13)
    assert relieved > 10


def test_the_floor_of_what_remains_counts_programme_and_drug_together():
    fields = {**MEDICATION, "therapy_effect": [0.9], "therapy_progress_per_week": [1.0]}
    result = run_still(**fields, **UNTREATED, remaining_floor=0.25)
    assert result.results["floor_pain_days"] == pytest.approx(PAIN * 0.15 * 105, rel=1e-12)
    assert result.weekly["pain_sum_e6"][-1] == result.weekly["pain_without_drug_sum_e6"][-1]
    assert result.weekly["pain_sum_e6"][-1] == np.floor(PAIN * 0.25 * 1e6 + 0.5)


def test_a_patients_response_multiplies_the_effect_up_to_nine_tenths():
    fields = {**MEDICATION, "therapy_progress_per_week": [1.0], "remaining_floor": 0.0}
    half = daily("pain", {"therapy_response": 0.5}, **fields, **UNTREATED)
    assert half[-1] == pytest.approx(PAIN * 0.85, rel=1e-14)
    most = daily("pain", {"therapy_response": 30.0}, **fields, **UNTREATED)
    assert most[-1] == pytest.approx(PAIN * 0.1, rel=1e-13)


@pytest.mark.parametrize(
    ("programme_for", "offered", "members"),
    [
        (ProgrammeFor.NONE, 1, 0),
        (ProgrammeFor.ALL, 0, 1),
        (ProgrammeFor.TREATED, 0, 0),
        (ProgrammeFor.TREATED, 1, 1),
    ],
)
def test_who_is_in_the_programme(programme_for, offered, members):
    fields = {**MEDICATION, "programme_for": programme_for, "therapy_delay_days": 10}
    result = run_still(
        {"expectation_amplitude": 0.0}, **fields, ketamine_offered=offered, horizon_days=60
    )
    lines = of_kind(result, Event.PROGRAMME_STARTED)
    expected = [(ASSESSED, 6, 1, 38.0)] * members
    assert lines[["day", "step", "code", "value_1"]].tolist() == expected
    relieved = result.weekly["pain_without_drug_sum_e6"] < result.weekly["pain_sum_e6"][0]
    assert relieved.tolist() == [False] * 6 + [bool(members)] * 3


@pytest.mark.parametrize("after_exit", [0, 1])
def test_the_programme_ends_with_treatment_or_goes_on(after_exit):
    fields = {**MEDICATION, "therapy_progress_per_week": [1.0], "programme_after_exit": after_exit}
    changes = {100: {"recovery_hazard_per_day": 100.0}, 106: {"recovery_hazard_per_day": 0.0}}
    left = daily(
        "programme_remaining", **fields, **ALWAYS_PASSES, changes=changes, horizon_days=140
    )
    result = run_still(**fields, **ALWAYS_PASSES, changes=changes, horizon_days=140)
    assert result.results["exit_reason"] == ExitReason.RECOVERED
    assert result.results["exit_day"] == 105 and result.results["state"] == State.RECOVERED
    fading = [0.3] if after_exit else [0.3 * 0.9**k for k in range(5)]
    effect = by_week([0.0] * 5 + [0.3] * 10 + fading, 140)
    assert left == pytest.approx(1.0 - effect, rel=1e-13)
    assert len(of_kind(result, Event.THERAPY_STOPPED)) == 0


def test_the_programme_is_part_of_the_trace_only_by_what_it_leaves_of_pain():
    # The same lives but for the event: a programme without therapies changes nothing else.
    without = run_still(**UNTREATED)
    empty = run_still(**UNTREATED, programme_for=ProgrammeFor.ALL)
    names = [name for name in without.results.dtype.names if name != "trace"]
    assert (without.results[names] == empty.results[names]).all()
    assert without.weekly.tobytes() == empty.weekly.tobytes()
    assert of_kind(empty, Event.PROGRAMME_STARTED)["code"].tolist() == [0]
