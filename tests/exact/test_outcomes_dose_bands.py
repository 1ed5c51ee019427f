"""Harm by the lifetime dose at the time, against person-time worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from raw_results import CLEARANCE, event_log, event_row, five_patients

from pathways.codes import ChronicHarm, Event, HarmCause, Step
from pathways.outcomes.dose_bands import band_of, dose_bands, rates

EXCESS, BACKGROUND = HarmCause.EXCESS, HarmCause.BACKGROUND
LIVER = ChronicHarm.LIVER_INJURY


def infusion(patient: int, day: int, mg: float, *, s_ketamine: bool = False) -> tuple:
    auc = (1.0 if s_ketamine else 0.5) * (1000.0 * mg / CLEARANCE)
    return event_row(patient, day, Step.ADMINISTRATION, Event.ADMINISTERED, 0, mg, auc)


def onset(patient: int, day: int, mg: float, cause: HarmCause = EXCESS) -> tuple:
    return event_row(patient, day, Step.WEEKLY, Event.HARM_ONSET, LIVER, float(cause), 0.0, mg)


def of_log(*rows: tuple, died_day: int = -1):
    """Return the bands of five patients over a year, of whom only those in `rows` have events."""
    raw, plan = five_patients()
    results = raw.results.copy()
    results["died_day"] = [died_day, -1, -1, -1, -1]
    return dose_bands(replace(raw, results=results, events=event_log(list(rows))), plan)


def days(bands) -> list[int]:
    return [band.days for band in bands]


@pytest.mark.parametrize(
    ("mg", "band"),
    [(0.0, 0), (0.1, 1), (500.0, 1), (500.0005, 1), (501.0, 2), (2000.0, 2), (2001.0, 3)]
    + [(5000.0, 3), (5001.0, 4), (1e9, 4)],
)
def test_band_of_a_dose(mg, band):
    assert band_of(np.array([mg])).tolist() == [band]


def test_nobody_infused_is_all_in_the_lowest_band():
    bands = of_log()
    assert days(bands) == [5 * 365, 0, 0, 0, 0]
    assert [band.patients for band in bands] == [5, 0, 0, 0, 0]


def test_time_is_spent_in_every_band_passed_through():
    # Weeks begin on days 35, 70, 140 and 210.
    bands = of_log(
        infusion(0, 37, 400.0), infusion(0, 70, 1000.0), infusion(0, 146, 3000.0),
        infusion(0, 210, 1000.0),
    )  # fmt: skip
    assert days(bands) == [4 * 365 + 35, 35, 70, 70, 365 - 210]
    assert [band.patients for band in bands] == [5, 1, 1, 1, 1]


def test_time_ends_with_death():
    bands = of_log(infusion(0, 70, 100.0), died_day=105)
    assert days(bands) == [4 * 365 + 70, 35, 0, 0, 0]


def test_all_time_lived_is_in_some_band():
    raw, plan = five_patients()
    assert sum(days(dose_bands(raw, plan))) == 4 * 365 + 112


def test_several_infusions_of_a_week_take_no_time():
    bands = of_log(infusion(0, 70, 400.0), infusion(0, 71, 400.0), infusion(0, 72, 1500.0))
    assert days(bands)[:4] == [4 * 365 + 70, 0, 0, 295]


def test_s_ketamine_counts_in_racemic_equivalents():
    assert days(of_log(infusion(0, 70, 300.0, s_ketamine=True)))[2] == 295
    assert days(of_log(infusion(0, 70, 300.0)))[1] == 295


def test_sham_infusion_is_no_dose():
    assert days(of_log(infusion(0, 70, 0.0)))[0] == 5 * 365


def test_onsets_count_by_dose_and_cause():
    bands = of_log(
        onset(0, 7, 0.0, BACKGROUND), onset(1, 70, 600.0), onset(2, 70, 600.0),
        onset(3, 77, 600.0, BACKGROUND),
    )  # fmt: skip
    assert bands[0].onsets[LIVER].tolist() == [1, 0]
    assert bands[2].onsets[LIVER].tolist() == [1, 2]


def test_onset_and_time_of_its_week_are_in_one_band():
    # Infused on Wednesday; the clock of that week is moved on Monday with the new dose.
    bands = of_log(infusion(0, 72, 600.0), onset(0, 77, 600.0), died_day=77)
    assert (days(bands)[2], bands[2].onsets[LIVER, EXCESS]) == (7, 1)


def test_final_dose_would_hide_the_harm_of_a_high_dose():
    # Two patients reach 6000 mg on day 280 of 365 and fall ill a week later. The 280 days before,
    # in which they could not have been counted otherwise, are immortal time.
    rows = []
    for patient in (0, 1):
        rows += [infusion(patient, 280, 6000.0), onset(patient, 287, 6000.0)]
    top = of_log(*rows)[-1]
    assert (top.patients, top.days, top.onsets[LIVER, EXCESS]) == (2, 2 * 85, 2)
    rate = top.rate(LIVER, EXCESS)
    by_final_dose = 100.0 * 2 / (2 * 365 / 365)
    assert (rate.value, by_final_dose) == (pytest.approx(100.0 * 365 / 85), 100.0)


def test_rate_has_a_poisson_interval():
    # Published exact limits of 2 events: 0.2422 and 7.2247; of none: 0 and 3.6889.
    band = of_log(onset(0, 70, 0.0), onset(1, 70, 0.0))[0]
    found, none = band.rate(LIVER, EXCESS), band.rate(LIVER, BACKGROUND)
    assert (found.low, found.high) == (
        pytest.approx(20 * 0.2422, abs=2e-3),
        pytest.approx(20 * 7.2247, abs=2e-3),
    )
    assert (none.value, none.low, none.standard_error) == (0.0, 0.0, None)
    assert none.high == pytest.approx(20 * 3.6889, abs=2e-3)


def test_rates_name_every_harm_by_cause_and_leave_empty_bands_open():
    found = {(band, measure): estimate for band, measure, _, estimate in rates(of_log())}
    assert len(found) == 5 * (1 + 6 * 2)
    assert found["dose_0_mg", "patient_years"].value == 5.0
    empty = found["dose_to_500_mg", "use_disorder_excess_per_100_years"]
    assert (empty.value, empty.note) == (None, "no time")


def test_without_events_nothing_is_said():
    assert dose_bands(*five_patients(events=False)) is None
