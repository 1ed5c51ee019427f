"""From the name of a study to a checked one; what is wrong is told before anything is run."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pathways.errors import InputError, Place, ValueProblem, nearest, raise_errors, shown
from pathways.reading.fields import validate
from pathways.reading.overlay import is_path
from pathways.reading.tree import LocatedMapping, LocatedScalar, PlaceTable
from pathways.reading.yaml_file import read_yaml
from pathways.scenario.load import read_scenario, shipped_names
from pathways.studies.axes import Axis
from pathways.studies.blocks import axes_of
from pathways.studies.derived import Derived, constrained, constraints_of, derived_of
from pathways.studies.document import LARGEST_SEED, SeedRange, StudyDocument
from pathways.studies.measures import DEFAULT_OUTPUTS, MEASURES
from pathways.studies.paths import Steps, checked_steps, overlap
from pathways.studies.probes import refuse_wrong_runs
from pathways.studies.study import MOST_RUNS, Base, Study, refuse_too_many

ENDING = ".study.yaml"
KEY = "study"
FOLDER = "experiments"
BRACKET = "a bracket or comma is missing"
BRACKETED_PATH = re.compile(r"(?<![\"'\w.])[A-Za-z_][\w.]*\[\d+\][\w.\[\]]*")
OVERRIDDEN_BY_YEARS = (("horizon",), ("referrals", "follow_up"))
Part = TypeVar("Part")


def load_study(
    name_or_path: str | os.PathLike[str], *, allow: int | None = None, probe: bool = True
) -> Study:
    """Read and check a study.

    Parameters
    ----------
    name_or_path
        Name of a shipped study (``guideline-psa``), or a path (with a ``/`` or ending in
        ``.yaml``).
    allow : int, optional
        Runs that are not taken for a mistake; 10,000,000 by default.
    probe : bool
        Whether scenarios are made with every value that varies, so that a wrong one is found now.

    Returns
    -------
    Study

    Raises
    ------
    InputError
        With the file, line, path and remedy of everything that is wrong.
    """
    path = _path_of(os.fspath(name_or_path))
    tree = _read(path)
    document = validate(StudyDocument, tree)
    places = PlaceTable(tree)
    axes, errors = axes_of(document, tree)
    found = _Found(errors)
    derived = found.unless_wrong(lambda: derived_of(document, tree, axes), ())
    constraints = found.unless_wrong(lambda: constraints_of(document, tree, axes, derived), ())
    bases = _bases(document, places, axes, derived, found)
    outputs = found.part(lambda: _outputs(document, places), ())
    raise_errors(found.errors)
    study = Study(
        name=document.study,
        title=document.title,
        path=os.fspath(path),
        bases=bases,
        patients=document.patients,
        years=document.years,
        outputs=outputs,
        keep_patients=document.keep.patients,
        seeds=_seeds(document),
        draws=0 if document.draws is None else document.draws.count,
        replicates=document.replicates,
        axes=axes,
        derived=derived,
        constraints=tuple(document.constraints),
    )
    # The number of combinations comes first: looking at each of too many would take for ever.
    most = min(MOST_RUNS if allow is None else allow, LARGEST_SEED)
    if not constraints:
        refuse_too_many(study, places.place(), most)
    study = replace(study, axes=constrained(axes, constraints, derived))
    refuse_too_many(study, places.place(), most)
    if probe:
        refuse_wrong_runs(study)
    return study


class _Found:
    """What is wrong so far in the parts of a study, so that all of it is told together."""

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = errors

    def part(self, make: Callable[[], Part], otherwise: Part) -> Part:
        """Return a part, or something in its place if it is wrong."""
        try:
            return make()
        except InputError as found:
            self.errors += found.errors
            return otherwise

    def unless_wrong(self, make: Callable[[], Part], otherwise: Part) -> Part:
        """Return a part that rests on all before, or something in its place."""
        return otherwise if self.errors else self.part(make, otherwise)


def _read(path: Path) -> LocatedMapping:
    try:
        tree = read_yaml(path)
    except InputError as found:
        if BRACKET not in found.problem:
            raise
        remedy = _quotes_needed(path, found.place.line)
        raise InputError(found.place, f"{found.problem}; {remedy}") from None
    if not isinstance(tree, LocatedMapping):
        raise InputError(Place(str(path), tree.line), "`key: value` lines are expected")
    return tree


def _quotes_needed(path: Path, line: int | None) -> str:
    """Return how to write a path with brackets inside brackets, the one in this line if any."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = BRACKETED_PATH.search(lines[line - 1]) if line and line <= len(lines) else None
    if found is None:
        return "a path with brackets stands in quotes inside {...}, or is written `steps.0.dose`"
    written = found.group()
    points = re.sub(r"\[(\d+)\]", r".\1", written)
    return (
        f"inside {{...}} and [...] the path {shown(written)} stands in quotes, or is written "
        f"{shown(points)}"
    )


def is_study(name: str) -> bool:
    """Tell whether a file, or a shipped name, is a study; of what cannot be read by its name."""
    if not is_path(name):
        return name in study_names() and name not in shipped_names()
    try:
        tree = read_yaml(name)
    except InputError:
        return name.endswith(ENDING)
    return isinstance(tree, LocatedMapping) and KEY in tree.entries


