"""Results are complete: of the patients of the plan, and of the whole follow-up of the studied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pathways.outcomes import calendar
from pathways.outcomes.agreement import Check, refuse_difference, refuse_more
from pathways.outcomes.arrow import NEVER
from pathways.plan import Plan, RawResult

DAYS = (
    "exit_day first_exit_day recovered_day assessed_day first_infusion_day last_infusion_day"
).split()


def follow_up_checks(raw: RawResult, plan: Plan) -> Iterator[Check]:
    """Yield that everybody is there, and followed for the horizon or to death and no further.

    Raises
    ------
    pathways.outcomes.agreement.ConservationError
        If not.
    """
    _refuse_other_patients(raw.traits, plan)
    end = calendar.end_days(plan)
    died = raw.results["died_day"]
    refuse_more("day of death", "patients", died, end - 1)
    last = np.where(died == NEVER, end - 1, died)
    for name in DAYS:
        refuse_more(name.replace("_", " "), "patients", raw.results[name], last)
    onsets = raw.results["harm_first_day"]
    refuse_more("first day of a harm", "patients and harms", onsets, last[:, None])
    studied = calendar.is_studied(plan)
    horizon = np.full(int(studied.sum()), plan.horizon_days)
    refuse_difference("days of follow-up", "studied patients", end[studied], horizon)
    compared = f"studied patients, each followed {plan.horizon_days} days or to death"
    yield Check("results_complete", "", float(len(horizon)), compared)


def _refuse_other_patients(traits: np.ndarray, plan: Plan) -> None:
    clinics = calendar.clinic_numbers(plan)[calendar.clinic_of_patients(plan)]
    refuse_difference("clinics", "patients", traits["clinic"], clinics)
    refuse_difference("patients", "rows", traits["patient"], calendar.index_in_clinic(plan))
    refuse_difference("referral days", "patients", traits["referral_day"], plan.referral_days)
