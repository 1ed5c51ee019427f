"""Prices as the engines read them, in the currency of the scenario's price book.

Stated prices of infusions include the drug, which is counted apart here, so one vial is taken off
them. Who pays in the US pays the cash price of a session; no cash price is stated for the UK.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pathways import layout
from pathways.codes import AcuteHarm, ChronicHarm, Payer
from pathways.resolve.harms import DAYS_PER_YEAR

if TYPE_CHECKING:
    from pathways.resolve.inputs import EvidenceValues
    from pathways.scenario.money import PriceBook
    from pathways.scenario.policy import Policy
    from pathways.scenario.programme import Therapy
    from pathways.scenario.regimen import Regimen

VIAL_MG = 500.0
"""Content of the vial that the book prices."""
SHORT_HOURS, LONG_HOURS, FIRST_HOUR = 2.0, 4.0, 1.0
"""Lengths of the infusions that the book prices; the first hour is charged whole."""
SESSIONS = {"activity": "physiotherapy_session", "behavioural": "behavioural_session"}
MEDICINES = {"duloxetine": "duloxetine_year", "gabapentinoid": "gabapentin_year"}

Fields = dict[str, Any]


def price_fields(policy: Policy, values: EvidenceValues, book: PriceBook | None) -> Fields:
    """Return all prices of one policy; without a price book nothing costs anything.

    Parameters
    ----------
    policy : Policy
    values : EvidenceValues
    book : PriceBook or None

    Returns
    -------
    dict
        By field of ``layout.PARAMETERS``.
    """
    # The content is a divisor even where a vial costs nothing.
    fields: Fields = {"vial_content_mg": VIAL_MG}
    if book is None:
        return fields
    prices = CountryPrices(values, book.country, book.other.given())
    payment = policy.payment
    fields |= {
        "infusion_payer": Payer.HEALTH_SYSTEM if payment is None else payment.code,
        "budget_limits": int(payment is not None and payment.stops_at_budget),
        "price_assessment": prices["assessment_visit"],
        "price_background_per_day": prices["background_pain_care_year"] / DAYS_PER_YEAR,
        "price_travel": prices.get("travel_cost_per_visit"),
    }
    fields |= _harms(prices) | _therapies(policy, prices) | _elsewhere(policy, prices)
    if policy.treatment == "ketamine":
        fields |= _infusions(policy, prices) | _tests(policy, prices)
    return fields


def yearly_budget(values: EvidenceValues) -> dict[str, float]:
    """Return the fields of ``layout.POPULATION`` on what patients can pay in a year."""
    budgets = values.get("yearly_treatment_budget", None)
    if budgets is None:
        return {}
    return {
        "yearly_budget_median": budgets[values.structure.country],
        "yearly_budget_log_sd": values.spreads["yearly_treatment_budget"].width,
    }


class CountryPrices:
    """Prices of one country by the name of the parameter; `other` ones are the scenario's own."""

    def __init__(
        self, values: EvidenceValues, country: str, other: Mapping[str, float] | None = None
    ) -> None:
        self.values = values
        self.country = country
        self.other = other or {}

    def __getitem__(self, name: str) -> float:
        stated = float(self.values[name][self.country])
        return self.other.get(name, stated)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str) -> float:
        """Return a price, or 0 where the run does not use it."""
        return self[name] if name in self else 0.0


def _infusions(policy: Policy, prices: CountryPrices) -> Fields:
    pays_cash = (
        policy.payment is not None
        and policy.payment.code is Payer.PATIENT
        and "infusion_cash_price" in prices
        and prices.country in prices.values["infusion_cash_price"]
    )
    by_day = [0.0] * (layout.MAX_LADDER_STEPS * layout.MAX_COURSE_DAYS)
    for index, regimen in enumerate(policy.regimens):
        first = index * layout.MAX_COURSE_DAYS
        for day, hours in enumerate(regimen.hours_by_day()):
            by_day[first + day] = price_of_day(regimen, hours, prices, pays_cash)
    return {
        "price_infusion": by_day,
        "price_vial": prices["ketamine_vial_500_mg"],
        "price_follow_up": prices["follow_up_visit"],
    }


