"""The page of a validation: counts, where changes come from, and each trial, as Markdown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pathways.errors import InputError, Place
from pathways.trials.change_words import (
    CHANGE_HEADINGS,
    TITLE,
    change_rows,
    legend,
    sentence,
    whole_sentence,
)
from pathways.trials.summary import (
    OF_EVIDENCE,
    OF_TRIALS,
    PLURAL,
    draws_lines,
    heading_of,
    lines_of,
)
from pathways.trials.tally import tallies
from pathways.trials.words import headings, rows

if TYPE_CHECKING:
    from pathways.trials.change import ChangeSplit
    from pathways.trials.tally import Tally
    from pathways.trials.validation import Validation
    from pathways.trials.verdict import Verdict

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"


def page(validation: Validation) -> str:
    """Return the tables, and what each trial assumes, as Markdown."""
    found, fitted = validation.found, validation.is_fitted
    parts = [*_counts(found, validation), *_changes(validation.changes, validation.draws)]
    for trial in validation.trials:
        of_trial = validation.of(trial)
        parts += [f"### {trial.document.title}", "", " ".join((trial.document.about or "").split())]
        table = rows(of_trial, is_fitted=fitted)
        if table:
            parts += ["", *_table(headings(validation.draws), table), "", *_notes(of_trial)]
        else:
            parts += ["", "Nothing published to compare with."]
        if trial.document.assumptions:
            assumed = " ".join(" ".join(one.split()) for one in trial.document.assumptions)
            parts += ["", f"Assumed: {assumed}"]
        parts.append("")
    return "\n".join(parts).strip() + "\n"


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


def refuse_unusable_page(path: Path) -> None:
    """Refuse a page that tables could not be written into.

    Raises
    ------
    InputError
        If it is not there, has no markers, or must not be written.
    """
    with_tables(path, "")
    if not os.access(path, os.W_OK):
        raise InputError(Place(str(path)), "must not be written; allow it, or name another page")


def with_tables(path: Path, tables: str) -> str:
    """Return a page that is read from a file, with `tables` between its markers.

    Raises
    ------
    InputError
        If the page is not there or has no markers.
    """
    try:
        return between_markers(path.read_text(encoding="utf-8"), tables)
    except OSError as error:
        raise InputError(Place(str(path)), f"cannot be used: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(Place(str(path)), "is no page of text in UTF-8") from None
    except ValueError as error:
        raise InputError(Place(str(path)), f"{error}; the tables go between them") from None


def write_page(path: Path, validation: Validation) -> None:
    """Write the tables between the markers of a page.

    Raises
    ------
    InputError
        If the page is not there or has no markers, or cannot be written.
    """
    text = with_tables(path, page(validation))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(Place(str(path)), f"cannot be written: {error.strerror}") from None


def _counts(found: Sequence[Verdict], validation: Validation) -> Iterator[str]:
    several = tallies(found)
    if not several:
        return
    fitted = validation.is_fitted
    yield from draws_lines(validation.draws, is_fitted=fitted)
    yield ""
    verdicts = [one for one in PLURAL if any(one in t.endpoints for t in several)]
    of_trials = [one for one in OF_TRIALS if any(one in t.trials for t in several)]
    yield from _table(
        (
            "Published results",
            "Value",
            "Endpoints",
            *(PLURAL[one] for one in verdicts),
            "Trials",
            *(OF_TRIALS[one] for one in of_trials),
        ),
        [_count_row(one, verdicts, of_trials, is_fitted=fitted) for one in several],
    )
    for one in several:
        if lines := list(lines_of(found, one)):
            yield from ("", f"{heading_of(one, is_fitted=fitted)}:", "")
            yield from (f"- {line}" for line in lines)
    yield ""


def _count_row(
    tally: Tally, verdicts: Sequence[str], of_trials: Sequence[str], *, is_fitted: bool
) -> tuple[str, ...]:
    use = heading_of(tally, is_fitted=is_fitted).partition(",")[0]
    return (
        use,
        OF_EVIDENCE[tally.evidence],
        str(tally.all_endpoints),
        *(str(tally.endpoints.get(one, 0)) for one in verdicts),
        str(tally.all_trials),
        *(str(tally.trials.get(one, 0)) for one in of_trials),
    )


def _changes(found: Sequence[ChangeSplit], draws: int) -> Iterator[str]:
    if not found:
        return
    yield from (f"### {TITLE}", "")
    if whole := whole_sentence(found):
        yield from (whole, "")
    yield from _table(CHANGE_HEADINGS, change_rows(found))
    yield from ("", legend(draws), "")
    yield from (f"- {sentence(one)}" for one in found)
    yield ""


def _table(names: Sequence[str], found: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in found:
        yield "| " + " | ".join(row) + " |"


def _notes(found: Sequence[Verdict]) -> Iterator[str]:
    for one in found:
        if one.published is None:
            continue
        told = [
            part.rstrip(".")
            for part in (one.reason, one.published.source, one.published.note, one.endpoint.note)
            if part
        ]
        yield f"- *{one.endpoint.title}*: {'; '.join(told)}."
