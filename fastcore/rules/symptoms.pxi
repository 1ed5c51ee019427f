# Sections 5.1 and 5.2: decay of effects and the latent pain of the day.

cdef inline double slow_site_after(
    Context* context, double slow_site, int64_t days
) noexcept nogil:
    cdef int64_t day
    for day in range(days):
        if slow_site == 0.0:
            break
        slow_site = slow_site * context.rules.slow_decay_per_day
        slow_site = 0.0 if slow_site < context.rules.slow_floor else slow_site
    return slow_site


cdef inline void decay_effects(Context* context, Patient* patient) noexcept nogil:
    cdef double expectation = patient.expectation * context.rules.expectation_decay_per_day
    patient.slow_site = slow_site_after(context, patient.slow_site, 1)
    patient.expectation = (
        0.0 if expectation < context.rules.expectation_floor else expectation)


cdef inline double slow_relief_of(Context* context, Patient* patient) noexcept nogil:
    if patient.responds and patient.slow_site > 0.0:
        return patient.slow_site / (
            context.traits.c50
            * (1.0 + context.rules.tolerance_kappa * patient.lifetime_auc_s / 1000.0)
            + patient.slow_site)
    return 0.0


cdef inline void keep_pain_of_day(Patient* patient, int64_t day) noexcept nogil:
    patient.pain_history[day & HISTORY_MASK] = patient.pain
    patient.pain_without_drug_history[day & HISTORY_MASK] = patient.pain_without_drug


cdef inline double with_interaction(
    Context* context, Patient* patient, double remaining, double slow_relief
) noexcept nogil:
    """What drug and therapies remove together beyond, or short of, the two apart."""
    cdef double interaction = context.rules.therapy_interaction
    cdef int64_t m
    for m in range(MAX_THERAPIES):
        remaining = remaining * (
            1.0 - interaction * slow_relief * patient.therapy_effect[m])
    return remaining


cdef inline double level_of_today(Context* context, Patient* patient) noexcept nogil:
    return context.rules.recovered_pain_level if patient.recovered else context.traits.pain_level


cdef inline double remaining_before_floor(
    Context* context, Patient* patient, double slow_relief
) noexcept nogil:
    cdef double remaining = (1.0 - slow_relief) * patient.programme_remaining
    if patient.in_programme and context.rules.therapy_interaction != 0.0:
        remaining = with_interaction(context, patient, remaining, slow_relief)
    return remaining


cdef inline void feel_symptoms(Context* context, Patient* patient) noexcept nogil:
    cdef double base = clip(level_of_today(context, patient) + patient.flare)
    cdef double lowest = context.rules.remaining_floor
    cdef double without_drug = patient.programme_remaining
    cdef double remaining = remaining_before_floor(
        context, patient, slow_relief_of(context, patient))
    cdef double floored = lowest if remaining < lowest else remaining
    patient.base = base
    patient.removed = (floored - remaining) * base
    patient.treated = base * floored
    patient.pain = clip(patient.treated - patient.expectation)
    patient.untreated = base * (lowest if without_drug < lowest else without_drug)
    patient.pain_without_drug = clip(patient.untreated - patient.expectation)
    patient.symptom_expectation = patient.expectation
    patient.pain_for_utility = patient.pain
    patient.drug_only_pain = clip(patient.treated)
    if keeps_pain_history(patient.state):
        keep_pain_of_day(patient, context.day)
