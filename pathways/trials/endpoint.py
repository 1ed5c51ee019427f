"""An endpoint: what is measured in whom and when, and what the paper reports of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.codes import Moment
from pathways.errors import ValueProblem, raise_problems
from pathways.reading.fields import (
    Identifier,
    Items,
    Line,
    Named,
    Number,
    Positive,
    PositiveInt,
    Quantity,
    Section,
)
from pathways.scenario.harms import AcuteHarm, Harm, refuse_twice
from pathways.scenario.shared import placed
from pathways.trials.coherence import caught
from pathways.trials.published import Published, settled

TrialDay = Annotated[int, Quantity("d", whole=True, minimum=-28, maximum=3650)]
Use = Literal["calibration", "prediction", "context"]
Measure = Literal[
    "score",
    "area",
    "change",
    "percent_fall",
    "percent_fall_of_mean",
    "share_relieved",
    "share_between",
    "lowest_visit_mean",
    "share_scored",
    "share_with_harm",
    "harms_per_infusion",
    "share_completed",
    "infusions",
]
OF_SCORES = (
    "score",
    "area",
    "change",
    "percent_fall",
    "percent_fall_of_mean",
    "share_relieved",
    "share_between",
    "lowest_visit_mean",
    "share_scored",
)
OF_CHANGE = ("change", "percent_fall", "percent_fall_of_mean", "share_relieved")
NOT_A_MEAN = ("lowest_visit_mean", "percent_fall_of_mean")
OF_HARMS = ("share_with_harm", "harms_per_infusion")
SHARES = ("share_relieved", "share_between", "share_scored", "share_with_harm", "share_completed")


class DayWindow(Section):
    """Days, both ends included; day 0 is the day of the first infusion, before it is given."""

    first: TrialDay = Field(alias="from")
    """First day; days before the first infusion are negative."""
    last: TrialDay = Field(alias="to")
    """Last day."""

    @model_validator(mode="after")
    def _in_order(self) -> DayWindow:
        if self.last < self.first:
            raise ValueProblem("the window ends before it starts", within=("to",))
        return self

    @property
    def days(self) -> tuple[int, ...]:
        """The days of the window."""
        return tuple(range(self.first, self.last + 1))


class PoolMember(Section):
    """One trial of a synthesis."""

    trial: Line
    """Name of a shipped trial, or the path of a file."""
    endpoint: Identifier
    """Its endpoint."""
    weight: Positive | None = None
    """Its share of the weight; without it, weights follow from the standard errors."""


class Endpoint(Section):
    """One number of a trial."""

    name: Identifier
    """Its name in the table and for other files, such as `difference-week-1`."""
    title: Line
    """What it is, in words."""
    measure: Measure | None = None
    """What is measured; left out where something is pooled."""
    arm: Line | None = None
    """In which arm."""
    versus: Line | None = None
    """The arm it is compared with; the endpoint is then the first less this one."""
    scale: Literal["difference", "standard_errors"] = "difference"
    """`standard_errors`: the difference divided by its standard error, as a test would have it."""
    window: DayWindow | None = None
    """Diary days."""
    visits: Items[TrialDay] = ()
    """Single days, instead of a window."""
    counted_from: Literal["first_infusion", "last_infusion"] = "first_infusion"
    """What days are counted from."""
    moment: Annotated[Moment, Named()] | None = None
    """A moment of an infusion day, instead of days: `end`, `one_hour`, `four_hours`."""
    infusion: PositiveInt = 1
    """Which infusion of the arm the moment is of."""
    statistic: Literal["mean", "lowest", "highest"] = "mean"
    """How the scores of a patient become one."""
    baseline: Literal["enrolment"] | DayWindow | None = None
    """What scores are compared with: the week of enrolment, or days; for a moment the same day."""
    percent: Annotated[float, Quantity("percent", above=0, maximum=100)] | None = None
    """Fall asked for `share_relieved`, percent of the baseline."""
    points: Positive | None = None
    """Fall asked for `share_relieved`, points."""
    at_least: Number | None = None
    """Lowest score of `share_between`."""
    below: Number | None = None
    """Score that `share_between` stays below."""
    harms: Items[Harm] = ()
    """Which harms count."""
    infusions: PositiveInt | None = None
    """How many infusions are a complete treatment."""
    pool: Items[PoolMember] = ()
    """Trials pooled."""
    weights: Literal["stated", "inverse_variance", "random_effects"] | None = None
    """How they are weighted: as stated, by their standard errors, or with the spread between them
    (DerSimonian and Laird)."""
    published: Published | None = None
    """What the paper reports; without it the endpoint is only shown or pooled."""
    use: Literal["calibration", "prediction", "context"] = "context"
    """`calibration`: parameters may be fitted to it; `prediction`: they must not be; `context`:
    neither a target nor a test."""
    note: Line | None = None
    """What to beware of in the comparison."""

    @model_validator(mode="after")
    def _goes_together(self) -> Endpoint:
        raise_problems([*self._problems(), *self._published_problems()])
        return self

    def _problems(self) -> Iterator[ValueProblem]:
        if (self.measure is None) != bool(self.pool):
            yield ValueProblem("write `measure` with `arm`, or `pool`", within=("measure",))
        elif self.pool:
            yield from self._weight_problems()
        else:
            yield from self._arm_problems()
            yield from self._day_problems()
            yield from self._threshold_problems()

    def _published_problems(self) -> Iterator[ValueProblem]:
        if self.published is not None:
            for found in caught(partial(settled, is_share=self.is_share), self.published):
                yield placed(found, ("published",))

    def _weight_problems(self) -> Iterator[ValueProblem]:
        if self.weights is None:
            yield ValueProblem("`weights` is missing; say how members are weighted")
            return
        for index, member in enumerate(self.pool):
            if (member.weight is not None) != (self.weights == "stated"):
                problem = "`weight` of each member and `weights: stated` go together"
                yield ValueProblem(problem, within=("pool", index, "weight"))

    def _arm_problems(self) -> Iterator[ValueProblem]:
        if self.arm is None:
            yield ValueProblem("`arm` is missing; write in which arm", within=("arm",))
        elif self.arm == self.versus:
            yield ValueProblem("an arm is not compared with itself", within=("versus",))
        if self.scale == "standard_errors" and self.versus is None:
            yield ValueProblem("only differences have this scale", within=("scale",))
        if self.scale == "standard_errors" and self.measure in NOT_A_MEAN:
            yield ValueProblem("this is no mean over patients", within=("scale",))

    def _day_problems(self) -> Iterator[ValueProblem]:
        given = [n for n in ("window", "visits", "moment") if getattr(self, n) not in (None, ())]
        of_scores = self.measure in OF_SCORES
        if of_scores and len(given) != 1:
            problem = "scores need one of `window`, `visits`, `moment`"
            yield ValueProblem(problem, within=("window",))
        if not of_scores and (self.visits or self.moment is not None):
            yield ValueProblem(f"`{given[-1]}` is of scores", within=(given[-1],))
        yield from caught(refuse_twice, self.visits, "visits")
        if self.measure in ("lowest_visit_mean", "area") and self.moment is not None:
            yield ValueProblem("a moment is one score", within=("moment",))
        if self.baseline is not None and self.measure not in OF_CHANGE:
            yield ValueProblem("nothing is compared with a baseline", within=("baseline",))

    def _threshold_problems(self) -> Iterator[ValueProblem]:
        wanted = {
            "share_relieved": self.percent is not None or self.points is not None,
            "share_between": self.at_least is not None or self.below is not None,
            "share_with_harm": bool(self.harms),
            "harms_per_infusion": bool(self.harms),
            "share_completed": self.infusions is not None,
        }
        for measure, is_given in wanted.items():
            if self.measure == measure and not is_given:
                yield ValueProblem(f"`{measure}` of what? {KEYS[measure]}")
        for measures, keys in OWN_KEYS.items():
            for key in keys:
                if self.measure not in measures and getattr(self, key) not in (None, ()):
                    problem = f"`{key}` is of {' and '.join(f'`{m}`' for m in measures)}"
                    yield ValueProblem(problem, within=(key,))
        yield from caught(refuse_twice, self.harms, "harms")
        acute = [harm.name.lower() for harm in AcuteHarm]
        if self.measure == "harms_per_infusion" and not set(self.harms) <= set(acute):
            yield ValueProblem("only some harms are of infusions", acute, within=("harms",))

    @property
    def is_share(self) -> bool:
        """Whether it is a share of patients in one arm."""
        return self.measure in SHARES and self.versus is None

    @property
    def is_fraction(self) -> bool:
        """Whether it is read in percent: shares, their differences, and rates per infusion."""
        return self.measure in (*SHARES, "harms_per_infusion") and self.scale == "difference"

    @property
    def counted_from_last_infusion(self) -> bool:
        """Whether days are counted from the last infusion."""
        return self.counted_from == "last_infusion"

    @property
    def score_days(self) -> tuple[int, ...]:
        """Days on which scores are read."""
        if self.measure not in OF_SCORES:
            return ()
        return self.window.days if self.window is not None else self.visits

    @property
    def baseline_days(self) -> tuple[int, ...]:
        """Days of a baseline that is read from the diary, from the first infusion."""
        return self.baseline.days if isinstance(self.baseline, DayWindow) else ()

    @property
    def first_day(self) -> int | None:
        """The first day on which anything is read, or None."""
        days = (*self.score_days, *self.baseline_days)
        return min(days) if days else None

    @property
    def last_day(self) -> int:
        """The last day on which anything is read."""
        return max((*self.score_days, *self.baseline_days))

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms it needs."""
        return tuple(name for name in (self.arm, self.versus) if name is not None)


KEYS = {
    "share_relieved": "write `percent`, `points` or both",
    "share_between": "write `at_least`, `below` or both",
    "share_with_harm": "write `harms`",
    "harms_per_infusion": "write `harms`",
    "share_completed": "write `infusions`",
}
OWN_KEYS = {
    ("share_relieved",): ("percent", "points"),
    ("share_between",): ("at_least", "below"),
    OF_HARMS: ("harms",),
    ("share_completed",): ("infusions",),
}
