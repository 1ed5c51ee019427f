"""Runs that keep no patients: the same summary, weeks and fingerprint as runs that keep them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from plans import make_plan

from pathways import simulate
from pathways.cli import main
from pathways.engines import kernel_engine
from pathways.outcomes import sampling, schema
from pathways.outcomes.blocks import blocks_of
from pathways.outcomes.column_file import ColumnFile, writer_of
from pathways.outcomes.conservation import ConservationError
from pathways.outcomes.fingerprint import table_fingerprint
from pathways.outcomes.people import Patients
from pathways.outcomes.summary import summary_csv
from pathways.outcomes.summary_only import simulate_summary
from pathways.outcomes.tables import patients_table
from pathways.simulation import plan_of

CASES = {
    "one clinic cut": ("exit-strategy", {"patients": 90, "years": 2.0}, 40),
    "one clinic whole": ("guideline-2018", {"patients": 40, "years": 1.0}, 1_000),
    "queues in regions": ("planner-clinic", {"patients": 900, "years": 0.3}, 200),
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def both(request, tmp_path_factory):
    """A run that keeps its patients, and the same run that does not."""
    name, size, most = request.param
    plan = plan_of(name, **size, seed=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pathways.outcomes.summary_only.blocks_of", partial(blocks_of, most=most))
        patch.setattr("pathways.outcomes.summary_only.PIECE_PATIENTS", 17)
        light = simulate_summary(plan, tmp_path_factory.mktemp("scratch"), threads=2)
    return simulate(plan), light


def test_summary_is_the_same_to_the_byte(both):
    whole, light = both
    assert summary_csv(light.summary_rows) == summary_csv(whole.summary_rows)


def test_weeks_and_fingerprints_are_the_same(both):
    whole, light = both
    assert light.tables.keys() == {"weekly"}
    assert light.tables["weekly"].equals(whole.tables["weekly"])
    assert light.fingerprints == whole.fingerprints


def test_blocks_are_more_than_one_where_they_are_cut(both):
    plan = both[0].plan
    if plan.queues:
        assert sampling.groups_of_regions(plan)[1:]
        assert len(list(blocks_of(plan, 200))) > 1


def test_manifest_says_what_is_not_written(both):
    whole, light = both
    assert light.manifest["not_written"] == ["patients"]
    assert light.manifest["tables"]["patients"]["rows"] == whole.plan.patients


@pytest.mark.parametrize("queues", [False, True])
@pytest.mark.parametrize("sizes", [[5], [3, 0, 4, 2], [9, 1, 1, 20, 3], [0], [1, 1, 1]])
@pytest.mark.parametrize("most", [1, 4, 100])
def test_blocks_hold_everybody_once(sizes, queues, most):
    made = make_plan(sum(sizes), clinics=[{} for _ in sizes], clinic_patients=np.array(sizes))
    plan = replace(made, queues=queues)
    found = list(blocks_of(plan, most))
    rows = [row for one in found for row in range(one.rows.start, one.rows.stop)]
    assert rows == list(range(sum(sizes)))
    for one in found:
        part = one.plan_of(plan)
        assert part.clinic_patients.sum() == part.patients == len(part.referral_days)
        assert part.clinics.shape[1] == len(part.clinic_patients)
        assert one.patients <= most or (queues and len(part.clinic_patients) == 1)
        is_whole = (part.clinic_patients == plan.clinic_patients[one.clinics]).all()
        assert is_whole or not queues


def test_fault_of_one_block_is_an_error(tmp_path, monkeypatch):
    def wrong(plan, real=kernel_engine.run, **options):
        raw = real(plan, **options)
        raw.results["infusions"][-1] += 1
        return raw

    monkeypatch.setattr("pathways.engines.kernel_engine.run", wrong)
    with pytest.raises(ConservationError):
        simulate_summary(plan_of("guideline-2018", patients=20, years=1.0, seed=1), tmp_path)


def test_progress_goes_on_from_block_to_block(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks_of, "__defaults__", (16,))
    told = []
    plan = plan_of("conventional-care", patients=40, years=0.2, seed=1)
    simulate_summary(plan, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert {total for _, total in told} == {40}
    assert told[-1][0] == 40


@pytest.fixture(scope="module")
def column_file(tmp_path_factory):
    result = simulate("planner-clinic", patients=60, years=0.3, seed=2)
    table = patients_table(result.raw, result.plan)
    path = tmp_path_factory.mktemp("columns") / "patients"
    with writer_of(path, schema.arrow_schema(schema.PATIENTS)) as file:
        for start in range(0, table.num_rows, 7):
            file.write_table(table.slice(start, 7))
    return table, ColumnFile(path)


def test_column_file_reads_what_was_written(column_file):
    table, file = column_file
    assert file.num_rows == table.num_rows
    assert file.column_names == table.column_names
    for name in table.column_names:
        assert file[name].to_pylist() == table[name].to_pylist(), name
    assert table_fingerprint(file) == table_fingerprint(table)


def test_few_columns_of_a_file_are_kept(column_file):
    patients = Patients(column_file[1])
    for name in ("qaly", "pain_mean", "ketamine_mg", "state"):
        patients.known(name)
    assert list(patients._columns._read) == ["ketamine_mg", "state"]


def test_command_writes_everything_but_the_patients(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["run", "exit-strategy", "--patients", "50", "--years", "1", "--quiet"]
    assert main([*words, "--out", "whole"]) == 0
    assert main([*words, "--out", "light", "--summary-only"]) == 0
    found = {path.name for path in (tmp_path / "light").iterdir()}
    assert found == {"summary.csv", "weekly.parquet", "manifest.json", "run.json"}
    for name in ("summary.csv", "weekly.parquet"):
        whole, light = (tmp_path / folder / name for folder in ("whole", "light"))
        assert light.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("word", "said"), [(("--events",), "events"), (("--engine", "mesa"), "mesa")]
)
def test_what_keeps_patients_is_refused(tmp_path, monkeypatch, capsys, word, said):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "guideline-2018", "--summary-only", *word]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
