# Section 4: the order of the day, and the days on which only effects decay.

cdef inline bint live_morning(Context* context, Patient* patient) noexcept nogil:
    """Steps 1 to 6; whether the patient lives."""
    cdef bint is_monday = context.weekday == 0
    context.administered = False
    context.stop_reasons = 0
    context.step = STEP_CHANGES_AND_DEATHS
    if context.day == 0 or context.calendar_day == context.next_change_day:
        change_rules(context, patient)
    if is_monday and context.day > 0 and death_is_due(context, patient):
        die(context, patient)
        return False
    if context.day == 0:
        context.step = STEP_REFERRALS
        enter(context, patient)
    if is_monday:
        context.step = STEP_WEEKLY
        weekly_tick(context, patient)
    if context.day > 0:
        decay_effects(context, patient)
    feel_symptoms(context, patient)
    if context.day == patient.course_start_day and not patient.recovered:
        context.step = STEP_DIARY
        take_baselines(context, patient)
    if context.day == context.next_observed_day:
        observe_apart(context, patient)
    context.step = STEP_VISITS
    visit(context, patient)
    return True


cdef inline void live_afternoon(Context* context, Patient* patient) noexcept nogil:
    """Steps 8 to 10."""
    if context.day == patient.administration_day:
        context.step = STEP_ADMINISTRATION
        administer(context, patient)
        enter_dose(context, patient)
    if context.day == patient.outside_day:
        context.step = STEP_ADMINISTRATION
        buy_infusion_apart(context, patient)
    accrue(context, patient)
    if has_weekly_row(context):
        weekly_row(context, patient)


cdef inline int64_t sooner(int64_t day, int64_t now, int64_t stop) noexcept nogil:
    return day if now < day < stop else stop


cdef inline int64_t next_stop(Context* context, Patient* patient) noexcept nogil:
    """The next calendar day on which more than decay can happen."""
    cdef int64_t now = context.calendar_day
    cdef int64_t referral_day = context.traits.referral_day
    cdef int64_t stop = now + DAYS_PER_WEEK - context.weekday
    if patient.recovered and in_care(patient.state):
        return now + 1
    stop = sooner(referral_day + patient.visit_day, now, stop)
    stop = sooner(referral_day + patient.administration_day, now, stop)
    stop = sooner(referral_day + patient.outside_day, now, stop)
    stop = sooner(referral_day + context.next_observed_day, now, stop)
    stop = sooner(context.next_change_day, now, stop)
    return context.end_day if stop > context.end_day else stop


cdef inline bint is_felt(Context* context, Patient* patient) noexcept nogil:
    """Whether what decays moves pain or utility: the slow site does in responders alone.

    After an administration the utility goes back, even if nothing active was given.
    """
    return (patient.expectation > 0.0 or context.administered
            or (patient.responds and patient.slow_site > 0.0))


cdef inline void go_to(Context* context, int64_t calendar_day) noexcept nogil:
    context.calendar_day = calendar_day
    context.day = calendar_day - context.traits.referral_day
    context.week = calendar_day // DAYS_PER_WEEK
    context.weekday = calendar_day - context.week * DAYS_PER_WEEK


cdef inline void go_days(Context* context, int64_t days) noexcept nogil:
    """Within the week."""
    context.calendar_day += days
    context.day += days
    context.weekday += days


cdef inline void pass_days_until(
    Context* context, Patient* patient, int64_t stop
) noexcept nogil:
    """The days before `stop`, of one calendar week: decay alone, or nothing at all."""
    cdef int64_t calendar_day
    if is_felt(context, patient):
        for calendar_day in range(context.calendar_day + 1, stop):
            go_days(context, 1)
            decay_effects(context, patient)
            feel_symptoms(context, patient)
            accrue(context, patient)
    else:
        patient.slow_site = slow_site_after(
            context, patient.slow_site, stop - 1 - context.calendar_day)
        if keeps_pain_history(patient.state):
            for calendar_day in range(context.calendar_day + 1, stop):
                keep_pain_of_day(patient, calendar_day - context.traits.referral_day)
        go_days(context, stop - 1 - context.calendar_day)
    if has_weekly_row(context):
        weekly_row(context, patient)


cdef inline bint has_room(Context* context) noexcept nogil:
    """Whether the events of one more day fit; if not, the call ends before that day."""
    if context.events_used <= context.event_limit:
        return True
    context.status = STATUS_EVENTS_FULL
    return False


cdef inline bint cannot_come_back(
    Patient* patient, double rereferral_hazard
) noexcept nogil:
    """Whether a patient out of care is never referred again under a hazard that lasts."""
    return rereferral_hazard == 0.0 or patient.exit_day == NEVER


cdef inline bint may_pass_weeks(Context* context, Patient* patient) noexcept nogil:
    """A Monday without effects: unless something is due, only the flare moves and clocks run."""
    return (context.weekday == 0 and context.day > 0
            and not is_felt(context, patient)
            and patient.outside_day == NEVER
            and not (patient.recovered and in_care(patient.state)))


