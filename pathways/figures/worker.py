"""Draws figures in processes of their own, beside the one that simulates and writes tables.

``python -m pathways.figures.worker`` loads the libraries at once, while the process that started it
has other things to do. It then reads from standard input, pickled, a comparison
(:mod:`pathways.figures.parcel`), a folder and the names of figures, forks as often as there are
processors, and answers with one byte for each figure that is written: its place among the names.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathways.comparison import Comparison

MODULE = "pathways.figures.worker"
LIBRARIES = (
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "pandas",
    "pyarrow",
    "seaborn",
    "pathways.comparison.comparison",
    "pathways.outcomes.summary",
    "pathways.simulation",
)
"""What drawing needs, beside the figures' own modules."""

NOT_NEEDED = "scipy"
"""Takes longer to load than all the rest; seaborn does without it, and we take only its style."""


@contextlib.contextmanager
def worker_beside(*, wanted: bool) -> Iterator[FigureWorker | None]:
    """Yield a worker; None if it is not wanted, would only be in the way, or cannot be started."""
    try:
        worker = FigureWorker() if wanted and _processors() > 1 else None
    except OSError:
        worker = None
    with worker or contextlib.nullcontext():
        yield worker


class FigureWorker:
    """Other processes that draw; a context manager that ends them.

    They are started at once, so that the libraries are loaded when there is something to draw.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Threads that wait would be lost in a fork.
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            # An interrupt is for whoever started us, who then ends us all.
            start_new_session=True,
        )

    def __enter__(self) -> FigureWorker:
        return self

    def __exit__(self, *reason: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()

    def drawn(self, comparison: Comparison, folder: Path, names: Sequence[str]) -> set[str]:
        """Draw figures, and return those that were drawn: all, unless something was wrong."""
        order = (comparison, str(folder), tuple(names))
        try:
            with self._process.stdin as pipe:
                pickle.dump(order, pipe, protocol=pickle.HIGHEST_PROTOCOL)
            return {names[place] for place in self._process.stdout.read()}
        except OSError:
            return set()


class Drawing:
    """The figures of a comparison on their way, drawn by a worker while we do something else.

    Parameters
    ----------
    comparison : Comparison
    folder : Path
        Where the files go; must exist.
    worker : FigureWorker or None
        None leaves all figures to :meth:`finish`.
    """

    def __init__(
        self, comparison: Comparison, folder: Path, worker: FigureWorker | None = None
    ) -> None:
        self._comparison, self._folder = comparison, folder
        self._drawn: set[str] = set()
        self._thread: threading.Thread | None = None
        if worker is not None:
            self._thread = threading.Thread(target=self._let, args=(worker,), daemon=True)
            self._thread.start()

    def finish(self) -> list[Path]:
        """Wait for the worker, draw what it did not, and return the files in their order.

        Raises
        ------
        pathways.outcomes.directory.OutputError
            If a file cannot be written.
        """
        from pathways.figures import FIGURES
        from pathways.figures.writing import paths_of, write_figure

        if self._thread is not None:
            self._thread.join()
        for name in FIGURES:
            if name not in self._drawn:  # what went wrong there comes out here
                write_figure(self._comparison, name, self._folder)
        return [path for name in FIGURES for path in paths_of(name, self._folder)]

    def _let(self, worker: FigureWorker) -> None:
        from pathways.figures import FIGURES
        from pathways.figures.parcel import parcel

        # The last ones take longest.
        names = tuple(reversed(FIGURES))
        self._drawn = worker.drawn(parcel(self._comparison), self._folder, names)


def serve() -> None:
    """Load the libraries, then draw what is asked for on every processor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    # A figure is many small objects in rings; they are collected after it, not all the time.
    gc.disable()
    _load()
    gc.freeze()
    try:
        comparison, folder, names = pickle.load(sys.stdin.buffer)
    except EOFError:
        return
    places, full = os.pipe()
    os.write(full, bytes(range(len(names))))
    os.close(full)
    children = _forked(min(_processors(), len(names)) - 1)
    # Each process takes the next figure out of one pipe.
    while place := os.read(places, 1):
        _draw(comparison, names[place[0]], Path(folder))
        os.write(answers, place)
    if children is None:
        os._exit(0)
    for child in children:
        os.waitpid(child, 0)


def _forked(times: int) -> list[int] | None:
    """Fork some times; return the children, or None in a child."""
    children = []
    for _ in range(times):
        child = os.fork()
        if child == 0:
            return None
        children.append(child)
    return children


def _draw(comparison: Comparison, name: str, folder: Path) -> None:
    from pathways.figures.writing import write_figure

    write_figure(comparison, name, folder)
    gc.collect()


def _load() -> None:
    from pathways.figures import NAMES

    with _left_out(NOT_NEEDED):
        for name in (*LIBRARIES, *(f"pathways.figures.{name}" for name in NAMES)):
            importlib.import_module(name)


@contextlib.contextmanager
def _left_out(library: str) -> Iterator[None]:
    """Load others as where a library is not installed; it can still be loaded afterwards."""
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # what makes its import fail
    try:
        yield
    finally:
        del sys.modules[library]


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    serve()
