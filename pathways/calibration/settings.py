"""What is fitted and to what, read from `settings.yaml` beside this file."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pydantic import model_validator

from pathways.errors import ValueProblem, nearest, shown
from pathways.evidence.parameter import Status
from pathways.reading.fields import (
    Flag,
    Identifier,
    Items,
    Line,
    NonNegativeInt,
    PerYear,
    Positive,
    PositiveInt,
    Probability,
    Section,
    Text,
)

FILE = "settings.yaml"


class UnknownSetting(Section):
    """One parameter of the evidence that is fitted."""

    key: Line
    """Its name in the evidence, a component after a dot."""
    why: Line
    """Which targets should inform it."""
    widened: Positive = 1.0
    """By how much the evidence's distribution is widened, on its normal scale, to be the prior."""
    because: Line | None = None
    """Why it is widened."""


class OwnSetting(Section):
    """A number of a trial file, fitted beside the parameters and then left."""

    name: Identifier
    """Its name in tables."""
    trial: Identifier
    """The trial."""
    path: Line
    """Where it stands in the trial file, arms by name."""
    median: PerYear
    """Median of its prior, per year."""
    sigma: Positive
    """Spread of the logarithm of its prior."""
    why: Line
    """What it stands for."""


class TargetSetting(Section):
    """One published result that parameters are fitted to."""

    trial: Identifier
    """The trial."""
    endpoint: Identifier
    """Its endpoint, which has `use: calibration` and the published value."""
    evidence: Line
    """Entry of the evidence base it stands for."""
    weight: Probability = 1.0
    """Share of its information that is used."""
    because: Line | None = None
    """Why less than all of it."""
    patients: PositiveInt | None = None
    """Patients behind a share, where the trial file does not say it."""
    standard_error: Positive | None = None
    """Its standard error, where none was published."""
    log: Flag = False
    """Whether it is compared on the logarithmic scale."""
    status: Status | None = None
    """Status of what is said here of its size."""
    note: Line | None = None
    """How that was worked out."""

    @property
    def name(self) -> str:
        """Name of the target: trial and endpoint."""
        return f"{self.trial}.{self.endpoint}"


class LeftSetting(Section):
    """An input that moves a target and is not fitted."""

    key: Line
    """Its name in the evidence, a component after a dot."""
    why: Line
    """Why it keeps its distribution."""


class Variant(Section):
    """Another way to use the same targets, for comparison."""

    name: Identifier
    """Its name."""
    about: Text
    """What is different."""
    widened: dict[str, Positive] = {}
    """Widening of some unknowns."""
    weights: dict[str, Probability] = {}
    """Weights of some targets."""


class BankSetting(Section):
    """The simulated points."""

    points: PositiveInt
    """How many, a power of two."""
    seed: NonNegativeInt
    """Of design and patients."""
    replicates: dict[str, PositiveInt]
    """Trials of the published size simulated at each point, by trial."""


class Settings(Section):
    """A calibration."""

    calibration: Line
    """Its title."""
    bank: BankSetting
    """The simulated points."""
    draws: PositiveInt
    """Rows of the posterior that are kept."""
    unknowns: Items[UnknownSetting]
    """What is fitted."""
    left: Items[LeftSetting] = ()
    """Inputs that move a target and keep their distributions."""
    own: Items[OwnSetting] = ()
    """Numbers of trial files fitted beside."""
    targets: Items[TargetSetting]
    """What it is fitted to."""
    variants: Items[Variant] = ()
    """The same another way."""

    @model_validator(mode="after")
    def _names_are_there(self) -> Settings:
        keys = [one.key for one in self.unknowns]
        names = [one.name for one in self.targets]
        for variant in self.variants:
            _refuse_unknown(variant.widened, keys, "unknown")
            _refuse_unknown(variant.weights, names, "target")
        return self

    def varied(self, name: str) -> Settings:
        """Return these settings with the changes of one variant.

        Raises
        ------
        ValueProblem
            If there is none of that name.
        """
        _refuse_unknown([name], [one.name for one in self.variants], "variant")
        variant = next(one for one in self.variants if one.name == name)
        unknowns = [
            one.model_copy(update={"widened": variant.widened.get(one.key, one.widened)})
            for one in self.unknowns
        ]
        return self.model_copy(
            update={"unknowns": tuple(unknowns), "targets": self.reweighed(variant.weights)}
        )

    def reweighed(self, weights: dict[str, float]) -> tuple[TargetSetting, ...]:
        """Return the targets, some with another weight."""
        return tuple(
            one.model_copy(update={"weight": weights.get(one.name, one.weight)})
            for one in self.targets
        )

    def design_width(self, key: str) -> float:
        """Return how wide the points lie: as the widest prior of the unknown in any variant."""
        stated = next(one.widened for one in self.unknowns if one.key == key)
        return max(stated, *(one.widened.get(key, stated) for one in self.variants))


@cache
def shipped_settings() -> Settings:
    """Return the calibration that comes with this version.

    Raises
    ------
    InputError
        With the line of everything that is wrong in the file.
    """
    from pathways.reading.fields import validate
    from pathways.reading.yaml_file import read_yaml

    with resources.as_file(resources.files("pathways.calibration") / FILE) as path:
        return validate(Settings, read_yaml(path))


def _refuse_unknown(names, known: list[str], what: str) -> None:
    for name in names:
        if name not in known:
            problem = f"there is no {what} {shown(name)}"
            raise ValueProblem(problem, known, nearest(name, known))
