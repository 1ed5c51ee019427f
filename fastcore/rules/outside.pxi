# Section 8d: infusions bought elsewhere.

cdef void consider_buying(Context* context, Patient* patient) noexcept nogil:
    """An occasion: a refusal or the end of treatment."""
    cdef const Parameters* rules = context.rules
    cdef int64_t occasion = patient.occasions_to_buy
    cdef double u
    patient.occasions_to_buy += 1
    if not rules.outside_share > 0.0 or patient.outside_day != NEVER:
        return
    u = uniform_at(context, PURPOSE_OUTSIDE_UPTAKE, occasion)
    if not u < rules.outside_share:
        return
    patient.outside_day = context.day + rules.outside_delay_days
    patient.outside_occasion = occasion
    patient.outside_remaining = clock_at(context, PURPOSE_OUTSIDE_STOP, occasion)
    log_drawn_event(
        context, patient, EVENT_OUTSIDE_STARTED, occasion, <double>patient.outside_day, u,
        rules.outside_share, PURPOSE_OUTSIDE_UPTAKE, occasion)


cdef void cease_buying(Context* context, Patient* patient, int64_t end) noexcept nogil:
    cdef bint is_drawn = end == OUTSIDE_END_OWN_ACCORD
    patient.outside_day = NEVER
    log_drawn_event(
        context, patient, EVENT_OUTSIDE_STOPPED, end, <double>patient.outside_infusions, 0.0,
        0.0, PURPOSE_OUTSIDE_STOP if is_drawn else PURPOSE_NONE,
        patient.outside_occasion if is_drawn else 0)


cdef void buying_week(Context* context, Patient* patient, double elapsed) noexcept nogil:
    """Mondays of those who buy."""
    cdef double hazard = context.rules.outside_stop_hazard_per_day
    if patient.recovered:
        cease_buying(context, patient, OUTSIDE_END_RECOVERED)
    elif hazard != 0.0:
        patient.outside_remaining -= hazard * elapsed
        if patient.outside_remaining <= 0.0:
            cease_buying(context, patient, OUTSIDE_END_OWN_ACCORD)


cdef inline bint can_buy(Context* context, Patient* patient) noexcept nogil:
    cdef double price = context.rules.price_outside
    cdef double paid = paid_this_year(context, patient)
    return not (price > 0.0 and paid + price > context.traits.yearly_budget)


cdef void pay_elsewhere(Context* context, Patient* patient) noexcept nogil:
    cdef double price = context.rules.price_outside
    pay(context, patient, PAYER_PATIENT, COST_LINE_OUTSIDE, price)
    patient.paid_for_infusions = paid_this_year(context, patient) + price
    pay(context, patient, PAYER_PATIENT, COST_LINE_TRAVEL, context.rules.price_travel)


cdef void count_outside_dose(
    Context* context, Patient* patient, double racemic_mg
) noexcept nogil:
    patient.outside_mg += racemic_mg
    this_week(context).outside_infusions += 1
    add_weekly_dose(context, &this_week(context).outside_mg_e3, racemic_mg)


cdef void infuse_elsewhere(Context* context, Patient* patient) noexcept nogil:
    """One infusion: the first course day of the regimen sold, by the rules in force."""
    cdef const Parameters* rules = context.rules
    cdef int64_t step = rules.outside_step
    cdef int64_t number = patient.outside_infusions
    cdef CurvePlace place = place_on_curves(context, rules, patient.rule_set, step, 0)
    cdef double mg = dose_mg(context, rules, step, 0, 1.0)
    cdef double s_factor = 1.0 if rules.step_s_ketamine[step] else rules.potency
    cdef double peak = interpolate_curve(&place, CURVE_PEAK) * mg * s_factor
    cdef double peak_racemic = 0.0 if rules.step_sham[step] else peak / rules.potency
    context.administered_auc_s = s_factor * (1000.0 * mg / context.traits.clearance)
    count_outside_dose(context, patient, racemic_equivalent(rules, step, mg))
    context.raised_expectation = expectation_after(context, patient, rules, step, peak)
    log_event(
        context, patient, EVENT_OUTSIDE_INFUSION, number, mg, context.administered_auc_s, peak)
    pay_elsewhere(context, patient)
    acute_harms(
        context, patient, rules, step, 4 * (OUTSIDE_ADMINISTRATIONS + number), peak_racemic,
        True)
    record_exposure(
        context, patient, racemic_equivalent(rules, step, mg),
        rules.step_hours[step * MAX_COURSE_DAYS], peak_racemic)
    set_infusion_day_pain(patient, rules, step, &place, 1.0)
    patient.outside_infusions += 1
    patient.outside_day = context.day + rules.outside_interval_days
    patient.last_exposure_day = context.day
    context.administered = True


cdef void buy_infusion(Context* context, Patient* patient) noexcept nogil:
    """Step 8, on the day of the next purchase."""
    if not can_buy(context, patient):
        cease_buying(context, patient, OUTSIDE_END_COULD_NOT_PAY)
        return
    infuse_elsewhere(context, patient)
    enter_dose(context, patient)
