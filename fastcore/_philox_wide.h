/* Philox4x32-10 of consecutive occurrences side by side, and the sorting out of uniforms in the
   tails, for processors with AVX2.

   Compilers make a vector of 32-bit by 32-bit products of a plain loop only with five times as
   many instructions. The rounds and the bits are those of _philox.pxd, where the address is
   explained; without AVX2 its plain loop does everything. */

#ifndef PATHWAYS_PHILOX_WIDE_H
#define PATHWAYS_PHILOX_WIDE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX2__)
#include <immintrin.h>

enum { PATHWAYS_WIDE_PAIRS = 4 };

/* Of every 64-bit lane only the lower half counts; what the upper holds is never looked at. */
typedef struct { __m256i w0, w1, w2, w3; } pathways_wide_words;

static inline pathways_wide_words pathways_wide_round(
    pathways_wide_words c, __m256i key0, __m256i key1)
{
    __m256i product0 = _mm256_mul_epu32(_mm256_set1_epi64x(0xD2511F53), c.w0);
    __m256i product1 = _mm256_mul_epu32(_mm256_set1_epi64x(0xCD9E8D57), c.w2);
    __m256i keyed1 = _mm256_xor_si256(c.w1, key0);
    __m256i keyed3 = _mm256_xor_si256(c.w3, key1);
    c.w0 = _mm256_xor_si256(_mm256_srli_epi64(product1, 32), keyed1);
    c.w1 = product1;
    c.w2 = _mm256_xor_si256(_mm256_srli_epi64(product0, 32), keyed3);
    c.w3 = product0;
    return c;
}

/* (top 52 bits + 1/2) / 2**52 of a high and a low word, exact: see to_uniform. */
static inline __m256d pathways_wide_uniform(__m256i high, __m256i low)
{
    __m256i word = _mm256_blend_epi32(_mm256_slli_epi64(high, 32), low, 0x55);
    __m256i bits = _mm256_or_si256(
        _mm256_srli_epi64(word, 12), _mm256_set1_epi64x(0x3FF0000000000000));
    return _mm256_sub_pd(
        _mm256_castsi256_pd(bits), _mm256_set1_pd(0.99999999999999988897769753748));
}

/* The keys of the ten rounds, the same for all occurrences. */
static inline void pathways_wide_keys(__m256i *keys, uint32_t key0, uint32_t key1)
{
    int round;
    for (round = 0; round < 10; round++) {
        keys[2 * round] = _mm256_set1_epi64x(key0 + round * 0x9E3779B9u);
        keys[2 * round + 1] = _mm256_set1_epi64x(key1 + round * 0xBB67AE85u);
    }
}

/* Both lanes of four occurrences, in the order of docs/model.md: pair by pair. */
static inline void pathways_four_pairs(
    double *out, const __m256i *keys, pathways_wide_words c, uint32_t word3)
{
    __m256d lane0, lane1, even, odd;
    int round;
    c.w3 = _mm256_add_epi32(_mm256_set1_epi64x(word3), _mm256_set_epi64x(3, 2, 1, 0));
    for (round = 0; round < 10; round++)
        c = pathways_wide_round(c, keys[2 * round], keys[2 * round + 1]);
    lane0 = pathways_wide_uniform(c.w0, c.w1);
    lane1 = pathways_wide_uniform(c.w2, c.w3);
    even = _mm256_unpacklo_pd(lane0, lane1);
    odd = _mm256_unpackhi_pd(lane0, lane1);
    _mm256_storeu_pd(out, _mm256_permute2f128_pd(even, odd, 0x20));
    _mm256_storeu_pd(out + 4, _mm256_permute2f128_pd(even, odd, 0x31));
}

