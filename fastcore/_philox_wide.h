/* Philox4x32-10 of consecutive occurrences side by side, for processors with AVX2.

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
    pathways_wide_words c, uint32_t key0, uint32_t key1)
{
    __m256i product0 = _mm256_mul_epu32(_mm256_set1_epi64x(0xD2511F53), c.w0);
    __m256i product1 = _mm256_mul_epu32(_mm256_set1_epi64x(0xCD9E8D57), c.w2);
    __m256i keyed1 = _mm256_xor_si256(c.w1, _mm256_set1_epi64x(key0));
    __m256i keyed3 = _mm256_xor_si256(c.w3, _mm256_set1_epi64x(key1));
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

/* Both lanes of four occurrences, in the order of docs/model.md: pair by pair. */
static inline void pathways_four_pairs(
    double *out, uint32_t key0, uint32_t key1, uint32_t index, uint32_t clinic, uint32_t word2,
    uint32_t word3)
{
    pathways_wide_words c;
    __m256d lane0, lane1, even, odd;
    int round;
    c.w0 = _mm256_set1_epi64x(index);
    c.w1 = _mm256_set1_epi64x(clinic);
    c.w2 = _mm256_set1_epi64x(word2);
    c.w3 = _mm256_add_epi32(_mm256_set1_epi64x(word3), _mm256_set_epi64x(3, 2, 1, 0));
    for (round = 0; round < 10; round++) {
        c = pathways_wide_round(c, key0, key1);
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
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
    double rest[2 * PATHWAYS_WIDE_PAIRS];
    ptrdiff_t k;
    for (k = 0; k + PATHWAYS_WIDE_PAIRS <= pairs; k += PATHWAYS_WIDE_PAIRS)
        pathways_four_pairs(
            out + 2 * k, key0, key1, index, clinic, word2, word3 + (uint32_t)k);
    if (k < pairs) {
        pathways_four_pairs(rest, key0, key1, index, clinic, word2, word3 + (uint32_t)k);
        for (out += 2 * k, pairs = 2 * (pairs - k), k = 0; k < pairs; k++)
            out[k] = rest[k];
    }
    return 1;
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

#endif
#endif
