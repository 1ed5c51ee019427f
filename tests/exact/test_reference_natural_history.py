"""Death, flare, recovery and relapse of the reference engine, against clocks run by hand."""

from __future__ import annotations

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import (
    ALWAYS_PASSES,
    of_kind,
    open_model,
    run_still,
    still_plan,
    still_traits,
)

from pathways.codes import Event, ExitReason, Purpose, State
from pathways.engines.mesa_engine import run
from pathways.fastcore.draws import Draws

HAZARD = 0.02


def clock(purpose: Purpose, episode: int, seed: int = 1) -> float:
    return -np.log(Draws(seed).uniform(FIRST_CLINIC, 0, purpose, episode))


def first_monday(days: float) -> int:
    return 7 * int(np.ceil(days / 7.0))


def gompertz_death_day(death_clock: float, age_days: int, mortality: np.ndarray) -> int:
    """First Monday on which the cumulative hazard, constant within a year of age, is spent."""
    mondays = np.arange(0, 365 * 30, 7)
    ages = (age_days + mondays) // 365
    cumulative = np.concatenate([[0.0], np.cumsum(7.0 * mortality[ages[:-1]])])
    spent = np.nonzero(cumulative >= death_clock)[0]
    return int(mondays[spent[0]]) if len(spent) else -1


def test_death_is_the_first_monday_on_which_the_clock_is_spent():
    clocks = np.array([0.01, 0.1, 0.35, 0.7, 1.2, 1.4, 50.0])
    plan = still_plan(patients=len(clocks), years=15, ketamine_offered=0)
    age_days = 78 * 365 + 123
    traits = still_traits(plan, death_clock=clocks, age_days=age_days, male=1)
    results = run(plan, traits=traits).results
    expected = [gompertz_death_day(c, age_days, plan.mortality_per_day[1]) for c in clocks]
    expected = [day if day < plan.horizon_days else -1 for day in expected]
    assert results["died_day"].tolist() == expected
    assert len(set(expected)) == len(clocks), "the clocks should tell the days apart"


def test_flare_is_an_autoregression_addressed_by_calendar_week():
    plan = still_plan(flare_innovation_sd=1.1, horizon_days=70, patients=2)
    with open_model(plan, {"flare_at_enrolment": [1.5, -0.5]}) as model:
        expected = [1.5, -0.5]
        for week in range(10):
            model.step()
            for patient in (0, 1):
                z = Draws(1).normal(FIRST_CLINIC, patient, Purpose.FLARE, week // 2, week % 2)
                expected[patient] = 0.6 * expected[patient] + 1.1 * z
            assert [p.flare for p in model.patients] == pytest.approx(expected, rel=1e-12)
            for _ in range(6):
                model.step()


def test_recovery_and_relapse_follow_their_clocks():
    days = first_monday(clock(Purpose.RECOVERY_CLOCK, 0) / HAZARD)
    back = first_monday(clock(Purpose.RELAPSE_CLOCK, 0) / HAZARD)
    again = first_monday(clock(Purpose.RECOVERY_CLOCK, 1) / HAZARD)
    result = run_still(
        ketamine_offered=0,
        recovery_hazard_per_day=HAZARD,
        relapse_hazard_per_day=HAZARD,
        years=4,
    )
    lines = of_kind(result, Event.RECOVERED, Event.RELAPSED)[:3]
    assert lines["day"].tolist() == [days, days + back, days + back + again]
    assert lines["draw_occurrence"].tolist() == [0, 0, 1]
    assert result.results["recovered_day"] == days


def test_pain_while_recovered():
    plan = still_plan(ketamine_offered=0, recovery_hazard_per_day=100.0, horizon_days=30)
    with open_model(plan) as model:
        model.run()
        patient = model.patients[0]
        assert patient.recovered_day == 7 and patient.state == State.RECOVERED
        assert model.result().results["pain_days"] == 6.8 * 7 + 1.0 * 23


def test_who_recovers_before_the_assessment_is_not_assessed():
    result = run_still(recovery_hazard_per_day=100.0)
    assert result.results["assessed_day"] == -1
    assert result.results["state"] == State.RECOVERED
    assert result.results["exit_reason"] == ExitReason.NONE


def test_recovery_in_care_ends_treatment_the_same_day():
    result = run_still(**ALWAYS_PASSES, changes={200: {"recovery_hazard_per_day": 100.0}})
    assert result.results["recovered_day"] == 203
    assert result.results["exit_day"] == 203
    assert result.results["exit_reason"] == ExitReason.RECOVERED
    assert result.results["state"] == State.RECOVERED
    assert of_kind(result, Event.EXIT_RULE_TRUE)["code"].tolist() == [ExitReason.RECOVERED]


def test_who_recovers_on_the_first_day_of_a_course_is_not_asked_nor_treated():
    result = run_still(changes={40: {"recovery_hazard_per_day": 100.0}})
    assert result.results["exit_day"] == 42
    assert not len(of_kind(result, Event.BASELINE_TAKEN, Event.ADMINISTERED))


def test_a_taper_begun_on_recovery_ends_the_next_day():
    taper = {"taper_reasons": 1 << ExitReason.RECOVERED, "taper_courses": 2}
    change = {200: {"recovery_hazard_per_day": 100.0}}
    result = run_still(**ALWAYS_PASSES, **taper, changes=change)
    assert result.results["taper_reason"] == result.results["exit_reason"] == ExitReason.RECOVERED
    assert result.results["exit_day"] == 204
    assert of_kind(result, Event.EXIT_RULE_TRUE)["day"].tolist() == [203, 204]


def test_a_relapse_does_not_bring_treatment_back():
    changes = {
        200: {"recovery_hazard_per_day": 100.0},
        207: {"recovery_hazard_per_day": 0.0, "relapse_hazard_per_day": 100.0},
    }
    result = run_still(**ALWAYS_PASSES, changes=changes)
    assert of_kind(result, Event.RELAPSED)["day"].tolist() == [210]
    assert result.results["state"] == State.EXITED
    assert of_kind(result, Event.ADMINISTERED)["day"].max() < 203


def test_death_in_care_is_an_exit_too():
    result = run_still({"death_clock": 0.05}, **ALWAYS_PASSES, years=20)
    lines = result.events[-2:]
    assert lines["event"].tolist() == [Event.EXITED, Event.DIED]
    assert lines["step"].tolist() == [1, 1]
    assert lines["code"].tolist() == [ExitReason.DEATH, State.EXITED]
    assert result.results["exit_reason"] == ExitReason.DEATH
    assert result.results["exit_day"] == result.results["died_day"]
    assert result.results["state"] == State.DEAD
    assert result.weekly["exits"].sum() == result.weekly["deaths"].sum() == 1


def test_death_outside_care_leaves_the_exit_as_it_was():
    result = run_still({"death_clock": 0.05}, criterion_percent_x10=1001, years=20)
    assert result.results["exit_reason"] == ExitReason.NON_RESPONSE
    assert result.results["died_day"] > result.results["exit_day"] > 0
