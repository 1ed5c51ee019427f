"""Where scenarios differ, in the words in which they would be written."""

from __future__ import annotations

import pytest

from pathways.comparison.scenario_differences import block_of, differing_rows
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario


def described(name: str) -> dict:
    return resolve(load_scenario(name), patients=1).description["scenario"]


def differing(*documents: dict) -> dict[str, tuple[str, ...]]:
    return dict(differing_rows(documents))


def policies(*given: dict) -> dict[str, tuple[str, ...]]:
    return differing(*({"policy": policy} for policy in given))


def test_same_scenario_under_another_name_differs_in_nothing():
    document = described("guideline-2018")
    other = {**document, "scenario": "copy", "title": "Copy", "about": None}
    assert differing(document, other) == {}


def test_number_has_its_unit():
    found = policies(
        {"maintenance": {"interval": 42}, "selection": {"minimum_age": 6570}},
        {"maintenance": {"interval": 84}, "selection": {"minimum_age": 0}},
    )
    assert found == {
        "policy.maintenance.interval": ("42 d", "84 d"),
        "policy.selection.minimum_age": ("18 year", "0 d"),
    }


@pytest.mark.parametrize(
    ("hours", "words"), [(2.0, "2 h"), (2 / 3, "40 min"), (96.0, "96 h"), (1.5, "90 min")]
)
def test_duration_is_in_hours_or_minutes(hours, words):
    steps = [{"ladder": {"steps": [{"duration": one}]}} for one in (hours, 5.0)]
    assert policies(*steps) == {"policy.ladder.steps[0].duration": (words, "5 h")}


def test_section_that_one_has_is_told_whole_without_what_is_default():
    rest = {"rest": {"after_courses": 6, "length": 84}}
    assert policies({"limits": {"rest": None}}, {"limits": rest}) == {
        "policy.limits.rest": ("none", "after courses 6, length 84 d")
    }
    regimen = {"dose": "80 mg", "duration": 2.0, "form": "racemic", "days": 1, "premedication": []}
    assert policies({"ladder": None}, {"ladder": {"steps": [regimen]}}) == {
        "policy.ladder": ("none", "steps (dose 80 mg, duration 2 h)")
    }


def test_section_that_several_have_alike_is_told_whole():
    taper = {"exit": {"taper": {"after": ["dose_cap"]}}}
    found = policies({"exit": {"taper": None}}, taper, taper)
    assert found == {"policy.exit.taper": ("none", "after dose_cap", "after dose_cap")}


def test_section_that_several_have_otherwise_is_told_row_by_row():
    none, some, more = (
        {"response": response}
        for response in (None, {"judge_at": 22, "k": 1}, {"judge_at": 28, "k": 1})
    )
    assert policies(none, some, more) == {
        "policy.response": ("none", "given, see below", "given, see below"),
        "policy.response.judge_at": ("", "22 d", "28 d"),
    }


def test_longer_list_is_told_by_its_further_items():
    step, further = {"dose": "80 mg"}, {"dose": "160 mg"}
    found = policies({"ladder": {"steps": [step]}}, {"ladder": {"steps": [step, further]}})
    assert found == {"policy.ladder.steps[1]": ("none", "dose 160 mg")}


def test_words_and_flags_are_listed():
    found = policies(
        {"selection": {"exclude": ["psychosis_history", "raised_pressure"]}, "escalate": True},
        {"selection": {"exclude": []}, "escalate": False},
    )
    assert found == {
        "policy.selection.exclude": ("psychosis_history, raised_pressure", "none"),
        "policy.escalate": ("yes", "no"),
    }


def test_overridden_parameters_are_told():
    found = differing({"parameters": {}}, {"parameters": {"PD2": "5 d"}})
    assert found == {"parameters": ("none", "PD2 5 d")}


def test_shipped_policies_differ_where_their_files_do():
    found = differing(described("guideline-2018"), described("exit-strategy"))
    assert set(map(block_of, found)) == {"policy.limits", "policy.exit", "policy.monitoring"}
    assert found["policy.limits.time_on_treatment"] == ("none", "2 year")
    assert found["policy.limits.lifetime_dose"] == ("none", "2000 mg")


@pytest.mark.parametrize(
    ("path", "block"),
    [
        ("policy.ladder.steps[0].dose", "policy.ladder"),
        ("policy.treatment", "policy.treatment"),
        ("changes[0].policy.limits.courses", "changes"),
        ("prices.book", "prices"),
        ("horizon", "horizon"),
    ],
)
def test_block_of_a_path(path, block):
    assert block_of(path) == block
