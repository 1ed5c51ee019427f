"""The event log by what happened: sorted once, then each kind is read without the others."""

from __future__ import annotations

import numpy as np

from pathways.codes import Event
from pathways.outcomes import calendar
from pathways.plan import Plan, RawResult


class EventLog:
    """The events of a result.

    Parameters
    ----------
    raw : RawResult
        With its events.
    plan : Plan
        The plan it came from.
    """

    def __init__(self, raw: RawResult, plan: Plan) -> None:
        self._plan, self._events = plan, raw.events
        # The kind lies apart in the records, so it is read out once.
        kinds = raw.events["event"].astype(np.int16)
        self._order = np.argsort(kinds, kind="stable")
        self._starts = np.searchsorted(kinds, np.arange(max(Event) + 2), sorter=self._order)
        self._ends = plan.referral_days + calendar.end_days(plan)
        self._are_cut = bool((self._ends < plan.calendar_days).any())

    def all_of(self, *kinds: Event) -> np.ndarray:
        """Return the events of some kinds, in the order of the log."""
        places = [self._order[self._starts[kind] : self._starts[kind + 1]] for kind in kinds]
        some = [one for one in places if len(one)]
        if len(some) > 1:
            return self._events[np.sort(np.concatenate(some))]
        return self._events[some[0] if some else places[0]]

    def in_follow_up(self, *kinds: Event) -> tuple[np.ndarray, np.ndarray]:
        """Return events of some kinds before the end of the patient's follow-up, and their rows."""
        events = self.all_of(*kinds)
        rows = calendar.rows_of(self._plan, events["clinic"], events["patient"])
        if not self._are_cut:
            return events, rows
        counted = events["day"] < self._ends[rows]
        return events[counted], rows[counted]
