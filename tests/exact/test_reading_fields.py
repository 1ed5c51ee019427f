"""From a file to a checked section: values, messages with their places, JSON Schema."""

import datetime
import json
import pickle
import re
from enum import Enum, IntEnum
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from pathways.errors import InputError, ValueProblem, ValueProblems
from pathways.reading import fields
from pathways.reading.fields import (
    CalendarDate,
    Choice,
    Distribution,
    Dose,
    Flag,
    Identifier,
    Items,
    Measured,
    Mg,
    Minutes,
    Named,
    Number,
    Parameter,
    Percent,
    PositiveInt,
    Probability,
    Quantity,
    Section,
    Text,
    WholeDays,
    WholeMinutes,
    validate,
    written_name,
)
from pathways.reading.yaml_file import read_yaml_bytes


class Setting(IntEnum):
    CHAIR = 0
    DAY_UNIT = 1


class Route(Enum):
    INTRAVENOUS = "iv"
    NASAL = "nasal-spray"


class Ladder(Section):
    kind: Literal["ladder"]
    steps: Annotated[Items[Mg], Field(min_length=1, max_length=3)]


class Fixed(Section):
    kind: Literal["fixed"]
    dose: Parameter[Mg]
    """Dose of each infusion."""


class Policy(Section):
    """When and how much."""

    rule: Annotated[Ladder | Fixed, Choice()]
    wait: WholeDays = 28
    """Days between two courses."""
    clinics: dict[str, Fixed] = {}

    @model_validator(mode="after")
    def _check(self):
        if self.wait > 100:
            problems = [ValueProblem("too long", within=("wait",)), ValueProblem("odd policy")]
            raise ValueProblems(problems)
        return self


class Leaves(Section):
    number: Number = 0.0
    share: Probability = 0.0
    percent: Percent = 0.0
    count: PositiveInt = 1
    flag: Flag = False
    text: Text | None = None
    setting: Annotated[Setting, Named()] = Setting.CHAIR
    route: Annotated[Route, Named()] = Route.INTRAVENOUS
    date: CalendarDate = datetime.date(2026, 1, 1)
    dose: Dose = Measured(80.0, "mg")
    days: WholeDays = 0
    minutes: WholeMinutes = 0
    time: Minutes = 0.0
    name: Identifier = "a"
    word: Literal["first", "second"] = "first"
    above: Annotated[float, Quantity("mg", above=0, below=10)] = 1.0


class Draws(Section):
    dose: Parameter[Mg] = Parameter.of(80.0)
    share: Parameter[Probability] = Parameter.of(0.5)
    days: Parameter[WholeDays] = Parameter.of(1)
    flag: Parameter[Flag] = Parameter.of(False)


def read(model, text):
    return validate(model, read_yaml_bytes(text.encode(), "f.yaml"))


