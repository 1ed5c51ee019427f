"""Infusions bought elsewhere, against days, sums and clocks worked out by hand (8d)."""

from __future__ import annotations

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import (
    ALWAYS_PASSES,
    NEVER_PASSES,
    courses_of,
    days_of,
    of_kind,
    open_model,
    run_still,
    still_plan,
)

from pathways.codes import (
    AcuteHarm,
    ChronicHarm,
    CostLine,
    Event,
    ExitReason,
    Link,
    Metric,
    OutsideEnd,
    Payer,
    Purpose,
    State,
    Step,
)
from pathways.fastcore.draws import Draws

AT_ONCE = 1e9
BUYING = {
    "outside_share": 1.0,
    "outside_step": 0,
    "outside_delay_days": 10,
    "outside_interval_days": 28,
}
REFUSED = {**BUYING, "ketamine_offered": 0}
"""Refused on day 28: infusions elsewhere on the days 38, 66, 94, 122 ..."""
STOPPED = {**NEVER_PASSES, "ladder_steps": 1}
"""Infused on day 42, treatment ends on day 63."""
OWN_DOSE = {**courses_of([80.0], [50.0]), "ladder_steps": 1, "outside_step": 1}
CERTAIN = {"acute_intercept": [1e9, -1e9, -1e9, -1e9]}


def clock(purpose: Purpose, occurrence: int) -> float:
    return -np.log(Draws(1).uniform(FIRST_CLINIC, 0, purpose, occurrence))


# Occasions


def test_who_is_refused_buys_from_a_set_day_on():
    result = run_still(**REFUSED, horizon_days=130)
    assert days_of(result, Event.OUTSIDE_STARTED) == [28]
    assert days_of(result, Event.OUTSIDE_INFUSION) == [38, 66, 94, 122]
    assert of_kind(result, Event.OUTSIDE_INFUSION)["code"].tolist() == [0, 1, 2, 3]
    assert (of_kind(result, Event.OUTSIDE_INFUSION)["step"] == Step.ADMINISTRATION).all()
    results = result.results
    assert results["outside_infusions"] == 4 and results["outside_mg"] == 320.0
    assert results["state"] == State.CONVENTIONAL
    for name in ("infusions", "courses", "racemic_mg", "hours_infused"):
        assert results[name] == 0
    assert results["first_infusion_day"] == results["last_infusion_day"] == -1
    weekly = result.weekly
    assert weekly["outside_infusions"].sum() == 4 and weekly["outside_mg_e3"].sum() == 320_000
    assert np.flatnonzero(weekly["outside_infusions"]).tolist() == [5, 9, 13, 17]
    assert weekly["infusions"].sum() == weekly["racemic_equivalent_mg_e3"].sum() == 0
    assert not len(of_kind(result, Event.WITHIN_DAY_SCORE, Event.ADMINISTERED))


def test_the_event_of_an_uptake_names_its_draw():
    share = 0.999999
    result = run_still(**{**REFUSED, "outside_share": share}, horizon_days=60)
    line = of_kind(result, Event.OUTSIDE_STARTED)[0]
    u = Draws(1).uniform(FIRST_CLINIC, 0, Purpose.OUTSIDE_UPTAKE, 0)
    values = line[["step", "code", "value_1", "value_2", "value_3"]].tolist()
    assert values == (Step.VISITS, 0, 38.0, u, share)
    assert line[["draw_purpose", "draw_occurrence"]].tolist() == (Purpose.OUTSIDE_UPTAKE, 0)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8])
def test_as_many_buy_as_their_draws_say(share):
    plan_share = {**REFUSED, "outside_share": share, "horizon_days": 40}
    with open_model(still_plan(30, **plan_share)) as model:
        model.run()
        found = [patient.buys_elsewhere for patient in model.patients]
    draws = [Draws(1).uniform(FIRST_CLINIC, p, Purpose.OUTSIDE_UPTAKE, 0) for p in range(30)]
    assert found == [u < share for u in draws]
    assert any(found) == (share > 0.0)


