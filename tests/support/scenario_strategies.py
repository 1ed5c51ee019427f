"""Valid scenarios made at random, and short ways to write, read and resolve them.

`scenario_documents` draws documents (plain dictionaries, as a file says them) that together reach
every supported field and value of the schema. Waits, windows and intervals are short, so that much
happens within a year or two.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clinic_strategies import (
    changed_clinics,
    clinics,
    leaving,
    outside_options,
    put_long_infusions_to_bed,
    referrals_over_time,
    unlimited,
)
from hypothesis import strategies as st
from protocol_strategies import follow_a_protocol
from strategy_parts import Document, days, optional, some, tenths

from pathways.codes import (
    AcuteHarm,
    Baseline,
    ChronicHarm,
    Comorbidity,
    Condition,
    Domain,
    Statistic,
)
from pathways.plan import Plan
from pathways.resolve.structure import STRUCTURAL_INPUTS, Structure
from pathways.scenario.load import Scenario, load_scenario, shipped_names

SHIPPED = shipped_names()
"""Names of the shipped scenarios."""

AMOUNTS = {"dose": "mg", "doses": "mg", "rate": "mg/h", "rates": "mg/h"}
UNWRITTEN_REGIMEN = {
    "route": "iv",
    "form": "racemic",
    "dose": None,
    "doses": None,
    "rate": None,
    "rates": None,
    "days": 1,
    "every": "1 d",
    "setting": "chair",
    "weekends": None,
    "expectation": None,
    "perceived_effect": 0,
    "premedication": [],
}
UNWRITTEN = {
    "selection": {
        "conditions": [condition.name.lower() for condition in Condition],
        "exclude": [],
        "minimum_pain": 0,
        "minimum_age": "0 d",
        "maximum_age": "120 year",
    },
    "ladder": {"tries_per_step": 1, "gap": "14 d"},
    "response": {
        "combine": "all",
        "k": None,
        "baseline_taken": "before_first_course",
        "missing": {"minimum_scores": 1, "rule": "fail"},
        "judge_every": 1,
    },
    "maintenance": {"kind": "none"},
    "limits": {
        "courses": None,
        "infusions": None,
        "lifetime_dose": None,
        "courses_per_year": None,
        "time_on_treatment": None,
        "rest": None,
    },
    "exit": {
        "adherence_to_rule": 1,
        "loss_of_response": None,
        "taper": None,
        "adverse_event": None,
        "laboratory_stop": [],
        "patient_choice": None,
        "lost_to_follow_up": None,
        "leave_waiting_list": None,
        "re_referral": None,
    },
}
"""What is meant where a section of the policy leaves a key out."""


def write_scenario(document: Mapping[str, Any], directory: str | Path) -> Path:
    """Write a document as a YAML file and return its path."""
    path = Path(directory) / f"{document.get('scenario', 'scenario')}.yaml"
    path.write_text(yaml_text(document), encoding="utf-8")
    return path


def load_text(text: str, tmp_path: str | Path, name: str = "scenario.yaml") -> Scenario:
    """Write `text` to a file and read it as a scenario."""
    path = Path(tmp_path) / name
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def load_document(document: Mapping[str, Any]) -> Scenario:
    """Read a document through a file, as a user's would be."""
    with tempfile.TemporaryDirectory() as directory:
        return load_scenario(write_scenario(document, directory))


def quick_plan(
    name_or_document: str | Mapping[str, Any],
    patients: int = 50,
    years: float | None = None,
    seed: int = 1,
    draw: int = 0,
) -> Plan:
    """Resolve a shipped scenario or a document; without `years`, over its own horizon."""
    from pathways.resolve.resolver import resolve

    is_name = isinstance(name_or_document, str)
    scenario = load_scenario(name_or_document) if is_name else load_document(name_or_document)
    return resolve(scenario, patients=patients, years=years, seed=seed, draw=draw)


def yaml_text(document: Mapping[str, Any]) -> str:
    """Return a document of dictionaries, lists and scalars as block YAML."""
    return "\n".join(_lines(document, "")) + "\n"


def _lines(value: Any, indent: str) -> list[str]:
    if isinstance(value, Mapping):
        entries = [(f"{indent}{key}:", one) for key, one in value.items()]
    else:
        entries = [(f"{indent}-", one) for one in value]
    lines = []
    for head, one in entries:
        if isinstance(one, (Mapping, list, tuple)) and len(one) > 0:
            lines += [head, *_lines(one, indent + "  ")]
        else:
            lines.append(f"{head} {scalar_text(one)}")
    return lines


