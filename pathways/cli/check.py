"""``pathways check``: validate scenario, study and trial files; nothing is simulated."""

from __future__ import annotations

from typing import Annotated

import typer


def check(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Scenario, study or trial files, or shipped names."),
    ],
) -> None:
    """Check scenario, study and trial files; every problem is told with its place."""
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
    """Return that a file is valid, and what is worth knowing about it."""
    from pathways.studies.load import is_study
    from pathways.trials.load import is_trial

    if is_trial(name):
        return _checked_trial(name)
    return _checked_study(name) if is_study(name) else _checked_scenario(name)


def _checked_trial(name: str) -> list[str]:
    """Return that a trial is valid, and how many of its endpoints are compared with a paper."""
    from pathways.trials.load import load_trial
    from pathways.trials.run import refuse_unsimulable

    trial = load_trial(name)
    refuse_unsimulable(trial)
    published = sum(one.published is not None for one in trial.endpoints)
    number = f"{len(trial.endpoints)} endpoint{'s' if len(trial.endpoints) > 1 else ''}"
    valid = f"{name}: `{trial.name}` is a valid trial ({trial.document.title})"
    return [valid, f"{number}, {published} with a published result"]


def _checked_study(name: str) -> list[str]:
    """Return that a study is valid, and how many runs it has."""
    from pathways.studies.cautions import cautions_of_study
    from pathways.studies.load import load_study
    from pathways.studies.study import factors, product_words

    study = load_study(name)
    product = product_words(factors(study))
    runs = f"{len(study):,} runs = {product}" if len(study) > 1 else "1 run"
    cautions = [f"warning: {one}" for one in cautions_of_study(study)]
    lines = [f"{name}: `{study.name}` is a valid study ({study.title})", runs, *cautions]
    if study.dropped:
        number = f"{study.dropped:,} combination{'s' if study.dropped > 1 else ''}"
        lines.append(f"left out by constraints: {number} of each scenario")
    return lines


def _checked_scenario(name: str) -> list[str]:
    """Return that a scenario is valid, and what it says without effect."""
    from pathways.outcomes.structure import warnings
    from pathways.resolve.resolver import resolve
    from pathways.scenario import load_scenario
    from pathways.scenario.notes import notes

    scenario = load_scenario(name)
    plan = resolve(scenario, patients=1, seed=1)
    changes = len(scenario.document.changes)
    dated = f", {changes} dated change{'s' if changes > 1 else ''}" if changes else ""
    valid = f"{name}: `{scenario.name}` is valid ({scenario.document.title}{dated})"
    cautions = [f"warning: {one}" for one in warnings(plan.description)]
    return [valid, *cautions, *(f"note: {note}" for note in notes(scenario))]
