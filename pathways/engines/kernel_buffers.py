"""What a unit of work of the compiled engine fills: its events and its weekly sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pathways import layout
from pathways.codes import Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVENTS_PER_PATIENT = 64
LEAST_ROOM = 1024

EVENTS = layout.numpy_dtype(layout.EVENT)
WEEKLY = layout.numpy_dtype(layout.WEEKLY)


class EventBuffer:
    """Room for events that is emptied whenever it is full.

    Parameters
    ----------
    patients : int
        How many write to it.
    is_kept : bool
        Whether events are wanted at all.
    """

    def __init__(self, patients: int, is_kept: bool) -> None:
        self.is_kept = is_kept
        self.patients = patients
        self.room: NDArray | None = None
        self.chunks: list[NDArray] = []

    def fill(self, call: Callable[[NDArray | None], tuple[int, int]]) -> None:
        """Make a call of the kernel that takes the room, again until it is through.

        Raises
        ------
        OverflowError
            If a weekly sum leaves the range of int64.
        """
        if self.is_kept and self.room is None:
            self.room = np.empty(self.patients * EVENTS_PER_PATIENT, EVENTS)
        while True:
            status, used = call(self.room)
            if status == Status.OVERFLOW:
                raise OverflowError("a weekly sum is too large for 64 bits")
            if status == Status.OFFER_WITHOUT_REQUEST:
                raise AssertionError("the clinic offered what the patient no longer asks for")
            self._keep(used)
            if status == Status.DONE:
                return
            if used == 0:
                self.room = np.empty(max(LEAST_ROOM, 2 * len(self.room)), EVENTS)

    def _keep(self, used: int) -> None:
        if used:
            self.chunks.append(self.room[:used].copy())

    def taken(self) -> list[NDArray]:
        """Return what was kept since the last time."""
        chunks, self.chunks = self.chunks, []
        return chunks

    def whole(self) -> NDArray | None:
        """Return all events in the order in which they came; None if they are not wanted."""
        return np.concatenate([np.empty(0, EVENTS), *self.chunks]) if self.is_kept else None


def add_weekly(total: NDArray, unit: NDArray) -> None:
    """Add the weekly sums of a unit to those of the clinic, in place.

    Raises
    ------
    OverflowError
        If a sum leaves the range of int64.
    """
    sums, terms = total.view(np.int64), unit.view(np.int64)
    sums += terms
    # Every term is at least 0, so a sum below its term has wrapped round.
    if (sums < terms).any():
        raise OverflowError("a weekly sum is too large for 64 bits")
