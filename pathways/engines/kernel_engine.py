"""The compiled engine: units of patients on threads, results in patient order.

A unit is a run of consecutive patients, some tens of milliseconds of work. Each samples its
traits, is advanced to the horizon without the interpreter's lock, and writes its own rows; sums
over patients are integers. So the results do not depend on the number of threads or the size of
a unit.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways import layout
from pathways.codes import Status
from pathways.plan import Plan, RawResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Progress = Callable[[int, int], object]

PATIENT_DAYS_PER_UNIT = 3_000_000
EVENTS_PER_PATIENT = 64

_TRAITS = layout.numpy_dtype(layout.TRAITS)
_RESULTS = layout.numpy_dtype(layout.RESULTS)
_WEEKLY = layout.numpy_dtype(layout.WEEKLY)
_EVENTS = layout.numpy_dtype(layout.EVENT)


def run(
    plan: Plan,
    threads: int | None = None,
    unit_patients: int | None = None,
    keep_events: bool = False,
    progress: Progress | None = None,
    traits: NDArray | None = None,
) -> RawResult:
    """Simulate a plan with the compiled engine.

    Parameters
    ----------
    plan : Plan
    threads : int or None
        Python threads; None for as many as this process may use processors.
    unit_patients : int or None
        Patients to a unit of work; None for some tens of milliseconds.
    keep_events : bool
        Whether the event log is returned.
    progress : callable or None
        Called in this thread after each unit with the patients done and all patients.
    traits : numpy.ndarray or None
        Records of ``layout.TRAITS``, one for each patient; sampled from the plan if None.

    Returns
    -------
    RawResult
        The same bits for any `threads` and `unit_patients` and on any instruction set.

    Raises
    ------
    TypeError, ValueError
        If the plan cannot be read by the kernel, or an argument is out of range.
    OverflowError
        If a weekly sum leaves the range of int64.
    """
    threads = _at_least_one("threads", threads, available_processors())
    unit_patients = _at_least_one("unit_patients", unit_patients, patients_per_unit(plan))
    work = _Work(plan, keep_events, traits)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pathways-kernel")
    try:
        units = list(_units(plan.patients, unit_patients))
        futures = [pool.submit(work.simulate, unit) for unit in units]
        _collect(futures, work, plan.patients, progress)
    finally:
        # After Ctrl-C: units that run are waited for, all others are left.
        work.is_stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return work.result([future.result().events for future in futures])


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def patients_per_unit(plan: Plan) -> int:
    """Return a number of patients that is some tens of milliseconds of work."""
    return max(1, PATIENT_DAYS_PER_UNIT // plan.horizon_days)


@dataclass(frozen=True)
class _Unit:
    first: int
    count: int

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.count)


@dataclass(frozen=True)
class _UnitResult:
    count: int
    weekly: NDArray
    events: NDArray | None


class _Work:
    """What all units share: the checked plan and the rows they write."""

    def __init__(self, plan: Plan, keep_events: bool, traits: NDArray | None) -> None:
        from pathways.fastcore import kernel

        self.plan = plan
        self.kernel = kernel()
        self.inputs = self.kernel.Inputs(plan)
        self.keep_events = keep_events
        self.are_traits_given = traits is not None
        self.traits = np.empty(plan.patients, _TRAITS) if traits is None else traits
        self.results = np.empty(plan.patients, _RESULTS)
        self.weekly = np.zeros(plan.weeks, _WEEKLY)
        self.events_per_patient = EVENTS_PER_PATIENT
        self.is_stopped = threading.Event()
        if len(self.traits) != plan.patients:
            raise ValueError(f"traits: {len(self.traits)} rows; allowed: {plan.patients}")

    def simulate(self, unit: _Unit) -> _UnitResult | None:
        """Simulate one unit from its traits to its results."""
        if self.is_stopped.is_set():
            return None
        traits = self.traits[unit.rows]
        if not self.are_traits_given:
            from pathways.fastcore.population import sample_traits

            traits[:] = sample_traits(self.plan, unit.first, unit.count)
        states = np.empty(unit.count * self.kernel.patient_bytes(), np.uint8)
        weekly, events = self.advance(traits, states)
        self.kernel.finish(self.inputs, traits, states, self.results[unit.rows])
        return _UnitResult(unit.count, weekly, events)

    def advance(self, traits: NDArray, states: NDArray) -> tuple[NDArray, NDArray | None]:
        """Advance a unit to the horizon, again with more room while its events do not fit."""
        while True:
            weekly = np.zeros(self.plan.weeks, _WEEKLY)
            room = self.events_per_patient
            events = np.empty(room * len(traits), _EVENTS) if self.keep_events else None
            self.kernel.enrol(self.inputs, traits, states)
            status, used = self.kernel.advance(
                self.inputs, traits, states, weekly, events, 0, self.plan.horizon_days
            )
            if status == Status.OVERFLOW:
                raise OverflowError("a weekly sum is too large for 64 bits")
            if status == Status.DONE:
                return weekly, events[:used].copy() if events is not None else None
            self.events_per_patient = max(self.events_per_patient, 2 * room)

    def result(self, events: list[NDArray | None]) -> RawResult:
        kept = np.concatenate([np.empty(0, _EVENTS), *events]) if self.keep_events else None
        return RawResult(self.traits, self.results, self.weekly, kept)


def _units(patients: int, unit_patients: int) -> Iterator[_Unit]:
    for first in range(0, patients, unit_patients):
        yield _Unit(first, min(unit_patients, patients - first))


def _collect(futures: list[Future], work: _Work, patients: int, progress: Progress | None) -> None:
    """Add up the units as they finish; the order cannot show, because sums are integers."""
    done = 0
    for future in as_completed(futures):
        unit = future.result()
        add_weekly(work.weekly, unit.weekly)
        done += unit.count
        if progress is not None:
            progress(done, patients)


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


def _at_least_one(name: str, value: int | None, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: got {value!r}; allowed: a whole number from 1")
    if value < 1:
        raise ValueError(f"{name}: got {value}; allowed: 1 or more")
    return int(value)
