"""Death, flare, natural recovery and relapse.

Hazards run down clocks: each holds what remains of a unit exponential and strikes at zero.
"""

from __future__ import annotations

from array import array

from pathways.codes import Event, ExitReason, Purpose, State, Visit

WEEKS_DRAWN = 52


class NaturalHistory:
    """Steps 1 (deaths) and 3 of the day, both on calendar Mondays for the days elapsed."""

    def run_down_death_clock(self) -> None:
        """Take the mortality of the days since the last Monday off the clock; die at zero."""
        elapsed_days = self.model.day - self.last_tick
        mortality_per_day = self.model.mortality_per_day[self.male][self.age_years]
        self.death_remaining -= mortality_per_day * elapsed_days
        if self.death_remaining <= 0.0:
            self.die()

    def die(self) -> None:
        """Close the books and leave for good."""
        self.close_books(self.day)
        if self.in_care:
            self.leave_care(ExitReason.DEATH)
        self.log_event(
            Event.DIED, self.state, self.age_days + self.day, purpose=Purpose.DEATH_CLOCK
        )
        self.move_to(State.DEAD)
        self.died_day = self.day
        self.alive = False
        self.withdraw_requests()
        self.clinic.row.deaths += 1

    def weekly_tick(self) -> None:
        """Move on by the days since the last Monday: pain, therapies, harms, patience."""
        rules, today = self.rules, self.model.day
        elapsed_days = today - self.last_tick
        self.last_tick = today
        self.age_years = self.age_in_years()
        self.unsettled = True
        self.move_flare()
        if self.recovered:
            self.relapse_remaining -= rules.relapse_hazard_per_day * elapsed_days
            if self.relapse_remaining <= 0.0:
                self.relapse()
        else:
            self.recovery_remaining -= rules.recovery_hazard_per_day * elapsed_days
            if self.recovery_remaining <= 0.0:
                self.recover()
        if self.in_programme:
            self.therapy_week(elapsed_days)
        self.chronic_harms_week(elapsed_days)
        self.come_and_go(elapsed_days)
        if self.buys_elsewhere:
            self.outside_week(elapsed_days)

    def move_flare(self) -> None:
        """Draw the flare of this calendar week from that of the last."""
        rules = self.rules
        innovation = self.flare_innovation(self.model.week)
        self.flare = (
            rules.flare_autocorrelation * self.flare + rules.flare_innovation_sd * innovation
        )

    def flare_innovation(self, week: int) -> float:
        """Return the standard normal of a calendar week; those of a year are drawn together."""
        if not self.flares_from <= week < self.flares_from + WEEKS_DRAWN:
            self.flares_from = week & ~1
            last = self.flares_from + WEEKS_DRAWN - 1
            normals = self.numbered_normals(Purpose.FLARE, self.flares_from, last)
            self.flares = array("d", normals)
        return self.flares[week - self.flares_from]

    def recover(self) -> None:
        """Recover naturally; treatment, if any, ends later today."""
        self.relapse_remaining = self.exponential_clock(Purpose.RELAPSE_CLOCK, self.episode)
        self.recovered = True
        if self.recovered_day < 0:
            self.recovered_day = self.day
        self.log_event(
            Event.RECOVERED,
            self.state,
            self.pain_level,
            purpose=Purpose.RECOVERY_CLOCK,
            occurrence=self.episode,
        )
        if not self.in_care:
            self.move_to(State.RECOVERED)
            self.cancel_visit()
            self.withdraw_requests()

    def relapse(self) -> None:
        """Fall back to the pain of before."""
        struck = self.episode
        self.recovered = False
        self.episode += 1
        self.recovery_remaining = self.exponential_clock(Purpose.RECOVERY_CLOCK, self.episode)
        self.move_to(State.EXITED if self.infusions > 0 else State.CONVENTIONAL)
        self.log_event(Event.RELAPSED, self.state, purpose=Purpose.RELAPSE_CLOCK, occurrence=struck)

    def cancel_visit(self) -> None:
        """Have no visit before us."""
        self.visit_kind, self.visit_day = Visit.NONE, -1
