"""``pathways validate``: virtual trials beside their published results."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pathways.cli.options import whole_number
from pathways.cli.shared import plain_console, progress_bar, refuse_unusable_kernel

if TYPE_CHECKING:
    from pathways.trials.load import Trial
    from pathways.trials.validation import Validation


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
    out: Annotated[Path, typer.Option(help="Output directory.")] = Path("results/validation"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the results of an earlier validation.")
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(help="Markdown file to write the tables into, between its markers."),
    ] = None,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no figures.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show errors only.")] = False,
) -> None:
    """Simulate published trials at their size and compare what comes out with what was published.

    A result that does not fit is printed as such and is no error: the exit code says whether the
    comparison could be made.
    """
    from pathways.outcomes.directory import OutputDirectory
    from pathways.simulation import refuse_bad_size
    from pathways.trials.load import load_trial, shipped_trials
    from pathways.trials.run import refuse_bad_replicates
    from pathways.trials.validation import validate_trials, write_page
    from pathways.version import model_version

    refuse_bad_size(seed=seed)
    refuse_bad_replicates(replicates)
    loaded = {one.name: one for one in map(load_trial, trials or shipped_trials())}
    # Before simulating, so that nobody waits for results that cannot be written.
    refuse_unusable_kernel()
    model_version()
    with OutputDirectory(out, overwrite=overwrite) as directory:
        with progress_bar(shown=not quiet and sys.stderr.isatty()) as progress:
            validation = validate_trials(
                list(loaded.values()), replicates=replicates, seed=seed, progress=progress
            )
        validation.write_into(directory, figures=not no_figures)
    if page is not None:
        write_page(page, validation)
    if not quiet:
        _show(validation, directory.path)


def _show(validation: Validation, path: Path) -> None:
    from pathways.trials.words import summary_lines

    console = plain_console()
    with console.capture() as captured:
        widths = _widths(validation)
        for trial in validation.trials:
            console.print(trial.document.title, style="bold")
            for line in _lines(validation, trial, widths):
                console.print(line, soft_wrap=True)
            console.print()
        for line in summary_lines(validation.found, validation.replicates):
            console.print(line)
        taken = f"after {validation.seconds:.0f} s of simulation"
        console.print(f"Assumptions and figures of each trial in {path}, {taken}", soft_wrap=True)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _lines(validation: Validation, trial: Trial, widths: list[int]) -> Iterator[str]:
    """Yield each endpoint's words and, below them, its numbers in columns."""
    from pathways.trials.words import HEADINGS, rows

    found = rows(validation.of(trial))
    if not found:
        yield "  nothing published to compare with"
        return
    yield _columns(HEADINGS[1:], widths)
    for title, *cells in found:
        yield f"  {title}"
        yield _columns(cells, widths)


def _widths(validation: Validation) -> list[int]:
    from pathways.trials.words import HEADINGS, rows

    table = [HEADINGS[1:], *(cells[1:] for cells in rows(validation.found))]
    return [max(map(len, column)) for column in zip(*table, strict=True)]


def _columns(cells: Sequence[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "    " + "  ".join(padded)
