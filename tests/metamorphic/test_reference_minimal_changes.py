"""Two runs of the reference engine that should differ in one known way, or not at all."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from plans import make_plan
from reference_runs import ALWAYS_PASSES, courses_of, open_model, still_plan

from pathways.codes import Event, ExitReason
from pathways.engines.mesa_engine import run
from pathways.fastcore.population import sample_traits
from pathways.model.model import PathwayModel
from pathways.model.patient import PatientAgent
from pathways.rules.limits import Pause, Start
from pathways.rules.treatment import Move

PATIENTS = 30


def same(one, other) -> bool:
    return one.results.tobytes() == other.results.tobytes()


def daily_infusions(days: int) -> dict:
    return {
        **ALWAYS_PASSES,
        **courses_of([80.0] * days),
        "maintenance_interval_days": 365,
    }


def expectations(days: int, **traits) -> list[float]:
    with open_model(still_plan(**daily_infusions(days)), traits) as model:
        levels = []
        for _ in range(60):
            model.step()
            levels.append(model.patients[0].expectation)
        return levels


@pytest.mark.parametrize("amplitude", [0.0, 1.0, 3.0])
def test_expectation_never_stacks(amplitude):
    once, ten_times = (expectations(n, expectation_amplitude=amplitude) for n in (1, 10))
    assert max(once) == max(ten_times) == amplitude
    assert ten_times[42:52] == [amplitude] * 10


def test_who_responds_does_not_depend_on_the_number_of_infusions():
    def relieved(infusions: int) -> list[bool]:
        plan = make_plan(patients=PATIENTS, **daily_infusions(infusions), slow_floor=0.0)
        traits = sample_traits(plan)
        traits["lead_to_assessment_days"] = traits["lead_to_treatment_days"] = 7
        traits["comorbidities"] = 0
        with_drug = np.zeros(PATIENTS, bool)
        with PathwayModel(plan, traits) as model:
            for _ in range(60):
                model.step()
                pairs = [(p.pain, p.pain_without_drug) for p in model.patients]
                with_drug |= np.array([pain < without for pain, without in pairs])
        assert (with_drug == (traits["responder"] == 1)).all()
        return with_drug.tolist()

    assert relieved(1) == relieved(10)


def test_no_drug_is_no_drug_however_it_is_given():
    settings = {"patients": PATIENTS, "years": 1}
    sham = run(make_plan(**settings, step_sham=1))
    # 0.4 mg is rounded to no vial at all; the tables, made for 0.4 mg, are emptied too.
    plan = make_plan(**settings, step_dose=0.4)
    nothing = run(dataclasses.replace(plan, curves=np.zeros_like(plan.curves)))
    assert same(sham, nothing)
    assert (sham.results["infusions"] > 0).any()
    assert sham.results["ketamine_auc_s"].max() == 0.0


def test_without_drug_responders_fare_as_others():
    plan = make_plan(patients=PATIENTS, years=1, step_sham=1)
    traits = sample_traits(plan)
    traits["responder"] = 1
    responders = run(plan, traits=traits)
    traits["responder"] = 0
    assert same(responders, run(plan, traits=traits))


def test_the_patients_in_a_sham_arm_have_the_same_life_without_care():
    settings = {"patients": PATIENTS, "years": 2}
    treated, untreated = run(make_plan(**settings)), run(make_plan(**settings, ketamine_offered=0))
    assert (treated.results["died_day"] == untreated.results["died_day"]).all()
    in_both = (treated.results["recovered_day"] >= 0) & (untreated.results["recovered_day"] >= 0)
    assert in_both.sum() == (untreated.results["recovered_day"] >= 0).sum()


@pytest.mark.parametrize("day", [90, 203])
def test_scenarios_agree_before_the_day_of_a_change(day):
    settings = {"patients": PATIENTS, "years": 1}
    base = run(make_plan(**settings), keep_events=True)
    change = {"maintenance_interval_days": 20, "criterion_percent_x10": 100, "step_dose": 150.0}
    changed = run(make_plan(**settings, changes={day: change}), keep_events=True)
    before, after = base.events["day"] < day, changed.events["day"] < day
    assert base.events[before].tobytes() == changed.events[after].tobytes()
    assert base.weekly[: day // 7].tobytes() == changed.weekly[: day // 7].tobytes()
    assert not same(base, changed)


def test_a_change_that_changes_nothing_changes_only_the_log():
    settings = {"patients": PATIENTS, "years": 1}
    base = run(make_plan(**settings), keep_events=True)
    changed = run(make_plan(**settings, changes={100: {}}), keep_events=True)
    names = [name for name in base.results.dtype.names if name != "trace"]
    for name in names:
        assert (base.results[name] == changed.results[name]).all()
    kept = changed.events[changed.events["event"] != Event.RULES_CHANGED]
    assert base.events.tobytes() == kept.tobytes()


def test_more_patients_move_nobody():
    few = run(make_plan(patients=10, years=1))
    many = run(make_plan(patients=20, years=1))
    assert few.results.tobytes() == many.results[:10].tobytes()
    assert not (many.results["trace"][10:, None] == few.results["trace"]).any()


def test_a_longer_horizon_continues_the_same_lives():
    short = run(make_plan(patients=10, horizon_days=300), keep_events=True)
    long = run(make_plan(patients=10, horizon_days=500), keep_events=True)
    assert short.events.tobytes() == long.events[long.events["day"] < 300].tobytes()
    assert short.weekly[:42].tobytes() == long.weekly[:42].tobytes()


def test_a_better_drug_never_means_more_pain_today():
    weak = run(make_plan(patients=PATIENTS, years=1, potency=0.25))
    strong = run(make_plan(patients=PATIENTS, years=1, potency=0.5))
    assert weak.results["pain_days"].sum() > strong.results["pain_days"].sum()


# A researcher replaces one decision.


class NeverActs(PatientAgent):
    def acts_on_failure(self, u):
        return False


class TakesEverybody(PatientAgent):
    def is_eligible(self):
        return True


class NoCaps(PatientAgent):
    def caps_reached(self, regimen):
        return []


class JudgesKindly(PatientAgent):
    def verdict_on(self, met, assessable, any_missing):
        return super().verdict_on(assessable, assessable, False)


class AlwaysMaintains(PatientAgent):
    def next_move(self, acted):
        return Move.MAINTAIN


class StartsAtOnce(PatientAgent):
    def next_start(self, wanted_day):
        return Start(max(wanted_day, self.day + 1), Pause.NONE)


CAPS = {"limit_courses": 3, "limit_racemic_mg": 300.0, "limit_infusions": 4}
NO_CAPS = {"limit_courses": 0, "limit_racemic_mg": 0.0, "limit_infusions": 0}
EVERYBODY = {
    "eligible_conditions": 0b1111,
    "excluded_comorbidities": 0,
    "minimum_enrolment_score_x10": 0,
    "minimum_age_days": 0,
    "maximum_age_days": 10**6,
}


@pytest.mark.parametrize(
    ("patient_class", "base", "equivalent"),
    [
        (TakesEverybody, {"eligible_conditions": 1}, EVERYBODY),
        (NoCaps, CAPS, NO_CAPS),
        (StartsAtOnce, {"limit_courses_per_year": 1}, {"limit_courses_per_year": 0}),
        (JudgesKindly, {"diary_missing_probability": 0.0}, {"criterion_percent_x10": 0}),
    ],
)
def test_one_decision_can_be_replaced(patient_class, base, equivalent):
    settings = {"patients": PATIENTS, "years": 2, **base}
    plain = run(make_plan(**settings))
    overridden = run(make_plan(**settings), patient_class=patient_class)
    by_rule = run(make_plan(**{**settings, **equivalent}))
    assert not same(plain, overridden)
    for name in ("exit_reason", "exit_day", "courses", "infusions", "judgements_passed", "qaly"):
        assert (overridden.results[name] == by_rule.results[name]).all()


def test_never_acting_is_an_adherence_of_zero():
    settings = {"patients": PATIENTS, "years": 1}
    overridden = run(make_plan(**settings), patient_class=NeverActs)
    by_rule = run(make_plan(**settings, adherence_to_rule=0.0))
    names = [name for name in by_rule.results.dtype.names if name != "trace"]
    for name in names:
        assert (overridden.results[name] == by_rule.results[name]).all()
    assert not same(overridden, run(make_plan(**settings)))


def test_a_move_of_ones_own():
    settings = {"patients": PATIENTS, "years": 1}
    overridden = run(make_plan(**settings), patient_class=AlwaysMaintains)
    assert overridden.results["highest_step"].max() == 1
    assert run(make_plan(**settings)).results["highest_step"].max() == 2


def test_nobody_is_tapered_onto_a_drug_never_given():
    taper = {
        "taper_courses": 1,
        "taper_fraction": 0.5,
        "taper_interval_days": 7,
        "taper_reasons": 1 << ExitReason.DOSE_CAP,
    }
    plan = make_plan(patients=60, years=1, seed=4, limit_racemic_mg=1.0, **taper)
    results = run(plan).results
    assert (results["exit_reason"] == ExitReason.DOSE_CAP).any()
    assert not results["infusions"].any() and not results["taper_reason"].any()


def test_a_sham_is_no_exposure():
    plan = make_plan(patients=80, years=2, seed=4, harms=True, step_sham=1)
    results = run(plan).results
    excess = results["harm_count"][:, 1::2]
    assert results["infusions"].any() and not excess.any()
    assert results["harm_count"][:, 0::2].any()
