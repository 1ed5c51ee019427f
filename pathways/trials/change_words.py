"""Where a change comes from, in cells, sentences and a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pathways.trials.change import CHANGE
from pathways.trials.verdict import PERCENT
from pathways.trials.words import DASH, PLUS_MINUS, number

if TYPE_CHECKING:
    from pathways.trials.change import ChangeSplit

TITLE = "Where the change comes from"
SHOWN = {
    "drug": "Drug",
    "expectation": "Expectation",
    "programme": "Programme",
    "natural_history": "Natural history",
    "regression": "Regression",
    "floor": "Floor",
}
"""Heading of each component, in the order of the columns."""

IN_SENTENCES = {
    "drug": "the drug",
    "expectation": "expectation",
    "programme": "the programme of therapies",
    "natural_history": "natural history",
    "regression": "regression to the mean and flares",
    "floor": "the end of the scale",
}
CHANGE_HEADINGS = ("Arm", "Change", *SHOWN.values(), "Patients")
CSV_COLUMNS = ("trial", "endpoint", "arm", "component", "mean", "low", "high", "patients")
LEGEND = (
    "Change: mean of the diary days of the endpoint less the baseline, NRS points, below 0 is "
    "relief. Its parts are averages over every order in which the components could be taken; they "
    "add up to it, up to rounding, and are what the model makes of it, not a finding of the trial. "
    "Regression: to the mean, with flares and what a score is off. "
    "Floor: what drug and therapies cannot take off, as some pain is always left and the scale "
    "ends at 0."
)


NOT_OVER_DRAWS = " Worked out with every value as stated, not over the parameter draws."


def legend(draws: int = 0) -> str:
    """Return how to read the table."""
    return LEGEND + (NOT_OVER_DRAWS if draws else "")


def arm_words(one: ChangeSplit) -> str:
    """Return what a row is about."""
    return f"{one.trial}, {one.arm}: {one.endpoint.title}"


def change_rows(found: Sequence[ChangeSplit]) -> list[tuple[str, ...]]:
    """Return the cells of the table."""
    return [
        (
            arm_words(one),
            _change_cell(one),
            *(_points(one.part(name)) for name in SHOWN),
            f"{one.patients:,}",
        )
        for one in found
    ]


def sentence(one: ChangeSplit) -> str:
    """Return in one plain sentence what the parts say."""
    change, drug = one.part(CHANGE), one.part("drug")
    what = _what(one)
    if change is None:
        return f"{what}: nobody has a score at both ends."
    if one.share("drug") is None:
        return f"{what}: mean pain stays within 0.1 points of where it was."
    way = "fall" if change < 0.0 else "rise"
    largest = max(SHOWN, key=lambda name: one.share(name))
    told = f"{what}: of a {way} of {abs(change):.2f} points "
    if largest == "drug":
        rest = max((name for name in SHOWN if name != "drug"), key=lambda name: one.share(name))
        more = f"{IN_SENTENCES[rest]} {_made(one, rest)}"
        return f"{told}the drug makes {_made(one, 'drug')}, and {more}."
    return (
        f"{told}{IN_SENTENCES[largest]} makes {_made(one, largest)}, and the drug "
        f"{_made(one, 'drug') if abs(drug) >= 0.005 else 'next to nothing'}."
    )


def whole_sentence(found: Sequence[ChangeSplit]) -> str:
    """Return what all of them say together; nothing if there is nothing to say."""
    treated = [one for one in found if one.is_treated and one.share("drug") is not None]
    if not treated:
        return ""
    told = "Without a control group all of the change is seen and nothing tells its parts apart. "
    ends = [end(treated, key=lambda one: one.share("drug")) for end in (min, max)]
    least, most = (f"{_percent(one.share('drug'))} of it ({_what(one)})" for one in ends)
    if len(treated) == 1:
        return f"{told}Here the drug makes {least}."
    return f"{told}In these arms on ketamine the drug makes from {least} to {most}."


def decomposition_csv(found: Sequence[ChangeSplit]) -> bytes:
    """Return every part with its 95 % Monte Carlo interval: shortest exact numbers, LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for one in found:
        for name in (*SHOWN, CHANGE):
            part = one.estimates[name]
            ends = ["" if end is None else end for end in (part.value, part.low, part.high)]
            writer.writerow((one.trial, one.endpoint.name, one.arm, name, *ends, one.patients))
    return text.getvalue().encode()


def _change_cell(one: ChangeSplit) -> str:
    change = one.estimates[CHANGE]
    if change.low is None:
        return _points(change.value)
    return f"{_points(change.value)} {PLUS_MINUS}{(change.high - change.low) / 2.0:.2f}"


def _what(one: ChangeSplit) -> str:
    title = one.endpoint.title
    return f"{one.trial}, {one.arm}, {title[0].lower()}{title[1:]}"


def _points(value: float | None) -> str:
    return DASH if value is None else number(value, is_fraction=False)


def _made(one: ChangeSplit, name: str) -> str:
    share = one.share(name)
    if share < 0.0:
        return f"works against it by {abs(one.part(name)):.2f}"
    return f"{abs(one.part(name)):.2f} ({_percent(share)})"


def _percent(share: float) -> str:
    text = f"{PERCENT * share:.0f} %"
    return "0 %" if text == "-0 %" else text
