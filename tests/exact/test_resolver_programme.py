"""Programmes of a plan: effects, sessions, dropout and fading by hand from the evidence."""

from __future__ import annotations

import math

import pytest
from scenario_strategies import quick_plan  # noqa: TID251

from pathways.codes import ProgrammeFor
from pathways.errors import InputError
from pathways.resolve.programme import dropout_per_miss

EVERY_KIND = [
    {"family": "medication", "medicine": "duloxetine"},
    {"family": "activity"},
    {"family": "behavioural"},
    {"family": "interdisciplinary_programme"},
]
FACTORS = 0.9 * 0.6


def near(expected):
    return pytest.approx(expected, rel=1e-12, abs=1e-15)


def plan_of(therapies, *, parameters=None, draw=0, **programme):
    document = {
        "scenario": "programme",
        "title": "Programme",
        "horizon": "100 d",
        "policy": {"treatment": "none", "programme": {"therapies": therapies, **programme}},
        "parameters": parameters or {},
    }
    return quick_plan(document, patients=2, draw=draw)


def rules_of(*arguments, **keywords):
    return plan_of(*arguments, **keywords).rule_sets[0]


RULES = rules_of(EVERY_KIND, starts_after="21 d")


def test_effects_are_differences_over_that_trials_baseline():
    duloxetine = 0.96 / 6.3 * FACTORS
    activity = 0.7 / 5.5 * FACTORS
    behavioural = 0.22 * 2.2 / 6.0 * FACTORS
    interdisciplinary = 0.5 / 5.5 * FACTORS
    expected = [duloxetine, activity, behavioural, interdisciplinary]
    assert RULES["therapy_effect"] == near(expected)


@pytest.mark.parametrize(
    ("therapy", "effect"),
    [
        ({"family": "medication", "medicine": "gabapentinoid"}, 0.7 / 6.3 * FACTORS),
        (
            {"family": "behavioural", "compared_with": "active_control"},
            0.09 * 2.2 / 6.0 * FACTORS,
        ),
        ({"family": "behavioural", "compared_with": "usual_care"}, 0.22 * 2.2 / 6.0 * FACTORS),
    ],
)
def test_the_comparator_decides(therapy, effect):
    assert rules_of([therapy])["therapy_effect"][0] == near(effect)


def test_sessions():
    assert RULES["therapies"] == 4
    assert RULES["therapy_sessions"].tolist() == [0, 12, 10, 15]
    # 12 in 8 weeks, 10 in 8 weeks, 15 in 4 weeks, rounded.
    assert RULES["therapy_sessions_per_week"].tolist() == [0, 2, 1, 4]
    assert RULES["therapy_attendance"].tolist() == [0.0, 0.75, 0.80, 0.90]
    assert RULES["therapy_delay_days"] == 21


def test_a_policy_states_its_own_number_of_sessions():
    rules = rules_of([{"family": "activity", "sessions": 24, "per_week": 3}])
    assert rules["therapy_sessions"][0] == 24 and rules["therapy_sessions_per_week"][0] == 3
    assert rules["therapy_dropout_per_miss"][0] == near((1 - 0.75 ** (1 / 24)) / 0.25)


def test_a_whole_course_has_the_stated_dropout():
    for m, dropout in ((1, 0.25), (2, 0.20), (3, 0.224)):
        missed = 1 - RULES["therapy_attendance"][m]
        stays = 1 - missed * RULES["therapy_dropout_per_miss"][m]
        assert 1 - stays ** RULES["therapy_sessions"][m] == near(dropout)


def test_dropout_that_cannot_be_reached_is_as_high_as_it_gets():
    assert dropout_per_miss(0.9, 1, 0.9) == 1.0
    assert dropout_per_miss(0.9, 5, 1.0) == 0.0
    assert dropout_per_miss(1.0, 10, 0.5) == 1.0


def test_a_medicine_is_titrated_and_stopped_and_then_does_nothing():
    assert RULES["therapy_progress_per_week"].tolist() == [7 / 28, 0.0, 0.0, 0.0]
    hazard = RULES["therapy_stop_hazard_per_day"][0]
    assert math.exp(-365 * hazard) == near(0.35)
    assert RULES["therapy_keep_per_week"][0] == 0.0


