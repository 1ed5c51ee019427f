"""What each rule set is made from: the base, and the base with everything up to a dated change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathways.errors import ValueProblem
from pathways.layout import MAX_LADDER_STEPS
from pathways.reading.fields import Parameter

if TYPE_CHECKING:
    from pathways.scenario.clinics import Clinic
    from pathways.scenario.document import ScenarioDocument
    from pathways.scenario.leaving import OutsideOption
    from pathways.scenario.money import PriceBook
    from pathways.scenario.policy import Policy


@dataclass(frozen=True)
class Sections:
    """What one rule set is made from.

    Attributes
    ----------
    start_day : int
        Calendar day from which it is in force.
    within : tuple
        Steps from the scenario to the sections: none, or those of a change.
    policy : Policy
    prices : PriceBook or None
    clinics : tuple of Clinic
        None of them where there is one with unlimited resources.
    """

    start_day: int
    within: tuple[str | int, ...]
    policy: Policy
    prices: PriceBook | None
    clinics: tuple[Clinic, ...]


def sections_in_force(document: ScenarioDocument, calendar_days: int) -> list[Sections]:
    """Return the sections of every rule set that starts before the end of the calendar.

    Who buys infusions elsewhere goes on when a change takes the option away: it stays then, taken
    up by nobody.

    Raises
    ------
    ValueProblem
        If a regimen bought elsewhere has no place beside those of a changed policy.
    """
    first = Sections(0, (), document.policy, document.prices, document.clinics or ())
    found = [first]
    for index, change in enumerate(document.changes):
        if change.from_day >= calendar_days:
            break
        within = ("changes", index)
        policy = _with_option_kept(change.policy, found[-1].policy.outside_option, within)
        clinics = change.clinics or ()
        found.append(Sections(change.from_day, within, policy, change.prices, clinics))
    return found


def _with_option_kept(
    policy: Policy, option: OutsideOption | None, within: tuple[str | int, ...]
) -> Policy:
    if option is None or policy.outside_option is not None:
        return policy
    if len(policy.regimens) >= MAX_LADDER_STEPS:
        problem = f"{len(policy.regimens)} regimens and the one that patients still buy elsewhere"
        steps = (*within, "policy", "ladder", "steps")
        raise ValueProblem(problem, f"{MAX_LADDER_STEPS - 1} or fewer", within=steps)
    kept = option.model_copy(update={"share": Parameter.of(0.0)})
    return policy.model_copy(update={"outside_option": kept})
