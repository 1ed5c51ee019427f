"""The records that pass between Python and the engines, field by field.

Each list is written once here. NumPy dtypes, the kernel's C structs and the reference engine's
attributes are made from it, so that a field has one name and one meaning on both engines. Every
scalar is eight bytes wide. The file uses the standard library only (it is read at build time).
"""

from __future__ import annotations

import functools
from typing import NamedTuple

FLOAT = "f8"
INTEGER = "i8"
HASH = "u8"

MAX_LADDER_STEPS = 8
MAX_COURSE_DAYS = 16
MAX_CRITERIA = 4
MAX_TAPER_COURSES = 8
MAX_RULE_SETS = 8
HABITUATION_COURSES = 64
HISTORY_DAYS = 64
RECENT_COURSES = 16
DIARY_TERMS = 8
DOMAINS = 7
PAIN_KNOTS = 11
CURVE_ROWS = 5
CURVE_GRID = 9
AGE_YEARS = 121
COPULA_DIMENSIONS = 12
MAX_THERAPIES = 4
ACUTE_HARMS = 4
CHRONIC_HARMS = 6
HARM_CAUSES = 2
HARM_KNOTS = 4
EXPOSURE_WEEKS = 32
MAX_TESTS = 4
PAYERS = 2
COST_LINES = 11
BOOKING_DAYS = 512
PANEL_PATIENTS = 1024
PANEL_EVERY_WEEKS = 4
OUTSIDE_ADMINISTRATIONS = 1048576
MAX_PROTOCOL_COURSES = 16
CONDITIONS = 4

CONSTANTS = {
    name: value
    for name, value in list(globals().items())
    if name.isupper() and isinstance(value, int)
}


class Field(NamedTuple):
    """One field of a record.

    Attributes
    ----------
    name : str
    kind : str
        ``"f8"``, ``"i8"`` or ``"u8"``.
    meaning : str
        One line with the unit.
    count : int
        Length when the field is an array; 1 for a scalar.
    """

    name: str
    kind: str
    meaning: str
    count: int = 1


_STEP_DAYS = MAX_LADDER_STEPS * MAX_COURSE_DAYS

