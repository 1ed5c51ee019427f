# Section 6: observed scores, baselines, criteria, the judgement and its truths.

cdef enum CriterionOutcome:
    NOT_ASSESSABLE = -2
    MISSING = -1
    NOT_MET = 0
    MET = 1
    NOT_DEFINED = -1


cdef struct Score:
    int64_t sum
    int64_t count
    int64_t days_met
    int64_t days_present
    bint is_missing


cdef void diary_errors(
    Context* context, int64_t first_day, int64_t last_day, double* errors
) noexcept nogil:
    """Diary error of consecutive days: a moving average of the normals of eight days."""
    cdef const Parameters* rules = context.rules
    cdef double normals[ERROR_NORMALS]
    cdef int64_t first_pair = (first_day - (DIARY_TERMS - 1)) >> 1
    cdef int64_t day, newest, k
    cdef double error
    fill_normals(
        normals, context.seed, <uint32_t>context.traits.patient, context.clinic, context.draw,
        PURPOSE_DIARY_ERROR, <int32_t>first_pair, (last_day >> 1) - first_pair + 1)
    for day in range(first_day, last_day + 1):
        newest = day - 2 * first_pair
        error = rules.diary_weights[0] * normals[newest]
        for k in range(1, DIARY_TERMS):
            error = error + rules.diary_weights[k] * normals[newest - k]
        errors[day - first_day] = rules.diary_error_sd * error


cdef inline int64_t observed_pain_score(
    Patient* patient, int64_t day, double error
) noexcept nogil:
    return <int64_t>clip(floor(patient.pain_history[day & HISTORY_MASK] + error + 0.5))


cdef inline bint diary_is_missing(
    Context* context, Patient* patient, int64_t day
) noexcept nogil:
    """Also missing is every day before the last referral."""
    cdef double probability = context.rules.diary_missing_probability
    if day < patient.diary_start_day:
        return True
    return probability > 0.0 and numbered_uniform(
        context, PURPOSE_DIARY_MISSING, day) < probability


cdef double error_of_today(Context* context) noexcept nogil:
    """Today's diary error, from the pairs of normals that hold its own and the seven before."""
    cdef const Parameters* rules = context.rules
    cdef double normals[2 * PAIRS_OF_A_DAY]
    cdef int64_t first_pair = (context.day - (DIARY_TERMS - 1)) >> 1
    cdef int64_t newest = context.day - 2 * first_pair
    cdef int64_t k
    cdef double error
    fill_uniforms(
        normals, context.seed, <uint32_t>context.traits.patient, context.clinic, context.draw,
        PURPOSE_DIARY_ERROR, <int32_t>first_pair, PAIRS_OF_A_DAY)
    fill_quantiles(&normals[newest - (DIARY_TERMS - 1)], DIARY_TERMS)
    error = rules.diary_weights[0] * normals[newest]
    for k in range(1, DIARY_TERMS):
        error = error + rules.diary_weights[k] * normals[newest - k]
    return rules.diary_error_sd * error


cdef int64_t score_of_today(Context* context, Patient* patient) noexcept nogil:
    """Today's observed pain score, or `NO_SCORE`."""
    if diary_is_missing(context, patient, context.day):
        return NO_SCORE
    return <int64_t>clip(floor(patient.pain + error_of_today(context) + 0.5))


cdef void count_panel_score(
    Context* context, Patient* patient, WeeklyRow* row
) noexcept nogil:
    """The diary score of today of a patient of the panel."""
    cdef int64_t score = score_of_today(context, patient)
    if score != NO_SCORE:
        row.panel_present += 1
        row.panel_score_sum += score


cdef int64_t present_scores(
    Context* context, Patient* patient, int64_t first_day, int64_t last_day, int64_t* scores,
    bint* last_is_present,
) noexcept nogil:
    """The scores present on consecutive days, in order, and how many they are."""
    cdef double errors[HISTORY_DAYS]
    cdef int64_t day
    cdef int64_t present = 0
    last_is_present[0] = False
    diary_errors(context, first_day, last_day, errors)
    for day in range(first_day, last_day + 1):
        last_is_present[0] = not diary_is_missing(context, patient, day)
        if last_is_present[0]:
            scores[present] = observed_pain_score(patient, day, errors[day - first_day])
            present += 1
    return present


cdef inline double domain_baseline(Context* context, int64_t domain) noexcept nogil:
    if domain == DOMAIN_INTERFERENCE:
        return context.traits.interference
    if domain == DOMAIN_SLEEP:
        return context.traits.sleep
    if domain == DOMAIN_MOOD:
        return context.traits.mood
    if domain == DOMAIN_QUALITY_OF_LIFE:
        return context.traits.quality_of_life
    if domain == DOMAIN_OPIOID_DOSE:
        return context.traits.opioid_dose
    return 4.0  # no change, on the scale of the global impression