def scalar_text(value: Any) -> str:
    """Return a scalar (or an empty list or mapping) as it stands in a file."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[]"
    return "{}" if isinstance(value, Mapping) else str(value)


def laid_over(base: Any, top: Any) -> Any:
    """Return `base` with `top` laid over it, as `extends` and dated changes do."""
    if not (isinstance(base, Mapping) and isinstance(top, Mapping)):
        return top
    if set(top) in ({"evidence"}, {"distribution"}):
        return top
    if "kind" in base and "kind" in top and base["kind"] != top["kind"]:
        return top
    merged = dict(base)
    for key, value in top.items():
        merged[key] = laid_over(merged[key], value) if key in merged else value
    return merged


def whole_section(name: str, section: Mapping[str, Any]) -> Document:
    """Return a policy section with every key written, so that laid over another it replaces it."""
    whole = laid_over(UNWRITTEN[name], section)
    if "regimen" in whole:
        whole["regimen"] = {**UNWRITTEN_REGIMEN, **whole["regimen"]}
    elif whole.get("kind") == "interval":
        whole["regimen"] = None
    return whole


@st.composite
def scenario_documents(
    draw: st.DrawFn,
    *,
    most_changes: int = 3,
    treatment: str | None = None,
    queues: bool | None = None,
    protocol: bool | None = None,
) -> Document:
    """Draw a valid scenario.

    Parameters
    ----------
    most_changes
        Most dated changes.
    treatment
        ``"ketamine"`` or ``"none"``; by default mostly ketamine.
    queues
        Whether there are clinics with queues, under arrivals or a closed cohort; by default in
        one of three. Their calendars are short and their patients few: see :func:`small_plan`.
    protocol
        Whether courses are fixed as in a trial; by default in one of ten that could be.
    """
    if treatment is None:
        treatment = draw(st.sampled_from(["ketamine"] * 19 + ["none"]))
    prices = draw(st.sampled_from([{}, {"book": "us-2024-usd"}, {"book": "uk-2023-gbp"}]))
    harms = draw(st.sampled_from([{}, {}, {"off": False}, {"off": True}, {"none": True}]))
    policy = draw(policies(treatment, has_prices=bool(prices)))
    structure = draw(_structures())
    document = {
        "scenario": "made-at-random",
        "title": "Made at random",
        "about": "Nothing that anybody does.",
        "horizon": draw(st.sampled_from(["1 year", "2 year", "400 d", "531 d", "104 week"])),
        "policy": policy,
        "changes": draw(_changes(policy, most_changes, bool(prices))),
        "population": draw(_populations()),
        "referrals": {"kind": "closed_cohort"},
        "structure": structure,
        "discount": draw(optional(_discounts)),
        "parameters": draw(_overrides(harms, structure)),
        "prices": prices,
        "harms": harms,
    }
    if queues is None:
        queues = draw(st.integers(0, 2)) == 0
    if queues or draw(st.integers(0, 5)) == 0:
        document |= draw(_resources(document, queues))
    elif treatment == "ketamine" and protocol is not False:
        if protocol or draw(st.integers(0, 5)) == 0:
            follow_a_protocol(draw, document)
    if prices and draw(st.integers(0, 3)) == 0:
        _add_other_prices(draw, document)
    left_out = [key for key in ("about",) if draw(st.booleans())]
    if document["referrals"] == {"kind": "closed_cohort"} and draw(st.booleans()):
        left_out.append("referrals")
    return {
        key: value
        for key, value in document.items()
        if key not in left_out and (key == "policy" or value not in ({}, [], None))
    }


@st.composite
def _resources(draw: st.DrawFn, document: Document, queues: bool) -> Document:
    """Draw clinics with or without queues, or referrals over time to one without limits."""
    over_time = {"referrals": draw(referrals_over_time())}
    over_time["horizon"] = draw(st.sampled_from([None, over_time["referrals"]["follow_up"]]))
    if not queues and draw(st.booleans()):
        return over_time
    found = draw(clinics())
    for section in (document, *document["changes"]):
        put_long_infusions_to_bed(section["policy"])
    if not queues:
        return {"clinics": [unlimited(clinic) for clinic in found]}
    changes = document["changes"]
    for change in changes:
        if draw(st.booleans()):
            change["clinics"] = draw(changed_clinics(found))
    if draw(st.booleans()):
        latest = day_count(changes[-1]["from_day"]) if changes else 0
        day = latest + draw(st.integers(1, 150))
        changes.append({"from_day": f"{day} d", "clinics": draw(changed_clinics(found))})
    if draw(st.integers(0, 2)) == 0:
        cohort = {"kind": "closed_cohort", "cohort_load": True}
        return {"clinics": found, "referrals": cohort, "changes": changes}
    return {"clinics": found, "changes": changes, **over_time}


def _add_other_prices(draw: st.DrawFn, document: Document) -> None:
    """Give some of the prices that the run uses another value, in the base or from a day on."""
    from pathways.resolve.features import feature_inputs, features
    from pathways.scenario.money import OtherPrices

    read = load_document({key: one for key, one in document.items() if one not in ({}, None, [])})
    used = feature_inputs(features(read.document))
    names = sorted(set(used) & set(OtherPrices.model_fields))
    if read.document.prices.country == "UK":
        names = [name for name in names if name != "infusion_cash_price"]
    chosen = draw(st.one_of(st.just(names), st.lists(st.sampled_from(names), unique=True)))
    other = {name: draw(st.sampled_from([0, 12.5, 900])) for name in chosen}
    if document["changes"] and draw(st.booleans()):
        draw(st.sampled_from(document["changes"]))["prices"] = {"other": other}
    else:
        document["prices"] = {**document["prices"], "other": other}


def small_plan(document: Mapping[str, Any], seed: int = 1, draw: int = 0) -> Plan:
    """Resolve a drawn document so that two engines run it in a moment.

    A closed cohort has 25 patients followed for two years, or for one where it queues; arrivals
    are those of one region over their own calendar.
    """
    referrals = document.get("referrals", {})
    if referrals.get("kind") == "arrivals":
        return quick_plan(document, patients=1, seed=seed, draw=draw)
    years = 1 if referrals.get("cohort_load") else 2
    return quick_plan(document, patients=25, years=years, seed=seed, draw=draw)


@st.composite
def policies(draw: st.DrawFn, treatment: str = "ketamine", *, has_prices: bool = False) -> Document:
    """Draw a valid policy; without prices nobody is said to pay."""
    policy: Document = {"treatment": treatment}
    selection = draw(optional(_selections))
    if selection:
        policy["selection"] = selection
    policy |= draw(_further_care(treatment, has_prices))
    if treatment == "none":
        ends = draw(leaving())
        ends.pop("lost_to_follow_up", None)
        return policy | ({"exit": ends} if ends else {})
    policy["ladder"] = draw(_ladders())
    interval = draw(st.one_of(st.none(), st.integers(1, 60), st.integers(5, 40)))
    policy["response"] = draw(_responses(None if interval is None else interval - 1))
    if interval is not None:
        policy["maintenance"] = draw(_maintenances(interval))
    elif draw(st.booleans()):
        policy["maintenance"] = {"kind": "none"}
    policy["limits"] = draw(_limits(policy["ladder"]))
    policy["exit"] = draw(_exits(policy))
    return {key: value for key, value in policy.items() if value != {}}


def day_count(text: str) -> int:
    """Return the days in a length of time drawn by :func:`days`."""
    number, unit = text.split()
    return int(number) * {"d": 24, "h": 1, "week": 168, "year": 365 * 24}[unit] // 24


@st.composite
def _selections(draw: st.DrawFn) -> Document:
    names = [condition.name.lower() for condition in Condition]
    comorbidities = [comorbidity.name.lower() for comorbidity in Comorbidity]
    return draw(
        some(
            conditions=st.lists(st.sampled_from(names), min_size=1, unique=True),
            exclude=st.lists(st.sampled_from(comorbidities), max_size=9, unique=True),
            minimum_pain=tenths(0, 60),
            minimum_age=st.sampled_from(["0 d", "18 year", "25 year", "16425 d"]),
            maximum_age=st.sampled_from(["65 year", "75 year", "120 year"]),
        )
    )


@st.composite
def regimens(draw: st.DrawFn) -> Document:
    """Draw a regimen."""
    is_continuous = draw(st.integers(0, 4)) == 0
    regimen: Document = {}
    if draw(st.booleans()):
        regimen["name"] = draw(st.sampled_from(["starting dose", "booster (G7)", "titration"]))
    if draw(st.booleans()):
        regimen["route"] = "iv"
    regimen["form"] = draw(st.sampled_from(["racemic", "s_ketamine", "sham", "racemic"]))
    regimen |= draw(_continuous() if is_continuous else _spaced())
    drugs = st.lists(st.sampled_from(["midazolam", "clonidine", "ondansetron"]), unique=True)
    regimen |= draw(
        some(
            premedication=drugs,
            setting=st.sampled_from(["chair", "bed"]),
            weekends=st.sampled_from(["infuse"] if is_continuous else ["skip", "infuse"]),
            expectation=tenths(0, 30),
        )
    )
    if is_continuous:
        regimen["setting"] = "bed"
    if regimen["form"] == "sham":
        regimen |= draw(some(perceived_effect=st.sampled_from([0, 0.25, "40 %", 1])))
    elif regimen["form"] == "racemic" and draw(st.booleans()):
        del regimen["form"]
    return regimen


@st.composite
def _spaced(draw: st.DrawFn) -> Document:
    number = draw(st.one_of(st.integers(1, 3), st.integers(1, 16)))
    regimen: Document = {
        "duration": draw(st.sampled_from(["40 min", "2 h", "4 h", "0.5 h", "10 h", "24 h", "1 d"]))
    }
    if number > 1 or draw(st.booleans()):
        regimen["days"] = number
    if draw(st.booleans()):
        regimen["every"] = draw(days(1, 5))
    return regimen | draw(_amounts(number))


@st.composite
def _continuous(draw: st.DrawFn) -> Document:
    hours = draw(st.sampled_from([25, 48, 96, 100, 100.5, 120, 384]))
    number = -int(-hours // 24)
    whole_days = hours % 24 == 0 and draw(st.booleans())
    duration = f"{hours // 24} d" if whole_days else f"{hours} h"
    return {"duration": duration, **draw(_amounts(number, ("rate", "rates")))}


@st.composite
def _amounts(draw: st.DrawFn, number: int, names: tuple[str, ...] = tuple(AMOUNTS)) -> Document:
    name, per_kg = draw(st.sampled_from(names)), draw(st.booleans())
    unit, highest = AMOUNTS[name], 300 if name.startswith("dose") else 40
    if per_kg:
        unit, highest = unit.replace("mg", "mg/kg"), 2

    def amount() -> str:
        return f"{draw(st.integers(1, highest * 10)) / 10} {unit}"

    return {name: [amount() for _ in range(number)] if name.endswith("s") else amount()}


@st.composite
def _ladders(draw: st.DrawFn) -> Document:
    ladder: Document = {"steps": draw(st.lists(regimens(), min_size=1, max_size=3))}
    return ladder | draw(some(tries_per_step=st.integers(1, 3), gap=days(1, 40)))


@st.composite
def _responses(draw: st.DrawFn, latest: int | None) -> Document:
    """Draw a definition judged not later than `latest` days after a course."""
    latest = 63 if latest is None else min(latest, 63)
    judge_at = draw(st.one_of(st.just(0), st.integers(0, min(latest, 25)), st.integers(0, latest)))
    number = draw(st.integers(1, 4))
    criteria: list[Document] = []
    while len(criteria) < number:
        criterion = draw(_criteria(judge_at))
        if as_meant(criterion) not in map(as_meant, criteria):
            criteria.append(criterion)
    response: Document = {"judge_at": f"{judge_at} d", "criteria": criteria}
    combine = draw(st.sampled_from([None, "all", "any", "k_of"]))
    if combine is not None:
        response["combine"] = combine
    if combine == "k_of":
        response["k"] = draw(st.integers(1, number))
    response |= draw(
        some(
            baseline_taken=st.sampled_from(["before_first_course", "before_each_course"]),
            judge_every=st.integers(0, 4),
        )
    )
    missing = draw(_missing(criteria))
    return response | ({"missing": missing} if missing else {})


def as_meant(criterion: Document) -> Document:
    """Return a criterion with what is meant where it leaves a key out."""
    baseline = {"days": 7, **criterion.get("baseline", {"kind": "mean_of_last_days"})}
    window = {end: day_count(day) for end, day in criterion.get("window", {}).items()}
    whole = {"domain": "pain", "statistic": "mean", **criterion}
    return {**whole, "baseline": baseline, "window": window, "better": ""}


@st.composite
def _missing(draw: st.DrawFn, criteria: list[Document]) -> Document:
    windows = [criterion["window"] for criterion in criteria if "window" in criterion]
    lengths = [day_count(one["to"]) - day_count(one["from"]) + 1 for one in windows]
    missing = draw(some(rule=st.sampled_from(["fail", "not_judged", "carry"])))
    if lengths and draw(st.booleans()):
        missing["minimum_scores"] = draw(st.integers(1, max(lengths)))
    return missing


@st.composite
def _criteria(draw: st.DrawFn, judge_at: int) -> Document:
    criterion = draw(st.one_of(_pain(judge_at), _pain(judge_at), _other_domain()))
    threshold = draw(st.sampled_from(["percent", "points", "both"]))
    if threshold != "points":
        criterion["percent"] = draw(st.sampled_from(["30 %", "50 %", "12.5 %", "0.1 %", "100 %"]))
    if threshold != "percent":
        criterion["points"] = draw(tenths(1, 40))
    return criterion


@st.composite
def _baselines(draw: st.DrawFn) -> Document:
    kind = draw(st.sampled_from(Baseline))
    baseline: Document = {"kind": kind.name.lower()}
    if kind.name.endswith("LAST_DAYS") and draw(st.booleans()):
        baseline["days"] = draw(st.one_of(st.integers(1, 7), st.integers(1, 28)))
    return baseline


@st.composite
def _pain(draw: st.DrawFn, judge_at: int) -> Document:
    pain, lower = st.just("pain"), st.just("lower")
    criterion = draw(some(domain=pain, better=lower, baseline=_baselines()))
    if judge_at == 0 or draw(st.integers(0, 3)) == 0:
        statistic = draw(st.sampled_from([None, "score_on_day", "mean"]))
        criterion["moment"] = draw(st.sampled_from(["end", "one_hour", "four_hours"]))
    else:
        last = draw(st.integers(1, judge_at))
        first = draw(st.integers(max(1, last - 9), last))
        criterion["window"] = {"from": f"{first} d", "to": f"{last} d"}
        statistic = draw(st.sampled_from([None, *(one.name.lower() for one in Statistic)]))
    if statistic is not None:
        criterion["statistic"] = statistic
    if statistic == "share_of_days":
        criterion["share"] = draw(st.sampled_from([0.5, "60 %", 1, 0.125]))
    return criterion


@st.composite
def _other_domain(draw: st.DrawFn) -> Document:
    domain = draw(st.sampled_from([one for one in Domain if one is not Domain.PAIN]))
    better = "higher" if domain is Domain.QUALITY_OF_LIFE else "lower"
    criterion: Document = {"domain": domain.name.lower()}
    if domain is not Domain.GLOBAL_IMPRESSION and draw(st.booleans()):
        criterion["baseline"] = {"kind": draw(st.sampled_from(["enrolment", "same_day"]))}
    statistic = st.sampled_from(["score_on_day", "mean"])
    return criterion | draw(some(statistic=statistic, better=st.just(better)))


@st.composite
def _maintenances(draw: st.DrawFn, interval: int) -> Document:
    maintenance: Document = {"kind": "interval", "interval": f"{interval} d"}
    return maintenance | draw(some(regimen=regimens()))


@st.composite
def _limits(draw: st.DrawFn, ladder: Document) -> Document:
    if draw(st.booleans()):
        return {}
    infusions = course_infusions(ladder["steps"][0])
    limits = draw(
        some(
            courses=st.integers(1, 9),
            infusions=st.integers(infusions, infusions + 20),
            lifetime_dose=tenths(10, 30).map(lambda f: f"{f * course_dose(ladder):.6g} mg"),
            courses_per_year=st.integers(1, 16),
            time_on_treatment=days(20, 400),
        )
    )
    if draw(st.booleans()):
        limits["rest"] = {"after_courses": draw(st.integers(1, 4)), "length": draw(days(5, 120))}
    return limits


def course_infusions(regimen: Document) -> int:
    """Return the infusion days of one course."""
    hours = duration_hours(regimen)
    return regimen.get("days", 1) if hours <= 24 else -int(-hours // 24)


def duration_hours(regimen: Document) -> float:
    """Return the length of an infusion."""
    number, unit = regimen["duration"].split()
    return float(number) * {"min": 1 / 60, "h": 1, "d": 24}[unit]


def course_dose(ladder: Document) -> float:
    """Return a lifetime dose, mg, that surely lets the first course through."""
    first = ladder["steps"][0]
    name = next(one for one in AMOUNTS if first.get(one) is not None)
    amounts = first[name] if isinstance(first[name], list) else [first[name]]
    highest = max(float(amount.split()[0]) for amount in amounts)
    if name in ("dose", "doses"):
        total = highest * course_infusions(first)
    else:
        hours = duration_hours(first)
        total = highest * (hours if hours > 24 else hours * course_infusions(first))
    return 3.0 * (total * 160.0 if "/kg" in amounts[0] else total) + 100.0


def possible_triggers(policy: Document) -> list[str]:
    """Return the reasons for a taper that a policy can give."""
    limits, ends = policy.get("limits", {}), policy.get("exit", {})
    can_hold = {
        "dose_cap": limits.get("lifetime_dose"),
        "count_cap": limits.get("courses") or limits.get("infusions"),
        "time_limit": limits.get("time_on_treatment"),
        "loss_of_response": ends.get("loss_of_response"),
        "treatment_completed": policy.get("maintenance", {}).get("kind", "none") == "none",
    }
    return ["non_response", *(reason for reason, holds in can_hold.items() if holds)]


@st.composite
def _exits(draw: st.DrawFn, policy: Document) -> Document:
    adherence = st.sampled_from(
        [
            1,
            0.85,
            "50 %",
            0,
            {"evidence": "rule_adherence"},
            {"distribution": {"beta": {"a": 17, "b": 3}}},
            {"distribution": {"uniform": {"low": 0.5, "high": "90 %"}}},
        ]
    )
    ends = draw(some(adherence_to_rule=adherence))
    if policy.get("maintenance", {}).get("kind") == "interval" and draw(st.integers(0, 3)) > 0:
        of_last = draw(st.integers(1, 5))
        failures = draw(st.one_of(st.just(1), st.integers(1, of_last)))
        loss = {"failures": failures, "of_last": of_last}
        ends["loss_of_response"] = loss | draw(some(escalate=st.booleans()))
    ends |= draw(_stops(policy)) | draw(leaving())
    if draw(st.booleans()):
        ends["taper"] = draw(_tapers(possible_triggers({**policy, "exit": ends})))
    return ends


TESTS = ["liver_function", "urinary_symptoms", "substance_use", "cognition"]
HARMS = [harm.name.lower() for harm in (*AcuteHarm, *ChronicHarm)]


@st.composite
def _stops(draw: st.DrawFn, policy: Document) -> Document:
    """Draw what ends treatment besides the response: harms, tests and patients."""
    tests = [test["name"] for test in (policy.get("monitoring") or {"tests": []})["tests"]]
    ends: Document = {}
    if tests and draw(st.booleans()):
        ends["laboratory_stop"] = draw(st.lists(st.sampled_from(tests), unique=True))
    if draw(st.booleans()):
        harms = draw(st.lists(st.sampled_from(HARMS), min_size=1, max_size=5, unique=True))
        is_acute = any(harm.name.lower() in harms for harm in AcuteHarm)
        times = draw(st.integers(1, 5)) if is_acute else 1
        ends["adverse_event"] = {"harms": harms, "times": times}
    if draw(st.booleans()):
        ends["patient_choice"] = draw(_choices(policy))
    return ends


@st.composite
def _choices(draw: st.DrawFn, policy: Document) -> Document:
    rates = ["0.2 per year", "3 per year", "0 per year", {"evidence": "loss_to_follow_up_rate"}]
    rates.append({"distribution": {"gamma": {"mean": "1 per year", "cv": 0.5}}})
    patients_pay = (policy.get("payment") or {}).get("payer") == "patient"
    return {
        "baseline_rate": draw(st.sampled_from(rates)),
        "no_benefit": draw(st.sampled_from([1, 4, 0.5])),
        "adverse_effects": draw(st.sampled_from([1, 3])),
        "paying": draw(st.sampled_from([1, 2.5])) if patients_pay else 1,
    }


@st.composite
def _further_care(draw: st.DrawFn, treatment: str, has_prices: bool) -> Document:
    """Draw tests, a programme, who pays and what is bought elsewhere."""
    care: Document = {}
    if draw(st.booleans()):
        care["programme"] = draw(_programmes(treatment))
    if draw(st.integers(0, 3)) == 0:
        option = draw(outside_options(has_prices))
        option["regimen"] = {**UNWRITTEN_REGIMEN, **option["regimen"]}
        care["outside_option"] = option
    if treatment == "none":
        return care
    if draw(st.booleans()):
        tests = st.lists(_tests(), min_size=1, max_size=4, unique_by=lambda test: test["name"])
        care["monitoring"] = {"tests": draw(tests)}
    if has_prices and draw(st.booleans()):
        payer = draw(st.sampled_from(["patient", "patient", "health_system"]))
        stops = payer == "patient" and draw(st.booleans())
        care["payment"] = {"payer": payer, "stops_at_budget": stops}
    return care


@st.composite
def _tests(draw: st.DrawFn) -> Document:
    test: Document = {"name": draw(st.sampled_from(TESTS))}
    interval = draw(st.sampled_from(["courses", "days", "both"]))
    if interval != "days":
        test["every_courses"] = draw(st.integers(1, 3))
    if interval != "courses":
        test["every"] = draw(days(1, 200))
    names = [comorbidity.name.lower() for comorbidity in Comorbidity]
    only = st.lists(st.sampled_from(names), max_size=3, unique=True)
    return test | draw(some(only_with=only))


@st.composite
def _programmes(draw: st.DrawFn, treatment: str) -> Document:
    therapies: list[Document] = []
    for _ in range(draw(st.integers(1, 4))):
        therapy = draw(_therapies())
        if therapy not in therapies:
            therapies.append(therapy)
    programme: Document = {"therapies": therapies} | draw(some(starts_after=days(0, 40)))
    if treatment == "ketamine":
        offered, goes_on = st.sampled_from(["everybody", "treated"]), st.booleans()
        programme |= {"offered_to": draw(offered), "continues_after_exit": draw(goes_on)}
    return programme


@st.composite
def _therapies(draw: st.DrawFn) -> Document:
    families = ["medication", "activity", "behavioural", "interdisciplinary_programme"]
    family = draw(st.sampled_from([*families, "user_defined"]))
    if family == "medication":
        return {
            "family": family,
            "medicine": draw(st.sampled_from(["duloxetine", "gabapentinoid"])),
        }
    sessions, per_week = st.integers(1, 30), st.integers(1, 7)
    if family == "user_defined":
        share = st.sampled_from([0, 0.4, "90 %", 1])
        return {
            "family": family,
            "effect": draw(st.sampled_from([0.1, "50 %", 0, 1, {"evidence": "M85"}])),
            "sessions": draw(sessions),
            "per_week": draw(per_week),
            "half_life": draw(st.sampled_from(["1 d", "70 d", "2 year"])),
        } | draw(some(attendance=share, dropout=share, price_per_session=st.integers(0, 99)))
    therapy = {"family": family} | draw(some(sessions=sessions, per_week=per_week))
    if family == "behavioural":
        controls = st.sampled_from(["usual_care", "active_control"])
        therapy |= draw(some(compared_with=controls))
    return therapy


@st.composite
def _tapers(draw: st.DrawFn, triggers: list[str]) -> Document:
    share = st.sampled_from(["75 %", "50 %", "33.3 %", "100 %", "5 %"])
    course = st.fixed_dictionaries({"dose": share, "interval": days(1, 40)})
    return {
        "after": draw(st.lists(st.sampled_from(triggers), min_size=1, unique=True)),
        "courses": draw(st.lists(course, min_size=1, max_size=3)),
    }


@st.composite
def _changes(draw: st.DrawFn, policy: Document, most: int, has_prices: bool) -> list[Document]:
    number = draw(st.integers(0, most))
    gaps = [draw(st.one_of(st.integers(1, 120), st.integers(60, 300))) for _ in range(number)]
    changes, day = [], 0
    for gap in gaps:
        day += gap
        is_offered = policy["treatment"] == "ketamine"
        if is_offered:
            overlay = draw(_policy_changes(policy, has_prices))
        else:
            overlay = draw(_start_of_treatment(has_prices))
        policy = laid_over(policy, overlay)
        changes.append({"from_day": f"{day} d", "policy": overlay})
    return changes


FURTHER_CARE = ("monitoring", "programme", "payment", "outside_option")


@st.composite
def _start_of_treatment(draw: st.DrawFn, has_prices: bool) -> Document:
    policy = draw(policies(has_prices=has_prices))
    names = [name for name in UNWRITTEN if name != "selection"]
    whole = {name: whole_section(name, policy.get(name, {})) for name in names}
    care = {name: policy.get(name) for name in FURTHER_CARE}
    return {"treatment": "ketamine", **whole, **care}


@st.composite
def _policy_changes(draw: st.DrawFn, policy: Document, has_prices: bool) -> Document:
    """Draw what, laid over a valid policy, makes another valid one."""
    names = ["selection", "ladder", "response", "maintenance", "limits", "exit", "care"]
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    overlay: Document = {}

    def merged() -> Document:
        return laid_over(policy, overlay)

    if "selection" in chosen:
        overlay["selection"] = whole_section("selection", draw(_selections()))
    if "ladder" in chosen:
        overlay["ladder"] = whole_section("ladder", draw(_ladders()))
    if "maintenance" in chosen:
        judge_at = 0 if "response" in chosen else day_count(policy["response"]["judge_at"])
        interval = st.integers(judge_at + 1, judge_at + 40)
        maintenance = draw(st.one_of(st.just({"kind": "none"}), interval.flatmap(_maintenances)))
        overlay["maintenance"] = whole_section("maintenance", maintenance)
    if "response" in chosen:
        interval = merged().get("maintenance", {}).get("interval")
        latest = None if interval is None else day_count(interval) - 1
        overlay["response"] = whole_section("response", draw(_responses(latest)))
    if "limits" in chosen or "ladder" in chosen:
        overlay["limits"] = whole_section("limits", draw(_limits(merged()["ladder"])))
    if "care" in chosen:
        care = draw(_further_care("ketamine", has_prices))
        overlay |= {name: care.get(name) for name in FURTHER_CARE}
    overlay["exit"] = whole_section("exit", draw(_exits(merged())))
    return overlay


@st.composite
def _populations(draw: st.DrawFn) -> Document:
    mixes = [
        {"crps": 1},
        {"fibromyalgia": "100 %"},
        {"spinal_cord_injury": 0.1, "crps": 0.2, "other_neuropathic": 0.3, "fibromyalgia": 0.4},
        {"other_neuropathic": "50 %", "crps": "50 %"},
    ]
    return draw(some(conditions=st.sampled_from(mixes), enrolment_threshold=tenths(0, 70)))


@st.composite
def _structures(draw: st.DrawFn) -> Document:
    return draw(
        some(
            **{name: st.sampled_from(list(options)) for name, options in STRUCTURAL_INPUTS.items()},
            allometry=st.booleans(),
        )
    )


@st.composite
def _discounts(draw: st.DrawFn) -> Document:
    rate = st.sampled_from(["0 %", "1.5 %", "3.5 %", "20 %"])
    return draw(some(effects=rate, costs=rate))


SHORT_WAITS = {"lead_time_to_assessment": "10 d", "lead_time_to_treatment": "7 d"}
EVERYBODY = {"crps": 1, "fibromyalgia": 1, "other_neuropathic": 1, "spinal_cord_injury": "90 %"}
POTENCY = {"low": 0.4, "mode": 0.5, "high": 0.9}
OVERRIDES: dict[str, list[Any]] = {
    "slow_effect_half_life": ["1.5 d", "60 d", "2 year"],
    "PD1": ["2 ng/mL", {"distribution": {"lognormal": {"median": "8 ng/mL", "sigma": 0.4}}}],
    "recovery_rate": ["4 per year", "0 per year"],
    "relapse_rate_after_recovery": ["6 per year", {"evidence": "recovery_rate"}],
    "tolerance_slope": [0.01, 0.5],
    "unblinding_slope": [0.3, 2],
    "missing_diary_day_probability": [0.6, 0, 1],
    "chronic_pain_mortality_ratio": [40, 0],
    "age": ["80 year", "35 year"],
    "responder_share_by_condition": [EVERYBODY, EVERYBODY, {"crps": 0}],
    "relief_product_floor": [0, 0.6],
    "racemic_potency": [0.3, 1, {"distribution": {"triangular": POTENCY}}],
    "vial_step": ["5 mg", "50 mg"],
    "course_gap": ["1 d", "60 d"],
    "expectation_amplitude": [
        "4 point",
        {"distribution": {"gamma": {"mean": "2 point", "cv": 0.3}}},
    ],
    "expectation_responder_share": [1, 0, {"distribution": {"beta": {"a": 3, "b": 7}}}],
    "expectation_decay_time": ["1 d", "50 d"],
    "expectation_habituation_per_course": [0.5, 1],
    "setting_expectation_multiplier": [1.4, {"distribution": {"normal": {"mean": 1, "sd": 0.1}}}],
    "diary_day_to_day_sd": ["0.4 point", "1 point"],
    "recovered_pain_level": ["0 point", "3 point"],
    "immediate_effect_maximum": [0.9, 0],
    "decay_floors": [{"slow_site": "0.5 ng/mL", "expectation": "0.2 point"}],
    "alternative_liver_model": [{"hepatic_flow": "40 L/h", "metabolism": "0.2 /h"}],
    "tolerance_slope_half_normal": [0.3],
    "responder_share": [1, 0.5],
    "widespread_pain_mortality_ratio": [40],
    "three_compartment_set": [{"central_volume": "20 L", "peripheral_volume_2": "110 L"}],
    "severe_liver_disease_prevalence": ["2 %"],
    "M23": ["0 point/point", "8 point/point"],
    "opioid_dose_slope": ["5 mg/d/point"],
}
"""Other values of evidence parameters, by id or name, that make rare things common."""
HARM_OVERRIDES: dict[str, list[Any]] = {
    "liver_background_rate": ["2 per year"],
    "M59": ["1 per year", "0 per year"],
    "other_acute_event_probability": [0.9, 0],
    "self_report_probability_per_month": [1, 0],
    "permanent_share": [{"cystitis": 0.5, "cardiovascular_event": 0}],
    "recovery_time_after_stopping": [{"liver_injury": "5 d", "use_disorder": "20 d"}],
    "cardiovascular_event_fatality": [1],
    "severe_hypertension_per_infusion": [0.4],
}
EXCESS_OVERRIDES: dict[str, list[Any]] = {
    "cystitis_base_rate": ["3 per year"],
    "cystitis_slope_per_infusion_day": ["-0.2 /d", "0.3 /d"],
    "cardiovascular_event_per_infusion": [0.2],
    "use_disorder_base_rate": ["2 per year"],
    "lifetime_dose_log_slope": [{"cystitis": "0.8 /g", "use_disorder": "-2 /g"}],
    "liver_injury_hours_table": [{"hours_24": 0.3, "hours_100": 0.9, "hours_200": 1}],
    "psychiatric_event_base_rate": ["2 per year"],
    "cognitive_threshold_days_per_week": ["1 d/week"],
    "cognitive_complaint_excess_rate": ["9 per year"],
}
"""The same for harms, where the run knows them."""


def _names_of_other_options(structure: Document) -> set[str]:
    """Return the parameters that only other structural options use."""
    chosen = Structure(**structure)
    every = {
        name
        for options in STRUCTURAL_INPUTS.values()
        for names in options.values()
        for name in names
    }
    return every - set(chosen.inputs())


@st.composite
def _overrides(draw: st.DrawFn, harms: Document, structure: Document) -> Document:
    given: Document = dict(SHORT_WAITS) if draw(st.integers(0, 4)) > 0 else {}
    possible = dict(OVERRIDES)
    if not harms.get("none"):
        possible |= HARM_OVERRIDES
        possible |= {} if harms.get("off") else EXCESS_OVERRIDES
    for name in _names_of_other_options(structure) & possible.keys():
        del possible[name]
    for key in draw(st.lists(st.sampled_from(sorted(possible)), max_size=8, unique=True)):
        given[key] = draw(st.sampled_from(possible[key]))
    return given
