"""The book written out: Markdown for the documentation, CSV for a spreadsheet.

``python -m pathways.evidence.render`` writes ``docs/parameter-book.md`` (run it at the root of the
repository) and the fast copy ``pathways/evidence/data/book.json`` after a change of the data.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from pathways.evidence.book import FAST_COPY, Book, book, fast_copy
from pathways.evidence.parameter import ROLES, STATUSES, Parameter
from pathways.evidence.words import (
    between_words,
    distribution_words,
    limits_95,
    name_words,
    number_words,
    source_words,
    uncertainty_words,
    value_words,
)

DOCUMENT = Path("docs/parameter-book.md")
CSV_COLUMNS = (
    "id",
    "name",
    "theme",
    "component",
    "value",
    "unit",
    "distribution",
    "low_95",
    "high_95",
    "between_patient",
    "role",
    "status",
    "population",
    "source",
    "note",
)
_HEADINGS = (
    "ID",
    "Parameter",
    "Value",
    "95% limits of the population value",
    "Between patients",
    "Status",
    "Source",
    "Population, note",
)
_INTRODUCTION = """\
# Parameter book

Every number the simulator uses, with what it rests on. `pathways evidence` shows the same. This
page is written by `python -m pathways.evidence.render` from `pathways/evidence/data/`.

*95% limits of the population value* say how well the one true value is known; a probabilistic run
draws it once. *Between patients* says how patients differ around it; it is drawn for every patient.
The two are never mixed. `fixed` is not varied, because it is a convention or because the
alternatives are scenarios; an empty field means that the model does not draw it.
"""


def render_markdown(parameters: Iterable[Parameter] | None = None) -> str:
    """Return the book, or some of its parameters, as a Markdown page.

    Parameters
    ----------
    parameters
        What to show; the whole book with its introduction if None.

    Returns
    -------
    str
        One table for each theme.
    """
    whole = book()
    chosen = list(whole if parameters is None else parameters)
    pages = [_introduction(whole)] if parameters is None else []
    for theme in whole.themes:
        rows = [parameter for parameter in chosen if parameter.theme == theme]
        if rows:
            pages.append(_theme_page(whole, theme, rows))
    return "\n".join(pages)


def render_csv(parameters: Iterable[Parameter]) -> str:
    """Return parameters as CSV, one row for each component of a value."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for parameter in parameters:
        writer.writerows(_csv_rows(parameter))
    return text.getvalue()


def status_table(book_of: Book) -> list[tuple[str, str, str, str]]:
    """Return status, share of the book, share of the model's inputs, meaning; shares in percent."""
    everything = book_of.status_shares()
    inputs = book_of.status_shares(p.id for p in book_of if p.is_input)
    return [
        (status, f"{100 * everything[status]:.0f}%", f"{100 * inputs[status]:.0f}%", meaning)
        for status, meaning in STATUSES.items()
    ]


def main() -> None:
    """Write the page and the fast copy; see the module's first lines."""
    data = Path("pathways/evidence/data")
    (data / FAST_COPY).write_text(fast_copy(), encoding="utf-8", newline="\n")
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(render_markdown(), encoding="utf-8", newline="\n")


def _introduction(whole: Book) -> str:
    statuses = _table(
        ("Status", "Share of the book", "Share of the model's inputs", "Meaning"),
        status_table(whole),
    )
    count = f"{len(whole)} entries, {sum(p.is_input for p in whole)} of them inputs of the model."
    return f"{_INTRODUCTION}\n{count}\n\n{statuses}"


def _theme_page(whole: Book, theme: str, parameters: list[Parameter]) -> str:
    rows = [_markdown_row(parameter) for parameter in parameters]
    title, about = whole.titles[theme], whole.abouts[theme]
    return f"## {title}\n\n{about}\n\n{_table(_HEADINGS, rows)}"


def _markdown_row(parameter: Parameter) -> tuple[str, ...]:
    words = [parameter.population.rstrip("."), parameter.note]
    remark = ". ".join(word for word in words if word)
    return (
        ", ".join((parameter.id, *parameter.aliases)),
        name_words(parameter),
        value_words(parameter),
        uncertainty_words(parameter),
        between_words(parameter),
        parameter.status,
        "; ".join([*map(str, parameter.sources), *_origin(parameter)]),
        remark[:1].upper() + remark[1:],
    )


def _origin(parameter: Parameter) -> list[str]:
    return [f"from {', '.join(parameter.derived_from)}"] if parameter.derived_from else []


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(headings)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in lines)


def _csv_rows(parameter: Parameter) -> Iterator[list[str]]:
    given = parameter.distributions()
    for component, value in parameter.components().items():
        by_name = isinstance(parameter.unit, str)
        distribution = given.get(component, given.get(""))
        limits = limits_95(distribution) if distribution is not None else None
        yield [
            parameter.id,
            parameter.name,
            parameter.theme,
            component,
            number_words(value),
            parameter.unit if by_name else parameter.unit_of(component),
            distribution_words(distribution) if distribution is not None else "",
            *(("", "") if limits is None else (f"{limit:.6g}" for limit in limits)),
            between_words(parameter),
            parameter.role,
            parameter.status,
            parameter.population,
            source_words(parameter),
            parameter.note,
        ]


def details(parameter: Parameter) -> list[tuple[str, str]]:
    """Return everything about one parameter as pairs of label and text, empty ones left out."""
    distributions = [
        f"{name}: {distribution_words(one)}" if name else distribution_words(one)
        for name, one in parameter.distributions().items()
    ]
    pairs = [
        ("id", ", ".join((parameter.id, *parameter.aliases))),
        ("name", parameter.name),
        ("theme", parameter.theme),
        ("value", value_words(parameter)),
        ("role", f"{parameter.role}: {ROLES[parameter.role]}"),
        ("population", parameter.population),
        ("status", f"{parameter.status}: {STATUSES[parameter.status]}"),
        ("uncertainty", ", ".join(dict.fromkeys(distributions))),
        ("95% limits", uncertainty_words(parameter)),
        ("between patients", between_words(parameter)),
        ("plausible range", _range_words(parameter)),
        *(("source", f"{source} (read: {source.reading})") for source in parameter.sources),
        ("derived from", ", ".join(parameter.derived_from)),
        ("note", parameter.note),
    ]
    return [(label, text) for label, text in pairs if text]


def _range_words(parameter: Parameter) -> str:
    if parameter.plausible_range is None:
        return ""
    low, high = parameter.plausible_range
    return f"{low:g} to {high:g}"


if __name__ == "__main__":
    main()
