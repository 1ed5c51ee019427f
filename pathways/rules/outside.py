"""Infusions that patients buy elsewhere after a refusal or the end of treatment."""

from __future__ import annotations

from pathways.codes import CostLine, Event, OutsideEnd, Payer, Purpose
from pathways.layout import OUTSIDE_ADMINISTRATIONS
from pathways.rules.arithmetic import round_half_up
from pathways.rules.ketamine import Infusion

NEVER = -1


class Outside:
    """Occasions to buy, the infusions (step 8 of the day), and ceasing (step 3)."""

    def have_bought_nothing(self) -> None:
        """Never have had an infusion elsewhere."""
        self.occasions = 0
        self.outside_day = NEVER
        self.outside_remaining = 0.0
        self.outside_infusions = 0
        self.outside_mg = 0.0

    @property
    def buys_elsewhere(self) -> bool:
        """Whether the patient buys infusions now."""
        return self.outside_day >= 0

    def consider_buying(self) -> None:
        """Perhaps begin to buy elsewhere, after a refusal or an exit."""
        occasion, share = self.occasions, self.rules.outside_share
        self.occasions += 1
        if share <= 0.0 or self.buys_elsewhere:
            return
        u = self.uniform(Purpose.OUTSIDE_UPTAKE, occasion)
        if not self.begins_to_buy(u):
            return
        self.outside_day = self.day + self.rules.outside_delay_days
        self.outside_remaining = self.exponential_clock(Purpose.OUTSIDE_STOP, occasion)
        self.outside_occasion = occasion
        self.log_event(
            Event.OUTSIDE_STARTED,
            occasion,
            self.outside_day,
            u,
            share,
            Purpose.OUTSIDE_UPTAKE,
            occasion,
        )

    def begins_to_buy(self, u: float) -> bool:
        """Return whether the patient buys elsewhere from now on (decision)."""
        return u < self.rules.outside_share

    def outside_week(self, elapsed_days: int) -> None:
        """Cease to buy on recovery, or perhaps of one's own accord."""
        if self.recovered:
            self.cease_to_buy(OutsideEnd.RECOVERED)
        elif self.rules.outside_stop_hazard_per_day > 0.0:
            self.outside_remaining -= self.rules.outside_stop_hazard_per_day * elapsed_days
            if self.outside_remaining <= 0.0:
                self.cease_to_buy(OutsideEnd.OWN_ACCORD)

    def cease_to_buy(self, end: OutsideEnd) -> None:
        """Buy no more."""
        self.outside_day = NEVER
        drawn = end == OutsideEnd.OWN_ACCORD
        self.log_event(
            Event.OUTSIDE_STOPPED,
            end,
            self.outside_infusions,
            purpose=Purpose.OUTSIDE_STOP if drawn else Purpose.NONE,
            occurrence=self.outside_occasion if drawn else 0,
        )

    # The infusion

    def go_elsewhere(self) -> bool:
        """Have today's infusion elsewhere, and return whether it could be paid."""
        if self.cannot_pay_elsewhere():
            self.cease_to_buy(OutsideEnd.COULD_NOT_PAY)
            return False
        rules = self.rules
        self.infusion = Infusion(rules, rules.outside_step, 0, 1.0)
        mg = self.infusion.dose_mg(self.weight_kg)
        peak = self.take_dose(mg)
        racemic_mg = self.infusion.racemic_equivalent_mg(mg)
        self.outside_mg += racemic_mg
        self.clinic.row.outside_mg_e3 += round_half_up(racemic_mg * 1000.0)
        self.clinic.row.outside_infusions += 1
        self.log_event(Event.OUTSIDE_INFUSION, self.outside_infusions, mg, self.dose_auc_s, peak)
        self.outside_costs()
        peak_racemic = self.peak_racemic(peak)
        self.record_exposure(racemic_mg, self.infusion.hours, peak_racemic)
        # They end nothing here.
        self.acute_harms(OUTSIDE_ADMINISTRATIONS + self.outside_infusions, peak_racemic)
        self.average_pain_over_day()
        self.outside_infusions += 1
        self.outside_day = self.day + rules.outside_interval_days
        return True

    def cannot_pay_elsewhere(self) -> bool:
        """Return whether today's infusion is beyond the patient's means (decision)."""
        self.begin_budget_year()
        price = self.rules.price_outside
        return price > 0.0 and self.paid_this_year + price > self.yearly_budget

    def outside_costs(self) -> None:
        """Pay for the infusion and the way to it."""
        rules = self.rules
        self.pay(Payer.PATIENT, CostLine.OUTSIDE, rules.price_outside)
        self.paid_this_year += rules.price_outside
        self.pay(Payer.PATIENT, CostLine.TRAVEL, rules.price_travel)
