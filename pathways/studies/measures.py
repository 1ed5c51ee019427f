"""What a study keeps of each run: single numbers, straight from what the engine returns.

A measure has the name and the value of the row of ``summary.csv`` of the same name; no table is
made for it. Sums are whole numbers at a stated scale, so they do not depend on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from pathways.codes import ExitReason, HarmCause
from pathways.outcomes import calendar, estimates, schema
from pathways.outcomes.estimates import Estimate
from pathways.plan import Plan, RawResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = -1
DAYS_PER_YEAR = 365.0
PER_YEARS = 100.0
MEDIAN, P90 = 500, 900

DEFAULT_OUTPUTS = (
    "mean_qaly",
    "mean_qaly_drug_only",
    "mean_cost_health_system",
    "mean_cost_patient",
    "mean_ketamine_mg",
    "mean_infusions",
    "mean_pain",
    "share_treated",
    "median_wait_days",
    "false_positive_rate",
    "share_alive",
)


class Studied:
    """The studied patients of a run; each column is copied when it is first asked for.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
    """

    def __init__(self, raw: RawResult, plan: Plan) -> None:
        chosen = calendar.is_studied(plan)
        everybody = bool(chosen.all())
        self._rows = slice(None) if everybody else chosen
        self._raw = raw
        self.plan = plan
        self.n = len(chosen) if everybody else int(np.count_nonzero(chosen))
        self._columns: dict[tuple[str, int | None], NDArray] = {}

    def column(self, name: str, place: int | None = None) -> NDArray:
        """Return a field of the results, or one entry of an array-valued field."""
        if (name, place) not in self._columns:
            values = self._raw.results[name] if place is None else self._raw.results[name][:, place]
            self._columns[name, place] = np.ascontiguousarray(values[self._rows])
        return self._columns[name, place]

    def trait(self, name: str) -> NDArray:
        """Return a field of the traits."""
        return np.ascontiguousarray(self._raw.traits[name][self._rows])

    @cached_property
    def lived_days(self) -> NDArray:
        """Days each patient lived in follow-up."""
        died = self.column("died_day")
        return np.where(died == NEVER, calendar.end_days(self.plan)[self._rows], died)

    @cached_property
    def ketamine_mg(self) -> NDArray:
        """Lifetime dose, racemic equivalents."""
        potency = self.plan.rule_sets["potency"][0]
        return self.column("racemic_mg") + self.column("s_ketamine_mg") / potency

    @cached_property
    def is_priced(self) -> bool:
        """Whether the scenario names a price book."""
        return bool(self.plan.description.get("prices"))


@dataclass(frozen=True)
class Measure:
    """One number that a study keeps of each run.

    Attributes
    ----------
    unit : str
        As in ``summary.csv``; ``currency`` for money in the currency of the scenario's prices.
    meaning : str
    function : callable
        Gives its estimate for the studied patients; a value of None is what cannot be estimated.
    """

    unit: str
    meaning: str
    function: Callable[[Studied], Estimate]


def measures_of(raw: RawResult, plan: Plan, outputs: Sequence[str]) -> dict[str, float | None]:
    """Return measures of a run.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
        The plan it came from.
    outputs : sequence of str
        Names of :data:`MEASURES`.

    Returns
    -------
    dict
        By name, in the order asked for; None for what cannot be estimated, such as costs without
        prices or a median that half of the patients never reach.
    """
    studied = Studied(raw, plan)
    return {name: MEASURES[name].function(studied).value for name in outputs}


Values = Callable[[Studied], "NDArray"]
"""Gives a number for each studied patient, or for those who have one."""


def _mean(values: Values, meaning: str, unit: str) -> Measure:
    def function(studied: Studied) -> Estimate:
        from pathways.outcomes.summary import FIXED_POINT

        return estimates.mean(values(studied), FIXED_POINT[unit])

    return Measure(unit, meaning, function)


def _share(is_so: Values, meaning: str) -> Measure:
    return Measure(
        "",
        f"share of referrals: {meaning}",
        lambda studied: estimates.proportion(int(np.count_nonzero(is_so(studied))), studied.n),
    )


def _quantile(values: Values, per_mille: int, what: str, unit: str) -> Measure:
    words = {MEDIAN: "median", P90: "90 % quantile"}[per_mille]
    return Measure(
        unit,
        f"{words} over all referrals: {what}",
        lambda studied: estimates.quantile(values(studied), per_mille, studied.n),
    )


def _waits(field: str) -> Values:
    def reached(studied: Studied) -> NDArray:
        days = studied.column(field)
        return days[days != NEVER]

    return reached


def _ever(field: str) -> Values:
    return lambda studied: studied.column(field) != NEVER


def _is(field: str, value: int) -> Values:
    return lambda studied: studied.column(field) == value


def _per_day_lived(field: str) -> Values:
    def mean_of_days(studied: Studied) -> NDArray:
        lived = studied.lived_days
        some = lived > 0
        return studied.column(field)[some] / lived[some]

    return mean_of_days


def _count(number: Callable[[Studied], int], meaning: str) -> Measure:
    return Measure("", meaning, lambda studied: Estimate(float(number(studied)), n=studied.n))


def _counts() -> Iterator[tuple[str, Measure]]:
    yield "patients", _count(lambda studied: studied.n, "studied referrals")
    died = _ever("died_day")
    meaning = "studied patients who died in follow-up"
    yield "deaths", _count(lambda studied: int(np.count_nonzero(died(studied))), meaning)


def _shares() -> Iterator[tuple[str, Measure]]:
    yield "share_assessed", _share(_ever("assessed_day"), "assessed")
    yield "share_eligible", _share(_is("eligible", 1), "eligible at the last assessment")
    yield "share_treated", _share(_ever("first_infusion_day"), "infused before the horizon")
    yield "share_alive", _share(_is("died_day", NEVER), "alive at the horizon")
    yield "share_ever_recovered", _share(_ever("recovered_day"), "ever recovered")
    traits = {
        "responder_observed": "a judgement was once passed",
        "responder_drug_at_threshold": "drug relief alone once met the rule",
        "responder_drug_any": "drug relief once above its floor",
    }
    for name, meaning in traits.items():
        yield f"share_{name}", _share(_is(name, 1), f"{meaning}; not judged counts as no")
    for place, state in enumerate(schema.STATES):
        yield f"share_state_{state}", _share(_is("state", place), f"{state} at the end")
    for code in ExitReason:
        if code:
            word = code.name.lower()
            yield f"share_exit_{word}", _share(_is("exit_reason", code), f"ended by {word}")


def _means() -> Iterator[tuple[str, Measure]]:
    """Yield means over all studied patients; what a column means stands in the schema."""
    columns = {column.name: column for column in schema.PATIENTS}
    results: dict[str, Values] = {
        name: lambda s, field=name: s.column(field)
        for name in (
            "infusions courses hours_infused qaly qaly_drug_only qaly_undiscounted "
            "sessions_attended tests_done re_referrals outside_infusions outside_mg "
            "continuations no_shows cancellations"
        ).split()
    }
    results |= {
        "ketamine_mg": lambda s: s.ketamine_mg,
        "ketamine_mg_per_kg": lambda s: s.ketamine_mg / s.trait("weight_kg"),
        "pain_mean": _per_day_lived("pain_days"),
        "floor_pain_mean": _per_day_lived("floor_pain_days"),
        "life_years": lambda s: s.lived_days / DAYS_PER_YEAR,
        "harms_detected": lambda s: s.column("harms_detected").sum(axis=1),
    }
    for name, values in results.items():
        measure = f"mean_{name.removesuffix('_mean')}"
        yield measure, _mean(values, columns[name].meaning, columns[name].unit)


def _costs() -> Iterator[tuple[str, Measure]]:
    fields = {
        **{f"cost_{payer}": ("cost", i) for i, payer in enumerate(schema.PAYERS)},
        **{
            f"cost_undiscounted_{payer}": ("cost_undiscounted", i)
            for i, payer in enumerate(schema.PAYERS)
        },
        **{f"cost_{line}": ("cost_line", i) for i, line in enumerate(schema.COST_LINES)},
    }
    meanings = {column.name: column.meaning for column in schema.PATIENTS}
    unit = schema.CURRENCY
    for name, (field, place) in fields.items():
        mean = _mean(lambda s, f=field, p=place: s.column(f, p), meanings[name], unit)
        yield f"mean_{name}", Measure(unit, mean.meaning, _if_priced(mean.function))


def _if_priced(function: Callable[[Studied], Estimate]) -> Callable[[Studied], Estimate]:
    return lambda studied: function(studied) if studied.is_priced else Estimate(note="no prices")


def _harms() -> Iterator[tuple[str, Measure]]:
    for code, harm in enumerate(schema.CHRONIC_HARMS):
        for cause in HarmCause:
            word = cause.name.lower()
            place = code * len(HarmCause) + cause
            meaning = f"{harm}, {word}: onsets per 100 patient-years since referral"
            function = partial(_rate, place=place)
            yield f"{harm}_{word}_per_100_years", Measure("/100 a", meaning, function)
    for code, harm in enumerate(schema.ACUTE_HARMS):
        meaning = f"share of infusions, here or elsewhere, with {harm}"
        function = partial(_per_infusion, code=code)
        yield f"share_{harm}_per_infusion", Measure("", meaning, function)


def _rate(studied: Studied, place: int) -> Estimate:
    years = int(studied.lived_days.sum()) / DAYS_PER_YEAR
    onsets = int(studied.column("harm_count", place).sum())
    return estimates.poisson_rate(onsets, years, studied.n, PER_YEARS)


def _per_infusion(studied: Studied, code: int) -> Estimate:
    infusions = sum(int(studied.column(name).sum()) for name in ("infusions", "outside_infusions"))
    return estimates.proportion(int(studied.column("acute_count", code).sum()), infusions)


def _false_positives(studied: Studied) -> Estimate:
    fields = ("false_positive_continuations", "continuations")
    return estimates.ratio(*(studied.column(field) for field in fields))


def _quantiles() -> Iterator[tuple[str, Measure]]:
    for label, per_mille in (("median", MEDIAN), ("p90", P90)):
        waits = {"wait_days": "first_infusion_day", "wait_to_assessment_days": "assessed_day"}
        for name, field in waits.items():
            what = "days from referral, who never gets there waits for ever"
            yield f"{label}_{name}", _quantile(_waits(field), per_mille, what, "d")
        dose = _quantile(lambda s: s.ketamine_mg, per_mille, "lifetime dose", "mg")
        yield f"{label}_ketamine_mg", dose


MEASURES: dict[str, Measure] = {
    **dict(_means()),
    **dict(_costs()),
    **dict(_shares()),
    "false_positive_rate": Measure(
        "", "share of continuations without drug response", _false_positives
    ),
    **dict(_quantiles()),
    **dict(_harms()),
    **dict(_counts()),
}
"""Every measure by its name."""
