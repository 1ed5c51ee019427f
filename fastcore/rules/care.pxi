# Sections 7 and 8: visits, what follows from them, and the end of treatment.

cdef inline int64_t bit(int64_t place) noexcept nogil:
    return <int64_t>1 << place


cdef inline double racemic_mg_given(Context* context, Patient* patient) noexcept nogil:
    return patient.racemic_mg + patient.s_ketamine_mg / context.rules.potency


cdef inline void stay_on_ladder(Context* context, Patient* patient) noexcept nogil:
    """A change of rules may have made the ladder shorter."""
    if patient.ladder_step > context.rules.ladder_steps - 1:
        patient.ladder_step = context.rules.ladder_steps - 1


cdef int64_t caps_reached(Context* context, Patient* patient, int64_t step) noexcept nogil:
    """The exit reasons, as bits, that forbid one more course at a step."""
    cdef const Parameters* rules = context.rules
    cdef int64_t reasons = 0
    if (rules.limit_racemic_mg > 0.0
            and racemic_mg_given(context, patient) + planned_racemic_mg(context, rules, step, 1.0)
            > rules.limit_racemic_mg):
        reasons |= bit(EXIT_REASON_DOSE_CAP)
    if rules.limit_courses > 0 and patient.courses >= rules.limit_courses:
        reasons |= bit(EXIT_REASON_COUNT_CAP)
    if (rules.limit_infusions > 0
            and patient.infusions + rules.step_days[step] > rules.limit_infusions):
        reasons |= bit(EXIT_REASON_COUNT_CAP)
    if could_not_pay(context, patient, step):
        reasons |= bit(EXIT_REASON_COULD_NOT_PAY)
    return reasons


cdef void leave_treatment(
    Context* context, Patient* patient, int64_t reason, int64_t state
) noexcept nogil:
    withdraw_requests(context, REQUEST_COURSE | REQUEST_ASSESSMENT)
    patient.exit_reason = reason
    patient.exit_day = context.day
    if patient.first_exit_day == NEVER:
        patient.first_exit_reason = reason
        patient.first_exit_day = context.day
    if not context.rules.programme_after_exit:
        end_programme(patient)
        withdraw_requests(context, REQUEST_PROGRAMME)
    patient.visit_day = NO_VISIT
    patient.administration_day = NEVER
    patient.course_start_day = NEVER
    patient.state = state
    log_event(
        context, patient, EVENT_EXITED, reason, racemic_mg_given(context, patient),
        <double>patient.infusions, <double>patient.courses)
    this_week(context).exits += 1
    if reason != EXIT_REASON_DEATH and reason != EXIT_REASON_RECOVERED:
        consider_buying(context, patient)


cdef void start_taper(Context* context, Patient* patient, int64_t reason) noexcept nogil:
    log_event(context, patient, EVENT_TAPER_STARTED, reason, 0.0, 0.0, 0.0)
    patient.tapering = 1
    patient.taper_reason = reason
    patient.taper_index = 0
    plan_taper_course(
        context, patient, patient.last_infusion_day + context.rules.taper_interval_days[0])


cdef void end_treatment(Context* context, Patient* patient, int64_t reasons) noexcept nogil:
    """Section 8; `reasons` is a bit mask of exit reasons, the lowest takes precedence."""
    cdef const Parameters* rules = context.rules
    cdef int64_t first = EXIT_REASON_NONE
    cdef int64_t reason
    for reason in range(EXIT_REASON_DEATH, EXIT_REASON_LEFT_WAITING_LIST + 1):
        if reasons & bit(reason):
            log_event(context, patient, EVENT_EXIT_RULE_TRUE, reason, 0.0, 0.0, 0.0)
            if first == EXIT_REASON_NONE:
                first = reason
    if (rules.taper_reasons & bit(first) and rules.taper_courses > 0
            and not patient.tapering and patient.infusions > 0):
        start_taper(context, patient, first)
    else:
        leave_treatment(
            context, patient, first,
            STATE_RECOVERED if first == EXIT_REASON_RECOVERED else STATE_EXITED)


