"""Simulated points: made by several processes in blocks that survive a kill, kept as data."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import resources
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration.possible import is_possible
from pathways.calibration.prior import Prior
from pathways.calibration.settings import Settings
from pathways.errors import InputError, Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.trials.document import TrialDocument

FILE = "bank.csv"
FOLDER = "data"
BLOCK = 8
PLACES = 6
SIGNIFICANT = 7
COMMENT = "# "


@dataclass(frozen=True)
class Bank:
    """Simulated points.

    Attributes
    ----------
    keys, own, targets : tuple of str
        Unknowns, numbers of trial files, and targets, in the order of the columns.
    points : ndarray, shape (n, unknowns and own)
        Standard normals of the evidence's own distributions.
    expected : ndarray, shape (n, targets)
        What was simulated, in the endpoints' units; NaN where the model cannot have these values.
    digest : str
        Of everything the points depend on, when they were made.
    """

    keys: tuple[str, ...]
    own: tuple[str, ...]
    targets: tuple[str, ...]
    points: NDArray[np.float64]
    expected: NDArray[np.float64]
    digest: str

    @property
    def possible(self) -> NDArray[np.bool_]:
        """Which points could be simulated."""
        return np.isfinite(self.expected).all(axis=1)


def digest_of(settings: Settings) -> str:
    """Return a digest of everything but the code that the points depend on."""
    from pathways.calibration.simulate import load_cached, needed_endpoints
    from pathways.evidence.book import book

    widths = [(one.key, settings.design_width(one.key)) for one in settings.unknowns]
    parts = [
        repr((settings.bank.seed, sorted(settings.bank.replicates.items()), widths)),
        repr([one.model_dump_json() for one in settings.own]),
        repr([one.name for one in settings.targets]),
        *(
            _simulated_part(load_cached(name).document, endpoints)
            for name, endpoints in sorted(needed_endpoints(settings).items())
        ),
        repr([(one.name, one.value, one.uncertainty) for one in book() if one.is_input]),
    ]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _simulated_part(document: TrialDocument, names: Iterable[str]) -> str:
    """Return what of a trial file changes the simulation: not its words, and not other results."""
    unsaid = {"published": None, "title": "", "note": None}
    endpoints = [document.endpoint(name).model_copy(update=unsaid) for name in sorted(names)]
    silent = {"endpoints": tuple(endpoints), "assumptions": (), "about": None, "title": ""}
    return repr(document.model_copy(update=silent))


def design(settings: Settings) -> NDArray[np.float64]:
    """Return the points, shape (points, unknowns and own), standard normals of the evidence.

    Where a prior is widened, in any variant, they lie as wide.
    """
    prior = Prior([one.key for one in settings.unknowns])
    widths = [settings.design_width(key) for key in prior.keys] + [1.0] * len(settings.own)
    plain = prior.design(settings.bank.points, settings.bank.seed, further=len(settings.own))
    return np.round(plain * np.array(widths), PLACES) + 0.0


def values_at(
    settings: Settings, point: NDArray[np.float64]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the values of the unknowns and of the trials' own numbers at one point."""
    from pathways.evidence.draws import rounded

    prior = Prior([one.key for one in settings.unknowns])
    values = prior.values(point[: len(prior)])
    beside = point[len(prior) :]
    own = {
        one.name: rounded(one.median * float(np.exp(one.sigma * x)))
        for one, x in zip(settings.own, beside, strict=True)
    }
    return values, own


def simulated_point(settings: Settings, points: NDArray[np.float64], number: int) -> list[float]:
    """Return what is expected of every target at one point of a design, rounded; NaN if impossible.

    Each point has patients of its own: the error of a simulation then shows in what the stand-in
    misses, and does not shift all points alike.
    """
    from pathways.calibration.simulate import expected_at

    values, own = values_at(settings, points[number])
    if not is_possible(values):
        return [float("nan")] * len(settings.targets)
    seed = settings.bank.seed + number
    found = expected_at(settings, values, own, seed)
    return [float(f"{one:.{SIGNIFICANT}g}") for one in found]


