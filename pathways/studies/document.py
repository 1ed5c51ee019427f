"""A study file: which scenarios, what varies, how often, and what is kept."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import core_schema

from pathways.errors import ValueProblem
from pathways.reading.fields import (
    Flag,
    Identifier,
    Items,
    Line,
    Quantity,
    Section,
    Text,
    WholeNumber,
)
from pathways.reading.sections import BRANCH_MARK
from pathways.resolve.resolver import LARGEST_DRAW

MOST_POINTS = 2**20
LARGEST_SEED = 2**53
LONGEST_YEARS = 60
LIST, SECTION = f"{BRANCH_MARK}list", f"{BRANCH_MARK}section"
KINDS = ("grid", "list", "latin_hypercube", "sobol")


class AsWritten:
    """Something that is read elsewhere, once it is known which field it belongs to."""

    def __init__(self, description: str) -> None:
        self.description = description

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Accept whatever was written."""
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Describe it."""
        return {"description": self.description}


class ListOrSection:
    """A field that is either a list or a section; the annotated type is their union."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Choose by the form of what was written."""
        listed, section = (handler.generate_schema(one) for one in source.__args__)
        return core_schema.tagged_union_schema(
            {LIST: listed, SECTION: section},
            discriminator=lambda given: SECTION if isinstance(given, (dict, Section)) else LIST,
        )


Written = Annotated[Any, AsWritten("a value of the field, as a scenario would write it")]
End = Annotated[Any, AsWritten("a quantity in the field's unit")]
SeedNumber = Annotated[int, WholeNumber(minimum=0, maximum=LARGEST_SEED)]
PointNumber = Annotated[int, WholeNumber(minimum=1, maximum=MOST_POINTS)]
# Far above any study, so that the message can say how many runs there would be.
Count = Annotated[int, WholeNumber(minimum=1)]


class SeedRange(Section):
    """Seeds that follow each other."""

    first: SeedNumber = 1
    """The first seed."""
    count: Count
    """How many there are."""

    @model_validator(mode="after")
    def _representable(self) -> SeedRange:
        if self.first + self.count - 1 > LARGEST_SEED:
            problem = "the last of these seeds is too large"
            raise ValueProblem(problem, f"seeds up to {LARGEST_SEED}", within=("count",))
        return self


class Draws(Section):
    """Draws of all uncertain parameters."""

    count: Annotated[int, WholeNumber(minimum=1, maximum=LARGEST_DRAW)]
    """How many: draws 1 to this number of each seed."""


class Dimension(Section):
    """The range of one field in a design."""

    low: End = Field(alias="from")
    """One end, a quantity in the field's unit."""
    high: End = Field(alias="to")
    """The other end."""
    log: Flag = False
    """Whether ratios rather than differences are spread evenly."""
    step: End = None
    """Only `from`, `from` plus a step, and so on, all equally likely; such as `1 d`."""

    @model_validator(mode="after")
    def _one_scale(self) -> Dimension:
        if self.log and self.step is not None:
            raise ValueProblem("steps are not on a scale of ratios; leave one out", within=("log",))
        return self


class _Design(Section):
    """Points spread over ranges of fields."""

    points: PointNumber
    """How many points."""
    seed: SeedNumber = 1
    """Seed of the points; not one of the runs."""
    over: Annotated[dict[str, Dimension], Field(min_length=1)]
    """Ranges by path."""


class LatinHypercube(_Design):
    """A Latin hypercube: each field's range in as many slices as points, one point in each."""


class Sobol(_Design):
    """Points of a Sobol sequence."""

    scramble: Flag = True
    """Whether the points are scrambled, by the seed."""

    @model_validator(mode="after")
    def _balanced(self) -> Sobol:
        if self.points & (self.points - 1):
            above = 1 << self.points.bit_length()
            problem = f"{self.points} Sobol points are not spread evenly"
            allowed = f"a power of two, such as {above >> 1} or {above}"
            raise ValueProblem(problem, allowed, within=("points",))
        return self


