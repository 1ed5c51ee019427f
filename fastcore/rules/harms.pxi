# Section 8a: harms, the exposure they depend on, tests, and stopping for them.
#
# A process is a harm with its cause. Its clock lies at `cause * PROCESS_STRIDE + harm`; its place
# in bit masks is `2 * harm + cause`, the order in which a Monday goes through them.

cdef enum ProcessConstant:
    PROCESS_STRIDE = 8
    NOTICE_WEEKS = 64
    EXPOSURE_MASK = EXPOSURE_WEEKS - 1
    DAYS_OF_PREVIOUS_WEEK = 7


cdef inline bint has_bit(int64_t mask, int64_t place) noexcept nogil:
    return (mask >> place) & 1


cdef inline int64_t process_bit(int64_t harm, int64_t cause) noexcept nogil:
    return bit(2 * harm + cause)


cdef inline int64_t process_at(int64_t harm, int64_t cause) noexcept nogil:
    return cause * PROCESS_STRIDE + harm


cdef inline int64_t harm_occurrence(
    Patient* patient, int64_t harm, int64_t cause
) noexcept nogil:
    """The occurrence of all draws of this episode of a process."""
    cdef int64_t episode = patient.harm_episode[process_at(harm, cause)]
    return (episode * HARM_CAUSES + cause) * PROCESS_STRIDE + harm


cdef inline void lose_qalys(Context* context, Patient* patient, double loss) noexcept nogil:
    patient.qaly -= loss * context.effect_factor[context.day]
    patient.qaly_undiscounted -= loss
    patient.qaly_drug_only -= loss * context.effect_factor[context.day]


cdef void set_harm_clocks(Context* context, Patient* patient) noexcept nogil:
    """At referral, all at once, because that is how the generator is fast."""
    cdef double uniforms[2 * PROCESSES]
    cdef int64_t harm, cause, at
    fill_uniforms(
        uniforms, context.seed, <uint32_t>context.traits.patient, context.clinic, context.draw,
        PURPOSE_HARM_ONSET, 0, PROCESSES)
    for at in range(PROCESSES):
        patient.harm_clock[at] = 1.0
    for cause in range(HARM_CAUSES):
        for harm in range(CHRONIC_HARMS):
            at = process_at(harm, cause)
            patient.harm_clock[at] = 0.0 - logarithm(uniforms[2 * at])


cdef double acute_log_odds(
    Context* context, const Parameters* rules, int64_t harm, int64_t step, double peak_racemic,
) noexcept nogil:
    cdef double years = <double>(context.traits.age_days + context.day) / 365.0
    cdef double x
    if rules.step_sham[step]:
        x = rules.acute_sham_intercept[harm]
    else:
        x = rules.acute_intercept[harm] + rules.acute_slope[harm] * (
            peak_racemic - rules.acute_reference[harm])
    if context.traits.comorbidities & rules.acute_comorbidities[harm]:
        x = x + rules.acute_comorbidity_log_odds[harm]
    x = x + rules.acute_age_log_odds[harm] * (years - 50.0)
    if has_bit(rules.step_premedicated[step], harm):
        x = x + rules.acute_premedicated_log_odds[harm]
    return x


cdef void acute_harm(
    Context* context, Patient* patient, const Parameters* course, int64_t harm, double p,
    double peak_racemic, int64_t occurrence, bint is_outside,
) noexcept nogil:
    """One acute harm that happened; elsewhere it ends nothing."""
    cdef const Parameters* rules = context.rules
    patient.acute_count[harm] += 1
    log_drawn_event(
        context, patient, EVENT_ACUTE_HARM, harm, p, peak_racemic,
        <double>patient.acute_count[harm], PURPOSE_ACUTE_HARM, occurrence)
    lose_qalys(context, patient, course.acute_qaly_loss[harm])
    pay(
        context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_ACUTE_HARM, rules.price_acute[harm])
    if is_outside:
        return
    patient.acute_at_last = 1
    if (has_bit(rules.adverse_event_acute, harm)
            and patient.acute_count[harm] >= rules.adverse_event_times):
        context.stop_reasons |= bit(EXIT_REASON_ADVERSE_EVENT)


cdef void acute_harms(
    Context* context, Patient* patient, const Parameters* course, int64_t step,
    int64_t first_occurrence, double peak_racemic, bint is_outside,
) noexcept nogil:
    """Those of today's administration; `course` are the rules it is given by."""
    cdef int64_t harm, occurrence
    cdef double p
    if not is_outside:
        patient.acute_at_last = 0
    for harm in range(ACUTE_HARMS):
        occurrence = first_occurrence + harm
        p = logistic(acute_log_odds(context, course, harm, step, peak_racemic))
        if p > 0.0 and uniform_at(context, PURPOSE_ACUTE_HARM, occurrence) < p:
            acute_harm(
                context, patient, course, harm, p, peak_racemic, occurrence, is_outside)


