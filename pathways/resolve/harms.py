"""Harms as the engines read them: what happens at an infusion, what comes with time, who looks.

Probabilities become log odds or daily hazards here, once; nothing is estimated. Concentrations are
in ng/mL of racemic equivalents, ages in years, doses in grams.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pathways import layout
from pathways.codes import AcuteHarm, ChronicHarm, Comorbidity, Link, Metric
from pathways.fastcore.maths import exponential, logarithm
from pathways.resolve import tables
from pathways.resolve.features import ANTIEMETICS, SEDATIVES, all_regimens_of

if TYPE_CHECKING:
    from pathways.resolve.inputs import EvidenceValues
    from pathways.scenario.harms import AdverseEventRule
    from pathways.scenario.policy import Policy

DAYS_PER_YEAR = 365.0
MONTHS_PER_YEAR = 12.0
DAYS_PER_WEEK = 7.0
HOURS_PER_DAY = 24.0
SMALLEST_SHARE = float.fromhex("0x1p-53")
NEVER_LOG_ODDS = -1000.0
ALWAYS = 1.0

LIVER = (Comorbidity.LIVER_DISEASE_MODERATE, Comorbidity.LIVER_DISEASE_SEVERE)
SUBSTANCES = (Comorbidity.SUBSTANCE_USE_HISTORY, Comorbidity.SUBSTANCE_USE_ACTIVE)
PRESSURE = (Comorbidity.HYPERTENSION, Comorbidity.HYPERTENSION_UNCONTROLLED)
HEART = (Comorbidity.CARDIOVASCULAR_DISEASE,)
PSYCHOSIS = (Comorbidity.PSYCHOSIS_HISTORY,)

COMES_TO_CARE = (ChronicHarm.CARDIOVASCULAR_EVENT, ChronicHarm.PSYCHIATRIC_EVENT)
"""Harms that are known at once, because needing care is what defines them."""
TEST_SENSITIVITY = {
    "liver_function": "liver_test",
    "urinary_symptoms": "bladder_questionnaire",
    "substance_use": "use_disorder_screen",
    "cognition": "cognitive_screen",
}
WINDOWS = {
    ChronicHarm.LIVER_INJURY: "liver_exposure_window",
    ChronicHarm.CYSTITIS: "cystitis_exposure_window",
    ChronicHarm.USE_DISORDER: "cystitis_exposure_window",
    ChronicHarm.PSYCHIATRIC_EVENT: "cystitis_exposure_window",
}
"""Trailing windows; those of use disorder and psychiatric events are not stated anywhere and take
the one of bladder symptoms, the longest there is: who was infused in it counts as on treatment."""

Fields = dict[str, Any]


def harm_fields(values: EvidenceValues) -> Fields:
    """Return the fields of acute and chronic harms.

    Without the part ``harms`` nothing ever happens; without ``excess_harms`` a drug does what a
    sham does, and chronic harms come at their background rates.

    Parameters
    ----------
    values : EvidenceValues

    Returns
    -------
    dict
        By field of ``layout.PARAMETERS``.
    """
    parts = values.structure.features
    if "harms" not in parts:
        nothing = [NEVER_LOG_ODDS] * layout.ACUTE_HARMS
        return {"acute_intercept": nothing, "acute_sham_intercept": nothing, "harm_off": 1}
    with_excess = "excess_harms" in parts
    fields = _acute(values, with_excess) | _background(values) | _course_of_harm(values)
    return fields | (_excess(values) if with_excess else {"harm_off": 1})


def harm_age_factor(values: EvidenceValues) -> tables.Table:
    """Return the plan's array of background hazards by age, shape (CHRONIC_HARMS, AGE_YEARS)."""
    slope = values.get("cardiovascular_background_age_log_slope", 0.0)
    return tables.harm_age_factor({ChronicHarm.CARDIOVASCULAR_EVENT: slope})