cdef inline bint is_eligible(Context* context) noexcept nogil:
    cdef const Parameters* rules = context.rules
    cdef const Traits* traits = context.traits
    cdef int64_t age_days = traits.age_days + context.day
    return (
        rules.eligible_conditions & bit(traits.condition) != 0
        and traits.comorbidities & rules.excluded_comorbidities == 0
        and traits.enrolment_score_sum * 10
        >= rules.minimum_enrolment_score_x10 * ENROLMENT_SCORES
        and rules.minimum_age_days <= age_days <= rules.maximum_age_days)


cdef void ask_for_first_course(Context* context, Patient* patient) noexcept nogil:
    """After the tests of an accepted patient; a protocol asks for no caps."""
    cdef int64_t reasons = take_stop_reasons(context)
    if not has_protocol(context):
        stay_on_ladder(context, patient)
        reasons |= caps_reached(context, patient, patient.ladder_step)
    if reasons:
        patient.state = STATE_WAITING
        end_treatment(context, patient, reasons)
    elif has_protocol(context):
        plan_protocol_course(context, patient, 0)
    else:
        plan_course(
            context, patient, BOOKING_FIRST, patient.ladder_step,
            context.day
            + (1 if context.queues else context.traits.lead_to_treatment_days))


cdef void assess(Context* context, Patient* patient) noexcept nogil:
    """7.1: who is offered a first course."""
    cdef bint is_offered = context.rules.ketamine_offered != 0
    pay(
        context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_ASSESSMENT,
        context.rules.price_assessment)
    this_week(context).assessments += 1
    if patient.assessed_day == NEVER:
        patient.assessed_day = context.day
    patient.eligible = is_eligible(context)
    log_event(
        context, patient, EVENT_ASSESSED, patient.eligible + 2 * is_offered,
        <double>(context.traits.age_days + context.day),
        <double>context.traits.comorbidities, 0.0)
    start_programme(context, patient, patient.eligible and is_offered)
    if not (patient.eligible and is_offered):
        patient.state = STATE_CONVENTIONAL
        consider_buying(context, patient)
        return
    do_tests(context, patient)
    ask_for_first_course(context, patient)


cdef inline bint is_acted_on(
    Context* context, Patient* patient, int64_t verdict
) noexcept nogil:
    """Whether a failed judgement is acted on: the draw of this judgement, counted already."""
    cdef int64_t judgement = patient.judgement_number - 1
    cdef double u
    if verdict != VERDICT_FAILED:
        return False
    u = uniform_at(context, PURPOSE_ADHERENCE_TO_RULE, judgement)
    if u < context.rules.adherence_to_rule:
        return True
    log_drawn_event(
        context, patient, EVENT_FAILURE_NOT_ACTED_ON, judgement, u,
        context.rules.adherence_to_rule, 0.0, PURPOSE_ADHERENCE_TO_RULE, judgement)
    return False


cdef inline bint response_is_lost(Context* context, Patient* patient) noexcept nogil:
    cdef int64_t bits = patient.judgement_bits & (bit(context.rules.loss_of_last) - 1)
    cdef int64_t failures = 0
    while bits:
        failures += bits & 1
        bits >>= 1
    return context.rules.loss_failures > 0 and failures >= context.rules.loss_failures


cdef int64_t next_move(
    Context* context, Patient* patient, bint is_acted, int64_t* reasons
) noexcept nogil:
    """7.2, item 3: how treatment would go on, or the reason why it does not."""
    cdef const Parameters* rules = context.rules
    cdef bint has_higher_step = patient.ladder_step + 1 < rules.ladder_steps
    if not is_acted:
        return BOOKING_MAINTAIN
    if patient.ever_passed:
        if not response_is_lost(context, patient):
            return BOOKING_MAINTAIN
        if rules.loss_escalates and has_higher_step:
            return BOOKING_ESCALATE
        reasons[0] |= bit(EXIT_REASON_LOSS_OF_RESPONSE)
        return BOOKING_REPEAT
    if patient.tries_at_step < rules.tries_per_step:
        return BOOKING_REPEAT
    if has_higher_step:
        return BOOKING_ESCALATE
    reasons[0] |= bit(EXIT_REASON_NON_RESPONSE)
    return BOOKING_REPEAT


