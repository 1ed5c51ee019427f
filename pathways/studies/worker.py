"""What a worker does: it holds a study and runs batches of it, one run after the other.

A worker is a process of a local pool, of a cluster, or the one that asked. A run that fails is an
answer like any other; nothing but a lost process loses a batch.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pathways.errors import PathwaysError
from pathways.studies.batches import from_ranges
from pathways.studies.patients import patients_file
from pathways.studies.rows import Part, part_of, row_of, table_of

if TYPE_CHECKING:
    import pyarrow

    from pathways.outcomes.schema import Column
    from pathways.plan import RawResult
    from pathways.studies.patients import NoPatientsFile, PatientsFile
    from pathways.studies.study import Run, Study

LONGEST_CAUSE = 500
KEY_BYTES = 16

_packed: dict[str, bytes] = {}
_unpacked: dict[str, Study] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Packed:
    """A study on its way to the workers.

    Attributes
    ----------
    content : bytes
        The study, pickled: what a worker runs does not change when a file is edited meanwhile.
    digest : str
        Hash of the content.
    """

    content: bytes
    digest: str


@dataclass(frozen=True)
class Order:
    """What is asked of a worker.

    Attributes
    ----------
    digest : str
        Of the packed study.
    model_version : str
        Of whoever asks; a worker with another one refuses.
    ranges : tuple of (int, int)
        Run numbers, each range its first and the one after its last.
    columns : tuple of Column
        Of the table of runs.
    patients_folder : str or None
        Folder for a file with the tables of patients, None if they are not kept.
    """

    digest: str
    model_version: str
    ranges: tuple[tuple[int, int], ...]
    columns: tuple[Column, ...] = ()
    patients_folder: str | None = None


@dataclass
class Answer:
    """What comes back.

    Attributes
    ----------
    finished : tuple of int
        Numbers of the runs that have results.
    part : Part or None
        Their rows; None if all failed.
    seconds : dict from int to float
        What each run took, also a failed one.
    failures : dict from int to str
        By run number the cause.
    patients_name : str or None
        Name of the file with their patients.
    patients : bytes or None
        The file itself, where the folder is not seen.
    """

    finished: tuple[int, ...] = ()
    part: Part | None = None
    seconds: dict[int, float] = field(default_factory=dict)
    failures: dict[int, str] = field(default_factory=dict)
    patients_name: str | None = None
    patients: bytes | None = None


class WorkerDiffers(PathwaysError):
    """A worker would not compute the same results as the process that asked."""


def packed(study: Study) -> Packed:
    """Return a study as it is sent to workers."""
    content = pickle.dumps(study, protocol=pickle.HIGHEST_PROTOCOL)
    return Packed(content, hashlib.blake2b(content, digest_size=16).hexdigest())


def hold(study: Packed) -> None:
    """Keep a study for the orders that follow."""
    _packed[study.digest] = study.content


def let_go(study: Packed) -> None:
    """Forget a study."""
    _packed.pop(study.digest, None)
    _unpacked.pop(study.digest, None)


def ready() -> bool:
    """Load what runs need, and answer as a sign that this process has started."""
    from pathways import fastcore
    from pathways.engines import kernel_engine  # noqa: F401
    from pathways.outcomes import conservation  # noqa: F401
    from pathways.resolve import resolver  # noqa: F401
    from pathways.studies import measures  # noqa: F401

    part_of(table_of([], ()))
    return fastcore.kernel() is not None


def run_batch(order: Order) -> Answer:
    """Simulate the runs of an order.

    Raises
    ------
    WorkerDiffers
        If this process has another model version, or does not know the study.
    """
    study = _study_of(order)
    answer = Answer()
    results: dict[int, dict[str, Any]] = {}
    with patients_file(order.patients_folder) as patients:
        for number in from_ranges(order.ranges):
            started = time.perf_counter()
            try:
                found, table = _simulated(study, study.run(number), patients)
            except Exception as error:  # whatever it is, the other runs go on
                answer.failures[number] = cause_of(error)
            else:
                patients.add(table)
                results[number] = found
            answer.seconds[number] = round(time.perf_counter() - started, 4)
    answer.patients_name, answer.patients = patients.name, patients.content
    answer.finished = tuple(results)
    if results:
        rows = [row_of(study, run, order.columns, found) for run, found in results.items()]
        answer.part = part_of(table_of(rows, order.columns))
    return answer


def keys_of(order: Order) -> bytes:
    """Return the keys of runs one after the other, ``KEY_BYTES`` each."""
    from pathways.studies.study import run_key

    study = _study_of(order)
    keys = (run_key(study, study.run(number)) for number in from_ranges(order.ranges))
    return b"".join(short_key(key) for key in keys)


def short_key(key: str) -> bytes:
    """Return a key as so few bytes that those of a million runs fit into memory."""
    return hashlib.blake2b(key.encode(), digest_size=KEY_BYTES).digest()


def cause_of(error: BaseException) -> str:
    """Return in one line why a run failed."""
    words = " ".join(str(error).split())
    if not isinstance(error, PathwaysError):
        words = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return words if len(words) <= LONGEST_CAUSE else words[: LONGEST_CAUSE - 3] + "..."


def _study_of(order: Order) -> Study:
    from pathways.version import model_version

    if order.model_version != model_version():
        raise WorkerDiffers(
            f"a worker has the model version {model_version()}, this process has "
            f"{order.model_version}: install the same build of the package everywhere"
        )
    with _lock:  # a worker of a cluster may have several threads
        if order.digest not in _unpacked:
            if order.digest not in _packed:
                raise WorkerDiffers("a worker has lost the study; run the same command again")
            _unpacked[order.digest] = pickle.loads(_packed[order.digest])
        return _unpacked[order.digest]


def _simulated(
    study: Study, run: Run, patients: PatientsFile | NoPatientsFile
) -> tuple[dict[str, Any], pyarrow.Table | None]:
    from pathways.engines import kernel_engine
    from pathways.outcomes.conservation import check_conservation
    from pathways.studies.measures import measures_of
    from pathways.studies.study import run_key

    plan = study.plan_of(run)
    raw = kernel_engine.run(plan, threads=1)
    check_conservation(raw, plan)
    measures = measures_of(raw, plan, study.outputs)
    key = run_key(study, run)
    found = {**measures, "key": key, "fingerprint": run_fingerprint(key, raw)}
    return found, patients.table(run.number, raw, plan)


def run_fingerprint(key: str, raw: RawResult) -> str:
    """Return the hash of a run: of its key and of the records of its patients and weeks."""
    digest = hashlib.blake2b(key.encode(), digest_size=32)
    digest.update(raw.results)
    digest.update(raw.weekly)
    if raw.observations is not None:
        digest.update(raw.observations)
    return digest.hexdigest()
