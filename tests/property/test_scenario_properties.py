"""What holds for every valid scenario."""

import copy
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from json_schema import problems
from scenario_strategies import (
    UNWRITTEN,
    UNWRITTEN_REGIMEN,
    laid_over,
    load_document,
    quick_plan,
    scenario_documents,
    write_scenario,
)

from pathways.cli.schema import scenario_schema
from pathways.errors import PathwaysError
from pathways.plan import Plan
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

SCHEMA = scenario_schema()
NUMBER = re.compile(r"^[0-9]+(\.[0-9]+)?")
FEW = settings(max_examples=30, suppress_health_check=list(HealthCheck))


def description(plan: Plan) -> str:
    return json.dumps(plan.description, allow_nan=False)


def leaves(value, steps=()):
    """Yield the path of every scalar."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from leaves(one, (*steps, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from leaves(one, (*steps, index))
    else:
        yield steps, value


def other_value(value):
    """Return another value of the same kind, or None where there is no simple one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2
    if isinstance(value, str) and NUMBER.match(value):
        number, unit = value.split(" ", 1)
        return f"{float(number) + 1:g} {unit}" if float(number) < 20 else f"{number}.5 {unit}"
    return None


def replaced(document, steps, value):
    changed = copy.deepcopy(document)
    section = changed
    for step in steps[:-1]:
        section = section[step]
    section[steps[-1]] = value
    return changed


@FEW
@given(scenario_documents())
def test_every_document_is_valid_and_resolves_the_same_twice(document):
    first, second = quick_plan(document, patients=2), quick_plan(document, patients=2)
    assert description(first) == description(second)
    for name in ("rule_sets", "change_days", "curves", "population"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    assert len(first.rule_sets) == len(first.change_days) <= 1 + len(document.get("changes", []))
    numbers = (first.curves, first.mortality_per_day, first.norm_utility, first.effect_prefix)
    assert all(np.isfinite(one).all() for one in numbers)


@FEW
@given(scenario_documents(), st.integers(1, 1000))
def test_a_draw_never_changes_the_policy(document, draw):
    stated, drawn = (quick_plan(document, patients=2, draw=one) for one in (0, draw))
    for name in ("ladder_steps", "step_dose", "judge_at_days", "criterion_domain", "limit_courses"):
        assert np.array_equal(stated.rule_sets[name], drawn.rule_sets[name])
    assert np.array_equal(stated.change_days, drawn.change_days)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(scenario_documents(), st.data())
def test_description_changes_with_every_field(document, data):
    places = [(steps, other_value(value)) for steps, value in leaves(document)]
    places = [(steps, other) for steps, other in places if other is not None]
    steps, other = data.draw(st.sampled_from(places))
    changed = replaced(document, steps, other)
    try:
        plan = quick_plan(changed, patients=2)
    except PathwaysError:
        assume(False)
    assert description(plan) != description(quick_plan(document, patients=2)), steps


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(scenario_documents())
def test_documents_fit_the_json_schema(document):
    assert list(problems(document, SCHEMA, SCHEMA)) == []


def written_out(section, unwritten):
    """Return a section with what is meant in place of what is not said; null is not said."""
    whole = laid_over(unwritten, section)
    return {key: value for key, value in whole.items() if value is not None}


@FEW
@given(scenario_documents(treatment="ketamine", protocol=False))
def test_what_is_not_said_means_the_default(document):
    plain = quick_plan(document, patients=2)
    policy = copy.deepcopy(document["policy"])
    policy["ladder"]["steps"] = [
        written_out(step, UNWRITTEN_REGIMEN) for step in policy["ladder"]["steps"]
    ]
    sections = {name: written_out(policy.get(name, {}), UNWRITTEN[name]) for name in UNWRITTEN}
    whole = quick_plan({**document, "policy": {**policy, **sections}}, patients=2)
    assert description(plain) == description(whole)
    assert plain.rule_sets.tobytes() == whole.rule_sets.tobytes()


@FEW
@given(scenario_documents(treatment="ketamine", most_changes=2, protocol=False))
def test_extending_is_the_same_as_writing_out(document):
    assume(document.get("changes") and "policy" in document["changes"][0])
    base = {key: value for key, value in document.items() if key != "changes"}
    over = document["changes"][0]["policy"]
    with tempfile.TemporaryDirectory() as directory:
        write_scenario({**base, "scenario": "base"}, directory)
        top = {"extends": "./base.yaml", "scenario": base["scenario"], "policy": over}
        (Path(directory) / "top").mkdir()
        top["extends"] = "../base.yaml"
        extended = load_scenario(write_scenario(top, Path(directory) / "top"))
    out = load_document({**base, "policy": laid_over(base["policy"], over)})
    plans = [resolve(one, patients=2) for one in (extended, out)]
    assert description(plans[0]) == description(plans[1])
    assert plans[0].rule_sets.tobytes() == plans[1].rule_sets.tobytes()
