"""What the figures need of a comparison, light enough to be handed to another process."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pathways.plan import RawResult

if TYPE_CHECKING:
    import pandas

    from pathways.comparison import Comparison
    from pathways.simulation import Result

COLUMNS = (
    "studied",
    "state",
    "exit_reason",
    "first_infusion_day",
    "infusions",
    "ketamine_mg",
    "outside_mg",
    "enrolment_score",
)
"""Of the patients, those that any figure reads."""

NOTHING = np.empty(0)


def parcel(comparison: Comparison) -> Comparison:
    """Return a copy of a comparison with what is drawn and little else.

    Patients have :data:`COLUMNS` alone, results of engines are gone. What is drawn from it is the
    same, to the byte, as what is drawn from the comparison.
    """
    light = copy.copy(comparison)
    light.results = {name: _light(result) for name, result in comparison.results.items()}
    light.__dict__["differences"] = comparison.differences
    return light


def _patients(result: Result) -> pandas.DataFrame:
    if "patients" in vars(result):
        return result.patients[list(COLUMNS)]
    from pathways.outcomes.frames import frame

    return frame(result.tables["patients"].select(list(COLUMNS)))


def _light(result: Result) -> Result:
    light = copy.copy(result)
    light.__dict__.clear()
    days = result.raw.traits["referral_day"]
    traits = np.empty(len(days), [("referral_day", days.dtype)])
    traits["referral_day"] = days
    light.__dict__ |= {
        "plan": replace(result.plan, curves=NOTHING, referral_days=NOTHING),
        "raw": RawResult(traits, NOTHING, NOTHING, None),
        "weekly": result.weekly,
        "patients": _patients(result),
        "summary_rows": result.summary_rows,
    }
    return light