cdef inline int64_t score_on_instrument(
    Context* context, int64_t domain, double x
) noexcept nogil:
    return <int64_t>floor(
        limited(x, context.rules.domain_low[domain], context.rules.domain_high[domain]) + 0.5)


cdef int64_t observed_domain_score(
    Context* context, Patient* patient, int64_t domain, int64_t occurrence
) noexcept nogil:
    cdef double usual = clip(context.traits.pain_level)
    cdef double z = normal_at(context, PURPOSE_DOMAIN_ERROR, occurrence)
    return score_on_instrument(
        context, domain,
        domain_baseline(context, domain)
        + context.rules.domain_slope[domain] * (patient.pain - usual)
        + context.rules.domain_error_sd[domain] * z)


cdef inline int64_t lowest(const int64_t* scores, int64_t n) noexcept nogil:
    cdef int64_t found = scores[0]
    cdef int64_t k
    for k in range(1, n):
        if scores[k] < found:
            found = scores[k]
    return found


cdef inline int64_t highest(const int64_t* scores, int64_t n) noexcept nogil:
    cdef int64_t found = scores[0]
    cdef int64_t k
    for k in range(1, n):
        if scores[k] > found:
            found = scores[k]
    return found


cdef inline int64_t total(const int64_t* scores, int64_t n) noexcept nogil:
    cdef int64_t found = 0
    cdef int64_t k
    for k in range(n):
        found += scores[k]
    return found


cdef inline void sort_scores(int64_t* scores, int64_t n) noexcept nogil:
    """By insertion: at most 64 of them."""
    cdef int64_t k, place, score
    for k in range(1, n):
        score = scores[k]
        place = k
        while place > 0 and scores[place - 1] > score:
            scores[place] = scores[place - 1]
            place -= 1
        scores[place] = score


cdef void take_pain_baseline(
    Context* context, Patient* patient, const Parameters* rules, int64_t i
) noexcept nogil:
    cdef int64_t scores[HISTORY_DAYS]
    cdef double error
    cdef bint last_is_present
    cdef int64_t n
    if rules.criterion_baseline[i] == BASELINE_ENROLMENT:
        patient.baseline_sum[i] = context.traits.enrolment_score_sum
        patient.baseline_count[i] = ENROLMENT_SCORES
        return
    if rules.criterion_baseline[i] == BASELINE_SAME_DAY:
        diary_errors(context, context.day, context.day, &error)
        patient.baseline_sum[i] = observed_pain_score(patient, context.day, error)
        patient.baseline_count[i] = 1
        return
    n = present_scores(
        context, patient, context.day - rules.criterion_baseline_days[i], context.day - 1,
        scores, &last_is_present)
    patient.baseline_count[i] = n
    patient.baseline_sum[i] = total(scores, n)
    if n > 0 and rules.criterion_baseline[i] != BASELINE_MEAN_OF_LAST_DAYS:
        patient.baseline_count[i] = 1
        patient.baseline_sum[i] = (
            lowest(scores, n) if rules.criterion_baseline[i] == BASELINE_BEST_OF_LAST_DAYS
            else highest(scores, n))


cdef void take_domain_baseline(
    Context* context, Patient* patient, const Parameters* rules, int64_t i
) noexcept nogil:
    cdef int64_t domain = rules.criterion_domain[i]
    patient.baseline_count[i] = 1
    if domain == DOMAIN_GLOBAL_IMPRESSION:
        patient.baseline_sum[i] = 4
    elif rules.criterion_baseline[i] == BASELINE_ENROLMENT:
        patient.baseline_sum[i] = score_on_instrument(
            context, domain, domain_baseline(context, domain))
    else:
        patient.baseline_sum[i] = observed_domain_score(
            context, patient, domain, -1 - (8 * patient.courses + domain))


cdef void take_baselines(Context* context, Patient* patient) noexcept nogil:
    """Step 5, on the first day of a course."""
    cdef const Parameters* rules = rules_of_course(context, patient)
    cdef int64_t i
    if not (rules.baseline_each_course == 1 or patient.courses == 0
            or rules.definition_number != patient.baseline_definition):
        return
    for i in range(rules.criteria):
        if rules.criterion_domain[i] == DOMAIN_PAIN:
            take_pain_baseline(context, patient, rules, i)
        else:
            take_domain_baseline(context, patient, rules, i)
        log_event(
            context, patient, EVENT_BASELINE_TAKEN, i, <double>patient.baseline_sum[i],
            <double>patient.baseline_count[i], 0.0)
    patient.baseline_definition = rules.definition_number


