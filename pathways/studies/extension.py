"""A study that was extended keeps its finished runs: they are found by their keys, not numbers.

The runs of the longer study are numbered anew, so its files are made anew, beside the old ones,
from the old rows. When all of them are on the disk the folder gets another name, and from then on
they are the study's; what remains is to move them to their places, which :func:`settle` does, if
need be after the process was killed in between.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways.errors import shown
from pathways.outcomes.directory import OutputError, explained, sync_folder
from pathways.studies.batches import Cut, Piece
from pathways.studies.contents import EXTENDED, JOURNAL, MANIFEST, MARK, PATIENTS, RUNS, Contents
from pathways.studies.rows import part_of, row_of, table_of

if TYPE_CHECKING:
    import numpy

    from pathways.studies.crews import Crew
    from pathways.studies.store import Store
    from pathways.studies.study import Study
    from pathways.studies.worker import Packed

EXTENDING = ".extending"
RETIRED = "retired-"
KEYS_PER_ORDER = 2_000
TABLES_HELD = 64
EXCHANGE = 2
AT_CURRENT_FOLDER = -100

FIXED = ("model_version", "patients", "years", "outputs", "keep_patients")
"""What decides every run, or what is kept of it: with another one nothing can be kept."""


def is_other_study(contents: Contents, study: Study) -> bool:
    """Tell whether a store was made for a study that says anything else."""
    return contents.manifest["description"] != _as_json(study.description())


def extend(store: Store, study: Study, crew: Crew, content: Packed) -> None:
    """Turn a store into that of a longer study, with the runs that it has.

    Raises
    ------
    OutputError
        If the store has runs that the study has not; names what was changed.
    """
    contents = store.contents
    if contents.finished_runs:
        refuse_changed(contents, study, FIXED)
        matches = _matches(contents, study, crew, content)
    else:
        matches = {}
    folder = store.path / EXTENDING
    with explained(folder):
        _write_extended(folder, contents, study, matches)
        os.rename(folder, store.path / EXTENDED)
        sync_folder(store.path)
        settle(store.path)


def refuse_changed(contents: Contents, study: Study, fields: tuple[str, ...] | None = None) -> None:
    """Refuse a study that differs from the one of the store, in any field or in some.

    Raises
    ------
    OutputError
        With what was changed, by name.
    """
    before, now = map(_by_path, (contents.manifest["description"], _as_json(study.description())))
    if fields and all(before.get(field) == now.get(field) for field in fields):
        return
    every = [
        change
        for field in sorted({*before, *now})
        for change in _changes(field, before.get(field), now.get(field))
    ]
    # What only adds runs is told only if nothing else was changed.
    at_fault = [change for change in every if not _only_adds(*change)] or every
    changed = [f"{path} was {_told(was)} and is {_told(is_now)}" for path, was, is_now in at_fault]
    if changed:
        raise OutputError(
            f"{contents.path}: holds {contents.finished_runs} runs of another study: "
            f"{'; '.join(changed[:5])}{'; ...' if len(changed) > 5 else ''}. "
            "More scenarios, levels, draws, seeds or replicates extend a study, nothing else does; "
            "give a new directory with --out, or undo the change"
        )


def _changes(path: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the path of each value that differs, what it was and what it is."""
    if before == now:
        return
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            yield from _changes(f"{path}.{key}", before.get(key), now.get(key))
    else:
        yield path, before, now


def _only_adds(path: str, before: Any, now: Any) -> bool:
    """Tell whether a change gives a study more runs and takes none away."""
    if isinstance(before, list) and isinstance(now, list):
        return all(one in now for one in before)
    if path in ("replicates", "draws"):
        return isinstance(before, int) and isinstance(now, int) and 0 < before < now
    return before is None and path.startswith("scenarios.")


def _told(value: Any) -> str:
    return "nothing" if value is None else shown(json.dumps(value, ensure_ascii=False))


def _by_path(description: dict[str, Any]) -> dict[str, Any]:
    """Return a description with what varies by its paths, for people."""
    return {**description, "vary": _varied(description["vary"])}


