# cython: language_level=3
"""Addressed random numbers for Python: the same draws as the kernel's, by `_philox.pxd`.

A draw has an address, not a place in a stream: asking twice gives the same number, and asking
for more moves nothing.
"""

from libc.stdint cimport int32_t, uint8_t, uint32_t, uint64_t

cimport _philox

cdef object SEED_LIMIT = 1 << 64
cdef object DRAW_LIMIT = 1 << 24


cdef object checked(str name, value, limit):
    """A whole number from 0 to limit - 1, or an error that says so."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name}: got {value!r}; allowed: a whole number")
    whole = value.__index__()
    if not 0 <= whole < limit:
        raise ValueError(f"{name}: got {whole}; allowed: 0 to {limit - 1}")
    return whole


cdef inline int check_lane(int lane) except -1:
    if lane < 0 or lane > 1:
        raise ValueError(f"lane: got {lane}; allowed: 0 or 1")
    return 0


cdef class Draws:
    """Random numbers of one seed and one parameter draw, by address.

    Parameters
    ----------
    seed : int
        0 to 2**64 - 1.
    draw : int
        Number of the parameter draw, 0 to 2**24 - 1.

    Raises
    ------
    TypeError
        If `seed` or `draw` is not a whole number.
    ValueError
        If `seed` or `draw` is out of range.

    Notes
    -----
    Clinic and patient (index in the clinic) are 0 to 2**32 - 1, purpose 0 to 255, occurrence
    -2**31 to 2**31 - 1, lane 0 or 1; OverflowError or ValueError beyond.
    """

    cdef readonly uint64_t seed
    cdef readonly uint32_t draw

    def __init__(self, seed, draw=0):
        self.seed = checked("seed", seed, SEED_LIMIT)
        self.draw = checked("draw", draw, DRAW_LIMIT)

    def __reduce__(self):
        return Draws, (self.seed, self.draw)

    def __repr__(self):
        return f"Draws(seed={self.seed}, draw={self.draw})"

    def uniform(
        self, uint32_t clinic, uint32_t patient, uint8_t purpose, int32_t occurrence=0, int lane=0
    ):
        """Return the uniform number at an address, strictly between 0 and 1."""
        check_lane(lane)
        return _philox.uniform(
            self.seed, patient, clinic, self.draw, purpose, occurrence, lane)

    def uniform_pair(
        self, uint32_t clinic, uint32_t patient, uint8_t purpose, int32_t occurrence=0
    ):
        """Return the uniform numbers of both lanes, at the price of one."""
        pair = _philox.uniform_pair(
            self.seed, patient, clinic, self.draw, purpose, occurrence)
        return pair.lane0, pair.lane1

    def normal(
        self, uint32_t clinic, uint32_t patient, uint8_t purpose, int32_t occurrence=0, int lane=0
    ):
        """Return the standard normal number at an address: the quantile of its uniform."""
        check_lane(lane)
        return _philox.normal(
            self.seed, patient, clinic, self.draw, purpose, occurrence, lane)

    def fill_normals(
        self, double[::1] out, uint32_t clinic, uint32_t patient, uint8_t purpose,
        int32_t first_occurrence=0,
    ):
        """Fill `out` with standard normals of consecutive occurrences.

        Parameters
        ----------
        out : ndarray of float64, one dimension, contiguous, even length
            Number k is the one of occurrence ``first_occurrence + (k >> 1)``, lane ``k & 1``.

        Raises
        ------
        ValueError
            If the length is odd, or the occurrences pass 2**31 - 1.
        """
        cdef Py_ssize_t n = out.shape[0]
        if n & 1:
            raise ValueError(f"out: holds {n} numbers; allowed: an even length, two to an address")
        if <Py_ssize_t>first_occurrence + (n >> 1) > <Py_ssize_t>0x80000000:
            raise ValueError(
                f"first_occurrence: got {first_occurrence} for {n >> 1} occurrences; "
                f"allowed: up to {0x80000000 - (n >> 1)}")
        if n > 0:
            with nogil:
                _philox.normals_fill(&out[0], self.seed, patient, clinic, self.draw, purpose,
                                     first_occurrence, n >> 1)


def philox4x32(
    uint32_t key0, uint32_t key1, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3
):
    """Return the four 32-bit words of Philox4x32-10 for a key and a counter."""
    cdef _philox.Words counter
    counter.w0, counter.w1, counter.w2, counter.w3 = c0, c1, c2, c3
    words = _philox.philox4x32(key0, key1, counter)
    return words.w0, words.w1, words.w2, words.w3
