"""A published result: value, how well it is known, source and status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from pathways.errors import InputError, ValueProblem, nearest, shown
from pathways.reading.fields import Items, Line, Number, Positive, PositiveInt, Section

if TYPE_CHECKING:
    from pathways.evidence.parameter import Parameter

Status = Literal["verified", "derived", "recalled", "recalled_low", "assumption", "absent"]
NORMAL_975 = 1.959963984540054
Pair = Annotated[Items[Number], Field(min_length=2, max_length=2)]


class Published(Section):
    """What the paper reports of one endpoint, or a reference to the evidence."""

    evidence: Line | None = None
    """Entry of the evidence, with the component: `T2.ketamine`."""
    value: Number | None = None
    """The value; shares from 0 to 1, falls in percent."""
    range: Pair | None = None
    """Lowest and highest value where the paper gives a range of values."""
    interval: Pair | None = None
    """Its 95 % interval."""
    se: Positive | None = None
    """Its standard error."""
    sd: Positive | None = None
    """Spread between patients; with `n` it gives the standard error."""
    n: PositiveInt | None = None
    """Patients it rests on."""
    source: Line | None = None
    """Publication; default: that of the entry of the evidence."""
    status: Status | None = None
    """Evidence status; default: that of the entry of the evidence."""
    note: Line | None = None
    """Where it stands, how it was worked out, what to beware of."""

    @model_validator(mode="after")
    def _complete(self) -> Published:
        given = [n for n in ("evidence", "value", "range") if getattr(self, n) is not None]
        if len(given) != 1:
            found = f"`{given[0]}` and `{given[1]}` are given" if given else "no result is given"
            raise ValueProblem(f"{found}; write one of `value`, `range`, `evidence`")
        for name in ("source", "status"):
            if self.evidence is None and getattr(self, name) is None:
                raise ValueProblem(f"`{name}` is missing; say it of every number", within=(name,))
        for name in ("range", "interval"):
            ends = getattr(self, name)
            if ends is not None and ends[0] > ends[1]:
                raise ValueProblem("the lower end comes first", within=(name,))
        return self


@dataclass(frozen=True)
class PublishedResult:
    """A published result, settled.

    Attributes
    ----------
    low, high : float
        The value twice, or the ends of the range reported.
    interval : tuple of float or None
        95 % interval.
    standard_error : float or None
    status, source, note : str
    """

    low: float
    high: float
    interval: tuple[float, float] | None
    standard_error: float | None
    status: str
    source: str
    note: str

    @property
    def value(self) -> float:
        """The value, or the middle of the range."""
        return self.low if self.low == self.high else 0.5 * (self.low + self.high)


def settled(published: Published, *, is_share: bool) -> PublishedResult:
    """Return a published result with what the evidence says of it.

    Parameters
    ----------
    published : Published
    is_share : bool
        Whether the value is a share of patients, whose standard error follows from `n`.

    Raises
    ------
    ValueProblem
        For a reference to what the evidence does not have; `within` starts at the section.
    """
    stated, component = _entry(published.evidence)
    low, high = _ends(published, stated, component)
    known = _in_the_book(stated, component) if stated is not None else {}
    given = {n: v for n in ("interval", "se", "sd") if (v := getattr(published, n)) is not None}
    # What the file says of the spread stands in place of all that the book says of it.
    spread = given or known
    error = _standard_error(spread, published.n, low if is_share and low == high else None)
    interval = spread.get("interval")
    if interval is None and error is not None:
        interval = (low - NORMAL_975 * error, high + NORMAL_975 * error)
    return PublishedResult(
        low,
        high,
        None if interval is None else (float(interval[0]), float(interval[1])),
        error,
        published.status or stated.status,
        published.source or _sources(stated),
        published.note or ("" if stated is None else stated.note),
    )


def _entry(reference: str | None) -> tuple[Parameter | None, str]:
    from pathways.evidence.book import book

    if reference is None:
        return None, ""
    key, _, component = reference.partition(".")
    try:
        stated = book().parameter(key)
    except InputError as unknown:
        problem, near = unknown.problem, unknown.nearest
        raise ValueProblem(problem, unknown.allowed, near, ("evidence",)) from None
    names = list(stated.components())
    if component not in names:
        has_none = f"{key} has no component {shown(component)}"
        problem = has_none if component else f"{key} has several components"
        near, allowed = nearest(component, names), [f"{key}.{name}" for name in names if name]
        raise ValueProblem(problem, allowed or key, near, ("evidence",))
    return stated, component


def _ends(published: Published, stated: Parameter | None, component: str) -> tuple[float, float]:
    if published.range is not None:
        return published.range[0], published.range[1]
    if stated is None:
        return published.value, published.value
    value = stated.components()[component]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        problem = f"{shown(published.evidence)} is no number"
        raise ValueProblem(problem, within=("evidence",))
    return float(value), float(value)


def _in_the_book(stated: Parameter, component: str) -> dict[str, Any]:
    """Return interval and spread as the book has them."""
    found: dict[str, Any] = {}
    distribution = stated.distributions().get(component)
    if distribution is not None and hasattr(distribution, "quantile"):
        found["interval"] = (distribution.quantile(0.025), distribution.quantile(0.975))
    between = stated.between_patient
    spread = None if between is None else between.spread
    if spread is not None and not isinstance(spread, (int, float, str)):
        spread = spread.get(component)
    if not found and isinstance(spread, (int, float)):
        found["sd"] = float(spread)
    return found


def _standard_error(spread: dict[str, Any], n: int | None, share: float | None) -> float | None:
    if "se" in spread:
        return spread["se"]
    if "interval" in spread:
        low, high = spread["interval"]
        return (high - low) / (2.0 * NORMAL_975)
    if n is None:
        return None
    if "sd" in spread:
        return spread["sd"] / n**0.5
    if share is None:
        return None
    # Agresti and Coull's: a share of 0 or 1 of a few patients is not known exactly.
    adjusted = (share * n + 2.0) / (n + 4.0)
    return (adjusted * (1.0 - adjusted) / (n + 4.0)) ** 0.5


def _sources(stated: Parameter) -> str:
    named = "; ".join(str(source) for source in stated.sources)
    return named or f"derived from {', '.join(stated.derived_from)}"