cdef void record_exposure(
    Context* context, Patient* patient, double racemic_mg, double hours, double peak_racemic
) noexcept nogil:
    """Add an administration to its calendar week; nothing given is no exposure."""
    cdef int64_t week = context.calendar_day // DAYS_PER_WEEK
    cdef int64_t place = week & EXPOSURE_MASK
    patient.excess_due_week = week + 1
    if racemic_mg == 0.0:
        return
    if patient.exposure_week[place] != week:
        patient.exposure_week[place] = week
        patient.exposure_mg[place] = 0.0
        patient.exposure_hours[place] = 0.0
        patient.exposure_days[place] = 0.0
    patient.exposure_mg[place] += racemic_mg
    patient.exposure_hours[place] += hours
    patient.exposure_days[place] += 1.0
    if peak_racemic > patient.peak_highest:
        patient.peak_highest = peak_racemic


cdef inline double lifetime_racemic_mg(Context* context, Patient* patient) noexcept nogil:
    """Racemic equivalents given here and bought elsewhere."""
    return racemic_mg_given(context, patient) + patient.outside_mg


cdef inline double window_sum(
    Patient* patient, const double* amounts, int64_t week, int64_t n, int64_t* due_week
) noexcept nogil:
    """The `n` weeks before `week`; `due_week` is moved to when one of them falls out."""
    cdef double total = 0.0
    cdef int64_t w
    cdef int64_t oldest = NEVER
    for w in range(week - n, week):
        if patient.exposure_week[w & EXPOSURE_MASK] == w:
            total = total + amounts[w & EXPOSURE_MASK]
            if oldest == NEVER:
                oldest = w
    if oldest != NEVER and oldest + n + 1 < due_week[0]:
        due_week[0] = oldest + n + 1
    return total


cdef double metric_of(
    Context* context, Patient* patient, int64_t harm, int64_t* due_week
) noexcept nogil:
    """What the excess hazard of a harm depends on, and until when that stays so."""
    cdef const Parameters* rules = context.rules
    cdef int64_t week = context.calendar_day // DAYS_PER_WEEK
    cdef int64_t n = rules.harm_window_weeks[harm]
    cdef int64_t metric = rules.harm_metric[harm]
    if patient.last_exposure_day == NEVER:
        return 0.0
    if metric == METRIC_LIFETIME_MG:
        return lifetime_racemic_mg(context, patient)
    if metric == METRIC_TRAILING_MG:
        return window_sum(patient, patient.exposure_mg, week, n, due_week)
    if metric == METRIC_TRAILING_DAYS:
        return window_sum(patient, patient.exposure_days, week, n, due_week)
    if metric == METRIC_TRAILING_HOURS:
        return window_sum(patient, patient.exposure_hours, week, n, due_week)
    if context.day - patient.last_exposure_day > DAYS_OF_PREVIOUS_WEEK:
        return 0.0
    if week + 1 < due_week[0]:
        due_week[0] = week + 1
    return patient.peak_highest


cdef inline double value_in_table(const double* x, const double* y, double at) noexcept nogil:
    cdef int64_t i = 0
    if at <= x[0]:
        return y[0]
    if at >= x[HARM_KNOTS - 1]:
        return y[HARM_KNOTS - 1]
    while i < HARM_KNOTS - 2 and not at < x[i + 1]:
        i += 1
    return y[i] + (at - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i])


cdef double link_of(const Parameters* rules, int64_t harm, double x) noexcept nogil:
    cdef int64_t link = rules.harm_link[harm]
    if link == LINK_LOG_LINEAR:
        return exponential(rules.harm_slope[harm] * x) if x > 0.0 else 0.0
    if link == LINK_LINEAR:
        return rules.harm_slope[harm] * x
    if link == LINK_THRESHOLD:
        return 1.0 if x >= rules.harm_threshold[harm] and x > 0.0 else 0.0
    if link == LINK_TABLE and x != 0.0:
        return value_in_table(
            &rules.harm_table_x[harm * HARM_KNOTS], &rules.harm_table_y[harm * HARM_KNOTS], x)
    return 0.0


