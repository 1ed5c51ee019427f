"""``pathways sweep``: every run of a study, on this machine or on a Dask cluster; resumes."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pathways.cli.options import whole_number
from pathways.cli.shared import ascii_table, duration, plain_console, refuse_unusable_kernel

if TYPE_CHECKING:
    from pathways.studies.estimate import Estimate
    from pathways.studies.result import StudyResult
    from pathways.studies.study import Study
    from pathways.studies.sweep import Progress

SECONDS_NOT_ASKED_ABOUT = 600.0
"""A longer sweep starts only if somebody says so, at the terminal or with --yes."""

SECONDS_BETWEEN_LINES = 30.0
FAILURES_SHOWN = 10
MEGABYTE = 1_000_000.0


def sweep(
    study: Annotated[
        str | None, typer.Argument(help="Name of a shipped study, or the path of a file.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(help="Directory of the results (default: results/STUDY).", metavar="<path>"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            parser=whole_number("workers"),
            metavar="NUMBER",
            help="Processes of this machine (default: one for each processor).",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Dask scheduler instead, such as tcp://host:8786."),
    ] = None,
    allow: Annotated[
        int | None,
        typer.Option(
            parser=whole_number("allow"),
            metavar="NUMBER",
            help="Runs that are not taken for a mistake.",
        ),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Start whatever is estimated: nobody is asked, and a batch job needs no terminal.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show warnings and errors only.")] = False,
    measures: Annotated[
        bool, typer.Option("--measures", help="List what can be asked for under `outputs`.")
    ] = False,
) -> None:
    """Run a study, or what its results directory lacks of it.

    The same command goes on after an interruption, tries runs that failed again, and after draws,
    seeds or levels were added to the study makes the new runs alone.
    """
    if measures:
        _show_measures()
        return
    from pathways.errors import InputError, Place

    if study is None:
        raise InputError(Place(path="STUDY"), "no study is named", "a shipped name, or a path")
    if scheduler is not None and workers is not None:
        problem = "the workers of a cluster are its own; leave out --workers, or --scheduler"
        raise InputError(Place(path="workers"), problem)
    _sweep(study, out, workers, scheduler, allow=allow, yes=yes, quiet=quiet)


def _sweep(
    name: str,
    out: str | None,
    workers: int | None,
    scheduler: str | None,
    *,
    allow: int | None,
    yes: bool,
    quiet: bool,
) -> None:
    from pathways.outcomes.directory import refuse_nameless
    from pathways.studies.crews import dask_client
    from pathways.studies.load import load_study
    from pathways.studies.store import finished_runs, refuse_unusable
    from pathways.studies.sweep import default_directory, run_study, workers_here

    refuse_unusable_kernel()
    study = load_study(name, allow=allow)
    if out is not None:
        refuse_nameless(out)
    path = default_directory(study) if out is None else Path(out)
    refuse_unusable(path)
    before = finished_runs(path)
    _warn(study, path, quiet=quiet)
    with nullcontext() if scheduler is None else dask_client(scheduler) as client:
        count = workers_here(workers) if client is None else max(1, len(client.nthreads()))
        expected = _expected(study, path, count, before, quiet=quiet, yes=yes)
        started = time.perf_counter()
        try:
            with _progress(quiet=quiet) as progress:
                result = run_study(
                    study, out=path, workers=workers, client=client, progress=progress
                )
        except KeyboardInterrupt:
            _say_interrupted(path, len(study))
            raise
    if not quiet:
        _show(result, study, expected, before, time.perf_counter() - started)
    _end_with_failures(result)


def _show_measures() -> None:
    from pathways.studies.measures import DEFAULT_OUTPUTS, MEASURES

    rows = [
        [name, one.unit, "yes" if name in DEFAULT_OUTPUTS else "", one.meaning]
        for name, one in MEASURES.items()
    ]
    console = plain_console()
    with console.capture() as captured:
        console.print(ascii_table(("Measure", "Unit", "Usual", "Meaning"), rows))
    typer.echo(captured.get(), nl=False)


def _expected(
    study: Study, path: Path, workers: int, before: int, *, quiet: bool, yes: bool
) -> Estimate | None:
    """Show what is to come and ask if it is much; None where nothing is left to do."""
    from pathways.studies.estimate import estimate

    left = len(study) - before
    if left <= 0:
        return None
    found = estimate(study, workers)
    _refuse_no_room(found, path, yes=yes)
    seconds = found.seconds * left / len(study)
    if not quiet:
        more = f", {before:,} of them finished" if before else ""
        typer.echo(f"{study.name}: {len(study):,} runs{more}; {_estimated(found, seconds)}")
    if seconds > SECONDS_NOT_ASKED_ABOUT and not yes:
        _ask(f"{study.name} is estimated to take {duration(seconds)}")
    return found


def _ask(words: str) -> None:
    """Ask whether to start.

    Raises
    ------
    pathways.errors.PathwaysError
        If the answer is no, or there is nobody to ask.
    """
    from pathways.errors import PathwaysError

    if not sys.stdin.isatty():
        limit = duration(SECONDS_NOT_ASKED_ABOUT)
        raise PathwaysError(
            f"{words}, more than {limit}, and without a terminal nobody can be asked; nothing was "
            "started: give --yes to start it, more --workers or a --scheduler, or a smaller study"
        )
    if not typer.confirm(f"{words}. Start?", err=True):
        raise PathwaysError("nothing was started")


def _warn(study: Study, path: Path, *, quiet: bool) -> None:
    """Say what its runs must not be used for, and that a store keeps its name."""
    from pathways.studies.cautions import cautions_of_study
    from pathways.studies.contents import found_manifest

    for caution in cautions_of_study(study):
        typer.echo(f"warning: {caution}", err=True)
    name = (found_manifest(path) or {}).get("study", study.name)
    if name != study.name and not quiet:
        typer.echo(
            f"note: {path} holds the study `{name}`; `{study.name}` goes on with it, and the "
            "results keep the first name",
            err=True,
        )


def _estimated(found: Estimate, seconds: float) -> str:
    return (
        f"estimated {duration(seconds)}, {found.memory_bytes / MEGABYTE:,.0f} MB of memory, "
        f"{_size(found.disk_bytes)} on disk"
    )


def _refuse_no_room(found: Estimate, path: Path, *, yes: bool) -> None:
    """Refuse a study that would fill the disk.

    Raises
    ------
    pathways.outcomes.directory.OutputError
        With what is needed and what there is.
    """
    import shutil

    from pathways.outcomes.directory import OutputError

    folder = next(one for one in (path, *path.absolute().parents) if one.exists())
    free = shutil.disk_usage(folder).free
    if found.disk_bytes > free and not yes:
        raise OutputError(
            f"{path}: about {found.disk_bytes / MEGABYTE:,.0f} MB are needed and "
            f"{free / MEGABYTE:,.0f} MB are free; make room, give another directory with --out, "
            "or start all the same with --yes"
        )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress | None]:
    """Yield what a sweep reports to: a bar on a terminal, now and then a line elsewhere."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar() as told:
            yield told
    else:
        yield _lines()


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("Runs"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, failed="")

        def told(finished: int, total: int, failed: int) -> None:
            words = f"{failed} failed" if failed else ""
            bar.update(task, completed=finished + failed, total=total, failed=words)

        yield told


