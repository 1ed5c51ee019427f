"""The report of a comparison: one HTML file that needs nothing beside it.

No script, no request, no date: the same comparison gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathways.report.page import render_report, write_report

__all__ = ["render_report", "write_report"]


def __getattr__(name: str) -> Any:
    """Import what is offered when it is first asked for."""
    if name in __all__:
        from pathways.report import page

        return getattr(page, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