class Block(Section):
    """One thing that varies; blocks are combined with each other."""

    grid: dict[str, Items[Written]] | None = None
    """By path the values of a field; all combinations."""
    list: Items[dict[str, Written]] | None = None
    """Combinations one by one, each with a value for every path."""
    latin_hypercube: LatinHypercube | None = None
    """Points spread over ranges, each range evenly."""
    sobol: Sobol | None = None
    """Points spread over ranges, all ranges together evenly."""

    @model_validator(mode="after")
    def _one_kind(self) -> Block:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            problem = f"{' and '.join(given)} stand in one block" if given else "nothing varies"
            raise ValueProblem(f"{problem}; write one of them after each `- `", KINDS)
        return self

    @model_validator(mode="after")
    def _not_empty(self) -> Block:
        nothing = "so there would be no run; write one, or leave it out"
        if self.grid is not None and not self.grid:
            raise ValueProblem(f"the grid is empty, {nothing}", within=("grid",))
        for path, values in (self.grid or {}).items():
            if not values:
                raise ValueProblem(f"there is no value, {nothing}", within=("grid", path))
        if self.list is not None and not self.list:
            raise ValueProblem(f"the list is empty, {nothing}", within=("list",))
        return self

    @model_validator(mode="after")
    def _same_paths(self) -> Block:
        for index, one in enumerate(self.list or ()):
            if one.keys() != self.list[0].keys() or not one:
                paths = ", ".join(self.list[0]) or "the same paths in all"
                problem = "this combination gives other paths than the first one"
                raise ValueProblem(problem, paths, within=("list", index))
        return self


class Keep(Section):
    """What is kept of each run besides its measures."""

    patients: Flag = False
    """Whether the table of patients is kept."""


class StudyDocument(Section):
    """A study."""

    study: Identifier
    """Name, such as `guideline-psa`."""
    title: Line
    """The question, in one line."""
    about: Text | None = None
    """What the answer is for."""
    scenarios: Annotated[Items[Line], Field(min_length=1)]
    """Names of shipped scenarios, or paths of files relative to this one."""
    patients: Annotated[int, WholeNumber(minimum=1, maximum=2**32)]
    """Referrals of each run."""
    years: Annotated[float, Quantity(None, above=0, maximum=LONGEST_YEARS)] | None = None
    """Years of each run, of 365 days; by default the horizon of each scenario."""
    seeds: Annotated[Items[SeedNumber] | SeedRange, ListOrSection()] = (1,)
    """Seeds, as a list or as `{first: 1, count: 20}`."""
    draws: Draws | None = None
    """Draws of the uncertain parameters; without it every parameter is as stated."""
    replicates: Count = 1
    """Runs of each seed: the first with the seed itself, the others with seeds made from it."""
    vary: Items[Block] = ()
    """What varies; all blocks are combined with each other."""
    derived: dict[str, Text] = {}
    """Fields that follow from varied ones, by path, such as `2 * policy.response.judge_at`."""
    constraints: Items[Text] = ()
    """What must hold, such as `policy.response.judge_at < policy.maintenance.interval`."""
    outputs: Items[Line] | None = None
    """Measures of each run; `pathways sweep --measures` lists them."""
    keep: Keep = Keep()
    """What is kept of each run."""

    @model_validator(mode="after")
    def _seeds_once(self) -> StudyDocument:
        if isinstance(self.seeds, SeedRange):
            return self
        if not self.seeds:
            raise ValueProblem("there are no seeds; write one, or leave it out", within=("seeds",))
        for index, seed in enumerate(self.seeds):
            if seed in self.seeds[:index]:
                problem = f"the seed {seed} is in the list already: it would run the same again"
                raise ValueProblem(problem, "each seed once", within=("seeds", index))
        return self
