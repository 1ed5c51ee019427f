"""Harms, tests, programmes and payment in a scenario file: what is refused, where and why."""

from __future__ import annotations

import pytest
from scenario_strategies import laid_over, load_document  # noqa: TID251

from pathways.codes import AcuteHarm, ChronicHarm, ProgrammeFor
from pathways.errors import InputError, InputErrors

BASE = {
    "scenario": "base",
    "title": "Base",
    "policy": {
        "treatment": "ketamine",
        "ladder": {"steps": [{"dose": "80 mg", "duration": "2 h"}]},
        "response": {"judge_at": "0 d", "criteria": [{"moment": "end", "percent": "30 %"}]},
    },
    "prices": {"book": "uk-2023-gbp"},
}
NO_INFUSIONS = {"treatment": "none", "ladder": None, "response": None}
LIVER_TEST = {"name": "liver_function", "every_courses": 1}
ACTIVITY = {"family": "activity"}
OWN = {
    "family": "user_defined",
    "effect": 0.1,
    "sessions": 5,
    "per_week": 1,
    "half_life": "30 d",
}


def document(policy=None, **sections):
    return laid_over(BASE, {"policy": policy or {}, **sections})


def therapies(*given):
    return {"programme": {"therapies": list(given)}}


def without(name):
    return {key: value for key, value in OWN.items() if key != name}


def policy_of(policy):
    return load_document(document(policy)).document.policy


def refusal(whole):
    with pytest.raises((InputError, InputErrors)) as caught:
        load_document(whole)
    return str(caught.value)


