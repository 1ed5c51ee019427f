# A patient before the first day, and the results after the last.

cdef void enrol_patient(Patient* patient, const Traits* traits) noexcept nogil:
    cdef int64_t k
    memset(patient, 0, sizeof(Patient))
    patient.enrolled = ENROLLED ^ <uint64_t>traits.patient
    patient.visit_day = NO_VISIT
    patient.administration_day = NEVER
    patient.course_start_day = NEVER
    patient.baseline_definition = NEVER
    patient.last_verdict = VERDICT_FAILED
    patient.exit_day = NEVER
    patient.died_day = NEVER
    patient.recovered_day = NEVER
    patient.assessed_day = NEVER
    patient.eligible = -1
    patient.first_infusion_day = NEVER
    patient.last_infusion_day = NEVER
    patient.last_exposure_day = NEVER
    patient.outside_day = NEVER
    patient.first_exit_day = NEVER
    patient.programme_remaining = 1.0
    for k in range(CHRONIC_HARMS):
        patient.harm_first_day[k] = NEVER
    for k in range(MAX_TESTS):
        patient.last_test_day[k] = NEVER
    patient.responder_observed = -1
    patient.responder_drug_at_threshold = -1
    patient.responder_drug_any = -1


cdef inline int64_t result_day_of(Context* context) noexcept nogil:
    """The calendar day on whose morning the patient's results are written."""
    cdef int64_t day = context.traits.referral_day + context.horizon_days
    return context.calendar_days if day > context.calendar_days else day


cdef void write_results(
    Context* context, const Patient* state, Results* results
) noexcept nogil:
    """Close the books, on a copy because the patient lives on, and write."""
    cdef Patient patient = state[0]
    cdef int64_t day = result_day_of(context) - context.traits.referral_day
    if patient.state != STATE_DEAD:
        bring_books_up_to(context, &patient, day)
        background_cost(context, &patient, day)
    results.state = patient.state
    results.exit_reason = patient.exit_reason
    results.taper_reason = patient.taper_reason
    results.exit_day = patient.exit_day
    results.died_day = patient.died_day
    results.recovered_day = patient.recovered_day
    results.assessed_day = patient.assessed_day
    results.eligible = patient.eligible
    results.first_infusion_day = patient.first_infusion_day
    results.last_infusion_day = patient.last_infusion_day
    results.courses = patient.courses
    results.infusions = patient.infusions
    results.highest_step = patient.highest_step
    results.judgements = patient.judgements
    results.judgements_passed = patient.judgements_passed
    results.continuations = patient.continuations
    results.false_positive_continuations = patient.false_positive_continuations
    results.responder_observed = patient.responder_observed
    results.responder_drug_at_threshold = patient.responder_drug_at_threshold
    results.responder_drug_any = patient.responder_drug_any
    results.racemic_mg = patient.racemic_mg
    results.s_ketamine_mg = patient.s_ketamine_mg
    results.ketamine_auc_s = patient.lifetime_auc_s
    results.hours_infused = patient.hours_infused
    results.qaly = patient.qaly
    results.qaly_undiscounted = patient.qaly_undiscounted
    results.pain_days = patient.pain_days
    results.floor_pain_days = patient.floor_pain_days
    results.trace = patient.trace
    results.qaly_drug_only = patient.qaly_drug_only
    results.sessions_attended = patient.sessions_attended
    results.tests_done = patient.tests_done
    results.acute_count = patient.acute_count
    results.harm_count = patient.harm_count
    results.harm_first_day = patient.harm_first_day
    results.harms_detected = patient.harms_detected
    results.cost = patient.cost
    results.cost_undiscounted = patient.cost_undiscounted
    results.cost_line = patient.cost_line
    results.first_exit_reason = patient.first_exit_reason
    results.first_exit_day = patient.first_exit_day
    results.re_referrals = patient.re_referrals
    results.no_shows = patient.no_shows
    results.cancellations = patient.cancellations
    results.outside_infusions = patient.outside_infusions
    results.outside_mg = patient.outside_mg
