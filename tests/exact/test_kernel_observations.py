"""What the kernel sees of each patient on observed days, and that seeing changes nothing."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pytest
from kernel_blocks import (
    EVENTS,
    OBSERVATIONS,
    RESULTS,
    WEEKLY,
    Block,
    eventful_plan,
    no_observations,
)
from plans import make_plan, make_traits

from pathways import fastcore
from pathways.codes import State, Status
from pathways.engines import kernel_buffers, kernel_engine
from pathways.fastcore import kernel
from pathways.fastcore.population import sample_traits

HORIZON = 500
EVERY_DAY = list(range(HORIZON))
A_FEW = [0, 1, 6, 7, 8, 20, 99, 100, 130, 131, 250, 333, 401, 498, 499]
REFERRED = sorted(day * 7 % 61 for day in range(30))
USUAL = {
    "horizon_days": HORIZON,
    "referral_days": REFERRED,
    "calendar_days": 700,
    "leaving": True,
    "outside": True,
}
CLINIC = {"open_days": 0b11111, "chairs": 1, "no_show": 0.1, "late_cancellation": 0.1}


def plan_observed(observed_days, **overrides):
    return eventful_plan(**{"patients": None, "observed_days": observed_days, **USUAL, **overrides})


def bytes_of(raw):
    return raw.results.tobytes(), raw.weekly.tobytes(), raw.events.tobytes()


@pytest.fixture(scope="module", params=[False, True], ids=["no_queues", "queues"])
def queues(request):
    return request.param


@pytest.fixture(scope="module")
def plan_with(queues):
    """Make the plan of these tests with some observed days."""
    clinics = [CLINIC] if queues else [{}]
    return lambda days, **more: plan_observed(days, queues=queues, clinics=clinics, **more)


@pytest.fixture(scope="module")
def whole(plan_with):
    """The run in which every day is observed, so that none is passed over."""
    return kernel_engine.run(plan_with(EVERY_DAY), keep_events=True)


def test_nothing_is_returned_if_no_day_is_observed():
    assert kernel_engine.run(make_plan(patients=3, years=1)).observations is None


def test_the_array_is_patients_by_observed_days():
    raw = kernel_engine.run(make_plan(patients=3, years=1, observed_days=[5, 9]))
    assert raw.observations.shape == (3, 2) and raw.observations.dtype == OBSERVATIONS
    empty = kernel_engine.run(make_plan(patients=0, years=1, observed_days=[5, 9]))
    assert empty.observations.shape == (0, 2)


def test_observing_changes_nothing_else(plan_with, whole):
    unseen = kernel_engine.run(plan_with([]), keep_events=True)
    assert bytes_of(unseen) == bytes_of(whole)
    assert bytes_of(kernel_engine.run(plan_with(A_FEW), keep_events=True)) == bytes_of(whole)


@pytest.mark.parametrize("days", [A_FEW, [499], [0], list(range(3, 500, 7))])
def test_a_day_looks_the_same_whichever_others_are_observed(days, plan_with, whole):
    seen = kernel_engine.run(plan_with(days)).observations
    assert seen.tobytes() == whole.observations[:, days].tobytes()


@pytest.mark.parametrize(("threads", "unit_patients"), [(1, 1), (3, 7), (2, 1000)])
@pytest.mark.parametrize("large", [0, 1000])
def test_threads_and_units_do_not_show(
    threads, unit_patients, large, plan_with, whole, monkeypatch
):
    monkeypatch.setattr(kernel_engine, "LARGE_CLINIC_PATIENTS", large)
    raw = kernel_engine.run(plan_with(A_FEW), threads, unit_patients, keep_events=True)
    assert raw.observations.tobytes() == whole.observations[:, A_FEW].tobytes()


def test_rows_are_those_of_the_patients_clinic_by_clinic(queues):
    plan = plan_observed(
        A_FEW, queues=queues, clinics=[CLINIC, {}], clinic_patients=[20, 10],
        referral_days=[*REFERRED[:20], *REFERRED[:10]],
    )  # fmt: skip
    raw = kernel_engine.run(plan, 2, 6)
    expected = raw.traits["pain_level"][:, np.newaxis]
    seen = raw.observations
    not_recovered = (seen["seen"] == 1) & (seen["level"] != 1.0)
    assert ((seen["level"] == expected) | ~not_recovered).all() and not_recovered.any()


@pytest.mark.parametrize("cuts", [range(1, 700), [0, 7, 7, 61, 130, 131, 561]])
def test_the_cut_into_calls_does_not_show(cuts):
    plan = plan_observed(A_FEW)
    expected = Block(plan)
    expected.run()
    block = Block(plan)
    block.run(list(cuts))
    assert block.observations.tobytes() == expected.observations.tobytes()
    assert block.observations["seen"].any(axis=0).all()


def test_nor_the_cut_of_a_clinics_calendar():
    plan = plan_observed(A_FEW, queues=True, clinics=[CLINIC])
    assert at_desk(plan, range(1, 700)).tobytes() == at_desk(plan, ()).tobytes()


def at_desk(plan, cuts):
    traits = sample_traits(plan)
    desk = kernel().Desk(kernel().Inputs(plan), 0, traits)
    results, weekly = np.zeros(len(traits), RESULTS), np.zeros(plan.weeks, WEEKLY)
    seen = no_observations(plan, len(traits))
    booking_days = set(range(0, plan.calendar_days, desk.booking_every_days))
    for day in sorted({*cuts, *booking_days, plan.calendar_days}):
        call = (0, len(traits), results, weekly, None, day, day in booking_days, seen)
        assert desk.advance(*call)[0] == Status.DONE
        if day in booking_days:
            desk.book(day)
    return seen


def test_a_call_that_ran_out_of_room_goes_on_where_it_stopped(plan_with, whole, monkeypatch):
    monkeypatch.setattr(kernel_buffers, "EVENTS_PER_PATIENT", 7)
    raw = kernel_engine.run(plan_with(A_FEW), 2, 9, keep_events=True)
    assert raw.observations.tobytes() == whole.observations[:, A_FEW].tobytes()


@pytest.mark.parametrize("level", fastcore.available_levels())
def test_every_instruction_set_gives_the_same_bytes(level):
    plan = plan_observed(A_FEW)
    module = importlib.import_module(f"pathways.fastcore._kernel_{level}")
    block, expected = Block(plan, kernel=module), Block(plan)
    assert block.run() == expected.run()
    assert block.observations.tobytes() == expected.observations.tobytes()


# --- what is seen


def clip(x):
    return np.clip(x, 0.0, 10.0)


def test_what_is_seen_fits_together(whole):
    """Apart from `remaining`: several therapies may act together with the drug."""
    seen = whole.observations[whole.observations["seen"] == 1]
    assert (seen["base"] == clip(seen["level"] + seen["flare"])).all()
    assert (seen["pain"] == clip(seen["treated"] - seen["expectation"])).all()
    assert (seen["treated"] == seen["base"] * np.maximum(seen["remaining"], 0.2)).all()
    without = seen["base"] * np.maximum(seen["programme_remaining"], 0.2)
    assert (seen["pain_without_drug"] == clip(without - seen["expectation"])).all()
    for name in ("slow_relief", "expectation", "flare"):
        assert (seen[name] != 0.0).any(), name
    assert (seen["programme_remaining"] < 1.0).any()
    assert {State.RECOVERED, State.EXITED, State.COURSE} <= {*seen["state"].tolist()}


@pytest.mark.parametrize("interaction", [0.0, 0.3, -0.2])
def test_remaining_is_with_the_interaction_and_before_the_floor(interaction):
    plan = make_plan(
        patients=30,
        horizon_days=HORIZON,
        observed_days=EVERY_DAY,
        programme=True,
        therapies=1,
        therapy_interaction=interaction,
        remaining_floor=0.95,
    )
    seen = kernel_engine.run(plan).observations
    seen = seen[seen["seen"] == 1]
    relief, left = seen["slow_relief"], seen["programme_remaining"]
    effect = 1.0 - left
    expected = (1.0 - relief) * left * (1.0 - interaction * relief * effect)
    assert np.abs(seen["remaining"] - expected).max() < 1e-12
    assert (seen["remaining"] < 0.95).any() and (relief * effect > 0.0).any()
    assert (seen["treated"] >= seen["base"] * 0.95).all()


def test_sundays_are_those_of_the_weekly_rows():
    plan = make_plan(patients=1, years=1, observed_days=range(6, 365, 7))
    raw = kernel_engine.run(
        plan, traits=make_traits(plan, death_clock=1e9, expectation_amplitude=2.0)
    )
    seen, weekly = raw.observations[0], raw.weekly[:52]
    untreated = ~np.isin(seen["state"], [State.COURSE])
    for name, total in (
        ("pain", "pain_sum_e6"),
        ("pain_without_drug", "pain_without_drug_sum_e6"),
        ("expectation", "expectation_sum_e6"),
        ("base", "base_pain_sum_e6"),
    ):
        assert untreated.all() and (seen[name] > 0.0).any()
        assert np.floor(seen[name] * 1e6 + 0.5).tolist() == weekly[total].tolist(), name


def test_scores_are_those_of_the_panel():
    plan = make_plan(
        patients=1, years=6, observed_days=range(6, 6 * 365, 28), diary_missing_probability=0.3
    )
    raw = kernel_engine.run(plan, traits=make_traits(plan, death_clock=1e9))
    scores = raw.observations["score"][0]
    panel = raw.weekly[:-1:4][: len(scores)]
    assert (scores >= 0).astype(int).tolist() == panel["panel_present"].tolist()
    assert np.maximum(scores, 0).tolist() == panel["panel_score_sum"].tolist()
    assert {*(scores >= 0).tolist()} == {False, True}


def test_scores_lie_on_the_scale_or_are_missing():
    raw = kernel_engine.run(plan_observed(EVERY_DAY, diary_missing_probability=0.0))
    seen = raw.observations[raw.observations["seen"] == 1]
    assert (seen["score"] >= 0).all() and (seen["score"] <= 10).all()
    error = seen["score"] - seen["pain"]
    assert 0.9 < error[(seen["pain"] > 3.0) & (seen["pain"] < 7.0)].std() < 1.3
    without_error = {"diary_missing_probability": 0.0, "diary_error_sd": 0.0}
    seen = kernel_engine.run(plan_observed(EVERY_DAY, **without_error)).observations
    assert (seen["score"] == np.floor(seen["pain"] + 0.5)).all()
    none = kernel_engine.run(plan_observed(A_FEW, diary_missing_probability=1.0)).observations
    assert (none["score"] == np.where(none["seen"] == 1, -1, 0)).all()


def test_the_dose_of_a_day_is_seen_the_day_after():
    # Treated on day 42, a Monday.
    plan = make_plan(patients=1, years=1, observed_days=[42, 43], recovery_hazard_per_day=0.0)
    raw = kernel_engine.run(plan, traits=make_traits(plan, death_clock=1e9))
    assert raw.results["first_infusion_day"] == 42
    assert raw.observations["slow_relief"][0, 0] == raw.observations["expectation"][0, 0] == 0.0
    assert (raw.observations["slow_relief"][0, 1] > 0.0).all()
    assert raw.observations["expectation"][0, 1] > 0.0
    assert raw.observations["state"][0].tolist() == [State.WAITING, State.FOLLOW_UP]


def test_the_dead_are_zeros(whole):
    died = whole.results["died_day"]
    assert (died >= 0).any() and (died < 0).any()
    for row, day in zip(whole.observations, died.tolist(), strict=True):
        lived = HORIZON if day < 0 else day
        assert (row["seen"][:lived] == 1).all()
        assert not any(row[lived:].tobytes())


def test_days_beyond_the_calendar_are_zeros():
    plan = make_plan(
        referral_days=[0, 50], horizon_days=90, calendar_days=100, observed_days=[49, 50, 89]
    )
    seen = kernel_engine.run(plan, traits=make_traits(plan, referral_day=[0, 50])).observations
    assert seen["seen"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert not any(seen[1, 1:].tobytes())


# --- what is refused

PLAN = make_plan(patients=3, years=1, observed_days=[5, 9])


@pytest.mark.parametrize(
    "days", [[5, 5], [9, 5], [-1, 5], [5, 365]], ids=["twice", "descending", "early", "late"]
)
def test_observed_days_out_of_order_or_range_are_refused(days):
    with pytest.raises(ValueError, match=r"^observed_days(\[\d\])?: got"):
        kernel().Inputs(dataclasses.replace(PLAN, observed_days=np.array(days)))


@pytest.mark.parametrize(
    ("days", "error"),
    [
        ([5, 9], TypeError),
        (None, TypeError),
        (np.array([5.0]), TypeError),
        (np.array([[5]]), ValueError),
        (np.arange(8)[::2], ValueError),
    ],
)
def test_observed_days_that_are_no_list_of_days_are_refused(days, error):
    with pytest.raises(error, match="^observed_days: "):
        kernel().Inputs(dataclasses.replace(PLAN, observed_days=days))


def read_only(array):
    array.setflags(write=False)
    return array


@pytest.mark.parametrize(
    ("observations", "error", "message"),
    [
        (None, TypeError, "got NoneType"),
        (np.zeros((3, 2)), TypeError, "its dtype is float64"),
        (np.zeros((3, 1), OBSERVATIONS), ValueError, r"its shape is \(3, 1\); allowed: \(3, 2\)"),
        (np.zeros((2, 2), OBSERVATIONS), ValueError, r"its shape is \(2, 2\)"),
        (np.zeros(6, OBSERVATIONS), ValueError, r"its shape is \(6,\)"),
        (np.zeros((2, 3), OBSERVATIONS).T, ValueError, "its elements do not lie"),
        (read_only(np.zeros((3, 2), OBSERVATIONS)), ValueError, "is read-only"),
    ],
)
def test_an_array_for_observations_that_does_not_fit_is_refused(observations, error, message):
    block = Block(PLAN)
    block.enrol()
    block.observations = observations
    with pytest.raises(error, match=f"^observations: {message}"):
        block.advance(7)


def test_a_desk_refuses_it_too():
    plan = make_plan(patients=3, years=1, observed_days=[5, 9], queues=True)
    desk = kernel().Desk(kernel().Inputs(plan), 0, sample_traits(plan))
    arrays = (np.zeros(3, RESULTS), np.zeros(plan.weeks, WEEKLY), np.zeros(300, EVENTS))
    with pytest.raises(TypeError, match="^observations: got NoneType"):
        desk.advance(0, 3, *arrays, 0, True)
    with pytest.raises(ValueError, match=r"^observations: its shape is \(1, 2\)"):
        desk.advance(0, 1, *arrays, 0, True, np.zeros((1, 2), OBSERVATIONS))
    assert desk.advance(0, 3, *arrays, 0, True, np.zeros((3, 2), OBSERVATIONS))[0] == Status.DONE