MONITORING = "policy.monitoring.tests[0]"
PROGRAMME = "policy.programme"
FIRST = "policy.programme.therapies[0]"
# Policy, path of the field that is named, and what is said.
BAD_POLICIES = {
    "test never due": (
        {"monitoring": {"tests": [{"name": "cognition"}]}},
        f"{MONITORING}.name",
        "this test would never be done",
    ),
    "unknown test": (
        {"monitoring": {"tests": [{"name": "liver_functions", "every_courses": 1}]}},
        f"{MONITORING}.name",
        "liver_function",
    ),
    "blood pressure": (
        {"monitoring": {"tests": [{"name": "blood_pressure", "every_courses": 1}]}},
        f"{MONITORING}.name",
        "`blood_pressure` is not modelled: it is taken at every infusion",
    ),
    "ecg": (
        {"monitoring": {"tests": [{"name": "ecg", "every": "1 year"}]}},
        f"{MONITORING}.name",
        "`ecg` is not modelled",
    ),
    "no tests": ({"monitoring": {"tests": []}}, "policy.monitoring.tests", ""),
    "five tests": (
        {"monitoring": {"tests": [{**LIVER_TEST, "every_courses": n} for n in range(1, 6)]}},
        "policy.monitoring.tests",
        "",
    ),
    "test twice": (
        {"monitoring": {"tests": [LIVER_TEST, LIVER_TEST]}},
        "policy.monitoring.tests[1]",
        "this stands in the list already",
    ),
    "comorbidity twice": (
        {"monitoring": {"tests": [{**LIVER_TEST, "only_with": ["anxiety", "anxiety"]}]}},
        f"{MONITORING}.only_with[1]",
        "this stands in the list already",
    ),
    "nurses": (
        {"monitoring": {"tests": [LIVER_TEST], "nurses_per_chair": 0.5}},
        "policy.monitoring.nurses_per_chair",
        "not yet supported",
    ),
    "laboratory stop without tests": (
        {"exit": {"laboratory_stop": ["liver_function"]}},
        "policy.exit.laboratory_stop[0]",
        "is not among the tests of `monitoring`",
    ),
    "laboratory stop of another test": (
        {"monitoring": {"tests": [LIVER_TEST]}, "exit": {"laboratory_stop": ["cognition"]}},
        "policy.exit.laboratory_stop[0]",
        "is not among the tests of `monitoring`",
    ),
    "laboratory stop twice": (
        {
            "monitoring": {"tests": [LIVER_TEST]},
            "exit": {"laboratory_stop": ["liver_function", "liver_function"]},
        },
        "policy.exit.laboratory_stop[1]",
        "this stands in the list already",
    ),
    "unknown harm": (
        {"exit": {"adverse_event": {"harms": ["nausia"]}}},
        "policy.exit.adverse_event.harms[0]",
        "nausea",
    ),
    "harm twice": (
        {"exit": {"adverse_event": {"harms": ["nausea", "nausea"]}}},
        "policy.exit.adverse_event.harms[1]",
        "this stands in the list already",
    ),
    "times without an acute harm": (
        {"exit": {"adverse_event": {"harms": ["cystitis"], "times": 3}}},
        "policy.exit.adverse_event.times",
        "counts harms of single infusions",
    ),
    "choice without a rate": (
        {"exit": {"patient_choice": {"no_benefit": 2}}},
        "policy.exit.patient_choice.baseline_rate",
        "",
    ),
    "choice with a bare rate": (
        {"exit": {"patient_choice": {"baseline_rate": 0.1}}},
        "policy.exit.patient_choice.baseline_rate",
        "",
    ),
    "paying where nobody does": (
        {"exit": {"patient_choice": {"baseline_rate": "0.1 per year", "paying": 2}}},
        "policy.exit.patient_choice.paying",
        "patients do not pay for infusions here",
    ),
    "taper after an adverse event": (
        {
            "exit": {
                "adverse_event": {"harms": ["nausea"]},
                "taper": {
                    "after": ["adverse_event"],
                    "courses": [{"dose": "50 %", "interval": "14 d"}],
                },
            }
        },
        "policy.exit.taper.after[0]",
        "nobody can be tapered after `adverse_event`",
    ),
    "taper after a laboratory stop": (
        {
            "exit": {
                "taper": {
                    "after": ["laboratory_stop"],
                    "courses": [{"dose": "50 %", "interval": "14 d"}],
                }
            }
        },
        "policy.exit.taper.after[0]",
        "nobody can be tapered after `laboratory_stop`",
    ),
    "taper after a choice": (
        {
            "exit": {
                "taper": {
                    "after": ["patient_choice"],
                    "courses": [{"dose": "50 %", "interval": "14 d"}],
                }
            }
        },
        "policy.exit.taper.after[0]",
        "nobody can be tapered after `patient_choice`",
    ),
    "premedicine twice": (
        {
            "ladder": {
                "steps": [
                    {
                        "dose": "80 mg",
                        "duration": "2 h",
                        "premedication": ["ondansetron", "ondansetron"],
                    }
                ]
            }
        },
        "policy.ladder.steps[0].premedication[1]",
        "this stands in the list already",
    ),
    "budget of the health system": (
        {"payment": {"payer": "health_system", "stops_at_budget": True}},
        "policy.payment.stops_at_budget",
        "only a patient who pays has a yearly budget",
    ),
    "medicine without a name": (
        therapies({"family": "medication"}),
        f"{FIRST}.medicine",
        "`medication` needs `medicine`",
    ),
    "medicine of activity": (
        therapies({"family": "activity", "medicine": "duloxetine"}),
        f"{FIRST}.medicine",
        "only `medication` has a `medicine`",
    ),
    "sessions of a medicine": (
        therapies({"family": "medication", "medicine": "duloxetine", "sessions": 10}),
        f"{FIRST}.sessions",
        "a medicine is taken daily",
    ),
    "comparator of activity": (
        therapies({"family": "activity", "compared_with": "usual_care"}),
        f"{FIRST}.compared_with",
        "only `behavioural` therapy",
    ),
    "effect of activity": (
        therapies({"family": "activity", "effect": 0.2}),
        f"{FIRST}.effect",
        "is in the evidence; remove it",
    ),
    "price of activity": (
        therapies({"family": "activity", "price_per_session": 10}),
        f"{FIRST}.price_per_session",
        "is in the evidence; remove it",
    ),
    "own therapy without an effect": (
        therapies(without("effect")),
        f"{FIRST}.effect",
        "a `user_defined` therapy needs `effect`",
    ),
    "own therapy without sessions": (therapies(without("sessions")), f"{FIRST}.sessions", "needs"),
    "own therapy without a rhythm": (therapies(without("per_week")), f"{FIRST}.per_week", "needs"),
    "own therapy without an end": (therapies(without("half_life")), f"{FIRST}.half_life", "needs"),
    "more than all pain": (therapies({**OWN, "effect": 1.2}), f"{FIRST}.effect", ""),
    "daily and nightly": (therapies({**ACTIVITY, "per_week": 14}), f"{FIRST}.per_week", ""),
    "therapy twice": (
        therapies(ACTIVITY, ACTIVITY),
        "policy.programme.therapies[1]",
        "this stands in the list already",
    ),
    "five therapies": (
        therapies(*({**ACTIVITY, "sessions": n} for n in range(1, 6))),
        "policy.programme.therapies",
        "",
    ),
    "no therapies": (therapies(), "policy.programme.therapies", ""),
    "required first": (
        {"programme": {"therapies": [ACTIVITY], "required_before_ketamine": True}},
        "policy.programme.required_before_ketamine",
        "not yet supported",
    ),
    "nobody in the programme": (
        {
            **NO_INFUSIONS,
            "programme": {"therapies": [ACTIVITY], "offered_to": "treated"},
        },
        "policy.programme.offered_to",
        "nobody would be in the programme",
    ),
    "end without an exit": (
        {
            **NO_INFUSIONS,
            "programme": {"therapies": [ACTIVITY], "continues_after_exit": False},
        },
        "policy.programme.continues_after_exit",
        "without infusions there is no exit",
    ),
    "tests without infusions": (
        {**NO_INFUSIONS, "monitoring": {"tests": [LIVER_TEST]}},
        "policy.monitoring",
        "remove `monitoring`",
    ),
    "payment without infusions": (
        {**NO_INFUSIONS, "payment": {"payer": "patient"}},
        "policy.payment",
        "remove `payment`",
    ),
}


