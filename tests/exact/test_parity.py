"""The two engines give the same bits, whatever the threads, units or instruction set."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import parity
import pytest
from scenario_strategies import SHIPPED, quick_plan

from pathways import fastcore
from pathways.engines import kernel_engine
from pathways.scenario import load_scenario
from pathways.simulation import simulate

pytestmark = pytest.mark.parity

REPORT = """
import json, sys
from pathways.simulation import simulate
from scenario_strategies import quick_plan
plan = quick_plan(sys.argv[1], patients=400, years=4, seed=11)
print(json.dumps(simulate(plan, events=True, threads=1).fingerprints))
"""


FEWER = {"per_year": 40, "warm_up": "600 d", "intake": "200 d", "follow_up": "200 d"}
"""Instead of the thousands that a shipped clinic sees, across the day of its dated change."""


def plan_of(name: str, **size):
    """Resolve a shipped scenario at this size; with arrivals, a clinic with fewer of them."""
    if not load_scenario(name).document.referrals.is_arrivals:
        return quick_plan(name, **size)
    smaller = {"extends": name, "scenario": name, "horizon": "200 d", "referrals": FEWER}
    return quick_plan(smaller, patients=1, seed=size["seed"])


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("seed", [1, 2**63 + 5])
def test_shipped_scenarios_agree_event_by_event(name, seed):
    plan = plan_of(name, patients=150, years=3, seed=seed)
    kernel, reference = parity.run_both(plan)
    assert len(kernel.events) > plan.patients
    parity.assert_same(kernel, reference)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_have_one_fingerprint(name):
    plan = plan_of(name, patients=60, years=10, seed=3)
    kernel = simulate(plan, engine="kernel", events=True)
    reference = simulate(plan, engine="mesa", events=True)
    assert kernel.fingerprints == reference.fingerprints
    assert kernel.fingerprint == reference.fingerprint


@pytest.mark.parametrize("name", ["guideline-2018", "cash-clinic"])
def test_a_parameter_draw_agrees_too(name):
    plan = quick_plan(name, patients=60, years=2, seed=5, draw=7)
    parity.assert_same(*parity.run_both(plan))


def test_a_seed_a_draw_and_a_clinic_each_change_the_result():
    one = quick_plan("guideline-2018", patients=50, years=1, seed=5)
    for other in (
        quick_plan("guideline-2018", patients=50, years=1, seed=6),
        quick_plan("guideline-2018", patients=50, years=1, seed=5, draw=1),
    ):
        assert simulate(one).fingerprint != simulate(other).fingerprint


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("unit_patients", [1, 7, 250, 4096])
def test_threads_and_units_do_not_show(threads, unit_patients):
    plan = quick_plan("exit-strategy", patients=700, years=4, seed=2)
    whole = kernel_engine.run(plan, threads=1, unit_patients=700, keep_events=True)
    cut = kernel_engine.run(plan, threads=threads, unit_patients=unit_patients, keep_events=True)
    parity.assert_same(cut, whole)


def test_adding_patients_moves_nobody():
    few = kernel_engine.run(quick_plan("cash-clinic", patients=40, years=3, seed=4))
    many = kernel_engine.run(quick_plan("cash-clinic", patients=400, years=3, seed=4))
    assert many.results[:40].tobytes() == few.results.tobytes()


@pytest.mark.parametrize("name", ["cash-clinic", "exit-strategy"])
def test_every_instruction_set_gives_the_same_bits(name):
    levels = fastcore.available_levels()
    found = {level: _fingerprints(name, level) for level in levels}
    assert len(levels) >= 1
    assert all(prints == found[levels[0]] for prints in found.values()), found


def _fingerprints(name: str, level: str) -> dict:
    support = os.path.join(os.path.dirname(__file__), "..", "support")
    search = os.pathsep.join([support, os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PATHWAYS_ISA": level, "PYTHONPATH": search}
    done = subprocess.run(
        [sys.executable, "-c", REPORT, name],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    return json.loads(done.stdout)
