"""What the model expects of every target at given values, by simulating the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pathways.errors import ValueProblem, shown
from pathways.trials.load import load_trial
from pathways.trials.run import TrialRun, simulate_trial

if TYPE_CHECKING:
    from pathways.calibration.settings import OwnSetting, Settings
    from pathways.trials.load import Trial


def expected_at(
    settings: Settings, values: Mapping[str, float], own: Mapping[str, float], seed: int
) -> list[float]:
    """Return the expected result of every target, in the order of the settings.

    Parameters
    ----------
    settings : Settings
    values : mapping
        Of the unknowns, by key, in the units of the evidence.
    own : mapping
        Of the numbers of trial files, by their names.
    seed : int
        Of the virtual patients.
    """
    runs = run_trials(settings, _wanted(settings), values, own, seed)
    return [runs[one.trial].expected(one.endpoint) for one in settings.targets]


def run_trials(
    settings: Settings,
    wanted: Mapping[str, Sequence[str]],
    values: Mapping[str, float],
    own: Mapping[str, float],
    seed: int,
) -> dict[str, TrialRun]:
    """Return simulated trials with the endpoints wanted of each; syntheses with their members."""
    needed = _with_members(wanted)
    sizes = settings.bank.replicates
    runs: dict[str, TrialRun] = {}
    for name, endpoints in needed.items():
        runs[name] = simulate_trial(
            _trial(name, settings, own),
            replicates=sizes[name],
            seed=seed,
            parameters=values,
            endpoints=tuple(endpoints),
            curves=False,
        )
    for name in wanted:
        if name not in runs:
            # Its members are there already and are taken from `runs`.
            runs[name] = simulate_trial(load_cached(name), replicates=sizes[name], runs=runs)
    return runs


def refuse_wrong_sizes(settings: Settings) -> None:
    """Refuse settings that leave out how often a trial is simulated, or pool unequal numbers.

    Raises
    ------
    ValueProblem
    """
    wanted = _wanted(settings)
    sizes = settings.bank.replicates
    for name in {**_with_members(wanted), **wanted}:
        if name not in sizes:
            raise ValueProblem(f"`bank.replicates` leaves out {shown(name)}", "every trial needed")
    for name in wanted:
        members = load_cached(name).members
        if len({sizes[name], *(sizes[member.name] for member in members.values())}) > 1:
            problem = f"the trials that {name} pools are simulated unequally often"
            raise ValueProblem(problem, "the same number for each in `bank.replicates`")


@cache
def load_cached(name: str) -> Trial:
    """Return a shipped trial, read once."""
    return load_trial(name)


def needed_endpoints(settings: Settings) -> dict[str, list[str]]:
    """Return the endpoints of single trials and syntheses that the targets need, by trial."""
    wanted = _wanted(settings)
    return {**wanted, **_with_members(wanted)}


def _wanted(settings: Settings) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for target in settings.targets:
        _add(wanted, target.trial, [target.endpoint])
    return wanted


def _with_members(wanted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the trials to simulate with their endpoints, those that are pooled among them."""
    needed: dict[str, list[str]] = {}
    for name, endpoints in wanted.items():
        trial = load_cached(name)
        if not trial.is_pooled:
            _add(needed, trial.name, endpoints)
            continue
        for endpoint in map(trial.document.endpoint, endpoints):
            for member in endpoint.pool:
                _add(needed, trial.members[member.trial].name, [member.endpoint])
    return needed


def _add(needed: dict[str, list[str]], name: str, endpoints: Sequence[str]) -> None:
    there = needed.setdefault(name, [])
    there += [one for one in endpoints if one not in there]


def _trial(name: str, settings: Settings, own: Mapping[str, float]) -> Trial:
    """Return a trial with its own fitted numbers in place."""
    trial = load_cached(name)
    for one in settings.own:
        if one.trial == name and one.name in own:
            trial = with_number(trial, one, own[one.name])
    return trial


def with_number(trial: Trial, one: OwnSetting, value: float) -> Trial:
    """Return a trial with another number at one place of its file.

    Raises
    ------
    ValueProblem
        If the file has nothing there.
    """
    document = _laid(trial.document, one.path.split("."), value, one.path)
    return replace(trial, document=document, memory={})


def _laid(section: Any, steps: Sequence[str], value: float, path: str) -> Any:
    if not steps:
        return replace(section, value=value)
    step, rest = steps[0], steps[1:]
    if isinstance(section, tuple):
        names = [part.name for part in section]
        if step not in names:
            raise ValueProblem(f"nothing is called {shown(step)} in {shown(path)}", names)
        return tuple(
            _laid(part, rest, value, path) if part.name == step else part for part in section
        )
    if getattr(section, step, None) is None:
        raise ValueProblem(f"there is nothing at {shown(path)} in the trial file")
    return section.model_copy(update={step: _laid(getattr(section, step), rest, value, path)})
