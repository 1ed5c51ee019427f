"""The names of what a patient holds.

Declared, they lie in the agent itself instead of in a dictionary of its own: a patient takes less
memory, and rules find them sooner. A subclass may hold more.
"""

from __future__ import annotations

from pathways.layout import RESULTS, TRAITS

_CALENDAR = """
    clinic_number day_step lived_day results_day results alive recovered unsettled
    in_care keeps_diary draws rules course_rules observations events
""".split()

_CLOCKS = """
    death_remaining recovery_remaining relapse_remaining choice_remaining lost_remaining
    waiting_remaining rereferral_remaining episode last_tick age_years flares flares_from
""".split()

_SYMPTOMS = """
    level flare drug_relief remaining base_pain treated_pain undrugged_pain pain pain_without_drug
    pain_for_utility pain_drug_only removed pain_kept pain_without_drug_kept diary_since responds
    slow_site lifetime_auc_s dose_auc_s infusion s_factor expectation raised_expectation
    expectation_felt expectation_course within_day
""".split()

_TREATMENT = """
    visit_kind visit_day course_start_day administration_day ladder_step tries_at_step course_step
    course_day taper_index course_start_days tapering baselines baseline_definition judgement
    judgement_bits last_verdict ever_passed stop_reasons course_request assessment_request
    programme_request bookings booking_resources
""".split()

_THERAPIES = "therapies in_programme therapy_start_day programme_remaining".split()

_HARMS = """
    exposure peak_highest last_exposure_day last_exposure_week harmed_at_last_infusion harms
    active_harms harms_at_risk hazards_for hazards_due_week courses_at_last_test last_test_day
""".split()

_MONEY = """
    occasions outside_day outside_remaining outside_occasion paid_this_year paid_in_year
    held_utility held_pain held_removed held_drug_only books_day
""".split()

_WORKED_OUT = {"ketamine_auc_s"}

PATIENT_ATTRIBUTES = tuple(
    dict.fromkeys(
        (
            *(field.name for field in TRAITS),
            *(field.name for field in RESULTS if field.name not in _WORKED_OUT),
            *_CALENDAR,
            *_CLOCKS,
            *_SYMPTOMS,
            *_TREATMENT,
            *_THERAPIES,
            *_HARMS,
            *_MONEY,
        )
    )
)
