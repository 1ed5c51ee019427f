"""How the patients of a run are a sample: each for himself, or as those of one queue.

Without queues no patient sees another, and intervals come from the differences between patients.
With queues the patients of a region share its chairs: their waits go up and down together, and
only whole regions are independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from pathways.outcomes import calendar
from pathways.outcomes.estimates import Estimate
from pathways.outcomes.people import Patients
from pathways.plan import Plan

LEAST_REGIONS = 5
MOST_GROUPS = 40
"""More regions are taken together, so that an interval costs no more."""

SURE_SHARE = 0.975
PER_INFUSION = "_per_infusion"
PER_PATIENT_YEARS = "/100 a"
SHARES = ("share_", "false_positive_rate")
BELOW_ZERO = ("QALY",)
"""Units of what may be negative: a state may be worse than death."""

Measure = tuple[str, str, Estimate]
"""Name, unit and estimate."""

Measures = Iterable[Measure]


class Sampling:
    """Gives measures of patients the intervals that the run allows.

    Parameters
    ----------
    plan : Plan or None
        None takes patients as independent.
    """

    def __init__(self, plan: Plan | None) -> None:
        self._regions = regions_in_queues(plan) if plan is not None else None
        enough = self._regions is not None and self._regions >= LEAST_REGIONS
        self._groups = groups_of_regions(plan) if enough else None

    def measured(
        self,
        make: Callable[[Patients], Measures],
        patients: Patients,
        is_wait: Callable[[str], bool],
    ) -> list[Measure]:
        """Return the measures that `make` finds in patients.

        Parameters
        ----------
        make : callable
            Gives the same measures in the same order for any patients.
        patients : Patients
        is_wait : callable
            Tells by its name which measure has no interval when there are too few regions.
        """
        overall = list(make(patients))
        if self._groups is not None:
            parts = [list(make(patients.in_rows(rows))) for rows in self._groups]
            return [
                _between(one, [part[place][2] for part in parts], str(self._regions))
                for place, one in enumerate(overall)
            ]
        if self._regions is None:
            return overall
        why = too_few(self._regions)
        return [
            (name, unit, _bare(found, why) if is_wait(name) else found)
            for name, unit, found in overall
        ]


def regions_in_queues(plan: Plan) -> int | None:
    """Return the number of regions whose patients wait in queues; None without queues."""
    return calendar.regions_of(plan) if plan.queues else None


def too_few(regions: int) -> str:
    """Return why there is no interval."""
    there = f"is {regions}" if regions == 1 else f"are {regions}"
    return (
        f"no interval: patients share queues, and of {LEAST_REGIONS} regions needed there {there}"
    )


def groups_of_regions(plan: Plan) -> list[slice]:
    """Return the rows of patients of each region, or of neighbouring regions taken together."""
    rows = calendar.rows_of_regions(plan)
    groups = np.array_split(np.arange(len(rows)), min(len(rows), MOST_GROUPS))
    return [slice(rows[group[0]].start, rows[group[-1]].stop) for group in groups]


def mean_of_regions(values: np.ndarray) -> Estimate:
    """Return the mean of one value for each region, with its interval if there are enough.

    Parameters
    ----------
    values : numpy.ndarray
        Not negative.
    """
    n = len(values)
    found = Estimate(math.fsum(values) / n, n=n, note="n regions")
    if n < LEAST_REGIONS:
        return _bare(found, too_few(n))
    deviations = [float(one) - found.value for one in values]
    return _with_interval(found, deviations, [1.0] * n, lowest=0.0)


def _between(measure: Measure, parts: list[Estimate], regions: str) -> Measure:
    name, unit, found = measure
    if found.low is None and found.high is None or _is_of_harms(name, unit):
        return measure
    counted = [part for part in parts if part.n > 0]
    if found.value is None or any(part.value is None for part in counted):
        return name, unit, _bare(found, "")
    deviations = [part.value - found.value for part in counted]
    if not any(deviations):
        return measure
    lowest = None if unit in BELOW_ZERO else 0.0
    highest = 1.0 if name.startswith(SHARES) else None
    noted = replace(found, note="; ".join(filter(None, (found.note, f"between {regions} regions"))))
    weights = [float(part.n) for part in counted]
    return name, unit, _with_interval(noted, deviations, weights, lowest, highest)


def _with_interval(
    found: Estimate,
    deviations: Sequence[float],
    weights: Sequence[float],
    lowest: float | None = None,
    highest: float | None = None,
) -> Estimate:
    """Return an estimate with standard error and t interval from groups of unlike size.

    The variance is ``G / (G - 1) * sum((w d)^2) / (sum w)^2`` over G groups of weight w that
    deviate by d (Cochran 1977, Sampling Techniques, 6.4: a ratio of sums over the groups).
    """
    from scipy.special import stdtrit

    n = len(deviations)
    if n < 2:
        return _bare(found, "")
    squares = [(w * d) * (w * d) for w, d in zip(weights, deviations, strict=True)]
    error = math.sqrt(math.fsum(squares) * n / (n - 1)) / math.fsum(weights)
    half = float(stdtrit(n - 1, SURE_SHARE)) * error
    low, high = found.value - half, found.value + half
    low = low if lowest is None else max(lowest, low)
    high = high if highest is None else min(highest, high)
    return replace(found, standard_error=error, low=low, high=high)


def _bare(found: Estimate, why: str) -> Estimate:
    if found.value is not None and why:
        found = replace(found, note="; ".join(filter(None, (found.note, why))))
    return replace(found, standard_error=None, low=None, high=None)


def _is_of_harms(name: str, unit: str) -> bool:
    """Harms are counted per time or infusion, which queues change little, and are often rare."""
    return unit == PER_PATIENT_YEARS or name.endswith(PER_INFUSION)
