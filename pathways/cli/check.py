"""``pathways check``: validate scenario files; nothing is simulated."""

from __future__ import annotations

from typing import Annotated

import typer


def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Scenario files or shipped names.")
    ],
) -> None:
    """Check scenario files; every problem is told with its place."""
    from pathways.errors import PathwaysError

    failures = []
    for name in files:
        try:
            for line in _checked(name):
                typer.echo(line)
        except PathwaysError as error:
            failures.append(error)
    for error in failures:
        typer.echo(str(error), err=True)
    if failures:
        raise typer.Exit(2)


def _checked(name: str) -> list[str]:
    """Return that a scenario is valid, and what it says without effect."""
    from pathways.resolve.resolver import resolve
    from pathways.scenario import load_scenario
    from pathways.scenario.notes import notes

    scenario = load_scenario(name)
    resolve(scenario, patients=1, seed=1)
    changes = len(scenario.document.changes)
    dated = f", {changes} dated change{'s' if changes > 1 else ''}" if changes else ""
    valid = f"{name}: `{scenario.name}` is valid ({scenario.document.title}{dated})"
    return [valid, *(f"note: {note}" for note in notes(scenario))]
