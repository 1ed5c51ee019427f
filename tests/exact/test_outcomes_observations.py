"""Observations beside the other tables: their columns, their fingerprint, and runs without any."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from raw_results import five_patients

from pathways import layout
from pathways.codes import State
from pathways.errors import PathwaysError
from pathways.outcomes import schema
from pathways.outcomes.record import RunRecord
from pathways.outcomes.tables import observations_table
from pathways.simulation import Result, plan_of, simulate

DAYS = np.array([0, 28], dtype=np.int64)
OBSERVATION = layout.numpy_dtype(layout.OBSERVATION)


def observed_result() -> Result:
    """Return the five patients seen on two days; the last died before the second."""
    raw, plan = five_patients()
    seen = np.zeros((plan.patients, len(DAYS)), OBSERVATION)
    seen["seen"] = 1
    seen["state"] = State.WAITING
    seen["score"] = np.arange(plan.patients)[:, None]
    seen["score"][0, 0] = -1
    seen["pain"] = 5.5
    seen[-1, 1] = np.zeros((), OBSERVATION)
    plan = replace(plan, observed_days=DAYS)
    return Result(replace(raw, observations=seen), plan, RunRecord("kernel"))


def test_observations_are_in_patient_order_with_nulls_where_nobody_is_seen():
    frame = observed_result().observations
    assert list(frame) == [column.name for column in schema.OBSERVATIONS]
    assert frame["day"].tolist() == [0, 28] * 5
    assert frame["patient"].tolist() == sorted([0, 1, 2, 3, 4] * 2)
    assert frame["seen"].tolist() == [True] * 9 + [False]
    assert frame["state"].tolist()[:9] == ["waiting"] * 9
    assert frame["score"].isna().tolist() == [True] + [False] * 8 + [True]
    assert frame["score"].tolist()[1:9] == [0, 1, 1, 2, 2, 3, 3, 4]
    assert frame["pain"].tolist()[:9] == [5.5] * 9
    last = frame.iloc[-1][["state", "pain", "level", "expectation"]]
    assert last.isna().all()


def test_observations_have_a_fingerprint_and_change_that_of_the_run():
    observed = observed_result()
    raw, plan = five_patients()
    plain = Result(raw, plan, RunRecord("kernel"))
    assert set(observed.fingerprints) == {*plain.fingerprints, "observations"}
    assert observed.fingerprint != plain.fingerprint
    for name in ("patients", "weekly", "events"):
        assert observed.fingerprints[name] == plain.fingerprints[name]
    observed.raw.observations["pain"][0, 0] = 5.25
    again = Result(observed.raw, observed.plan, RunRecord("kernel"))
    assert again.fingerprint != observed.fingerprint


def test_a_run_without_observed_days_says_nothing_of_observations():
    raw, plan = five_patients()
    plain = Result(raw, plan, RunRecord("kernel"))
    assert plain.observations is None
    assert set(plain.tables) == {"patients", "weekly", "events"}
    assert set(plain.fingerprints) == {"patients", "weekly", "events", "run"}


def test_an_engine_that_keeps_no_observations_gives_none():
    raw, plan = five_patients()
    result = Result(raw, replace(plan, observed_days=DAYS), RunRecord("kernel"))
    assert result.observations is None
    assert result.fingerprints["observations"] is None


def test_observations_of_another_plan_are_refused():
    observed = observed_result()
    longer = replace(observed.plan, observed_days=np.array([0, 28, 56]))
    with pytest.raises(ValueError, match="10 observations, the plan 15"):
        observations_table(observed.raw, longer)


def test_observations_are_written_and_the_manifest_says_the_days(tmp_path):
    folder = observed_result().write(tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["observed_days"] == [0, 28]
    assert manifest["tables"]["observations"]["rows"] == 10
    assert (folder / "observations.parquet").is_file()


def test_observed_days_go_through_simulate_to_the_plan():
    result = simulate("conventional-care", patients=3, years=0.1, observed_days=[28, 0, 28])
    assert result.plan.observed_days.tolist() == [0, 28]
    with pytest.raises(PathwaysError, match="already resolved"):
        plan_of(result.plan, observed_days=[1])


@pytest.mark.parametrize("day", [-1, 37, 1.5, True, "1"])
def test_a_day_that_cannot_be_observed_is_refused(day):
    with pytest.raises(PathwaysError, match="observed_days"):
        simulate("conventional-care", patients=3, years=0.1, observed_days=[day])
