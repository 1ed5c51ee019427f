# Section 8c, the patient's side: what she hears from the clinic, and when she has to be there.
#
# Patients meet only at booking, and the clinic looks at no more than their requests. So nobody need
# live week by week with the others: who asks for nothing lives on to the first booking after she
# does; who waits is left behind for as long as her request surely stands, and catches up when the
# clinic has offered her something, or before the booking that might find the request withdrawn.

cdef enum MeetingConstant:
    FINISHED = NOT_BEFORE_THE_END + 1  # simulated to the end
    MOST_WEEKS_BEHIND = 52


cdef void stay_in_queue(
    Context* context, const Clinic* clinic, int64_t missed_day
) noexcept nogil:
    """After a no-show or a cancellation: again from the day after, on the next booking day."""
    context.request.earliest = missed_day + 1
    if not clinic.keeps_place:
        context.request.joined = missed_day
    open_request(context, REQUEST_COURSE)


cdef void cancel_course(Context* context, Patient* patient, const Offer* offer) noexcept nogil:
    cdef const Clinic* clinic = clinic_under(context, offer.rule_set)
    cdef int64_t booking = context.request.bookings - 1
    patient.cancellations += 1
    this_week(context).cancellations += 1
    log_drawn_event(
        context, patient, EVENT_CANCELLED, patient.course_step,
        <double>(offer.course_day - context.traits.referral_day),
        cancellation_uniform(context, booking), clinic.late_cancellation, PURPOSE_NO_SHOW, booking)
    stay_in_queue(context, clinic, offer.course_day)


cdef void miss_course(Context* context, Patient* patient, const Offer* offer) noexcept nogil:
    """A no-show: the first day is lost."""
    cdef const Parameters* rules = rules_of_course(context, patient)
    cdef const Clinic* clinic = clinic_under(context, offer.rule_set)
    cdef int64_t booking = context.request.bookings - 1
    cdef int64_t step = patient.course_step
    patient.no_shows += 1
    this_week(context).no_shows += 1
    if not rules.step_bed[step]:
        this_week(context).chair_minutes_lost += chair_minutes(rules, step, 0, clinic)
    log_drawn_event(
        context, patient, EVENT_NO_SHOW, step,
        <double>(offer.course_day - context.traits.referral_day),
        no_show_uniform(context, booking), clinic.no_show, PURPOSE_NO_SHOW, booking)
    stay_in_queue(context, clinic, offer.course_day)


cdef void take_course(Context* context, Patient* patient, const Offer* offer) noexcept nogil:
    patient.course_start_day = patient.administration_day = (
        offer.course_day - context.traits.referral_day)
    patient.course_day = 0
    patient.booking_rules = offer.rule_set
    withdraw_requests(context, REQUEST_COURSE)
    log_event(
        context, patient, EVENT_BOOKED, patient.course_step, <double>patient.course_start_day,
        planned_now(context, patient), <double>patient.courses)


cdef void answer_course(Context* context, Patient* patient, const Offer* offer) noexcept nogil:
    cdef const Clinic* clinic = clinic_under(context, offer.rule_set)
    cdef int64_t booking = context.request.bookings - 1
    if is_cancelled(context, clinic, booking):
        cancel_course(context, patient, offer)
    elif is_missed(context, clinic, booking):
        miss_course(context, patient, offer)
    else:
        take_course(context, patient, offer)


cdef void take_assessment(Context* context, Patient* patient, int64_t day) noexcept nogil:
    cdef int64_t patient_day = day - context.traits.referral_day
    set_visit(patient, VISIT_ASSESSMENT, patient_day)
    withdraw_requests(context, REQUEST_ASSESSMENT)
    log_event(context, patient, EVENT_ASSESSMENT_BOOKED, 0, <double>patient_day, 0.0, 0.0)


cdef void take_place(Context* context, Patient* patient, int64_t day) noexcept nogil:
    withdraw_requests(context, REQUEST_PROGRAMME)
    begin_programme(context, patient, day - context.traits.referral_day)


cdef inline uint8_t kinds_offered(const Offer* offer) noexcept nogil:
    return ((REQUEST_COURSE if offer.course_day != NEVER else 0)
            | (REQUEST_ASSESSMENT if offer.assessment_day != NEVER else 0)
            | (REQUEST_PROGRAMME if offer.programme_day != NEVER else 0))


cdef void hear_of_offer(Context* context, Patient* patient, Offer* offer) noexcept nogil:
    """Step 7 of the booking day, the patient standing there: courses, assessments, programmes."""
    cdef uint8_t kinds = kinds_offered(offer)
    context.step = STEP_BOOKING
    if not patient.is_at_booking or context.open_requests[0] & kinds != kinds:
        context.status = STATUS_OFFER_WITHOUT_REQUEST
        return
    if kinds & REQUEST_COURSE:
        answer_course(context, patient, offer)
    if kinds & REQUEST_ASSESSMENT:
        take_assessment(context, patient, offer.assessment_day)
    if kinds & REQUEST_PROGRAMME:
        take_place(context, patient, offer.programme_day)
    offer.booking_day = NEVER


