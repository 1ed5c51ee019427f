"""Harms of ketamine and of time: acute ones, chronic ones, how they are found and what follows.

A chronic harm has two independent processes, one that happens to anybody (background) and one
driven by exposure (excess). Background events are therefore the same with and without ketamine.
"""

from __future__ import annotations

from pathways.codes import (
    AcuteHarm,
    ChronicHarm,
    CostLine,
    Event,
    ExitReason,
    HarmCause,
    Payer,
    Purpose,
    State,
)
from pathways.fastcore.maths import exponential, logistic
from pathways.layout import (
    ACUTE_HARMS,
    CHRONIC_HARMS,
    HARM_CAUSES,
    MAX_TESTS,
)
from pathways.rules.exposure import FOREVER, excess_link

NEVER = -1
NOTICED, FOUND_BY_TEST = 0.0, 1.0
LAST_WEEK_ADDRESSED = 63
REFERENCE_AGE_YEARS = 50.0


class HarmProcess:
    """One of the two processes of a chronic harm in one patient.

    Attributes
    ----------
    harm : ChronicHarm
    cause : HarmCause
    active, permanent, detected : bool
    episode : int
        From 0; one more after each recovery.
    hazard : float
        Of its onset, per day.
    clock, recovery_remaining : float
        What is left of the exponential clocks of onset and recovery.
    onset_day : int
        Patient day of the last onset.
    """

    __slots__ = (
        "active",
        "cause",
        "clock",
        "detected",
        "episode",
        "harm",
        "hazard",
        "onset_day",
        "permanent",
        "recovery_remaining",
    )

    def __init__(self, harm: ChronicHarm, cause: HarmCause) -> None:
        self.harm, self.cause = harm, cause
        self.active = self.permanent = self.detected = False
        self.episode = 0
        self.hazard = self.clock = self.recovery_remaining = 0.0
        self.onset_day = NEVER

    @property
    def occurrence(self) -> int:
        """Address of the draws of this episode."""
        return (self.episode * HARM_CAUSES + self.cause) * 8 + self.harm