cdef inline bint improvement_is_enough(
    Patient* patient, const Parameters* rules, int64_t i, int64_t score_sum, int64_t score_count
) noexcept nogil:
    """Percent and points against the baseline, in integers."""
    cdef int64_t baseline_sum = patient.baseline_sum[i]
    cdef int64_t baseline_count = patient.baseline_count[i]
    cdef int64_t gain = baseline_sum * score_count - score_sum * baseline_count
    if rules.criterion_higher_is_better[i]:
        gain = -gain
    if (rules.criterion_percent_x10[i] > 0
            and gain * 1000 < rules.criterion_percent_x10[i] * baseline_sum * score_count):
        return False
    if (rules.criterion_points_x10[i] > 0
            and gain * 10 < rules.criterion_points_x10[i] * baseline_count * score_count):
        return False
    return True


cdef inline void set_median(Score* score, int64_t* scores, int64_t n) noexcept nogil:
    cdef int64_t middle = n // 2
    sort_scores(scores, n)
    if n % 2 == 1:
        score.sum = scores[middle]
        score.count = 1
    else:
        score.sum = scores[middle - 1] + scores[middle]
        score.count = 2


cdef void apply_statistic(
    Patient* patient, const Parameters* rules, int64_t i, int64_t* scores, int64_t n,
    Score* score,
) noexcept nogil:
    """Make one number, a sum over a count, of the scores present."""
    cdef int64_t statistic = rules.criterion_statistic[i]
    cdef int64_t k
    score.days_present = n
    if n == 0:
        return
    if statistic == STATISTIC_SHARE_OF_DAYS:
        for k in range(n):
            score.days_met += improvement_is_enough(patient, rules, i, scores[k], 1)
    elif statistic == STATISTIC_MEDIAN:
        set_median(score, scores, n)
    elif statistic == STATISTIC_MEAN:
        score.sum = total(scores, n)
        score.count = n
    else:
        score.count = 1
        if statistic == STATISTIC_SCORE_ON_DAY:
            score.sum = scores[n - 1]
        elif (statistic == STATISTIC_WORST) != (rules.criterion_higher_is_better[i] != 0):
            score.sum = highest(scores, n)
        else:
            score.sum = lowest(scores, n)


cdef void score_window(
    Context* context, Patient* patient, const Parameters* rules, int64_t i, Score* score
) noexcept nogil:
    cdef int64_t scores[HISTORY_DAYS]
    cdef bint last_is_present
    cdef int64_t first_day = patient.last_infusion_day + rules.criterion_window_from[i]
    cdef int64_t last_day = patient.last_infusion_day + rules.criterion_window_to[i]
    cdef int64_t needed = last_day - first_day + 1
    cdef int64_t n = present_scores(
        context, patient, first_day, last_day, scores, &last_is_present)
    if needed > rules.missing_minimum_scores:
        needed = rules.missing_minimum_scores
    score.is_missing = n == 0 or n < needed
    if rules.criterion_statistic[i] == STATISTIC_SCORE_ON_DAY and not last_is_present:
        score.is_missing = True
        n = 0
    apply_statistic(patient, rules, i, scores, n, score)


cdef void score_now(
    Context* context, Patient* patient, const Parameters* rules, int64_t i, Score* score
) noexcept nogil:
    """A single score: that of a moment of the infusion day, or of another domain today."""
    cdef int64_t domain = rules.criterion_domain[i]
    cdef int64_t single
    if domain == DOMAIN_PAIN:
        single = patient.within_day_score[rules.criterion_moment[i]]
    else:
        single = observed_domain_score(
            context, patient, domain, 8 * patient.judgement_number + domain)
    apply_statistic(patient, rules, i, &single, 1, score)


cdef inline bint is_pain_window(const Parameters* rules, int64_t i) noexcept nogil:
    return rules.criterion_domain[i] == DOMAIN_PAIN and rules.criterion_moment[i] < 0


cdef inline int64_t criterion_outcome(
    Patient* patient, const Parameters* rules, int64_t i, Score* score
) noexcept nogil:
    if (not rules.criterion_higher_is_better[i] and patient.baseline_sum[i] == 0
            and patient.baseline_count[i] > 0):
        return NOT_ASSESSABLE
    if patient.baseline_count[i] == 0 or score.is_missing:
        return MISSING
    if rules.criterion_statistic[i] == STATISTIC_SHARE_OF_DAYS:
        return score.days_met * 1000 >= rules.criterion_share_x1000[i] * score.days_present
    return improvement_is_enough(patient, rules, i, score.sum, score.count)


