"""A study: which runs there are, each found by its number without those before it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pathways.errors import InputError, Place, raise_errors, shown
from pathways.reading.tree import LocatedList, LocatedMapping, LocatedNode
from pathways.resolve.recent import Recent
from pathways.studies.axes import Axis, DesignAxis, KeptAxis, Level, combinations, levels_at
from pathways.studies.derived import Derived
from pathways.studies.paths import NAMES_ONLY, Steps, with_value

if TYPE_CHECKING:
    from pathways.plan import Plan
    from pathways.scenario import Scenario

MOST_RUNS = 10_000_000
"""More runs than this are taken for a mistake, unless they are allowed."""

SCENARIOS_REMEMBERED = 64
LARGEST_BATCH = 256
LEVELS_TOLD = 4
UNDER = "; under"
KEY_BYTES = 16
SEED_BYTES = 6
Written = str | list | dict | None
"""A value as written: text, a list or section of such, or nothing for `null`."""


@dataclass(frozen=True)
class Run:
    """One run of a study.

    Attributes
    ----------
    number : int
        From 0.
    scenario : str
        Name of the scenario.
    levels : dict
        By path what varied and derived fields are given, as a scenario would write it.
    draw : int
        Parameter draw, 0 for stated values.
    seed : int
        That is simulated.
    replicate : int
        From 1; of the first, `seed` is the one the study states.
    """

    number: int
    scenario: str
    levels: dict[str, Written]
    draw: int
    seed: int
    replicate: int


@dataclass(frozen=True)
class Base:
    """A scenario of a study before anything is varied.

    Attributes
    ----------
    name : str
    file : str
        As the user would name it.
    tree : LocatedMapping
        As written, with what it extends.
    steps : dict
        By path of the study where the field lies in this scenario.
    """

    name: str
    file: str
    tree: LocatedMapping
    steps: dict[str, Steps]

    @cached_property
    def source(self) -> Written:
        """What it says, as plain text, lists and sections; titles left out."""
        said = plain(self.tree)
        return {name: value for name, value in said.items() if name not in NAMES_ONLY[1:]}

    @cached_property
    def digest(self) -> str:
        """A hash of what it says."""
        return _digest(self.source)


@dataclass(frozen=True, eq=False)
class Study:
    """A checked study; ``len`` gives its runs, :meth:`run` each of them.

    Attributes
    ----------
    name, title : str
    path : str
        The file as the user named it.
    scenarios : tuple of str
        Names.
    patients : int
        Of each run.
    years : float or None
        Of each run; None for each scenario's own horizon.
    outputs : tuple of str
        Names of measures.
    keep_patients : bool
        Whether the table of patients is kept.
    seeds : sequence of int
        As stated.
    draws : int
        Parameter draws 1 to this; 0 for stated values alone.
    replicates : int
        Runs of each seed.
    axes : tuple of Axis
        What varies.
    derived : tuple of Derived
    dropped : int
        Combinations of levels that constraints leave out.
    """

    name: str
    title: str
    path: str
    bases: tuple[Base, ...]
    patients: int
    years: float | None
    outputs: tuple[str, ...]
    keep_patients: bool
    seeds: Sequence[int]
    draws: int
    replicates: int
    axes: tuple[Axis, ...]
    derived: tuple[Derived, ...]
    constraints: tuple[str, ...] = ()
    _recent: Recent[Scenario] = field(
        default_factory=lambda: Recent(SCENARIOS_REMEMBERED), repr=False
    )

    def __len__(self) -> int:
        return self.combinations * self.runs_of_combination

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_recent"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What was made last stays behind when a study goes to another process.
        self.__dict__.update(state, _recent=Recent(SCENARIOS_REMEMBERED))

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return tuple(base.name for base in self.bases)

    @property
    def combinations(self) -> int:
        """Scenarios times combinations of levels."""
        return len(self.bases) * combinations(self.axes)

    @property
    def runs_of_combination(self) -> int:
        """Runs that share a scenario and its levels; their numbers follow each other."""
        return max(1, self.draws) * len(self.seeds) * self.replicates

    @property
    def batch_runs_hint(self) -> int:
        """A number of runs that are well done together, because they share a scenario."""
        return min(self.runs_of_combination, LARGEST_BATCH)

    @property
    def dropped(self) -> int:
        """Combinations of levels that constraints leave out, of each scenario."""
        kept = [axis for axis in self.axes if isinstance(axis, KeptAxis)]
        others = [len(axis) for axis in self.axes if not isinstance(axis, KeptAxis)]
        dropped = sum(combinations(axis.axes) - len(axis) for axis in kept)
        for size in others:
            dropped *= size
        return dropped

    def run(self, number: int) -> Run:
        """Return one run.

        Raises
        ------
        IndexError
            If there is no run of this number.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"run {number} of {len(self)}")
        combination, number_within = divmod(number, self.runs_of_combination)
        place, replicate = divmod(number_within, self.replicates)
        draw, seed = divmod(place, len(self.seeds))
        base, levels = self._combination(combination)
        return Run(
            number,
            base.name,
            {level.path: plain(level.node) for level in levels},
            draw + 1 if self.draws else 0,
            seed_of(self.seeds[seed], replicate + 1),
            replicate + 1,
        )

    def scenario_of(self, run: Run) -> Scenario:
        """Return the checked scenario of a run, its levels in place.

        Raises
        ------
        InputError
            If the levels make it wrong; in the study file or, with the levels told, elsewhere.
        """
        combination = run.number // self.runs_of_combination
        return self._recent.get(combination, lambda: self._scenario(combination))

    def plan_of(self, run: Run, patients: int | None = None) -> Plan:
        """Return the plan of a run, for either engine; perhaps with fewer patients.

        Raises
        ------
        InputError
            As :meth:`scenario_of`, also for what only the plan shows.
        """
        from pathways.resolve.resolver import resolve

        scenario = self.scenario_of(run)
        size = {"patients": patients or self.patients, "years": self.years}
        try:
            return resolve(scenario, **size, seed=run.seed, draw=run.draw)
        except InputError as found:
            _, levels = self._combination(run.number // self.runs_of_combination)
            raise_errors([_with_levels(one, levels, self.path) for one in found.errors])
            raise

    def description(self) -> dict[str, Any]:
        """Return everything that decides results, JSON-compatible."""
        from pathways.version import model_version

        return {
            "model_version": model_version(),
            "scenarios": {base.name: base.source for base in self.bases},
            "patients": self.patients,
            "years": self.years,
            "seeds": list(self.seeds)
            if not isinstance(self.seeds, range)
            else {"first": self.seeds.start, "count": len(self.seeds)},
            "draws": self.draws,
            "replicates": self.replicates,
            "vary": [_described(axis) for axis in self.axes],
            "derived": {one.path: one.expression.text for one in self.derived},
            "constraints": list(self.constraints),
            "outputs": list(self.outputs),
            "keep_patients": self.keep_patients,
        }

    def _combination(self, combination: int) -> tuple[Base, tuple[Level, ...]]:
        scenario, place = divmod(combination, combinations(self.axes))
        levels = levels_at(self.axes, place)
        by_path = {level.path: level for level in levels}
        return self.bases[scenario], (*levels, *(one.level(by_path) for one in self.derived))

    def _scenario(self, combination: int) -> Scenario:
        from pathways.scenario.load import scenario_of

        base, levels = self._combination(combination)
        tree = base.tree
        for level in levels:
            tree = with_value(tree, base.steps[level.path], level.node, level.key)
        try:
            return scenario_of(tree, base.file)
        except InputError as found:
            raise_errors([_with_levels(one, levels, self.path) for one in found.errors])
            raise


def load_study(name_or_path: str | os.PathLike[str], **options: Any) -> Study:
    """Read and check a study; :func:`pathways.studies.load.load_study`."""
    from pathways.studies.load import load_study

    return load_study(name_or_path, **options)


def run_key(study: Study, run: Run) -> str:
    """Return what tells the results of a run from all others: 32 hexadecimal digits.

    Two runs of one key have the same results, also in different studies. It depends on what the
    scenario says, the levels, patients, years, seed, draw and the model version, not on titles,
    file names, outputs or the number of the run.
    """
    from pathways.version import model_version

    base = study.bases[study.scenarios.index(run.scenario)]
    decides = {
        "scenario": base.digest,
        "levels": run.levels,
        "patients": study.patients,
        "years": study.years,
        "seed": run.seed,
        "draw": run.draw,
        "model_version": model_version(),
    }
    return _digest(decides)


def seed_of(seed: int, replicate: int) -> int:
    """Return the seed of a replicate: that of the first is `seed`, others have 48 bits of a hash.

    Parameters
    ----------
    seed : int
    replicate : int
        From 1.
    """
    if replicate == 1:
        return seed
    text = f"seed {seed} replicate {replicate}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=SEED_BYTES).digest(), "big")


def factors(study: Study) -> list[tuple[str, int]]:
    """Return what the number of runs is the product of; factors of 1 are left out."""
    parts = [("scenarios", len(study.bases)), *((axis.words, len(axis)) for axis in study.axes)]
    parts += [("draws", max(1, study.draws)), ("seeds", len(study.seeds))]
    parts += [("replicates", study.replicates)]
    return [(words, size) for words, size in parts if size != 1]


def product_words(parts: Sequence[tuple[str, int]]) -> str:
    """Return factors as people write them: ``3 scenarios x 1,000 draws``."""
    return " x ".join(f"{size:,} {words}" for words, size in parts) or "1"


def refuse_too_many(study: Study, place: Place, allowed: int) -> None:
    """Refuse more runs than are allowed, telling what they are the product of.

    Raises
    ------
    InputError
    """
    number = study.combinations * study.runs_of_combination
    if number > allowed:
        problem = f"{product_words(factors(study))} = {number:,} runs"
        remedy = f"{allowed:,} runs, or more with `--allow {number}`"
        raise InputError(place, problem, remedy)


def plain(node: LocatedNode) -> Written:
    """Return what was written as text, lists and sections."""
    if isinstance(node, LocatedMapping):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, LocatedList):
        return [plain(item) for item in node.items]
    return None if node.text == "null" and not node.quoted else node.text


