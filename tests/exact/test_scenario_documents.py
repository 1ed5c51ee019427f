"""Reading scenarios: defaults, files over files, dated changes, notes on what has no effect."""

import pytest
from scenario_strategies import SHIPPED, load_document, load_text, write_scenario

from pathways.codes import Comorbidity, Condition, ExitReason
from pathways.reading.scalars import written_name
from pathways.scenario import load_scenario
from pathways.scenario.load import shipped_names, shipped_path
from pathways.scenario.notes import notes

MINIMAL = """\
scenario: minimal
title: As little as can be said
policy:
  treatment: ketamine
  ladder:
    steps:
      - dose: 0.5 mg/kg
        duration: 40 min
  response:
    judge_at: 14 d
    criteria:
      - window: {from: 7 d, to: 14 d}
        percent: 30 %
"""
SHORT = {"dose": "80 mg", "duration": "2 h"}


def minimal(**policy):
    base = {
        "treatment": "ketamine",
        "ladder": {"steps": [SHORT]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    }
    return {"scenario": "minimal", "title": "Minimal", "policy": {**base, **policy}}


def test_defaults(tmp_path):
    document = load_text(MINIMAL, tmp_path).document
    policy, (step,) = document.policy, document.policy.ladder.steps
    assert document.horizon == 3650
    assert document.changes == ()
    assert policy.selection.conditions == tuple(Condition)
    assert policy.selection.exclude == ()
    assert (step.form, step.days, step.every, step.setting) == ("racemic", 1, 1, "chair")
    assert step.skips_weekends
    assert (policy.ladder.tries_per_step, policy.ladder.gap) == (1, 14)
    assert (policy.response.judge_every, policy.response.missing.minimum_scores) == (1, 1)
    assert policy.maintenance.kind == "none"
    assert policy.exit.adherence_to_rule.value == 1.0
    assert policy.exit.loss_of_response is None
    assert (document.structure.utility, document.structure.mortality) == ("dixon_2011", "uk")


@pytest.mark.parametrize(
    ("more", "skips"),
    [
        ({}, True),
        ({"setting": "chair"}, True),
        ({"setting": "bed"}, False),
        ({"weekends": "infuse"}, False),
        ({"setting": "bed", "weekends": "skip"}, True),
    ],
)
def test_weekends(more, skips):
    document = load_document(minimal(ladder={"steps": [{**SHORT, **more}]})).document
    assert document.policy.ladder.steps[0].skips_weekends is skips


def test_continuous_infusion_goes_on_over_days():
    steps = [{"rate": "10 mg/h", "duration": "4.5 d", "setting": "bed"}]
    (step,) = load_document(minimal(ladder={"steps": steps})).document.policy.ladder.steps
    assert step.hours_by_day() == [24.0, 24.0, 24.0, 24.0, 12.0]
    assert step.amounts_by_day() == [240.0, 240.0, 240.0, 240.0, 120.0]
    assert not step.skips_weekends


def test_every_condition_and_comorbidity_has_its_name():
    selection = {
        "conditions": [written_name(one) for one in Condition],
        "exclude": [written_name(one) for one in Comorbidity],
    }
    found = load_document(minimal(selection=selection)).document.policy.selection
    assert found.conditions == tuple(Condition)
    assert found.exclude == tuple(Comorbidity)


def test_shipped_names_and_paths():
    assert SHIPPED == shipped_names()
    assert set(SHIPPED) >= {"guideline-2018", "cash-clinic", "conventional-care", "exit-strategy"}
    for name in SHIPPED:
        assert load_scenario(name).name == name
        assert load_scenario(str(shipped_path(name))).document == load_scenario(name).document


def test_extends_is_the_same_as_writing_it_out():
    base, over = load_scenario("guideline-2018"), load_scenario("exit-strategy")
    assert over.document.policy.ladder == base.document.policy.ladder
    assert over.document.policy.response == base.document.policy.response
    assert over.document.policy.limits.courses_per_year == 6
    assert over.document.policy.maintenance == base.document.policy.maintenance
    assert over.document.title != base.document.title


def test_places_of_an_extended_scenario():
    places = load_scenario("exit-strategy").places
    own = places.place("policy.limits.courses_per_year")
    assert own.file.endswith("exit-strategy.yaml")
    assert places.place("policy.ladder.steps[0].dose").file.endswith("guideline-2018.yaml")


def test_another_kind_replaces_the_section(tmp_path):
    base = minimal(maintenance={"kind": "interval", "interval": "28 d"})
    write_scenario({**base, "scenario": "base"}, tmp_path)
    top = {"extends": "./base.yaml", "scenario": "top", "policy": {"maintenance": {"kind": "none"}}}
    policy = load_scenario(write_scenario(top, tmp_path)).document.policy
    assert (policy.maintenance.kind, policy.maintenance.interval) == ("none", None)


def test_changes_lie_over_each_other():
    content = minimal(maintenance={"kind": "interval", "interval": "28 d"})
    content["changes"] = [
        {"from_day": "100 d", "policy": {"limits": {"courses": 9}}},
        {"from_day": "200 d", "policy": {"limits": {"infusions": 30}, "exit": {}}},
        {"from_day": "300 d", "policy": {"limits": {"courses": None}}},
    ]
    document = load_document(content).document
    found = [(one.policy.limits.courses, one.policy.limits.infusions) for one in document.changes]
    assert found == [(9, None), (9, 30), (None, 30)]
    assert document.policy.limits.courses is None
    assert all(one.policy.ladder == document.policy.ladder for one in document.changes)


def said(content, name="minimal"):
    return [
        note.split(f"{name}.yaml:", 1)[1].split(": ", 1)[1]
        for note in notes(load_document(content))
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_no_note_on_a_shipped_scenario(name):
    assert notes(load_scenario(name)) == []


LOSS = {"loss_of_response": {"failures": 1, "of_last": 1}}
EVERY = {"kind": "interval", "interval": "28 d"}
COURSES = [{"dose": "50 %", "interval": "28 d"}]


def taper(reason):
    return {"exit": {"taper": {"after": [reason], "courses": COURSES}}}


WITHOUT_EFFECT = {
    "exit.loss_of_response": {"exit": LOSS},
    "exit.loss_of_response.escalate": {
        "exit": {"loss_of_response": {"failures": 1, "of_last": 1, "escalate": True}},
        "maintenance": EVERY,
    },
    "response.judge_every": {
        "response": {**minimal()["policy"]["response"], "judge_every": 2},
    },
}


@pytest.mark.parametrize("path", WITHOUT_EFFECT)
def test_note_on_a_rule_without_effect(path):
    (note,) = said(minimal(**WITHOUT_EFFECT[path]))
    assert note.startswith(f"policy.{path}: no effect")


def test_note_on_loss_of_response_that_is_never_judged():
    response = {**minimal()["policy"]["response"], "judge_every": 0}
    (note,) = said(minimal(exit=LOSS, maintenance=EVERY, response=response))
    assert note.startswith("policy.exit.loss_of_response: no effect: `judge_every: 0`")


MEANT = {
    ExitReason.DOSE_CAP: ("lifetime_dose", {"limits": {"lifetime_dose": "900 mg"}}),
    ExitReason.COUNT_CAP: ("courses", {"limits": {"infusions": 9}}),
    ExitReason.TIME_LIMIT: ("time_on_treatment", {"limits": {"time_on_treatment": "1 year"}}),
    ExitReason.TREATMENT_COMPLETED: ("maintenance", {"maintenance": {"kind": "none"}}),
}


@pytest.mark.parametrize("reason", MEANT)
def test_note_on_a_taper_that_never_comes(reason):
    words, remedy = MEANT[reason]
    name = written_name(reason)
    (note,) = said(minimal(**{"maintenance": EVERY, **taper(name)}))
    assert note.startswith("policy.exit.taper.after[0]: no effect")
    assert f"`{name}` needs" in note
    assert words in note
    assert said(minimal(**{"maintenance": EVERY, **taper(name), **remedy})) == []


def test_note_on_a_taper_after_a_loss_that_is_not_defined():
    assert len(said(minimal(maintenance=EVERY, **taper("loss_of_response")))) == 1
    both = {"exit": {**taper("loss_of_response")["exit"], **LOSS}}
    assert said(minimal(maintenance=EVERY, **both)) == []


def test_a_rule_that_changes_inherit_is_noted_once():
    content = minimal(exit=LOSS)
    content["changes"] = [{"from_day": "9 d", "policy": {"limits": {"courses": 9}}}]
    assert len(said(content)) == 1


def test_note_on_a_change_after_the_horizon():
    content = {**minimal(), "horizon": "1 year"}
    content["changes"] = [{"from_day": "365 d", "policy": {"limits": {"courses": 9}}}]
    assert said(content) == ["changes[0].from_day: starts after the horizon of 365 d"]


def test_note_on_rules_of_infusions_that_are_not_offered():
    content = {"scenario": "minimal", "title": "x", "policy": {"treatment": "none"}}
    assert said(content) == []
    content["policy"] = {"treatment": "none", "limits": {"courses": 3}}
    assert said(content) == ["policy.limits: no effect: nobody is treated"]
