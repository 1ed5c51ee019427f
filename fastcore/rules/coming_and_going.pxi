# Sections 8b and 8d: patients who stop, leave, are lost or come back; Mondays, last of step 3.

cdef void set_leaving_clocks(Context* context, Patient* patient) noexcept nogil:
    """At every referral; its number addresses the draws."""
    cdef int64_t number = patient.re_referrals
    patient.choice_remaining = clock_at(context, PURPOSE_PATIENT_CHOICE, number)
    patient.lost_remaining = clock_at(context, PURPOSE_LOSS_CLOCK, number)
    patient.waiting_remaining = clock_at(context, PURPOSE_WAITING_CLOCK, number)
    patient.rereferral_remaining = clock_at(context, PURPOSE_REREFERRAL_CLOCK, number)


cdef inline bint has_begun_treatment(int64_t state) noexcept nogil:
    """In care, but neither waiting for the first course nor in a course."""
    return in_care(state) and state != STATE_COURSE and state != STATE_WAITING


cdef double choice_hazard(Context* context, Patient* patient) noexcept nogil:
    """8b: per day, of those who have begun treatment."""
    cdef const Parameters* rules = context.rules
    cdef double hazard = rules.choice_hazard_per_day
    if patient.judgements > 0 and patient.last_verdict == VERDICT_FAILED:
        hazard = hazard * rules.choice_ratio_no_benefit
    if patient.acute_at_last or patient.harm_is_detected:
        hazard = hazard * rules.choice_ratio_harm
    if rules.infusion_payer == PAYER_PATIENT:
        hazard = hazard * rules.choice_ratio_paying
    return hazard


cdef void patient_choice_week(
    Context* context, Patient* patient, double elapsed
) noexcept nogil:
    """8b: whether the patient has had enough."""
    if not has_begun_treatment(patient.state):
        return
    patient.choice_remaining -= choice_hazard(context, patient) * elapsed
    if patient.choice_remaining <= 0.0:
        context.stop_reasons |= bit(EXIT_REASON_PATIENT_CHOICE)


cdef void lose_patient(Context* context, Patient* patient, double elapsed) noexcept nogil:
    cdef double hazard = context.rules.lost_hazard_per_day
    if hazard == 0.0 or not has_begun_treatment(patient.state):
        return
    patient.lost_remaining -= hazard * elapsed
    if patient.lost_remaining <= 0.0:
        context.stop_reasons |= bit(EXIT_REASON_LOST)


cdef void leave_waiting_list(
    Context* context, Patient* patient, double elapsed
) noexcept nogil:
    cdef double hazard = context.rules.waiting_leave_hazard_per_day
    if hazard == 0.0 or not (
            patient.state == STATE_REFERRED or patient.state == STATE_WAITING):
        return
    patient.waiting_remaining -= hazard * elapsed
    if patient.waiting_remaining <= 0.0:
        context.stop_reasons |= bit(EXIT_REASON_LEFT_WAITING_LIST)


cdef void start_afresh(Patient* patient) noexcept nogil:
    """What a further referral forgets; counts, doses, tests and the programme go on."""
    patient.exit_reason = EXIT_REASON_NONE
    patient.exit_day = NEVER
    patient.ladder_step = 0
    patient.tries_at_step = 0
    patient.judgement_bits = 0
    patient.ever_passed = 0
    patient.tapering = 0
    patient.taper_index = 0
    patient.last_verdict = VERDICT_FAILED
    patient.baseline_definition = NEVER


cdef void refer_again(Context* context, Patient* patient) noexcept nogil:
    cdef int64_t lead = context.traits.lead_to_assessment_days
    log_drawn_event(
        context, patient, EVENT_RE_REFERRED, patient.re_referrals + 1,
        <double>(context.day - patient.exit_day), 0.0, 0.0, PURPOSE_REREFERRAL_CLOCK,
        patient.re_referrals)
    if patient.outside_day != NEVER:
        cease_buying(context, patient, OUTSIDE_END_RE_REFERRED)
    patient.re_referrals += 1
    set_leaving_clocks(context, patient)
    start_afresh(patient)
    patient.state = STATE_REFERRED
    patient.diary_start_day = context.day
    await_assessment(context, patient, context.day + (lead if lead > 1 else 1))


cdef inline bint may_come_back(Context* context, const Patient* patient) noexcept nogil:
    """Sooner or later, under the rules in force."""
    return (
        context.rules.rereferral_hazard_per_day != 0.0 and patient.state == STATE_EXITED
        and not patient.recovered and patient.exit_day != NEVER)


cdef void come_back(Context* context, Patient* patient, double elapsed) noexcept nogil:
    cdef const Parameters* rules = context.rules
    if (not may_come_back(context, patient)
            or context.day - patient.exit_day < rules.rereferral_after_days):
        return
    patient.rereferral_remaining -= rules.rereferral_hazard_per_day * elapsed
    if patient.rereferral_remaining <= 0.0:
        refer_again(context, patient)


cdef void coming_and_going_week(
    Context* context, Patient* patient, double elapsed
) noexcept nogil:
    lose_patient(context, patient, elapsed)
    leave_waiting_list(context, patient, elapsed)
    come_back(context, patient, elapsed)
    if patient.outside_day != NEVER:
        buying_week(context, patient, elapsed)
