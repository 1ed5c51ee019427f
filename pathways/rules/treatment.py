"""Assessment, what follows a course, limits, booking and the end of treatment.

Each clinical decision is one method that a subclass of the patient may replace: `is_eligible`,
`course_is_judged` and `verdict_on` (in :mod:`pathways.rules.response`), `acts_on_failure`,
`move_after_course`, `time_is_up`, `caps_reached`, `next_start`; elsewhere `joins_programme` (in
:mod:`pathways.rules.therapies`), `stops_after_acute_harm`, `reason_to_stop_for` and `test_is_due`
(in :mod:`pathways.rules.harms`), `choice_hazard` (in :mod:`pathways.rules.natural_history`) and
`could_not_pay` (in :mod:`pathways.rules.money`).
"""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple

from pathways.codes import (
    CostLine,
    Event,
    ExitReason,
    Maintenance,
    Payer,
    Purpose,
    State,
    Verdict,
    Visit,
)
from pathways.rules.response import Judgement


class Move(Enum):
    """What follows a course when treatment goes on."""

    MAINTAIN = 0
    ESCALATE = 1
    REPEAT = 2


MOVE_EVENTS = {
    Move.MAINTAIN: Event.MAINTAINED,
    Move.ESCALATE: Event.ESCALATED,
    Move.REPEAT: Event.REPEATED,
}


class Pause(IntEnum):
    """Why a course starts later than wanted."""

    NONE = 0
    REST = 1
    YEARLY_CAP = 2


class Start(NamedTuple):
    """When a course starts."""

    day: int
    pause: Pause


