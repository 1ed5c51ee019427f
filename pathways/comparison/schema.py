"""The columns of the frame of differences, and the measures it has."""

from __future__ import annotations

from typing import NamedTuple

from pathways.outcomes import schema
from pathways.outcomes.schema import FLOAT, INTEGER, TEXT, Column

DIFFERENCES: tuple[Column, ...] = (
    Column("policy", TEXT, "", "the policy"),
    Column("reference", TEXT, "", "what it is compared with, on the same patients"),
    Column("measure", TEXT, "", "what is measured, named as in the headline"),
    Column("unit", TEXT, "", "unit of difference, standard_error, low and high"),
    Column("difference", FLOAT, "", "mean of policy minus reference", "not comparable: see note"),
    Column("standard_error", FLOAT, "", "Monte Carlo error of the paired mean", "one patient"),
    Column("low", FLOAT, "", "lower end of the 95 % interval", "none"),
    Column("high", FLOAT, "", "upper end of the 95 % interval", "none"),
    Column("n", INTEGER, "", "patients followed under both"),
    Column(
        "independent_patients",
        INTEGER,
        "",
        "patients in each arm that arms of their own would need for this error",
        "the error is nothing, or not known",
    ),
    Column("note", TEXT, "", "what is counted, or why there is no difference; often empty"),
)
"""One row for each policy, reference and measure."""

VALUE = "value"
KNOWN = "known"
"""Whether the column has a value at all, as 1 or 0."""
ZERO = "zero"
LEFT_OUT = "left out"


class Measure(NamedTuple):
    """What is compared, patient by patient.

    Attributes
    ----------
    name : str
    unit : str
        ``outcomes.schema.CURRENCY`` for money.
    columns : tuple of str
        Columns of ``outcomes.schema.PATIENTS`` that are added up.
    read : str
        ``VALUE`` or ``KNOWN``.
    null : str
        Whether a null is ``ZERO``, or the pair ``LEFT_OUT``.
    note : str
    """

    name: str
    unit: str
    columns: tuple[str, ...]
    read: str = VALUE
    null: str = ZERO
    note: str = ""


UNITS = {column.name: column.unit for column in schema.PATIENTS}
COSTS_BY_PAYER = tuple(f"cost_{payer}" for payer in schema.PAYERS)
PAIRED_EXCESS = "onsets per referral; paired excess: the same patients under both"


def _mean(column: str, *, name: str = "", null: str = ZERO, note: str = "") -> Measure:
    return Measure(name or f"mean_{column}", UNITS[column], (column,), null=null, note=note)


def _share(name: str, column: str, read: str = VALUE) -> Measure:
    return Measure(f"share_{name}", "", (column,), read)


MEASURES: tuple[Measure, ...] = (
    _mean("qaly", note="discounted"),
    _mean("qaly_drug_only", note="discounted; expectation left out of pain"),
    _mean("qaly_undiscounted"),
    _mean("life_years"),
    _mean("pain_mean", name="mean_pain", null=LEFT_OUT, note="over the days lived"),
    _share("treated", "first_infusion_day", KNOWN),
    _mean("infusions"),
    _mean("courses"),
    _mean("ketamine_mg"),
    _mean("hours_infused"),
    _mean("years_on_treatment", note="0 if never treated"),
    _share("responder_observed", "responder_observed"),
    _share("responder_drug_at_threshold", "responder_drug_at_threshold"),
    _share("responder_drug_any", "responder_drug_any"),
    _mean("continuations"),
    _mean("false_positive_continuations"),
    _mean("sessions_attended"),
    _mean("tests_done"),
    *(
        measure
        for harm in schema.CHRONIC_HARMS
        for measure in (
            _mean(harm, note="onsets per referral"),
            _mean(f"{harm}_excess", note=PAIRED_EXCESS),
        )
    ),
    *(_mean(harm, note="per referral") for harm in schema.ACUTE_HARMS),
    Measure("mean_cost_all_payers", schema.CURRENCY, COSTS_BY_PAYER, note="discounted"),
    *(_mean(cost, note="discounted") for cost in COSTS_BY_PAYER),
    *(_mean(f"cost_undiscounted_{payer}", note="not discounted") for payer in schema.PAYERS),
    *(_mean(f"cost_{line}", note="both payers, not discounted") for line in schema.COST_LINES),
)
