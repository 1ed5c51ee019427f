"""An infusion day: dose, immediate effect, expectation, and the dose entering the body."""

from __future__ import annotations

import math
from typing import NamedTuple

from pathways.codes import Curve, Event, Moment, Purpose, State, Visit
from pathways.layout import CURVE_GRID, HABITUATION_COURSES
from pathways.rules.arithmetic import clip, limit, rating, round_half_up
from pathways.rules.rule_set import RuleSet

MOMENTS = (
    (Moment.END, Curve.END),
    (Moment.ONE_HOUR, Curve.ONE_HOUR),
    (Moment.FOUR_HOURS, Curve.FOUR_HOURS),
)


class WithinDayScore(NamedTuple):
    """Pain at one moment of an infusion day.

    Attributes
    ----------
    score : int
        As reported, 0 to 10.
    pain, pain_without_drug : float
        Latent, NRS.
    """

    score: int
    pain: float
    pain_without_drug: float


class Infusion(NamedTuple):
    """What is given on one day.

    Attributes
    ----------
    rules : RuleSet
        In force when the course was booked; elsewhere, in force today.
    step, course_day : int
        Regimen, and day of its course from 0.
    fraction : float
        Of the regimen's dose.
    """

    rules: RuleSet
    step: int
    course_day: int
    fraction: float

    def dose_mg(self, weight_kg: float) -> float:
        """Return the dose in mg."""
        return self.rules.dose_mg(self.step, self.course_day, weight_kg, self.fraction)

    def racemic_equivalent_mg(self, mg: float) -> float:
        """Return `mg` of this ketamine as mg of the racemate."""
        return self.rules.racemic_equivalent_mg(self.step, mg)

    @property
    def hours(self) -> float:
        """Hours infused."""
        return self.rules.hours(self.step, self.course_day)

    @property
    def is_sham(self) -> bool:
        """Whether nothing active is given."""
        return self.rules.step_sham[self.step] == 1


