"""The JSON Schema for editors: what it says of each field, and that it holds for real files."""

import copy

import pytest
from json_schema import problems
from scenario_strategies import SHIPPED

from pathways.cli.schema import scenario_schema
from pathways.reading.tree import LocatedList, LocatedMapping, LocatedScalar
from pathways.reading.yaml_file import read_yaml
from pathways.scenario.load import shipped_path

SCHEMA = scenario_schema()
SECTIONS = {"the scenario": SCHEMA, **SCHEMA["$defs"]}
VALID = {
    "scenario": "test",
    "title": "A test",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [{"dose": "80 mg", "duration": "2 h"}]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
}


def as_an_editor_reads(node):
    """Return a tree as the core schema of YAML reads it."""
    if isinstance(node, LocatedMapping):
        return {key: as_an_editor_reads(one) for key, one in node.entries.items()}
    if isinstance(node, LocatedList):
        return [as_an_editor_reads(one) for one in node.items]
    return node.text if node.quoted else plain(node)


def plain(scalar: LocatedScalar):
    words = {"null": None, "true": True, "false": False}
    if scalar.text in words:
        return words[scalar.text]
    for number in (int, float):
        try:
            return number(scalar.text)
        except ValueError:
            continue
    return scalar.text


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_scenarios_fit(name):
    content = as_an_editor_reads(read_yaml(shipped_path(name)))
    assert list(problems(content, SCHEMA, SCHEMA)) == []


def spoilt(*path, value):
    content = copy.deepcopy(VALID)
    section = content
    for step in path[:-1]:
        section = section[step]
    section[path[-1]] = value
    return content


def test_the_valid_one_fits():
    assert list(problems(VALID, SCHEMA, SCHEMA)) == []


STEP = ("policy", "ladder", "steps", 0)
SPOILT = {
    "unknown key": (*STEP, "dos", "80 mg"),
    "no unit": (*STEP, "dose", 80),
    "volume": (*STEP, "dose", "80 mL"),
    "route": (*STEP, "route", "oral"),
    "too many days": (*STEP, "days", 17),
    "no days": (*STEP, "days", 0),
    "half a day": (*STEP, "days", 1.5),
    "unknown form": (*STEP, "form", "raecmic"),
    "no steps": ("policy", "ladder", "steps", []),
    "not a list": ("policy", "ladder", "steps", {"dose": "80 mg"}),
    "unknown name": ("policy", "selection", {"conditions": ["crsp"]}),
    "probability": ("policy", "exit", {"adherence_to_rule": 1.5}),
    "unknown form of a parameter": ("policy", "exit", {"adherence_to_rule": {"evidnce": "M1"}}),
    "yes": ("structure", {"allometry": "yes"}),
    "score": ("population", {"enrolment_threshold": 9.5}),
    "unknown harm": ("policy", "exit", {"adverse_event": {"harms": ["nausia"]}}),
    "rate without a unit": ("policy", "exit", {"patient_choice": {"baseline_rate": 0.1}}),
    "no therapies": ("policy", "programme", {"therapies": []}),
    "test that is not modelled": ("policy", "monitoring", {"tests": [{"name": "ecg"}]}),
    "unknown payer": ("policy", "payment", {"payer": "state"}),
    "unknown price book": ("prices", {"book": "uk-2023"}),
    "unknown switch of harms": ("harms", {"of": True}),
    "unknown kind of referrals": ("referrals", {"kind": "arrival"}),
    "loss as a share": ("policy", "exit", {"lost_to_follow_up": "5 %"}),
    "no clinics": ("clinics", []),
    "half a chair": ("clinics", [{"name": "Town", "chairs": 1.5}]),
    "endless chairs": ("clinics", [{"name": "Town", "chairs": "endless"}]),
    "unknown order of the queue": ("clinics", [{"name": "Town", "queue": "sickest_first"}]),
    "unknown weekday": ("clinics", [{"name": "Town", "open": {"days": ["mon"]}}]),
    "unknown price": ("prices", {"book": "uk-2023-gbp", "other": {"infusion": 3}}),
    "no time from one booking to the next": ("clinics", [{"booking_every": 7}]),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_an_editor_underlines(name):
    *path, value = SPOILT[name]
    assert list(problems(spoilt(*path, value=value), SCHEMA, SCHEMA)) != []


def test_a_file_over_another_may_leave_out_what_stands_there():
    over = {"extends": "guideline-2018", "scenario": "mine", "policy": {"limits": {"courses": 3}}}
    assert list(problems(over, SCHEMA, SCHEMA)) == []
    del over["extends"]
    assert list(problems(over, SCHEMA, SCHEMA)) != []
    change = {"from_day": "9 d", "policy": {"maintenance": {"interval": "30 d"}}}
    assert list(problems({**VALID, "changes": [change]}, SCHEMA, SCHEMA)) == []


@pytest.mark.parametrize("name", SECTIONS)
def test_every_field_is_described(name):
    # A field whose words are those of its section leaves them to the section.
    for key, field in SECTIONS[name]["properties"].items():
        section = SCHEMA["$defs"].get(field.get("$ref", "").removeprefix("#/$defs/"), {})
        assert field.get("description") or section.get("description"), key


@pytest.mark.parametrize("name", SECTIONS)
def test_no_section_takes_unknown_keys(name):
    assert SECTIONS[name]["additionalProperties"] is False


@pytest.mark.parametrize("name", SECTIONS)
def test_defaults_can_be_written(name):
    for key, field in SECTIONS[name]["properties"].items():
        if "default" in field:
            assert list(problems(field["default"], field, SCHEMA)) == [], key


def test_defaults_carry_their_unit_or_name():
    defaults = {
        ("the scenario", "horizon"): "3650 d",
        ("Discounting", "effects"): "3.5 %",
        ("Ladder", "gap"): "14 d",
        ("Criterion", "statistic"): "mean",
        ("Regimen", "days"): 1,
        ("Clinic", "booking_every"): "7 d",
        ("Clinic", "therapy_slots_per_week"): "unlimited",
        ("Clinic", "beds"): 0,
        ("Clinic", "queue"): "first_come",
    }
    for (section, key), default in defaults.items():
        assert SECTIONS[section]["properties"][key]["default"] == default


UNSUPPORTED = {
    ("Ladder", "step_down_on_intolerance"): "stepping down on intolerance",
    ("Limits", "dose_per_year"): "a yearly dose cap",
    ("Maintenance", "on_return_of_pain"): "maintenance on return of pain",
    ("Monitoring", "nurses_per_chair"): "nurses of monitored infusions",
    ("Programme", "required_before_ketamine"): "a programme before the first infusion",
    ("Referrals", "start"): "a calendar date",
    ("Regimen", "adjuvants"): "adjuvants",
    ("Regimen", "titrate_to_response"): "titration to response",
}


def test_unsupported_fields_carry_the_comment():
    comments = {
        (section, key): one["$comment"]
        for section, content in SECTIONS.items()
        for key, field in content["properties"].items()
        for one in field.get("anyOf", ())
        if "not yet supported" in one.get("$comment", "")
    }
    assert comments == {at: f"{what}: not yet supported" for at, what in UNSUPPORTED.items()}
