# Sections 9 and 10: what is accrued, and the log of events.

cdef inline uint64_t mix(uint64_t trace, uint64_t value) noexcept nogil:
    trace = (trace ^ value) * <uint64_t>0x9E3779B97F4A7C15ULL
    return trace ^ (trace >> 29)


cdef void keep_event(
    Context* context, int64_t event, int64_t code, double value_1, double value_2,
    double value_3, int64_t purpose, int64_t occurrence,
) noexcept nogil:
    cdef EventRow* row
    if context.events_used == context.event_capacity:
        context.status = STATUS_EVENTS_FULL
        return
    row = &context.events[context.events_used]
    context.events_used += 1
    row.patient = context.traits.patient
    row.day = context.calendar_day
    row.step = context.step
    row.event = event
    row.code = code
    row.value_1 = value_1
    row.value_2 = value_2
    row.value_3 = value_3
    row.draw_purpose = purpose
    row.draw_occurrence = occurrence
    row.clinic = context.traits.clinic


cdef void log_drawn_event(
    Context* context, Patient* patient, int64_t event, int64_t code, double value_1,
    double value_2, double value_3, int64_t purpose, int64_t occurrence,
) noexcept nogil:
    """Log an event that a draw decided."""
    cdef uint64_t trace = patient.trace
    trace = mix(trace, <uint64_t>context.calendar_day)
    trace = mix(trace, <uint64_t>context.step)
    trace = mix(trace, <uint64_t>event)
    trace = mix(trace, <uint64_t>code)
    trace = mix(trace, to_bits(value_1))
    trace = mix(trace, to_bits(value_2))
    trace = mix(trace, to_bits(value_3))
    trace = mix(trace, <uint64_t>purpose)
    patient.trace = mix(trace, <uint64_t>occurrence)
    if context.events_kept:
        keep_event(context, event, code, value_1, value_2, value_3, purpose, occurrence)


cdef inline void log_event(
    Context* context, Patient* patient, int64_t event, int64_t code, double value_1,
    double value_2, double value_3,
) noexcept nogil:
    log_drawn_event(
        context, patient, event, code, value_1, value_2, value_3, PURPOSE_NONE, 0)


cdef inline void bring_books_up_to(
    Context* context, Patient* patient, int64_t day
) noexcept nogil:
    cdef int64_t since = patient.held_since
    cdef double days = <double>(day - since)
    patient.qaly += patient.held_utility * (
        context.effect_prefix[day] - context.effect_prefix[since])
    patient.qaly_undiscounted += patient.held_utility * (
        context.years_prefix[day] - context.years_prefix[since])
    patient.qaly_drug_only += patient.held_drug_only_utility * (
        context.effect_prefix[day] - context.effect_prefix[since])
    patient.pain_days += patient.held_pain * days
    patient.floor_pain_days += patient.held_removed * days
    patient.held_since = day


cdef inline double utility_of_pain(
    Context* context, Patient* patient, double pain
) noexcept nogil:
    cdef const double* knots = &context.rules.utility_knots[0]
    cdef int64_t i = interval_of(pain, PAIN_KNOTS - 2)
    cdef double relative = knots[i] + (pain - <double>i) * (knots[i + 1] - knots[i])
    cdef double utility = (
        context.norm_utility_of_sex[patient.age_years] * relative - patient.harm_decrement)
    return context.rules.utility_floor if utility < context.rules.utility_floor else utility


cdef inline void accrue(Context* context, Patient* patient) noexcept nogil:
    """Step 10: book what was held up to today when any held value changes."""
    cdef double utility = utility_of_pain(context, patient, patient.pain_for_utility)
    cdef double drug_only = (
        utility if patient.drug_only_pain == patient.pain_for_utility
        else utility_of_pain(context, patient, patient.drug_only_pain))
    if (utility != patient.held_utility or patient.pain != patient.held_pain
            or patient.removed != patient.held_removed
            or drug_only != patient.held_drug_only_utility):
        bring_books_up_to(context, patient, context.day)
        patient.held_utility = utility
        patient.held_drug_only_utility = drug_only
        patient.held_pain = patient.pain
        patient.held_removed = patient.removed


cdef inline int64_t millionths(double x) noexcept nogil:
    """Rounded; x is not below 0, so what the conversion drops is what floor would."""
    return <int64_t>(x * 1e6 + 0.5)


cdef inline bint has_weekly_row(Context* context) noexcept nogil:
    return (
        context.weekday == SUNDAY or context.calendar_day == context.calendar_days - 1)


cdef inline void weekly_row(Context* context, Patient* patient) noexcept nogil:
    cdef WeeklyRow* row = this_week(context)
    cdef uint64_t trace = patient.trace
    row.in_state[patient.state] += 1
    row.pain_sum_e6 += millionths(patient.pain)
    row.pain_without_drug_sum_e6 += millionths(patient.pain_without_drug)
    row.expectation_sum_e6 += millionths(patient.symptom_expectation)
    row.base_pain_sum_e6 += millionths(patient.base)
    row.programme_pain_sum_e6 += millionths(patient.untreated)
    if context.queues or (
            context.traits.patient < PANEL_PATIENTS
            and context.week % PANEL_EVERY_WEEKS == 0):
        count_apart(context, patient)
    trace = mix(trace, to_bits(patient.pain))
    trace = mix(trace, to_bits(patient.slow_site))
    trace = mix(trace, to_bits(patient.expectation))
    trace = mix(trace, to_bits(patient.programme_remaining))
    patient.trace = mix(trace, <uint64_t>patient.state)


cdef inline void add_weekly_dose(
    Context* context, int64_t* sum_e3, double racemic_mg
) noexcept nogil:
    cdef double thousandths = floor(racemic_mg * 1000.0 + 0.5)
    # Half of what the sum can hold, so that neither the number nor one addition overflows.
    if thousandths < <double>HALF_OF_INT64 and sum_e3[0] < <int64_t>HALF_OF_INT64:
        sum_e3[0] += <int64_t>thousandths
    else:
        context.status = STATUS_OVERFLOW