PARAMETERS: tuple[Field, ...] = (
    # time
    Field("horizon_days", INTEGER, "patient days simulated"),
    # symptoms
    Field("flare_autocorrelation", FLOAT, "weekly AR(1) coefficient of the flare"),
    Field("flare_innovation_sd", FLOAT, "SD of the weekly innovation, NRS"),
    Field("diary_error_sd", FLOAT, "SD of the daily diary error, NRS"),
    Field("diary_weights", FLOAT, "moving-average weights, newest first", DIARY_TERMS),
    Field("diary_missing_probability", FLOAT, "probability that a diary day is missing"),
    Field("remaining_floor", FLOAT, "lowest product of remaining fractions of pain"),
    Field("recovery_hazard_per_day", FLOAT, "natural recovery, per day"),
    Field("relapse_hazard_per_day", FLOAT, "relapse after recovery, per day"),
    Field("recovered_pain_level", FLOAT, "pain level while recovered, NRS"),
    # domains
    Field("domain_slope", FLOAT, "change of the domain per NRS point of pain", DOMAINS),
    Field("domain_low", FLOAT, "lowest score of the instrument", DOMAINS),
    Field("domain_high", FLOAT, "highest score of the instrument", DOMAINS),
    Field("domain_error_sd", FLOAT, "SD of the instrument's error", DOMAINS),
    # ketamine, slow effect site
    Field("slow_decay_per_day", FLOAT, "2^(-1/half-life)"),
    Field("slow_uptake_per_hour", FLOAT, "ke0/24"),
    Field(
        "slow_floor", FLOAT, "effect-site concentration set to 0 below this, ng/mL S-equivalents"
    ),
    Field("tolerance_kappa", FLOAT, "rise of C50 per 1000 ng h/mL of lifetime exposure"),
    Field("potency", FLOAT, "potency of racemic ketamine relative to S-ketamine"),
    # ketamine, immediate effect
    Field("immediate_emax", FLOAT, "largest immediate relief, fraction"),
    Field("immediate_c50", FLOAT, "C50 of immediate relief, ng/mL S-equivalents"),
    Field("curve_clearance_low", FLOAT, "first clearance of the curve grid, L/h"),
    Field("curve_clearance_step", FLOAT, "spacing of the curve grid, L/h"),
    Field("curve_weight_low", FLOAT, "first weight of the curve grid, kg"),
    Field("curve_weight_step", FLOAT, "spacing of the curve grid, kg"),
    # expectation
    Field("expectation_decay_per_day", FLOAT, "exp(-1/tau)"),
    Field("expectation_floor", FLOAT, "expectation set to 0 below this, NRS"),
    Field(
        "expectation_habituation",
        FLOAT,
        "factor of the n-th course, first is 1",
        HABITUATION_COURSES,
    ),
    Field("expectation_unblinding", FLOAT, "b: gain per unit of perceived drug effect"),
    Field(
        "expectation_course_gap_days", INTEGER, "administrations closer than this are one course"
    ),
    # selection
    Field("ketamine_offered", INTEGER, "1 if the policy offers infusions"),
    Field("eligible_conditions", INTEGER, "bit mask of Condition"),
    Field("excluded_comorbidities", INTEGER, "bit mask of Comorbidity"),
    Field("minimum_enrolment_score_x10", INTEGER, "lowest enrolment score, tenths of NRS"),
    Field("minimum_age_days", INTEGER, "youngest age at assessment, days"),
    Field("maximum_age_days", INTEGER, "oldest age at assessment, days"),
    # ladder
    Field("ladder_steps", INTEGER, "number of steps"),
    Field("tries_per_step", INTEGER, "failed courses at a step before the next"),
    Field("escalation_gap_days", INTEGER, "days from a failed judgement to the next course"),
    Field("step_days", INTEGER, "infusion days of a course", MAX_LADDER_STEPS),
    Field(
        "step_skip_weekends", INTEGER, "1 if no infusion on Saturday and Sunday", MAX_LADDER_STEPS
    ),
    Field("step_per_kg", INTEGER, "1 if doses are mg/kg", MAX_LADDER_STEPS),
    Field("step_s_ketamine", INTEGER, "1 if S-ketamine, 0 if racemic", MAX_LADDER_STEPS),
    Field("step_sham", INTEGER, "1 if nothing active is given", MAX_LADDER_STEPS),
    Field("step_setting_expectation", FLOAT, "s: expectation multiplier", MAX_LADDER_STEPS),
    Field(
        "step_perceived_effect",
        FLOAT,
        "perceived effect of a sham or active placebo",
        MAX_LADDER_STEPS,
    ),
    Field("step_gap_days", INTEGER, "days since the previous infusion, per course day", _STEP_DAYS),
    Field("step_dose", FLOAT, "mg or mg/kg, per course day", _STEP_DAYS),
    Field("step_hours", FLOAT, "hours infused, per course day", _STEP_DAYS),
    Field("vial_step_mg", FLOAT, "doses are rounded to this last"),
    # response
    Field("definition_number", INTEGER, "rule sets with the same response definition share it"),
    Field("judge_at_days", INTEGER, "days from the last infusion to the judgement, 0 same day"),
    Field("judge_every", INTEGER, "1 every course, n every n-th, 0 first only"),
    Field("criteria", INTEGER, "number of criteria"),
    Field("criteria_combine", INTEGER, "Combine"),
    Field("criteria_required", INTEGER, "k of K_OF"),
    Field("missing_minimum_scores", INTEGER, "fewest scores that can be judged"),
    Field("missing_rule", INTEGER, "MissingRule"),
    Field("baseline_each_course", INTEGER, "1 taken before each course, 0 before the first"),
    Field("criterion_domain", INTEGER, "Domain", MAX_CRITERIA),
    Field("criterion_baseline", INTEGER, "Baseline", MAX_CRITERIA),
    Field("criterion_baseline_days", INTEGER, "diary days of the baseline", MAX_CRITERIA),
    Field("criterion_statistic", INTEGER, "Statistic", MAX_CRITERIA),
    Field("criterion_window_from", INTEGER, "first day after the last infusion", MAX_CRITERIA),
    Field("criterion_window_to", INTEGER, "last day after the last infusion", MAX_CRITERIA),
    Field("criterion_moment", INTEGER, "Moment, or -1 when the window is in days", MAX_CRITERIA),
    Field("criterion_higher_is_better", INTEGER, "1 if a rise is an improvement", MAX_CRITERIA),
    Field(
        "criterion_percent_x10",
        INTEGER,
        "improvement asked, tenths of a percent, 0 none",
        MAX_CRITERIA,
    ),
    Field(
        "criterion_points_x10",
        INTEGER,
        "improvement asked, tenths of a point, 0 none",
        MAX_CRITERIA,
    ),
    Field("criterion_share_x1000", INTEGER, "share of days asked, thousandths", MAX_CRITERIA),
    Field("drug_relief_floor_x10", INTEGER, "drug relief that counts as any, tenths of a percent"),
    Field("adherence_to_rule", FLOAT, "probability that a failed judgement is acted on"),
    Field("loss_failures", INTEGER, "m of loss of response, 0 off"),
    Field("loss_of_last", INTEGER, "n of loss of response"),
    Field("loss_escalates", INTEGER, "1 if a lost response climbs the ladder first"),
    # maintenance, limits, exit
    Field("maintenance", INTEGER, "Maintenance"),
    Field("maintenance_interval_days", INTEGER, "last infusion to the next course"),
    Field("maintenance_step", INTEGER, "regimen of maintenance courses, -1 the ladder step"),
    Field("limit_courses", INTEGER, "most courses, 0 none"),
    Field("limit_infusions", INTEGER, "most infusion days, 0 none"),
    Field("limit_racemic_mg", FLOAT, "highest lifetime dose, racemic equivalents, 0 none"),
    Field("limit_courses_per_year", INTEGER, "most courses in 365 days, 0 none"),
    Field("limit_days", INTEGER, "days on treatment since the first infusion, 0 none"),
    Field("rest_after_courses", INTEGER, "courses before a planned pause, 0 none"),
    Field("rest_days", INTEGER, "length of the planned pause"),
    Field("taper_courses", INTEGER, "courses of the taper, 0 none"),
    Field("taper_reasons", INTEGER, "bit mask of ExitReason that start the taper"),
    Field("taper_fraction", FLOAT, "dose fraction of each taper course", MAX_TAPER_COURSES),
    Field("taper_interval_days", INTEGER, "last infusion to each taper course", MAX_TAPER_COURSES),
    # utility
    Field("utility_knots", FLOAT, "m(P)/m(0) at pain 0..10", PAIN_KNOTS),
    Field("utility_floor", FLOAT, "lowest utility of the value set"),
    # programme
    Field("programme_for", INTEGER, "ProgrammeFor"),
    Field("programme_after_exit", INTEGER, "1 if it goes on after infusions end"),
    Field("therapies", INTEGER, "number of therapies"),
    Field("therapy_delay_days", INTEGER, "assessment to the first session"),
    Field("therapy_interaction", FLOAT, "rho of drug and therapy"),
    Field("therapy_floor", FLOAT, "relief fraction set to 0 below this"),
    Field("therapy_effect", FLOAT, "full relief, fraction of pain", MAX_THERAPIES),
    Field("therapy_sessions", INTEGER, "planned sessions, 0 for medication", MAX_THERAPIES),
    Field("therapy_sessions_per_week", INTEGER, "sessions a week", MAX_THERAPIES),
    Field("therapy_attendance", FLOAT, "probability that a session is attended", MAX_THERAPIES),
    Field(
        "therapy_dropout_per_miss",
        FLOAT,
        "probability of dropout at a missed session",
        MAX_THERAPIES,
    ),
    Field("therapy_progress_per_week", FLOAT, "ramp of a medication", MAX_THERAPIES),
    Field("therapy_stop_hazard_per_day", FLOAT, "end of a medication", MAX_THERAPIES),
    Field(
        "therapy_keep_per_week", FLOAT, "factor of the effect per week after the end", MAX_THERAPIES
    ),
    # acute harms
    Field("acute_intercept", FLOAT, "log odds at the reference", ACUTE_HARMS),
    Field("acute_sham_intercept", FLOAT, "log odds under a sham", ACUTE_HARMS),
    Field("acute_slope", FLOAT, "log odds per ng/mL peak, racemic equivalents", ACUTE_HARMS),
    Field("acute_reference", FLOAT, "reference peak, ng/mL racemic equivalents", ACUTE_HARMS),
    Field("acute_comorbidities", INTEGER, "bit mask of Comorbidity", ACUTE_HARMS),
    Field("acute_comorbidity_log_odds", FLOAT, "log odds ratio with one of them", ACUTE_HARMS),
    Field("acute_age_log_odds", FLOAT, "log odds ratio per year of age above 50", ACUTE_HARMS),
    Field("acute_premedicated_log_odds", FLOAT, "log odds ratio with premedication", ACUTE_HARMS),
    Field("acute_qaly_loss", FLOAT, "QALYs lost", ACUTE_HARMS),
    Field("step_premedicated", INTEGER, "bit mask of AcuteHarm, per regimen", MAX_LADDER_STEPS),
    Field("adverse_event_acute", INTEGER, "bit mask of AcuteHarm that end treatment"),
    Field("adverse_event_times", INTEGER, "how often before they do"),
    # chronic harms
    Field("harm_off", INTEGER, "1 switches every excess hazard off"),
    Field("harm_background", FLOAT, "background hazard per day at age factor 1", CHRONIC_HARMS),
    Field(
        "harm_background_ratio", FLOAT, "background hazard ratio with a comorbidity", CHRONIC_HARMS
    ),
    Field("harm_excess_ratio", FLOAT, "excess hazard ratio with a comorbidity", CHRONIC_HARMS),
    Field("harm_comorbidities", INTEGER, "bit mask of Comorbidity", CHRONIC_HARMS),
    Field("harm_base", FLOAT, "h0 of the excess hazard, per day", CHRONIC_HARMS),
    Field("harm_metric", INTEGER, "Metric", CHRONIC_HARMS),
    Field("harm_window_weeks", INTEGER, "trailing window, whole weeks up to 31", CHRONIC_HARMS),
    Field("harm_link", INTEGER, "Link", CHRONIC_HARMS),
    Field("harm_slope", FLOAT, "slope of the link per unit of the metric", CHRONIC_HARMS),
    Field("harm_threshold", FLOAT, "threshold in the metric's unit", CHRONIC_HARMS),
    Field("harm_table_x", FLOAT, "knots in the metric's unit", CHRONIC_HARMS * HARM_KNOTS),
    Field("harm_table_y", FLOAT, "multiple of h0 at the knots", CHRONIC_HARMS * HARM_KNOTS),
    Field("harm_lifetime_slope", FLOAT, "log hazard per g lifetime dose, racemic", CHRONIC_HARMS),
    Field("harm_recovery_per_day", FLOAT, "recovery hazard per day", CHRONIC_HARMS),
    Field(
        "harm_recovery_after_days",
        INTEGER,
        "days without infusions before an excess harm can heal",
        CHRONIC_HARMS,
    ),
    Field("harm_permanent", FLOAT, "probability that it never heals", CHRONIC_HARMS),
    Field("harm_fatality", FLOAT, "probability of death at onset", CHRONIC_HARMS),
    Field(
        "harm_noticed_per_week",
        FLOAT,
        "probability a week that the patient reports it",
        CHRONIC_HARMS,
    ),
    Field("harm_qaly_loss", FLOAT, "QALYs lost at onset", CHRONIC_HARMS),
    Field("harm_decrement", FLOAT, "utility decrement while active", CHRONIC_HARMS),
    Field(
        "adverse_event_chronic", INTEGER, "bit mask of ChronicHarm that end treatment when detected"
    ),
    Field(
        "laboratory_stop_harms",
        INTEGER,
        "bit mask of ChronicHarm that end treatment when a test finds them",
    ),
    Field("tests", INTEGER, "number of monitoring tests"),
    Field("test_harm", INTEGER, "ChronicHarm looked for", MAX_TESTS),
    Field("test_every_courses", INTEGER, "interval in courses, 0 off", MAX_TESTS),
    Field("test_every_days", INTEGER, "interval in days, 0 off", MAX_TESTS),
    Field("test_only_with", INTEGER, "bit mask of Comorbidity, 0 everybody", MAX_TESTS),
    Field("test_sensitivity", FLOAT, "probability that an active harm is found", MAX_TESTS),
    # patients who stop
    Field("choice_hazard_per_day", FLOAT, "hazard of stopping of one's own accord, 0 off"),
    Field("choice_ratio_no_benefit", FLOAT, "hazard ratio after a failed judgement"),
    Field("choice_ratio_harm", FLOAT, "hazard ratio after a harm"),
    Field("choice_ratio_paying", FLOAT, "hazard ratio of those who pay"),
    # money
    Field("infusion_payer", INTEGER, "Payer of infusions, drug and tests"),
    Field("budget_limits", INTEGER, "1 if patients stop at their yearly budget"),
    Field("price_assessment", FLOAT, "per first visit"),
    Field("price_follow_up", FLOAT, "per judgement or review visit"),
    Field("price_infusion", FLOAT, "per regimen and course day", _STEP_DAYS),
    Field("price_vial", FLOAT, "per vial"),
    Field("vial_content_mg", FLOAT, "mg in a vial"),
    Field("price_travel", FLOAT, "patient's own cost per attendance"),
    Field("price_test", FLOAT, "per test", MAX_TESTS),
    Field("price_acute", FLOAT, "per acute harm", ACUTE_HARMS),
    Field("price_harm_onset", FLOAT, "at onset", CHRONIC_HARMS),
    Field("price_harm_detected", FLOAT, "at detection", CHRONIC_HARMS),
    Field("price_harm_per_day", FLOAT, "per day while active", CHRONIC_HARMS),
    Field("price_session", FLOAT, "per session", MAX_THERAPIES),
    Field("price_medication_per_day", FLOAT, "per day", MAX_THERAPIES),
    Field("price_background_per_day", FLOAT, "background pain care per day alive"),
    # chairs and beds
    Field("step_minutes", INTEGER, "minutes infused, rounded up, per course day", _STEP_DAYS),
    Field("step_bed", INTEGER, "1 if given in a bed, 0 in a chair", MAX_LADDER_STEPS),
    # patients who leave, are lost or come back
    Field("waiting_leave_hazard_per_day", FLOAT, "hazard of leaving a waiting list, 0 off"),
    Field("lost_hazard_per_day", FLOAT, "hazard of being lost to follow-up, 0 off"),
    Field("rereferral_hazard_per_day", FLOAT, "hazard of a further referral after exit, 0 off"),
    Field("rereferral_after_days", INTEGER, "shortest time from exit to a further referral"),
    # infusions bought elsewhere
    Field("outside_share", FLOAT, "probability of buying after a refusal or exit, 0 off"),
    Field("outside_step", INTEGER, "regimen bought elsewhere, -1 none"),
    Field("outside_delay_days", INTEGER, "refusal or exit to the first infusion, 1 or more"),
    Field("outside_interval_days", INTEGER, "infusion to infusion, 1 or more"),
    Field("outside_stop_hazard_per_day", FLOAT, "hazard of ceasing to buy"),
    Field("price_outside", FLOAT, "per infusion bought elsewhere"),
    # courses fixed by a protocol
    Field("protocol_courses", INTEGER, "courses fixed by a protocol, 0 none"),
    Field("protocol_end_day", INTEGER, "patient day of the last visit under a protocol"),
    Field("protocol_day", INTEGER, "first day of each course, patient day", MAX_PROTOCOL_COURSES),
    Field("protocol_step", INTEGER, "regimen of each course", MAX_PROTOCOL_COURSES),
    # a responder who is drawn again (the wrong model, to show why)
    Field("responder_redrawn", INTEGER, "1 draws the responder anew at each further course"),
    Field("responder_share", FLOAT, "probability of an analgesic effect, by Condition", CONDITIONS),
)
"""Rules and derived constants of one rule set. Both engines receive the same numbers."""