def test_an_exit_is_an_occasion_after_its_event():
    result = run_still(**STOPPED, **BUYING, horizon_days=80)
    assert result.events["event"][-2:].tolist() == [Event.OUTSIDE_STARTED, Event.OUTSIDE_INFUSION]
    lines = of_kind(result, Event.EXITED, Event.OUTSIDE_STARTED)
    assert lines[["day", "event"]].tolist() == [(63, Event.EXITED), (63, Event.OUTSIDE_STARTED)]
    assert days_of(result, Event.OUTSIDE_INFUSION) == [73]


def test_death_and_recovery_are_no_occasions():
    recovered = run_still(
        **ALWAYS_PASSES, **BUYING, changes={60: {"recovery_hazard_per_day": AT_ONCE}}
    )
    assert recovered.results["exit_reason"] == ExitReason.RECOVERED
    dead = run_still({"death_clock": 0.002}, **ALWAYS_PASSES, **BUYING)
    assert dead.results["exit_reason"] == ExitReason.DEATH
    for result in (recovered, dead):
        assert not len(of_kind(result, Event.OUTSIDE_STARTED))


def test_occasions_are_counted_always():
    # Nobody buys before day 100; exits on the days 63 and 133.
    result = run_still(
        **{**STOPPED, **BUYING, "outside_share": 0.0},
        rereferral_hazard_per_day=AT_ONCE,
        changes={100: {"outside_share": 1.0}},
        horizon_days=139,
    )
    assert days_of(result, Event.EXITED) == [63, 133]
    line = of_kind(result, Event.OUTSIDE_STARTED)[0]
    assert line[["day", "code", "draw_occurrence"]].tolist() == (133, 1, 1)


# The infusion


def test_dose_and_exposure_of_an_infusion_elsewhere():
    result = run_still(**{**REFUSED, **OWN_DOSE}, horizon_days=60)
    here = run_still(**courses_of([50.0]), horizon_days=60)
    line = of_kind(result, Event.OUTSIDE_INFUSION)[0]
    same = of_kind(here, Event.ADMINISTERED)[0]
    assert line[["value_1", "value_2", "value_3"]] == same[["value_1", "value_2", "value_3"]]
    assert line["value_1"] == 50.0 and line["value_2"] == 0.5 * 1000.0 * 50.0 / 86.0
    assert result.results["ketamine_auc_s"] == line["value_2"]
    assert result.results["outside_mg"] == 50.0


def test_s_ketamine_elsewhere_counts_in_racemic_equivalents():
    result = run_still(**REFUSED, step_s_ketamine=1, horizon_days=60)
    assert of_kind(result, Event.OUTSIDE_INFUSION)["value_1"] == 80.0
    assert result.results["outside_mg"] == 160.0
    assert result.weekly["outside_mg_e3"].sum() == 160_000
    assert result.results["s_ketamine_mg"] == 0.0


def daily(name: str, days: int, **overrides: object) -> list[float]:
    """Return an attribute of one patient on every day."""
    values = []
    with open_model(still_plan(**overrides, horizon_days=days)) as model:
        for _ in range(days):
            model.step()
            values.append(getattr(model.patients[0], name))
    return values


@pytest.mark.parametrize("name", ["pain", "slow_site", "expectation", "held_utility"])
def test_an_infusion_elsewhere_acts_as_one_here(name):
    # The first infusion here is on day 42, elsewhere on day 38.
    here = daily(name, 63, **ALWAYS_PASSES, utility_knots=np.linspace(1.0, 0.5, 11).tolist())
    elsewhere = daily(name, 59, **REFUSED, utility_knots=np.linspace(1.0, 0.5, 11).tolist())
    assert here[42:63] == elsewhere[38:59]
    assert here[41] != here[42] or name == "pain"