def _varied(axes: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for axis in axes:
        kind, paths = next(iter(axis.items()))
        if kind == "constrained":
            found |= _varied(paths)
        elif "values" in axis:
            found |= {path: [one[i] for one in axis["values"]] for i, path in enumerate(paths)}
        else:
            found[f"{kind} over {', '.join(paths)}"] = axis
    return found


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _matches(contents: Contents, study: Study, crew: Crew, content: Packed) -> numpy.ndarray:
    """Return for each run of the study the number of the stored run with its key, or -1."""
    import numpy as np

    keys, runs = _stored_keys(contents)
    matches = np.full(len(study), -1, np.int64)
    for piece, found in _keys(study, crew, content):
        wanted = np.frombuffer(found, dtype=keys.dtype)
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        matches[list(piece.numbers)] = np.where(keys[places] == wanted, runs[places], -1)
    # Runs with the same key have the same results, so one of them stands for all.
    kept = np.unique(matches[matches >= 0])
    if len(kept) < len(np.unique(keys)):
        refuse_changed(contents, study)
        raise OutputError(f"{contents.path}: holds runs of another study; give a new directory")
    return matches


def _stored_keys(contents: Contents) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Return the short keys of the finished runs in their order, and the runs' numbers."""
    import numpy as np

    from pathways.studies.worker import KEY_BYTES, short_key

    keys: list[bytes] = []
    runs: list[numpy.ndarray] = []
    for table in contents.tables():
        keys.append(b"".join(map(short_key, table["key"].to_pylist())))
        runs.append(table["run"].to_numpy())
    found = np.frombuffer(b"".join(keys), dtype=f"S{KEY_BYTES}")
    order = np.argsort(found, kind="stable")
    return found[order], np.concatenate(runs)[order]


def _keys(study: Study, crew: Crew, content: Packed) -> Iterator[tuple[Piece, bytes]]:
    from pathways.studies.shift import Shift
    from pathways.studies.sweep import order_of
    from pathways.studies.worker import keys_of

    cut = Cut(len(study), KEYS_PER_ORDER)
    pieces = (Piece(batch, tuple(cut.numbers(batch))) for batch in range(len(cut)))
    shift = Shift(crew, keys_of, lambda piece: order_of(content, piece))
    for piece, found in shift.work_through(pieces):
        if found is None:
            first, last = piece.numbers[0], piece.numbers[-1]
            raise OutputError(f"workers are lost while they look at runs {first} to {last}")
        yield piece, found


def _write_extended(
    folder: Path, contents: Contents, study: Study, matches: Mapping[int, int] | numpy.ndarray
) -> None:
    from pathways.studies.contents import read_contents
    from pathways.studies.store import Store, create, new_manifest

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    same_size = contents.manifest["batch_runs"] if contents.finished_runs else None
    name = {"study": contents.manifest["study"]} if contents.finished_runs else {}
    create(folder, new_manifest(study, same_size) | name)
    store = Store(study, read_contents(folder))
    try:
        rows = lru_cache(TABLES_HELD)(lambda batch: _rows(contents, batch))
        for batch in range(len(store.contents.cut)) if len(matches) else ():
            _carry(store, contents, batch, matches, rows)
    finally:
        store.close()
    for name in (RUNS, PATIENTS):
        if (folder / name).exists():
            (folder / name / MARK).touch()
            sync_folder(folder / name)
    sync_folder(folder)


def _rows(contents: Contents, batch: int) -> dict[int, dict[str, Any]]:
    return {row["run"]: row for row in contents.table(batch).to_pylist()}


def _carry(store: Store, contents: Contents, batch: int, matches: Any, rows: Any) -> None:
    """Write the runs of a batch that the old store has."""
    numbers = store.contents.cut.numbers(batch)
    old = {number: int(matches[number]) for number in numbers if matches[number] >= 0}
    if not old:
        return
    cut = contents.cut
    columns, study = store.contents.columns, store.study
    found = {new: rows(run // cut.size)[run] for new, run in old.items()}
    table = table_of([row_of(study, new, columns, row) for new, row in found.items()], columns)
    sources: dict[Path, dict[int, list[int]]] = {}
    for new, run in old.items():
        taken = sources.setdefault(contents.file(run // cut.size, PATIENTS), {})
        taken.setdefault(run, []).append(new)
    store.add(batch, [part_of(table)], {}, {}, sources)


def settle(path: Path) -> None:
    """Move an extended study to its place, and remove one that was not made to the end."""
    shutil.rmtree(path / EXTENDING, ignore_errors=True)
    moving = path / EXTENDED
    if moving.exists():
        for name in (RUNS, PATIENTS):
            if (moving / name / MARK).exists():
                _swap(moving / name, path / name, moving / f"{RETIRED}{name}")
        for name in (JOURNAL, MANIFEST):
            if (moving / name).exists():
                os.replace(moving / name, path / name)
        sync_folder(path)
        shutil.rmtree(moving)
        sync_folder(path)
    for name in (RUNS, PATIENTS):
        (path / name / MARK).unlink(missing_ok=True)


def _swap(new: Path, old: Path, retired: Path) -> None:
    """Let two folders change places, at once where the file system can do that."""
    if old.exists() and not _exchanged(new, old):
        os.rename(old, retired)
    if not old.exists():
        os.rename(new, old)


def _exchanged(one: Path, other: Path) -> bool:
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if exchange is None:
        return False
    names = [os.fsencode(path.absolute()) for path in (one, other)]
    given = (AT_CURRENT_FOLDER, names[0], AT_CURRENT_FOLDER, names[1], EXCHANGE)
    return exchange(*given) == 0
