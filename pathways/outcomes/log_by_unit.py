"""What a run says of its event log when the log is read piece by piece and let go.

Every patient's events lie in one piece, and all that is counted are whole numbers, so checks and
harms by dose are those of the whole log, in whatever order the pieces come.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from pathways.outcomes.agreement import Check, added_up
from pathways.outcomes.conservation_log import log_checks
from pathways.outcomes.dose_bands import DoseBand, dose_bands
from pathways.plan import Plan, RawResult


class LogByUnit:
    """Reads the log of one unit of work after the other; several threads may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checks: list[list[Check]] = []
        self._bands: list[list[DoseBand]] = []

    def __call__(self, raw: RawResult, plan: Plan) -> None:
        """Check and count the events of a unit.

        Raises
        ------
        pathways.outcomes.agreement.ConservationError
            As :func:`pathways.outcomes.conservation_log.log_checks`; rows are those of the unit.
        """
        checks, bands = list(log_checks(raw, plan)), dose_bands(raw, plan)
        with self._lock:
            self._checks.append(checks)
            self._bands.append(bands)

    def checks(self) -> list[Check]:
        """Return the checks of the whole log."""
        return [added_up(parts) for parts in zip(*self._checks, strict=True)]

    def bands(self) -> list[DoseBand]:
        """Return harm by lifetime dose of the whole log."""
        return [_one_band(parts) for parts in zip(*self._bands, strict=True)]


def _one_band(parts: Iterable[DoseBand]) -> DoseBand:
    first, *others = parts
    return DoseBand(
        first.name,
        first.patients + sum(one.patients for one in others),
        first.days + sum(one.days for one in others),
        sum((one.onsets for one in others), first.onsets),
    )
