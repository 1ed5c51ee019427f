"""Baselines, criteria, the judgement, and relief that is due to the drug.

Observed scores are whole numbers, and percents of them are compared without division. Latent pain,
which nobody observes, answers the same question for the drug alone.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from pathways.codes import (
    Baseline,
    Combine,
    Domain,
    Event,
    MissingRule,
    Statistic,
    Verdict,
)
from pathways.layout import HISTORY_DAYS
from pathways.rules.ketamine import WithinDayScore

ENROLMENT_DAYS = 7
JUDGEMENTS_REMEMBERED = (1 << 16) - 1
UNDEFINED = -1


class Outcome(IntEnum):
    """What became of one criterion."""

    NOT_ASSESSABLE = -2
    MISSING = -1
    NOT_MET = 0
    MET = 1


class Judgement(NamedTuple):
    """One judgement of the response.

    Attributes
    ----------
    number : int
        From 0; part of the address of its draws.
    verdict : Verdict
    drug_truth : int
        1 if the drug's relief alone met the definition, 0 if not, -1 where that is not defined.
    """

    number: int
    verdict: Verdict
    drug_truth: int


class Total(NamedTuple):
    """A statistic of whole scores, kept as a sum and a count."""

    sum: int
    count: int

    def mean(self) -> float:
        """Return sum over count, 0 if there is none."""
        return self.sum / self.count if self.count else 0.0


class Response:
    """Step 5 of the day, and the judgement after a course."""

    def course_is_judged(self) -> bool:
        """Return whether the course just completed is judged (decision)."""
        every = self.course_rules.judge_every
        if not self.ever_passed:
            return True
        return (self.courses - 1) % every == 0 if every > 0 else self.courses == 1

    # Baselines

    def baselines_are_due(self) -> bool:
        """Return whether this course needs baselines of its own."""
        rules = self.course_rules
        first_course = self.courses == 0
        new_definition = rules.definition_number != self.baseline_definition
        return bool(rules.baseline_each_course) or first_course or new_definition

    def take_baselines(self) -> None:
        """Write down what the scores after the course will be compared with."""
        self.baseline_definition = self.course_rules.definition_number
        for criterion in range(self.course_rules.criteria):
            baseline = self.baseline_of(criterion)
            self.baselines[criterion] = baseline
            self.log_event(Event.BASELINE_TAKEN, criterion, baseline.sum, baseline.count)

    def baseline_of(self, criterion: int) -> Total:
        """Return the baseline of a criterion on the first day of a course."""
        domain = self.course_rules.criterion_domain[criterion]
        if domain == Domain.PAIN:
            return self.pain_baseline(criterion)
        if domain == Domain.GLOBAL_IMPRESSION:
            return Total(4, 1)
        if self.course_rules.criterion_baseline[criterion] == Baseline.ENROLMENT:
            return Total(self.within_range(domain, self.domain_baseline(domain)), 1)
        return Total(self.domain_score(domain, -1 - (8 * self.courses + domain)), 1)

    def pain_baseline(self, criterion: int) -> Total:
        """Return the baseline of a pain score."""
        kind = self.course_rules.criterion_baseline[criterion]
        if kind == Baseline.ENROLMENT:
            return Total(self.enrolment_score_sum, ENROLMENT_DAYS)
        if kind == Baseline.SAME_DAY:
            return Total(self.pain_score_today(), 1)
        days = self.course_rules.criterion_baseline_days[criterion]
        scores = self.diary_scores(self.day - days, self.day - 1)
        if not scores:
            return Total(0, 0)
        if kind == Baseline.BEST_OF_LAST_DAYS:
            return Total(min(scores), 1)
        if kind == Baseline.WORST_OF_LAST_DAYS:
            return Total(max(scores), 1)
        return Total(sum(scores), len(scores))

    # The judgement

    def judge(self) -> Judgement:
        """Judge the response to the course."""
        number = self.judgement
        outcomes = [self.score_criterion(j, number) for j in range(self.course_rules.criteria)]
        met = outcomes.count(Outcome.MET)
        assessable = len(outcomes) - outcomes.count(Outcome.NOT_ASSESSABLE)
        verdict = self.verdict_on(met, assessable, Outcome.MISSING in outcomes)
        judgement = Judgement(number, verdict, self.drug_truth())
        self.log_event(Event.JUDGED, verdict, met, assessable, judgement.drug_truth)
        self.record_judgement(judgement)
        return judgement

    def verdict_on(self, met: int, assessable: int, any_missing: bool) -> Verdict:
        """Return the verdict on the criteria together (decision)."""
        if any_missing and self.course_rules.missing_rule == MissingRule.NOT_JUDGED:
            return Verdict.NOT_JUDGED
        if any_missing and self.course_rules.missing_rule == MissingRule.CARRY:
            return self.last_verdict
        return Verdict.PASSED if self.combine(met, assessable) else Verdict.FAILED

    def combine(self, met: int, assessable: int) -> bool:
        """Return whether enough of the assessable criteria are met."""
        rule = self.course_rules.criteria_combine
        if assessable == 0:
            return False
        if rule == Combine.ALL:
            return met == assessable
        if rule == Combine.ANY:
            return met >= 1
        return met >= min(self.course_rules.criteria_required, assessable)

    def record_judgement(self, judgement: Judgement) -> None:
        """Count the judgement and what it says about the patient."""
        failed = judgement.verdict == Verdict.FAILED
        self.judgement += 1
        self.judgement_bits = (self.judgement_bits << 1 | failed) & JUDGEMENTS_REMEMBERED
        if judgement.verdict == Verdict.NOT_JUDGED:
            return
        passed = judgement.verdict == Verdict.PASSED
        self.last_verdict = judgement.verdict
        self.ever_passed = self.ever_passed or passed
        self.judgements += 1
        self.judgements_passed += passed
        self.responder_observed = max(self.responder_observed, int(passed))
        at_threshold = int(judgement.drug_truth == 1)
        self.responder_drug_at_threshold = max(self.responder_drug_at_threshold, at_threshold)
        self.responder_drug_any = max(self.responder_drug_any, int(self.any_drug_relief()))

    # One criterion

    def score_criterion(self, criterion: int, judgement: int) -> Outcome:
        """Compare a criterion's scores with its baseline."""
        baseline = self.baselines[criterion]
        scores, complete = self.scores_of(criterion, judgement)
        if self.course_rules.criterion_statistic[criterion] == Statistic.SHARE_OF_DAYS:
            days_met = sum(self.improved(criterion, baseline, Total(s, 1)) for s in scores)
            shown = days_met / len(scores) if scores else 0.0
            met = days_met * 1000 >= self.course_rules.criterion_share_x1000[criterion] * len(
                scores
            )
        else:
            total = self.statistic_of(criterion, scores)
            shown = total.mean()
            met = self.improved(criterion, baseline, total)
        outcome = self.outcome_of(criterion, baseline, complete, met)
        self.log_event(Event.CRITERION_SCORED, criterion, baseline.mean(), shown, outcome)
        return outcome

    def outcome_of(self, criterion: int, baseline: Total, complete: bool, met: bool) -> Outcome:
        """Return what became of a criterion."""
        lower_is_better = not self.course_rules.criterion_higher_is_better[criterion]
        if lower_is_better and baseline.count > 0 and baseline.sum == 0:
            return Outcome.NOT_ASSESSABLE
        if baseline.count == 0 or not complete:
            return Outcome.MISSING
        return Outcome.MET if met else Outcome.NOT_MET

    def scores_of(self, criterion: int, judgement: int) -> tuple[list[int], bool]:
        """Return the observed scores of a criterion, and whether they suffice to judge."""
        rules = self.course_rules
        domain = rules.criterion_domain[criterion]
        if domain != Domain.PAIN:
            return [self.domain_score(domain, 8 * judgement + domain)], True
        moment = rules.criterion_moment[criterion]
        if moment >= 0:
            return [self.within_day[moment].score], True
        first_day, last_day = self.window_of(criterion)
        scores = self.diary_scores(first_day, last_day)
        needed = max(1, min(rules.missing_minimum_scores, last_day - first_day + 1))
        complete = len(scores) >= needed
        if rules.criterion_statistic[criterion] == Statistic.SCORE_ON_DAY:
            scores = self.diary_scores(last_day, last_day)
        return scores, complete and bool(scores)

    def window_of(self, criterion: int) -> tuple[int, int]:
        """Return the first and last patient day of a criterion's window."""
        rules = self.course_rules
        return (
            self.last_infusion_day + rules.criterion_window_from[criterion],
            self.last_infusion_day + rules.criterion_window_to[criterion],
        )

    def statistic_of(self, criterion: int, scores: list[int]) -> Total:
        """Return the scores of a window as a sum and a count."""
        kind = self.course_rules.criterion_statistic[criterion]
        if not scores:
            return Total(0, 0)
        if kind == Statistic.MEDIAN:
            return _median(sorted(scores))
        if kind in (Statistic.WORST, Statistic.BEST):
            highest_is_worst = not self.course_rules.criterion_higher_is_better[criterion]
            highest = highest_is_worst == (kind == Statistic.WORST)
            return Total(max(scores) if highest else min(scores), 1)
        return Total(sum(scores), len(scores))

    def improved(self, criterion: int, baseline: Total, score: Total) -> bool:
        """Return whether a score is better than the baseline by as much as is asked."""
        rules = self.course_rules
        gain = baseline.sum * score.count - score.sum * baseline.count
        if rules.criterion_higher_is_better[criterion]:
            gain = -gain
        percent_x10 = rules.criterion_percent_x10[criterion]
        points_x10 = rules.criterion_points_x10[criterion]
        if percent_x10 > 0 and gain * 1000 < percent_x10 * baseline.sum * score.count:
            return False
        return not (points_x10 > 0 and gain * 10 < points_x10 * baseline.count * score.count)

    # Relief due to the drug

    def drug_truth(self) -> int:
        """Return 1 if the drug's relief alone meets the definition, 0 if not, -1 if undefined."""
        pain_criteria = self.pain_criteria()
        if not pain_criteria:
            return UNDEFINED
        met = sum(self.drug_meets(criterion) for criterion in pain_criteria)
        return int(self.combine(met, len(pain_criteria)))

    def pain_criteria(self) -> list[int]:
        """Return the criteria that are about pain."""
        domains = self.course_rules.criterion_domain
        return [j for j in range(self.course_rules.criteria) if domains[j] == Domain.PAIN]

    def relief_pairs(self, criterion: int) -> list[tuple[float, float]]:
        """Return latent pain without and with the drug, same expectation, over the window."""
        moment = self.course_rules.criterion_moment[criterion]
        if moment >= 0:
            kept: WithinDayScore = self.within_day[moment]
            return [(kept.pain_without_drug, kept.pain)]
        first_day, last_day = self.window_of(criterion)
        slots = [day % HISTORY_DAYS for day in range(first_day, last_day + 1)]
        return [(self.pain_without_drug_kept[slot], self.pain_kept[slot]) for slot in slots]

    def drug_meets(self, criterion: int) -> bool:
        """Return whether the drug's relief meets one pain criterion."""
        pairs = self.relief_pairs(criterion)
        kind = self.course_rules.criterion_statistic[criterion]
        if kind == Statistic.SHARE_OF_DAYS:
            days_met = sum(self.drug_improved(criterion, *pair, 1) for pair in pairs)
            return days_met * 1000 >= self.course_rules.criterion_share_x1000[criterion] * len(
                pairs
            )
        if kind in (Statistic.MEAN, Statistic.MEDIAN):
            return self.drug_improved(criterion, *_sums(pairs), len(pairs))
        if kind == Statistic.SCORE_ON_DAY:
            return self.drug_improved(criterion, *pairs[-1], 1)
        extreme = max if kind == Statistic.WORST else min
        without, treated = extreme(pair[0] for pair in pairs), extreme(pair[1] for pair in pairs)
        return self.drug_improved(criterion, without, treated, 1)

    def drug_improved(self, criterion: int, without: float, treated: float, days: int) -> bool:
        """Return whether relief (sums over `days`) is as large as the criterion asks."""
        percent_x10 = self.course_rules.criterion_percent_x10[criterion]
        points_x10 = self.course_rules.criterion_points_x10[criterion]
        if without <= treated:
            return False
        if percent_x10 > 0 and (without - treated) * 1000.0 < percent_x10 * without:
            return False
        return not (points_x10 > 0 and (without - treated) * 10.0 < points_x10 * days)

    def any_drug_relief(self) -> bool:
        """Return whether relief over the first pain criterion's window is above the floor."""
        pain_criteria = self.pain_criteria()
        if not pain_criteria:
            return False
        without, treated = _sums(self.relief_pairs(pain_criteria[0]))
        floor_x10 = self.course_rules.drug_relief_floor_x10
        return without > treated and (without - treated) * 1000.0 >= floor_x10 * without


def _median(ordered: list[int]) -> Total:
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Total(ordered[middle], 1)
    return Total(ordered[middle - 1] + ordered[middle], 2)


def _sums(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    # Not sum(): its result for floats differs between versions of Python.
    without_total = treated_total = 0.0
    for without, treated in pairs:
        without_total += without
        treated_total += treated
    return without_total, treated_total
