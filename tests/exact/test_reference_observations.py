"""What the reference engine sees of patients on chosen days, against its other books (10b)."""

from __future__ import annotations

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from plans import DIARY_WEIGHTS, make_plan
from reference_runs import (
    courses_of,
    days_of,
    open_model,
    protocol,
    run_still,
    still_plan,
    still_traits,
)

from pathways import layout
from pathways.codes import Event, Purpose, State
from pathways.engines.mesa_engine import run
from pathways.fastcore.draws import Draws

DTYPE = layout.numpy_dtype(layout.OBSERVATION)
NOT_SEEN = np.zeros(1, DTYPE)[0]
COURSE = {**courses_of([80.0]), **protocol([1, 36], end_day=70)}
EVERYTHING = {"harms": True, "programme": True, "prices": True, "leaving": True, "outside": True}
BUSY = {**EVERYTHING, "patients": 12, "horizon_days": 300, "seed": 3}
SUNDAYS = range(6, 300, 7)


def clipped(pain: np.ndarray) -> np.ndarray:
    return np.clip(pain, 0.0, 10.0)


@pytest.fixture(scope="module")
def busy():
    """Patients to whom much happens, observed on every Sunday."""
    return run(make_plan(**BUSY, observed_days=SUNDAYS))


# Which days


def test_there_is_one_record_for_each_patient_and_day():
    assert run_still().observations is None
    observations = run_still(patients=3, observed_days=[0, 5, 9]).observations
    assert observations.shape == (3, 3)
    assert observations.dtype == DTYPE
    assert (observations["seen"] == 1).all()


def test_rows_are_in_the_order_of_the_results():
    plan = still_plan(4, clinics=[{"number": 1}, {"number": 2}], observed_days=[2])
    levels = [5.0, 6.0, 7.0, 8.0]
    traits = still_traits(plan, patient=[0, 1, 0, 1], clinic=[1, 1, 2, 2], pain_level=levels)
    result = run(plan, traits=traits)
    assert result.observations["level"][:, 0].tolist() == levels


def test_days_count_from_each_referral():
    plan = still_plan(None, referral_days=[0, 10, 11], horizon_days=20, observed_days=[0, 19])
    result = run(plan, traits=still_traits(plan, referral_day=plan.referral_days))
    assert (result.observations["seen"] == 1).all()


def test_days_after_the_calendar_are_not_seen():
    rules = {"referral_days": [0, 10], "horizon_days": 20, "calendar_days": 25}
    plan = still_plan(None, **rules, observed_days=[13, 14, 15, 19])
    result = run(plan, traits=still_traits(plan, referral_day=plan.referral_days))
    assert result.observations["seen"].tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert (result.observations[1, 2:] == NOT_SEEN).all()


def test_the_dead_are_not_seen():
    # Death comes on a Monday, before the symptoms of the day.
    result = run_still({"death_clock": 0.0}, observed_days=[0, 6, 7, 8, 200])
    assert result.results["died_day"] == 7
    assert result.observations["seen"].tolist() == [[1, 1, 0, 0, 0]]
    assert (result.observations[0, 2:] == NOT_SEEN).all()


@pytest.mark.parametrize("day", [0, 7, 14])
def test_who_died_on_an_observed_day_is_not_seen_then(day):
    result = run_still({"death_clock": 0.0}, observed_days=[day])
    assert result.observations["seen"].item() == (day < 7)


# What is seen


def test_the_state_is_that_before_the_visits_of_the_day():
    result = run_still(**COURSE, observed_days=[0, 1, 2, 36, 37, 70, 71])
    assert days_of(result, Event.ASSESSED) == [0]
    states = [State.REFERRED, State.WAITING, *[State.FOLLOW_UP] * 4, State.EXITED]
    assert result.observations["state"][0].tolist() == states


def test_nothing_of_the_days_dose_is_seen():
    days = [1, 2, 36, 37]
    observed = run_still(**COURSE, observed_days=days).observations[0]
    relief, expectation = observed["slow_relief"], observed["expectation"]
    assert relief[0] == expectation[0] == 0.0
    assert relief[1] > 0.0 and expectation[1] > 0.0
    assert 0.0 < relief[2] < relief[3]
    assert expectation[2] < expectation[3]
    assert observed["pain"][0] == observed["base"][0] == 6.8


def test_what_is_seen_is_what_the_patient_feels():
    days = list(range(80))
    plan = still_plan(**COURSE, flare_innovation_sd=0.4, observed_days=days)
    infused = (1, 36)
    with open_model(plan) as model:
        (patient,) = model.patients
        for day in days:
            model.step()
            seen = dict(zip(DTYPE.names, patient.observations[day], strict=True))
            assert seen["flare"] == patient.flare
            assert seen["base"] == patient.base_pain == clipped(6.8 + patient.flare)
            assert seen["pain"] == patient.pain
            assert seen["pain_without_drug"] == patient.pain_without_drug
            assert seen["expectation"] == patient.expectation_felt
            if day not in infused:
                assert seen["slow_relief"] == patient.slow_relief()
                assert seen["expectation"] == patient.expectation


