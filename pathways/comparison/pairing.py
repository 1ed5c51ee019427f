"""Whether the patients of several runs are the same people, without which nothing is paired."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pathways.errors import InputError, Place, shown
from pathways.outcomes.tables import currency_of

if TYPE_CHECKING:
    from pathways.plan import Plan
    from pathways.simulation import Result

SIZES = {
    "seed": "the same seed for all",
    "draw": "the same parameter draw for all",
    "patients": "the same number of patients for all",
    "horizon_days": "the same horizon for all, with `years` (`--years`) or in the scenario files",
}
"""Numbers that must agree, each with the remedy."""

REMEDY = (
    "the same `population` and `structure`, and the same `parameters` as far as they describe "
    "patients; compare the others apart"
)
SAME_CLINICS = (
    "the same clinics under the same names or with the same `number`, and the same referrals: "
    "patients and their luck are addressed by their clinic"
)
THERAPY, BUDGET = "therapy_response", "yearly_budget"
SPREAD_OF_THERAPY = "therapy_response_log_sd"
BUDGET_FIELDS = ("yearly_budget_median", "yearly_budget_log_sd")


def refuse_different_plans(plans: Mapping[str, Plan]) -> None:
    """Refuse plans whose patients would differ before any policy reaches them.

    Traits that a policy has no use for may be missing in it: how therapies work where it offers
    none, and a yearly budget in another currency or where nobody asks for it.

    Raises
    ------
    InputError
        Naming the policies, what differs, and the remedy.
    """
    for one, other in combinations(plans, 2):
        if not np.array_equal(plans[one].clinics["number"][0], plans[other].clinics["number"][0]):
            _refuse(one, other, "their clinics differ in name or `number`", SAME_CLINICS)
    for size, remedy in SIZES.items():
        _refuse_other_size(plans, size, remedy)
    for one, other in combinations(plans, 2):
        left_out = _unused(plans[one], plans[other])
        mine, theirs = plans[one].population, plans[other].population
        if differing := _differing(mine, theirs, left_out):
            _refuse(one, other, f"{_named(differing)} of the population differs")


def refuse_different_patients(results: Mapping[str, Result]) -> None:
    """Refuse runs whose plans or whose studied patients differ.

    Raises
    ------
    InputError
        As :func:`refuse_different_plans`.
    """
    refuse_different_plans({name: result.plan for name, result in results.items()})
    studied = {name: _studied(result) for name, result in results.items()}
    for one, other in combinations(results, 2):
        mine, theirs = studied[one], studied[other]
        if len(mine) != len(theirs):
            _refuse(one, other, f"{len(mine)} against {len(theirs)} are studied")
        left_out = _unused(results[one].plan, results[other].plan)
        if differing := _differing(mine, theirs, left_out):
            _refuse(one, other, f"their {_named(differing)} differs")


def _refuse_other_size(plans: Mapping[str, Plan], size: str, remedy: str) -> None:
    first, *others = plans
    expected = getattr(plans[first], size)
    for name in others:
        found = getattr(plans[name], size)
        if found != expected:
            word = size.replace("_", " ")
            problem = (
                f"{word} of {shown(first)} is {expected} and of {shown(name)} {found}, so their "
                "patients cannot be compared one by one"
            )
            raise InputError(Place(path="scenarios"), problem, remedy)


def _refuse(one: str, other: str, what: str, remedy: str = REMEDY) -> None:
    problem = (
        f"{shown(one)} and {shown(other)} do not have the same patients: {what}, so they cannot be "
        "compared one by one"
    )
    raise InputError(Place(path="scenarios"), problem, remedy)


def _unused(one: Plan, other: Plan) -> set[str]:
    """Return the traits that one of two plans has no use for, and what they are drawn from."""
    found = set()
    if not (_number(one, SPREAD_OF_THERAPY) and _number(other, SPREAD_OF_THERAPY)):
        found |= {THERAPY, SPREAD_OF_THERAPY}
    budgets = [_number(plan, BUDGET_FIELDS[0]) for plan in (one, other)]
    if not all(budgets) or currency_of(one) != currency_of(other):
        found |= {BUDGET, *BUDGET_FIELDS}
    return found


def _number(plan: Plan, name: str) -> float:
    return float(plan.population[name][0])


def _studied(result: Result) -> np.ndarray:
    chosen = result.tables["patients"]["studied"].to_numpy()
    return result.raw.traits[chosen]


def _differing(one: np.ndarray, other: np.ndarray, left_out: set[str]) -> list[str]:
    return [
        name
        for name in one.dtype.names
        if name not in left_out and not np.array_equal(one[name], other[name])
    ]


def _named(fields: list[str]) -> str:
    further = f" (and {len(fields) - 1} more)" if len(fields) > 1 else ""
    return f"`{fields[0]}`{further}"
