# Section 9a: what things cost, who pays, and whether the patient can.

cdef void pay(
    Context* context, Patient* patient, int64_t payer, int64_t line, double amount
) noexcept nogil:
    """Book today's cost of a resource."""
    if amount == 0.0:
        return
    patient.cost[payer] += amount * context.cost_factor[context.day]
    patient.cost_undiscounted[payer] += amount
    patient.cost_line[line] += amount


cdef inline double vials_opened(const Parameters* rules, double mg) noexcept nogil:
    cdef double vials = floor(mg / rules.vial_content_mg)
    return vials + 1.0 if vials * rules.vial_content_mg < mg else vials


cdef inline double paid_this_year(Context* context, Patient* patient) noexcept nogil:
    """What the patient paid for infusions in the current year since referral."""
    cdef int64_t year = context.day // DAYS_PER_YEAR
    if year != patient.paid_year:
        patient.paid_year = year
        patient.paid_for_infusions = 0.0
    return patient.paid_for_infusions


cdef void pay_for_infusion(
    Context* context, Patient* patient, int64_t line, double amount
) noexcept nogil:
    pay(context, patient, context.rules.infusion_payer, line, amount)
    if context.rules.infusion_payer == PAYER_PATIENT:
        patient.paid_for_infusions = paid_this_year(context, patient) + amount


cdef void infusion_costs(
    Context* context, Patient* patient, const Parameters* course, double mg
) noexcept nogil:
    """One administration: `course` are the rules of the booked course."""
    cdef int64_t step = patient.course_step
    pay_for_infusion(
        context, patient, COST_LINE_INFUSION,
        course.price_infusion[step * MAX_COURSE_DAYS + patient.course_day])
    if not course.step_sham[step]:
        pay_for_infusion(
            context, patient, COST_LINE_DRUG,
            vials_opened(context.rules, mg) * context.rules.price_vial)
    pay(context, patient, PAYER_PATIENT, COST_LINE_TRAVEL, context.rules.price_travel)


cdef double planned_price(Context* context, int64_t step) noexcept nogil:
    """Infusion days and vials of a whole course at today's prices."""
    cdef const Parameters* rules = context.rules
    cdef double planned = 0.0
    cdef int64_t day
    for day in range(rules.step_days[step]):
        planned = planned + rules.price_infusion[step * MAX_COURSE_DAYS + day]
        planned = planned + rules.price_vial * vials_opened(
            rules, dose_mg(context, rules, step, day, 1.0))
    return planned


cdef bint could_not_pay(Context* context, Patient* patient, int64_t step) noexcept nogil:
    """Whether one more course at a step goes beyond what the patient can pay in a year."""
    if context.rules.infusion_payer != PAYER_PATIENT or not context.rules.budget_limits:
        return False
    return (planned_price(context, step) + paid_this_year(context, patient)
            > context.traits.yearly_budget)


cdef void background_cost(Context* context, Patient* patient, int64_t day) noexcept nogil:
    """Background care of all days lived, when the books are closed."""
    cdef int64_t payer = PAYER_HEALTH_SYSTEM
    cdef int64_t line = COST_LINE_BACKGROUND
    cdef double price = context.rules.price_background_per_day
    cdef double undiscounted = price * <double>day
    patient.cost[payer] += price * 365.0 * (context.cost_prefix[day] - context.cost_prefix[0])
    patient.cost_undiscounted[payer] += undiscounted
    patient.cost_line[line] += undiscounted
