"""From the kept bank to draws from the posterior: seconds, and the same draws every time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration import emulator as emulation
from pathways.calibration.bank import Bank, values_at
from pathways.calibration.emulator import Emulator
from pathways.calibration.likelihood import Target, to_scale
from pathways.calibration.possible import is_possible
from pathways.calibration.posterior import sample
from pathways.calibration.settings import Settings
from pathways.calibration.targets import targets_of
from pathways.errors import ValueProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Fit:
    """One calibration.

    Attributes
    ----------
    settings : Settings
    targets : list of Target
        Those with a weight above 0.
    emulator : Emulator
        Takes points of the prior of these settings; of these targets.
    points : ndarray, shape (draws, unknowns and own)
        Posterior, standard normals of the prior of these settings.
    effective : float
        Effective number of the weighted points it was taken from.
    """

    settings: Settings
    targets: list[Target]
    emulator: Emulator
    points: NDArray[np.float64]
    effective: float

    @property
    def names(self) -> tuple[str, ...]:
        """Unknowns, then numbers of trial files."""
        keys = tuple(one.key for one in self.settings.unknowns)
        return (*keys, *(one.name for one in self.settings.own))

    @property
    def book_points(self) -> NDArray[np.float64]:
        """The posterior as standard normals of the evidence's own distributions."""
        return self.points * widths(self.settings)


def widths(settings: Settings) -> NDArray[np.float64]:
    """Return by how much each prior is wider than the evidence says."""
    return np.array([one.widened for one in settings.unknowns] + [1.0] * len(settings.own))


def scaled(settings: Settings, bank: Bank) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the bank's points as standard normals of the prior, and what is expected there.

    The expectations are on the scale of the likelihood, of the targets with a weight above 0.
    """
    targets, there = targets_of(settings), bank.possible
    columns = [bank.targets.index(target.name) for target in targets]
    expected = [
        to_scale(target, bank.expected[there, column])
        for target, column in zip(targets, columns, strict=True)
    ]
    return bank.points[there] / widths(settings), np.stack(expected, axis=1)


def fit(settings: Settings, bank: Bank, *, seed: int, draws: int | None = None) -> Fit:
    """Fit the unknowns to the targets.

    Parameters
    ----------
    settings : Settings
    bank : Bank
    seed : int
        Of the sampling; same seed, same draws.
    draws : int, optional
        Twice those of the settings by default, so that impossible ones can be left out.
    """
    targets = targets_of(settings)
    points, expected = scaled(settings, bank)
    stand_in = emulation.fit(points, expected)
    found = sample(stand_in, targets, points.shape[1], draws=draws or 2 * settings.draws, seed=seed)
    return Fit(settings, targets, stand_in, found.points, found.effective)


def rows_of(found: Fit) -> tuple[list[list[float]], list[int]]:
    """Return as many draws as the settings ask for, and which of the posterior they are.

    They are in the units of the evidence, without the trials' own numbers. Draws that the model
    cannot have are left out; a few in a thousand.

    Raises
    ------
    ValueProblem
        If there are too few.
    """
    rows, kept = [], []
    for number, point in enumerate(found.book_points):
        values = values_at(found.settings, point)[0]
        if is_possible(values):
            rows.append(list(values.values()))
            kept.append(number)
        if len(rows) == found.settings.draws:
            return rows, kept
    raise ValueProblem(f"only {len(rows)} draws are possible", f"{found.settings.draws}")


def as_text(keys: Sequence[str], rows: Iterable[Sequence[float]], about: Iterable[str]) -> str:
    """Return the file that draws are kept as."""
    out = io.StringIO()
    for line in about:
        out.write(f"# {line}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([repr(value) for value in row] for row in rows)
    return out.getvalue()
