# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Sampling the patients of a plan: traits that both engines read (docs/model.md, Patients).

A patient's traits depend on the seed, draw, clinic and number of the patient alone, so any range
of patients can be sampled apart and adding patients or clinics changes nobody. The days of referral
are a sum of gaps, each of which depends on the same alone: a longer calendar adds patients behind.
"""

from libc.math cimport NAN, floor, sqrt
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t

import numpy

from pathways import layout
from pathways.errors import InputError, Place

from _declarations cimport *
from _maths cimport exponential, logarithm, normal_quantile
from _philox cimport normal, normals_fill, quantiles_block, uniform, uniforms_block

cdef object TRAITS_DTYPE = layout.numpy_dtype(layout.TRAITS)
cdef object POPULATION_DTYPE = layout.numpy_dtype(layout.POPULATION)
cdef object SEED_LIMIT = 1 << 64
cdef object DRAW_LIMIT = 1 << 24
cdef object CLINIC_LIMIT = 1 << 32
cdef object PATIENT_LIMIT = 1 << 31
# Referral days that are made room for at first; more are found when an array is full.
cdef object FIRST_ROOM = 1024

cdef enum:
    FIRST_TRAIT = TRAIT_AGE
    TRAITS_DRAWN = TRAIT_YEARLY_BUDGET - TRAIT_AGE + 1
    OPIOID_NORMAL = TRAITS_DRAWN
    ENROLMENT_DAYS = 7
    ENROLMENT_OCCURRENCES = 8
    # An attempt's occurrences, eight each, stay within 31 bits.
    MOST_ATTEMPTS = 1 << 27
    # Dimensions of the copula; the last is spare.
    PAIN = 0
    CONDITION = 1
    DEPRESSION = 2
    ANXIETY = 3
    INSOMNIA = 4
    OPIOID_MISUSE = 5
    HYPERTENSION = 6
    CARDIOVASCULAR_DISEASE = 7
    LIVER_DISEASE = 8
    SUBSTANCE_USE = 9
    PSYCHOSIS = 10
    DIMENSIONS_USED = 11
    # Places in `nested_probability`.
    UNCONTROLLED = 0
    SEVERE = 1
    ACTIVE = 2

cdef struct Address:
    uint64_t seed
    uint32_t clinic
    uint32_t draw
    uint32_t patient


cdef struct TraitDraws:
    # Uniforms and normals of each trait, at its number less FIRST_TRAIT; then the opioid dose's.
    double uniforms[TRAITS_DRAWN]
    double normals[TRAITS_DRAWN + 1]


cdef inline double clip(double x, double low, double high) noexcept nogil:
    return low if x < low else (high if x > high else x)


cdef inline double uniform_of(const TraitDraws* draws, int trait) noexcept nogil:
    return draws.uniforms[trait - FIRST_TRAIT]


cdef inline double normal_of(const TraitDraws* draws, int trait) noexcept nogil:
    return draws.normals[trait - FIRST_TRAIT]


cdef void draw_traits(TraitDraws* draws, Address at) noexcept nogil:
    """One block of calls for all traits: compilers vectorise it, single calls they do not."""
    cdef double both_lanes[2 * TRAITS_DRAWN]
    cdef int k
    uniforms_block(
        both_lanes, at.seed, at.patient, at.clinic, at.draw, PURPOSE_TRAIT, FIRST_TRAIT,
        TRAITS_DRAWN,
    )
    for k in range(TRAITS_DRAWN):
        draws.uniforms[k] = both_lanes[2 * k]
        draws.normals[k] = both_lanes[2 * k]
    draws.normals[OPIOID_NORMAL] = both_lanes[2 * (TRAIT_OPIOID_DOSE - FIRST_TRAIT) + 1]
    quantiles_block(draws.normals, TRAITS_DRAWN + 1)


cdef int64_t enrolment_score_sum(
    const double* errors, double latent, const Population* people
) noexcept nogil:
    """Sum of seven observed scores; `errors` are 14 normals, newest first."""
    cdef int64_t total = 0
    cdef double error
    cdef int day, term
    for day in range(ENROLMENT_DAYS):
        error = people.diary_weights[0] * errors[day]
        for term in range(1, <int>DIARY_TERMS):
            error = error + people.diary_weights[term] * errors[day + term]
        total += <int64_t>clip(
            floor(latent + people.diary_error_sd * error + 0.5), 0.0, 10.0
        )
    return total


cdef double enrol(Traits* patient, Address at, const Population* people) noexcept nogil:
    """Draw candidates until one meets the threshold; return its normal, NaN if none does."""
    cdef double normals[2 * ENROLMENT_OCCURRENCES]
    cdef int64_t attempt
    for attempt in range(people.enrolment_attempts):
        normals_fill(
            normals, at.seed, at.patient, at.clinic, at.draw, PURPOSE_ENROLMENT,
            <int32_t>(attempt * ENROLMENT_OCCURRENCES), ENROLMENT_OCCURRENCES,
        )
        patient.pain_level = people.pain_level_mean + people.pain_level_sd * normals[0]
        # Added to zero: an SD of zero must not leave a negative zero.
        patient.flare_at_enrolment = 0.0 + people.flare_sd * normals[1]
        patient.enrolment_score_sum = enrolment_score_sum(
            normals + 2,
            clip(patient.pain_level + patient.flare_at_enrolment, 0.0, 10.0),
            people,
        )
        if patient.enrolment_score_sum * 10 >= people.enrolment_threshold_x10 * ENROLMENT_DAYS:
            patient.enrolment_attempt = attempt
            return normals[0]
    return NAN


cdef inline double latent_normal(
    const double* independent, int dimension, const double* factor
) noexcept nogil:
    cdef const double* row = factor + dimension * COPULA_DIMENSIONS
    cdef double total = row[0] * independent[0]
    cdef int j
    for j in range(1, dimension + 1):
        total = total + row[j] * independent[j]
    return total


cdef void correlate(
    double* latent, double pain_normal, const TraitDraws* draws, const Population* people
) noexcept nogil:
    """Latent normals of the copula's dimensions from the traits' own, independent ones."""
    cdef double independent[DIMENSIONS_USED]
    cdef int dimension
    independent[PAIN] = pain_normal
    independent[CONDITION] = normal_of(draws, TRAIT_CONDITION)
    independent[DEPRESSION] = normal_of(draws, TRAIT_DEPRESSION)
    independent[ANXIETY] = normal_of(draws, TRAIT_ANXIETY)
    independent[INSOMNIA] = normal_of(draws, TRAIT_INSOMNIA)
    independent[OPIOID_MISUSE] = normal_of(draws, TRAIT_OPIOID_MISUSE)
    independent[HYPERTENSION] = normal_of(draws, TRAIT_HYPERTENSION)
    independent[CARDIOVASCULAR_DISEASE] = normal_of(draws, TRAIT_CARDIOVASCULAR_DISEASE)
    independent[LIVER_DISEASE] = normal_of(draws, TRAIT_LIVER_DISEASE_MODERATE)
    independent[SUBSTANCE_USE] = normal_of(draws, TRAIT_SUBSTANCE_USE_HISTORY)
    independent[PSYCHOSIS] = normal_of(draws, TRAIT_PSYCHOSIS_HISTORY)
    for dimension in range(DIMENSIONS_USED):
        latent[dimension] = latent_normal(independent, dimension, people.copula_factor)


cdef inline int64_t condition_of(double latent, const Population* people) noexcept nogil:
    cdef int64_t condition
    for condition in range(CONDITION_FIBROMYALGIA):
        if latent < people.condition_threshold[condition]:
            return condition
    return CONDITION_FIBROMYALGIA


cdef inline int64_t bit_if(
    int comorbidity, int dimension, const double* latent, const Population* people
) noexcept nogil:
    return <int64_t>(latent[dimension] > people.copula_threshold[dimension]) << comorbidity


cdef inline int64_t nested(
    int64_t mask, int outer, int inner, double u, double probability
) noexcept nogil:
    """Bit of a comorbidity that only those with an outer one can have."""
    return <int64_t>(((mask >> outer) & 1) and u < probability) << inner


cdef int64_t comorbidities_of(
    const double* latent, const TraitDraws* draws, const Population* people
) noexcept nogil:
    cdef int64_t mask = (
        bit_if(COMORBIDITY_DEPRESSION, DEPRESSION, latent, people)
        | bit_if(COMORBIDITY_ANXIETY, ANXIETY, latent, people)
        | bit_if(COMORBIDITY_INSOMNIA, INSOMNIA, latent, people)
        | bit_if(COMORBIDITY_OPIOID_MISUSE, OPIOID_MISUSE, latent, people)
        | bit_if(COMORBIDITY_HYPERTENSION, HYPERTENSION, latent, people)
        | bit_if(
            COMORBIDITY_CARDIOVASCULAR_DISEASE, CARDIOVASCULAR_DISEASE, latent, people
        )
        | bit_if(COMORBIDITY_LIVER_DISEASE_MODERATE, LIVER_DISEASE, latent, people)
        | bit_if(COMORBIDITY_SUBSTANCE_USE_HISTORY, SUBSTANCE_USE, latent, people)
        | bit_if(COMORBIDITY_PSYCHOSIS_HISTORY, PSYCHOSIS, latent, people)
    )
    mask |= nested(
        mask, COMORBIDITY_HYPERTENSION, COMORBIDITY_HYPERTENSION_UNCONTROLLED,
        uniform_of(draws, TRAIT_HYPERTENSION_UNCONTROLLED),
        people.nested_probability[UNCONTROLLED],
    )
    mask |= nested(
        mask, COMORBIDITY_LIVER_DISEASE_MODERATE, COMORBIDITY_LIVER_DISEASE_SEVERE,
        uniform_of(draws, TRAIT_LIVER_DISEASE_SEVERE), people.nested_probability[SEVERE],
    )
    mask |= nested(
        mask, COMORBIDITY_SUBSTANCE_USE_HISTORY, COMORBIDITY_SUBSTANCE_USE_ACTIVE,
        uniform_of(draws, TRAIT_SUBSTANCE_USE_ACTIVE), people.nested_probability[ACTIVE],
    )
    if uniform_of(draws, TRAIT_RAISED_PRESSURE) < people.raised_pressure_share:
        mask |= <int64_t>1 << COMORBIDITY_RAISED_PRESSURE
    return mask


cdef int64_t age_days(double u, const Population* people) noexcept nogil:
    """Inverse distribution function of the truncated normal, in whole days."""
    cdef double low = people.age_probability_low
    cdef double high = people.age_probability_high
    cdef double p = clip(low + u * (high - low), low, high)
    cdef double years = people.age_mean_years + people.age_sd_years * normal_quantile(p)
    return <int64_t>floor(years * 365.0)


cdef void describe_body(
    Traits* patient, const TraitDraws* draws, const Population* people
) noexcept nogil:
    cdef double clearance
    patient.weight_kg = clip(
        exponential(people.weight_mu + people.weight_sigma * normal_of(draws, TRAIT_WEIGHT)),
        people.weight_low_kg, people.weight_high_kg,
    )
    clearance = people.clearance_per_70_kg
    if people.clearance_allometric:
        clearance = clearance * exponential(0.75 * logarithm(patient.weight_kg / 70.0))
    clearance = clearance * exponential(
        people.clearance_log_sd * normal_of(draws, TRAIT_CLEARANCE)
    )
    if (patient.comorbidities >> COMORBIDITY_LIVER_DISEASE_SEVERE) & 1:
        clearance = clearance * people.hepatic_clearance_factor
    patient.clearance = clearance
    patient.c50 = people.c50_median * exponential(
        people.c50_log_sd * normal_of(draws, TRAIT_C50)
    )


cdef inline double baseline(
    int domain, double z, double usual_pain, const Population* people
) noexcept nogil:
    return clip(
        people.domain_mean[domain]
        + people.domain_slope[domain] * (usual_pain - 5.5)
        + people.domain_sd[domain] * z,
        people.domain_low[domain], people.domain_high[domain],
    )


cdef double opioid_dose(double z, double usual_pain, const Population* people) noexcept nogil:
    """Of a patient on opioids: log-normal with the mean and SD given, shifted by pain."""
    cdef int domain = DOMAIN_OPIOID_DOSE
    cdef double mean = people.domain_mean[domain]
    cdef double relative_sd, variance, dose
    if mean <= 0.0:
        return 0.0
    relative_sd = people.domain_sd[domain] / mean
    variance = logarithm(1.0 + relative_sd * relative_sd)
    dose = exponential(logarithm(mean) - 0.5 * variance + sqrt(variance) * z)
    return clip(
        dose + people.domain_slope[domain] * (usual_pain - 5.5),
        people.domain_low[domain], people.domain_high[domain],
    )


cdef double expectation_amplitude(
    const TraitDraws* draws, const Population* people
) noexcept nogil:
    cdef double amplitude
    if uniform_of(draws, TRAIT_EXPECTATION_SHARE) >= people.expectation_share:
        return 0.0
    amplitude = people.expectation_mean + people.expectation_sd * normal_of(
        draws, TRAIT_EXPECTATION_AMPLITUDE
    )
    return amplitude if amplitude > 0.0 else 0.0


cdef void describe_domains(
    Traits* patient, const TraitDraws* draws, const Population* people
) noexcept nogil:
    cdef double usual = clip(patient.pain_level, 0.0, 10.0)
    patient.interference = baseline(
        DOMAIN_INTERFERENCE, normal_of(draws, TRAIT_INTERFERENCE), usual, people
    )
    patient.sleep = baseline(DOMAIN_SLEEP, normal_of(draws, TRAIT_SLEEP), usual, people)
    patient.mood = baseline(DOMAIN_MOOD, normal_of(draws, TRAIT_MOOD), usual, people)
    patient.quality_of_life = baseline(
        DOMAIN_QUALITY_OF_LIFE, normal_of(draws, TRAIT_QUALITY_OF_LIFE), usual, people
    )
    patient.opioid_dose = 0.0
    if uniform_of(draws, TRAIT_OPIOID_DOSE) < people.opioid_user_share:
        patient.opioid_dose = opioid_dose(draws.normals[OPIOID_NORMAL], usual, people)


cdef inline int64_t lead_days(
    Address at, uint32_t purpose, double mu, double sigma, int64_t highest
) noexcept nogil:
    cdef double z = normal(at.seed, at.patient, at.clinic, at.draw, purpose, 0, 0)
    return <int64_t>clip(floor(exponential(mu + sigma * z) + 0.5), 1.0, <double>highest)


cdef void describe_clocks(Traits* patient, Address at, const Population* people) noexcept nogil:
    cdef double u = uniform(
        at.seed, at.patient, at.clinic, at.draw, PURPOSE_DEATH_CLOCK, 0, 0
    )
    patient.death_clock = -logarithm(u)
    patient.lead_to_assessment_days = lead_days(
        at, PURPOSE_LEAD_TO_ASSESSMENT, people.lead_to_assessment_mu,
        people.lead_to_assessment_sigma, people.lead_highest_days,
    )
    patient.lead_to_treatment_days = lead_days(
        at, PURPOSE_LEAD_TO_TREATMENT, people.lead_to_treatment_mu,
        people.lead_to_treatment_sigma, people.lead_highest_days,
    )


cdef void describe_means(
    Traits* patient, const TraitDraws* draws, const Population* people
) noexcept nogil:
    """How therapies work in the patient (mean 1), and what she can pay in a year."""
    cdef double log_sd = people.therapy_response_log_sd
    patient.therapy_response = exponential(
        log_sd * normal_of(draws, TRAIT_THERAPY_RESPONSE) - 0.5 * log_sd * log_sd
    )
    patient.yearly_budget = people.yearly_budget_median * exponential(
        people.yearly_budget_log_sd * normal_of(draws, TRAIT_YEARLY_BUDGET)
    )


cdef int sample_patient(Traits* patient, Address at, const Population* people) noexcept nogil:
    """Fill one record; the order matters only where a trait needs an earlier one."""
    cdef TraitDraws draws
    cdef double latent[DIMENSIONS_USED]
    cdef double pain_normal = enrol(patient, at, people)
    if pain_normal != pain_normal:
        return STATUS_ENROLMENT_UNREACHABLE
    draw_traits(&draws, at)
    correlate(latent, pain_normal, &draws, people)
    patient.patient = at.patient
    patient.clinic = at.clinic
    patient.age_days = age_days(uniform_of(&draws, TRAIT_AGE), people)
    patient.male = uniform_of(&draws, TRAIT_SEX) < people.male_share
    patient.condition = condition_of(latent[CONDITION], people)
    patient.comorbidities = comorbidities_of(latent, &draws, people)
    patient.responder = (
        uniform_of(&draws, TRAIT_RESPONDER) < people.responder_share[patient.condition]
    )
    patient.expectation_amplitude = expectation_amplitude(&draws, people)
    describe_body(patient, &draws, people)
    describe_domains(patient, &draws, people)
    describe_clocks(patient, at, people)
    describe_means(patient, &draws, people)
    return STATUS_DONE


cdef Py_ssize_t sample_range(
    Traits* patients, Py_ssize_t count, Address at, const Population* people
) noexcept nogil:
    """Sample neighbours; return how many were done, fewer than asked if one cannot enrol."""
    cdef Py_ssize_t done
    for done in range(count):
        if sample_patient(&patients[done], at, people) != STATUS_DONE:
            return done
        at.patient += 1
    return count


cdef Py_ssize_t fill_referral_days(
    int64_t* days, Py_ssize_t room, Address at, double per_day, int64_t end
) noexcept nogil:
    """Write ascending days below `end`; return how many, `room` if there may be more."""
    cdef double total = 0.0
    cdef double time
    cdef Py_ssize_t found
    for found in range(room):
        at.patient = <uint32_t>found
        total = total - logarithm(
            uniform(at.seed, at.patient, at.clinic, at.draw, PURPOSE_REFERRAL_DAY, 0, 0)
        )
        # At a rate of 0 this is infinite, and nobody comes.
        time = total / per_day
        if time >= <double>end:
            return found
        days[found] = <int64_t>floor(time)
    return room


cdef object whole_number(str name, value, limit):
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: got {value!r}; allowed: a whole number")
    whole = value.__index__()
    if not 0 <= whole < limit:
        raise ValueError(f"{name}: got {whole}; allowed: 0 to {limit - 1}")
    return whole


cdef Address address(seed, draw, clinic_number):
    """The address of a clinic's first patient."""
    cdef Address at
    at.seed = whole_number("seed", seed, SEED_LIMIT)
    at.draw = whole_number("draw", draw, DRAW_LIMIT)
    at.clinic = whole_number("clinic number", clinic_number, CLINIC_LIMIT)
    at.patient = 0
    return at


