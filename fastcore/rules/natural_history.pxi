# Section 4, steps 1 to 3: dated changes, deaths, referrals, and the Monday's slow processes.

cdef inline void set_rules(Context* context, Patient* patient, int64_t number) noexcept nogil:
    patient.rule_set = number
    point_at_rules(context, patient)
    if patient.harm_active:
        set_harm_decrement(context, patient)


cdef inline void point_at_rules(Context* context, Patient* patient) noexcept nogil:
    cdef int64_t following = patient.rule_set + 1
    context.rules = &context.rule_sets[patient.rule_set]
    context.next_change_day = (
        context.change_days[following] if following < context.rule_set_count
        else <int64_t>HALF_OF_INT64)
    context.may_leave = (
        context.rules.lost_hazard_per_day != 0.0
        or context.rules.waiting_leave_hazard_per_day != 0.0
        or context.rules.rereferral_hazard_per_day != 0.0)


cdef inline void change_rules(Context* context, Patient* patient) noexcept nogil:
    """Step 1, for rule sets that start today; the base is not a change."""
    cdef int64_t number
    for number in range(1, context.rule_set_count):
        if context.change_days[number] == context.calendar_day:
            set_rules(context, patient, number)
            log_event(context, patient, EVENT_RULES_CHANGED, number, 0.0, 0.0, 0.0)


cdef inline bint death_is_due(Context* context, Patient* patient) noexcept nogil:
    cdef double hazard = context.mortality_of_sex[patient.age_years]
    patient.death_remaining -= hazard * <double>(context.calendar_day - patient.last_tick)
    return patient.death_remaining <= 0.0


cdef void die(Context* context, Patient* patient) noexcept nogil:
    bring_books_up_to(context, patient, context.day)
    background_cost(context, patient, context.day)
    if in_care(patient.state):
        leave_treatment(context, patient, EXIT_REASON_DEATH, STATE_EXITED)
    log_drawn_event(
        context, patient, EVENT_DIED, patient.state,
        <double>(context.traits.age_days + context.day), 0.0, 0.0, PURPOSE_DEATH_CLOCK, 0)
    withdraw_requests(context, EVERY_REQUEST)
    patient.state = STATE_DEAD
    patient.died_day = context.day
    this_week(context).deaths += 1


cdef inline int64_t age_in_years(Context* context) noexcept nogil:
    cdef int64_t years = (context.traits.age_days + context.day) // DAYS_PER_YEAR
    return AGE_YEARS - 1 if years > AGE_YEARS - 1 else years


cdef void enter(Context* context, Patient* patient) noexcept nogil:
    """Step 2: the day of referral."""
    cdef const Traits* traits = context.traits
    cdef int64_t number = 0
    while (number + 1 < context.rule_set_count
           and context.change_days[number + 1] <= context.calendar_day):
        number += 1
    set_rules(context, patient, number)
    patient.state = STATE_REFERRED
    patient.responds = traits.responder
    patient.flare = traits.flare_at_enrolment
    patient.death_remaining = traits.death_clock
    patient.recovery_remaining = clock_at(context, PURPOSE_RECOVERY_CLOCK, 0)
    set_leaving_clocks(context, patient)
    set_harm_clocks(context, patient)
    await_assessment(
        context, patient, 0 if has_protocol(context) else traits.lead_to_assessment_days)
    this_week(context).referrals += 1
    patient.last_tick = context.calendar_day
    patient.age_years = age_in_years(context)
    log_event(
        context, patient, EVENT_REFERRED, traits.condition,
        <double>traits.enrolment_score_sum, traits.pain_level, <double>traits.age_days)


cdef void recover(Context* context, Patient* patient) noexcept nogil:
    cdef int64_t state_before = patient.state
    patient.recovered = 1
    patient.relapse_remaining = clock_at(context, PURPOSE_RELAPSE_CLOCK, patient.episode)
    if patient.recovered_day == NEVER:
        patient.recovered_day = context.day
    log_drawn_event(
        context, patient, EVENT_RECOVERED, state_before, context.traits.pain_level, 0.0, 0.0,
        PURPOSE_RECOVERY_CLOCK, patient.episode)
    if not in_care(state_before):
        patient.state = STATE_RECOVERED
        patient.visit_day = NO_VISIT
        withdraw_requests(context, EVERY_REQUEST)


cdef void relapse(Context* context, Patient* patient) noexcept nogil:
    cdef int64_t ended_episode = patient.episode
    patient.recovered = 0
    patient.episode += 1
    patient.recovery_remaining = clock_at(context, PURPOSE_RECOVERY_CLOCK, patient.episode)
    patient.state = (
        STATE_EXITED if patient.first_infusion_day != NEVER else STATE_CONVENTIONAL)
    log_drawn_event(
        context, patient, EVENT_RELAPSED, patient.state, 0.0, 0.0, 0.0,
        PURPOSE_RELAPSE_CLOCK, ended_episode)


cdef inline void weekly_tick(Context* context, Patient* patient) noexcept nogil:
    """Step 3: everything that moves once a week, for the days since the last tick."""
    cdef const Parameters* rules = context.rules
    cdef double elapsed = <double>(context.calendar_day - patient.last_tick)
    cdef double z = flare_normal(context, context.week)
    patient.last_tick = context.calendar_day
    patient.age_years = age_in_years(context)
    patient.flare = rules.flare_autocorrelation * patient.flare + rules.flare_innovation_sd * z
    if not patient.recovered:
        patient.recovery_remaining -= rules.recovery_hazard_per_day * elapsed
        if patient.recovery_remaining <= 0.0:
            recover(context, patient)
    else:
        patient.relapse_remaining -= rules.relapse_hazard_per_day * elapsed
        if patient.relapse_remaining <= 0.0:
            relapse(context, patient)
    if patient.in_programme:
        therapy_week(context, patient, elapsed)
    chronic_harms_week(context, patient, elapsed)
    if rules.choice_hazard_per_day != 0.0:
        patient_choice_week(context, patient, elapsed)
    if context.may_leave or patient.outside_day != NEVER:
        come_and_go_apart(context, patient, elapsed)
