"""The event log read unit by unit: the same checks and harms by dose as of the whole log."""

from __future__ import annotations

import pytest

from pathways import compare, simulate
from pathways.engines import kernel_engine
from pathways.outcomes.agreement import ConservationError
from pathways.outcomes.conservation_log import log_checks
from pathways.outcomes.dose_bands import dose_bands
from pathways.outcomes.log_by_unit import LogByUnit
from pathways.simulation import plan_of

SIZE = {"patients": 90, "years": 2.0, "seed": 2}


def as_told(bands) -> list[tuple]:
    return [(one.name, one.patients, one.days, one.onsets.tolist()) for one in bands]


@pytest.fixture(scope="module", params=["dose-ladder", "cash-clinic", "conventional-care"])
def plan(request):
    return plan_of(request.param, **SIZE)


@pytest.mark.parametrize(("threads", "unit_patients"), [(1, 90), (1, 7), (2, 25)])
def test_units_add_up_to_the_whole_log(plan, threads, unit_patients):
    log = LogByUnit()
    options = {"threads": threads, "unit_patients": unit_patients}
    light = kernel_engine.run(plan, read_events=log, **options)
    whole = kernel_engine.run(plan, keep_events=True)
    assert light.events is None
    assert log.checks() == list(log_checks(whole, plan))
    assert as_told(log.bands()) == as_told(dose_bands(whole, plan))
    assert light.results.tobytes() == whole.results.tobytes()


def test_several_clinics_are_read_each_for_itself():
    plan = plan_of("planner-clinic", patients=60, years=0.5, seed=2)
    assert plan.queues
    with pytest.raises(ValueError, match="queues"):
        kernel_engine.run(plan, read_events=LogByUnit())


def test_kept_events_are_not_changed_by_being_read(plan):
    read = kernel_engine.run(plan, keep_events=True, read_events=LogByUnit(), unit_patients=20)
    kept = kernel_engine.run(plan, keep_events=True)
    assert read.events.tobytes() == kept.events.tobytes()


def test_a_fault_in_a_unit_is_an_error(plan, monkeypatch):
    def wrong(raw, plan):
        raise ConservationError("infusions do not add up")

    monkeypatch.setattr("pathways.outcomes.log_by_unit.log_checks", wrong)
    with pytest.raises(ConservationError, match="add up"):
        simulate(plan, by_dose=True)


def test_summary_by_dose_is_that_of_a_run_with_events(plan):
    with_events = simulate(plan, events=True).without_events()
    light = simulate(plan, by_dose=True)
    assert light.summary_rows == with_events.summary_rows
    assert light.fingerprints == with_events.fingerprints
    assert light.events is None and light.tables["events"] is None


@pytest.mark.parametrize("name", ["planner-clinic", "guideline-2018"])
def test_queues_and_the_reference_engine_go_through_the_whole_log(name):
    engine = "kernel" if name == "planner-clinic" else "mesa"
    size = {"patients": 6, "years": 0.3, "seed": 2}
    light = simulate(name, engine=engine, by_dose=True, **size)
    assert light.events is None
    whole = simulate(name, engine=engine, events=True, **size)
    assert as_told(light.bands) == as_told(whole.bands)
    assert light.summary_rows == whole.without_events().summary_rows


def test_compared_runs_have_harms_by_dose_and_no_events():
    compared = compare(["conventional-care", "dose-ladder"], **SIZE)
    for name, result in compared.results.items():
        assert result.raw.events is None
        assert as_told(result.bands) == as_told(simulate(name, events=True, **SIZE).bands)