def rate_per_day(probability: float, days: float) -> float:
    """Return the constant hazard per day that gives a probability within so many days."""
    left = 1.0 - probability
    return (0.0 - logarithm(left if left > SMALLEST_SHARE else SMALLEST_SHARE)) / days


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), limited to probabilities that differ from 0 and 1."""
    inside = probability if probability > SMALLEST_SHARE else SMALLEST_SHARE
    inside = inside if inside < 1.0 - SMALLEST_SHARE else 1.0 - SMALLEST_SHARE
    return logarithm(inside / (1.0 - inside))


def mask(members: Iterable[int]) -> int:
    """Return the bit mask of the members of an enumeration."""
    bits = 0
    for member in members:
        bits |= 1 << int(member)
    return bits


def _by_harm(by_harm: Mapping[int, float], others: float = 0.0) -> list[float]:
    return [by_harm.get(harm, others) for harm in range(layout.CHRONIC_HARMS)]


def _acute(values: EvidenceValues, with_excess: bool) -> Fields:
    """Return the log odds of an infusion's harms at the reference concentration, and of a sham.

    Dissociation and severe hypertension under a sham are their curves at no concentration. Nausea
    has a stated background, which other events take too: trials state no other without the drug.
    """
    reference = float(values["dissociation_reference_concentration"])
    slopes = {
        AcuteHarm.DISSOCIATION: values["dissociation_slope"],
        AcuteHarm.NAUSEA: values.get("nausea_slope", 0.0),
        AcuteHarm.SEVERE_HYPERTENSION: values["severe_hypertension_slope"],
        AcuteHarm.OTHER_ACUTE: 0.0,
    }
    nausea = values["nausea_background_probability"]
    other = values["other_acute_event_probability"]
    pressure = _hypertension_intercept(values)
    drug = {
        AcuteHarm.DISSOCIATION: values["dissociation_intercept"],
        AcuteHarm.NAUSEA: log_odds(nausea + values.get("nausea_excess_probability", 0.0)),
        AcuteHarm.SEVERE_HYPERTENSION: pressure,
        AcuteHarm.OTHER_ACUTE: log_odds(other),
    }
    sham = {
        AcuteHarm.DISSOCIATION: drug[AcuteHarm.DISSOCIATION]
        - slopes[AcuteHarm.DISSOCIATION] * reference,
        AcuteHarm.NAUSEA: log_odds(nausea),
        AcuteHarm.SEVERE_HYPERTENSION: pressure - slopes[AcuteHarm.SEVERE_HYPERTENSION] * reference,
        AcuteHarm.OTHER_ACUTE: log_odds(nausea),
    }
    return {
        "acute_intercept": [(drug if with_excess else sham)[harm] for harm in AcuteHarm],
        "acute_sham_intercept": [sham[harm] for harm in AcuteHarm],
        "acute_slope": [slopes[harm] if with_excess else 0.0 for harm in AcuteHarm],
        "acute_reference": [reference for _ in AcuteHarm],
        "acute_qaly_loss": _acute_qaly_losses(values),
        **_acute_modifiers(values),
    }


def _hypertension_intercept(values: EvidenceValues) -> float:
    """Return the log odds in patients without a history of hypertension.

    The stated probability is an average over patients with and without; their shares are taken to
    be those of referred patients.
    """
    ratio = values["severe_hypertension_odds_ratio_hypertension"]
    average = 1.0 + values["hypertension_prevalence"] * (ratio - 1.0)
    return log_odds(values["severe_hypertension_per_infusion"]) - logarithm(average)


def _acute_modifiers(values: EvidenceValues) -> Fields:
    psychosis = logarithm(values["psychosis_history_risk_ratio"])
    hypertension = logarithm(values["severe_hypertension_odds_ratio_hypertension"])
    age = logarithm(values["severe_hypertension_odds_ratio_per_year_of_age"])
    return {
        "acute_comorbidities": [mask(PSYCHOSIS), 0, mask(PRESSURE), 0],
        "acute_comorbidity_log_odds": [psychosis, 0.0, hypertension, 0.0],
        "acute_age_log_odds": [0.0, 0.0, age, 0.0],
        "acute_premedicated_log_odds": [
            logarithm(values.get("premedication_odds_ratio", 1.0)),
            logarithm(values.get("antiemetic_odds_ratio", 1.0)),
            0.0,
            0.0,
        ],
    }


def _acute_qaly_losses(values: EvidenceValues) -> list[float]:
    # Nothing is stated for dizziness, headache or sedation; they count like nausea.
    day_of_nausea = values["nausea_disutility"] / DAYS_PER_YEAR
    days_of_dissociation = values["dissociation_duration"] / HOURS_PER_DAY
    return [
        values["dissociation_disutility"] * days_of_dissociation / DAYS_PER_YEAR,
        day_of_nausea,
        values["severe_hypertension_disutility"] / DAYS_PER_YEAR,
        day_of_nausea,
    ]


def _background(values: EvidenceValues) -> Fields:
    yearly = {
        ChronicHarm.LIVER_INJURY: values["liver_background_rate"],
        ChronicHarm.CYSTITIS: values["cystitis_background_rate"],
        ChronicHarm.USE_DISORDER: values["use_disorder_background_rate"],
        ChronicHarm.CARDIOVASCULAR_EVENT: values["cardiovascular_background_rate"],
        ChronicHarm.PSYCHIATRIC_EVENT: values["psychiatric_event_background_rate"],
        ChronicHarm.COGNITIVE_COMPLAINT: values["cognitive_complaint_background_rate"],
    }
    ratios = {
        ChronicHarm.LIVER_INJURY: values["liver_disease_risk_ratio"],
        ChronicHarm.USE_DISORDER: values["substance_history_risk_ratio"],
        ChronicHarm.CARDIOVASCULAR_EVENT: values["cardiovascular_disease_risk_ratio"],
    }
    # A history of psychosis is stated to multiply what ketamine does, not the background.
    excess = ratios | {ChronicHarm.PSYCHIATRIC_EVENT: values["psychosis_history_risk_ratio"]}
    masks = {
        ChronicHarm.LIVER_INJURY: mask(LIVER),
        ChronicHarm.USE_DISORDER: mask(SUBSTANCES),
        ChronicHarm.CARDIOVASCULAR_EVENT: mask(HEART),
        ChronicHarm.PSYCHIATRIC_EVENT: mask(PSYCHOSIS),
    }
    return {
        "harm_background": [rate / DAYS_PER_YEAR for rate in _by_harm(yearly)],
        "harm_background_ratio": _by_harm(ratios, 1.0),
        "harm_excess_ratio": _by_harm(excess, 1.0),
        "harm_comorbidities": _by_harm(masks, 0),
    }


def _course_of_harm(values: EvidenceValues) -> Fields:
    """Return how harms end, are noticed and weigh on quality of life."""
    durations, permanent = values["recovery_time_after_stopping"], values["permanent_share"]
    weeks_per_month = DAYS_PER_YEAR / MONTHS_PER_YEAR / DAYS_PER_WEEK
    monthly = rate_per_day(values["self_report_probability_per_month"], weeks_per_month)
    noticed = 1.0 - exponential(0.0 - monthly)
    names = [harm.name.lower() for harm in ChronicHarm]
    return {
        "harm_recovery_per_day": [
            1.0 / durations[name] if name in durations else 0.0 for name in names
        ],
        "harm_permanent": [permanent.get(name, 0.0) for name in names],
        "harm_fatality": _by_harm(
            {ChronicHarm.CARDIOVASCULAR_EVENT: values["cardiovascular_event_fatality"]}
        ),
        "harm_noticed_per_week": [ALWAYS if h in COMES_TO_CARE else noticed for h in ChronicHarm],
        "harm_decrement": [values[f"{name}_disutility"] for name in names],
    }


def _excess(values: EvidenceValues) -> Fields:
    """Return what ketamine adds to the hazards (docs/model.md 8a).

    Healing of an excess harm begins once there was no infusion for the liver's exposure window,
    the one stated time for which an infusion goes on acting on an organ.
    """
    slopes = values["lifetime_dose_log_slope"]
    stopped = tables.round_half_up(values["liver_exposure_window"])
    x, y = _liver_table(values)
    knots = layout.HARM_KNOTS
    return {
        **_links(values),
        "harm_base": _base_rates(values),
        "harm_window_weeks": [_window_weeks(values, harm) for harm in ChronicHarm],
        "harm_table_x": [*x, *[0.0] * (layout.CHRONIC_HARMS * knots - knots)],
        "harm_table_y": [*y, *[0.0] * (layout.CHRONIC_HARMS * knots - knots)],
        "harm_lifetime_slope": [slopes[harm.name.lower()] for harm in ChronicHarm],
        "harm_recovery_after_days": [stopped for _ in ChronicHarm],
    }


def _links(values: EvidenceValues) -> Fields:
    on_treatment = (Metric.TRAILING_DAYS, Link.THRESHOLD)
    shapes = {
        ChronicHarm.LIVER_INJURY: (Metric.TRAILING_HOURS, Link.TABLE),
        ChronicHarm.CYSTITIS: (Metric.TRAILING_DAYS, Link.LOG_LINEAR),
        ChronicHarm.USE_DISORDER: on_treatment,
        ChronicHarm.CARDIOVASCULAR_EVENT: (Metric.TRAILING_DAYS, Link.LINEAR),
        ChronicHarm.PSYCHIATRIC_EVENT: on_treatment,
        ChronicHarm.COGNITIVE_COMPLAINT: (Metric.TRAILING_DAYS, Link.THRESHOLD),
    }
    slopes = {
        ChronicHarm.CYSTITIS: values["cystitis_slope_per_infusion_day"],
        ChronicHarm.CARDIOVASCULAR_EVENT: 1.0,
    }
    thresholds = {
        ChronicHarm.COGNITIVE_COMPLAINT: float(values["cognitive_threshold_days_per_week"])
    }
    return {
        "harm_metric": [shapes[harm][0] for harm in ChronicHarm],
        "harm_link": [shapes[harm][1] for harm in ChronicHarm],
        "harm_slope": _by_harm(slopes),
        "harm_threshold": _by_harm(thresholds),
    }


def _base_rates(values: EvidenceValues) -> list[float]:
    """Return h0 per day; of the liver's table and of an infusion in the week after it."""
    week = rate_per_day(values["cardiovascular_event_per_infusion"], DAYS_PER_WEEK)
    yearly = {
        ChronicHarm.CYSTITIS: values["cystitis_base_rate"],
        ChronicHarm.USE_DISORDER: values["use_disorder_base_rate"],
        ChronicHarm.PSYCHIATRIC_EVENT: values["psychiatric_event_base_rate"],
        ChronicHarm.COGNITIVE_COMPLAINT: values["cognitive_complaint_excess_rate"],
    }
    rates = [rate / DAYS_PER_YEAR for rate in _by_harm(yearly)]
    days = _window_weeks(values, ChronicHarm.LIVER_INJURY) * DAYS_PER_WEEK
    rates[ChronicHarm.LIVER_INJURY] = 1.0 / days
    rates[ChronicHarm.CARDIOVASCULAR_EVENT] = week
    return rates


