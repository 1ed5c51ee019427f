"""From the blocks of a study file to axes, each value with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from pathways.errors import InputError, ValueProblem, shown
from pathways.reading.tree import (
    LocatedMapping,
    LocatedNode,
    LocatedScalar,
    PlaceTable,
    Step,
    child,
    walk,
)
from pathways.studies.amounts import Amount, amount_of
from pathways.studies.axes import Axis, DesignAxis, Level, ListAxis, Range
from pathways.studies.document import Block, Dimension, StudyDocument
from pathways.studies.paths import canonical

VARY = "vary"
Steps = tuple[Step, ...]


def axes_of(
    document: StudyDocument, tree: LocatedMapping
) -> tuple[tuple[Axis, ...], list[InputError]]:
    """Return what varies, in the order of the file, and what is wrong with it.

    Parameters
    ----------
    document : StudyDocument
    tree : LocatedMapping
        The file as read.

    Returns
    -------
    axes : tuple of Axis
        Without the ranges that are none.
    errors : list of InputError
        Values that stand in a list twice, and ranges that are none.
    """
    reader = _Reader(tree)
    axes = [axis for index, block in enumerate(document.vary) for axis in reader.axes(block, index)]
    return tuple(axes), reader.errors


class _Reader:
    def __init__(self, tree: LocatedMapping) -> None:
        self.tree = tree
        self.places = PlaceTable(tree)
        self.errors: list[InputError] = []

    def axes(self, block: Block, index: int) -> Iterator[Axis]:
        if block.grid is not None:
            for path in block.grid:
                yield self._values((VARY, index, "grid"), path)
        elif block.list is not None:
            yield self._cases((VARY, index, "list"), tuple(block.list[0]))
        elif block.sobol is not None:
            design = block.sobol
            ranges = self._ranges((VARY, index, "sobol", "over"), design.over)
            yield DesignAxis(ranges, design.points, design.seed, "sobol", design.scramble)
        else:
            design = block.latin_hypercube
            ranges = self._ranges((VARY, index, "latin_hypercube", "over"), design.over)
            yield DesignAxis(ranges, design.points, design.seed, "latin_hypercube")

    def _values(self, steps: Steps, path: str) -> ListAxis:
        key = self._node(steps).keys[path]
        values = self._node((*steps, path)).items
        self._refuse_repeated((*steps, path), [(value,) for value in values])
        name = canonical(path)
        return ListAxis((name,), tuple((Level(name, key, one),) for one in values), "grid")

    def _cases(self, steps: Steps, paths: tuple[str, ...]) -> ListAxis:
        cases = self._node(steps).items
        self._refuse_repeated(steps, [tuple(one.entries[path] for path in paths) for one in cases])
        places = [
            tuple(Level(canonical(path), one.keys[path], one.entries[path]) for path in paths)
            for one in cases
        ]
        return ListAxis(tuple(map(canonical, paths)), tuple(places), "list")

    def _ranges(self, steps: Steps, over: dict[str, Dimension]) -> tuple[Range, ...]:
        found = []
        for path, written in over.items():
            try:
                found.append(self._range((*steps, path), path, written))
            except ValueProblem as problem:
                place = self.places.place((*steps, path, *problem.within))
                self.errors += [one.at(place) for one in problem.problems]
        return tuple(found)

    def _range(self, steps: Steps, path: str, written: Dimension) -> Range:
        low, high = self._end(steps, "from"), self._end(steps, "to")
        if not low.compares("<", high):
            problem = f"the range {shown(low.text())} to {shown(high.text())} is empty"
            raise ValueProblem(problem, "`to` above `from`", within=("to",))
        if written.log and low.value <= 0:
            problem = "a scale of ratios has no 0"
            raise ValueProblem(problem, "`from` above 0, or no `log`", within=("from",))
        step = self._end(steps, "step") if written.step is not None else None
        if step is not None and not (step.value > 0 and step.compares("<=", high.minus(low))):
            problem = f"the step {shown(step.text())} does not fit into the range"
            allowed = f"above 0, {high.minus(low).text()} at most"
            raise ValueProblem(problem, allowed, within=("step",))
        key = self._node(steps[:-1]).keys[path]
        return Range(canonical(path), key, low, high, written.log, step)

    def _end(self, steps: Steps, name: str) -> Amount:
        node = self._node((*steps, name))
        if not isinstance(node, LocatedScalar):
            raise ValueProblem("one quantity is expected", within=(name,))
        try:
            return amount_of(node.text)
        except ValueProblem as found:
            raise ValueProblem(found.problem, found.allowed, found.nearest, (name,)) from None

    def _refuse_repeated(self, steps: Steps, values: list[tuple[LocatedNode, ...]]) -> None:
        seen: dict[object, int] = {}
        for index, value in enumerate(values):
            said = tuple(map(_meaning, value))
            first = seen.setdefault(said, index)
            if first != index:
                problem = f"this is the same as number {first + 1} of the list: it would run twice"
                self.errors.append(InputError(self.places.place((*steps, index)), problem))

    def _node(self, steps: Steps) -> LocatedNode:
        node: LocatedNode = self.tree
        for step in steps:
            node = child(node, step)
        return node


def _meaning(node: LocatedNode) -> object:
    """Return something equal for values that mean the same, such as `1 h` and `60 min`."""
    if not isinstance(node, LocatedScalar):
        # A list or section is told apart by everything in it.
        parts = ((steps, one.text) for steps, one in walk(node) if isinstance(one, LocatedScalar))
        return tuple(sorted(parts, key=str))
    try:
        amount = amount_of(node.text)
    except ValueProblem:
        return node.text
    return amount.value, tuple(sorted(amount.dimension.items()))
