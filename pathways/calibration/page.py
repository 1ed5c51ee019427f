"""The tables of docs/calibration.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration.bank import values_at
from pathways.trials.words import number

if TYPE_CHECKING:
    from pathways.calibration.checks import EmulatorCheck, Predicted
    from pathways.calibration.fit import Fit
    from pathways.calibration.identifiability import Moved
    from pathways.calibration.recovery import Recovery
    from pathways.calibration.screen import Screened

NORMAL_975 = 1.959963984540054
QUANTILES = (0.5, 0.025, 0.975)
NOTABLE = 0.5
"""Effect, in standard errors of a target, from which an input is named."""


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return [lines[0], "|" + "---|" * len(head), *lines[1:]]


def digits(value: float) -> str:
    """Return a number with three significant digits, without an exponent."""
    if value == 0.0:
        return "0"
    places = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    return f"{value:.{places}f}"


def unknowns_table(found: Fit, what_moved: Sequence[Moved]) -> list[str]:
    """Return prior and posterior of every unknown."""
    from pathways.evidence.book import book

    settings, rows = found.settings, []
    priors, posteriors = _prior_quantiles(found), _posterior_quantiles(found)
    for index, one in enumerate(what_moved):
        if index < len(settings.unknowns):
            setting = settings.unknowns[index]
            stated = book().parameter(setting.key.partition(".")[0])
            entry = f"{stated.id} `{setting.key}`"
            wide = f"x {setting.widened:g}: {setting.because}" if setting.widened != 1.0 else ""
        else:
            own = settings.own[index - len(settings.unknowns)]
            entry, wide = f"`{own.name}`, of the file {own.trial}", ""
        rows.append([
            entry, _with_range(priors[index]), _with_range(posteriors[index]),
            f"{100.0 * one.contraction:.0f} %", f"{one.shift:+.2f}", wide,
        ])  # fmt: skip
    head = ["unknown", "prior", "posterior", "variance removed", "shift, prior SD", "prior widened"]
    return markdown(head, rows)


def _with_range(three: Sequence[float]) -> str:
    middle, low, high = map(digits, three)
    return f"{middle} ({low} to {high})"


def _prior_quantiles(found: Fit) -> list[list[float]]:
    from pathways.calibration.fit import widths

    ends = np.array([0.0, -NORMAL_975, NORMAL_975])
    points = ends[:, None] * widths(found.settings)[None, :]
    return _values(found, points).T.tolist()


def _posterior_quantiles(found: Fit) -> list[list[float]]:
    points = np.quantile(found.book_points, QUANTILES, axis=0)
    return _values(found, points).T.tolist()


def _values(found: Fit, points: np.ndarray) -> np.ndarray:
    """Return values in the units of the evidence at points given unknown by unknown."""
    rows = []
    for point in points:
        values, own = values_at(found.settings, point)
        rows.append([*values.values(), *own.values()])
    return np.array(rows)


def targets_table(found: Fit, settings_targets: Sequence, sizes: Mapping[str, str]) -> list[str]:
    """Return what was fitted to, with the weight of each and why."""
    rows = []
    for one in settings_targets:
        why = "; ".join(text for text in (one.because, _size_note(one)) if text)
        weight = "not used" if one.weight == 0.0 else f"{one.weight:g}"
        rows.append([one.evidence, f"{one.trial}, {one.endpoint}", sizes[one.name], weight, why])
    return markdown(["evidence", "target", "published", "weight", "why"], rows)


def _size_note(one) -> str:
    if one.standard_error is not None:
        return f"standard error {one.standard_error:g} ({one.status}): {one.note}"
    return one.note or ""


def predictive_table(predicted: Iterable[Predicted]) -> list[str]:
    """Return published beside predictive, one row for each endpoint."""
    rows = []
    for one in predicted:
        words = lambda value, one=one: number(value, is_fraction=one.is_fraction)  # noqa: E731
        rows.append([
            f"{one.trial}: {one.title}", _published(one), words(one.stated),
            f"{words(one.mean)} ({words(one.low)} to {words(one.high)})",
            "" if one.published is None else f"{one.stated_probability:.3f}",
            "" if one.published is None else f"{one.probability:.3f} ±{one.monte_carlo_error:.3f}",
            one.use, _verdict(one),
        ])  # fmt: skip
    head = [
        "endpoint", "published", "as stated", "posterior predictive", "P as stated", "P", "use",
        "verdict",
    ]  # fmt: skip
    return markdown(head, rows)


def _published(one: Predicted) -> str:
    if one.published is None:
        return ""
    low, high = (number(end, is_fraction=one.is_fraction) for end in one.published)
    remembered = "!" if one.status.startswith("recalled") else ""
    return (low if low == high else f"{low} to {high}") + remembered


def _verdict(one: Predicted) -> str:
    return "" if one.fits is None else "fits" if one.fits else "**does not fit**"


def verdict_lines(predicted: Sequence[Predicted]) -> list[str]:
    """Return how many fit, and each that does not."""
    lines = []
    for use, word in (("prediction", "Predictions"), ("calibration", "Calibration targets")):
        tested = [one for one in predicted if one.use == use and one.fits is not None]
        lines.append(f"- {word}: {sum(one.fits for one in tested)} of {len(tested)} fit.")
        lines += [f"- does not fit: {one.trial}, {one.title}" for one in tested if not one.fits]
    return lines


def emulator_table(checks: Iterable[EmulatorCheck], explained: Mapping[str, float]) -> list[str]:
    """Return how far the stand-in is from real simulations at posterior draws."""
    rows = [
        [
            one.target,
            f"{100.0 * explained[one.target]:.1f} %",
            f"{one.stated / one.size:.2f}",
            f"{one.bias / one.size:+.2f}",
            f"{one.spread / one.size:.2f}",
        ]
        for one in checks
    ]
    head = ["target", "variance explained", "error owned up to", "bias", "spread"]
    return markdown(head, rows)


def movers_table(
    found: Mapping[str, list[tuple[str, float, float]]], what_moved: Sequence[Moved]
) -> list[str]:
    """Return which targets move each unknown."""
    rows = [
        [
            f"`{one.name}`",
            "; ".join(
                f"{target} ({100.0 * lost:+.0f} %, {shift:+.2f})"
                for target, lost, shift in found[one.name]
            ),
        ]
        for one in what_moved
        if found[one.name]
    ]
    return markdown(["unknown", "without this target: variance removed less by, shift"], rows)


def recovery_table(names: Sequence[str], found: Recovery) -> list[str]:
    """Return how often intervals held the truth, by unknown."""
    worlds = len(found.covered)
    error = (found.level * (1.0 - found.level) / worlds) ** 0.5
    rows = [
        [f"`{name}`", f"{100.0 * share:.1f} %", f"{(share - found.level) / error:+.1f}"]
        for name, share in zip(names, found.coverage, strict=True)
    ]
    return markdown(["unknown", f"held in {worlds} worlds", "off by, standard errors"], rows)


def variants_table(main: Fit, others: Mapping[str, Fit], keys: Sequence[str]) -> list[str]:
    """Return the posterior of some unknowns under each variant."""
    fits = {"main": main, **others}
    rows = []
    for key in keys:
        index = main.names.index(key)
        cells = [_with_range(_posterior_quantiles(one)[index]) for one in fits.values()]
        rows.append([f"`{key}`", *cells])
    return markdown(["unknown", *fits], rows)


def screen_table(found: Iterable[Screened], unknowns: Sequence[str]) -> list[str]:
    """Return the inputs that move a target, and whether they are fitted."""
    rows = [
        [
            f"`{one.key}`",
            one.target,
            f"{one.effects[one.target]:+.2f}",
            "yes" if one.key in unknowns else "no",
        ]
        for one in found
        if one.largest >= NOTABLE or one.key in unknowns
    ]
    return markdown(["input", "target it moves most", "by, standard errors", "fitted"], rows)
