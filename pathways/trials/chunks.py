"""Simulate some patients of a leg: its plan, its luck, and who of them is lost."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pathways.trials.parameters import rate_per_year
from pathways.trials.seen import DAYS_PER_YEAR, OBSERVATION_BYTES, Seen, Values, see

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    from pathways.plan import Plan, RawResult
    from pathways.trials.legs import Leg
    from pathways.trials.load import Trial

CHUNK_BYTES = 100_000_000
CHUNK_PATIENTS = 40_000
CHUNK_WITH_EVENTS = 10_000


@dataclass(frozen=True)
class Luck:
    """Where the draws of simulated patients come from.

    Attributes
    ----------
    seed : int
        As given.
    draw : int
        Parameter draw; 0 for every value as stated.
    stream : int
        Another one has other patients with other luck under the same seed.
    """

    seed: int
    draw: int = 0
    stream: int = 0

    def seed_of(self, trial_name: str, leg: int, chunk: int) -> int:
        """Return the seed of a chunk of patients."""
        stream = f"/{self.stream}" if self.stream else ""
        address = f"{self.seed}{stream}/{trial_name}/{leg}/{chunk}".encode()
        return int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Chunk:
    """Patients of a leg that were simulated together.

    Attributes
    ----------
    leg, plan, raw : Leg, Plan, RawResult
    lost_day : numpy.ndarray or None
        Patient day from which each of them is lost, shape (patients,).
    until_end_of_treatment : bool
        Whether scores are missing from the day on which the infusions end early.
    """

    leg: Leg
    plan: Plan
    raw: RawResult
    lost_day: Values | None
    until_end_of_treatment: bool

    @property
    def eligible(self) -> NDArray[np.int64]:
        """Rows of the eligible patients."""
        return np.flatnonzero(self.raw.results["eligible"] == 1)

    def seen(self, rows: NDArray[np.int64]) -> Seen:
        """Return what is seen of some of them."""
        return see(
            self.leg,
            self.plan,
            self.raw,
            rows,
            self.lost_of(rows),
            until_end_of_treatment=self.until_end_of_treatment,
        )

    def lost_of(self, rows: NDArray[np.int64]) -> Values | None:
        """Return the day from which some of them are lost, None if nobody is."""
        return None if self.lost_day is None else self.lost_day[rows]


class Chunks:
    """Simulates patients of a trial's legs in chunks.

    Parameters
    ----------
    trial : Trial
    luck : Luck
    parameters : mapping
        Numbers in place of evidence parameters.
    keep_events : bool
        Whether infusions and harms are kept.
    """

    def __init__(
        self, trial: Trial, luck: Luck, parameters: Mapping[str, Any], *, keep_events: bool
    ) -> None:
        self._trial, self._luck, self._keep_events = trial, luck, keep_events
        self._lost_per_day = _lost_per_day(trial, parameters, luck)
        self._plans: dict[int, Plan] = {}

    def most(self, leg: Leg) -> int:
        """Return the most patients of a chunk."""
        return chunk_patients(len(leg.observed_days), self._keep_events)

    def simulate(self, leg: Leg, number: int, patients: int) -> Chunk:
        """Return a chunk; the same number gives the same patients."""
        seed = self._luck.seed_of(self._trial.name, leg.number, number)
        plan = replace(
            self._plan(leg),
            seed=seed,
            patients=patients,
            clinic_patients=np.array([patients], np.int64),
            referral_days=np.zeros(patients, np.int64),
        )
        from pathways.engines.kernel_engine import run

        raw = run(plan, keep_events=self._keep_events)
        until_end = self._trial.document.scores_end_with_treatment
        return Chunk(leg, plan, raw, self._lost_day(leg, seed, patients), until_end)

    def _plan(self, leg: Leg) -> Plan:
        # Legs that differ in the days of their courses alone share a scenario.
        key = id(leg.scenario)
        if key not in self._plans:
            self._plans[key] = resolved(leg, self._luck)
        return with_courses(self._plans[key], leg)

    def _lost_day(self, leg: Leg, seed: int, patients: int) -> Values | None:
        if self._lost_per_day == 0.0:
            return None
        first = next(iter(leg.arms.values())).first
        clock = np.random.Generator(np.random.PCG64(seed)).exponential(size=patients)
        return first + clock / self._lost_per_day


def chunk_patients(observed_days: int, keep_events: bool) -> int:
    """Return how many patients are simulated at once."""
    by_memory = CHUNK_BYTES // (OBSERVATION_BYTES * max(1, observed_days))
    return max(100, min(by_memory, CHUNK_WITH_EVENTS if keep_events else CHUNK_PATIENTS))


def resolved(leg: Leg, luck: Luck) -> Plan:
    """Return the plan of a leg's scenario in a parameter draw."""
    from pathways.resolve.resolver import resolve

    return resolve(leg.scenario, patients=1, seed=luck.seed, draw=luck.draw)


def with_courses(plan: Plan, leg: Leg) -> Plan:
    """Return the plan of a leg: its own courses and days, everything else shared."""
    rules = plan.rule_sets.copy()
    observed = np.array(leg.observed_days, np.int64)
    for place, (day, step) in enumerate(leg.courses):
        rules["protocol_day"][:, place] = day
        rules["protocol_step"][:, place] = step
    if leg.courses:
        rules["protocol_courses"] = len(leg.courses)
    return replace(plan, rule_sets=rules, observed_days=observed)


def _lost_per_day(trial: Trial, parameters: Mapping[str, Any], luck: Luck) -> float:
    drop_out = trial.document.drop_out
    if drop_out is None:
        return 0.0
    return rate_per_year(drop_out.rate, parameters, luck.seed, luck.draw) / DAYS_PER_YEAR