def test_courses_of_hope_count_infusions_elsewhere():
    # Elsewhere on the days 38, 66 and 94: each starts a new course of hope, unless the gap is long.
    levels = daily("expectation_course", 100, **REFUSED)
    assert [levels[day] for day in (37, 38, 66, 94)] == [0, 1, 2, 3]
    one = daily("expectation_course", 100, **REFUSED, expectation_course_gap_days=29)
    assert [one[day] for day in (38, 66, 94)] == [1, 1, 1]


def test_the_gap_counts_from_infusions_here_to_those_elsewhere():
    # Here on day 42, elsewhere on day 73.
    for gap, courses in ((31, 2), (32, 1)):
        levels = daily(
            "expectation_course", 80, **STOPPED, **BUYING, expectation_course_gap_days=gap
        )
        assert levels[-1] == courses


def test_exposure_counts_both():
    fields = {
        "harm_base": {ChronicHarm.CYSTITIS: AT_ONCE},
        "harm_link": {ChronicHarm.CYSTITIS: Link.LINEAR},
        "harm_slope": {ChronicHarm.CYSTITIS: 1.0},
        "harm_metric": {ChronicHarm.CYSTITIS: Metric.LIFETIME_MG},
    }
    # 80 mg here on day 42, 80 mg elsewhere on day 73; the hazard starts on day 74.
    result = run_still(**STOPPED, **BUYING, changes={74: fields}, horizon_days=90)
    line = of_kind(result, Event.HARM_ONSET)[0]
    assert line[["day", "value_2", "value_3"]].tolist() == (77, 160.0, 160.0)
    assert of_kind(result, Event.EXITED)["value_1"] == 80.0


@pytest.mark.parametrize(("metric", "x"), [(Metric.TRAILING_MG, 80.0), (Metric.TRAILING_DAYS, 1.0)])
def test_windows_count_infusions_elsewhere(metric, x):
    fields = {
        "harm_base": {ChronicHarm.CYSTITIS: AT_ONCE},
        "harm_link": {ChronicHarm.CYSTITIS: Link.LINEAR},
        "harm_slope": {ChronicHarm.CYSTITIS: 1.0},
        "harm_metric": {ChronicHarm.CYSTITIS: metric},
        "harm_window_weeks": {ChronicHarm.CYSTITIS: 1},
    }
    line = of_kind(run_still(**REFUSED, **fields, horizon_days=50), Event.HARM_ONSET)[0]
    assert line[["day", "value_2"]].tolist() == (42, x)


def test_a_harm_does_not_heal_while_infusions_are_bought():
    harm = {
        "harm_base": {ChronicHarm.CYSTITIS: AT_ONCE},
        "harm_link": {ChronicHarm.CYSTITIS: Link.THRESHOLD},
        "harm_metric": {ChronicHarm.CYSTITIS: Metric.LIFETIME_MG},
        "harm_recovery_per_day": {ChronicHarm.CYSTITIS: AT_ONCE},
        "harm_recovery_after_days": {ChronicHarm.CYSTITIS: 30},
    }
    buying = run_still(**REFUSED, **harm, horizon_days=300)
    assert days_of(buying, Event.HARM_ONSET) == [42]
    assert days_of(buying, Event.HARM_RECOVERED) == []
    ceasing = run_still(
        **REFUSED, **harm, horizon_days=75, changes={43: {"outside_stop_hazard_per_day": AT_ONCE}}
    )
    # Last infused on day 38: 30 days have passed on day 70.
    assert days_of(ceasing, Event.HARM_RECOVERED) == [70]


def test_caps_count_what_the_clinic_gave():
    rules = {**ALWAYS_PASSES, **BUYING, "limit_racemic_mg": 160.0, "ladder_steps": 1}
    result = run_still(
        **rules, rereferral_hazard_per_day=AT_ONCE, rereferral_after_days=80, horizon_days=300
    )
    exits = of_kind(result, Event.EXITED)
    assert exits["code"].tolist()[:2] == [ExitReason.DOSE_CAP] * 2
    assert exits["value_1"].tolist()[:2] == [160.0, 160.0]
    assert result.results["outside_infusions"] > 0


