"""Parts of a sweep: batches, the journal, the columns of runs, the fingerprint of a study."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from sweeps import RUNS, tiny_study

from pathways.errors import InputError
from pathways.outcomes.directory import OutputError
from pathways.outcomes.schema import FLOAT, INTEGER, TEXT
from pathways.studies.batches import Cut, Piece, as_ranges, from_ranges, runs_per_batch
from pathways.studies.crews import one_thread_each
from pathways.studies.journal import Journal, read_journal
from pathways.studies.levels import level_columns, level_value
from pathways.studies.lock import locked
from pathways.studies.rows import (
    columns_of,
    joined,
    part_of,
    row_of,
    study_fingerprint,
    table_of,
)
from pathways.studies.sweep import workers_here


def test_cut_covers_every_run_once():
    cut = Cut(runs=11, size=4)
    assert [list(cut.numbers(batch)) for batch in range(len(cut))] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10],
    ]


def test_batch_is_about_a_second():
    assert runs_per_batch(1, 1.0) == 150
    assert runs_per_batch(1_000, 5.0) == 22
    assert runs_per_batch(1_000_000, 10.0) == 1


@pytest.mark.parametrize("numbers", [(), (3,), (0, 1, 2), (0, 1, 4, 6, 7)])
def test_ranges_hold_the_numbers(numbers):
    assert tuple(from_ranges(as_ranges(numbers))) == numbers


def test_ranges_are_as_few_as_can_be():
    assert as_ranges((0, 1, 4, 6, 7)) == ((0, 2), (4, 5), (6, 8))


def test_piece_lost_twice_is_split_and_a_single_run_given_up():
    once = Piece(7, (0, 1, 2)).lost()
    assert once == (Piece(7, (0, 1, 2), 1),)
    assert once[0].lost() == (Piece(7, (0, 1), 1), Piece(7, (2,), 1))
    assert Piece(7, (0, 1, 2)).lost(2) == tuple(Piece(7, (run,), 1) for run in range(3))
    assert Piece(7, (5,)).lost() == (Piece(7, (5,), 1),)
    assert Piece(7, (5,), 1).lost() == ()
    assert Piece(7, (5,)).lost(2) == ()


@pytest.mark.parametrize(
    ("number", "sizes"), [(1, [5]), (2, [3, 2]), (4, [2, 2, 1]), (9, [1, 1, 1, 1, 1])]
)
def test_piece_in_parts(number, sizes):
    parts = Piece(7, (2, 3, 5, 8, 9), 1).parts(number)
    assert [len(part.numbers) for part in parts] == sizes
    assert sum((part.numbers for part in parts), ()) == (2, 3, 5, 8, 9)
    assert {(part.batch, part.losses) for part in parts} == {(7, 1)}


def test_journal_reads_what_was_appended(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal.append({"batch": 1})
    journal.append({"batch": 0})
    journal.close()
    assert list(read_journal(tmp_path / "journal")) == [{"batch": 1}, {"batch": 0}]


@pytest.mark.parametrize("tail", [b'{"batch": 2', b'{"batch": 2}', b"\x00\x00\n", b"[2]\n"])
def test_journal_ends_before_a_line_that_is_not_whole(tmp_path, tail):
    path = tmp_path / "journal"
    path.write_bytes(b'{"batch":1}\n' + tail)
    assert list(read_journal(path)) == [{"batch": 1}]
    journal = Journal(path)
    journal.append({"batch": 3})
    journal.close()
    assert path.read_bytes() == b'{"batch":1}\n{"batch":3}\n'


def test_journal_is_as_before_if_the_disk_is_full(tmp_path, monkeypatch):
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.append({"batch": 1})
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        monkeypatch.setattr(os, "write", full)
        return write(descriptor, bytes(data)[:4])

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space"):
        journal.append({"batch": 2})
    monkeypatch.setattr(os, "write", write)
    assert path.read_bytes() == b'{"batch":1}\n'
    journal.append({"batch": 2})
    journal.close()
    assert [one["batch"] for one in read_journal(path)] == [1, 2]


def test_no_journal_is_an_empty_one(tmp_path):
    assert list(read_journal(tmp_path / "none")) == []


def test_lock_has_one_holder(tmp_path):
    with locked(tmp_path):
        with pytest.raises(OutputError, match="another process"), locked(tmp_path):
            pass
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(
    ("values", "kind", "unit", "first"),
    [
        ("[0.5, 1]", FLOAT, "", 0.5),
        ("[1, 0]", INTEGER, "", 1),
        ("[25 %, 0.5]", FLOAT, "percent", 25.0),
    ],
)
def test_numbers_that_vary_are_numbers(tmp_path, values, kind, unit, first):
    study = tiny_study(tmp_path, levels=values)
    (column,) = level_columns(study)
    assert (column.name, column.type, column.unit) == (
        "policy.exit.adherence_to_rule",
        kind,
        unit,
    )
    assert level_value(study.run(0).levels[column.name], column) == first


def test_what_is_no_quantity_is_text(tmp_path):
    path = tmp_path / "words.study.yaml"
    tiny_study(tmp_path)
    text = (tmp_path / "tiny.study.yaml").read_text()
    path.write_text(
        text.replace("policy.exit.adherence_to_rule: [0.5]", "structure.mortality: [general, none]")
    )
    from pathways.studies.load import load_study

    study = load_study(path, probe=False)
    (column,) = level_columns(study)
    assert column.type == TEXT
    assert level_value(study.run(0).levels[column.name], column) == "general"


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ("[1 h, 30 min]", ["float64", 1.0, 0.5]),
        ("[90 min, 2 h]", ["float64", 90.0, 120.0]),
        ("[2, 3]", ["int64", 2, 3]),
        ("[0.5, 25 %]", ["float64", 0.5, 0.25]),
        ("[25 %, 0.5]", ["float64", 25.0, 50.0]),
        ("[1 mg, 1 mg/kg]", ["text", "1 mg", "1 mg/kg"]),
        ("[2, null]", ["int64", 2, None]),
        ("[2, general]", ["text", "2", "general"]),
    ],
)
def test_column_holds_numbers_in_the_first_unit_or_the_words(tmp_path, values, held):
    study = tiny_study(tmp_path, levels=values)
    (column,) = level_columns(study)
    runs = (study.run(combination * study.runs_of_combination) for combination in (0, 1))
    assert [column.type, *(level_value(run.levels[column.name], column) for run in runs)] == held


def test_row_has_no_not_a_number_and_no_negative_zero(tmp_path):
    study = tiny_study(tmp_path)
    found = {"key": "k", "fingerprint": "f", "mean_qaly": -0.0, "mean_ketamine_mg": float("nan")}
    row = row_of(study, 2, columns_of(study), found)
    assert str(row["mean_qaly"]) == "0.0"
    assert row["mean_ketamine_mg"] is None
    assert row["median_wait_days"] is None
    assert (row["run"], row["draw"], row["seed"], row["replicate"]) == (2, 2, 1, 1)


def test_two_columns_of_one_name_are_refused(tmp_path):
    study = tiny_study(tmp_path)
    object.__setattr__(study, "outputs", ("seed",))
    with pytest.raises(InputError, match="two columns `seed`"):
        columns_of(study)


@pytest.mark.parametrize("sizes", [(6,), (1, 2, 3), (5, 1)])
def test_fingerprint_does_not_depend_on_the_cut(tmp_path, sizes, monkeypatch):
    monkeypatch.setattr("pathways.studies.rows.ROWS_AT_ONCE", 4)
    study = tiny_study(tmp_path)
    columns = columns_of(study)
    found = {"key": "k", "fingerprint": "f"}
    rows = [row_of(study, run, columns, {**found, "mean_qaly": run / 3}) for run in range(RUNS)]
    cuts, place = [], 0
    for size in sizes:
        cuts.append(table_of(rows[place : place + size], columns))
        place += size
    assert study_fingerprint(cuts) == study_fingerprint([table_of(rows, columns)])
    rows[3]["mean_qaly"] += 1e-15
    assert study_fingerprint(cuts) != study_fingerprint([table_of(rows, columns)])


def test_parts_are_joined_in_the_order_of_the_runs(tmp_path):
    study = tiny_study(tmp_path)
    columns = columns_of(study)
    found = {"key": "k", "fingerprint": "f"}
    rows = [row_of(study, run, columns, {**found, "mean_qaly": run / 3}) for run in range(RUNS)]
    whole = part_of(table_of(rows, columns))
    parts = [part_of(table_of(some, columns)) for some in (rows[3:], rows[:2], rows[2:3])]
    assert joined(parts, columns) == whole
    assert joined([], columns).rows == 0


def test_workers_start_with_one_thread_in_each_library(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    before = dict(os.environ)
    with one_thread_each():
        assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
        assert os.environ["OMP_NUM_THREADS"] == "7"
    assert dict(os.environ) == before


@pytest.mark.parametrize("workers", [-1, 1025, True])
def test_numbers_of_workers_that_cannot_be_used(workers):
    with pytest.raises(InputError, match="workers: .* allowed: 0 to 1024"):
        workers_here(workers)


def test_manifest_is_plain_json(tmp_path):
    from pathways.studies.store import new_manifest

    study = tiny_study(tmp_path)
    manifest = new_manifest(study)
    assert json.loads(json.dumps(manifest)) == manifest
    assert manifest["runs"] == RUNS
    assert Path(study.path).name == "tiny.study.yaml"
