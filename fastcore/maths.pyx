# cython: language_level=3, boundscheck=False, wraparound=False
"""Elementary functions with the same bits on every machine: the Python door of `_maths.pxd`.

Everything numerical that both engines or the sampler compare goes through here, never through
`math` or NumPy.  The door checks domains; the inline functions behind it do not.
"""

from libc.math cimport INFINITY

cimport _maths

ctypedef double (*Function)(double) noexcept nogil

cdef double SMALLEST = 5e-324
cdef double LARGEST = 1.7976931348623157e308
cdef double EXPONENTIAL_LIMIT = 709.782712893384
cdef double BELOW_ONE = 0.9999999999999999

cdef str EXPONENTIAL_DOMAIN = "x <= 709.782712893384"
cdef str LOGARITHM_DOMAIN = "0 < x < infinity"
cdef str LOGISTIC_DOMAIN = "any number but NaN"
cdef str QUANTILE_DOMAIN = "0 < p < 1"


cdef object outside(str name, double value, str domain, str place=""):
    return ValueError(f"{name}: got {value!r}{place}; allowed: {domain}")


cdef inline Py_ssize_t first_outside(
    const double* values, Py_ssize_t n, double lowest, double highest
) noexcept nogil:
    """Position of the first value not in [lowest, highest], NaN included; n if there is none."""
    cdef Py_ssize_t i
    for i in range(n):
        if not (lowest <= values[i] <= highest):
            return i
    return n


cdef inline void fill(
    Function function, const double* values, double* out, Py_ssize_t n
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = function(values[i])


cdef inline object fill_checked(
    Function function, const double[::1] values, double[::1] out, str name,
    double lowest, double highest, str domain,
):
    """Check lengths and domain first, so that a refused call leaves `out` as it was."""
    cdef Py_ssize_t n = values.shape[0]
    cdef Py_ssize_t bad
    if out.shape[0] != n:
        raise ValueError(f"{name}_array: out holds {out.shape[0]} values; allowed: {n}, as values")
    if n == 0:
        return
    with nogil:
        bad = first_outside(&values[0], n, lowest, highest)
        if bad == n:
            fill(function, &values[0], &out[0], n)
    if bad < n:
        raise outside(name + "_array", values[bad], domain, f" at position {bad}")


def exponential(double x):
    """Return e to the power x.

    Parameters
    ----------
    x : float
        At most 709.782712893384; minus infinity is allowed.

    Returns
    -------
    float
        Within 1 ulp; exactly 0.0 below -708, so never a denormal number.

    Raises
    ------
    ValueError
        If `x` is NaN or the result would overflow.
    """
    if not x <= EXPONENTIAL_LIMIT:
        raise outside("exponential", x, EXPONENTIAL_DOMAIN)
    return _maths.exponential(x)


def logarithm(double x):
    """Return the natural logarithm of x.

    Parameters
    ----------
    x : float
        Positive and finite; denormal numbers are allowed.

    Returns
    -------
    float
        Within 1 ulp.

    Raises
    ------
    ValueError
        If `x` is NaN, infinite, zero or negative.
    """
    if not SMALLEST <= x <= LARGEST:
        raise outside("logarithm", x, LOGARITHM_DOMAIN)
    return _maths.logarithm(x)


def logistic(double x):
    """Return 1 / (1 + e**-x).

    Parameters
    ----------
    x : float
        Any number but NaN, infinities included.

    Returns
    -------
    float
        Within 3 ulp, from 0 to 1; exactly 0.0 below -708.

    Raises
    ------
    ValueError
        If `x` is NaN.
    """
    if x != x:
        raise outside("logistic", x, LOGISTIC_DOMAIN)
    return _maths.logistic(x)


def normal_quantile(double p):
    """Return the standard normal quantile of p.

    Parameters
    ----------
    p : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        Within 6 ulp.  Where 1 - p is exact, the results at p and 1 - p are exact opposites.

    Raises
    ------
    ValueError
        If `p` is NaN or not strictly between 0 and 1.

    Notes
    -----
    Wichura (1988), algorithm AS 241, PPND16.
    """
    if not SMALLEST <= p <= BELOW_ONE:
        raise outside("normal_quantile", p, QUANTILE_DOMAIN)
    return _maths.normal_quantile(p)


def exponential_array(const double[::1] values, double[::1] out):
    """Write `exponential` of each value into `out`.

    Parameters
    ----------
    values, out : ndarray of float64, one dimension, contiguous, same length
        May be the same array.

    Raises
    ------
    ValueError
        If an array has another type or shape, or a value is outside the domain; `out` is then
        unchanged.
    """
    fill_checked(_maths.exponential, values, out, "exponential",
                 -INFINITY, EXPONENTIAL_LIMIT, EXPONENTIAL_DOMAIN)


def logarithm_array(const double[::1] values, double[::1] out):
    """Write `logarithm` of each value into `out`; arrays and errors as `exponential_array`."""
    fill_checked(_maths.logarithm, values, out, "logarithm", SMALLEST, LARGEST, LOGARITHM_DOMAIN)


def logistic_array(const double[::1] values, double[::1] out):
    """Write `logistic` of each value into `out`; arrays and errors as `exponential_array`."""
    fill_checked(_maths.logistic, values, out, "logistic", -INFINITY, INFINITY, LOGISTIC_DOMAIN)


def normal_quantile_array(const double[::1] values, double[::1] out):
    """Write `normal_quantile` of each value into `out`; errors as `exponential_array`."""
    fill_checked(_maths.normal_quantile, values, out, "normal_quantile",
                 SMALLEST, BELOW_ONE, QUANTILE_DOMAIN)


def multiply_add(double a, double b, double c):
    """Return a * b + c with two roundings; a build that fuses them gives other bits."""
    return a * b + c
