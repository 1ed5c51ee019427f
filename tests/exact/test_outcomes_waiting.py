"""Waits, clinics and intervals between regions, against numbers worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from raw_results import changed, five_patients
from scipy.stats import t as student
from stories import Story, arrivals, assessed, infused, told

from pathways.codes import AcuteHarm
from pathways.outcomes import headline
from pathways.outcomes.estimates import Estimate, proportion
from pathways.outcomes.people import Patients
from pathways.outcomes.sampling import groups_of_regions, mean_of_regions
from pathways.outcomes.summary import summarise, summary_of
from pathways.outcomes.tables import patients_table, weekly_table

# Studied: one treated on day 26 and lost, one who left the list, one dead, one who waits on, and
# one treated on day 6; of the 56 days of the intake all are whole weeks.
PER_YEAR = 365 / 56
MINUTES = 8 * 7 * 480
ALL = {
    "patients": 5.0,
    "share_treated": 0.4,
    "share_assessed": 0.6,
    "share_left_waiting_list": 0.2,
    "share_lost": 0.2,
    "share_re_referred": 0.0,
    "share_outside": 0.0,
    "mean_infusions": 0.4,
    "share_exit_lost": 0.2,
    "share_exit_left_waiting_list": 0.2,
    "share_exit_not_yet": 0.2,
    "share_exit_not_assessed": 0.2,
    "share_exit_not_started": 0.2,
    "share_treated_exit_lost": 0.2,
    "share_treated_exit_not_yet": 0.2,
    "share_treated_exit_left_waiting_list": 0.0,
    "share_untreated_exit_left_waiting_list": 0.2,
    "share_untreated_exit_not_assessed": 0.2,
    "share_untreated_exit_not_started": 0.2,
    "share_untreated_exit_lost": 0.0,
}
WAITING = {
    "share_treated_within_90_days": None,
    "median_wait_days": None,
    "median_wait_to_assessment_days": 9.0,
    "p90_wait_to_assessment_days": None,
    "share_still_waiting": 0.2,
    "mean_no_shows": 0.2,
    "mean_cancellations": 0.2,
}
FIRST_CLINIC = {
    "referrals_per_year": 1.5 * PER_YEAR,
    "assessments_per_year": 1.5 * PER_YEAR,
    "first_infusions_per_year": 1.0 * PER_YEAR,
    "infusions_per_year": 1.5 * PER_YEAR,
    "outside_infusions_per_year": 1.0 * PER_YEAR,
    "no_shows_per_year": 0.5 * PER_YEAR,
    "cancellations_per_year": 0.5 * PER_YEAR,
    "mean_waiting_for_assessment": (3 / 8 + 0) / 2,
    "mean_waiting_for_course": (6 / 8 + 1 / 8) / 2,
    "mean_waiting_for_programme": 0.0,
    "mean_waiting_first_quarter": (3 / 2 + 0) / 2,
    "mean_waiting_last_quarter": 0.0,
    "share_chair_minutes_used": 1.5 * 180 / MINUTES,
    "share_chair_minutes_lost": 0.5 * 180 / MINUTES,
    "median_wait_days": 26.0,
    "cost_of_a_years_referrals_health_system": 200 * PER_YEAR,
    "cost_of_a_years_referrals_patient": 0.0,
}
BLOCKS = {"all_referrals": ALL, "waiting": WAITING, "clinic_1": FIRST_CLINIC}


def rows_of(raw, plan):
    tables = {"patients": patients_table(raw, plan), "weekly": weekly_table(raw, plan)}
    found = summary_of(plan, tables, [], None)
    return {(row["block"], row["measure"]): row for row in found}


@pytest.fixture(scope="module")
def rows():
    return rows_of(*arrivals())


@pytest.mark.parametrize(
    ("block", "measure"), [(block, measure) for block in BLOCKS for measure in BLOCKS[block]]
)
def test_value(rows, block, measure):
    value, expected = rows[block, measure]["value"], BLOCKS[block][measure]
    assert (value is None) == (expected is None)
    assert expected is None or value == pytest.approx(expected, rel=1e-12)


def test_patients_who_come_back_wait_again():
    rows = rows_of(*arrivals(come_back=True))
    assert rows["waiting", "share_still_waiting"]["value"] == 0.4
    assert rows["all_referrals", "share_re_referred"]["value"] == 0.2
    # The first exit is remembered.
    assert rows["all_referrals", "share_left_waiting_list"]["value"] == 0.2
    assert rows["all_referrals", "share_untreated_exit_not_assessed"]["value"] == 0.4


def test_buying_elsewhere_counts_in_follow_up_alone():
    rows = rows_of(*arrivals(studied_days=(0, 84)))
    assert rows["all_referrals", "share_outside"]["value"] == 1 / 6
    assert rows["all_referrals", "mean_outside_mg"]["value"] == 100 / 6
    assert rows["all_referrals", "mean_cost_outside"]["value"] == pytest.approx(500 / 6)
    # Four infusions here and one elsewhere, each of which may do harm.
    assert rows["all_referrals", "share_nausea_per_infusion"]["n"] == 5


def test_share_beyond_follow_up_is_not_given(rows):
    row = rows["waiting", "share_treated_within_90_days"]
    assert (row["value"], row["note"], row["n"]) == (None, "follow-up is shorter", 5)


def test_treated_on_the_last_day_counts_and_on_the_next_does_not():
    raw, plan = five_patients()
    for day, expected in ((89, 0.8), (90, 0.6)):
        raw.results["first_infusion_day"][1] = day
        found = {r["measure"]: r["value"] for r in summarise(patients_table(raw, plan))}
        assert found["share_treated_within_90_days"] == expected


def test_never_treated_wait_for_ever():
    raw, plan = five_patients()
    raw.results["first_infusion_day"][1:3] = -1
    rows = {(r["block"], r["measure"]): r for r in summarise(patients_table(raw, plan))}
    row = rows["waiting", "median_wait_days"]
    assert (row["value"], row["note"]) == (None, "not reached")


@pytest.mark.parametrize("measure", ["share_treated", "median_wait_days", "share_assessed"])
def test_waits_have_no_interval_with_few_regions_in_queues(rows, measure):
    row = rows["all_referrals", measure]
    assert (row["standard_error"], row["low"], row["high"]) == (None, None, None)
    why = "no interval: patients share queues, and of 5 regions needed there are 2"
    assert row["note"].endswith("not reached" if row["value"] is None else why)


def test_other_measures_keep_theirs(rows):
    assert rows["all_referrals", "mean_infusions"]["low"] is not None
    assert rows["all_referrals", "share_alive"]["high"] is not None


def test_without_queues_patients_are_independent():
    rows = rows_of(*arrivals(queues=False))
    expected = proportion(2, 5)
    row = rows["all_referrals", "share_treated"]
    assert (row["low"], row["high"]) == (expected.low, expected.high)
    row = rows["clinic_1", "mean_waiting_for_course"]
    assert (row["value"], row["note"]) == (None, "no queues: resources are unlimited")
    assert rows["clinic_1", "share_chair_minutes_used"]["note"] == "chairs are unlimited"


def test_cohort_without_queues_says_nothing_of_clinics():
    raw, plan = five_patients(events=False)
    assert not [block for block, _ in rows_of(raw, plan) if block.startswith("clinic")]


def test_clinic_without_open_chairs_has_no_share():
    raw, plan = arrivals(capacity={"chairs": 0})
    assert rows_of(raw, plan)["clinic_1", "share_chair_minutes_used"]["note"] == "no chair is open"


def test_clinics_have_their_names():
    raw, plan = arrivals()
    named = replace(plan, description=plan.description | {"clinic_names": ["North", "South"]})
    blocks = {block for block, _ in rows_of(raw, named)}
    assert {"clinic_North", "clinic_South"} <= blocks
    assert "clinic_1" not in blocks


def test_intake_without_a_whole_week():
    raw, plan = arrivals(studied_days=(29, 34))
    row = rows_of(raw, plan)["clinic_1", "weeks"]
    assert (row["value"], row["note"]) == (0.0, "the intake has no whole week")


def test_loaded_cohort_counts_the_whole_calendar_and_no_quarters():
    raw, plan = told([Story(0, 0, (assessed(5), infused(20)))], calendar_days=70)
    rows = rows_of(raw, plan)
    assert rows["clinic_1", "infusions_per_year"]["value"] == pytest.approx(365 / 70)
    assert ("clinic_1", "mean_waiting_last_quarter") not in rows
    assert ("clinic_1", "cost_of_a_years_referrals_patient") not in rows


# Regions of unlike size: how many are treated, on day 7, 14, .. in turn, of how many.
REGIONS = [(1, 4), (2, 4), (3, 4), (0, 4), (2, 4), (4, 6)]


@pytest.fixture(scope="module")
def regional():
    stories = [
        Story(region, 35, (assessed(2), infused(7 * (place + 1))) if place < treated else ())
        for region, (treated, size) in enumerate(REGIONS)
        for place in range(size)
    ]
    return told(stories, regions=len(REGIONS))


def test_shares_vary_between_regions(regional):
    row = rows_of(*regional)["all_referrals", "share_treated"]
    share = 12 / 26
    squares = sum((treated - share * size) ** 2 for treated, size in REGIONS)
    error = math.sqrt(6 / 5 * squares) / 26
    assert row["value"] == share
    assert row["standard_error"] == pytest.approx(error, rel=1e-12)
    half = student.ppf(0.975, 5) * error
    assert row["low"] == pytest.approx(max(0.0, share - half), rel=1e-9)
    assert row["high"] == pytest.approx(min(1.0, share + half), rel=1e-9)
    assert row["note"].endswith("between 6 regions")
    assert row["n"] == 26


def test_means_per_treated_vary_between_regions_with_somebody_treated(regional):
    row = rows_of(*regional)["per_treated", "mean_wait_days"]
    waits = [[7 * (place + 1) for place in range(treated)] for treated, _ in REGIONS if treated]
    mean = sum(map(sum, waits)) / 12
    squares = sum((sum(one) - mean * len(one)) ** 2 for one in waits)
    assert row["value"] == pytest.approx(mean)
    assert row["standard_error"] == pytest.approx(math.sqrt(5 / 4 * squares) / 12)


def test_median_that_some_region_does_not_reach_has_no_interval(regional):
    row = rows_of(*regional)["waiting", "median_wait_to_assessment_days"]
    assert (row["value"], row["note"]) == (None, "not reached")
    assert (row["low"], row["high"]) == (None, None)


def test_what_is_the_same_everywhere_keeps_the_interval_of_patients(regional):
    row = rows_of(*regional)["all_referrals", "share_alive"]
    expected = proportion(26, 26)
    assert (row["low"], row["high"]) == (expected.low, expected.high)


def test_harms_are_counted_over_time_and_infusions(regional):
    raw, plan = regional
    rows = rows_of(changed(raw, "results", "acute_count", (4, AcuteHarm.NAUSEA), 1), plan)
    row = rows["all_referrals", "share_nausea_per_infusion"]
    assert row["high"] == proportion(1, 12).high
    assert "regions" not in row["note"]
    note = rows["all_referrals", "cystitis_background_per_100_years"]["note"]
    assert note == "Poisson interval"


def test_flows_are_means_of_regions(regional):
    row = rows_of(*regional)["clinic_1", "first_infusions_per_year"]
    treated = np.array([treated for treated, _ in REGIONS]) * PER_YEAR
    assert row["value"] == pytest.approx(treated.mean())
    assert row["standard_error"] == pytest.approx(treated.std(ddof=1) / math.sqrt(6))
    assert (row["n"], row["note"]) == (6, "n regions")


def test_mean_of_too_few_regions_has_no_interval():
    found = mean_of_regions(np.array([1.0, 3.0]))
    assert (found.value, found.n, found.low, found.standard_error) == (2.0, 2, None, None)
    assert "no interval" in found.note
    assert mean_of_regions(np.array([1.0])).note.endswith("of 5 regions needed there is 1")


def test_interval_of_a_mean_of_regions_does_not_go_below_zero():
    found = mean_of_regions(np.array([0.0, 0.0, 0.0, 0.0, 5.0]))
    assert found == Estimate(1.0, found.standard_error, 0.0, found.high, 5, "n regions")
    assert found.standard_error == pytest.approx(1.0)


def test_many_regions_are_taken_together():
    stories = [Story(region, 35) for region in range(100)]
    _, plan = told(stories, regions=100)
    groups = groups_of_regions(plan)
    assert len(groups) == 40
    assert [group.start for group in groups[1:]] == [group.stop for group in groups[:-1]]
    assert (groups[0].start, groups[-1].stop) == (0, 100)
    assert {group.stop - group.start for group in groups} == {2, 3}


def test_patients_in_rows_and_among(regional):
    table = patients_table(*regional)
    people = Patients(table).treated()
    assert len(people) == 12
    part = people.in_rows(slice(4, 12))
    assert part.values("patient").tolist() == [0, 1, 0, 1, 2]
    assert people.among(np.arange(26) < 4).values("patient").tolist() == [0]
    assert len(Patients(table).in_rows(slice(3, 5))) == 2


def test_waiting_in_words(rows):
    lines = {label: rest for label, *rest in headline.waiting_rows(list(rows.values()))}
    assert lines["Wait to assessment, median"] == ["9 days", ""]
    assert lines["Wait to first infusion, median"] == ["not reached", ""]
    assert lines["Treated within 365 days"] == ["follow-up is shorter", ""]
    assert lines["Still waiting at the end"] == ["20.0 %", ""]
    assert lines["No-shows"] == ["0.20", ""]
    quiet = summarise(patients_table(*five_patients()))
    assert not {"No-shows", "Late cancellations"} & {row[0] for row in headline.waiting_rows(quiet)}


def test_clinics_in_words(regional):
    lines = {
        label: rest for label, *rest in headline.clinic_rows(list(rows_of(*regional).values()))
    }
    assert lines["1: first treated a year"][0] == f"{2 * PER_YEAR:.1f}"
    assert lines["1: chair time used"][0] == f"{100 * 2 * 180 / MINUTES:.1f} %"
    assert lines["1: wait to first infusion, median"] == ["not reached", ""]
    assert len(lines) == len(headline.CLINIC)


def test_clinics_without_queues_show_no_lists_and_chairs():
    rows = list(rows_of(*arrivals(queues=False)).values())
    labels = [label for label, *_ in headline.clinic_rows(rows)]
    assert "1: waiting for a course" not in labels
    assert "1: chair time used" not in labels
    assert "2: wait to first infusion, median" in labels


def test_ends_tell_the_never_treated_from_those_who_stopped(rows):
    labels = [label for label, *_ in headline.exit_rows(list(rows.values()))]
    assert labels == [
        "lost",
        "still in care",
        "never treated: left waiting list",
        "never treated: waits for an assessment",
        "never treated: not in care",
    ]


def test_what_occurs_is_among_the_headlines():
    def labels(raw, plan):
        return [label for label, *_ in headline.headline_rows(list(rows_of(raw, plan).values()))]

    found = labels(*arrivals(studied_days=(0, 84)))
    assert found[-4:] == [
        "Lost to follow-up", "Infused elsewhere", "Infusions elsewhere",
        "Lifetime dose from elsewhere, mean",
    ]  # fmt: skip
    assert "Left the waiting list" in found
    assert "Referred again" not in found
    raw, plan = five_patients(events=False)
    assert len(labels(raw, plan)) == len(headline.HEADLINE)
