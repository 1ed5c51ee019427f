"""``pathways evidence``: the parameter book on the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from pathways.evidence.parameter import Parameter

PLAIN_WIDTH = 100
_COLUMNS = (("ID", 5), ("Parameter", 30), ("Value", 26), ("95% limits", 19), ("Status", 12))


class BookFormat(StrEnum):
    """How the book is shown."""

    TABLE = "table"
    CSV = "csv"
    MARKDOWN = "markdown"


def evidence(
    parameter: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id or name of one parameter.")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="Only this theme.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only this status: verified, derived, recalled, ...")
    ] = None,
    format: Annotated[BookFormat, typer.Option(help="How to show it.")] = BookFormat.TABLE,
) -> None:
    """Show the parameter book: value, uncertainty, source and status of every parameter."""
    from pathways.evidence.render import render_csv, render_markdown

    chosen = _chosen(parameter, theme, status)
    if format is BookFormat.CSV:
        typer.echo(render_csv(chosen), nl=False)
    elif format is BookFormat.MARKDOWN:
        everything = parameter is None and theme is None and status is None
        typer.echo(render_markdown(None if everything else chosen), nl=False)
    elif parameter is not None and chosen:
        _show_one(chosen[0])
    else:
        _show_book(chosen, whole=theme is None and status is None)


def _chosen(key: str | None, theme: str | None, status: str | None) -> list[Parameter]:
    from pathways.evidence.book import book

    if status is not None:
        _check_status(status)
    of_theme = book().theme(theme) if theme is not None else book().parameters
    if key is not None:
        found = book().parameter(key)
        of_theme = [found] if found in of_theme else []
    return [parameter for parameter in of_theme if status in (None, parameter.status)]


def _check_status(status: str) -> None:
    from pathways.errors import InputError, Place, nearest, shown
    from pathways.evidence.parameter import STATUSES

    if status not in STATUSES:
        problem = f"there is no status {shown(status)}"
        raise InputError(Place(path="status"), problem, list(STATUSES), nearest(status, STATUSES))


@contextmanager
def _console() -> Iterator[Console]:
    import sys

    from rich.console import Console

    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        yield console
    # Not left to rich, which would answer a closed pipe itself.
    typer.echo(captured.get(), nl=False)


def _show_one(parameter: Parameter) -> None:
    from rich.table import Table

    from pathways.evidence.render import details

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in details(parameter):
        table.add_row(label, text)
    with _console() as console:
        console.print(table)


def _show_book(parameters: Sequence[Parameter], *, whole: bool) -> None:
    from pathways.evidence.book import book

    if not parameters:
        typer.echo("No parameter matches.")
        return
    with _console() as console:
        for theme in book().themes:
            rows = [parameter for parameter in parameters if parameter.theme == theme]
            if rows:
                _show_theme(console, theme, rows)
        _show_statuses(console, parameters, whole=whole)


def _show_theme(console: Console, theme: str, parameters: Sequence[Parameter]) -> None:
    from rich import box
    from rich.table import Table

    from pathways.evidence.book import book
    from pathways.evidence.words import name_words, uncertainty_words, value_words

    console.print(f"{book().titles[theme]} ({theme})", style="bold")
    table = Table(box=box.ASCII_DOUBLE_HEAD, pad_edge=False, show_edge=False)
    for heading, width in _COLUMNS:
        table.add_column(heading, max_width=width, overflow="fold")
    for one in parameters:
        texts = (one.id, name_words(one), value_words(one), uncertainty_words(one), one.status)
        table.add_row(*texts)
    console.print(table)
    console.print()


def _show_statuses(console: Console, parameters: Sequence[Parameter], *, whole: bool) -> None:
    from pathways.evidence.book import book
    from pathways.evidence.parameter import STATUSES

    shares = book().status_shares(parameter.id for parameter in parameters)
    subject = "the book" if whole else "what is shown"
    console.print(f"{len(parameters)} parameters. Share of {subject} by status:")
    for name, share in shares.items():
        if share:
            console.print(f"  {name:<13}{100 * share:3.0f}%  {STATUSES[name]}")
