# Section 2: every draw is asked for by its address.

cdef inline double uniform_at(
    Context* context, int64_t purpose, int64_t occurrence
) noexcept nogil:
    return uniform(
        context.seed, <uint32_t>context.traits.patient, context.clinic, context.draw,
        <uint32_t>purpose, <int32_t>occurrence, 0,
    )


cdef inline double normal_at(
    Context* context, int64_t purpose, int64_t occurrence
) noexcept nogil:
    return normal_quantile(uniform_at(context, purpose, occurrence))


cdef inline double clock_at(Context* context, int64_t purpose, int64_t episode) noexcept nogil:
    return 0.0 - logarithm(uniform_at(context, purpose, episode))


cdef inline double uniform_in_lane(
    Context* context, int64_t purpose, int64_t occurrence, int lane
) noexcept nogil:
    return uniform(
        context.seed, <uint32_t>context.traits.patient, context.clinic, context.draw,
        <uint32_t>purpose, <int32_t>occurrence, lane,
    )


cdef inline double numbered_uniform(
    Context* context, int64_t purpose, int64_t number
) noexcept nogil:
    return uniform(
        context.seed, <uint32_t>context.traits.patient, context.clinic, context.draw,
        <uint32_t>purpose, <int32_t>(number >> 1), <int>(number & 1),
    )


cdef inline double numbered_normal(
    Context* context, int64_t purpose, int64_t number
) noexcept nogil:
    return normal_quantile(numbered_uniform(context, purpose, number))


cdef extern from *:
    """
    #if defined(__GNUC__)
    /* Inlined into the loop over days, its own loop is no longer vectorised. */
    __attribute__((noinline)) static void pathways_fill_normals(
        double *, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t, int32_t, Py_ssize_t);
    __attribute__((noinline)) static void pathways_fill_uniforms(
        double *, uint64_t, uint32_t, uint32_t, uint32_t, uint32_t, int32_t, int);
    #endif
    """


cdef void fill_normals "pathways_fill_normals"(
    double* out, uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw,
    uint32_t purpose, int32_t first_occurrence, Py_ssize_t n_pairs,
) noexcept nogil:
    normals_fill(out, seed, index, clinic, draw, purpose, first_occurrence, n_pairs)


cdef void fill_uniforms "pathways_fill_uniforms"(
    double* out, uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw,
    uint32_t purpose, int32_t first_occurrence, int n_pairs,
) noexcept nogil:
    uniforms_block(out, seed, index, clinic, draw, purpose, first_occurrence, n_pairs)


cdef void fill_flare_normals(Context* context, int64_t week) noexcept nogil:
    """Many weeks at a time, because that is how the generator is fast; none is used twice."""
    cdef int64_t pairs = (((context.end_day - 1) // DAYS_PER_WEEK) >> 1) - (week >> 1) + 1
    if pairs > FLARE_PAIRS:
        pairs = FLARE_PAIRS
    context.flare_first = week & ~<int64_t>1
    context.flare_end = context.flare_first + 2 * pairs
    fill_normals(
        context.flare_normals, context.seed, <uint32_t>context.traits.patient, context.clinic,
        context.draw, PURPOSE_FLARE, <int32_t>(week >> 1), pairs,
    )


cdef double kept_flare_normal(
    Context* context, Patient* patient, int64_t week
) noexcept nogil:
    """Where calls end every week: some weeks ahead are kept with the patient."""
    if not patient.flare_first <= week < patient.flare_first + FLARE_WEEKS_KEPT:
        patient.flare_first = week & ~<int64_t>1
        fill_normals(
            patient.flare_ahead, context.seed, <uint32_t>context.traits.patient,
            context.clinic, context.draw, PURPOSE_FLARE, <int32_t>(week >> 1),
            FLARE_WEEKS_KEPT // 2)
    return patient.flare_ahead[week - patient.flare_first]


cdef inline double flare_normal(
    Context* context, Patient* patient, int64_t week
) noexcept nogil:
    if context.queues:
        return kept_flare_normal(context, patient, week)
    if not context.flare_first <= week < context.flare_end:
        fill_flare_normals(context, week)
    return context.flare_normals[week - context.flare_first]
