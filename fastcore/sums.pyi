import numpy as np
from numpy.typing import NDArray

def fixed_point_sum(
    values: NDArray[np.float64], scale: int, mask: NDArray[np.bool_] | None = None
) -> int: ...
def squared_deviations(
    values: NDArray[np.float64], centre: float, mask: NDArray[np.bool_] | None = None
) -> float: ...
