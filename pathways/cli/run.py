"""``pathways run``: simulate one scenario, write its results and show the headlines."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pathways.cli.shared import (
    ascii_table,
    plain_console,
    progress_bar,
    refuse_too_large,
    refuse_unusable_kernel,
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

    from pathways.plan import Plan
    from pathways.scenario import Scenario
    from pathways.simulation import Result

DAYS_PER_YEAR = 365


def run(
    scenario: Annotated[
        str, typer.Argument(help="Name of a shipped scenario, or the path of a file.")
    ],
    patients: Patients = 10_000,
    years: Years = None,
    seed: Seed = 1,
    engine: Engine = "kernel",
    threads: Threads = None,
    events: Annotated[bool, typer.Option(help="Keep the log of every event.")] = False,
    out: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Output directory (default: results/SCENARIO)."),
    ] = None,
    overwrite: Overwrite = False,
    summary_only: Annotated[
        bool,
        typer.Option(
            "--summary-only",
            help="Keep no patients: the same summary, weeks and fingerprint in little memory.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Simulate one scenario and write its results."""
    from pathways.outcomes.cautions import cautions, cautions_of_plan
    from pathways.outcomes.directory import OutputDirectory
    from pathways.outcomes.memory import SUMMARY_ONLY
    from pathways.outcomes.summary_only import simulate_summary
    from pathways.scenario import load_scenario
    from pathways.simulation import plan_of, refuse_bad_size, refuse_unknown_engine, simulate
    from pathways.version import model_version

    refuse_unknown_engine(engine)
    refuse_bad_size(patients=patients, seed=seed, threads=threads)
    if summary_only:
        _refuse_keeping(engine, events=events)
    loaded = load_scenario(scenario)
    kept = SUMMARY_ONLY if summary_only else engine
    refuse_too_large([loaded], patients, years, engine=kept, events=events)
    # Both before simulating, so that nobody waits for results that cannot be written.
    refuse_unusable_kernel()
    model_version()
    with OutputDirectory(_directory(out, loaded), overwrite=overwrite) as directory:
        plan = plan_of(loaded, patients=patients, years=years, seed=seed)
        _warn(cautions_of_plan(plan))
        with progress_bar(shown=not quiet and sys.stderr.isatty()) as progress:
            if summary_only:
                with directory.scratch() as folder:
                    result = simulate_summary(plan, folder, threads=threads, progress=progress)
            else:
                how = {"engine": engine, "threads": threads, "events": events}
                result = simulate(plan, **how, progress=progress)
        result.write_into(directory)
    _warn(cautions(result.summary_rows))
    if not quiet:
        _show(result, loaded, directory.path)


def _refuse_keeping(engine: str, *, events: bool) -> None:
    """Refuse, with a summary only, what keeps every patient or event."""
    from pathways.errors import InputError, Place

    if engine != "kernel" or events:
        asked = "events" if events else f"engine {engine}"
        problem = f"the {asked} cannot be had together with it"
        raise InputError(Place(path="summary-only"), problem, "the engine kernel without --events")


def _directory(out: str | None, scenario: Scenario) -> str:
    return "results/" + re.sub(r"[^\w.-]+", "-", scenario.name) if out is None else out


def _warn(told: list[str]) -> None:
    for caution in told:
        typer.echo(f"warning: {caution}", err=True)


def _show(result: Result, scenario: Scenario, directory: Path) -> None:
    console = plain_console()
    with console.capture() as captured:
        _show_headlines(console, result, scenario)
        console.print()
        _show_exits(console, result)
        console.print()
        _show_waits(console, result)
        _show_harms(console, result)
        console.print()
        _show_costs(console, result)
        console.print()
        _show_evidence(console, result)
        _show_files(console, result, directory)
    # Not left to rich, which would answer a closed pipe itself.
    typer.echo(captured.get(), nl=False)


