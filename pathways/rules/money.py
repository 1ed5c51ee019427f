"""What is paid, by whom and for what; and patients who cannot pay."""

from __future__ import annotations

from pathways.codes import CostLine, Payer
from pathways.layout import COST_LINES, PAYERS
from pathways.rules.rule_set import RuleSet

DAYS_PER_YEAR = 365


class Money:
    """Costs, booked on the day of the resource in the currency of the prices."""

    def have_paid_nothing(self) -> None:
        """Open the accounts."""
        self.cost = [0.0] * PAYERS
        self.cost_undiscounted = [0.0] * PAYERS
        self.cost_line = [0.0] * COST_LINES
        self.paid_this_year = 0.0
        self.paid_in_year = 0

    def pay(self, payer: Payer, line: CostLine, amount: float) -> None:
        """Book an amount of today, discounted by payer and undiscounted by payer and line."""
        if amount == 0.0:
            return
        self.cost[payer] += amount * self.model.cost_factor[self.day]
        self.cost_undiscounted[payer] += amount
        self.cost_line[line] += amount

    def follow_up_cost(self) -> None:
        """Pay for a visit after a course, unless it is part of the infusion's day."""
        if self.day > self.last_infusion_day:
            rules = self.rules
            self.pay(rules.infusion_payer, CostLine.FOLLOW_UP, rules.price_follow_up)

    def infusion_costs(self, mg: float) -> None:
        """Pay for today's infusion, its vials and the patient's way to the clinic."""
        rules = self.rules
        payer = rules.infusion_payer
        infusion = self.course_rules.infusion_price(self.course_step, self.course_day)
        drug = 0.0 if self.infusion.is_sham else rules.vials_price(mg)
        self.pay(payer, CostLine.INFUSION, infusion)
        self.pay(payer, CostLine.DRUG, drug)
        if payer == Payer.PATIENT:
            self.begin_budget_year()
            self.paid_this_year += infusion
            self.paid_this_year += drug
        self.pay(Payer.PATIENT, CostLine.TRAVEL, rules.price_travel)

    def background_cost(self, day: int) -> None:
        """Pay for the other care of the pain on all days before `day`."""
        per_day, prefix = self.rules.price_background_per_day, self.model.cost_prefix
        if per_day == 0.0:
            return
        undiscounted = per_day * day
        self.cost[Payer.HEALTH_SYSTEM] += per_day * 365.0 * (prefix[day] - prefix[0])
        self.cost_undiscounted[Payer.HEALTH_SYSTEM] += undiscounted
        self.cost_line[CostLine.BACKGROUND] += undiscounted

    # The patient's purse

    def begin_budget_year(self) -> None:
        """Forget what was paid for infusions in an earlier year since the referral."""
        year = self.day // DAYS_PER_YEAR
        if year != self.paid_in_year:
            self.paid_in_year = year
            self.paid_this_year = 0.0

    def could_not_pay(self, regimen: int) -> bool:
        """Return whether a further course is beyond the patient's means (decision)."""
        rules = self.rules
        if not (rules.infusion_payer == Payer.PATIENT and rules.budget_limits):
            return False
        self.begin_budget_year()
        planned = planned_price(rules, regimen, self.weight_kg)
        return planned + self.paid_this_year > self.yearly_budget


def planned_price(rules: RuleSet, regimen: int, weight_kg: float) -> float:
    """Return the price of a whole course of `regimen` at full dose, undiscounted."""
    planned = 0.0
    for course_day in range(rules.step_days[regimen]):
        planned += rules.infusion_price(regimen, course_day)
        if not rules.step_sham[regimen]:
            planned += rules.vials_price(rules.dose_mg(regimen, course_day, weight_kg, 1.0))
    return planned