cdef inline bint surely_waits(Context* context, Patient* patient) noexcept nogil:
    """Whether only a clock that runs out can withdraw a request or open another."""
    return (
        patient.visit_day == NO_VISIT and patient.administration_day == NEVER
        and patient.outside_day == NEVER and patient.harm_active == 0
        and (keeps_pain_history(patient.state)
             or not may_come_back(context, patient))
        and patient.hazard_key == 1 + patient.age_years * MAX_RULE_SETS + patient.rule_set)


cdef inline int64_t mondays_of_waiting(Context* context, Patient* patient) noexcept nogil:
    """Those to come that a request surely outlasts; until a change of rules."""
    cdef int64_t weeks = MOST_WEEKS_BEHIND
    cdef int64_t until_due = patient.excess_due_week - context.week - 1
    cdef int64_t days_at_this_age = (
        DAYS_PER_YEAR * (patient.age_years + 1) - context.traits.age_days - context.day)
    if patient.last_exposure_day != NEVER and until_due < weeks:
        weeks = until_due
    if (days_at_this_age - 1) // DAYS_PER_WEEK < weeks:
        weeks = (days_at_this_age - 1) // DAYS_PER_WEEK
    return weeks_of_clocks(context, patient, weeks) if weeks > 0 else 0


cdef int64_t next_meeting(Context* context, Patient* patient) noexcept nogil:
    """The booking, after the one where a patient with a request stands, that she has to attend."""
    cdef int64_t following = booking_from(context, context.calendar_day + 1)
    cdef int64_t monday = context.calendar_day - context.weekday + DAYS_PER_WEEK
    cdef int64_t day
    if not surely_waits(context, patient):
        return following
    day = monday + DAYS_PER_WEEK * mondays_of_waiting(context, patient)
    if context.next_change_day < day:
        day = context.next_change_day
    day = booking_from(context, day)
    return day if day > following else following


cdef inline bint has_to_meet(
    Context* context, const ClinicDesk* desk, int64_t index
) noexcept nogil:
    return context.open_requests[0] != 0 or desk.holds_place[index]


cdef void hear(
    Context* context, ClinicDesk* desk, Patient* patient, Results* results, int64_t index
) noexcept nogil:
    """Catch up to the booking that had an offer for the patient, and answer it."""
    cdef Offer* offer = &desk.offers[index]
    if offer.booking_day == NEVER:
        return
    advance_patient(context, patient, results, context.calendar_days, offer.booking_day)
    if context.status == STATUS_DONE:
        hear_of_offer(context, patient, offer)


cdef void live_to_meeting(
    Context* context, ClinicDesk* desk, Patient* patient, Results* results, int64_t index,
    int64_t today,
) noexcept nogil:
    """To the booking of `today`, or of the later day to which nothing is asked of the clinic."""
    cdef int64_t day
    hear(context, desk, patient, results, index)
    while context.status == STATUS_DONE:
        day = NOT_BEFORE_THE_END
        if has_to_meet(context, desk, index):
            day = booking_from(context, patient.calendar_day)
            day = today if day < today else day
        advance_patient(context, patient, results, context.calendar_days, day)
        if context.status != STATUS_DONE:
            return
        if not patient.is_at_booking:
            desk.stands_at[index] = desk.meets_on[index] = FINISHED
            return
        if has_to_meet(context, desk, index):
            break
    desk.stands_at[index] = patient.calendar_day
    desk.meets_on[index] = (
        patient.calendar_day if patient.calendar_day > today
        else next_meeting(context, patient) if not desk.holds_place[index]
        else booking_from(context, today + 1))


cdef void live_to_end(
    Context* context, ClinicDesk* desk, Patient* patient, Results* results, int64_t index
) noexcept nogil:
    """After the last booking."""
    hear(context, desk, patient, results, index)
    while context.status == STATUS_DONE:
        advance_patient(
            context, patient, results, context.calendar_days, NOT_BEFORE_THE_END)
        if not patient.is_at_booking:
            break
    if context.status == STATUS_DONE:
        desk.meets_on[index] = FINISHED


cdef void advance_at_desk(
    Context* context, ClinicDesk* desk, Patient* patients, const Traits* traits, Results* results,
    Observation* observations, int64_t first, int64_t end, int64_t end_day, bint to_booking,
) noexcept nogil:
    """Those of some of the clinic's patients who have to be at a booking; or all to the end."""
    cdef int64_t latest = end_day if to_booking else <int64_t>NOT_BEFORE_THE_END
    cdef const int64_t* meets_on = desk.meets_on
    cdef int64_t index
    for index in range(first, end):
        if meets_on[index] > latest:
            continue
        point_at_patient(context, desk, traits, index)
        context.observations = observations + index * context.observed_count
        if to_booking:
            live_to_meeting(context, desk, &patients[index], &results[index], index, end_day)
        else:
            live_to_end(context, desk, &patients[index], &results[index], index)
        if context.status != STATUS_DONE:
            return
