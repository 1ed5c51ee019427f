"""A study gives the same rows and the same bytes, whoever runs it, in one go or in several."""

from __future__ import annotations

import pytest
from sweeps import RUNS, digests, tiny_study

from pathways import simulate
from pathways.outcomes.directory import OutputError
from pathways.studies.study import run_key
from pathways.studies.sweep import run_study
from pathways.studies.worker import run_batch, run_fingerprint

BATCH_RUNS = 2
GROWN = {"draws": 3, "seeds": [1, 2], "levels": "[0.5, 0.9]"}
EXTENSIONS = {
    "draws": {"draws": 2},
    "seeds": {"seeds": [2]},
    "levels": {"levels": "[0.9]"},
    "all of them": {"draws": 1, "seeds": [1], "levels": "[0.9]"},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return tiny_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    """The study, run in this process."""
    out = tmp_path_factory.mktemp("whole") / "store"
    return run_study(study, out=out, workers=0, batch_runs=BATCH_RUNS)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A larger study, run in this process, and its file."""
    folder = tmp_path_factory.mktemp("grown")
    found = tiny_study(folder, keep="true", **GROWN)
    return found, run_study(found, out=folder / "store", workers=0, batch_runs=BATCH_RUNS)


def test_rows_are_what_simulate_says(study, whole):
    for row in whole.table.to_pylist():
        run = study.run(row["run"])
        result = simulate(study.plan_of(run))
        assert row["mean_qaly"] == pytest.approx(result.patients["qaly"].mean(), abs=1e-9)
        assert row["key"] == run_key(study, run)
        assert row["fingerprint"] == run_fingerprint(row["key"], result.raw)


def test_engines_give_one_fingerprint(study):
    raws = [simulate(study.plan_of(study.run(3)), engine=one).raw for one in ("kernel", "mesa")]
    assert len({run_fingerprint("key", raw) for raw in raws}) == 1


def test_two_workers_give_the_same_bytes(study, whole, tmp_path):
    told = []
    result = run_study(
        study,
        out=tmp_path / "store",
        workers=2,
        batch_runs=BATCH_RUNS,
        progress=lambda *counts: told.append(counts),
    )
    assert result.fingerprint == whole.fingerprint
    assert digests(result.path) == digests(whole.path)
    assert told == [(done, RUNS, 0) for done in range(0, RUNS + 1, BATCH_RUNS)]


@pytest.mark.parametrize("batch_runs", [5, 3])
def test_last_batches_in_parts_give_the_same_bytes(grown, tmp_path, monkeypatch, batch_runs):
    from pathways.studies.crews import OwnCrew

    study, _ = grown
    whole = run_study(study, out=tmp_path / "whole", workers=0, batch_runs=batch_runs)
    orders = []
    monkeypatch.setattr(OwnCrew, "width", lambda self: 6)
    monkeypatch.setattr(
        "pathways.studies.sweep.run_batch", lambda order: orders.append(order) or run_batch(order)
    )
    parts = run_study(study, out=tmp_path / "parts", workers=0, batch_runs=batch_runs)
    assert len(orders) > len(digests(whole.path))
    assert parts.fingerprint == whole.fingerprint
    assert digests(parts.path) == digests(whole.path)
    assert digests(parts.path, "patients") == digests(whole.path, "patients")


def test_batches_of_another_size_give_the_same_fingerprint(study, whole, tmp_path):
    result = run_study(study, out=tmp_path / "store", workers=0, batch_runs=5)
    assert result.fingerprint == whole.fingerprint
    assert result.manifest["finished"]["fingerprint"] == whole.fingerprint


def test_order_of_batches_does_not_matter(study, whole, tmp_path, monkeypatch):
    from pathways.studies.sweep import Sweep

    pieces = Sweep._pieces
    monkeypatch.setattr(Sweep, "_pieces", lambda self: iter(list(pieces(self))[::-1]))
    result = run_study(study, out=tmp_path / "store", workers=0, batch_runs=BATCH_RUNS)
    assert result.fingerprint == whole.fingerprint
    assert digests(result.path) == digests(whole.path)


def test_finished_study_is_left_alone(study, whole):
    before = {path: path.stat().st_mtime_ns for path in whole.path.rglob("*")}
    assert run_study(study, out=whole.path).fingerprint == whole.fingerprint
    assert {path: path.stat().st_mtime_ns for path in whole.path.rglob("*")} == before


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extended_study_equals_a_new_one_and_runs_the_new_runs_alone(
    name, grown, tmp_path, monkeypatch
):
    study, whole = grown
    shorter = tiny_study(tmp_path, keep="true", **{**GROWN, **EXTENSIONS[name]})
    run_study(shorter, out=tmp_path / "store", workers=0, batch_runs=BATCH_RUNS)
    simulated = []
    plan_of = type(study).plan_of
    monkeypatch.setattr(
        type(study), "plan_of", lambda self, run: simulated.append(run) or plan_of(self, run)
    )
    result = run_study(study, out=tmp_path / "store", workers=0)
    assert len(simulated) == len(study) - len(shorter)
    assert result.fingerprint == whole.fingerprint
    assert digests(result.path) == digests(whole.path)
    assert digests(result.path, "patients") == digests(whole.path, "patients")


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        pytest.param("[0.1 g]", "[50 mg, 0.1 g]", id="another unit first"),
        pytest.param("[80 mg, 90 mg]", "[80 mg, 90 mg, 1 mg/kg]", id="numbers become text"),
        pytest.param("[80 mg, 1 mg/kg]", "[1 mg/kg, 80 mg, 90 mg]", id="text stays text"),
    ],
)
def test_kept_rows_say_their_levels_as_the_new_table_does(shorter, longer, tmp_path):
    def doses(folder, levels):
        return tiny_study(
            folder, path="'policy.ladder.steps[0].dose'", levels=levels, draws=1, seeds=[1]
        )

    store = tmp_path / "store"
    run_study(doses(tmp_path / "a", shorter), out=store, workers=0, batch_runs=BATCH_RUNS)
    study = doses(tmp_path / "a", longer)
    result = run_study(study, out=store, workers=0)
    fresh = run_study(study, out=tmp_path / "fresh", workers=0, batch_runs=BATCH_RUNS)
    assert result.table.equals(fresh.table)
    assert result.fingerprint == fresh.fingerprint
    assert digests(result.path) == digests(fresh.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"patients": 6}, "patients was `5` and is `6`"),
        ({"draws": 2}, "draws was `3` and is `2`"),
        (
            {"levels": "[0.9]"},
            r'vary.policy.exit.adherence_to_rule was `\["0.5"\]` and is `\["0.9"\]`',
        ),
        ({"seeds": [1, 3]}, r"seeds was `\[1, 2\]` and is `\[1, 3\]`"),
        ({"keep": "true"}, "keep_patients was `false` and is `true`"),
        ({"scenarios": "dose-ladder"}, "scenarios.guideline-2018 was .* and is nothing"),
    ],
)
def test_changed_study_is_refused_by_name(whole, tmp_path, change, said):
    before = digests(whole.path)
    with pytest.raises(OutputError, match=said) as refused:
        run_study(tiny_study(tmp_path, **change), out=whole.path, workers=0)
    assert "--out" in str(refused.value)
    assert digests(whole.path) == before
    assert run_study(tiny_study(tmp_path), out=whole.path).fingerprint == whole.fingerprint


def test_what_only_adds_runs_is_not_named_beside_what_is_refused(whole, tmp_path):
    added = {"seeds": [1, 2, 3], "draws": 4, "scenarios": "guideline-2018, dose-ladder"}
    for at_fault, change in {"vary": {"levels": "[0.9]"}, "patients": {"patients": 6}}.items():
        study = tiny_study(tmp_path, **added, **change)
        with pytest.raises(OutputError) as refused:
            run_study(study, out=whole.path, workers=0)
        said = str(refused.value)
        assert said.count(" was ") == 1
        assert f"another study: {at_fault}" in said


def test_another_model_version_is_refused(study, whole, monkeypatch):
    monkeypatch.setattr("pathways.version.model_version", lambda: "0" * 16)
    with pytest.raises(OutputError, match='model_version was `.*` and is `"0000000000000000"`'):
        run_study(study, out=whole.path, workers=0)


def test_study_without_a_finished_run_may_change(tmp_path):
    from pathways.studies.store import open_store

    out = tmp_path / "store"
    with open_store(out, tiny_study(tmp_path / "1"), batch_runs=BATCH_RUNS):
        pass
    changed = tiny_study(tmp_path / "2", patients=6)
    result = run_study(changed, out=out, workers=0)
    assert result.manifest["description"]["patients"] == 6
    assert result.is_complete


def test_patients_of_a_run_are_those_of_simulate(grown):
    study, whole = grown
    tables = list(whole.patients())
    assert len(tables) == len(study)
    for number in (0, 5):
        patients = tables[number].to_pylist()
        assert {row.pop("run") for row in patients} == {number}
        assert patients == simulate(study.plan_of(study.run(number))).tables["patients"].to_pylist()
