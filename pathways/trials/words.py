"""Verdicts in words and numbers: the same in the terminal, the CSV file and the page."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pathways.trials.verdict import FAILS, PERCENT, counts

if TYPE_CHECKING:
    from pathways.trials.load import Trial
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
    "note",
)
HEADINGS = ("Endpoint", "Published", "Simulated", "P", "Use", "Evidence", "Verdict")
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
FROM_MEMORY = ("recalled", "recalled_low")
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
    mark = "!" if one.published.status in FROM_MEMORY else ""
    return one.published.status.replace("_", " ") + mark


def rows(found: Sequence[Verdict], *, everything: bool = False) -> list[tuple[str, ...]]:
    """Return the cells of a table; endpoints without a published result only if asked for."""
    return [
        (
            one.endpoint.title,
            published_words(one),
            simulated_words(one),
            probability_words(one),
            one.endpoint.use if one.published is not None else DASH,
            status_words(one),
            one.verdict or DASH,
        )
        for one in found
        if everything or one.published is not None
    ]


def summary_lines(found: list[Verdict], replicates: int) -> list[str]:
    """Return the answer: how many predictions and calibration targets fit, and which do not."""
    lines = []
    for use, words in (("prediction", "Predictions"), ("calibration", "Calibration targets")):
        fit, tested = counts(found, use)
        lines.append(f"{words}: {fit} of {tested} fit")
        failing = [one for one in found if one.endpoint.use == use and one.verdict == FAILS]
        lines += [f"  does not fit: {one.trial}, {one.endpoint.title}" for one in failing]
    lines.append(
        f"P: probability of a result as extreme as the published one in {replicates:,} simulated "
        "trials of the same size, both sides; below the level of the file (5 % unless it says "
        "otherwise) it does not fit. A right model fails one test in twenty."
    )
    lines.append("! from memory, not read: check before it is relied on.")
    return lines


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


def page(found: Sequence[Verdict], trials: Sequence[Trial], replicates: int) -> str:
    """Return the tables, and what each trial assumes, as Markdown."""
    parts = [*summary_lines(list(found), replicates)[:-2], ""]
    parts = [f"- {line.strip()}" if line else line for line in parts]
    for trial in trials:
        of_trial = [one for one in found if one.trial == trial.name]
        parts += [f"### {trial.document.title}", "", " ".join((trial.document.about or "").split())]
        parts += ["", *_markdown_table(rows(of_trial)), "", *_notes(of_trial)]
        if trial.document.assumptions:
            parts += [
                "Assumed: " + " ".join(" ".join(one.split()) for one in trial.document.assumptions)
            ]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def between_markers(text: str, tables: str) -> str:
    """Return a page with `tables` between its markers.

    Raises
    ------
    ValueError
        If the markers are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def _markdown_table(found: Sequence[Sequence[str]]) -> Iterator[str]:
    if not found:
        yield "Nothing published to compare with; it is pooled."
        return
    yield "| " + " | ".join(HEADINGS) + " |"
    yield "|" + "---|" * len(HEADINGS)
    for row in found:
        yield "| " + " | ".join(row) + " |"


def _notes(found: Sequence[Verdict]) -> Iterator[str]:
    for one in found:
        if one.published is None:
            continue
        told = [
            part for part in (one.published.source, one.published.note, one.endpoint.note) if part
        ]
        yield f"- *{one.endpoint.title}*: {'; '.join(part.rstrip('.') for part in told)}."
    yield ""


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