TRAITS: tuple[Field, ...] = (
    Field("patient", INTEGER, "index in the clinic"),
    Field("referral_day", INTEGER, "calendar day of referral"),
    Field("age_days", INTEGER, "age at referral, days"),
    Field("male", INTEGER, "1 male, 0 female"),
    Field("condition", INTEGER, "Condition"),
    Field("comorbidities", INTEGER, "bit mask of Comorbidity"),
    Field("responder", INTEGER, "1 if ketamine relieves pain in this patient"),
    Field("enrolment_score_sum", INTEGER, "sum of the seven diary scores at enrolment"),
    Field("enrolment_attempt", INTEGER, "candidates drawn before this one"),
    Field("lead_to_assessment_days", INTEGER, "referral to assessment, days"),
    Field("lead_to_treatment_days", INTEGER, "assessment to first infusion, days"),
    Field("weight_kg", FLOAT, "body weight"),
    Field("clearance", FLOAT, "ketamine clearance, L/h"),
    Field("c50", FLOAT, "C50 of the slow effect, ng/mL S-equivalents"),
    Field("pain_level", FLOAT, "long-run pain, NRS, before clipping"),
    Field("flare_at_enrolment", FLOAT, "flare in the week before referral, NRS"),
    Field("expectation_amplitude", FLOAT, "NRS points, 0 in those without"),
    Field("interference", FLOAT, "baseline interference, 0-10"),
    Field("sleep", FLOAT, "baseline sleep disturbance, 0-10"),
    Field("mood", FLOAT, "baseline PHQ-9, 0-27"),
    Field("quality_of_life", FLOAT, "baseline EQ VAS, 0-100"),
    Field("opioid_dose", FLOAT, "baseline oral morphine equivalents, mg/d"),
    Field("death_clock", FLOAT, "-log(U) at referral"),
    Field("therapy_response", FLOAT, "multiplier of therapy effects"),
    Field("yearly_budget", FLOAT, "what the patient can pay for infusions in a year"),
    Field("clinic", INTEGER, "number of the clinic, part of every draw's address"),
)
"""One record per patient, sampled once by shared code and read by both engines."""