def _show_headlines(console: Console, result: Result, scenario: Scenario) -> None:
    from pathways.outcomes.headline import headline_rows
    from pathways.outcomes.structure import not_default

    console.print(f"{scenario.name}: {scenario.document.title}", style="bold")
    console.print(_size(result.plan, scenario), soft_wrap=True)
    for choice in not_default(result.plan.description):
        console.print(f"Not the default: {choice.told}", soft_wrap=True)
    headings = ("Measure", "Estimate", "95 % interval", "Patients")
    console.print(ascii_table(headings, headline_rows(result.summary_rows)))


def _size(plan: Plan, scenario: Scenario) -> str:
    """Return in one line who was simulated, and whom the numbers are of."""
    years = f"{plan.horizon_days / DAYS_PER_YEAR:g} years"
    referrals = scenario.document.referrals
    if not referrals.is_arrivals:
        return (
            f"{plan.patients:,} referrals over {years}, seed {plan.seed}; "
            "all referrals unless per treated"
        )
    first, end = plan.studied_days
    studied = int(((plan.referral_days >= first) & (plan.referral_days < end)).sum())
    regions = plan.description["regions"]
    copies = "1 region" if regions == 1 else f"{regions:,} replicate regions"
    return (
        f"{studied:,} studied of {plan.patients:,} referrals to {copies} with "
        f"{referrals.per_year:g} referrals a year each, followed for {years}, seed {plan.seed}; "
        "all studied referrals unless per treated"
    )


def _show_exits(console: Console, result: Result) -> None:
    from pathways.outcomes.headline import exit_rows

    headings = ("End of treatment", "Share of all", "95 % interval")
    console.print(ascii_table(headings, exit_rows(result.summary_rows)))


def _show_waits(console: Console, result: Result) -> None:
    from pathways.outcomes import headline

    rows = result.summary_rows
    tables = {
        headline.WAITING_HEADINGS: headline.waiting_rows(rows),
        headline.CLINIC_HEADINGS: headline.clinic_rows(rows),
    }
    for headings, found in tables.items():
        if found:
            console.print(ascii_table(headings, found))
            console.print()


def _show_harms(console: Console, result: Result) -> None:
    from pathways.outcomes.headline import acute_harm_rows, chronic_harm_rows

    rows, interval = result.summary_rows, "95 % interval"
    headings = ("Harms per 100 patient-years", "Background", interval, "From ketamine", interval)
    console.print(ascii_table(headings, chronic_harm_rows(rows)))
    console.print()
    console.print(ascii_table(("Harms of an infusion", "Share", interval), acute_harm_rows(rows)))


def _show_costs(console: Console, result: Result) -> None:
    from pathways.outcomes.headline import cost_rows, currency

    rows = result.summary_rows
    found = cost_rows(rows)
    if not found:
        console.print("Costs: none, because the scenario names no price book")
        return
    headings = (f"Cost per referral, {currency(rows)}", "Mean", "95 % interval")
    console.print(ascii_table(headings, found))


def _show_evidence(console: Console, result: Result) -> None:
    from pathways.evidence.book import book

    overridden = set(result.plan.description.get("overridden", []))
    used = [
        one for one in result.plan.description.get("parameter_ids", []) if one not in overridden
    ]
    shares = book().status_shares(used) if used else {}
    listed = ", ".join(
        f"{name.replace('_', ' ')} {100.0 * share:.0f} %" for name, share in shares.items() if share
    )
    console.print(f"Evidence: {len(used)} parameters, of these {listed or 'none'}", soft_wrap=True)
    if overridden:
        replaced = ", ".join(sorted(overridden))
        console.print(f"Replaced by the scenario: {replaced}", soft_wrap=True)
    calibrated = result.plan.description.get("calibrated", [])
    if calibrated:
        told = f"Drawn from the posterior of the calibration: {len(calibrated)} of them"
        console.print(told, soft_wrap=True)


def _show_files(console: Console, result: Result, directory: Path) -> None:
    from pathways.outcomes.headline import checks_passed

    passed = ", ".join(checks_passed(result.summary_rows))
    console.print(f"Conservation passed: {passed}")
    console.print(
        "The intervals are Monte Carlo error alone; uncertainty of the parameters is not in them."
    )
    console.print(f"Fingerprint {result.fingerprint}")
    console.print(f"Results in {directory}", soft_wrap=True)
