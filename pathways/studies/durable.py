"""Files that are either whole under their name or not there, whenever the process is killed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pathways.outcomes.directory import sync_folder

UNFINISHED = ".pathways-unfinished"


def write_whole(
    path: Path,
    fill: Callable[[BinaryIO], object],
    before: Callable[[int], object] | None = None,
) -> int:
    """Write a file under a temporary name, then give it its own; return its size in bytes.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    fill : callable
        Gets the open file.
    before : callable, optional
        Gets the size when the file is on the disk but has not got its name yet.

    Raises
    ------
    OSError
        If it cannot be written; what was there under the name is still there.
    """
    temporary = unfinished(path)
    try:
        with open(temporary, "wb") as file:
            fill(file)
            size = sync_file(file)
        if before is not None:
            before(size)
        publish(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return size


def unfinished(path: Path) -> Path:
    """Return the temporary name of a file, in the same folder; readers of data sets skip it."""
    return path.with_name(f".{path.name}{UNFINISHED}")


def sync_file(file: BinaryIO) -> int:
    """Bring an open file to the disk and return its size in bytes."""
    file.flush()
    os.fsync(file.fileno())
    return os.fstat(file.fileno()).st_size


def publish(temporary: Path, path: Path) -> None:
    """Give a file that is on the disk its name, for good."""
    os.replace(temporary, path)
    sync_folder(path.parent)


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed writer left in a folder."""
    for path in folder.glob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)
