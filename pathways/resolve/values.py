"""From the values of one parameter draw to the records that the sampler and the engines read.

No number of the model stands here: values come from :mod:`pathways.resolve.inputs`, equations from
:mod:`pathways.resolve.tables` and :mod:`pathways.resolve.kinetics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pathways import layout
from pathways.codes import Condition, Domain
from pathways.errors import ValueProblem
from pathways.fastcore.maths import normal_quantile
from pathways.resolve import tables
from pathways.resolve.inputs import EvidenceValues, Structure, evidence_values
from pathways.resolve.kinetics import Compartments, KineticModel, curve_grid
from pathways.resolve.liver_model import LiverModel
from pathways.resolve.prices import yearly_budget
from pathways.resolve.tables import round_half_up

__all__ = [
    "EvidenceValues",
    "Structure",
    "biology_fields",
    "evidence_values",
    "kinetic_model",
    "mortality_per_day",
    "norm_utility",
    "population_record",
    "utility_knots",
]

DAYS_PER_YEAR = 365.0
DAYS_PER_WEEK = 7.0
NEVER_PRESENT = 1e9
ALWAYS_PRESENT = -1e9
POPULATION_DTYPE = layout.numpy_dtype(layout.POPULATION)

COPULA = (
    "pain_level",
    "fibromyalgia",
    "depression",
    "anxiety",
    "insomnia",
    "opioid_misuse",
    "hypertension",
    "cardiovascular_disease",
    "liver_disease",
    "substance_use_history",
    "psychosis_history",
    "spare",
)
"""Dimensions of the copula as the book names them; fibromyalgia is the top of the condition's."""
NOT_BINARY = ("pain_level", "fibromyalgia", "spare")
PREVALENCES = {"liver_disease": "moderate_liver_disease_prevalence"}
HIGHER_IS_BETTER = (Domain.QUALITY_OF_LIFE,)
LINES = {"linear_eq5d": "linear_utility", "sf6d": "sf6d_utility"}
"""Linear mappings from pain to utility, by the beginning of their parameters' names."""


def kinetic_model(values: EvidenceValues) -> KineticModel:
    """Return the kinetic model of the run."""
    structure = values.structure
    if structure.kinetics == "perez_ruixo_2021":
        return _liver_model(values)
    volumes_and_flows = {name: float(one) for name, one in values["three_compartment_set"].items()}
    return Compartments(**volumes_and_flows, is_allometric=structure.allometry)


def _liver_model(values: EvidenceValues) -> LiverModel:
    parts = {name: float(one) for name, one in values["alternative_liver_model"].items()}
    return LiverModel(**parts, is_allometric=values.structure.allometry)


def typical_clearance(values: EvidenceValues) -> float:
    """Return the clearance of the median patient of 70 kg, L/h."""
    if values.structure.kinetics == "perez_ruixo_2021":
        return _liver_model(values).clearance
    return values["clearance"]


def _chosen(values: EvidenceValues, choice: str) -> Any:
    """Return the value of the one parameter that a structural choice uses."""
    (name,) = values.structure.parameters_of(choice)
    return values[name]


def mortality_per_day(values: EvidenceValues) -> NDArray[np.float64]:
    """Return the risk of death per day, shape (2, AGE_YEARS): women then men."""
    gompertz = values[f"mortality_gompertz_{values.structure.mortality}"]
    has_excess = values.structure.excess_mortality != "none"
    return tables.mortality_per_day(
        gompertz, _chosen(values, "excess_mortality") if has_excess else 1.0
    )


def norm_utility(values: EvidenceValues) -> NDArray[np.float64]:
    """Return the utility of the general population, shape (2, AGE_YEARS): women then men."""
    ratio = values.get("country_norm_ratio_us", 1.0)
    return tables.norm_utility(values["population_norm_coefficients"], ratio)


def utility_knots(values: EvidenceValues) -> list[float]:
    """Return utility relative to no pain at scores 0 to 10."""
    line = LINES.get(values.structure.utility)
    if line is not None:
        return tables.linear_knots(values[f"{line}_intercept"], values[f"{line}_slope"])
    return tables.decrement_knots(values["time_trade_off_decrement_by_score"])