def _lines() -> Callable[[int, int, int], None]:
    started = last = time.monotonic()
    first: int | None = None

    def told(finished: int, total: int, failed: int) -> None:
        nonlocal last, first
        now, done = time.monotonic(), finished + failed
        first = done if first is None else first
        if now - last < SECONDS_BETWEEN_LINES or done == first:
            return
        last = now
        left = duration((now - started) * (total - done) / (done - first))
        words = f", {failed} failed" if failed else ""
        typer.echo(f"{done:,} of {total:,} runs{words}, about {left} left", err=True)

    return told


def _say_interrupted(path: Path, runs: int) -> None:
    from pathways.studies.store import finished_runs

    finished = finished_runs(path)
    typer.echo(
        f"{finished:,} of {runs:,} runs are finished in {path}; the same command goes on", err=True
    )


def _show(
    result: StudyResult, study: Study, expected: Estimate | None, before: int, seconds: float
) -> None:
    finished = result.manifest["finished"]
    lines = [f"{study.name}: {study.title}"]
    lines.append(f"{finished['runs']:,} of {len(study):,} runs are finished")
    if expected is None:
        lines.append("Nothing was left to do")
    else:
        share = (len(study) - before) / len(study)
        lines.append(
            f"Took {_took(result, seconds)}; {_estimated(expected, expected.seconds * share)}"
        )
    lines.append(f"Fingerprint {finished['fingerprint']}")
    lines.append(f"Results in {result.path}")
    lines.append(f"  Runs      pandas.read_parquet('{result.path / 'runs'}')")
    if study.keep_patients:
        lines.append(f"  Patients  {result.path / 'patients'}")
    typer.echo("\n".join(lines))


def _took(result: StudyResult, seconds: float) -> str:
    disk = sum(path.stat().st_size for path in result.path.rglob("*") if path.is_file())
    largest = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return (
        f"{duration(seconds)}, {largest * 1024 / MEGABYTE:,.0f} MB of memory in the largest "
        f"process, {_size(disk)} on disk"
    )


def _end_with_failures(result: StudyResult) -> None:
    """End with exit code 2 if runs failed, and say which and why.

    Raises
    ------
    pathways.errors.PathwaysError
    """
    from pathways.errors import PathwaysError

    failures = result.failures
    if failures.empty:
        return
    told = [f"run {one.run}: {one.cause}" for one in failures.head(FAILURES_SHOWN).itertuples()]
    if len(failures) > len(told):
        told.append(f"and {len(failures) - len(told)} more, in {result.path / 'journal.jsonl'}")
    what = "run" if len(failures) == 1 else "runs"
    raise PathwaysError(
        "\n".join(told) + f"\n{len(failures)} {what} failed; all others are finished, and the same "
        "command tries these again"
    )


def _size(size: float) -> str:
    return f"{size / 1000:,.0f} kB" if size < MEGABYTE else f"{size / MEGABYTE:,.1f} MB"
