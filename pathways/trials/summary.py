"""The answer of a validation in words: what fits, what does not, and what P is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pathways.trials.tally import ASSUMED, EVIDENCE, FROM_MEMORY, READ, USES, tallies
from pathways.trials.verdict import BORDERLINE, FAILS, FITS, UNKNOWN

if TYPE_CHECKING:
    from pathways.trials.tally import Tally
    from pathways.trials.verdict import Verdict

OF_EVIDENCE = {
    READ: "read in a source",
    FROM_MEMORY: "from memory, not read",
    ASSUMED: "assumed",
}
"""What is said of a published value."""

PLURAL = {FITS: "fit", BORDERLINE: "borderline", FAILS: "do not fit", UNKNOWN: "cannot tell"}
OF_TRIALS = {
    FITS: "fit throughout",
    BORDERLINE: "borderline at worst",
    UNKNOWN: "not told throughout",
    FAILS: "with one or more that do not fit",
}
FITTED = "Fitted targets"


def heading_of(tally: Tally, *, is_fitted: bool = False) -> str:
    """Return what a tally is of."""
    words = USES[tally.use]
    if is_fitted and tally.use == "calibration":
        words = FITTED
    return f"{words}, published value {OF_EVIDENCE[tally.evidence]}"


def counts_words(tally: Tally) -> str:
    """Return the verdicts on endpoints, then on trials."""
    endpoints = _listed(tally.endpoints, PLURAL)
    trials = _listed(tally.trials, OF_TRIALS)
    return (
        f"{_number(tally.all_endpoints, 'endpoint')}: {endpoints}; "
        f"{_number(tally.all_trials, 'trial')}: {trials}"
    )


def summary_lines(
    found: Sequence[Verdict], *, draws: int = 0, is_fitted: bool = False
) -> Iterator[str]:
    """Yield how many results fit, by use and evidence, and which do not."""
    for tally in tallies(found):
        yield heading_of(tally, is_fitted=is_fitted)
        yield f"  {counts_words(tally)}"
        yield from (f"  {line}" for line in lines_of(found, tally))
    yield from draws_lines(draws, is_fitted=is_fitted)


def draws_lines(draws: int, *, is_fitted: bool) -> Iterator[str]:
    """Yield what the trials were simulated over, if over several parameter draws."""
    if not draws:
        return
    drawn = "the posterior of the calibrated parameters and the distributions of the others"
    origin = drawn if is_fitted else "the distributions of the parameter book"
    yield (
        f"Simulated over parameter draws 1 to {draws} from {origin}: ranges and P hold the "
        "uncertainty of the parameters as well as luck. The error of P counts in how alike the "
        "trials of one draw are."
    )


def explanation_lines(replicates: int) -> Iterator[str]:
    """Yield what P and the marks mean."""
    yield (
        f"P: probability of a result as extreme as the published one in {replicates:,} simulated "
        "trials of the same size, both sides; below the level of the file (5 % unless it says "
        "otherwise) it does not fit, within 1.96 errors of it it is borderline. A right model "
        "fails one test in twenty."
    )
    yield "! from memory, not read: check before it is relied on."


def lines_of(found: Sequence[Verdict], tally: Tally) -> Iterator[str]:
    """Yield what stands behind the counts of a tally: the largest trial, what does not fit."""
    name, most = tally.largest
    if most > 1 and tally.all_trials > 1:
        yield f"{most} of them are of {name}; endpoints of one trial go together"
    for verdict in (FAILS, BORDERLINE, UNKNOWN):
        for one in found:
            is_in = one.verdict == verdict and one.endpoint.use == tally.use
            if is_in and EVIDENCE[one.published.status] == tally.evidence:
                reason = f" ({one.reason})" if one.reason else ""
                yield f"{verdict}: {one.trial}, {one.endpoint.title}{reason}"


def _listed(counts: dict[str, int], words: dict[str, str]) -> str:
    # Verdicts are said of one endpoint.
    return ", ".join(
        f"{counts[one]} {one if counts[one] == 1 and words is PLURAL else words[one]}"
        for one in words
        if one in counts
    )


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count != 1 else ''}"