def _value_set(values: EvidenceValues) -> str:
    return "sf6d" if values.structure.utility == "sf6d" else "eq5d_3l"


def flare_sd(values: EvidenceValues) -> float:
    """Return the stationary SD of the flare, NRS (see :func:`tables.flare_sd`)."""
    weights = tables.diary_weights(values["diary_day_to_day_autocorrelation"])
    return tables.flare_sd(
        values.spreads["candidate_pain_level"].width,
        tables.weekly_error_variance(values["diary_day_to_day_sd"], weights),
        values["weekly_mean_retest_correlation"],
        values["weekly_flare_autocorrelation"],
        round_half_up(values["retest_interval"] / DAYS_PER_WEEK),
    )


def population_record(
    values: EvidenceValues,
    *,
    condition_shares: Sequence[float] | None = None,
    enrolment_threshold: float | None = None,
) -> NDArray[np.void]:
    """Return what the sampler needs to know about the population.

    Parameters
    ----------
    values : EvidenceValues
    condition_shares : sequence of float, optional
        In the order of ``Condition``, summing to 1; the book's mix by default.
    enrolment_threshold : float, optional
        Lowest mean observed score of the week before referral, in steps of 0.1.

    Returns
    -------
    numpy.ndarray
        One record of ``layout.POPULATION``, shape (1,).

    Raises
    ------
    ValueProblem
        If correlations contradict each other, no flare reproduces the test-retest correlation, or
        shares do not sum to 1.
    """
    threshold = values["enrolment_score_threshold"]
    if enrolment_threshold is not None:
        threshold = enrolment_threshold
    fields = {
        **_age_and_weight(values),
        **_pain(values),
        **_comorbidities(values),
        **_conditions(values, condition_shares),
        **_drug_response(values),
        **_domain_baselines(values),
        **_lead_times(values),
        **yearly_budget(values),
        "therapy_response_log_sd": values.get("therapy_response_log_sd", 0.0),
        "enrolment_threshold_x10": round_half_up(threshold * 10.0),
        "enrolment_attempts": round_half_up(values["enrolment_attempts"]),
    }
    record = np.zeros(1, POPULATION_DTYPE)
    for name, value in fields.items():
        record[name] = value
    return record


def _age_and_weight(values: EvidenceValues) -> dict[str, Any]:
    age, weight = values.spreads["age"], values.spreads["body_weight"]
    mean, limits = values["age"], values["body_weight_limits"]
    return {
        "age_mean_years": mean,
        "age_sd_years": age.width,
        "age_probability_low": tables.normal_probability((age.low - mean) / age.width),
        "age_probability_high": tables.normal_probability((age.high - mean) / age.width),
        "male_share": 1.0 - values["female_share"],
        "weight_mu": weight.log_mean(values["body_weight"]),
        "weight_sigma": weight.width,
        "weight_low_kg": limits["lowest"],
        "weight_high_kg": limits["highest"],
    }


def _pain(values: EvidenceValues) -> dict[str, Any]:
    return {
        "pain_level_mean": values["candidate_pain_level"],
        "pain_level_sd": values.spreads["candidate_pain_level"].width,
        "flare_sd": flare_sd(values),
        "diary_error_sd": values["diary_day_to_day_sd"],
        "diary_weights": tables.diary_weights(values["diary_day_to_day_autocorrelation"]),
    }


def _comorbidities(values: EvidenceValues) -> dict[str, Any]:
    def share(part: str, whole: str) -> float:
        return _part_of(values[f"{part}_prevalence"], values[f"{whole}_prevalence"])

    return {
        "copula_factor": _copula_factor(values["trait_correlations"]),
        "copula_threshold": [_threshold(values, dimension) for dimension in COPULA],
        "nested_probability": [
            share("uncontrolled_hypertension", "hypertension"),
            share("severe_liver_disease", "moderate_liver_disease"),
            share("active_substance_use", "substance_use_history"),
        ],
        "raised_pressure_share": values["raised_pressure_prevalence"],
    }


def _part_of(part: float, whole: float) -> float:
    # Drawn apart, a part can exceed its whole: then everybody of the whole has it.
    return part / whole if part < whole else 1.0


