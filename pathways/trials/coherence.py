"""What does not go together in a trial file: everything that is wrong, not the first of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pathways.errors import InputError, ValueProblem, nearest, shown
from pathways.layout import MAX_LADDER_STEPS
from pathways.scenario.shared import placed, refuse_repeated

if TYPE_CHECKING:
    from pathways.reading.fields import Parameter
    from pathways.trials.document import Arm, TrialDocument
    from pathways.trials.endpoint import Endpoint

OF_PATIENTS = ("arms", "patients", "period", "drop_out", "stops_on")


def problems_of(document: TrialDocument) -> Iterator[ValueProblem]:
    """Yield the problems of a trial whose sections are right each for itself."""
    arms = [one.name for one in document.arms]
    yield from caught(refuse_repeated, arms, "arms", "there is an arm of this name")
    names = [one.name for one in document.endpoints]
    yield from caught(refuse_repeated, names, "endpoints", "there is an endpoint of this name")
    if document.design == "pooled":
        yield from _of_a_synthesis(document)
        return
    if not document.arms:
        yield ValueProblem("no arm is given", within=("arms",))
        return
    yield from _of_size(document)
    yield from _of_periods(document)
    yield from _of_courses(document)
    for index, endpoint in enumerate(document.endpoints):
        yield from _of_endpoint(document, endpoint, ("endpoints", index))


def parameter_problems(names: Iterable[str]) -> Iterator[ValueProblem]:
    """Yield the names that are not in the evidence."""
    from pathways.evidence.book import book

    for name in names:
        try:
            book().parameter(name)
        except InputError as unknown:
            yield ValueProblem(unknown.problem, unknown.allowed, unknown.nearest, (name,))


def rate_problems(rate: Parameter) -> Iterator[ValueProblem]:
    """Yield what is wrong with a rate of the trial's own with every value as stated."""
    from pathways.resolve.overrides import settled

    for found in caught(settled, rate, "rate", 0, lambda *_: 0.5):
        yield placed(found, ("rate",))


def caught(check: Callable[..., object], *given: Any) -> Iterator[ValueProblem]:
    """Yield the problems that a check raises."""
    try:
        check(*given)
    except ValueProblem as found:
        yield from found.problems


def _of_a_synthesis(document: TrialDocument) -> Iterator[ValueProblem]:
    for name in OF_PATIENTS:
        if getattr(document, name):
            problem = "a synthesis has no patients of its own; its members have"
            yield ValueProblem(problem, within=(name,))
    for index, endpoint in enumerate(document.endpoints):
        if not endpoint.pool:
            problem = "an endpoint of a synthesis says in `pool` what it pools"
            yield ValueProblem(problem, within=("endpoints", index))


def _of_size(document: TrialDocument) -> Iterator[ValueProblem]:
    is_crossover = document.design == "crossover"
    if is_crossover != (document.patients is not None):
        problem = "`patients` of the trial and `design: crossover` go together"
        yield ValueProblem(problem, within=("patients",))
    for index, arm in enumerate(document.arms):
        if is_crossover != (arm.patients is None):
            problem = "everybody is in every arm" if is_crossover else "how many are analysed?"
            yield ValueProblem(problem, within=("arms", index, "patients"))
        if is_crossover and arm.policy is not None:
            problem = "periods of a crossover need courses on fixed days"
            yield ValueProblem(problem, within=("arms", index, "policy"))
        if is_crossover and arm.programme is not None:
            problem = "a programme would go on into the next period"
            yield ValueProblem(problem, within=("arms", index, "programme"))
    if document.design == "cohort" and len(document.arms) > 1:
        yield ValueProblem("a cohort has one arm", "`design: parallel`", within=("design",))


def _of_periods(document: TrialDocument) -> Iterator[ValueProblem]:
    is_crossover = document.design == "crossover"
    if is_crossover != (document.period is not None):
        problem = "`period` and `design: crossover` go together"
        yield ValueProblem(problem, within=("period",))
    if not is_crossover and (document.wash_out or document.orders):
        name = "wash_out" if document.wash_out else "orders"
        yield ValueProblem(f"`{name}` is of a crossover", within=(name,))
    names = [arm.name for arm in document.arms]
    for index, order in enumerate(document.orders):
        if sorted(order) != sorted(names):
            problem = "an order names every arm once"
            yield ValueProblem(problem, names, within=("orders", index))


def _of_courses(document: TrialDocument) -> Iterator[ValueProblem]:
    regimens = [course.regimen for arm in document.arms for course in arm.fixed_courses]
    if len(regimens) > MAX_LADDER_STEPS:
        problem = f"there are {len(regimens)} courses in all arms together"
        yield ValueProblem(problem, f"{MAX_LADDER_STEPS} or fewer", within=("arms",))


def _of_endpoint(
    document: TrialDocument, endpoint: Endpoint, place: tuple[str | int, ...]
) -> Iterator[ValueProblem]:
    if endpoint.pool:
        yield ValueProblem("only a synthesis pools", within=(*place, "pool"))
        return
    names = [arm.name for arm in document.arms]
    for key in ("arm", "versus"):
        name = getattr(endpoint, key)
        if name is not None and name not in names:
            problem, near = f"there is no arm {shown(name)}", nearest(name, names)
            yield ValueProblem(problem, names, near, (*place, key))
    told: set[str] = set()
    for arm in (document.arm(name) for name in endpoint.arms if name in names):
        for found in _of_days(document, endpoint, arm, place):
            # What is wrong with the days of one arm is mostly wrong with those of the other.
            if str(found) not in told:
                yield found
            told.add(str(found))


def _of_days(
    document: TrialDocument, endpoint: Endpoint, arm: Arm, place: tuple[str | int, ...]
) -> Iterator[ValueProblem]:
    if arm.policy is not None and (endpoint.moment or endpoint.counted_from_last_infusion):
        key = "moment" if endpoint.moment else "counted_from"
        problem = f"under a policy the days of infusions after the first differ ({arm.name})"
        yield ValueProblem(problem, within=(*place, key))
        return
    given = sum(len(course.regimen.hours_by_day()) for course in arm.fixed_courses)
    if endpoint.moment is not None and endpoint.infusion > given:
        problem = f"{arm.name} has {given} infusion{'s' if given > 1 else ''}"
        yield ValueProblem(problem, f"1 to {given}", within=(*place, "infusion"))
    if endpoint.first_day is None or endpoint.counted_from_last_infusion:
        return
    if document.start + endpoint.first_day < 0:
        problem = f"nobody is seen more than {document.start} d before the first infusion"
        yield ValueProblem(problem, within=(*place, "window"))
    if document.period is None:
        return
    next_period = document.period + document.wash_out
    if endpoint.last_day > next_period:
        problem = f"the next period starts on day {next_period}"
        yield ValueProblem(problem, within=(*place, "window"))