def written(value: Written) -> str:
    """Return a value on one line, as a scenario file would have it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return "null" if value is None else value


def _with_levels(error: InputError, levels: Sequence[Level], file: str) -> InputError:
    """Say of an error in another file which levels of the study made it."""
    if error.place.file == file or not levels:
        return error
    told = [f"{level.path}: {written(plain(level.node))}" for level in levels[:LEVELS_TOLD]]
    more = ", ..." if len(levels) > LEVELS_TOLD else ""
    problem = f"{error.problem}{UNDER} {shown(', '.join(told) + more, 300)} of {file}"
    return InputError(error.place, problem, error.allowed, error.nearest)


def _described(axis: Axis) -> dict[str, Any]:
    if isinstance(axis, KeptAxis):
        return {"constrained": [_described(one) for one in axis.axes]}
    if isinstance(axis, DesignAxis):
        ranges = {one.path: one.described() for one in axis.ranges}
        # The points too: another version of scipy may spread them otherwise.
        points = hashlib.blake2b(axis.uniforms.tobytes(), digest_size=KEY_BYTES).hexdigest()
        return {axis.kind: ranges, "points": len(axis), "digest": points}
    places = [[plain(one.node) for one in axis.levels(place)] for place in range(len(axis))]
    return {axis.kind: list(axis.paths), "values": places}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).hexdigest()
