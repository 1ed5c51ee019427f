"""From published results in the trial files to targets of the likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.calibration.likelihood import Target
from pathways.calibration.settings import Settings, TargetSetting
from pathways.calibration.simulate import load_cached
from pathways.errors import ValueProblem
from pathways.trials.published import settled

if TYPE_CHECKING:
    from pathways.trials.endpoint import Endpoint

SHARES = ("harms_per_infusion",)
"""Counted like shares of patients, though of infusions."""


def targets_of(settings: Settings) -> list[Target]:
    """Return the targets in the order of the settings, with the share of each that is used.

    A weight `w` leaves a result as if a trial of `w` times the size had found it: its standard
    error is divided by the root of `w`, its patients are multiplied by it.

    Raises
    ------
    ValueProblem
        If a trial or endpoint does not exist, is not there to be fitted to, or its size is unknown.
    """
    return [_target(one) for one in settings.targets if one.weight > 0.0]


def _target(one: TargetSetting) -> Target:
    endpoint = endpoint_of(one)
    known = settled(endpoint.published, is_share=endpoint.is_share)
    note = one.because or ""
    if endpoint.is_share or endpoint.measure in SHARES:
        patients = one.patients or endpoint.published.n
        if patients is None:
            raise ValueProblem(f"{one.name} needs `patients`", "the number of the published share")
        return Target(
            one.name, known.value, total=one.weight * patients, status=known.status, note=note
        )
    error = one.standard_error or known.standard_error
    if error is None:
        raise ValueProblem(f"{one.name} needs `standard_error`", "it was not published")
    return Target(
        one.name,
        known.value,
        standard_error=error / one.weight**0.5,
        status=known.status,
        note=note,
        is_log=one.log,
    )


def endpoint_of(one: TargetSetting) -> Endpoint:
    """Return the endpoint of a target.

    Raises
    ------
    ValueProblem
        If it is not a calibration target of its trial file.
    """
    endpoint = load_cached(one.trial).document.endpoint(one.endpoint)
    if endpoint.use != "calibration" or endpoint.published is None:
        problem = f"{one.name} is not there to be fitted to"
        raise ValueProblem(problem, "an endpoint with `use: calibration` and a published result")
    return endpoint
