"""What is written down: quality-adjusted life years, results, the event log and the trace."""

from __future__ import annotations

import math
from struct import Struct

from pathways.codes import Event, Purpose
from pathways.layout import PAIN_KNOTS, RESULTS

RESULT_NAMES = tuple(field.name for field in RESULTS)
ACCOUNTS = ("cost", "cost_undiscounted", "cost_line")
BOOK_NAMES = (
    "books_day",
    "qaly",
    "qaly_drug_only",
    "qaly_undiscounted",
    "pain_days",
    "floor_pain_days",
    *ACCOUNTS,
)
"""What closing the books changes."""

_EVENT = Struct("<qqqqdddqq")
_EVENT_WORDS = Struct("<9Q")
MULTIPLIER = 0x9E3779B97F4A7C15
SHIFT = 29
_WORD = (1 << 64) - 1


class Books:
    """Step 10 of the day, and the log that every step writes to."""

    def accrue(self) -> None:
        """Hold today's utilities and pain; the days until they change are added up at once."""
        pain, removed = self.pain, self.removed
        utility = drug_only = self.utility_at(self.pain_for_utility)
        if self.pain_drug_only != self.pain_for_utility:
            drug_only = self.utility_at(self.pain_drug_only)
        if (
            utility != self.held_utility
            or pain != self.held_pain
            or removed != self.held_removed
            or drug_only != self.held_drug_only
        ):
            self.bring_books_up_to(self.day)
            self.held_utility, self.held_drug_only = utility, drug_only
            self.held_pain, self.held_removed = pain, removed

    def utility_at(self, pain: float) -> float:
        """Return the utility of a day with this pain, for the patient's age, sex and harms."""
        rules = self.rules
        knots, lowest = rules.utility_knots, rules.utility_floor
        i = min(math.floor(pain), PAIN_KNOTS - 2)
        relative = knots[i] + (pain - i) * (knots[i + 1] - knots[i])
        utility = self.model.norm_utility[self.male][self.age_years] * relative
        if self.active_harms > 0:
            utility = utility - self.utility_decrement()
        return lowest if utility < lowest else utility

    def bring_books_up_to(self, day: int) -> None:
        """Add the days from the last entry until before `day` at the held values."""
        since, utility, days = self.books_day, self.held_utility, day - self.books_day
        effect_prefix, years_prefix = self.model.effect_prefix, self.model.years_prefix
        discounted_years = effect_prefix[day] - effect_prefix[since]
        self.qaly += utility * discounted_years
        self.qaly_drug_only += self.held_drug_only * discounted_years
        self.qaly_undiscounted += utility * (years_prefix[day] - years_prefix[since])
        self.pain_days += self.held_pain * days
        self.floor_pain_days += self.held_removed * days
        self.books_day = day

    def close_books(self, day: int) -> None:
        """Add what is held until `day`: the day of death, or the end of the results."""
        self.bring_books_up_to(day)
        self.background_cost(day)

    def record_results(self, day: int) -> None:
        """Keep the results as they are at the start of `day`; the patient lives on."""
        books = {name: getattr(self, name) for name in BOOK_NAMES}
        for name in ACCOUNTS:
            setattr(self, name, list(books[name]))
        if self.alive:
            self.close_books(day)
        values = (getattr(self, name) for name in RESULT_NAMES)
        self.results = tuple(tuple(value) if isinstance(value, list) else value for value in values)
        for name, value in books.items():
            setattr(self, name, value)

    def log_event(
        self,
        event: Event,
        code: int = 0,
        value_1: float = 0.0,
        value_2: float = 0.0,
        value_3: float = 0.0,
        purpose: Purpose = Purpose.NONE,
        occurrence: int = 0,
    ) -> None:
        """Write one line of the event log, and mix it into the trace."""
        line = (
            self.model.day,
            self.day_step,
            event,
            code,
            value_1,
            value_2,
            value_3,
            purpose,
            occurrence,
        )
        self.mix(_EVENT_WORDS.unpack(_EVENT.pack(*line)))
        if self.model.keep_events:
            self.events.append((self.patient, *line, self.clinic_number))

    def mix(self, words: tuple[int, ...]) -> None:
        """Fold 64-bit words into the trace, one after the other."""
        trace = self.trace
        for word in words:
            trace = ((trace ^ word) * MULTIPLIER) & _WORD
            trace = trace ^ (trace >> SHIFT)
        self.trace = trace
