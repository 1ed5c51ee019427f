import numpy as np
from numpy.typing import NDArray

class Draws:
    @property
    def seed(self) -> int: ...
    @property
    def draw(self) -> int: ...
    def __init__(self, seed: int, draw: int = 0) -> None: ...
    def uniform(
        self, clinic: int, patient: int, purpose: int, occurrence: int = 0, lane: int = 0
    ) -> float: ...
    def uniform_pair(
        self, clinic: int, patient: int, purpose: int, occurrence: int = 0
    ) -> tuple[float, float]: ...
    def normal(
        self, clinic: int, patient: int, purpose: int, occurrence: int = 0, lane: int = 0
    ) -> float: ...
    def fill_normals(
        self,
        out: NDArray[np.float64],
        clinic: int,
        patient: int,
        purpose: int,
        first_occurrence: int = 0,
    ) -> None: ...

def philox4x32(
    key0: int, key1: int, c0: int, c1: int, c2: int, c3: int
) -> tuple[int, int, int, int]: ...