def test_the_level_is_that_of_recovery_while_recovered():
    traits = {"pain_level": 7.5, "flare_at_enrolment": 0.5}
    result = run_still(traits, recovery_hazard_per_day=1e9, observed_days=[6, 7])
    assert result.observations["level"][0].tolist() == [7.5, 1.0]
    assert result.observations["state"][0].tolist() == [State.REFERRED, State.RECOVERED]
    # The flare moves on the Mondays 0 and 7.
    flare = [0.6 * 0.5, 0.6 * (0.6 * 0.5)]
    assert result.observations["flare"][0].tolist() == flare
    assert result.observations["base"][0].tolist() == [7.5 + flare[0], 1.0 + flare[1]]


def test_scores_are_those_of_the_diary():
    days, sd = [0, 3, 4, 50], 1.1
    result = run_still(**COURSE, diary_error_sd=sd, observed_days=days)
    draws = Draws(1)
    for day, seen in zip(days, result.observations[0], strict=True):
        numbers = [day - lag for lag in range(len(DIARY_WEIGHTS))]
        normals = [
            draws.normal(FIRST_CLINIC, 0, Purpose.DIARY_ERROR, k // 2, k % 2) for k in numbers
        ]
        error = sd * sum(w * z for w, z in zip(DIARY_WEIGHTS, normals, strict=True))
        assert seen["score"] == np.clip(np.floor(seen["pain"] + error + 0.5), 0, 10)


def test_a_score_may_be_missing():
    always = run_still(diary_missing_probability=1.0, observed_days=[0, 1]).observations
    assert always["score"].tolist() == [[-1, -1]]
    assert always["pain"].tolist() == [[6.8, 6.8]]
    days = list(range(300))
    some = run_still(diary_missing_probability=0.3, observed_days=days).observations[0]
    u = [
        Draws(1).uniform(FIRST_CLINIC, 0, Purpose.DIARY_MISSING, day // 2, day % 2) for day in days
    ]
    assert (some["score"] == -1).tolist() == [x < 0.3 for x in u]


# Against the clinic's weekly sums


@pytest.mark.parametrize(
    ("observed", "weekly"),
    [
        ("pain", "pain_sum_e6"),
        ("pain_without_drug", "pain_without_drug_sum_e6"),
        ("expectation", "expectation_sum_e6"),
        ("base", "base_pain_sum_e6"),
    ],
)
def test_sums_of_sundays_are_those_of_the_weekly_rows(busy, observed, weekly):
    seen = np.floor(busy.observations[observed] * 1e6 + 0.5).astype(np.int64)
    sums = seen.sum(axis=0)
    assert sums.tolist() == busy.weekly[weekly][: len(sums)].tolist()
    assert len(set(sums.tolist())) > 1


def test_the_programme_alone_makes_its_weekly_sum(busy):
    seen = busy.observations
    left = np.maximum(seen["programme_remaining"], 0.2)
    sums = np.floor(seen["base"] * left * 1e6 + 0.5).astype(np.int64).sum(axis=0)
    assert sums.tolist() == busy.weekly["programme_pain_sum_e6"][: len(sums)].tolist()
    assert (seen["programme_remaining"][seen["seen"] == 1] < 1.0).any()


def test_scores_of_sundays_are_those_of_the_panel(busy):
    score = busy.observations["score"]
    present = (score >= 0) & (busy.observations["seen"] == 1)
    weeks = np.arange(present.shape[1]) % layout.PANEL_EVERY_WEEKS == 0
    panel = busy.weekly[: len(weeks)][weeks]
    assert present.sum(axis=0)[weeks].tolist() == panel["panel_present"].tolist()
    sums = np.where(present, score, 0).sum(axis=0)[weeks]
    assert sums.tolist() == panel["panel_score_sum"].tolist()


def test_fractions_make_the_pain(busy):
    seen = busy.observations[busy.observations["seen"] == 1]
    assert (seen["remaining"] < 1.0).any() and (seen["slow_relief"] > 0.0).any()
    without_interaction = (1.0 - seen["slow_relief"]) * seen["programme_remaining"]
    assert (seen["remaining"] <= without_interaction).all()
    assert (seen["remaining"] < without_interaction).any()
    floored = np.maximum(seen["remaining"], 0.2)
    assert seen["treated"].tolist() == (seen["base"] * floored).tolist()
    assert seen["pain"].tolist() == clipped(seen["treated"] - seen["expectation"]).tolist()
    assert seen["base"].tolist() == clipped(seen["level"] + seen["flare"]).tolist()


def test_remaining_is_that_before_the_floor():
    rules = {"remaining_floor": 0.95, "observed_days": [2]}
    seen = run_still({"c50": 1.0}, **COURSE, **rules).observations[0, 0]
    assert seen["remaining"] == 1.0 - seen["slow_relief"] < 0.95
    assert seen["treated"] == 6.8 * 0.95


# Observing changes nothing


@pytest.mark.parametrize("fields", [{}, COURSE])
def test_observing_changes_nothing_else(fields):
    one, other = (
        run(make_plan(**BUSY, **fields, observed_days=days), keep_events=True)
        for days in ((), range(0, 300, 3))
    )
    for part in ("traits", "results", "weekly", "events"):
        assert getattr(one, part).tobytes() == getattr(other, part).tobytes(), part
    assert len(one.events) > 100
    assert other.observations["seen"].any()