cdef inline bint is_out_of_reach(Context* context, Patient* patient) noexcept nogil:
    """Out of care for as long as the rules last: no visit follows from what a Monday brings."""
    return (
        not keeps_pain_history(patient.state)
        and cannot_come_back(patient, context.rules.rereferral_hazard_per_day))


cdef inline int64_t next_thing_due(Context* context, Patient* patient) noexcept nogil:
    """The first calendar day from today on for which anything is fixed, or the call's end."""
    cdef int64_t yesterday = context.calendar_day - 1
    cdef int64_t referral_day = context.traits.referral_day
    cdef int64_t stop = sooner(context.next_change_day, yesterday, context.end_day)
    stop = sooner(referral_day + context.next_observed_day, yesterday, stop)
    stop = sooner(referral_day + patient.visit_day, yesterday, stop)
    return sooner(referral_day + patient.administration_day, yesterday, stop)


cdef inline void pass_whole_weeks(Context* context, Patient* patient) noexcept nogil:
    """Weeks before anything is due: quiet ones together, others alone if out of reach."""
    cdef int64_t stop = next_thing_due(context, patient)
    cdef int64_t quiet
    while context.calendar_day + DAYS_PER_WEEK <= stop and has_room(context):
        quiet = quiet_weeks(context, patient, (stop - context.calendar_day) // DAYS_PER_WEEK)
        if quiet > 0:
            pass_quiet_weeks(context, patient, quiet)
            continue
        if not is_out_of_reach(context, patient) or patient.slow_site > 0.0:
            return
        context.step = STEP_CHANGES_AND_DEATHS
        if death_is_due(context, patient):
            die(context, patient)
            return
        context.step = STEP_WEEKLY
        weekly_tick(context, patient)
        feel_symptoms(context, patient)
        accrue(context, patient)
        go_days(context, SUNDAY)
        weekly_row(context, patient)
        go_days(context, 1)
        context.week += 1
        context.weekday = 0


cdef inline void go_on_after_day(Context* context, Patient* patient) noexcept nogil:
    """From a day that has been to the next on which more than decay can happen."""
    cdef int64_t stop = next_stop(context, patient)
    if stop > context.calendar_day + 1:
        pass_days_until(context, patient, stop)
    go_to(context, stop)


cdef inline bint is_before_end(Context* context) noexcept nogil:
    return context.calendar_day < context.end_day + context.to_booking


cdef inline void live_days(Context* context, Patient* patient) noexcept nogil:
    """From where the patient stands to the start of `end_day`, or to its booking."""
    cdef bint is_morning_over = patient.is_at_booking != 0
    if is_morning_over and context.to_booking and context.calendar_day == context.end_day:
        return
    while (is_before_end(context) and patient.state != STATE_DEAD
           and context.status == STATUS_DONE):
        if not is_morning_over and may_pass_weeks(context, patient):
            pass_whole_weeks(context, patient)
            if patient.state == STATE_DEAD or not is_before_end(context):
                break
        if not has_room(context):
            break
        if not is_morning_over:
            if not live_morning(context, patient):
                break
            if context.to_booking and context.calendar_day == context.end_day:
                patient.is_at_booking = 1
                break
        is_morning_over = False
        patient.is_at_booking = 0
        live_afternoon(context, patient)
        go_on_after_day(context, patient)


cdef inline void begin_patient(Context* context, Patient* patient) noexcept nogil:
    """Point the context at a patient."""
    cdef int64_t referral_day = context.traits.referral_day
    context.clinic = <uint32_t>context.traits.clinic
    context.flare_first = context.flare_end = 0
    context.mortality_of_sex = context.mortality_per_day + context.traits.male * AGE_YEARS
    context.norm_utility_of_sex = context.norm_utility + context.traits.male * AGE_YEARS
    context.administered = False
    point_at_rules(context, patient)
    find_next_observed_day(context, patient)
    go_to(context, referral_day if patient.calendar_day < referral_day else patient.calendar_day)


cdef void advance_patient(
    Context* context, Patient* patient, Results* results, int64_t end_day, int64_t booking_day
) noexcept nogil:
    """To a booking, if one comes first, or the start of `end_day`; the dead always to that.

    The results are written in passing.
    """
    cdef int64_t result_day = result_day_of(context)
    cdef bint are_results_due = (
        patient.calendar_day + patient.is_at_booking <= result_day <= end_day)
    begin_patient(context, patient)
    context.booking_day = booking_day
    while True:  # once, or twice with the results between
        context.segment_end = result_day if are_results_due else end_day
        set_end(context)
        live_days(context, patient)
        if patient.state == STATE_DEAD:
            patient.is_at_booking = 0
            patient.calendar_day = context.segment_end
        else:
            patient.calendar_day = context.calendar_day
        if (not are_results_due or patient.is_at_booking or context.status != STATUS_DONE):
            return
        write_results_apart(context, patient, results)
        are_results_due = False