def _threshold(values: EvidenceValues, dimension: str) -> float:
    """Return the latent normal above which a trait is present; out of reach if it is not binary."""
    if dimension in NOT_BINARY:
        return NEVER_PRESENT
    prevalence = values[PREVALENCES.get(dimension, f"{dimension}_prevalence")]
    if dimension == "opioid_misuse":
        # Stated for people on opioids; the copula is over all patients.
        prevalence = prevalence * values["opioid_user_share"]
    return _latent_limit(1.0 - prevalence)


def _latent_limit(share_below: float) -> float:
    """Return the normal below which this share of patients lies."""
    if share_below <= 0.0:
        return ALWAYS_PRESENT
    return normal_quantile(share_below) if share_below < 1.0 else NEVER_PRESENT


def _copula_factor(correlations: Mapping[str, float]) -> list[float]:
    """Return the Cholesky factor of the latent normals' correlations, row by row."""
    size = len(COPULA)
    matrix = [[1.0 if i == j else 0.0 for j in range(size)] for i in range(size)]
    for pair, correlation in correlations.items():
        i, j = (COPULA.index(name) for name in pair.split("__"))
        matrix[i][j] = matrix[j][i] = correlation
    factor = tables.cholesky(matrix, [name.replace("_", " ") for name in COPULA])
    return [entry for row in factor for entry in row]


def _conditions(values: EvidenceValues, shares: Sequence[float] | None) -> dict[str, Any]:
    if shares is None:
        shares = _by_condition(values["condition_mix"])
    total, limits = 0.0, []
    for share in shares:
        total = total + share
        limits.append(_latent_limit(total))
    if abs(total - 1.0) > 1e-9 or min(shares) < 0.0:
        raise ValueProblem(f"the shares of the conditions sum to {total:g}", "shares summing to 1")
    return {
        "condition_threshold": limits[:-1],
        "responder_share": responder_share(values),
    }


def responder_share(values: EvidenceValues) -> list[float]:
    """Return the probability of an analgesic effect in the order of ``Condition``."""
    share = _chosen(values, "responder_share")
    if values.structure.responder_share == "same":
        return [share] * len(Condition)
    return _by_condition(share)


def _by_condition(by_name: Mapping[str, float]) -> list[float]:
    return [by_name[condition.name.lower()] for condition in Condition]


def _drug_response(values: EvidenceValues) -> dict[str, Any]:
    amplitude = values["expectation_amplitude"]
    return {
        "clearance_per_70_kg": typical_clearance(values),
        "clearance_log_sd": values["clearance_log_sd"],
        "clearance_allometric": int(values.structure.allometry),
        "hepatic_clearance_factor": values["severe_hepatic_impairment_clearance_multiplier"],
        "c50_median": values["slow_effect_c50"],
        "c50_log_sd": values["slow_effect_c50_log_sd"],
        "expectation_share": values["expectation_responder_share"],
        "expectation_mean": amplitude,
        "expectation_sd": values.spreads["expectation_amplitude"].sd(amplitude),
    }


def _domain_baselines(values: EvidenceValues) -> dict[str, Any]:
    means, sds = [], []
    for domain, slope in zip(Domain, _domain_slopes(values), strict=True):
        name = f"{domain.name.lower()}_baseline"
        means.append(values.get(name, 0.0))
        sds.append(_unexplained_sd(values, name, slope))
    return {
        "domain_mean": means,
        "domain_sd": sds,
        "opioid_user_share": values["opioid_user_share"],
        **_domain_scales(values),
    }


def _unexplained_sd(values: EvidenceValues, baseline: str, slope: float) -> float:
    """Return the SD of a baseline that differences in pain do not explain."""
    if baseline not in values.spreads:
        return 0.0
    sd = values.spreads[baseline].sd(values[baseline])
    explained = slope * values.spreads["candidate_pain_level"].width
    left = sd * sd - explained * explained
    return sqrt(left) if left > 0.0 else 0.0


def _domain_scales(values: EvidenceValues) -> dict[str, list[float]]:
    ranges = values["instrument_ranges"]
    return {
        "domain_slope": _domain_slopes(values),
        "domain_low": [float(ranges[f"{domain.name.lower()}_low"]) for domain in Domain],
        "domain_high": [float(ranges[f"{domain.name.lower()}_high"]) for domain in Domain],
    }


