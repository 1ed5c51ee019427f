"""Fair shares of what several causes do together (Shapley 1953, Annals of Mathematics Studies 28).

A cause's share is what it adds to the causes that come before it, averaged over every order in
which they could come. The shares add up to what all of them do, a cause that never adds anything
gets nothing, and two that always add the same get the same.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray


def shapley(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each cause.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (2 ** causes, ...): what each set of causes does; bit `i` of the place says whether
        cause `i` is in the set.

    Returns
    -------
    numpy.ndarray
        Shape (causes, ...). Over the causes they sum to ``values[-1] - values[0]``, up to rounding.

    Raises
    ------
    ValueError
        If the number of sets is not a power of 2.
    """
    causes = len(values).bit_length() - 1
    if len(values) != 1 << causes:
        raise ValueError(f"{len(values)} sets; allowed: a power of 2")
    weights = weights_by_size(causes)
    shares = np.zeros((causes, *values.shape[1:]))
    for cause in range(causes):
        for without in range(len(values)):
            if not without >> cause & 1:
                added = values[without | 1 << cause] - values[without]
                shares[cause] += weights[without.bit_count()] * added
    return shares


def weights_by_size(causes: int) -> list[float]:
    """Return the share of all orders in which just `size` given causes come before a given one."""
    every = factorial(causes)
    return [factorial(size) * factorial(causes - size - 1) / every for size in range(causes)]
