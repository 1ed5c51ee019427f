# Section 5a: the programme of therapies, which moves on Mondays only.

cdef enum TherapyPhase:
    PHASE_NOT_STARTED
    PHASE_RUNNING
    PHASE_OVER


cdef enum TherapyAddress:
    SESSIONS_ADDRESSED = 1024  # session numbers set aside for each therapy


cdef inline bint is_member(const Parameters* rules, bint is_accepted) noexcept nogil:
    return rules.programme_for == PROGRAMME_FOR_ALL or (
        rules.programme_for == PROGRAMME_FOR_TREATED and is_accepted)


cdef int64_t slots_needed(const Parameters* rules) noexcept nogil:
    """8c: the sessions a week of a whole programme."""
    cdef int64_t slots = 0
    cdef int64_t m
    for m in range(rules.therapies):
        if rules.therapy_sessions[m] > 0:
            slots += rules.therapy_sessions_per_week[m]
    return slots


cdef bint has_running_sessions(const Parameters* rules, const Patient* patient) noexcept nogil:
    cdef int64_t m
    for m in range(MAX_THERAPIES):
        if patient.therapy_phase[m] == PHASE_RUNNING and rules.therapy_sessions[m] > 0:
            return True
    return False


cdef void begin_programme(Context* context, Patient* patient, int64_t day) noexcept nogil:
    """Every therapy of the rules in force, from a day on."""
    cdef const Parameters* rules = context.rules
    cdef int64_t m
    patient.was_in_programme = 1
    patient.therapy_start_day = day
    patient.in_programme = rules.therapies > 0
    for m in range(rules.therapies):
        patient.therapy_phase[m] = PHASE_RUNNING
        patient.persistence_remaining[m] = clock_at(context, PURPOSE_THERAPY_PERSISTENCE, m)
    log_event(
        context, patient, EVENT_PROGRAMME_STARTED, rules.therapies, <double>day, 0.0, 0.0)


cdef inline bint waits_for_programme(Context* context) noexcept nogil:
    return context.queues and context.open_requests[0] & REQUEST_PROGRAMME != 0


cdef inline bint needs_a_place(Context* context, Patient* patient) noexcept nogil:
    return (
        context.queues and slots_needed(context.rules) > 0
        and clinic_under(context, patient.rule_set).therapy_slots_per_week >= 0)


cdef void start_programme(Context* context, Patient* patient, bint is_accepted) noexcept nogil:
    """At the assessment, for members who were never in it: at once, or when there is a place."""
    cdef int64_t day = context.day + context.rules.therapy_delay_days
    if (not is_member(context.rules, is_accepted) or patient.was_in_programme
            or waits_for_programme(context)):
        return
    if needs_a_place(context, patient):
        context.request.programme_joined = context.calendar_day
        context.request.programme_earliest = context.traits.referral_day + day
        open_request(context, REQUEST_PROGRAMME)
    else:
        begin_programme(context, patient, day)


cdef void end_programme(Patient* patient) noexcept nogil:
    """The therapies that run end with treatment."""
    cdef int64_t m
    for m in range(MAX_THERAPIES):
        if patient.therapy_phase[m] == PHASE_RUNNING:
            patient.therapy_phase[m] = PHASE_OVER


cdef inline void stop_therapy(
    Context* context, Patient* patient, int64_t m, int64_t purpose, int64_t occurrence
) noexcept nogil:
    patient.therapy_phase[m] = PHASE_OVER
    log_drawn_event(
        context, patient, EVENT_THERAPY_STOPPED, m, patient.therapy_progress[m], 0.0, 0.0,
        purpose, occurrence)