static inline int pathways_wide_uniforms(
    double *out, uint32_t key0, uint32_t key1, uint32_t index, uint32_t clinic, uint32_t word2,
    uint32_t word3, ptrdiff_t pairs)
{
    __m256i keys[20];
    double rest[2 * PATHWAYS_WIDE_PAIRS];
    pathways_wide_words c;
    ptrdiff_t k;
    pathways_wide_keys(keys, key0, key1);
    c.w0 = _mm256_set1_epi64x(index);
    c.w1 = _mm256_set1_epi64x(clinic);
    c.w2 = c.w3 = _mm256_set1_epi64x(word2);
    for (k = 0; k + PATHWAYS_WIDE_PAIRS <= pairs; k += PATHWAYS_WIDE_PAIRS)
        pathways_four_pairs(out + 2 * k, keys, c, word3 + (uint32_t)k);
    if (k < pairs) {
        pathways_four_pairs(rest, keys, c, word3 + (uint32_t)k);
        for (out += 2 * k, pairs = 2 * (pairs - k), k = 0; k < pairs; k++)
            out[k] = rest[k];
    }
    return 1;
}

/* For each set of four lanes, those in it, the lowest first, as pairs of 32-bit words. */
#define PATHWAYS_LANES(a, b, c, d) \
    {2 * (a), 2 * (a) + 1, 2 * (b), 2 * (b) + 1, 2 * (c), 2 * (c) + 1, 2 * (d), 2 * (d) + 1}
static const int32_t pathways_lanes_of[16][8] __attribute__((aligned(32))) = {
    PATHWAYS_LANES(0, 0, 0, 0), PATHWAYS_LANES(0, 0, 0, 0), PATHWAYS_LANES(1, 0, 0, 0),
    PATHWAYS_LANES(0, 1, 0, 0), PATHWAYS_LANES(2, 0, 0, 0), PATHWAYS_LANES(0, 2, 0, 0),
    PATHWAYS_LANES(1, 2, 0, 0), PATHWAYS_LANES(0, 1, 2, 0), PATHWAYS_LANES(3, 0, 0, 0),
    PATHWAYS_LANES(0, 3, 0, 0), PATHWAYS_LANES(1, 3, 0, 0), PATHWAYS_LANES(0, 1, 3, 0),
    PATHWAYS_LANES(2, 3, 0, 0), PATHWAYS_LANES(0, 2, 3, 0), PATHWAYS_LANES(1, 2, 3, 0),
    PATHWAYS_LANES(0, 1, 2, 3)};

/* The values farther than `central` from one half, and their places; how many, or -1 if this
   processor needs the plain loop. `n` is a multiple of four; up to n + 3 are overwritten. */
static inline int pathways_list_tails(
    const double *values, int n, double central, double *tails, int64_t *places)
{
    const __m256d sign = _mm256_set1_pd(-0.0);
    int found = 0, k, set;
    for (k = 0; k < n; k += 4) {
        __m256d four = _mm256_loadu_pd(values + k);
        __m256d distance = _mm256_andnot_pd(sign, _mm256_sub_pd(four, _mm256_set1_pd(0.5)));
        __m256i order;
        set = _mm256_movemask_pd(
            _mm256_cmp_pd(distance, _mm256_set1_pd(central), _CMP_GT_OQ));
        order = _mm256_load_si256((const __m256i *)pathways_lanes_of[set]);
        _mm256_storeu_pd(
            tails + found, _mm256_castsi256_pd(
                _mm256_permutevar8x32_epi32(_mm256_castpd_si256(four), order)));
        _mm256_storeu_si256(
            (__m256i *)(places + found), _mm256_permutevar8x32_epi32(
                _mm256_set_epi64x(k + 3, k + 2, k + 1, k), order));
        found += __builtin_popcount((unsigned)set);
    }
    return found;
}

#else

static inline int pathways_wide_uniforms(
    double *out, uint32_t key0, uint32_t key1, uint32_t index, uint32_t clinic, uint32_t word2,
    uint32_t word3, ptrdiff_t pairs)
{
    (void)out, (void)key0, (void)key1, (void)index, (void)clinic, (void)word2, (void)word3;
    (void)pairs;
    return 0;
}

static inline int pathways_list_tails(
    const double *values, int n, double central, double *tails, int64_t *places)
{
    (void)values, (void)n, (void)central, (void)tails, (void)places;
    return -1;
}

#endif
#endif
