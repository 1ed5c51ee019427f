"""The commands of ``pathways``: a table of names, each module imported when its command is called.

Start-up stays light because asking for help, or running one command, imports no other command.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from pathways import __version__
from pathways.cli import Stopped


class CommandEntry(NamedTuple):
    """Where a command lives: its module, the function in it, and its line in the list of help."""

    module: str
    function: str
    summary: str


COMMANDS = {
    "run": CommandEntry("pathways.cli.run", "run", "Run one scenario."),
    "compare": CommandEntry(
        "pathways.cli.compare", "compare", "Compare policies on the same virtual patients."
    ),
    "sweep": CommandEntry("pathways.cli.sweep", "sweep", "Run a study: many runs, resumed."),
    "validate": CommandEntry(
        "pathways.cli.validate", "validate", "Virtual trials beside their published results."
    ),
    "check": CommandEntry("pathways.cli.check", "check", "Check files; nothing is simulated."),
    "schema": CommandEntry("pathways.cli.schema", "schema", "Write the JSON Schema for editors."),
    "evidence": CommandEntry("pathways.cli.evidence", "evidence", "Show the parameter book."),
}


@contextmanager
def _past_typer() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError) as reason:
        raise Stopped(reason) from reason


class LazyGroup(TyperGroup):
    """Lists commands from the table and imports the one that is called."""

    def list_commands(self, context: Any) -> list[str]:
        """Return the names in the order of the table."""
        return list(self.commands)

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Parse the command line (this also prints help)."""
        with _past_typer():
            return super().make_context(*arguments, **options)

    def invoke(self, context: Any) -> Any:
        """Run the command."""
        with _past_typer():
            return super().invoke(context)

    def resolve_command(self, context: Any, arguments: list[str]) -> tuple[Any, Any, list[str]]:
        """Replace the entry by the real command, importing its module."""
        name, command, rest = super().resolve_command(context, arguments)
        if name in COMMANDS:
            command = load_command(name)
        return name, command, rest


def load_command(name: str) -> Any:
    """Import the module of a command and return the command."""
    entry = COMMANDS[name]
    function = getattr(importlib.import_module(entry.module), entry.function)
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    single.command(name)(function)
    return get_command(single)


def build() -> LazyGroup:
    """Return the command line with the entries of the table, none of them imported."""
    group = get_command(app)
    for name, entry in COMMANDS.items():
        group.add_command(TyperCommand(name, help=entry.summary), name)
    return group


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"pathways {__version__}")
        raise typer.Exit


@app.callback()
def pathways(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and end.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Simulate ketamine treatment pathways for chronic pain."""
