"""Patients sampled once for all policies that have the same: the same runs to the last bit."""

from __future__ import annotations

import pytest

from pathways import compare, simulate
from pathways.comparison.running import patients_of
from pathways.engines import kernel_engine
from pathways.simulation import plan_of

SIZE = {"patients": 80, "years": 1.0, "seed": 4}
NAMES = ("conventional-care", "guideline-2018", "multidisciplinary")


def test_shared_patients_give_the_fingerprints_of_runs_alone():
    compared = compare(NAMES, **SIZE, events=True)
    alone = {name: simulate(name, **SIZE, events=True).fingerprints for name in NAMES}
    assert {name: one.fingerprints for name, one in compared.results.items()} == alone


def test_patients_are_sampled_once_where_the_population_is_the_same(monkeypatch):
    given = []
    run = kernel_engine.run

    def told(plan, traits=None, **options):
        given.append(traits)
        return run(plan, traits=traits, **options)

    monkeypatch.setattr(kernel_engine, "run", told)
    compared = compare(("conventional-care", "guideline-2018", "sham-infusion"), **SIZE)
    first, *others = given
    assert first is None
    assert all(one is compared.results["conventional-care"].raw.traits for one in others)


@pytest.mark.parametrize("other", [{"seed": 5}, {"patients": 81}, {"draw": 1}])
def test_other_patients_have_another_key(other):
    one = plan_of("guideline-2018", **SIZE)
    assert patients_of(one) == patients_of(plan_of("dose-ladder", **SIZE))
    assert patients_of(one) != patients_of(plan_of("guideline-2018", **(SIZE | other)))


def test_another_population_has_another_key():
    # How well therapies work in a patient is drawn only where there are therapies.
    one, other = (plan_of(name, **SIZE) for name in ("guideline-2018", "multidisciplinary"))
    assert patients_of(one) != patients_of(other)


def test_the_reference_engine_samples_its_own():
    names, size = NAMES[:2], {"patients": 6, "years": 0.2, "seed": 4}
    kernel, mesa = (compare(names, engine=engine, **size) for engine in ("kernel", "mesa"))
    assert kernel.fingerprint == mesa.fingerprint
