"""The prior: the evidence book's own distributions, addressed by quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.errors import ValueProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.evidence.parameter import Parameter


@dataclass(frozen=True)
class Unknown:
    """One number to be calibrated.

    Attributes
    ----------
    key : str
        Name in the evidence book, with the component after a dot where it has several:
        ``slow_effect_c50`` or ``responder_share_by_condition.crps``.
    """

    key: str

    @property
    def name(self) -> str:
        return self.key.partition(".")[0]

    @property
    def component(self) -> str | None:
        return self.key.partition(".")[2] or None

    @property
    def parameter(self) -> Parameter:
        from pathways.evidence.book import book

        return book().parameter(self.name)

    def quantile(self, uniform: float) -> float:
        """Return the quantile of its uncertainty in the book, to 12 significant digits."""
        from pathways.evidence.draws import rounded

        return rounded(self.distribution.quantile(uniform))

    @property
    def distribution(self):
        """Its uncertainty in the book.

        Raises
        ------
        ValueProblem
            If the book states none, so that there is nothing to calibrate.
        """
        from pathways.evidence.distributions import Fixed

        parameter = self.parameter
        given = parameter.uncertainty
        one = given.get(self.component) if isinstance(given, Mapping) else given
        if one is None or isinstance(one, Fixed):
            raise ValueProblem(f"{self.key} has no uncertainty in the book, so no prior")
        return one


class Prior:
    """Independent unknowns; a point is a vector of standard normals, one for each.

    Parameters
    ----------
    keys : sequence of str
        As :class:`Unknown` takes them.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.unknowns = tuple(Unknown(key) for key in keys)

    def __len__(self) -> int:
        return len(self.unknowns)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(unknown.key for unknown in self.unknowns)

    def values(self, point: NDArray[np.float64]) -> dict[str, float]:
        """Return the value of every unknown at one point, shape (unknowns,)."""
        from scipy.special import ndtr

        uniforms = np.clip(ndtr(point), 1e-9, 1.0 - 1e-9).tolist()
        pairs = zip(self.unknowns, uniforms, strict=True)
        return {unknown.key: unknown.quantile(uniform) for unknown, uniform in pairs}

    def design(self, points: int, seed: int, further: int = 0) -> NDArray[np.float64]:
        """Return a scrambled Sobol design of standard normals, shape (points, unknowns + further).

        `points` should be a power of two, or the design loses its balance; `further` columns are
        for what is varied beside the unknowns.
        """
        from scipy.special import ndtri
        from scipy.stats import qmc

        sobol = qmc.Sobol(len(self) + further, scramble=True, rng=np.random.default_rng(seed))
        uniforms = sobol.random(points)
        return ndtri(np.clip(uniforms, 1e-9, 1.0 - 1e-9))