def make(settings: Settings, folder: Path, processes: int, tell: Callable[[str], None]) -> Bank:
    """Return the bank, simulating the blocks that the folder does not have yet.

    Parameters
    ----------
    settings : Settings
    folder : Path
        A folder in it, named by the digest, holds a file for each finished block.
    processes : int
    tell : callable
        Is told how far it is.
    """
    from pathways.calibration.simulate import refuse_wrong_sizes

    refuse_wrong_sizes(settings)
    digest = digest_of(settings)
    home = folder / digest
    home.mkdir(parents=True, exist_ok=True)
    blocks = range(0, settings.bank.points, BLOCK)
    missing = [first for first in blocks if not _block_path(home, first).exists()]
    tell(f"{len(blocks)} blocks of {BLOCK} points, {len(missing)} to simulate, in {home}")
    with workers(processes) as pool:
        jobs = [pool.submit(_write_block, settings, home, first) for first in missing]
        for number, job in enumerate(as_completed(jobs), 1):
            job.result()
            tell(f"{number} of {len(missing)} blocks")
    rows = [row for first in blocks for row in _read_block(_block_path(home, first))]
    return _bank(settings, np.array(rows), digest)


def workers(processes: int) -> ProcessPoolExecutor:
    """Return processes of one processor each: simulations of so few patients gain by no more."""
    context = get_context("spawn")
    return ProcessPoolExecutor(processes, context, _on_one_processor, (context.Value("i", 0),))


def _on_one_processor(started) -> None:
    if not hasattr(os, "sched_setaffinity"):
        return
    with started.get_lock():
        number, started.value = started.value, started.value + 1
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[number % len(allowed)]})


def _bank(settings: Settings, expected: NDArray[np.float64], digest: str) -> Bank:
    return Bank(
        tuple(one.key for one in settings.unknowns),
        tuple(one.name for one in settings.own),
        tuple(one.name for one in settings.targets),
        design(settings),
        expected,
        digest,
    )


def _block_path(home: Path, first: int) -> Path:
    return home / f"points-{first:05d}.csv"


def _write_block(settings: Settings, home: Path, first: int) -> None:
    """Simulate one block; the file appears when it is whole."""
    points = design(settings)
    last = min(first + BLOCK, len(points))
    rows = [simulated_point(settings, points, number) for number in range(first, last)]
    path = _block_path(home, first)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text("".join(",".join(map(repr, row)) + "\n" for row in rows))
    unfinished.replace(path)


def _read_block(path: Path) -> list[list[float]]:
    return [[float(cell) for cell in line.split(",")] for line in path.read_text().splitlines()]


def as_text(bank: Bank, about: Iterable[str]) -> str:
    """Return the file that a bank is kept as."""
    out = io.StringIO()
    for line in (*about, f"digest {bank.digest}"):
        out.write(f"{COMMENT}{line}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*(f"z {name}" for name in (*bank.keys, *bank.own)), *bank.targets])
    for point, row in zip(bank.points, bank.expected, strict=True):
        writer.writerow([*(f"{z:.{PLACES}f}" for z in point), *map(repr, row.tolist())])
    return out.getvalue()


def read(text: str, settings: Settings, name: str = FILE) -> Bank:
    """Return the bank that a file holds.

    Raises
    ------
    InputError
        If its columns are not those of the settings.
    """
    lines = text.splitlines()
    said = [line.removeprefix(COMMENT) for line in lines if line.startswith("#")]
    digest = next((one.partition(" ")[2] for one in said if one.startswith("digest ")), "")
    head, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    keys = tuple(one.key for one in settings.unknowns)
    own = tuple(one.name for one in settings.own)
    targets = tuple(one.name for one in settings.targets)
    if tuple(head) != (*(f"z {one}" for one in (*keys, *own)), *targets):
        problem = "the columns are not the unknowns and targets of the settings"
        raise InputError(Place(file=name), problem, "the bank made anew: `--bank`")
    table = np.array(rows, dtype=float)
    unknowns = len(keys) + len(own)
    return Bank(keys, own, targets, table[:, :unknowns], table[:, unknowns:], digest)


def kept(settings: Settings) -> Bank:
    """Return the bank that comes with this version.

    Raises
    ------
    InputError
        If there is none, or it is of other settings.
    """
    item = resources.files("pathways.calibration") / FOLDER / FILE
    if not item.is_file():
        raise InputError(Place(file=FILE), "there is no bank", "made with `--bank`")
    return read(item.read_text(encoding="utf-8"), settings)
