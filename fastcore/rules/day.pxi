# Section 4: the order of the day, and the days on which only effects decay.

cdef inline void live_day(Context* context, Patient* patient) noexcept nogil:
    """Steps 1 to 10 of one day."""
    cdef bint is_monday = context.weekday == 0
    context.administered = False
    context.stop_reasons = 0
    context.step = STEP_CHANGES_AND_DEATHS
    if context.day == 0 or context.calendar_day == context.next_change_day:
        change_rules(context, patient)
    if is_monday and context.day > 0 and death_is_due(context, patient):
        die(context, patient)
        return
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
    context.step = STEP_VISITS
    visit(context, patient)
    if context.day == patient.administration_day:
        context.step = STEP_ADMINISTRATION
        administer(context, patient)
        enter_dose(context, patient)
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
    stop = sooner(context.next_change_day, now, stop)
    return context.end_day if stop > context.end_day else stop


cdef inline bint is_changing(Context* context, Patient* patient) noexcept nogil:
    """After an administration the utility goes back, even if nothing active was given."""
    return patient.slow_site > 0.0 or patient.expectation > 0.0 or context.administered


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
    if is_changing(context, patient):
        for calendar_day in range(context.calendar_day + 1, stop):
            go_days(context, 1)
            decay_effects(context, patient)
            feel_symptoms(context, patient)
            accrue(context, patient)
    else:
        if keeps_pain_history(patient.state):
            for calendar_day in range(context.calendar_day + 1, stop):
                keep_pain_of_day(patient, calendar_day - context.traits.referral_day)
        go_days(context, stop - 1 - context.calendar_day)
    if has_weekly_row(context):
        weekly_row(context, patient)


cdef inline bint is_out_of_reach(Context* context, Patient* patient) noexcept nogil:
    """Out of care and free of effects: only Mondays matter, until the rules change."""
    return (context.weekday == 0 and context.day > 0
            and not keeps_pain_history(patient.state)
            and not is_changing(context, patient))


cdef inline void pass_whole_weeks(Context* context, Patient* patient) noexcept nogil:
    """The weeks before the rules change or the call ends, of a patient out of reach."""
    cdef int64_t stop = sooner(context.next_change_day, context.calendar_day - 1, context.end_day)
    while context.calendar_day + DAYS_PER_WEEK <= stop:
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


cdef void advance_patient(Context* context, Patient* patient) noexcept nogil:
    """Every day from the one the patient stands at up to `end_day`."""
    cdef int64_t referral_day = context.traits.referral_day
    cdef int64_t call_end_day = context.end_day
    cdef int64_t stop
    if context.end_day > referral_day + context.horizon_days:
        context.end_day = referral_day + context.horizon_days
    context.flare_first = context.flare_end = 0
    context.mortality_of_sex = context.mortality_per_day + context.traits.male * AGE_YEARS
    context.norm_utility_of_sex = context.norm_utility + context.traits.male * AGE_YEARS
    context.administered = False
    point_at_rules(context, patient)
    go_to(context, referral_day if patient.calendar_day < referral_day else patient.calendar_day)
    while (context.calendar_day < context.end_day and patient.state != STATE_DEAD
           and context.status == STATUS_DONE):
        if is_out_of_reach(context, patient):
            pass_whole_weeks(context, patient)
            if patient.state == STATE_DEAD or context.calendar_day >= context.end_day:
                break
        live_day(context, patient)
        if patient.state == STATE_DEAD:
            break
        stop = next_stop(context, patient)
        if stop > context.calendar_day + 1:
            pass_days_until(context, patient, stop)
        go_to(context, stop)
    patient.calendar_day = call_end_day
    context.end_day = call_end_day
