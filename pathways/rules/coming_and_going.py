"""Patients who stop of their own accord, are lost, leave the waiting list, or come back.

Each has a clock that a hazard runs down on Mondays (docs/model.md 8b and 8d). The clocks are wound
at the referral and again at each further referral.
"""

from __future__ import annotations

from pathways.codes import Event, ExitReason, OutsideEnd, Payer, Purpose, State, Verdict


class ComingAndGoing:
    """The last part of step 3."""

    def wind_clocks_of_patience(self) -> None:
        """Wind the clocks of this referral."""
        self.choice_remaining = self.exponential_clock(Purpose.PATIENT_CHOICE, self.re_referrals)
        self.waiting_remaining = self.exponential_clock(Purpose.WAITING_CLOCK, self.re_referrals)
        self.lost_remaining = self.exponential_clock(Purpose.LOSS_CLOCK, self.re_referrals)
        self.rereferral_remaining = self.exponential_clock(
            Purpose.REREFERRAL_CLOCK, self.re_referrals
        )

    def come_and_go(self, elapsed_days: int) -> None:
        """Perhaps stop, get lost, leave the waiting list or be referred again."""
        rules = self.rules
        if rules.choice_hazard_per_day > 0.0 and self.is_between_courses():
            self.choice_week(elapsed_days)
        if rules.lost_hazard_per_day > 0.0 and self.is_between_courses():
            self.loss_week(elapsed_days)
        if rules.waiting_leave_hazard_per_day > 0.0 and self.is_waiting():
            self.waiting_week(elapsed_days)
        if rules.rereferral_hazard_per_day > 0.0 and self.may_be_referred_again():
            self.rereferral_week(elapsed_days)

    def is_between_courses(self) -> bool:
        """Return whether the patient is in care, but neither waits nor is in a course."""
        return self.in_care and self.state not in (State.WAITING, State.COURSE)

    def is_waiting(self) -> bool:
        """Return whether the patient waits for the assessment or for the first course."""
        return self.state in (State.REFERRED, State.WAITING)

    def may_be_referred_again(self) -> bool:
        """Return whether the last treatment ended long enough ago (decision).

        Who recovered while waiting after a further referral has no exit to come back from.
        """
        return (
            self.state == State.EXITED
            and self.exit_day >= 0
            and not self.recovered
            and self.day - self.exit_day >= self.rules.rereferral_after_days
        )

    # Leaving

    def choice_week(self, elapsed_days: int) -> None:
        """Lose patience with the treatment, and stop when it is used up."""
        self.choice_remaining -= self.choice_hazard() * elapsed_days
        if self.choice_remaining <= 0.0:
            self.stop_reasons.add(ExitReason.PATIENT_CHOICE)

    def choice_hazard(self) -> float:
        """Return the hazard per day of stopping of one's own accord (decision)."""
        rules = self.rules
        hazard = rules.choice_hazard_per_day
        if self.judgements > 0 and self.last_verdict == Verdict.FAILED:
            hazard = hazard * rules.choice_ratio_no_benefit
        if self.harmed_at_last_infusion or self.has_known_harm():
            hazard = hazard * rules.choice_ratio_harm
        if rules.infusion_payer == Payer.PATIENT:
            hazard = hazard * rules.choice_ratio_paying
        return hazard

    def loss_week(self, elapsed_days: int) -> None:
        """Perhaps not come again."""
        self.lost_remaining -= self.loss_hazard() * elapsed_days
        if self.lost_remaining <= 0.0:
            self.stop_reasons.add(ExitReason.LOST)

    def loss_hazard(self) -> float:
        """Return the hazard per day of being lost to follow-up (decision)."""
        return self.rules.lost_hazard_per_day

    def waiting_week(self, elapsed_days: int) -> None:
        """Perhaps wait no longer."""
        self.waiting_remaining -= self.waiting_hazard() * elapsed_days
        if self.waiting_remaining <= 0.0:
            self.stop_reasons.add(ExitReason.LEFT_WAITING_LIST)

    def waiting_hazard(self) -> float:
        """Return the hazard per day of leaving the waiting list (decision)."""
        return self.rules.waiting_leave_hazard_per_day

    # Coming back

    def rereferral_week(self, elapsed_days: int) -> None:
        """Perhaps be referred again."""
        self.rereferral_remaining -= self.rereferral_hazard() * elapsed_days
        if self.rereferral_remaining <= 0.0:
            self.be_referred_again()

    def rereferral_hazard(self) -> float:
        """Return the hazard per day of a further referral (decision)."""
        return self.rules.rereferral_hazard_per_day

    def be_referred_again(self) -> None:
        """Enter the pathway once more; what was given and suffered goes on counting."""
        self.log_event(
            Event.RE_REFERRED,
            self.re_referrals + 1,
            self.day - self.exit_day,
            purpose=Purpose.REREFERRAL_CLOCK,
            occurrence=self.re_referrals,
        )
        if self.buys_elsewhere:
            self.cease_to_buy(OutsideEnd.RE_REFERRED)
        self.re_referrals += 1
        self.wind_clocks_of_patience()
        self.move_to(State.REFERRED)
        self.start_afresh()
        self.arrange_assessment(self.day + max(1, self.lead_to_assessment_days))

    def start_afresh(self) -> None:
        """Begin the ladder anew and forget how earlier courses were judged."""
        self.exit_reason, self.exit_day = ExitReason.NONE, -1
        self.ladder_step = self.tries_at_step = 0
        self.tapering, self.taper_index = False, 0
        self.judgement_bits = 0
        self.ever_passed = False
        self.last_verdict = Verdict.FAILED
        self.baseline_definition = -1
        self.diary_since = self.day