cdef double excess_hazard(
    Context* context, Patient* patient, int64_t harm, int64_t* due_week
) noexcept nogil:
    """Per day; it stays the same until `due_week`, the next administration or other rules."""
    cdef const Parameters* rules = context.rules
    cdef double ratio = 1.0
    cdef double dose = 1.0
    cdef double x
    if rules.harm_off or rules.harm_link[harm] == LINK_NONE or rules.harm_base[harm] == 0.0:
        return 0.0
    x = metric_of(context, patient, harm, due_week)
    if context.traits.comorbidities & rules.harm_comorbidities[harm]:
        ratio = rules.harm_excess_ratio[harm]
    if rules.harm_lifetime_slope[harm] != 0.0:
        dose = exponential(
            rules.harm_lifetime_slope[harm] * lifetime_racemic_mg(context, patient) / 1000.0)
    return rules.harm_base[harm] * ratio * link_of(rules, harm, x) * dose


cdef inline double background_hazard(
    Context* context, Patient* patient, int64_t harm
) noexcept nogil:
    cdef const Parameters* rules = context.rules
    cdef double ratio = 1.0
    if context.traits.comorbidities & rules.harm_comorbidities[harm]:
        ratio = rules.harm_background_ratio[harm]
    return (rules.harm_background[harm] * ratio
            * context.harm_age_factor[harm * AGE_YEARS + patient.age_years])


cdef void keep_excess_hazards(Context* context, Patient* patient, int64_t week) noexcept nogil:
    """The clock of an active process stands still: its hazard is 0."""
    cdef int64_t due_week = <int64_t>HALF_OF_INT64
    cdef int64_t harm
    for harm in range(CHRONIC_HARMS):
        patient.harm_hazard[process_at(harm, HARM_CAUSE_EXCESS)] = (
            0.0 if patient.harm_active & process_bit(harm, HARM_CAUSE_EXCESS)
            else excess_hazard(context, patient, harm, &due_week))
    patient.excess_due_week = due_week


cdef void keep_background_hazards(Context* context, Patient* patient) noexcept nogil:
    cdef int64_t harm
    for harm in range(CHRONIC_HARMS):
        patient.harm_hazard[process_at(harm, HARM_CAUSE_BACKGROUND)] = (
            0.0 if patient.harm_active & process_bit(harm, HARM_CAUSE_BACKGROUND)
            else background_hazard(context, patient, harm))


cdef inline void keep_hazards(Context* context, Patient* patient) noexcept nogil:
    """Hazards are worked out anew only when what they depend on has changed."""
    cdef int64_t week = context.calendar_day // DAYS_PER_WEEK
    cdef int64_t key = 1 + patient.age_years * MAX_RULE_SETS + patient.rule_set
    if key != patient.hazard_key:
        keep_background_hazards(context, patient)
        # A birthday leaves those of the excess as they are.
        if (patient.hazard_key == 0
                or (key - patient.hazard_key) % MAX_RULE_SETS != 0):
            patient.excess_due_week = week
        patient.hazard_key = key
    if patient.last_exposure_day != NEVER and week >= patient.excess_due_week:
        keep_excess_hazards(context, patient, week)


cdef void set_harm_decrement(Context* context, Patient* patient) noexcept nogil:
    """Of the harms that are active, with the rules in force."""
    cdef double decrement = 0.0
    cdef int64_t harm
    for harm in range(CHRONIC_HARMS):
        if (patient.harm_active >> (2 * harm)) & 3:
            decrement = decrement + context.rules.harm_decrement[harm]
    patient.harm_decrement = decrement


cdef void harm_onset(
    Context* context, Patient* patient, int64_t harm, int64_t cause
) noexcept nogil:
    cdef const Parameters* rules = context.rules
    cdef int64_t at = process_at(harm, cause)
    cdef int64_t occurrence = harm_occurrence(patient, harm, cause)
    cdef int64_t due_week = 0
    patient.harm_active |= process_bit(harm, cause)
    log_drawn_event(
        context, patient, EVENT_HARM_ONSET, harm, <double>cause,
        metric_of(context, patient, harm, &due_week), lifetime_racemic_mg(context, patient),
        PURPOSE_HARM_ONSET, occurrence)
    patient.harm_count[harm * HARM_CAUSES + cause] += 1
    pay(
        context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_CHRONIC_HARM,
        rules.price_harm_onset[harm])
    if (uniform_at(context, PURPOSE_HARM_PERMANENT, occurrence)
            < rules.harm_permanent[harm]):
        patient.harm_is_permanent |= process_bit(harm, cause)
    patient.harm_recovery_remaining[at] = clock_at(context, PURPOSE_HARM_RECOVERY, occurrence)
    lose_qalys(context, patient, rules.harm_qaly_loss[harm])
    # Deaths by background harms are in the life table already.
    if cause == HARM_CAUSE_EXCESS and (
            uniform_at(context, PURPOSE_HARM_FATAL, occurrence) < rules.harm_fatality[harm]):
        patient.death_remaining = 0.0
    if patient.harm_first_day[harm] == NEVER:
        patient.harm_first_day[harm] = context.day
    patient.harm_onset_day[at] = context.day
    patient.harm_clock[at] = 1.0
    patient.harm_hazard[at] = 0.0


