"""Baselines, criteria and judgements of the reference engine, by cases worked out by hand."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager

import numpy as np
import pytest
from clinic_records import FIRST_CLINIC
from reference_runs import ALWAYS_PASSES, of_kind, open_model, run_still, still_plan

from pathways.codes import (
    Baseline,
    Combine,
    Domain,
    Event,
    MissingRule,
    Moment,
    Purpose,
    Statistic,
    Verdict,
)
from pathways.fastcore.draws import Draws
from pathways.rules.ketamine import WithinDayScore
from pathways.rules.response import Judgement, Outcome, Total

TEN_OUT_OF_TEN = Total(70, 7)
WINDOW = {"criterion_window_from": (1,) * 4, "criterion_window_to": (7,) * 4}


@contextmanager
def judged_patient(pains, baseline=TEN_OUT_OF_TEN, pains_without_drug=None, **rules):
    """A patient with these pains on the days 11 to 17, last infused on day 10, judged on day 17."""
    rules = {name: (v,) * 4 if name.startswith("criterion_") else v for name, v in rules.items()}
    with open_model(still_plan()) as model:
        patient = model.patients[0]
        patient.course_rules = dataclasses.replace(patient.rules, **{**WINDOW, **rules})
        patient.last_infusion_day, model.day = 10, 17
        patient.baselines = [baseline] * 4
        patient.pain_kept[11:18] = pains
        patient.pain_without_drug_kept[11:18] = pains_without_drug or [10.0] * 7
        yield patient


@pytest.mark.parametrize(
    ("statistic", "total"),
    [
        (Statistic.SCORE_ON_DAY, Total(9, 1)),
        (Statistic.MEAN, Total(37, 7)),
        (Statistic.MEDIAN, Total(5, 1)),
        (Statistic.WORST, Total(9, 1)),
        (Statistic.BEST, Total(2, 1)),
    ],
)
def test_statistics_of_a_window(statistic, total):
    with judged_patient([8, 5, 2, 4, 3, 6, 9], criterion_statistic=statistic) as patient:
        scores, complete = patient.scores_of(0, 0)
        assert complete
        assert patient.statistic_of(0, scores) == total


def test_the_median_of_an_even_number_of_scores_is_a_sum_of_two():
    with judged_patient([0] * 7, criterion_statistic=Statistic.MEDIAN) as patient:
        assert patient.statistic_of(0, [9, 1, 4, 6]) == Total(10, 2)


def test_best_and_worst_change_places_where_higher_is_better():
    rules = {"criterion_higher_is_better": 1}
    with judged_patient([0] * 7, criterion_statistic=Statistic.WORST, **rules) as patient:
        assert patient.statistic_of(0, [3, 8]) == Total(3, 1)
    with judged_patient([0] * 7, criterion_statistic=Statistic.BEST, **rules) as patient:
        assert patient.statistic_of(0, [3, 8]) == Total(8, 1)


@pytest.mark.parametrize(
    ("score", "percent_x10", "points_x10", "met"),
    [
        (Total(49, 7), 300, 0, True),
        (Total(50, 7), 300, 0, False),
        (Total(8, 1), 0, 20, True),
        (Total(57, 7), 0, 20, False),
        (Total(7, 1), 300, 31, False),
        (Total(8, 1), 300, 20, False),
        (Total(6, 1), 300, 31, True),
        (Total(10, 1), 0, 0, True),
    ],
)
def test_thresholds_are_met_at_equality(score, percent_x10, points_x10, met):
    rules = {"criterion_percent_x10": percent_x10, "criterion_points_x10": points_x10}
    with judged_patient([0] * 7, **rules) as patient:
        assert patient.improved(0, Total(70, 7), score) is met


def test_a_rise_is_an_improvement_where_higher_is_better():
    rules = {"criterion_percent_x10": 300, "criterion_higher_is_better": 1}
    with judged_patient([0] * 7, **rules) as patient:
        assert patient.improved(0, Total(10, 1), Total(13, 1))
        assert not patient.improved(0, Total(10, 1), Total(7, 1))


@pytest.mark.parametrize(("share_x1000", "outcome"), [(571, Outcome.MET), (572, Outcome.NOT_MET)])
def test_share_of_days(share_x1000, outcome):
    rules = {"criterion_statistic": Statistic.SHARE_OF_DAYS, "criterion_percent_x10": 300}
    rules["criterion_share_x1000"] = share_x1000
    with judged_patient([7, 7, 7, 7, 8, 8, 8], **rules) as patient:
        assert patient.score_criterion(0, 0) == outcome


def test_no_pain_at_baseline_is_not_assessable():
    with judged_patient([0] * 7, baseline=Total(0, 7)) as patient:
        assert patient.score_criterion(0, 0) == Outcome.NOT_ASSESSABLE
        assert patient.judge().verdict == Verdict.FAILED
    with judged_patient([0] * 7, baseline=Total(0, 0)) as patient:
        assert patient.score_criterion(0, 0) == Outcome.MISSING


@pytest.mark.parametrize(
    ("combine", "required", "met", "assessable", "passed"),
    [
        (Combine.ALL, 0, 3, 3, True),
        (Combine.ALL, 0, 2, 3, False),
        (Combine.ANY, 0, 1, 3, True),
        (Combine.ANY, 0, 0, 3, False),
        (Combine.K_OF, 2, 2, 4, True),
        (Combine.K_OF, 2, 1, 4, False),
        (Combine.K_OF, 3, 1, 1, True),
        (Combine.ALL, 0, 0, 0, False),
        (Combine.K_OF, 2, 0, 0, False),
    ],
)
def test_criteria_combine(combine, required, met, assessable, passed):
    rules = {"criteria_combine": combine, "criteria_required": required}
    with judged_patient([0] * 7, **rules) as patient:
        assert patient.combine(met, assessable) is passed


def all_missing(patient):
    patient.rules = dataclasses.replace(patient.rules, diary_missing_probability=1.0)


@pytest.mark.parametrize(
    ("rule", "last_verdict", "verdict", "judgements"),
    [
        (MissingRule.FAIL, Verdict.PASSED, Verdict.FAILED, 1),
        (MissingRule.NOT_JUDGED, Verdict.PASSED, Verdict.NOT_JUDGED, 0),
        (MissingRule.CARRY, Verdict.PASSED, Verdict.PASSED, 1),
        (MissingRule.CARRY, Verdict.FAILED, Verdict.FAILED, 1),
    ],
)
def test_missing_scores(rule, last_verdict, verdict, judgements):
    with judged_patient([0.0] * 7, missing_rule=rule) as patient:
        all_missing(patient)
        patient.last_verdict = last_verdict
        assert patient.score_criterion(0, 0) == Outcome.MISSING
        assert patient.judge().verdict == verdict
        assert patient.judgements == judgements
        assert patient.judgement == 1
        assert patient.responder_observed == (int(verdict) if judgements else -1)


def test_the_verdict_carried_is_that_of_the_last_judgement_passed_or_failed():
    with judged_patient([1.0] * 7, missing_rule=MissingRule.CARRY) as patient:
        assert patient.judge().verdict == Verdict.PASSED
        all_missing(patient)
        assert patient.judge().verdict == Verdict.PASSED
        assert patient.judgements_passed == 2


def test_failures_are_remembered_newest_lowest():
    rules = {"criterion_percent_x10": 300, "missing_rule": MissingRule.NOT_JUDGED}
    with judged_patient([1.0] * 7, **rules) as patient:
        for pain, present, bits in ((9, 1, 0b1), (9, 1, 0b11), (1, 1, 0b110), (9, 0, 0b1100)):
            patient.pain_kept[11:18] = [float(pain)] * 7
            probability = 0.0 if present else 1.0
            patient.rules = dataclasses.replace(
                patient.rules, diary_missing_probability=probability
            )
            patient.judge()
            assert patient.judgement_bits == bits
        for _ in range(20):
            patient.record_judgement(Judgement(0, Verdict.FAILED, 0))
        assert patient.judgement_bits == 0xFFFF


@pytest.mark.parametrize(("minimum", "missing"), [(1, False), (7, True), (20, True)])
def test_fewest_scores_that_can_be_judged(minimum, missing):
    with judged_patient([1.0] * 7, missing_minimum_scores=minimum) as patient:
        patient.rules = dataclasses.replace(patient.rules, diary_missing_probability=0.4)
        present = len(patient.diary_scores(11, 17))
        assert 1 <= present < 7
        assert (patient.score_criterion(0, 0) == Outcome.MISSING) is missing


def test_a_short_window_needs_all_its_days():
    with judged_patient([1.0] * 7, missing_minimum_scores=20) as patient:
        assert patient.score_criterion(0, 0) == Outcome.MET


def test_a_moment_is_never_missing():
    with judged_patient([9.0] * 7, criterion_moment=Moment.ONE_HOUR) as patient:
        all_missing(patient)
        patient.within_day[Moment.ONE_HOUR] = WithinDayScore(2, 2.0, 9.0)
        assert patient.score_criterion(0, 0) == Outcome.MET
        assert patient.drug_truth() == 1


def test_diary_scores_are_pure_functions_of_the_day():
    plan = still_plan(diary_error_sd=1.1, diary_missing_probability=0.3)
    draws = Draws(1)
    weights = plan.rule_sets["diary_weights"][0]
    with open_model(plan) as model:
        patient = model.patients[0]
        patient.pain_kept = [6.3] * 64
        for day in (0, 3, 20, 21, 40):
            normals = [
                draws.normal(
                    FIRST_CLINIC, 0, Purpose.DIARY_ERROR, (day - lag) // 2, (day - lag) % 2
                )
                for lag in range(8)
            ]
            score = np.clip(np.floor(6.3 + 1.1 * np.dot(weights, normals) + 0.5), 0, 10)
            missing = draws.uniform(FIRST_CLINIC, 0, Purpose.DIARY_MISSING, day // 2, day % 2) < 0.3
            assert patient.diary_scores(day, day) == ([] if missing else [score])
        single = [patient.diary_scores(day, day) for day in range(30)]
        assert patient.diary_scores(-5, 29) == [score for scores in single for score in scores]
        assert patient.diary_scores(-5, -1) == []


@pytest.mark.parametrize(
    ("kind", "baseline"),
    [
        (Baseline.ENROLMENT, Total(49, 7)),
        (Baseline.MEAN_OF_LAST_DAYS, Total(3 + 4 + 8, 3)),
        (Baseline.SAME_DAY, Total(6, 1)),
        (Baseline.BEST_OF_LAST_DAYS, Total(3, 1)),
        (Baseline.WORST_OF_LAST_DAYS, Total(8, 1)),
    ],
)
def test_baselines_of_pain(kind, baseline):
    rules = {"criterion_baseline": kind, "criterion_baseline_days": 3}
    with judged_patient([0.0] * 7, **rules) as patient:
        patient.model.day, patient.pain = 30, 6.2
        patient.pain_kept[26:31] = [1.0, 3.0, 4.4, 7.6, 6.2]
        assert patient.baseline_of(0) == baseline


def test_a_baseline_without_scores_has_no_count():
    rules = {"criterion_baseline": Baseline.WORST_OF_LAST_DAYS, "criterion_baseline_days": 3}
    with judged_patient([0.0] * 7, **rules) as patient:
        all_missing(patient)
        assert patient.baseline_of(0) == Total(0, 0)


@pytest.mark.parametrize(
    ("domain", "pain", "score"),
    [
        (Domain.INTERFERENCE, 6.8, 7),
        (Domain.INTERFERENCE, 4.8, 5),
        (Domain.SLEEP, 0.0, 3),
        (Domain.MOOD, 10.0, 14),
        (Domain.QUALITY_OF_LIFE, 1.8, 65),
        (Domain.GLOBAL_IMPRESSION, 2.8, 2),
        (Domain.GLOBAL_IMPRESSION, 0.0, 1),
    ],
)
def test_scores_of_other_domains_follow_pain(domain, pain, score):
    with judged_patient([0.0] * 7) as patient:
        patient.pain = pain
        assert patient.domain_score(domain, 0) == score


def test_errors_of_other_domains_have_addresses_of_their_own():
    rules = {"criterion_baseline": Baseline.SAME_DAY, "criterion_domain": Domain.QUALITY_OF_LIFE}
    with judged_patient([0.0] * 7, **rules) as patient:
        errors = (0.0,) * 4 + (9.0,) * 3
        patient.rules = dataclasses.replace(patient.rules, domain_error_sd=errors)
        patient.pain = patient.pain_level
        for number in range(5):
            patient.courses = number
            before, after = (
                Draws(1).normal(FIRST_CLINIC, 0, Purpose.DOMAIN_ERROR, occurrence)
                for occurrence in (-1 - (8 * number + 4), 8 * number + 4)
            )
            assert patient.baseline_of(0).sum == np.floor(45.0 + 9.0 * before + 0.5)
            assert patient.scores_of(0, number)[0] == [np.floor(45.0 + 9.0 * after + 0.5)]


def test_baselines_of_other_domains():
    at_enrolment = {"criterion_baseline": Baseline.ENROLMENT, "criterion_domain": Domain.MOOD}
    with judged_patient([0.0] * 7, **at_enrolment) as patient:
        assert patient.baseline_of(0) == Total(12, 1)
    today = {"criterion_baseline": Baseline.SAME_DAY, "criterion_domain": Domain.MOOD}
    with judged_patient([0.0] * 7, **today) as patient:
        patient.pain = 4.8
        assert patient.baseline_of(0) == Total(10, 1)
    impression = {**today, "criterion_domain": Domain.GLOBAL_IMPRESSION}
    with judged_patient([0.0] * 7, **impression) as patient:
        patient.pain = 0.0
        assert patient.baseline_of(0) == Total(4, 1)


@pytest.mark.parametrize(
    ("statistic", "rules", "truth"),
    [
        (Statistic.SCORE_ON_DAY, {"criterion_percent_x10": 300}, 0),
        (Statistic.MEAN, {"criterion_percent_x10": 300}, 1),
        (Statistic.MEAN, {"criterion_percent_x10": 301}, 0),
        (Statistic.MEAN, {"criterion_percent_x10": 0, "criterion_points_x10": 30}, 1),
        (Statistic.MEAN, {"criterion_percent_x10": 0, "criterion_points_x10": 31}, 0),
        (Statistic.MEDIAN, {"criterion_percent_x10": 300}, 1),
        (Statistic.WORST, {"criterion_percent_x10": 300}, 0),
        (Statistic.BEST, {"criterion_percent_x10": 500}, 1),
        (Statistic.SHARE_OF_DAYS, {"criterion_share_x1000": 857}, 1),
        (Statistic.SHARE_OF_DAYS, {"criterion_share_x1000": 858}, 0),
    ],
)
def test_relief_due_to_the_drug(statistic, rules, truth):
    rules = {"criterion_percent_x10": 300, "criterion_statistic": statistic, **rules}
    treated = [5.0, 6.0, 6.0, 7.0, 7.0, 8.0, 10.0]
    if statistic == Statistic.SHARE_OF_DAYS:
        rules["criterion_percent_x10"] = 200
    with judged_patient(treated, **rules) as patient:
        assert patient.drug_truth() == truth


def test_no_relief_is_never_a_drug_response():
    with judged_patient([8.0] * 7, pains_without_drug=[8.0] * 7, criterion_percent_x10=0) as p:
        assert p.drug_truth() == 0
        assert not p.any_drug_relief()


@pytest.mark.parametrize(("treated", "relief"), [(7.5, False), (7.0, True)])
def test_any_drug_relief_is_a_tenth_or_more(treated, relief):
    with judged_patient([treated] * 7, pains_without_drug=[8.0] * 7) as patient:
        assert patient.any_drug_relief() is relief


def test_drug_truth_without_a_pain_criterion_is_undefined():
    with judged_patient([0.0] * 7, criterion_domain=Domain.MOOD) as patient:
        assert patient.judge().drug_truth == -1
        assert patient.responder_drug_at_threshold == 0
        assert patient.responder_drug_any == 0


def test_baselines_are_taken_once_or_for_each_course():
    once = run_still(**ALWAYS_PASSES)
    each = run_still(**ALWAYS_PASSES, baseline_each_course=1)
    assert of_kind(once, Event.BASELINE_TAKEN)["day"].tolist() == [42]
    starts = of_kind(each, Event.COURSE_STARTED)["day"].tolist()
    assert of_kind(each, Event.BASELINE_TAKEN)["day"].tolist() == starts


def test_a_new_definition_needs_new_baselines():
    # The course of day 84 was booked on day 63, under the old definition.
    result = run_still(**ALWAYS_PASSES, changes={70: {"criterion_window_from": 18}})
    assert of_kind(result, Event.BASELINE_TAKEN)["day"].tolist() == [42, 126]


@pytest.mark.parametrize(
    ("every", "judged"), [(1, [0, 1, 2, 3, 4, 5]), (0, [0]), (2, [0, 2, 4]), (3, [0, 3])]
)
def test_how_often_a_response_is_judged(every, judged):
    result = run_still(**ALWAYS_PASSES, judge_every=every, horizon_days=42 * 7)
    days = np.array(of_kind(result, Event.JUDGED)["day"])
    assert ((days - 63) // 42).tolist() == judged


def test_until_a_first_pass_every_course_is_judged():
    result = run_still(
        judge_every=0, criterion_percent_x10=1001, adherence_to_rule=0.0, horizon_days=42 * 5
    )
    assert len(of_kind(result, Event.JUDGED)) == len(of_kind(result, Event.COURSE_COMPLETED)) == 4