cdef object checked_population(population):
    """The population's bytes, after refusing what the sampler could not survive."""
    if getattr(population, "dtype", None) != POPULATION_DTYPE or population.shape != (1,):
        raise TypeError("population: allowed: one record of layout.POPULATION, shape (1,)")
    for field in layout.POPULATION:
        if not numpy.all(numpy.isfinite(population[field.name])):
            raise ValueError(f"population.{field.name}: allowed: finite numbers")
    attempts = int(population["enrolment_attempts"][0])
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise ValueError(
            f"population.enrolment_attempts: got {attempts}; allowed: 1 to {MOST_ATTEMPTS}"
        )
    return numpy.ascontiguousarray(population).view(numpy.uint8)


cdef object unreachable(population, Py_ssize_t patient):
    record = population[0]
    return InputError(
        Place(path="population"),
        f"no candidate for patient {patient} reached a mean enrolment score of "
        f"{record['enrolment_threshold_x10'] / 10:g} in {record['enrolment_attempts']} attempts, "
        f"with a mean pain level of {record['pain_level_mean']:g} (SD {record['pain_level_sd']:g}); "
        "lower the enrolment score or raise the mean pain level of the candidates",
        "a score that at least one candidate in a thousand reaches",
    )


def sample_traits(plan, first=0, count=None, clinic=0):
    """Sample the traits of some patients of one clinic.

    Parameters
    ----------
    plan : pathways.plan.Plan
        Its seed, draw, clinics, patients, referral days and population are used.
    first : int
        Index in the clinic of the first patient.
    count : int, optional
        How many; by default all from `first` to the clinic's last.
    clinic : int
        Place of the clinic in ``plan.clinic_patients``.

    Returns
    -------
    numpy.ndarray
        Records of ``layout.TRAITS``, shape (count,), in patient order.

    Raises
    ------
    InputError
        If no candidate reaches the enrolment score in the attempts allowed.
    TypeError, ValueError
        If a number is out of range, or the population is not a record of finite numbers.
    """
    cdef Address at
    cdef Py_ssize_t n, done
    cdef const uint8_t[::1] people = checked_population(plan.population)
    cdef uint8_t[::1] memory
    clinic = whole_number("clinic", clinic, len(plan.clinic_patients))
    here = int(plan.clinic_patients[clinic])
    first = whole_number("first", first, PATIENT_LIMIT)
    n = whole_number("count", max(0, here - first) if count is None else count, PATIENT_LIMIT)
    if n and first + n > here:
        raise ValueError(f"count: got {n} from {first}; allowed: the clinic's {here} patients")
    at = address(plan.seed, plan.draw, int(plan.clinics["number"][0, clinic]))
    at.patient = first
    traits = numpy.zeros(n, TRAITS_DTYPE)
    if n == 0:
        return traits
    before = int(plan.clinic_patients[:clinic].sum()) + first
    traits["referral_day"] = plan.referral_days[before : before + n]
    memory = traits.view(numpy.uint8)
    with nogil:
        done = sample_range(
            <Traits*>&memory[0], n, at, <const Population*>&people[0]
        )
    if done < n:
        raise unreachable(plan.population, first + done)
    return traits


