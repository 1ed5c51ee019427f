"""Harms, tests and stopping in the reference engine, against clocks and sums worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from plans import make_plan
from reference_runs import (
    ALWAYS_PASSES,
    NEVER_PASSES,
    courses_of,
    of_kind,
    open_model,
    run_still,
    still_plan,
    still_traits,
)

from pathways.codes import (
    AcuteHarm,
    ChronicHarm,
    Comorbidity,
    Event,
    ExitReason,
    HarmCause,
    Link,
    Metric,
    Purpose,
    State,
    Verdict,
)
from pathways.engines.mesa_engine import run
from pathways.fastcore.draws import Draws
from pathways.layout import CHRONIC_HARMS, EXPOSURE_WEEKS
from pathways.rules.exposure import excess_link

CYSTITIS = ChronicHarm.CYSTITIS
UNTREATED = {"ketamine_offered": 0, "horizon_days": 700}
AT_ONCE = 1e9
"""A hazard that strikes on the first Monday on which it is not 0."""
CERTAIN = {"acute_intercept": [1e9, -1e9, -1e9, -1e9]}


def uniform(purpose: Purpose, occurrence: int, patient: int = 0, lane: int = 0) -> float:
    return Draws(1).uniform(FIRST_CLINIC, patient, purpose, occurrence, lane)


def clock(purpose: Purpose, occurrence: int, patient: int = 0) -> float:
    return -np.log(uniform(purpose, occurrence, patient))


def harm_address(harm: int, cause: int, episode: int = 0) -> int:
    return (episode * 2 + cause) * 8 + harm


def only(harm: int, **fields: float) -> dict:
    """Return chronic-harm fields that are set for one harm."""
    return {name: {harm: value} for name, value in fields.items()}


# Onset and recovery


def test_background_onset_is_the_first_monday_on_which_its_clock_is_spent():
    hazard, patients = 0.004, 40
    plan = still_plan(patients, **UNTREATED, harm_background=hazard)
    results = run(plan, traits=still_traits(plan)).results
    for harm in ChronicHarm:
        clocks = [clock(Purpose.HARM_ONSET, harm, patient) for patient in range(patients)]
        days = 7 * np.ceil(np.array(clocks) / hazard / 7.0)
        expected = np.where(days < 700, days, -1)
        assert results["harm_first_day"][:, harm].tolist() == expected.tolist()
    assert (results["harm_count"][:, 0::2] == (results["harm_first_day"] >= 0)).all()
    assert (results["harm_count"][:, 1::2] == 0).all()


def test_share_with_a_background_harm_is_that_of_a_constant_hazard():
    # Six harms in 1000 patients; |z| > 4.5 has a false-alarm rate below 1e-5.
    hazard, days = 0.01, 98
    plan = still_plan(1000, ketamine_offered=0, horizon_days=days + 1, harm_background=hazard)
    results = run(plan, traits=still_traits(plan)).results
    n = 6 * 1000
    share = 1.0 - np.exp(-hazard * days)
    z = ((results["harm_first_day"] >= 0).sum() - n * share) / np.sqrt(n * share * (1.0 - share))
    assert abs(z) < 4.5


def test_comorbidity_and_age_multiply_the_background_hazard():
    at_risk = 1 << Comorbidity.DEPRESSION
    plan = still_plan(
        3,
        **UNTREATED,
        harm_background=0.001,
        harm_background_ratio=5.0,
        harm_comorbidities=at_risk | 1 << Comorbidity.ANXIETY,
    )
    factors = plan.harm_age_factor.copy()
    factors[CYSTITIS, :50], factors[CYSTITIS, 50:] = 2.0, 4.0
    plan = dataclasses.replace(plan, harm_age_factor=factors)
    # 50 years old from Monday, day 350.
    traits = still_traits(plan, age_days=50 * 365 - 350, comorbidities=[0, at_risk, 1 << 11])
    results = run(plan, traits=traits).results
    for patient, ratio in enumerate([1.0, 5.0, 1.0]):
        left = clock(Purpose.HARM_ONSET, harm_address(CYSTITIS, 0), patient)
        young = 0.001 * ratio * 2.0
        days = left / young
        if days > 343:
            days = 343 + (left - 343 * young) / (young * 2.0)
        day = 7 * np.ceil(days / 7.0)
        assert results["harm_first_day"][patient, CYSTITIS] == (day if day < 700 else -1)


def test_recovery_winds_the_clock_of_a_new_episode():
    hazard, healing = 0.02, 0.05
    fields = only(CYSTITIS, harm_background=hazard, harm_recovery_per_day=healing)
    result = run_still(**UNTREATED, **fields)
    lines = of_kind(result, Event.HARM_ONSET, Event.HARM_RECOVERED)
    assert len(lines) > 6
    day = 0
    for k, line in enumerate(lines):
        onset, episode = k % 2 == 0, k // 2
        purpose = Purpose.HARM_ONSET if onset else Purpose.HARM_RECOVERY
        address = harm_address(CYSTITIS, 0, episode)
        day += 7 * int(np.ceil(clock(purpose, address) / (hazard if onset else healing) / 7.0))
        found = (line["day"], line["draw_purpose"], line["draw_occurrence"], line["code"])
        assert found == (day, purpose, address, CYSTITIS)
    onsets = (lines["event"] == Event.HARM_ONSET).sum()
    assert result.results["harm_count"][0, 2 * CYSTITIS] == onsets


def test_a_permanent_harm_never_heals():
    fields = only(
        CYSTITIS, harm_background=AT_ONCE, harm_recovery_per_day=AT_ONCE, harm_permanent=1.0
    )
    result = run_still(**UNTREATED, **fields)
    assert len(of_kind(result, Event.HARM_ONSET)) == 1
    assert len(of_kind(result, Event.HARM_RECOVERED)) == 0


def test_an_excess_harm_heals_only_after_days_without_infusions():
    fields = only(
        CYSTITIS,
        harm_base=AT_ONCE,
        harm_link=Link.LINEAR,
        harm_slope=1.0,
        harm_metric=Metric.TRAILING_DAYS,
        harm_window_weeks=1,
        harm_recovery_per_day=AT_ONCE,
        harm_recovery_after_days=21,
    )
    result = run_still(**fields, **ALWAYS_PASSES, horizon_days=130)
    # Infusions on the days 42, 84 and 126.
    assert of_kind(result, Event.HARM_ONSET)["day"].tolist() == [49, 91]
    assert of_kind(result, Event.HARM_RECOVERED)["day"].tolist() == [63, 105]
    assert (of_kind(result, Event.HARM_ONSET)["value_1"] == HarmCause.EXCESS).all()


def test_a_background_harm_may_heal_during_infusions():
    fields = only(CYSTITIS, harm_recovery_per_day=AT_ONCE, harm_recovery_after_days=10_000) | {
        "horizon_days": 130
    }
    # The hazard is above 0 from day 50 to 56 alone; infusions are on the days 42, 84 and 126.
    changes = {
        50: only(CYSTITIS, harm_background=AT_ONCE),
        57: only(CYSTITIS, harm_background=0.0),
    }
    result = run_still(**fields, **ALWAYS_PASSES, changes=changes)
    assert of_kind(result, Event.HARM_ONSET)["day"].tolist() == [56]
    assert of_kind(result, Event.HARM_RECOVERED)["day"].tolist() == [63]


def test_deaths_by_background_harms_are_left_to_the_life_table():
    fields = only(CYSTITIS, harm_background=AT_ONCE, harm_fatality=1.0, harm_qaly_loss=0.5)
    result = run_still(**UNTREATED, **fields)
    assert result.results["harm_first_day"][0].tolist() == [-1, 7, -1, -1, -1, -1]
    assert result.results["died_day"] == -1
    lost = run_still(**UNTREATED).results["qaly_undiscounted"] - result.results["qaly_undiscounted"]
    assert lost == pytest.approx(0.5, rel=1e-12)


def test_a_fatal_harm_kills_on_the_next_monday():
    fields = only(
        CYSTITIS,
        harm_base=AT_ONCE,
        harm_metric=Metric.LIFETIME_MG,
        harm_link=Link.LINEAR,
        harm_slope=1.0,
        harm_fatality=1.0,
    )
    result = run_still(**fields, **ALWAYS_PASSES)
    onset = of_kind(result, Event.HARM_ONSET)["day"]
    assert len(onset) == 1 and onset[0] > result.results["first_infusion_day"][0] >= 0
    assert result.results["died_day"] == onset[0] + 7


def test_active_harms_lower_the_utility_one_by_one():
    fields = {
        "harm_background": [AT_ONCE, AT_ONCE, 0.0, 0.0, 0.0, 0.0],
        "harm_decrement": [0.1, 0.05, 0.3, 0.3, 0.3, 0.3],
    }
    result = run_still(**UNTREATED, **fields)
    without = run_still(**UNTREATED)
    for name in ("qaly_undiscounted", "pain_days"):
        lost = without.results[name] - result.results[name]
        years = (700 - 7) / 365.0
        assert lost == pytest.approx(0.15 * years if name.startswith("qaly") else 0.0, rel=1e-12)
    assert result.results["qaly_drug_only"] == result.results["qaly"]


def test_a_harm_cannot_bring_utility_below_the_floor():
    result = run_still(**UNTREATED, harm_background=AT_ONCE, harm_decrement=5.0)
    first_week = run_still(ketamine_offered=0, horizon_days=7).results["qaly_undiscounted"]
    expected = first_week - 0.59 * (700 - 7) / 365.0
    assert result.results["qaly_undiscounted"] == pytest.approx(expected, rel=1e-12)


# Exposure


@pytest.mark.parametrize(
    ("metric", "weeks", "x"),
    [
        (Metric.LIFETIME_MG, 0, 300.0),
        (Metric.TRAILING_MG, 4, 300.0),
        (Metric.TRAILING_MG, 1, 300.0),
        (Metric.TRAILING_DAYS, 1, 3.0),
        (Metric.TRAILING_HOURS, 2, 6.0),
    ],
)
def test_metrics_of_a_course_on_the_next_monday(metric, weeks, x):
    # 50, 50 and 50 mg of S-ketamine on the days 42 to 44: 300 mg as racemate.
    result = run_still(
        **courses_of([50.0] * 3),
        step_s_ketamine=1,
        **only(
            CYSTITIS,
            harm_base=AT_ONCE,
            harm_link=Link.LINEAR,
            harm_slope=1.0,
            harm_metric=metric,
            harm_window_weeks=weeks,
        ),
    )
    line = of_kind(result, Event.HARM_ONSET)[0]
    assert line[["day", "value_1", "value_2", "value_3"]].tolist() == (49, 1.0, x, 300.0)


def test_the_peak_counts_only_in_the_week_after_an_infusion():
    fields = only(
        CYSTITIS,
        harm_base=AT_ONCE,
        harm_link=Link.LINEAR,
        harm_slope=1.0,
        harm_metric=Metric.PEAK,
    )
    # The hazard starts on day 50, when the infusion of day 42 is more than a week away on Monday.
    result = run_still(**ALWAYS_PASSES, changes={50: fields}, horizon_days=100)
    line = of_kind(result, Event.HARM_ONSET)[0]
    peaks = of_kind(result, Event.ADMINISTERED)["value_3"] / 0.5
    assert line["day"] == 91 and line["value_2"] == peaks[0] == peaks[1] > 0.0


def test_window_sums_take_whole_weeks_before_this_one_and_forget_stale_entries():
    with open_model(still_plan()) as model:
        patient = model.patients[0]
        assert patient.window_sum("mg", 31) == 0.0
        for week, mg in [(3, 10.0), (3, 5.0), (5, 20.0), (3 + EXPOSURE_WEEKS, 40.0)]:
            model.week, model.day = week, 7 * week
            patient.record_exposure(mg, 2.0, mg)
            if week == 5:
                sums = [patient.window_sum("mg", n) for n in (0, 1, 2, 5)]
                assert sums == [0.0, 0.0, 15.0, 15.0], "this week does not count"
        model.week = 4 + EXPOSURE_WEEKS
        assert patient.window_sum("mg", 1) == 40.0
        assert patient.window_sum("mg", 31) == 60.0
        assert patient.window_sum("hours", 31) == 4.0
        assert patient.window_sum("days", 31) == 2.0
        model.week = 5 + EXPOSURE_WEEKS
        assert patient.window_sum("mg", 31) == 40.0, "week 5 is 32 weeks ago"
        assert patient.peak_highest == 40.0


@pytest.mark.parametrize(
    ("link", "values"),
    [
        (Link.NONE, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        (Link.LOG_LINEAR, [0.0, np.exp(0.25), np.exp(0.5), np.exp(1.0), np.exp(2.0), np.exp(4.0)]),
        (Link.LINEAR, [0.0, 0.25, 0.5, 1.0, 2.0, 4.0]),
        (Link.THRESHOLD, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]),
        (Link.TABLE, [0.0, 0.5, 0.5, 1.0, 2.5, 3.0]),
    ],
)
def test_links(link, values):
    fields = only(CYSTITIS, harm_link=link, harm_slope=0.5, harm_threshold=2.0)
    knots = {4 + i: value for i, value in enumerate([1.0, 2.0, 3.0, 5.0])}
    levels = {4 + i: value for i, value in enumerate([0.5, 1.0, 2.0, 3.0])}
    with open_model(still_plan(**fields, harm_table_x=knots, harm_table_y=levels)) as model:
        rules = model.rule_sets[0]
        found = [excess_link(rules, CYSTITIS, x) for x in (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)]
    assert found == pytest.approx(values, rel=1e-14)


def test_excess_hazard_multiplies_base_ratio_link_and_lifetime_dose():
    fields = only(
        CYSTITIS,
        harm_base=0.001,
        harm_excess_ratio=3.0,
        harm_comorbidities=1 << Comorbidity.DEPRESSION,
        harm_link=Link.LINEAR,
        harm_slope=0.5,
        harm_metric=Metric.LIFETIME_MG,
        harm_lifetime_slope=0.7,
    )
    with open_model(still_plan(**fields), {"comorbidities": 1 << Comorbidity.DEPRESSION}) as model:
        patient = model.patients[0]
        assert patient.excess_hazard(CYSTITIS) == 0.0
        patient.last_exposure_day, patient.racemic_mg, patient.s_ketamine_mg = 3, 100.0, 50.0
        expected = 0.001 * 3.0 * (0.5 * 200.0) * np.exp(0.7 * 0.2)
        assert patient.excess_hazard(CYSTITIS) == pytest.approx(expected, rel=1e-14)


def test_switching_excess_harms_off_leaves_the_background_as_it_was():
    plan = make_plan(patients=60, years=2, harms=True, harm_fatality=0.0, harm_qaly_loss=0.01)
    plan = dataclasses.replace(plan, rule_sets=_without_stops(plan.rule_sets))
    off = plan.rule_sets.copy()
    off["harm_off"] = 1
    both = [run(dataclasses.replace(plan, rule_sets=r), True) for r in (plan.rule_sets, off)]
    background = [_of_cause(result, HarmCause.BACKGROUND) for result in both]
    names = ["patient", "day", "event", "code", "draw_purpose", "draw_occurrence"]
    assert len(background[0]) > 100
    assert background[0][names].tolist() == background[1][names].tolist()
    excess = [_of_cause(result, HarmCause.EXCESS) for result in both]
    assert len(excess[0]) > 100 and len(excess[1]) == 0
    assert (both[1].results["harm_count"][:, 1::2] == 0).all()
    assert (both[0].results["qaly"] <= both[1].results["qaly"]).all()


def _without_stops(rule_sets: np.ndarray) -> np.ndarray:
    rule_sets = rule_sets.copy()
    for name in ("adverse_event_acute", "adverse_event_chronic", "laboratory_stop_harms", "tests"):
        rule_sets[name] = 0
    rule_sets["choice_hazard_per_day"] = 0.0
    return rule_sets


def _of_cause(result, cause: HarmCause) -> np.ndarray:
    lines = of_kind(result, Event.HARM_ONSET, Event.HARM_RECOVERED, Event.HARM_DETECTED)
    return lines[lines["value_1"] == cause]


# Acute harms


def test_log_odds_of_an_acute_harm():
    fields = {
        "acute_intercept": [-0.5, 1e9, 1e9, 1e9],
        "acute_slope": 0.01,
        "acute_reference": 150.0,
        "acute_comorbidities": 1 << Comorbidity.ANXIETY,
        "acute_comorbidity_log_odds": 0.3,
        "acute_age_log_odds": 0.02,
        "acute_premedicated_log_odds": -0.4,
        "step_premedicated": [0b0001, 0],
    }
    seen = 0
    for anxious in (0, 1):
        traits = {"comorbidities": anxious << Comorbidity.ANXIETY, "age_days": 65 * 365}
        result = run_still(traits, **fields, **NEVER_PASSES)
        given = of_kind(result, Event.ADMINISTERED)
        lines = of_kind(result, Event.ACUTE_HARM)
        assert (lines["code"] == AcuteHarm.NAUSEA).sum() == len(given) == 3
        for k, infusion in enumerate(given):
            peak_racemic = infusion["value_3"] / 0.5
            years = 65.0 + infusion["day"] / 365.0
            x = -0.5 + 0.01 * (peak_racemic - 150.0) + 0.3 * anxious + 0.02 * (years - 50.0)
            x -= 0.4 * (k == 0)
            p = 1.0 / (1.0 + np.exp(-x))
            happened = uniform(Purpose.ACUTE_HARM, 4 * k) < p
            mine = lines[(lines["code"] == 0) & (lines["draw_occurrence"] == 4 * k)]
            assert len(mine) == happened
            if happened:
                seen += 1
                assert mine["day"] == infusion["day"] and mine["step"] == 8
                assert mine["value_1"] == pytest.approx(p, rel=1e-13)
                assert mine["value_2"] == peak_racemic
    assert 0 < seen < 6


def test_a_sham_has_acute_harms_of_its_own_and_no_peak():
    result = run_still(
        step_sham=1,
        acute_intercept=1e9,
        acute_sham_intercept=[-1e9, 1e9, -1e9, -1e9],
        acute_slope=1e9,
        acute_reference=-1.0,
        **NEVER_PASSES,
    )
    assert result.results["acute_count"].tolist() == [[0, 3, 0, 0]]
    lines = of_kind(result, Event.ACUTE_HARM)
    assert (lines["value_2"] == 0.0).all()
    assert lines["value_3"].tolist() == [1.0, 2.0, 3.0]
    assert lines["draw_occurrence"].tolist() == [1, 5, 9]


def test_an_acute_harm_costs_its_qalys_on_the_day():
    with_loss = still_plan(**CERTAIN, acute_qaly_loss=0.01, **NEVER_PASSES)
    without = still_plan(**CERTAIN, **NEVER_PASSES)
    results = [run(p, True, traits=still_traits(p)) for p in (with_loss, without)]
    days = of_kind(results[0], Event.ADMINISTERED)["day"]
    for name in ("qaly", "qaly_undiscounted", "qaly_drug_only"):
        lost = results[1].results[name] - results[0].results[name]
        factors = np.ones(3) if name == "qaly_undiscounted" else with_loss.effect_factor[days]
        assert lost == pytest.approx(0.01 * factors.sum(), rel=1e-10)


def test_a_repeated_adverse_event_ends_the_course_and_treatment():
    result = run_still(
        **courses_of([80.0, 80.0, 80.0]),
        **CERTAIN,
        adverse_event_acute=1 << AcuteHarm.DISSOCIATION,
        adverse_event_times=2,
    )
    results = result.results
    assert results["acute_count"].tolist() == [[2, 0, 0, 0]]
    assert results["exit_reason"] == ExitReason.ADVERSE_EVENT
    assert results["exit_day"] == 43 and results["infusions"] == 2
    lines = of_kind(result, Event.EXIT_RULE_TRUE, Event.EXITED, Event.COURSE_COMPLETED)
    assert lines[["event", "step", "code"]].tolist() == [
        (Event.EXIT_RULE_TRUE, 8, ExitReason.ADVERSE_EVENT),
        (Event.EXITED, 8, ExitReason.ADVERSE_EVENT),
    ]
    # The dose of the last day acts all the same.
    assert results["ketamine_auc_s"] == pytest.approx(2 * 0.5 * 1000.0 * 80.0 / 86.0)


def test_a_stop_after_an_administration_leaves_no_judgement_on_that_day():
    result = run_still(
        **CERTAIN,
        adverse_event_acute=1,
        judge_at_days=0,
        criterion_window_from=0,
        criterion_window_to=0,
        missing_minimum_scores=1,
    )
    assert result.results["exit_day"] == 42 and result.results["judgements"] == 0
    assert len(of_kind(result, Event.COURSE_COMPLETED)) == 1
    assert len(of_kind(result, Event.JUDGED)) == 0


# Detection and stopping

TEST = {
    "tests": 1,
    "test_harm": [CYSTITIS],
    "test_every_courses": [1],
    "test_sensitivity": [1.0],
}


def excess_after_infusion(**fields: float) -> dict:
    return only(
        CYSTITIS,
        harm_base=AT_ONCE,
        harm_link=Link.THRESHOLD,
        harm_threshold=1.0,
        harm_metric=Metric.LIFETIME_MG,
        **fields,
    )


def test_a_laboratory_stop_ends_treatment_at_the_visit():
    result = run_still(
        **excess_after_infusion(), **TEST, laboratory_stop_harms=1 << CYSTITIS, **ALWAYS_PASSES
    )
    assert of_kind(result, Event.TESTED)[["day", "step", "code", "value_1"]].tolist() == [
        (63, 6, 0, 1.0)
    ]
    line = of_kind(result, Event.HARM_DETECTED)[0]
    assert line[["day", "code", "value_1", "value_2"]].tolist() == (63, CYSTITIS, 1.0, 1.0)
    assert (line["draw_purpose"], line["draw_occurrence"]) == (Purpose.HARM_TEST, 0)
    assert result.results["exit_reason"] == ExitReason.LABORATORY_STOP
    assert result.results["exit_day"] == 63 and result.results["tests_done"] == 1
    order = result.events["event"][result.events["day"] == 63].tolist()
    assert order[-5:] == [
        Event.JUDGED,
        Event.TESTED,
        Event.HARM_DETECTED,
        Event.EXIT_RULE_TRUE,
        Event.EXITED,
    ]


def test_a_harm_found_by_a_test_that_does_not_stop_for_it_may_be_an_adverse_event():
    fields = {**TEST, "adverse_event_chronic": 1 << CYSTITIS}
    result = run_still(**excess_after_infusion(), **fields, **NEVER_PASSES, ladder_steps=1)
    reasons = of_kind(result, Event.EXIT_RULE_TRUE)["code"].tolist()
    assert reasons == [ExitReason.ADVERSE_EVENT, ExitReason.NON_RESPONSE]
    assert result.results["exit_reason"] == ExitReason.ADVERSE_EVENT


def test_a_noticed_harm_ends_treatment_on_that_monday_before_any_visit():
    p = 0.3
    result = run_still(
        **excess_after_infusion(harm_noticed_per_week=p),
        adverse_event_chronic=1 << CYSTITIS,
        laboratory_stop_harms=1 << CYSTITIS,
        **ALWAYS_PASSES,
    )
    address = harm_address(CYSTITIS, 1)
    weeks = next(k for k in range(60) if uniform(Purpose.HARM_NOTICED, address * 64 + k) < p)
    line = of_kind(result, Event.HARM_DETECTED)[0]
    assert line[["day", "step", "value_2"]].tolist() == (49 + 7 * weeks, 3, 0.0)
    assert line["draw_occurrence"] == address * 64 + weeks
    exit_line = of_kind(result, Event.EXITED)[0]
    assert exit_line[["day", "step", "code"]].tolist() == (
        49 + 7 * weeks,
        6,
        ExitReason.ADVERSE_EVENT,
    )
    assert result.results["harms_detected"][0, CYSTITIS] == 1


def test_a_harm_known_before_the_assessment_stops_nothing():
    # Lead times make the Monday of detection that of the assessment.
    result = run_still(
        {"lead_to_assessment_days": 7},
        **only(CYSTITIS, harm_background=AT_ONCE, harm_noticed_per_week=1.0),
        adverse_event_chronic=1 << CYSTITIS,
        **NEVER_PASSES,
    )
    assert of_kind(result, Event.HARM_DETECTED)["day"].tolist() == [7]
    assert result.results["exit_reason"] == ExitReason.NON_RESPONSE


def test_a_test_at_the_assessment_may_end_treatment_before_it_begins():
    fields = {**TEST, "test_every_days": [90]}
    result = run_still(
        **only(CYSTITIS, harm_background=AT_ONCE), **fields, laboratory_stop_harms=1 << CYSTITIS
    )
    assert result.results["exit_reason"] == ExitReason.LABORATORY_STOP
    assert result.results["exit_day"] == result.results["assessed_day"] == 28
    assert result.results["infusions"] == 0
    conventional = run_still(
        **only(CYSTITIS, harm_background=AT_ONCE), **fields, ketamine_offered=0
    )
    assert conventional.results["tests_done"] == 0


def test_intervals_of_tests_in_courses_and_days_and_whom_they_are_for():
    fields = {
        "tests": 3,
        "test_every_courses": [2, 0, 1],
        "test_every_days": [0, 100, 0],
        "test_only_with": [0, 0, 1 << Comorbidity.DEPRESSION],
    }
    result = run_still(**fields, **ALWAYS_PASSES, horizon_days=300)
    # Courses on the days 42, 84, ..., judged three weeks later.
    tested = of_kind(result, Event.TESTED)
    assert tested["day"][tested["code"] == 0].tolist() == [105, 189, 273]
    assert tested["day"][tested["code"] == 1].tolist() == [28, 147, 273]
    assert result.results["tests_done"] == 6


def test_an_imperfect_test_finds_by_its_draw():
    sensitivity, found = 0.5, []
    both = only(
        CYSTITIS,
        harm_background=AT_ONCE,
        harm_base=AT_ONCE,
        harm_link=Link.THRESHOLD,
        harm_metric=Metric.LIFETIME_MG,
    )
    result = run_still(
        **both, **{**TEST, "test_sensitivity": [sensitivity]}, **ALWAYS_PASSES, years=1
    )
    for cause in (0, 1):
        number = next(
            k for k in range(20) if uniform(Purpose.HARM_TEST, k, lane=cause) < sensitivity
        )
        found.append((63 + 42 * number, float(cause), number))
    lines = of_kind(result, Event.HARM_DETECTED)
    assert sorted(lines[["day", "value_1", "draw_occurrence"]].tolist()) == sorted(found)


# Patients who stop of their own accord


@pytest.mark.parametrize(
    ("fields", "ratio"),
    [
        ({**ALWAYS_PASSES}, 1.0),
        ({**ALWAYS_PASSES, "infusion_payer": 1}, 7.0),
        ({**ALWAYS_PASSES, **CERTAIN}, 5.0),
        ({**NEVER_PASSES, "adherence_to_rule": 0.0}, 3.0),
        ({**NEVER_PASSES, "adherence_to_rule": 0.0, "infusion_payer": 1, **CERTAIN}, 105.0),
    ],
)
def test_patients_stop_when_their_patience_is_spent(fields, ratio):
    hazard = 1e-3
    settings = {
        "choice_hazard_per_day": hazard,
        "choice_ratio_no_benefit": 3.0,
        "choice_ratio_harm": 5.0,
        "choice_ratio_paying": 7.0,
        **fields,
        "limit_courses_per_year": 0,
    }
    result = run_still(**settings, years=10)
    # In care and neither waiting nor in a course: every Monday from day 49. Failure counts from
    # the judgement on day 63, so from the Monday after; the rest from the first infusion.
    left = clock(Purpose.PATIENT_CHOICE, 0)
    before = ratio / 3.0 if settings.get("criterion_percent_x10") == 1001 else ratio
    day = 42
    while left > 0.0:
        day += 7
        left -= hazard * (before if day <= 63 else ratio) * 7
    assert result.results["exit_reason"] == ExitReason.PATIENT_CHOICE
    assert result.results["exit_day"] == day
    line = of_kind(result, Event.EXITED)[0]
    assert line["step"] == 6 and result.results["state"] == State.EXITED


def test_nobody_stops_while_waiting_or_without_a_hazard():
    waiting = run_still({"lead_to_treatment_days": 365}, choice_hazard_per_day=AT_ONCE)
    assert waiting.results["first_infusion_day"] == 393
    assert waiting.results["exit_reason"] == ExitReason.PATIENT_CHOICE
    assert waiting.results["exit_day"] == 399
    never = run_still(**ALWAYS_PASSES, choice_ratio_paying=AT_ONCE, infusion_payer=1)
    assert never.results["exit_reason"] == ExitReason.NONE
    assert never.results["judgements_passed"] > 5
    assert Verdict.PASSED in of_kind(never, Event.JUDGED)["code"]


def test_everything_at_once_keeps_its_books():
    plan = make_plan(patients=60, years=2, harms=True, programme=True, prices=True)
    result = run(plan, keep_events=True)
    results, events = result.results, result.events
    onsets = events[events["event"] == Event.HARM_ONSET]
    for harm in range(CHRONIC_HARMS):
        for cause in (0, 1):
            lines = (onsets["code"] == harm) & (onsets["value_1"] == cause)
            assert results["harm_count"][:, 2 * harm + cause].sum() == lines.sum()
    for event, name in [(Event.ACUTE_HARM, "acute_count"), (Event.HARM_DETECTED, "harms_detected")]:
        codes = events["code"][events["event"] == event]
        assert results[name].sum(axis=0).tolist() == [
            (codes == k).sum() for k in range(results[name].shape[1])
        ]
    assert results["tests_done"].sum() == (events["event"] == Event.TESTED).sum()
    reasons = set(results["exit_reason"].tolist())
    assert {
        ExitReason.ADVERSE_EVENT,
        ExitReason.LABORATORY_STOP,
        ExitReason.PATIENT_CHOICE,
    } <= reasons
