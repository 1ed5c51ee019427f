"""``pathways run``: simulate one scenario, write its results and show the headlines."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pathways.errors import PathwaysError

if TYPE_CHECKING:
    from rich.console import Console

    from pathways.scenario import Scenario
    from pathways.simulation import Progress, Result

MOST_PATIENTS = 2**32
"""A patient's index is one 32-bit word of the address of every draw."""
LARGEST_SEED = 2**64 - 1
MOST_THREADS = 1024
DAYS_PER_YEAR = 365
PLAIN_WIDTH = 100


def run(
    scenario: Annotated[
        str, typer.Argument(help="Name of a shipped scenario, or the path of a file.")
    ],
    patients: Annotated[int, typer.Option(help="Referrals to simulate.")] = 10_000,
    years: Annotated[
        int | None, typer.Option(help="Years to simulate. [default: the scenario's horizon]")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random draw.")] = 1,
    engine: Annotated[
        str, typer.Option(metavar="kernel|mesa", help="Both give the same results.")
    ] = "kernel",
    threads: Annotated[
        int | None, typer.Option(help="Threads of the kernel. [default: every processor]")
    ] = None,
    events: Annotated[bool, typer.Option(help="Keep the log of every event.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Output directory. [default: results/SCENARIO]")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the results of an earlier run.")] = False,
    quiet: Annotated[bool, typer.Option(help="Show warnings and errors only.")] = False,
) -> None:
    """Simulate one scenario and write its results."""
    from pathways.outcomes.directory import refuse_unusable
    from pathways.scenario import load_scenario
    from pathways.simulation import simulate

    _refuse_bad_numbers(patients, years, seed, threads)
    loaded = load_scenario(scenario)
    directory = _directory(out, loaded)
    refuse_unusable(directory, overwrite=overwrite)
    _refuse_too_large(loaded, patients, years, engine=engine, events=events)
    with _progress(shown=not quiet and sys.stderr.isatty()) as progress:
        result = simulate(
            loaded,
            engine=engine,
            patients=patients,
            years=years,
            seed=seed,
            threads=threads,
            events=events,
            progress=progress,
        )
        result.write(directory, overwrite=overwrite)
    _warn(result)
    if not quiet:
        _show(result, loaded, directory)


def _refuse_bad_numbers(patients: int, years: int | None, seed: int, threads: int | None) -> None:
    from pathways.scenario.document import LONGEST_HORIZON_YEARS

    limits = (
        ("--patients", patients, 1, MOST_PATIENTS),
        ("--years", years, 1, LONGEST_HORIZON_YEARS),
        ("--seed", seed, 0, LARGEST_SEED),
        ("--threads", threads, 1, MOST_THREADS),
    )
    for option, value, lowest, highest in limits:
        if value is not None and not lowest <= value <= highest:
            raise PathwaysError(f"{option} {value}: allowed: {lowest} to {highest}")


def _directory(out: Path | None, scenario: Scenario) -> Path:
    return out or Path("results") / re.sub(r"[^\w.-]+", "-", scenario.name)


def _refuse_too_large(
    scenario: Scenario, patients: int, years: int | None, *, engine: str, events: bool
) -> None:
    from pathways.outcomes.memory import refuse_too_large
    from pathways.simulation import refuse_unknown_engine

    refuse_unknown_engine(engine)
    years = years or -(-scenario.document.horizon // DAYS_PER_YEAR)
    refuse_too_large(patients, years, engine=engine, events=events)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Progress | None]:
    """Yield what an engine reports its progress to; a bar on standard error, or nothing."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Simulating", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _warn(result: Result) -> None:
    from pathways.outcomes.cautions import cautions

    for caution in cautions(result.summary_rows):
        typer.echo(f"warning: {caution}", err=True)


def _show(result: Result, scenario: Scenario, directory: Path) -> None:
    from rich.console import Console

    console = Console(
        width=None if sys.stdout.isatty() else PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as captured:
        _show_headlines(console, result, scenario)
        _show_exits(console, result)
        _show_evidence(console, result)
        _show_files(console, result, directory)
    # Not left to rich, which would answer a closed pipe itself.
    typer.echo(captured.get(), nl=False)


def _show_headlines(console: Console, result: Result, scenario: Scenario) -> None:
    from pathways.outcomes.headline import headline_rows

    plan = result.plan
    console.print(f"{scenario.name}: {scenario.document.title}", style="bold")
    console.print(
        f"{plan.patients:,} referrals over {plan.horizon_days / DAYS_PER_YEAR:g} years, "
        f"seed {plan.seed}; all referrals unless per treated"
    )
    headings = ("Measure", "Estimate", "95 % interval", "Patients")
    console.print(_table(headings, headline_rows(result.summary_rows)))


def _show_exits(console: Console, result: Result) -> None:
    from pathways.outcomes.headline import exit_rows

    headings = ("End of treatment", "Share of all", "95 % interval")
    console.print(_table(headings, exit_rows(result.summary_rows)))


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]):
    from rich import box
    from rich.table import Table

    table = Table(box=box.ASCII_DOUBLE_HEAD, pad_edge=False, show_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _show_evidence(console: Console, result: Result) -> None:
    from pathways.evidence.book import book

    used = result.plan.description.get("parameters", {})
    if not used:
        return
    shares = book().status_shares(used)
    listed = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items() if share)
    console.print(f"\nEvidence behind the {len(used)} parameters used: {listed}")


def _show_files(console: Console, result: Result, directory: Path) -> None:
    console.print(
        "The intervals are Monte Carlo error alone; uncertainty of the parameters is not in them."
    )
    console.print(f"Fingerprint {result.fingerprint}")
    console.print(f"Results in {directory}", soft_wrap=True)
