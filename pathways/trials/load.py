"""From the name of a trial to a checked one, with the place of everything in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from pathways.errors import InputError, Place, ValueProblem, nearest, raise_errors, shown
from pathways.reading.fields import validate
from pathways.reading.overlay import is_path, read_extended
from pathways.reading.tree import LocatedMapping, PlaceTable
from pathways.reading.yaml_file import read_yaml
from pathways.trials.document import TrialDocument
from pathways.trials.endpoint import Endpoint, PoolMember

FOLDER = "trials"
KEY = "trial"
LONGEST_PATH = 1000


@dataclass(frozen=True)
class Trial:
    """A checked trial.

    Attributes
    ----------
    document : TrialDocument
        Its content.
    places : PlaceTable
        Where each written field stands.
    file : str
        The file it was read from, or its name.
    members : dict of str to Trial
        Of a synthesis the trials it pools, by the name it gives them.
    memory : dict
        What was worked out of it once and holds for every simulation.
    """

    document: TrialDocument
    places: PlaceTable
    file: str
    members: dict[str, Trial]
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """Name of the trial."""
        return self.document.trial

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Its endpoints."""
        return self.document.endpoints

    @property
    def is_pooled(self) -> bool:
        """Whether it is a synthesis."""
        return self.document.design == "pooled"


def shipped_trials() -> list[str]:
    """Return the names of the trials that come with the package."""
    names = [item.name.removesuffix(".yaml") for item in _folder().iterdir() if _is_yaml(item.name)]
    return sorted(names)


def shipped_trial_path(name: str) -> Path:
    """Return the file of a shipped trial.

    Raises
    ------
    ValueProblem
        If there is none of that name.
    """
    names = shipped_trials()
    if name not in names:
        problem = f"there is no shipped trial {shown(name)}"
        raise ValueProblem(problem, names, nearest(name, names))
    return Path(str(_folder() / f"{name}.yaml"))


def is_trial(name: str) -> bool:
    """Tell whether a file, or a shipped name, is a trial; False too for what cannot be read."""
    if not is_path(name):
        return name in shipped_trials()
    try:
        tree = read_yaml(name)
    except InputError:
        return False
    return isinstance(tree, LocatedMapping) and KEY in tree.entries


def load_trial(name_or_path: str | Path) -> Trial:
    """Read and check a trial and, if it pools others, those.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped trial (``pickering-2020``), or a path (with a ``/`` or ending in
        ``.yaml``).

    Raises
    ------
    InputError
        With the file, line, path and remedy of everything that is wrong.
    """
    trial = _read(str(name_or_path))
    if trial.is_pooled:
        trial.members.update(_members(trial))
    return trial


def _read(name: str) -> Trial:
    """Return a trial without those it pools."""
    tree = read_extended(_path_of(name), shipped_trial_path)
    return Trial(validate(TrialDocument, tree), PlaceTable(tree), name, {})


def load_trials(names: Iterable[str | Path]) -> list[Trial]:
    """Read and check several trials; what is wrong in any of them is told together.

    Raises
    ------
    InputError
        As of :func:`load_trial`, or if two trials have the same name.
    """
    found, errors = [], []
    for name in names:
        try:
            found.append(load_trial(name))
        except InputError as wrong:
            errors += wrong.errors
    raise_errors(errors)
    refuse_same_names(found)
    return found


def refuse_same_names(trials: Iterable[Trial]) -> None:
    """Refuse two trials of one name: results could not be told apart.

    A synthesis may pool a trial that stands beside it, as long as it is the same file.

    Raises
    ------
    InputError
        With the places of both.
    """
    asked: dict[str, Trial] = {}
    pooled: dict[str, Trial] = {}
    errors = []
    trials = list(trials)
    for one in trials:
        if one.name in asked:
            errors.append(_same_name(one, asked[one.name]))
        asked.setdefault(one.name, one)
    for member in (member for one in trials for member in one.members.values()):
        other = asked.get(member.name) or pooled.setdefault(member.name, member)
        if other.document != member.document:
            errors.append(_same_name(member, other))
    raise_errors(list({str(error): error for error in errors}.values()))


def _same_name(one: Trial, other: Trial) -> InputError:
    there = other.places.place((KEY,))
    if _path_of(one.file).resolve() == _path_of(other.file).resolve():
        problem = "is named twice; name it once"
        return InputError(Place(one.file), problem)
    problem = (
        f"{shown(one.name)} is the name of {other.file} too ({there.file}:{there.line}); write "
        f"another `{KEY}:` in {one.file if is_path(one.file) else other.file}"
    )
    return InputError(one.places.place((KEY,)), problem)


def _members(trial: Trial) -> dict[str, Trial]:
    found: dict[str, Trial] = {}
    unusable: dict[str, None] = {}
    errors: list[InputError] = []
    for index, endpoint in enumerate(trial.endpoints):
        for number, member in enumerate(endpoint.pool):
            steps = ("endpoints", index, "pool", number)
            if member.trial in unusable:
                continue
            try:
                if member.trial not in found:
                    found[member.trial] = _member(trial, member.trial, (*steps, "trial"))
                _refuse_what_cannot_be_pooled(trial, endpoint, found[member.trial], member, steps)
            except InputError as wrong:
                errors += wrong.errors
                if member.trial not in found:
                    unusable[member.trial] = None
    raise_errors(errors)
    return found


def _refuse_what_cannot_be_pooled(
    trial: Trial,
    endpoint: Endpoint,
    one: Trial,
    member: PoolMember,
    steps: tuple[str | int, ...],
) -> None:
    place = trial.places.place((*steps, "endpoint"))
    try:
        pooled = one.document.endpoint(member.endpoint)
    except ValueProblem as unknown:
        raise unknown.at(place) from None
    if pooled.versus is None and endpoint.weights != "stated":
        problem = f"{pooled.name} of {member.trial} is no difference between arms"
        raise InputError(place, problem, "`weights: stated`, or a difference")


def _member(trial: Trial, name: str, steps: tuple[str | int, ...]) -> Trial:
    place = trial.places.place(steps)
    if not is_path(name) and name not in shipped_trials():
        problem = f"there is no shipped trial {shown(name)}"
        raise InputError(place, problem, shipped_trials(), nearest(name, shipped_trials()))
    path = Path(trial.file).parent / name if is_path(name) and is_path(trial.file) else Path(name)
    if is_path(name) and not path.exists():
        raise InputError(place, f"there is no file {shown(path, LONGEST_PATH)}; check it")
    member = _read(str(path))
    if member.is_pooled:
        raise InputError(place, f"{name} pools trials itself", "single trials")
    return member


def _path_of(name: str) -> Path:
    if is_path(name):
        return Path(name)
    try:
        return shipped_trial_path(name)
    except ValueProblem as unknown:
        problem = f"{unknown.problem}; a file is named by its path, such as `./{name}.yaml`"
        raise InputError(Place(), problem, unknown.allowed, unknown.nearest) from None


def _folder():
    return resources.files("pathways.scenarios") / FOLDER


def _is_yaml(name: str) -> bool:
    return name.endswith(".yaml")
