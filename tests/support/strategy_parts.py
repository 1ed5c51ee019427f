"""Small strategies that larger ones are made of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]


def days(lowest: int, highest: int) -> st.SearchStrategy[str]:
    """Draw a length of time in whole days, mostly short, in one of the units that are read."""
    short = st.integers(lowest, min(highest, lowest + 20))
    return st.one_of(short, st.integers(lowest, highest)).flatmap(
        lambda n: st.sampled_from([f"{n} d", f"{24 * n} h", *([f"{n // 7} week"] * (n % 7 == 0))])
    )


def optional(strategy: Any) -> st.SearchStrategy[Any]:
    """Draw from what `strategy()` gives, or nothing."""
    return st.one_of(st.just({}), strategy())


@st.composite
def some(draw: st.DrawFn, **strategies: st.SearchStrategy[Any]) -> Document:
    """Draw a mapping that holds some of the keys."""
    return {key: draw(values) for key, values in strategies.items() if draw(st.booleans())}


def tenths(lowest: int, highest: int) -> st.SearchStrategy[float]:
    """Draw a number in steps of 0.1; the limits are tenths."""
    return st.integers(lowest, highest).map(lambda number: number / 10)