RESULTS: tuple[Field, ...] = (
    Field("state", INTEGER, "State at the end"),
    Field("exit_reason", INTEGER, "ExitReason, 0 none"),
    Field("taper_reason", INTEGER, "ExitReason that started a taper, 0 none"),
    Field("exit_day", INTEGER, "days since referral, -1 never"),
    Field("died_day", INTEGER, "days since referral, -1 alive"),
    Field("recovered_day", INTEGER, "first recovery, days since referral, -1 never"),
    Field("assessed_day", INTEGER, "days since referral, -1 never"),
    Field("eligible", INTEGER, "1 yes, 0 no, -1 not assessed"),
    Field("first_infusion_day", INTEGER, "days since referral, -1 never"),
    Field("last_infusion_day", INTEGER, "days since referral, -1 never"),
    Field("courses", INTEGER, "courses started"),
    Field("infusions", INTEGER, "administrations on separate days"),
    Field("highest_step", INTEGER, "highest ladder step given, from 1, 0 none"),
    Field("judgements", INTEGER, "judgements made"),
    Field("judgements_passed", INTEGER, "judgements passed"),
    Field("continuations", INTEGER, "judgements after which treatment went on as for a response"),
    Field("false_positive_continuations", INTEGER, "continuations without drug response"),
    Field("responder_observed", INTEGER, "1 ever passed, 0 never, -1 not judged"),
    Field("responder_drug_at_threshold", INTEGER, "1 drug relief ever met the rule, -1 not judged"),
    Field("responder_drug_any", INTEGER, "1 drug relief ever above the floor, -1 not judged"),
    Field("racemic_mg", FLOAT, "racemic ketamine given, mg"),
    Field("s_ketamine_mg", FLOAT, "S-ketamine given, mg"),
    Field("ketamine_auc_s", FLOAT, "lifetime exposure, ng h/mL S-equivalents"),
    Field("hours_infused", FLOAT, "hours"),
    Field("qaly", FLOAT, "discounted QALYs"),
    Field("qaly_undiscounted", FLOAT, "QALYs"),
    Field("pain_days", FLOAT, "sum over days alive of latent pain, NRS days"),
    Field("floor_pain_days", FLOAT, "relief removed by the floor, NRS days"),
    Field("trace", HASH, "running hash of events and weekly latent state"),
    Field("qaly_drug_only", FLOAT, "discounted QALYs with expectation left out of pain"),
    Field("acute_count", INTEGER, "acute harms", ACUTE_HARMS),
    Field("harm_count", INTEGER, "onsets, by harm then cause", CHRONIC_HARMS * HARM_CAUSES),
    Field(
        "harm_first_day",
        INTEGER,
        "first onset of any cause, days since referral, -1 never",
        CHRONIC_HARMS,
    ),
    Field("harms_detected", INTEGER, "detections", CHRONIC_HARMS),
    Field("sessions_attended", INTEGER, "therapy sessions attended"),
    Field("tests_done", INTEGER, "monitoring tests"),
    Field("cost", FLOAT, "discounted, by payer", PAYERS),
    Field("cost_undiscounted", FLOAT, "by payer", PAYERS),
    Field("cost_line", FLOAT, "undiscounted, both payers, by line", COST_LINES),
    Field("first_exit_reason", INTEGER, "ExitReason of the first exit, 0 none"),
    Field("first_exit_day", INTEGER, "days since referral, -1 never"),
    Field("re_referrals", INTEGER, "further referrals"),
    Field("no_shows", INTEGER, "courses whose first day was not attended"),
    Field("cancellations", INTEGER, "courses cancelled at booking"),
    Field("outside_infusions", INTEGER, "infusions bought elsewhere"),
    Field("outside_mg", FLOAT, "ketamine bought elsewhere, racemic equivalents, mg"),
)
"""What an engine writes per patient; output columns are derived from it once, in Python."""

