"""How much memory a run's results need, and whether the machine has it.

A run that does not fit is refused before it starts: the system would end it after hours, without a
word.
"""

from __future__ import annotations

from pathlib import Path

from pathways.errors import PathwaysError

GIGABYTE = 1_000_000_000
START_BYTES = 200_000_000
"""The interpreter and the libraries."""

SUMMARY_ONLY = "summary only"
"""In the place of an engine: the kernel without keeping patients."""

BYTES_PER_PATIENT = {"kernel": 2_600, "mesa": 44_000, SUMMARY_ONLY: 100}
"""Traits, results, the table of patients and the state of the engine; measured, rounded up."""

BYTES_PER_PATIENT_IN_QUEUE = 2_700
"""Beyond that: with queues the kernel keeps everybody of a clinic at once; measured, rounded up."""

BYTES_PER_WEEKLY_ROW = 700
BYTES_PER_EVENT = 200
EVENTS_PER_PATIENT = 40
EVENTS_PER_PATIENT_YEAR = 10
"""Between a policy that stops early and one that goes on for years."""

LARGEST_SHARE_USED = 0.9


class TooLarge(PathwaysError):
    """A run that does not fit into the memory of this machine."""


def bytes_needed(
    patients: int,
    years: float,
    *,
    engine: str,
    events: bool,
    weekly_rows: int = 0,
    in_queues: int = 0,
) -> int:
    """Return an estimate of the memory a run needs at its largest.

    Parameters
    ----------
    patients : int
        All of them, studied or not.
    years : float
        Years the average patient is simulated.
    engine : str
    events : bool
        Whether the event log is kept.
    weekly_rows : int
        Clinics times calendar weeks; matters with many small clinics.
    in_queues : int
        Patients of the clinics with queues that are simulated at the same time, one by each thread.
    """
    per_patient = BYTES_PER_PATIENT[engine]
    if events:
        events_each = EVENTS_PER_PATIENT + EVENTS_PER_PATIENT_YEAR * years
        per_patient += BYTES_PER_EVENT * events_each
    queues = in_queues * BYTES_PER_PATIENT_IN_QUEUE if engine == "kernel" else 0
    weeks = weekly_rows * BYTES_PER_WEEKLY_ROW
    return START_BYTES + int(patients * per_patient) + weeks + queues


def refuse_too_large(
    patients: int, years: float, *, events: bool, runs: int = 1, **details: str | int
) -> None:
    """Refuse a run, or several that are kept together, whose estimate exceeds what is free.

    Parameters are those of :func:`bytes_needed`.

    Raises
    ------
    TooLarge
        With the number of patients that would fit.
    """
    free = free_bytes()
    needed = bytes_needed(patients * runs, years, events=events, **details)
    usable = int(free * LARGEST_SHARE_USED) if free is not None else needed
    if needed <= usable:
        return
    one = (needed - START_BYTES) / patients
    fitting = max(0, int((usable - START_BYTES) / one))
    each = f" under each of {runs} policies" if runs > 1 else ""
    without = ", or leave out --events" if events else ""
    raise TooLarge(
        f"{patients} patients{each}: need about {needed / GIGABYTE:.1f} GB of memory, "
        f"{free / GIGABYTE:.1f} GB are free; at most about {fitting} patients fit{without}"
    )


def free_bytes(root: Path = Path("/")) -> int | None:
    """Return the memory that is free for this process, or None where the system does not tell."""
    found = [_available(root), _left_in_control_group(root)]
    known = [amount for amount in found if amount is not None]
    return min(known) if known else None


def _available(root: Path) -> int | None:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return kilobytes[0] * 1024 if kilobytes else None


def _left_in_control_group(root: Path) -> int | None:
    folder = root / "sys/fs/cgroup"
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            return max(0, int((folder / limit).read_text()) - int((folder / used).read_text()))
        except (OSError, ValueError):  # No such group, or the limit is the word "max".
            continue
    return None
