"""From the name of a scenario to a checked one, with the place of everything in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pathways.errors import InputError, Place, ValueProblem, nearest, raise_errors, shown
from pathways.reading.fields import validate
from pathways.reading.overlay import is_path, read_extended
from pathways.reading.tree import LocatedMapping, PlaceTable, Step, steps_of
from pathways.scenario.changes import CHANGES, refuse_impossible_changes, with_whole_changes
from pathways.scenario.climb import refuse_endless_ladder
from pathways.scenario.document import ScenarioDocument


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    Attributes
    ----------
    document : ScenarioDocument
        Its content; ``document.changes`` hold whole policies, prices and clinics, each the base
        with everything up to that change laid over it.
    places : PlaceTable
        Where each written field stands.
    file : str
        The file it was read from.
    """

    document: ScenarioDocument
    places: PlaceTable
    file: str

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.document.scenario


def shipped_names() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    folder = resources.files("pathways.scenarios")
    return sorted(
        item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")
    )


def shipped_path(name: str) -> Path:
    """Return the file of a shipped scenario.

    Raises
    ------
    ValueProblem
        If there is none of that name.
    """
    names = shipped_names()
    if name not in names:
        problem = f"there is no shipped scenario {shown(name)}"
        raise ValueProblem(problem, names, nearest(name, names))
    return Path(str(resources.files("pathways.scenarios") / f"{name}.yaml"))


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Read and check a scenario.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped scenario (``guideline-2018``), or a path (with a ``/`` or ending in
        ``.yaml``).

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        With the file, line, path and remedy of everything that is wrong.
    """
    return scenario_of(read_scenario(name_or_path), str(name_or_path))


def read_scenario(name_or_path: str | Path) -> LocatedMapping:
    """Read a scenario with everything it extends, and check nothing but that.

    Raises
    ------
    InputError
        As :func:`load_scenario`.
    """
    return read_extended(_path_of(str(name_or_path)), shipped_path)


def scenario_of(written: LocatedMapping, file: str) -> Scenario:
    """Check a scenario that was read.

    Parameters
    ----------
    written : LocatedMapping
        As :func:`read_scenario` returns it, perhaps with other values in it.
    file : str
        What the user calls it.

    Raises
    ------
    InputError
        As :func:`load_scenario`.
    """
    tree = with_whole_changes(written)
    try:
        document = validate(ScenarioDocument, tree)
    except InputError as found:
        raise_errors(_told_once(found.errors, PlaceTable(written)))
        raise
    places = PlaceTable(tree)
    refuse_impossible_changes(document, places, PlaceTable(written))
    refuse_endless_ladder(document, places)
    return Scenario(document, places, file)


def _path_of(name: str) -> Path:
    if is_path(name):
        return Path(name)
    try:
        return shipped_path(name)
    except ValueProblem as unknown:
        raise InputError(
            Place(),
            f"{unknown.problem}; a file is named by its path, such as `./{name}.yaml`",
            unknown.allowed,
            unknown.nearest,
        ) from None


def _told_once(errors: Sequence[InputError], written: PlaceTable) -> list[InputError]:
    """Tell what a change inherits where it was written, and what it spoils at the change."""
    told: list[InputError] = []
    known: set[tuple[tuple[Step, ...], str]] = set()
    for error in sorted(errors, key=_number_of_change):
        steps = steps_of(error.place.path)
        is_inherited = steps[:1] == (CHANGES,) and not written.written(steps)
        problem = (steps[2:] if steps[:1] == (CHANGES,) else steps, error.problem)
        if is_inherited and problem in known:
            continue
        known.add(problem)
        place = written.place(steps) if is_inherited else error.place
        told.append(InputError(place, error.problem, error.allowed, error.nearest))
    return told


def _number_of_change(error: InputError) -> int:
    """Return the index of the change an error lies in, -1 for the base."""
    steps = steps_of(error.place.path)
    return steps[1] if steps[:1] == (CHANGES,) and len(steps) > 1 else -1
