"""Which uncertain inputs move any target at all: each alone from its 5 % to its 95 % quantile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pathways.calibration.bank import workers
from pathways.calibration.likelihood import Target, to_scale
from pathways.calibration.settings import Settings

ENDS = (0.05, 0.95)
SEED = 1


@dataclass(frozen=True)
class Screened:
    """What one input does to the targets.

    Attributes
    ----------
    key : str
        Name in the evidence, a component after a dot.
    effects : dict of str to float
        By target, the difference between the two ends in standard errors of the published result.
    """

    key: str
    effects: dict[str, float]

    @property
    def largest(self) -> float:
        """Largest effect on any target."""
        return max(abs(one) for one in self.effects.values())

    @property
    def target(self) -> str:
        """The target it moves most."""
        return max(self.effects, key=lambda name: abs(self.effects[name]))


def uncertain_inputs(settings: Settings) -> list[str]:
    """Return the inputs with an uncertainty that any of the trials uses, by key."""
    from pathways.calibration.simulate import load_cached
    from pathways.evidence.book import book
    from pathways.evidence.distributions import Dirichlet, Fixed
    from pathways.resolve.resolver import resolve
    from pathways.trials.legs import legs_of

    used = {
        number
        for name in settings.bank.replicates
        if not load_cached(name).is_pooled
        for leg in legs_of(load_cached(name))
        for number in resolve(leg.scenario, patients=1).description["parameter_ids"]
    }
    found = []
    for one in sorted((book().parameter(number) for number in used), key=lambda one: one.name):
        if isinstance(one.uncertainty, Dirichlet) or one.name in NOT_IN_TRIALS:
            continue
        for component, distribution in one.distributions().items():
            if not isinstance(distribution, Fixed):
                found.append(f"{one.name}.{component}" if component else one.name)
    return found


NOT_IN_TRIALS = ("lead_time_to_assessment", "lead_time_to_treatment", "rule_adherence")
"""Inputs that trials set themselves, or that only a policy can refer to."""


def screen(settings: Settings, processes: int, tell: Callable[[str], None]) -> list[Screened]:
    """Return what every uncertain input does to the targets, strongest first.

    Everybody has the same luck in all simulations, so that what an input does not touch differs by
    nothing at all.
    """
    keys = uncertain_inputs(settings)
    with workers(processes) as pool:
        found = []
        for number, one in enumerate(pool.map(_screened, [settings] * len(keys), keys), 1):
            found.append(one)
            tell(f"{number} of {len(keys)} inputs")
    return sorted(found, key=lambda one: (-one.largest, one.key))


def _screened(settings: Settings, key: str) -> Screened:
    from pathways.calibration.prior import Unknown
    from pathways.calibration.simulate import expected_at
    from pathways.calibration.targets import targets_of

    every = settings.model_copy(
        update={"targets": settings.reweighed({one.name: 1.0 for one in settings.targets})}
    )
    ends = [expected_at(every, {key: Unknown(key).quantile(end)}, {}, SEED) for end in ENDS]
    effects = _effects(targets_of(every), *ends)
    return Screened(key, dict(effects))


def _effects(
    targets: list[Target], low: list[float], high: list[float]
) -> Iterator[tuple[str, float]]:
    for target, a, b in zip(targets, low, high, strict=True):
        ends = to_scale(target, a), to_scale(target, b)
        yield target.name, float(ends[1] - ends[0]) / target.size
