# Sections 5.3 and 4 step 9: one administration, and its dose entering at the end of the day.

cdef inline double course_fraction(
    Context* context, Patient* patient, const Parameters* rules
) noexcept nogil:
    return rules.taper_fraction[patient.taper_index] if patient.tapering else 1.0


cdef inline double dose_mg(
    Context* context, const Parameters* rules, int64_t step, int64_t course_day, double fraction
) noexcept nogil:
    """The dose of a course day, rounded to the vial; a sham gives nothing."""
    cdef double dose = rules.step_dose[step * MAX_COURSE_DAYS + course_day]
    if rules.step_sham[step]:
        return 0.0
    if rules.step_per_kg[step]:
        dose = dose * context.traits.weight_kg
    return floor(dose * fraction / rules.vial_step_mg + 0.5) * rules.vial_step_mg


cdef inline double racemic_equivalent(
    const Parameters* rules, int64_t step, double mg
) noexcept nogil:
    return mg / rules.potency if rules.step_s_ketamine[step] else mg


cdef struct CurvePlace:
    const double* corner  # of the first row, at the grid point below the patient
    double f
    double g


cdef inline double grid_steps(double value, double low, double step) noexcept nogil:
    return limited((value - low) / step, 0.0, <double>(CURVE_GRID - 1))


cdef inline CurvePlace place_on_curves(
    Context* context, const Parameters* rules, int64_t rule_set, int64_t step,
    int64_t course_day,
) noexcept nogil:
    """Where the patient's clearance and weight lie in the table of a course day."""
    cdef CurvePlace place
    cdef double x = grid_steps(
        context.traits.clearance, rules.curve_clearance_low, rules.curve_clearance_step)
    cdef double y = grid_steps(
        context.traits.weight_kg, rules.curve_weight_low, rules.curve_weight_step)
    cdef int64_t i = interval_of(x, CURVE_GRID - 2)
    cdef int64_t j = interval_of(y, CURVE_GRID - 2)
    cdef int64_t day_table = (
        (rule_set * MAX_LADDER_STEPS + step) * MAX_COURSE_DAYS + course_day)
    place.corner = context.curves + day_table * CURVE_DAY + i * CURVE_GRID + j
    place.f = x - <double>i
    place.g = y - <double>j
    return place


cdef inline double interpolate_curve(const CurvePlace* place, int64_t row) noexcept nogil:
    """The patient's value of one row of the table: bilinear."""
    cdef const double* low = place.corner + row * CURVE_TABLE
    cdef const double* high = low + CURVE_GRID
    cdef double a = low[0] + place.g * (low[1] - low[0])
    cdef double b = high[0] + place.g * (high[1] - high[0])
    return a + place.f * (b - a)


cdef inline double immediate_effect(
    const Parameters* rules, double concentration
) noexcept nogil:
    return rules.immediate_emax * concentration / (rules.immediate_c50 + concentration)


cdef void start_course(
    Context* context, Patient* patient, const Parameters* rules, double fraction
) noexcept nogil:
    patient.recent_course_day[patient.courses & RECENT_MASK] = context.day
    patient.courses += 1
    if not patient.tapering:
        patient.tries_at_step += 1
    patient.state = STATE_COURSE
    log_event(
        context, patient, EVENT_COURSE_STARTED, patient.course_step, <double>patient.courses,
        fraction, 0.0)
    if patient.first_infusion_day == NEVER:
        patient.first_infusion_day = context.day
        this_week(context).first_infusions += 1
    draw_responder_again(context, patient)
    if patient.course_step < rules.ladder_steps and patient.highest_step <= patient.course_step:
        patient.highest_step = patient.course_step + 1


cdef inline void count_dose(
    Context* context, Patient* patient, const Parameters* rules, double mg
) noexcept nogil:
    cdef int64_t step = patient.course_step
    if rules.step_s_ketamine[step]:
        patient.s_ketamine_mg += mg
    else:
        patient.racemic_mg += mg
    patient.hours_infused += rules.step_hours[step * MAX_COURSE_DAYS + patient.course_day]
    this_week(context).infusions += 1
    add_weekly_dose(
        context, &this_week(context).racemic_equivalent_mg_e3,
        racemic_equivalent(rules, step, mg))