cdef void harm_recovery(
    Context* context, Patient* patient, int64_t harm, int64_t cause
) noexcept nogil:
    cdef int64_t at = process_at(harm, cause)
    cdef int64_t occurrence = harm_occurrence(patient, harm, cause)
    patient.harm_active &= ~process_bit(harm, cause)
    patient.harm_is_detected &= ~process_bit(harm, cause)
    patient.harm_episode[at] += 1
    patient.harm_clock[at] = clock_at(
        context, PURPOSE_HARM_ONSET, harm_occurrence(patient, harm, cause))
    patient.hazard_key = 0
    log_drawn_event(
        context, patient, EVENT_HARM_RECOVERED, harm, <double>cause, 0.0, 0.0,
        PURPOSE_HARM_RECOVERY, occurrence)


cdef void detect_harm(
    Context* context, Patient* patient, int64_t harm, int64_t cause, bint by_test,
    int64_t occurrence,
) noexcept nogil:
    """The patient reports an active harm, or a test finds it."""
    cdef const Parameters* rules = context.rules
    patient.harm_is_detected |= process_bit(harm, cause)
    patient.harms_detected[harm] += 1
    log_drawn_event(
        context, patient, EVENT_HARM_DETECTED, harm, <double>cause, <double>by_test, 0.0,
        PURPOSE_HARM_TEST if by_test else PURPOSE_HARM_NOTICED, occurrence)
    pay(
        context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_CHRONIC_HARM,
        rules.price_harm_detected[harm])
    if by_test and has_bit(rules.laboratory_stop_harms, harm):
        context.stop_reasons |= bit(EXIT_REASON_LABORATORY_STOP)
    elif has_bit(rules.adverse_event_chronic, harm):
        context.stop_reasons |= bit(EXIT_REASON_ADVERSE_EVENT)


cdef inline bint can_heal(
    Context* context, Patient* patient, int64_t harm, int64_t cause
) noexcept nogil:
    if patient.harm_is_permanent & process_bit(harm, cause):
        return False
    return (
        cause == HARM_CAUSE_BACKGROUND or patient.last_exposure_day == NEVER
        or context.day - patient.last_exposure_day
        >= context.rules.harm_recovery_after_days[harm])


cdef void active_week(
    Context* context, Patient* patient, int64_t harm, int64_t cause, double elapsed
) noexcept nogil:
    """A week of an active process: what it costs, and whether it heals."""
    cdef const Parameters* rules = context.rules
    cdef int64_t at = process_at(harm, cause)
    pay(
        context, patient, PAYER_HEALTH_SYSTEM, COST_LINE_CHRONIC_HARM,
        rules.price_harm_per_day[harm] * elapsed)
    if can_heal(context, patient, harm, cause):
        patient.harm_recovery_remaining[at] -= rules.harm_recovery_per_day[harm] * elapsed
        if patient.harm_recovery_remaining[at] <= 0.0:
            harm_recovery(context, patient, harm, cause)


cdef inline int64_t weeks_since_onset(
    Context* context, Patient* patient, int64_t harm, int64_t cause
) noexcept nogil:
    return (context.day - patient.harm_onset_day[process_at(harm, cause)]) // DAYS_PER_WEEK


cdef inline int64_t notice_occurrence(
    Patient* patient, int64_t harm, int64_t cause, int64_t weeks
) noexcept nogil:
    """Of the draw in a week since the onset; all later weeks share the last."""
    if weeks > NOTICE_WEEKS - 1:
        weeks = NOTICE_WEEKS - 1
    return harm_occurrence(patient, harm, cause) * NOTICE_WEEKS + weeks


cdef void notice_harm(
    Context* context, Patient* patient, int64_t harm, int64_t cause
) noexcept nogil:
    """Whether the patient reports an active harm this week."""
    cdef double probability = context.rules.harm_noticed_per_week[harm]
    cdef int64_t occurrence = notice_occurrence(
        patient, harm, cause, weeks_since_onset(context, patient, harm, cause))
    if probability > 0.0 and uniform_at(
            context, PURPOSE_HARM_NOTICED, occurrence) < probability:
        detect_harm(context, patient, harm, cause, False, occurrence)


