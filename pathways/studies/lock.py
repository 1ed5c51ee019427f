"""One writer to a store: a lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from pathways.outcomes.directory import OutputError


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a directory.

    Raises
    ------
    OutputError
        If another process holds it.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"{path}: another process is running a study into this store; wait for it, or give "
            "another directory with --out"
        ) from error
    except OSError:
        pass  # A file system without locks: two writers at once are the user's to avoid.
