"""Ketamine in blood with a liver of its own, the rival of the three-compartment model.

Structure and numbers are those of the population model of S-ketamine of Perez-Ruixo and others
(2021, Clin Pharmacokinet 60:501): a central volume exchanges drug with two peripheral ones and,
through the hepatic flow, with the liver, and only the liver gets rid of it. Four exponential modes
follow. Every outer compartment is joined to the central one alone, so their rates are separated by
the outer compartments' own rates of loss and found between them by bisection, as in
:mod:`pathways.resolve.kinetics`, with the same arithmetic.

The covariates of the publication (hepatic flow by age, elimination by ancestry) are left out, and
differences between patients are those of clearance alone: see :meth:`LiverModel.modes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pathways.resolve.kinetics import (
    NG_PER_ML_IN_MG_PER_L,
    Grid,
    Modes,
    bisect,
    three_quarter_power,
)


@dataclass(frozen=True)
class LiverModel:
    """A central volume, two peripheral ones and a liver that eliminates.

    Attributes
    ----------
    central_volume, peripheral_volume_1, peripheral_volume_2, hepatic_volume : float
        L.
    flow_1, flow_2, hepatic_flow : float
        Exchange with the central volume, L/h.
    elimination, metabolism : float
        Rates of loss from the liver, 1/h: to norketamine, and all other.
    is_allometric : bool
        Whether volumes rise with weight and exchange with (weight / 70 kg) ** 0.75. The published
        model kept no effect of weight.
    """

    central_volume: float
    flow_1: float
    peripheral_volume_1: float
    flow_2: float
    peripheral_volume_2: float
    hepatic_flow: float
    hepatic_volume: float
    elimination: float
    metabolism: float
    is_allometric: bool = False

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "is_allometric" and not 0.0 < value < float("inf"):
                raise ValueError(f"{name}: got {value!r}; allowed: above 0")

    @property
    def intrinsic_clearance(self) -> float:
        """What the liver would clear if flow were no limit, L/h."""
        return self.hepatic_volume * (self.elimination + self.metabolism)

    @property
    def extraction(self) -> float:
        """Share of the drug that one passage through the liver removes."""
        return self.intrinsic_clearance / (self.hepatic_flow + self.intrinsic_clearance)

    @property
    def clearance(self) -> float:
        """Clearance from blood, hepatic flow times extraction, L/h."""
        return self.hepatic_flow * self.extraction

    def modes(self, clearance: Grid, weight_kg: Grid) -> Modes:
        """Solve the model for patients of given clearance and weight.

        Patients differ in hepatic flow at the same extraction: flow explains most of what the
        published spreads mean for clearance. Dose over clearance stays the area under the curve.

        Parameters
        ----------
        clearance, weight_kg : numpy.ndarray
            L/h and kg, shape (n,).

        Returns
        -------
        Modes
            Four, fastest first.
        """
        size = weight_kg / 70.0 if self.is_allometric else np.ones_like(weight_kg)
        flow = three_quarter_power(size) if self.is_allometric else size
        central, liver = self.central_volume * size, self.hepatic_volume * size
        hepatic_flow = clearance / self.extraction
        lost = clearance / (1.0 - self.extraction) / liver
        flows = (self.flow_1 * flow, self.flow_2 * flow, hepatic_flow)
        volumes = (self.peripheral_volume_1 * size, self.peripheral_volume_2 * size, liver)
        back = [one / volume for one, volume in zip(flows, volumes, strict=True)]
        coupling = [one / central * returned for one, returned in zip(flows, back, strict=True)]
        poles = [back[0], back[1], back[2] + lost]
        out = (flows[0] + flows[1] + flows[2]) / central
        rates = _rates(out, poles, coupling)
        return Modes(rates, NG_PER_ML_IN_MG_PER_L * _shares(rates, poles) / (rates * central))


def _rates(out: Grid, poles: list[Grid], coupling: list[Grid]) -> Grid:
    """Return the roots of the characteristic quartic; the poles separate them."""
    a, b, c = poles
    by_a, by_b, by_c = coupling

    def quartic(x: Grid) -> Grid:
        to_a, to_b, to_c = x - a, x - b, x - c
        exchanged = by_a * (to_b * to_c) + by_b * (to_a * to_c) + by_c * (to_a * to_b)
        return (x - out) * (to_a * (to_b * to_c)) - exchanged

    def mirrored(x: Grid) -> Grid:
        return 0.0 - quartic(x)

    low, middle, high = np.sort(np.stack(poles), axis=0)
    beyond = out + ((a + b) + c)
    edges = (np.zeros_like(low), low, middle, high, beyond)
    rising: tuple[Callable[[Grid], Grid], ...] = (mirrored, quartic, mirrored, quartic)
    found = [bisect(one, *edges[place : place + 2]) for place, one in enumerate(rising)]
    return np.stack(found[::-1])


def _shares(rates: Grid, poles: list[Grid]) -> Grid:
    """Return the share of each mode in the central volume after a bolus; they add up to 1."""
    shares = []
    for place, rate in enumerate(rates):
        others = [one for other, one in enumerate(rates) if other != place]
        above, below = np.ones_like(rate), np.ones_like(rate)
        for pole, other in zip(poles, others, strict=True):
            above, below = above * (pole - rate), below * (other - rate)
        # Outer compartments that lose drug at one rate share modes the central volume never sees.
        is_seen = above * below > 0.0
        shares.append(np.where(is_seen, above / np.where(is_seen, below, 1.0), 0.0))
    return np.stack(shares)
