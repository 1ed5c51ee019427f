"""Which optional parts of the model a scenario uses, and the evidence each of them rests on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pathways.errors import InputError

if TYPE_CHECKING:
    from pathways.scenario.clinics import Clinic
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.policy import Policy
    from pathways.scenario.programme import Therapy
    from pathways.scenario.regimen import Regimen

FEATURE_INPUTS: dict[str, tuple[str, ...]] = {
    "harms": (
        "dissociation_intercept",
        "dissociation_slope",
        "dissociation_reference_concentration",
        "psychosis_history_risk_ratio",
        "nausea_background_probability",
        "severe_hypertension_per_infusion",
        "severe_hypertension_slope",
        "severe_hypertension_odds_ratio_hypertension",
        "severe_hypertension_odds_ratio_per_year_of_age",
        "other_acute_event_probability",
        "dissociation_disutility",
        "dissociation_duration",
        "nausea_disutility",
        "severe_hypertension_disutility",
        "liver_background_rate",
        "cystitis_background_rate",
        "use_disorder_background_rate",
        "cardiovascular_background_rate",
        "cardiovascular_background_age_log_slope",
        "psychiatric_event_background_rate",
        "cognitive_complaint_background_rate",
        "liver_disease_risk_ratio",
        "substance_history_risk_ratio",
        "cardiovascular_disease_risk_ratio",
        "recovery_time_after_stopping",
        "permanent_share",
        "self_report_probability_per_month",
        "cardiovascular_event_fatality",
        "liver_injury_disutility",
        "cystitis_disutility",
        "use_disorder_disutility",
        "cardiovascular_event_disutility",
        "psychiatric_event_disutility",
        "cognitive_complaint_disutility",
    ),
    "excess_harms": (
        "nausea_excess_probability",
        "nausea_slope",
        "liver_injury_hours_table",
        "liver_exposure_window",
        "cystitis_base_rate",
        "cystitis_slope_per_infusion_day",
        "cystitis_exposure_window",
        "use_disorder_base_rate",
        "cardiovascular_event_per_infusion",
        "psychiatric_event_base_rate",
        "cognitive_complaint_excess_rate",
        "cognitive_threshold_days_per_week",
        "lifetime_dose_log_slope",
    ),
    "monitoring": ("test_sensitivity",),
    "sedative_premedication": ("premedication_odds_ratio",),
    "antiemetic_premedication": ("antiemetic_odds_ratio",),
    "programme": ("therapy_response_log_sd",),
    "therapies_of_the_evidence": (
        "publication_bias_factor",
        "refractoriness_factor",
        "therapy_onset_time",
    ),
    "programme_and_ketamine": ("ketamine_therapy_interaction",),
    "sessions": (
        "session_attendance_probability",
        "therapy_sessions",
    ),
    "medication": ("medication_persistence_12_months", "medication_trial_baseline"),
    "duloxetine": ("duloxetine_effect",),
    "gabapentinoid": ("gabapentinoid_effect",),
    "activity": (
        "exercise_effect",
        "exercise_trial_baseline",
        "therapy_dropout_probability",
        "therapy_effect_half_life",
    ),
    "behavioural": (
        "behavioural_trial_baseline",
        "behavioural_trial_pain_sd",
        "behavioural_effect_half_life",
        "therapy_dropout_probability",
    ),
    "behavioural_against_usual_care": ("cognitive_behavioural_effect",),
    "behavioural_against_active_control": ("cognitive_behavioural_effect_v_active_control",),
    "interdisciplinary_programme": (
        "interdisciplinary_programme_effect",
        "programme_trial_baseline",
        "programme_dropout_probability",
        "therapy_effect_half_life",
    ),
    "prices": ("background_pain_care_year", "assessment_visit"),
    "prices_of_infusions": (
        "infusion_two_hours",
        "infusion_four_hours",
        "bed_day",
        "ketamine_vial_500_mg",
        "follow_up_visit",
    ),
    "prices_of_travel": ("travel_cost_per_visit",),
    "prices_of_infusions_for_cash": ("infusion_cash_price",),
    "prices_of_infusions_elsewhere": ("infusion_two_hours", "infusion_four_hours"),
    "prices_of_harms": (
        "severe_hypertension_cost",
        "liver_injury_workup",
        "cystitis_first_year",
        "use_disorder_year",
        "cardiovascular_event_cost",
        "psychiatric_event_cost",
    ),
    "prices_of_tests": ("liver_test", "monitoring_questionnaire"),
    "price_of_duloxetine": ("duloxetine_year",),
    "price_of_gabapentinoid": ("gabapentin_year",),
    "price_of_activity": ("physiotherapy_session",),
    "price_of_behavioural": ("behavioural_session",),
    "price_of_interdisciplinary_programme": ("interdisciplinary_programme", "therapy_sessions"),
    "yearly_budget": ("yearly_treatment_budget",),
    "staffing": ("chairs_per_nurse",),
    "turnaround": ("chair_time_beyond_infusion",),
    "no_shows": ("infusion_no_show_probability",),
    "late_cancellations": ("late_cancellation_probability",),
    "loss_to_follow_up": ("loss_to_follow_up_rate",),
    "re_referral": ("re_referral_rate",),
    "outside_option": ("outside_uptake_probability",),
}
"""Evidence of each part, by parameter name."""

SEDATIVES = ("midazolam", "clonidine")
ANTIEMETICS = ("ondansetron",)


def features(document: ScenarioDocument) -> tuple[str, ...]:
    """Return the parts a scenario uses, in the order of ``FEATURE_INPUTS``."""
    used = _of_harms(document)
    for clinic in document.clinics_by_place.values():
        used |= _of_clinic(clinic)
    for policy in document.policies.values():
        used |= _of_programme(policy) | _of_leaving(policy)
        if not document.harms.none:
            used |= _of_premedication(policy)
        if policy.monitoring is not None:
            used.add("monitoring")
        if document.prices is not None:
            used |= _of_prices(policy, document.prices.country)
    if document.prices is not None and not document.harms.none:
        used.add("prices_of_harms")
    return tuple(name for name in FEATURE_INPUTS if name in used)


def feature_inputs(used: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the parameters that these parts take from the book, each once."""
    return tuple(dict.fromkeys(name for part in used for name in FEATURE_INPUTS[part]))


