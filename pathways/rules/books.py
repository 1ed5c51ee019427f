"""What is written down: quality-adjusted life years, weekly sums, the event log and the trace."""

from __future__ import annotations

import math
from copy import copy
from struct import Struct

from pathways.codes import Event, Purpose
from pathways.layout import PAIN_KNOTS, PANEL_EVERY_WEEKS, PANEL_PATIENTS, RESULTS
from pathways.rules.arithmetic import round_half_up

RESULT_NAMES = tuple(field.name for field in RESULTS)
_EVENT = Struct("<qqqqdddqq")
_EVENT_WORDS = Struct("<9Q")
_WEEK = Struct("<ddddq")
_WEEK_WORDS = Struct("<5Q")
_MULTIPLIER = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


class Books:
    """Step 10 of the day, and the log that every step writes to."""

    def accrue(self) -> None:
        """Hold today's utilities and pain; the days until they change are added up at once."""
        utility = self.utility_at(self.pain_for_utility)
        drug_only = utility
        if self.pain_drug_only != self.pain_for_utility:
            drug_only = self.utility_at(self.pain_drug_only)
        held = (self.held_utility, self.held_pain, self.held_removed, self.held_drug_only)
        if (utility, self.pain, self.removed, drug_only) != held:
            self.bring_books_up_to(self.day)
            self.held_utility = utility
            self.held_pain = self.pain
            self.held_removed = self.removed
            self.held_drug_only = drug_only

    def utility_at(self, pain: float) -> float:
        """Return the utility of a day with this pain, for the patient's age, sex and harms."""
        knots = self.rules.utility_knots
        i = min(math.floor(pain), PAIN_KNOTS - 2)
        relative = knots[i] + (pain - i) * (knots[i + 1] - knots[i])
        utility = self.model.norm_utility[self.male][self.age_years] * relative
        if self.active_harms > 0:
            utility = utility - self.utility_decrement()
        return self.rules.utility_floor if utility < self.rules.utility_floor else utility

    def bring_books_up_to(self, day: int) -> None:
        """Add the days from the last entry until before `day` at the held values."""
        since, model = self.books_day, self.model
        discounted_years = model.effect_prefix[day] - model.effect_prefix[since]
        self.qaly += self.held_utility * discounted_years
        self.qaly_drug_only += self.held_drug_only * discounted_years
        years = model.years_prefix[day] - model.years_prefix[since]
        self.qaly_undiscounted += self.held_utility * years
        self.pain_days += self.held_pain * (day - since)
        self.floor_pain_days += self.held_removed * (day - since)
        self.books_day = day

    def close_books(self, day: int) -> None:
        """Add what is held until `day`: the day of death, or the end of the results."""
        self.bring_books_up_to(day)
        self.background_cost(day)

    def record_results(self, day: int) -> None:
        """Keep the results as they are at the start of `day`; the patient lives on."""
        closed = copy(self)
        if self.alive:
            closed.cost = list(self.cost)
            closed.cost_undiscounted = list(self.cost_undiscounted)
            closed.cost_line = list(self.cost_line)
            closed.close_books(day)
        values = (getattr(closed, name) for name in RESULT_NAMES)
        self.results = tuple(tuple(value) if isinstance(value, list) else value for value in values)

    def is_of_panel_today(self) -> bool:
        """Tell whether the diary is read this week for the mean observed score."""
        return self.patient < PANEL_PATIENTS and self.model.week % PANEL_EVERY_WEEKS == 0

    def weekly_row(self) -> None:
        """Add the patient to the clinic's week, and the latent state to the trace."""
        row = self.clinic.row
        row.in_state[self.state] += 1
        row.pain_sum_e6 += round_half_up(self.pain * 1e6)
        row.pain_without_drug_sum_e6 += round_half_up(self.pain_without_drug * 1e6)
        row.expectation_sum_e6 += round_half_up(self.expectation_felt * 1e6)
        row.base_pain_sum_e6 += round_half_up(self.base_pain * 1e6)
        row.programme_pain_sum_e6 += round_half_up(self.undrugged_pain * 1e6)
        if self.is_of_panel_today() and not self.diary_is_missing(self.day):
            row.panel_present += 1
            row.panel_score_sum += self.pain_score_today()
        if self.model.queues:
            self.count_waiting()
        bits = _WEEK.pack(
            self.pain, self.slow_site, self.expectation, self.programme_remaining, self.state
        )
        self.mix(_WEEK_WORDS.unpack(bits))

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
            trace = ((trace ^ word) * _MULTIPLIER) & _WORD
            trace = trace ^ (trace >> 29)
        self.trace = trace
