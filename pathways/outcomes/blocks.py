"""A plan cut into blocks of patients that can be simulated one after the other.

Without queues a block is a part of a clinic, or several small ones; with queues, where patients of
a clinic meet, it is always whole clinics.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pathways.outcomes import calendar
from pathways.plan import Plan

MOST_PATIENTS = 8192


@dataclass(frozen=True)
class Block:
    """Some patients of a plan, whose rows lie together.

    Attributes
    ----------
    clinics : slice
        Their clinics, by position in the plan.
    first : int
        Index in its clinic of the first of them; 0 unless they are a part of one clinic.
    rows : slice
        Their rows.
    """

    clinics: slice
    first: int
    rows: slice

    @property
    def patients(self) -> int:
        """How many they are."""
        return self.rows.stop - self.rows.start

    def plan_of(self, whole: Plan) -> Plan:
        """Return the plan as if they were all its patients."""
        sizes = whole.clinic_patients[self.clinics]
        return replace(
            whole,
            patients=self.patients,
            clinics=np.ascontiguousarray(whole.clinics[:, self.clinics]),
            clinic_patients=np.array([self.patients]) if len(sizes) == 1 else sizes.copy(),
            referral_days=whole.referral_days[self.rows].copy(),
        )


def blocks_of(plan: Plan, most: int = MOST_PATIENTS) -> Iterator[Block]:
    """Yield the blocks of a plan in the order of its rows.

    Parameters
    ----------
    plan : Plan
    most : int
        Patients of a block; more only where a clinic with queues has more.
    """
    starts = [*calendar.first_rows(plan).tolist(), plan.patients]
    begun = 0
    for clinic, size in enumerate(plan.clinic_patients.tolist()):
        start, end = starts[clinic : clinic + 2]
        if begun < clinic and end - starts[begun] > most:
            yield Block(slice(begun, clinic), 0, slice(starts[begun], start))
            begun = clinic
        if size > most and not plan.queues:
            for first in range(0, size, most):
                rows = slice(start + first, min(start + first + most, end))
                yield Block(slice(clinic, clinic + 1), first, rows)
            begun = clinic + 1
    if begun < len(plan.clinic_patients):
        yield Block(slice(begun, len(plan.clinic_patients)), 0, slice(starts[begun], starts[-1]))