def sample_all_traits(plan):
    """Sample the traits of every patient of a plan.

    Parameters
    ----------
    plan : pathways.plan.Plan

    Returns
    -------
    numpy.ndarray
        Records of ``layout.TRAITS``, shape (patients,), clinic by clinic, in patient order.

    Raises
    ------
    InputError, TypeError, ValueError
        As :func:`sample_traits`.
    """
    clinics = range(len(plan.clinic_patients))
    return numpy.concatenate([sample_traits(plan, clinic=clinic) for clinic in clinics])


def referral_days(seed, draw, clinic_number, double per_day, calendar_days):
    """Return the days on which a clinic's patients are referred, a Poisson process.

    The gap before patient `i` is ``-logarithm(u)`` of the patient's own uniform; the sum of the
    gaps up to it, divided by the rate, is the time of the referral in days.

    Parameters
    ----------
    seed, draw, clinic_number : int
        Of the draws' addresses.
    per_day : float
        Referrals a day, 0 or more.
    calendar_days : int
        Referrals on the days below this are returned.

    Returns
    -------
    numpy.ndarray
        int64, ascending; the day of patient 0, 1, ...

    Raises
    ------
    TypeError, ValueError
        If a number is out of range.
    """
    cdef Address at = address(seed, draw, clinic_number)
    cdef int64_t end = whole_number("calendar_days", calendar_days, PATIENT_LIMIT)
    cdef Py_ssize_t found
    cdef int64_t[::1] days
    if not 0.0 <= per_day < PATIENT_LIMIT:
        raise ValueError(f"per_day: got {per_day!r}; allowed: 0 or more")
    expected = per_day * end
    room = int(expected) + FIRST_ROOM
    if room > PATIENT_LIMIT - FIRST_ROOM:
        raise ValueError(f"per_day: {expected:g} referrals; allowed: fewer than {PATIENT_LIMIT}")
    while True:
        array = numpy.empty(room, numpy.int64)
        days = array
        with nogil:
            found = fill_referral_days(&days[0], days.shape[0], at, per_day, end)
        if found < room:
            return array[:found].copy()
        room *= 2
