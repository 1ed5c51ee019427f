"""How a command ends: errors become messages, and streams that fail become exit codes."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from pathways.cli import BAD_INPUT, PIPE_CLOSED, Stopped, Terminated
from pathways.errors import InputError, PathwaysError, Place

ASKED_TO_END = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
USUAL_HANDLERS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def run_to_the_end(words: list[str]) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    words
        The words after ``pathways``.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted; a Terminated if that came as SIGTERM.
    """
    try:
        with _interrupts_seen():
            code = _answered(words)
            sys.stdout.flush()
            return code
    except OSError as error:
        return _broken(error)
    except Stopped as stopped:
        if isinstance(stopped.reason, OSError):
            return _broken(stopped.reason)
        raise stopped.reason from None


@contextmanager
def _interrupts_seen() -> Iterator[None]:
    """Let an interrupt be one whatever a library makes of it: some turn it into their own error."""
    ours = [one for one, usual in USUAL_HANDLERS.items() if signal.getsignal(one) == usual]
    seen = []

    def see(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        if number == signal.SIGTERM:  # A second one would disturb how this one ends.
            signal.signal(number, signal.SIG_IGN)
        raise ASKED_TO_END[number]

    for one in ours:
        signal.signal(one, see)
    try:
        yield
    except Exception:
        if seen:
            raise ASKED_TO_END[seen[0]] from None
        raise
    finally:
        for one in ours:
            signal.signal(one, USUAL_HANDLERS[one])


def _answered(words: list[str]) -> int:
    try:
        _need_streams()
        return _run(words)
    except PathwaysError as error:
        _say(error)
        return BAD_INPUT


def _run(words: list[str]) -> int:
    from pathways.cli.app import build

    # Figures go to files; a backend that is none would stop Matplotlib although none is needed.
    os.environ.pop("MPLBACKEND", None)
    try:
        build().main(words, prog_name="pathways")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _need_streams() -> None:
    """Refuse a closed standard output, whose number the first file opened would get."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")
        problem = "it is closed, so nothing could be shown"
        raise InputError(Place("standard output"), problem, "a file, or /dev/null")


def _broken(error: OSError) -> int:
    """Return the exit code where a stream failed, or raise `error` again, which is a bug then."""
    if isinstance(error, BrokenPipeError) and _nobody_reads(sys.stdout):
        _silence(sys.stdout)
        return PIPE_CLOSED
    if error.errno not in NO_ROOM:
        raise error
    problem = f"cannot be written: {error.strerror}; make room, or send it elsewhere"
    _say(InputError(Place(error.filename or "standard output"), problem))
    _silence(sys.stdout)
    return BAD_INPUT


def _say(error: PathwaysError) -> None:
    try:
        print(error, file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _silence(stream: TextIO) -> None:
    """Send what is left in a stream that failed to nowhere, or ending would fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _nobody_reads(stream: TextIO) -> bool:
    poller = select.poll()
    poller.register(stream.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poller.poll(0))
