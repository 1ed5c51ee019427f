"""The sampler against the rules of docs/model.md written out a second time, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from math import floor, sqrt

import numpy as np
import pytest
from plans import make_plan

from pathways import layout
from pathways.codes import Comorbidity, Condition, Domain, Purpose, Trait
from pathways.errors import InputError
from pathways.fastcore.draws import Draws
from pathways.fastcore.maths import exponential, logarithm, normal_quantile
from pathways.fastcore.population import referral_days, sample_all_traits, sample_traits
from pathways.resolve.tables import cholesky

COPULA_TRAITS = (
    None,
    Trait.CONDITION,
    Trait.DEPRESSION,
    Trait.ANXIETY,
    Trait.INSOMNIA,
    Trait.OPIOID_MISUSE,
    Trait.HYPERTENSION,
    Trait.CARDIOVASCULAR_DISEASE,
    Trait.LIVER_DISEASE_MODERATE,
    Trait.SUBSTANCE_USE_HISTORY,
    Trait.PSYCHOSIS_HISTORY,
)
COMORBIDITY_OF_DIMENSION = {
    dimension: Comorbidity[trait.name]
    for dimension, trait in enumerate(COPULA_TRAITS)
    if trait is not None and trait is not Trait.CONDITION
}
NESTED = (
    (Comorbidity.HYPERTENSION, Comorbidity.HYPERTENSION_UNCONTROLLED),
    (Comorbidity.LIVER_DISEASE_MODERATE, Comorbidity.LIVER_DISEASE_SEVERE),
    (Comorbidity.SUBSTANCE_USE_HISTORY, Comorbidity.SUBSTANCE_USE_ACTIVE),
)
DOMAIN_COLUMNS = {
    "interference": Domain.INTERFERENCE,
    "sleep": Domain.SLEEP,
    "mood": Domain.MOOD,
    "quality_of_life": Domain.QUALITY_OF_LIFE,
}


def clip(x: float, low: float, high: float) -> float:
    return low if x < low else (high if x > high else x)


class Sampler:
    """One patient of a plan, in plain Python."""

    def __init__(self, plan, patient: int) -> None:
        self.people = plan.population[0]
        self.plan, self.patient = plan, patient
        self.draws = Draws(plan.seed, plan.draw)
        self.clinic = int(plan.clinics["number"][0, 0])

    def uniform(self, purpose: int, occurrence: int, lane: int = 0) -> float:
        return self.draws.uniform(self.clinic, self.patient, purpose, occurrence, lane)

    def trait_uniform(self, trait: int, lane: int = 0) -> float:
        return self.uniform(Purpose.TRAIT, trait, lane)

    def trait_normal(self, trait: int, lane: int = 0) -> float:
        return normal_quantile(self.trait_uniform(trait, lane))

    def traits(self) -> dict[str, float]:
        attempt, pain_normal, level, flare, total = self.enrolment()
        latent = self.latent(pain_normal)
        comorbidities = self.comorbidities(latent)
        condition = self.condition(latent[1])
        weight = self.weight()
        return {
            "patient": self.patient,
            "clinic": self.clinic,
            "referral_day": self.plan.referral_days[self.patient],
            "enrolment_attempt": attempt,
            "pain_level": level,
            "flare_at_enrolment": flare,
            "enrolment_score_sum": total,
            "condition": condition,
            "comorbidities": sum(1 << bit for bit in comorbidities),
            "age_days": self.age_days(),
            "male": int(self.trait_uniform(Trait.SEX) < self.people["male_share"]),
            "responder": int(
                self.trait_uniform(Trait.RESPONDER) < self.people["responder_share"][condition]
            ),
            "weight_kg": weight,
            "clearance": self.clearance(weight, comorbidities),
            "c50": self.people["c50_median"]
            * exponential(self.people["c50_log_sd"] * self.trait_normal(Trait.C50)),
            "expectation_amplitude": self.expectation(),
            "opioid_dose": self.opioid_dose(level),
            "therapy_response": self.therapy_response(),
            "yearly_budget": self.people["yearly_budget_median"]
            * exponential(
                self.people["yearly_budget_log_sd"] * self.trait_normal(Trait.YEARLY_BUDGET)
            ),
            "death_clock": -logarithm(self.uniform(Purpose.DEATH_CLOCK, 0)),
            "lead_to_assessment_days": self.lead_days("assessment", Purpose.LEAD_TO_ASSESSMENT),
            "lead_to_treatment_days": self.lead_days("treatment", Purpose.LEAD_TO_TREATMENT),
            **{name: self.baseline(name, level) for name in DOMAIN_COLUMNS},
        }

    def enrolment(self):
        p = self.people
        for attempt in range(p["enrolment_attempts"]):
            normals = [
                normal_quantile(self.uniform(Purpose.ENROLMENT, attempt * 8 + j, lane))
                for j in range(8)
                for lane in range(2)
            ]
            level = p["pain_level_mean"] + p["pain_level_sd"] * normals[0]
            flare = p["flare_sd"] * normals[1]
            total = self.score_sum(clip(level + flare, 0.0, 10.0), normals[2:])
            if total * 10 >= p["enrolment_threshold_x10"] * 7:
                return attempt, normals[0], level, flare, total
        raise AssertionError("no candidate")

    def score_sum(self, latent: float, errors: list[float]) -> int:
        total = 0
        for day in range(7):
            error = self.people["diary_weights"][0] * errors[day]
            for term in range(1, 8):
                error = error + self.people["diary_weights"][term] * errors[day + term]
            score = floor(latent + self.people["diary_error_sd"] * error + 0.5)
            total += min(10, max(0, score))
        return total

    def latent(self, pain_normal: float) -> list[float]:
        factor = self.people["copula_factor"].reshape(12, 12)
        independent = [pain_normal, *[self.trait_normal(trait) for trait in COPULA_TRAITS[1:]]]
        result = []
        for i in range(len(independent)):
            total = 0.0
            for j in range(i + 1):
                total = total + factor[i, j] * independent[j]
            result.append(total)
        return result

    def condition(self, latent: float) -> int:
        limits = self.people["condition_threshold"]
        return next((k for k in range(3) if latent < limits[k]), Condition.FIBROMYALGIA)

    def comorbidities(self, latent: list[float]) -> set[int]:
        thresholds = self.people["copula_threshold"]
        found = {bit for i, bit in COMORBIDITY_OF_DIMENSION.items() if latent[i] > thresholds[i]}
        for (outer, inner), probability in zip(
            NESTED, self.people["nested_probability"], strict=True
        ):
            if outer in found and self.trait_uniform(Trait[inner.name]) < probability:
                found.add(inner)
        if self.trait_uniform(Trait.RAISED_PRESSURE) < self.people["raised_pressure_share"]:
            found.add(Comorbidity.RAISED_PRESSURE)
        return found

    def age_days(self) -> int:
        p = self.people
        low, high = p["age_probability_low"], p["age_probability_high"]
        share = low + self.trait_uniform(Trait.AGE) * (high - low)
        return floor((p["age_mean_years"] + p["age_sd_years"] * normal_quantile(share)) * 365.0)

    def weight(self) -> float:
        p = self.people
        free = exponential(p["weight_mu"] + p["weight_sigma"] * self.trait_normal(Trait.WEIGHT))
        return clip(free, p["weight_low_kg"], p["weight_high_kg"])

    def clearance(self, weight: float, comorbidities: set[int]) -> float:
        p = self.people
        clearance = p["clearance_per_70_kg"]
        if p["clearance_allometric"]:
            clearance = clearance * exponential(0.75 * logarithm(weight / 70.0))
        clearance = clearance * exponential(
            p["clearance_log_sd"] * self.trait_normal(Trait.CLEARANCE)
        )
        if Comorbidity.LIVER_DISEASE_SEVERE in comorbidities:
            clearance = clearance * p["hepatic_clearance_factor"]
        return clearance

    def therapy_response(self) -> float:
        log_sd = self.people["therapy_response_log_sd"]
        return exponential(
            log_sd * self.trait_normal(Trait.THERAPY_RESPONSE) - 0.5 * log_sd * log_sd
        )

    def expectation(self) -> float:
        p = self.people
        if self.trait_uniform(Trait.EXPECTATION_SHARE) >= p["expectation_share"]:
            return 0.0
        z = self.trait_normal(Trait.EXPECTATION_AMPLITUDE)
        return max(0.0, p["expectation_mean"] + p["expectation_sd"] * z)

    def baseline(self, name: str, level: float) -> float:
        p, k = self.people, DOMAIN_COLUMNS[name]
        z = self.trait_normal(Trait[name.upper()])
        by_pain = p["domain_slope"][k] * (clip(level, 0.0, 10.0) - 5.5)
        return clip(
            p["domain_mean"][k] + by_pain + p["domain_sd"][k] * z,
            p["domain_low"][k],
            p["domain_high"][k],
        )

    def opioid_dose(self, level: float) -> float:
        p, k = self.people, Domain.OPIOID_DOSE
        if self.trait_uniform(Trait.OPIOID_DOSE) >= p["opioid_user_share"]:
            return 0.0
        relative = p["domain_sd"][k] / p["domain_mean"][k]
        variance = logarithm(1.0 + relative * relative)
        z = self.trait_normal(Trait.OPIOID_DOSE, lane=1)
        mu = logarithm(p["domain_mean"][k]) - 0.5 * variance
        by_pain = p["domain_slope"][k] * (clip(level, 0.0, 10.0) - 5.5)
        dose = exponential(mu + sqrt(variance) * z)
        return clip(dose + by_pain, p["domain_low"][k], p["domain_high"][k])

    def lead_days(self, end: str, purpose: int) -> int:
        p = self.people
        z = normal_quantile(self.uniform(purpose, 0))
        days = exponential(p[f"lead_to_{end}_mu"] + p[f"lead_to_{end}_sigma"] * z)
        return int(clip(floor(days + 0.5), 1, p["lead_highest_days"]))


def correlated_factor() -> np.ndarray:
    """A factor in which every earlier dimension counts, so that an index off by one shows."""
    size = layout.COPULA_DIMENSIONS
    matrix = [
        [1.0 if i == j else 0.05 + 0.4 / (2 + i + j) for j in range(size)] for i in range(size)
    ]
    return np.ravel(cholesky(matrix, [str(i) for i in range(size)]))


# Every branch and every field away from its neutral value.
VARIANTS = {
    "ordinary": {},
    "correlated": {
        "copula_factor": correlated_factor(),
        "copula_threshold": [1e9, 1e9] + [0.3 * k - 1.0 for k in range(9)],
        "condition_threshold": [-1.0, 0.1, 0.9],
        "nested_probability": [0.5, 0.6, 0.7],
        "raised_pressure_share": 0.4,
        "responder_share": [0.1, 0.4, 0.6, 0.9],
    },
    "limits": {
        "weight_low_kg": 70.0,
        "weight_high_kg": 80.0,
        "lead_to_assessment_mu": 0.0,
        "lead_to_assessment_sigma": 2.0,
        "lead_highest_days": 3,
        "therapy_response_log_sd": 0.5,
        "yearly_budget_median": 3000.0,
        "yearly_budget_log_sd": 1.0,
        "expectation_share": 0.9,
        "expectation_mean": 0.2,
        "clearance_allometric": 0,
        "domain_slope": [0.0, 2.0, -1.0, 3.0, -9.0, 0.0, 12.0],
        "opioid_user_share": 0.8,
    },
    "selected": {"enrolment_threshold_x10": 85, "diary_weights": [0.9, 0.1, 0.3, 0.2, 0, 0.1]},
}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("address", [(1, 0, 0), (2**64 - 1, 3, 2**32 - 1)])
def test_traits_match_the_rules_to_the_last_bit(name, address):
    seed, draw, clinic = address
    place = {"clinics": [{"number": clinic}], "referral_days": np.arange(60) * 3}
    plan = make_plan(seed=seed, draw=draw, **place, **VARIANTS[name])
    traits = sample_traits(plan)
    for patient in range(plan.patients):
        expected = Sampler(plan, patient).traits()
        assert set(expected) == set(traits.dtype.names)
        for column, value in expected.items():
            assert traits[column][patient] == value, (patient, column)


def test_variants_reach_every_branch():
    traits = sample_traits(make_plan(patients=400, **VARIANTS["correlated"]))
    for bit in Comorbidity:
        assert 0 < np.count_nonzero((traits["comorbidities"] >> bit) & 1) < 400, bit.name
    assert set(traits["condition"]) == set(Condition)
    limited = sample_traits(make_plan(patients=400, **VARIANTS["limits"]))
    assert {70.0, 80.0} <= set(limited["weight_kg"])
    assert set(limited["lead_to_assessment_days"]) == {1, 2, 3}
    assert np.any(limited["expectation_amplitude"] == 0.0)
    selected = sample_traits(make_plan(patients=400, **VARIANTS["selected"]))
    assert selected["enrolment_attempt"].max() > 10


def test_without_spreads_therapies_act_alike_and_nobody_can_pay():
    traits = sample_traits(make_plan(patients=30))
    assert set(traits["therapy_response"]) == {1.0}
    assert set(traits["yearly_budget"]) == {0.0}


def test_therapy_response_and_budget_have_addresses_of_their_own():
    assert (Trait.THERAPY_RESPONSE, Trait.YEARLY_BUDGET) == (28, 29)


def test_a_patient_does_not_depend_on_the_others():
    plan = make_plan(patients=50)
    everybody = sample_traits(plan)
    assert sample_traits(plan, 20, 7).tobytes() == everybody[20:27].tobytes()
    assert sample_traits(plan, 40).tobytes() == everybody[40:].tobytes()
    larger = sample_traits(make_plan(patients=90))
    assert larger[:50].tobytes() == everybody.tobytes()
    assert len(sample_traits(plan, 5, 0)) == len(sample_traits(plan, 90)) == 0


TWO = {"clinics": [{"number": 7}, {"number": 9}], "clinic_patients": [30, 20]}


def test_a_clinic_does_not_depend_on_the_others():
    plan = make_plan(**TWO, referral_days=[*range(30), *range(100, 120)])
    alone = make_plan(clinics=[{"number": 9}], referral_days=range(100, 120))
    second = sample_traits(plan, clinic=1)
    assert second.tobytes() == sample_traits(alone).tobytes()
    assert set(second["clinic"]) == {9} and second["referral_day"].tolist() == [*range(100, 120)]
    assert sample_traits(plan, 4, 3, 1).tobytes() == second[4:7].tobytes()
    first = sample_traits(plan)
    assert not np.any(first["pain_level"][:20] == second["pain_level"])


def test_all_clinics_stand_one_behind_the_other():
    plan = make_plan(**TWO)
    parts = [sample_traits(plan), sample_traits(plan, clinic=1)]
    assert sample_all_traits(plan).tobytes() == np.concatenate(parts).tobytes()
    empty = make_plan(clinics=[{"number": 7}, {"number": 9}], clinic_patients=[0, 4])
    assert sample_all_traits(empty)["clinic"].tolist() == [9] * 4
    assert len(sample_all_traits(make_plan(patients=0))) == 0


@pytest.mark.parametrize(("first", "count"), [(0, 51), (45, 6), (51, 1)])
def test_nobody_is_sampled_who_is_not_there(first, count):
    with pytest.raises(ValueError, match="the clinic's 50 patients"):
        sample_traits(make_plan(patients=50), first, count)


def test_a_negative_zero_never_appears():
    traits = sample_traits(make_plan(patients=30, flare_sd=0.0))
    assert not np.any(np.signbit(traits["flare_at_enrolment"]))


def test_the_first_candidate_is_taken_when_everybody_qualifies():
    traits = sample_traits(make_plan(patients=30, enrolment_threshold_x10=0))
    assert set(traits["enrolment_attempt"]) == {0}


def test_an_enrolment_score_out_of_reach_is_refused_with_a_remedy():
    plan = make_plan(enrolment_threshold_x10=99, pain_level_mean=2.0, enrolment_attempts=50)
    with pytest.raises(InputError, match=r"9\.9 in 50 attempts.*lower the enrolment score"):
        sample_traits(plan)


def test_the_patient_who_cannot_enrol_is_named():
    plan = make_plan(enrolment_threshold_x10=60, enrolment_attempts=3)
    attempts = sample_traits(replace(plan, population=make_plan().population))["enrolment_attempt"]
    first = int(np.flatnonzero(attempts >= 3)[0])
    with pytest.raises(InputError, match=f"patient {first} "):
        sample_traits(plan)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2**64}, "seed"),
        ({"draw": -1}, "draw"),
        ({"clinics": make_plan(clinics=[{"number": 2**32}]).clinics}, "clinic number"),
        ({"seed": 1.0}, "seed"),
        ({"population": make_plan().population[:0]}, "population"),
        ({"population": make_plan(c50_median=float("nan")).population}, "c50_median"),
        ({"population": make_plan(enrolment_attempts=0).population}, "enrolment_attempts"),
    ],
)
def test_numbers_out_of_range_are_refused(change, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sample_traits(replace(make_plan(), **change))


def test_only_clinics_of_the_plan_are_sampled():
    with pytest.raises(ValueError, match="clinic: got 1"):
        sample_traits(make_plan(), clinic=1)


def days_worked_out(seed, draw, clinic, per_day, calendar_days):
    """The rule of docs/model.md 3 a second time."""
    draws, total, days = Draws(seed, draw), 0.0, []
    while True:
        u = draws.uniform(clinic, len(days), Purpose.REFERRAL_DAY)
        total = total + -logarithm(u)
        if total / per_day >= calendar_days:
            return days
        days.append(floor(total / per_day))


@pytest.mark.parametrize("address", [(1, 0, 1), (2**64 - 1, 3, 2**32 - 1)])
@pytest.mark.parametrize("per_day", [0.003, 120 / 365, 25.0])
def test_days_of_referral_match_the_rule_to_the_last_bit(address, per_day):
    found = referral_days(*address, per_day, 400)
    assert found.dtype == np.int64
    assert found.tolist() == days_worked_out(*address, per_day, 400)


def test_a_longer_calendar_moves_no_referral():
    short, long = (referral_days(5, 0, 3, 0.7, days) for days in (500, 1500))
    assert len(long) > len(short) > 0
    assert long[: len(short)].tolist() == short.tolist()
    assert long[len(short)] >= 500


def test_more_room_is_made_for_many_referrals():
    # Room is made for 1,024 more than expected; this seed has more than that.
    days = referral_days(41, 0, 1, 200.0, 1000)
    assert len(days) > 200_000 + 1024
    assert days[-1] == 999
    assert days[: 200_000 // 2].tolist() == referral_days(41, 0, 1, 200.0, 600)[:100_000].tolist()


def test_nobody_comes_at_a_rate_of_zero_or_in_no_time():
    assert referral_days(1, 0, 1, 0.0, 1000).tolist() == []
    assert referral_days(1, 0, 1, 1e-300, 1000).tolist() == []
    assert referral_days(1, 0, 1, 5.0, 0).tolist() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, 0, 1, -0.1, 10), "per_day"),
        ((1, 0, 1, float("nan"), 10), "per_day"),
        ((1, 0, 1, 2.0**20, 2**12), "fewer than"),
        ((1, 0, 1, 1.0, -1), "calendar_days"),
        ((1, 0, 2**32, 1.0, 10), "clinic number"),
        ((2**64, 0, 1, 1.0, 10), "seed"),
        ((1, 0, 1, 1.0, 1.5), "calendar_days"),
    ],
)
def test_arrivals_out_of_range_are_refused(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        referral_days(*arguments)
