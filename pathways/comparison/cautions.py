"""What a reader of a comparison must be told before its numbers, most important first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pathways.comparison.names import same_policy
from pathways.comparison.scenario_differences import block_of
from pathways.outcomes.cautions import NO_DRUG_RESPONSE, NOBODY_TREATED, cautions_of_plan
from pathways.outcomes.cautions import cautions as cautions_of_run
from pathways.outcomes.structure import warnings
from pathways.outcomes.summary import ALL
from pathways.outcomes.tables import currency_of

if TYPE_CHECKING:
    from pathways.comparison.comparison import Comparison
    from pathways.plan import Plan
    from pathways.simulation import Result

POLICY_BLOCKS = ("policy", "changes", "prices")
"""Blocks in which policies differ by their nature; prices have a caution of their own."""

SHARED_QUEUES = (
    "patients of one clinic wait for each other, but the paired intervals take them as "
    "independent: they are too narrow where queues differ"
)
MONTE_CARLO = (
    "the intervals are Monte Carlo error alone: they say how well these inputs were simulated, not "
    "how well the inputs are known"
)


def cautions(comparison: Comparison) -> list[str]:
    """Return the warnings: wrong models, money and what is missing first, then those of runs."""
    return [
        *wrong_models({name: result.plan for name, result in comparison.results.items()}),
        *_on_money(comparison),
        *_on_sham(comparison),
        *_on_copies(comparison),
        *_on_other_worlds(comparison),
        *_of_runs(comparison),
        *_on_doses_elsewhere(comparison),
        *_on_queues(comparison),
        MONTE_CARLO,
    ]


def wrong_models(plans: Mapping[str, Plan]) -> list[str]:
    """Return the warnings of structural choices that are known to be wrong, before or after runs.

    Parameters
    ----------
    plans : mapping from str to Plan
        By the names of the policies.
    """
    return _together({name: warnings(plan.description) for name, plan in plans.items()})


def _on_money(comparison: Comparison) -> list[str]:
    currencies = {name: currency_of(result.plan) for name, result in comparison.results.items()}
    priced = sorted({one for one in currencies.values() if one})
    if len(priced) > 1:
        return [
            f"money is not comparable: the price books are in {' and '.join(priced)}, so there are "
            "no differences of costs between them; give one book for all with --prices"
        ]
    if priced and None in currencies.values():
        unpriced = ", ".join(name for name, currency in currencies.items() if currency is None)
        return [f"{unpriced}: no price book, so costs are compared between the others only"]
    return _on_patients_who_pay(comparison)


def _on_patients_who_pay(comparison: Comparison) -> list[str]:
    """Warn of patients who pay at the prices of a book that states none for those who do."""
    found = [
        name
        for name, result in comparison.results.items()
        if _lacks_cash_price(result.plan.description)
    ]
    if not found:
        return []
    told = (
        f"{', '.join(found)}: patients pay, but the price book states no price for those who do; "
        "they are charged what an infusion costs the health system"
    )
    if any(_stops_at_budget(comparison.results[name].plan.description) for name in found):
        told += (
            ", and who can go on paying, and so who is treated and for how long, depends on that"
        )
    return [told]


def _stops_at_budget(description: Mapping[str, Any]) -> bool:
    payment = (description.get("scenario", {}).get("policy") or {}).get("payment") or {}
    return bool(payment.get("stops_at_budget"))


def _lacks_cash_price(description: Mapping[str, Any]) -> bool:
    from pathways.scenario.money import COUNTRY

    payment = (description.get("scenario", {}).get("policy") or {}).get("payment") or {}
    if payment.get("payer") != "patient":
        return False
    stated = description.get("values", {}).get("infusion_cash_price") or {}
    return COUNTRY[description["prices"]["book"]] not in stated


def _on_sham(comparison: Comparison) -> list[str]:
    if comparison.sham is not None:
        return []
    return [
        "no sham infusion is compared, so what visits and expectation do is known only from the "
        "QALYs with expectation left out; add sham-infusion"
    ]


def _on_copies(comparison: Comparison) -> list[str]:
    """Warn of policies that are one policy under two names."""
    names = comparison.names
    return [
        f"{other} and {name} are the same scenario under two names"
        for place, name in enumerate(names)
        for other in names[:place]
        if same_policy(comparison.results[other].plan, comparison.results[name].plan)
    ]


def _on_other_worlds(comparison: Comparison) -> list[str]:
    """Warn of differences that are not of the policies alone."""
    paths = comparison.scenario_differences["path"].tolist()
    found = dict.fromkeys(block for block in map(block_of, paths) if _is_of_the_world(block))
    if not found:
        return []
    return [
        f"the scenarios differ in {', '.join(found)} too, so the differences are not of the "
        "policies alone"
    ]


def _on_doses_elsewhere(comparison: Comparison) -> list[str]:
    """Say what the tables of the clinic's own doses leave out."""
    rows = comparison.headline
    chosen = rows[(rows.block == ALL) & (rows.measure == "mean_outside_mg") & (rows.value > 0.0)]
    return [
        f"{policy}: besides the doses in the tables, patients bought {value:,.0f} mg per referral "
        "elsewhere, in racemic equivalents; its effects, harms and payments are counted"
        for policy, value in zip(chosen.policy, chosen.value, strict=True)
    ]


def _on_queues(comparison: Comparison) -> list[str]:
    queues = any(result.plan.queues for result in comparison.results.values())
    return [SHARED_QUEUES] if queues else []


def _is_of_the_world(block: str) -> bool:
    return not block.startswith(POLICY_BLOCKS)


def _of_runs(comparison: Comparison) -> list[str]:
    """Return what is said of single runs, the same words of several together."""
    return _together(
        {
            name: _of_run(result, is_sham=name == comparison.sham)
            for name, result in comparison.results.items()
        }
    )


def _of_run(result: Result, *, is_sham: bool) -> list[str]:
    """Return what is said of one run, without what a comparator is there to be."""
    description = result.plan.description
    policy = description.get("scenario", {}).get("policy") or {}
    said_first = warnings(description)
    told = [*cautions_of_run(result.summary_rows), *cautions_of_plan(result.plan)]
    told = [one for one in told if one not in said_first]
    if policy.get("treatment") == "none":
        told = [one for one in told if not one.startswith(NOBODY_TREATED)]
    return [one for one in told if not (is_sham and one == NO_DRUG_RESPONSE)]


def _together(told: Mapping[str, list[str]]) -> list[str]:
    """Return the warnings of several policies, each with the names of those it is about."""
    policies: dict[str, list[str]] = {}
    for name, cautions_of_one in told.items():
        for caution in cautions_of_one:
            policies.setdefault(caution, []).append(name)
    return [
        f"{'all' if len(names) == len(told) else ', '.join(names)}: {caution}"
        for caution, names in policies.items()
    ]
