"""The compiled engine: units of work on threads, results in patient order.

Without queues a unit is a run of consecutive patients of one clinic, some tens of milliseconds of
work. Each samples its traits, is advanced to the end of the calendar without the interpreter's
lock, and writes its own rows. With queues a unit is a clinic (:mod:`.kernel_clinic`). Sums over
patients are integers and patients meet only at their clinic's booking, so the results do not
depend on the number of threads or the size of a unit.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pathways import layout
from pathways.engines.kernel_buffers import EVENTS, WEEKLY, EventBuffer, add_weekly
from pathways.engines.kernel_clinic import simulate_clinic
from pathways.plan import Plan, RawResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Progress = Callable[[int, int], object]
    ReadEvents = Callable[[RawResult, Plan], object]

PATIENT_DAYS_PER_UNIT = 3_000_000
# A clinic of more patients than this is moved by all threads together, a smaller one by one.
LARGE_CLINIC_PATIENTS = 20_000
BLOCKS_PER_THREAD = 4

_TRAITS = layout.numpy_dtype(layout.TRAITS)
_RESULTS = layout.numpy_dtype(layout.RESULTS)
_OBSERVATIONS = layout.numpy_dtype(layout.OBSERVATION)


def run(
    plan: Plan,
    threads: int | None = None,
    unit_patients: int | None = None,
    keep_events: bool = False,
    progress: Progress | None = None,
    traits: NDArray | None = None,
    read_events: ReadEvents | None = None,
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
        Called in this thread now and then with the patients done and all patients.
    traits : numpy.ndarray or None
        Records of ``layout.TRAITS``, one for each patient, clinic by clinic; sampled from the
        plan if None.
    read_events : callable or None
        Given the result of each unit of work with its events, and its plan, as if the patients of
        the unit were all there are; in any order and in several threads. Not with queues. So the
        log of a large run can be read though it never is in memory as a whole.

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
    of_unit = _at_least_one("unit_patients", unit_patients, patients_per_unit(plan))
    if plan.queues and read_events is not None:
        raise ValueError("read_events: got a plan with queues; allowed: patients apart")
    work = _Work(plan, keep_events, traits, read_events)
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pathways-kernel")
    told = _Told(plan.patients, progress)
    try:
        if plan.queues:
            blocks = None if unit_patients is None else of_unit
            events = _run_clinics(work, pool, threads, blocks, told)
        else:
            units = _units(plan.clinic_patients.tolist(), of_unit)
            events = _run_units(pool, work.simulate, units, told)
    finally:
        # After Ctrl-C: units that run are waited for, all others are left.
        work.is_stopped.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return work.result(events)


def available_processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def patients_per_unit(plan: Plan) -> int:
    """Return a number of patients that is some tens of milliseconds of work."""
    return max(1, PATIENT_DAYS_PER_UNIT // plan.calendar_days)


@dataclass(frozen=True)
class _Unit:
    """Some patients of one clinic, or all of them."""

    clinic: int
    first: int
    count: int
    first_row: int

    @property
    def rows(self) -> slice:
        return slice(self.first_row, self.first_row + self.count)


class _Told:
    """How many patients are done, as told to whoever asked."""

    def __init__(self, patients: int, progress: Progress | None) -> None:
        self.patients = patients
        self.progress = progress
        self.done = 0

    def more(self, patients: int) -> None:
        self.done += patients
        self.tell(0)

    def tell(self, patients: int) -> None:
        """Tell of patients as good as done beside those that are."""
        if self.progress is not None:
            self.progress(self.done + patients, self.patients)


class _Work:
    """What all units share: the checked plan and the rows they write."""

    def __init__(
        self,
        plan: Plan,
        keep_events: bool,
        traits: NDArray | None,
        read_events: ReadEvents | None = None,
    ) -> None:
        from pathways.fastcore import kernel

        self.plan = plan
        self.kernel = kernel()
        self.inputs = self.kernel.Inputs(plan)
        self.keep_events = keep_events
        self.read_events = read_events
        self.are_traits_given = traits is not None
        self.traits = np.empty(plan.patients, _TRAITS) if traits is None else traits
        self.results = np.empty(plan.patients, _RESULTS)
        self.weekly = np.zeros(len(plan.clinic_patients) * plan.weeks, WEEKLY)
        self.observations = _no_observations(plan)
        self.weekly_lock = threading.Lock()
        self.is_stopped = threading.Event()
        if len(self.traits) != plan.patients:
            raise ValueError(f"traits: {len(self.traits)} rows; allowed: {plan.patients}")

    def traits_of(self, unit: _Unit) -> NDArray:
        """Return the traits of a unit, sampled if they were not given."""
        traits = self.traits[unit.rows]
        if not self.are_traits_given:
            from pathways.fastcore.population import sample_traits

            traits[:] = sample_traits(self.plan, unit.first, unit.count, unit.clinic)
        return traits

    def observations_of(self, unit: _Unit) -> NDArray | None:
        return None if self.observations is None else self.observations[unit.rows]

    def simulate(self, unit: _Unit) -> NDArray | None:
        """Simulate one unit without queues and return its events, if kept."""
        if self.is_stopped.is_set():
            return None
        traits = self.traits_of(unit)
        states = np.empty(unit.count * self.kernel.patient_bytes(), np.uint8)
        weekly = np.zeros(self.plan.weeks, WEEKLY)
        events = EventBuffer(unit.count, self.keep_events or self.read_events is not None)
        self.kernel.enrol(self.inputs, traits, states)
        block = (self.inputs, traits, states, self.results[unit.rows], weekly)
        rest = (self.plan.calendar_days, self.observations_of(unit))
        events.fill(lambda room: self.kernel.advance(*block, room, *rest))
        self.add_weekly(unit.clinic, weekly)
        log = events.whole()
        if self.read_events is not None:
            self.read_events(*self._alone(unit, weekly, log))
        return log if self.keep_events else None

    def _alone(self, unit: _Unit, weekly: NDArray, log: NDArray) -> tuple[RawResult, Plan]:
        """Return result and plan of a unit as if its patients were all there are."""
        log = log.copy() if self.keep_events else log
        log["patient"] -= unit.first
        plan = replace(
            self.plan,
            patients=unit.count,
            clinics=self.plan.clinics[:, unit.clinic : unit.clinic + 1],
            clinic_patients=np.array([unit.count]),
            referral_days=self.plan.referral_days[unit.rows],
        )
        return RawResult(self.traits[unit.rows], self.results[unit.rows], weekly, log), plan

    def simulate_clinic(
        self, unit: _Unit, pool: ThreadPoolExecutor | None = None, tell=None, block_patients=None
    ) -> NDArray | None:
        """Simulate one clinic with queues and return its events, if kept."""
        if self.is_stopped.is_set():
            return None
        desk = self.kernel.Desk(self.inputs, unit.clinic, self.traits_of(unit))
        weekly, events = simulate_clinic(
            desk,
            self.plan,
            self.results[unit.rows],
            self.observations_of(unit),
            keep_events=self.keep_events,
            block_patients=block_patients or unit.count,
            pool=pool,
            is_stopped=self.is_stopped.is_set,
            tell=tell,
        )
        self.add_weekly(unit.clinic, weekly)
        return events

    def add_weekly(self, clinic: int, weekly: NDArray) -> None:
        rows = slice(clinic * self.plan.weeks, (clinic + 1) * self.plan.weeks)
        with self.weekly_lock:  # in any order: the sums are integers
            add_weekly(self.weekly[rows], weekly)

    def result(self, events: list[NDArray | None]) -> RawResult:
        kept = np.concatenate([np.empty(0, EVENTS), *events]) if self.keep_events else None
        return RawResult(self.traits, self.results, self.weekly, kept, self.observations)


def _no_observations(plan: Plan) -> NDArray | None:
    """Zeros for what the kernel may see of every patient; None if no day is observed."""
    observed_days = len(plan.observed_days)
    return np.zeros((plan.patients, observed_days), _OBSERVATIONS) if observed_days else None


def _units(clinic_patients: list[int], unit_patients: int | None) -> Iterator[_Unit]:
    """Cut clinics into units; None for one each."""
    row = 0
    for clinic, patients in enumerate(clinic_patients):
        most = unit_patients or max(1, patients)
        for first in range(0, patients, most):
            yield _Unit(clinic, first, min(most, patients - first), row + first)
        row += patients


def _run_units(
    pool: ThreadPoolExecutor,
    simulate: Callable[[_Unit], NDArray | None],
    units: Iterator[_Unit],
    told: _Told,
) -> list[NDArray | None]:
    """Simulate units on the threads of a pool and return their events in order."""
    futures: dict[Future, _Unit] = {pool.submit(simulate, unit): unit for unit in units}
    for future in as_completed(futures):
        future.result()  # an error in a unit comes out here
        told.more(futures[future].count)
    return [future.result() for future in futures]


def _run_clinics(
    work: _Work,
    pool: ThreadPoolExecutor,
    threads: int,
    block_patients: int | None,
    told: _Told,
) -> list[NDArray | None]:
    """Simulate small clinics side by side, then large ones one after the other.

    Few patients of a large clinic have to be moved for a booking, so its blocks are large too.
    """
    units = list(_units(work.plan.clinic_patients.tolist(), None))
    small = [unit for unit in units if unit.count <= LARGE_CLINIC_PATIENTS]
    events = dict(
        zip(small, _run_units(pool, work.simulate_clinic, iter(small), told), strict=True)
    )
    for unit in units:
        if unit not in events:
            of_block = block_patients or -(-unit.count // (threads * BLOCKS_PER_THREAD))
            events[unit] = work.simulate_clinic(unit, pool, told.tell, of_block)
            told.more(unit.count)
    return [events[unit] for unit in units]


def _at_least_one(name: str, value: int | None, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: got {value!r}; allowed: a whole number from 1")
    if value < 1:
        raise ValueError(f"{name}: got {value}; allowed: 1 or more")
    return int(value)
