# Section 8e: courses fixed by a protocol, and the responder drawn again.

cdef inline bint has_protocol(Context* context) noexcept nogil:
    return context.rules.protocol_courses > 0


cdef void plan_protocol_course(Context* context, Patient* patient, int64_t course) noexcept nogil:
    """Course number `course`, from 0, with the regimen and on the day of the protocol."""
    cdef const Parameters* rules = context.rules
    plan_course(
        context, patient, BOOKING_PROTOCOL_FIRST if course == 0 else BOOKING_PROTOCOL,
        rules.protocol_step[course], rules.protocol_day[course])


cdef void follow_protocol(Context* context, Patient* patient) noexcept nogil:
    """A review: the tests, then the next course, a last visit or the end."""
    cdef int64_t stop_reasons
    do_tests(context, patient)
    stop_reasons = take_stop_reasons(context)
    if stop_reasons:
        end_treatment(context, patient, stop_reasons)
    elif patient.courses < context.rules.protocol_courses:
        plan_protocol_course(context, patient, patient.courses)
    elif context.day < context.rules.protocol_end_day:
        set_visit(patient, VISIT_REVIEW, context.rules.protocol_end_day)
    else:
        end_treatment(context, patient, bit(EXIT_REASON_TREATMENT_COMPLETED))


cdef void draw_responder_again(Context* context, Patient* patient) noexcept nogil:
    """At the start of a further course, which is counted already."""
    cdef const Parameters* rules = context.rules
    if rules.responder_redrawn and patient.courses > 1:
        patient.responds = (
            uniform_at(context, PURPOSE_RESPONDER_AT_COURSE, patient.courses - 1)
            < rules.responder_share[context.traits.condition])
