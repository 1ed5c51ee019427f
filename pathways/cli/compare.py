"""``pathways compare``: policies on the same virtual patients, side by side."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from pathways.cli.shared import (
    plain_console,
    progress_bar,
    refuse_too_large,
    refuse_unusable_kernel,
    status,
)
from pathways.cli.simulation_options import (
    Engine,
    Overwrite,
    Patients,
    Quiet,
    Seed,
    Threads,
    Years,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

    from pathways.comparison import Comparison
    from pathways.comparison.tables import Table
    from pathways.outcomes.directory import OutputDirectory

ROOMY = 100
"""Columns from which there is room between the columns of a table."""

LONGEST_POLICY = 22
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
RULED = "    \n    \n -- \n    \n    \n    \n    \n    \n"
"""A box with nothing but a line below the headings, in rich's notation."""


def compare(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of shipped scenarios or paths of files "
            "(default: the six policies and sham-infusion).",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the others are compared with (default: conventional-care, or the first).",
        ),
    ] = None,
    prices: Annotated[
        str | None,
        typer.Option(
            metavar="uk-2023-gbp|us-2024-usd",
            help="One price book for all (default: each scenario's own).",
        ),
    ] = None,
    patients: Patients = 10_000,
    years: Years = None,
    seed: Seed = 1,
    engine: Engine = "kernel",
    threads: Threads = None,
    events: Annotated[
        bool, typer.Option("--events", help="Keep the log of every event; harm by dose band.")
    ] = False,
    out: Annotated[
        str, typer.Option(metavar="PATH", help="Output directory.")
    ] = "results/comparison",
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    no_figures: Annotated[bool, typer.Option("--no-figures", help="Draw no figures.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no report.html.")] = False,
) -> None:
    """Compare policies on the same virtual patients.

    Two or more scenarios meet the same patients with the same luck, so that a difference between
    them is known far better than from two separate groups. Money is compared in one currency only.
    """
    from pathways.comparison import running
    from pathways.comparison.cautions import MONTE_CARLO, wrong_models
    from pathways.comparison.names import chosen_reference
    from pathways.figures.worker import worker_beside
    from pathways.outcomes.directory import OutputDirectory
    from pathways.simulation import refuse_bad_size, refuse_unknown_engine
    from pathways.version import model_version

    started = time.perf_counter()
    refuse_unknown_engine(engine)
    refuse_bad_size(patients=patients, seed=seed, threads=threads)
    # Started first: it loads what draws while this process reads, resolves and simulates.
    with worker_beside(wanted=not no_figures) as worker:
        loaded = running.load_all(scenarios or running.SHIPPED, prices=prices)
        reference = chosen_reference(tuple(loaded), reference)
        refuse_too_large(loaded.values(), patients, years, engine=engine, events=events)
        # Both before simulating, so that nobody waits for results that cannot be written.
        refuse_unusable_kernel()
        model_version()
        with OutputDirectory(out, overwrite=overwrite) as directory:
            is_watched = not quiet and sys.stderr.isatty()
            plans = running.plans_of(loaded, patients=patients, years=years, seed=seed)
            _warn(wrong_models(plans))
            with progress_bar(shown=is_watched) as progress:
                compared = running.compare_loaded(
                    plans,
                    reference=reference,
                    priced_by=prices,
                    engine=engine,
                    threads=threads,
                    events=events,
                    progress=progress,
                )
            with status("Drawing and writing", shown=is_watched):
                wanted = {"figures": not no_figures, "report": not no_report}
                compared.write_into(directory, worker=worker, **wanted)
    if quiet:
        said_before = (MONTE_CARLO, *wrong_models(plans))
        _warn([one for one in compared.cautions if one not in said_before])
    else:
        _show(compared, directory, time.perf_counter() - started)


def _warn(told: list[str]) -> None:
    for caution in told:
        typer.echo(f"warning: {caution}", err=True)


def _show(compared: Comparison, directory: OutputDirectory, seconds: float) -> None:
    console = plain_console()
    with console.capture() as captured:
        # Where nobody's window cuts lines, the first line is the whole answer.
        console.print(compared.answer, style="bold", soft_wrap=not sys.stdout.isatty())
        _show_tables(console, compared)
        _show_cautions(console, compared)
        _show_files(console, compared, directory, seconds)
    # Not left to rich, which would answer a closed pipe itself.
    lines = captured.get().splitlines()
    typer.echo("\n".join(line.rstrip() for line in lines))


def _show_tables(console: Console, compared: Comparison) -> None:
    from pathways.comparison.notes import size_line, structures
    from pathways.comparison.tables import tables

    console.print(f"{size_line(compared)}; {PLUS_MINUS} is half of the 95 % Monte Carlo interval")
    for line in structures(compared):
        console.print(f"Not the default: {line}")
    for table in tables(compared):
        console.print()
        console.print(table.title, style="bold")
        console.print(_drawn(table, roomy=console.width >= ROOMY))
        if table.note:
            console.print(table.note, style="dim")


def _show_cautions(console: Console, compared: Comparison) -> None:
    from rich.table import Table

    console.print()
    listed = Table.grid(padding=(0, 1))
    for caution in compared.cautions:
        listed.add_row("-", caution)
    console.print("Read with care", style="bold")
    console.print(listed)


def _show_files(
    console: Console, compared: Comparison, directory: OutputDirectory, seconds: float
) -> None:
    from pathways.comparison.notes import blocks_line, evidence_line

    console.print()
    console.print(blocks_line(compared))
    console.print(evidence_line(compared))
    console.print(f"Fingerprint {compared.fingerprint}")
    path, written = directory.path, directory.written
    console.print(f"Results in {path} after {seconds:.0f} s", soft_wrap=True)
    if "report.html" in written:
        console.print(f"  Report    {path / 'report.html'}", soft_wrap=True)
    if any(name.startswith("figures/") for name in written):
        console.print(f"  Figures   {path / 'figures'}", soft_wrap=True)
    console.print(f"  Tables    {path / 'results.xlsx'}, {path / 'comparison.csv'}", soft_wrap=True)
    console.print(f"  Patients  {path / 'patients'}", soft_wrap=True)


def _drawn(table: Table, *, roomy: bool) -> RichTable:
    """Return a table without lines between columns; close together where the screen is narrow."""
    from rich import box
    from rich.table import Table as RichTable

    drawn = RichTable(
        box=box.Box(RULED, ascii=True),
        padding=(0, 1, 0, 0) if roomy else 0,
        pad_edge=False,
        show_edge=False,
    )
    for place, heading in enumerate(table.headings):
        if place:
            drawn.add_column(heading, justify="right", vertical="top")
        else:
            drawn.add_column(f"\n{heading}", max_width=LONGEST_POLICY, overflow="fold")
    for row in table.rows:
        drawn.add_row(*row)
    return drawn
