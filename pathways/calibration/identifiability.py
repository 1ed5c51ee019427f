"""What the targets moved: contraction, pairs that move together, and which target it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration.bank import Bank
from pathways.calibration.fit import Fit, fit, widths
from pathways.calibration.posterior import contraction
from pathways.calibration.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS = 20_000
"""Draws that the tables rest on, so that their own error is below a hundredth or so."""
MOVED = 0.1
"""Contraction below which the targets are said not to have moved an unknown's spread."""
SHIFTED = 0.25
"""Shift of the middle, in standard deviations of the prior, below which it counts as not moved."""
TOGETHER = 0.5
"""Correlation from which a pair is named."""


@dataclass(frozen=True)
class Moved:
    """What the targets did to one unknown.

    Attributes
    ----------
    name : str
    contraction : float
        Share of the prior variance that they removed.
    shift : float
        Of the mean, in standard deviations of the prior.
    from_book : float
        Posterior standard deviation over that of the evidence's own distribution, which may have
        been widened to be the prior.
    """

    name: str
    contraction: float
    shift: float
    from_book: float

    @property
    def is_moved(self) -> bool:
        """Whether the targets say anything about it."""
        return self.contraction >= MOVED or abs(self.shift) >= SHIFTED


def moved(found: Fit) -> list[Moved]:
    """Return what happened to each unknown, in the order of the settings."""
    removed, wide = contraction(found.points), widths(found.settings)
    means, spreads = found.points.mean(axis=0), found.points.std(axis=0, ddof=1)
    columns = zip(found.names, removed, means, spreads * wide, strict=True)
    return [Moved(name, *map(float, numbers)) for name, *numbers in columns]


def pairs(found: Fit, least: float = TOGETHER) -> list[tuple[str, str, float]]:
    """Return pairs of unknowns with a posterior correlation of `least` or more, strongest first."""
    correlation = np.corrcoef(found.points, rowvar=False)
    first, second = np.triu_indices(len(found.names), k=1)
    named = [
        (found.names[a], found.names[b], float(correlation[a, b]))
        for a, b in zip(first, second, strict=True)
        if abs(correlation[a, b]) >= least
    ]
    return sorted(named, key=lambda pair: -abs(pair[2]))


def directions(found: Fit) -> NDArray[np.float64]:
    """Return the contraction along each principal direction of the posterior, largest first.

    Unknowns that no target tells apart leave combinations that are known; these are found here.
    """
    variances = np.linalg.eigvalsh(np.cov(found.points, rowvar=False))
    return np.clip(1.0 - variances, 0.0, 1.0)


def left_out(settings: Settings, bank: Bank, *, seed: int) -> dict[str, Fit]:
    """Return the calibration without each target in turn, by name of the target."""
    names = [one.name for one in settings.targets if one.weight > 0.0]
    return {
        name: fit(
            settings.model_copy(update={"targets": settings.reweighed({name: 0.0})}),
            bank,
            seed=seed,
            draws=DRAWS,
        )
        for name in names
    }


def movers(found: Fit, without: Mapping[str, Fit]) -> dict[str, list[tuple[str, float, float]]]:
    """Return by unknown which targets move it.

    Returns
    -------
    dict
        Targets with the contraction that is lost and the shift of the mean, in standard deviations
        of the prior, when they are left out; those that lose a twentieth or shift a tenth.
    """
    whole = moved(found)
    named: dict[str, list[tuple[str, float, float]]] = {one.name: [] for one in whole}
    for target, other in without.items():
        for one, less in zip(whole, moved(other), strict=True):
            lost, shift = one.contraction - less.contraction, less.shift - one.shift
            if lost >= 0.05 or abs(shift) >= 0.1:
                named[one.name].append((target, lost, shift))
    return {name: sorted(rows, key=lambda row: -row[1]) for name, rows in named.items()}