class Ketamine:
    """Steps 8 and 9 of the day, with the rules under which the course was booked."""

    def administer(self) -> None:
        """Give the infusion of today."""
        rules = self.course_rules
        if self.course_day == 0:
            self.start_course()
        fraction = self.dose_fraction(rules)
        self.infusion = Infusion(rules, self.course_step, self.course_day, fraction)
        mg = self.infusion.dose_mg(self.weight_kg)
        self.count_dose(mg)
        peak = self.take_dose(mg)
        self.log_event(Event.ADMINISTERED, self.course_day, mg, self.dose_auc_s, peak)
        self.infusion_costs(mg)
        peak_racemic = self.peak_racemic(peak)
        racemic_mg = self.infusion.racemic_equivalent_mg(mg)
        self.record_exposure(racemic_mg, self.infusion.hours, peak_racemic)
        self.within_day_scores(mg)
        self.react_to_acute_harms(self.acute_harms(self.infusions, peak_racemic))
        self.average_pain_over_day()
        self.infusions += 1
        self.last_infusion_day = self.day
        if self.model.queues:
            self.clinic.count_use(self)
        self.go_on_with_course()

    def start_course(self) -> None:
        """Begin the course that was booked."""
        self.courses += 1
        self.course_start_days.append(self.day)
        if self.rules.responder_redrawn and self.courses > 1:
            self.redraw_responder()
        if not self.tapering:
            self.tries_at_step += 1
        if self.course_step < self.course_rules.ladder_steps:
            self.highest_step = max(self.highest_step, self.course_step + 1)
        self.move_to(State.COURSE)
        self.log_event(
            Event.COURSE_STARTED,
            self.course_step,
            self.courses,
            self.dose_fraction(self.course_rules),
        )
        if self.first_infusion_day < 0:
            self.first_infusion_day = self.day
            self.clinic.row.first_infusions += 1

    def redraw_responder(self) -> None:
        """Respond from now on or not, whatever was before: a wrong model, to show what it does."""
        u = self.uniform(Purpose.RESPONDER_AT_COURSE, self.courses - 1)
        self.responds = int(u < self.rules.responder_share[self.condition])

    def dose_fraction(self, rules: RuleSet) -> float:
        """Return the fraction of the step's dose that is given: 1 except in a taper."""
        return rules.taper_fraction[self.taper_index] if self.tapering else 1.0

    def count_dose(self, mg: float) -> None:
        """Add today's dose to what the clinic has given, and to its week."""
        infusion = self.infusion
        if infusion.rules.step_s_ketamine[infusion.step]:
            self.s_ketamine_mg += mg
        else:
            self.racemic_mg += mg
        self.hours_infused += infusion.hours
        racemic_equivalent_mg = infusion.racemic_equivalent_mg(mg)
        self.clinic.row.racemic_equivalent_mg_e3 += round_half_up(racemic_equivalent_mg * 1000.0)
        self.clinic.row.infusions += 1

    def take_dose(self, mg: float) -> float:
        """Work out what today's infusion does; return its peak, ng/mL S-equivalents."""
        rules, step = self.infusion.rules, self.infusion.step
        self.unsettled = True
        self.s_factor = 1.0 if rules.step_s_ketamine[step] else rules.potency
        self.dose_auc_s = self.s_factor * (1000.0 * mg / self.clearance)
        self.count_expectation_course()
        peak = self.concentration(Curve.PEAK, mg)
        self.raised_expectation = self.raise_expectation(peak)
        return peak

    def count_expectation_course(self) -> None:
        """Start a new course of hope unless the last infusion was only days ago."""
        gap_days = self.infusion.rules.expectation_course_gap_days
        if self.last_exposure_day < 0 or self.day - self.last_exposure_day >= gap_days:
            self.expectation_course += 1

    def interpolate_curve(self, curve: Curve) -> float:
        """Return a row of the kinetic tables at the patient's clearance and weight."""
        rules, step, course_day, _ = self.infusion
        table = rules.curves[step][course_day][curve]
        i, f = _grid_cell(self.clearance, rules.curve_clearance_low, rules.curve_clearance_step)
        j, g = _grid_cell(self.weight_kg, rules.curve_weight_low, rules.curve_weight_step)
        a = table[i][j] + g * (table[i][j + 1] - table[i][j])
        b = table[i + 1][j] + g * (table[i + 1][j + 1] - table[i + 1][j])
        return a + f * (b - a)

    def concentration(self, curve: Curve, mg: float) -> float:
        """Return the concentration at this moment, ng/mL S-equivalents."""
        return self.interpolate_curve(curve) * mg * self.s_factor

    def immediate_effect(self, concentration: float) -> float:
        """Return the fraction of pain taken away while the drug is in the blood."""
        rules = self.infusion.rules
        return rules.immediate_emax * concentration / (rules.immediate_c50 + concentration)

    def raise_expectation(self, peak: float) -> float:
        """Return the expectation after today: a level, not a sum."""
        rules, step = self.infusion.rules, self.infusion.step
        perceived = (
            rules.step_perceived_effect[step]
            if self.infusion.is_sham
            else self.immediate_effect(peak)
        )
        n = min(self.expectation_course, HABITUATION_COURSES)
        raised = (
            self.expectation_amplitude
            * rules.expectation_habituation[n - 1]
            * rules.step_setting_expectation[step]
            * (1.0 + rules.expectation_unblinding * perceived)
        )
        return self.expectation if self.expectation > raised else raised

    def within_day_scores(self, mg: float) -> None:
        """Ask for pain at the end of the infusion, one hour and four hours later."""
        error_sd = self.infusion.rules.diary_error_sd
        without_drug = clip(self.undrugged_pain - self.raised_expectation)
        for moment, curve in MOMENTS:
            effect = self.immediate_effect(self.concentration(curve, mg))
            pain = clip(self.treated_pain * (1.0 - effect) - self.raised_expectation)
            number = 4 * self.infusions + moment
            z = self.numbered_normal(Purpose.WITHIN_DAY_SCORE, number)
            score = rating(pain + error_sd * z)
            self.within_day[moment] = WithinDayScore(score, pain, without_drug)
            self.log_event(
                Event.WITHIN_DAY_SCORE,
                moment,
                pain,
                score,
                effect,
                Purpose.WITHIN_DAY_SCORE,
                number >> 1,
            )

    def average_pain_over_day(self) -> None:
        """Take the 24-hour mean of the immediate effect off today's pain for the utility."""
        sham = self.infusion.is_sham
        mean_effect = 0.0 if sham else self.interpolate_curve(Curve.MEAN_EFFECT)
        treated_pain = self.treated_pain * (1.0 - mean_effect * self.infusion.fraction)
        self.pain_for_utility = clip(treated_pain - self.expectation)
        self.pain_drug_only = clip(treated_pain)

    def go_on_with_course(self) -> None:
        """Set the day of the next infusion, or complete the course."""
        rules, step = self.course_rules, self.course_step
        if self.course_day + 1 < rules.step_days[step]:
            self.course_day += 1
            gap_days = rules.gap_days(step, self.course_day)
            self.administration_day = self.next_course_day(self.day + gap_days)
            return
        self.administration_day = -1
        self.log_event(Event.COURSE_COMPLETED, step, self.courses)
        self.move_to(State.FOLLOW_UP)
        self.plan_after_course()

    def plan_after_course(self) -> None:
        """Set the visit that follows a complete course, or the next course of a taper."""
        rules = self.course_rules
        if self.tapering:
            self.taper_index += 1
            if self.taper_index < rules.taper_courses:
                interval_days = rules.taper_interval_days[self.taper_index]
                self.book_taper_course(self.day + interval_days)
            else:
                self.visit_kind, self.visit_day = Visit.REVIEW, self.day + 1
        elif self.follows_protocol():
            self.visit_kind, self.visit_day = Visit.REVIEW, self.day + 1
        elif self.course_is_judged():
            self.visit_kind, self.visit_day = Visit.JUDGEMENT, self.day + rules.judge_at_days
        else:
            self.visit_kind = Visit.REVIEW
            self.visit_day = self.day + max(1, rules.judge_at_days)

    def enter_dose(self) -> None:
        """Let today's dose and hope act from tomorrow."""
        self.slow_site = self.slow_site + self.rules.slow_uptake_per_hour * self.dose_auc_s
        self.lifetime_auc_s += self.dose_auc_s
        self.expectation = self.raised_expectation


def _grid_cell(value: float, low: float, step: float) -> tuple[int, float]:
    """Return the cell of the grid in which `value` lies, and how far into it."""
    x = limit((value - low) / step, 0.0, float(CURVE_GRID - 1))
    cell = min(math.floor(x), CURVE_GRID - 2)
    return cell, x - cell
