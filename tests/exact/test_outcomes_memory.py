"""The estimate of memory, and what the machine says it has."""

from __future__ import annotations

import pytest

from pathways.outcomes import memory
from pathways.outcomes.memory import TooLarge, bytes_needed, free_bytes, refuse_too_large

MEMINFO = "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:   1000 kB\n"


def system(tmp_path, meminfo: str | None = MEMINFO, **files: str):
    """Write the files in which a system tells its memory, `__` for a slash."""
    if meminfo is not None:
        files["proc__meminfo"] = meminfo
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_machine_tells_its_memory(tmp_path):
    assert free_bytes(system(tmp_path)) == 1_024_000


def test_system_that_does_not_tell(tmp_path):
    assert free_bytes(tmp_path) is None
    assert free_bytes(system(tmp_path, "MemFree: 100 kB\n")) is None


def test_limit_of_a_control_group_counts(tmp_path):
    limit = {"sys__fs__cgroup__memory.max": "5000\n", "sys__fs__cgroup__memory.current": "4000\n"}
    assert free_bytes(system(tmp_path, **limit)) == 1_000


def test_control_group_over_its_limit_has_nothing_left(tmp_path):
    limit = {"sys__fs__cgroup__memory.max": "5000\n", "sys__fs__cgroup__memory.current": "6000\n"}
    assert free_bytes(system(tmp_path, **limit)) == 0


def test_control_group_without_limit(tmp_path):
    limit = {"sys__fs__cgroup__memory.max": "max\n", "sys__fs__cgroup__memory.current": "4000\n"}
    assert free_bytes(system(tmp_path, **limit)) == 1_024_000


def test_older_control_group(tmp_path):
    folder = "sys__fs__cgroup__memory__memory."
    limit = {f"{folder}limit_in_bytes": "5000\n", f"{folder}usage_in_bytes": "4000\n"}
    assert free_bytes(system(tmp_path, **limit)) == 1_000


def test_need_grows_with_everything():
    small = bytes_needed(1_000, 1, engine="kernel", events=False)
    assert bytes_needed(2_000, 1, engine="kernel", events=False) > small
    assert bytes_needed(1_000, 1, engine="mesa", events=False) > small
    events = bytes_needed(1_000, 1, engine="kernel", events=True)
    assert events > small
    assert bytes_needed(1_000, 2, engine="kernel", events=True) > events


def test_rows_of_many_small_clinics_count():
    size = {"engine": "kernel", "events": False}
    more = bytes_needed(1_000, 1, **size, weekly_rows=5_000) - bytes_needed(1_000, 1, **size)
    assert more == 5_000 * memory.BYTES_PER_WEEKLY_ROW


def test_patients_of_a_clinic_with_queues_are_kept_at_once_by_the_kernel_alone():
    size = {"patients": 1_000, "years": 1, "events": False}
    for engine, bytes_each in (("kernel", memory.BYTES_PER_PATIENT_IN_QUEUE), ("mesa", 0)):
        alone = bytes_needed(**size, engine=engine)
        assert bytes_needed(**size, engine=engine, in_queues=300) - alone == 300 * bytes_each


def test_run_that_fits_is_let_through_and_the_next_is_not(monkeypatch):
    size = {"engine": "kernel", "events": True}
    needed = bytes_needed(5_000, 10, **size)
    monkeypatch.setattr(memory, "LARGEST_SHARE_USED", 1.0)
    monkeypatch.setattr(memory, "free_bytes", lambda: needed)
    refuse_too_large(5_000, 10, **size)
    message = "5001 patients: need about .* at most about 5000 patients fit, or leave out --ev"
    with pytest.raises(TooLarge, match=message):
        refuse_too_large(5_001, 10, **size)


def test_unknown_memory_refuses_nothing(monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    refuse_too_large(10**12, 10, engine="kernel", events=False)
