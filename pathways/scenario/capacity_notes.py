"""Clinics that treat nobody, and clinics that nobody waits at: no error, but worth telling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pathways.reading.tree import Step

if TYPE_CHECKING:
    from pathways.scenario.clinics import Clinic
    from pathways.scenario.policy import Policy
    from pathways.scenario.programme import Therapy

Note = tuple[tuple[Step, ...], str]
NO_QUEUES = "no queues: everybody is referred on day 0, resources are unlimited and waits are drawn"


def idle_clinics(policy: Policy, clinics: Sequence[Clinic]) -> Iterator[Note]:
    """Yield what of these clinics lets nobody be treated, with its steps below the section."""
    settings = {regimen.setting for regimen in policy.regimens}
    for place, clinic in enumerate(clinics):
        if clinic.assessment_slots_per_week == 0:
            yield (place, "assessment_slots_per_week"), "0: nobody is ever assessed here"
        if "chair" in settings and clinic.chairs == 0:
            yield (place, "chairs"), "0: nobody is given a regimen in a chair here"
        if "chair" in settings and clinic.nurses == 0.0:
            yield (place, "nurses"), "0: no chair is staffed, so nobody is given a regimen in one"
        if "bed" in settings and clinic.beds == 0:
            yield (place, "beds"), "0: nobody is given a regimen in a bed here"
        yield from _too_few_slots(policy, clinic, place)


def _too_few_slots(policy: Policy, clinic: Clinic, place: int) -> Iterator[Note]:
    slots = clinic.therapy_slots_per_week
    therapies = policy.programme.therapies if policy.programme is not None else ()
    needed = sum(map(_least_sessions_a_week, therapies))
    if isinstance(slots, int) and slots < needed:
        words = f"{slots}: one patient's programme takes {needed} or more, so nobody is given it"
        yield (place, "therapy_slots_per_week"), words


def _least_sessions_a_week(therapy: Therapy) -> int:
    if therapy.family == "medication":
        return 0
    return therapy.per_week if therapy.per_week is not None else 1
