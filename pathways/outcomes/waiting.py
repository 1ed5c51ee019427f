"""How long patients wait.

Everybody who is studied is followed equally long, so death or leaving before the first infusion is
a competing event and the share treated by a day is the plain share: nobody is censored, and who is
never treated waits for ever.
"""

from __future__ import annotations

import numpy as np

from pathways.codes import State
from pathways.outcomes import estimates
from pathways.outcomes.estimates import Estimate
from pathways.outcomes.people import Patients
from pathways.outcomes.sampling import Measures

WITHIN_DAYS = (90, 180, 365)
QUANTILES = (("median", 500), ("p90", 900))
WAITS = ("wait_days", "wait_to_assessment_days")
WAITING_STATES = tuple(state.name.lower() for state in (State.REFERRED, State.WAITING))


def waiting(patients: Patients) -> Measures:
    """Yield how long patients wait to be assessed and infused, and what they miss."""
    n = len(patients)
    yield from treated_within(patients, WITHIN_DAYS)
    for name in WAITS:
        for label, per_mille in QUANTILES:
            yield f"{label}_{name}", "d", estimates.quantile(patients.values(name), per_mille, n)
    yield "share_still_waiting", "", _still_waiting(patients)
    for name in ("no_shows", "cancellations"):
        yield f"mean_{name}", "", estimates.mean(patients.values(name), 1, lowest=0.0)


def treated_within(patients: Patients, limits: tuple[int, ...]) -> Measures:
    """Yield the shares of all patients who were infused within some days of their referral."""
    waits, followed = patients.values("wait_days"), patients.values("follow_up_days")
    longest = int(followed.max(initial=0))
    for days in limits:
        found = estimates.proportion(int(np.count_nonzero(waits < days)), len(patients))
        if len(patients) and longest < days:
            found = Estimate(n=len(patients), note="follow-up is shorter")
        yield f"share_treated_within_{days}_days", "", found


def _still_waiting(patients: Patients) -> Estimate:
    untreated = patients.where(~patients.known("first_infusion_day"))
    here = untreated.where(~untreated.known("exit_reason"))
    still = int(here.are("state", WAITING_STATES).sum())
    found = estimates.proportion(still, len(patients))
    return found.noted("never treated, and waiting at the end of follow-up")
