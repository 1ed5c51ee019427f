"""What the model takes from the evidence book, and its values in one parameter draw.

Every parameter that a run uses is named here, so a run can say which evidence it rests on, and an
override that would change nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any

from pathways.codes import Purpose
from pathways.errors import InputError, Place, nearest, shown
from pathways.fastcore.maths import exponential, logarithm
from pathways.resolve.structure import Structure

if TYPE_CHECKING:
    from pathways.evidence.parameter import Parameter

# Parameters are of the world, not of a clinic, so all clinics share their draws.
CLINIC = 0

COMMON_INPUTS = (
    # population
    "age",
    "female_share",
    "body_weight",
    "body_weight_limits",
    "condition_mix",
    "trait_correlations",
    "depression_prevalence",
    "anxiety_prevalence",
    "insomnia_prevalence",
    "opioid_misuse_prevalence",
    "hypertension_prevalence",
    "uncontrolled_hypertension_prevalence",
    "cardiovascular_disease_prevalence",
    "moderate_liver_disease_prevalence",
    "severe_liver_disease_prevalence",
    "substance_use_history_prevalence",
    "active_substance_use_prevalence",
    "psychosis_history_prevalence",
    "raised_pressure_prevalence",
    "recovery_rate",
    "enrolment_attempts",
    "lead_time_to_assessment",
    "lead_time_to_treatment",
    "longest_lead_time",
    # symptoms
    "candidate_pain_level",
    "weekly_flare_autocorrelation",
    "retest_interval",
    "weekly_mean_retest_correlation",
    "diary_day_to_day_sd",
    "diary_day_to_day_autocorrelation",
    "enrolment_score_threshold",
    "relief_product_floor",
    "drug_relief_floor",
    "recovered_pain_level",
    "relapse_rate_after_recovery",
    "missing_diary_day_probability",
    "instrument_ranges",
    "interference_slope",
    "sleep_slope",
    "mood_slope",
    "quality_of_life_slope",
    "global_impression_slope",
    "opioid_dose_slope",
    "interference_baseline",
    "sleep_baseline",
    "mood_baseline",
    "quality_of_life_baseline",
    "global_impression_baseline",
    "opioid_dose_baseline",
    "interference_instrument_error",
    "sleep_instrument_error",
    "mood_instrument_error",
    "quality_of_life_instrument_error",
    "global_impression_instrument_error",
    "opioid_dose_instrument_error",
    "opioid_user_share",
    # ketamine
    "clearance_log_sd",
    "severe_hepatic_impairment_clearance_multiplier",
    "slow_effect_c50",
    "slow_effect_c50_log_sd",
    "slow_effect_half_life",
    "immediate_effect_c50",
    "immediate_effect_maximum",
    "decay_floors",
    "vial_step",
    # expectation
    "expectation_responder_share",
    "expectation_amplitude",
    "expectation_decay_time",
    "expectation_habituation_per_course",
    "setting_expectation_multiplier",
    "unblinding_slope",
    "course_gap",
    # conduct
    "rule_adherence",
    # quality of life
    "population_norm_coefficients",
    "value_set_floor",
)
ABOVE_ZERO = (
    "alternative_liver_model",
    "antiemetic_odds_ratio",
    "behavioural_effect_half_life",
    "behavioural_trial_baseline",
    "body_weight",
    "cardiovascular_disease_risk_ratio",
    "chairs_per_nurse",
    "clearance",
    "exercise_trial_baseline",
    "expectation_decay_time",
    "immediate_effect_c50",
    "lead_time_to_assessment",
    "lead_time_to_treatment",
    "linear_utility_intercept",
    "liver_disease_risk_ratio",
    "medication_trial_baseline",
    "opioid_dose_baseline",
    "premedication_odds_ratio",
    "programme_trial_baseline",
    "psychosis_history_risk_ratio",
    "racemic_potency",
    "racemic_potency_high",
    "racemic_potency_low",
    "recovery_time_after_stopping",
    "retest_interval",
    "severe_hepatic_impairment_clearance_multiplier",
    "severe_hypertension_odds_ratio_hypertension",
    "severe_hypertension_odds_ratio_per_year_of_age",
    "sf6d_utility_intercept",
    "slow_effect_c50",
    "slow_effect_half_life",
    "substance_history_risk_ratio",
    "therapy_effect_half_life",
    "therapy_onset_time",
    "therapy_sessions",
    "three_compartment_set",
    "vial_step",
    "yearly_treatment_budget",
)
MAY_BE_NEGATIVE = (
    "cardiovascular_background_age_log_slope",
    "cognitive_behavioural_effect",
    "cognitive_behavioural_effect_v_active_control",
    "cystitis_slope_per_infusion_day",
    "dissociation_intercept",
    "dissociation_slope",
    "global_impression_slope",
    "interference_slope",
    "ketamine_therapy_interaction",
    "lifetime_dose_log_slope",
    "linear_utility_slope",
    "mood_slope",
    "nausea_slope",
    "opioid_dose_slope",
    "population_norm_coefficients",
    "quality_of_life_slope",
    "severe_hypertension_slope",
    "sf6d_utility_slope",
    "sleep_slope",
    "trait_correlations",
    "value_set_floor",
)
SHARES = ("probability", "fraction")
SPREADS = (
    "age",
    "body_weight",
    "lead_time_to_assessment",
    "lead_time_to_treatment",
    "candidate_pain_level",
    "interference_baseline",
    "sleep_baseline",
    "mood_baseline",
    "quality_of_life_baseline",
    "opioid_dose_baseline",
    "expectation_amplitude",
    "yearly_treatment_budget",
)
"""Traits whose spread between patients is stated with them rather than as a parameter."""


@dataclass(frozen=True)
class EvidenceValues(Mapping[str, Any]):
    """Values of the parameters a run uses, by name; mappings and lists as plain ones.

    Attributes
    ----------
    parameter_ids : tuple of str
        Ids of the parameters used, in the order in which they are listed here.
    overridden : tuple of str
        Ids of those whose value was given by the scenario.
    spreads : dict
        Spread between patients of each trait in ``SPREADS``, with its kind.
    structure : Structure
    calibrated : tuple of str
        Ids of those that took, in whole or in part, a value of the posterior.
    """

    values_by_name: dict[str, Any]
    parameter_ids: tuple[str, ...]
    overridden: tuple[str, ...]
    spreads: dict[str, Spread]
    structure: Structure
    calibrated: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)


@dataclass(frozen=True)
class Spread:
    """How a trait differs between patients: `kind` and `width` as the book states them."""

    kind: str
    width: float
    low: float | None = field(default=None)
    high: float | None = field(default=None)

    def sd(self, mean: float) -> float:
        """Return the SD between patients in the trait's own unit."""
        if self.kind != "lognormal":
            return self.width
        return mean * sqrt(exponential(self.width * self.width) - 1.0)

    def log_mean(self, mean: float) -> float:
        """Return the mean of the logarithm of a log-normal trait with this mean."""
        return logarithm(mean) - 0.5 * self.width * self.width


