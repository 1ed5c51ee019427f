"""Run a study: every run that its store does not have, on whatever workers there are."""

from __future__ import annotations

import os
import platform
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways.errors import InputError, Place
from pathways.studies.batches import Piece, as_ranges
from pathways.studies.crews import ORDERS_PER_WORKER, Crew, DaskCrew, LocalCrew, OwnCrew
from pathways.studies.result import StudyResult
from pathways.studies.rows import Part
from pathways.studies.shift import Shift
from pathways.studies.store import Store, open_store
from pathways.studies.worker import Answer, Order, Packed, packed, run_batch

if TYPE_CHECKING:
    from distributed import Client

    from pathways.outcomes.schema import Column
    from pathways.studies.study import Study

LOST = "its worker was lost with it twice; it may need more memory than the machine has"

MOST_WORKERS = 1024
PARTS_AT_THE_END = 4

Progress = Callable[[int, int, int], object]
"""Called with the runs that are finished, all of them, and those that failed."""


def run_study(
    study: Study | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    client: Client | None = None,
    progress: Progress | None = None,
    batch_runs: int | None = None,
) -> StudyResult:
    """Run a study into its store, or what is missing there.

    Parameters
    ----------
    study
        A loaded study, the name of a shipped one, or the path of a file.
    out
        Directory of the store; ``results/NAME`` by default. One that holds runs of this study is
        completed: after an interruption, or when draws, seeds or levels were added.
    workers
        Processes of this machine, by default as many as it has processors; 0 for this process
        alone. The results do not depend on it.
    client
        A client of a Dask cluster that does the work instead.
    progress
        Called now and then with the runs that are finished, all of them, and those that failed.
    batch_runs
        Runs of each batch of a new store; about a second of work by default.

    Returns
    -------
    StudyResult

    Raises
    ------
    PathwaysError
        If the study is wrong, the store holds runs of another study or cannot be written, or
        nobody is left to do the work. What is finished is kept.
    """
    from pathways.studies.load import load_study

    if isinstance(study, (str, os.PathLike)):
        study = load_study(study)
    path = Path(out) if out is not None else default_directory(study)
    with open_store(path, study, batch_runs=batch_runs) as store:
        _complete(store, study, workers, client, progress)
    return StudyResult(path)


def default_directory(study: Study) -> Path:
    """Return where a study's results lie unless another place is asked for."""
    return Path("results") / study.name


def _complete(
    store: Store,
    study: Study,
    workers: int | None,
    client: Client | None,
    progress: Progress | None,
) -> None:
    from pathways.studies.extension import extend, is_other_study

    is_other = is_other_study(store.contents, study)
    if store.is_complete and not is_other:
        return
    content = packed(study)
    with _crew(content, workers, client) as crew:
        if is_other:
            extend(store, study, crew, content)
            store.reopen()
        store.begin_session(_session(crew))
        Sweep(store, crew, content, progress).run()
    store.finish()


def _crew(content: Packed, workers: int | None, client: Client | None) -> Crew:
    if client is not None:
        return DaskCrew(content, client)
    if workers == 0:
        return OwnCrew(content)
    return LocalCrew(content, workers_here(workers))


def workers_here(workers: int | None) -> int:
    """Return how many processes of this machine are used; None for one for each processor.

    Raises
    ------
    InputError
        If it is no number of processes.
    """
    from pathways.engines.kernel_engine import available_processors

    if workers is None:
        return available_processors()
    if isinstance(workers, bool) or not 0 <= workers <= MOST_WORKERS:
        problem = f"{workers} worker processes cannot be used"
        raise InputError(Place(path="workers"), problem, f"0 to {MOST_WORKERS}")
    return workers


def _session(crew: Crew) -> dict[str, Any]:
    import pyarrow

    from pathways import __version__

    return {
        "started_at": datetime.now(UTC).isoformat(),
        "crew": crew.words,
        "system": platform.platform(),
        "python": platform.python_version(),
        "pyarrow": pyarrow.__version__,
        "pathways": __version__,
    }


@dataclass
class _Gathered:
    """What has come back of a batch whose pieces are under way."""

    left: int
    parts: list[Part] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    patients: dict[Path, dict[int, tuple[int, ...]]] = field(default_factory=dict)


class Sweep:
    """One pass over the runs that a store lacks.

    Parameters
    ----------
    store : Store
    crew : Crew
        Entered.
    content : Packed
        The study.
    progress : callable or None
    """

    def __init__(
        self, store: Store, crew: Crew, content: Packed, progress: Progress | None
    ) -> None:
        self._store = store
        self._crew = crew
        self._content = content
        self._progress = progress
        self._gathered: dict[int, _Gathered] = {}
        self._finished = store.contents.finished_runs
        self._failed = 0

    def run(self) -> None:
        """Do every run that is missing."""
        self._tell()
        shift = Shift(self._crew, run_batch, self._order)
        for piece, answer in shift.work_through(self._pieces()):
            self._take(piece, answer)

    def _pieces(self) -> Iterator[Piece]:
        """Yield every batch, the last ones in parts so that all workers end at about one time."""
        held: deque[Piece] = deque()
        for batch in range(len(self._store.contents.cut)):
            missing = self._store.missing(batch)
            if missing:
                self._gathered[batch] = _Gathered(len(missing))
                held.append(Piece(batch, missing))
            if len(held) > self._workers():
                yield held.popleft()
        for piece in held:
            yield from piece.parts(PARTS_AT_THE_END)

    def _workers(self) -> int:
        """Return how many workers might wait for each other."""
        workers = self._crew.width() // ORDERS_PER_WORKER
        return workers if workers > 1 else 0

    def _order(self, piece: Piece) -> Order:
        store = self._store
        return order_of(self._content, piece, store.contents.columns, store.patients_folder)

    def _take(self, piece: Piece, answer: Answer | None) -> None:
        """Add what came back; the batch goes to the store when it is the last of it."""
        gathered = self._gathered[piece.batch]
        if answer is None:
            answer = Answer(failures=dict.fromkeys(piece.numbers, LOST))
        else:
            path = self._store.arrived(answer.patients_name, answer.patients)
            if path is not None:
                gathered.patients[path] = {run: (run,) for run in answer.finished}
        gathered.parts += [answer.part] if answer.part is not None else []
        gathered.failures |= answer.failures
        gathered.seconds |= answer.seconds
        gathered.left -= len(piece.numbers)
        if gathered.left == 0:
            self._write(piece.batch, self._gathered.pop(piece.batch))

    def _write(self, batch: int, gathered: _Gathered) -> None:
        found = (gathered.parts, gathered.failures, gathered.seconds, gathered.patients)
        self._store.add(batch, *found)
        self._finished += sum(part.rows for part in gathered.parts)
        self._failed += len(gathered.failures)
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self._finished, self._store.contents.cut.runs, self._failed)


def order_of(
    content: Packed,
    piece: Piece,
    columns: tuple[Column, ...] = (),
    patients_folder: str | None = None,
) -> Order:
    """Return what is asked of a worker for a piece."""
    from pathways.version import model_version

    ranges = as_ranges(piece.numbers)
    return Order(content.digest, model_version(), ranges, columns, patients_folder)
