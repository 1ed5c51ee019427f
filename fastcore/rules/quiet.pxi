# Weeks in which nothing can happen: the rules of the Monday and of the accrual, many at a time.
#
# Of a patient who feels no effects and has nothing due only the flare moves and clocks run. As long as
# no clock can run out and there is no birthday, nothing has to be asked from week to week; every
# number is worked out by the same expressions, in the same order, as in `weekly_tick`,
# `feel_symptoms`, `accrue` and `weekly_row`. The first week in which anything might happen is lived
# as any other. The trace is a chain in which every step waits for the one before it: flare, symptoms
# and books go into the same loop, because there they fill the wait and cost next to nothing.

cdef enum QuietConstant:
    QUIET_CLOCKS = 4
    QUIET_WEEKS = 2 * FLARE_PAIRS
    WEEKS_OF_HISTORY = HISTORY_DAYS // DAYS_PER_WEEK + 1


cdef struct QuietClock:
    double* remaining
    double hazard_per_day


cdef struct ActiveProcess:
    int64_t harm
    int64_t cause


cdef struct QuietWeek:
    # what a quiet week reads and writes, kept at hand from one to the next
    double flare
    double level
    double remaining
    double slow_site
    double utility
    double held_pain
    int64_t held_since
    double qaly
    double qaly_undiscounted
    double qaly_drug_only
    double pain_days
    uint64_t trace


