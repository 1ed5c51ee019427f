# Weeks in which nothing can happen: the rules of the Monday and of the accrual, many at a time.
#
# Of a patient without effects and with nothing due only the flare moves and clocks run. As long as
# no clock can run out and there is no birthday, nothing has to be asked from week to week; every
# number is worked out by the same expressions, in the same order, as in `weekly_tick`,
# `feel_symptoms`, `accrue` and `weekly_row`. The first week in which anything might happen is lived
# as any other.

cdef enum QuietConstant:
    QUIET_CLOCKS = 4
    WEEKS_OF_HISTORY = HISTORY_DAYS // DAYS_PER_WEEK + 1


cdef struct QuietClock:
    double* remaining
    double hazard_per_day


cdef struct QuietWeek:
    # what a quiet week reads and writes, kept at hand from one to the next
    double flare
    double level
    double remaining
    double pain
    double base
    double utility
    double held_pain
    int64_t held_since
    double qaly
    double qaly_undiscounted
    double qaly_drug_only
    double pain_days
    uint64_t trace


cdef inline int64_t surely_survived(
    double remaining, double hazard_per_day, int64_t weeks
) noexcept nogil:
    """Mondays, at most `weeks`, that a clock outlasts; one is taken off for what is rounded."""
    cdef double weekly = hazard_per_day * <double>DAYS_PER_WEEK
    cdef int64_t survived
    if remaining <= 0.0:
        return 0
    if weekly * <double>(weeks + 1) < remaining:
        return weeks
    survived = <int64_t>(remaining / weekly) - 1
    return survived if survived > 0 else 0


cdef inline int64_t weeks_before_birthday(
    Context* context, Patient* patient, int64_t weeks
) noexcept nogil:
    """Mondays, at most `weeks`, from today on at the age held."""
    cdef int64_t days = (
        DAYS_PER_YEAR * (patient.age_years + 1) - context.traits.age_days - context.day)
    cdef int64_t before = (days + DAYS_PER_WEEK - 1) // DAYS_PER_WEEK if days > 0 else 0
    if patient.age_years == AGE_YEARS - 1:
        return weeks
    return before if before < weeks else weeks


cdef inline bint has_only_clocks_and_flare(Context* context, Patient* patient) noexcept nogil:
    """No harm, therapy, request or pain at the floor, and books that hold one utility."""
    cdef int64_t key = 1 + patient.age_years * MAX_RULE_SETS + patient.rule_set
    return (patient.harm_active == 0 and not patient.in_programme
            and patient.last_tick == context.calendar_day - DAYS_PER_WEEK
            and patient.hazard_key == key
            and patient.programme_remaining >= context.rules.remaining_floor
            and patient.programme_remaining <= 1.0
            and patient.held_removed == 0.0
            and patient.held_drug_only_utility == patient.held_utility)


cdef inline void list_clock(
    QuietClock* clocks, int64_t* n, double* remaining, double hazard_per_day
) noexcept nogil:
    clocks[n[0]].remaining = remaining
    clocks[n[0]].hazard_per_day = hazard_per_day
    n[0] += 1


cdef inline void list_leaving_clocks(
    Context* context, Patient* patient, QuietClock* clocks, int64_t* n
) noexcept nogil:
    """Sections 8b and 8d, each only where its hazard is not 0."""
    cdef const Parameters* rules = context.rules
    if has_begun_treatment(patient.state):
        if rules.choice_hazard_per_day != 0.0:
            list_clock(clocks, n, &patient.choice_remaining, choice_hazard(context, patient))
        if rules.lost_hazard_per_day != 0.0:
            list_clock(clocks, n, &patient.lost_remaining, rules.lost_hazard_per_day)
    elif keeps_pain_history(patient.state):
        if rules.waiting_leave_hazard_per_day != 0.0:
            list_clock(
                clocks, n, &patient.waiting_remaining, rules.waiting_leave_hazard_per_day)
    elif (may_come_back(context, patient)
            and context.day - patient.exit_day >= rules.rereferral_after_days):
        list_clock(clocks, n, &patient.rereferral_remaining, rules.rereferral_hazard_per_day)


cdef inline int64_t list_clocks(
    Context* context, Patient* patient, QuietClock* clocks
) noexcept nogil:
    """The clocks that run, but for those of harms; how many they are."""
    cdef int64_t n = 0
    list_clock(
        clocks, &n, &patient.death_remaining, context.mortality_of_sex[patient.age_years])
    if patient.recovered:
        list_clock(
            clocks, &n, &patient.relapse_remaining, context.rules.relapse_hazard_per_day)
    else:
        list_clock(
            clocks, &n, &patient.recovery_remaining, context.rules.recovery_hazard_per_day)
    if context.may_leave or context.rules.choice_hazard_per_day != 0.0:
        list_leaving_clocks(context, patient, clocks, &n)
    return n


