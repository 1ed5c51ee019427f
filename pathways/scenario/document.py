"""A scenario file: the policy and the world it is tried in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import core_schema

from pathways.codes import Condition
from pathways.errors import ValueProblem
from pathways.layout import MAX_RULE_SETS
from pathways.reading.fields import (
    Identifier,
    Items,
    Line,
    Probability,
    Quantity,
    Section,
    Text,
)
from pathways.scenario.clinics import MOST_CLINICS, Clinic, refuse_contradicting_clinics
from pathways.scenario.harms import HarmModel
from pathways.scenario.money import PriceBook
from pathways.scenario.policy import Policy
from pathways.scenario.referrals import Referrals
from pathways.scenario.shared import placed, refuse_finer_step
from pathways.scenario.structure import Structure

LONGEST_HORIZON_YEARS = 60
NOTHING_TO_PAY = "nothing can be paid without prices"
PRICE_BOOKS = "`prices: {book: us-2024-usd}` or `{book: uk-2023-gbp}`"


class AnyForm:
    """A value whose unit is known only by its name: kept as written, read by the resolver."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Accept whatever was written."""
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Describe the three forms of a parameter."""
        return {
            "description": "a quantity in the parameter's unit, `{evidence: ID}` or "
            "`{distribution: {...}}`"
        }


Override = Annotated[Any, AnyForm()]


class ConditionMix(Section):
    """Shares of conditions among referrals; together 1."""

    spinal_cord_injury: Probability = 0.0
    """Spinal cord injury pain."""
    crps: Probability = 0.0
    """Complex regional pain syndrome."""
    other_neuropathic: Probability = 0.0
    """Other neuropathic pain."""
    fibromyalgia: Probability = 0.0
    """Fibromyalgia and other nociplastic pain."""

    @model_validator(mode="after")
    def _together_one(self) -> ConditionMix:
        total = 0.0
        for share in self.shares():
            total += share
        if abs(total - 1.0) > 1e-9:
            problem = f"the shares of the conditions sum to {total:g}"
            raise ValueProblem(problem, "shares that sum to 1; those left out are 0")
        return self

    def shares(self) -> list[float]:
        """Return the shares in the order of ``Condition``."""
        return [getattr(self, condition.name.lower()) for condition in Condition]


class PopulationSection(Section):
    """Who is referred."""

    conditions: ConditionMix | None = None
    """Mix of conditions; default from the evidence."""
    enrolment_threshold: Annotated[float, Quantity(None, minimum=0, maximum=9)] | None = None
    """Lowest mean observed score at referral, in steps of 0.1; default from the evidence."""

    @model_validator(mode="after")
    def _in_tenths(self) -> PopulationSection:
        refuse_finer_step(self.enrolment_threshold, 10, "enrolment_threshold")
        return self


class Discounting(Section):
    """Yearly discount rates."""

    effects: Annotated[float, Quantity("percent", minimum=0, maximum=20)] = 3.5
    """QALYs."""
    costs: Annotated[float, Quantity("percent", minimum=0, maximum=20)] = 3.5
    """Costs."""


Clinics = Annotated[Items[Clinic], Field(min_length=1, max_length=MOST_CLINICS)]


class Change(Section):
    """A dated change: from that calendar day what is written replaces what was in force."""

    from_day: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=36500)]
    """Calendar day on which it starts, such as `365 d`."""
    policy: Policy
    """The policy from then on; only what changes needs to be written."""
    prices: PriceBook | None = None
    """Prices from then on; only those that change need to be written."""
    clinics: Clinics | None = None
    """Clinics from then on, by name; only what changes needs to be written."""


class ScenarioDocument(Section):
    """A scenario."""

    scenario: Identifier
    """Name, such as `guideline-2018`."""
    title: Line
    """One line for tables and figures."""
    about: Text | None = None
    """What practice this is, for people."""
    horizon: Annotated[
        int, Quantity("d", whole=True, minimum=1, maximum=LONGEST_HORIZON_YEARS * 365)
    ] = 3650
    """Time for which each patient is followed; `--years` overrides it."""
    policy: Policy
    """What the clinic does."""
    changes: Annotated[Items[Change], Field(max_length=MAX_RULE_SETS - 1)] = ()
    """Dated changes of the policy, of prices and of clinics, in order."""
    population: PopulationSection = PopulationSection()
    """Who is referred."""
    referrals: Referrals = Referrals()
    """How they come."""
    structure: Structure = Structure()
    """Structural choices."""
    discount: Discounting = Discounting()
    """Discount rates."""
    parameters: dict[str, Override] = {}
    """Evidence parameters by id or name with another value."""
    clinics: Clinics | None = None
    """Clinics; without them there is one with unlimited resources."""
    prices: PriceBook | None = None
    """Prices; without them no costs are counted."""
    harms: HarmModel = HarmModel()
    """Whether harms happen; by default all of them do."""

    @model_validator(mode="after")
    def _goes_together(self) -> ScenarioDocument:
        self._refuse_another_horizon()
        self._refuse_payment_without_prices()
        self._refuse_other_currency()
        self._refuse_queues_at_no_clinic()
        self._refuse_protocol_of_clinics()
        return self

    @model_validator(mode="after")
    def _clinics_can_be_told_apart(self) -> ScenarioDocument:
        try:
            refuse_contradicting_clinics(self.clinics or ())
        except ValueProblem as found:
            raise placed(found, ("clinics",)) from None
        return self

    def _refuse_another_horizon(self) -> None:
        follow_up = self.referrals.follow_up
        if self.referrals.is_arrivals and "horizon" in self.model_fields_set:
            if self.horizon != follow_up:
                problem = f"patients are followed for {follow_up} d, as `follow_up` says"
                allowed = f"`{follow_up} d`, or no `horizon`"
                raise ValueProblem(problem, allowed, within=("horizon",))

    def _refuse_payment_without_prices(self) -> None:
        if self.prices is not None:
            return
        for steps, policy in self.policies.items():
            outside = policy.outside_option
            if policy.payment is not None:
                raise ValueProblem(NOTHING_TO_PAY, PRICE_BOOKS, within=(*steps, "payment"))
            if outside is not None and outside.price is not None:
                place = (*steps, "outside_option", "price")
                raise ValueProblem(NOTHING_TO_PAY, PRICE_BOOKS, within=place)

    def _refuse_other_currency(self) -> None:
        for index, change in enumerate(self.changes):
            place = ("changes", index, "prices")
            if (change.prices is None) != (self.prices is None):
                side = "from this day on" if change.prices is None else "before this day"
                problem = f"costs {side} would be missing"
                raise ValueProblem(
                    problem, "`prices` of the scenario and all changes", within=place
                )
            if change.prices is not None and change.prices.book != self.prices.book:
                problem = f"costs in {self.prices.currency} and {change.prices.currency} do not add"
                raise ValueProblem(problem, self.prices.book, within=(*place, "book"))

    def _refuse_queues_at_no_clinic(self) -> None:
        referrals = self.referrals
        if referrals.cohort_load and self.clinics is None:
            problem = "there are no clinics to queue at"
            raise ValueProblem(problem, "`clinics`", within=("referrals", "cohort_load"))
        if referrals.is_arrivals or referrals.cohort_load:
            return
        for steps, clinic in self.clinics_by_place.items():
            if clinic.limited:
                problem = (
                    f"with everybody referred on day 0, waits for limited {clinic.limited[0]} "
                    "depend on the number of patients simulated"
                )
                allowed = "`referrals: {kind: arrivals, ...}`, or `referrals: {cohort_load: true}`"
                raise ValueProblem(problem, allowed, within=(*steps, clinic.limited[0]))

    def _refuse_protocol_of_clinics(self) -> None:
        for steps, policy in self.policies.items():
            if (policy.protocol is None) != (self.policy.protocol is None):
                problem = "a protocol holds from the first day to the last, or not at all"
                raise ValueProblem(problem, within=(*steps, "protocol"))
        if self.policy.protocol is not None and self.has_queues:
            problem = "a protocol fixes the days of courses, so nobody can queue for them"
            allowed = "no `clinics`, or everybody referred on day 0"
            raise ValueProblem(problem, allowed, within=("policy", "protocol"))

    @property
    def policies(self) -> dict[tuple[str | int, ...], Policy]:
        """The base policy and those of the changes, by their place."""
        changed = {("changes", i, "policy"): one.policy for i, one in enumerate(self.changes)}
        return {("policy",): self.policy, **changed}

    @property
    def clinics_by_place(self) -> dict[tuple[str | int, ...], Clinic]:
        """The clinics of the base and of the changes, by their place."""
        found = {("clinics", i): one for i, one in enumerate(self.clinics or ())}
        for index, change in enumerate(self.changes):
            places = enumerate(change.clinics or ())
            found |= {("changes", index, "clinics", i): one for i, one in places}
        return found

    @property
    def followed_days(self) -> int:
        """Days for which each studied patient is followed."""
        return self.referrals.follow_up if self.referrals.is_arrivals else self.horizon

    @property
    def calendar_days(self) -> int:
        """Calendar days from the first referral to the end of the last follow-up."""
        return self.referrals.calendar_days(self.followed_days)

    @property
    def has_queues(self) -> bool:
        """Whether assessments, courses and programmes are booked at clinics."""
        is_loaded = self.referrals.is_arrivals or self.referrals.cohort_load
        return self.clinics is not None and is_loaded
