"""The stated likelihood: how probable the published results are under expected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.errors import ValueProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALLEST_SHARE = 1e-4
"""Expected shares are kept this far from 0 and 1: a simulation of finite size cannot exclude."""
SMALLEST_MEAN = 1e-3


@dataclass(frozen=True)
class Target:
    """A published result that parameters are fitted to.

    Attributes
    ----------
    name : str
        ``trial.endpoint``.
    value : float
        As published, in the endpoint's unit; for a share between 0 and 1.
    standard_error : float or None
        Of `value`, for a mean or difference.
    total : float or None
        Patients, for a share: `value` times this many had it. Not whole where only a part of the
        information is used.
    status : str
        Status of the number in the words of the evidence book.
    note : str
        What was assumed to read it so.
    is_log : bool
        Whether a mean is compared on the logarithmic scale, as a mean above 0 that spans several
        times its size under the prior is.
    """

    name: str
    value: float
    standard_error: float | None = None
    total: float | None = None
    status: str = "verified"
    note: str = ""
    is_log: bool = False

    def __post_init__(self) -> None:
        if (self.standard_error is None) == (self.total is None):
            problem = f"target {self.name} needs either a standard error or a number of patients"
            raise ValueProblem(problem, "one of the two")
        if self.total is not None and not 0.0 <= self.value <= 1.0:
            raise ValueProblem(f"target {self.name} is a share of {self.value:g}", "0 to 1")
        if self.is_log and not (self.total is None and self.value > 0.0):
            raise ValueProblem(f"target {self.name} has no logarithm", "a mean above 0")
        if self.standard_error is not None and not self.standard_error > 0.0:
            problem = f"target {self.name} has the standard error {self.standard_error:g}"
            raise ValueProblem(problem, "above 0")

    @property
    def is_share(self) -> bool:
        return self.total is not None

    @property
    def on_scale(self) -> float:
        """The published value on the scale of the likelihood."""
        return float(to_scale(self, self.value))

    @property
    def size(self) -> float:
        """Its standard error on the scale of the likelihood.

        Of a share the adjusted one of Agresti and Coull, who add two patients of each kind.
        """
        if self.total is None:
            return self.standard_error / self.value if self.is_log else self.standard_error
        adjusted = (self.value * self.total + 2.0) / (self.total + 4.0)
        return float((adjusted * (1.0 - adjusted) * (self.total + 4.0)) ** -0.5)


def log_likelihood(
    targets: Sequence[Target], expected: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the log-likelihood of each set of parameters, shape (n,).

    A mean or difference is normal around what the model expects, with the published standard error
    and the error of the expectation added in squares; some means are so on the logarithmic scale.
    A share is binomial; its expectation is read through a normal on the logit scale of which the
    mean is taken (error of the expectation).

    Parameters
    ----------
    targets : sequence of Target
    expected : ndarray, shape (n, targets)
        What the model expects: the mean or difference, of some its logarithm, of a share its
        **logit**.
    spread : ndarray, shape (targets,)
        Standard deviation of the error of `expected`, on the same scale.
    """
    total = np.zeros(len(expected))
    for column, target in enumerate(targets):
        if target.is_share:
            total += _binomial(target, expected[:, column], spread[column])
        else:
            variance = target.size**2 + spread[column] ** 2
            total += -0.5 * (expected[:, column] - target.on_scale) ** 2 / variance
    return total


def to_scale(target: Target, value: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return results on the scale of the likelihood: logits of shares, logarithms of some means."""
    if target.is_log:
        return np.log(np.maximum(value, SMALLEST_MEAN))
    if not target.is_share:
        return np.asarray(value, dtype=float)
    inside = np.clip(value, SMALLEST_SHARE, 1.0 - SMALLEST_SHARE)
    return np.log(inside / (1.0 - inside))


def from_scale(target: Target, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what :func:`to_scale` was given."""
    if target.is_log:
        return np.exp(expected)
    return 1.0 / (1.0 + np.exp(-expected)) if target.is_share else expected


_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


def _binomial(target: Target, logit: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Log of the binomial probability, averaged over the error of the expected logit."""
    had = target.value * target.total
    at_nodes = logit[:, None] + spread * _NODES[None, :]
    log_share = -np.logaddexp(0.0, -at_nodes)
    log_rest = -np.logaddexp(0.0, at_nodes)
    each = had * log_share + (target.total - had) * log_rest
    return np.logaddexp.reduce(each + np.log(_WEIGHTS / _WEIGHTS.sum()), axis=1)
