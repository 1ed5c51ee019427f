"""Posterior predictive checks: trials simulated at posterior draws, beside what was published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration.bank import values_at, workers
from pathways.calibration.fit import Fit, rows_of
from pathways.calibration.likelihood import to_scale
from pathways.calibration.settings import Settings
from pathways.trials.published import settled
from pathways.trials.verdict import independent_trials, two_sided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.trials.endpoint import Endpoint

TRIALS = (
    "pickering-2020",
    "sigtermans-2009",
    "michelet-2018",
    "kvarnstrom-2003",
    "kvarnstrom-2004",
    "wiffen-2017-placebo",
    "corriger-2022",
    "tankha-2025",
    "patil-2012",
    "yale-2024",
)
SEED = 7_000_000
LEVEL = 0.05
TAILS = (0.025, 0.975)


@dataclass(frozen=True)
class Predicted:
    """One endpoint at the posterior, and at the values as stated.

    Attributes
    ----------
    trial, endpoint, title : str
    use, status : str
        As in the trial file; the status of the published number.
    is_fraction : bool
        Whether it is read in percent.
    published : tuple of float or None
        The value twice, or the ends of a range; None where nothing was published.
    stated, mean, low, high : float
        Mean at the values as stated; mean and 95 % range of trials of the published size at
        posterior draws: luck of a trial and uncertainty of the parameters together.
    probability, stated_probability : float
        Of a result as extreme as the published one, both sides; NaN without one.
    monte_carlo_error : float
        Standard error of `probability`.
    """

    trial: str
    endpoint: str
    title: str
    use: str
    status: str
    is_fraction: bool
    published: tuple[float, float] | None
    stated: float
    mean: float
    low: float
    high: float
    probability: float
    stated_probability: float
    monte_carlo_error: float

    @property
    def fits(self) -> bool | None:
        """Whether the published result is one that the model expects; None without one."""
        return None if self.published is None else self.probability >= LEVEL


@dataclass(frozen=True)
class EmulatorCheck:
    """The stand-in beside real simulations at posterior draws, on the scale of the likelihood.

    Attributes
    ----------
    target : str
    size : float
        Standard error of the published result.
    stated : float
        The stand-in's own estimate of its error.
    bias, spread : float
        Mean and standard deviation of simulated less stand-in; the luck of simulated patients is in
        the spread.
    """

    target: str
    size: float
    stated: float
    bias: float
    spread: float


def check(
    found: Fit, rows: int, processes: int, tell: Callable[[str], None]
) -> tuple[list[Predicted], list[EmulatorCheck]]:
    """Simulate trials at posterior draws.

    Parameters
    ----------
    found : Fit
    rows : int
        Posterior draws, the first that are kept.
    processes : int
    tell : callable
        Is told how far it is.
    """
    settings = found.settings
    middle = np.zeros((1, found.points.shape[1]))
    used = rows_of(found)[1][:rows]
    points = np.vstack([middle, found.book_points[used]])
    seeds = range(SEED, SEED + len(points))
    drawn = []
    with workers(processes) as pool:
        jobs = pool.map(_estimates, [settings] * len(points), points, seeds, [0, *[1] * rows])
        for number, one in enumerate(jobs):
            drawn.append(one)
            tell(f"{number} of {rows} posterior draws")
    predicted = [
        _predicted(endpoint, trial, drawn[0], drawn[1:]) for trial, endpoint in _endpoints()
    ]
    return predicted, _emulator_checks(found, used, drawn[1:])


Key = tuple[str, str]
Estimates = dict[Key, "NDArray[np.float64]"]


def _endpoints() -> list[tuple[str, Endpoint]]:
    from pathways.calibration.simulate import load_cached

    return [(name, one) for name in TRIALS for one in load_cached(name).endpoints]


def _estimates(
    settings: Settings, point: NDArray[np.float64], seed: int, is_draw: int
) -> Estimates:
    """Return what simulated trials report at one point; at the values as stated if not a draw."""
    from pathways.calibration.simulate import run_trials

    values, own = values_at(settings, point) if is_draw else ({}, {})
    wanted: dict[str, list[str]] = {}
    for trial, endpoint in _endpoints():
        wanted.setdefault(trial, []).append(endpoint.name)
    sizes = settings.bank.replicates
    times = 1 if is_draw else STATED_TIMES
    bank = settings.bank.model_copy(
        update={
            "replicates": {name: times * sizes.get(name, OTHERWISE) for name in {*sizes, *TRIALS}}
        }
    )
    runs = run_trials(settings.model_copy(update={"bank": bank}), wanted, values, own, seed)
    return {(name, one.name): runs[name].estimates(one.name) for name, one in _endpoints()}


OTHERWISE = 24
STATED_TIMES = 20
"""Trials at the values as stated, for each at a posterior draw."""


def _predicted(
    endpoint: Endpoint, trial: str, stated: Estimates, drawn: list[Estimates]
) -> Predicted:
    key = (trial, endpoint.name)
    by_draw = np.stack([one[key] for one in drawn])
    draws = np.repeat(np.arange(len(drawn)), by_draw.shape[1])
    there = np.isfinite(by_draw.ravel())
    every, at_stated = by_draw.ravel()[there], stated[key][np.isfinite(stated[key])]
    known, probabilities, error = None, [np.nan, np.nan], np.nan
    if endpoint.published is not None:
        known = settled(endpoint.published, is_share=endpoint.is_share)
        worth = independent_trials(every, draws[there])
        tolerance = _tolerance(endpoint)
        probabilities[0], error = two_sided(every, known, tolerance, worth)
        probabilities[1], _ = two_sided(at_stated, known, tolerance)
    low, high = np.quantile(every, TAILS)
    return Predicted(
        trial,
        endpoint.name,
        endpoint.title,
        endpoint.use,
        known.status if known else "",
        endpoint.is_fraction,
        (known.low, known.high) if known else None,
        float(at_stated.mean()),
        float(every.mean()),
        float(low),
        float(high),
        float(probabilities[0]),
        float(probabilities[1]),
        float(error),
    )


def _tolerance(endpoint: Endpoint) -> float:
    """Return not quite half a patient of a share: what is printed is rounded."""
    patients = endpoint.published.n
    return 0.499 / patients if endpoint.is_share and patients else 1e-9


def _emulator_checks(found: Fit, used: list[int], drawn: list[Estimates]) -> list[EmulatorCheck]:
    predicted = found.emulator(found.points[used])
    checks = []
    for column, target in enumerate(found.targets):
        trial, _, endpoint = target.name.partition(".")
        means = np.array([np.nanmean(one[trial, endpoint]) for one in drawn])
        missed = to_scale(target, means) - predicted[:, column]
        checks.append(
            EmulatorCheck(
                target.name,
                target.size,
                float(found.emulator.spread[column]),
                float(missed.mean()),
                float(missed.std(ddof=1)),
            )
        )
    return checks
