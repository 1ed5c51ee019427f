"""Complete plans made by hand, for tests of the engines and of what feeds them.

`make_plan` builds an ordinary guideline-like policy straight from the records of
:mod:`pathways.layout`; every field can be overridden by its name. Nothing here reads the evidence
book or a scenario file, so a test of an engine fails only when the engine is wrong. The numbers are
plausible and fixed; they are not the evidence.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from clinic_records import FIRST_CLINIC, clinic_records, patients_by_clinic, refuse_unknown
from presets import HARM_AGE_LOG_SLOPES, HARMS, LEAVING, OUTSIDE, PRICES, PROGRAMME

from pathways import layout
from pathways.codes import (
    Baseline,
    Combine,
    Comorbidity,
    Domain,
    Maintenance,
    MissingRule,
    Statistic,
)
from pathways.fastcore.maths import normal_quantile
from pathways.plan import Plan
from pathways.resolve import tables
from pathways.resolve.kinetics import Compartments, build_curves

DAYS_PER_YEAR = 365
PARAMETERS_DTYPE = layout.numpy_dtype(layout.PARAMETERS)
POPULATION_DTYPE = layout.numpy_dtype(layout.POPULATION)
TRAITS_DTYPE = layout.numpy_dtype(layout.TRAITS)

NO_MOMENT = -1
LADDER_STEP_ITSELF = -1
NEVER_PRESENT = 1e9
NEVER_LOG_ODDS = -1e9
COMPARTMENTS = Compartments(60.0, 100.0, 70.0, 40.0, 122.0)
KINETIC_FIELDS = [
    name
    for name in PARAMETERS_DTYPE.names
    if name.startswith(("step_", "curve_", "immediate_", "potency"))
]
GOMPERTZ = {
    "female_level": 3.22e-5,
    "female_slope": 0.0902,
    "male_level": 7.45e-5,
    "male_slope": 0.0836,
}
NORMS = {"intercept": 0.95, "male": 0.02, "age": -0.0003, "age_squared": -0.00003}
DECREMENTS = [0.0, 0.034, 0.043, 0.061, 0.121, 0.144, 0.252, 0.404, 0.575, 0.771, 0.793]
FLARE_AUTOCORRELATION = 0.6
DIARY_WEIGHTS = tables.diary_weights(0.5)
FLARE_SD = tables.flare_sd(
    1.9, tables.weekly_error_variance(1.1, DIARY_WEIGHTS), 0.65, FLARE_AUTOCORRELATION, 4
)
DOMAIN_SCALES = {
    "domain_slope": [1.0, 0.6, 0.4, 0.8, -4.0, 0.5, 0.0],
    "domain_low": [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    "domain_high": [10.0, 10.0, 10.0, 27.0, 100.0, 7.0, 2000.0],
}
SYMPTOMS = {
    "flare_autocorrelation": FLARE_AUTOCORRELATION,
    "flare_innovation_sd": tables.innovation_sd(FLARE_SD, FLARE_AUTOCORRELATION),
    "diary_error_sd": 1.1,
    "diary_weights": DIARY_WEIGHTS,
    "diary_missing_probability": 0.1,
    "remaining_floor": 0.2,
    "recovery_hazard_per_day": 6.9e-5,
    "relapse_hazard_per_day": 1.37e-4,
    "recovered_pain_level": 1.0,
    "domain_error_sd": [1.0, 0.8, 1.2, 2.0, 9.0, 0.7, 0.0],
    **DOMAIN_SCALES,
}
KETAMINE = {
    "slow_decay_per_day": tables.remaining_per_day_of_half_life(10.9),
    "slow_uptake_per_hour": tables.uptake_per_hour(10.9),
    "slow_floor": 0.001,
    "tolerance_kappa": 0.0,
    "potency": 0.5,
    "immediate_emax": 0.55,
    "immediate_c50": 75.0,
    "curve_clearance_low": 34.0,
    "curve_clearance_step": 22.0,
    "curve_weight_low": 40.0,
    "curve_weight_step": 14.0,
}
EXPECTATION = {
    "expectation_decay_per_day": tables.remaining_per_day_of_time_constant(7.0),
    "expectation_floor": 0.001,
    "expectation_habituation": tables.powers(0.9, layout.HABITUATION_COURSES),
    "expectation_unblinding": 0.0,
    "expectation_course_gap_days": 14,
}
POLICY = {
    "ketamine_offered": 1,
    "eligible_conditions": 0b1111,
    "excluded_comorbidities": 1 << Comorbidity.PSYCHOSIS_HISTORY,
    "minimum_enrolment_score_x10": 40,
    "minimum_age_days": 18 * DAYS_PER_YEAR,
    "maximum_age_days": 85 * DAYS_PER_YEAR,
    "ladder_steps": 2,
    "tries_per_step": 1,
    "escalation_gap_days": 14,
    "step_days": [1, 2],
    "step_setting_expectation": 1.0,
    "step_gap_days": [[0], [0, 1]],
    "step_dose": [[80.0], [100.0, 100.0]],
    "step_hours": [[2.0], [4.0, 4.0]],
    "step_minutes": [[120], [240, 240]],
    "vial_step_mg": 1.0,
    "drug_relief_floor_x10": 100,
    "adherence_to_rule": 1.0,
    "loss_failures": 2,
    "loss_of_last": 3,
    "loss_escalates": 1,
    "maintenance": Maintenance.INTERVAL,
    "maintenance_step": LADDER_STEP_ITSELF,
    "maintenance_interval_days": 42,
    "limit_courses_per_year": 12,
}
DEFINITION = {
    "definition_number": 0,
    "judge_at_days": 21,
    "judge_every": 1,
    "criteria": 1,
    "criteria_combine": Combine.ALL,
    "criteria_required": 1,
    "missing_minimum_scores": 4,
    "missing_rule": MissingRule.FAIL,
    "baseline_each_course": 0,
    "criterion_domain": Domain.PAIN,
    "criterion_baseline": Baseline.MEAN_OF_LAST_DAYS,
    "criterion_baseline_days": 7,
    "criterion_statistic": Statistic.MEAN,
    "criterion_window_from": 15,
    "criterion_window_to": 21,
    "criterion_moment": NO_MOMENT,
    "criterion_percent_x10": 300,
}
UTILITY = {
    "utility_knots": tables.decrement_knots(DECREMENTS),
    "utility_floor": -0.59,
}
PEOPLE = {
    "age_mean_years": 50.4,
    "age_sd_years": 15.2,
    "age_probability_low": 0.0165,
    "age_probability_high": 0.9885,
    "male_share": 0.282,
    "weight_mu": 4.34,
    "weight_sigma": 0.23,
    "weight_low_kg": 40.0,
    "weight_high_kg": 160.0,
    "pain_level_mean": 5.5,
    "pain_level_sd": 1.9,
    "flare_sd": FLARE_SD,
    "diary_error_sd": 1.1,
    "diary_weights": DIARY_WEIGHTS,
    "enrolment_threshold_x10": 60,
    "enrolment_attempts": 10_000,
    "copula_factor": np.eye(layout.COPULA_DIMENSIONS).ravel(),
    "raised_pressure_share": 0.01,
    "nested_probability": [8.0 / 45.0, 0.3 / 4.3, 4.0 / 12.0],
    "responder_share": [0.45, 0.67, 0.45, 0.25],
    "clearance_per_70_kg": 79.0,
    "clearance_log_sd": 0.25,
    "clearance_allometric": 1,
    "hepatic_clearance_factor": 0.6,
    "c50_median": 10.5,
    "c50_log_sd": 0.7,
    "expectation_share": 0.23,
    "expectation_mean": 1.8,
    "expectation_sd": 0.9,
    "domain_mean": [0.0, 6.5, 6.0, 11.5, 45.0, 4.0, 45.0],
    "domain_sd": [0.0, 2.0, 2.3, 6.0, 20.0, 0.0, 40.0],
    "opioid_user_share": 0.4,
    "lead_to_assessment_mu": 4.0,
    "lead_to_assessment_sigma": 0.5,
    "lead_to_treatment_mu": 3.0,
    "lead_to_treatment_sigma": 0.5,
    "lead_highest_days": 365,
    **DOMAIN_SCALES,
}
# Share of patients with each trait, in the order of the copula's dimensions.
PRESENT = [None, None, 0.393, 0.402, 0.421, 0.25, 0.45, 0.12, 0.043, 0.12, 0.015, None]
CONDITION_SHARES_BELOW = [0.08, 0.38, 0.72]
TRAIT_DEFAULTS = {
    "age_days": 50 * DAYS_PER_YEAR,
    "responder": 1,
    "condition": 1,
    "enrolment_score_sum": 49,
    "lead_to_assessment_days": 28,
    "lead_to_treatment_days": 14,
    "weight_kg": 79.0,
    "clearance": 86.0,
    "c50": 10.5,
    "pain_level": 6.8,
    "expectation_amplitude": 1.0,
    "interference": 6.5,
    "sleep": 6.0,
    "mood": 11.5,
    "quality_of_life": 45.0,
    "opioid_dose": 20.0,
    "death_clock": 5.0,
    "therapy_response": 1.0,
    "yearly_budget": 3000.0,
    "clinic": FIRST_CLINIC,
}
# What the rules of therapies, harms, money, choice and buying need so that nothing happens.
NOTHING_FURTHER = {
    "acute_intercept": NEVER_LOG_ODDS,
    "acute_sham_intercept": NEVER_LOG_ODDS,
    "adverse_event_times": 1,
    "harm_background_ratio": 1.0,
    "harm_excess_ratio": 1.0,
    "choice_ratio_no_benefit": 1.0,
    "choice_ratio_harm": 1.0,
    "choice_ratio_paying": 1.0,
    "therapy_floor": 0.0001,
    "vial_content_mg": 500.0,
    "outside_step": -1,
    "outside_delay_days": 1,
    "outside_interval_days": 1,
}
COURSE_FIELDS = {"step_gap_days", "step_dose", "step_hours", "step_minutes", "price_infusion"}


def make_plan(
    patients: int | None = None,
    years: int = 2,
    seed: int = 1,
    changes: dict[int, dict[str, object]] | None = None,
    draw: int = 0,
    discount_rate: float = 0.03,
    cost_discount_rate: float = 0.05,
    harms: bool = False,
    programme: bool = False,
    prices: bool = False,
    leaving: bool = False,
    outside: bool = False,
    queues: bool = False,
    clinics: list[dict[str, object]] | None = None,
    clinic_patients: list[int] | None = None,
    referral_days: object = None,
    calendar_days: int | None = None,
    studied_days: tuple[int, int] | None = None,
    observed_days: object = (),
    **overrides: object,
) -> Plan:
    """Return a valid plan: 80 mg over 2 h, then two days of 100 mg over 4 h, every 42 days.

    Parameters
    ----------
    patients, seed, draw, queues, calendar_days, studied_days, observed_days
        As in :class:`pathways.plan.Plan`. 200 patients by default, or as many as `clinic_patients`
        or `referral_days` say; the calendar ends when the last one's horizon does.
    years
        Horizon in years of 365 days; ``horizon_days=`` overrides it.
    changes
        Overrides that start on a calendar day, on top of what was in force before; ``clinics`` in
        one is a list like `clinics`.
    discount_rate, cost_discount_rate
        Yearly, for effects and for costs.
    harms, programme, prices, leaving, outside
        Whether every acute and chronic harm, test and choice; every kind of therapy; every price
        and patients' budgets; leaving waiting lists, loss and further referrals; buying elsewhere
        (the first regimen) are switched on, at rates that make many events. All off by default.
    clinics
        Fields of ``layout.CLINIC``, a dict for each clinic by ascending number; unlimited and open
        every day where not said. One clinic, number 1, by default.
    clinic_patients
        Of each clinic; by default `patients` in equal parts, the first clinics one more.
    referral_days
        Clinic by clinic; everybody on day 0 by default.
    overrides
        Fields of ``layout.PARAMETERS`` or ``layout.POPULATION`` (both, where both have the name).
        An array field takes a scalar (every entry), a list (the first entries), a nested list (by
        ladder step and course day) or a dict from index to value.
    """
    overrides.setdefault("horizon_days", years * DAYS_PER_YEAR)
    refuse_unknown(overrides, {*PARAMETERS_DTYPE.names, *POPULATION_DTYPE.names})
    overrides = presets(harms, programme, prices, leaving, outside) | overrides
    base = parameters(only(overrides, PARAMETERS_DTYPE))
    days, rule_sets = with_changes(base, changes or {})
    horizon_days = int(base["horizon_days"][0])
    records = clinic_records(clinics or [{}], changes or {})
    shares = patients_by_clinic(patients, records.shape[1], clinic_patients, referral_days)
    referred = np.zeros(shares.sum()) if referral_days is None else referral_days
    referred = np.array(referred, np.int64)
    if len(referred) != shares.sum():
        raise ValueError(f"{len(referred)} referral days for {shares.sum()} patients")
    last = int(referred.max(initial=0))
    calendar = last + horizon_days if calendar_days is None else calendar_days
    return Plan(
        seed=seed,
        draw=draw,
        patients=int(shares.sum()),
        horizon_days=horizon_days,
        calendar_days=calendar,
        queues=queues,
        clinics=records,
        clinic_patients=shares,
        referral_days=referred,
        studied_days=(0, last + 1) if studied_days is None else studied_days,
        rule_sets=rule_sets,
        change_days=days,
        curves=np.stack([curves_of(rule_set) for rule_set in rule_sets]),
        effect_prefix=effect_prefix(calendar, discount_rate).copy(),
        years_prefix=tables.years_prefix(calendar),
        effect_factor=discount_factors(calendar, discount_rate).copy(),
        cost_factor=discount_factors(calendar, cost_discount_rate).copy(),
        cost_prefix=effect_prefix(calendar, cost_discount_rate).copy(),
        harm_age_factor=tables.harm_age_factor(HARM_AGE_LOG_SLOPES if harms else {}),
        mortality_per_day=mortality().copy(),
        norm_utility=norm_utility().copy(),
        population=population(only(overrides, POPULATION_DTYPE)),
        observed_days=np.array(observed_days, dtype=np.int64),
    )


def make_traits(plan: Plan, n: int | None = None, **columns: object) -> np.ndarray:
    """Return `n` alike patients (default: as many as in the plan); `columns` set traits by name."""
    traits = np.zeros(plan.patients if n is None else n, TRAITS_DTYPE)
    refuse_unknown(columns, TRAITS_DTYPE.names)
    traits["patient"] = np.arange(len(traits))
    for name, value in {**TRAIT_DEFAULTS, **columns}.items():
        traits[name] = value
    return traits


def parameters(overrides: dict[str, object]) -> np.ndarray:
    """Return one record of rules, shape (1,)."""
    record = np.zeros(1, PARAMETERS_DTYPE)
    sections = (SYMPTOMS, KETAMINE, EXPECTATION, POLICY, DEFINITION, UTILITY, NOTHING_FURTHER)
    for section in (*sections, overrides):
        write(record, section)
    return record


def presets(*switched_on: bool) -> dict[str, object]:
    """Return the fields of what is switched on, in the order of :func:`make_plan`."""
    fields: dict[str, object] = {}
    for preset, is_on in zip(
        (HARMS, PROGRAMME, PRICES, LEAVING, OUTSIDE), switched_on, strict=True
    ):
        fields |= preset if is_on else {}
    return fields


def population(overrides: dict[str, object]) -> np.ndarray:
    """Return one record of the population, shape (1,)."""
    record = np.zeros(1, POPULATION_DTYPE)
    thresholds = [NEVER_PRESENT if p is None else -normal_quantile(p) for p in PRESENT]
    conditions = [normal_quantile(share) for share in CONDITION_SHARES_BELOW]
    latent = {"copula_threshold": thresholds, "condition_threshold": conditions}
    for section in (PEOPLE, latent, overrides):
        write(record, section)
    return record


def with_changes(
    base: np.ndarray, changes: dict[int, dict[str, object]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the days on which each rule set starts and the rule sets, the base first."""
    rule_sets = [base.copy()]
    for day in sorted(changes):
        fields = {name: value for name, value in changes[day].items() if name != "clinics"}
        refuse_unknown(fields, PARAMETERS_DTYPE.names)
        latest = rule_sets[-1].copy()
        if fields.keys() & DEFINITION.keys():
            fields.setdefault("definition_number", int(latest["definition_number"][0]) + 1)
        write(latest, fields)
        rule_sets.append(latest)
    return np.array([0, *sorted(changes)], np.int64), np.concatenate(rule_sets)