# Acute harms


def test_acute_harms_elsewhere_end_nothing_and_have_addresses_of_their_own():
    rules = {**STOPPED, **BUYING, **CERTAIN, "horizon_days": 105}
    result = run_still(**rules, adverse_event_acute=1, adverse_event_times=3)
    lines = of_kind(result, Event.ACUTE_HARM)
    assert lines["day"].tolist() == [42, 73, 101]
    assert lines["draw_occurrence"].tolist() == [0, 4 * 1048576, 4 * 1048577]
    assert lines["value_3"].tolist() == [1.0, 2.0, 3.0]
    assert result.results["acute_count"][0].tolist() == [3, 0, 0, 0]
    assert days_of(result, Event.EXITED) == [63]


def test_acute_harms_elsewhere_leave_the_memory_of_the_last_infusion_here_alone():
    change = {50: CERTAIN}
    with open_model(still_plan(**STOPPED, **BUYING, changes=change, horizon_days=80)) as model:
        model.run()
        patient = model.patients[0]
        assert patient.acute_count[AcuteHarm.DISSOCIATION] == 1
        assert not patient.harmed_at_last_infusion
        assert not patient.stop_reasons


def test_an_acute_harm_elsewhere_costs_health_and_money():
    rules = {**REFUSED, **CERTAIN, "horizon_days": 60}
    harmed = run_still(**rules, acute_qaly_loss=[0.25], price_acute=[70.0])
    unharmed = run_still(**REFUSED, horizon_days=60)
    lost = unharmed.results["qaly_undiscounted"] - harmed.results["qaly_undiscounted"]
    assert lost == pytest.approx(0.25, rel=1e-9)
    assert harmed.results["cost_line"][0, CostLine.ACUTE_HARM] == 70.0
    assert harmed.results["cost_undiscounted"][0].tolist() == [70.0, 0.0]


# Money


def test_the_patient_pays_for_infusion_and_travel():
    result = run_still(**REFUSED, price_outside=300.0, price_travel=20.0, horizon_days=100)
    assert result.results["outside_infusions"] == 3
    lines = result.results["cost_line"][0]
    assert lines[CostLine.OUTSIDE] == 900.0 and lines[CostLine.TRAVEL] == 60.0
    assert lines.sum() == 960.0
    assert result.results["cost_undiscounted"][0, Payer.PATIENT] == 960.0
    factor = still_plan(horizon_days=100).cost_factor
    expected = sum(320.0 * factor[day] for day in (38, 66, 94))
    assert result.results["cost"][0, Payer.PATIENT] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("budget", "infused", "ceased"),
    [(299.0, [], [38]), (300.0, [38], [66]), (899.0, [38, 66], [94]), (900.0, [38, 66, 94], [122])],
)
def test_who_cannot_pay_ceases(budget, infused, ceased):
    result = run_still({"yearly_budget": budget}, **REFUSED, price_outside=300.0, horizon_days=150)
    assert days_of(result, Event.OUTSIDE_INFUSION) == infused
    line = of_kind(result, Event.OUTSIDE_STOPPED)[0]
    assert line[["day", "step", "code", "value_1"]].tolist() == (
        ceased[0],
        Step.ADMINISTRATION,
        OutsideEnd.COULD_NOT_PAY,
        float(len(infused)),
    )
    assert line[["draw_purpose", "draw_occurrence"]].tolist() == (Purpose.NONE, 0)


def test_nothing_to_pay_is_always_affordable():
    result = run_still({"yearly_budget": 0.0}, **REFUSED, horizon_days=150)
    assert result.results["outside_infusions"] == 4


