"""A clinic policy: whom it treats, how, for how long, and when it stops."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.codes import Comorbidity, Condition, ExitReason
from pathways.errors import ValueProblem
from pathways.layout import MAX_LADDER_STEPS, MAX_TAPER_COURSES, RECENT_COURSES
from pathways.reading.fields import (
    Flag,
    Items,
    Mg,
    Named,
    Parameter,
    PerYear,
    PositiveInt,
    Probability,
    Quantity,
    Section,
    WholeNumber,
)
from pathways.scenario.harms import AdverseEventRule, Monitoring, PatientChoice, TestName
from pathways.scenario.later import later
from pathways.scenario.leaving import OutsideOption, ReReferral
from pathways.scenario.money import Payment
from pathways.scenario.programme import Programme
from pathways.scenario.protocol import Protocol
from pathways.scenario.regimen import Ladder, Regimen
from pathways.scenario.response import Response
from pathways.scenario.shared import refuse_finer_step, refuse_repeated

Day = Annotated[int, Quantity("d", whole=True, minimum=1, maximum=36500)]
EVERY_CONDITION = tuple(Condition)
TAPER_TRIGGERS = (
    ExitReason.DOSE_CAP,
    ExitReason.COUNT_CAP,
    ExitReason.TIME_LIMIT,
    ExitReason.NON_RESPONSE,
    ExitReason.LOSS_OF_RESPONSE,
    ExitReason.TREATMENT_COMPLETED,
)


class Selection(Section):
    """Who is offered infusions."""

    conditions: Annotated[Items[Annotated[Condition, Named()]], Field(min_length=1)] = (
        EVERY_CONDITION
    )
    """Conditions treated."""
    exclude: Items[Annotated[Comorbidity, Named()]] = ()
    """Comorbidities that rule infusions out."""
    minimum_pain: Annotated[float, Quantity(None, minimum=0, maximum=10)] = 0.0
    """Lowest mean enrolment score, NRS 0-10, in steps of 0.1."""
    minimum_age: Annotated[int, Quantity("d", whole=True, minimum=0, maximum=120 * 365)] = 0
    """Youngest age at assessment, such as `18 year`."""
    maximum_age: Annotated[int, Quantity("d", whole=True, minimum=0, maximum=120 * 365)] = 120 * 365
    """Oldest age at assessment."""

    @model_validator(mode="after")
    def _someone_is_left(self) -> Selection:
        if self.maximum_age < self.minimum_age:
            raise ValueProblem("`maximum_age` is below `minimum_age`", within=("maximum_age",))
        refuse_finer_step(self.minimum_pain, 10, "minimum_pain")
        refuse_repeated(self.conditions, "conditions", "this condition is in the list already")
        refuse_repeated(self.exclude, "exclude", "this comorbidity is in the list already")
        return self


class Maintenance(Section):
    """What follows a response."""

    kind: Literal["none", "interval"]
    """`none`: treatment is complete; `interval`: further courses at a fixed distance."""
    interval: Day | None = None
    """Days from the last infusion of a course to the next course."""
    regimen: Regimen | None = None
    """Regimen of maintenance courses; default: the ladder step that worked."""
    on_return_of_pain: later(Flag, "maintenance on return of pain") = None
    """Whether the next course waits until pain is back."""

    @model_validator(mode="after")
    def _goes_together(self) -> Maintenance:
        if (self.kind == "interval") != (self.interval is not None):
            raise ValueProblem("`kind: interval` and `interval` go together", within=("interval",))
        if self.kind == "none" and self.regimen is not None:
            raise ValueProblem(
                "there are no maintenance courses to give this in", within=("regimen",)
            )
        return self


class Rest(Section):
    """A planned pause."""

    after_courses: PositiveInt
    """Courses before each pause."""
    length: Day
    """Days from the last infusion to the next course."""


class Limits(Section):
    """Caps; tested before a course is booked, they never cut a course."""

    courses: PositiveInt | None = None
    """Most courses in a lifetime."""
    infusions: PositiveInt | None = None
    """Most infusion days in a lifetime."""
    lifetime_dose: Annotated[float, Quantity("mg", above=0)] | None = None
    """Highest lifetime dose, racemic equivalents."""
    courses_per_year: Annotated[int, WholeNumber(minimum=1, maximum=RECENT_COURSES)] | None = None
    """Most courses in 365 days; the next waits (a pause, not an exit)."""
    time_on_treatment: Day | None = None
    """Longest time since the first infusion; tested at visits."""
    rest: Rest | None = None
    """Planned pauses."""
    dose_per_year: later(Mg, "a yearly dose cap") = None
    """Highest dose in 365 days."""


class LossOfResponse(Section):
    """When a response that was there counts as lost."""

    failures: PositiveInt
    """Failed judgements ..."""
    of_last: Annotated[int, WholeNumber(minimum=1, maximum=16)]
    """... among this many of the last."""
    escalate: Flag = False
    """Whether the ladder is climbed before treatment ends."""

    @model_validator(mode="after")
    def _possible(self) -> LossOfResponse:
        if self.failures > self.of_last:
            problem = f"{self.failures} failures among {self.of_last} judgements can never be"
            raise ValueProblem(problem, within=("failures",))
        return self


class TaperCourse(Section):
    """One course of a taper."""

    dose: Annotated[float, Quantity("percent", above=0, maximum=100)]
    """Share of the full dose."""
    interval: Day
    """Days since the last infusion."""


class Taper(Section):
    """Courses of falling dose before the end."""

    after: Annotated[Items[Annotated[ExitReason, Named()]], Field(min_length=1)]
    """Reasons that lead to a taper instead of an immediate end."""
    courses: Annotated[Items[TaperCourse], Field(min_length=1, max_length=MAX_TAPER_COURSES)]
    """Its courses in order."""

    @model_validator(mode="after")
    def _triggers(self) -> Taper:
        for index, reason in enumerate(self.after):
            if reason not in TAPER_TRIGGERS:
                problem = f"nobody can be tapered after `{reason.name.lower()}`"
                allowed = [trigger.name.lower() for trigger in TAPER_TRIGGERS]
                raise ValueProblem(problem, allowed, within=("after", index))
        refuse_repeated(self.after, "after", "this reason is in the list already")
        return self


class Exit(Section):
    """When treatment ends besides the caps."""

    adherence_to_rule: Parameter[Probability] = Parameter.of(1.0)
    """Probability that a failed judgement is acted on."""
    loss_of_response: LossOfResponse | None = None
    """When a lost response ends treatment; without it, it never does."""
    taper: Taper | None = None
    """How treatment ends."""
    adverse_event: AdverseEventRule | None = None
    """Harms that end treatment."""
    laboratory_stop: Items[TestName] = ()
    """Tests of `monitoring` that end treatment when they find something."""
    patient_choice: PatientChoice | None = None
    """How often patients stop of their own accord."""
    lost_to_follow_up: Parameter[PerYear] | None = None
    """How many patients in treatment are lost in a year, such as `{evidence: M153}`."""
    leave_waiting_list: Parameter[PerYear] | None = None
    """How many who wait for an assessment or a first infusion give up in a year."""
    re_referral: ReReferral | None = None
    """Whether patients whose treatment has ended come back."""


class Policy(Section):
    """A clinic policy."""

    treatment: Literal["ketamine", "none"]
    """Whether infusions are offered at all."""
    selection: Selection = Selection()
    """Who is offered them."""
    protocol: Protocol | None = None
    """Courses on fixed days, as in a trial, instead of ladder, response, maintenance and limits."""
    ladder: Ladder | None = None
    """Regimens."""
    response: Response | None = None
    """What counts as a response."""
    maintenance: Maintenance = Maintenance(kind="none")
    """What follows a response."""
    limits: Limits = Limits()
    """Caps and pauses."""
    exit: Exit = Exit()
    """When treatment ends."""
    monitoring: Monitoring | None = None
    """Tests that look for harm."""
    programme: Programme | None = None
    """Therapies that run beside infusions, or instead of them."""
    payment: Payment | None = None
    """Who pays for infusions; by default the health system."""
    outside_option: OutsideOption | None = None
    """What refused and exited patients may buy elsewhere; by default they buy nothing."""

    @model_validator(mode="after")
    def _complete(self) -> Policy:
        if self.protocol is not None:
            refuse_beside_protocol(self)
            return self
        needed = ("ladder", "response")
        for name in needed:
            given = getattr(self, name) is not None
            if self.treatment == "ketamine" and not given:
                raise ValueProblem(f"`treatment: ketamine` needs `{name}`", within=(name,))
            if self.treatment == "none" and given:
                problem = f"`treatment: none` gives no infusions; remove `{name}`"
                over = f"over another policy: `{name}: null`"
                raise ValueProblem(f"{problem}; {over}", within=(name,))
        if self.treatment == "ketamine":
            refuse_contradictions(self)
        else:
            _refuse_rules_of_infusions(self)
        return self

    @property
    def regimens(self) -> list[Regimen]:
        """The ladder's steps and, if it is another, the maintenance regimen; or the protocol's."""
        if self.protocol is not None:
            return list(self.protocol.regimens)
        steps = list(self.ladder.steps) if self.ladder is not None else []
        return steps if self.maintenance.regimen is None else [*steps, self.maintenance.regimen]


def refuse_beside_protocol(policy: Policy) -> None:
    """Refuse rules of clinics beside a protocol, which leaves nothing to decide.

    Raises
    ------
    ValueProblem
        With the path of the rule to remove.
    """
    if policy.treatment == "none":
        problem = "`treatment: none` gives no infusions; remove `protocol`"
        raise ValueProblem(problem, within=("protocol",))
    for steps, given in _rules_of_clinics(policy).items():
        if given:
            problem = f"a protocol fixes every course, so `{steps[-1]}` would decide nothing"
            over = f"remove it; over another policy: `{steps[-1]}: null`"
            raise ValueProblem(f"{problem}; {over}", within=steps)
    _refuse_too_many_regimens(policy)
    _refuse_stop_without_its_test(policy)
    _refuse_reason_of_others(policy)


def _rules_of_clinics(policy: Policy) -> dict[tuple[str, ...], bool]:
    rules = policy.exit
    return {
        ("ladder",): policy.ladder is not None,
        ("response",): policy.response is not None,
        ("maintenance",): policy.maintenance != Maintenance(kind="none"),
        ("limits",): policy.limits != Limits(),
        ("exit", "adherence_to_rule"): "adherence_to_rule" in rules.model_fields_set,
        ("exit", "loss_of_response"): rules.loss_of_response is not None,
        ("exit", "taper"): rules.taper is not None,
    }


def refuse_contradictions(policy: Policy) -> None:
    """Refuse rules that cannot hold together.

    Raises
    ------
    ValueProblem
        With the path of the rule to change.
    """
    _refuse_judgement_after_the_next_course(policy)
    _refuse_too_many_regimens(policy)
    _refuse_cap_below_first_course(policy)
    _refuse_stop_without_its_test(policy)
    _refuse_reason_of_others(policy)


def _refuse_rules_of_infusions(policy: Policy) -> None:
    for name in ("monitoring", "payment"):
        if getattr(policy, name) is not None:
            problem = f"`treatment: none` gives no infusions; remove `{name}`"
            raise ValueProblem(f"{problem}; over another policy: `{name}: null`", within=(name,))
    programme = policy.programme
    if programme is not None and programme.offered_to == "treated":
        problem = "nobody is accepted for infusions, so nobody would be in the programme"
        raise ValueProblem(problem, "everybody", within=("programme", "offered_to"))
    if programme is not None and not programme.continues_after_exit:
        problem = "without infusions there is no exit with which it could end"
        within = ("programme", "continues_after_exit")
        raise ValueProblem(problem, "true", within=within)


def _refuse_stop_without_its_test(policy: Policy) -> None:
    tests = policy.monitoring.tests if policy.monitoring is not None else ()
    done = [test.name for test in tests]
    for index, name in enumerate(policy.exit.laboratory_stop):
        within = ("exit", "laboratory_stop", index)
        if name not in done:
            problem = f"`{name}` is not among the tests of `monitoring`, so it finds nothing"
            raise ValueProblem(problem, done or "a test in `monitoring`", within=within)
        if name in policy.exit.laboratory_stop[:index]:
            raise ValueProblem("this stands in the list already", within=within)


def _refuse_reason_of_others(policy: Policy) -> None:
    choice, payment = policy.exit.patient_choice, policy.payment
    patients_pay = payment is not None and payment.payer == "patient"
    if choice is not None and choice.paying != 1.0 and not patients_pay:
        problem = "patients do not pay for infusions here"
        within = ("exit", "patient_choice", "paying")
        raise ValueProblem(problem, "`payment: {payer: patient}`", within=within)


def _refuse_judgement_after_the_next_course(policy: Policy) -> None:
    interval, judge_at = policy.maintenance.interval, policy.response.judge_at
    if interval is not None and judge_at >= interval:
        problem = (
            f"the response is judged {judge_at} d after a course, "
            f"but the next course starts after {interval} d"
        )
        raise ValueProblem(problem, f"less than {interval} d", within=("response", "judge_at"))


def _refuse_too_many_regimens(policy: Policy) -> None:
    if policy.outside_option is not None and len(policy.regimens) >= MAX_LADDER_STEPS:
        problem = f"there are {len(policy.regimens)} regimens beside what is bought elsewhere"
        allowed = f"{MAX_LADDER_STEPS - 1} or fewer with that of maintenance"
        raise ValueProblem(problem, allowed, within=("ladder", "steps"))


def _refuse_cap_below_first_course(policy: Policy) -> None:
    first, limits = policy.ladder.steps[0], policy.limits
    days = len(first.hours_by_day())
    if limits.infusions is not None and limits.infusions < days:
        problem = f"the first course has {days} infusions, so nobody could be treated"
        raise ValueProblem(problem, f"{days} or more", within=("limits", "infusions"))
    if limits.lifetime_dose is None or first.per_kg or first.form == "sham":
        return
    # S-ketamine counts for more than its own mass, so this holds for both forms.
    total = 0.0
    for amount in first.amounts_by_day():
        total += amount
    if limits.lifetime_dose < total:
        problem = f"the first course has {total:g} mg, so nobody could be treated"
        raise ValueProblem(problem, f"{total:g} mg or more", within=("limits", "lifetime_dose"))