cdef struct QuietWeeks:
    # week by week
    double base[QUIET_WEEKS]
    double pain[QUIET_WEEKS]


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
    """No therapy or pain at the floor, and books that hold one utility."""
    cdef int64_t key = 1 + patient.age_years * MAX_RULE_SETS + patient.rule_set
    return (not patient.in_programme
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


cdef inline int64_t weeks_before_healing(
    Context* context, Patient* patient, int64_t harm, int64_t cause, int64_t weeks
) noexcept nogil:
    """Mondays, at most `weeks`, before the one on which an active process heals or may begin to."""
    cdef int64_t days
    if patient.harm_is_permanent & process_bit(harm, cause):
        return weeks
    if can_heal(context, patient, harm, cause):
        return surely_survived(
            patient.harm_recovery_remaining[process_at(harm, cause)],
            context.rules.harm_recovery_per_day[harm], weeks)
    days = (
        patient.last_exposure_day + context.rules.harm_recovery_after_days[harm] - context.day)
    days = (days + DAYS_PER_WEEK - 1) // DAYS_PER_WEEK
    return days if days < weeks else weeks


cdef inline int64_t weeks_unnoticed(
    Context* context, Patient* patient, int64_t harm, int64_t cause, int64_t weeks
) noexcept nogil:
    """Mondays, at most `weeks`, before the one on which an active process is reported."""
    cdef double probability = context.rules.harm_noticed_per_week[harm]
    cdef int64_t first = weeks_since_onset(context, patient, harm, cause)
    cdef int64_t k
    if patient.harm_is_detected & process_bit(harm, cause) or not probability > 0.0:
        return weeks
    for k in range(weeks):
        if uniform_at(
                context, PURPOSE_HARM_NOTICED,
                notice_occurrence(patient, harm, cause, first + k)) < probability:
            return k
        if first + k >= NOTICE_WEEKS - 1:  # from here on it is one draw
            break
    return weeks


cdef int64_t list_active(const Patient* patient, ActiveProcess* found) noexcept nogil:
    """In the order in which a Monday goes through them."""
    cdef int64_t n = 0
    cdef int64_t harm, cause
    for harm in range(CHRONIC_HARMS):
        for cause in range(HARM_CAUSES):
            if patient.harm_active & process_bit(harm, cause):
                found[n].harm = harm
                found[n].cause = cause
                n += 1
    return n


cdef int64_t weeks_of_active_harms(
    Context* context, Patient* patient, int64_t weeks
) noexcept nogil:
    """Mondays, at most `weeks`, on which active harms do no more than cost."""
    cdef ActiveProcess active[PROCESSES]
    cdef int64_t n = list_active(patient, active)
    cdef int64_t k
    for k in range(n):
        weeks = weeks_before_healing(context, patient, active[k].harm, active[k].cause, weeks)
    for k in range(n):
        weeks = weeks_unnoticed(context, patient, active[k].harm, active[k].cause, weeks)
    return weeks


cdef void live_with_harms(Context* context, Patient* patient, int64_t weeks) noexcept nogil:
    """Step 3, last: `active_week` of every process, week by week."""
    cdef ActiveProcess active[PROCESSES]
    cdef int64_t n = list_active(patient, active)
    cdef int64_t today = context.day
    cdef int64_t week, k
    for week in range(weeks):
        context.day = today + DAYS_PER_WEEK * week
        for k in range(n):
            active_week(
                context, patient, active[k].harm, active[k].cause, <double>DAYS_PER_WEEK)
    context.day = today


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
    if patient.harm_active:
        weeks = weeks_of_active_harms(context, patient, weeks)
    return weeks_of_clocks(context, patient, weeks)


cdef inline void run_quiet_clock(double* clock, double hazard, int64_t weeks) noexcept nogil:
    cdef double weekly = hazard * <double>DAYS_PER_WEEK
    cdef int64_t k
    for k in range(weeks):
        clock[0] = clock[0] - weekly


cdef void run_quiet_harm_clocks(
    double* clock, const double* hazard, int64_t weeks
) noexcept nogil:
    """Those of one cause."""
    cdef double now[PROCESS_STRIDE]
    cdef double weekly[PROCESS_STRIDE]
    cdef int64_t week, k
    for k in range(PROCESS_STRIDE):
        now[k] = clock[k]
        weekly[k] = hazard[k] * <double>DAYS_PER_WEEK
    for week in range(weeks):
        for k in range(PROCESS_STRIDE):
            now[k] = now[k] - weekly[k]
    for k in range(PROCESS_STRIDE):
        clock[k] = now[k]


cdef inline void run_quiet_clocks(
    Context* context, Patient* patient, int64_t weeks
) noexcept nogil:
    """Steps 1 and 3: death, recovery or relapse, leaving, harms."""
    cdef QuietClock clocks[QUIET_CLOCKS]
    cdef int64_t n = list_clocks(context, patient, clocks)
    cdef int64_t k
    for k in range(n):
        run_quiet_clock(clocks[k].remaining, clocks[k].hazard_per_day, weeks)
    run_quiet_harm_clocks(patient.harm_clock, patient.harm_hazard, weeks)
    if patient.last_exposure_day != NEVER:
        run_quiet_harm_clocks(
            patient.harm_clock + PROCESS_STRIDE, patient.harm_hazard + PROCESS_STRIDE, weeks)


cdef inline void trace_quiet_week(
    QuietWeek* quiet, double pain, int64_t state
) noexcept nogil:
    quiet.trace = mix(quiet.trace, to_bits(pain))
    quiet.trace = mix(quiet.trace, to_bits(quiet.slow_site))
    quiet.trace = mix(quiet.trace, 0)  # expectation
    quiet.trace = mix(quiet.trace, to_bits(quiet.remaining))
    quiet.trace = mix(quiet.trace, <uint64_t>state)


cdef inline void keep_quiet_books(
    Context* context, QuietWeek* quiet, double pain, double utility, int64_t day
) noexcept nogil:
    """Section 9, with no drug, no expectation and no pain at the floor."""
    cdef double effect, years
    if utility == quiet.utility and pain == quiet.held_pain:
        return
    effect = context.effect_prefix[day] - context.effect_prefix[quiet.held_since]
    years = context.years_prefix[day] - context.years_prefix[quiet.held_since]
    quiet.qaly += quiet.utility * effect
    quiet.qaly_undiscounted += quiet.utility * years
    quiet.qaly_drug_only += quiet.utility * effect
    quiet.pain_days += quiet.held_pain * <double>(day - quiet.held_since)
    quiet.held_since = day
    quiet.utility = utility
    quiet.held_pain = pain


cdef inline void add_quiet_rows(
    Context* context, int64_t state, const QuietWeeks* weekly, int64_t weeks
) noexcept nogil:
    """What the weekly rows take; they get it at the end of the call (`add_quiet_sums`)."""
    cdef QuietSums* sums = &context.quiet_sums
    cdef int64_t* changes = &sums.state_changes[state * (sums.weeks + 1) + context.week]
    cdef int64_t* pain = &sums.pain_e6[context.week]
    cdef int64_t* base = &sums.base_e6[context.week]
    cdef int64_t k
    changes[0] += 1
    changes[weeks] -= 1
    for k in range(weeks):
        pain[k] += <int32_t>(weekly.pain[k] * 1e6 + 0.5)
    for k in range(weeks):
        base[k] += <int32_t>(weekly.base[k] * 1e6 + 0.5)


cdef inline void live_quiet_weeks(
    Context* context, Patient* patient, QuietWeek* quiet, QuietWeeks* weekly, int64_t weeks
) noexcept nogil:
    """Flare, symptoms, accrual and weekly rows."""
    cdef const double* normals = &context.flare_normals[context.week - context.flare_first]
    cdef double autocorrelation = context.rules.flare_autocorrelation
    cdef double innovation_sd = context.rules.flare_innovation_sd
    cdef int64_t state = patient.state
    cdef int64_t day = context.day
    cdef double base, pain
    cdef int64_t k
    for k in range(weeks):
        quiet.flare = autocorrelation * quiet.flare + innovation_sd * normals[k]
        base = clip(quiet.level + quiet.flare)
        pain = base * quiet.remaining
        weekly.base[k] = base
        weekly.pain[k] = pain
        if quiet.slow_site > 0.0:
            quiet.slow_site = slow_site_after(context, quiet.slow_site, DAYS_PER_WEEK)
        trace_quiet_week(quiet, pain, state)
        keep_quiet_books(context, quiet, pain, utility_of_pain(context, patient, pain), day)
        day += DAYS_PER_WEEK
    add_quiet_rows(context, state, weekly, weeks)


cdef void add_quiet_sums(Context* context) noexcept nogil:
    """Add what quiet weeks gave to the weekly rows of a call."""
    cdef QuietSums* sums = &context.quiet_sums
    cdef WeeklyRow* row
    cdef int64_t week, state, patients
    for week in range(sums.weeks):
        row = &context.weekly[week]
        row.pain_sum_e6 += sums.pain_e6[week]
        row.pain_without_drug_sum_e6 += sums.pain_e6[week]
        row.programme_pain_sum_e6 += sums.pain_e6[week]
        row.base_pain_sum_e6 += sums.base_e6[week]
    for state in range(STATES):
        patients = 0
        for week in range(sums.weeks):
            patients += sums.state_changes[state * (sums.weeks + 1) + week]
            context.weekly[week].in_state[state] += patients


cdef inline void begin_quiet_weeks(
    Context* context, Patient* patient, QuietWeek* quiet
) noexcept nogil:
    quiet.flare = patient.flare
    quiet.level = (
        context.rules.recovered_pain_level if patient.recovered else context.traits.pain_level)
    quiet.remaining = patient.programme_remaining
    quiet.slow_site = patient.slow_site
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
    patient.slow_site = quiet.slow_site
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
    cdef QuietWeeks weekly
    cdef QuietWeek quiet
    run_quiet_clocks(context, patient, weeks)
    if patient.harm_active:
        live_with_harms(context, patient, weeks)
    begin_quiet_weeks(context, patient, &quiet)
    live_quiet_weeks(context, patient, &quiet, &weekly, weeks)
    end_quiet_weeks(patient, &quiet)
    if context.queues and context.open_requests[0] != 0:
        count_quiet_waiting(context, patient, weeks)
    if keeps_pain_history(patient.state):
        keep_quiet_pain(context, patient, weekly.pain, weeks)
    if context.traits.patient < PANEL_PATIENTS:
        count_quiet_panel(context, patient, weekly.pain, weeks)
    go_to(context, monday - 1)
    feel_symptoms(context, patient)
    go_to(context, monday)
    patient.last_tick = monday - DAYS_PER_WEEK
