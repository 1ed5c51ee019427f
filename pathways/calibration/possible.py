"""Which values go together: some scores that wander cannot be had in the model."""

from __future__ import annotations

from collections.abc import Mapping

from pathways.errors import ValueProblem

OF_THE_FLARE = (
    "weekly_mean_retest_correlation",
    "weekly_flare_autocorrelation",
    "diary_day_to_day_sd",
    "diary_day_to_day_autocorrelation",
)
"""No flare gives weekly means that agree better than the day-to-day error lets them, nor worse than
flares alone would."""


def is_possible(values: Mapping[str, float]) -> bool:
    """Tell whether the model can have these values together.

    Parameters
    ----------
    values : mapping
        Of unknowns, by key; the others are as stated.
    """
    from pathways.resolve.inputs import evidence_values
    from pathways.resolve.values import flare_sd

    of_flare = {key: value for key, value in values.items() if key in OF_THE_FLARE}
    try:
        flare_sd(evidence_values(0, 0, of_flare))
    except ValueProblem:
        return False
    return True
