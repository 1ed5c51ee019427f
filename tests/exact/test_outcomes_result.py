"""`simulate` and the result it returns, with an engine that gives five patients at once."""

from __future__ import annotations

import json
import sys
import types

import pyarrow.parquet
import pytest
from raw_results import changed, five_patients

from pathways import fastcore, simulation
from pathways.errors import PathwaysError
from pathways.outcomes import manifest
from pathways.outcomes.conservation import ConservationError
from pathways.outcomes.dose_bands import NAMES
from pathways.outcomes.fingerprint import table_fingerprint
from pathways.outcomes.manifest import read_manifest
from pathways.simulation import simulate

FILES = {"patients.parquet", "weekly.parquet", "summary.csv", "run.json", "manifest.json"}


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """An engine of each name, and what the last one was called with."""
    calls = {}

    def run(plan, **options):
        calls.update(options)
        return five_patients(events=options["keep_events"])[0]

    for name in simulation.ENGINES:
        module = types.ModuleType(f"fake_{name}")
        module.run = run
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(simulation.ENGINES, name, module.__name__)
    monkeypatch.setattr(fastcore, "active_level", lambda: "v2")
    monkeypatch.setattr(manifest, "model_version", lambda: "0" * 16)
    return calls


@pytest.fixture
def plan():
    return five_patients()[1]


def test_options_reach_the_engine(engine, plan):
    simulate(plan, threads=3, events=True, progress=print)
    assert engine == {"keep_events": True, "progress": print, "threads": 3}


def test_reference_engine_has_no_threads(engine, plan):
    result = simulate(plan, engine="mesa", threads=3)
    assert engine == {"keep_events": False, "progress": None}
    assert (result.record.threads, result.record.instruction_set) == (None, None)


@pytest.mark.parametrize("name", ["kernal", "Kernel"])
def test_unknown_engine_is_refused_with_the_nearest(plan, name):
    with pytest.raises(PathwaysError, match=f"no engine `{name}`; did you mean `kernel`"):
        simulate(plan, engine=name)


def test_plan_with_another_size_is_refused(plan):
    with pytest.raises(PathwaysError, match="patients, seed: a plan is already resolved"):
        simulate(plan, patients=3, seed=0)


def test_tables_as_frames(plan):
    result = simulate(plan, events=True)
    assert [len(result.patients), len(result.weekly), len(result.events)] == [5, 53, 56]
    assert result.summary.loc[0, "measure"] == "patients"
    assert result.patients is result.patients


def test_every_run_is_checked_before_it_is_a_result(plan, monkeypatch):
    wrong = changed(five_patients(events=False)[0], "weekly", "infusions", 5, 4)
    monkeypatch.setattr(sys.modules["fake_kernel"], "run", lambda plan, **options: wrong)
    with pytest.raises(ConservationError, match="infusions do not add up"):
        simulate(plan)


def test_summary_says_what_was_checked_and_harm_by_dose(plan):
    kept, plain = (simulate(plan, events=events).summary for events in (True, False))
    assert set(kept["block"]) - set(plain["block"]) == set(NAMES)
    passed = plain[plain["block"] == "conservation"]
    assert list(passed["measure"])[:2] == ["results_complete", "referrals"]
    assert passed.set_index("measure").loc["cost", "unit"] == "GBP"
    assert sum(kept["block"] == "conservation") > len(passed)


def test_events_that_were_not_kept(plan):
    result = simulate(plan)
    assert result.events is None
    assert result.fingerprints["events"] is None
    assert result.fingerprint != simulate(plan, events=True).fingerprint


def test_written_files_hold_the_result(plan, tmp_path):
    result = simulate(plan, events=True)
    assert result.write(tmp_path / "out") == tmp_path / "out"
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES | {"events.parquet"}
    for name in ("patients", "weekly", "events"):
        table = pyarrow.parquet.read_table(tmp_path / "out" / f"{name}.parquet")
        assert table_fingerprint(table) == result.fingerprints[name]
        assert table.schema.equals(result.tables[name].schema, check_metadata=True)


def test_manifest_says_what_decides_the_results(plan, tmp_path):
    result = simulate(plan)
    result.write(tmp_path)
    found = read_manifest(tmp_path)
    assert found["fingerprint"] == result.fingerprint
    assert found["tables"]["patients"] == {
        "rows": 5,
        "fingerprint": result.fingerprints["patients"],
    }
    assert found["tables"]["events"] is None
    sizes = [found[name] for name in ("seed", "draw", "patients", "horizon_days", "calendar_days")]
    assert sizes == [1, 0, 5, 365, 365]
    assert (found["kind"], found["queues"], found["regions"]) == ("closed_cohort", False, 1)
    assert found["clinics"] == {"numbers": [3], "patients": [5]}
    assert found["studied_days"] == [0, 1]
    assert found["scenario"] == plan.description


def test_files_are_the_same_from_both_engines_but_for_the_record(plan, tmp_path):
    for engine in simulation.ENGINES:
        simulate(plan, engine=engine).write(tmp_path / engine)
    for name in FILES - {"run.json"}:
        kernel, mesa = ((tmp_path / engine / name).read_bytes() for engine in simulation.ENGINES)
        assert kernel == mesa
    records = [json.loads((tmp_path / e / "run.json").read_bytes()) for e in simulation.ENGINES]
    assert [record["engine"] for record in records] == ["kernel", "mesa"]
    assert [record["instruction_set"] for record in records] == ["v2", None]


def test_overwriting_without_events_takes_the_old_ones_away(plan, tmp_path):
    simulate(plan, events=True).write(tmp_path)
    simulate(plan).write(tmp_path, overwrite=True)
    assert {path.name for path in tmp_path.iterdir()} == FILES
