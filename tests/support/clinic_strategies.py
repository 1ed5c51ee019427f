"""Clinics, arrivals, leaving and buying elsewhere made at random, small enough that queues bind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from strategy_parts import Document, days, some

WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
NAMES = ["Town", "Country", "Seaside"]
LONGEST_IN_A_CHAIR_MIN = 240
LIMITED = ("chairs", "assessment_slots_per_week")


@st.composite
def referrals_over_time(draw: st.DrawFn) -> Document:
    """Draw arrivals of a few dozen patients over about a year."""
    return {
        "kind": "arrivals",
        "per_year": draw(st.sampled_from([40, 75.5, 120, 200])),
        "warm_up": draw(st.sampled_from(["0 d", "20 d", "10 week"])),
        "intake": draw(st.sampled_from(["30 d", "60 d", "1440 h"])),
        "follow_up": draw(st.sampled_from(["90 d", "150 d", "30 week", "300 d"])),
    }


@st.composite
def clinics(draw: st.DrawFn, most: int = 3) -> list[Document]:
    """Draw clinics; the first has too little of something."""
    number = draw(st.sampled_from([1, 1, 1, *range(2, most + 1)]))
    shares = {1: ["100 %"], 2: [0.7, "30 %"], 3: ["50 %", 0.2, "30 %"]}[number]
    found = [draw(_clinic(name)) for name in NAMES[:number]]
    if number > 1:
        found = [{**clinic, "share": share} for clinic, share in zip(found, shares, strict=True)]
    return found


@st.composite
def _clinic(draw: st.DrawFn, name: str) -> Document:
    turnaround, longest = draw(
        st.sampled_from(
            [
                (None, 120),  # That of the evidence; no draw of it exceeds two hours.
                ("0 min", 0),
                ("25 min", 25),
                ({"distribution": {"uniform": {"low": "10 min", "high": "40 min"}}}, 40),
                ({"evidence": "Q1"}, 120),
            ]
        )
    )
    minutes = LONGEST_IN_A_CHAIR_MIN + longest + draw(st.sampled_from([0, 0, 100, 360]))
    clinic: Document = {
        "name": name,
        "chairs": draw(st.sampled_from([1, 1, 2, 5, "unlimited"])),
        "beds": draw(st.sampled_from([1, 1, 2, 2, "unlimited", 0])),
        "open": {"days": draw(_opening_days()), "minutes": f"{minutes} min"},
        "assessment_slots_per_week": draw(st.sampled_from([1, 2, 2, 4, "unlimited"])),
        **draw(_further_resources()),
        **draw(_bookings()),
    }
    if turnaround is not None:
        clinic["turnaround"] = turnaround
    if draw(st.integers(0, 3)) == 0:
        clinic["number"] = NAMES.index(name) + draw(st.sampled_from([1, 65000]))
    return clinic


def _opening_days() -> st.SearchStrategy[list[str]]:
    """Draw opening days, among them one from Monday to Friday: courses may skip weekends."""
    return st.tuples(
        st.sampled_from(WEEKDAYS[:5]), st.lists(st.sampled_from(WEEKDAYS), max_size=5, unique=True)
    ).map(lambda found: [found[0], *[day for day in found[1] if day != found[0]]])


def _further_resources() -> st.SearchStrategy[Document]:
    ratios = [1, 1.5, {"evidence": "chairs_per_nurse"}]
    ratios.append({"distribution": {"uniform": {"low": 1, "high": 3}}})
    return some(
        nurses=st.sampled_from([1, 2, 2.5, 3, 3, 0]),
        chairs_per_nurse=st.sampled_from(ratios),
        therapy_slots_per_week=st.sampled_from([0, 3, 8, 8, "unlimited"]),
    )


def _bookings() -> st.SearchStrategy[Document]:
    shares = [0, "30 %", 0.6, {"distribution": {"beta": {"a": 2, "b": 8}}}]
    orders = ["first_come", "continuing_first", "new_first", "highest_pain"]
    return some(
        no_show=st.sampled_from([*shares, {"evidence": "Q6"}]),
        late_cancellation=st.sampled_from([*shares, {"evidence": "M151"}]),
        after_no_show=st.sampled_from(["back_of_queue", "keeps_place"]),
        queue=st.sampled_from(orders),
        booking_every=st.sampled_from(["7 d", "1 d", "3 d", "2 week", "30 d"]),
    )


@st.composite
def changed_clinics(draw: st.DrawFn, base: list[Document]) -> list[Document]:
    """Draw dated changes of some clinics; what holds for good is left alone."""
    named = draw(st.lists(st.sampled_from([one["name"] for one in base]), min_size=1, unique=True))
    changes = []
    for name in named:
        other = draw(_clinic(name))
        keys = [key for key in other if key not in ("name", "number", "booking_every")]
        chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3, unique=True))
        # Hours and turnaround have been made for each other.
        if {"open", "turnaround"} & set(chosen):
            chosen = list(dict.fromkeys([*chosen, "open", "turnaround"]))
            other.setdefault("turnaround", {"evidence": "Q1"})
        changes.append({"name": name, **{key: other[key] for key in chosen}})
    return changes


def unlimited(clinic: Document) -> Document:
    """Return a clinic at which nobody ever queues."""
    limited = ("nurses", "chairs_per_nurse", "beds", "therapy_slots_per_week")
    plain = {key: value for key, value in clinic.items() if key not in limited}
    return plain | dict.fromkeys(LIMITED, "unlimited")


def put_long_infusions_to_bed(policy: Any) -> None:
    """Give what no chair is open for in a bed, wherever it stands in a policy, in place."""
    for regimen in _regimens(policy):
        if regimen["duration"] in ("10 h", "24 h", "1 d"):
            regimen["setting"] = "bed"


def _regimens(policy: Document) -> Iterator[Document]:
    yield from (policy.get("ladder") or {}).get("steps", ())
    maintenance = policy.get("maintenance") or {}
    if maintenance.get("regimen"):
        yield maintenance["regimen"]


@st.composite
def leaving(draw: st.DrawFn) -> Document:
    """Draw rules of the section ``exit`` on patients who leave, are lost and come back."""
    rates = ["0 per year", "1 per year", "4 per year"]
    rates.append({"distribution": {"gamma": {"mean": "2 per year", "cv": 0.5}}})
    loss = st.sampled_from([*rates, {"evidence": "M153"}])
    again = some(rate=st.sampled_from([*rates, {"evidence": "M156"}]), wait_at_least=days(0, 60))
    return draw(
        some(lost_to_follow_up=loss, leave_waiting_list=st.sampled_from(rates), re_referral=again)
    )


@st.composite
def outside_options(draw: st.DrawFn, has_prices: bool) -> Document:
    """Draw infusions bought elsewhere, every key written; null is what is not said."""
    doses = ["0.5 mg/kg", "80 mg", "25 mg"]
    regimen = {
        "form": draw(st.sampled_from(["racemic", "s_ketamine"])),
        "dose": draw(st.sampled_from(doses)),
        "duration": draw(st.sampled_from(["40 min", "2 h", "10 h"])),
        "premedication": draw(st.sampled_from([[], ["midazolam"]])),
    }
    shares = [1, "60 %", 0.5, {"evidence": "M155"}]
    shares.append({"distribution": {"beta": {"a": 3, "b": 2}}})
    price = st.sampled_from([None, None, 0, 150])
    return {
        "share": draw(st.sampled_from(shares)),
        "regimen": regimen,
        "first_after": draw(days(1, 40)),
        "interval": draw(days(1, 60)),
        "stop_rate": draw(st.sampled_from(["0 per year", "1 per year", "5 per year"])),
        "price": draw(price) if has_prices else None,
    }
