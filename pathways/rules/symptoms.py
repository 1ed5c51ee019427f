"""Effects fading, the pain of the day, and what a patient reports of it."""

from __future__ import annotations

from pathways.codes import Domain, Purpose
from pathways.layout import DIARY_TERMS, HISTORY_DAYS
from pathways.rules.arithmetic import clip, limit, rating, round_half_up

NO_CHANGE = 4.0
"""Baseline of the global impression of change: the middle of its seven answers."""


class Symptoms:
    """Step 4 of the day, and scores as pure functions of the day."""

    def decay_effects(self) -> None:
        """Let the slow drug effect and the expectation fade since yesterday."""
        rules = self.rules
        if self.slow_site > 0.0:
            slow_site = self.slow_site * rules.slow_decay_per_day
            self.slow_site = 0.0 if slow_site < rules.slow_floor else slow_site
        if self.expectation > 0.0:
            expectation = self.expectation * rules.expectation_decay_per_day
            self.expectation = 0.0 if expectation < rules.expectation_floor else expectation

    def feel_symptoms(self) -> None:
        """Work out the pain of today, with the drug and without it.

        The programme of therapies takes its part of the pain in both.
        """
        rules = self.rules
        lowest, without_drug = rules.remaining_floor, self.programme_remaining
        self.level = level = rules.recovered_pain_level if self.recovered else self.pain_level
        self.base_pain = base = clip(level + self.flare)
        self.drug_relief = drug_relief = self.slow_relief()
        self.remaining = remaining = self.remaining_after_programme(drug_relief)
        floored = lowest if remaining < lowest else remaining
        self.removed = (floored - remaining) * base
        self.treated_pain = treated = base * floored
        self.undrugged_pain = undrugged = base * max(without_drug, lowest)
        self.expectation_felt = expectation = self.expectation
        self.pain = self.pain_for_utility = clip(treated - expectation)
        self.pain_without_drug = clip(undrugged - expectation)
        self.pain_drug_only = clip(treated)

    def slow_relief(self) -> float:
        """Return the fraction of pain that ketamine at the effect site takes away."""
        slow_site = self.slow_site
        if not self.responds or slow_site <= 0.0:
            return 0.0
        tolerance = 1.0 + self.rules.tolerance_kappa * self.lifetime_auc_s / 1000.0
        return slow_site / (self.c50 * tolerance + slow_site)

    def remember_quiet_days(self) -> None:
        """Keep the pain of the days since the last lived one: it was the same on all of them."""
        first_day = max(self.lived_day + 1, self.day - HISTORY_DAYS)
        for day in range(first_day, self.day):
            self.pain_kept[day % HISTORY_DAYS] = self.pain
            self.pain_without_drug_kept[day % HISTORY_DAYS] = self.pain_without_drug

    def remember_pain(self) -> None:
        """Keep today's pain for the judgements of the coming weeks."""
        slot = self.day % HISTORY_DAYS
        self.pain_kept[slot] = self.pain
        self.pain_without_drug_kept[slot] = self.pain_without_drug

    def diary_errors(self, first_day: int, last_day: int) -> list[float]:
        """Return the error of the diary score, in NRS points, on each of these days."""
        oldest = first_day - (DIARY_TERMS - 1)
        normals = self.numbered_normals(Purpose.DIARY_ERROR, oldest, last_day)
        return [self.diary_error(normals, day - oldest) for day in range(first_day, last_day + 1)]

    def diary_error(self, normals: list[float], newest: int) -> float:
        """Return the moving average of the eight normals that end at `newest`, times the SD."""
        rules = self.rules
        last_eight = normals[newest - (DIARY_TERMS - 1) : newest + 1]
        total = 0.0
        for weight, normal in zip(rules.diary_weights, reversed(last_eight), strict=True):
            total = total + weight * normal
        return rules.diary_error_sd * total

    def diary_is_missing(self, day: int) -> bool:
        """Return whether nothing was written down on this day."""
        probability = self.rules.diary_missing_probability
        return self.numbered_uniform(Purpose.DIARY_MISSING, day) < probability

    def diary_scores(self, first_day: int, last_day: int) -> list[int]:
        """Return the pain scores of the diary that are present on these days, in order.

        Nothing was kept before the referral, the last one if there were several.
        """
        first_day = max(first_day, self.diary_since)
        if first_day > last_day:
            return []
        errors = self.diary_errors(first_day, last_day)
        return [
            rating(self.pain_kept[day % HISTORY_DAYS] + error)
            for day, error in enumerate(errors, first_day)
            if not self.diary_is_missing(day)
        ]

    def pain_score_today(self) -> int:
        """Return today's pain score as asked at the visit, never missing."""
        oldest = self.day - (DIARY_TERMS - 1)
        normals = self.numbered_normals(Purpose.DIARY_ERROR, oldest, self.day)
        return rating(self.pain + self.diary_error(normals, DIARY_TERMS - 1))

    def domain_baseline(self, domain: int) -> float:
        """Return what the patient scores on this instrument at the usual level of pain."""
        return {
            Domain.INTERFERENCE: self.interference,
            Domain.SLEEP: self.sleep,
            Domain.MOOD: self.mood,
            Domain.QUALITY_OF_LIFE: self.quality_of_life,
            Domain.GLOBAL_IMPRESSION: NO_CHANGE,
            Domain.OPIOID_DOSE: self.opioid_dose,
        }[domain]

    def domain_score(self, domain: int, occurrence: int) -> int:
        """Return today's score on the instrument of a domain other than pain."""
        rules = self.rules
        usual = clip(self.pain_level)
        error = rules.domain_error_sd[domain] * self.normal(Purpose.DOMAIN_ERROR, occurrence)
        score = (
            self.domain_baseline(domain) + rules.domain_slope[domain] * (self.pain - usual) + error
        )
        return self.within_range(domain, score)

    def within_range(self, domain: int, score: float) -> int:
        """Return `score` as a whole number within the instrument's range."""
        low, high = self.rules.domain_low[domain], self.rules.domain_high[domain]
        return round_half_up(limit(score, low, high))
