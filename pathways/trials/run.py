"""Simulate a trial many times at its published size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pathways.errors import InputError, Place, raise_errors
from pathways.trials import pooling
from pathways.trials.aggregates import IN_ONE_ARM, mean_and_error
from pathways.trials.chunks import Chunks, Luck, resolved, with_courses
from pathways.trials.endpoint import OF_HARMS
from pathways.trials.legs import Leg, curve_days, legs_of
from pathways.trials.parameters import name_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.trials.endpoint import Endpoint
    from pathways.trials.load import Trial
    from pathways.trials.seen import Seen, Values

DEFAULT_REPLICATES = 2000
DEFAULT_SEED = 1
MOST_CHUNKS_WITHOUT_ANYBODY = 20
OF_EVENTS = (*OF_HARMS, "share_completed", "infusions")

Told = Callable[[int], object]
"""Called with the patients simulated since it was last called."""


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
    patients_simulated : int
        Eligible or not.
    draws : numpy.ndarray or None
        Parameter draw of each replicate, shape (replicates,), where there are several.
    """

    trial: Trial
    replicates: int
    values: dict[tuple[str, str], Values] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)
    members: dict[str, TrialRun] = field(default_factory=dict)
    patients_simulated: int = 0
    draws: NDArray[np.int64] | None = None

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
    draws: int = 0,
    parameters: Mapping[str, Any] | None = None,
    runs: dict[str, TrialRun] | None = None,
    endpoints: tuple[str, ...] | None = None,
    curves: bool = True,
    stream: int = 0,
    told: Told | None = None,
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
    draws : int
        Instead of one draw the replicates are shared out among draws 1 to this, each with luck of
        its own.
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
    stream : int
        Another one has other patients with other luck under the same seed.
    told : callable, optional
        Called now and then with the patients simulated since.

    Returns
    -------
    TrialRun

    Raises
    ------
    InputError
        If the trial cannot be simulated, nobody is eligible, or `runs` are of something else.
    """
    if trial.is_pooled:
        options = {"replicates": replicates, "seed": seed, "draw": draw, "draws": draws}
        options |= {"parameters": parameters, "stream": stream, "told": told}
        return _simulate_members(trial, runs if runs is not None else {}, options)
    if draws:
        options = {"seed": seed, "parameters": parameters, "endpoints": endpoints}
        options |= {"curves": curves, "told": told}
        return _simulate_draws(trial, replicates, draws, options)
    chosen = [e for e in trial.endpoints if endpoints is None or e.name in endpoints]
    luck = Luck(seed, draw, stream)
    return _Work(trial, chosen, replicates, luck, dict(parameters or {}), curves, told).run()


def _simulate_members(trial: Trial, runs: dict[str, TrialRun], options: dict[str, Any]) -> TrialRun:
    run = TrialRun(trial, options["replicates"])
    for name, member in trial.members.items():
        if member.name not in runs:
            runs[member.name] = simulate_trial(member, **options)
        _refuse_another_run(trial, member, runs[member.name], options)
        run.members[name] = runs[member.name]
        run.draws = runs[member.name].draws
    return run


def _refuse_another_run(
    trial: Trial, member: Trial, run: TrialRun, options: dict[str, Any]
) -> None:
    """Refuse to pool what only has the name of a member, or another number of trials."""
    place = Place(trial.file)
    if run.trial.file != member.file and run.trial.document != member.document:
        problem = f"{member.file} and {run.trial.file} are both named `{member.name}`"
        raise InputError(place, problem, "another `trial:` in one of them")
    several = 0 if run.draws is None else len(np.unique(run.draws))
    if (run.replicates, several) != (options["replicates"], options["draws"]):
        problem = f"the run of {member.name} has {run.replicates} trials in {several} draws"
        allowed = f"{options['replicates']} in {options['draws']}"
        raise InputError(place, problem, allowed)


def _simulate_draws(trial: Trial, replicates: int, draws: int, options: dict[str, Any]) -> TrialRun:
    """Return the replicates of every draw, one draw after the other."""
    if draws > replicates:
        problem = f"{replicates} trials cannot be shared out among {draws} draws"
        raise InputError(Place(path="draws"), problem, f"1 to {replicates}")
    shares = replicates_of_draws(replicates, draws)
    runs = [
        simulate_trial(trial, replicates=share, draw=draw, stream=draw, **options)
        for draw, share in enumerate(shares, start=1)
    ]
    keys = runs[0].values
    return TrialRun(
        trial,
        replicates,
        {key: np.concatenate([run.values[key] for run in runs]) for key in keys},
        {name: _joined([run.curves[name] for run in runs]) for name in runs[0].curves},
        patients_simulated=sum(run.patients_simulated for run in runs),
        draws=np.repeat(np.arange(1, draws + 1), shares),
    )


def replicates_of_draws(replicates: int, draws: int) -> list[int]:
    """Return how many replicates each draw has: as even as can be, the first one more."""
    return [replicates // draws + (place < replicates % draws) for place in range(draws)]


def _joined(curves: list[Curve]) -> Curve:
    total = np.sum([one.total for one in curves], axis=0)
    return Curve(curves[0].days, total, np.sum([one.count for one in curves], axis=0))


class _Work:
    """One simulation of a trial: its legs one after the other, each in chunks."""

    def __init__(
        self,
        trial: Trial,
        endpoints: list[Endpoint],
        replicates: int,
        luck: Luck,
        parameters: dict[str, Any],
        curves: bool,
        told: Told | None,
    ) -> None:
        self.trial, self.endpoints, self.replicates = trial, endpoints, replicates
        self.luck, self.told = luck, told
        self.parameters = used_of(trial, parameters)
        # A rate of the trial's own may refer to a parameter that its plans do not use.
        self.chunks = Chunks(trial, luck, parameters, keep_events=keeps_events(endpoints))
        self.result = TrialRun(trial, replicates)
        for arm in trial.document.arms if curves else ():
            days = curve_days(trial, arm.name)
            zeros = np.zeros(len(days))
            self.result.curves[arm.name] = Curve(days, zeros, zeros.copy())

    def run(self) -> TrialRun:
        """Simulate every leg and put the arms together."""
        found: dict[tuple[str, str], list[Values]] = {}
        for leg in legs_of(self.trial, self.parameters):
            for key, values in self._leg(leg).items():
                shape = (self.replicates, leg.patients, *values.shape[1:])
                found.setdefault(key, []).append(values.reshape(shape))
        self.result.values = {key: np.concatenate(legs, 1) for key, legs in found.items()}
        return self.result

    def _leg(self, leg: Leg) -> dict[tuple[str, str], Values]:
        """Return the values of a leg's eligible patients, one trial after the other."""
        needed, done, number = leg.patients * self.replicates, 0, 0
        most = self.chunks.most(leg)
        found: dict[tuple[str, str], list[Values]] = {}
        while done < needed:
            # A few more than needed: some are not eligible.
            patients = min(most, needed - done + (needed - done) // 20 + 10)
            chunk = self.chunks.simulate(leg, number, patients)
            rows = chunk.eligible[: needed - done]
            for key, values in self._values(leg, chunk.seen(rows)).items():
                found.setdefault(key, []).append(values)
            done, number = done + len(rows), number + 1
            self.result.patients_simulated += patients
            if self.told is not None:
                self.told(patients)
            if done == 0 and number >= MOST_CHUNKS_WITHOUT_ANYBODY:
                place = self.trial.places.place(("selection",))
                raise InputError(place, "nobody is eligible among those considered")
        return {key: np.concatenate(chunks) for key, chunks in found.items()}

    def _values(self, leg: Leg, seen: Seen) -> dict[tuple[str, str], Values]:
        for name in leg.arms:
            if name in self.result.curves:
                _add_to_curve(self.result.curves[name], seen, name)
        return values_of(self.endpoints, seen)


def keeps_events(endpoints: Iterable[Endpoint]) -> bool:
    """Whether infusions and harms have to be kept."""
    return any(e.moment is not None or e.measure in OF_EVENTS for e in endpoints)


def values_of(endpoints: Iterable[Endpoint], seen: Seen) -> dict[tuple[str, str], Values]:
    """Return what endpoints measure in the arms of a leg."""
    return {
        (endpoint.name, name): seen.values(endpoint, name)
        for endpoint in endpoints
        for name in endpoint.arms
        if name in seen.leg.arms
    }


def _add_to_curve(curve: Curve, seen: Seen, name: str) -> None:
    if not curve.days:
        return
    scores = seen.days(seen.leg.arms[name], tuple(curve.days))
    is_there = np.isfinite(scores)
    curve.total += np.where(is_there, scores, 0.0).sum(axis=0)
    curve.count += is_there.sum(axis=0)


def used_of(trial: Trial, parameters: Mapping[str, Any]) -> dict[str, Any]:
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


def refuse_unsimulable(trial: Trial) -> None:
    """Refuse a trial whose values, days or courses cannot be simulated; nothing is simulated.

    Raises
    ------
    InputError
        With the place of everything that is wrong.
    """
    errors: list[InputError] = []
    for one in trial.members.values() if trial.is_pooled else [trial]:
        try:
            _refuse_unsimulable_legs(one)
        except InputError as found:
            errors += found.errors
    raise_errors(errors)


def _refuse_unsimulable_legs(trial: Trial) -> None:
    tried: set[int] = set()
    errors: dict[str, InputError] = {}
    for leg in legs_of(trial):
        if id(leg.scenario) in tried:
            continue
        tried.add(id(leg.scenario))
        try:
            with_courses(resolved(leg, Luck(DEFAULT_SEED)), leg)
        except InputError as found:
            # What all arms share would be told once for each.
            errors |= {str(error): error for error in found.errors}
    raise_errors(list(errors.values()))