class Treatment:
    """Step 6 of the day: visits, and what they lead to."""

    def visit(self) -> None:
        """Attend the visit that is due."""
        kind = self.visit_kind
        self.cancel_visit()
        if kind == Visit.ASSESSMENT:
            self.assess()
        elif kind == Visit.JUDGEMENT:
            self.follow_up_cost()
            judgement = self.judge()
            self.do_tests()
            self.after_course(judgement)
        elif kind == Visit.REVIEW:
            self.follow_up_cost()
            self.do_tests()
            self.review()

    # Assessment

    def assess(self) -> None:
        """Be assessed for ketamine, and ask for a first course."""
        rules = self.rules
        self.assessed_day = self.day
        self.eligible = int(self.is_eligible())
        code = self.eligible + 2 * rules.ketamine_offered
        self.log_event(Event.ASSESSED, code, self.age_days + self.day, self.comorbidities)
        self.pay(Payer.HEALTH_SYSTEM, CostLine.ASSESSMENT, rules.price_assessment)
        accepted = bool(self.eligible and rules.ketamine_offered)
        if self.joins_programme(accepted):
            self.start_programme()
        if not accepted:
            self.move_to(State.CONVENTIONAL)
            return
        self.move_to(State.WAITING)
        self.do_tests()
        reasons = self.caps_reached(self.ladder_step) + self.take_stop_reasons()
        if reasons:
            self.end_treatment(reasons)
        else:
            wanted_day = self.day + self.lead_to_treatment_days
            self.book_course(self.ladder_step, wanted_day, State.WAITING)

    def is_eligible(self) -> bool:
        """Return whether the patient may be treated (decision)."""
        rules = self.rules
        age_days = self.age_days + self.day
        return (
            rules.eligible_conditions >> self.condition & 1 == 1
            and rules.excluded_comorbidities & self.comorbidities == 0
            and self.enrolment_score_sum * 10 >= rules.minimum_enrolment_score_x10 * 7
            and rules.minimum_age_days <= age_days <= rules.maximum_age_days
        )

    # After a course

    def review(self) -> None:
        """Decide what follows a course that is not judged, or a taper."""
        if self.tapering:
            self.end_treatment([ExitReason.TAPER_COMPLETED, *self.take_stop_reasons()])
        else:
            self.after_course(None)

    def after_course(self, judgement: Judgement | None) -> None:
        """Decide what follows a course; `judgement` is None where it was not judged."""
        reasons = [ExitReason.TIME_LIMIT] if self.time_is_up() else []
        move = self.move_after_course(self.acted(judgement))
        if move is Move.MAINTAIN and self.rules.maintenance == Maintenance.NONE:
            reasons.append(ExitReason.TREATMENT_COMPLETED)
        elif isinstance(move, ExitReason):
            reasons.append(move)
        else:
            self.stay_on_ladder()
            reasons += self.caps_reached(self.regimen_after(move))
        reasons += self.take_stop_reasons()
        if reasons:
            self.end_treatment(reasons)
            return
        self.go_on_with(move)
        if move is Move.MAINTAIN:
            self.count_continuation(judgement)

    def acted(self, judgement: Judgement | None) -> bool:
        """Return whether a failed judgement changes the treatment."""
        if judgement is None or judgement.verdict != Verdict.FAILED:
            return False
        u = self.uniform(Purpose.ADHERENCE_TO_RULE, judgement.number)
        if self.acts_on_failure(u):
            return True
        self.log_event(
            Event.FAILURE_NOT_ACTED_ON,
            judgement.number,
            u,
            self.rules.adherence_to_rule,
            purpose=Purpose.ADHERENCE_TO_RULE,
            occurrence=judgement.number,
        )
        return False

    def acts_on_failure(self, u: float) -> bool:
        """Return whether the clinician follows the rule this time (decision)."""
        return u < self.rules.adherence_to_rule

    def time_is_up(self) -> bool:
        """Return whether treatment has lasted as long as it may (decision)."""
        limit_days = self.rules.limit_days
        return limit_days > 0 and self.day - self.first_infusion_day >= limit_days

    def move_after_course(self, acted: bool) -> Move | ExitReason:
        """Return what follows, or why nothing does (decision); `acted` is on a failure."""
        rules = self.rules
        if not acted:
            return Move.MAINTAIN
        if self.ever_passed:
            if not self.response_is_lost():
                return Move.MAINTAIN
            climbs = rules.loss_escalates and self.has_higher_step()
            return Move.ESCALATE if climbs else ExitReason.LOSS_OF_RESPONSE
        if self.tries_at_step < rules.tries_per_step:
            return Move.REPEAT
        return Move.ESCALATE if self.has_higher_step() else ExitReason.NON_RESPONSE

    def response_is_lost(self) -> bool:
        """Return whether enough of the last judgements failed."""
        rules = self.rules
        recent = self.judgement_bits & ((1 << rules.loss_of_last) - 1)
        return rules.loss_failures > 0 and recent.bit_count() >= rules.loss_failures

    def has_higher_step(self) -> bool:
        """Return whether the ladder goes on above the present step."""
        return self.ladder_step + 1 < self.rules.ladder_steps

    def stay_on_ladder(self) -> None:
        """Step down to the top of the ladder if a change of rules made it shorter."""
        self.ladder_step = min(self.ladder_step, self.rules.ladder_steps - 1)

    def regimen_after(self, move: Move) -> int:
        """Return the regimen of the course that this move asks for."""
        if move is Move.ESCALATE:
            return self.ladder_step + 1
        if move is Move.MAINTAIN and self.rules.maintenance_step >= 0:
            return self.rules.maintenance_step
        return self.ladder_step

    def go_on_with(self, move: Move) -> None:
        """Make the move and book the course it asks for."""
        regimen = self.regimen_after(move)
        if move is Move.ESCALATE:
            self.ladder_step += 1
            self.tries_at_step = 0
        self.log_event(MOVE_EVENTS[move], self.ladder_step)
        if move is Move.MAINTAIN:
            wanted_day = self.last_infusion_day + self.rules.maintenance_interval_days
            self.book_course(regimen, wanted_day, State.MAINTENANCE)
        else:
            self.book_course(regimen, self.day + self.rules.escalation_gap_days, self.state)

    def count_continuation(self, judgement: Judgement | None) -> None:
        """Count treatment that goes on as for a response, and where no drug relief bears it."""
        if judgement is None or judgement.verdict == Verdict.NOT_JUDGED:
            return
        self.continuations += 1
        self.false_positive_continuations += judgement.drug_truth == 0

    # Limits and booking

    def caps_reached(self, regimen: int) -> list[ExitReason]:
        """Return the caps that a further course of `regimen` would break (decision)."""
        rules = self.rules
        reached = []
        planned_mg = self.racemic_equivalents_given() + self.planned_racemic_mg(regimen, 1.0)
        if rules.limit_racemic_mg > 0.0 and planned_mg > rules.limit_racemic_mg:
            reached.append(ExitReason.DOSE_CAP)
        too_many_courses = 0 < rules.limit_courses <= self.courses
        infusions = self.infusions + rules.step_days[regimen]
        if too_many_courses or 0 < rules.limit_infusions < infusions:
            reached.append(ExitReason.COUNT_CAP)
        if self.could_not_pay(regimen):
            reached.append(ExitReason.COULD_NOT_PAY)
        return reached

    def racemic_equivalents_given(self) -> float:
        """Return the ketamine given so far, mg of the racemate."""
        return self.racemic_mg + self.s_ketamine_mg / self.rules.potency

    def planned_racemic_mg(self, regimen: int, fraction: float) -> float:
        """Return the dose of a whole course of `regimen`, mg of the racemate."""
        rules = self.rules
        planned = 0.0
        for course_day in range(rules.step_days[regimen]):
            mg = rules.dose_mg(regimen, course_day, self.weight_kg, fraction)
            planned += rules.racemic_equivalent_mg(regimen, mg)
        return planned

    def next_start(self, regimen: int, wanted_day: int) -> Start:
        """Return when a course that is wanted on `wanted_day` can start (decision)."""
        rules = self.rules
        start, pause = max(wanted_day, self.day + 1), Pause.NONE
        if not self.tapering:
            rested_day = self.last_infusion_day + rules.rest_days
            if self.rest_is_due() and start < rested_day:
                start, pause = rested_day, Pause.REST
            per_year = rules.limit_courses_per_year
            if 0 < per_year <= self.courses:
                year_later = self.course_start_days[-per_year] + 365
                if start < year_later:
                    start, pause = year_later, Pause.YEARLY_CAP
        return Start(self.avoid_weekend(start, rules, regimen), pause)

    def rest_is_due(self) -> bool:
        """Return whether a planned pause follows the last course."""
        after_courses = self.rules.rest_after_courses
        return after_courses > 0 and self.courses > 0 and self.courses % after_courses == 0

    def book_course(self, regimen: int, wanted_day: int, state: State) -> None:
        """Book the next course for `wanted_day` or as soon after as the rules allow."""
        start = self.next_start(regimen, wanted_day)
        self.course_rules = self.rules
        self.course_step = regimen
        self.course_start_day = self.administration_day = start.day
        self.course_day = 0
        self.cancel_visit()
        if start.pause:
            self.move_to(State.PAUSED)
            self.log_event(Event.PAUSED, start.pause, start.day)
        else:
            self.move_to(state)
        planned_mg = self.planned_racemic_mg(regimen, self.dose_fraction(self.rules))
        self.log_event(Event.BOOKED, regimen, start.day, planned_mg, self.courses)

    # End of treatment

    def end_treatment(self, reasons: list[ExitReason]) -> None:
        """End treatment, or taper it off first; the first reason by precedence counts."""
        reasons = sorted(reasons)
        for reason in reasons:
            self.log_event(Event.EXIT_RULE_TRUE, reason)
        reason = reasons[0]
        tapers = self.rules.taper_reasons >> reason & 1 and self.rules.taper_courses > 0
        if tapers and not self.tapering and self.infusions > 0:
            self.start_taper(reason)
        else:
            self.leave_care(reason)

    def start_taper(self, reason: ExitReason) -> None:
        """Begin to taper with the regimen of the last course."""
        self.log_event(Event.TAPER_STARTED, reason)
        self.taper_reason = reason
        self.tapering = True
        self.taper_index = 0
        self.book_taper_course(self.last_infusion_day + self.rules.taper_interval_days[0])

    def book_taper_course(self, wanted_day: int) -> None:
        """Book a course of the taper with the regimen of the last course."""
        highest_regimen = max(self.rules.ladder_steps - 1, self.rules.maintenance_step)
        self.book_course(min(self.course_step, highest_regimen), wanted_day, State.MAINTENANCE)

    def leave_care(self, reason: ExitReason) -> None:
        """Have no further visit and no further course."""
        self.exit_reason = reason
        self.exit_day = self.day
        self.cancel_visit()
        self.course_start_day = self.administration_day = -1
        if self.in_programme and not self.rules.programme_after_exit:
            self.end_programme()
        recovered = reason == ExitReason.RECOVERED
        self.move_to(State.RECOVERED if recovered else State.EXITED)
        given_mg = self.racemic_equivalents_given()
        self.log_event(Event.EXITED, reason, given_mg, self.infusions, self.courses)
        self.clinic.row.exits += 1
