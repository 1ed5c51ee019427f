import numpy as np
from numpy.typing import NDArray

from pathways.plan import Plan

def sample_traits(
    plan: Plan, first_patient: int = 0, count: int | None = None
) -> NDArray[np.void]: ...
