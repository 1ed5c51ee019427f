"""The journal of a store: one line of JSON for each thing that is finished, only ever appended.

A line counts from the moment it is on the disk as a whole. What a loss of power or a kill leaves of
a line is no line: readers stop before it, and the next writer cuts it off.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries up to the first line that is not whole; none if there is no file."""
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            entry = _entry(line)
            if entry is None:
                return
            yield entry


def _entry(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


class Journal:
    """The journal, open to append. The lock of the store sees to it that there is one writer.

    Parameters
    ----------
    path : Path
        Made if it does not exist.
    """

    def __init__(self, path: Path) -> None:
        self._size = _whole_bytes(path)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        if os.fstat(self._descriptor).st_size > self._size:
            os.ftruncate(self._descriptor, self._size)
        os.lseek(self._descriptor, self._size, os.SEEK_SET)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Append an entry and bring it to the disk.

        Raises
        ------
        OSError
            If it cannot be written; the journal is then as before.
        """
        line = json.dumps(entry, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        try:
            _write_all(self._descriptor, line.encode() + b"\n")
            os.fsync(self._descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
                os.lseek(self._descriptor, self._size, os.SEEK_SET)
            raise
        self._size = os.lseek(self._descriptor, 0, os.SEEK_CUR)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def _whole_bytes(path: Path) -> int:
    """Return the size of the part of the journal that can be read."""
    size = 0
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            if _entry(line) is None:
                break
            size += len(line)
    return size


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