def _of_harms(document: ScenarioDocument) -> set[str]:
    if document.harms.none:
        return set()
    return {"harms"} if document.harms.off else {"harms", "excess_harms"}


def _of_clinic(clinic: Clinic) -> set[str]:
    """Return what a clinic takes from the evidence, by reference or by default."""
    given = {
        "staffing": clinic.chairs_per_nurse if clinic.nurses is not None else None,
        "turnaround": clinic.turnaround,
        "no_shows": clinic.no_show,
        "late_cancellations": clinic.late_cancellation,
    }
    return _referred_to(given)


def _of_leaving(policy: Policy) -> set[str]:
    again, outside = policy.exit.re_referral, policy.outside_option
    given = {
        "loss_to_follow_up": policy.exit.lost_to_follow_up,
        "re_referral": None if again is None else again.rate,
        "outside_option": None if outside is None else outside.share,
    }
    return _referred_to(given)


def _referred_to(given: dict[str, Any]) -> set[str]:
    """Return the parts whose value is a reference to the parameter they are named after."""
    return {
        part
        for part, one in given.items()
        if one is not None and _name_in_the_book(one.evidence) in FEATURE_INPUTS[part]
    }


def _name_in_the_book(key: str | None) -> str | None:
    """Return the name of a parameter by its id or name; None for one that is not there."""
    from pathways.evidence.book import book

    try:
        return None if key is None else book().parameter(key).name
    except InputError:  # Whoever settles the value says where it stands.
        return None


def _of_premedication(policy: Policy) -> set[str]:
    used = set()
    for regimen in all_regimens_of(policy):
        if any(drug in SEDATIVES for drug in regimen.premedication):
            used.add("sedative_premedication")
        if any(drug in ANTIEMETICS for drug in regimen.premedication):
            used.add("antiemetic_premedication")
    return used


def _of_programme(policy: Policy) -> set[str]:
    if policy.programme is None:
        return set()
    used = {"programme"}
    if policy.treatment == "ketamine" or policy.outside_option is not None:
        used.add("programme_and_ketamine")
    for therapy in policy.programme.therapies:
        used |= _of_therapy(therapy)
    return used


def _of_therapy(therapy: Therapy) -> set[str]:
    if therapy.family == "user_defined":
        return set()
    used = {"therapies_of_the_evidence", therapy.family}
    if therapy.family == "medication":
        return used | {therapy.medicine}
    if therapy.family == "behavioural":
        used.add(f"behavioural_against_{therapy.compared_with or 'usual_care'}")
    return used | {"sessions"}


def _of_prices(policy: Policy, country: str) -> set[str]:
    used = {"prices"}
    if policy.treatment == "ketamine":
        used |= {"prices_of_infusions", "prices_of_travel"}
        if policy.monitoring is not None:
            used.add("prices_of_tests")
    if policy.payment is not None and policy.payment.payer == "patient":
        # Cash prices are in the evidence for the US only.
        if country == "US":
            used.add("prices_of_infusions_for_cash")
        if policy.payment.stops_at_budget:
            used.add("yearly_budget")
    used |= _of_prices_elsewhere(policy, country)
    for therapy in policy.programme.therapies if policy.programme is not None else ():
        if therapy.family != "user_defined":
            used.add(f"price_of_{therapy.medicine or therapy.family}")
        if therapy.family != "medication":
            used.add("prices_of_travel")
    return used


def _of_prices_elsewhere(policy: Policy, country: str) -> set[str]:
    if policy.outside_option is None:
        return set()
    used = {"prices_of_travel", "yearly_budget"}
    if policy.outside_option.price is not None:
        return used
    for_cash, by_hours = "prices_of_infusions_for_cash", "prices_of_infusions_elsewhere"
    return used | {for_cash if country == "US" else by_hours}


def all_regimens_of(policy: Policy) -> list[Regimen]:
    """Return the policy's regimens and, behind them, the one that is bought elsewhere."""
    outside = policy.outside_option
    return policy.regimens if outside is None else [*policy.regimens, outside.regimen]
