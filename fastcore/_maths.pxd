"""Elementary functions with the same bits on every machine: inline, cimported by bare name.

Both engines and the population sampler use these and nothing else, because the libraries of
two systems differ in the last bit.  Only + - * /, sqrt, comparisons and integer operations on
binary64 appear; no result depends on a fused multiply-add, so build with -ffp-contract=off.
Callers keep to the domains: nothing here raises.

Largest errors found, against 64-bit significands (millions of points) and, for the quantile,
against mpmath (180,000 points): exponential 0.97 ulp, logarithm 0.84 ulp, logistic 2.4 ulp,
normal_quantile 5.3 ulp (6e-16 of its value).
"""

cimport cython
from libc.math cimport sqrt
from libc.stdint cimport uint64_t


cdef union Binary64:
    double value
    uint64_t bits


cdef inline double from_bits(uint64_t bits) noexcept nogil:
    cdef Binary64 word
    word.bits = bits
    return word.value


cdef inline uint64_t to_bits(double value) noexcept nogil:
    cdef Binary64 word
    word.value = value
    return word.bits


cdef inline double polynomial(
    double x, double c0, double c1, double c2, double c3,
    double c4, double c5, double c6, double c7,
) noexcept nogil:
    """Degree 7, by Estrin: half the waiting of Horner on one value."""
    cdef double x2 = x * x
    return (((c0 + c1 * x) + (c2 + c3 * x) * x2)
            + ((c4 + c5 * x) + (c6 + c7 * x) * x2) * (x2 * x2))


cdef inline double exponential(double x) noexcept nogil:
    """e**x for x <= 709.782712893384 (above: infinity); exactly 0.0 below -708.

    x = k ln 2 + r, |r| <= ln(2)/2 (Cody and Waite 1980), Taylor to degree 13 in r.
    """
    # Adding 1.5 * 2**52 rounds to an integer and leaves it in the low bits.
    cdef double shifted = x * 1.4426950408889634 + 6755399441055744.0
    cdef double k = shifted - 6755399441055744.0
    # The high part of ln 2 has 20 zero bits, so k times it is exact.
    cdef double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    cdef double r2 = r * r
    cdef double tail = polynomial(
        r, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0, 1.0 / 40320.0,
        1.0 / 362880.0, 1.0 / 3628800.0, 1.0 / 39916800.0,
    ) + (r2 * r2) * (r2 * r2) * (1.0 / 479001600.0 + r * (1.0 / 6227020800.0))
    cdef double power = 1.0 + (r + r2 * ((0.5 + r * (1.0 / 6.0)) + r2 * tail))
    # Twice the power times 2**(k-1): k = 1024 has no binary64 of its own.
    cdef double scale = from_bits((to_bits(shifted) << 52) + 0x3FE0000000000000ULL)
    cdef double result = (power + power) * scale
    result = 0.0 if x < -708.0 else result
    return from_bits(0x7FF0000000000000ULL) if x > 709.782712893384 else result


@cython.cdivision(True)
cdef inline double logarithm(double x) noexcept nogil:
    """Natural logarithm for 0 < x < infinity, denormals included.

    x = 2**k m with m in [0.707, 1.415); the series in s = f / (2 + f), f = m - 1, is the one of
    Sun's fdlibm e_log.c (1993).
    """
    cdef bint denormal = x < 2.2250738585072014e-308
    cdef double normal_x = x * 18014398509481984.0 if denormal else x
    cdef double bias = 4503599627371573.0 if denormal else 4503599627371519.0
    # Moves the split from 1 to sqrt(1/2), so that m lies on both sides of 1.
    cdef uint64_t moved = to_bits(normal_x) + 0x00095F6200000000ULL
    cdef double k = from_bits((moved >> 52) | 0x4330000000000000ULL) - bias
    cdef double f = from_bits((moved & 0x000FFFFFFFFFFFFFULL) + 0x3FE6A09E00000000ULL) - 1.0
    cdef double half_square = 0.5 * f * f
    cdef double s = f / (2.0 + f)
    cdef double z = s * s
    cdef double w = z * z
    cdef double even = w * (3.999999999940941908e-01 + w * (
        2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    cdef double odd = z * (6.666666666666735130e-01 + w * (
        2.857142874366239149e-01 + w * (
            1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
    cdef double correction = s * (half_square + (odd + even)) + k * 1.90821492927058770002e-10
    return k * 6.93147180369123816490e-01 - ((half_square - correction) - f)


@cython.cdivision(True)
cdef inline double logistic(double x) noexcept nogil:
    """1 / (1 + e**-x) for any x but NaN; exactly 0.0 below -708, exactly 1.0 far above."""
    cdef double e = exponential(x if x < 0.0 else 0.0 - x)
    cdef double numerator = e if x < 0.0 else 1.0
    return numerator / (1.0 + e)


cdef inline bint is_central(double q) noexcept nogil:
    return (q >= -0.425) & (q <= 0.425)


@cython.cdivision(True)
cdef inline double quantile_centre(double q) noexcept nogil:
    """Quantile at 0.5 + q, |q| <= 0.425; no branch, for 85 % of all draws."""
    cdef double r = 0.180625 - q * q
    return q * polynomial(
        r, 3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427,
        13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
        33430.575583588128105, 2509.0809287301226727,
    ) / polynomial(
        r, 1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
        21213.794301586595867, 39307.895800092710610, 28729.085735721942674,
        5226.4952788528545610,
    )


@cython.cdivision(True)
cdef inline double quantile_near_tail(double r) noexcept nogil:
    return polynomial(
        r, 1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
        3.64784832476320460504, 1.27045825245236838258, 0.241780725177450611770,
        2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ) / polynomial(
        r, 1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
        0.148103976427480074590, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    )


@cython.cdivision(True)
cdef inline double quantile_far_tail(double r) noexcept nogil:
    return polynomial(
        r, 6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
        0.296560571828504891230, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ) / polynomial(
        r, 1.0, 0.599832206555887937690, 0.136929880922735805310, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    )


cdef inline double tail_root(double p) noexcept nogil:
    return sqrt(0.0 - logarithm(p if p < 0.5 else 1.0 - p))


cdef inline double quantile_tail(double p) noexcept nogil:
    """Quantile at p where |p - 0.5| > 0.425."""
    cdef double r = tail_root(p)
    cdef double size = (
        quantile_near_tail(r - 1.6) if r <= 5.0 else quantile_far_tail(r - 5.0)
    )
    return 0.0 - size if p < 0.5 else size


cdef inline double normal_quantile(double p) noexcept nogil:
    """Standard normal quantile for 0 < p < 1: Wichura (1988), AS 241, PPND16."""
    cdef double q = p - 0.5
    if is_central(q):
        return quantile_centre(q)
    return quantile_tail(p)
