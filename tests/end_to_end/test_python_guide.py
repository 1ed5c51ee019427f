"""What docs/python.md shows, run as a reader would, and the effect it promises."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from pathways.errors import InputError
from pathways.model import model
from pathways.model.model import PathwayModel
from pathways.model.patient import PatientAgent
from pathways.outcomes.decomposition import COMPONENTS
from pathways.simulation import plan_of, simulate

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
SMALL = {"engine": "mesa", "patients": 25, "years": 1}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Everything the examples of the page leave behind, each run after the one before."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert len(blocks) > 10
    names = {"__name__": "guide"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("guide"))
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)
        yield SimpleNamespace(**names)


def test_scenario_of_ones_own(shown):
    assert shown.scenario.name == "two-strikes"
    assert shown.scenario.document.policy.ladder.gap == 14
    assert str(shown.scenario.places.place("policy.limits")) == "two-strikes.yaml:7: policy.limits"
    assert shown.messages == [
        (2, "policy.limits.courses", "`none` is not a whole number; write digits only")
    ]


def test_results_read_with_pandas(shown):
    assert set(shown.by_condition.columns) == {"infusions", "ketamine_mg", "qaly"}
    assert (shown.by_condition["infusions"] >= 1).all()
    assert shown.why_it_ended.sum() == pytest.approx(1.0)
    assert list(shown.money.index) == ["GBP"]
    assert (shown.money["cost_health_system"] > shown.money["cost_patient"]).all()
    assert shown.qaly["low"] < shown.qaly["value"] < shown.qaly["high"]
    assert shown.qaly["unit"] == "QALY"
    assert set(shown.story["event"]) >= {"referred"}


def test_mean_pain_by_week_is_the_columns_mean(shown):
    assert shown.mean_pain.to_numpy(float) == pytest.approx(
        shown.result.weekly["pain_mean"].to_numpy(float), abs=1e-6
    )


def test_change_is_split_into_its_parts(shown):
    means = shown.arms["usual-practice"].means()
    parts = means[list(COMPONENTS)].sum(axis="columns")
    assert parts.to_numpy() == pytest.approx(means["change"].to_numpy(float), abs=1e-9)
    assert (shown.drug <= 0.0).all() and shown.drug.any()
    assert (shown.of_the_treated["patients"] < means["patients"]).all()
    assert not shown.arms["sham-infusion"].part("drug").any()


def test_files_are_read_back_with_their_types(shown):
    assert shown.same.equals(shown.result.patients)


def test_comparison_is_paired(shown):
    assert shown.comparison.names == ("conventional-care", "guideline-2018", "two-strikes")
    assert shown.comparison.answer
    assert shown.gain["n"] == 2000
    assert shown.gain["independent_patients"] > 2000
    assert "policy.ladder.tries_per_step" in set(shown.comparison.scenario_differences["path"])


def test_own_decision_has_the_effect_that_is_said(shown):
    assert (shown.more_courses >= 0).all()
    assert (shown.more_courses == 2).mean() > 0.5
    judged = shown.usual.patients["judgements"] > 0
    assert (shown.more_courses[~judged] == 0).all()
    assert shown.persistent.fingerprint != shown.usual.fingerprint
    assert shown.persistent.plan.description["patient_class"] == "guide.Persistent"


def test_example_in_the_model_works_as_it_stands():
    plan = plan_of("guideline-2018", patients=25, years=1)
    names = {"plan": plan, "PatientAgent": PatientAgent, "PathwayModel": PathwayModel}
    examples = doctest.DocTestParser().get_examples(model.PathwayModel.__doc__)
    for example in examples:
        exec(example.source, names)
    usual = simulate(plan, engine="mesa")
    assert names["result"].results["courses"].sum() > usual.raw.results["courses"].sum()


def test_patients_of_ones_own_that_decide_as_usual_change_nothing():
    class Same(PatientAgent):
        pass

    usual = simulate("guideline-2018", **SMALL)
    same = simulate("guideline-2018", patient_class=Same, **SMALL)
    assert same.patients.equals(usual.patients)
    assert same.fingerprints["patients"] == usual.fingerprints["patients"]
    assert same.fingerprint != usual.fingerprint, "who reads it cannot know that nothing changed"


def test_kernel_has_no_patients_to_replace():
    with pytest.raises(InputError, match="patient_class: the engine `kernel`.*engine='mesa'"):
        simulate("guideline-2018", patients=5, years=1, patient_class=PatientAgent)


@pytest.mark.parametrize("what", [None, 3, b"guideline-2018", ["guideline-2018"]])
def test_what_is_no_scenario_is_refused(what):
    with pytest.raises(InputError, match="cannot be simulated; allowed: a scenario, its name"):
        simulate(what)


@pytest.mark.parametrize("size", [{"patients": 10.5}, {"patients": True}, {"seed": "1"}])
def test_sizes_are_whole_numbers(size):
    with pytest.raises(InputError, match="is not a whole number; allowed: "):
        simulate("guideline-2018", **size)