@pytest.mark.parametrize("name", BAD_POLICIES)
def test_bad_policies_are_refused_in_their_place(name):
    policy, path, words = BAD_POLICIES[name]
    message = refusal(document(policy))
    assert path in message and words in message, message


BAD_SECTIONS = {
    "unknown book": ({"prices": {"book": "uk-2024-gbp"}}, "prices.book", "uk-2023-gbp"),
    "no book": ({"prices": {"book": None}}, "prices.book", ""),
    "payment without prices": (
        {"prices": None, "policy": {"payment": {"payer": "patient"}}},
        "policy.payment",
        "nothing can be paid without prices",
    ),
    "payment without prices, later": (
        {
            "prices": None,
            "changes": [{"from_day": "9 d", "policy": {"payment": {"payer": "patient"}}}],
        },
        "changes[0].policy.payment",
        "nothing can be paid without prices",
    ),
    "off and none": ({"harms": {"off": True, "none": True}}, "harms.off", "keep one of them"),
    "unknown switch": ({"harms": {"of": True}}, "harms.of", "off"),
    "changed prices": (
        {"changes": [{"from_day": "9 d", "prices": {"book": "us-2024-usd"}}]},
        "changes[0].prices.book",
        "costs in GBP and USD do not add",
    ),
    "prices from a day on": (
        {"prices": None, "changes": [{"from_day": "9 d", "prices": {"book": "us-2024-usd"}}]},
        "changes[0].prices",
        "costs before this day would be missing",
    ),
    "prices to a day": (
        {"changes": [{"from_day": "9 d", "prices": None}]},
        "changes[0].prices",
        "costs from this day on would be missing",
    ),
    "unknown price": (
        {"prices": {"book": "uk-2023-gbp", "other": {"infusion_one_hour": 3}}},
        "prices.other.infusion_one_hour",
        "infusion_two_hours",
    ),
    "price below nothing": (
        {"prices": {"other": {"infusion_two_hours": -3}}},
        "prices.other.infusion_two_hours",
        "0 or more",
    ),
    "changed laboratory stop": (
        {"changes": [{"from_day": "9 d", "policy": {"exit": {"laboratory_stop": ["cognition"]}}}]},
        "changes[0].policy.exit.laboratory_stop[0]",
        "is not among the tests",
    ),
}


@pytest.mark.parametrize("name", BAD_SECTIONS)
def test_bad_sections_are_refused_in_their_place(name):
    sections, path, words = BAD_SECTIONS[name]
    message = refusal(laid_over(BASE, sections))
    assert path in message and words in message, message


def test_what_is_left_out_is_off_but_harms_are_on():
    read = load_document(document()).document
    assert not read.harms.off and not read.harms.none
    assert read.policy.monitoring is read.policy.programme is read.policy.payment is None
    assert read.policy.exit.laboratory_stop == ()
    assert load_document(laid_over(BASE, {"prices": None})).document.prices is None


def test_everything_together_is_accepted():
    policy = policy_of(
        {
            "ladder": {
                "steps": [{"dose": "80 mg", "duration": "2 h", "premedication": ["clonidine"]}]
            },
            "monitoring": {"tests": [LIVER_TEST, {**LIVER_TEST, "only_with": ["anxiety"]}]},
            "programme": {"therapies": [ACTIVITY, OWN, {**OWN, "effect": {"evidence": "M85"}}]},
            "payment": {"payer": "patient", "stops_at_budget": True},
            "exit": {
                "laboratory_stop": ["liver_function"],
                "adverse_event": {"harms": ["nausea", "cystitis"], "times": 2},
                "patient_choice": {
                    "baseline_rate": {"distribution": {"gamma": {"mean": "9 per year", "cv": 1}}},
                    "paying": 3,
                },
            },
        }
    )
    assert policy.exit.adverse_event.acute == [AcuteHarm.NAUSEA]
    assert policy.exit.adverse_event.chronic == [ChronicHarm.CYSTITIS]
    assert policy.programme.members is ProgrammeFor.ALL
    assert policy.programme.starts_after == 0


def test_a_sham_can_be_premedicated_too():
    step = {"dose": "80 mg", "duration": "2 h", "form": "sham", "premedication": ["midazolam"]}
    assert policy_of({"ladder": {"steps": [step]}}).ladder.steps[0].premedication == ("midazolam",)
