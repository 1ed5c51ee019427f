"""Raw results written by hand, for tests of what happens to them; no engine is involved."""

from __future__ import annotations

import numpy as np
from plans import make_plan, make_traits

from pathways import layout
from pathways.codes import Condition, Event, ExitReason, Purpose, State, Step
from pathways.plan import Plan, RawResult

RESULTS_DTYPE = layout.numpy_dtype(layout.RESULTS)
WEEKLY_DTYPE = layout.numpy_dtype(layout.WEEKLY)
EVENT_DTYPE = layout.numpy_dtype(layout.EVENT)

# What an engine writes for somebody to whom nothing happens.
NOTHING = {
    "state": State.CONVENTIONAL,
    "exit_day": -1,
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
    "pain_days": 365.0,
    "trace": 2**64 - 1,
}
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
# Not assessed; in care; exited without response; died in care; on S-ketamine, recovered.
PATIENTS = (
    {},
    TREATED
    | {"state": State.MAINTENANCE, "judgements_passed": 2, "continuations": 2, "racemic_mg": 160.0}
    | {"responder_observed": 1, "responder_drug_at_threshold": 1, "responder_drug_any": 1},
    TREATED
    | {"state": State.EXITED, "exit_reason": ExitReason.NON_RESPONSE, "exit_day": 101}
    | {"taper_reason": ExitReason.COUNT_CAP, "first_infusion_day": 28, "racemic_mg": 240.0}
    | {"continuations": 1, "false_positive_continuations": 1, "responder_observed": 0}
    | {"responder_drug_at_threshold": 0, "responder_drug_any": 0},
    TREATED
    | {"state": State.DEAD, "exit_reason": ExitReason.DEATH, "exit_day": 113, "died_day": 113}
    | {"pain_days": 565.0, "racemic_mg": 80.0, "floor_pain_days": 56.5},
    TREATED
    | {"state": State.RECOVERED, "exit_reason": ExitReason.RECOVERED, "exit_day": 99}
    | {"recovered_day": 99, "s_ketamine_mg": 50.0, "trace": 7},
)


def five_patients(*, events: bool = True) -> tuple[RawResult, Plan]:
    """Return five patients with a story each over one year, in clinic 3, and their plan."""
    plan = make_plan(patients=len(PATIENTS), years=1, clinic=3)
    traits = make_traits(
        plan,
        condition=[Condition.CRPS] * 4 + [Condition.FIBROMYALGIA],
        male=[0, 1, 0, 1, 0],
        responder=[1, 1, 0, 1, 0],
        weight_kg=80.0,
        enrolment_score_sum=[49, 50, 49, 49, 49],
        age_days=[18 * 365, 19 * 365 - 1, 18250, 18250, 18250],
    )
    return RawResult(traits, _results(), _weekly(plan), _events() if events else None), plan


def _results() -> np.ndarray:
    results = np.zeros(len(PATIENTS), RESULTS_DTYPE)
    for row, patient in enumerate(PATIENTS):
        for name, value in (NOTHING | patient).items():
            results[name][row] = value
    return results


def _weekly(plan: Plan) -> np.ndarray:
    weekly = np.zeros(plan.weeks, WEEKLY_DTYPE)
    weekly["in_state"][:, State.WAITING] = 5
    weekly["in_state"][16:, State.WAITING] = 4
    weekly["deaths"][16] = 1
    weekly["pain_sum_e6"] = 30_000_001
    weekly["racemic_equivalent_mg_e3"][5] = 80_500
    return weekly


def _events() -> np.ndarray:
    rows = [
        (0, 0, Step.REFERRALS, Event.REFERRED, 1, 49.0, 6.8, 6570.0, 0, 0),
        (0, 21, Step.WEEKLY, Event.RECOVERED, 1, 6.8, 0.0, 0.0, Purpose.RECOVERY_CLOCK, 0),
        (1, 0, Step.REFERRALS, Event.REFERRED, 1, 50.0, 6.8, 6934.0, 0, 0),
    ]
    return np.array(rows, EVENT_DTYPE)