cdef inline int64_t weeks_before_further_referral(
    Context* context, Patient* patient, int64_t weeks
) noexcept nogil:
    """Mondays, at most `weeks`, before the one from which a further referral is possible."""
    cdef int64_t days
    if not may_come_back(context, patient):
        return weeks
    days = patient.exit_day + context.rules.rereferral_after_days - context.day
    if days <= 0:
        return weeks
    days = (days + DAYS_PER_WEEK - 1) // DAYS_PER_WEEK
    return days if days < weeks else weeks


cdef inline int64_t weeks_of_clocks(
    Context* context, Patient* patient, int64_t weeks
) noexcept nogil:
    cdef QuietClock clocks[QUIET_CLOCKS]
    cdef int64_t n = list_clocks(context, patient, clocks)
    cdef int64_t k
    for k in range(n):
        weeks = surely_survived(clocks[k].remaining[0], clocks[k].hazard_per_day, weeks)
    for k in range(PROCESSES):
        weeks = surely_survived(patient.harm_clock[k], patient.harm_hazard[k], weeks)
    return weeks


cdef int64_t quiet_weeks(Context* context, Patient* patient, int64_t weeks) noexcept nogil:
    """The whole weeks from this Monday on, at most `weeks`, in which nothing can happen."""
    cdef int64_t until_due = patient.excess_due_week - context.week
    if not has_only_clocks_and_flare(context, patient):
        return 0
    if not context.flare_first <= context.week < context.flare_end:
        fill_flare_normals(context, context.week)
    if weeks > context.flare_end - context.week:
        weeks = context.flare_end - context.week
    if patient.last_exposure_day != NEVER and until_due < weeks:
        weeks = until_due if until_due > 0 else 0
    weeks = weeks_before_birthday(context, patient, weeks)
    weeks = weeks_before_further_referral(context, patient, weeks)
    return weeks_of_clocks(context, patient, weeks)


cdef inline void run_quiet_clock(double* clock, double hazard, int64_t weeks) noexcept nogil:
    cdef double weekly = hazard * <double>DAYS_PER_WEEK
    cdef int64_t k
    for k in range(weeks):
        clock[0] = clock[0] - weekly


cdef void run_quiet_harm_clocks(Patient* patient, int64_t weeks) noexcept nogil:
    cdef double clock[PROCESSES]
    cdef double weekly[PROCESSES]
    cdef int64_t week, k
    for k in range(PROCESSES):
        clock[k] = patient.harm_clock[k]
        weekly[k] = patient.harm_hazard[k] * <double>DAYS_PER_WEEK
    if patient.last_exposure_day == NEVER:
        for k in range(PROCESS_STRIDE, PROCESSES):
            weekly[k] = 0.0
    for week in range(weeks):
        for k in range(PROCESSES):
            clock[k] = clock[k] - weekly[k]
    for k in range(PROCESSES):
        patient.harm_clock[k] = clock[k]


cdef inline void run_quiet_clocks(
    Context* context, Patient* patient, int64_t weeks
) noexcept nogil:
    """Steps 1 and 3: death, recovery or relapse, leaving, harms."""
    cdef QuietClock clocks[QUIET_CLOCKS]
    cdef int64_t n = list_clocks(context, patient, clocks)
    cdef int64_t k
    for k in range(n):
        run_quiet_clock(clocks[k].remaining, clocks[k].hazard_per_day, weeks)
    run_quiet_harm_clocks(patient, weeks)


cdef inline void keep_quiet_books(
    Context* context, Patient* patient, QuietWeek* quiet, int64_t day
) noexcept nogil:
    """Section 9, with no drug, no expectation and no pain at the floor."""
    cdef double utility = utility_of_pain(context, patient, quiet.pain)
    cdef double effect, years
    if utility == quiet.utility and quiet.pain == quiet.held_pain:
        return
    effect = context.effect_prefix[day] - context.effect_prefix[quiet.held_since]
    years = context.years_prefix[day] - context.years_prefix[quiet.held_since]
    quiet.qaly += quiet.utility * effect
    quiet.qaly_undiscounted += quiet.utility * years
    quiet.qaly_drug_only += quiet.utility * effect
    quiet.pain_days += quiet.held_pain * <double>(day - quiet.held_since)
    quiet.held_since = day
    quiet.utility = utility
    quiet.held_pain = quiet.pain


cdef inline void add_quiet_row(
    WeeklyRow* row, Patient* patient, QuietWeek* quiet
) noexcept nogil:
    cdef int64_t pain_e6 = millionths(quiet.pain)
    row.in_state[patient.state] += 1
    row.pain_sum_e6 += pain_e6
    row.pain_without_drug_sum_e6 += pain_e6
    row.base_pain_sum_e6 += millionths(quiet.base)
    row.programme_pain_sum_e6 += pain_e6
    quiet.trace = mix(quiet.trace, to_bits(quiet.pain))
    quiet.trace = mix(quiet.trace, 0)  # slow_site
    quiet.trace = mix(quiet.trace, 0)  # expectation
    quiet.trace = mix(quiet.trace, to_bits(quiet.remaining))
    quiet.trace = mix(quiet.trace, <uint64_t>patient.state)


