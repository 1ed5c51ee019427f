"""The two engines give the same bits under a protocol and see the same on every observed day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import parity
import pytest
from plans import make_plan
from protocol_plans import BUSIER, SAME_DAY, SHARES, SWITCHED_ON, TAPER, crossover_plan
from scenario_strategies import quick_plan

from pathways.codes import Event, ExitReason
from pathways.engines import kernel_engine

pytestmark = pytest.mark.parity

OFTEN = list(range(0, 200, 4))
EVERYTHING = dict.fromkeys(SWITCHED_ON, True)
REDRAWN = {"responder_redrawn": 1, "responder_share": SHARES}
QUEUES = {"queues": True, "clinics": [{"chairs": 1, "open_minutes": 480}, {"number": 2}]}
ARRIVALS = {"referral_days": list(range(0, 60, 3)) * 2, "clinic_patients": [20, 20]}


def assert_agreement(plan):
    """Return the kernel's result after comparing it with the reference's."""
    kernel, reference = parity.run_both(plan)
    parity.assert_same(kernel, reference)
    return kernel


def days_of(events, kind, code=None):
    """Return the patient and the day of these events."""
    lines = events[(events["event"] == kind) & ((code is None) | (events["code"] == code))]
    return set(lines[["patient", "day"]].tolist())


# Protocols


@pytest.mark.parametrize("seed", [1, 2**63 + 5])
def test_a_crossover_agrees_event_by_event(seed):
    result = assert_agreement(crossover_plan(seed=seed, observed_days=OFTEN))
    given = result.events[result.events["event"] == Event.COURSE_STARTED]
    assert set(given["code"]) == {0, 1, 2}
    assert (result.results["exit_reason"] == ExitReason.TREATMENT_COMPLETED).sum() > 20


@pytest.mark.parametrize("name", SWITCHED_ON)
def test_a_protocol_agrees_with_each_part_of_the_model_on(name):
    assert_agreement(crossover_plan(patients=25, observed_days=OFTEN, **{name: True}))


@pytest.mark.parametrize("fields", [{}, REDRAWN, TAPER, BUSIER | {"patients": 100}])
def test_a_protocol_agrees_with_everything_on(fields):
    result = assert_agreement(crossover_plan(**(EVERYTHING | fields), observed_days=OFTEN))
    reasons = set(result.results["first_exit_reason"])
    assert {ExitReason.ADVERSE_EVENT, ExitReason.PATIENT_CHOICE, ExitReason.LOST} & reasons


def test_a_harm_found_when_patients_come_back_agrees():
    back = {"rereferral_hazard_per_day": 0.05, "rereferral_after_days": 0, "test_every_days": 1}
    short = {"protocol_courses": 1, "protocol_end_day": 20, "harm_noticed_per_week": 0.0}
    result = assert_agreement(crossover_plan(**EVERYTHING | back | short, observed_days=OFTEN))
    assessed = days_of(result.events, Event.ASSESSED)
    assert assessed & days_of(result.events, Event.EXITED, ExitReason.LABORATORY_STOP)


@pytest.mark.parametrize("first", [{}, {"protocol_courses": 0}])
@pytest.mark.parametrize("judged", [{}, SAME_DAY])
def test_dated_changes_of_a_protocol_agree(first, judged):
    other = {"protocol_courses": 3, "protocol_day": [1, 90, 91], "protocol_step": [2, 0, 1]}
    changes = {50: other, 110: {"protocol_courses": 0}}
    fields = {"changes": changes, "horizon_days": 300, "observed_days": OFTEN}
    assert_agreement(crossover_plan(**(fields | first | judged)))


def test_a_responder_drawn_again_agrees_in_a_policy_too():
    kept, redrawn = (
        assert_agreement(make_plan(40, observed_days=OFTEN, **REDRAWN | {"responder_redrawn": on}))
        for on in (0, 1)
    )
    assert (kept.results["trace"] != redrawn.results["trace"]).any()


# Observed days


@pytest.mark.parametrize("name", ["guideline-2018", "cash-clinic"])
def test_policies_are_seen_alike(name):
    plan = quick_plan(name, patients=40, years=2, seed=5)
    assert_agreement(_observed(plan, range(0, plan.horizon_days, 9)))


@pytest.mark.parametrize("fields", [{}, EVERYTHING, BUSIER, QUEUES | EVERYTHING])
def test_arrivals_are_seen_alike(fields):
    clinics = {"clinics": [{}, {"number": 2}]} | ARRIVALS | fields
    plan = make_plan(**clinics, horizon_days=200, calendar_days=230, observed_days=OFTEN)
    seen = assert_agreement(plan).observations["seen"]
    assert seen[:, 0].all() and not seen.all()


@pytest.mark.parametrize("days", [[0], [199], [0, 199], range(200)])
def test_any_days_are_seen_alike(days):
    result = assert_agreement(crossover_plan(patients=10, observed_days=days))
    assert result.observations.shape == (10, len(days))


@pytest.mark.parametrize(("threads", "unit_patients"), [(1, 1), (2, 7), (4, 1000)])
@pytest.mark.parametrize("fields", [{}, QUEUES | ARRIVALS])
def test_threads_and_units_see_the_same(fields, threads, unit_patients):
    plan = make_plan(**{"patients": 40} | fields, horizon_days=200, observed_days=OFTEN)
    whole = kernel_engine.run(plan, threads=1, keep_events=True)
    cut = kernel_engine.run(plan, threads=threads, unit_patients=unit_patients, keep_events=True)
    parity.assert_same(cut, whole)
    assert whole.observations["seen"].any()


@pytest.mark.parametrize("fields", [{}, QUEUES | ARRIVALS])
def test_observing_changes_nothing_in_the_kernel(fields):
    size = {"patients": 40, "horizon_days": 200} | EVERYTHING
    one, other = (
        kernel_engine.run(make_plan(**size | fields, observed_days=days), keep_events=True)
        for days in ((), OFTEN)
    )
    assert one.observations is None
    for part in ("traits", "results", "weekly", "events"):
        assert getattr(one, part).tobytes() == getattr(other, part).tobytes(), part


def _observed(plan, days):
    return replace(plan, observed_days=np.array(days, np.int64))