cdef inline int64_t intended_regimen(
    Context* context, Patient* patient, int64_t move
) noexcept nogil:
    if move == BOOKING_MAINTAIN and context.rules.maintenance_step >= 0:
        return context.rules.maintenance_step
    return patient.ladder_step + (move == BOOKING_ESCALATE)


cdef void go_on(Context* context, Patient* patient, int64_t move) noexcept nogil:
    """7.2, item 6: log the move and book the next course."""
    cdef int64_t step = intended_regimen(context, patient, move)
    cdef int64_t wanted = context.day + context.rules.escalation_gap_days
    cdef int64_t event = EVENT_REPEATED
    if move == BOOKING_ESCALATE:
        patient.ladder_step += 1
        patient.tries_at_step = 0
        event = EVENT_ESCALATED
    elif move == BOOKING_MAINTAIN:
        wanted = patient.last_infusion_day + context.rules.maintenance_interval_days
        event = EVENT_MAINTAINED
    log_event(context, patient, event, patient.ladder_step, 0.0, 0.0, 0.0)
    plan_course(context, patient, move, step, wanted)


cdef void review(
    Context* context, Patient* patient, int64_t verdict, int64_t truth
) noexcept nogil:
    """7.2: what follows a course; `verdict` is not judged and `truth` undefined at a review."""
    cdef const Parameters* rules = context.rules
    cdef int64_t reasons = 0
    cdef int64_t stop_reasons, move
    do_tests(context, patient)
    stop_reasons = take_stop_reasons(context)
    if patient.tapering:
        end_treatment(context, patient, bit(EXIT_REASON_TAPER_COMPLETED) | stop_reasons)
        return
    move = next_move(context, patient, is_acted_on(context, patient, verdict), &reasons)
    if move == BOOKING_MAINTAIN and rules.maintenance == MAINTENANCE_NONE:
        reasons |= bit(EXIT_REASON_TREATMENT_COMPLETED)
    if reasons == 0:
        stay_on_ladder(context, patient)
        reasons = caps_reached(context, patient, intended_regimen(context, patient, move))
    if (rules.limit_days > 0
            and context.day - patient.first_infusion_day >= rules.limit_days):
        reasons |= bit(EXIT_REASON_TIME_LIMIT)
    reasons |= stop_reasons
    if reasons:
        end_treatment(context, patient, reasons)
        return
    go_on(context, patient, move)
    if verdict != VERDICT_NOT_JUDGED and move == BOOKING_MAINTAIN:
        patient.continuations += 1
        patient.false_positive_continuations += truth == NOT_MET


cdef inline void visit_after_course(
    Context* context, Patient* patient, int64_t purpose
) noexcept nogil:
    if context.day > patient.last_infusion_day:
        pay(
            context, patient, context.rules.infusion_payer, COST_LINE_FOLLOW_UP,
            context.rules.price_follow_up)
    if purpose == VISIT_JUDGEMENT:
        judge(context, patient)
    elif has_protocol(context) and not patient.tapering:
        follow_protocol(context, patient)
    else:
        review(context, patient, VERDICT_NOT_JUDGED, NOT_DEFINED)


cdef void visit(Context* context, Patient* patient) noexcept nogil:
    """Step 6."""
    cdef int64_t purpose = patient.visit_purpose
    if patient.recovered and in_care(patient.state):
        end_treatment(context, patient, bit(EXIT_REASON_RECOVERED))
    elif stop_for_harm(context, patient):
        pass
    elif context.day == patient.visit_day:
        patient.visit_day = NO_VISIT
        if purpose == VISIT_ASSESSMENT:
            assess(context, patient)
        else:
            visit_after_course(context, patient, purpose)
    context.stop_reasons = 0
