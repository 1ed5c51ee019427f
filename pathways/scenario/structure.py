"""Structural choices: where the evidence leaves more than one model standing."""

from __future__ import annotations

from typing import Literal

from pathways.reading.fields import Flag, Section

Kinetics = Literal["kamp_2020", "perez_ruixo_2021"]
Potency = Literal["stated", "low", "high"]
ResponderShare = Literal["by_condition", "same"]
Responder = Literal["trait", "redrawn"]
Tolerance = Literal["none", "half_normal"]
Utility = Literal["dixon_2011", "linear_eq5d", "sf6d"]
LifeTable = Literal["uk", "us"]
ExcessMortality = Literal["chronic_pain", "widespread_pain", "none"]


class Structure(Section):
    """Structural choices; each has a default that the evidence prefers and rivals to try."""

    kinetics: Kinetics = "kamp_2020"
    """Model of ketamine in blood: `kamp_2020`, three compartments with a pooled clearance (PK1,
    M100), or `perez_ruixo_2021`, three and a liver that eliminates (PK5)."""
    potency: Potency = "stated"
    """Potency of the racemate against S-ketamine: that of the evidence (PD8), or the `low` (PD8b)
    or `high` (PD8c) end of what is plausible."""
    responder_share: ResponderShare = "by_condition"
    """Share of patients in whom ketamine works: `by_condition` (M111), or the `same` in all, as
    measured in CRPS (PD3)."""
    responder: Responder = "trait"
    """Whether responding is a `trait` of the patient (PD3) or `redrawn` at each further course, a
    wrong model that is there to show what it does."""
    tolerance: Tolerance = "none"
    """Loss of effect with lifetime exposure: `none` unless `parameters` gives a slope (PD13), or
    `half_normal`, the slope of PD13b."""
    utility: Utility = "dixon_2011"
    """Mapping from pain to utility: time trade-off values by score (U3), a line through EQ-5D (U5),
    or SF-6D, a third as steep (U6)."""
    mortality: LifeTable = "uk"
    """Life table (N19 or N18), and the utility norms of its country."""
    excess_mortality: ExcessMortality = "chronic_pain"
    """Mortality against that table: as in `chronic_pain` (N20), in `widespread_pain` (N20b), or
    `none`."""
    allometry: Flag = False
    """Whether clearances rise with body weight to the power 0.75 (PK9)."""
