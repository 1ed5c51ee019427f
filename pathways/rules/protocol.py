"""Protocols: the same courses on fixed days for every patient, whatever becomes of the pain."""

from __future__ import annotations

from pathways.codes import ExitReason, State, Visit
from pathways.rules.limits import Pause, Start

FIRST_COURSE = 0


class Protocol:
    """What takes the place of the rule for stopping in a trial (docs/model.md 8e)."""

    def follows_protocol(self) -> bool:
        """Return whether the rules in force fix the courses."""
        return self.rules.protocol_courses > 0

    def ask_for_first_protocol_course(self) -> None:
        """Have the first course booked, unless a harm found today stands against it."""
        reasons = self.take_stop_reasons()
        if reasons:
            self.end_treatment(reasons)
        else:
            self.book_protocol_course(FIRST_COURSE)

    def book_protocol_course(self, number: int) -> None:
        """Have the course with this number booked, from 0; neither rests nor caps move it."""
        rules = self.rules
        start = Start(max(rules.protocol_day[number], self.day + 1), Pause.NONE)
        state = State.WAITING if number == FIRST_COURSE else self.state
        self.arrange_course(rules.protocol_step[number], start, state)

    def protocol_review(self) -> None:
        """Go on with the next course; after the last one wait for the end of the protocol."""
        reasons = self.take_stop_reasons()
        if reasons:
            self.end_treatment(reasons)
        elif self.courses < self.rules.protocol_courses:
            self.book_protocol_course(self.courses)
        elif self.day < self.rules.protocol_end_day:
            self.visit_kind, self.visit_day = Visit.REVIEW, self.rules.protocol_end_day
        else:
            self.end_treatment([ExitReason.TREATMENT_COMPLETED])