def write(record: np.ndarray, fields: dict[str, object]) -> None:
    """Write values into a record of shape (1,); see :func:`make_plan` for the forms they take."""
    for name, value in fields.items():
        if record.dtype[name].shape:
            write_array(record[name][0], name, value)
        else:
            record[name] = value


def write_array(entries: np.ndarray, name: str, value: object) -> None:
    if np.isscalar(value) or isinstance(value, int):
        entries[:] = value
    elif isinstance(value, dict):
        for index, single in value.items():
            entries[index] = single
    elif name in COURSE_FIELDS and any(isinstance(row, (list, tuple)) for row in value):
        for step, row in enumerate(value):
            start = step * layout.MAX_COURSE_DAYS
            entries[start : start + len(row)] = row
    else:
        entries[: len(value)] = value


def only(fields: dict[str, object], dtype: np.dtype) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name in dtype.names}


@cache
def effect_prefix(days: int, rate: float) -> np.ndarray:
    return tables.discount_prefix(rate, days)


@cache
def discount_factors(days: int, rate: float) -> np.ndarray:
    return tables.discount_factors(rate, days)


@cache
def mortality() -> np.ndarray:
    return tables.mortality_per_day(GOMPERTZ, hazard_ratio=1.2)


@cache
def norm_utility() -> np.ndarray:
    return tables.norm_utility(NORMS)


def curves_of(rule_set: np.void) -> np.ndarray:
    """Return the table of one rule set; the same regimens are worked out only once."""
    return _curves(KineticKey(rule_set))


class KineticKey:
    """A rule set that equals another when nothing that kinetics depends on differs."""

    def __init__(self, rule_set: np.void) -> None:
        self.rule_set = rule_set
        self.bytes = b"".join(rule_set[name].tobytes() for name in KINETIC_FIELDS)

    def __hash__(self) -> int:
        return hash(self.bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KineticKey) and self.bytes == other.bytes


@lru_cache(maxsize=64)
def _curves(key: KineticKey) -> np.ndarray:
    return build_curves(key.rule_set, COMPARTMENTS)