def _elsewhere(policy: Policy, prices: CountryPrices) -> Fields:
    """Return the price of an infusion that patients buy elsewhere, with the drug."""
    option = policy.outside_option
    if option is None:
        return {}
    if option.price is not None:
        return {"price_outside": option.price}
    if prices.country == "US":
        return {"price_outside": prices["infusion_cash_price"]}
    return {"price_outside": _by_hours(option.regimen.duration, prices)}


def price_of_day(
    regimen: Regimen, hours: float, prices: CountryPrices, pays_cash: bool = False
) -> float:
    """Return the price of one infusion day without the drug.

    In a bed a day is a bed-day, which holds no drug. In a chair the two stated lengths give a price
    for each further hour.
    """
    if regimen.setting == "bed":
        return prices["bed_day"]
    price = prices["infusion_cash_price"] if pays_cash else _by_hours(hours, prices)
    without_drug = price - prices["ketamine_vial_500_mg"]
    return without_drug if without_drug > 0.0 else 0.0


def _by_hours(hours: float, prices: CountryPrices) -> float:
    charged = hours if hours > FIRST_HOUR else FIRST_HOUR
    short, long = prices["infusion_two_hours"], prices["infusion_four_hours"]
    return short + (charged - SHORT_HOURS) * (long - short) / (LONG_HOURS - SHORT_HOURS)


def _tests(policy: Policy, prices: CountryPrices) -> Fields:
    if policy.monitoring is None:
        return {}
    names = [
        "liver_test" if t.name == "liver_function" else "monitoring_questionnaire"
        for t in policy.monitoring.tests
    ]
    return {"price_test": [prices[name] for name in names]}


def _harms(prices: CountryPrices) -> Fields:
    """Return what harms cost: once at onset or detection, or per day while they last.

    Admissions for liver injury are not counted, as their share is not stated; cognitive complaints
    cost nothing.
    """
    acute = [0.0] * layout.ACUTE_HARMS
    onset, detected, per_day = ([0.0] * layout.CHRONIC_HARMS for _ in range(3))
    acute[AcuteHarm.SEVERE_HYPERTENSION] = prices.get("severe_hypertension_cost")
    onset[ChronicHarm.CARDIOVASCULAR_EVENT] = prices.get("cardiovascular_event_cost")
    onset[ChronicHarm.PSYCHIATRIC_EVENT] = prices.get("psychiatric_event_cost")
    detected[ChronicHarm.LIVER_INJURY] = prices.get("liver_injury_workup")
    detected[ChronicHarm.CYSTITIS] = prices.get("cystitis_first_year")
    per_day[ChronicHarm.USE_DISORDER] = prices.get("use_disorder_year") / DAYS_PER_YEAR
    return {
        "price_acute": acute,
        "price_harm_onset": onset,
        "price_harm_detected": detected,
        "price_harm_per_day": per_day,
    }


def _therapies(policy: Policy, prices: CountryPrices) -> Fields:
    if policy.programme is None:
        return {}
    therapies = policy.programme.therapies
    return {
        "price_session": [_session(therapy, prices) for therapy in therapies],
        "price_medication_per_day": [
            0.0 if one.medicine is None else prices[MEDICINES[one.medicine]] / DAYS_PER_YEAR
            for one in therapies
        ],
    }


def _session(therapy: Therapy, prices: CountryPrices) -> float:
    if therapy.family in ("user_defined", "medication"):
        return therapy.price_per_session or 0.0
    if therapy.family in SESSIONS:
        return prices[SESSIONS[therapy.family]]
    # The book prices the usual programme as a whole.
    days = prices.values["therapy_sessions"]["interdisciplinary"]
    return prices["interdisciplinary_programme"] / days
