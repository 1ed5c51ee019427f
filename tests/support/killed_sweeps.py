"""Kills a sweep at each instant at which it touches the disk, in processes of their own.

    python killed_sweeps.py begin|extend|patients FOLDER [TOUCH ...]

prints one line of JSON for each instant: what a reader found after the kill, and whether the study
equals the uninterrupted one after it was run again. Of each touch that is named, such as `replace`,
the middle one is such an instant; if none is named, all of them are. A process with the study
loaded and no threads forks one child for each step, so that an instant costs what its runs cost.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sweeps import digests, tiny_study

from pathways.outcomes.directory import OutputError
from pathways.studies import extension, worker
from pathways.studies.result import StudyResult
from pathways.studies.study import Study
from pathways.studies.sweep import run_study

TOUCHES = ("fsync", "replace", "rename", "write", "ftruncate", "unlink", "rmdir", "mkdir", "open")
BATCH_RUNS = 4


def in_child(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a process of its own, or None if that is killed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            answer = json.dumps(work()).encode()
            _untouched["write"](writer, answer)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    with open(reader, "rb") as file:
        said = file.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        raise SystemExit("a child failed; see above")
    return json.loads(said)


_untouched = {name: getattr(os, name) for name in TOUCHES}


def kill_at(instant: int) -> list[str]:
    """See to it that this process is killed just before it touches the disk that often.

    Returns a list that grows with each touch.
    """
    seen: list[str] = []

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def touch(*given: Any, **named: Any) -> Any:
            seen.append(name)
            if len(seen) == instant:
                if name == "write":  # half a line of the journal
                    function(given[0], bytes(given[1])[: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*given, **named)

        return touch

    for name, function in _untouched.items():
        setattr(os, name, counted(name, function))
    extension._exchanged = counted("exchange", extension._exchanged)
    return seen


def read(store: Path) -> dict[str, Any] | None:
    """Return what a reader finds: rows by key as text, and what plain files hold."""
    import pyarrow.parquet as parquet

    try:
        rows = StudyResult(store).table.to_pylist()
    except OutputError as error:
        if "holds no results" in str(error):
            return None
        raise
    plain = [row for path in (store / "runs").glob("*.parquet") for row in _rows(parquet, path)]
    return {"rows": {row["key"]: repr(row) for row in rows}, "plain": {r["key"] for r in plain}}


def _rows(parquet: Any, path: Path) -> list[dict[str, Any]]:
    return parquet.ParquetFile(path).read().to_pylist()


def run(study: Study, store: Path) -> dict[str, Any]:
    """Run a study in this process; what it came to."""
    result = run_study(study, out=store, workers=0, batch_runs=BATCH_RUNS)
    files = [digests(store, one.name) for one in sorted(store.iterdir()) if one.is_dir()]
    left = sorted(path.name for path in store.rglob(".*"))
    rows = {row["key"]: repr(row) for row in result.table.to_pylist()}
    return {"fingerprint": result.fingerprint, "files": files, "left": left, "rows": rows}


def killed(study: Study, store: Path, instant: int) -> list[str] | None:
    """Run a study until it is killed; if it comes to its end, how it touched the disk."""

    def work() -> list[str]:
        touches = kill_at(instant)
        run_study(study, out=store, workers=0, batch_runs=BATCH_RUNS)
        return touches

    return in_child(work)


def each_instant(folder: Path, before: Study | None, study: Study, names: list[str]) -> None:
    """Kill and resume at some instants, and say what came of it."""
    whole = in_child(lambda: run(study, folder / "whole"))
    if before is not None:
        in_child(lambda: run(before, folder / "before"))

    def begun(name: str) -> Path:
        if before is not None:
            shutil.copytree(folder / "before", folder / name)
        return folder / name

    touches = list(enumerate(killed(study, begun("counted"), 0), start=1))
    instants = [place for place, _ in touches]
    if names:
        found = ([place for place, one in touches if one == name] for name in names)
        instants = [places[len(places) // 2] for places in found]
    for instant in instants:
        store = begun(f"store-{instant}")
        is_killed = killed(study, store, instant) is None
        found = in_child(lambda store=store: _found(store, whole["rows"]))
        resumed = in_child(lambda store=store: run(study, store))
        said = {"instant": instant, "is_killed": is_killed, "is_equal": resumed == whole, **found}
        print(json.dumps(said), flush=True)


def _found(store: Path, known: dict[str, str]) -> dict[str, Any]:
    found = read(store)
    if found is None:
        return {"rows": None}
    ours = found["rows"]
    return {
        "rows": len(ours),
        "plain": len(found["plain"]),
        "wrong": [key for key in ours if key not in known],
        "unseen": len(set(ours) - found["plain"]),
        "renumbered": sum(ours[key] != known[key] for key in ours if key in known),
    }


def _load_everything(folder: Path) -> None:
    """Do once what every child would do again; without threads, which do not survive a fork."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    from pathways.version import model_version

    study = tiny_study(folder / "first")
    study.plan_of(study.run(0))
    worker.ready()
    model_version()


def main(what: str, folder: Path, names: list[str]) -> None:
    """Do what the first word says."""
    _load_everything(folder)
    shorter = {"draws": 2, "seeds": [1]}
    if what == "begin":
        each_instant(folder, None, tiny_study(folder), names)
    elif what == "patients":
        keep = {"keep": "true"}
        before = tiny_study(folder / "1", **keep, **shorter)
        study = tiny_study(folder / "2", **keep, draws=2, seeds=[1, 2])
        each_instant(folder, before, study, names)
    else:
        before = tiny_study(folder / "1", **shorter)
        each_instant(folder, before, tiny_study(folder / "2", draws=3), names)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
