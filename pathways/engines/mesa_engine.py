"""The reference engine: the rules in plain Python on Mesa."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pathways.plan import Plan, RawResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.model.clinic import ClinicAgent
    from pathways.model.patient import PatientAgent


def run(
    plan: Plan,
    keep_events: bool = False,
    progress: Callable[[int, int], None] | None = None,
    patient_class: type[PatientAgent] | None = None,
    clinic_class: type[ClinicAgent] | None = None,
    traits: NDArray | None = None,
) -> RawResult:
    """Simulate a plan with the reference engine.

    Parameters
    ----------
    plan : Plan
    keep_events : bool
        Whether the event log is returned.
    progress : callable or None
        Called after each day with the days done and all days.
    patient_class : type or None
        Subclass of :class:`pathways.model.patient.PatientAgent`; None for that class itself.
    clinic_class : type or None
        Subclass of :class:`pathways.model.clinic.ClinicAgent`; None for that class itself.
    traits : numpy.ndarray or None
        Records of ``layout.TRAITS``; sampled from the plan if None.

    Returns
    -------
    RawResult
    """
    from pathways.model.clinic import ClinicAgent
    from pathways.model.model import PathwayModel
    from pathways.model.patient import PatientAgent

    classes = patient_class or PatientAgent, clinic_class or ClinicAgent
    with PathwayModel(plan, traits, *classes, keep_events) as model:
        model.run(progress)
        return model.result()
