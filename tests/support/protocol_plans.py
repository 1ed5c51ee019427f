"""Plans with protocols and observed days, made at random, for the comparison of the engines."""

from __future__ import annotations

from hypothesis import strategies as st
from plans import make_plan
from presets import HARMS, LEAVING, OUTSIDE, PRICES, PROGRAMME
from reference_runs import courses_of, protocol

from pathways.codes import ExitReason
from pathways.layout import MAX_PROTOCOL_COURSES
from pathways.plan import Plan

REGIMENS = courses_of([80.0], [100.0, 60.0], [40.0, 40.0, 40.0])
"""Of a crossover; the weekend is skipped by the second."""
SWITCHED_ON = {
    "harms": HARMS,
    "programme": PROGRAMME,
    "prices": PRICES,
    "leaving": LEAVING,
    "outside": OUTSIDE,
}
SHARES = [0.45, 0.67, 0.45, 0.25]
TAPER = {
    "taper_courses": 2,
    "taper_reasons": 1 << ExitReason.TREATMENT_COMPLETED | 1 << ExitReason.LOST,
    "taper_fraction": [0.5, 0.25],
    "taper_interval_days": [14, 21],
}
SAME_DAY = {"judge_at_days": 0, "criterion_window_from": 0, "criterion_window_to": 0}
BUSIER = {
    "recovery_hazard_per_day": 0.001,
    "relapse_hazard_per_day": 0.002,
    "lost_hazard_per_day": 0.002,
    "rereferral_hazard_per_day": 0.01,
    "rereferral_after_days": 20,
}


def crossover_plan(**fields: object) -> Plan:
    """Return a plan of four courses of three regimens in half a year."""
    rules = REGIMENS | protocol([1, 36, 71, 106], [0, 1, 0, 2], end_day=150)
    rules |= {"step_skip_weekends": [0, 1, 0], "horizon_days": 200}
    return make_plan(**({"patients": 40} | rules | fields))


@st.composite
def protocols(draw: st.DrawFn) -> dict[str, object]:
    """Return the fields of a protocol, with days in any order, also some that have passed."""
    courses = draw(st.integers(1, MAX_PROTOCOL_COURSES))
    days = draw(st.lists(st.integers(0, 250), min_size=courses, max_size=courses))
    steps = draw(st.lists(st.integers(0, 2), min_size=courses, max_size=courses))
    if draw(st.booleans()):
        days = sorted(days)
    return protocol(days, steps, end_day=draw(st.integers(0, 300)))


def observed_days(horizon_days: int) -> st.SearchStrategy[list[int]]:
    """Return ascending patient days, perhaps none."""
    days = st.integers(0, horizon_days - 1)
    return st.lists(days, unique=True, max_size=12).map(sorted)


@st.composite
def protocol_plans(draw: st.DrawFn) -> Plan:
    """Return a plan with a protocol in force at some time, and perhaps much else."""
    horizon_days = draw(st.integers(1, 320))
    fields = REGIMENS | {"step_skip_weekends": draw(st.lists(st.integers(0, 1), max_size=3))}
    fields |= draw(protocols())
    fields |= draw(st.sampled_from([{}, TAPER])) | draw(st.sampled_from([{}, BUSIER]))
    fields |= {"responder_redrawn": draw(st.integers(0, 1)), "responder_share": SHARES}
    fields |= draw(st.sampled_from([{}, SAME_DAY]))
    fields |= {"maintenance_step": draw(st.sampled_from([-1, 0, 2])), "ladder_steps": 3}
    changes = draw(st.dictionaries(st.integers(1, 250), changed_rules(), max_size=2))
    switched_on = {name: draw(st.booleans()) for name in SWITCHED_ON}
    return make_plan(
        referral_days=draw(st.lists(st.integers(0, 60), min_size=1, max_size=15).map(sorted)),
        calendar_days=draw(st.none() | st.integers(61, 350)),
        seed=draw(st.integers(0, 2**64 - 1)),
        observed_days=draw(observed_days(horizon_days)),
        changes=changes,
        **(fields | switched_on | {"horizon_days": horizon_days}),
    )


def changed_rules() -> st.SearchStrategy[dict[str, object]]:
    """Return what a dated change does to a protocol: ends it, makes another, or redraws."""
    redrawn = {"responder_redrawn": 1, "responder_share": [0.1, 0.9, 0.5, 0.5]}
    return st.one_of(st.just({"protocol_courses": 0}), protocols(), st.just(redrawn))
