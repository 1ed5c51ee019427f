"""No clinic does more than it can: chairs and beds used within what could be booked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pathways.codes import State
from pathways.outcomes import calendar
from pathways.outcomes.agreement import Check, refuse_more
from pathways.plan import Plan, RawResult

_PLACES = "clinics and weeks"


def capacity_checks(raw: RawResult, plan: Plan) -> Iterator[Check]:
    """Yield that no clinic used more than it had, and nobody waits who is not there.

    What a day's chairs and beds hold is settled by the rule sets in force on the days on which it
    can be booked, up to ``layout.BOOKING_DAYS`` before (docs/model.md 8c). Chair minutes of
    no-shows are counted in the week of booking, so used and lost minutes together are compared
    from the start to the end of the window that could be booked by each week.

    Raises
    ------
    pathways.outcomes.agreement.ConservationError
        If not.
    """
    if not plan.queues:
        return

    def column(name: str) -> np.ndarray:
        return calendar.weeks_of_clinics(plan, raw.weekly[name])

    compared = "never more than could be booked"
    used = column("chair_minutes_used")
    taken = (used + column("chair_minutes_lost")).cumsum(axis=1)
    minutes, unlimited = calendar.most_chair_minutes(plan)
    weeks, ahead = slice(0, plan.weeks), slice(calendar.window_weeks(plan), None)
    refuse_more("chair minutes used", _PLACES, used, _most(minutes, unlimited)[:, weeks])
    bookable = _most(minutes.cumsum(axis=1), np.logical_or.accumulate(unlimited, axis=1))
    refuse_more("chair minutes used and lost", _PLACES, taken, bookable[:, ahead])
    yield Check("chair_minutes", "min", float(taken[:, -1].sum()), compared)
    beds = column("bed_days_used")
    most_beds = _most(*calendar.most_bed_days(plan))[:, weeks]
    refuse_more("bed days used", _PLACES, beds, most_beds)
    yield Check("bed_days", "d", float(beds.sum()), compared)
    waiting = column("waiting_for_assessment")
    referred = column("in_state")[:, :, State.REFERRED]
    refuse_more("patients who wait for an assessment", _PLACES, waiting, referred)


def _most(amounts: np.ndarray, unlimited: np.ndarray) -> np.ndarray:
    return np.where(unlimited, np.iinfo(np.int64).max, amounts)
