"""What the kernel refuses at the door: every message names the array and what is allowed."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest
from kernel_blocks import EVENTS, RESULTS, WEEKLY, Block
from plans import make_plan, make_traits

from pathways import layout
from pathways.codes import ChronicHarm, Domain, Metric, Payer, ProgrammeFor, Statistic
from pathways.fastcore import kernel

PLAN = make_plan(patients=3, years=1)
BEYOND_JUDGEMENT = {"judge_at_days": 7, "criterion_window_from": 0, "criterion_window_to": 8}


def inputs_with(**replaced):
    return kernel().Inputs(dataclasses.replace(PLAN, **replaced))


def with_rules(name, value, index=0):
    rule_sets = PLAN.rule_sets.copy()
    rule_sets[name][index] = value
    return rule_sets


ARRAYS = ["rule_sets", "curves", "effect_prefix", "years_prefix", "mortality_per_day"]
ARRAYS += ["norm_utility", "effect_factor", "cost_factor", "cost_prefix", "harm_age_factor"]
TABLES = ARRAYS[1:]
ARRAYS += ["change_days", "clinics", "clinic_patients", "referral_days"]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_is_none_is_named(name):
    with pytest.raises(TypeError, match=f"^{name}: got list; allowed: numpy.ndarray"):
        inputs_with(**{name: getattr(PLAN, name).tolist()})
    with pytest.raises(TypeError, match=f"^{name}: got NoneType"):
        inputs_with(**{name: None})


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_another_dtype_is_named(name):
    other = np.zeros(getattr(PLAN, name).shape, np.float32)
    with pytest.raises(TypeError, match=f"^{name}: its dtype is float32"):
        inputs_with(**{name: other})


def test_big_endian_numbers_are_refused():
    with pytest.raises(TypeError, match="^curves: its dtype is >f8; allowed: float64"):
        inputs_with(curves=PLAN.curves.astype(">f8"))


@pytest.mark.parametrize("name", ARRAYS[1:])
def test_an_array_of_another_shape_is_named(name):
    longer = np.concatenate([getattr(PLAN, name)] * 2)
    with pytest.raises(ValueError, match=f"^{name}: its shape is"):
        inputs_with(**{name: longer})


@pytest.mark.parametrize("name", ["curves", "norm_utility", "harm_age_factor"])
def test_an_array_that_is_not_contiguous_is_named(name):
    with pytest.raises(ValueError, match=f"^{name}: its elements do not lie one after the other"):
        inputs_with(**{name: np.asfortranarray(getattr(PLAN, name))})


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_named(name, number):
    table = getattr(PLAN, name).copy()
    table.flat[5] = number
    with pytest.raises(ValueError, match=f"^{name}: element 5 is {number}"):
        inputs_with(**{name: table})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ladder_steps", 0),
        ("ladder_steps", layout.MAX_LADDER_STEPS + 1),
        ("maintenance_step", layout.MAX_LADDER_STEPS),
        ("criteria", layout.MAX_CRITERIA + 1),
        ("criteria", -1),
        ("criteria_combine", 3),
        ("missing_rule", 3),
        ("loss_of_last", 17),
        ("limit_courses_per_year", layout.RECENT_COURSES + 1),
        ("taper_courses", layout.MAX_TAPER_COURSES + 1),
        ("judge_at_days", layout.HISTORY_DAYS),
        ("horizon_days", 364),
        ("vial_step_mg", 0.0),
        ("potency", 0.0),
        ("immediate_c50", -1.0),
        ("curve_weight_step", 0.0),
        ("tolerance_kappa", np.nan),
        ("programme_for", max(ProgrammeFor) + 1),
        ("therapies", layout.MAX_THERAPIES + 1),
        ("therapies", -1),
        ("therapy_delay_days", -1),
        ("therapy_interaction", np.nan),
        ("tests", layout.MAX_TESTS + 1),
        ("tests", -1),
        ("infusion_payer", max(Payer) + 1),
        ("infusion_payer", -1),
        ("vial_content_mg", 0.0),
        ("price_background_per_day", np.inf),
    ],
)
def test_a_rule_out_of_range_is_named(name, value):
    with pytest.raises(ValueError, match=rf"^rule_sets.*{name}"):
        inputs_with(rule_sets=with_rules(name, value))


@pytest.mark.parametrize(
    ("name", "entry", "value"),
    [
        ("step_days", 0, 0),
        ("step_days", 1, layout.MAX_COURSE_DAYS + 1),
        ("step_days", 7, 1000),
        ("step_gap_days", layout.MAX_COURSE_DAYS + 1, 0),
        ("criterion_domain", 0, max(Domain) + 1),
        ("criterion_baseline", 0, 5),
        ("criterion_baseline_days", 0, layout.HISTORY_DAYS),
        ("criterion_statistic", 0, max(Statistic) + 1),
        ("criterion_moment", 0, 3),
        ("criterion_moment", 0, -2),
        ("utility_knots", 4, np.nan),
        ("therapy_sessions", 3, -1),
        ("therapy_sessions_per_week", 1, 1025),
        ("therapy_effect", 2, np.nan),
        ("acute_intercept", 3, -np.inf),
        ("harm_metric", 5, max(Metric) + 1),
        ("harm_window_weeks", 0, layout.EXPOSURE_WEEKS),
        ("harm_link", 2, -1),
        ("harm_table_x", 23, np.nan),
        ("test_harm", 3, max(ChronicHarm) + 1),
        ("price_infusion", 127, np.inf),
    ],
)
def test_an_entry_out_of_range_is_named(name, entry, value):
    with pytest.raises(ValueError, match=rf"^rule_sets.*{name}"):
        inputs_with(rule_sets=with_rules(name, value, (0, entry)))


def test_a_window_that_ends_after_the_judgement_is_refused():
    with pytest.raises(ValueError, match="window of criterion 0 is days 0 to 8"):
        kernel().Inputs(make_plan(patients=1, years=1, **BEYOND_JUDGEMENT))


def test_a_ladder_may_not_vanish_under_the_patients_on_it():
    changes = {50: {"ladder_steps": 0, "ketamine_offered": 0}}
    with pytest.raises(ValueError, match=r"^rule_sets\[1\].ladder_steps: got 0 after"):
        kernel().Inputs(make_plan(patients=1, years=1, changes=changes))
    kernel().Inputs(make_plan(patients=1, years=1, ladder_steps=0, ketamine_offered=0))


@pytest.mark.parametrize("days", [[0, 30, 20], [1, 20, 30], [-1, 20, 30]])
def test_change_days_in_disorder_are_refused(days):
    plan = make_plan(patients=1, years=1, changes={20: {}, 30: {}})
    with pytest.raises(ValueError, match="^change_days: got"):
        kernel().Inputs(dataclasses.replace(plan, change_days=np.array(days)))


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("seed", 2**64, ValueError),
        ("seed", -1, ValueError),
        ("seed", 1.0, TypeError),
        ("draw", 2**24, ValueError),
        ("patients", 4, ValueError),
        ("calendar_days", 0, ValueError),
        ("calendar_days", 2**32, ValueError),
        ("queues", 1, TypeError),
        ("horizon_days", 0, ValueError),
        ("horizon_days", True, TypeError),
    ],
)
def test_a_number_of_the_plan_out_of_range_is_named(name, value, error):
    with pytest.raises(error, match=f"^(clinic_)?{name}: (got|their sum)"):
        inputs_with(**{name: value})


def test_arrays_may_be_read_only():
    expected = Block(PLAN).run()
    frozen = {name: getattr(PLAN, name).copy() for name in ARRAYS}
    for array in frozen.values():
        array.setflags(write=False)
    assert Block(dataclasses.replace(PLAN, **frozen)).run() == expected


def test_inputs_keep_the_arrays_they_point_at():
    expected = Block(PLAN).run()
    block = Block(dataclasses.replace(PLAN, curves=PLAN.curves.copy()))
    assert block.run() == expected


def test_inputs_let_go_of_the_arrays():
    # Counted outside the assertion, which holds on to what it compares.
    before = sys.getrefcount(PLAN.curves)
    inputs = kernel().Inputs(PLAN)
    during = sys.getrefcount(PLAN.curves)
    del inputs
    after = sys.getrefcount(PLAN.curves)
    assert (during > before, after) == (True, before)


# --- the arrays of a block


@pytest.fixture
def block():
    block = Block(PLAN, make_traits(PLAN))
    block.enrol()
    return block


def test_no_patients_are_no_error():
    empty = Block(PLAN, make_traits(PLAN, 0))
    results, weekly, events = empty.run()
    assert results == events == b""
    assert not any(weekly)


@pytest.mark.parametrize("name", ["traits", "states", "weekly", "events"])
def test_a_wrong_dtype_is_named(block, name):
    setattr(block, name, np.zeros(len(getattr(block, name)), np.int32))
    with pytest.raises(TypeError, match=f"^{name}: its dtype is int32"):
        block.advance(7)


@pytest.mark.parametrize("name", ["states", "weekly", "events"])
def test_a_read_only_array_is_named(block, name):
    getattr(block, name).setflags(write=False)
    with pytest.raises(ValueError, match=f"^{name}: is read-only"):
        block.advance(7)


@pytest.mark.parametrize("name", ["traits", "states", "weekly", "events"])
def test_every_second_element_is_refused(block, name):
    array = getattr(block, name)
    setattr(block, name, np.repeat(array, 2)[::2])
    with pytest.raises(ValueError, match=f"^{name}: its elements do not lie"):
        block.advance(7)


def test_two_dimensions_are_refused(block):
    block.traits = block.traits.reshape(1, -1)
    with pytest.raises(ValueError, match=r"^traits: its shape is \(1, 3\); allowed: \(any\)"):
        block.advance(7)


def test_unaligned_states_are_refused(block):
    shifted = np.zeros(len(block.states) + 1, np.uint8)
    block.states = shifted[1:] if shifted.ctypes.data % 8 == 0 else shifted[:-1]
    with pytest.raises(ValueError, match="^states: does not begin at a multiple of 8"):
        block.enrol()


@pytest.mark.parametrize("change", [-1, 1])
def test_states_of_another_length_are_refused(block, change):
    block.states = np.zeros(len(block.states) + change, np.uint8)
    with pytest.raises(ValueError, match="^states: its shape is"):
        block.enrol()


def test_results_of_another_length_are_refused(block):
    block.results = np.zeros(2, RESULTS)
    with pytest.raises(ValueError, match=r"^results: its shape is \(2,\); allowed: \(3\)"):
        block.advance(7)


def test_too_few_weekly_rows_are_refused(block):
    block.weekly = np.zeros(52, WEEKLY)
    with pytest.raises(ValueError, match="^weekly: holds 52 weeks; allowed: 53 or more"):
        block.advance(365)
    block.events = None
    assert block.advance(364) == (0, 0)


def test_events_may_have_no_room_or_be_none(block):
    block.events = np.zeros(0, EVENTS)
    assert block.advance(1) == (1, 0)
    block.enrol()
    block.events = None
    assert block.advance(365) == (0, 0)


@pytest.mark.parametrize("end_day", [-1, 366])
def test_days_outside_the_calendar_are_refused(block, end_day):
    with pytest.raises(ValueError, match="^end_day: got"):
        block.advance(end_day)


def test_states_that_were_never_enrolled_are_refused(block):
    block.states[:] = 0
    for call in (lambda: block.advance(7), lambda: block.advance(365)):
        with pytest.raises(ValueError, match="^states: number 0 was not enrolled with these"):
            call()


def test_states_of_other_patients_are_refused(block):
    block.traits["patient"] += 1
    with pytest.raises(ValueError, match="^states: number 0 was not enrolled with these traits"):
        block.advance(7)


@pytest.mark.parametrize(("name", "value"), [("male", 2), ("age_days", -1), ("referral_day", -1)])
def test_traits_changed_after_enrolment_do_not_leave_a_table(block, name, value):
    block.traits[name][1] = value
    with pytest.raises(ValueError, match="^traits: number 1 was changed"):
        block.advance(7)


def test_results_are_written_when_they_fall_due(block):
    block.advance(364)
    assert not any(block.results.tobytes())
    block.advance(365)
    assert (block.results["pain_days"] > 0.0).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", -1),
        ("number", 2**32),
        ("booking_every_days", 0),
        ("booking_every_days", layout.BOOKING_DAYS),
        ("open_days", 0b10000000),
        ("chairs", -2),
        ("beds", -2),
        ("assessment_slots_per_week", -2),
        ("queue_order", 4),
        ("keeps_place", 2),
        ("no_show", 1.5),
        ("late_cancellation", np.nan),
    ],
)
def test_a_clinic_out_of_range_is_named(name, value):
    clinics = PLAN.clinics.copy()
    clinics[name][0, 0] = value
    with pytest.raises(ValueError, match=rf"^clinics.{name}\[0\]: got"):
        inputs_with(clinics=clinics)


def test_clinics_keep_their_number_and_order():
    plan = make_plan(clinics=[{"number": 5}, {"number": 5}], patients=3, years=1)
    with pytest.raises(ValueError, match=r"^clinics.number: got \[5, 5\]"):
        kernel().Inputs(plan)
    changes = {50: {"clinics": [{"number": 2}]}}
    with pytest.raises(ValueError, match="^clinics.number: differs between rule sets"):
        kernel().Inputs(make_plan(patients=3, years=1, changes=changes))


def test_referrals_of_a_clinic_are_in_order():
    with pytest.raises(ValueError, match="^referral_days: clinic 0 is not in order"):
        kernel().Inputs(make_plan(referral_days=[3, 1], years=1))
    kernel().Inputs(make_plan(referral_days=[3, 1], clinics=[{}, {}], years=1))


def test_buyers_have_something_to_buy():
    with pytest.raises(ValueError, match=r"^rule_sets\[0\].outside_step: got -1"):
        kernel().Inputs(make_plan(patients=1, years=1, outside_share=0.5))


def test_a_course_longer_than_a_clinic_looks_ahead_is_refused():
    slow = {"patients": 1, "years": 1, "step_gap_days": [[0], [0, 500]]}
    kernel().Inputs(make_plan(**slow))
    kernel().Inputs(make_plan(**slow, queues=True))
    sundays = {"open_days": 1 << 6, "booking_every_days": 10}
    with pytest.raises(ValueError, match="regimen 1 takes 504 days; allowed with queues: 501"):
        kernel().Inputs(make_plan(**slow, queues=True, clinics=[sundays]))


def test_queues_need_a_desk_and_a_desk_queues(block):
    with_queues = kernel().Inputs(make_plan(patients=3, years=1, queues=True))
    with pytest.raises(ValueError, match="^inputs: have no queues"):
        kernel().Desk(block.inputs, 0, block.traits)
    block.inputs = with_queues
    with pytest.raises(ValueError, match="^inputs: have queues"):
        block.advance(7)
    with pytest.raises(ValueError, match="^clinic: got 1; allowed: 0 to 0"):
        kernel().Desk(with_queues, 1, block.traits)
    block.traits["clinic"][2] = 7
    with pytest.raises(ValueError, match=r"^traits.clinic\[2\]: got 7; allowed: 1 to 1"):
        kernel().Desk(with_queues, 0, block.traits)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("male", 2),
        ("condition", -1),
        ("age_days", -1),
        ("patient", 2**32),
        ("referral_day", -1),
        ("clearance", 0.0),
        ("c50", -2.0),
        ("pain_level", np.nan),
        ("weight_kg", np.inf),
        ("therapy_response", np.nan),
        ("yearly_budget", np.inf),
    ],
)
def test_a_trait_out_of_range_is_named(block, name, value):
    block.traits[name][2] = value
    with pytest.raises(ValueError, match=rf"^traits.{name}.* (element )?.*{value}"):
        block.enrol()


def test_inputs_cannot_be_something_else(block):
    with pytest.raises(TypeError):
        block.kernel.enrol(None, block.traits, block.states)
    with pytest.raises(TypeError):
        block.kernel.enrol(PLAN, block.traits, block.states)
