"""The driver of the kernel: units on threads, interruption, errors, memory."""

from __future__ import annotations

import gc
import threading
import tracemalloc

import numpy as np
import pytest
from kernel_blocks import WEEKLY
from plans import make_plan, make_traits

from pathways.engines import kernel_buffers, kernel_engine

PLAN = make_plan(patients=30, years=1)


def kernel_threads():
    return [t for t in threading.enumerate() if t.name.startswith("pathways-kernel")]


def test_progress_ends_with_everybody():
    told = []
    kernel_engine.run(PLAN, threads=2, unit_patients=7, progress=lambda *n: told.append(n))
    assert len(told) == 5
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (30, 30)


def test_no_patients():
    raw = kernel_engine.run(make_plan(patients=0, years=1), keep_events=True)
    assert len(raw.results) == len(raw.events) == 0
    assert not any(raw.weekly.tobytes())


def test_given_traits_are_used_and_returned():
    traits = make_traits(PLAN, pain_level=3.0)
    raw = kernel_engine.run(PLAN, traits=traits, unit_patients=4)
    assert raw.traits.tobytes() == make_traits(PLAN, pain_level=3.0).tobytes()
    with pytest.raises(ValueError, match="^traits: 29 rows; allowed: 30"):
        kernel_engine.run(PLAN, traits=traits[1:])


@pytest.mark.parametrize("name", ["threads", "unit_patients"])
def test_numbers_of_threads_and_patients_are_checked(name):
    with pytest.raises(ValueError, match=f"^{name}: got 0; allowed: 1 or more"):
        kernel_engine.run(PLAN, **{name: 0})
    for wrong in (1.5, True, "2"):
        with pytest.raises(TypeError, match=f"^{name}: got"):
            kernel_engine.run(PLAN, **{name: wrong})


@pytest.mark.parametrize("threads", [1, 3])
def test_an_interrupt_leaves_what_has_not_begun(threads, monkeypatch):
    """All units but the first wait until the run is stopped; none of them is then simulated."""
    simulate = kernel_engine._Work.simulate
    simulated = []

    def simulate_first_only(work, unit):
        if unit.first > 0:
            assert work.is_stopped.wait(timeout=60.0)
        if not work.is_stopped.is_set():
            simulated.append(unit.first)
        return simulate(work, unit)

    def interrupt(done, patients):
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel_engine._Work, "simulate", simulate_first_only)
    with pytest.raises(KeyboardInterrupt):
        kernel_engine.run(PLAN, threads=threads, unit_patients=1, progress=interrupt)
    assert simulated == [0]
    assert kernel_threads() == []


def test_an_error_in_a_unit_comes_out():
    traits = make_traits(PLAN)
    traits["clearance"][20] = -1.0
    with pytest.raises(ValueError, match=r"^traits.clearance\[2\]: got -1.0"):
        kernel_engine.run(PLAN, threads=2, unit_patients=9, traits=traits)
    assert kernel_threads() == []


def test_a_dose_beyond_the_weekly_sum_is_an_error():
    plan = make_plan(patients=2, years=1, step_dose=[[1e17], [1e17, 1e17]])
    with pytest.raises(OverflowError, match="weekly sum"):
        kernel_engine.run(plan, traits=make_traits(plan))


def test_weekly_sums_of_units_are_added_and_checked():
    total, unit = np.zeros(2, WEEKLY), np.zeros(2, WEEKLY)
    unit["deaths"] = [2, 3]
    unit["in_state"][1, 4] = 7
    kernel_buffers.add_weekly(total, unit)
    kernel_buffers.add_weekly(total, unit)
    assert total["deaths"].tolist() == [4, 6] and total["in_state"][1, 4] == 14
    total["pain_sum_e6"][0] = 2**63 - 5
    unit["pain_sum_e6"][0] = 5
    with pytest.raises(OverflowError, match="weekly sum"):
        kernel_buffers.add_weekly(total, unit)


def test_repeated_runs_do_not_grow():
    """A leak of the smallest array of a run would grow by twenty of them; noise does not."""
    sizes = []
    gc.freeze()  # What other tests left is not looked through again each time.
    tracemalloc.start()
    try:
        for _ in range(24):
            kernel_engine.run(PLAN, threads=2, unit_patients=4, keep_events=True)
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    smallest = PLAN.patients * kernel_engine._TRAITS.itemsize
    assert sizes[-1] - sizes[3] < 10 * smallest


def test_a_unit_is_some_millions_of_patient_days():
    assert kernel_engine.patients_per_unit(make_plan(patients=1, years=10)) == 821
    assert kernel_engine.available_processors() >= 1
