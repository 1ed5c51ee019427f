"""A trial file: eligibility, arms, what is given when, who is missing, and what was published."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.errors import ValueProblem, nearest, shown
from pathways.layout import MAX_LADDER_STEPS, MAX_PROTOCOL_COURSES
from pathways.reading.fields import (
    Flag,
    Identifier,
    Items,
    Line,
    Parameter,
    PerYear,
    PositiveInt,
    Probability,
    Quantity,
    Section,
    Text,
    WholeDays,
)
from pathways.scenario.document import Override, PopulationSection, Structure
from pathways.scenario.harms import AdverseEventRule
from pathways.scenario.policy import Policy, Selection
from pathways.scenario.programme import Programme
from pathways.scenario.regimen import Regimen
from pathways.scenario.shared import placed, refuse_repeated
from pathways.trials.endpoint import Endpoint
from pathways.trials.published import settled

MOST_ARMS = 4
Day = Annotated[int, Quantity("d", whole=True, minimum=1, maximum=3650)]


class ArmCourse(Section):
    """One course of an arm."""

    day: WholeDays = 0
    """Day of its first infusion; the first course of the arm is on day 0."""
    regimen: Regimen
    """What is given."""


class Arm(Section):
    """What one group of patients receives, or everybody in one period of a crossover."""

    name: Line
    """Its name in tables and figures."""
    patients: PositiveInt | None = None
    """Patients analysed in this arm; in a crossover they are said of the whole trial."""
    regimen: Regimen | None = None
    """The one course that is given."""
    courses: Annotated[Items[ArmCourse], Field(max_length=MAX_PROTOCOL_COURSES)] = ()
    """Several courses on fixed days, instead of one regimen."""
    policy: Policy | None = None
    """Practice as it happened in a cohort, instead of fixed courses."""
    programme: Programme | None = None
    """Therapies beside it."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Arm:
        given = [n for n in ("regimen", "courses", "policy") if getattr(self, n)]
        if len(given) != 1:
            found = f"`{given[0]}` and `{given[1]}` are given" if given else "nothing is given"
            raise ValueProblem(f"{found}; write one of `regimen`, `courses`, `policy`")
        if self.courses and self.courses[0].day != 0:
            problem = "days of an arm are counted from its first infusion"
            raise ValueProblem(problem, "`0 d`", within=("courses", 0, "day"))
        if self.policy is not None and self.policy.treatment == "none":
            raise ValueProblem("an arm is given infusions, or a sham", within=("policy",))
        if self.policy is not None and self.programme is not None:
            problem = "the policy has its own `programme`"
            raise ValueProblem(problem, within=("programme",))
        return self

    @property
    def fixed_courses(self) -> tuple[ArmCourse, ...]:
        """Courses on fixed days; none under a policy."""
        return (ArmCourse(regimen=self.regimen),) if self.regimen is not None else self.courses


class DropOut(Section):
    """Patients who are no longer seen; what happens to them goes on unseen."""

    rate: Parameter[PerYear]
    """How many in a year, from the first infusion on, such as `{evidence: M153}`."""