def refused(model, text):
    with pytest.raises(InputError) as caught:
        read(model, text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ("number: 1.5", "number", 1.5),
        ("number: -2e3", "number", -2000.0),
        ("share: 0.25", "share", 0.25),
        ("share: 25 %", "share", 0.25),
        ("share: 0", "share", 0.0),
        ("share: 1", "share", 1.0),
        ("percent: 30 %", "percent", 30.0),
        ("count: 7", "count", 7),
        ("flag: true", "flag", True),
        ("flag: false", "flag", False),
        ("text: no", "text", "no"),
        ("text: 'null'", "text", "null"),
        ("text: null", "text", None),
        ("setting: day_unit", "setting", Setting.DAY_UNIT),
        ("route: nasal-spray", "route", Route.NASAL),
        ("date: 2026-11-23", "date", datetime.date(2026, 11, 23)),
        ("dose: 80 mg", "dose", Measured(80.0, "mg")),
        ("dose: '0.5 mg/kg'", "dose", Measured(0.5, "mg/kg")),
        ("days: 4 week", "days", 28),
        ("minutes: 1.5 h", "minutes", 90),
        ("time: 2 h", "time", 120.0),
        ("word: second", "word", "second"),
        ("above: 9.99 mg", "above", 9.99),
    ],
)
def test_written_values_are_read(written, field, value):
    found = getattr(read(Leaves, written), field)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("number: 25 %", "`25 %` has a unit; a plain number is expected"),
        ("number: '5'", "stands in quotes, which make it text; remove them"),
        ("number: 0x10", "decimal digits"),
        ("number: [1]", "a list is not a quantity"),
        ("number: null", "`null` is not a quantity"),
        ("share: 25", "`25` is out of range; allowed: 0 or more and 1 or less"),
        ("share: 0.5 mg", "is a mass of drug; write a plain number"),
        ("percent: 0.3", "`0.3` has no unit; write `0.3 %`"),
        ("percent: 101 %", "`101 %` is out of range; allowed: 0 % or more and 100 % or less"),
        ("count: 0", "`0` is out of range; allowed: 1 or more"),
        ("count: 1.0", "`1.0` is not a whole number; write digits only"),
        ("count: 1e3", "not a whole number"),
        ("count: 010", "`010` starts with a 0 too many; write `10`"),
        ("count: -00", "`-00` starts with a 0 too many; write `-0`"),
        ("count: 99999999999999999999", "`99999999999999999999` is too large"),
        ("count: 1_000", "not a whole number"),
        ("count: '1'", "remove them"),
        ("count: 9007199254740993", "too large"),
        ("flag: yes", "`yes` is neither true nor false; allowed: true, false"),
        ("flag: True", "neither true nor false"),
        ("flag: 1", "neither true nor false"),
        ("flag: 'true'", "remove them"),
        ("text: ''", "the text is empty"),
        ("text: [a]", "a list is not text"),
        ("text:", "has no value; write one or delete the line"),
        ("text: ~", "`~`: write `null` for no value"),
        (
            "setting: day-unit",
            "not one of the names; did you mean `day_unit`?; allowed: chair, day_",
        ),
        ("setting: 1", "`1` is not one of the names; allowed: chair, day_unit"),
        ("route: nasal", "did you mean `nasal-spray`?; allowed: iv, nasal-spray"),
        ("date: 2026-02-30", "`2026-02-30` is no day of the calendar"),
        ("date: 23.11.2026", "write year-month-day"),
        ("date: 20261123", "write year-month-day"),
        ("dose: 80 mL", "is a volume; write a mass of drug, in mg or a dose per body weight"),
        ("dose: 0 mg/kg", "out of range; allowed: more than 0 mg/kg"),
        ("days: 36 h", "`36 h` is not a whole number of d"),
        ("days: -1 d", "out of range; allowed: 0 d or more"),
        ("name: 9x", "`9x` is not accepted here; allowed: letters, digits"),
        (
            "word: secnd",
            "`secnd` is not one of the names; did you mean `second`?; allowed: first, s",
        ),
        ("above: 0 mg", "more than 0 mg and less than 10 mg"),
        ("above: 10 mg", "more than 0 mg and less than 10 mg"),
        ("numbr: 1", "numbr: unknown key `numbr`; did you mean `number`?; allowed: number, share"),
        ("share: {a: 1}", "a section is not a quantity"),
    ],
)
def test_wrong_values_are_refused_in_plain_words(written, said):
    message = refused(Leaves, f"# comment\n{written}")
    assert message.startswith(f"f.yaml:2: {written.split(':')[0]}: ")
    assert said in message
    assert "\n" not in message


POLICY = """\
rule:
  kind: fixed
  dose: {distribution: {normal: {mean: 80 mg, sd: 0.005 g}}}
clinics:
  "St. Mary":
    kind: fixed
    dose: 0.1 g
"""


def test_nested_sections_choices_and_parameters_are_read():
    policy = read(Policy, POLICY)
    assert policy.rule.dose.kind == "distribution"
    assert policy.rule.dose.distribution == Distribution("normal", {"mean": 80.0, "sd": 5.0})
    assert policy.clinics["St. Mary"].dose == Parameter.of(100.0)
    assert policy.clinics["St. Mary"].dose.reader == Quantity("mg", minimum=0)
    assert read(Policy, "rule: {kind: ladder, steps: [80 mg, 0.1 g]}").rule.steps == (80.0, 100.0)


def test_sections_are_frozen_and_survive_pickling():
    policy = read(Policy, POLICY)
    assert pickle.loads(pickle.dumps(policy)) == policy
    with pytest.raises(ValidationError):
        policy.wait = 3


