"""Who does the work: this process, processes of this machine, or a Dask cluster, all alike.

A crew offers an executor of :mod:`concurrent.futures`, says how many orders to have under way, and
tells a lost worker from an error. Whoever uses it needs to know nothing else about it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from pathways.errors import InputError, PathwaysError, Place, shown
from pathways.studies import worker
from pathways.studies.worker import Packed

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

ORDERS_PER_WORKER = 3
"""Under way at once, so that nobody waits for the next while a batch is stored."""

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS")
"""Libraries would each start a thread for every processor, in every worker."""

FIRST_TO_END = 500
"""How much sooner than others the system ends a worker when memory is short (-1000 to 1000)."""

LEAST_ORDERS = 4
SECONDS_BETWEEN_COUNTS = 5.0
SECONDS_TO_WAIT = 60
SECONDS_TO_CONNECT = 10


class CrewLost(PathwaysError):
    """There is nobody left to do the work."""


class Crew(Protocol):
    """A context manager with an executor; entering it starts the workers.

    Attributes
    ----------
    executor : concurrent.futures.Executor
    words : str
        Who they are, for people.
    falls_together : bool
        Whether one lost worker ends everything that is under way.
    """

    executor: Executor
    words: str
    falls_together: bool

    def __enter__(self) -> Crew: ...

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None: ...

    def width(self) -> int:
        """Return how many orders to have under way."""

    def losses(self, error: BaseException) -> int:
        """Return how many lost workers an error of an order stands for; 0 for none.

        Raises
        ------
        CrewLost
            If it means that nobody is left.
        """

    def repair(self) -> None:
        """Replace what a lost worker took with it.

        Raises
        ------
        CrewLost
            If it cannot be.
        """


class OwnExecutor(Executor):
    """Runs each order at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future:
        """Call the function and return a future that is done."""
        future: Future = Future()
        try:
            future.set_result(function(*given, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class OwnCrew:
    """This process alone, one order at a time: for small studies, and to look into one."""

    words = "this process"
    falls_together = False

    def __init__(self, study: Packed) -> None:
        self.executor = OwnExecutor()
        self._study = study

    def __enter__(self) -> OwnCrew:
        worker.hold(self._study)
        return self

    def __exit__(self, *rest: object) -> None:
        worker.let_go(self._study)

    def width(self) -> int:
        """One at a time."""
        return 1

    def losses(self, error: BaseException) -> int:
        """None: this process is the worker."""
        return 0

    def repair(self) -> None:
        """Nothing breaks."""


class LocalCrew:
    """Processes of this machine, started anew when one of them is lost.

    Parameters
    ----------
    study : Packed
    workers : int
    """

    falls_together = True

    def __init__(self, study: Packed, workers: int) -> None:
        self.words = f"{workers} worker{'s' if workers > 1 else ''} on this machine"
        self._study = study
        self._workers = workers

    def __enter__(self) -> LocalCrew:
        self._start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            self._end_processes()
        self.executor.shutdown(wait=True, cancel_futures=True)

    def width(self) -> int:
        """Return how many orders to have under way."""
        return ORDERS_PER_WORKER * self._workers

    def losses(self, error: BaseException) -> int:
        """Return 1 if the pool is broken."""
        return int(isinstance(error, BrokenExecutor))

    def repair(self) -> None:
        """Start another pool."""
        self.executor.shutdown(wait=True, cancel_futures=True)
        self._start()

    def _start(self) -> None:
        from multiprocessing import get_context

        # Not fork: this process may have threads, and so may the libraries it has loaded.
        self.executor = ProcessPoolExecutor(
            self._workers,
            mp_context=get_context("spawn"),
            initializer=_begin_work,
            initargs=(self._study,),
        )
        try:
            with one_thread_each():
                started = [self.executor.submit(worker.ready) for _ in range(self._workers)]
            for one in started:
                one.result()
        except BrokenExecutor:
            self.executor.shutdown(wait=True)
            raise CrewLost(_CANNOT_START) from None
        except BaseException:
            self.__exit__(BaseException)
            raise

    def _end_processes(self) -> None:
        """End workers in the middle of what they do: nothing they have not handed over counts."""
        for process in list((self.executor._processes or {}).values()):
            with contextlib.suppress(OSError, ValueError):
                process.kill()


_CANNOT_START = (
    "the worker processes end as soon as they start. If a script of yours runs the study, put what "
    'it does under `if __name__ == "__main__":`, because every worker reads the script; or give '
    "workers=0 to run it in this process. Otherwise memory may be short: give fewer workers"
)


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Let processes that are started meanwhile have one thread in each library."""
    ours = [name for name in ONE_THREAD if name not in os.environ]
    os.environ |= dict.fromkeys(ours, "1")
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


def _begin_work(study: Packed) -> None:
    """Prepare a new process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write(str(FIRST_TO_END))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    worker.hold(study)


def _end_with_parent() -> None:
    """End this process when the one that started it ends, however it ends."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class DaskCrew:
    """The workers of a Dask cluster, which replaces lost ones itself.

    Parameters
    ----------
    study : Packed
    client : distributed.Client
        Stays open.
    """

    falls_together = False

    def __init__(self, study: Packed, client: Client) -> None:
        self._study = study
        self._client = client
        self._width = 0
        self._looked_at = -SECONDS_BETWEEN_COUNTS
        self.words = f"the Dask cluster {client.scheduler.address if client.scheduler else ''}"

    def __enter__(self) -> DaskCrew:
        from pathways.studies.dask_plugin import HoldStudy

        with self._said():
            self._client.wait_for_workers(1, timeout=SECONDS_TO_WAIT)
            self._client.register_plugin(HoldStudy(self._study))
        self.executor = self._client.get_executor(pure=False)
        self._seen_at = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        from pathways.studies.dask_plugin import HoldStudy

        if self._client.status == "running":
            with contextlib.suppress(OSError, TimeoutError, CancelledError):
                self.executor.shutdown(wait=False)
                self._client.unregister_worker_plugin(HoldStudy.name_of(self._study))

    def width(self) -> int:
        """Return how many orders to have under way, for the workers there are now.

        Raises
        ------
        CrewLost
            If there have been none for a minute.
        """
        now = time.monotonic()
        if now - self._looked_at >= SECONDS_BETWEEN_COUNTS:
            with self._said():
                threads = sum(self._client.nthreads().values())
            self._seen_at = now if threads else self._seen_at
            if now - self._seen_at > SECONDS_TO_WAIT:
                raise CrewLost(self._gone())
            self._width = max(LEAST_ORDERS, ORDERS_PER_WORKER * threads)
            self._looked_at = now
        return self._width

    def losses(self, error: BaseException) -> int:
        """Return 2 for an order that took several workers with it, 1 for one that was dropped."""
        from distributed.scheduler import KilledWorker

        self.repair()
        if isinstance(error, KilledWorker):
            return 2
        return int(isinstance(error, CancelledError))

    def repair(self) -> None:
        """Leave it to the cluster, as long as there is one."""
        if self._client.status != "running":
            raise CrewLost(self._gone())

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """Say a cluster that does not answer in our words."""
        try:
            yield
        except (OSError, TimeoutError, CancelledError) as error:
            raise CrewLost(self._gone()) from error

    def _gone(self) -> str:
        return (
            f"{self.words} has no workers, or does not answer; what is finished is kept: start it "
            "again, then the same command"
        )


@contextlib.contextmanager
def dask_client(address: str) -> Iterator[Client]:
    """Yield a client of the Dask scheduler at an address such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    InputError
        If `distributed` is not installed, or nobody answers there.
    """
    place = Place(path="scheduler")
    try:
        from distributed import Client
    except ImportError:
        problem = "needs the package distributed: pip install 'ketamine-pathways[cluster]'"
        raise InputError(place, problem) from None
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, TimeoutError, ValueError) as error:
        problem = f"no Dask scheduler answers at {shown(address)} ({error})"
        raise InputError(place, problem, "an address such as tcp://10.0.0.5:8786") from None
    try:
        yield client
    finally:
        client.close(timeout=SECONDS_TO_CONNECT)