def test_nothing_to_pay_is_affordable_to_who_has_paid_too_much():
    rules = {**STOPPED, **BUYING, "infusion_payer": Payer.PATIENT, "price_infusion": [[500.0]]}
    result = run_still({"yearly_budget": 400.0}, **rules, horizon_days=80)
    assert days_of(result, Event.OUTSIDE_INFUSION) == [73]


def test_payments_are_forgotten_after_a_year():
    rules = {**REFUSED, "outside_interval_days": 182, "price_outside": 300.0}
    result = run_still({"yearly_budget": 600.0}, **rules, horizon_days=1000)
    # Two infusions in each year of 365 days since the referral.
    assert days_of(result, Event.OUTSIDE_INFUSION) == [38, 220, 402, 584, 766, 948]
    assert not len(of_kind(result, Event.OUTSIDE_STOPPED))


def test_payments_here_and_elsewhere_share_the_budget():
    rules = {**STOPPED, **BUYING, "infusion_payer": Payer.PATIENT, "price_infusion": [[500.0]]}
    result = run_still({"yearly_budget": 1099.0}, **rules, price_outside=300.0, horizon_days=150)
    # 500 on day 42, 300 on day 73; another 300 on day 101 would make 1100.
    assert days_of(result, Event.OUTSIDE_INFUSION) == [73]
    assert days_of(result, Event.OUTSIDE_STOPPED) == [101]


# Ceasing


def test_buying_stops_with_its_clock():
    hazard = 0.004
    result = run_still(**REFUSED, outside_stop_hazard_per_day=hazard, years=5)
    day = 28 + 7 * int(np.ceil(clock(Purpose.OUTSIDE_STOP, 0) / hazard / 7.0))
    infused = list(range(38, day, 28))
    assert days_of(result, Event.OUTSIDE_INFUSION) == infused
    line = of_kind(result, Event.OUTSIDE_STOPPED)[0]
    assert line[["day", "step", "code", "value_1"]].tolist() == (
        day,
        Step.WEEKLY,
        OutsideEnd.OWN_ACCORD,
        float(len(infused)),
    )
    assert line[["draw_purpose", "draw_occurrence"]].tolist() == (Purpose.OUTSIDE_STOP, 0)


def test_recovery_ends_buying_whatever_the_hazard():
    change = {50: {"recovery_hazard_per_day": AT_ONCE}}
    result = run_still(**REFUSED, changes=change, horizon_days=100)
    assert days_of(result, Event.OUTSIDE_INFUSION) == [38]
    line = of_kind(result, Event.OUTSIDE_STOPPED)[0]
    assert line[["day", "code", "value_1"]].tolist() == (56, OutsideEnd.RECOVERED, 1.0)


def test_a_further_referral_ends_buying():
    rules = {**STOPPED, **BUYING, "rereferral_hazard_per_day": AT_ONCE, "horizon_days": 250}
    result = run_still(**rules, rereferral_after_days=20)
    lines = of_kind(result, Event.RE_REFERRED, Event.OUTSIDE_STOPPED)[:2]
    assert lines[["day", "event"]].tolist() == [
        (84, Event.RE_REFERRED),
        (84, Event.OUTSIDE_STOPPED),
    ]
    assert lines["code"][1] == OutsideEnd.RE_REFERRED
    started = of_kind(result, Event.OUTSIDE_STARTED)
    assert started["code"].tolist()[:2] == [0, 1], "the next exit is the next occasion"
    assert days_of(result, Event.OUTSIDE_INFUSION)[0] == 73


def test_death_ends_buying():
    result = run_still({"death_clock": 0.002}, **REFUSED, years=3)
    died = int(result.results["died_day"][0])
    assert 38 < died and days_of(result, Event.OUTSIDE_INFUSION) == list(range(38, died, 28))
    assert not len(of_kind(result, Event.OUTSIDE_STOPPED))