def evidence_values(
    draw: int,
    seed: int,
    overrides: Mapping[str, Any] | None = None,
    structure: Structure | None = None,
) -> EvidenceValues:
    """Return the values of one parameter draw.

    Parameters
    ----------
    draw : int
        0 for every value as stated; 1 and up for a draw from the uncertainties, of calibrated
        parameters from their posterior where there is one.
    seed : int
        0 to 2**64 - 1.
    overrides : mapping, optional
        Values that replace the book's, by id or name, in the parameter's unit; they are not drawn.
        A mapping may give some of its components; the others keep the book's value.
    structure : Structure, optional

    Returns
    -------
    EvidenceValues

    Raises
    ------
    InputError
        For an override of a parameter that is not in the book, or that this model does not use.
    """
    from pathways.evidence.book import book
    from pathways.evidence.draws import value_of
    from pathways.evidence.posterior import ADDRESS as POSTERIOR
    from pathways.evidence.posterior import laid_over, posterior_draws
    from pathways.fastcore.draws import Draws

    structure = structure or Structure()
    used = [book().parameter(name) for name in (*COMMON_INPUTS, *structure.inputs())]
    draws = Draws(seed, draw)

    def uniform_at(address: int, occurrence: int) -> float:
        return draws.uniform(CLINIC, address, Purpose.POPULATION_VALUE, occurrence)

    values = {one.name: plain(value_of(one, draw, uniform_at)) for one in used}
    posterior = posterior_draws() if draw > 0 else None
    row = {} if posterior is None else posterior.row(uniform_at(POSTERIOR, 0))
    values = laid_over(values, row)
    replaced = _replacements(overrides or {}, used, structure)
    for one in used:
        if one.name in replaced:
            values[one.name] = _laid_over(values[one.name], replaced[one.name], one)
    overridden = tuple(one.id for one in used if one.name in replaced)
    ids = tuple(one.id for one in used)
    fitted = {key.partition(".")[0] for key in row} - replaced.keys()
    calibrated = tuple(one.id for one in used if one.name in fitted)
    return EvidenceValues(values, ids, overridden, _spreads(used), structure, calibrated)


