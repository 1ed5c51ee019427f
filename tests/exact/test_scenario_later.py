"""What has its place in the schema before it has a rule: checked like the rest, then refused."""

import pytest
from scenario_strategies import load_document, quick_plan, yaml_text

from pathways.codes import AcuteHarm, Payer
from pathways.errors import InputError
from pathways.reading.sections import Section
from pathways.scenario.document import ScenarioDocument
from pathways.scenario.later import NotYetSupported

POLICY = {
    "treatment": "ketamine",
    "ladder": {"steps": [{"dose": "80 mg", "duration": "2 h"}]},
    "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
}
STEP = ("policy", "ladder", "steps", 0)
MAINTENANCE = {"kind": "interval", "interval": "42 d"}

# Path of the field, a valid value, how the message calls it, and a value with a slip; what is said
# instead follows the word "field".
REFUSED = {
    "adjuvants": (STEP, ["magnesium"], "adjuvants", ["magnesia"]),
    "titrate_to_response": (STEP, True, "titration to response", "yes"),
    "step_down_on_intolerance": (
        ("policy", "ladder"),
        True,
        "stepping down on intolerance",
        1,
    ),
    "on_return_of_pain": (
        ("policy", "maintenance"),
        False,
        "maintenance on return of pain",
        "no",
    ),
    "dose_per_year": (("policy", "limits"), "900 mg", "a yearly dose cap", "900"),
    "nurses_per_chair": (
        ("policy", "monitoring"),
        0.5,
        "nurses of monitored infusions",
        -1,
    ),
    "required_before_ketamine": (
        ("policy", "programme"),
        True,
        "a programme before the first infusion",
        "yes",
    ),
    "start": (("referrals",), {"date": "2026-11-23"}, "a calendar date", {"date": "23.11.2026"}),
}
# What was refused by name until it had a rule: path, a valid value, how that is read, a slip and
# what is said of the slip.
SUPPORTED = {
    "premedication": (
        STEP,
        ["midazolam"],
        lambda read: read.policy.ladder.steps[0].premedication == ("midazolam",),
        ["midazolan"],
        "midazolam",
    ),
    "adverse_event": (
        ("policy", "exit"),
        {"harms": ["nausea"]},
        lambda read: read.policy.exit.adverse_event.acute == [AcuteHarm.NAUSEA],
        {"harms": ["nausia"]},
        "nausea",
    ),
    "laboratory_stop": (
        ("policy", "exit"),
        ["cognition"],
        lambda read: read.policy.exit.laboratory_stop == ("cognition",),
        True,
        "a list is expected",
    ),
    "patient_choice": (
        ("policy", "exit"),
        {"baseline_rate": "0.1 per year", "no_benefit": 3},
        lambda read: read.policy.exit.patient_choice.no_benefit == 3.0,
        {"baseline_rate": "0.1"},
        "`0.1` has no unit",
    ),
    "monitoring": (
        ("policy",),
        {"tests": [{"name": "liver_function", "every": "30 d"}]},
        lambda read: read.policy.monitoring.tests[0].every == 30,
        {"tests": [{"name": "ecg", "every": "1 year"}]},
        "`ecg` is not modelled",
    ),
    "programme": (
        ("policy",),
        {"therapies": [{"family": "activity", "sessions": 8}]},
        lambda read: read.policy.programme.therapies[0].sessions == 8,
        {"therapies": []},
        "1",
    ),
    "payment": (
        ("policy",),
        {"payer": "patient"},
        lambda read: read.policy.payment.code is Payer.PATIENT,
        {"payer": "state"},
        "`state` is not one of the names",
    ),
    "prices": (
        (),
        {"book": "us-2024-usd"},
        lambda read: read.prices.currency == "USD",
        {"book": "uk-2023"},
        "uk-2023-gbp",
    ),
    "harms": ((), {"off": True}, lambda read: read.harms.off, {"of": True}, "off"),
}
# There in any case, as an empty list or with defaults: they cannot be taken away.
NEVER_NULL = ("premedication", "laboratory_stop", "harms")
INSTEAD = {
    "nurses_per_chair": "; a clinic's are `nurses` and `chairs_per_nurse` under `clinics`",
}


