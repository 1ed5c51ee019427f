"""How many published results fit: by use and by how well they are known, endpoints and trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathways.trials.verdict import BORDERLINE, FAILS, FITS, UNKNOWN

if TYPE_CHECKING:
    from pathways.trials.verdict import Verdict

USES = {"prediction": "Predictions", "calibration": "Calibration targets"}
READ, FROM_MEMORY, ASSUMED = "read", "from memory", "assumed"
EVIDENCE = {
    "verified": READ,
    "derived": READ,
    "recalled": FROM_MEMORY,
    "recalled_low": FROM_MEMORY,
    "assumption": ASSUMED,
    "absent": ASSUMED,
}
"""Whether a published number was read where it says, is remembered, or stands for one."""


@dataclass(frozen=True)
class Tally:
    """Verdicts of one use and one kind of evidence.

    Attributes
    ----------
    use, evidence : str
        A key of ``USES``; ``READ``, ``FROM_MEMORY`` or ``ASSUMED``.
    endpoints : dict of str to int
        Number by verdict.
    trials : dict of str to int
        Number by the worst verdict on any of their endpoints counted here.
    largest : tuple of str and int
        The trial with most of the endpoints, and how many.
    """

    use: str
    evidence: str
    endpoints: dict[str, int]
    trials: dict[str, int]
    largest: tuple[str, int]

    @property
    def all_endpoints(self) -> int:
        """Number of endpoints."""
        return sum(self.endpoints.values())

    @property
    def all_trials(self) -> int:
        """Number of trials."""
        return sum(self.trials.values())


WORST_FIRST = (FAILS, UNKNOWN, BORDERLINE, FITS)


def tallies(found: Iterable[Verdict]) -> list[Tally]:
    """Return the tallies that are not empty: predictions first, what was read first."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for one in found:
        if one.verdict and one.endpoint.use in USES:
            key = one.endpoint.use, EVIDENCE[one.published.status]
            groups.setdefault(key, []).append(one)
    return [
        _tally(use, evidence, groups[use, evidence])
        for use in USES
        for evidence in (READ, FROM_MEMORY, ASSUMED)
        if (use, evidence) in groups
    ]


def _tally(use: str, evidence: str, found: Sequence[Verdict]) -> Tally:
    by_trial: dict[str, list[str]] = {}
    for one in found:
        by_trial.setdefault(one.trial, []).append(one.verdict)
    worst = [next(v for v in WORST_FIRST if v in said) for said in by_trial.values()]
    largest = max(by_trial, key=lambda name: len(by_trial[name]))
    return Tally(
        use,
        evidence,
        dict(Counter(one.verdict for one in found)),
        dict(Counter(worst)),
        (largest, len(by_trial[largest])),
    )
