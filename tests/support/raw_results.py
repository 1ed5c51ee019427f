"""Raw results written by hand, for tests of what happens to them; no engine is involved.

What an engine counts twice is counted twice here too, by patient, by week and in the event log.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from plans import make_plan, make_traits

from pathways import layout
from pathways.codes import (
    AcuteHarm,
    ChronicHarm,
    Condition,
    CostLine,
    Event,
    ExitReason,
    HarmCause,
    Payer,
    Purpose,
    State,
    Step,
    Verdict,
)
from pathways.plan import Plan, RawResult

RESULTS_DTYPE = layout.numpy_dtype(layout.RESULTS)
WEEKLY_DTYPE = layout.numpy_dtype(layout.WEEKLY)
EVENT_DTYPE = layout.numpy_dtype(layout.EVENT)
PRICED = {"prices": {"currency": "GBP"}}
CLINIC = 3
CLEARANCE = 86.0


def entries(length: int, *, otherwise: float = 0, **values: float) -> list[float]:
    """Return an array-valued field, with the entries of some codes by their names."""
    codes = {code.name.lower(): code for code in (*AcuteHarm, *ChronicHarm, *CostLine, *Payer)}
    found = [otherwise] * length
    for name, value in values.items():
        found[codes[name]] = value
    return found


def acute(**counts: int) -> dict[str, object]:
    return {"acute_count": entries(layout.ACUTE_HARMS, **counts)}


def chronic(**onsets: tuple[HarmCause, int]) -> dict[str, object]:
    """Return the fields of one onset of each harm named, by its cause and day; all are noticed."""
    counts = [0] * (layout.CHRONIC_HARMS * layout.HARM_CAUSES)
    for name, (cause, _) in onsets.items():
        counts[ChronicHarm[name.upper()] * layout.HARM_CAUSES + cause] = 1
    days = {name: day for name, (_, day) in onsets.items()}
    return {
        "harm_count": counts,
        "harm_first_day": entries(layout.CHRONIC_HARMS, otherwise=-1, **days),
        "harms_detected": entries(layout.CHRONIC_HARMS, **dict.fromkeys(onsets, 1)),
    }


def only_exit(reason: ExitReason, day: int) -> dict[str, object]:
    """Return the fields of an exit that is the first and the last."""
    return {
        f"{which}exit_{field}": value
        for which in ("", "first_")
        for field, value in (("reason", reason), ("day", day))
    }


# What an engine writes for somebody to whom nothing happens.
NOTHING = {
    "state": State.CONVENTIONAL,
    "exit_day": -1,
    "first_exit_day": -1,
    "died_day": -1,
    "recovered_day": -1,
    "assessed_day": -1,
    "eligible": -1,
    "first_infusion_day": -1,
    "last_infusion_day": -1,
    "responder_observed": -1,
    "responder_drug_at_threshold": -1,
    "responder_drug_any": -1,
    "qaly": 0.5,
    "qaly_undiscounted": 0.625,
    "qaly_drug_only": 0.25,
    "pain_days": 365.0,
    "trace": 2**64 - 1,
} | chronic()
TREATED = {
    "assessed_day": 20,
    "eligible": 1,
    "first_infusion_day": 40,
    "last_infusion_day": 80,
    "courses": 2,
    "infusions": 3,
    "highest_step": 2,
    "judgements": 2,
    "hours_infused": 6.0,
}
BACKGROUND, EXCESS = HarmCause
# Not assessed; in care; exited without response; died in care; on S-ketamine, recovered.
PATIENTS = (
    chronic(cystitis=(BACKGROUND, 70)),
    TREATED
    | {"state": State.MAINTENANCE, "judgements_passed": 2, "continuations": 2, "racemic_mg": 160.0}
    | {"responder_observed": 1, "responder_drug_at_threshold": 1, "responder_drug_any": 1}
    | acute(dissociation=1, nausea=2)
    | chronic(liver_injury=(EXCESS, 91), cystitis=(BACKGROUND, 84))
    | {"tests_done": 2, "sessions_attended": 5},
    TREATED
    | {"state": State.EXITED}
    | only_exit(ExitReason.NON_RESPONSE, 101)
    | {"taper_reason": ExitReason.COUNT_CAP, "first_infusion_day": 28, "racemic_mg": 240.0}
    | {"continuations": 1, "false_positive_continuations": 1, "responder_observed": 0}
    | {"responder_drug_at_threshold": 0, "responder_drug_any": 0}
    | acute(nausea=1),
    TREATED
    | {"state": State.DEAD, "died_day": 112}
    | only_exit(ExitReason.DEATH, 112)
    | {"pain_days": 560.0, "racemic_mg": 80.0, "floor_pain_days": 56.0}
    | chronic(cardiovascular_event=(EXCESS, 105)),
    TREATED
    | {"state": State.RECOVERED}
    | only_exit(ExitReason.RECOVERED, 99)
    | {"recovered_day": 99, "s_ketamine_mg": 50.0, "trace": 7},
)
# Of those treated. The patient pays for the way; the currency's hundredths are exact in binary.
COSTS = {
    "cost_line": entries(
        layout.COST_LINES, assessment=250.0, infusion=1500.0, drug=30.5, travel=60.0
    ),
    "cost_undiscounted": entries(layout.PAYERS, health_system=1780.5, patient=60.0),
    "cost": entries(layout.PAYERS, health_system=1700.25, patient=50.0),
}


def five_patients(*, events: bool = True, prices: bool = True) -> tuple[RawResult, Plan]:
    """Return five patients with a story each over one year, in clinic 3, and their plan."""
    plan = make_plan(patients=len(PATIENTS), years=1, clinics=[{"number": CLINIC}])
    plan = replace(plan, description=PRICED if prices else {})
    traits = make_traits(
        plan,
        clinic=CLINIC,
        condition=[Condition.CRPS] * 4 + [Condition.FIBROMYALGIA],
        male=[0, 1, 0, 1, 0],
        responder=[1, 1, 0, 1, 0],
        weight_kg=80.0,
        clearance=CLEARANCE,
        enrolment_score_sum=[49, 50, 49, 49, 49],
        age_days=[18 * 365, 19 * 365 - 1, 18250, 18250, 18250],
    )
    results = _results(prices)
    log = _events(results) if events else None
    return RawResult(traits, results, _weekly(plan, results), log), plan


def changed(raw: RawResult, part: str, name: str, place: object, value: object) -> RawResult:
    """Return the raw result with one number changed."""
    records = getattr(raw, part).copy()
    records[name][place] = value
    return replace(raw, **{part: records})


def event_row(
    patient: int,
    day: int,
    step: int,
    event: Event,
    code: int = 0,
    *values: float,
    clinic: int = CLINIC,
    draw: tuple[int, int] = (Purpose.NONE, 0),
) -> tuple:
    """Return one row of an event log."""
    return (patient, day, step, event, code, *values, *([0.0] * (3 - len(values))), *draw, clinic)


def event_log(rows: list[tuple]) -> np.ndarray:
    """Return rows as an event log."""
    return np.array(rows, EVENT_DTYPE)


def _results(prices: bool) -> np.ndarray:
    results = np.zeros(len(PATIENTS), RESULTS_DTYPE)
    for row, patient in enumerate(PATIENTS):
        costs = COSTS if prices and "infusions" in patient else {}
        for name, value in (NOTHING | patient | costs).items():
            results[name][row] = value
    return results


def _weekly(plan: Plan, results: np.ndarray) -> np.ndarray:
    weekly = np.zeros(plan.weeks, WEEKLY_DTYPE)
    weekly["in_state"][:, State.WAITING] = 5
    weekly["in_state"][16:, State.WAITING] = 4
    weekly["in_state"][-1] = np.bincount(results["state"], minlength=len(State))
    weekly["in_state"][-1, State.DEAD] = 0
    weekly["referrals"][0] = 5
    weekly["assessments"][2] = 4
    weekly["deaths"][16] = 1
    weekly["exits"][[14, 16]] = 2, 1
    weekly["first_infusions"][[4, 5]] = 1, 3
    weekly["infusions"][[4, 5, 11]] = 1, 3, 8
    weekly["pain_sum_e6"] = 30_000_001
    weekly["racemic_equivalent_mg_e3"][[5, 11]] = 80_500, 499_500
    return weekly


def _events(results: np.ndarray) -> np.ndarray:
    rows = []
    for patient, result in enumerate(results):
        score = 50.0 if patient == 1 else 49.0
        rows.append(event_row(patient, 0, Step.REFERRALS, Event.REFERRED, 1, score, 6.8, 6570.0))
        if patient == 0:
            draw = (Purpose.RECOVERY_CLOCK, 0)
            rows.append(event_row(0, 21, Step.WEEKLY, Event.RECOVERED, 1, 6.8, draw=draw))
        rows += sorted([*_treatment(patient, result), *_harms(patient, result)], key=lambda r: r[1])
    return event_log(rows)


def _treatment(patient: int, result: np.void) -> list[tuple]:
    rows = []
    if result["assessed_day"] >= 0:
        rows.append(event_row(patient, result["assessed_day"], Step.VISITS, Event.ASSESSED, 3))
    for course in range(result["courses"]):
        rows.append(event_row(patient, 40, Step.ADMINISTRATION, Event.COURSE_STARTED, 0, course))
    racemic, s_ketamine = result["racemic_mg"], result["s_ketamine_mg"]
    for number in range(result["infusions"]):
        mg = (racemic + s_ketamine) / 2.0 if number < 2 else 0.0
        auc = (1.0 if s_ketamine else 0.5) * (1000.0 * mg / CLEARANCE)
        day = (result["first_infusion_day"], 79, 80)[number]
        rows.append(event_row(patient, day, Step.ADMINISTRATION, Event.ADMINISTERED, 0, mg, auc))
    for number in range(result["judgements"]):
        verdict = Verdict.PASSED if number < result["judgements_passed"] else Verdict.FAILED
        rows.append(event_row(patient, 61, Step.VISITS, Event.JUDGED, verdict))
    for _ in range(result["tests_done"]):
        rows.append(event_row(patient, 61, Step.VISITS, Event.TESTED))
    if result["exit_reason"]:
        reason, day = result["exit_reason"], result["exit_day"]
        rows.append(event_row(patient, day, Step.VISITS, Event.EXITED, reason))
    if result["died_day"] >= 0:
        rows.append(event_row(patient, result["died_day"], Step.CHANGES_AND_DEATHS, Event.DIED))
    return rows


def _harms(patient: int, result: np.void) -> list[tuple]:
    rows = []
    day, mg = result["first_infusion_day"], result["racemic_mg"]
    for harm, count in enumerate(result["acute_count"]):
        rows += [event_row(patient, day, Step.ADMINISTRATION, Event.ACUTE_HARM, harm)] * count
    for place, count in enumerate(result["harm_count"]):
        harm, cause = divmod(place, layout.HARM_CAUSES)
        onset_day = result["harm_first_day"][harm]
        for _ in range(count):
            values = (float(cause), 0.0, mg)
            rows.append(event_row(patient, onset_day, Step.WEEKLY, Event.HARM_ONSET, harm, *values))
            rows.append(
                event_row(patient, onset_day, Step.WEEKLY, Event.HARM_DETECTED, harm, float(cause))
            )
    return rows