cdef inline double ratio(int64_t part, int64_t whole) noexcept nogil:
    return <double>part / <double>whole if whole != 0 else 0.0


cdef int64_t score_criterion(
    Context* context, Patient* patient, const Parameters* rules, int64_t i
) noexcept nogil:
    cdef Score score
    cdef int64_t outcome
    cdef double scored
    score.sum = score.count = score.days_met = score.days_present = 0
    score.is_missing = False
    if is_pain_window(rules, i):
        score_window(context, patient, rules, i, &score)
    else:
        score_now(context, patient, rules, i, &score)
    outcome = criterion_outcome(patient, rules, i, &score)
    if rules.criterion_statistic[i] == STATISTIC_SHARE_OF_DAYS:
        scored = ratio(score.days_met, score.days_present)
    else:
        scored = ratio(score.sum, score.count)
    log_event(
        context, patient, EVENT_CRITERION_SCORED, i,
        ratio(patient.baseline_sum[i], patient.baseline_count[i]), scored, <double>outcome)
    return outcome


cdef inline bint combination_is_met(
    const Parameters* rules, int64_t met, int64_t assessable
) noexcept nogil:
    cdef int64_t required = rules.criteria_required
    if assessable == 0:
        return False
    if rules.criteria_combine == COMBINE_ALL:
        return met == assessable
    if rules.criteria_combine == COMBINE_ANY:
        return met >= 1
    return met >= (required if required < assessable else assessable)


cdef inline bint relief_is_enough(
    const Parameters* rules, int64_t i, double without, double with_drug, int64_t days
) noexcept nogil:
    """Latent pain without and with the drug against the criterion's own threshold."""
    if not without > with_drug:
        return False
    if (rules.criterion_percent_x10[i] > 0 and not (without - with_drug) * 1000.0
            >= <double>rules.criterion_percent_x10[i] * without):
        return False
    if (rules.criterion_points_x10[i] > 0 and not (without - with_drug) * 10.0
            >= <double>(rules.criterion_points_x10[i] * days)):
        return False
    return True


cdef inline void sum_latent_pain(
    Patient* patient, int64_t first_day, int64_t last_day, double* without, double* with_drug
) noexcept nogil:
    cdef int64_t day
    without[0] = 0.0
    with_drug[0] = 0.0
    for day in range(first_day, last_day + 1):
        without[0] += patient.pain_without_drug_history[day & HISTORY_MASK]
        with_drug[0] += patient.pain_history[day & HISTORY_MASK]


cdef inline double extreme_pain(
    const double* history, int64_t first_day, int64_t last_day, bint is_highest
) noexcept nogil:
    cdef double found = history[first_day & HISTORY_MASK]
    cdef double pain
    cdef int64_t day
    for day in range(first_day + 1, last_day + 1):
        pain = history[day & HISTORY_MASK]
        if (pain > found) if is_highest else (pain < found):
            found = pain
    return found


cdef bint enough_days_relieved(
    Patient* patient, const Parameters* rules, int64_t i, int64_t first_day, int64_t last_day
) noexcept nogil:
    cdef int64_t day
    cdef int64_t days_met = 0
    for day in range(first_day, last_day + 1):
        days_met += relief_is_enough(
            rules, i, patient.pain_without_drug_history[day & HISTORY_MASK],
            patient.pain_history[day & HISTORY_MASK], 1)
    return days_met * 1000 >= rules.criterion_share_x1000[i] * (last_day - first_day + 1)


cdef bint window_relief_is_enough(
    Patient* patient, const Parameters* rules, int64_t i
) noexcept nogil:
    cdef int64_t first_day = patient.last_infusion_day + rules.criterion_window_from[i]
    cdef int64_t last_day = patient.last_infusion_day + rules.criterion_window_to[i]
    cdef int64_t statistic = rules.criterion_statistic[i]
    cdef int64_t days = 1
    cdef bint is_highest
    cdef double without, with_drug
    if statistic == STATISTIC_SHARE_OF_DAYS:
        return enough_days_relieved(patient, rules, i, first_day, last_day)
    if statistic == STATISTIC_SCORE_ON_DAY:
        without = patient.pain_without_drug_history[last_day & HISTORY_MASK]
        with_drug = patient.pain_history[last_day & HISTORY_MASK]
    elif statistic == STATISTIC_WORST or statistic == STATISTIC_BEST:
        is_highest = (
            (statistic == STATISTIC_WORST) != (rules.criterion_higher_is_better[i] != 0))
        without = extreme_pain(
            patient.pain_without_drug_history, first_day, last_day, is_highest)
        with_drug = extreme_pain(patient.pain_history, first_day, last_day, is_highest)
    else:
        days = last_day - first_day + 1
        sum_latent_pain(patient, first_day, last_day, &without, &with_drug)
    return relief_is_enough(rules, i, without, with_drug, days)


