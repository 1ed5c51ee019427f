"""Ketamine in blood: a three-compartment model in closed form, tabulated for the immediate effect.

The mammillary model (central volume, two peripheral ones) has three exponential modes. Their rates
are the roots of a cubic, found by bisection between poles that separate them, and a course of
infusions is followed mode by mode, so nothing is integrated step by step. All arithmetic is
`+ - * /` on binary64 and :mod:`pathways.fastcore.maths`; NumPy only carries the grid. The rival
model with a liver is in :mod:`pathways.resolve.liver_model`; whatever has modes can be tabulated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pathways import layout
from pathways.codes import Curve
from pathways.fastcore.maths import exponential, exponential_array, logarithm

NG_PER_ML_IN_MG_PER_L = 1000.0
HOURS_PER_DAY = 24.0
ALLOMETRIC_EXPONENT = 0.75
GRID_SPREAD_SD = 3.0
BISECTIONS = 100
# A trace left by earlier days is dropped below this, ng/mL: it could only become denormal.
CARRY_FLOOR = 1e-12
# Panels are short where the fast mode still moves.
PANEL_EDGES_HOURS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
# Gauss and Legendre, five points on (-1, 1): node and weight.
GAUSS_LEGENDRE = (
    (-0.9061798459386640, 0.2369268850561891),
    (-0.5384693101056831, 0.4786286704993665),
    (0.0, 0.5688888888888889),
    (0.5384693101056831, 0.4786286704993665),
    (0.9061798459386640, 0.2369268850561891),
)

Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Compartments:
    """Volumes and flows of the three-compartment model for 70 kg.

    Attributes
    ----------
    central_volume, peripheral_volume_2, peripheral_volume_3 : float
        L, proportional to body weight.
    flow_2, flow_3 : float
        Intercompartmental clearances, L/h.
    is_allometric : bool
        Whether flows scale with (weight / 70 kg) ** 0.75.
    """

    central_volume: float
    flow_2: float
    peripheral_volume_2: float
    flow_3: float
    peripheral_volume_3: float
    is_allometric: bool = True

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "is_allometric" and not 0.0 < value < float("inf"):
                raise ValueError(f"{name}: got {value!r}; allowed: above 0")

    def modes(self, clearance: Grid, weight_kg: Grid) -> Modes:
        """Solve the model; see :func:`modes`."""
        return modes(clearance, weight_kg, self)


class Modes(NamedTuple):
    """Exponential modes on the grid, shape (modes, n).

    `rates` in 1/h; `gains` in (ng/mL) per (mg/h): the concentration a mode adds in the end at a
    constant infusion rate.
    """

    rates: Grid
    gains: Grid


class KineticModel(Protocol):
    """A linear model of ketamine in blood."""

    def modes(self, clearance: Grid, weight_kg: Grid) -> Modes:
        """Solve it for patients of given clearance (L/h) and weight (kg), shape (n,)."""


class CurveGrid(NamedTuple):
    """First value and spacing of the clearances (L/h) and weights (kg) of the tables."""

    clearance_low: float
    clearance_step: float
    weight_low: float
    weight_step: float

    def clearances(self) -> list[float]:
        """Return the 9 clearances, L/h."""
        return [self.clearance_low + i * self.clearance_step for i in range(layout.CURVE_GRID)]

    def weights(self) -> list[float]:
        """Return the 9 weights, kg."""
        return [self.weight_low + i * self.weight_step for i in range(layout.CURVE_GRID)]


@dataclass(frozen=True)
class InfusionDay:
    """One day of a course.

    Attributes
    ----------
    gap_days : int
        Days since the infusion day before; ignored on the first.
    dose : float
        mg, or mg/kg.
    hours : float
        Duration, above 0 and up to 24 h.
    """

    gap_days: int
    dose: float
    hours: float

    def __post_init__(self) -> None:
        if not 0.0 < self.hours <= HOURS_PER_DAY:
            raise ValueError(f"hours: got {self.hours!r}; allowed: above 0, up to 24")
        if not 0.0 < self.dose < float("inf"):
            raise ValueError(f"dose: got {self.dose!r}; allowed: above 0")


def curve_grid(population: np.void) -> CurveGrid:
    """Choose grid limits that cover the population.

    Both axes span three standard deviations (on the log scale) to either side of the median patient
    of the population, which leaves out about 3 patients in 1,000; those are read at the edge.
    Weight is also kept within the population's own limits.

    Parameters
    ----------
    population : numpy.void
        One record of ``layout.POPULATION``.

    Returns
    -------
    CurveGrid
    """
    mu, sigma = float(population["weight_mu"]), float(population["weight_sigma"])
    lightest = max(exponential(mu - GRID_SPREAD_SD * sigma), float(population["weight_low_kg"]))
    heaviest = min(exponential(mu + GRID_SPREAD_SD * sigma), float(population["weight_high_kg"]))
    log_median, log_sd = _log_clearance(population)
    lowest = exponential(log_median - GRID_SPREAD_SD * log_sd)
    highest = exponential(log_median + GRID_SPREAD_SD * log_sd)
    return CurveGrid(lowest, _spacing(lowest, highest), lightest, _spacing(lightest, heaviest))


def _log_clearance(population: np.void) -> tuple[float, float]:
    """Return median and SD of log clearance between patients."""
    log_sd = float(population["clearance_log_sd"])
    log_median = logarithm(float(population["clearance_per_70_kg"]))
    if not population["clearance_allometric"]:
        return log_median, log_sd
    by_weight = ALLOMETRIC_EXPONENT * float(population["weight_sigma"])
    shift = ALLOMETRIC_EXPONENT * (float(population["weight_mu"]) - logarithm(70.0))
    return log_median + shift, float(np.sqrt(log_sd * log_sd + by_weight * by_weight))


def _spacing(low: float, high: float) -> float:
    # A population without spread still needs a grid that can be divided by its spacing.
    return (high - low) / (layout.CURVE_GRID - 1) if high > low else 1.0


def modes(clearance: Grid, weight_kg: Grid, compartments: Compartments) -> Modes:
    """Solve the model for patients of given clearance and weight.

    Parameters
    ----------
    clearance, weight_kg : numpy.ndarray
        L/h and kg, shape (n,).
    compartments : Compartments

    Returns
    -------
    Modes
        Fastest first.
    """
    size = weight_kg / 70.0
    flow = three_quarter_power(size) if compartments.is_allometric else np.ones_like(size)
    central = compartments.central_volume * size
    k10 = clearance / central
    k12 = compartments.flow_2 * flow / central
    k13 = compartments.flow_3 * flow / central
    k21 = compartments.flow_2 * flow / (compartments.peripheral_volume_2 * size)
    k31 = compartments.flow_3 * flow / (compartments.peripheral_volume_3 * size)
    rates = _rates(k10, k12, k13, k21, k31)
    return Modes(rates, NG_PER_ML_IN_MG_PER_L * _shares(rates, k21, k31) / (rates * central))


def three_quarter_power(size: Grid) -> Grid:
    """Return sizes to the power 0.75, shape (n,)."""
    return np.array([exponential(ALLOMETRIC_EXPONENT * logarithm(float(x))) for x in size])


def _rates(k10: Grid, k12: Grid, k13: Grid, k21: Grid, k31: Grid) -> Grid:
    """Return the roots of the characteristic cubic; k21 and k31 separate them."""
    out = k10 + k12 + k13
    second, third = k12 * k21, k13 * k31

    def rising(x: Grid) -> Grid:
        to_k21, to_k31 = x - k21, x - k31
        cubic = (x - out) * to_k21 * to_k31 - second * to_k31 - third * to_k21
        cubic[1] = 0.0 - cubic[1]  # through its middle root it falls
        return cubic

    lower, upper = np.where(k21 < k31, k21, k31), np.where(k21 < k31, k31, k21)
    low = np.stack([upper, lower, np.zeros_like(lower)])
    return bisect(rising, low, np.stack([out + k21 + k31, upper, lower]))


def bisect(rising: Callable[[Grid], Grid], low: Grid, high: Grid) -> Grid:
    """Return the roots of a function that is below zero at `low` and not below it at `high`."""
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        is_below = rising(middle) < 0.0
        # Between neighbouring numbers nothing moves any more.
        is_settled = ((middle == low) | (middle == high)).all()
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        if is_settled:
            break
    return 0.5 * (low + high)


def _shares(rates: Grid, k21: Grid, k31: Grid) -> Grid:
    """Return the share of each mode in the central volume after a bolus; they add up to 1."""
    fast, middle, slow = rates
    return np.stack(
        [
            (fast - k21) * (fast - k31) / ((fast - middle) * (fast - slow)),
            (middle - k21) * (k31 - middle) / ((fast - middle) * (middle - slow)),
            (k21 - slow) * (k31 - slow) / ((fast - slow) * (middle - slow)),
        ]
    )


def advance(state: Grid, hours: float, rate: Grid | float, of: Modes) -> Grid:
    """Return the modes' concentrations after some hours of a constant infusion.

    Parameters
    ----------
    state : numpy.ndarray
        ng/mL, shape (modes, n): what each mode adds to the concentration now.
    hours : float
    rate : float or numpy.ndarray
        mg/h, shape (n,) if not alike for all; 0 without infusion.
    of : Modes

    Returns
    -------
    numpy.ndarray
        ng/mL, shape (modes, n).
    """
    remaining = _exponentials(0.0 - of.rates * hours)
    return state * remaining + rate * of.gains * (1.0 - remaining)


def concentration(state: Grid) -> Grid:
    """Return the concentration in ng/mL that the modes add up to, shape (n,)."""
    total = state[0]
    for mode in state[1:]:
        total = total + mode
    return total


def _exponentials(x: Grid) -> Grid:
    flat = np.ascontiguousarray(x).ravel()
    result = np.empty_like(flat)
    exponential_array(flat, result)
    return result.reshape(x.shape)


def course_rows(
    days: list[InfusionDay], weight_kg: Grid, is_per_kg: bool, effect, of: Modes
) -> Grid:
    """Follow one course and return its rows of the table.

    Parameters
    ----------
    days : list of InfusionDay
    weight_kg : numpy.ndarray
        kg, shape (n,).
    is_per_kg : bool
        Whether doses are mg/kg.
    effect : callable
        From concentrations (ng/mL, arrays) to the fraction of pain relieved.
    of : Modes

    Returns
    -------
    numpy.ndarray
        Shape (days, CURVE_ROWS, n): concentrations per mg of the day's dose, what earlier days
        left behind included, and the mean effect over 24 h from the start of the infusion.
    """
    state, decays, rows = np.zeros_like(of.rates), _Decays(of), []
    for day, next_day in zip(days, [*days[1:], None], strict=True):
        dose_mg = day.dose * (weight_kg if is_per_kg else np.ones_like(weight_kg))
        rows.append(_day_rows(state, day.hours, dose_mg, effect, decays))
        if next_day is not None:
            state = advance(state, day.hours, dose_mg / day.hours, of)
            if next_day.gap_days < 1:
                raise ValueError(f"gap_days: got {next_day.gap_days}; allowed: 1 or more")
            rest_hours = HOURS_PER_DAY * next_day.gap_days - day.hours
            state = advance(state, rest_hours, 0.0, of)
            state = np.where(state < CARRY_FLOOR, 0.0, state)
    return np.stack(rows)


def _day_rows(state: Grid, hours: float, dose_mg: Grid, effect, decays: _Decays) -> Grid:
    rate = dose_mg / hours
    at_end = advance(state, hours, rate, decays.of)
    end = concentration(at_end)
    during = decays.concentrations(state, rate, _nodes(hours).hours)
    after = decays.concentrations(at_end, 0.0, _nodes(HOURS_PER_DAY - hours).hours)
    one_hour, four_hours = decays.concentrations(at_end, 0.0, (1.0, 4.0))
    highest = np.maximum(during.max(axis=0), concentration(state))
    rows = np.empty((layout.CURVE_ROWS, len(dose_mg)))
    rows[Curve.PEAK] = np.where(highest > end, highest, end) / dose_mg
    rows[Curve.END] = end / dose_mg
    rows[Curve.ONE_HOUR] = one_hour / dose_mg
    rows[Curve.FOUR_HOURS] = four_hours / dose_mg
    whole = _integral(effect(during), hours) + _integral(effect(after), HOURS_PER_DAY - hours)
    rows[Curve.MEAN_EFFECT] = whole / HOURS_PER_DAY
    return rows


class _Nodes(NamedTuple):
    """Where a function of time is read to integrate it, hours, and the weight of each value."""

    hours: tuple[float, ...]
    weights: tuple[float, ...]


@functools.lru_cache(maxsize=256)
def _nodes(hours: float) -> _Nodes:
    edges = [0.0, *[edge for edge in PANEL_EDGES_HOURS if edge < hours], hours]
    places, weights = [], []
    for start, stop in zip(edges, edges[1:], strict=False):
        half = 0.5 * (stop - start)
        places += [start + half * (1.0 + node) for node, _ in GAUSS_LEGENDRE]
        weights += [half * weight for _, weight in GAUSS_LEGENDRE]
    return _Nodes(tuple(places), tuple(weights))


def _integral(values: Grid, hours: float) -> Grid:
    """Integrate over the first hours what was read at :func:`_nodes`, in their order."""
    total = np.zeros_like(values[0])
    for weight, value in zip(_nodes(hours).weights, values, strict=True):
        total += weight * value
    return total


class _Decays:
    """What is left of each mode after some hours, worked out once for each set of times."""

    def __init__(self, of: Modes) -> None:
        self.of = of
        self._known: dict[tuple[float, ...], Grid] = {}

    def concentrations(self, state: Grid, rate: Grid | float, hours: tuple[float, ...]) -> Grid:
        """Return the concentrations after each of some times at one infusion rate, shape (k, n)."""
        remaining = self._known.get(hours)
        if remaining is None:
            times = np.array(hours)[:, None, None]
            remaining = self._known[hours] = _exponentials(0.0 - self.of.rates * times)
        states = state * remaining + rate * self.of.gains * (1.0 - remaining)
        return concentration(states.swapaxes(0, 1))


def build_curves(rule_set: np.void, model: KineticModel) -> NDArray[np.float64]:
    """Tabulate the immediate effect of every course day of a rule set's regimens.

    Parameters
    ----------
    rule_set : numpy.void
        One record of ``layout.PARAMETERS``; its regimens (those with days), potency, immediate
        effect and grid limits are used.
    model : KineticModel
        :class:`Compartments` or :class:`pathways.resolve.liver_model.LiverModel`.

    Returns
    -------
    numpy.ndarray
        float64, shape (MAX_LADDER_STEPS, MAX_COURSE_DAYS, CURVE_ROWS, CURVE_GRID, CURVE_GRID), last
        axes clearance and weight: concentrations in ng/mL of what is given per mg of the day's
        nominal dose, and the mean effect over 24 h at that dose. Zero for sham steps and unused
        entries.

    Raises
    ------
    ValueError
        If a day that is not a sham has no dose, or lasts longer than 24 h or no time at all.
    """
    grid = CurveGrid(*(float(rule_set[f"curve_{name}"]) for name in CurveGrid._fields))
    size = layout.CURVE_GRID
    weight_kg, solved = _solved(grid, model)
    shape = (layout.MAX_LADDER_STEPS, layout.MAX_COURSE_DAYS, layout.CURVE_ROWS)
    table = np.zeros((*shape, size, size))
    for step in range(layout.MAX_LADDER_STEPS):
        days = [] if rule_set["step_sham"][step] else infusion_days(rule_set, step)
        if days:
            is_per_kg = bool(rule_set["step_per_kg"][step])
            effect = _effect_of(rule_set, step)
            rows = course_rows(days, weight_kg, is_per_kg, effect, solved)
            table[step, : len(days)] = rows.reshape(len(days), layout.CURVE_ROWS, size, size)
    return table


@functools.lru_cache(maxsize=16)
def _solved(grid: CurveGrid, model: KineticModel) -> tuple[Grid, Modes]:
    """Return the weights of the grid's points and their modes; the same for all rule sets."""
    size = layout.CURVE_GRID
    clearance = np.repeat(np.array(grid.clearances()), size)
    weight_kg = np.tile(np.array(grid.weights()), size)
    found = model.modes(clearance, weight_kg)
    for array in (weight_kg, *found):
        array.flags.writeable = False
    return weight_kg, found


def infusion_days(rule_set: np.void, step: int) -> list[InfusionDay]:
    """Return the days of a ladder step's course, from a record of ``layout.PARAMETERS``."""
    first = step * layout.MAX_COURSE_DAYS
    places = range(first, first + int(rule_set["step_days"][step]))
    return [
        InfusionDay(
            int(rule_set["step_gap_days"][place]),
            float(rule_set["step_dose"][place]),
            float(rule_set["step_hours"][place]),
        )
        for place in places
    ]


def _effect_of(rule_set: np.void, step: int):
    """Return the immediate effect as a function of the concentration of what is given."""
    s_factor = 1.0 if rule_set["step_s_ketamine"][step] else float(rule_set["potency"])
    emax, c50 = float(rule_set["immediate_emax"]), float(rule_set["immediate_c50"])

    def effect(given: Grid) -> Grid:
        s_equivalents = given * s_factor
        return emax * s_equivalents / (c50 + s_equivalents)

    return effect
