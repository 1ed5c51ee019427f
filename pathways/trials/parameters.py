"""Parameters of a trial: those of its file, and numbers laid over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pathways.errors import InputError, Place

if TYPE_CHECKING:
    from pathways.reading.fields import Parameter


def merged_parameters(
    written: Mapping[str, Any], own: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return ``parameters:`` of a scenario, by name.

    Parameters
    ----------
    written : mapping
        Those of the file, as written.
    own : mapping
        What the trial itself fixes, by name.
    given : mapping
        Numbers over both, by id or name; a component as ``responder_share_by_condition.crps``.

    Raises
    ------
    InputError
        For a name that is not in the evidence.
    """
    merged: dict[str, Any] = {}
    for key, value in (*written.items(), *own.items()):
        _lay(merged, name_of(key), value)
    for key, value in given.items():
        name, _, component = key.partition(".")
        _lay(merged, name_of(name), {component: value} if component else value)
    return merged


def rate_per_year(stated: Parameter, given: Mapping[str, Any], seed: int, draw: int) -> float:
    """Return a rate of the trial's own, a reference in this parameter draw.

    Parameters
    ----------
    stated : Parameter
    given : mapping
        Numbers in place of the evidence, by id or name.
    seed, draw : int
        As of the plan.
    """
    from pathways.codes import Purpose
    from pathways.fastcore.draws import Draws
    from pathways.resolve.overrides import settled

    draws = Draws(seed, draw)

    def uniform_at(address: int, occurrence: int) -> float:
        return draws.uniform(0, address, Purpose.POPULATION_VALUE, occurrence)

    known = {name_of(key.partition(".")[0]): value for key, value in given.items()}
    return float(settled(stated, "drop_out.rate", draw, uniform_at, known))


def _lay(merged: dict[str, Any], name: str, value: Any) -> None:
    below = merged.get(name)
    if isinstance(below, Mapping) and isinstance(value, Mapping):
        merged[name] = {**below, **value}
    else:
        merged[name] = value


def name_of(key: str) -> str:
    """Return the name of a parameter by its id or name."""
    from pathways.evidence.book import book

    try:
        return book().parameter(key).name
    except InputError as unknown:
        place = Place(path=f"parameters.{key}")
        raise InputError(place, unknown.problem, unknown.allowed, unknown.nearest) from None
