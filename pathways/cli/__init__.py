"""The command line: what ends how, with which exit code.

0 done; 2 bad input or usage, or output that cannot be written, message on standard error; 130
interrupted; 141 nobody reads the output any more; 143 asked to end by SIGTERM; 1 and a traceback
for anything unexpected, which is a bug.
"""

from __future__ import annotations

# Nothing else up here: an interrupt while this module is imported would show a traceback.
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

BAD_INPUT = 2
INTERRUPTED = 130
PIPE_CLOSED = 141
TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """An interrupt that was sent as SIGTERM, as batch systems end a job."""


class Stopped(BaseException):
    """Carries an interrupt or a closed pipe past typer, which would answer them itself."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments
        The words after ``pathways``; those of the process if None.

    Returns
    -------
    int
        The exit code. Unexpected exceptions pass through with their traceback.
    """
    try:
        from pathways.cli.ending import run_to_the_end

        return run_to_the_end(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt as reason:
        is_request = isinstance(reason, Terminated)
        if sys.stderr is not None:
            sys.stderr.write("terminated\n" if is_request else "interrupted\n")
        return TERMINATED if is_request else INTERRUPTED
