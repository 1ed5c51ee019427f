"""The clinic: what it counts each week, and where booking will happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesa import Agent

from pathways.codes import State
from pathways.layout import WEEKLY

if TYPE_CHECKING:
    import numpy

    from pathways.model.model import PathwayModel


class WeekRow:
    """Sums over the patients of one calendar week, in whole numbers so that order cannot show.

    Attributes
    ----------
    in_state : list of int
        Living patients in each state at the end of the week.
    pain_sum_e6, pain_without_drug_sum_e6, expectation_sum_e6 : int
        Over the living at the end of the week, 1e-6 NRS.
    infusions, first_infusions, exits, deaths : int
    racemic_equivalent_mg_e3 : int
        Dose of the week, 1e-3 mg of the racemate.
    """

    def __init__(self) -> None:
        self.in_state = [0] * len(State)
        self.pain_sum_e6 = self.pain_without_drug_sum_e6 = self.expectation_sum_e6 = 0
        self.infusions = self.first_infusions = self.exits = self.deaths = 0
        self.racemic_equivalent_mg_e3 = 0


class ClinicAgent(Agent):
    """One clinic with unlimited resources.

    Attributes
    ----------
    rows : list of WeekRow
        One for each calendar week so far.
    row : WeekRow
        The present week.
    """

    def __init__(self, model: PathwayModel) -> None:
        super().__init__(model)
        self.rows: list[WeekRow] = []
        self.row: WeekRow

    def open_week(self) -> None:
        """Start a new row."""
        self.row = WeekRow()
        self.rows.append(self.row)

    def book(self) -> None:
        """Give out slots (step 7 of the day): nothing to do while resources are unlimited."""

    def weekly(self) -> numpy.ndarray:
        """Return the rows as records of ``layout.WEEKLY``."""
        import numpy

        from pathways.layout import numpy_dtype

        weekly = numpy.zeros(len(self.rows), numpy_dtype(WEEKLY))
        for field in WEEKLY:
            weekly[field.name] = [getattr(row, field.name) for row in self.rows]
        return weekly
