"""Write maths_vectors.csv: arguments and 25-digit values of the functions in fastcore.maths.

Needs mpmath, which the tests do not.  Run `python tests/data/make_maths_vectors.py`; on one
system it writes the same file each time.
"""

import csv
import math
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import NormalDist

import mpmath

DIGITS = 25
SMALLEST, SMALLEST_NORMAL, LARGEST = 5e-324, 2.0**-1022, math.nextafter(math.inf, 0.0)


def neighbours(*points: float) -> list[float]:
    """Each point with the binary64 numbers on either side."""
    return [
        value
        for point in points
        for value in (math.nextafter(point, -math.inf), point, math.nextafter(point, math.inf))
    ]


def exponential_points(random_source: random.Random) -> Iterable[float]:
    yield from [-708.0, 709.782712893384, 0.0, SMALLEST, -SMALLEST, 1e-17, -1e-17, 1.0, -1.0]
    for k in (-1021, -500, -3, -1, 0, 1, 2, 500, 1022):
        yield from neighbours((k + 0.5) * math.log(2.0))
    for width, count in ((1e-9, 50), (0.35, 150), (20.0, 150), (708.0, 200)):
        yield from (random_source.uniform(-width, width) for _ in range(count))


def logarithm_points(random_source: random.Random) -> Iterable[float]:
    yield from [SMALLEST, 3 * SMALLEST, LARGEST, math.nextafter(LARGEST, 0.0)]
    yield from neighbours(SMALLEST_NORMAL, 0.5, math.sqrt(0.5), 1.0, math.sqrt(2.0), 2.0, math.e)
    yield from (math.ldexp(1.0, k) for k in range(-1074, 1024, 97))
    yield from (1.0 + random_source.uniform(-1e-6, 1e-6) for _ in range(100))
    yield from (random_source.uniform(0.5, 2.0) for _ in range(200))
    yield from (math.exp(random_source.uniform(-744.0, 709.0)) for _ in range(220))


def logistic_points(random_source: random.Random) -> Iterable[float]:
    yield from [0.0, SMALLEST, -SMALLEST, -708.0, 36.0, 37.0, 40.0, 800.0, 1e300]
    for width, count in ((1e-6, 60), (1.0, 150), (6.0, 150), (40.0, 150)):
        yield from (random_source.uniform(-width, width) for _ in range(count))
    yield from (random_source.uniform(-708.0, -40.0) for _ in range(50))


def quantile_points(random_source: random.Random) -> Iterable[float]:
    yield from [SMALLEST, SMALLEST_NORMAL, 1e-300, 2.0**-53, 0.5, 1.0 - 2.0**-53]
    yield from neighbours(0.075, 0.925, math.exp(-25.0), 1.0 - math.exp(-25.0), 0.25, 0.75)
    yield from (0.5 + random_source.uniform(-1e-6, 1e-6) for _ in range(60))
    yield from (random_source.uniform(0.075, 0.925) for _ in range(200))
    yield from (math.exp(random_source.uniform(-30.0, -2.6)) for _ in range(130))
    yield from (1.0 - math.exp(random_source.uniform(-36.0, -2.6)) for _ in range(80))
    yield from (math.exp(random_source.uniform(-744.0, -30.0)) for _ in range(80))


def exact_logistic(x: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mpmath.exp(-x))


def exact_quantile(p: mpmath.mpf) -> mpmath.mpf:
    """Newton's method on the tail at hand, from the standard library's approximation."""
    side = 1 if p > 0.5 else -1
    tail = 1 - p if p > 0.5 else p
    distance = mpmath.mpf(abs(NormalDist().inv_cdf(float(p))))
    for _ in range(5):
        excess = mpmath.erfc(distance / mpmath.sqrt(2)) / 2 - tail
        distance += excess / mpmath.npdf(distance)
    return side * distance


FUNCTIONS: dict[str, tuple[Callable, Callable]] = {
    "exponential": (exponential_points, mpmath.exp),
    "logarithm": (logarithm_points, mpmath.log),
    "logistic": (logistic_points, exact_logistic),
    "normal_quantile": (quantile_points, exact_quantile),
}


def main() -> None:
    mpmath.mp.prec = 200
    random_source = random.Random(20261123)
    with Path(__file__).with_name("maths_vectors.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["function", "argument", "value"])
        for name, (points, exact) in FUNCTIONS.items():
            for x in points(random_source):
                value = mpmath.nstr(exact(mpmath.mpf(x)), DIGITS)
                writer.writerow([name, x.hex(), value])


if __name__ == "__main__":
    main()
