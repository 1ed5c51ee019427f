"""Hands pieces of work to a crew until all are done, whatever becomes of the workers.

A broken pool does not say whose fault it was. So everything that was under way is suspect, and
suspects are done again one at a time, each alone: a piece that is lost alone is to blame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from typing import Any

from pathways.studies.batches import Piece
from pathways.studies.crews import Crew

SECONDS_BETWEEN_LOOKS = 1.0


class Shift:
    """One pass over pieces of work.

    Parameters
    ----------
    crew : Crew
        Entered.
    function : callable
        What a worker calls.
    order_of : callable
        Makes what it is called with from a piece.
    """

    def __init__(
        self, crew: Crew, function: Callable[[Any], Any], order_of: Callable[[Piece], Any]
    ) -> None:
        self._crew = crew
        self._function = function
        self._order_of = order_of
        self._running: dict[Future, Piece] = {}
        self._suspects: deque[Piece] = deque()
        self._again: deque[Piece] = deque()

    def work_through(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Any]]:
        """Yield each piece with what its worker returned, or with None if it was given up.

        Pieces that are split come in parts. A piece is given up if it is a single run whose worker
        was lost with it twice. Errors other than a lost worker are raised.
        """
        try:
            while self._hand_out(pieces):
                yield from self._collected()
        finally:
            for future in self._running:
                future.cancel()

    def _hand_out(self, pieces: Iterator[Piece]) -> bool:
        """Keep the crew busy; False if there is nothing left to wait for."""
        width = self._crew.width()
        if self._suspects:
            if not self._running:
                self._submit(self._suspects.popleft())
            return True
        while len(self._running) < width:
            piece = self._again.popleft() if self._again else next(pieces, None)
            if piece is None or not self._submit(piece):
                break
        return bool(self._running or self._again)

    def _submit(self, piece: Piece) -> bool:
        try:
            future = self._crew.executor.submit(self._function, self._order_of(piece))
        except BrokenExecutor:  # It broke before this piece came: not its fault.
            (self._suspects if piece.losses else self._again).appendleft(piece)
            if not self._running:
                self._crew.repair()
            return False
        self._running[future] = piece
        return True

    def _collected(self) -> Iterator[tuple[Piece, Any]]:
        done, _ = wait(self._running, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
        is_lost = yield from self._settled(done)
        if is_lost and self._crew.falls_together:
            # Everything under way ends with the pool, some of it perhaps with a result.
            done, _ = wait(self._running)
            yield from self._settled(done)
            self._crew.repair()

    def _settled(self, done: Iterable[Future]) -> Generator[tuple[Piece, Any], None, bool]:
        """Yield what came back, and return whether a worker was lost."""
        is_lost = False
        for future in done:
            piece = self._running.pop(future)
            error = _error_of(future)
            if error is None:
                yield piece, future.result()
                continue
            losses = self._crew.losses(error)
            if not losses:
                raise error
            is_lost = True
            left = piece.lost(losses)
            self._suspects.extend(left)
            if not left:
                yield piece, None
        return is_lost


def _error_of(future: Future) -> BaseException | None:
    if future.cancelled():
        return CancelledError()
    return future.exception()
