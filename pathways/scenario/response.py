"""What counts as a response, when it is judged, and what missing scores mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.codes import Baseline, Combine, Domain, MissingRule, Moment, Statistic
from pathways.errors import ValueProblem
from pathways.layout import HISTORY_DAYS, MAX_CRITERIA
from pathways.reading.fields import (
    Items,
    Named,
    NonNegativeInt,
    Positive,
    PositiveInt,
    Quantity,
    Section,
    WholeNumber,
    written_name,
)
from pathways.scenario.shared import refuse_finer_step, refuse_repeated

LONGEST_BASELINE_DAYS = 28
HIGHEST_PAIN = 10
SINGLE_BASELINES = (Baseline.ENROLMENT, Baseline.SAME_DAY)
HIGHER_IS_BETTER = (Domain.QUALITY_OF_LIFE,)


class BaselineScore(Section):
    """What the scores are compared with."""

    kind: Annotated[Baseline, Named()] = Baseline.MEAN_OF_LAST_DAYS
    """Enrolment score; mean, best or worst of the last days before the course; or same day."""
    days: Annotated[int, WholeNumber(minimum=1, maximum=LONGEST_BASELINE_DAYS)] = 7
    """Diary days of the mean, best or worst."""

    @model_validator(mode="after")
    def _days_mean_something(self) -> BaselineScore:
        if "days" in self.model_fields_set and self.kind in SINGLE_BASELINES:
            problem = f"the baseline `{written_name(self.kind)}` is one score; leave out `days`"
            raise ValueProblem(problem, within=("days",))
        return self


class Window(Section):
    """Diary days after the last infusion of the course, both included."""

    first: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=HISTORY_DAYS)] = Field(
        alias="from"
    )
    """First day; the day after the infusion is `1 d`."""
    last: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=HISTORY_DAYS)] = Field(
        alias="to"
    )
    """Last day."""

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.last < self.first:
            raise ValueProblem("the window ends before it starts", within=("to",))
        return self


class Criterion(Section):
    """One condition on one domain."""

    domain: Annotated[Domain, Named()] = Domain.PAIN
    """What is scored."""
    baseline: BaselineScore = BaselineScore()
    """What it is compared with."""
    statistic: Annotated[Statistic, Named()] = Statistic.MEAN
    """How the scores of the window become one."""
    window: Window | None = None
    """Diary days after the last infusion."""
    moment: Annotated[Moment, Named()] | None = None
    """A moment of the infusion day, instead of a window."""
    percent: Annotated[float, Quantity("percent", above=0, maximum=100)] | None = None
    """Improvement asked, percent of the baseline."""
    points: Positive | None = None
    """Improvement asked, points."""
    share: Annotated[float, Quantity("1", above=0, maximum=1)] | None = None
    """Share of days that must reach the threshold, for `share_of_days`."""
    better: Literal["lower", "higher"] | None = None
    """Direction of improvement, for the reader: quality of life higher, all others lower."""

    @model_validator(mode="after")
    def _threshold(self) -> Criterion:
        if self.percent is None and self.points is None:
            raise ValueProblem("no threshold is given; write `percent`, `points` or both")
        for name, parts in (("percent", 10), ("points", 10), ("share", 1000)):
            refuse_finer_step(getattr(self, name), parts, name)
        if self.domain is Domain.PAIN and self.points is not None and self.points > HIGHEST_PAIN:
            problem = f"pain is scored from 0 to {HIGHEST_PAIN}, so nobody could improve so much"
            raise ValueProblem(problem, f"{HIGHEST_PAIN} or less", within=("points",))
        return self

    @model_validator(mode="after")
    def _direction(self) -> Criterion:
        better = "higher" if self.higher_is_better else "lower"
        if self.better not in (None, better):
            problem = f"in `{written_name(self.domain)}`, {better} is better"
            raise ValueProblem(problem, f"`{better}`, or leave it out", within=("better",))
        return self

    @model_validator(mode="after")
    def _when(self) -> Criterion:
        if self.domain is not Domain.PAIN:
            return self._checked_other_domain()
        if (self.window is None) == (self.moment is None):
            raise ValueProblem(
                "pain needs either a `window` of days or a `moment` of the infusion day"
            )
        if (self.statistic is Statistic.SHARE_OF_DAYS) != (self.share is not None):
            raise ValueProblem(
                "`share` and the statistic `share_of_days` go together", within=("share",)
            )
        if self.moment is not None and self.statistic not in (
            Statistic.SCORE_ON_DAY,
            Statistic.MEAN,
        ):
            raise ValueProblem("a moment is one score", "score_on_day", within=("statistic",))
        return self

    def _checked_other_domain(self) -> Criterion:
        for name in ("window", "moment", "share"):
            if getattr(self, name) is not None:
                problem = "only pain has a diary; the other domains are scored at the judgement"
                raise ValueProblem(problem, within=(name,))
        if self.statistic not in (Statistic.MEAN, Statistic.SCORE_ON_DAY):
            problem = "other domains are scored once, at the judgement"
            raise ValueProblem(problem, "score_on_day", within=("statistic",))
        if "baseline" in self.model_fields_set:
            self._refuse_baseline_of_other_domain()
        return self

    def _refuse_baseline_of_other_domain(self) -> None:
        if self.domain is Domain.GLOBAL_IMPRESSION:
            problem = "the global impression is itself a change; its baseline is 4, no change"
            raise ValueProblem(f"{problem}; leave it out", within=("baseline",))
        if self.baseline.kind not in SINGLE_BASELINES:
            problem = "other domains are scored at enrolment and on the day of the course only"
            names = [written_name(kind) for kind in SINGLE_BASELINES]
            raise ValueProblem(problem, names, within=("baseline", "kind"))

    @property
    def higher_is_better(self) -> bool:
        """Whether a rise of the score is an improvement."""
        return self.domain in HIGHER_IS_BETTER


class Missing(Section):
    """What too few diary scores mean."""

    minimum_scores: PositiveInt = 1
    """Fewest scores in a window that can be judged."""
    rule: Annotated[MissingRule, Named()] = MissingRule.FAIL
    """`fail`, `not_judged` (treatment goes on) or `carry` (the last verdict again)."""


class Response(Section):
    """The definition of a response and how it is used."""

    judge_at: Annotated[int, Quantity("d", whole=True, minimum=0, maximum=HISTORY_DAYS - 1)]
    """Days from the last infusion of a course to its judgement; `0 d`: as it ends."""
    criteria: Annotated[Items[Criterion], Field(min_length=1, max_length=MAX_CRITERIA)]
    """Conditions."""
    combine: Annotated[Combine, Named()] = Combine.ALL
    """Whether `all`, `any` or `k_of` them must hold."""
    k: PositiveInt | None = None
    """How many, for `k_of`."""
    baseline_taken: Literal["before_first_course", "before_each_course"] = "before_first_course"
    """When baselines are taken; anew before each course, relief that is left hides itself."""
    missing: Missing = Missing()
    """What too few scores mean."""
    judge_every: NonNegativeInt = 1
    """1: every course; n: every n-th; 0: none after the first passed. Until then, every one."""

    @model_validator(mode="after")
    def _combination(self) -> Response:
        if (self.combine is Combine.K_OF) != (self.k is not None):
            raise ValueProblem("`k` and `combine: k_of` go together", within=("k",))
        if self.k is not None and self.k > len(self.criteria):
            problem = f"{self.k} of {len(self.criteria)} criteria can never hold"
            raise ValueProblem(problem, f"1 to {len(self.criteria)}", within=("k",))
        return self

    @model_validator(mode="after")
    def _windows_end_before_the_judgement(self) -> Response:
        for index, criterion in enumerate(self.criteria):
            window = criterion.window
            if window is None or window.last <= self.judge_at:
                continue
            where = ("criteria", index, "window")
            if self.judge_at == 0:
                problem = "judged on the day of the infusion, no later diary day can be read"
                raise ValueProblem(problem, "a `moment` instead", within=where)
            problem = (
                f"the window ends on day {window.last}, after the judgement on day {self.judge_at}"
            )
            raise ValueProblem(problem, f"{self.judge_at} d or less", within=(*where, "to"))
        return self

    @model_validator(mode="after")
    def _enough_days(self) -> Response:
        windows = [one.window for one in self.criteria if one.window is not None]
        longest = max((window.last - window.first + 1 for window in windows), default=1)
        least = self.missing.minimum_scores
        if least > longest:
            days = "day" if longest == 1 else "days"
            where = f"the longest window has {longest} {days}" if windows else "there is no window"
            problem = f"{least} scores can never be there: {where}"
            raise ValueProblem(problem, within=("missing", "minimum_scores"))
        return self

    @model_validator(mode="after")
    def _no_criterion_twice(self) -> Response:
        refuse_repeated(self.criteria, "criteria", "this criterion stands in the list already")
        return self
