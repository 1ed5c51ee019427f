"""Settings for every test: one Hypothesis profile, and a marker for the folder a test lies in."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from hypothesis import settings

KINDS = ("exact", "property", "metamorphic", "statistical", "end_to_end")

# The same examples on every run and no time limit: a test must not fail on a busy machine.
settings.register_profile("pathways", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("pathways")


def pytest_configure() -> None:
    """Let interrupts be felt by tests and what they start, also under a shell that ignores them."""
    is_ignored = signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    if is_ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the kind its folder names."""
    here = Path(__file__).parent
    for item in items:
        kind = item.path.relative_to(here).parts[0] if item.path.is_relative_to(here) else ""
        if kind in KINDS:
            item.add_marker(kind)
