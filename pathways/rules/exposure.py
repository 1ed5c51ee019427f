"""How much ketamine a patient has had lately, and how an excess hazard depends on it."""

from __future__ import annotations

from pathways.codes import ChronicHarm, Link, Metric
from pathways.fastcore.maths import exponential
from pathways.layout import EXPOSURE_WEEKS, HARM_KNOTS
from pathways.rules.rule_set import RuleSet


class ExposureWeek:
    """Ketamine of one calendar week.

    Attributes
    ----------
    week : int
        Calendar week, -1 none.
    mg : float
        Racemic equivalents.
    hours, days : float
        Hours infused; infusion days.
    """

    __slots__ = ("days", "hours", "mg", "week")

    def __init__(self, week: int) -> None:
        self.week = week
        self.mg = self.hours = self.days = 0.0


FOREVER = 1 << 62
TRAILING = {
    Metric.TRAILING_MG: "mg",
    Metric.TRAILING_DAYS: "days",
    Metric.TRAILING_HOURS: "hours",
}


class Exposure:
    """The calendar weeks with ketamine, written by each infusion and read on Mondays."""

    def have_no_exposure(self) -> None:
        """Have had no ketamine."""
        self.exposure: list[ExposureWeek] = []
        self.peak_highest = 0.0
        self.last_exposure_day = self.last_exposure_week = -1

    def record_exposure(self, racemic_mg: float, hours: float, peak_racemic: float) -> None:
        """Add today's infusion, here or elsewhere, to its calendar week.

        Nothing given is no exposure, but an infusion.
        """
        self.last_exposure_day = self.day
        self.hazards_due_week = self.model.week
        if racemic_mg == 0.0:
            return
        entry = self.exposure_of_this_week()
        entry.mg += racemic_mg
        entry.hours += hours
        entry.days += 1.0
        if peak_racemic > self.peak_highest:
            self.peak_highest = peak_racemic

    def exposure_of_this_week(self) -> ExposureWeek:
        """Return the record of this calendar week; those too old to count are dropped."""
        week = self.model.week
        if self.last_exposure_week != week:
            self.last_exposure_week = week
            recent = [entry for entry in self.exposure if entry.week > week - EXPOSURE_WEEKS]
            self.exposure = [*recent, ExposureWeek(week)]
        return self.exposure[-1]

    def window_sum(self, quantity: str, weeks: int) -> float:
        """Return the exposure of the last whole calendar weeks before this one.

        Parameters
        ----------
        quantity : str
            ``mg``, ``hours`` or ``days``.
        weeks : int
            Length of the window.
        """
        total = 0.0
        this_week = self.model.week
        for entry in self.exposure:
            if this_week - weeks <= entry.week < this_week:
                total += getattr(entry, quantity)
        return total

    def exposure_holds_until(self, harm: ChronicHarm) -> int:
        """Return the first week in which today's metric may be another without new ketamine.

        A window loses its oldest week, a peak counts for a week, a lifetime is never over.
        """
        rules, this_week = self.rules, self.model.week
        metric = rules.harm_metric[harm]
        if metric == Metric.PEAK:
            return this_week + 1 if self.day - self.last_exposure_day <= 7 else FOREVER
        if metric == Metric.LIFETIME_MG:
            return FOREVER
        weeks = rules.harm_window_weeks[harm]
        inside = (entry.week for entry in self.exposure if entry.week >= this_week - weeks)
        return next(inside, FOREVER) + weeks + 1

    def lifetime_racemic_mg(self) -> float:
        """Return all ketamine so far, here and elsewhere, mg of the racemate."""
        return self.racemic_equivalents_given() + self.outside_mg

    def exposure_metric(self, harm: ChronicHarm) -> float:
        """Return what the excess hazard of a harm depends on, in the metric's unit."""
        metric = self.rules.harm_metric[harm]
        if metric == Metric.LIFETIME_MG:
            return self.lifetime_racemic_mg()
        if metric == Metric.PEAK:
            last_day = self.last_exposure_day
            return self.peak_highest if last_day >= 0 and self.day - last_day <= 7 else 0.0
        return self.window_sum(TRAILING[metric], self.rules.harm_window_weeks[harm])


def excess_link(rules: RuleSet, harm: ChronicHarm, x: float) -> float:
    """Return by how much the excess hazard at metric `x` exceeds its base; nothing at 0."""
    if x == 0.0:
        return 0.0
    link = rules.harm_link[harm]
    if link == Link.LOG_LINEAR:
        return exponential(rules.harm_slope[harm] * x)
    if link == Link.LINEAR:
        return rules.harm_slope[harm] * x
    if link == Link.THRESHOLD:
        return 1.0 if x >= rules.harm_threshold[harm] else 0.0
    if link == Link.TABLE:
        first = HARM_KNOTS * harm
        knots = slice(first, first + HARM_KNOTS)
        return piecewise_linear(rules.harm_table_x[knots], rules.harm_table_y[knots], x)
    return 0.0


def piecewise_linear(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    """Return the value at `x` of the line through the knots, flat outside."""
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    i = next(i for i in range(HARM_KNOTS - 1) if x < xs[i + 1])
    return ys[i] + (x - xs[i]) * (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i])
