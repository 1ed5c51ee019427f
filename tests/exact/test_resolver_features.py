"""Optional parts of the model: the evidence each names is read, and only what is allowed."""

from __future__ import annotations

import pytest
from scenario_strategies import load_document  # noqa: TID251

from pathways.evidence.book import book
from pathways.resolve.clinics import clinic_records
from pathways.resolve.features import FEATURE_INPUTS, features
from pathways.resolve.harms import harm_age_factor, harm_fields, monitoring_fields
from pathways.resolve.inputs import Structure, evidence_values
from pathways.resolve.leaving import leaving_fields, outside_fields
from pathways.resolve.prices import price_fields, yearly_budget
from pathways.resolve.programme import programme_fields
from pathways.resolve.referrals import load_of
from pathways.resolve.sections import sections_in_force
from pathways.resolve.stated import StatedValues
from pathways.resolve.values import population_record

POLICY = {
    "treatment": "ketamine",
    "ladder": {
        "steps": [
            {"dose": "80 mg", "duration": "2 h", "premedication": ["midazolam", "ondansetron"]},
            {"rate": "20 mg/h", "duration": "48 h", "setting": "bed"},
        ]
    },
    "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    "monitoring": {
        "tests": [{"name": name, "every": "90 d"} for name in ("liver_function", "cognition")]
    },
    "programme": {
        "therapies": [
            {"family": "medication", "medicine": "duloxetine"},
            {"family": "activity"},
            {"family": "behavioural"},
            {"family": "interdisciplinary_programme"},
        ]
    },
}
OTHER_THERAPIES = {
    "therapies": [
        {"family": "medication", "medicine": "gabapentinoid"},
        {"family": "behavioural", "compared_with": "active_control"},
    ]
}
PAYING = {"payer": "patient", "stops_at_budget": True}
LEAVING = {
    "exit": {"lost_to_follow_up": {"evidence": "M153"}, "re_referral": {}},
    "outside_option": {
        "regimen": {"dose": "50 mg", "duration": "1 h"},
        "first_after": "30 d",
        "interval": "30 d",
        "stop_rate": "1 per year",
    },
}
CLINIC = {
    "name": "Town",
    "chairs": 4,
    "nurses": 2,
    "open": {"days": ["monday"], "minutes": "480 min"},
    "assessment_slots_per_week": 5,
}
EVERYTHING = {
    "scenario": "everything",
    "title": "Everything",
    "policy": POLICY,
    "changes": [
        {"from_day": "9 d", "policy": {"programme": OTHER_THERAPIES, "payment": PAYING, **LEAVING}}
    ],
    "referrals": {"cohort_load": True},
    "clinics": [CLINIC],
    "prices": {"book": "us-2024-usd"},
}


class Spy:
    """Values that note which of them are asked for."""

    def __init__(self, values) -> None:
        self.values, self.read = values, set()
        self.spreads, self.structure = values.spreads, values.structure

    def __getitem__(self, name: str):
        self.read.add(name)
        return self.values[name]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str, default=None):
        return self[name] if name in self.values else default


def values_read(document):
    """Return the names a scenario's parts read from the book, and those it says it uses."""
    whole = load_document(document).document
    country = whole.prices.country if whole.prices is not None else None
    used = features(whole)
    spy = Spy(evidence_values(0, 1, structure=Structure(features=used, country=country)))
    harm_fields(spy), harm_age_factor(spy), yearly_budget(spy), population_record(spy)
    for sections in sections_in_force(whole, whole.calendar_days):
        policy, stated = sections.policy, StatedValues(sections, spy, 0, None)
        therapies = policy.programme.therapies if policy.programme is not None else ()
        programme_fields(policy, spy, [0.0] * len(therapies))
        price_fields(policy, spy, whole.prices)
        monitoring_fields(policy, spy)
        leaving_fields(stated), outside_fields(stated)
        clinic_records([stated], load_of(whole, patients=1, calendar_days=9, seed=1, draw=0))
    return spy.read, {name for part in used for name in FEATURE_INPUTS[part]}


def test_everything_together_uses_every_part():
    # Who buys elsewhere pays cash in the US and by the hour in the UK.
    used = set()
    for book_name in ("us-2024-usd", "uk-2023-gbp"):
        used |= set(features(load_document({**EVERYTHING, "prices": {"book": book_name}}).document))
    assert used == set(FEATURE_INPUTS)


NOT_OF_THE_EVIDENCE = {
    "staffing": {"chairs_per_nurse": 3},
    "turnaround": {"turnaround": "20 min"},
    "no_shows": {"no_show": "10 %"},
    "late_cancellations": {"late_cancellation": 0},
}


@pytest.mark.parametrize("part", NOT_OF_THE_EVIDENCE)
def test_a_clinic_that_says_a_value_itself_does_not_rest_on_the_evidence(part):
    clinic = {**CLINIC, **NOT_OF_THE_EVIDENCE[part]}
    used = features(load_document({**EVERYTHING, "clinics": [clinic]}).document)
    assert set(NOT_OF_THE_EVIDENCE) - set(used) == {part}


def test_without_nurses_nobody_asks_how_many_chairs_each_can_watch():
    clinic = {name: value for name, value in CLINIC.items() if name != "nurses"}
    assert "staffing" not in features(load_document({**EVERYTHING, "clinics": [clinic]}).document)


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"harms": {"off": True}},
        {"harms": {"none": True}},
        {"prices": {"book": "uk-2023-gbp"}},
        {"clinics": None, "referrals": {}},
        {"policy": {"treatment": "none", **LEAVING}, "changes": []},
    ],
)
def test_what_is_named_as_evidence_is_read(sections):
    # A value that nothing reads would be counted as evidence the run rests on.
    read, named = values_read({**EVERYTHING, **sections})
    assert named <= read


def test_no_part_uses_what_is_context_or_kept_for_validation():
    for names in FEATURE_INPUTS.values():
        for name in names:
            assert book().parameter(name).role in (
                "population_value",
                "patient_trait",
                "patient_spread",
                "rule",
            ), name