def test_all_problems_of_a_file_are_reported_together_with_their_places():
    text = """\
rule:
  kind: ladder
  steps:
    - 80 mL
    - 80 mg
    - {a: 1}
  stepz: 1
wait: 1.5 d
clinics:
  "St. Mary":
    kind: fixed
  other: 5
  third:
    kind: fixd
    dose: 1 mg
wiat: 2
"""
    assert [line.split(";")[0] for line in refused(Policy, text).splitlines()] == [
        "f.yaml:4: rule.steps[0]: `80 mL` is a volume",
        "f.yaml:6: rule.steps[2]: a section is not a quantity",
        "f.yaml:7: rule.stepz: unknown key `stepz`",
        "f.yaml:8: wait: `1.5 d` is not a whole number of d",
        'f.yaml:10: clinics["St. Mary"].dose: `dose` is missing',
        "f.yaml:12: clinics.other: `5`: a section of `key: value` lines is expected",
        "f.yaml:14: clinics.third.kind: `fixd` is not one of the names",
        "f.yaml:16: wiat: unknown key `wiat`",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: {kind: ladder, steps: 5}", "rule.steps: `5`: a list is expected; write `- `"),
        ("rule: {kind: ladder, steps: {a: 1}}", "rule.steps: a section: a list is expected"),
        ("rule: {kind: ladder, steps: []}", "rule.steps: there are too few items; write 1 or more"),
        ("rule: {kind: ladder, steps: [1 g, 1 g, 1 g, 1 g]}", "too many items; write 3 or fewer"),
        ("rule: [ladder]", "rule: a list is not a section with the key `kind`"),
        ("rule: {steps: [1 g]}", "rule.kind: `kind` is missing; allowed: ladder, fixed"),
        ("rule: {kind: [a]}", "rule.kind: a list is not one of the names"),
        ("rule: {kind: ladr}", "rule.kind: `ladr` is not one of the names; did you mean `ladder`?"),
        (
            "rule: {kind: fixed, steps: [1 g]}",
            "rule.steps: unknown key `steps`; allowed: kind, dose",
        ),
        ("clinics: {}", "f.yaml:1: rule: `rule` is missing; write it"),
        ("rule: {kind: fixed, dose: 1 mg}\nclinics: []", "f.yaml:2: clinics: a list: a section"),
        ("- rule", "f.yaml:1: `key: value` lines are expected"),
        ("rule", "f.yaml:1: `key: value` lines are expected"),
    ],
)
def test_wrong_shapes_are_refused_in_plain_words(text, said):
    assert said in refused(Policy, text)


def test_a_check_of_the_section_names_the_field_it_is_about():
    text = "rule: {kind: fixed, dose: 1 mg}\n\nwait: 200 d\n"
    assert refused(Policy, text) == "f.yaml:1: odd policy\nf.yaml:3: wait: too long"


def test_a_choice_is_not_taken_for_a_key_of_the_same_name():
    class Taper(Section):
        kind: Literal["steps"]
        steps: Items[Mg]
        stop: Mg

    class Plan(Section):
        taper: Annotated[Taper | Fixed, Choice()]

    message = refused(Plan, "taper:\n  kind: steps\n  steps: [1 mg]\n")
    assert message == "f.yaml:1: taper.stop: `stop` is missing; write it"


def test_an_unknown_key_stands_at_the_key_not_at_its_value():
    assert refused(Leaves, "numbr:\n  # comment\n  5\n").startswith("f.yaml:1: numbr: unknown key")


def test_a_bare_python_type_accepts_nothing_written():
    class Careless(Section):
        count: int = 0
        size: float = 0.0
        flag: bool = False

    assert len(refused(Careless, "count: 1_000\nsize: 0x1\nflag: 1").splitlines()) == 3


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("dose: {evidence: PD1}", Parameter.from_evidence("PD1")),
        ("share: 25 %", Parameter.of(0.25)),
        ("flag: true", Parameter.of(True)),
        ("days: {evidence: slow.effect_2}", Parameter.from_evidence("slow.effect_2")),
    ],
)
def test_parameters_keep_which_form_was_written(written, expected):
    assert getattr(read(Draws, written), written.split(":")[0]) == expected