cdef inline void live_quiet_weeks(
    Context* context, Patient* patient, QuietWeek* quiet, double* pains, int64_t weeks
) noexcept nogil:
    """Flare, symptoms, accrual and weekly row; the pain of each week is left in `pains`."""
    cdef const double* normals = &context.flare_normals[context.week - context.flare_first]
    cdef double autocorrelation = context.rules.flare_autocorrelation
    cdef double innovation_sd = context.rules.flare_innovation_sd
    cdef int64_t k
    for k in range(weeks):
        quiet.flare = autocorrelation * quiet.flare + innovation_sd * normals[k]
        quiet.base = clip(quiet.level + quiet.flare)
        quiet.pain = quiet.base * quiet.remaining
        pains[k] = quiet.pain
        keep_quiet_books(context, patient, quiet, context.day + DAYS_PER_WEEK * k)
        add_quiet_row(&context.weekly[context.week + k], patient, quiet)


cdef inline void begin_quiet_weeks(
    Context* context, Patient* patient, QuietWeek* quiet
) noexcept nogil:
    quiet.flare = patient.flare
    quiet.level = (
        context.rules.recovered_pain_level if patient.recovered else context.traits.pain_level)
    quiet.remaining = patient.programme_remaining
    quiet.utility = patient.held_utility
    quiet.held_pain = patient.held_pain
    quiet.held_since = patient.held_since
    quiet.qaly = patient.qaly
    quiet.qaly_undiscounted = patient.qaly_undiscounted
    quiet.qaly_drug_only = patient.qaly_drug_only
    quiet.pain_days = patient.pain_days
    quiet.trace = patient.trace


cdef inline void end_quiet_weeks(Patient* patient, const QuietWeek* quiet) noexcept nogil:
    patient.flare = quiet.flare
    patient.held_utility = patient.held_drug_only_utility = quiet.utility
    patient.held_pain = quiet.held_pain
    patient.held_since = quiet.held_since
    patient.qaly = quiet.qaly
    patient.qaly_undiscounted = quiet.qaly_undiscounted
    patient.qaly_drug_only = quiet.qaly_drug_only
    patient.pain_days = quiet.pain_days
    patient.trace = quiet.trace


cdef void count_quiet_panel(
    Context* context, Patient* patient, const double* pains, int64_t weeks
) noexcept nogil:
    """The panel's scores on the Sundays of weeks that have been, from the week today."""
    cdef int64_t week = context.week
    cdef int64_t k
    for k in range(weeks):
        if (week + k) % PANEL_EVERY_WEEKS == 0:
            patient.pain = pains[k]
            go_to(context, (week + k) * DAYS_PER_WEEK + SUNDAY)
            count_panel_score(context, patient, this_week(context))


cdef void count_quiet_waiting(Context* context, Patient* patient, int64_t weeks) noexcept nogil:
    cdef int64_t sunday = context.week * DAYS_PER_WEEK + SUNDAY
    cdef int64_t k
    for k in range(weeks):
        count_waiting(
            context, patient, &context.weekly[context.week + k], sunday + DAYS_PER_WEEK * k)


cdef void keep_quiet_pain(
    Context* context, Patient* patient, const double* pains, int64_t weeks
) noexcept nogil:
    """Of the days that a history can still hold when the weeks are over."""
    cdef int64_t first = weeks - WEEKS_OF_HISTORY if weeks > WEEKS_OF_HISTORY else 0
    cdef int64_t k, day
    for k in range(first, weeks):
        patient.pain = patient.pain_without_drug = pains[k]
        for day in range(DAYS_PER_WEEK):
            keep_pain_of_day(patient, context.day + DAYS_PER_WEEK * k + day)


cdef void pass_quiet_weeks(Context* context, Patient* patient, int64_t weeks) noexcept nogil:
    """From this Monday to the Monday that follows `weeks` in which nothing can happen."""
    cdef int64_t monday = context.calendar_day + DAYS_PER_WEEK * weeks
    cdef double pains[2 * FLARE_PAIRS]
    cdef QuietWeek quiet
    run_quiet_clocks(context, patient, weeks)
    begin_quiet_weeks(context, patient, &quiet)
    live_quiet_weeks(context, patient, &quiet, pains, weeks)
    end_quiet_weeks(patient, &quiet)
    if context.queues and context.open_requests[0] != 0:
        count_quiet_waiting(context, patient, weeks)
    if keeps_pain_history(patient.state):
        keep_quiet_pain(context, patient, pains, weeks)
    if context.traits.patient < PANEL_PATIENTS:
        count_quiet_panel(context, patient, pains, weeks)
    go_to(context, monday - 1)
    feel_symptoms(context, patient)
    go_to(context, monday)
    patient.last_tick = monday - DAYS_PER_WEEK
