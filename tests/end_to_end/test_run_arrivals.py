"""``pathways run`` where patients come over calendar time to clinics with queues."""

from __future__ import annotations

import functools
import json
import subprocess
import sys

import pyarrow.parquet
import pytest

START = "import sys; from pathways.cli import main; sys.exit(main())"
SMALL = """\
extends: planner-further-chair
scenario: small
horizon: 100 d
referrals: {per_year: 80, warm_up: 60 d, intake: 90 d, follow_up: 100 d}
clinics:
  - name: Infusion clinic
    chairs: 1
    open: {days: [tuesday], minutes: 4 h}
    assessment_slots_per_week: 2
changes:
  - from_day: 120 d
    clinics: [{name: Infusion clinic, chairs: 2}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A directory with a small planner's scenario."""
    path = tmp_path_factory.mktemp("arrivals")
    (path / "small.yaml").write_text(SMALL)
    return path


@pytest.fixture(scope="module")
def run(folder):
    """Run a scenario; return what was printed, the manifest and the table of patients.

    The same words are run only once.
    """

    @functools.cache
    def once(*words: object, scenario: str = "small.yaml", out: str = "out"):
        found = subprocess.run(
            [sys.executable, "-W", "error", "-c", START, "run", scenario]
            + ["--out", out, "--overwrite", *map(str, words)],
            cwd=folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        assert found.returncode == 0, found.stderr
        manifest = json.loads((folder / out / "manifest.json").read_bytes())
        return found, manifest, pyarrow.parquet.read_table(folder / out / "patients.parquet")

    return once


def test_patients_set_the_number_of_regions_and_the_output_says_so(run):
    found, manifest, _ = run("--patients", 15)
    assert manifest["regions"] == 1
    assert "referrals to 1 region with 80 referrals a year each, followed for" in found.stdout
    found, manifest, _ = run("--patients", 50, out="more")
    assert manifest["regions"] == 3
    assert "referrals to 3 replicate regions with 80 referrals a year each" in found.stdout
    assert "all studied referrals unless per treated" in found.stdout


def test_more_patients_change_nobody(run):
    _, _, few = run("--patients", 15)
    _, _, more = run("--patients", 50, out="more")
    assert more.slice(0, few.num_rows).equals(few)
    assert more.num_rows > 2 * few.num_rows


def test_waits_and_the_clinic_are_shown(run):
    found, _, _ = run("--patients", 50, out="more")
    assert "Wait to first infusion, median" in found.stdout
    assert "Infusion clinic: waiting for a course" in found.stdout


def test_both_engines_agree_and_years_are_those_of_follow_up(run):
    words = ("--patients", 15, "--years", 0.3, "--events")
    _, kernel, _ = run(*words, "--engine", "kernel", out="kernel")
    _, reference, _ = run(*words, "--engine", "mesa", out="mesa")
    assert kernel == reference
    assert (kernel["horizon_days"], kernel["calendar_days"]) == (110, 60 + 90 + 110)


def test_the_shipped_clinics_are_the_same_until_the_chair_comes(run):
    words = ("--patients", 1, "--years", 0.1, "--quiet")
    _, _, six = run(*words, scenario="planner-clinic", out="six")
    _, _, seven = run(*words, scenario="planner-further-chair", out="seven")
    # Everybody whose follow-up ends before day 730.
    before = [day + 37 <= 730 for day in six["referral_day"].to_pylist()]
    number = sum(before)
    assert before[:number] == [True] * number and number > 500
    assert six.slice(0, number).equals(seven.slice(0, number))


def test_a_closed_cohort_at_a_clinic_is_told_what_its_waits_mean(run, folder):
    text = SMALL.replace(
        "referrals: {per_year: 80, warm_up: 60 d, intake: 90 d, follow_up: 100 d}",
        "referrals: {kind: closed_cohort, cohort_load: true}",
    )
    (folder / "cohort.yaml").write_text(text)
    found, manifest, _ = run("--patients", 30, scenario="cohort.yaml", out="cohort")
    assert "depend on the number of patients" in found.stderr
    assert manifest["queues"] is True