WEEKLY: tuple[Field, ...] = (
    Field("in_state", INTEGER, "patients in each State on Sunday", 10),
    Field("pain_sum_e6", INTEGER, "latent pain of the living on Sunday, 1e-6 NRS"),
    Field("pain_without_drug_sum_e6", INTEGER, "the same without the slow drug effect, 1e-6 NRS"),
    Field("expectation_sum_e6", INTEGER, "expectation of the living on Sunday, 1e-6 NRS"),
    Field("infusions", INTEGER, "administrations in the week"),
    Field("racemic_equivalent_mg_e3", INTEGER, "dose in the week, 1e-3 mg racemic equivalents"),
    Field("first_infusions", INTEGER, "patients first treated in the week"),
    Field("exits", INTEGER, "exits from treatment in the week"),
    Field("deaths", INTEGER, "deaths in the week"),
    Field("base_pain_sum_e6", INTEGER, "untreated pain of the living on Sunday, 1e-6 NRS"),
    Field("programme_pain_sum_e6", INTEGER, "the same after the therapies alone, 1e-6 NRS"),
    Field("panel_present", INTEGER, "diary scores of the panel on Sunday, every fourth week"),
    Field("panel_score_sum", INTEGER, "their sum, NRS"),
    Field("referrals", INTEGER, "first referrals in the week"),
    Field("assessments", INTEGER, "assessment visits in the week"),
    Field("waiting_for_assessment", INTEGER, "patients without a date on Sunday"),
    Field("waiting_for_course", INTEGER, "patients with an open request that is due on Sunday"),
    Field("waiting_for_programme", INTEGER, "patients without a place on Sunday"),
    Field("chair_minutes_used", INTEGER, "minutes of the week's infusions in chairs"),
    Field("chair_minutes_lost", INTEGER, "minutes of no-shows, in the week of booking"),
    Field("bed_days_used", INTEGER, "infusion days in beds"),
    Field("no_shows", INTEGER, "no-shows found at booking in the week"),
    Field("cancellations", INTEGER, "late cancellations found at booking in the week"),
    Field("outside_infusions", INTEGER, "infusions bought elsewhere in the week"),
    Field("outside_mg_e3", INTEGER, "their dose, 1e-3 mg racemic equivalents"),
)
"""Sums over the patients of a clinic per calendar week, in integers so that order cannot show."""

