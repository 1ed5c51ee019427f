"""A scenario file: the policy and the world it is tried in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import core_schema

from pathways.codes import Condition
from pathways.errors import ValueProblem
from pathways.layout import MAX_RULE_SETS
from pathways.reading.fields import (
    Flag,
    Identifier,
    Items,
    Line,
    Probability,
    Quantity,
    Section,
    Text,
)
from pathways.scenario.harms import HarmModel
from pathways.scenario.later import later
from pathways.scenario.later_sections import Arrivals, CalendarStart, Clinic
from pathways.scenario.money import PriceBook
from pathways.scenario.policy import Policy
from pathways.scenario.shared import refuse_finer_step

LONGEST_HORIZON_YEARS = 60


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


class Referrals(Section):
    """How patients come."""

    kind: Literal["closed_cohort"] = "closed_cohort"
    """`closed_cohort`: everybody on day 0, unlimited resources, drawn waits."""
    arrivals: later(Arrivals, "arrivals over calendar time") = None
    """Referrals over calendar time."""
    cohort_load: later(Flag, "queues under a closed cohort") = None
    """Whether a closed cohort queues for limited resources."""
    start: later(CalendarStart, "a calendar date") = None
    """Date of day 0, instead of a nameless Monday."""


class Structure(Section):
    """Structural choices; each has a default that the evidence prefers and rivals to try."""

    utility: Literal["dixon_2011", "linear_eq5d"] = "dixon_2011"
    """Mapping from pain to utility."""
    mortality: Literal["uk", "us"] = "uk"
    """Life table."""
    allometry: Flag = False
    """Whether clearance rises with body weight to the power 0.75."""


class Discounting(Section):
    """Yearly discount rates."""

    effects: Annotated[float, Quantity("percent", minimum=0, maximum=20)] = 3.5
    """QALYs."""
    costs: Annotated[float, Quantity("percent", minimum=0, maximum=20)] = 3.5
    """Costs."""


class Change(Section):
    """A dated change of the policy: from that calendar day what is written replaces the base."""

    from_day: Annotated[int, Quantity("d", whole=True, minimum=1, maximum=36500)]
    """Calendar day on which it starts, such as `365 d`."""
    policy: Policy
    """The policy from then on; only what changes needs to be written."""
    prices: later(PriceBook, "changes of prices") = None
    """Prices from then on."""
    clinics: later(Items[Clinic], "changes of capacity") = None
    """Capacity from then on."""


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
    """Time simulated; `--years` overrides it."""
    policy: Policy
    """What the clinic does."""
    changes: Annotated[Items[Change], Field(max_length=MAX_RULE_SETS - 1)] = ()
    """Dated changes of the policy, in order."""
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
    clinics: later(Items[Clinic], "clinics with limited resources") = None
    """Clinics."""
    prices: PriceBook | None = None
    """Prices; without them no costs are counted."""
    harms: HarmModel = HarmModel()
    """Whether harms happen; by default all of them do."""

    @model_validator(mode="after")
    def _payment_has_prices(self) -> ScenarioDocument:
        policies = {("policy",): self.policy}
        policies |= {
            ("changes", index, "policy"): one.policy for index, one in enumerate(self.changes)
        }
        for within, policy in policies.items():
            if policy.payment is not None and self.prices is None:
                problem = "nothing can be paid without prices"
                allowed = "`prices: {book: us-2024-usd}` or `{book: uk-2023-gbp}`"
                raise ValueProblem(problem, allowed, within=(*within, "payment"))
        return self