cdef void take_medication(
    Context* context, Patient* patient, int64_t m, double elapsed
) noexcept nogil:
    cdef const Parameters* rules = context.rules
    cdef double progress = patient.therapy_progress[m] + rules.therapy_progress_per_week[m]
    pay(
        context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_THERAPY,
        rules.price_medication_per_day[m] * elapsed)
    patient.therapy_progress[m] = 1.0 if progress > 1.0 else progress
    patient.persistence_remaining[m] -= rules.therapy_stop_hazard_per_day[m] * elapsed
    if patient.persistence_remaining[m] <= 0.0:
        stop_therapy(context, patient, m, PURPOSE_THERAPY_PERSISTENCE, m)


cdef void hold_session(Context* context, Patient* patient, int64_t m) noexcept nogil:
    cdef const Parameters* rules = context.rules
    cdef int64_t occurrence = SESSIONS_ADDRESSED * m + patient.sessions_done[m]
    cdef bint is_attended = (
        uniform_at(context, PURPOSE_SESSION_ATTENDANCE, occurrence)
        < rules.therapy_attendance[m])
    patient.sessions_done[m] += 1
    pay(context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_THERAPY, rules.price_session[m])
    if is_attended:
        patient.attended[m] += 1
        patient.sessions_attended += 1
        pay(context, patient, PAYER_PATIENT, COST_LINE_TRAVEL, rules.price_travel)
    elif (uniform_at(context, PURPOSE_SESSION_DROPOUT, occurrence)
            < rules.therapy_dropout_per_miss[m]):
        stop_therapy(context, patient, m, PURPOSE_SESSION_DROPOUT, occurrence)


cdef void hold_sessions(Context* context, Patient* patient, int64_t m) noexcept nogil:
    """The sessions of one week."""
    cdef const Parameters* rules = context.rules
    cdef int64_t planned = rules.therapy_sessions[m]
    cdef int64_t n = planned - patient.sessions_done[m]
    cdef int64_t k
    if n > rules.therapy_sessions_per_week[m]:
        n = rules.therapy_sessions_per_week[m]
    for k in range(n):
        if patient.therapy_phase[m] == PHASE_RUNNING:
            hold_session(context, patient, m)
    patient.therapy_progress[m] = <double>patient.attended[m] / <double>planned
    if patient.sessions_done[m] == planned:
        patient.therapy_phase[m] = PHASE_OVER
        log_event(
            context, patient, EVENT_THERAPY_COMPLETED, m, <double>patient.attended[m], 0.0, 0.0)


cdef void run_therapy(
    Context* context, Patient* patient, int64_t m, double elapsed
) noexcept nogil:
    cdef double target
    if context.rules.therapy_sessions[m] == 0:
        take_medication(context, patient, m, elapsed)
    else:
        hold_sessions(context, patient, m)
    target = (
        context.rules.therapy_effect[m] * context.traits.therapy_response
        * patient.therapy_progress[m])
    patient.therapy_effect[m] = 0.9 if target > 0.9 else target


cdef inline double remaining_after_programme(Patient* patient) noexcept nogil:
    """The fraction of pain that the therapies leave."""
    cdef double remaining = 1.0
    cdef int64_t m
    for m in range(MAX_THERAPIES):
        remaining = remaining * (1.0 - patient.therapy_effect[m])
    return remaining


cdef void therapy_week(Context* context, Patient* patient, double elapsed) noexcept nogil:
    """Step 3, for patients who started the programme and in whom it still does anything."""
    cdef bint is_changing_still = False
    cdef double effect
    cdef int64_t m
    for m in range(MAX_THERAPIES):
        if patient.therapy_phase[m] == PHASE_RUNNING:
            if context.day >= patient.therapy_start_day:
                run_therapy(context, patient, m, elapsed)
        elif patient.therapy_phase[m] == PHASE_OVER:
            effect = patient.therapy_effect[m] * context.rules.therapy_keep_per_week[m]
            patient.therapy_effect[m] = 0.0 if effect < context.rules.therapy_floor else effect
        is_changing_still |= (
            patient.therapy_phase[m] == PHASE_RUNNING or patient.therapy_effect[m] != 0.0)
    patient.programme_remaining = remaining_after_programme(patient)
    patient.in_programme = is_changing_still