cdef inline double expectation_after(
    Context* context, Patient* patient, const Parameters* rules, int64_t step, double peak
) noexcept nogil:
    """The level to which this administration raises expectation, counting the course."""
    cdef int64_t n
    cdef double perceived, raised
    if (patient.last_exposure_day == NEVER or context.day - patient.last_exposure_day
            >= rules.expectation_course_gap_days):
        patient.expectation_course += 1
    n = patient.expectation_course
    if n > HABITUATION_COURSES:
        n = HABITUATION_COURSES
    perceived = (
        rules.step_perceived_effect[step] if rules.step_sham[step]
        else immediate_effect(rules, peak))
    raised = (
        context.traits.expectation_amplitude * rules.expectation_habituation[n - 1]
        * rules.step_setting_expectation[step]
        * (1.0 + rules.expectation_unblinding * perceived))
    return patient.expectation if patient.expectation > raised else raised


cdef void within_day_scores(
    Context* context, Patient* patient, const Parameters* rules, const CurvePlace* place,
    double mg, double s_factor,
) noexcept nogil:
    """Pain at the end of the infusion and one and four hours after it."""
    cdef int64_t moment, number
    cdef double effect, within, z
    cdef double raised = context.raised_expectation
    for moment in range(MOMENTS):
        effect = immediate_effect(
            rules, interpolate_curve(place, CURVE_END + moment) * mg * s_factor)
        within = clip(patient.treated * (1.0 - effect) - raised)
        number = 4 * patient.infusions + moment
        z = numbered_normal(context, PURPOSE_WITHIN_DAY_SCORE, number)
        patient.within_day_pain[moment] = within
        patient.within_day_pain_without_drug[moment] = clip(patient.untreated - raised)
        patient.within_day_score[moment] = <int64_t>clip(
            floor(within + rules.diary_error_sd * z + 0.5))
        log_drawn_event(
            context, patient, EVENT_WITHIN_DAY_SCORE, moment, within,
            <double>patient.within_day_score[moment], effect,
            PURPOSE_WITHIN_DAY_SCORE, number >> 1)


cdef inline int64_t after_weekend(
    Context* context, const Parameters* rules, int64_t step, int64_t day
) noexcept nogil:
    """The day itself, or the Monday after it when the step gives nothing at weekends."""
    cdef int64_t day_of_week = (context.traits.referral_day + day) % DAYS_PER_WEEK
    if rules.step_skip_weekends[step] and day_of_week >= SATURDAY:
        return day + DAYS_PER_WEEK - day_of_week
    return day


cdef inline bint is_possible_day(
    const Parameters* rules, int64_t step, const Clinic* clinic, int64_t calendar_day
) noexcept nogil:
    """8c: whether a clinic may give a regimen on a calendar day."""
    cdef int64_t weekday = calendar_day % DAYS_PER_WEEK
    if rules.step_skip_weekends[step] and weekday >= SATURDAY:
        return False
    return rules.step_bed[step] != 0 or (clinic.open_days >> weekday) & 1 != 0


cdef inline int64_t possible_day(
    const Parameters* rules, int64_t step, const Clinic* clinic, int64_t calendar_day
) noexcept nogil:
    """The first possible day from a day on, or `NEVER` if no weekday is one."""
    cdef int64_t day
    for day in range(calendar_day, calendar_day + DAYS_PER_WEEK):
        if is_possible_day(rules, step, clinic, day):
            return day
    return NEVER


cdef inline int64_t next_course_day(
    Context* context, Patient* patient, const Parameters* rules
) noexcept nogil:
    """The day of the administration that follows today's in the course."""
    cdef int64_t step = patient.course_step
    cdef int64_t day = (
        context.day + rules.step_gap_days[step * MAX_COURSE_DAYS + patient.course_day])
    if not context.queues:
        return after_weekend(context, rules, step, day)
    return possible_day(
        rules, step, clinic_under(context, patient.booking_rules),
        context.traits.referral_day + day) - context.traits.referral_day


cdef inline int64_t chair_minutes(
    const Parameters* rules, int64_t step, int64_t course_day, const Clinic* clinic
) noexcept nogil:
    return rules.step_minutes[step * MAX_COURSE_DAYS + course_day] + clinic.turnaround_minutes


cdef inline void count_place(
    Context* context, Patient* patient, const Parameters* rules
) noexcept nogil:
    """The chair or bed that today's administration uses."""
    if rules.step_bed[patient.course_step]:
        this_week(context).bed_days_used += 1
    else:
        this_week(context).chair_minutes_used += chair_minutes(
            rules, patient.course_step, patient.course_day,
            clinic_under(context, patient.booking_rules))


