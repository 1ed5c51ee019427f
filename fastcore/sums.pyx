# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Sums over patients that threads, blocks and libraries cannot change.

Sums are whole numbers at a stated scale, so their order cannot show. Sums of squares are doubles
added in one fixed order: within blocks of 4,096 values, then block after block.
"""

from libc.math cimport floor
from libc.stdint cimport int64_t, uint8_t

cdef enum:
    BLOCK = 4096
    SUMMED = 0
    VALUE_TOO_LARGE = 1
    SUM_TOO_LARGE = 2

# 2**63: the first double that an int64 cannot hold.
cdef double LIMIT = 9223372036854775808.0
cdef int64_t LARGEST = 9223372036854775807
cdef object SCALE_LIMIT = 1 << 53


cdef struct Total:
    int64_t sum
    int status
    Py_ssize_t place


cdef inline bint would_overflow(int64_t total, int64_t term) noexcept nogil:
    if term > 0:
        return total > LARGEST - term
    return total < -LARGEST - 1 - term


cdef Total add_rounded(
    const double* values, const uint8_t* mask, Py_ssize_t n, double scale
) noexcept nogil:
    """Sum of floor(value * scale + 0.5) where `mask` (or everywhere, if NULL)."""
    cdef Total total
    cdef double scaled
    cdef Py_ssize_t i
    total.sum = 0
    total.status = SUMMED
    total.place = 0
    for i in range(n):
        if mask != NULL and not mask[i]:
            continue
        scaled = floor(values[i] * scale + 0.5)
        total.place = i
        # Written so that NaN fails too.
        if not (-LIMIT <= scaled < LIMIT):
            total.status = VALUE_TOO_LARGE
            return total
        if would_overflow(total.sum, <int64_t>scaled):
            total.status = SUM_TOO_LARGE
            return total
        total.sum += <int64_t>scaled
    return total


cdef double block_of_squares(
    const double* values, const uint8_t* mask, Py_ssize_t n, double centre
) noexcept nogil:
    cdef double total = 0.0
    cdef double deviation
    cdef Py_ssize_t i
    for i in range(n):
        if mask != NULL and not mask[i]:
            continue
        deviation = values[i] - centre
        total = total + deviation * deviation
    return total


cdef double add_squares(
    const double* values, const uint8_t* mask, Py_ssize_t n, double centre
) noexcept nogil:
    cdef double total = 0.0
    cdef Py_ssize_t start = 0
    cdef Py_ssize_t length
    while start < n:
        length = BLOCK if n - start > BLOCK else n - start
        total = total + block_of_squares(
            values + start, mask + start if mask != NULL else NULL, length, centre
        )
        start += BLOCK
    return total


cdef const uint8_t* mask_pointer(const uint8_t[::1] mask, Py_ssize_t n) except? NULL:
    """Where the mask begins, NULL if there is none."""
    if mask is None:
        return NULL
    if mask.shape[0] != n:
        raise ValueError(f"mask: got {mask.shape[0]} entries; allowed: {n}, as values")
    return &mask[0]


cdef object as_bytes(mask):
    """A mask of truth values as bytes, without copying."""
    return None if mask is None else mask.view("u1")


def fixed_point_sum(const double[::1] values, scale, mask=None):
    """Add values as whole multiples of 1 / `scale`, each rounded half up once.

    Parameters
    ----------
    values : numpy.ndarray
        float64, shape (n,), contiguous.
    scale : int
        Parts in one unit, 1 to 2**53; ``1_000_000`` sums in millionths.
    mask : numpy.ndarray, optional
        bool, shape (n,): which values to add; all by default.

    Returns
    -------
    int
        The sum times `scale`; below 2**63 in size.

    Raises
    ------
    OverflowError
        If a value or the sum, times `scale`, does not fit 64 bits, or a value is not a number.
    ValueError
        If `scale` is out of range or the mask has another length.
    """
    cdef Py_ssize_t n = values.shape[0]
    cdef const uint8_t[::1] chosen = as_bytes(mask)
    cdef const uint8_t* chosen_at
    cdef double factor
    cdef Total total
    if not 1 <= scale <= SCALE_LIMIT:
        raise ValueError(f"scale: got {scale!r}; allowed: 1 to {SCALE_LIMIT}")
    if n == 0:
        return 0
    factor = scale
    chosen_at = mask_pointer(chosen, n)
    with nogil:
        total = add_rounded(&values[0], chosen_at, n, factor)
    if total.status == VALUE_TOO_LARGE:
        raise OverflowError(
            f"value {values[total.place]!r} at position {total.place} times {scale} "
            "does not fit 64 bits"
        )
    if total.status == SUM_TOO_LARGE:
        raise OverflowError(
            f"the sum of the first {total.place + 1} values times {scale} does not fit 64 bits"
        )
    return total.sum


def squared_deviations(const double[::1] values, double centre, mask=None):
    """Add the squares of deviations from `centre`, in blocks of 4,096 values.

    Parameters
    ----------
    values : numpy.ndarray
        float64, shape (n,), contiguous.
    centre : float
        What is subtracted, in the unit of the values.
    mask : numpy.ndarray, optional
        bool, shape (n,): which values to use; all by default. Blocks are those of `values`.

    Returns
    -------
    float
        In squared units; the same bits on every machine.

    Raises
    ------
    ValueError
        If the mask has another length.
    """
    cdef Py_ssize_t n = values.shape[0]
    cdef const uint8_t[::1] chosen = as_bytes(mask)
    cdef const uint8_t* chosen_at
    cdef double total
    if n == 0:
        return 0.0
    chosen_at = mask_pointer(chosen, n)
    with nogil:
        total = add_squares(&values[0], chosen_at, n, centre)
    return total