EVENT: tuple[Field, ...] = (
    Field("patient", INTEGER, "index in the clinic"),
    Field("day", INTEGER, "calendar day"),
    Field("step", INTEGER, "Step"),
    Field("event", INTEGER, "Event"),
    Field("code", INTEGER, "see docs/model.md"),
    Field("value_1", FLOAT, "see docs/model.md"),
    Field("value_2", FLOAT, "see docs/model.md"),
    Field("value_3", FLOAT, "see docs/model.md"),
    Field("draw_purpose", INTEGER, "Purpose of the draw that decided, 0 none"),
    Field("draw_occurrence", INTEGER, "its occurrence"),
    Field("clinic", INTEGER, "number of the clinic"),
)
"""One line of the event log."""

OBSERVATION: tuple[Field, ...] = (
    Field("seen", INTEGER, "1 if the patient was alive and simulated on this day"),
    Field("state", INTEGER, "State before the day's visits"),
    Field("score", INTEGER, "diary score of the day, -1 missing"),
    Field("level", FLOAT, "pain level of the day, NRS"),
    Field("flare", FLOAT, "flare, NRS"),
    Field("base", FLOAT, "pain before any effect, NRS"),
    Field("slow_relief", FLOAT, "relief by the slow drug effect, fraction"),
    Field("programme_remaining", FLOAT, "what the therapies leave, fraction"),
    Field("remaining", FLOAT, "what drug and therapies leave before the floor, fraction"),
    Field("treated", FLOAT, "pain after drug, therapies and floor, NRS"),
    Field("expectation", FLOAT, "expectation of the day, NRS"),
    Field("pain", FLOAT, "latent pain, NRS"),
    Field("pain_without_drug", FLOAT, "the same without the slow drug effect, NRS"),
)
"""What is seen of one patient on one observed day (docs/model.md 10b)."""

