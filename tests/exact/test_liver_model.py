"""The model with a liver against published figures, a matrix exponential and an integrator."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from plans import make_plan
from scipy.integrate import quad, solve_ivp
from scipy.linalg import expm

from pathways.codes import Curve
from pathways.evidence.book import book
from pathways.resolve.kinetics import (
    InfusionDay,
    advance,
    build_curves,
    concentration,
    course_rows,
)
from pathways.resolve.liver_model import LiverModel

PUBLISHED = LiverModel(**dict(book().parameter("PK5").value))
# Equal rates of loss hide modes from the central volume; the others put the liver elsewhere.
MODELS = {
    "published": PUBLISHED,
    "allometric": replace(PUBLISHED, is_allometric=True),
    "two equal": replace(PUBLISHED, flow_2=84.3, peripheral_volume_2=143.0),
    "three equal": LiverModel(100.0, 50.0, 100.0, 50.0, 100.0, 25.0, 100.0, 0.2, 0.05),
    "slow liver": replace(PUBLISHED, elimination=0.01, metabolism=0.01, hepatic_flow=5.0),
    "liver between": replace(PUBLISHED, elimination=0.05, metabolism=0.05, hepatic_flow=20.0),
}
COURSE = [InfusionDay(0, 200.0, 5.0), InfusionDay(1, 50.0, 1.0), InfusionDay(3, 5.0, 6.0)]


def at(value: float) -> np.ndarray:
    return np.array([value])


def no_effect(given):
    return 0.0 * given


def half_effect(given):
    return 0.55 * (0.5 * given) / (75.0 + 0.5 * given)


def rate_matrix(model: LiverModel, clearance: float, weight: float = 70.0) -> np.ndarray:
    """Flow of amounts (mg) between centre, two peripheral volumes and liver, and an input."""
    size = weight / 70.0 if model.is_allometric else 1.0
    flow = size**0.75
    more = clearance / model.clearance
    vc, v1, v2, vh = (
        volume * size
        for volume in (
            model.central_volume,
            model.peripheral_volume_1,
            model.peripheral_volume_2,
            model.hepatic_volume,
        )
    )
    q1, q2, qh = model.flow_1 * flow, model.flow_2 * flow, model.hepatic_flow * more
    lost = (model.elimination + model.metabolism) * more / size
    return np.array(
        [
            [-(q1 + q2 + qh) / vc, q1 / v1, q2 / v2, qh / vh, 1.0],
            [q1 / vc, -q1 / v1, 0.0, 0.0, 0.0],
            [q2 / vc, 0.0, -q2 / v2, 0.0, 0.0],
            [qh / vc, 0.0, 0.0, -qh / vh - lost, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0],
        ]
    )


def published(dose_mg: float, hours: float, after: float = 0.0) -> float:
    """Return the concentration some hours after an infusion in the published typical patient."""
    solved = PUBLISHED.modes(at(PUBLISHED.clearance), at(75.0))
    state = advance(np.zeros((4, 1)), hours, dose_mg / hours, solved)
    return float(concentration(advance(state, after, 0.0, solved))[0])


def test_clearance_and_extraction_are_those_of_the_evidence():
    assert PUBLISHED.clearance == pytest.approx(book().parameter("PK6").value, abs=0.01)
    assert PUBLISHED.extraction == pytest.approx(0.72, abs=0.005)
    lost = PUBLISHED.intrinsic_clearance
    assert PUBLISHED.clearance == pytest.approx(lost * (1.0 - PUBLISHED.extraction))


def test_half_lives_are_those_of_the_evidence():
    solved = PUBLISHED.modes(at(PUBLISHED.clearance), at(70.0))
    assert np.log(2.0) / solved.rates[:, 0] == pytest.approx([0.12, 0.48, 2.2, 11.0], rel=0.03)


@pytest.mark.parametrize(
    ("dose_mg", "hours", "end", "one_hour", "four_hours"),
    [
        (37.5, 2.0 / 3.0, 133.0, 54.0, 16.0),
        (37.5, 2.0, 82.0, 39.0, 14.0),
        (80.0, 2.0, 176.0, 83.0, 30.0),
        (100.0, 4.0, 143.0, 76.0, 31.0),
        (75.0, 4.0, 107.0, 57.0, 23.0),
        (4800.0, 120.0, 367.0, 244.0, 139.0),
        (2000.0, 100.0, 183.0, 122.0, 69.0),
    ],
)
def test_regimens_in_use_end_where_a_simulation_apart_said(
    dose_mg, hours, end, one_hour, four_hours
):
    found = [published(dose_mg, hours, after) for after in (0.0, 1.0, 4.0)]
    assert found == pytest.approx([end, one_hour, four_hours], abs=1.0)


@pytest.mark.parametrize("clearance", [40.0, 109.0, 230.0])
@pytest.mark.parametrize("name", MODELS)
def test_courses_agree_with_the_matrix_exponential(name, clearance):
    model, weight = MODELS[name], 95.0
    matrix = rate_matrix(model, clearance, weight)
    central = model.central_volume * (weight / 70.0 if model.is_allometric else 1.0)
    solved = model.modes(at(clearance), at(weight))
    rows = course_rows(COURSE, at(weight), False, no_effect, solved)[..., 0]
    amounts = np.zeros(4)

    def moved(hours, rate):
        return (expm(matrix * hours) @ np.array([*amounts, rate]))[:4]

    for k, day in enumerate(COURSE):
        if k:
            amounts = moved(24.0 * day.gap_days - COURSE[k - 1].hours, 0.0)
        amounts = moved(day.hours, day.dose / day.hours)
        for row, hours in ((Curve.END, 0.0), (Curve.ONE_HOUR, 1.0), (Curve.FOUR_HOURS, 4.0)):
            expected = 1000.0 * moved(hours, 0.0)[0] / central / day.dose
            assert rows[k, row] == pytest.approx(expected, rel=1e-9), (k, row)


@pytest.mark.parametrize("name", MODELS)
def test_area_under_the_curve_is_dose_over_clearance(name):
    clearance, hours = 95.0, 2.0
    solved = MODELS[name].modes(at(clearance), at(82.0))
    at_end = advance(np.zeros((4, 1)), hours, 40.0, solved)

    def during(hour):
        return concentration(advance(np.zeros((4, 1)), hour, 40.0, solved))[0]

    def after(hour):
        return concentration(advance(at_end, hour - hours, 0.0, solved))[0]

    edges = [hours, 3.0, 6.0, 12.0, 24.0, 48.0, 120.0, 300.0, 1000.0, 5000.0]
    pieces = zip(edges, edges[1:], strict=False)
    area = quad(during, 0.0, hours, epsrel=1e-11)[0]
    area += sum(quad(after, one, other, epsrel=1e-11)[0] for one, other in pieces)
    assert area == pytest.approx(1000.0 * 80.0 / clearance, rel=1e-6)


def test_an_integrator_in_fine_steps_finds_the_same_curve():
    matrix = rate_matrix(PUBLISHED, PUBLISHED.clearance)[:4, :4]

    def slope(hour, amounts):
        return matrix @ amounts + np.array([40.0 if hour < 2.0 else 0.0, 0.0, 0.0, 0.0])

    exact = {"rtol": 1e-10, "atol": 1e-12, "max_step": 0.05}
    during = solve_ivp(slope, (0.0, 2.0 - 1e-12), np.zeros(4), **exact)
    after = solve_ivp(slope, (2.0, 26.0), during.y[:, -1], t_eval=[3.0, 6.0, 26.0], **exact)
    found = [published(80.0, 2.0, hour - 2.0) for hour in (3.0, 6.0, 26.0)]
    assert found == pytest.approx(1000.0 * after.y[0] / 192.0, rel=1e-7)


def test_weight_changes_nothing_unless_allometric():
    weights = np.array([45.0, 120.0])
    light, heavy = PUBLISHED.modes(np.full(2, 100.0), weights).rates.T
    assert np.array_equal(light, heavy)
    light, heavy = MODELS["allometric"].modes(np.full(2, 100.0), weights).rates.T
    assert np.all(light > heavy)


def test_the_allometric_typical_patient_keeps_the_extraction():
    # Clearance by (W/70)^0.75, volumes by W/70: times stretch by (W/70)^0.25.
    size = 110.0 / 70.0
    model = MODELS["allometric"]
    typical = model.modes(at(model.clearance), at(70.0))
    heavy = model.modes(at(model.clearance * size**0.75), at(110.0))
    assert heavy.rates * size**0.25 == pytest.approx(typical.rates, rel=1e-9)


def test_tables_are_of_this_model_and_have_the_same_bits_everywhere():
    rule_set = make_plan().rule_sets[0]
    table = build_curves(rule_set, PUBLISHED)
    clearance = rule_set["curve_clearance_low"] + 3 * rule_set["curve_clearance_step"]
    weight = rule_set["curve_weight_low"] + 5 * rule_set["curve_weight_step"]
    solved = PUBLISHED.modes(at(clearance), at(weight))
    days = [InfusionDay(0, 100.0, 4.0), InfusionDay(1, 100.0, 4.0)]
    rows = course_rows(days, at(weight), False, half_effect, solved)
    assert np.array_equal(table[1, :2, :, 3, 5], rows[..., 0])
    digest = hashlib.blake2b(table.astype("<f8").tobytes(), digest_size=8).hexdigest()
    assert digest == "9fc068da050583ee"


@pytest.mark.parametrize("name", ["hepatic_volume", "metabolism", "flow_1"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("inf"), float("nan")])
def test_impossible_parts_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name}: got {value!r}"):
        replace(PUBLISHED, **{name: value})
