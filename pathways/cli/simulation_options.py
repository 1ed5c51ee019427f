"""Options of the commands that simulate scenarios, declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from pathways.cli.options import number, whole_number

Patients = Annotated[
    int,
    typer.Option(
        parser=whole_number("patients"),
        metavar="NUMBER",
        help="Referrals to simulate; where they come over calendar time, those to study: they "
        "set the number of replicate regions, never the load of a clinic.",
    ),
]
Years = Annotated[
    float | None,
    typer.Option(
        parser=number("years"),
        metavar="NUMBER",
        help="Years each patient is followed (default: as the scenario says).",
    ),
]
Seed = Annotated[
    int,
    typer.Option(parser=whole_number("seed"), metavar="NUMBER", help="Seed of every random draw."),
]
Engine = Annotated[str, typer.Option(metavar="kernel|mesa", help="Both give the same results.")]
Threads = Annotated[
    int | None,
    typer.Option(
        parser=whole_number("threads"),
        metavar="NUMBER",
        help="Threads of the kernel (default: every processor).",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show warnings and errors only.")]