def plain(value: Any) -> Any:
    """Return mappings as dictionaries and sequences as lists."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, (list, tuple)) else value


def _replacements(
    overrides: Mapping[str, Any], used: Sequence[Parameter], structure: Structure
) -> dict[str, Any]:
    from pathways.evidence.book import book

    names = {one.name for one in used}
    replaced = {}
    for key, value in overrides.items():
        name = book().parameter(key).name
        if name not in names:
            raise _unused(key, name, used, structure)
        replaced[name] = plain(value)
    return replaced


def _unused(key: str, name: str, used: Sequence[Parameter], structure: Structure) -> InputError:
    place = Place(path=f"parameters.{key}")
    unused, nothing = (
        f"this run does not use {shown(name)}",
        "so another value would change nothing",
    )
    choice = structure.instead_of(name)
    if choice is not None:
        wanted, chosen = map(shown, choice)
        allowed = f"a parameter the run uses, or this one together with {wanted}"
        return InputError(place, f"{unused} because of {chosen}, {nothing}", allowed)
    known = [key for one in used for key in (one.id, one.name)]
    problem = f"{unused}, {nothing}"
    return InputError(place, problem, "a parameter the run uses", nearest(key, known))


def _laid_over(stated: Any, given: Any, parameter: Parameter) -> Any:
    """Return the given value, checked; components of a mapping that are not given stay."""
    if isinstance(stated, dict) and isinstance(given, dict):
        for component, value in given.items():
            if component not in stated:
                problem = f"{parameter.name} has no component {shown(component)}"
                near = nearest(component, stated)
                raise InputError(_place(parameter, component), problem, list(stated), near)
            _check(value, parameter, component)
        return {**stated, **given}
    if isinstance(stated, list) and isinstance(given, list) and len(stated) == len(given):
        for index, value in enumerate(given):
            _check(value, parameter, str(index))
        return given
    if isinstance(stated, (dict, list)) or isinstance(given, (dict, list)):
        raise InputError(_place(parameter), "a value of another form", _form(stated))
    _check(given, parameter, "")
    return given


def _form(stated: Any) -> str:
    if isinstance(stated, dict):
        return "values for " + ", ".join(stated)
    return f"a list of {len(stated)} numbers" if isinstance(stated, list) else "one number"


def _check(value: Any, parameter: Parameter, component: str) -> None:
    """Refuse what is not a number, or a number that the quantity cannot have."""
    lowest, highest = 0.0, float("inf")
    allowed = "0 or above"
    if parameter.name in MAY_BE_NEGATIVE:
        lowest, allowed = -highest, "a number"
    elif parameter.unit_of(component) in SHARES:
        highest, allowed = 1.0, "0 to 1"
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    is_fine = is_number and lowest <= value <= highest and abs(value) < float("inf")
    if parameter.name in ABOVE_ZERO:
        is_fine, allowed = is_fine and value > 0.0, "above 0"
    if not is_fine:
        raise InputError(_place(parameter, component), f"{parameter.name} {shown(value)}", allowed)


def _place(parameter: Parameter, component: str = "") -> Place:
    path = f"parameters.{parameter.id}"
    return Place(path=f"{path}.{component}" if component else path)


def _spreads(used: Sequence[Parameter]) -> dict[str, Spread]:
    between = {one.name: one.between_patient for one in used if one.name in SPREADS}
    return {
        name: Spread(one.kind, float(one.spread), one.low, one.high)
        for name, one in between.items()
    }