@pytest.mark.parametrize(
    ("written", "name", "parameters"),
    [
        ("normal: {mean: 80 mg, sd: 5 mg}", "normal", {"mean": 80.0, "sd": 5.0}),
        ("lognormal: {median: 0.08 g, sigma: 0.3}", "lognormal", {"median": 80.0, "sigma": 0.3}),
        ("uniform: {low: 0 mg, high: 5 mg}", "uniform", {"low": 0.0, "high": 5.0}),
        (
            "triangular: {low: 1 mg, mode: 1 mg, high: 5 mg}",
            "triangular",
            {"low": 1.0, "mode": 1.0, "high": 5.0},
        ),
        ("gamma: {mean: 80 mg, cv: 0.2}", "gamma", {"mean": 80.0, "cv": 0.2}),
    ],
)
def test_distributions_are_read_in_the_unit_of_the_field(written, name, parameters):
    draws = read(Draws, f"dose: {{distribution: {{{written}}}}}")
    assert draws.dose.distribution == Distribution(name, parameters)


def test_a_beta_distribution_is_for_shares():
    text = "{distribution: {beta: {a: 14.1, b: 7}}}"
    beta = Distribution("beta", {"a": 14.1, "b": 7.0})
    assert read(Draws, f"share: {text}").share.distribution == beta
    assert "for shares between 0 and 1" in refused(Draws, f"dose: {text}")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("dose: {evidenc: PD1}", "dose.evidenc: unknown key `evidenc`; did you mean `evidence`?"),
        ("dose: {}", "dose: one form of a parameter is expected"),
        ("dose: {evidence: A, distribution: {}}", "one form of a parameter is expected"),
        ("dose: {evidence: [A]}", "dose.evidence: a list is not text"),
        ("dose: {distribution: normal}", "dose.distribution: one distribution is expected"),
        ("dose: {distribution: {}}", "one distribution is expected"),
        ("dose: {distribution: {norml: {}}}", "dose.distribution.norml: the distribution `norml`"),
        ("dose: {distribution: {normal: 5}}", "dose.distribution.normal: the parameters of normal"),
        (
            "dose: {distribution: {normal: {mean: 80 mg}}}",
            "distribution.normal.sd: `sd` is missing",
        ),
        ("dose: {distribution: {normal: {mean: 80, sd: 1 mg}}}", "normal.mean: `80` has no unit"),
        ("dose: {distribution: {normal: {mean: -1 mg, sd: 1 mg}}}", "allowed: 0 mg or more"),
        ("dose: {distribution: {normal: {mean: 1 mg, sd: 0 mg}}}", "allowed: more than 0 mg"),
        ("dose: {distribution: {lognormal: {median: 0 mg, sigma: 1}}}", "allowed: more than 0 mg"),
        ("dose: {distribution: {gamma: {mean: 1 mg, cv: 0}}}", "allowed: more than 0"),
        ("dose: {distribution: {uniform: {low: 5 mg, high: 5 mg}}}", "low < high"),
        ("dose: {distribution: {uniform: {low: 6 mg, high: 5 mg}}}", "low <= high"),
        (
            "share: {distribution: {uniform: {low: 0, high: 2}}}",
            "uniform.high: `2` is out of range",
        ),
        (
            "dose: {distribution: {triangular: {low: 1 mg, mode: 9 mg, high: 5 mg}}}",
            "distribution.triangular: low <= mode <= high must hold",
        ),
        ("days: {distribution: {normal: {mean: 1 d, sd: 1 d}}}", "takes no distribution"),
        ("flag: {distribution: {beta: {a: 1, b: 1}}}", "takes no distribution"),
        ("dose: 80 mL", "dose: `80 mL` is a volume"),
    ],
)
def test_wrong_parameters_are_refused(written, said):
    message = refused(Draws, written)
    assert message.startswith("f.yaml:1: ")
    assert said in message


def test_every_wrong_parameter_of_a_distribution_is_reported():
    text = "dose:\n  distribution:\n    normal:\n      meen: 80 mg\n      sd: 1 mL\n"
    assert [line.split(" ")[:2] for line in refused(Draws, text).splitlines()] == [
        ["f.yaml:3:", "dose.distribution.normal.mean:"],
        ["f.yaml:4:", "dose.distribution.normal.meen:"],
        ["f.yaml:5:", "dose.distribution.normal.sd:"],
    ]


