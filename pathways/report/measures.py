"""What the report calls each measure, and which measures stand in which table."""

from __future__ import annotations

from collections.abc import Sequence

from pathways.comparison.numbers import Row, is_share
from pathways.outcomes import schema
from pathways.outcomes.dose_bands import HIGHEST_MG, NAMES
from pathways.outcomes.summary import ALL, CONTINUATIONS, TREATED

Labels = Sequence[tuple[str, str, str]]
"""Block, measure and the words for it."""

OF_ALL: Labels = (
    (ALL, "share_treated", "Treated before the horizon"),
    (ALL, "mean_infusions", "Infusions"),
    (ALL, "mean_ketamine_mg", "Lifetime dose, mean, racemic equivalents"),
    (ALL, "median_ketamine_mg", "Lifetime dose, median"),
    (ALL, "p90_ketamine_mg", "Lifetime dose, 90th percentile"),
    (ALL, "p99_ketamine_mg", "Lifetime dose, 99th percentile"),
    (ALL, "mean_s_ketamine_mg", "of it S-ketamine, mean, as given"),
    (ALL, "mean_outside_mg", "Bought elsewhere, mean"),
    (ALL, "mean_pain", "Pain, mean over the days lived"),
    (ALL, "mean_qaly", "QALYs, discounted"),
    (ALL, "mean_qaly_drug_only", "QALYs with expectation left out"),
    (ALL, "mean_qaly_undiscounted", "QALYs, not discounted"),
    (ALL, "mean_life_years", "Years lived to the horizon"),
    (ALL, "share_alive", "Alive at the horizon"),
    (ALL, "share_ever_recovered", "Ever recovered by themselves"),
    (ALL, "mean_sessions_attended", "Therapy sessions attended"),
    (ALL, "mean_tests_done", "Monitoring tests"),
    (ALL, "mean_harms_detected", "Chronic harms detected"),
)
OF_TREATED: Labels = (
    (TREATED, "patients", "Patients treated"),
    (TREATED, "mean_infusions", "Infusions"),
    (TREATED, "mean_courses", "Courses"),
    (TREATED, "mean_ketamine_mg", "Lifetime dose, mean, racemic equivalents"),
    (TREATED, "median_ketamine_mg", "Lifetime dose, median"),
    (TREATED, "p90_ketamine_mg", "Lifetime dose, 90th percentile"),
    (TREATED, "p99_ketamine_mg", "Lifetime dose, 99th percentile"),
    (TREATED, "mean_ketamine_mg_per_kg", "Lifetime dose for each kg of body weight"),
    (TREATED, "mean_hours_infused", "Hours on an infusion"),
    (TREATED, "mean_years_on_treatment", "Years on treatment"),
    (TREATED, "mean_highest_step", "Highest step of the dose ladder"),
    (TREATED, "mean_pain", "Pain, mean over the days lived"),
    (TREATED, "mean_qaly", "QALYs, discounted"),
    (TREATED, "mean_qaly_drug_only", "QALYs with expectation left out"),
)
TRUTHS_OF_ALL: Labels = (
    (ALL, "share_responder_trait", "(a) Responder: ketamine can relieve this pain"),
    (ALL, "share_responder_drug_at_threshold", "(b) Drug relief alone once met the rule"),
    (ALL, "share_responder_drug_any", "(c) Drug relief once above its floor"),
    (ALL, "share_responder_observed", "Observed: a judgement was once passed"),
)
TRUTHS_OF_JUDGED: Labels = tuple((TREATED, measure, words) for _, measure, words in TRUTHS_OF_ALL)
CONTINUED: Labels = (
    (CONTINUATIONS, "mean_continuations", "Continuations per referral"),
    (CONTINUATIONS, "false_positive_rate", "False positive, share of continuations"),
    (CONTINUATIONS, "false_positive_rate_responders", "False positive, among responders"),
    (
        CONTINUATIONS,
        "false_positive_rate_non_responders",
        "False positive, among non-responders",
    ),
)
WAITING: Labels = (
    (ALL, "share_assessed", "Assessed before the horizon"),
    (ALL, "share_eligible", "Eligible for ketamine"),
    (ALL, "share_treated", "Treated before the horizon"),
    (ALL, "median_wait_days", "Median wait to the first infusion, all referrals"),
    (TREATED, "median_wait_days", "Median wait to the first infusion, of those treated"),
    (TREATED, "mean_wait_days", "Mean wait to the first infusion, of those treated"),
)
PAID_BY: Labels = (
    (ALL, "mean_cost_health_system", "Health system, discounted"),
    (ALL, "mean_cost_patient", "Patient, discounted"),
    (ALL, "mean_cost_undiscounted_health_system", "Health system, not discounted"),
    (ALL, "mean_cost_undiscounted_patient", "Patient, not discounted"),
)
INCREMENTS = (
    ("Cost to the health system", "mean_cost_health_system"),
    ("Cost to the patient", "mean_cost_patient"),
)
ENDS = {
    "not_yet": "Still in care at the horizon",
    "not_started": "Never in care",
    "non_response": "Non-response",
    "lost": "Lost to follow-up",
}
SHOWN = {
    measure: words
    for _, measure, words in (*OF_TREATED, *OF_ALL, *WAITING, *PAID_BY, *CONTINUED, *TRUTHS_OF_ALL)
}
"""Words for a measure, whatever its block."""