cdef inline bint course_is_judged(Patient* patient, const Parameters* rules) noexcept nogil:
    if not patient.ever_passed:
        return True
    if rules.judge_every > 0:
        return (patient.courses - 1) % rules.judge_every == 0
    return patient.courses == 1


cdef void after_course(
    Context* context, Patient* patient, const Parameters* rules
) noexcept nogil:
    """The course is complete: the next of a taper, a judgement or a review."""
    log_event(
        context, patient, EVENT_COURSE_COMPLETED, patient.course_step,
        <double>patient.courses, 0.0, 0.0)
    patient.state = STATE_FOLLOW_UP
    patient.administration_day = NEVER
    if patient.tapering:
        patient.taper_index += 1
        if patient.taper_index < rules.taper_courses:
            plan_taper_course(
                context, patient,
                context.day + rules.taper_interval_days[patient.taper_index])
        else:
            set_visit(patient, VISIT_REVIEW, context.day + 1)
    elif has_protocol(context):
        set_visit(patient, VISIT_REVIEW, context.day + 1)
    elif course_is_judged(patient, rules):
        if rules.judge_at_days == 0:
            if not context.stop_reasons:
                judge(context, patient)
        else:
            set_visit(patient, VISIT_JUDGEMENT, context.day + rules.judge_at_days)
    else:
        set_visit(
            patient, VISIT_REVIEW,
            context.day + (rules.judge_at_days if rules.judge_at_days > 1 else 1))


cdef void administer(Context* context, Patient* patient) noexcept nogil:
    """Step 8: one administration of the booked course."""
    cdef const Parameters* rules = rules_of_course(context, patient)
    cdef int64_t step = patient.course_step
    cdef int64_t course_day = patient.course_day
    cdef double fraction = course_fraction(context, patient, rules)
    cdef CurvePlace place = place_on_curves(
        context, rules, patient.course_rules, step, course_day)
    cdef double mg, s_factor, peak, peak_racemic
    if course_day == 0:
        start_course(context, patient, rules, fraction)
    if context.queues:
        count_place(context, patient, rules)
    mg = dose_mg(context, rules, step, course_day, fraction)
    s_factor = 1.0 if rules.step_s_ketamine[step] else rules.potency
    context.administered_auc_s = s_factor * (1000.0 * mg / context.traits.clearance)
    count_dose(context, patient, rules, mg)
    peak = interpolate_curve(&place, CURVE_PEAK) * mg * s_factor
    context.raised_expectation = expectation_after(context, patient, rules, step, peak)
    log_event(
        context, patient, EVENT_ADMINISTERED, course_day, mg, context.administered_auc_s, peak)
    infusion_costs(context, patient, rules, mg)
    within_day_scores(context, patient, rules, &place, mg, s_factor)
    peak_racemic = 0.0 if rules.step_sham[step] else peak / rules.potency
    acute_harms(
        context, patient, rules, step, 4 * patient.infusions, peak_racemic, False)
    record_exposure(
        context, patient, racemic_equivalent(rules, step, mg),
        rules.step_hours[step * MAX_COURSE_DAYS + course_day], peak_racemic)
    set_infusion_day_pain(patient, rules, step, &place, fraction)
    patient.infusions += 1
    patient.last_infusion_day = patient.last_exposure_day = context.day
    context.administered = True
    if course_day + 1 < rules.step_days[step]:
        patient.course_day = course_day + 1
        patient.administration_day = next_course_day(context, patient, rules)
    else:
        after_course(context, patient, rules)
    stop_for_harm(context, patient)


cdef inline void set_infusion_day_pain(
    Patient* patient, const Parameters* rules, int64_t step, const CurvePlace* place,
    double fraction,
) noexcept nogil:
    """The pain that the utility of an infusion day uses: the immediate effect by its mean."""
    cdef double mean_effect = (
        0.0 if rules.step_sham[step] else interpolate_curve(place, CURVE_MEAN_EFFECT))
    cdef double treated = patient.treated * (1.0 - mean_effect * fraction)
    patient.pain_for_utility = clip(treated - patient.expectation)
    patient.drug_only_pain = clip(treated)


cdef inline void enter_dose(Context* context, Patient* patient) noexcept nogil:
    """Step 9: relief begins tomorrow."""
    patient.slow_site = (
        patient.slow_site + context.rules.slow_uptake_per_hour * context.administered_auc_s)
    patient.lifetime_auc_s += context.administered_auc_s
    patient.expectation = context.raised_expectation
