"""Assessment, the rule for stopping, and the end of treatment.

The rule for stopping is `Treatment.review` with `next_move`; `end_treatment` carries it out.

Each decision is one method that a subclass of the patient may replace. Here: `is_eligible`,
`acts_on_failure`, `next_move` and `time_is_up`. In other modules of :mod:`pathways.rules`:

- `response`: `course_is_judged`, `verdict_on`; `limits`: `caps_reached`, `next_start`
- `therapies`: `joins_programme`; `money`: `could_not_pay`
- `harms`: `stops_after_acute_harm`, `reason_to_stop_for`, `test_is_due`
- `coming_and_going`: `choice_hazard`, `loss_hazard`, `waiting_hazard`, `rereferral_hazard`,
  `may_be_referred_again`; `requests`: `cancels_late`, `stays_away`
- `outside`: `begins_to_buy`, `cannot_pay_elsewhere`
- `protocol`: `follows_protocol`, `protocol_review`

Those of the clinic are in `queues` (`standing` and one method for each discipline), `booking`
(`first_fit`, `free_chair`, `has_beds`) and `appointments` (`assessment_days`, `has_place`).
"""

from __future__ import annotations

from enum import Enum

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


class Treatment:
    """Step 6 of the day: visits, and what they lead to."""

    def visit(self) -> None:
        """Attend the visit that is due."""
        kind = self.visit_kind
        self.cancel_visit()
        if kind == Visit.ASSESSMENT:
            self.assess()
            return
        self.follow_up_cost()
        judgement = self.judge() if kind == Visit.JUDGEMENT else None
        self.do_tests()
        self.review(judgement)

    # Assessment

    def assess(self) -> None:
        """Be assessed for ketamine, and ask for a first course."""
        rules = self.rules
        if self.assessed_day < 0:
            self.assessed_day = self.day
        self.clinic.row.assessments += 1
        self.eligible = int(self.is_eligible())
        code = self.eligible + 2 * rules.ketamine_offered
        self.log_event(Event.ASSESSED, code, self.age_days + self.day, self.comorbidities)
        self.pay(Payer.HEALTH_SYSTEM, CostLine.ASSESSMENT, rules.price_assessment)
        accepted = bool(self.eligible and rules.ketamine_offered)
        if self.joins_programme(accepted):
            self.enter_programme()
        if accepted:
            self.ask_for_first_course()
        else:
            self.move_to(State.CONVENTIONAL)
            self.consider_buying()

    def ask_for_first_course(self) -> None:
        """Ask for a course on the first step of the ladder, unless something stands against it."""
        self.move_to(State.WAITING)
        self.do_tests()
        if self.follows_protocol():
            self.ask_for_first_protocol_course()
            return
        reasons = self.caps_reached(self.ladder_step) + self.take_stop_reasons()
        if reasons:
            self.end_treatment(reasons)
        else:
            lead_days = 1 if self.model.queues else self.lead_to_treatment_days
            self.book_course(self.ladder_step, self.day + lead_days, State.WAITING)

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

    def review(self, judgement: Judgement | None) -> None:
        """Decide what follows a course; `judgement` is None where it was not judged.

        This is the rule for stopping. A taper that is complete ends treatment; a protocol goes on
        as it says; otherwise treatment stops for every reason that holds, or goes on with the next
        move.
        """
        if self.tapering:
            self.end_treatment([ExitReason.TAPER_COMPLETED, *self.take_stop_reasons()])
            return
        if judgement is None and self.follows_protocol():
            self.protocol_review()
            return
        reasons = [ExitReason.TIME_LIMIT] if self.time_is_up() else []
        move = self.next_move(self.acted(judgement))
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

    def next_move(self, acted: bool) -> Move | ExitReason:
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
        if not self.first_exit_reason:
            self.first_exit_reason, self.first_exit_day = reason, self.day
        self.cancel_visit()
        self.course_request = self.assessment_request = None
        self.course_start_day = self.administration_day = -1
        if not self.rules.programme_after_exit:
            self.end_programme()
        recovered = reason == ExitReason.RECOVERED
        self.move_to(State.RECOVERED if recovered else State.EXITED)
        given_mg = self.racemic_equivalents_given()
        self.log_event(Event.EXITED, reason, given_mg, self.infusions, self.courses)
        self.clinic.row.exits += 1
        if reason not in (ExitReason.DEATH, ExitReason.RECOVERED):
            self.consider_buying()
