"""Simulate a trial many times at its published size."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.errors import InputError, Place
from pathways.trials import pooling
from pathways.trials.aggregates import IN_ONE_ARM, mean_and_error
from pathways.trials.endpoint import OF_HARMS
from pathways.trials.legs import Leg, curve_days, legs_of
from pathways.trials.parameters import name_of, rate_per_year
from pathways.trials.seen import DAYS_PER_YEAR, OBSERVATION_BYTES, Seen, Values, see

if TYPE_CHECKING:
    from pathways.plan import Plan
    from pathways.trials.endpoint import Endpoint
    from pathways.trials.load import Trial

DEFAULT_REPLICATES = 2000
DEFAULT_SEED = 1
CHUNK_BYTES = 100_000_000
CHUNK_PATIENTS = 40_000
CHUNK_WITH_EVENTS = 10_000
MOST_CHUNKS_WITHOUT_ANYBODY = 20
OF_EVENTS = (*OF_HARMS, "share_completed", "infusions")


@dataclass
class Curve:
    """Mean diary of an arm by day from its first infusion, over all patients simulated."""

    days: list[int]
    total: Values
    count: Values

    @property
    def means(self) -> Values:
        """Mean score by day, NaN where nobody was scored."""
        empty = np.full(len(self.days), np.nan)
        return np.divide(self.total, self.count, out=empty, where=self.count > 0)


@dataclass
class TrialRun:
    """A trial simulated many times.

    Attributes
    ----------
    trial : Trial
    replicates : int
        Trials of the published size.
    values : dict of (str, str) to numpy.ndarray
        By endpoint and arm: shape (replicates, patients), or with the visits behind; NaN missing.
    curves : dict of str to Curve
        By arm.
    members : dict of str to TrialRun
        Of a synthesis.
    """

    trial: Trial
    replicates: int
    values: dict[tuple[str, str], Values] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    members: dict[str, TrialRun] = field(default_factory=dict)
    patients_simulated: int = 0

    def estimates(self, endpoint: str | Endpoint) -> Values:
        """Return what each simulated trial would report of an endpoint.

        Returns
        -------
        numpy.ndarray
            Shape (replicates,); NaN where nobody was scored.
        """
        one = self._endpoint(endpoint)
        if one.name not in self._estimates:
            self._estimates[one.name] = self._estimated(one)
        return self._estimates[one.name][0]

    def errors(self, endpoint: str | Endpoint) -> Values:
        """Return the standard error each simulated trial would report, shape (replicates,)."""
        self.estimates(endpoint)
        return self._estimates[self._endpoint(endpoint).name][1]

    def expected(self, endpoint: str | Endpoint) -> float:
        """Return the mean over the simulated trials."""
        found = self.estimates(endpoint)
        there = found[np.isfinite(found)]
        return float(there.mean()) if len(there) else math.nan

    @cached_property
    def _estimates(self) -> dict[str, tuple[Values, Values]]:
        return {}

    def _endpoint(self, endpoint: str | Endpoint) -> Endpoint:
        return self.trial.document.endpoint(endpoint) if isinstance(endpoint, str) else endpoint

    def _estimated(self, endpoint: Endpoint) -> tuple[Values, Values]:
        if endpoint.pool:
            return pooling.pooled(endpoint, self.members)
        by_arm = [self.values[endpoint.name, arm] for arm in endpoint.arms]
        if endpoint.versus is not None and self._is_paired(endpoint):
            mean, error = mean_and_error(by_arm[0] - by_arm[1])
        else:
            mean, error = _difference([IN_ONE_ARM[endpoint.measure](arm) for arm in by_arm])
        if endpoint.scale == "standard_errors":
            scaled = np.divide(mean, error, out=np.full(mean.shape, np.nan), where=error > 0.0)
            return scaled, np.ones(len(scaled))
        return mean, error

    def _is_paired(self, endpoint: Endpoint) -> bool:
        is_mean = IN_ONE_ARM[endpoint.measure] is mean_and_error
        return is_mean and self.trial.document.design == "crossover"


def _difference(arms: list[tuple[Values, Values]]) -> tuple[Values, Values]:
    """Return the one arm, or the first less the second, with its standard error."""
    if len(arms) == 1:
        return arms[0]
    (a, error_a), (b, error_b) = arms
    return a - b, np.sqrt(error_a * error_a + error_b * error_b)


def simulate_trial(
    trial: Trial,
    *,
    replicates: int = DEFAULT_REPLICATES,
    seed: int = DEFAULT_SEED,
    draw: int = 0,
    parameters: Mapping[str, Any] | None = None,
    runs: dict[str, TrialRun] | None = None,
    endpoints: tuple[str, ...] | None = None,
    curves: bool = True,
) -> TrialRun:
    """Simulate a trial many times at its published size.

    Parameters
    ----------
    trial : Trial
    replicates : int
        Trials of the published size. The first of many are those of few.
    seed : int
        Same seed, same patients with the same luck, whatever the parameters.
    draw : int
        Parameter draw; 0 for every value as stated.
    parameters : mapping, optional
        Numbers in place of evidence parameters, by id or name, a component as
        ``responder_share_by_condition.crps``; over those of the file. A parameter that the trial
        does not use changes nothing.
    runs : dict, optional
        Finished runs by name of trial, of the same arguments; a synthesis takes its members from
        it and adds those it lacks.
    endpoints : tuple of str, optional
        Only these, which can spare most of the time.
    curves : bool
        Whether the mean diaries of the arms are kept.

    Returns
    -------
    TrialRun

    Raises
    ------
    InputError
        If the trial cannot be simulated, or nobody is eligible.
    """
    if trial.is_pooled:
        options = {"replicates": replicates, "seed": seed, "draw": draw, "parameters": parameters}
        return _simulate_members(trial, runs if runs is not None else {}, options)
    chosen = [e for e in trial.endpoints if endpoints is None or e.name in endpoints]
    work = _Work(trial, chosen, replicates, seed, draw, dict(parameters or {}), curves)
    return work.run()


def _simulate_members(trial: Trial, runs: dict[str, TrialRun], options: dict[str, Any]) -> TrialRun:
    run = TrialRun(trial, options["replicates"])
    for name, member in trial.members.items():
        if member.name not in runs:
            runs[member.name] = simulate_trial(member, **options)
        run.members[name] = runs[member.name]
    return run


class _Work:
    """One simulation of a trial: its legs one after the other, each in chunks."""

    def __init__(
        self,
        trial: Trial,
        endpoints: list[Endpoint],
        replicates: int,
        seed: int,
        draw: int,
        parameters: dict[str, Any],
        curves: bool,
    ) -> None:
        self.trial, self.endpoints = trial, endpoints
        self.replicates, self.seed, self.draw = replicates, seed, draw
        self.parameters = _used_of(trial, parameters)
        self.lost_per_day = self._lost_per_day(parameters)
        self.keeps_events = any(e.moment is not None or e.measure in OF_EVENTS for e in endpoints)
        self.result = TrialRun(trial, replicates)
        arms = trial.document.arms if curves else ()
        for arm in arms:
            days = curve_days(trial, arm.name)
            zeros = np.zeros(len(days))
            self.result.curves[arm.name] = Curve(days, zeros, zeros.copy())

    def run(self) -> TrialRun:
        """Simulate every leg and put the arms together."""
        found: dict[tuple[str, str], list[Values]] = {}
        plans: dict[int, Plan] = {}
        for leg in legs_of(self.trial, self.parameters):
            if id(leg.scenario) not in plans:
                plans[id(leg.scenario)] = _resolved(leg, self.seed, self.draw)
            for key, values in self._leg(leg, _with_courses(plans[id(leg.scenario)], leg)).items():
                shape = (self.replicates, leg.patients, *values.shape[1:])
                found.setdefault(key, []).append(values.reshape(shape))
        self.result.values = {key: np.concatenate(legs, 1) for key, legs in found.items()}
        return self.result

    def _lost_per_day(self, parameters: Mapping[str, Any]) -> float:
        drop_out = self.trial.document.drop_out
        if drop_out is None:
            return 0.0
        return rate_per_year(drop_out.rate, parameters, self.seed, self.draw) / DAYS_PER_YEAR

    def _leg(self, leg: Leg, plan: Plan) -> dict[tuple[str, str], Values]:
        """Return the values of a leg's eligible patients, one trial after the other."""
        needed, done, number = leg.patients * self.replicates, 0, 0
        most = _chunk_patients(plan, self.keeps_events)
        found: dict[tuple[str, str], list[Values]] = {}
        while done < needed:
            # A few more than needed: some are not eligible.
            patients = min(most, needed - done + (needed - done) // 20 + 10)
            seen = self._chunk(leg, plan, number, patients, needed - done)
            for key, values in self._values(leg, seen).items():
                found.setdefault(key, []).append(values)
            done, number = done + len(seen.enrolment), number + 1
            self.result.patients_simulated += patients
            if done == 0 and number >= MOST_CHUNKS_WITHOUT_ANYBODY:
                place = self.trial.places.place(("selection",))
                raise InputError(place, "nobody is eligible among those considered")
        return {key: np.concatenate(chunks) for key, chunks in found.items()}

    def _chunk(self, leg: Leg, plan: Plan, number: int, patients: int, wanted: int) -> Seen:
        from pathways.engines.kernel_engine import run

        seed = _seed_of(self.seed, self.trial.name, leg.number, number)
        plan = replace(
            plan,
            seed=seed,
            patients=patients,
            clinic_patients=np.array([patients], np.int64),
            referral_days=np.zeros(patients, np.int64),
        )
        raw = run(plan, keep_events=self.keeps_events)
        rows = np.flatnonzero(raw.results["eligible"] == 1)[:wanted]
        document = self.trial.document
        lost = self._lost_day(leg, seed, patients)
        until_end = document.scores_end_with_treatment
        lost_of = None if lost is None else lost[rows]
        return see(leg, plan, raw, rows, lost_of, until_end_of_treatment=until_end)

    def _lost_day(self, leg: Leg, seed: int, patients: int) -> Values | None:
        if self.lost_per_day == 0.0:
            return None
        first = next(iter(leg.arms.values())).first
        clock = np.random.Generator(np.random.PCG64(seed)).exponential(size=patients)
        return first + clock / self.lost_per_day

    def _values(self, leg: Leg, seen: Seen) -> dict[tuple[str, str], Values]:
        for name in leg.arms:
            if name in self.result.curves:
                _add_to_curve(self.result.curves[name], seen, name)
        return {
            (endpoint.name, name): seen.values(endpoint, name)
            for endpoint in self.endpoints
            for name in endpoint.arms
            if name in leg.arms
        }


def _add_to_curve(curve: Curve, seen: Seen, name: str) -> None:
    if not curve.days:
        return
    scores = seen.days(seen.leg.arms[name], tuple(curve.days))
    is_there = np.isfinite(scores)
    curve.total += np.where(is_there, scores, 0.0).sum(axis=0)
    curve.count += is_there.sum(axis=0)


def _used_of(trial: Trial, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that the trial uses."""
    if not parameters:
        return {}
    if "used" not in trial.memory:
        from pathways.evidence.book import book
        from pathways.resolve.resolver import resolve

        scenarios = {id(leg.scenario): leg.scenario for leg in legs_of(trial)}
        ids = [
            one
            for scenario in scenarios.values()
            for one in resolve(scenario, patients=1).description["parameter_ids"]
        ]
        trial.memory["used"] = {book().parameter(one).name for one in ids}
    used = trial.memory["used"]
    return {
        key: value for key, value in parameters.items() if name_of(key.partition(".")[0]) in used
    }


def _resolved(leg: Leg, seed: int, draw: int) -> Plan:
    from pathways.resolve.resolver import resolve

    return resolve(leg.scenario, patients=1, seed=seed, draw=draw)


def _with_courses(plan: Plan, leg: Leg) -> Plan:
    """Return the plan of a leg: its own courses and days, everything else shared."""
    rules = plan.rule_sets.copy()
    observed = np.array(leg.observed_days, np.int64)
    for place, (day, step) in enumerate(leg.courses):
        rules["protocol_day"][:, place] = day
        rules["protocol_step"][:, place] = step
    if leg.courses:
        rules["protocol_courses"] = len(leg.courses)
    return replace(plan, rule_sets=rules, observed_days=observed)


def _chunk_patients(plan: Plan, keeps_events: bool) -> int:
    by_memory = CHUNK_BYTES // (OBSERVATION_BYTES * max(1, len(plan.observed_days)))
    return max(100, min(by_memory, CHUNK_WITH_EVENTS if keeps_events else CHUNK_PATIENTS))


def _seed_of(seed: int, name: str, leg: int, chunk: int) -> int:
    address = f"{seed}/{name}/{leg}/{chunk}".encode()
    return int.from_bytes(hashlib.blake2b(address, digest_size=8).digest(), "little")


def refuse_unsimulable(trial: Trial) -> None:
    """Refuse a trial whose values, days or courses cannot be simulated; nothing is simulated.

    Raises
    ------
    InputError
        With the place of what is wrong.
    """
    for one in trial.members.values() if trial.is_pooled else [trial]:
        for leg in legs_of(one):
            _with_courses(_resolved(leg, DEFAULT_SEED, 0), leg)


def refuse_bad_replicates(replicates: int) -> None:
    """Refuse a number of simulated trials that says nothing, or takes days.

    Raises
    ------
    InputError
        With what is allowed.
    """
    if not 10 <= replicates <= 100_000:
        raise InputError(Place(path="replicates"), f"{replicates} trials", "10 to 100000")