def study_names() -> list[str]:
    """Return the names of the studies that come with the package."""
    folder = _shipped_folder()
    found = folder.glob(f"*{ENDING}") if folder is not None else ()
    return sorted(path.name.removesuffix(ENDING) for path in found)


def _shipped_folder() -> Path | None:
    """Return where shipped studies lie: in the package, or beside it in a repository."""
    try:
        package = importlib.import_module(f"pathways.{FOLDER}")
    except ModuleNotFoundError:
        beside = Path(importlib.import_module("pathways").__file__).parent.parent / FOLDER
        return beside if beside.is_dir() else None
    return Path(next(iter(package.__path__)))


def _path_of(name: str) -> Path:
    if is_path(name):
        return Path(name)
    names = study_names()
    if name not in names:
        problem = f"there is no shipped study {shown(name)}; a file is named by its path"
        raise InputError(
            Place(), f"{problem}, such as `./{name}{ENDING}`", names, nearest(name, names)
        )
    return _shipped_folder() / f"{name}{ENDING}"


def _bases(
    document: StudyDocument,
    places: PlaceTable,
    axes: Sequence[Axis],
    derived: Sequence[Derived],
    found: _Found,
) -> tuple[Base, ...]:
    """Return the scenarios that are right; what is wrong with the others is added to `found`."""
    bases: list[Base] = []

    def add(given: str, place: Place) -> None:
        file, tree = _read_base(given, place)
        name = _name(tree, file)
        if name in [base.name for base in bases]:
            problem = f"{shown(name)} is among the scenarios already: it would run the same again"
            raise InputError(place, problem, "each scenario once, with a name of its own")
        bases.append(Base(name, file, tree, _fields(document, tree, name, axes, derived)))

    for index, given in enumerate(document.scenarios):
        place = places.place(("scenarios", index))
        found.part(lambda given=given, place=place: add(given, place), None)
    return tuple(bases)


def _read_base(given: str, place: Place) -> tuple[str, LocatedMapping]:
    file = str(Path(place.file).parent / given) if is_path(given) else given
    try:
        return file, read_scenario(file)
    except InputError as found:
        if found.place.file is None:
            raise found.moved(place) from None
        raise


def _name(tree: LocatedMapping, file: str) -> str:
    found = tree.entries.get("scenario")
    return found.text if isinstance(found, LocatedScalar) else file


def _fields(
    document: StudyDocument,
    tree: LocatedMapping,
    name: str,
    axes: Sequence[Axis],
    derived: Sequence[Derived],
) -> dict[str, Steps]:
    """Return where each varied or derived field lies in one scenario."""
    found: dict[str, Steps] = {}
    errors: list[InputError] = []
    for path, place in _written_paths(axes, derived):
        try:
            steps = checked_steps(path, tree)
            _refuse_overridden(steps, document)
            _refuse_overlap(path, steps, found)
            found[path] = steps
        except ValueProblem as problem:
            told = problem.problem
            if len(document.scenarios) > 1:
                told = f"{told} (scenario {shown(name)})"
            errors.append(InputError(place, told, problem.allowed, problem.nearest))
    raise_errors(errors)
    return found


def _written_paths(axes: Sequence[Axis], derived: Sequence[Derived]) -> Iterator[tuple[str, Place]]:
    """Yield each path of the study with the place where it is written first."""
    for axis in axes:
        for path, key in axis.keys:
            yield path, Place(key.file, key.line, path)
    for one in derived:
        yield one.path, Place(one.key.file, one.key.line, f"derived.{one.path}")


def _refuse_overridden(steps: Steps, document: StudyDocument) -> None:
    if document.years is not None and steps in OVERRIDDEN_BY_YEARS:
        raise ValueProblem("`years` of the study holds for all runs; leave one of them out")


def _refuse_overlap(path: str, steps: Steps, found: dict[str, Steps]) -> None:
    for other, before in found.items():
        if overlap(steps, before):
            if path == other:
                raise ValueProblem(f"{shown(path)} is given twice; keep one")
            problem = f"{shown(path)} and {shown(other)} are the same field, or one holds the other"
            raise ValueProblem(f"{problem}; keep one")


def _outputs(document: StudyDocument, places: PlaceTable) -> tuple[str, ...]:
    if document.outputs is None:
        return DEFAULT_OUTPUTS
    errors, names = [], list(MEASURES)
    for index, name in enumerate(document.outputs):
        place = places.place(("outputs", index))
        if name not in MEASURES:
            problem = f"there is no measure {shown(name)}"
            errors.append(InputError(place, problem, names, nearest(name, names)))
        elif name in document.outputs[:index]:
            errors.append(InputError(place, f"{shown(name)} is in the list already; keep one"))
    if not document.outputs:
        problem = "no measure is asked for; write one, or leave it out for the usual ones"
        errors.append(InputError(places.place(("outputs",)), problem, names))
    raise_errors(errors)
    return document.outputs


def _seeds(document: StudyDocument) -> Sequence[int]:
    if isinstance(document.seeds, SeedRange):
        return range(document.seeds.first, document.seeds.first + document.seeds.count)
    return document.seeds
