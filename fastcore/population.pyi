import numpy as np
from numpy.typing import NDArray

from pathways.plan import Plan

def sample_traits(
    plan: Plan, first: int = 0, count: int | None = None, clinic: int = 0
) -> NDArray[np.void]: ...
def sample_all_traits(plan: Plan) -> NDArray[np.void]: ...
def referral_days(
    seed: int, draw: int, clinic_number: int, per_day: float, calendar_days: int
) -> NDArray[np.int64]: ...
