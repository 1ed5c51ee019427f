"""``pathways validate``: virtual trials beside their published results."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pathways.cli.options import whole_number
from pathways.cli.shared import (
    duration,
    plain_console,
    progress_bar,
    refuse_unusable_kernel,
    status,
)

if TYPE_CHECKING:
    from pathways.trials.change import ChangeSplit
    from pathways.trials.load import Trial
    from pathways.trials.size import Size
    from pathways.trials.validation import Validation

MEGABYTE = 1_000_000.0


def validate(
    trials: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TRIAL...]",
            help="Names of shipped trials or paths of files (default: all shipped ones).",
        ),
    ] = None,
    replicates: Annotated[
        int,
        typer.Option(
            parser=whole_number("replicates"),
            metavar="NUMBER",
            help="Simulated trials of the published size.",
        ),
    ] = 2000,
    seed: Annotated[
        int,
        typer.Option(
            parser=whole_number("seed"), metavar="NUMBER", help="Seed of every random draw."
        ),
    ] = 1,
    out: Annotated[
        str, typer.Option(help="Output directory.", metavar="<path>")
    ] = "results/validation",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the results of an earlier validation.")
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(help="Markdown file to write the tables into, between its markers."),
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no figures.")] = False,
    draws: Annotated[
        int | None,
        typer.Option(
            parser=whole_number("draws"),
            metavar="NUMBER",
            help="Share the simulated trials out among so many parameter draws (default: every "
            "value as stated).",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show errors only.")] = False,
) -> None:
    """Simulate published trials at their size and compare what comes out with what was published.

    A result that does not fit is printed as such and is no error: the exit code says whether the
    comparison could be made.
    """
    from pathways.outcomes.directory import OutputDirectory, refuse_unusable
    from pathways.trials.page import refuse_unusable_page, write_page
    from pathways.trials.validation import validate_trials

    loaded = _loaded(trials, replicates, seed, draws)
    # Before simulating, so that nobody waits for results that cannot be written.
    if page is not None:
        refuse_unusable_page(page)
    refuse_unusable(out, overwrite=overwrite)
    size = _expected(loaded, replicates, seed, draws or 0, quiet=quiet)
    with OutputDirectory(out, overwrite=overwrite) as directory:
        with _progress(size.patients, shown=not quiet and sys.stderr.isatty()) as told:
            validation = validate_trials(
                loaded, replicates=replicates, seed=seed, draws=draws or 0, told=told
            )
        validation.write_into(directory, figures=not no_figures)
    if page is not None:
        write_page(page, validation)
    if not quiet:
        _show(validation, directory.path)


def _loaded(trials: list[str] | None, replicates: int, seed: int, draws: int | None) -> list[Trial]:
    """Return the trials, once everything that was asked for is right."""
    from pathways.simulation import refuse_bad_size
    from pathways.trials.load import load_trials, shipped_trials
    from pathways.trials.size import refuse_bad_draws, refuse_bad_replicates
    from pathways.version import model_version

    refuse_bad_size(seed=seed)
    loaded = load_trials(trials or shipped_trials())
    refuse_bad_replicates(replicates, loaded)
    if draws is not None:
        refuse_bad_draws(draws, replicates)
    refuse_unusable_kernel()
    model_version()
    return loaded


def _expected(trials: list[Trial], replicates: int, seed: int, draws: int, *, quiet: bool) -> Size:
    """Return what is to come and show it on a terminal; refuse what is impossible."""
    from pathways.trials.size import refuse_impossible, size_of

    is_shown = not quiet and sys.stderr.isatty()
    with status("Trying a few patients of each trial", shown=is_shown):
        size = size_of(trials, replicates=replicates, seed=seed, draws=draws)
    refuse_impossible(size, replicates)
    if is_shown:
        typer.echo(
            f"{replicates:,} times {len(size.trials)} trials: {size.patients:,} patients, "
            f"estimated {duration(size.seconds)}, {size.memory_bytes / MEGABYTE:,.0f} MB of memory",
            err=True,
        )
    return size


@contextmanager
def _progress(patients: int, *, shown: bool) -> Iterator[Callable[[int], object] | None]:
    """Yield what is told of simulated patients; a bar on standard error, or nothing."""
    done = 0
    with progress_bar(shown=shown) as bar:

        def told(more: int) -> None:
            nonlocal done
            done += more
            # How many are not eligible is an estimate.
            bar(done, max(done, patients))

        yield told if bar is not None else None


def _show(validation: Validation, path: Path) -> None:
    from pathways.trials.summary import explanation_lines, summary_lines
    from pathways.trials.words import rows

    console = plain_console()
    with console.capture() as captured:
        widths = _widths(validation)
        for trial in validation.trials:
            console.print(trial.document.title, style="bold")
            for line in _lines(validation, trial, widths):
                console.print(line, soft_wrap=True)
            console.print()
        for line in _change_lines(validation.changes, validation.draws):
            console.print(line, soft_wrap=line.startswith("    "))
        told = summary_lines(
            validation.found, draws=validation.draws, is_fitted=validation.is_fitted
        )
        for line in told:
            console.print(line, soft_wrap=line.startswith(" "))
        if rows(validation.found):
            for line in explanation_lines(validation.replicates):
                console.print(line)
        taken = f"after {validation.seconds:.0f} s of simulation"
        console.print(f"Assumptions and figures of each trial in {path}, {taken}", soft_wrap=True)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _lines(validation: Validation, trial: Trial, widths: list[int]) -> Iterator[str]:
    """Yield each endpoint's words and, below them, its numbers in columns."""
    from pathways.trials.words import headings, rows

    tested = [one for one in validation.of(trial) if one.published is not None]
    if not tested:
        yield "  nothing published to compare with"
        return
    yield _columns(headings(validation.draws)[1:], widths)
    cells = rows(tested, is_fitted=validation.is_fitted)
    for one, (title, *numbers) in zip(tested, cells, strict=True):
        yield f"  {title}"
        yield _columns(numbers, widths)
        if one.reason:
            yield f"    {one.reason}"


def _widths(validation: Validation) -> list[int]:
    from pathways.trials.words import headings, rows

    cells = rows(validation.found, is_fitted=validation.is_fitted)
    table = [headings(validation.draws)[1:], *(row[1:] for row in cells)]
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _change_lines(changes: Sequence[ChangeSplit], draws: int) -> Iterator[str]:
    """Yield where the changes of single arms come from: the words, below them the numbers."""
    from pathways.trials.change_words import (
        CHANGE_HEADINGS,
        TITLE,
        change_rows,
        legend,
        sentence,
        whole_sentence,
    )

    if not changes:
        return
    yield TITLE
    table = change_rows(changes)
    cells = [CHANGE_HEADINGS[1:], *(row[1:] for row in table)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield _columns(CHANGE_HEADINGS[1:], widths)
    for words, *numbers in table:
        yield f"  {words}"
        yield _columns(numbers, widths)
    yield ""
    yield from (f"  {sentence(one)}" for one in changes)
    if whole := whole_sentence(changes):
        yield f"  {whole}"
    yield f"  {legend(draws)}"
    yield ""


def _columns(cells: Sequence[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "    " + "  ".join(padded)