CLINIC: tuple[Field, ...] = (
    Field("number", INTEGER, "part of every draw's address; the same in every rule set"),
    Field("booking_every_days", INTEGER, "distance of booking days; the same in every rule set"),
    Field("open_days", INTEGER, "bit mask of weekdays, Monday is bit 0"),
    Field("chairs", INTEGER, "staffed chairs, -1 unlimited"),
    Field("open_minutes", INTEGER, "minutes a chair is open on an open day"),
    Field("turnaround_minutes", INTEGER, "minutes in the chair beside the infusion"),
    Field("beds", INTEGER, "beds, -1 unlimited"),
    Field("assessment_slots_per_week", INTEGER, "first visits, -1 unlimited"),
    Field("therapy_slots_per_week", INTEGER, "therapy sessions, -1 unlimited"),
    Field("queue_order", INTEGER, "QueueOrder"),
    Field("keeps_place", INTEGER, "1 if a no-show or cancellation keeps the place in the queue"),
    Field("no_show", FLOAT, "probability that the first day of a booked course is missed"),
    Field("late_cancellation", FLOAT, "probability that a course is cancelled when booked"),
)
"""What a clinic has; one record for each rule set and clinic."""

POPULATION: tuple[Field, ...] = (
    Field("age_mean_years", FLOAT, "mean of the untruncated age distribution"),
    Field("age_sd_years", FLOAT, "its SD"),
    Field("age_probability_low", FLOAT, "its distribution function at the youngest age"),
    Field("age_probability_high", FLOAT, "and at the oldest"),
    Field("male_share", FLOAT, "share of men"),
    Field("weight_mu", FLOAT, "mean of log weight, log kg"),
    Field("weight_sigma", FLOAT, "SD of log weight"),
    Field("weight_low_kg", FLOAT, "lowest weight"),
    Field("weight_high_kg", FLOAT, "highest weight"),
    Field("pain_level_mean", FLOAT, "mean of the candidates' long-run pain, NRS"),
    Field("pain_level_sd", FLOAT, "SD of the candidates' long-run pain, NRS"),
    Field("flare_sd", FLOAT, "stationary SD of the flare, NRS"),
    Field("diary_error_sd", FLOAT, "SD of the daily diary error, NRS"),
    Field("diary_weights", FLOAT, "moving-average weights, newest first", DIARY_TERMS),
    Field("enrolment_threshold_x10", INTEGER, "lowest weekly mean of the score, tenths of NRS"),
    Field("enrolment_attempts", INTEGER, "candidates before giving up"),
    Field(
        "copula_factor", FLOAT, "Cholesky factor, row by row", COPULA_DIMENSIONS * COPULA_DIMENSIONS
    ),
    Field(
        "copula_threshold",
        FLOAT,
        "latent normal above which a binary trait is present",
        COPULA_DIMENSIONS,
    ),
    Field("condition_threshold", FLOAT, "upper latent limits of the first three conditions", 3),
    Field(
        "nested_probability",
        FLOAT,
        "uncontrolled | hypertension, severe | liver, active | use history",
        3,
    ),
    Field("raised_pressure_share", FLOAT, "share with raised intracranial or intraocular pressure"),
    Field("responder_share", FLOAT, "probability of an analgesic effect, by Condition", 4),
    Field("clearance_per_70_kg", FLOAT, "L/h"),
    Field("clearance_log_sd", FLOAT, "between-patient SD of log clearance"),
    Field("clearance_allometric", INTEGER, "1 scales clearance with (W/70)^0.75"),
    Field("hepatic_clearance_factor", FLOAT, "clearance multiplier in severe liver disease"),
    Field("c50_median", FLOAT, "ng/mL S-equivalents"),
    Field("c50_log_sd", FLOAT, "between-patient SD of log C50"),
    Field("expectation_share", FLOAT, "share of patients with an expectation response"),
    Field("expectation_mean", FLOAT, "mean amplitude of those who have it, NRS"),
    Field("expectation_sd", FLOAT, "SD of the amplitude, NRS"),
    Field("domain_mean", FLOAT, "mean baseline, by Domain", DOMAINS),
    Field("domain_sd", FLOAT, "SD of the baseline not explained by pain, by Domain", DOMAINS),
    Field("domain_slope", FLOAT, "change of the domain per NRS point of pain", DOMAINS),
    Field("domain_low", FLOAT, "lowest score of the instrument", DOMAINS),
    Field("domain_high", FLOAT, "highest score of the instrument", DOMAINS),
    Field("opioid_user_share", FLOAT, "share of patients on opioids"),
    Field("lead_to_assessment_mu", FLOAT, "mean of log days"),
    Field("lead_to_assessment_sigma", FLOAT, "SD of log days"),
    Field("lead_to_treatment_mu", FLOAT, "mean of log days"),
    Field("lead_to_treatment_sigma", FLOAT, "SD of log days"),
    Field("lead_highest_days", INTEGER, "longest lead time"),
    Field("therapy_response_log_sd", FLOAT, "SD of log therapy response, mean 1"),
    Field("yearly_budget_median", FLOAT, "median yearly budget for infusions"),
    Field("yearly_budget_log_sd", FLOAT, "SD of its logarithm"),
)
"""What the sampler needs to know about the population; see docs/model.md, Patients."""

RECORDS = {
    "Parameters": PARAMETERS,
    "Traits": TRAITS,
    "Results": RESULTS,
    "WeeklyRow": WEEKLY,
    "EventRow": EVENT,
    "Observation": OBSERVATION,
    "Population": POPULATION,
    "Clinic": CLINIC,
}


@functools.cache
def numpy_dtype(fields: tuple[Field, ...]):
    """Return the packed NumPy dtype of a record; its layout equals the generated C struct.

    Parameters
    ----------
    fields : tuple of Field

    Returns
    -------
    numpy.dtype
    """
    import numpy

    return numpy.dtype(
        [(f.name, f.kind) if f.count == 1 else (f.name, f.kind, (f.count,)) for f in fields]
    )