PAIRED = {
    "Health": (
        "mean_qaly",
        "mean_qaly_drug_only",
        "mean_qaly_undiscounted",
        "mean_life_years",
        "mean_pain",
    ),
    "Treatment": (
        "share_treated",
        "mean_infusions",
        "mean_ketamine_mg",
        "mean_years_on_treatment",
        "mean_continuations",
        "mean_false_positive_continuations",
        "mean_sessions_attended",
    ),
    "Costs": ("mean_cost_all_payers", "mean_cost_health_system", "mean_cost_patient"),
}
"""Measures whose paired differences are shown, harms apart; all others are in the files."""

UNITS = {"d": "days", "mg": "mg", "mg/kg": "mg/kg", "NRS": "NRS"}
"""Units that no words for a measure or a group of them hold already."""
PREFIXES = ("mean_", "share_", "cost_")
FURTHER = {
    "mean_cost_all_payers": "Both payers, discounted",
    "mean_false_positive_continuations": "False-positive continuations",
    "mean_other_acute": "Other acute harm",
}


def unit(row: Row) -> str:
    """Return the unit to be written behind the words for a row; empty if it needs none.

    Cells say percent themselves, differences of shares are in points, heads name the currency.
    """
    if is_share(row["measure"]):
        return "percentage points" if "difference" in row else ""
    return UNITS.get(str(row["unit"]), "")


def is_chronic(measure: str) -> bool:
    """Tell whether a measure is about a chronic harm."""
    return any(measure.startswith(f"mean_{harm}") for harm in schema.CHRONIC_HARMS)


def is_excess(measure: str) -> bool:
    """Tell whether a measure counts the onsets of a chronic harm that ketamine caused."""
    return is_chronic(measure) and measure.endswith("_excess")


def is_harm(measure: str) -> bool:
    """Tell whether a measure counts a harm."""
    return is_chronic(measure) or measure.removeprefix("mean_") in schema.ACUTE_HARMS


def measure_words(measure: str) -> str:
    """Return the words for a measure."""
    if measure in FURTHER or measure in SHOWN:
        return FURTHER.get(measure) or SHOWN[measure]
    if measure.endswith("_excess"):
        return measure_words(measure.removesuffix("_excess"))
    for prefix in PREFIXES:
        measure = measure.removeprefix(prefix)
    return plain(measure).capitalize()


def band_words(band: str) -> str:
    """Return a dose band in words, such as ``Lifetime dose above 500 to 2,000 mg``."""
    place = NAMES.index(band)
    if place == 0:
        return "Before any ketamine"
    above = f"Lifetime dose above {HIGHEST_MG[place - 1]:,.0f}"
    return f"{above} mg" if place == len(HIGHEST_MG) else f"{above} to {HIGHEST_MG[place]:,.0f} mg"


def plain(name: str) -> str:
    """Return a name with spaces."""
    return name.replace("_", " ")
