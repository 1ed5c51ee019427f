"""Harms: whether they happen, who looks for them, and which of them end treatment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pathways.codes import AcuteHarm, ChronicHarm, Comorbidity
from pathways.errors import ValueProblem
from pathways.layout import MAX_TESTS
from pathways.reading.fields import (
    Flag,
    Items,
    Named,
    NonNegative,
    Parameter,
    PerYear,
    Positive,
    PositiveInt,
    Quantity,
    Section,
)
from pathways.scenario.later import NotModelled, later

Harm = Literal[
    "dissociation",
    "nausea",
    "severe_hypertension",
    "other_acute",
    "liver_injury",
    "cystitis",
    "use_disorder",
    "cardiovascular_event",
    "psychiatric_event",
    "cognitive_complaint",
]
TestName = Literal["liver_function", "urinary_symptoms", "substance_use", "cognition"]
LOOKS_FOR = {
    "liver_function": ChronicHarm.LIVER_INJURY,
    "urinary_symptoms": ChronicHarm.CYSTITIS,
    "substance_use": ChronicHarm.USE_DISORDER,
    "cognition": ChronicHarm.COGNITIVE_COMPLAINT,
}
"""Which harm each test looks for."""
OTHER_TESTS = {
    "blood_pressure": "it is taken at every infusion, where severe hypertension shows at once",
    "ecg": "no harm of the model is found by it",
}


NURSES = "a clinic's are `nurses` and `chairs_per_nurse` under `clinics`"


class HarmModel(Section):
    """Whether harms happen; by default all of them do."""

    off: Flag = False
    """Ketamine harms nobody; what would happen without it still does."""
    none: Flag = False
    """Nothing happens to anybody."""

    @model_validator(mode="after")
    def _one_of_them(self) -> HarmModel:
        if self.off and self.none:
            raise ValueProblem("`none` is more than `off`; keep one of them", within=("off",))
        return self


class MonitoringTest(Section):
    """A test, repeated at visits."""

    name: Annotated[TestName, NotModelled(OTHER_TESTS)]
    """Blood test or questionnaire."""
    every_courses: PositiveInt | None = None
    """Due when this many courses have been given since the last time."""
    every: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=36500)] | None = None
    """Due when this much time has passed since the last time; at the first visit too."""
    only_with: Items[Annotated[Comorbidity, Named()]] = ()
    """Only for patients with one of these; empty: for everybody."""

    @model_validator(mode="after")
    def _is_ever_due(self) -> MonitoringTest:
        if self.every_courses is None and self.every is None:
            problem = "this test would never be done; write `every_courses`, `every` or both"
            raise ValueProblem(problem, within=("name",))
        refuse_twice(self.only_with, "only_with")
        return self

    @property
    def harm(self) -> ChronicHarm:
        """The harm it looks for."""
        return LOOKS_FOR[self.name]


class Monitoring(Section):
    """Tests that look for harm at the visits of treated patients."""

    tests: Annotated[Items[MonitoringTest], Field(min_length=1, max_length=MAX_TESTS)]
    """Tests."""
    nurses_per_chair: later(Positive, "nurses of monitored infusions", NURSES) = None
    """Nurses needed for each chair in use; those of a clinic are said under `clinics`."""

    @model_validator(mode="after")
    def _no_test_twice(self) -> Monitoring:
        refuse_twice(self.tests, "tests")
        return self


class AdverseEventRule(Section):
    """Harms that end treatment when they are noticed."""

    harms: Annotated[Items[Harm], Field(min_length=1)]
    """Which harms."""
    times: PositiveInt = 1
    """How often one of an infusion's own harms happens before treatment ends."""

    @model_validator(mode="after")
    def _makes_sense(self) -> AdverseEventRule:
        refuse_twice(self.harms, "harms")
        if self.times > 1 and not self.acute:
            problem = "`times` counts harms of single infusions, and none of these is one"
            allowed = [harm.name.lower() for harm in AcuteHarm]
            raise ValueProblem(problem, allowed, within=("times",))
        return self

    @property
    def acute(self) -> list[AcuteHarm]:
        """Those that happen at an infusion."""
        return [harm for harm in AcuteHarm if harm.name.lower() in self.harms]

    @property
    def chronic(self) -> list[ChronicHarm]:
        """Those that come with time."""
        return [harm for harm in ChronicHarm if harm.name.lower() in self.harms]


class PatientChoice(Section):
    """How often patients stop of their own accord, whatever the clinic would do."""

    baseline_rate: Parameter[PerYear]
    """How many in a year without any of the reasons below, such as `0.1 per year`."""
    no_benefit: NonNegative = 1.0
    """How many times as many once the last judgement has failed."""
    adverse_effects: NonNegative = 1.0
    """How many times as many after a harm at the last infusion, or with one that lasts."""
    paying: NonNegative = 1.0
    """How many times as many among those who pay themselves."""


def refuse_twice(items: tuple[object, ...], field: str) -> None:
    """Refuse a list that says the same thing twice.

    Raises
    ------
    ValueProblem
        With the place of the second in the list `field`.
    """
    for index, item in enumerate(items):
        if item in items[:index]:
            raise ValueProblem("this stands in the list already", within=(field, index))
