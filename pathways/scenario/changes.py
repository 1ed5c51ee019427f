"""Dated changes: each laid over what was in force before, and what none of them may do."""

from __future__ import annotations

from dataclasses import replace

from pathways.errors import InputError, Place, nearest, raise_errors, shown
from pathways.reading.overlay import overlay
from pathways.reading.tree import (
    LocatedList,
    LocatedMapping,
    LocatedNode,
    LocatedScalar,
    PlaceTable,
    Step,
    child,
    dotted,
)
from pathways.scenario.clinics import Clinic
from pathways.scenario.document import ScenarioDocument

CHANGES = "changes"
POLICY = "policy"
CLINICS = "clinics"
SECTIONS = (POLICY, "prices", CLINICS)
NAME = "name"
FIXED_FOR_GOOD = ("number", "share", "booking_every")


def with_whole_changes(tree: LocatedMapping) -> LocatedMapping:
    """Lay each change's sections over those before, so that each is checked as a whole.

    Clinics are laid over those of the same name; those of a change come first, as they are
    written, so that their places are those of the file.

    Raises
    ------
    InputError
        If a change names a clinic that is not there.
    """
    changes = child(tree, CHANGES)
    if not isinstance(changes, LocatedList):
        return tree
    in_force = {
        name: (tree.keys[name], tree.entries[name]) for name in SECTIONS if name in tree.keys
    }
    whole: list[LocatedNode] = []
    for index, change in enumerate(changes.items):
        if not isinstance(change, LocatedMapping):
            whole.append(change)
            continue
        for name in SECTIONS:
            if name in change.keys:
                _, base = in_force.get(name, (None, None))
                section = _laid_over(base, change.entries[name], name, index)
                in_force[name] = (change.keys[name], section)
        keys = {name: key for name, (key, _) in in_force.items()}
        sections = {name: section for name, (_, section) in in_force.items()}
        whole.append(
            replace(change, entries={**change.entries, **sections}, keys={**change.keys, **keys})
        )
    return replace(tree, entries={**tree.entries, CHANGES: replace(changes, items=tuple(whole))})


def _laid_over(
    base: LocatedNode | None, changed: LocatedNode, name: str, index: int
) -> LocatedNode:
    if base is None:
        return changed
    if name == CLINICS:
        return _clinics_by_name(base, changed, index)
    return overlay(base, changed)


def _clinics_by_name(base: LocatedNode, changed: LocatedNode, index: int) -> LocatedNode:
    if not (isinstance(base, LocatedList) and isinstance(changed, LocatedList)):
        return changed
    known = {_name(clinic): clinic for clinic in base.items}
    found: list[LocatedNode] = []
    for position, clinic in enumerate(changed.items):
        name = _name(clinic)
        if name not in known and isinstance(clinic, LocatedMapping):
            raise _no_such_clinic(clinic, name, known, (CHANGES, index, CLINICS, position, NAME))
        found.append(overlay(known[name], clinic) if name in known else clinic)
    named = {_name(clinic) for clinic in changed.items}
    left = [clinic for clinic in base.items if _name(clinic) not in named]
    return replace(changed, items=(*found, *left))


def _name(clinic: LocatedNode) -> str | None:
    name = child(clinic, NAME)
    return name.text if isinstance(name, LocatedScalar) else None


def _no_such_clinic(
    clinic: LocatedNode,
    name: str | None,
    known: dict[str | None, LocatedNode],
    steps: tuple[Step, ...],
) -> InputError:
    names = [one for one in known if one is not None]
    start = child(clinic, NAME) or clinic
    place = Place(start.file, start.line, dotted(steps))
    if name is None:
        return InputError(place, "`name` is missing; write which clinic changes", names)
    problem = f"there is no clinic {shown(name)}, and a change adds none"
    return InputError(place, problem, names, nearest(name, names))


def refuse_impossible_changes(
    document: ScenarioDocument, places: PlaceTable, written: PlaceTable
) -> None:
    """Refuse changes out of order, without content, or of what holds for good.

    Parameters
    ----------
    document : ScenarioDocument
    places, written : PlaceTable
        Of the whole changes, and of the files as they are.

    Raises
    ------
    InputError
        With the place of the first of each kind.
    """
    _refuse_disordered(document, places)
    _refuse_empty(document, written)
    _refuse_stop(document, places)
    _refuse_moved_clinics(document, places)


def _refuse_disordered(document: ScenarioDocument, places: PlaceTable) -> None:
    errors, latest = [], 0
    for index, change in enumerate(document.changes):
        if change.from_day <= latest:
            place = places.place((CHANGES, index, "from_day"))
            errors.append(
                InputError(place, f"day {change.from_day} is not after the change before it")
            )
        latest = change.from_day
    raise_errors(errors)


def _refuse_empty(document: ScenarioDocument, written: PlaceTable) -> None:
    for index in range(len(document.changes)):
        if not any(written.written((CHANGES, index, name)) for name in SECTIONS):
            place = written.place((CHANGES, index))
            raise InputError(place, "this changes nothing", f"one of {', '.join(SECTIONS)}")


def _refuse_stop(document: ScenarioDocument, places: PlaceTable) -> None:
    """Refuse to take the ladder from under patients who may be on it."""
    is_offered = document.policy.treatment == "ketamine"
    for index, change in enumerate(document.changes):
        if is_offered and change.policy.treatment == "none":
            place = places.place((CHANGES, index, POLICY, "treatment"))
            problem = "patients in treatment would be left without rules"
            allowed = (
                "`selection` and `limits` that let nobody start or go on, such as `courses: 1`"
            )
            raise InputError(place, problem, allowed)
        is_offered = change.policy.treatment == "ketamine"


def _refuse_moved_clinics(document: ScenarioDocument, places: PlaceTable) -> None:
    """Refuse to change who comes to a clinic, its draws or its booking days."""
    first = {clinic.name: clinic for clinic in document.clinics or ()}
    for index, change in enumerate(document.changes):
        if (change.clinics is None) != (document.clinics is None):
            place = places.place((CHANGES, index, CLINICS))
            problem = "a change neither adds nor removes clinics"
            raise InputError(place, problem, "`clinics` of the scenario and all changes")
        for position, clinic in enumerate(change.clinics or ()):
            where = (CHANGES, index, CLINICS, position)
            _refuse_moved(clinic, first[clinic.name], places, where)
            if clinic.name in [earlier.name for earlier in change.clinics[:position]]:
                problem = f"{shown(clinic.name)} stands in this change already; keep one"
                raise InputError(places.place((*where, NAME)), problem)


def _refuse_moved(
    clinic: Clinic, first: Clinic, places: PlaceTable, where: tuple[Step, ...]
) -> None:
    for name in FIXED_FOR_GOOD:
        if getattr(clinic, name) != getattr(first, name):
            problem = f"`{name}` of a clinic is the same for the whole calendar"
            allowed = "what the scenario says, or no such line in the change"
            raise InputError(places.place((*where, name)), problem, allowed)
