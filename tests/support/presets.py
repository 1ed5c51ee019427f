"""Therapies, harms, prices, leaving and buying by hand, for a plan of `plans.make_plan`."""

from __future__ import annotations

from pathways.codes import (
    AcuteHarm,
    ChronicHarm,
    Comorbidity,
    Link,
    Metric,
    Payer,
    ProgrammeFor,
)

# Rates far above any real ones, so that two years see every kind of event.
ACUTE_HARMS = {
    "acute_intercept": [-0.4, -1.0, -2.0, -0.9],
    "acute_sham_intercept": [-2.5, -2.0, -4.0, -1.5],
    "acute_slope": [0.012, 0.005, 0.004, 0.0],
    "acute_reference": 150.0,
    "acute_comorbidities": [
        0,
        1 << Comorbidity.ANXIETY | 1 << Comorbidity.DEPRESSION,
        1 << Comorbidity.HYPERTENSION,
        1 << Comorbidity.INSOMNIA,
    ],
    "acute_comorbidity_log_odds": [0.7, 0.4, 1.1, 0.3],
    "acute_age_log_odds": [-0.01, 0.0, 0.04, 0.01],
    "acute_premedicated_log_odds": [-0.7, -0.5, -0.3, 0.0],
    "acute_qaly_loss": [0.00005, 0.0002, 0.0003, 0.0001],
    "step_premedicated": {0: 0b0001, 1: 0b0111},
    "adverse_event_acute": 1 << AcuteHarm.SEVERE_HYPERTENSION | 1 << AcuteHarm.NAUSEA,
    "adverse_event_times": 4,
}
CHRONIC_HARMS = {
    "harm_background": [0.0008, 0.001, 0.0006, 0.0004, 0.0007, 0.0012],
    "harm_background_ratio": [2.0, 1.5, 5.0, 3.0, 3.0, 1.2],
    "harm_excess_ratio": [2.0, 1.3, 4.0, 5.0, 3.0, 1.0],
    "harm_comorbidities": [
        1 << Comorbidity.LIVER_DISEASE_MODERATE,
        1 << Comorbidity.DEPRESSION,
        1 << Comorbidity.SUBSTANCE_USE_HISTORY | 1 << Comorbidity.OPIOID_MISUSE,
        1 << Comorbidity.CARDIOVASCULAR_DISEASE,
        1 << Comorbidity.ANXIETY,
        1 << Comorbidity.INSOMNIA,
    ],
    "harm_base": [0.02, 0.004, 0.0005, 0.02, 0.004, 0.003],
    "harm_metric": [
        Metric.TRAILING_HOURS,
        Metric.TRAILING_DAYS,
        Metric.LIFETIME_MG,
        Metric.PEAK,
        Metric.TRAILING_MG,
        Metric.TRAILING_DAYS,
    ],
    "harm_window_weeks": [4, 26, 1, 1, 8, 2],
    "harm_link": [
        Link.TABLE,
        Link.LOG_LINEAR,
        Link.LINEAR,
        Link.LINEAR,
        Link.THRESHOLD,
        Link.NONE,
    ],
    "harm_slope": [0.0, 0.3, 0.01, 0.005, 0.0, 0.1],
    "harm_threshold": {ChronicHarm.PSYCHIATRIC_EVENT: 70.0},
    "harm_table_x": {0: 0.0, 1: 2.0, 2: 6.0, 3: 10.0},
    "harm_table_y": {0: 0.0, 1: 0.5, 2: 1.0, 3: 3.0},
    "harm_lifetime_slope": [0.2, -0.3, 0.0, 0.5, 0.0, 0.1],
    "harm_recovery_per_day": [0.02, 0.008, 0.004, 0.001, 0.015, 0.01],
    "harm_recovery_after_days": [14, 28, 60, 7, 0, 35],
    "harm_permanent": [0.1, 0.3, 0.2, 0.5, 0.0, 0.2],
    "harm_fatality": [0.02, 0.0, 0.01, 0.2, 0.05, 0.0],
    "harm_noticed_per_week": [0.02, 0.2, 0.05, 1.0, 0.3, 0.1],
    "harm_qaly_loss": [0.001, 0.0, 0.0, 0.02, 0.005, 0.0],
    "harm_decrement": [0.1, 0.1, 0.15, 0.12, 0.25, 0.05],
    "adverse_event_chronic": 1 << ChronicHarm.CARDIOVASCULAR_EVENT | 1 << ChronicHarm.CYSTITIS,
    "laboratory_stop_harms": 1 << ChronicHarm.LIVER_INJURY,
}
MONITORING = {
    "tests": 4,
    "test_harm": [
        ChronicHarm.LIVER_INJURY,
        ChronicHarm.CYSTITIS,
        ChronicHarm.USE_DISORDER,
        ChronicHarm.COGNITIVE_COMPLAINT,
    ],
    "test_every_courses": [1, 2, 0, 3],
    "test_every_days": [0, 0, 90, 180],
    "test_only_with": {
        2: 1 << Comorbidity.SUBSTANCE_USE_HISTORY | 1 << Comorbidity.DEPRESSION,
    },
    "test_sensitivity": [0.95, 0.8, 0.7, 0.6],
}
CHOICE = {
    "choice_hazard_per_day": 0.0008,
    "choice_ratio_no_benefit": 3.0,
    "choice_ratio_harm": 2.0,
    "choice_ratio_paying": 1.5,
}
HARMS = {**ACUTE_HARMS, **CHRONIC_HARMS, **MONITORING, **CHOICE}
HARM_AGE_LOG_SLOPES = {ChronicHarm.CARDIOVASCULAR_EVENT: 0.07, ChronicHarm.LIVER_INJURY: -0.01}
# In order: medication, activity, behavioural therapy, interdisciplinary programme.
PROGRAMME = {
    "programme_for": ProgrammeFor.ALL,
    "programme_after_exit": 1,
    "therapies": 4,
    "therapy_delay_days": 21,
    "therapy_interaction": 0.1,
    "therapy_effect": [0.12, 0.1, 0.08, 0.15],
    "therapy_sessions": [0, 12, 10, 15],
    "therapy_sessions_per_week": [0, 2, 1, 5],
    "therapy_attendance": [0.0, 0.75, 0.8, 0.9],
    "therapy_dropout_per_miss": [0.0, 0.09, 0.1, 0.12],
    "therapy_progress_per_week": [0.25, 0.0, 0.0, 0.0],
    "therapy_stop_hazard_per_day": [0.003, 0.0, 0.0, 0.0],
    "therapy_keep_per_week": [0.0, 0.98, 0.987, 0.991],
    "therapy_response_log_sd": 0.5,
}
PRICES = {
    "infusion_payer": Payer.PATIENT,
    "budget_limits": 1,
    "price_assessment": 250.0,
    "price_follow_up": 110.0,
    "price_infusion": [[450.0], [550.0, 500.0]],
    "price_vial": 10.0,
    "vial_content_mg": 75.0,
    "price_travel": 30.0,
    "price_test": [8.0, 20.0, 20.0, 25.0],
    "price_acute": [5.0, 12.0, 400.0, 0.0],
    "price_harm_onset": [0.0, 900.0, 0.0, 30000.0, 12000.0, 0.0],
    "price_harm_detected": [2500.0, 600.0, 0.0, 0.0, 0.0, 150.0],
    "price_harm_per_day": [0.0, 3.5, 24.0, 0.0, 1.0, 0.5],
    "price_session": [0.0, 100.0, 110.0, 400.0],
    "price_medication_per_day": [0.4, 0.0, 0.0, 0.0],
    "price_background_per_day": 30.0,
    "yearly_budget_median": 3000.0,
    "yearly_budget_log_sd": 1.0,
}
# Mean times of a few months, so that two years see several further referrals.
LEAVING = {
    "waiting_leave_hazard_per_day": 0.004,
    "lost_hazard_per_day": 0.002,
    "rereferral_hazard_per_day": 0.008,
    "rereferral_after_days": 30,
}
OUTSIDE = {
    "outside_share": 0.6,
    "outside_step": 0,
    "outside_delay_days": 20,
    "outside_interval_days": 28,
    "outside_stop_hazard_per_day": 0.003,
    "price_outside": 500.0,
}