cdef bint moment_relief_is_enough(
    Patient* patient, const Parameters* rules, int64_t i
) noexcept nogil:
    cdef int64_t moment = rules.criterion_moment[i]
    cdef bint is_enough = relief_is_enough(
        rules, i, patient.within_day_pain_without_drug[moment], patient.within_day_pain[moment],
        1)
    if rules.criterion_statistic[i] == STATISTIC_SHARE_OF_DAYS:
        return is_enough * 1000 >= rules.criterion_share_x1000[i]
    return is_enough


cdef int64_t drug_truth(Patient* patient, const Parameters* rules) noexcept nogil:
    """Truth (b): drug relief meets the definition; over the pain criteria alone."""
    cdef int64_t met = 0
    cdef int64_t pain_criteria = 0
    cdef int64_t i
    for i in range(rules.criteria):
        if rules.criterion_domain[i] != DOMAIN_PAIN:
            continue
        pain_criteria += 1
        if is_pain_window(rules, i):
            met += window_relief_is_enough(patient, rules, i)
        else:
            met += moment_relief_is_enough(patient, rules, i)
    if pain_criteria == 0:
        return NOT_DEFINED
    return combination_is_met(rules, met, pain_criteria)


cdef bint any_drug_relief(Patient* patient, const Parameters* rules) noexcept nogil:
    """Truth (c): relief above a floor over the window of the first pain criterion."""
    cdef double without, with_drug
    cdef int64_t i, moment
    for i in range(rules.criteria):
        if rules.criterion_domain[i] != DOMAIN_PAIN:
            continue
        moment = rules.criterion_moment[i]
        if moment >= 0:
            without = patient.within_day_pain_without_drug[moment]
            with_drug = patient.within_day_pain[moment]
        else:
            sum_latent_pain(
                patient, patient.last_infusion_day + rules.criterion_window_from[i],
                patient.last_infusion_day + rules.criterion_window_to[i], &without, &with_drug)
        return without > with_drug and (
            (without - with_drug) * 1000.0 >= <double>rules.drug_relief_floor_x10 * without)
    return False


cdef inline int64_t ever(int64_t so_far, bint now) noexcept nogil:
    return 1 if now or so_far == 1 else 0


cdef void count_judgement(
    Patient* patient, int64_t verdict, int64_t truth, bint any_relief
) noexcept nogil:
    patient.judgement_number += 1
    patient.judgement_bits = (
        (patient.judgement_bits << 1) | (verdict == VERDICT_FAILED)) & ((1 << BITS_KEPT) - 1)
    if verdict == VERDICT_NOT_JUDGED:
        return
    patient.last_verdict = verdict
    patient.judgements += 1
    if verdict == VERDICT_PASSED:
        patient.judgements_passed += 1
        patient.ever_passed = 1
    patient.responder_observed = ever(patient.responder_observed, verdict == VERDICT_PASSED)
    patient.responder_drug_at_threshold = ever(
        patient.responder_drug_at_threshold, truth == 1)
    patient.responder_drug_any = ever(patient.responder_drug_any, any_relief)


cdef void judge(Context* context, Patient* patient) noexcept nogil:
    """Judge the response to the last course, then do what follows from it."""
    cdef const Parameters* rules = rules_of_course(context, patient)
    cdef int64_t met = 0
    cdef int64_t assessable = 0
    cdef bint is_any_missing = False
    cdef int64_t i, outcome, verdict, truth
    for i in range(rules.criteria):
        outcome = score_criterion(context, patient, rules, i)
        assessable += outcome != NOT_ASSESSABLE
        met += outcome == MET
        is_any_missing |= outcome == MISSING
    if is_any_missing and rules.missing_rule == MISSING_RULE_NOT_JUDGED:
        verdict = VERDICT_NOT_JUDGED
    elif is_any_missing and rules.missing_rule == MISSING_RULE_CARRY:
        verdict = patient.last_verdict
    else:
        verdict = (
            VERDICT_PASSED if combination_is_met(rules, met, assessable) else VERDICT_FAILED)
    truth = drug_truth(patient, rules)
    log_event(
        context, patient, EVENT_JUDGED, verdict, <double>met, <double>assessable,
        <double>truth)
    count_judgement(patient, verdict, truth, any_drug_relief(patient, rules))
    review(context, patient, verdict, truth)
