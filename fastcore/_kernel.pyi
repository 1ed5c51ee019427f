"""What `pathways.fastcore.kernel()` returns: the compiled engine of one instruction set."""

import numpy as np
from numpy.typing import NDArray

from pathways.plan import Plan

BUILD_STAMP: str

class Inputs:
    @property
    def calendar_days(self) -> int: ...
    @property
    def queues(self) -> bool: ...
    @property
    def clinics(self) -> NDArray[np.void]: ...
    def __init__(self, plan: Plan) -> None: ...

class Desk:
    @property
    def booking_every_days(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    def __init__(self, inputs: Inputs, clinic: int, traits: NDArray[np.void]) -> None: ...
    def advance(
        self,
        first: int,
        count: int,
        results: NDArray[np.void],
        weekly: NDArray[np.void],
        events: NDArray[np.void] | None,
        end_day: int,
        to_booking: bool,
        observations: NDArray[np.void] | None = None,
    ) -> tuple[int, int]: ...
    def book(self, day: int) -> None: ...

def patient_bytes() -> int: ...
def enrol(inputs: Inputs, traits: NDArray[np.void], states: NDArray[np.uint8]) -> None: ...
def advance(
    inputs: Inputs,
    traits: NDArray[np.void],
    states: NDArray[np.uint8],
    results: NDArray[np.void],
    weekly: NDArray[np.void],
    events: NDArray[np.void] | None,
    end_day: int,
    observations: NDArray[np.void] | None = None,
) -> tuple[int, int]: ...
