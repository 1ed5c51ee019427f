"""Verdicts in cells of tables: the same in the terminal, the CSV file and the page."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pathways.trials.tally import EVIDENCE, FROM_MEMORY
from pathways.trials.verdict import PERCENT

if TYPE_CHECKING:
    from pathways.trials.run import TrialRun
    from pathways.trials.verdict import Verdict

CSV_COLUMNS = (
    "trial",
    "endpoint",
    "title",
    "use",
    "published",
    "published_to",
    "published_low",
    "published_high",
    "published_standard_error",
    "status",
    "source",
    "simulated_mean",
    "simulated_low",
    "simulated_high",
    "probability",
    "probability_standard_error",
    "simulated_trials",
    "verdict",
    "reason",
    "note",
)
HEADINGS = ("Endpoint", "Published", "Simulated", "P", "Use", "Evidence", "Verdict")
FITTED = "fitted"
DASH = "\N{EN DASH}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


def number(value: float, *, is_fraction: bool) -> str:
    """Return a number as it is read: a fraction in percent, others with two decimals."""
    if not math.isfinite(value):
        return DASH
    if is_fraction:
        return f"{PERCENT * value:.2g} %" if abs(value) < 0.0995 else f"{PERCENT * value:.0f} %"
    if abs(value) >= 100.0:
        return f"{value:.0f}"
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text


def published_words(one: Verdict) -> str:
    """Return the published value with its interval."""
    known, is_fraction = one.published, one.endpoint.is_fraction
    if known is None:
        return DASH
    if known.low != known.high:
        ends = [number(end, is_fraction=is_fraction) for end in (known.low, known.high)]
        return f"{ends[0]} to {ends[1]}"
    value = number(known.value, is_fraction=is_fraction)
    if known.interval is None:
        return value
    ends = [number(end, is_fraction=is_fraction) for end in _limited(known.interval, one)]
    return f"{value} ({ends[0]} to {ends[1]})"


def simulated_words(one: Verdict) -> str:
    """Return the mean and the range of simulated trials."""
    is_fraction = one.endpoint.is_fraction
    if not math.isfinite(one.mean):
        return DASH
    mean, low, high = (number(v, is_fraction=is_fraction) for v in (one.mean, one.low, one.high))
    return f"{mean} ({low} to {high})"


def probability_words(one: Verdict) -> str:
    """Return the probability with its Monte Carlo error."""
    if not math.isfinite(one.probability):
        return DASH
    error = f" {PLUS_MINUS}{one.monte_carlo_error:.3f}" if one.monte_carlo_error >= 0.0005 else ""
    return f"{one.probability:.3f}{error}"


def status_words(one: Verdict) -> str:
    """Return the evidence status; what is from memory is marked."""
    if one.published is None:
        return DASH
    mark = "!" if EVIDENCE[one.published.status] == FROM_MEMORY else ""
    return one.published.status.replace("_", " ") + mark


def use_words(one: Verdict, *, is_fitted: bool = False) -> str:
    """Return what the published result is for, or that parameters were fitted to it."""
    if one.published is None:
        return DASH
    return FITTED if is_fitted and one.endpoint.use == "calibration" else one.endpoint.use


def headings(draws: int = 0) -> tuple[str, ...]:
    """Return the headings; they say if the range is over parameter draws too."""
    words = f"Simulated, {draws} draw{'s' if draws > 1 else ''}" if draws else "Simulated"
    return tuple(words if one == "Simulated" else one for one in HEADINGS)


def rows(found: Sequence[Verdict], *, is_fitted: bool = False) -> list[tuple[str, ...]]:
    """Return the cells of a table, without endpoints that nothing published stands beside."""
    return [
        (
            one.endpoint.title,
            published_words(one),
            simulated_words(one),
            probability_words(one),
            use_words(one, is_fitted=is_fitted),
            status_words(one),
            one.verdict,
        )
        for one in found
        if one.published is not None
    ]


def validation_csv(found: Sequence[Verdict]) -> bytes:
    """Return every endpoint, tested or not: shortest exact numbers, nothing for null, LF."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for one in found:
        writer.writerow({key: _cell(value) for key, value in _record(one).items()})
    return text.getvalue().encode()


def diaries_csv(runs: Sequence[TrialRun]) -> bytes:
    """Return the mean diary of every arm by day from its first infusion."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("trial", "arm", "day", "mean_score", "scores"))
    for run in runs:
        for arm, curve in run.curves.items():
            for day, mean, count in zip(curve.days, curve.means, curve.count, strict=True):
                writer.writerow((run.trial.name, arm, day, _cell(float(mean)), int(count)))
    return text.getvalue().encode()


def _limited(interval: tuple[float, float], one: Verdict) -> tuple[float, float]:
    """Return an interval that stays inside what a share can be."""
    low, high = interval
    return (max(0.0, low), min(1.0, high)) if one.endpoint.is_share else interval


def _cell(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return "" if value is None else value


def _record(one: Verdict) -> dict[str, Any]:
    known = one.published
    found = {
        "trial": one.trial,
        "endpoint": one.endpoint.name,
        "title": one.endpoint.title,
        "use": one.endpoint.use,
        "simulated_mean": one.mean,
        "simulated_low": one.low,
        "simulated_high": one.high,
        "probability": one.probability,
        "probability_standard_error": one.monte_carlo_error,
        "simulated_trials": one.replicates,
        "verdict": one.verdict,
        "reason": one.reason,
        "note": one.endpoint.note,
    }
    if known is None:
        return found
    low, high = known.interval or (None, None)
    return found | {
        "published": known.low,
        "published_to": known.high if known.high != known.low else None,
        "published_low": low,
        "published_high": high,
        "published_standard_error": known.standard_error,
        "status": known.status,
        "source": known.source,
    }
