"""The reference engine as a Mesa model, on whichever version of Mesa is installed."""

from __future__ import annotations

import gc
import weakref

import numpy
import pytest
from plans import make_plan, make_traits

from pathways.codes import State
from pathways.engines.mesa_engine import run
from pathways.layout import PARAMETERS, RESULTS, TRAITS
from pathways.model.model import PathwayModel
from pathways.model.patient import PatientAgent

pytestmark = pytest.mark.mesa


class Brittle(PatientAgent):
    """Breaks on the second Monday."""

    def morning(self):
        if self.model.day == 7:
            raise ZeroDivisionError("a rule went wrong")
        super().morning()


def test_a_step_is_a_day_and_patients_are_agents():
    plan = make_plan(patients=4, horizon_days=20)
    with PathwayModel(plan) as model:
        assert len(model.agents_by_type[PatientAgent]) == 4
        model.step()
        model.step()
        assert model.day == 2
        assert [patient.day for patient in model.patients] == [2] * 4
        assert all(patient.state == State.REFERRED for patient in model.patients)


def test_running_by_steps_is_running():
    plan = make_plan(patients=4, horizon_days=200)
    with PathwayModel(plan) as model:
        for _ in range(150):
            model.step()
        model.run()
        by_steps = model.result()
    assert by_steps.results.tobytes() == run(plan).results.tobytes()


def test_traits_arrive_and_all_results_are_gathered():
    plan = make_plan(patients=2, horizon_days=10)
    traits = make_traits(plan)
    with PathwayModel(plan, traits) as model:
        model.run()
        patient = model.patients[1]
        for field in TRAITS:
            if field.name != "clinic":
                assert getattr(patient, field.name) == traits[field.name][1]
        assert patient.clinic is model.clinics[0]
        assert patient.clinic_number == patient.clinic.number == traits["clinic"][1]
        results = model.result().results
        for field, value in zip(RESULTS, patient.results, strict=True):
            assert numpy.array_equal(results[field.name][1], value)


def test_rules_are_plain_numbers_and_cannot_be_changed():
    plan = make_plan(patients=1)
    with PathwayModel(plan) as model:
        rules = model.rule_sets[0]
        for field in PARAMETERS:
            value = getattr(rules, field.name)
            assert type(value) in (int, float, tuple)
            flat = value if isinstance(value, tuple) else (value,)
            assert list(flat) == plan.rule_sets[field.name].ravel().tolist()
        with pytest.raises(AttributeError):
            rules.limit_courses = 3


def test_an_error_in_a_rule_is_not_swallowed():
    plan = make_plan(patients=2, horizon_days=30)
    with PathwayModel(plan, patient_class=Brittle) as model:
        with pytest.raises(ZeroDivisionError, match="a rule went wrong"):
            model.run()
        assert model.day == 7
        with pytest.raises((RuntimeError, ZeroDivisionError)):
            model.run()
        assert model.day == 7


def test_everything_is_freed_after_closing():
    plan = make_plan(patients=3, horizon_days=30)
    model = PathwayModel(plan)
    model.run()
    watched = [weakref.ref(model), weakref.ref(model.clinics[0])]
    watched += [weakref.ref(patient) for patient in model.patients]
    model.close()
    del model
    gc.collect()
    assert [reference() for reference in watched] == [None] * len(watched)


def test_results_outlive_the_model():
    plan = make_plan(patients=3, horizon_days=30)
    result = run(plan, keep_events=True)
    gc.collect()
    assert len(result.results) == 3 and len(result.events) >= 3


def test_the_data_collector_is_there_when_asked_for():
    plan = make_plan(patients=3, horizon_days=30)
    with PathwayModel(plan, collect=True) as model:
        model.run()
        table = model.datacollector.get_model_vars_dataframe()
    assert table["day"].tolist() == list(range(30))
    assert table["patients_in_care"].tolist()[0] == 0
    assert table["mean_pain"].between(0.0, 10.0).all()
    with PathwayModel(plan) as model:
        assert model.datacollector is None


def test_progress_is_told_after_each_day():
    told = []
    run(make_plan(patients=1, horizon_days=4), progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_no_patients_at_all():
    plan = make_plan(patients=0, horizon_days=30)
    result = run(plan, keep_events=True)
    assert len(result.results) == len(result.events) == 0
    assert len(result.weekly) == 5 and result.weekly["in_state"].sum() == 0


def test_a_patient_has_no_dictionary_of_attributes_of_its_own():
    plan = make_plan(patients=1, horizon_days=400)
    with PathwayModel(plan) as model:
        model.run()
        assert set(vars(model.patients[0])) == {"model", "unique_id", "pos"}


def test_between_mondays_only_those_live_for_whom_something_can_happen():
    lived = []

    class Watched(PatientAgent):
        def morning(self):
            lived.append(self.model.day)
            super().morning()

    plan = make_plan(patients=1, horizon_days=60)
    traits = make_traits(plan)
    traits["lead_to_assessment_days"], traits["lead_to_treatment_days"] = 17, 50
    with PathwayModel(plan, traits, Watched) as model:
        model.run()
    mondays = set(range(0, 60, 7))
    assert mondays | {17} == set(lived)
    assert len(lived) == len(set(lived))