def _window_weeks(values: EvidenceValues, harm: ChronicHarm) -> int:
    """Return the trailing window in whole weeks, at least one: the record keeps weeks."""
    if harm not in WINDOWS:
        return 1
    weeks = tables.round_half_up(values[WINDOWS[harm]] / DAYS_PER_WEEK)
    return min(max(weeks, 1), layout.EXPOSURE_WEEKS - 1)


def _liver_table(values: EvidenceValues) -> tuple[list[float], list[float]]:
    """Return hours and the hazard summed over the window, that of one course of these hours."""
    stated = values["liver_injury_hours_table"]
    hours = [float(name.removeprefix("hours_")) for name in stated]
    return hours, [rate_per_day(probability, 1.0) for probability in stated.values()]


def premedication(policy: Policy) -> Fields:
    """Return which acute harms each regimen's premedication is given against."""
    masks = []
    for regimen in all_regimens_of(policy):
        against = []
        if any(drug in SEDATIVES for drug in regimen.premedication):
            against.append(AcuteHarm.DISSOCIATION)
        if any(drug in ANTIEMETICS for drug in regimen.premedication):
            against.append(AcuteHarm.NAUSEA)
        masks.append(mask(against))
    return {"step_premedicated": masks}


def monitoring_fields(policy: Policy, values: EvidenceValues) -> Fields:
    """Return the tests of a policy."""
    if policy.monitoring is None:
        return {}
    tests, sensitivity = policy.monitoring.tests, values["test_sensitivity"]
    return {
        "tests": len(tests),
        "test_harm": [test.harm for test in tests],
        "test_every_courses": [test.every_courses or 0 for test in tests],
        "test_every_days": [test.every or 0 for test in tests],
        "test_only_with": [mask(test.only_with) for test in tests],
        "test_sensitivity": [sensitivity[TEST_SENSITIVITY[test.name]] for test in tests],
    }


def stopping_fields(policy: Policy, choices_per_year: float) -> Fields:
    """Return which harms and whose choice end treatment.

    Parameters
    ----------
    policy : Policy
    choices_per_year : float
        The baseline rate of patients who stop of their own accord, resolved.
    """
    choice = policy.exit.patient_choice
    looked_for = (
        {} if policy.monitoring is None else {t.name: t.harm for t in policy.monitoring.tests}
    )
    fields = _adverse_events(policy.exit.adverse_event) | {
        "laboratory_stop_harms": mask(looked_for[name] for name in policy.exit.laboratory_stop),
    }
    if choice is not None:
        fields |= {
            "choice_hazard_per_day": choices_per_year / DAYS_PER_YEAR,
            "choice_ratio_no_benefit": choice.no_benefit,
            "choice_ratio_harm": choice.adverse_effects,
            "choice_ratio_paying": choice.paying,
        }
    return fields


def _adverse_events(rule: AdverseEventRule | None) -> Fields:
    if rule is None:
        return {"adverse_event_times": 1}
    return {
        "adverse_event_acute": mask(rule.acute),
        "adverse_event_chronic": mask(rule.chronic),
        "adverse_event_times": rule.times,
    }
