"""Philox4x32-10 with addressed draws: inline, cimported by bare name.

Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3".

Address of a draw, a contract that never changes:

    key      seed, low word then high word
    word 0   index of the patient in the clinic
    word 1   clinic
    word 2   draw << 8 | purpose     (draw below 2**24, purpose below 2**8)
    word 3   occurrence + 2**31      (occurrence from -2**31 to 2**31 - 1)

One call gives four words, that is two uniforms ("lanes"): lane 0 from words 0 (high) and 1,
lane 1 from words 2 (high) and 3.  A uniform is (top 52 bits + 1/2) / 2**52, never 0 nor 1.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from _maths cimport (
    from_bits, is_central, normal_quantile, quantile_centre, quantile_near_tail, quantile_tail,
    tail_root,
)


cdef struct Words:
    uint32_t w0
    uint32_t w1
    uint32_t w2
    uint32_t w3


cdef struct UniformPair:
    double lane0
    double lane1


cdef inline Words philox_round(Words c, uint32_t key0, uint32_t key1) noexcept nogil:
    cdef uint64_t product0 = <uint64_t>0xD2511F53U * c.w0
    cdef uint64_t product1 = <uint64_t>0xCD9E8D57U * c.w2
    cdef Words result
    result.w0 = <uint32_t>(product1 >> 32) ^ c.w1 ^ key0
    result.w1 = <uint32_t>product1
    result.w2 = <uint32_t>(product0 >> 32) ^ c.w3 ^ key1
    result.w3 = <uint32_t>product0
    return result


cdef inline Words philox4x32(uint32_t key0, uint32_t key1, Words c) noexcept nogil:
    """Ten rounds, written out because compilers vectorise only a straight body."""
    cdef uint32_t step0 = 0x9E3779B9U
    cdef uint32_t step1 = 0xBB67AE85U
    c = philox_round(c, key0, key1)
    c = philox_round(c, key0 + step0, key1 + step1)
    c = philox_round(c, key0 + 2 * step0, key1 + 2 * step1)
    c = philox_round(c, key0 + 3 * step0, key1 + 3 * step1)
    c = philox_round(c, key0 + 4 * step0, key1 + 4 * step1)
    c = philox_round(c, key0 + 5 * step0, key1 + 5 * step1)
    c = philox_round(c, key0 + 6 * step0, key1 + 6 * step1)
    c = philox_round(c, key0 + 7 * step0, key1 + 7 * step1)
    c = philox_round(c, key0 + 8 * step0, key1 + 8 * step1)
    return philox_round(c, key0 + 9 * step0, key1 + 9 * step1)


cdef inline double to_uniform(uint32_t high, uint32_t low) noexcept nogil:
    """(top 52 bits + 1/2) / 2**52: the bits become 1 + b / 2**52, less 1 - 2**-53; exact."""
    cdef uint64_t bits = (<uint64_t>high << 20) | (low >> 12)
    return from_bits(bits | 0x3FF0000000000000ULL) - 0.99999999999999988897769753748


cdef inline UniformPair uniform_pair(
    uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw, uint32_t purpose,
    int32_t occurrence,
) noexcept nogil:
    """Both lanes of one address."""
    cdef Words c
    cdef UniformPair pair
    c.w0 = index
    c.w1 = clinic
    c.w2 = (draw << 8) | purpose
    c.w3 = <uint32_t>occurrence + 0x80000000U
    c = philox4x32(<uint32_t>seed, <uint32_t>(seed >> 32), c)
    pair.lane0 = to_uniform(c.w0, c.w1)
    pair.lane1 = to_uniform(c.w2, c.w3)
    return pair


cdef inline double uniform(
    uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw, uint32_t purpose,
    int32_t occurrence, int lane,
) noexcept nogil:
    """One uniform, strictly inside (0, 1); lane is 0 or 1."""
    cdef UniformPair pair = uniform_pair(seed, index, clinic, draw, purpose, occurrence)
    return pair.lane1 if lane else pair.lane0


cdef inline double normal(
    uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw, uint32_t purpose,
    int32_t occurrence, int lane,
) noexcept nogil:
    """One standard normal: the quantile of the uniform at the same address."""
    return normal_quantile(uniform(seed, index, clinic, draw, purpose, occurrence, lane))


cdef extern from "_philox_wide.h":
    bint wide_uniforms "pathways_wide_uniforms"(
        double* out, uint32_t key0, uint32_t key1, uint32_t index, uint32_t clinic,
        uint32_t word2, uint32_t word3, Py_ssize_t pairs,
    ) noexcept nogil
    int list_tails_wide "pathways_list_tails"(
        const double* values, int n, double central, double* tails, int64_t* places,
    ) noexcept nogil


cdef enum BlockConstant:
    BLOCK_VALUES = 64
    ROOM_BEHIND = 4  # loops go in fours, so that no remainder is left for one at a time


cdef inline void uniforms_block(
    double* out, uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw,
    uint32_t purpose, int32_t first_occurrence, int n_pairs,
) noexcept nogil:
    """Both lanes of consecutive occurrences, pair by pair."""
    cdef UniformPair pair
    cdef Py_ssize_t k
    if wide_uniforms(
            out, <uint32_t>seed, <uint32_t>(seed >> 32), index, clinic, (draw << 8) | purpose,
            <uint32_t>first_occurrence + 0x80000000U, n_pairs):
        return
    for k in range(n_pairs):
        pair = uniform_pair(
            seed, index, clinic, draw, purpose,
            <int32_t>(<uint32_t>first_occurrence + <uint32_t>k),
        )
        out[2 * k] = pair.lane0
        out[2 * k + 1] = pair.lane1


cdef inline int whole_fours(int n) noexcept nogil:
    return (n + 3) & ~3


cdef inline void tails_block(double* values, int n) noexcept nogil:
    """Replace up to 64 uniforms in the tails by their quantiles; the farthest are very rare.

    There is room for three more values, which are overwritten.
    """
    cdef double roots[BLOCK_VALUES + ROOM_BEHIND]
    cdef double near
    cdef int k
    cdef int n_far = 0
    for k in range(n, whole_fours(n)):
        values[k] = 0.01
    n = whole_fours(n)
    for k in range(n):
        roots[k] = tail_root(values[k])
        n_far += roots[k] > 5.0
    if n_far == 0:
        for k in range(n):
            near = quantile_near_tail(roots[k] - 1.6)
            values[k] = 0.0 - near if values[k] < 0.5 else near
    else:
        for k in range(n):
            values[k] = quantile_tail(values[k])


cdef inline int list_tails(
    const double* values, int n, double* tails, int64_t* places
) noexcept nogil:
    """Set aside the uniforms in the tails, and where they stand; how many they are."""
    cdef int k
    cdef int n_tails = list_tails_wide(values, n, 0.425, tails, places)
    if n_tails >= 0:
        return n_tails
    n_tails = 0
    for k in range(n):
        tails[n_tails] = values[k]
        places[n_tails] = k
        n_tails += not is_central(values[k] - 0.5)
    return n_tails


cdef inline void quantiles_block(double* values, int n) noexcept nogil:
    """Replace up to 64 uniforms by their quantiles; tails are set aside, so no loop branches."""
    cdef double block[BLOCK_VALUES + ROOM_BEHIND]
    cdef double tails[BLOCK_VALUES + ROOM_BEHIND]
    cdef int64_t places[BLOCK_VALUES + ROOM_BEHIND]
    cdef int fours = whole_fours(n)
    cdef int k, n_tails
    for k in range(n):
        block[k] = values[k]
    for k in range(n, fours):
        block[k] = 0.5
    n_tails = list_tails(block, fours, tails, places)
    for k in range(fours):
        block[k] = quantile_centre(block[k] - 0.5)
    tails_block(tails, n_tails)
    for k in range(n_tails):
        block[places[k]] = tails[k]
    for k in range(n):
        values[k] = block[k]


cdef inline void normals_fill(
    double* out, uint64_t seed, uint32_t index, uint32_t clinic, uint32_t draw,
    uint32_t purpose, int32_t first_occurrence, Py_ssize_t n_pairs,
) noexcept nogil:
    """2 * n_pairs standard normals: number k is occurrence first + (k >> 1), lane k & 1."""
    cdef Py_ssize_t done = 0
    cdef int block
    while done < n_pairs:
        block = <int>(n_pairs - done if n_pairs - done < 32 else 32)
        uniforms_block(
            out + 2 * done, seed, index, clinic, draw, purpose,
            <int32_t>(<uint32_t>first_occurrence + <uint32_t>done), block,
        )
        quantiles_block(out + 2 * done, 2 * block)
        done += block
