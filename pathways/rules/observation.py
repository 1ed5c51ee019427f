"""What is seen of a patient on chosen days; nothing depends on it (docs/model.md 10b)."""

from __future__ import annotations

from pathways.layout import OBSERVATION

MISSING = -1
SEEN = 1
OBSERVATION_NAMES = tuple(field.name for field in OBSERVATION)


class Observation:
    """Between the steps 5 and 6 of the day."""

    def be_unobserved(self) -> None:
        """Have been seen on no day."""
        self.observations: dict[int, tuple] = {}

    def observe(self) -> None:
        """Write down today's symptoms as they are before visits and infusions."""
        missing = self.diary_is_missing(self.day)
        seen = {
            "seen": SEEN,
            "state": self.state,
            "score": MISSING if missing else self.pain_score_today(),
            "level": self.level,
            "flare": self.flare,
            "base": self.base_pain,
            "slow_relief": self.drug_relief,
            "programme_remaining": self.programme_remaining,
            "remaining": self.remaining,
            "treated": self.treated_pain,
            "expectation": self.expectation_felt,
            "pain": self.pain,
            "pain_without_drug": self.pain_without_drug,
        }
        self.observations[self.day] = tuple(seen[name] for name in OBSERVATION_NAMES)
