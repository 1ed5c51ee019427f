"""What parameters may be fitted to, and what must be predicted: the published results as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathways.trials.load import load_trial, shipped_trials
from pathways.trials.published import settled

if TYPE_CHECKING:
    from pathways.trials.load import Trial


@dataclass(frozen=True)
class Target:
    """One published result.

    Attributes
    ----------
    trial, endpoint : str
    value : float
        Or the middle of the range reported.
    standard_error : float or None
        Of the published value; None where it is not known.
    use : str
        ``"calibration"``, ``"prediction"`` or ``"context"``.
    status : str
        Evidence status.
    """

    trial: str
    endpoint: str
    value: float
    standard_error: float | None
    use: str
    status: str


def targets(trials: Iterable[Trial] | None = None, *, use: str | None = None) -> list[Target]:
    """Return the published results of trials.

    Parameters
    ----------
    trials : iterable of Trial, optional
        The shipped ones by default.
    use : str, optional
        Only those of one use.
    """
    trials = map(load_trial, shipped_trials()) if trials is None else trials
    found = [target for trial in trials for target in _targets_of(trial)]
    return [one for one in found if use in (None, one.use)]


def _targets_of(trial: Trial) -> list[Target]:
    found = []
    for endpoint in trial.endpoints:
        if endpoint.published is None:
            continue
        known = settled(endpoint.published, is_share=endpoint.is_share)
        found.append(
            Target(
                trial.name,
                endpoint.name,
                known.value,
                known.standard_error,
                endpoint.use,
                known.status,
            )
        )
    return found
