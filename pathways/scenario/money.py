"""Prices, and who pays for infusions."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pathways.codes import Payer
from pathways.errors import ValueProblem
from pathways.reading.fields import Flag, Section

BookName = Literal["us-2024-usd", "uk-2023-gbp"]
COUNTRY = {"us-2024-usd": "US", "uk-2023-gbp": "UK"}
CURRENCY = {"us-2024-usd": "USD", "uk-2023-gbp": "GBP"}


class PriceBook(Section):
    """Prices of everything; without them no costs are counted."""

    book: BookName
    """Prices of the evidence: US dollars of 2024 or pounds of 2023."""

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