def test_programs_may_give_python_values():
    leaves = Leaves(number=1, share=0.5, flag=True, setting=Setting.DAY_UNIT, days=3, time="2 h")
    assert (leaves.number, leaves.days, leaves.time) == (1.0, 3, 120.0)
    assert Draws(dose=5).dose == Parameter.of(5.0)
    assert Draws(dose=Parameter.from_evidence("PD1")).dose.evidence == "PD1"
    normal = Parameter("distribution", distribution=Distribution("normal", {"mean": 1, "sd": 2}))
    assert Draws(dose=normal).dose.distribution.parameters == {"mean": 1.0, "sd": 2.0}


@pytest.mark.parametrize(
    "values",
    [
        {"share": 2},
        {"number": float("nan")},
        {"number": float("inf")},
        {"number": True},
        {"days": 1.5},
        {"count": 1.0},
        {"flag": 1},
        {"dose": Measured(1.0, "mL")},
        {"dose": 80.0},
        {"date": datetime.datetime(2026, 1, 1)},
        {"unknown": 1},
    ],
)
def test_python_values_meet_the_same_checks(values):
    with pytest.raises(ValidationError):
        Leaves(**values)


def test_a_written_name_is_the_text_value_or_the_name():
    assert [written_name(member) for member in (Setting.DAY_UNIT, Route.NASAL)] == [
        "day_unit",
        "nasal-spray",
    ]


def test_sections_go_into_json_as_they_are_written():
    leaves = Leaves(setting=Setting.DAY_UNIT, dose=Measured(0.5, "mg/kg"))
    plain = json.loads(leaves.model_dump_json())
    assert (plain["setting"], plain["dose"], plain["date"]) == (
        "day_unit",
        "0.5 mg/kg",
        "2026-01-01",
    )
    draws = read(
        Draws, "dose: {distribution: {normal: {mean: 80 mg, sd: 5 mg}}}\nshare: {evidence: A}"
    )
    assert json.loads(draws.model_dump_json()) == {
        "dose": {"distribution": {"normal": {"mean": 80.0, "sd": 5.0}}},
        "share": {"evidence": "A"},
        "days": 1,
        "flag": False,
    }


def test_the_json_schema_helps_an_editor():
    schema = Leaves.model_json_schema()
    properties = schema["properties"]
    assert schema["additionalProperties"] is False
    assert properties["setting"]["enum"] == ["chair", "day_unit"]
    assert properties["count"]["type"] == "integer"
    assert properties["count"]["minimum"] == 1
    assert properties["flag"]["type"] == "boolean"
    assert properties["date"]["format"] == "date"
    assert re.search(properties["time"]["pattern"], "2 h")
    assert not re.search(properties["time"]["pattern"], "2 mg")
    share = {option["type"]: option for option in properties["share"]["anyOf"]}
    assert (share["number"]["minimum"], share["number"]["maximum"]) == (0, 1)
    assert re.search(share["string"]["pattern"], "25 %")


def test_the_json_schema_describes_fields_and_the_forms_of_a_parameter():
    schema = Policy.model_json_schema()
    assert schema["description"] == "When and how much."
    assert schema["properties"]["wait"]["description"] == "Days between two courses."
    dose = schema["$defs"]["Fixed"]["properties"]["dose"]
    assert dose["description"] == "Dose of each infusion."
    value, evidence, distribution = dose["anyOf"]
    assert re.search(value["pattern"], "80 mg")
    assert evidence["required"] == ["evidence"]
    families = distribution["properties"]["distribution"]["oneOf"]
    assert [next(iter(family["properties"])) for family in families] == [
        "normal",
        "lognormal",
        "uniform",
        "triangular",
        "beta",
        "gamma",
    ]


def test_every_shipped_field_type_has_a_reader_and_a_schema():
    for name in fields.__all__:
        annotation = getattr(fields, name)
        if not hasattr(annotation, "__metadata__") or name == "Items":
            continue

        class One(Section):
            field: annotation

        One.model_json_schema()
        with pytest.raises(InputError, match=r"^f\.yaml:1: field: a list is (not|neither) "):
            read(One, "field: [1]")
