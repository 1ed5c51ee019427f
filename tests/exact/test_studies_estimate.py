"""What a study is estimated to take."""

from __future__ import annotations

from study_files import HEAD, study_of

from pathways.outcomes.memory import bytes_needed
from pathways.studies import estimate as module
from pathways.studies.estimate import estimate

BODY = """
vary: [{grid: {policy.ladder.gap: [7 d, 14 d, 21 d, 28 d, 30 d]}}]
draws: {count: 2}
"""


def test_runs_tried_are_spread_over_the_study(tmp_path, monkeypatch):
    found = study_of(tmp_path, BODY)
    tried = []
    real = module._tried

    def noted(study, run, patients):
        tried.append((run.number, patients))
        return real(study, run, patients)

    monkeypatch.setattr(module, "_tried", noted)
    assert estimate(found, 1).runs_timed == 8
    assert tried == [(0, 1), *((n, 10) for n in (0, 1, 2, 3, 6, 7, 8, 9))]


def test_numbers_follow_from_what_was_timed(tmp_path, monkeypatch):
    found = study_of(tmp_path, BODY)
    trial = module._Trial(
        scenario_seconds=0.5, run_seconds=2.0, memory_bytes=10**9, patients_bytes=0, runs=2
    )
    monkeypatch.setattr(module, "_trials", lambda study: [trial, trial])
    alone, four, crowd = (estimate(found, workers) for workers in (0, 4, 100))
    assert (alone.runs, alone.runs_timed, alone.seconds) == (10, 4, 5 * 0.5 + 10 * 2.0)
    assert four.seconds == 22.5 / 4 + module.STARTING_SECONDS
    assert crowd.seconds == 22.5 / 10 + module.STARTING_SECONDS
    assert alone.memory_bytes == 10**9
    assert four.memory_bytes == 4 * 10**9 + module.START_BYTES
    assert alone.disk_bytes == four.disk_bytes > 0


def test_many_patients_are_scaled_from_fewer(tmp_path, monkeypatch):
    asked = []
    real = module._tried

    def noted(study, run, patients):
        asked.append(patients)
        return real(study, run, patients)

    monkeypatch.setattr(module, "_tried", noted)
    head = HEAD.replace("patients: 10", "patients: 2000000")
    found = estimate(study_of(tmp_path, head=head), 1)
    assert max(asked) == module.MOST_PATIENTS_TIMED
    wanted = bytes_needed(2_000_000, 1, engine="kernel", events=False, weekly_rows=53)
    assert found.memory_bytes == wanted + module.START_BYTES


def test_kept_patients_take_room(tmp_path):
    head = HEAD.replace("patients: 10", "patients: 500")
    alone = estimate(study_of(tmp_path, head=head), 1)
    kept = estimate(study_of(tmp_path, "keep: {patients: true}", head=head), 1)
    assert kept.disk_bytes > alone.disk_bytes + 500 * 50


def test_a_million_runs_are_estimated_from_a_few(tmp_path):
    found = estimate(study_of(tmp_path, "seeds: {count: 5000000}"), 2)
    assert found.runs == 5_000_000 and found.runs_timed == 2
