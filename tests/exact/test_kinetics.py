"""The three-compartment model against published figures and an independent matrix exponential."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from plans import COMPARTMENTS, make_plan
from scipy.integrate import quad
from scipy.linalg import expm

from pathways import layout
from pathways.codes import Curve
from pathways.resolve.kinetics import (
    Compartments,
    InfusionDay,
    advance,
    build_curves,
    concentration,
    course_rows,
    curve_grid,
    modes,
)

CLEARANCE = 79.0
# The last two have equal and interchanged peripheral rates, where the cubic is special.
MODELS = {
    "ordinary": COMPARTMENTS,
    "without allometry": replace(COMPARTMENTS, is_allometric=False),
    "small central volume": Compartments(20.0, 100.0, 110.0, 40.0, 122.0),
    "equal rates": Compartments(60.0, 100.0, 50.0, 40.0, 20.0),
    "second is slower": Compartments(60.0, 40.0, 122.0, 100.0, 70.0),
}
COURSES = {
    "single": [InfusionDay(0, 80.0, 2.0)],
    "fading doses": [InfusionDay(0, 200.0, 5.0), InfusionDay(1, 50.0, 1.0), InfusionDay(3, 5.0, 6)],
    "continuous for three days": [InfusionDay(gap, 480.0, 24.0) for gap in (0, 1, 1)],
    "weeks apart": [InfusionDay(gap, 40.0, 0.5) for gap in (0, 7, 60)],
}


def no_effect(given):
    return 0.0 * given


def half_effect(given):
    return 0.55 * (0.5 * given) / (75.0 + 0.5 * given)


def at(value: float) -> np.ndarray:
    return np.array([value])


def rate_matrix(clearance: float, weight: float, model: Compartments) -> np.ndarray:
    """Flow of amounts (mg) between the three compartments and a constant input, per hour."""
    size = weight / 70.0
    flow = size**0.75 if model.is_allometric else 1.0
    v1, v2, v3 = (
        volume * size
        for volume in (model.central_volume, model.peripheral_volume_2, model.peripheral_volume_3)
    )
    q2, q3 = model.flow_2 * flow, model.flow_3 * flow
    return np.array(
        [
            [-(clearance + q2 + q3) / v1, q2 / v2, q3 / v3, 1.0],
            [q2 / v1, -q2 / v2, 0.0, 0.0],
            [q3 / v1, 0.0, -q3 / v3, 0.0],
            [0.0, 0.0, 0.0, 0.0],
        ]
    )


class ByMatrix:
    """The same course by matrix exponentials; concentrations in ng/mL at any hour."""

    def __init__(self, days: list[InfusionDay], clearance: float, weight: float, model) -> None:
        self.matrix = rate_matrix(clearance, weight, model)
        self.central = model.central_volume * weight / 70.0
        self.days, self.starts = days, np.cumsum([day.gap_days for day in days]) * 24.0

    def __call__(self, hour: float) -> float:
        amounts, now = np.zeros(3), 0.0
        for day, start in zip(self.days, self.starts, strict=True):
            for until, rate in ((start, 0.0), (start + day.hours, day.dose / day.hours)):
                stop = min(until, hour)
                if stop > now:
                    amounts, now = self.moved(amounts, stop - now, rate), stop
        amounts = self.moved(amounts, hour - now, 0.0)
        return 1000.0 * amounts[0] / self.central

    def moved(self, amounts: np.ndarray, hours: float, rate: float) -> np.ndarray:
        return (expm(self.matrix * hours) @ np.array([*amounts, rate]))[:3]


def test_half_lives_are_those_of_the_evidence():
    solved = modes(at(CLEARANCE), at(70.0), COMPARTMENTS)
    half_lives = np.log(2.0) / solved.rates[:, 0]
    assert half_lives == pytest.approx([0.15, 0.94, 3.7], rel=0.04)


def test_a_published_infusion_ends_at_its_stated_concentration():
    # 0.5 mg/kg over 40 min in a patient of 75 kg, volumes as for 70 kg: 267 ng/mL.
    solved = modes(at(CLEARANCE), at(70.0), COMPARTMENTS)
    end = concentration(advance(np.zeros((3, 1)), 2.0 / 3.0, 37.5 / (2.0 / 3.0), solved))
    assert end[0] == pytest.approx(267.0, abs=1.0)


@pytest.mark.parametrize("name", MODELS)
def test_area_under_the_curve_is_dose_over_clearance(name):
    solved = modes(at(CLEARANCE), at(82.0), MODELS[name])
    during = [0.0, 0.2, 1.0, 2.0]
    state = advance(np.zeros((3, 1)), 2.0, 40.0, solved)

    def value(hour):
        if hour < 2.0:
            return concentration(advance(np.zeros((3, 1)), hour, 40.0, solved))[0]
        return concentration(advance(state, hour - 2.0, 0.0, solved))[0]

    edges = [*during, 3.0, 6.0, 12.0, 24.0, 48.0, 120.0, 300.0]
    area = sum(quad(value, a, b, epsrel=1e-11)[0] for a, b in zip(edges, edges[1:], strict=False))
    assert area == pytest.approx(1000.0 * 80.0 / CLEARANCE, rel=1e-6)


@pytest.mark.parametrize("course", COURSES)
@pytest.mark.parametrize("name", MODELS)
def test_courses_agree_with_the_matrix_exponential(name, course):
    days, model = COURSES[course], MODELS[name]
    solved = modes(np.array([40.0, 110.0]), np.array([50.0, 120.0]), model)
    rows = course_rows(days, np.array([50.0, 120.0]), False, no_effect, solved)
    for patient, (clearance, weight) in enumerate([(40.0, 50.0), (110.0, 120.0)]):
        other = ByMatrix(days, clearance, weight, model)
        for k, (day, start) in enumerate(zip(days, other.starts, strict=True)):
            # What is still to come is not part of a day's row.
            alone = ByMatrix(days[: k + 1], clearance, weight, model)
            for row, hours in ((Curve.END, 0.0), (Curve.ONE_HOUR, 1.0), (Curve.FOUR_HOURS, 4.0)):
                expected = alone(start + day.hours + hours) / day.dose
                assert rows[k, row, patient] == pytest.approx(expected, rel=1e-10)


def test_the_peak_of_a_small_dose_after_a_large_one_is_at_its_start():
    days = [InfusionDay(0, 2000.0, 24.0), InfusionDay(1, 10.0, 2.0)]
    solved = modes(at(CLEARANCE), at(79.0), COMPARTMENTS)
    peak = course_rows(days, at(79.0), False, no_effect, solved)[1, Curve.PEAK, 0]
    other = ByMatrix(days[:1], CLEARANCE, 79.0, COMPARTMENTS)
    assert peak == pytest.approx(other(24.0) / 10.0, rel=1e-10)


@pytest.mark.parametrize("course", COURSES)
def test_the_mean_effect_is_the_integral_over_a_day(course):
    days = COURSES[course]
    solved = modes(at(CLEARANCE), at(79.0), COMPARTMENTS)
    rows = course_rows(days, at(79.0), False, half_effect, solved)
    for k, day in enumerate(days):
        other = ByMatrix(days[: k + 1], CLEARANCE, 79.0, COMPARTMENTS)
        start, cut = other.starts[k], other.starts[k] + day.hours
        area = sum(
            quad(lambda hour, curve=other: half_effect(curve(hour)), a, b, epsrel=1e-9)[0]
            for a, b in ((start, cut), (cut, start + 24.0))
        )
        assert rows[k, Curve.MEAN_EFFECT, 0] == pytest.approx(area / 24.0, rel=1e-6)


def test_doses_per_kilogram_follow_the_weight():
    weight = np.array([50.0, 100.0])
    solved = modes(np.full(2, CLEARANCE), weight, COMPARTMENTS)
    per_kg = course_rows([InfusionDay(0, 0.5, 2.0)], weight, True, half_effect, solved)
    for k, milligrams in enumerate((25.0, 50.0)):
        fixed = course_rows([InfusionDay(0, milligrams, 2.0)], weight, False, half_effect, solved)
        assert np.array_equal(per_kg[..., k], fixed[..., k])


def test_table_entries_stand_at_their_clearance_and_weight():
    rule_set = make_plan().rule_sets[0]
    table = build_curves(rule_set, COMPARTMENTS)
    i, j = 2, 6
    clearance = rule_set["curve_clearance_low"] + i * rule_set["curve_clearance_step"]
    weight = rule_set["curve_weight_low"] + j * rule_set["curve_weight_step"]
    solved = modes(at(clearance), at(weight), COMPARTMENTS)
    days = [InfusionDay(0, 100.0, 4.0), InfusionDay(1, 100.0, 4.0)]
    rows = course_rows(days, at(weight), False, half_effect, solved)
    assert np.array_equal(table[1, :2, :, i, j], rows[..., 0])
    assert not np.array_equal(table[1, :2, :, j, i], rows[..., 0])


def test_the_mean_effect_is_of_s_equivalents():
    racemic, s_ketamine = (
        build_curves(make_plan(step_s_ketamine=is_s).rule_sets[0], COMPARTMENTS) for is_s in (0, 1)
    )
    assert np.array_equal(racemic[0, 0, : Curve.MEAN_EFFECT], s_ketamine[0, 0, : Curve.MEAN_EFFECT])
    assert np.all(racemic[0, 0, Curve.MEAN_EFFECT] < s_ketamine[0, 0, Curve.MEAN_EFFECT])


def test_maintenance_regimens_are_tabulated_and_shams_are_not():
    table = build_curves(make_plan(ladder_steps=1, step_sham=[1, 0]).rule_sets[0], COMPARTMENTS)
    assert table.shape == (
        layout.MAX_LADDER_STEPS,
        layout.MAX_COURSE_DAYS,
        layout.CURVE_ROWS,
        layout.CURVE_GRID,
        layout.CURVE_GRID,
    )
    assert np.all(table[1, :2] > 0.0)
    assert not np.any(table[0]) and not np.any(table[1, 2:]) and not np.any(table[2:])


def test_the_grid_spans_three_standard_deviations():
    population = make_plan(weight_low_kg=1.0, weight_high_kg=900.0).population[0]
    grid = curve_grid(population)
    log_sd = np.sqrt(0.25**2 + (0.75 * 0.23) ** 2)
    median = 79.0 * np.exp(0.75 * (4.34 - np.log(70.0)))
    ends = [median * np.exp(-3.0 * log_sd), median * np.exp(3.0 * log_sd)]
    assert [grid.clearances()[0], grid.clearances()[-1]] == pytest.approx(ends, rel=1e-12)
    ends = [np.exp(4.34 - 3.0 * 0.23), np.exp(4.34 + 3.0 * 0.23)]
    assert [grid.weights()[0], grid.weights()[-1]] == pytest.approx(ends, rel=1e-12)


def test_the_grid_keeps_to_the_limits_of_weight_and_survives_a_uniform_population():
    grid = curve_grid(make_plan().population[0])
    assert grid.weights()[0] == 40.0
    alike = make_plan(weight_sigma=0.0, clearance_log_sd=0.0, clearance_allometric=0)
    grid = curve_grid(alike.population[0])
    assert (grid.clearance_step, grid.weight_step) == (1.0, 1.0)
    assert grid.clearance_low == pytest.approx(79.0, rel=1e-15)


def test_tables_have_the_same_bits_everywhere():
    # Changes only with the equations: digits of no library take part.
    table = build_curves(make_plan().rule_sets[0], COMPARTMENTS)
    digest = hashlib.blake2b(table.astype("<f8").tobytes(), digest_size=8).hexdigest()
    assert digest == "19979aaefcb2471d"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"step_hours": {0: 25.0}}, "hours: got 25.0"),
        ({"step_hours": {0: 0.0}}, "hours: got 0.0"),
        ({"step_dose": {0: 0.0}}, "dose: got 0.0"),
        ({"step_gap_days": {17: 0}}, "gap_days: got 0"),
    ],
)
def test_impossible_days_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        make_plan(**fields)


def test_a_model_without_a_volume_is_refused():
    with pytest.raises(ValueError, match="flow_3: got 0.0"):
        replace(COMPARTMENTS, flow_3=0.0)
