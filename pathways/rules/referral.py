"""Entering the pathway, and dated changes of the rules."""

from __future__ import annotations

from pathways.codes import Event, Purpose, State

OLDEST_AGE_YEARS = 120


class Referral:
    """Steps 1 (dated changes) and 2 of the day."""

    def change_rules(self) -> None:
        """Put the rule sets that start today in force."""
        for rule_set in self.model.rule_sets_starting_today:
            self.rules = rule_set
            self.unsettled = True
            self.log_event(Event.RULES_CHANGED, code=rule_set.number)

    def enter(self) -> None:
        """Be referred: symptoms, clocks and the date of the assessment."""
        self.rules = self.model.rules
        self.move_to(State.REFERRED)
        self.flare = self.flare_at_enrolment
        self.death_remaining = self.death_clock
        self.recovery_remaining = self.exponential_clock(Purpose.RECOVERY_CLOCK, self.episode)
        self.wind_clocks_of_patience()
        self.set_harm_clocks()
        self.arrange_assessment(0 if self.follows_protocol() else self.lead_to_assessment_days)
        self.last_tick = self.model.day
        self.age_years = self.age_in_years()
        self.unsettled = True
        self.log_event(
            Event.REFERRED, self.condition, self.enrolment_score_sum, self.pain_level, self.age_days
        )
        self.clinic.row.referrals += 1

    def age_in_years(self) -> int:
        """Return the age today in completed years of 365 days."""
        return min(OLDEST_AGE_YEARS, (self.age_days + self.day) // 365)
