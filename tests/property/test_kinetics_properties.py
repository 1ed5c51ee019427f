"""What must hold for the three-compartment model whatever its parameters and course."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pathways.codes import Curve
from pathways.resolve.kinetics import (
    Compartments,
    InfusionDay,
    advance,
    concentration,
    course_rows,
    modes,
)

volumes = st.floats(5.0, 500.0)
flows = st.floats(2.0, 400.0)
models = st.builds(Compartments, volumes, flows, volumes, flows, volumes, st.booleans())
clearances = st.floats(5.0, 400.0)
weights = st.floats(35.0, 170.0)
hours = st.floats(0.25, 24.0)
doses = st.floats(1.0, 2000.0)
days = st.builds(InfusionDay, st.integers(1, 30), doses, hours)
courses = st.lists(days, min_size=1, max_size=4)

EMAX, C50 = 0.55, 150.0
# A course costs some hundred evaluations of the model.
few = settings(max_examples=25)


def effect(given):
    return EMAX * given / (C50 + given)


def solved(clearance: float, weight: float, model: Compartments):
    return modes(np.array([clearance]), np.array([weight]), model)


def rows_of(course, clearance: float, weight: float, model: Compartments, is_per_kg=False):
    of = solved(clearance, weight, model)
    return course_rows(course, np.array([weight]), is_per_kg, effect, of)[..., 0]


@given(clearances, weights, models)
def test_modes_are_positive_ordered_and_keep_the_mass(clearance, weight, model):
    of = solved(clearance, weight, model)
    fast, middle, slow = of.rates[:, 0]
    assert fast >= middle >= slow > 0.0
    assert np.all(of.gains >= 0.0)
    # At steady state the gains add up to what comes in over what is cleared.
    assert np.isclose(of.gains.sum(), 1000.0 / clearance, rtol=1e-9)
    # At the first moment only the central volume holds drug.
    central = model.central_volume * weight / 70.0
    assert np.isclose((of.gains * of.rates).sum(), 1000.0 / central, rtol=1e-9)


@given(clearances, weights, models, doses, hours)
def test_all_that_is_given_is_cleared(clearance, weight, model, dose, duration):
    of = solved(clearance, weight, model)
    at_end = advance(np.zeros((3, 1)), duration, dose / duration, of)
    # Each mode integrates in closed form: gain * (T - x / rate) in, x / rate afterwards.
    during = (of.gains * dose / duration * duration - at_end / of.rates).sum()
    after = (at_end / of.rates).sum()
    assert np.isclose(during + after, 1000.0 * dose / clearance, rtol=1e-9)


@few
@given(clearances, weights, models, courses)
def test_a_course_is_the_sum_of_its_days(clearance, weight, model, course):
    of = solved(clearance, weight, model)
    rows = rows_of(course, clearance, weight, model)
    starts = np.cumsum([0, *[24.0 * day.gap_days for day in course[1:]]])
    for k, day in enumerate(course):
        end = starts[k] + day.hours
        total = 0.0
        for earlier, start in zip(course[: k + 1], starts[: k + 1], strict=True):
            state = advance(np.zeros((3, 1)), earlier.hours, earlier.dose / earlier.hours, of)
            total += concentration(advance(state, end - start - earlier.hours, 0.0, of))[0]
        assert np.isclose(rows[k, Curve.END] * day.dose, total, rtol=1e-9, atol=1e-9)


@few
@given(clearances, weights, models, doses, hours)
def test_a_single_infusion_peaks_at_its_end_and_falls(clearance, weight, model, dose, duration):
    row = rows_of([InfusionDay(0, dose, duration)], clearance, weight, model)[0]
    peak, end, one_hour, four_hours, mean_effect = row
    assert peak == end > one_hour > four_hours > 0.0
    assert 0.0 < mean_effect < effect(peak * dose) < EMAX


@few
@given(clearances, weights, models, courses)
def test_concentrations_follow_the_dose_in_proportion(clearance, weight, model, course):
    doubled = [InfusionDay(day.gap_days, 2.0 * day.dose, day.hours) for day in course]
    one, two = (rows_of(days, clearance, weight, model) for days in (course, doubled))
    concentrations = slice(Curve.PEAK, Curve.MEAN_EFFECT)
    assert np.allclose(one[:, concentrations], two[:, concentrations], rtol=1e-9)
    assert np.all(two[:, Curve.MEAN_EFFECT] > one[:, Curve.MEAN_EFFECT])
    assert np.all(two[:, Curve.MEAN_EFFECT] < 2.0 * one[:, Curve.MEAN_EFFECT])


@few
@given(clearances, weights, models, courses)
def test_a_slower_clearance_leaves_more(clearance, weight, model, course):
    slower, faster = (rows_of(course, factor * clearance, weight, model) for factor in (0.8, 1.0))
    assert np.all(slower > faster)


@few
@given(clearances, weights, models, courses)
def test_doses_per_kilogram_are_doses_times_weight(clearance, weight, model, course):
    fixed = [InfusionDay(day.gap_days, day.dose * weight, day.hours) for day in course]
    per_kg = rows_of(course, clearance, weight, model, is_per_kg=True)
    assert np.array_equal(per_kg, rows_of(fixed, clearance, weight, model))


@few
@given(clearances, weights, models, courses)
def test_patients_of_a_grid_do_not_touch_each_other(clearance, weight, model, course):
    both = modes(np.array([60.0, clearance]), np.array([60.0, weight]), model)
    rows = course_rows(course, np.array([60.0, weight]), False, effect, both)
    assert np.array_equal(rows[..., 1], rows_of(course, clearance, weight, model))
