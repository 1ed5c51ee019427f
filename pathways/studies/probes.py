"""Some runs of a study that together hold every value, made ready to see whether one is wrong.

Values that are wrong alone are all found, unless there are very many. Values that are wrong only
together are found if they meet in one of these runs; others fail when they are run, with the same
message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from pathways.errors import InputError, raise_errors
from pathways.studies.amounts import with_unit
from pathways.studies.axes import Axis, DesignAxis, KeptAxis, Range, places_at
from pathways.studies.study import UNDER, Study

MOST_PROBES = 400
"""Of all scenarios together; about 10 ms each."""

LEAST_PROBES = 16
"""Of each scenario."""

NOT_WHOLE = "is not a whole number"

ALL_BELOW = 64
"""Of so few combinations each is looked at."""


def refuse_wrong_runs(study: Study) -> None:
    """Make scenarios and plans with every value that varies.

    Raises
    ------
    InputError
        With everything that was found, each once.
    """
    ranges = {path: place for axis in study.axes for path, place in _ranges(axis)}
    errors: dict[str, InputError] = {}
    for number in probed_runs(study):
        try:
            study.plan_of(study.run(number), patients=1)
        except InputError as found:
            for one in found.errors:
                # One value of a range stands for the others.
                told = "" if one.place.path in ranges else one.problem.partition(UNDER)[0]
                errors.setdefault(f"{one.place} {told}", _with_step(one, ranges))
    raise_errors(list(errors.values()))


def probed_runs(study: Study) -> list[int]:
    """Return the numbers of runs that together hold every scenario and every value."""
    sizes = [len(axis) for axis in study.axes]
    most = max(LEAST_PROBES, MOST_PROBES // len(study.bases))
    chosen = [_number(places, sizes) for places in islice(_chosen(study.axes, sizes), most)]
    each = study.combinations // len(study.bases)
    combinations = [
        scenario * each + place for scenario in range(len(study.bases)) for place in chosen
    ]
    return [combination * study.runs_of_combination for combination in combinations]


def _ranges(axis: Axis) -> Iterator[tuple[str, Range]]:
    if isinstance(axis, KeptAxis):
        for one in axis.axes:
            yield from _ranges(one)
    elif isinstance(axis, DesignAxis):
        yield from ((one.path, one) for one in axis.ranges)


def _with_step(error: InputError, ranges: Mapping[str, Range]) -> InputError:
    """Say of a range whose field takes whole numbers alone how to write it."""
    found = ranges.get(error.place.path)
    if found is None or found.step is not None or NOT_WHOLE not in error.problem:
        return error
    step = with_unit("1", found.low.unit)
    return InputError(error.place, error.problem, f"a range of steps, such as `step: {step}`")


def _chosen(axes: Sequence[Axis], sizes: list[int]) -> Iterator[list[int]]:
    total = 1
    for size in sizes:
        total *= size
    if total <= ALL_BELOW:
        yield from (places_at(sizes, number) for number in range(total))
        return
    first = [0] * len(sizes)
    yield first
    for index, axis in enumerate(axes):
        for place in _places(axis):
            if place:
                yield [*first[:index], place, *first[index + 1 :]]
    yield [size - 1 for size in sizes]


def _places(axis: Axis) -> list[int]:
    """Return places that together hold every value of an axis, of a design the outermost."""
    if isinstance(axis, DesignAxis):
        points = axis.uniforms
        return sorted({*points.argmin(axis=0).tolist(), *points.argmax(axis=0).tolist()})
    if isinstance(axis, KeptAxis):
        return _covering(axis)
    return list(range(len(axis)))


def _covering(axis: KeptAxis) -> list[int]:
    """Return for each value the first kept combination that holds it."""
    import numpy as np

    found, rest = set(), axis.kept
    for one in reversed(axis.axes):
        rest, places = np.divmod(rest, len(one))
        found |= set(np.unique(places, return_index=True)[1].tolist())
    return sorted(found)


def _number(places: Sequence[int], sizes: Sequence[int]) -> int:
    number = 0
    for place, size in zip(places, sizes, strict=True):
        number = number * size + place
    return number