def test_effects_fade_with_the_stated_half_lives():
    half_lives = [270, 365, 545]
    expected = [0.5 ** (7 / half_life) for half_life in half_lives]
    assert RULES["therapy_keep_per_week"][1:] == near(expected)
    assert RULES["therapy_floor"] == 0.0001


def test_a_therapy_of_ones_own():
    own = {
        "family": "user_defined",
        "effect": "20 %",
        "sessions": 6,
        "per_week": 2,
        "half_life": "70 d",
        "attendance": 0.5,
        "dropout": 0.19,
    }
    rules = rules_of([own])
    assert rules["therapy_effect"][0] == 0.2
    assert rules["therapy_keep_per_week"][0] == near(0.5**0.1)
    assert rules["therapy_dropout_per_miss"][0] == near((1 - 0.81 ** (1 / 6)) / 0.5)
    short = {name: own[name] for name in ("family", "effect", "sessions", "per_week", "half_life")}
    assert rules_of([short])["therapy_attendance"][0] == 1.0


def test_its_effect_can_be_uncertain():
    effect = {"distribution": {"beta": {"a": 2, "b": 8}}}
    own = {"family": "user_defined", "effect": effect, "sessions": 6, "per_week": 2}
    own["half_life"] = "70 d"
    assert rules_of([own])["therapy_effect"][0] == near(0.2)
    assert rules_of([own], draw=1)["therapy_effect"][0] != near(0.2)


def test_who_is_in_it_and_for_how_long():
    assert RULES["programme_for"] == ProgrammeFor.ALL and RULES["programme_after_exit"] == 1
    plan = quick_plan("multidisciplinary", patients=2, years=1)
    assert plan.rule_sets[0]["programme_for"] == ProgrammeFor.ALL
    assert quick_plan("guideline-2018", patients=2, years=1).rule_sets[0]["programme_for"] == 0


def test_only_for_the_treated_and_only_while_treated():
    document = {
        "scenario": "programme",
        "title": "Programme",
        "policy": {
            "treatment": "ketamine",
            "ladder": {"steps": [{"dose": "80 mg", "duration": "2 h"}]},
            "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
            "programme": {
                "therapies": [{"family": "activity"}],
                "offered_to": "treated",
                "continues_after_exit": False,
            },
        },
        "parameters": {"ketamine_therapy_interaction": -0.2},
    }
    rules = quick_plan(document, patients=2, years=1).rule_sets[0]
    assert rules["programme_for"] == ProgrammeFor.TREATED and rules["programme_after_exit"] == 0
    assert rules["therapy_interaction"] == -0.2


def test_patients_differ_in_how_they_respond():
    assert plan_of(EVERY_KIND).population["therapy_response_log_sd"][0] == 0.5
    plain = quick_plan("conventional-care", patients=2, years=1)
    assert plain.population["therapy_response_log_sd"][0] == 0.0


def test_a_draw_in_which_trials_did_harm_counts_as_no_effect():
    rules = rules_of([{"family": "behavioural"}], parameters={"B4": {"pain": 0.1}})
    assert rules["therapy_effect"][0] == 0.0


def test_evidence_of_therapies_that_are_not_there_is_not_used():
    with pytest.raises(InputError) as error:
        rules_of([{"family": "activity"}], parameters={"duloxetine_effect": "1 point"})
    assert "does not use" in str(error.value)
    used = plan_of([{"family": "activity"}]).description["parameter_ids"]
    assert "B7" in used and "B15" not in used and "M82" not in used


def test_with_and_without_ketamine_the_programme_is_the_same():
    beside = quick_plan("multidisciplinary", patients=2, years=1).rule_sets[0]
    alone = quick_plan("multidisciplinary-without-ketamine", patients=2, years=1).rule_sets[0]
    for name in beside.dtype.names:
        if name.startswith(("therap", "programme", "price_session", "price_med")):
            assert (beside[name] == alone[name]).all(), name
