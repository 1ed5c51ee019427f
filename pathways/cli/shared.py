"""What the commands that simulate share: a console, tables, a bar of progress, a working kernel."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from pathways.scenario import Scenario
    from pathways.simulation import Progress

DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365
SECONDS_PER_MINUTE = 60
PLAIN_WIDTH = 100
"""Columns where standard output is no terminal."""


def refuse_unusable_kernel() -> None:
    """Say a wrong PATHWAYS_ISA as wrong input; other failures to load are bugs.

    Raises
    ------
    InputError
        With the instruction sets there are.
    """
    from pathways import fastcore
    from pathways.errors import InputError, Place

    try:
        fastcore.kernel()
    except ImportError as error:
        if "PATHWAYS_ISA" not in os.environ:
            raise
        raise InputError(Place(path="PATHWAYS_ISA"), str(error)) from None


@contextmanager
def progress_bar(*, shown: bool) -> Iterator[Progress | None]:
    """Yield what an engine reports its progress to; a bar on standard error, or nothing."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Simulating", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def status(words: str, *, shown: bool) -> Iterator[None]:
    """Show on standard error what is being done, or nothing."""
    if not shown:
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


def duration(seconds: float) -> str:
    """Return a time as it is read: seconds, minutes, or hours and minutes."""
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = int(seconds / SECONDS_PER_MINUTE + 0.5)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def plain_console() -> Console:
    """Return a console that prints text as it is, as wide as the terminal if there is one."""
    from rich.console import Console

    return Console(
        width=None if sys.stdout.isatty() else PLAIN_WIDTH,
        highlight=False,
        markup=False,
        emoji=False,
    )


def ascii_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a table with words on the left and numbers on the right, drawn in ASCII."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.ASCII_DOUBLE_HEAD, pad_edge=False, show_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    return table


def refuse_too_large(
    scenarios: Iterable[Scenario],
    patients: int,
    years: float | None,
    *,
    engine: str,
    events: bool,
) -> None:
    """Refuse runs that are kept together and would not fit into memory.

    Raises
    ------
    pathways.outcomes.memory.TooLarge
        With the number of patients that would fit.
    """
    from pathways.outcomes import memory

    sizes = [_size_of(scenario, patients, years) for scenario in scenarios]
    largest = max(sizes, key=lambda size: size[0] * size[1])
    memory.refuse_too_large(
        largest[0],
        largest[1],
        engine=engine,
        events=events,
        weekly_rows=largest[2] * len(sizes),
        runs=len(sizes),
    )


def _size_of(scenario: Scenario, patients: int, years: float | None) -> tuple[int, float, int]:
    """Return the patients simulated, the years each is seen, and the rows of the weekly table."""
    from pathways.resolve.referrals import expected_patients, regions_for
    from pathways.resolve.resolver import horizon_days

    document = scenario.document
    followed = document.followed_days if years is None else horizon_days(years)
    calendar = document.referrals.calendar_days(followed)
    everybody = expected_patients(document, patients, calendar)
    # Referrals are spread over the calendar, so the average patient sees half of it.
    seen = calendar / 2 if document.referrals.is_arrivals else calendar
    clinics = regions_for(document, patients) * len(document.clinics or [None])
    return everybody, seen / DAYS_PER_YEAR, clinics * (calendar // DAYS_PER_WEEK + 1)
