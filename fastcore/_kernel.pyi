"""What `pathways.fastcore.kernel()` returns: the compiled engine of one instruction set."""

import numpy as np
from numpy.typing import NDArray

from pathways.plan import Plan

BUILD_STAMP: str

class Inputs:
    @property
    def horizon_days(self) -> int: ...
    def __init__(self, plan: Plan) -> None: ...

def patient_bytes() -> int: ...
def enrol(inputs: Inputs, traits: NDArray[np.void], states: NDArray[np.uint8]) -> None: ...
def advance(
    inputs: Inputs,
    traits: NDArray[np.void],
    states: NDArray[np.uint8],
    weekly: NDArray[np.void],
    events: NDArray[np.void] | None,
    first_day: int,
    end_day: int,
) -> tuple[int, int]: ...
def finish(
    inputs: Inputs,
    traits: NDArray[np.void],
    states: NDArray[np.uint8],
    results: NDArray[np.void],
) -> None: ...
