"""The programme of therapies that runs beside the infusions.

Effects move on Mondays and are constant between them. A therapy is either a medication, which
takes effect along a ramp until the patient stops taking it, or a number of sessions, of which some
are missed.
"""

from __future__ import annotations

from enum import IntEnum

from pathways.codes import CostLine, Event, Payer, ProgrammeFor, Purpose

GREATEST_RELIEF = 0.9
SESSIONS_ADDRESSED = 1024
"""Addresses of session draws that are set aside for each therapy."""


class Phase(IntEnum):
    """Where one therapy stands."""

    NONE = 0
    RUNNING = 1
    OVER = 2


class Therapy:
    """One therapy of one patient.

    Attributes
    ----------
    number : int
        Place in the programme, from 0.
    phase : Phase
    sessions_done, attended : int
        Sessions held so far, and those the patient came to.
    progress : float
        How far the full effect has been reached, 0 to 1.
    effect : float
        Relief now, fraction of pain.
    persistence_remaining : float
        What is left of the clock at which a medication is stopped.
    """

    __slots__ = (
        "attended",
        "effect",
        "number",
        "persistence_remaining",
        "phase",
        "progress",
        "sessions_done",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.phase = Phase.NONE
        self.sessions_done = self.attended = 0
        self.progress = self.effect = self.persistence_remaining = 0.0


class Therapies:
    """Membership, the Monday of a therapy, and the pain that therapies leave."""

    def have_no_programme(self) -> None:
        """Be in no programme."""
        self.therapies: list[Therapy] = []
        self.in_programme = False
        self.therapy_start_day = -1
        self.programme_remaining = 1.0
        self.sessions_attended = 0

    def joins_programme(self, accepted: bool) -> bool:
        """Return whether the patient is in the programme (decision).

        Parameters
        ----------
        accepted : bool
            Whether the assessment accepted the patient for infusions.
        """
        programme_for = self.rules.programme_for
        return programme_for == ProgrammeFor.ALL or (
            programme_for == ProgrammeFor.TREATED and accepted
        )

    def enter_programme(self) -> None:
        """Begin the programme, or ask for a place; nobody does so twice."""
        if self.in_programme or self.programme_request is not None:
            return
        if self.needs_place():
            self.ask_for_place()
        else:
            self.start_programme(self.day + self.rules.therapy_delay_days)

    def start_programme(self, start_day: int) -> None:
        """Enrol in every therapy of the programme; they run from `start_day` on."""
        rules = self.rules
        self.in_programme = True
        self.therapy_start_day = start_day
        self.therapies = [Therapy(number) for number in range(rules.therapies)]
        for therapy in self.therapies:
            therapy.phase = Phase.RUNNING
            therapy.persistence_remaining = self.exponential_clock(
                Purpose.THERAPY_PERSISTENCE, therapy.number
            )
        self.log_event(Event.PROGRAMME_STARTED, rules.therapies, self.therapy_start_day)

    def therapy_sessions_each_week(self) -> int:
        """Return the sessions a week of the whole programme, by the rules in force."""
        rules = self.rules
        return sum(
            rules.therapy_sessions_per_week[m]
            for m in range(rules.therapies)
            if rules.therapy_sessions[m] > 0
        )

    def attends_sessions(self) -> bool:
        """Return whether a therapy with sessions is running."""
        return any(
            therapy.phase == Phase.RUNNING and self.rules.therapy_sessions[therapy.number] > 0
            for therapy in self.therapies
        )

    def end_programme(self) -> None:
        """Attend no more, and wait for no place; what was reached fades from the next Monday."""
        self.programme_request = None
        for therapy in self.therapies:
            if therapy.phase == Phase.RUNNING:
                therapy.phase = Phase.OVER

    def therapy_week(self, elapsed_days: int) -> None:
        """Live through a week of the programme, and work out the pain that it leaves."""
        for therapy in self.therapies:
            if therapy.phase == Phase.OVER:
                self.fade(therapy)
            elif therapy.phase == Phase.RUNNING and self.day >= self.therapy_start_day:
                self.go_on_with_therapy(therapy, elapsed_days)
        remaining = 1.0
        for therapy in self.therapies:
            remaining = remaining * (1.0 - therapy.effect)
        self.programme_remaining = remaining

    def fade(self, therapy: Therapy) -> None:
        """Let the effect of a therapy that is over wear off."""
        effect = therapy.effect * self.rules.therapy_keep_per_week[therapy.number]
        therapy.effect = 0.0 if effect < self.rules.therapy_floor else effect

    def go_on_with_therapy(self, therapy: Therapy, elapsed_days: int) -> None:
        """Take the medicine or go to the sessions of the week."""
        if self.rules.therapy_sessions[therapy.number] == 0:
            self.take_medication(therapy, elapsed_days)
        else:
            self.attend_sessions(therapy)
        full_effect = self.rules.therapy_effect[therapy.number]
        target = full_effect * self.therapy_response * therapy.progress
        therapy.effect = GREATEST_RELIEF if target > GREATEST_RELIEF else target

    def take_medication(self, therapy: Therapy, elapsed_days: int) -> None:
        """Pay for the week's medicine, move along the ramp, and perhaps stop."""
        rules, m = self.rules, therapy.number
        cost = rules.price_medication_per_day[m] * elapsed_days
        self.pay(Payer.HEALTH_SYSTEM, CostLine.THERAPY, cost)
        progress = therapy.progress + rules.therapy_progress_per_week[m]
        therapy.progress = 1.0 if progress > 1.0 else progress
        therapy.persistence_remaining -= rules.therapy_stop_hazard_per_day[m] * elapsed_days
        if therapy.persistence_remaining <= 0.0:
            self.stop_therapy(therapy, Purpose.THERAPY_PERSISTENCE, m)

    def attend_sessions(self, therapy: Therapy) -> None:
        """Hold the sessions of the week; the last one completes the therapy."""
        m = therapy.number
        planned = self.rules.therapy_sessions[m]
        due = min(self.rules.therapy_sessions_per_week[m], planned - therapy.sessions_done)
        for _ in range(due):
            self.hold_session(therapy)
            if therapy.phase == Phase.OVER:
                break
        therapy.progress = therapy.attended / planned
        if therapy.sessions_done == planned:
            therapy.phase = Phase.OVER
            self.log_event(Event.THERAPY_COMPLETED, m, therapy.attended)

    def hold_session(self, therapy: Therapy) -> None:
        """Come to a session, or miss it and perhaps stay away for good."""
        rules, m = self.rules, therapy.number
        address = SESSIONS_ADDRESSED * m + therapy.sessions_done
        therapy.sessions_done += 1
        self.pay(Payer.HEALTH_SYSTEM, CostLine.THERAPY, rules.price_session[m])
        if self.uniform(Purpose.SESSION_ATTENDANCE, address) < rules.therapy_attendance[m]:
            therapy.attended += 1
            self.sessions_attended += 1
            self.pay(Payer.PATIENT, CostLine.TRAVEL, rules.price_travel)
        elif self.uniform(Purpose.SESSION_DROPOUT, address) < rules.therapy_dropout_per_miss[m]:
            self.stop_therapy(therapy, Purpose.SESSION_DROPOUT, address)

    def stop_therapy(self, therapy: Therapy, purpose: Purpose, occurrence: int) -> None:
        """Stop a therapy before its end."""
        therapy.phase = Phase.OVER
        self.log_event(
            Event.THERAPY_STOPPED,
            therapy.number,
            therapy.progress,
            purpose=purpose,
            occurrence=occurrence,
        )

    def remaining_after_programme(self, slow_relief: float) -> float:
        """Return the fraction of pain left by drug and programme together.

        Parameters
        ----------
        slow_relief : float
            Fraction of pain that the drug alone takes away.
        """
        remaining = (1.0 - slow_relief) * self.programme_remaining
        interaction = self.rules.therapy_interaction
        if interaction != 0.0:
            for therapy in self.therapies:
                remaining = remaining * (1.0 - interaction * slow_relief * therapy.effect)
        return remaining
