# Section 10b: what is seen of a patient on an observed day, between steps 5 and 6.

cdef inline void find_next_observed_day(Context* context, Patient* patient) noexcept nogil:
    context.next_observed_day = (
        context.observed_days[patient.days_observed]
        if patient.days_observed < context.observed_count else <int64_t>NEVER)


cdef void observe(Context* context, Patient* patient) noexcept nogil:
    """Write today's record; nothing about the patient changes."""
    cdef Observation* today = &context.observations[patient.days_observed]
    cdef double slow_relief = slow_relief_of(context, patient)
    today.seen = 1
    today.state = patient.state
    today.score = score_of_today(context, patient)
    today.level = level_of_today(context, patient)
    today.flare = patient.flare
    today.base = patient.base
    today.slow_relief = slow_relief
    today.programme_remaining = patient.programme_remaining
    today.remaining = remaining_before_floor(context, patient, slow_relief)
    today.treated = patient.treated
    today.expectation = patient.symptom_expectation
    today.pain = patient.pain
    today.pain_without_drug = patient.pain_without_drug
    patient.days_observed += 1
    find_next_observed_day(context, patient)
