"""One clinic with queues: from booking day to booking day, blocks of patients at a time.

Between two booking days patients are independent, so blocks of them may be moved by several
threads; each has its own weekly sums and events. Only those are moved who have to be at the next
booking; the booking itself is one call.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np

from pathways.engines.kernel_buffers import EVENTS, WEEKLY, EventBuffer, add_weekly
from pathways.plan import Plan

if TYPE_CHECKING:
    from numpy.typing import NDArray


def simulate_clinic(
    desk,
    plan: Plan,
    results: NDArray,
    observations: NDArray | None,
    keep_events: bool,
    block_patients: int,
    pool: ThreadPoolExecutor | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
    tell: Callable[[int], object] | None = None,
) -> tuple[NDArray, NDArray | None]:
    """Simulate every day of the calendar of one clinic.

    Parameters
    ----------
    desk : Desk
        Of the compiled kernel, with nobody advanced yet.
    plan : Plan
    results : numpy.ndarray
        Records of ``layout.RESULTS``, a row for each patient of the clinic; written.
    observations : numpy.ndarray or None
        Records of ``layout.OBSERVATION``, shape (patients of the clinic, observed days); written.
        None if no day is observed.
    keep_events : bool
    block_patients : int
        Patients to a block.
    pool : ThreadPoolExecutor or None
        Whose threads move the blocks; None for this thread, one block after the other.
    is_stopped : callable
        Asked between booking days; once true, the rest of the calendar is left.
    tell : callable or None
        Called after each booking with as many patients as that is worth.

    Returns
    -------
    weekly : numpy.ndarray
        Records of ``layout.WEEKLY``, shape (weeks,).
    events : numpy.ndarray or None
        Records of ``layout.EVENT`` ordered by patient, then as they happened.

    Raises
    ------
    OverflowError
        If a weekly sum leaves the range of int64.
    """
    run = _ClinicRun(desk, plan, results, observations, keep_events, block_patients, pool)
    patients = len(results)
    for day in range(0, plan.calendar_days, desk.booking_every_days):
        if is_stopped():
            break
        run.advance(day, to_booking=True)
        desk.book(day)
        if tell is not None:
            tell(patients * day // plan.calendar_days)
    else:
        run.advance(plan.calendar_days, to_booking=False)
    return run.weekly(), run.events()


class _Block:
    """Consecutive patients, with what they alone write."""

    def __init__(self, first: int, count: int, weeks: int, keep_events: bool) -> None:
        self.first = first
        self.count = count
        self.weekly = np.zeros(weeks, WEEKLY)
        self.events = EventBuffer(1, keep_events)


class _ClinicRun:
    def __init__(
        self,
        desk,
        plan: Plan,
        results: NDArray,
        observations: NDArray | None,
        keep_events: bool,
        block_patients: int,
        pool: ThreadPoolExecutor | None,
    ) -> None:
        self.desk = desk
        self.results = results
        self.observations = observations
        self.pool = pool
        self.keep_events = keep_events
        self.weeks = plan.weeks
        patients = len(results)
        self.blocks = [
            _Block(first, min(block_patients, patients - first), plan.weeks, keep_events)
            for first in range(0, patients, block_patients)
        ]
        self.chunks: list[NDArray] = []

    def advance(self, end_day: int, to_booking: bool) -> None:
        """Move every block; their events are kept in the order of the blocks."""
        if self.pool is None:
            for block in self.blocks:
                self._advance_block(block, end_day, to_booking)
        else:
            _wait_for_all(
                self.pool.submit(self._advance_block, block, end_day, to_booking)
                for block in self.blocks
            )
        for block in self.blocks:
            self.chunks += block.events.taken()

    def _advance_block(self, block: _Block, end_day: int, to_booking: bool) -> None:
        rest = (end_day, to_booking, self.observations)
        block.events.fill(
            lambda room: self.desk.advance(
                block.first, block.count, self.results, block.weekly, room, *rest
            )
        )

    def weekly(self) -> NDArray:
        total = np.zeros(self.weeks, WEEKLY)
        for block in self.blocks:
            add_weekly(total, block.weekly)
        return total

    def events(self) -> NDArray | None:
        """Return the events by patient; each patient's are in order already."""
        if not self.keep_events:
            return None
        events = np.concatenate([np.empty(0, EVENTS), *self.chunks])
        return events[np.argsort(events["patient"], kind="stable")]


def _wait_for_all(submitted) -> None:
    """Wait until no thread works on a block any more; an error in one comes out here."""
    futures: list[Future] = list(submitted)
    wait(futures)
    for future in futures:
        future.result()
