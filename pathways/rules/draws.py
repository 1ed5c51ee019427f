"""Random draws of one patient: each has an address and none depends on another."""

from __future__ import annotations

from array import array

from pathways.codes import Purpose
from pathways.fastcore.maths import logarithm

NO_PAIR = array("d", (0.0, 0.0))


class AddressedDraws:
    """Draws addressed by the patient, what they are for, and which one it is.

    What is numbered one after the other uses number `k` at occurrence ``floor(k / 2)``, lane
    ``k mod 2``; the numbers may be negative.
    """

    def uniform(self, purpose: Purpose, occurrence: int = 0, lane: int = 0) -> float:
        """Return a uniform number strictly between 0 and 1."""
        return self.draws.uniform(self.clinic_number, self.patient, purpose, occurrence, lane)

    def normal(self, purpose: Purpose, occurrence: int) -> float:
        """Return a standard normal number."""
        return self.draws.normal(self.clinic_number, self.patient, purpose, occurrence)

    def numbered_uniform(self, purpose: Purpose, number: int) -> float:
        """Return the uniform with this number."""
        return self.draws.uniform(
            self.clinic_number, self.patient, purpose, number >> 1, number & 1
        )

    def numbered_normal(self, purpose: Purpose, number: int) -> float:
        """Return the standard normal with this number."""
        return self.draws.normal(self.clinic_number, self.patient, purpose, number >> 1, number & 1)

    def numbered_normals(self, purpose: Purpose, first: int, last: int) -> list[float]:
        """Return the standard normals with the numbers `first` to `last`."""
        occurrence = first >> 1
        pairs = NO_PAIR * ((last >> 1) - occurrence + 1)
        self.draws.fill_normals(pairs, self.clinic_number, self.patient, purpose, occurrence)
        return pairs.tolist()[first & 1 : last - 2 * occurrence + 1]

    def exponential_clock(self, purpose: Purpose, occurrence: int) -> float:
        """Return a unit exponential: the cumulative hazard at which the clock strikes."""
        return -logarithm(self.uniform(purpose, occurrence))
