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
    __attribute__((noinline)) static void pathways_fill_quantiles(double *, int);
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


cdef void fill_quantiles "pathways_fill_quantiles"(double* values, int n) noexcept nogil:
    quantiles_block(values, n)


cdef void fill_flare_normals(Context* context, int64_t week) noexcept nogil:
    """Many weeks at a time, because that is how the generator is fast; none is used twice."""
    cdef int64_t last_week = (context.end_day - 1 + context.to_booking) // DAYS_PER_WEEK
    cdef int64_t pairs = (last_week >> 1) - (week >> 1) + 1
    cdef int64_t most = FLARE_PAIRS_TO_MEETING if context.queues else FLARE_PAIRS
    if pairs > most:
        pairs = most
    context.flare_first = week & ~<int64_t>1
    context.flare_end = context.flare_first + 2 * pairs
    fill_normals(
        context.flare_normals, context.seed, <uint32_t>context.traits.patient, context.clinic,
        context.draw, PURPOSE_FLARE, <int32_t>(week >> 1), pairs,
    )


cdef inline double flare_normal(Context* context, int64_t week) noexcept nogil:
    if not context.flare_first <= week < context.flare_end:
        fill_flare_normals(context, week)
    return context.flare_normals[week - context.flare_first]
