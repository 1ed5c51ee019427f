"""A trial file: eligibility, arms, what is given when, who is missing, and what was published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pathways.errors import ValueProblem, nearest, raise_problems, shown
from pathways.layout import MAX_PROTOCOL_COURSES
from pathways.reading.fields import (
    Flag,
    Identifier,
    Items,
    Line,
    Parameter,
    PerYear,
    Probability,
    Quantity,
    Section,
    Text,
    WholeDays,
    WholeNumber,
)
from pathways.scenario.document import Override, PopulationSection, Structure
from pathways.scenario.harms import AdverseEventRule
from pathways.scenario.policy import Policy, Selection
from pathways.scenario.programme import Programme
from pathways.scenario.regimen import Regimen
from pathways.trials.coherence import parameter_problems, problems_of, rate_problems
from pathways.trials.endpoint import Endpoint

MOST_ARMS = 4
MOST_PATIENTS = 1_000_000
Day = Annotated[int, Quantity("d", whole=True, minimum=1, maximum=3650)]
Patients = Annotated[int, WholeNumber(minimum=1, maximum=MOST_PATIENTS)]


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
    patients: Patients | None = None
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
        raise_problems(list(self._problems()))
        return self

    def _problems(self) -> Iterator[ValueProblem]:
        given = [n for n in ("regimen", "courses", "policy") if getattr(self, n)]
        if len(given) != 1:
            found = f"`{given[0]}` and `{given[1]}` are given" if given else "nothing is given"
            yield ValueProblem(f"{found}; write one of `regimen`, `courses`, `policy`")
        if self.courses and self.courses[0].day != 0:
            problem = "days of an arm are counted from its first infusion"
            yield ValueProblem(problem, "`0 d`", within=("courses", 0, "day"))
        if self.policy is not None and self.policy.treatment == "none":
            yield ValueProblem("an arm is given infusions, or a sham", within=("policy",))
        if self.policy is not None and self.programme is not None:
            problem = "the policy has its own `programme`"
            yield ValueProblem(problem, within=("programme",))

    @property
    def fixed_courses(self) -> tuple[ArmCourse, ...]:
        """Courses on fixed days; none under a policy."""
        return (ArmCourse(regimen=self.regimen),) if self.regimen is not None else self.courses


class DropOut(Section):
    """Patients who are no longer seen; what happens to them goes on unseen."""

    rate: Parameter[PerYear]
    """How many in a year, from the first infusion on, such as `{evidence: M153}`."""

    @model_validator(mode="after")
    def _rate_is_known(self) -> DropOut:
        raise_problems(list(rate_problems(self.rate)))
        return self


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
    patients: Patients | None = None
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
    level: Annotated[float, Quantity("percent", minimum=0.1, maximum=50)] = 5.0
    """A published result less probable than this does not fit."""
    endpoints: Annotated[Items[Endpoint], Field(min_length=1)]
    """What is compared with the paper, or pooled elsewhere."""

    @field_validator("parameters")
    @classmethod
    def _parameters_are_known(cls, given: dict[str, Override]) -> dict[str, Override]:
        raise_problems(list(parameter_problems(given)))
        return given

    @model_validator(mode="after")
    def _goes_together(self) -> TrialDocument:
        raise_problems(list(problems_of(self)))
        return self

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