class TrialDocument(Section):
    """A trial, a cohort, or a synthesis of trials."""

    trial: Identifier
    """Name, such as `pickering-2020`."""
    title: Line
    """One line for tables and figures."""
    about: Text | None = None
    """What was done and found, for people."""
    design: Literal["crossover", "parallel", "cohort", "pooled"]
    """`crossover`: everybody in every arm; `parallel`: arms of different patients; `cohort`: no
    comparison; `pooled`: endpoints over other trials."""
    assumptions: Items[Text] = ()
    """What the file assumes because the paper does not say it or was not seen."""
    patients: PositiveInt | None = None
    """Patients of a crossover."""
    population: PopulationSection = PopulationSection()
    """Who is considered."""
    selection: Selection = Selection()
    """Who is eligible."""
    structure: Structure = Structure()
    """Structural choices."""
    parameters: dict[str, Override] = {}
    """Evidence parameters by id or name with another value in these patients."""
    start: Day = 7
    """Day of the first infusion, counted from the end of the enrolment week; day 7 is a Monday."""
    period: Day | None = None
    """Days from the first infusion of a period of a crossover to its end."""
    wash_out: WholeDays = 0
    """Days between the end of a period and the first infusion of the next."""
    orders: Items[Annotated[Items[Line], Field(min_length=1)]] = ()
    """Orders of the arms of a crossover, equally frequent; by default all there are."""
    arms: Annotated[Items[Arm], Field(max_length=MOST_ARMS)] = ()
    """Arms."""
    missing_scores: Probability | None = None
    """Share of single scores that are missing; default from the evidence."""
    drop_out: DropOut | None = None
    """Who is lost; by default nobody."""
    stops_on: AdverseEventRule | None = None
    """Harms that end the infusions of a patient; scores go on."""
    scores_end_with_treatment: Flag = False
    """Whether patients whose infusions end early are no longer scored."""
    level: Annotated[float, Quantity("percent", above=0, maximum=50)] = 5.0
    """A published result less probable than this does not fit."""
    endpoints: Annotated[Items[Endpoint], Field(min_length=1)]
    """What is compared with the paper, or pooled elsewhere."""

    @model_validator(mode="after")
    def _goes_together(self) -> TrialDocument:
        refuse_repeated([one.name for one in self.arms], "arms", "there is an arm of this name")
        names = [one.name for one in self.endpoints]
        refuse_repeated(names, "endpoints", "there is an endpoint of this name")
        if self.design == "pooled":
            self._refuse_what_is_not_pooled()
            return self
        if not self.arms:
            raise ValueProblem("no arm is given", within=("arms",))
        self._refuse_wrong_size()
        self._refuse_impossible_periods()
        self._refuse_too_much()
        for index, endpoint in enumerate(self.endpoints):
            self._refuse_impossible_endpoint(endpoint, ("endpoints", index))
        return self

    @model_validator(mode="after")
    def _published_results_are_known(self) -> TrialDocument:
        for index, endpoint in enumerate(self.endpoints):
            if endpoint.published is None:
                continue
            try:
                settled(endpoint.published, is_share=endpoint.is_share)
            except ValueProblem as found:
                raise placed(found, ("endpoints", index, "published")) from None
        return self

    def _refuse_what_is_not_pooled(self) -> None:
        for name in ("arms", "patients", "period", "drop_out", "stops_on"):
            if getattr(self, name):
                problem = "a synthesis has no patients of its own; its members have"
                raise ValueProblem(problem, within=(name,))
        for index, endpoint in enumerate(self.endpoints):
            if not endpoint.pool:
                problem = "an endpoint of a synthesis says in `pool` what it pools"
                raise ValueProblem(problem, within=("endpoints", index))

    def _refuse_wrong_size(self) -> None:
        is_crossover = self.design == "crossover"
        if is_crossover != (self.patients is not None):
            problem = "`patients` of the trial and `design: crossover` go together"
            raise ValueProblem(problem, within=("patients",))
        for index, arm in enumerate(self.arms):
            if is_crossover != (arm.patients is None):
                problem = "everybody is in every arm" if is_crossover else "how many are analysed?"
                raise ValueProblem(problem, within=("arms", index, "patients"))
            if is_crossover and arm.policy is not None:
                problem = "periods of a crossover need courses on fixed days"
                raise ValueProblem(problem, within=("arms", index, "policy"))
            if is_crossover and arm.programme is not None:
                problem = "a programme would go on into the next period"
                raise ValueProblem(problem, within=("arms", index, "programme"))
        if self.design == "cohort" and len(self.arms) > 1:
            raise ValueProblem("a cohort has one arm", "`design: parallel`", within=("design",))

    def _refuse_impossible_periods(self) -> None:
        is_crossover = self.design == "crossover"
        if is_crossover != (self.period is not None):
            problem = "`period` and `design: crossover` go together"
            raise ValueProblem(problem, within=("period",))
        if not is_crossover and (self.wash_out or self.orders):
            name = "wash_out" if self.wash_out else "orders"
            raise ValueProblem(f"`{name}` is of a crossover", within=(name,))
        names = [arm.name for arm in self.arms]
        for index, order in enumerate(self.orders):
            if sorted(order) != sorted(names):
                problem = "an order names every arm once"
                raise ValueProblem(problem, names, within=("orders", index))

    def _refuse_too_much(self) -> None:
        regimens = [course.regimen for arm in self.arms for course in arm.fixed_courses]
        if len(regimens) > MAX_LADDER_STEPS:
            problem = f"there are {len(regimens)} courses in all arms together"
            raise ValueProblem(problem, f"{MAX_LADDER_STEPS} or fewer", within=("arms",))

    def _refuse_impossible_endpoint(self, endpoint: Endpoint, place: tuple[str | int, ...]) -> None:
        if endpoint.pool:
            raise ValueProblem("only a synthesis pools", within=(*place, "pool"))
        names = [arm.name for arm in self.arms]
        for key in ("arm", "versus"):
            name = getattr(endpoint, key)
            if name is not None and name not in names:
                problem, near = f"there is no arm {shown(name)}", nearest(name, names)
                raise ValueProblem(problem, names, near, (*place, key))
        for name in filter(None, (endpoint.arm, endpoint.versus)):
            self._refuse_unknown_day(endpoint, self.arm(name), place)

    def _refuse_unknown_day(
        self, endpoint: Endpoint, arm: Arm, place: tuple[str | int, ...]
    ) -> None:
        if arm.policy is not None and (endpoint.moment or endpoint.counted_from_last_infusion):
            key = "moment" if endpoint.moment else "counted_from"
            problem = f"under a policy the days of infusions after the first differ ({arm.name})"
            raise ValueProblem(problem, within=(*place, key))
        given = sum(len(course.regimen.hours_by_day()) for course in arm.fixed_courses)
        if endpoint.moment is not None and endpoint.infusion > given:
            problem = f"{arm.name} has {given} infusion{'s' if given > 1 else ''}"
            raise ValueProblem(problem, f"1 to {given}", within=(*place, "infusion"))
        if endpoint.first_day is None or endpoint.counted_from_last_infusion:
            return
        if self.start + endpoint.first_day < 0:
            problem = f"nobody is seen more than {self.start} d before the first infusion"
            raise ValueProblem(problem, within=(*place, "window"))
        if self.period is not None and endpoint.last_day > self.period + self.wash_out:
            problem = f"the next period starts on day {self.period + self.wash_out}"
            raise ValueProblem(problem, within=(*place, "window"))

    def arm(self, name: str) -> Arm:
        """Return an arm by its name."""
        return next(arm for arm in self.arms if arm.name == name)

    def endpoint(self, name: str) -> Endpoint:
        """Return an endpoint by its name.

        Raises
        ------
        ValueProblem
            If there is none of that name.
        """
        names = [endpoint.name for endpoint in self.endpoints]
        if name not in names:
            problem = f"{self.trial} has no endpoint {shown(name)}"
            raise ValueProblem(problem, names, nearest(name, names))
        return self.endpoints[names.index(name)]
