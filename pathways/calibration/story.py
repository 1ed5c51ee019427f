"""Write docs/calibration.md: its tables and figures, from kept data and quick fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from pathways.calibration import identifiability, kept, page, pictures
from pathways.calibration.bank import Bank
from pathways.calibration.fit import Fit, fit, scaled, widths
from pathways.calibration.recovery import Recovery, recover
from pathways.calibration.screen import Screened
from pathways.calibration.settings import Settings
from pathways.calibration.targets import endpoint_of, targets_of
from pathways.trials.published import settled
from pathways.trials.words import number

Tell = Callable[[str], None]
PRIOR_DRAWS = 4_000
COMPARED = (
    "slow_effect_c50",
    "slow_effect_half_life",
    "racemic_potency",
    "responder_share_by_condition.crps",
    "immediate_effect_maximum",
    "expectation_responder_share",
    "weekly_mean_retest_correlation",
    "dissociation_intercept",
    "dissociation_slope",
    "severe_hypertension_per_infusion",
)
"""Unknowns shown under every variant."""


def write(
    path: Path, figures: Path, found: Fit, bank: Bank, seed: int, worlds: int, tell: Tell
) -> None:
    """Write the tables into a page, and the figures beside it."""
    from pathways.trials.page import with_tables

    large = fit(found.settings, bank, seed=seed, draws=identifiability.DRAWS)
    lines = sections(large, bank, seed, worlds, tell)
    path.write_text(with_tables(path, "\n".join(lines)), encoding="utf-8")
    tell(f"{path} written")
    for one in pictures.draw(large, figures):
        tell(f"{one} written")


def sections(found: Fit, bank: Bank, seed: int, worlds: int, tell: Tell) -> list[str]:
    """Return everything that stands between the markers."""
    settings = found.settings
    what_moved = identifiability.moved(found)
    predicted, screened = kept.predictive(), kept.screen()
    keys = [one.key for one in settings.unknowns]
    tell("without each target in turn")
    movers = identifiability.movers(found, identifiability.left_out(settings, bank, seed=seed))
    tell("the variants")
    variants = {
        one.name: fit(settings.varied(one.name), bank, seed=seed, draws=identifiability.DRAWS)
        for one in settings.variants
    }
    tell(f"recovery in {worlds} worlds")
    recovered = recovery_of(settings, bank, seed=seed, worlds=worlds)
    explained = dict(
        zip([one.name for one in found.targets], found.emulator.explained, strict=True)
    )
    effective = f"{found.effective:,.0f}"
    return [
        "### Targets", "", *page.targets_table(found, settings.targets, _published(settings)), "",
        "### Prior and posterior", "",
        f"{len(bank.points):,} points were simulated; the draws are worth {effective} independent "
        "ones.", "",
        *page.unknowns_table(found, what_moved), "",
        "![Prior and posterior of every unknown](figures/calibration.png)", "",
        "### What the targets do not move", "", *_not_moved(what_moved), "",
        "### Which target moves what", "", *page.movers_table(movers, what_moved), "",
        "### Unknowns that the targets do not tell apart", "", *_pairs(found), "",
        "### Posterior predictive checks", "", *page.verdict_lines(predicted), "",
        "![Differences by week](figures/calibration_predictive.png)", "",
        *page.predictive_table(predicted), "",
        "### The stand-in beside simulations", "",
        *page.emulator_table(kept.stand_in(), explained), "",
        "### Recovery", "", *_recovery(found, recovered), "",
        "### The same targets another way", "", *_variants(found, variants), "",
        "### Inputs that move a target", "", *_screen(screened, keys, settings),
    ]  # fmt: skip


def recovery_of(settings: Settings, bank: Bank, *, seed: int, worlds: int) -> Recovery:
    """Return how often the truth is found in data made at points of the bank.

    Truths are points as likely as the prior of these settings: where the bank lies wider, points
    are chosen by their weight.
    """
    points, expected = scaled(settings, bank)
    wide = np.array([settings.design_width(one.key) for one in settings.unknowns])
    wide = np.concatenate([wide, np.ones(len(settings.own))]) / widths(settings)
    # Density of the prior over that of the design.
    log_odds = (-0.5 * points**2 + 0.5 * (points / wide) ** 2 + np.log(wide)).sum(axis=1)
    return recover(
        points, expected, targets_of(settings), worlds=worlds, seed=seed,
        chances=np.exp(log_odds - log_odds.max()),
    )  # fmt: skip


def _published(settings: Settings) -> dict[str, str]:
    words = {}
    for one in settings.targets:
        endpoint = endpoint_of(one)
        known = settled(endpoint.published, is_share=endpoint.is_share)
        value = number(known.value, is_fraction=endpoint.is_fraction)
        words[one.name] = f"{endpoint.title}: {value} ({known.status}; {known.source})"
    return words


def _not_moved(what_moved: Sequence[identifiability.Moved]) -> list[str]:
    names = [f"`{one.name}`" for one in what_moved if not one.is_moved]
    least = f"{100.0 * identifiability.MOVED:.0f} %"
    return [
        f"Less than {least} of the prior variance removed and the mean shifted by less than "
        f"{identifiability.SHIFTED:g} prior standard deviations: {', '.join(names) or 'none'}.",
    ]


def _pairs(found: Fit) -> list[str]:
    rows = [f"- `{a}` and `{b}`: {value:+.2f}" for a, b, value in identifiability.pairs(found)]
    along = identifiability.directions(found)
    told = [
        f"Correlations of {identifiability.TOGETHER:g} and more in the posterior:", "",
        *(rows or ["- none"]), "",
        f"Of {len(along)} directions in the space of the unknowns the targets remove more than "
        f"half of the variance in {int((along > 0.5).sum())}, and more than a tenth in "
        f"{int((along > 0.1).sum())}.",
    ]  # fmt: skip
    return told


def _recovery(found: Fit, recovered: Recovery) -> list[str]:
    worlds, coverage = len(recovered.covered), recovered.coverage
    error = (recovered.level * (1.0 - recovered.level) / worlds) ** 0.5
    level = f"{100.0 * recovered.level:.0f} %"
    return [
        f"In {worlds} worlds whose parameters are points of the bank, left out of the fit, data of "
        f"the published sizes were made and fitted. Central {level} intervals held the truth in "
        f"{100.0 * coverage.mean():.1f} % over all unknowns, from {100.0 * coverage.min():.1f} % "
        f"to {100.0 * coverage.max():.1f} %; the Monte Carlo error of one is {100.0 * error:.1f} "
        "points.",
        "",
        *page.recovery_table(found.names, recovered),
    ]


def _variants(found: Fit, variants: dict[str, Fit]) -> list[str]:
    abouts = [f"- *{one.name}*: {one.about}" for one in found.settings.variants]
    return [*abouts, "", *page.variants_table(found, variants, COMPARED)]


def _screen(screened: Sequence[Screened], keys: Sequence[str], settings: Settings) -> list[str]:
    silent = sum(one.largest < page.NOTABLE and one.key not in keys for one in screened)
    reasons = [f"- `{one.key}`: {one.why}." for one in settings.left]
    return [
        f"Each of {len(screened)} uncertain inputs of the trials was moved alone from its 5 % to "
        f"its 95 % quantile. {silent} moved every target by less than half of its standard error. "
        "These are the others, and what is fitted. Those not fitted keep their distributions:", "",
        *reasons, "", *page.screen_table(screened, keys),
    ]  # fmt: skip
