"""Batches: fixed ranges of run numbers, about a second of work each, and the pieces they split in.

The size depends on what a run is and never on a measurement, so that a study is cut alike on every
machine and its files come out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

SECONDS_PER_RUN = 0.006
SECONDS_PER_PATIENT_YEAR = 7.5e-6
"""Orders of magnitude on one processor (benchmarks/studies.py); a batch is cut by them alone."""

SECONDS_PER_BATCH = 1.0
MOST_RUNS = 150
MOST_LOSSES = 2


def runs_per_batch(patients: int, years: float) -> int:
    """Return how many runs are about a second of work, 1 to ``MOST_RUNS``.

    Parameters
    ----------
    patients : int
        Of each run.
    years : float
        For which each is followed.
    """
    seconds = SECONDS_PER_RUN + SECONDS_PER_PATIENT_YEAR * patients * years
    return max(1, min(MOST_RUNS, int(SECONDS_PER_BATCH / seconds)))


@dataclass(frozen=True)
class Piece:
    """Runs of one batch that one worker gets at once.

    Attributes
    ----------
    batch : int
    numbers : tuple of int
        Run numbers, ascending.
    losses : int
        How often a worker was lost with it, counted since it was last split.
    """

    batch: int
    numbers: tuple[int, ...]
    losses: int = 0

    def lost(self, times: int = 1) -> tuple[Piece, ...]:
        """Return what to do again after its worker was lost: itself, its halves, or nothing.

        A piece that is lost twice is split, at once into its runs if it took several workers with
        it; a single run that is lost twice is given up.
        """
        losses = self.losses + times
        if losses < MOST_LOSSES:
            return (replace(self, losses=losses),)
        if len(self.numbers) == 1:
            return ()
        parts = self.parts(len(self.numbers) if times > 1 else 2)
        return tuple(replace(part, losses=MOST_LOSSES - 1) for part in parts)

    def parts(self, number: int) -> tuple[Piece, ...]:
        """Return it in so many pieces, or fewer if it has fewer runs."""
        size = -(-len(self.numbers) // number)
        starts = range(0, len(self.numbers), size)
        return tuple(replace(self, numbers=self.numbers[start : start + size]) for start in starts)


def as_ranges(numbers: Iterable[int]) -> tuple[tuple[int, int], ...]:
    """Return ascending numbers as ranges, each its first number and the one after its last."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number:
            ranges[-1] = (ranges[-1][0], number + 1)
        else:
            ranges.append((number, number + 1))
    return tuple(ranges)


def from_ranges(ranges: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the numbers of ranges."""
    for first, end in ranges:
        yield from range(first, end)


@dataclass(frozen=True)
class Cut:
    """A study's run numbers cut into batches.

    Attributes
    ----------
    runs : int
    size : int
        Runs of each batch, the last perhaps shorter.
    """

    runs: int
    size: int

    def __len__(self) -> int:
        return (self.runs + self.size - 1) // self.size

    def numbers(self, batch: int) -> range:
        """Return the run numbers of a batch."""
        return range(batch * self.size, min(self.runs, (batch + 1) * self.size))