def document(path=(), name=None, value=None):
    whole = {
        "scenario": "test",
        "title": "A test",
        "policy": {
            **POLICY,
            "ladder": {"steps": [dict(POLICY["ladder"]["steps"][0])]},
            "maintenance": dict(MAINTENANCE),
            "limits": {"courses": 9},
            "exit": {"adherence_to_rule": 1},
            "monitoring": {"tests": [{"name": "cognition", "every": "1 year"}]},
            "programme": {"therapies": [{"family": "activity"}]},
        },
        "referrals": {"kind": "closed_cohort"},
        "prices": {"book": "uk-2023-gbp"},
        "changes": [{"from_day": "100 d", "policy": {"limits": {"courses": 8}}}],
    }
    if name is not None:
        section = whole
        for step in path:
            section = section[step]
        section[name] = value
    return whole


def refused(content):
    with pytest.raises(InputError) as caught:
        load_document(content)
    return caught.value.errors


def line_of(content, name):
    lines = yaml_text(content).splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.strip(" -").startswith(f"{name}:"))


def test_without_them_it_is_valid():
    quick_plan(document(), patients=1)


@pytest.mark.parametrize("name", REFUSED)
def test_valid_content_is_refused_by_name(name):
    path, value, what, _ = REFUSED[name]
    content = document(path, name, value)
    (error,) = refused(content)
    instead = INSTEAD.get(name, "")
    assert error.problem == f"{what}: not yet supported; remove this field{instead}"
    assert error.place.path.endswith(name)
    assert error.place.line == line_of(content, name)


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_content_is_told_as_anywhere_else(name):
    path, _, _, slip = REFUSED[name]
    errors = refused(document(path, name, slip))
    assert all(name in error.place.path for error in errors)
    assert all("not yet supported" not in str(error) for error in errors)


@pytest.mark.parametrize("name", REFUSED)
def test_null_means_that_it_is_not_there(name):
    path, _, _, _ = REFUSED[name]
    load_document(document(path, name, None))


@pytest.mark.parametrize("name", SUPPORTED)
def test_what_has_a_rule_is_read(name):
    path, value, is_read, _, _ = SUPPORTED[name]
    assert is_read(load_document(document(path, name, value)).document)


@pytest.mark.parametrize("name", SUPPORTED)
def test_wrong_content_of_what_has_a_rule_is_refused_in_its_place(name):
    path, _, _, slip, words = SUPPORTED[name]
    content = document(path, name, slip)
    errors = refused(content)
    assert all(name in error.place.path for error in errors)
    assert all(error.place.line >= line_of(content, name) for error in errors)
    assert all("not yet supported" not in str(error) for error in errors)
    assert words in str(errors[0])


@pytest.mark.parametrize("name", SUPPORTED)
def test_null_of_what_has_a_rule(name):
    content = document(SUPPORTED[name][0], name, None)
    if name not in NEVER_NULL:
        assert load_document(content)
        return
    (error,) = refused(content)
    assert error.problem.startswith("`null`")
    assert (error.place.path.split(".")[-1], error.place.line) == (name, line_of(content, name))


def sections(section, seen):
    """Collect every section of the schema that can be reached."""
    if section in seen:
        return
    seen.add(section)
    for field in section.model_fields.values():
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, Section):
                sections(part, seen)


def parts(annotation):
    yield annotation
    for one in getattr(annotation, "__args__", ()):
        yield from parts(one)


def marks(annotation):
    found = getattr(annotation, "__metadata__", ())
    below = (mark for one in getattr(annotation, "__args__", ()) for mark in marks(one))
    return [*found, *below]


def test_every_unsupported_field_is_refused_here():
    seen = set()
    sections(ScenarioDocument, seen)
    unsupported = {
        (section.__name__, name)
        for section in seen
        for name, field in section.model_fields.items()
        if any(isinstance(mark, NotYetSupported) for mark in marks(field.annotation))
    }
    assert {name for _, name in unsupported} == {*REFUSED}
    assert len(unsupported) == len(REFUSED)
