"""Who is referred where and when: clinics, replicate regions and days of referral."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pathways.errors import InputError, Place

if TYPE_CHECKING:
    from pathways.scenario.clinics import Clinic
    from pathways.scenario.document import ScenarioDocument

ONLY_CLINIC = 1
"""Number of the clinic of a scenario that names none."""
DAYS_PER_YEAR = 365
REGION_BITS = 16
MOST_REGIONS = 2**16


@dataclass(frozen=True)
class Load:
    """The patients of every clinic of a plan.

    Attributes
    ----------
    order : tuple of int
        Places of the declared clinics by ascending number; the same in every region.
    numbers : tuple of int
        Of the plan's clinics, region by region: ``region << 16 | number``.
    regions : int
        Copies of the declared clinics with draws of their own.
    clinic_patients, referral_days : numpy.ndarray
        As in :class:`pathways.plan.Plan`.
    """

    order: tuple[int, ...]
    numbers: tuple[int, ...]
    regions: int
    clinic_patients: NDArray[np.int64]
    referral_days: NDArray[np.int64]


def load_of(
    document: ScenarioDocument, *, patients: int, calendar_days: int, seed: int, draw: int
) -> Load:
    """Return how many patients come to each clinic, and when.

    Parameters
    ----------
    document : ScenarioDocument
    patients : int
        Of a closed cohort all, shared out by the clinics' shares; of arrivals the studied patients
        wished for, which decide the number of regions and never the load of a clinic.
    calendar_days : int
    seed, draw : int

    Raises
    ------
    InputError
        If so many patients need more regions than can be told apart.
    """
    clinics = document.clinics or ()
    numbers, order = [ONLY_CLINIC], [0]
    if clinics:
        numbers = sorted(clinic.address for clinic in clinics)
        order = sorted(range(len(clinics)), key=lambda index: clinics[index].address)
    shares = [share_of(clinics[index]) if clinics else Fraction(1) for index in order]
    if not document.referrals.is_arrivals:
        counts = np.array(shared_out(patients, shares), np.int64)
        days = np.zeros(patients, np.int64)
        return Load(tuple(order), tuple(numbers), 1, counts, days)
    regions = regions_for(document, patients)
    everywhere = [region << REGION_BITS | number for region in range(regions) for number in numbers]
    rates = [float(Fraction(repr(document.referrals.per_year)) * share) for share in shares]
    days = _days_of_arrivals(everywhere, rates * regions, calendar_days, seed, draw)
    counts = np.array([len(one) for one in days], np.int64)
    return Load(tuple(order), tuple(everywhere), regions, counts, np.concatenate(days))


def share_of(clinic: Clinic) -> Fraction:
    """Return a clinic's share as it is written."""
    return Fraction(repr(clinic.share))


def shared_out(patients: int, shares: Sequence[Fraction]) -> list[int]:
    """Return whole patients by share: the whole parts, then one each to the largest remainders.

    Of equal remainders the first comes first.
    """
    total = sum(shares, Fraction(0))
    quotas = [patients * share / total for share in shares]
    counts = [quota.numerator // quota.denominator for quota in quotas]
    by_remainder = sorted(range(len(quotas)), key=lambda i: counts[i] - quotas[i])
    for index in by_remainder[: patients - sum(counts)]:
        counts[index] += 1
    return counts


def regions_for(document: ScenarioDocument, patients: int) -> int:
    """Return the replicate regions in which as many studied patients are expected as wished for.

    Raises
    ------
    InputError
        If that is more than can be told apart.
    """
    if not document.referrals.is_arrivals:
        return 1
    each = studied_in_a_region(document)
    regions = -(-patients // each)
    if regions > MOST_REGIONS:
        problem = f"{patients} studied patients need {regions} regions of {float(each):g} each"
        raise InputError(Place(path="patients"), problem, f"{MOST_REGIONS} regions or fewer")
    return max(1, int(regions))


def studied_in_a_region(document: ScenarioDocument) -> Fraction:
    """Return the number of studied patients expected in one region."""
    referrals = document.referrals
    return Fraction(repr(referrals.per_year)) * referrals.intake / DAYS_PER_YEAR


def expected_patients(document: ScenarioDocument, patients: int, calendar_days: int) -> int:
    """Return how many patients are simulated, studied or not: exactly, or as expected."""
    if not document.referrals.is_arrivals:
        return patients
    a_year = Fraction(repr(document.referrals.per_year))
    return int(regions_for(document, patients) * a_year * calendar_days / DAYS_PER_YEAR) + 1


def _days_of_arrivals(
    numbers: Sequence[int], rates: Sequence[float], calendar_days: int, seed: int, draw: int
) -> list[NDArray[np.int64]]:
    from pathways.fastcore.population import referral_days

    return [
        referral_days(seed, draw, number, rate / float(DAYS_PER_YEAR), calendar_days)
        for number, rate in zip(numbers, rates, strict=True)
    ]
