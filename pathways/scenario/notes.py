"""Rules of a valid scenario that can never act: no error, but worth telling their author."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pathways.codes import ExitReason
from pathways.reading.scalars import written_name
from pathways.reading.tree import Step
from pathways.scenario.capacity_notes import NO_QUEUES, Note, idle_clinics
from pathways.scenario.climb import steps_nobody_reaches

if TYPE_CHECKING:
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.load import Scenario
    from pathways.scenario.policy import Policy

NOBODY_TREATED = "no effect: nobody is treated"
OF_EVERYBODY = {"leave_waiting_list", "re_referral"}
"""Rules of the section ``exit`` that hold for patients who are not treated too."""


def notes(scenario: Scenario) -> list[str]:
    """Return what a scenario says without effect, each with its place.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of str
        ``file:line: path: what has no effect, and why``; a rule that a dated change inherits is
        told once.
    """
    document, told = scenario.document, {}
    for steps, words in _idle(document):
        place = scenario.places.place(steps)
        # Of two lists the same item may have another place; of a change it is inherited.
        names = tuple(step for step in steps if isinstance(step, str) and step != "changes")
        told.setdefault((place.file, place.line, names, words), f"{place}: {words}")
    for index, change in enumerate(document.changes):
        if change.from_day >= document.calendar_days:
            place = scenario.places.place(("changes", index, "from_day"))
            span = "calendar" if document.referrals.is_arrivals else "horizon"
            told[index] = f"{place}: starts after the {span} of {document.calendar_days} d"
    return list(told.values())


def _idle(document: ScenarioDocument) -> Iterator[Note]:
    for steps, policy in document.policies.items():
        yield from _below(steps, _idle_rules(policy))
    if document.clinics is not None and not document.has_queues:
        yield ("clinics",), NO_QUEUES
        return
    sections = {(): document, **{("changes", i): one for i, one in enumerate(document.changes)}}
    for steps, section in sections.items():
        idle = idle_clinics(section.policy, section.clinics or ())
        yield from _below((*steps, "clinics"), idle)


def _below(section: tuple[Step, ...], found: Iterator[Note]) -> Iterator[Note]:
    for steps, words in found:
        yield (*section, *steps), words


def _idle_rules(policy: Policy) -> Iterator[Note]:
    if policy.treatment == "none":
        for name in ("maintenance", "limits"):
            if name in policy.model_fields_set:
                yield (name,), NOBODY_TREATED
        if policy.exit.model_fields_set - OF_EVERYBODY:
            yield ("exit",), NOBODY_TREATED
        return
    if policy.protocol is not None:
        return
    yield from _idle_judgements(policy)
    yield from _idle_triggers(policy)
    loss, steps = policy.exit.loss_of_response, policy.ladder.steps
    if loss is not None and loss.escalate and len(steps) == 1:
        yield ("exit", "loss_of_response", "escalate"), "no effect: the ladder has one step"
    yield from steps_nobody_reaches(policy)


def _idle_judgements(policy: Policy) -> Iterator[Note]:
    response, is_last_course = policy.response, policy.maintenance.kind == "none"
    loss = ("exit", "loss_of_response")
    if is_last_course and "judge_every" in response.model_fields_set:
        yield ("response", "judge_every"), "no effect: without maintenance the first response ends"
    if policy.exit.loss_of_response is None:
        return
    if is_last_course:
        yield loss, "no effect: without maintenance no response is judged again"
    elif response.judge_every == 0:
        yield loss, "no effect: `judge_every: 0` judges no course after a response"


def _idle_triggers(policy: Policy) -> Iterator[Note]:
    if policy.exit.taper is None:
        return
    never = _reasons_that_never_hold(policy)
    for index, reason in enumerate(policy.exit.taper.after):
        if reason in never:
            where = ("exit", "taper", "after", index)
            yield where, f"no effect: `{written_name(reason)}` needs {never[reason]}"


def _reasons_that_never_hold(policy: Policy) -> dict[ExitReason, str]:
    limits = policy.limits
    needs = {
        ExitReason.DOSE_CAP: (limits.lifetime_dose, "`lifetime_dose` under `limits`"),
        ExitReason.COUNT_CAP: (
            limits.courses or limits.infusions,
            "`courses` or `infusions` under `limits`",
        ),
        ExitReason.TIME_LIMIT: (limits.time_on_treatment, "`time_on_treatment` under `limits`"),
        ExitReason.LOSS_OF_RESPONSE: (
            policy.exit.loss_of_response,
            "`loss_of_response` under `exit`",
        ),
        ExitReason.TREATMENT_COMPLETED: (
            policy.maintenance.kind == "none",
            "`maintenance: {kind: none}`",
        ),
    }
    return {reason: words for reason, (given, words) in needs.items() if not given}
