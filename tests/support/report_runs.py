"""Small comparisons for tests of the report, each made once."""

from __future__ import annotations

from functools import cache

from pathways.comparison import Comparison, compare

THREE = ("conventional-care", "dose-ladder", "sham-infusion")


@cache
def comparison(
    names: tuple[str, ...] = THREE, *, prices: str | None = None, events: bool = False
) -> Comparison:
    """Return a comparison of shipped policies; nothing in it may be changed."""
    return compare(names, patients=60, years=3, seed=7, prices=prices, events=events)


def told_otherwise(of: Comparison, **facts: object) -> Comparison:
    """Return the same runs with some of what the comparison says replaced."""
    twin = Comparison(of.results, of.reference, priced_by=of.priced_by)
    # Over the cached properties, so that the replaced ones are never worked out.
    vars(twin).update(facts)
    return twin