class Harms:
    """Acute harms of an administration, chronic harms on Mondays, tests at visits."""

    def be_unharmed(self) -> None:
        """Have had no harm."""
        self.acute_count = [0] * ACUTE_HARMS
        self.harmed_at_last_infusion = False
        self.harms = [HarmProcess(h, c) for h in ChronicHarm for c in HarmCause]
        self.active_harms = 0
        self.harms_at_risk: list[HarmProcess] = []
        self.hazards_for = (NEVER, NEVER)
        self.hazards_due_week = FOREVER
        self.harm_count = [0] * (CHRONIC_HARMS * HARM_CAUSES)
        self.harm_first_day = [NEVER] * CHRONIC_HARMS
        self.harms_detected = [0] * CHRONIC_HARMS
        self.tests_done = 0
        self.courses_at_last_test = [0] * MAX_TESTS
        self.last_test_day = [NEVER] * MAX_TESTS
        self.stop_reasons: set[ExitReason] = set()

    def set_harm_clocks(self) -> None:
        """Wind the clock of every process at referral."""
        for process in self.harms:
            process.clock = self.exponential_clock(Purpose.HARM_ONSET, process.occurrence)

    def has_any(self, comorbidities: int) -> bool:
        """Return whether the patient has one of the comorbidities of a mask."""
        return self.comorbidities & comorbidities != 0

    def lose_qalys(self, loss: float) -> None:
        """Take a one-off loss of QALYs off all three sums."""
        discounted = loss * self.model.effect_factor[self.day]
        self.qaly -= discounted
        self.qaly_undiscounted -= loss
        self.qaly_drug_only -= discounted

    # Acute harms, with the rules under which the course was booked (elsewhere: those in force)

    def peak_racemic(self, peak: float) -> float:
        """Return today's peak, ng/mL racemic equivalents, from that in S-equivalents."""
        return 0.0 if self.infusion.is_sham else peak / self.infusion.rules.potency

    def acute_harms(self, administration: int, peak_racemic: float) -> list[AcuteHarm]:
        """Suffer each acute harm of today's infusion, or not; return those that happen."""
        suffered = []
        for harm in AcuteHarm:
            p = logistic(self.acute_log_odds(harm, peak_racemic))
            occurrence = ACUTE_HARMS * administration + harm
            if self.uniform(Purpose.ACUTE_HARM, occurrence) < p:
                self.suffer_acute_harm(harm, p, peak_racemic, occurrence)
                suffered.append(harm)
        return suffered

    def acute_log_odds(self, harm: AcuteHarm, peak_racemic: float) -> float:
        """Return the log odds of an acute harm at today's infusion."""
        rules = self.infusion.rules
        if self.infusion.is_sham:
            x = rules.acute_sham_intercept[harm]
        else:
            above_reference = peak_racemic - rules.acute_reference[harm]
            x = rules.acute_intercept[harm] + rules.acute_slope[harm] * above_reference
        if self.has_any(rules.acute_comorbidities[harm]):
            x = x + rules.acute_comorbidity_log_odds[harm]
        years = (self.age_days + self.day) / 365.0
        x = x + rules.acute_age_log_odds[harm] * (years - REFERENCE_AGE_YEARS)
        if rules.step_premedicated[self.infusion.step] >> harm & 1:
            x = x + rules.acute_premedicated_log_odds[harm]
        return x

    def suffer_acute_harm(
        self, harm: AcuteHarm, p: float, peak_racemic: float, occurrence: int
    ) -> None:
        """Count an acute harm, and what it costs in health and money."""
        self.acute_count[harm] += 1
        count = self.acute_count[harm]
        self.log_event(
            Event.ACUTE_HARM, harm, p, peak_racemic, count, Purpose.ACUTE_HARM, occurrence
        )
        self.lose_qalys(self.infusion.rules.acute_qaly_loss[harm])
        self.pay(Payer.HEALTH_SYSTEM, CostLine.ACUTE_HARM, self.rules.price_acute[harm])

    def react_to_acute_harms(self, suffered: list[AcuteHarm]) -> None:
        """Remember the harms of an infusion given here, and perhaps stop treatment."""
        self.harmed_at_last_infusion = bool(suffered)
        if any(self.stops_after_acute_harm(harm) for harm in suffered):
            self.stop_reasons.add(ExitReason.ADVERSE_EVENT)

    def stops_after_acute_harm(self, harm: AcuteHarm) -> bool:
        """Return whether this acute harm ends treatment (decision)."""
        rules = self.rules
        ends_treatment = rules.adverse_event_acute >> harm & 1 == 1
        return ends_treatment and self.acute_count[harm] >= rules.adverse_event_times

    # Chronic harms

    def chronic_harms_week(self, elapsed_days: int) -> None:
        """Run every process on for the days since the last Monday."""
        if elapsed_days == 0:
            return
        self.renew_hazards()
        for process in self.harms_at_risk:
            if process.active:
                self.bear_harm(process, elapsed_days)
            elif process.hazard > 0.0:
                process.clock = clock = process.clock - process.hazard * elapsed_days
                if clock <= 0.0:
                    self.harm_onset(process)
                    self.notice_harm(process)

    def bear_harm(self, process: HarmProcess, elapsed_days: int) -> None:
        """Live with an active harm: its cost, perhaps recovery, perhaps noticing it."""
        rules, harm = self.rules, process.harm
        cost = rules.price_harm_per_day[harm] * elapsed_days
        self.pay(Payer.HEALTH_SYSTEM, CostLine.CHRONIC_HARM, cost)
        if not process.permanent and self.exposure_has_stopped(process):
            process.recovery_remaining -= rules.harm_recovery_per_day[harm] * elapsed_days
            if process.recovery_remaining <= 0.0:
                self.harm_recovery(process)
                return
        self.notice_harm(process)

    def exposure_has_stopped(self, process: HarmProcess) -> bool:
        """Return whether a harm may heal, as the infusions that caused it have long ended."""
        if process.cause == HarmCause.BACKGROUND or self.last_exposure_day < 0:
            return True
        needed_days = self.rules.harm_recovery_after_days[process.harm]
        return self.day - self.last_exposure_day >= needed_days

    def harm_recovery(self, process: HarmProcess) -> None:
        """Heal, and wind the clock of the next episode."""
        ended = process.occurrence
        process.active = process.detected = False
        self.active_harms -= 1
        process.episode += 1
        process.clock = self.exponential_clock(Purpose.HARM_ONSET, process.occurrence)
        self.log_event(
            Event.HARM_RECOVERED,
            process.harm,
            process.cause,
            purpose=Purpose.HARM_RECOVERY,
            occurrence=ended,
        )

    def renew_hazards(self) -> None:
        """Work out the hazards of all processes, on Mondays on which one of them may be another.

        Those in the background are the same for a year, those of ketamine until exposure changes.
        """
        age_and_rules = self.age_years, self.rules.number
        if self.hazards_for != age_and_rules:
            self.hazards_for = age_and_rules
            for process in self.harms[HarmCause.BACKGROUND :: HARM_CAUSES]:
                process.hazard = self.background_hazard(process.harm)
        elif self.model.week < self.hazards_due_week:
            return
        self.renew_excess_hazards()
        self.harms_at_risk = [p for p in self.harms if p.active or p.hazard > 0.0]

    def renew_excess_hazards(self) -> None:
        """Work out the hazards that are due to ketamine, and until when they hold."""
        self.hazards_due_week = FOREVER
        for process in self.harms[HarmCause.EXCESS :: HARM_CAUSES]:
            process.hazard = 0.0
        if self.last_exposure_day < 0:
            return
        for harm in self.rules.harms_with_excess:
            process = self.harms[HARM_CAUSES * harm + HarmCause.EXCESS]
            process.hazard = self.excess_hazard(harm)
            self.hazards_due_week = min(self.hazards_due_week, self.exposure_holds_until(harm))

    def background_hazard(self, harm: ChronicHarm) -> float:
        """Return the hazard per day of a harm that anybody of this age may have."""
        rules = self.rules
        at_risk = self.has_any(rules.harm_comorbidities[harm])
        ratio = rules.harm_background_ratio[harm] if at_risk else 1.0
        age_factor = self.model.harm_age_factor[harm][self.age_years]
        return rules.harm_background[harm] * ratio * age_factor

    def excess_hazard(self, harm: ChronicHarm) -> float:
        """Return the hazard per day of a harm that is due to ketamine."""
        rules = self.rules
        link = excess_link(rules, harm, self.exposure_metric(harm))
        if rules.harm_off or link == 0.0:
            return 0.0
        at_risk = self.has_any(rules.harm_comorbidities[harm])
        ratio = rules.harm_excess_ratio[harm] if at_risk else 1.0
        slope = rules.harm_lifetime_slope[harm]
        dose = 1.0
        if slope != 0.0:
            dose = exponential(slope * self.lifetime_racemic_mg() / 1000.0)
        return rules.harm_base[harm] * ratio * link * dose

    def harm_onset(self, process: HarmProcess) -> None:
        """Begin to suffer from a chronic harm."""
        rules, harm, occurrence = self.rules, process.harm, process.occurrence
        process.active, process.onset_day = True, self.day
        self.active_harms += 1
        self.log_event(
            Event.HARM_ONSET,
            harm,
            process.cause,
            self.exposure_metric(harm),
            self.lifetime_racemic_mg(),
            Purpose.HARM_ONSET,
            occurrence,
        )
        self.harm_count[HARM_CAUSES * harm + process.cause] += 1
        self.pay(Payer.HEALTH_SYSTEM, CostLine.CHRONIC_HARM, rules.price_harm_onset[harm])
        permanent = self.uniform(Purpose.HARM_PERMANENT, occurrence)
        process.permanent = permanent < rules.harm_permanent[harm]
        process.recovery_remaining = self.exponential_clock(Purpose.HARM_RECOVERY, occurrence)
        self.lose_qalys(rules.harm_qaly_loss[harm])
        if process.cause == HarmCause.EXCESS:
            # Deaths by background harms are in the life table already.
            if self.uniform(Purpose.HARM_FATAL, occurrence) < rules.harm_fatality[harm]:
                self.death_remaining = 0.0
        if self.harm_first_day[harm] < 0:
            self.harm_first_day[harm] = self.day

    # How harms are found

    def notice_harm(self, process: HarmProcess) -> None:
        """Notice an active harm this week, or not."""
        if process.detected:
            return
        weeks = min(LAST_WEEK_ADDRESSED, (self.day - process.onset_day) // 7)
        occurrence = process.occurrence * (LAST_WEEK_ADDRESSED + 1) + weeks
        u = self.uniform(Purpose.HARM_NOTICED, occurrence)
        if u < self.rules.harm_noticed_per_week[process.harm]:
            self.detect_harm(process, NOTICED, Purpose.HARM_NOTICED, occurrence)

    def detect_harm(
        self, process: HarmProcess, how: float, purpose: Purpose, occurrence: int
    ) -> None:
        """Know of a harm, and stop treatment if the rules say so."""
        harm = process.harm
        process.detected = True
        self.harms_detected[harm] += 1
        self.log_event(
            Event.HARM_DETECTED, harm, process.cause, how, purpose=purpose, occurrence=occurrence
        )
        detected_price = self.rules.price_harm_detected[harm]
        self.pay(Payer.HEALTH_SYSTEM, CostLine.CHRONIC_HARM, detected_price)
        reason = self.reason_to_stop_for(harm, how == FOUND_BY_TEST)
        if reason:
            self.stop_reasons.add(reason)

    def reason_to_stop_for(self, harm: ChronicHarm, found_by_test: bool) -> ExitReason:
        """Return why a detected harm ends treatment, NONE if it does not (decision)."""
        rules = self.rules
        if found_by_test and rules.laboratory_stop_harms >> harm & 1:
            return ExitReason.LABORATORY_STOP
        if rules.adverse_event_chronic >> harm & 1:
            return ExitReason.ADVERSE_EVENT
        return ExitReason.NONE

    def do_tests(self) -> None:
        """Do the monitoring tests that are due at this visit."""
        for test in range(self.rules.tests):
            if self.test_is_due(test):
                self.do_test(test)

    def test_is_due(self, test: int) -> bool:
        """Return whether a monitoring test is done today (decision)."""
        rules = self.rules
        only_with = rules.test_only_with[test]
        if only_with and not self.has_any(only_with):
            return False
        courses, days = rules.test_every_courses[test], rules.test_every_days[test]
        if 0 < courses <= self.courses - self.courses_at_last_test[test]:
            return True
        last_day = self.last_test_day[test]
        return days > 0 and (last_day < 0 or self.day - last_day >= days)

    def do_test(self, test: int) -> None:
        """Do one test; it may find the harm that it looks for."""
        rules, harm = self.rules, self.rules.test_harm[test]
        self.log_event(Event.TESTED, test, self.courses)
        self.pay(rules.infusion_payer, CostLine.MONITORING, rules.price_test[test])
        for process in self.harms:
            if process.harm == harm and process.active and not process.detected:
                u = self.uniform(Purpose.HARM_TEST, self.tests_done, lane=process.cause)
                if u < rules.test_sensitivity[test]:
                    self.detect_harm(process, FOUND_BY_TEST, Purpose.HARM_TEST, self.tests_done)
        self.tests_done += 1
        self.courses_at_last_test[test] = self.courses
        self.last_test_day[test] = self.day

    # What follows

    def has_known_harm(self) -> bool:
        """Return whether a chronic harm is active and detected."""
        return self.active_harms > 0 and any(p.active and p.detected for p in self.harms)

    def take_stop_reasons(self) -> list[ExitReason]:
        """Return the reasons to stop that have come up, and forget them."""
        reasons = sorted(self.stop_reasons)
        self.stop_reasons.clear()
        return reasons

    def forget_stop_reasons_outside_care(self) -> None:
        """Let nothing end a treatment that has not begun, but the wait of a referred patient."""
        if self.state == State.REFERRED:
            self.stop_reasons &= {ExitReason.LEFT_WAITING_LIST}
        elif not self.in_care:
            self.stop_reasons.clear()

    def utility_decrement(self) -> float:
        """Return what the active harms take off today's utility."""
        decrement = 0.0
        active = {process.harm for process in self.harms if process.active}
        for harm in sorted(active):
            decrement += self.rules.harm_decrement[harm]
        return decrement
