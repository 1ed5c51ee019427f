"""Raw results of clinics with arrivals, told patient by patient; no engine is involved.

A story is what happens to one patient on which patient day. Weekly rows and events are told to the
end of the calendar, results to the end of each patient's follow-up, as engines do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from plans import make_plan, make_traits
from raw_results import CLEARANCE, EVENT_DTYPE, NOTHING, RESULTS_DTYPE, WEEKLY_DTYPE, event_row

from pathways.codes import CostLine, Event, ExitReason, Payer, State, Step
from pathways.plan import Plan, RawResult

HORIZON_DAYS = 70
STUDIED = (28, 84)
CALENDAR_DAYS = STUDIED[1] + HORIZON_DAYS
CHAIR_MINUTES = 180
PRICE, PRICE_OUTSIDE = 200.0, 500.0
FIRST_REGION = 1
"""Number of the first clinic; those of region r start r * 65,536 later."""


@dataclass(frozen=True)
class Story:
    """One patient.

    Attributes
    ----------
    clinic : int
        Place in the plan.
    referral_day : int
    happenings : tuple
        Patient day, event and value of each, in order; the value is a dose or a reason.
    """

    clinic: int
    referral_day: int
    happenings: tuple[tuple[int, Event, float], ...] = ()


def infused(day: int, mg: float = 80.0) -> tuple[int, Event, float]:
    return day, Event.ADMINISTERED, mg


def bought(day: int, mg: float = 100.0) -> tuple[int, Event, float]:
    return day, Event.OUTSIDE_INFUSION, mg


def assessed(day: int) -> tuple[int, Event, float]:
    return day, Event.ASSESSED, 0


def left(day: int, reason: ExitReason) -> tuple[int, Event, float]:
    return day, Event.EXITED, reason


def happened(day: int, event: Event) -> tuple[int, Event, float]:
    return day, event, 0


STATE_AFTER = {
    Event.ASSESSED: State.WAITING,
    Event.ADMINISTERED: State.FOLLOW_UP,
    Event.EXITED: State.EXITED,
    Event.RE_REFERRED: State.REFERRED,
    Event.DIED: State.DEAD,
}
COUNTED = {
    Event.ASSESSED: "assessments",
    Event.ADMINISTERED: "infusions",
    Event.EXITED: "exits",
    Event.DIED: "deaths",
    Event.NO_SHOW: "no_shows",
    Event.CANCELLED: "cancellations",
    Event.OUTSIDE_INFUSION: "outside_infusions",
}
STEPS = {Event.DIED: Step.CHANGES_AND_DEATHS, Event.RE_REFERRED: Step.WEEKLY}


def told(
    stories: list[Story],
    *,
    clinics: int = 1,
    regions: int = 1,
    capacity: dict[str, object] | None = None,
    **options: object,
) -> tuple[RawResult, Plan]:
    """Return the raw result of some stories and its plan.

    Parameters
    ----------
    stories
        By clinic, and there by day of referral.
    clinics, regions
        Declared clinics, and how often each is there.
    capacity
        Fields of ``layout.CLINIC`` of every clinic.
    options
        Arguments of :func:`plans.make_plan`.
    """
    capacity = {"chairs": 1, "open_minutes": 480} | (capacity or {})
    numbers = [
        FIRST_REGION + clinic + (region << 16)
        for region in range(regions)
        for clinic in range(clinics)
    ]
    made = {
        "horizon_days": HORIZON_DAYS,
        "calendar_days": CALENDAR_DAYS,
        "studied_days": STUDIED,
        "queues": True,
        "clinics": [{"number": number} | capacity for number in numbers],
        "clinic_patients": [sum(s.clinic == c for s in stories) for c in range(len(numbers))],
        "referral_days": [story.referral_day for story in stories],
    }
    plan = make_plan(**(made | options))
    description = {"regions": regions, "prices": {"currency": "GBP"}}
    plan = replace(plan, description=description)
    indices = np.concatenate([np.arange(n) for n in plan.clinic_patients])
    people = [
        (story, numbers[story.clinic], int(i)) for story, i in zip(stories, indices, strict=True)
    ]
    traits = make_traits(
        plan,
        patient=indices,
        clinic=[number for _, number, _ in people],
        referral_day=plan.referral_days,
        clearance=CLEARANCE,
    )
    results = np.concatenate([_result(story, plan) for story in stories])
    events = [row for person in people for row in _events(*person)]
    return RawResult(traits, results, _weekly(stories, plan), np.array(events, EVENT_DTYPE)), plan


def arrivals(*, come_back: bool = False, **options: object) -> tuple[RawResult, Plan]:
    """Return seven patients of two clinics in two regions; the last clinic has none.

    They are: one who is referred before the study, stops, and buys elsewhere during follow-up and
    after; one who misses two bookings, is treated and lost; one who leaves the waiting list, and
    with `come_back` is referred again; one who is referred after the study; one who dies; one who
    waits on; and one who is treated in the other region.
    """
    again = ((44, Event.RE_REFERRED, 0),) if come_back else ()
    missed = happened(12, Event.NO_SHOW), happened(19, Event.CANCELLED)
    stopped = left(62, ExitReason.NON_RESPONSE), bought(66), bought(80)
    stories = [
        Story(0, 0, (assessed(6), infused(20), infused(41), *stopped)),
        Story(0, 30, (assessed(5), *missed, infused(26, 160.0), left(47, ExitReason.LOST))),
        Story(0, 40, (assessed(9), left(30, ExitReason.LEFT_WAITING_LIST), *again)),
        Story(0, 100, (assessed(8), infused(15), infused(50))),
        Story(1, 35, (happened(28, Event.DIED),)),
        Story(1, 60),
        Story(2, 50, (assessed(4), infused(6), infused(90))),
    ]
    return told(stories, **({"clinics": 2, "regions": 2} | options))


def end_of(story: Story, plan: Plan) -> int:
    return min(plan.horizon_days, plan.calendar_days - story.referral_day)


def _result(story: Story, plan: Plan) -> np.ndarray:
    result = np.zeros(1, RESULTS_DTYPE)
    for name, value in NOTHING.items():
        result[name] = value
    result["state"] = State.REFERRED
    for day, event, value in story.happenings:
        if day < end_of(story, plan):
            _happen(result, day, event, value)
    return result


def _happen(result: np.ndarray, day: int, event: Event, value: float) -> None:
    result["state"] = STATE_AFTER.get(event, result["state"][0])
    if event == Event.ASSESSED:
        result["eligible"] = 1
        result["assessed_day"] = day if result["assessed_day"] < 0 else result["assessed_day"]
    if event == Event.ADMINISTERED:
        _infuse(result, day, value)
    if event == Event.OUTSIDE_INFUSION:
        result["outside_infusions"] += 1
        result["outside_mg"] += value
        _pay(result, Payer.PATIENT, CostLine.OUTSIDE, PRICE_OUTSIDE)
    if event == Event.EXITED:
        _leave(result, day, value)
    if event == Event.RE_REFERRED:
        result["re_referrals"] += 1
        result["exit_reason"], result["exit_day"] = ExitReason.NONE, -1
    if event == Event.DIED:
        result["died_day"] = day
    if event in (Event.NO_SHOW, Event.CANCELLED):
        result[COUNTED[event]] += 1


def _infuse(result: np.ndarray, day: int, mg: float) -> None:
    result["infusions"] += 1
    result["courses"] += 1
    result["racemic_mg"] += mg
    result["highest_step"] = 1
    result["last_infusion_day"] = day
    if result["first_infusion_day"] < 0:
        result["first_infusion_day"] = day
    _pay(result, Payer.HEALTH_SYSTEM, CostLine.INFUSION, PRICE)


def _pay(result: np.ndarray, payer: Payer, line: CostLine, amount: float) -> None:
    for name, place in (("cost", payer), ("cost_undiscounted", payer), ("cost_line", line)):
        result[name][0, place] += amount


def _leave(result: np.ndarray, day: int, reason: float) -> None:
    result["exit_reason"], result["exit_day"] = reason, day
    if result["first_exit_day"] < 0:
        result["first_exit_reason"], result["first_exit_day"] = reason, day


def _events(story: Story, number: int, patient: int) -> list[tuple]:
    rows = [event_row(patient, story.referral_day, Step.REFERRALS, Event.REFERRED, clinic=number)]
    for day, event, value in story.happenings:
        if event == Event.ADMINISTERED:
            started = Event.COURSE_STARTED
            rows.append(_row(story, number, patient, day, started, 0.0, 0.0))
        auc = 0.5 * (1000.0 * value / CLEARANCE)
        rows.append(_row(story, number, patient, day, event, value, auc))
    return rows


def _row(story: Story, number: int, patient: int, day: int, event: Event, *values: float) -> tuple:
    step = STEPS.get(event, Step.VISITS)
    return event_row(patient, story.referral_day + day, step, event, 0, *values, clinic=number)


def _weekly(stories: list[Story], plan: Plan) -> np.ndarray:
    rows = np.zeros((len(plan.clinic_patients), plan.weeks), WEEKLY_DTYPE)
    for story in stories:
        _tell_week_by_week(rows[story.clinic], story, plan)
    return rows.reshape(-1)


def _tell_week_by_week(rows: np.ndarray, story: Story, plan: Plan) -> None:
    rows["referrals"][story.referral_day // 7] += 1
    infusions = [day for day, event, _ in story.happenings if event == Event.ADMINISTERED]
    if infusions:
        rows["first_infusions"][(story.referral_day + infusions[0]) // 7] += 1
    for day, event, value in story.happenings:
        week = rows[(story.referral_day + day) // 7]
        if event in COUNTED:
            week[COUNTED[event]] += 1
        if event == Event.ADMINISTERED:
            week["racemic_equivalent_mg_e3"] += int(value * 1000)
            week["chair_minutes_used"] += CHAIR_MINUTES
        if event == Event.OUTSIDE_INFUSION:
            week["outside_mg_e3"] += int(value * 1000)
        if event == Event.NO_SHOW:
            week["chair_minutes_lost"] += CHAIR_MINUTES
    for number in range(plan.weeks):
        _count_in_state(rows[number], story, min(7 * number + 6, plan.calendar_days - 1))


def _count_in_state(week: np.void, story: Story, day: int) -> None:
    if story.referral_day > day:
        return
    state = State.REFERRED
    for since, event, _ in story.happenings:
        if story.referral_day + since <= day:
            state = STATE_AFTER.get(event, state)
    if state != State.DEAD:
        week["in_state"][state] += 1
    week["waiting_for_assessment"] += state == State.REFERRED
    week["waiting_for_course"] += state == State.WAITING
