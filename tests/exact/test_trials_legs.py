"""From trial files to courses on days, and from protocols to what the engines read."""

from __future__ import annotations

import pytest
from trial_files import CROSSOVER, PARALLEL, changed, trial_of

from pathways.errors import InputError, ValueProblem
from pathways.resolve.resolver import resolve
from pathways.scenario.policy import Policy
from pathways.scenario.protocol import Protocol, infusion_days
from pathways.scenario.regimen import Regimen
from pathways.trials.legs import legs_of
from pathways.trials.run import simulate_trial

CHAIR = {"dose": "80 mg", "duration": "2 h", "days": 3}
BED = {"rate": "20 mg/h", "duration": "60 h", "setting": "bed"}


def regimen(**given) -> Regimen:
    return Regimen.model_validate(given)


def protocol(*courses, last_visit="60 d", regimens=None) -> Protocol:
    given = regimens or [{**CHAIR, "name": "a"}, {**BED, "name": "b"}]
    listed = [{"day": day, "regimen": name} for day, name in courses]
    return Protocol.model_validate({"regimens": given, "courses": listed, "last_visit": last_visit})


@pytest.mark.parametrize(
    ("given", "start", "expected"),
    [
        (CHAIR, 7, [7, 8, 9]),
        (CHAIR, 10, [10, 11, 14]),
        (CHAIR, 12, [14, 15, 16]),
        ({**CHAIR, "weekends": "infuse"}, 12, [12, 13, 14]),
        ({**CHAIR, "every": "2 d"}, 7, [7, 9, 11]),
        (BED, 12, [12, 13, 14]),
    ],
)
def test_days_of_a_course(given, start, expected):
    assert infusion_days(regimen(**given), start) == expected


def test_days_are_those_the_engine_infuses(tmp_path):
    for start in (7, 10, 12):
        text = changed(PARALLEL, ("design: parallel", f"design: parallel\nstart: {start} d"))
        text = text.replace("measure: score", "measure: infusions").replace("visits: [7 d]", "")
        trial = trial_of(tmp_path, text)
        run = simulate_trial(trial, replicates=2)
        assert run.expected("week-1") == 0.0
        assert run.values["week-1", "ketamine"].tolist() == [[3.0] * 6] * 2


@pytest.mark.parametrize(
    ("courses", "last_visit", "words"),
    [
        ([("7 d", "c")], "60 d", "no regimen `c`"),
        ([("7 d", "a"), ("10 d", "b")], "60 d", "ends on day 9; allowed: 11 d or later"),
        ([("7 d", "a")], "9 d", "last infusion is on day 9; allowed: 10 d or later"),
        ([("0 d", "a")], "60 d", "out of range"),
    ],
)
def test_impossible_protocols_are_refused(courses, last_visit, words):
    with pytest.raises(ValueError, match=words):
        protocol(*courses, last_visit=last_visit)


def test_regimens_of_a_protocol_need_names_of_their_own():
    with pytest.raises(ValueError, match="needs a `name`"):
        protocol(("7 d", "a"), regimens=[CHAIR])
    with pytest.raises(ValueError, match="a regimen `a` already"):
        protocol(("7 d", "a"), regimens=[{**CHAIR, "name": "a"}, {**BED, "name": "a"}])


@pytest.mark.parametrize(
    "beside",
    [
        {"ladder": {"steps": [CHAIR]}},
        {"limits": {"courses": 2}},
        {"maintenance": {"kind": "interval", "interval": "42 d"}},
        {"exit": {"adherence_to_rule": 0.5}},
        {"exit": {"loss_of_response": {"failures": 1, "of_last": 2}}},
    ],
)
def test_rules_of_clinics_are_refused_beside_a_protocol(beside):
    given = {"treatment": "ketamine", "protocol": protocol(("7 d", "a"))}
    Policy.model_validate(given)
    with pytest.raises(ValueError, match="a protocol fixes every course"):
        Policy.model_validate({**given, **beside})


def test_a_protocol_without_infusions_is_refused():
    with pytest.raises(ValueError, match="remove `protocol`"):
        Policy.model_validate({"treatment": "none", "protocol": protocol(("7 d", "a"))})


def test_crossover_has_every_order_as_evenly_as_can_be(tmp_path):
    first, second = legs_of(trial_of(tmp_path, CROSSOVER))
    assert [list(leg.arms) for leg in (first, second)] == [
        ["ketamine", "placebo"],
        ["placebo", "ketamine"],
    ]
    assert [leg.patients for leg in (first, second)] == [3, 2]
    assert [first.arms[name].first for name in first.arms] == [7, 42]
    assert first.arms["ketamine"].end == 42
    assert first.courses == ((7, 0), (42, 1))
    assert second.courses == ((7, 1), (42, 0))
    assert first.scenario is second.scenario


def test_orders_may_be_stated(tmp_path):
    orders = "orders: [[placebo, ketamine]]\nwash_out: 7 d"
    (leg,) = legs_of(trial_of(tmp_path, changed(CROSSOVER, ("wash_out: 7 d", orders))))
    assert (list(leg.arms), leg.patients) == (["placebo", "ketamine"], 5)


def test_what_the_engines_read(tmp_path):
    leg = legs_of(trial_of(tmp_path, CROSSOVER))[1]
    rules = resolve(leg.scenario, patients=1).rule_sets[0]
    assert rules["ladder_steps"] == 2
    assert rules["protocol_courses"] == 2
    assert rules["protocol_day"][:3].tolist() == [7, 42, 0]
    assert rules["protocol_step"][:2].tolist() == [0, 1]
    assert rules["protocol_end_day"] == leg.last_visit
    assert rules["step_sham"][:2].tolist() == [0, 1]
    assert leg.observed_days == tuple(range(7, 15)) + tuple(range(42, 50))


def test_scores_are_read_up_to_the_next_infusion(tmp_path):
    trial_of(tmp_path, changed(CROSSOVER, ("to: 7 d", "to: 35 d")))
    with pytest.raises(InputError, match="the next period starts on day 35"):
        trial_of(tmp_path, changed(CROSSOVER, ("to: 7 d", "to: 36 d")))


def test_an_unknown_endpoint_is_told_by_name(tmp_path):
    with pytest.raises(ValueProblem, match="did you mean `fall`"):
        trial_of(tmp_path, CROSSOVER).document.endpoint("fal")