cdef void process_week(
    Context* context, Patient* patient, int64_t harm, int64_t cause, double elapsed
) noexcept nogil:
    cdef int64_t mask = process_bit(harm, cause)
    if patient.harm_active & mask:
        active_week(context, patient, harm, cause, elapsed)
    elif patient.harm_clock[process_at(harm, cause)] <= 0.0:
        harm_onset(context, patient, harm, cause)
    if patient.harm_active & mask and not patient.harm_is_detected & mask:
        notice_harm(context, patient, harm, cause)


cdef void processes_week(Context* context, Patient* patient, double elapsed) noexcept nogil:
    """The Monday of a patient in whom a process is active or begins."""
    cdef int64_t active_before = patient.harm_active
    cdef int64_t harm, cause
    for harm in range(CHRONIC_HARMS):
        for cause in range(HARM_CAUSES):
            process_week(context, patient, harm, cause, elapsed)
    if patient.harm_active != active_before:
        set_harm_decrement(context, patient)


cdef inline int64_t run_clocks(
    double* clock, const double* hazard, double elapsed
) noexcept nogil:
    """Take the days elapsed off the clocks of one cause; how many have run out."""
    cdef int64_t run_out = 0
    cdef int64_t k
    for k in range(PROCESS_STRIDE):
        clock[k] = clock[k] - hazard[k] * elapsed
        run_out += clock[k] <= 0.0
    return run_out


cdef inline void chronic_harms_week(
    Context* context, Patient* patient, double elapsed
) noexcept nogil:
    """Step 3, last: most Mondays of most patients end after the clocks have been run."""
    cdef int64_t run_out
    if elapsed == 0.0:
        return
    keep_hazards(context, patient)
    run_out = run_clocks(patient.harm_clock, patient.harm_hazard, elapsed)
    if patient.last_exposure_day != NEVER:
        run_out += run_clocks(
            patient.harm_clock + PROCESS_STRIDE, patient.harm_hazard + PROCESS_STRIDE, elapsed)
    if patient.harm_active or run_out:
        processes_week(context, patient, elapsed)


cdef inline bint test_is_due(
    Context* context, Patient* patient, const Parameters* rules, int64_t j
) noexcept nogil:
    cdef int64_t courses = rules.test_every_courses[j]
    cdef int64_t days = rules.test_every_days[j]
    if rules.test_only_with[j] and not (
            rules.test_only_with[j] & context.traits.comorbidities):
        return False
    if courses > 0 and patient.courses - patient.courses_at_last_test[j] >= courses:
        return True
    return days > 0 and (
        patient.last_test_day[j] == NEVER or context.day - patient.last_test_day[j] >= days)


cdef void do_test(Context* context, Patient* patient, int64_t j) noexcept nogil:
    cdef const Parameters* rules = context.rules
    cdef int64_t harm = rules.test_harm[j]
    cdef int64_t cause, mask
    log_event(context, patient, EVENT_TESTED, j, <double>patient.courses, 0.0, 0.0)
    pay(context, patient, rules.infusion_payer, COST_LINE_MONITORING, rules.price_test[j])
    for cause in range(HARM_CAUSES):
        mask = process_bit(harm, cause)
        if (patient.harm_active & mask and not patient.harm_is_detected & mask
                and uniform_in_lane(context, PURPOSE_HARM_TEST, patient.tests_done, <int>cause)
                < rules.test_sensitivity[j]):
            detect_harm(context, patient, harm, cause, True, patient.tests_done)
    patient.tests_done += 1
    patient.courses_at_last_test[j] = patient.courses
    patient.last_test_day[j] = context.day


cdef void do_tests(Context* context, Patient* patient) noexcept nogil:
    """The monitoring that is due at a visit."""
    cdef const Parameters* rules = context.rules
    cdef int64_t j
    for j in range(rules.tests):
        if test_is_due(context, patient, rules, j):
            do_test(context, patient, j)


cdef inline int64_t take_stop_reasons(Context* context) noexcept nogil:
    """Today's reasons to stop, which are acted on once."""
    cdef int64_t reasons = context.stop_reasons
    context.stop_reasons = 0
    return reasons


cdef inline bint stop_for_harm(Context* context, Patient* patient) noexcept nogil:
    """Act on today's reasons to stop, if any; whether treatment ended for them."""
    cdef int64_t reasons = take_stop_reasons(context)
    if patient.state == STATE_REFERRED:
        reasons &= bit(EXIT_REASON_LEFT_WAITING_LIST)
    elif not in_care(patient.state):
        return False
    if not reasons:
        return False
    end_treatment(context, patient, reasons)
    return True
