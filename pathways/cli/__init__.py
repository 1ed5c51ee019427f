"""The command line: what ends how, with which exit code.

0 done; 2 bad input or usage, message on standard error; 130 interrupted; 141 nobody reads the
output any more; 1 and a traceback for anything unexpected, which is a bug.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Sequence
from typing import TextIO

from pathways.errors import PathwaysError

BAD_INPUT = 2
INTERRUPTED = 128 + signal.SIGINT
PIPE_CLOSED = 141


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
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except PathwaysError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except (KeyboardInterrupt, BrokenPipeError) as reason:
        return _stopped(reason)
    except Stopped as stopped:
        return _stopped(stopped.reason)


def _run(arguments: Sequence[str] | None) -> int:
    from pathways.cli.app import build

    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        build().main(words, prog_name="pathways")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _stopped(reason: BaseException) -> int:
    if isinstance(reason, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    if not _nobody_reads(sys.stdout):
        raise reason  # some other pipe broke: a bug
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED


def _nobody_reads(stream: TextIO) -> bool:
    poller = select.poll()
    poller.register(stream.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(0))
