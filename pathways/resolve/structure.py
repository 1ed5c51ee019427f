"""Structural choices of a run, and the parameters of the evidence that each of them uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pathways.resolve.features import feature_inputs

if TYPE_CHECKING:
    from pathways.scenario.structure import (
        ExcessMortality,
        Kinetics,
        LifeTable,
        Potency,
        Responder,
        ResponderShare,
        Tolerance,
        Utility,
    )

STRUCTURAL_INPUTS: dict[str, dict[str, tuple[str, ...]]] = {
    "utility": {
        "dixon_2011": ("time_trade_off_decrement_by_score",),
        "linear_eq5d": ("linear_utility_slope", "linear_utility_intercept"),
        "sf6d": ("sf6d_utility_slope", "sf6d_utility_intercept"),
    },
    "mortality": {
        "uk": ("mortality_gompertz_uk",),
        "us": ("mortality_gompertz_us", "country_norm_ratio_us"),
    },
    "kinetics": {
        "kamp_2020": ("clearance", "three_compartment_set"),
        "perez_ruixo_2021": ("alternative_liver_model",),
    },
    "potency": {
        "stated": ("racemic_potency",),
        "low": ("racemic_potency_low",),
        "high": ("racemic_potency_high",),
    },
    "responder_share": {
        "by_condition": ("responder_share_by_condition",),
        "same": ("responder_share",),
    },
    "responder": {"trait": (), "redrawn": ()},
    "tolerance": {
        "none": ("tolerance_slope",),
        "half_normal": ("tolerance_slope_half_normal",),
    },
    "excess_mortality": {
        "chronic_pain": ("chronic_pain_mortality_ratio",),
        "widespread_pain": ("widespread_pain_mortality_ratio",),
        "none": (),
    },
}
"""By choice and option: the names of the parameters it takes from the book."""


@dataclass(frozen=True)
class Structure:
    """Structural choices and the parts of the model that decide which parameters are used.

    Attributes
    ----------
    utility, mortality, kinetics, potency, responder_share, responder, tolerance, excess_mortality
        As in :class:`pathways.scenario.structure.Structure`.
    allometry : bool
        Whether clearances rise with body weight to the power 0.75.
    features : tuple of str
        Parts of the model that are used, keys of ``features.FEATURE_INPUTS``.
    country : str or None
        ``"US"`` or ``"UK"``: whose prices are used, if any.
    """

    utility: Utility = "dixon_2011"
    mortality: LifeTable = "uk"
    allometry: bool = False
    features: tuple[str, ...] = ()
    country: Literal["US", "UK"] | None = None
    kinetics: Kinetics = "kamp_2020"
    potency: Potency = "stated"
    responder_share: ResponderShare = "by_condition"
    responder: Responder = "trait"
    tolerance: Tolerance = "none"
    excess_mortality: ExcessMortality = "chronic_pain"

    def parameters_of(self, choice: str) -> tuple[str, ...]:
        """Return the names of the parameters that a choice's option uses."""
        return STRUCTURAL_INPUTS[choice][getattr(self, choice)]

    def instead_of(self, name: str) -> tuple[str, str] | None:
        """Return what a parameter would be used with, and what is chosen instead.

        Parameters
        ----------
        name : str
            Of a parameter that is not used.

        Returns
        -------
        tuple of str or None
            Each as a scenario would write it; None if no choice decides on the parameter.
        """
        for choice, options in STRUCTURAL_INPUTS.items():
            for option, names in options.items():
                if name in names:
                    written = f"structure.{choice}"
                    return f"{written}: {option}", f"{written}: {getattr(self, choice)}"
        return None

    def inputs(self) -> tuple[str, ...]:
        """Return the names of the parameters used by the choices and the parts."""
        chosen = [name for choice in STRUCTURAL_INPUTS for name in self.parameters_of(choice)]
        return (*chosen, *feature_inputs(self.features))