def _domain_slopes(values: EvidenceValues) -> list[float]:
    """Return the change of each score per point of pain; the book states improvement per relief."""
    slopes = []
    for domain in Domain:
        improvement = values.get(f"{domain.name.lower()}_slope", 0.0)
        slopes.append(0.0 - improvement if domain in HIGHER_IS_BETTER else improvement)
    return slopes


def _lead_times(values: EvidenceValues) -> dict[str, Any]:
    fields: dict[str, Any] = {"lead_highest_days": round_half_up(values["longest_lead_time"])}
    for end in ("assessment", "treatment"):
        spread = values.spreads[f"lead_time_to_{end}"]
        fields[f"lead_to_{end}_mu"] = spread.log_mean(values[f"lead_time_to_{end}"])
        fields[f"lead_to_{end}_sigma"] = spread.width
    return fields


def biology_fields(values: EvidenceValues) -> dict[str, Any]:
    """Return the fields of ``layout.PARAMETERS`` that are biology or instruments, not policy.

    Parameters
    ----------
    values : EvidenceValues

    Returns
    -------
    dict
        By field name: numbers, and lists for array fields.

    Raises
    ------
    ValueProblem
        As :func:`population_record`.
    """
    return {
        **_symptom_fields(values),
        **_slow_effect_fields(values),
        **_immediate_effect_fields(values),
        **_expectation_fields(values),
        "vial_step_mg": float(values["vial_step"]),
        "drug_relief_floor_x10": round_half_up(values["drug_relief_floor"] * 1000.0),
        "utility_knots": utility_knots(values),
        "utility_floor": values["value_set_floor"][_value_set(values)],
    }


def _symptom_fields(values: EvidenceValues) -> dict[str, Any]:
    autocorrelation = values["weekly_flare_autocorrelation"]
    errors = [values.get(f"{domain.name.lower()}_instrument_error", 0.0) for domain in Domain]
    return {
        "flare_autocorrelation": autocorrelation,
        "flare_innovation_sd": tables.innovation_sd(flare_sd(values), autocorrelation),
        "diary_error_sd": values["diary_day_to_day_sd"],
        "diary_weights": tables.diary_weights(values["diary_day_to_day_autocorrelation"]),
        "diary_missing_probability": values["missing_diary_day_probability"],
        "remaining_floor": values["relief_product_floor"],
        "recovery_hazard_per_day": values["recovery_rate"] / DAYS_PER_YEAR,
        "relapse_hazard_per_day": values["relapse_rate_after_recovery"] / DAYS_PER_YEAR,
        "recovered_pain_level": values["recovered_pain_level"],
        "domain_error_sd": errors,
        **_domain_scales(values),
    }


def _slow_effect_fields(values: EvidenceValues) -> dict[str, Any]:
    half_life = values["slow_effect_half_life"]
    return {
        "slow_decay_per_day": tables.remaining_per_day_of_half_life(half_life),
        "slow_uptake_per_hour": tables.uptake_per_hour(half_life),
        "slow_floor": values["decay_floors"]["slow_site"],
        "tolerance_kappa": _chosen(values, "tolerance"),
        "potency": _chosen(values, "potency"),
        "responder_redrawn": int(values.structure.responder == "redrawn"),
        "responder_share": responder_share(values),
    }


def _immediate_effect_fields(values: EvidenceValues) -> dict[str, Any]:
    grid = curve_grid(population_record(values)[0])
    return {
        "immediate_emax": values["immediate_effect_maximum"],
        "immediate_c50": values["immediate_effect_c50"],
        **{f"curve_{name}": value for name, value in grid._asdict().items()},
    }


def _expectation_fields(values: EvidenceValues) -> dict[str, Any]:
    habituation = values["expectation_habituation_per_course"]
    decay_time = values["expectation_decay_time"]
    return {
        "expectation_decay_per_day": tables.remaining_per_day_of_time_constant(decay_time),
        "expectation_floor": values["decay_floors"]["expectation"],
        "expectation_habituation": tables.powers(habituation, layout.HABITUATION_COURSES),
        "expectation_unblinding": values["unblinding_slope"],
        "expectation_course_gap_days": round_half_up(values["course_gap"]),
    }
