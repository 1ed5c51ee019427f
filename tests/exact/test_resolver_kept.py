"""What is kept between resolutions: the same plan to the last bit, and never an older one."""

from __future__ import annotations

import threading
from dataclasses import fields, replace

import numpy as np
import pytest

from pathways.evidence import book as book_module
from pathways.outcomes.fingerprint import canonical_json
from pathways.reading.fields import Parameter
from pathways.resolve import tables, world
from pathways.resolve.recent import Recent
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario
from pathways.scenario.load import shipped_names

SIZE = {"patients": 40, "years": 1.0}


def content(plan) -> dict[str, object]:
    """Return everything a plan says, as bytes and text."""
    found = {}
    for field in fields(plan):
        value = getattr(plan, field.name)
        if isinstance(value, np.ndarray):
            value = (value.dtype.str, value.shape, value.tobytes())
        elif field.name == "description":
            value = canonical_json(value)
        found[field.name] = value
    return found


def changed(scenario, **sections):
    """Return a scenario with other sections, as a user makes one."""
    return replace(scenario, document=scenario.document.model_copy(update=sections))


@pytest.fixture(autouse=True)
def _nothing_kept():
    world.forget_worlds()
    yield
    world.forget_worlds()


@pytest.fixture(scope="module")
def guideline():
    return load_scenario("guideline-2018")


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("draw", [0, 3])
def test_kept_and_fresh_plans_are_the_same_to_the_last_bit(name, draw):
    scenario = load_scenario(name)
    fresh = content(resolve(scenario, **SIZE, seed=5, draw=draw))
    assert content(resolve(scenario, **SIZE, seed=5, draw=draw)) == fresh
    resolve(scenario, patients=10, years=1.0, seed=6, draw=draw)
    assert content(resolve(scenario, **SIZE, seed=5, draw=draw)) == fresh


def test_another_seed_or_number_of_patients_is_resolved_from_what_is_kept(guideline, monkeypatch):
    resolve(guideline, **SIZE, seed=1)
    monkeypatch.setattr(world, "_world", None)
    plan = resolve(guideline, patients=7, years=1.0, seed=99)
    assert (plan.patients, plan.seed) == (7, 99)


@pytest.mark.parametrize("other", [{"seed": 2}, {"draw": 2}, {"years": 2.0}])
def test_what_a_world_depends_on_is_made_anew(guideline, other, monkeypatch):
    made = []
    real = world._world
    monkeypatch.setattr(world, "_world", lambda *given: made.append(1) or real(*given))
    first = {**SIZE, "seed": 1, "draw": 1}
    resolve(guideline, **first)
    resolve(guideline, **first)
    assert len(made) == 1
    resolve(guideline, **{**first, **other})
    assert len(made) == 2


def test_a_changed_copy_gives_another_plan_and_the_old_one_stays(guideline):
    before = content(resolve(guideline, **SIZE))
    policy = guideline.document.policy
    fewer = policy.model_copy(
        update={"limits": policy.limits.model_copy(update={"courses_per_year": 1})}
    )
    other = resolve(changed(guideline, policy=fewer), **SIZE)
    assert other.rule_sets["limit_courses_per_year"][0] == 1
    assert other.description["scenario"]["policy"]["limits"]["courses_per_year"] == 1
    assert content(resolve(guideline, **SIZE)) == before


def test_a_copy_that_reads_the_same_has_a_world_of_its_own(guideline):
    """Two values may be written alike and yet not be read alike."""
    share = Parameter.of(0.25)
    twins = [
        changed(guideline, policy=_with_adherence(guideline, one))
        for one in (share, Parameter.of(0.25))
    ]
    plans = [resolve(one, **SIZE) for one in twins]
    assert content(plans[0]) == content(plans[1])
    assert twins[0].document is not twins[1].document
    assert len(world._worlds._kept) == 2


def _with_adherence(scenario, share):
    policy = scenario.document.policy
    return policy.model_copy(
        update={"exit": policy.exit.model_copy(update={"adherence_to_rule": share})}
    )


def test_a_document_that_was_written_into_is_read_anew(guideline):
    scenario = load_scenario("guideline-2018")
    before = resolve(scenario, **SIZE)
    scenario.document.parameters["PD1"] = "55 ng/mL"
    after = resolve(scenario, **SIZE)
    assert after.description["values"]["slow_effect_c50"] == 55.0
    assert before.description["values"]["slow_effect_c50"] != 55.0
    del scenario.document.parameters["PD1"]
    assert content(resolve(scenario, **SIZE)) == content(before)


def test_another_book_is_not_answered_from_the_old_one(guideline, monkeypatch):
    resolve(guideline, **SIZE)
    again = book_module.book_from(book_module.data())
    monkeypatch.setattr(book_module, "book", lambda: again)
    made = []
    real = world._world
    monkeypatch.setattr(world, "_world", lambda *given: made.append(1) or real(*given))
    resolve(guideline, **SIZE)
    assert made


def test_who_writes_into_a_plan_changes_no_other(guideline):
    first = resolve(guideline, **SIZE)
    before = content(first)
    for field in fields(first):
        value = getattr(first, field.name)
        if isinstance(value, np.ndarray) and value.size:
            value.reshape(-1).view(np.uint8)[:] = 255
    first.description["values"]["slow_effect_c50"] = -1.0
    first.description["scenario"]["policy"].clear()
    assert content(resolve(guideline, **SIZE)) == before


def test_errors_are_not_kept(guideline):
    wrong = changed(guideline, parameters={"PD1": "nonsense"})
    for _ in range(2):
        with pytest.raises(Exception, match="PD1"):
            resolve(wrong, **SIZE)
    assert not world._worlds._kept


def test_threads_that_resolve_together_get_the_same_plan(guideline):
    alone = content(resolve(guideline, **SIZE, draw=4))
    world.forget_worlds()
    found, start = [], threading.Barrier(4)

    def work():
        start.wait()
        for seed in (1, 2, 1):
            found.append((seed, content(resolve(guideline, **SIZE, seed=seed, draw=4))))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert all(one == alone for seed, one in found if seed == 1)
    assert all(one != alone for seed, one in found if seed == 2)


def test_the_longest_unused_goes_first():
    made = []
    recent: Recent[str] = Recent(2)

    def get(key):
        return recent.get(key, lambda: made.append(key) or f"made {key}")

    assert [get(key) for key in "abaca"] == [f"made {key}" for key in "abaca"]
    assert made == ["a", "b", "c"]
    get("b")
    assert made == ["a", "b", "c", "b"]
    recent.clear()
    get("b")
    assert made[-1] == "b" and len(made) == 5


def test_kept_tables_belong_to_whoever_asked():
    first = tables.discount_factors(0.035, 50)
    expected = first.copy()
    first[:] = 0.0
    assert tables.discount_factors(0.035, 50).tobytes() == expected.tobytes()
