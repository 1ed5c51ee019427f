# Sections 7.3 and 8c: what a patient is booked for, or asks the clinic for.

cdef enum Booking:
    BOOKING_FIRST
    BOOKING_MAINTAIN
    BOOKING_REPEAT
    BOOKING_ESCALATE
    BOOKING_TAPER  # from here on without rests and yearly caps
    BOOKING_PROTOCOL_FIRST
    BOOKING_PROTOCOL


cdef enum Pause:
    PAUSE_NONE
    PAUSE_REST
    PAUSE_YEARLY_CAP


cdef inline int64_t booking_from(const Context* context, int64_t day) noexcept nogil:
    """The first booking day from a calendar day on, or none before the end."""
    cdef int64_t every = context.booking_every_days
    cdef int64_t found = (day + every - 1) // every * every
    return found if found < context.calendar_days else <int64_t>NOT_BEFORE_THE_END


cdef inline void set_end(Context* context) noexcept nogil:
    """Where living ends: at the next booking, or where the results or the call's end are."""
    context.to_booking = context.booking_day < context.segment_end
    context.end_day = context.booking_day if context.to_booking else context.segment_end


cdef inline void open_request(Context* context, uint8_t kind) noexcept nogil:
    """The next booking sees it; today's only if it is made before step 7."""
    cdef int64_t day = booking_from(
        context, context.calendar_day + (context.step >= STEP_BOOKING))
    context.open_requests[0] |= kind
    context.new_requests[0] |= kind
    if day < context.booking_day:
        context.booking_day = day
        set_end(context)


cdef inline void withdraw_requests(Context* context, uint8_t kinds) noexcept nogil:
    if context.queues:
        context.open_requests[0] &= ~kinds


cdef inline void set_visit(Patient* patient, int64_t purpose, int64_t day) noexcept nogil:
    patient.visit_purpose = purpose
    patient.visit_day = day


cdef inline void await_assessment(
    Context* context, Patient* patient, int64_t day
) noexcept nogil:
    """The assessment is on `day`, or with queues when the clinic has a slot."""
    if not context.queues:
        set_visit(patient, VISIT_ASSESSMENT, day)
        return
    patient.visit_day = NO_VISIT
    context.request.assessment_joined = context.calendar_day
    open_request(context, REQUEST_ASSESSMENT)


cdef inline void count_waiting(
    Context* context, Patient* patient, WeeklyRow* row, int64_t sunday
) noexcept nogil:
    """Section 9: who waits for what on a Sunday."""
    cdef uint8_t kinds = context.open_requests[0]
    row.waiting_for_assessment += (
        patient.state == STATE_REFERRED and patient.visit_day == NO_VISIT)
    row.waiting_for_course += (
        kinds & REQUEST_COURSE != 0 and context.request.earliest <= sunday)
    row.waiting_for_programme += kinds & REQUEST_PROGRAMME != 0


cdef double planned_racemic_mg(
    Context* context, const Parameters* rules, int64_t step, double fraction
) noexcept nogil:
    """Racemic equivalents of a whole course."""
    cdef double planned = 0.0
    cdef int64_t course_day
    for course_day in range(rules.step_days[step]):
        planned = planned + racemic_equivalent(
            rules, step, dose_mg(context, rules, step, course_day, fraction))
    return planned


cdef inline int64_t pause_before(
    Context* context, Patient* patient, int64_t* start
) noexcept nogil:
    """Move a start behind a planned rest or the yearly cap, and say which moved it last."""
    cdef const Parameters* rules = context.rules
    cdef int64_t per_year = rules.limit_courses_per_year
    cdef int64_t earliest
    cdef int64_t pause = PAUSE_NONE
    if (rules.rest_after_courses > 0 and patient.courses > 0
            and patient.courses % rules.rest_after_courses == 0):
        earliest = patient.last_infusion_day + rules.rest_days
        if start[0] < earliest:
            start[0] = earliest
            pause = PAUSE_REST
    if per_year > 0 and patient.courses >= per_year:
        earliest = patient.recent_course_day[
            (patient.courses - per_year) & RECENT_MASK] + DAYS_PER_YEAR
        if start[0] < earliest:
            start[0] = earliest
            pause = PAUSE_YEARLY_CAP
    return pause


cdef inline void set_booked_state(
    Patient* patient, int64_t booking, int64_t pause
) noexcept nogil:
    if pause != PAUSE_NONE:
        patient.state = STATE_PAUSED
    elif booking == BOOKING_FIRST or booking == BOOKING_PROTOCOL_FIRST:
        patient.state = STATE_WAITING
    elif booking == BOOKING_MAINTAIN or booking == BOOKING_TAPER:
        patient.state = STATE_MAINTENANCE


cdef inline double planned_now(Context* context, Patient* patient) noexcept nogil:
    """Racemic equivalents of the course asked for, with the taper's fraction."""
    cdef const Parameters* rules = rules_of_course(context, patient)
    return planned_racemic_mg(
        context, rules, patient.course_step, course_fraction(context, patient, rules))


cdef void ask_for_course(Context* context, Patient* patient, int64_t earliest) noexcept nogil:
    """8c: the clinic books the course on a booking day."""
    cdef Request* request = context.request
    patient.course_start_day = NEVER
    patient.administration_day = NEVER
    request.earliest = request.joined = context.traits.referral_day + earliest
    request.regimen = <int32_t>(patient.course_rules * MAX_LADDER_STEPS + patient.course_step)
    request.was_infused = patient.infusions > 0
    open_request(context, REQUEST_COURSE)


cdef void plan_course(
    Context* context, Patient* patient, int64_t booking, int64_t step, int64_t wanted
) noexcept nogil:
    """7.3: the regimen `step` for the first day from `wanted` on that the limits allow."""
    cdef int64_t start = wanted if wanted > context.day + 1 else context.day + 1
    cdef int64_t pause = PAUSE_NONE
    if booking < BOOKING_TAPER:
        pause = pause_before(context, patient, &start)
    patient.course_step = step
    patient.course_rules = patient.rule_set
    patient.course_day = 0
    patient.visit_day = NO_VISIT
    if context.queues:
        ask_for_course(context, patient, start)
    else:
        start = after_weekend(context, context.rules, step, start)
        patient.course_start_day = patient.administration_day = start
    set_booked_state(patient, booking, pause)
    if pause != PAUSE_NONE:
        log_event(context, patient, EVENT_PAUSED, pause, <double>start, 0.0, 0.0)
    log_event(
        context, patient, EVENT_REQUESTED if context.queues else EVENT_BOOKED, step,
        <double>start, planned_now(context, patient), <double>patient.courses)


cdef void plan_taper_course(Context* context, Patient* patient, int64_t wanted) noexcept nogil:
    """With the regimen of the last course, or the highest that the rules in force define."""
    cdef int64_t highest_regimen = context.rules.ladder_steps - 1
    if highest_regimen < context.rules.maintenance_step:
        highest_regimen = context.rules.maintenance_step
    plan_course(
        context, patient, BOOKING_TAPER,
        highest_regimen if patient.course_step > highest_regimen else patient.course_step,
        wanted)
