"""Prices, and who pays for infusions."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pathways.codes import Payer
from pathways.errors import ValueProblem
from pathways.reading.fields import Flag, NonNegative, Section

BookName = Literal["us-2024-usd", "uk-2023-gbp"]
COUNTRY = {"us-2024-usd": "US", "uk-2023-gbp": "UK"}
CURRENCY = {"us-2024-usd": "USD", "uk-2023-gbp": "GBP"}


class OtherPrices(Section):
    """Prices that differ from the book's, in its currency; those left out are the book's."""

    assessment_visit: NonNegative | None = None
    """First visit."""
    follow_up_visit: NonNegative | None = None
    """Visit at which a response is judged."""
    infusion_two_hours: NonNegative | None = None
    """Infusion of two hours in a chair, with the drug."""
    infusion_four_hours: NonNegative | None = None
    """Infusion of four hours in a chair, with the drug."""
    infusion_cash_price: NonNegative | None = None
    """Session that a patient in the US pays in cash, with the drug."""
    bed_day: NonNegative | None = None
    """Infusion day in a bed."""
    ketamine_vial_500_mg: NonNegative | None = None
    """Vial of 500 mg ketamine."""
    travel_cost_per_visit: NonNegative | None = None
    """The patient's own cost of coming."""
    background_pain_care_year: NonNegative | None = None
    """A year of the care that everybody in pain has."""
    liver_test: NonNegative | None = None
    """Blood test of the liver."""
    monitoring_questionnaire: NonNegative | None = None
    """Questionnaire on bladder, memory or use of substances."""
    severe_hypertension_cost: NonNegative | None = None
    """Severe rise of blood pressure at an infusion."""
    liver_injury_workup: NonNegative | None = None
    """Work-up of a liver injury."""
    cystitis_first_year: NonNegative | None = None
    """Bladder harm, once."""
    use_disorder_year: NonNegative | None = None
    """A year with a use disorder."""
    cardiovascular_event_cost: NonNegative | None = None
    """Heart attack or stroke."""
    psychiatric_event_cost: NonNegative | None = None
    """Psychiatric episode that needs care."""
    duloxetine_year: NonNegative | None = None
    """A year of duloxetine."""
    gabapentin_year: NonNegative | None = None
    """A year of gabapentin."""
    physiotherapy_session: NonNegative | None = None
    """Session of supervised activity."""
    behavioural_session: NonNegative | None = None
    """Session of behavioural therapy."""
    interdisciplinary_programme: NonNegative | None = None
    """Whole interdisciplinary programme of the usual length."""

    def given(self) -> dict[str, float]:
        """Return the prices that are written, by their name in the evidence."""
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if getattr(self, name) is not None
        }


class PriceBook(Section):
    """Prices of everything; without them no costs are counted."""

    book: BookName
    """Prices of the evidence: US dollars of 2024 or pounds of 2023."""
    other: OtherPrices = OtherPrices()
    """Prices that differ from the book's."""

    @property
    def country(self) -> str:
        """The evidence's name of the country, ``"US"`` or ``"UK"``."""
        return COUNTRY[self.book]

    @property
    def currency(self) -> str:
        """Code of the currency, ``"USD"`` or ``"GBP"``."""
        return CURRENCY[self.book]


class Payment(Section):
    """Who pays for infusions, the drug, tests and follow-up visits."""

    payer: Literal["health_system", "patient"]
    """`health_system`, or the `patient`."""
    stops_at_budget: Flag = False
    """Whether treatment ends when the next course would exceed the patient's yearly budget."""

    @model_validator(mode="after")
    def _has_a_budget(self) -> Payment:
        if self.stops_at_budget and self.payer != "patient":
            problem = "only a patient who pays has a yearly budget"
            raise ValueProblem(problem, "`payer: patient`", within=("stops_at_budget",))
        return self

    @property
    def code(self) -> Payer:
        """The payer's number."""
        return Payer[self.payer.upper()]
