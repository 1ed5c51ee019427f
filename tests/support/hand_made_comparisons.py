"""Comparisons of results written by hand: five patients, and what is changed in a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from raw_results import five_patients

from pathways import layout
from pathways.codes import Payer
from pathways.comparison import Comparison
from pathways.outcomes.record import RunRecord
from pathways.plan import Plan
from pathways.simulation import Result

SHAM_POLICY = {"treatment": "ketamine", "ladder": {"steps": [{"form": "sham", "dose": "80 mg"}]}}


def result_of(
    values: Mapping[str, object] | None = None,
    *,
    policy: Mapping[str, object] | None = None,
    scenario: Mapping[str, object] | None = None,
    currency: str | None = "GBP",
    plan: Mapping[str, object] | None = None,
    traits: Mapping[str, object] | None = None,
    weekly: Mapping[str, object] | None = None,
) -> Result:
    """Return five patients with some results, traits, weeks and entries of the plan replaced.

    `policy` and `scenario` are what the resolved scenario says; only what the tests look at.
    """
    raw, made = five_patients(events=False, prices=currency is not None)
    raw = replace(
        raw,
        results=_replaced(raw.results, values),
        traits=_replaced(raw.traits, traits),
        weekly=_replaced(raw.weekly, weekly),
    )
    description: dict[str, object] = {} if currency is None else {"prices": {"currency": currency}}
    document = dict(scenario or {})
    if policy is not None:
        document["policy"] = dict(policy)
    if document:
        description["scenario"] = document
    made = replace(made, description=description, **(plan or {}))
    return Result(raw, made, RunRecord("kernel"))


def compared(reference: str | None = None, **qalys: object) -> Comparison:
    """Return a comparison of policies that differ in the QALYs of their five patients.

    A name with underscores stands for one with hyphens; the policy ``sham`` is a sham. QALYs with
    expectation left out are the same unless a pair is given: all, and drug only.
    """
    results = {}
    for name, given in qalys.items():
        both = given if isinstance(given, tuple) else (given, given)
        values = dict(zip(("qaly", "qaly_drug_only"), both, strict=True))
        policy = SHAM_POLICY if name == "sham" else None
        results[name.replace("_", "-")] = result_of(values, policy=policy)
    return Comparison(results, reference)


def paid(health_system: list[float]) -> dict[str, np.ndarray]:
    """Return the fields of costs where each patient costs the health system so much at once."""
    people = len(health_system)
    lines = np.zeros((people, layout.COST_LINES))
    payers = np.zeros((people, layout.PAYERS))
    lines[:, 0] = health_system
    payers[:, Payer.HEALTH_SYSTEM] = health_system
    return {"cost_line": lines, "cost_undiscounted": payers, "cost": payers}


def population_with(plan: Plan, **fields: float) -> np.ndarray:
    """Return a plan's population record with some fields replaced."""
    return _replaced(plan.population, fields)


def _replaced(records: np.ndarray, fields: Mapping[str, object] | None) -> np.ndarray:
    records = records.copy()
    for name, value in (fields or {}).items():
        records[name] = value
    return records
