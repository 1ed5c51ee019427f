"""The columns of every output table: name, logical type, unit, meaning, and what null means.

The tables, their fingerprints, the data frames and the files all follow this one list. The order
is part of the fingerprint; new columns go to the end of a table.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from pathways.codes import (
    AcuteHarm,
    ChronicHarm,
    Condition,
    CostLine,
    Event,
    ExitReason,
    HarmCause,
    Payer,
    Purpose,
    State,
)

if TYPE_CHECKING:
    from enum import IntEnum

    import pyarrow

INTEGER = "int64"
FLOAT = "float64"
TEXT = "text"
FLAG = "bool"
HASH = "uint64"


class Column(NamedTuple):
    """One column of an output table.

    Attributes
    ----------
    name : str
    type : str
        ``"int64"``, ``"float64"``, ``"text"``, ``"bool"`` or ``"uint64"``.
    unit : str
        Empty where there is none.
    meaning : str
    null : str
        What null means; empty if the column has no nulls.
    words : tuple of str
        The words a text column may hold, in their own order; empty for free text.
    """

    name: str
    type: str
    unit: str
    meaning: str
    null: str = ""
    words: tuple[str, ...] = ()


def words(codes: type[IntEnum], *, leave_out: tuple[int, ...] = ()) -> tuple[str, ...]:
    """Return the members of an enumeration as they are written in the tables."""
    return tuple(code.name.lower() for code in codes if code not in leave_out)


STATES = words(State)
REASONS = words(ExitReason, leave_out=(ExitReason.NONE,))
CONDITIONS = words(Condition)
EVENTS_NAMED = words(Event)
PURPOSES = words(Purpose, leave_out=(Purpose.NONE,))
SEXES = ("female", "male")
ACUTE_HARMS = words(AcuteHarm)
CHRONIC_HARMS = words(ChronicHarm)
CAUSES = words(HarmCause)
PAYERS = words(Payer)
COST_LINES = words(CostLine)
CURRENCY = "currency"
"""Unit of money: what the column of this name says."""

_NO_PRICES = "the scenario names no price book"
_NEVER_TREATED = "never treated"
_NOT_JUDGED = "no judgement was passed or failed"
_NOT_ASSESSED = "never assessed"
_NO_EXIT = "treatment was never ended"
_NO_LAST_EXIT = f"{_NO_EXIT}, or a further referral runs"
_NO_ONSET = "never"

PATIENTS: tuple[Column, ...] = (
    Column("patient", INTEGER, "", "index in the clinic"),
    Column("clinic", INTEGER, "", "clinic number"),
    Column("condition", TEXT, "", "painful condition", words=CONDITIONS),
    Column("state", TEXT, "", "state at the end", words=STATES),
    Column("exit_reason", TEXT, "", "why treatment last ended", _NO_LAST_EXIT, REASONS),
    Column("taper_reason", TEXT, "", "what started a taper", "no taper", REASONS),
    Column("exit_day", INTEGER, "d", "referral to the last end of treatment", _NO_LAST_EXIT),
    Column("died_day", INTEGER, "d", "referral to death", "alive at the end of follow-up"),
    Column("recovered_day", INTEGER, "d", "referral to first recovery", "never recovered"),
    Column("assessed_day", INTEGER, "d", "referral to first assessment", _NOT_ASSESSED),
    Column("eligible", FLAG, "", "eligible for ketamine at last assessment", _NOT_ASSESSED),
    Column("wait_days", INTEGER, "d", "referral to first infusion", _NEVER_TREATED),
    Column("first_infusion_day", INTEGER, "d", "referral to first infusion", _NEVER_TREATED),
    Column("last_infusion_day", INTEGER, "d", "referral to last infusion", _NEVER_TREATED),
    Column("courses", INTEGER, "", "courses started"),
    Column("infusions", INTEGER, "", "administrations"),
    Column("infusion_days", INTEGER, "d", "days with an administration"),
    Column("highest_step", INTEGER, "", "highest ladder step given, from 1", _NEVER_TREATED),
    Column("ketamine_mg", FLOAT, "mg", "ketamine from the clinic, racemic equivalents"),
    Column("ketamine_mg_per_kg", FLOAT, "mg/kg", "the same for each kg of body weight"),
    Column("s_ketamine_mg", FLOAT, "mg", "S-ketamine given"),
    Column("racemic_mg", FLOAT, "mg", "racemic ketamine given"),
    Column("ketamine_auc_s", FLOAT, "ng h/mL", "lifetime exposure, S-equivalents"),
    Column("hours_infused", FLOAT, "h", "time on infusions"),
    Column("years_on_treatment", FLOAT, "a", "first infusion to last exit or end", _NEVER_TREATED),
    Column("pain_mean", FLOAT, "NRS", "mean pain over the days lived", "no day lived"),
    Column("floor_pain_mean", FLOAT, "NRS", "mean relief withheld by the floor", "no day lived"),
    Column("age_years", INTEGER, "a", "completed years of age at referral"),
    Column("sex", TEXT, "", "female or male", words=SEXES),
    Column("weight_kg", FLOAT, "kg", "body weight"),
    Column("enrolment_score", FLOAT, "NRS", "mean of the seven diary scores at enrolment"),
    Column("responder_trait", FLAG, "", "ketamine relieves pain in this patient"),
    Column(
        "responder_drug_at_threshold", FLAG, "", "drug relief alone once met the rule", _NOT_JUDGED
    ),
    Column("responder_drug_any", FLAG, "", "drug relief once above its floor", _NOT_JUDGED),
    Column("responder_observed", FLAG, "", "a judgement was once passed", _NOT_JUDGED),
    Column("judgements", INTEGER, "", "judgements passed or failed"),
    Column("judgements_passed", INTEGER, "", "judgements passed"),
    Column("continuations", INTEGER, "", "judgements after which treatment was maintained"),
    Column("false_positive_continuations", INTEGER, "", "continuations without drug response"),
    Column("qaly", FLOAT, "QALY", "quality-adjusted life years, discounted"),
    Column("qaly_undiscounted", FLOAT, "QALY", "quality-adjusted life years"),
    Column("life_years", FLOAT, "a", "years lived in follow-up, not discounted"),
    Column("follow_up_days", INTEGER, "d", "days lived from referral to the end of follow-up"),
    Column("studied", FLAG, "", "referred within the study window"),
    Column("first_exit_reason", TEXT, "", "why treatment first ended", _NO_EXIT, REASONS),
    Column("last_exit_reason", TEXT, "", "why treatment last ended", _NO_LAST_EXIT, REASONS),
    Column(
        "cost_health_system", FLOAT, CURRENCY, "cost to the health system, discounted", _NO_PRICES
    ),
    Column("cost_patient", FLOAT, CURRENCY, "cost to the patient, discounted", _NO_PRICES),
    Column("qaly_drug_only", FLOAT, "QALY", "discounted QALYs with expectation left out of pain"),
    Column("outside_mg", FLOAT, "mg", "ketamine bought elsewhere, racemic equivalents"),
    Column("dissociation", INTEGER, "", "administrations with dissociation"),
    Column("nausea", INTEGER, "", "administrations with nausea or vomiting"),
    Column("severe_hypertension", INTEGER, "", "severe rises of blood pressure"),
    Column("liver_injury", INTEGER, "", "episodes of liver injury, any cause"),
    Column("cystitis", INTEGER, "", "episodes of cystitis, any cause"),
    Column("use_disorder", INTEGER, "", "episodes of ketamine use disorder, any cause"),
    Column("cardiovascular_event", INTEGER, "", "cardiovascular events, any cause"),
    Column("trace", HASH, "", "hash of the patient's events and weekly state"),
    Column("other_acute", INTEGER, "", "administrations with another acute harm"),
    Column("psychiatric_event", INTEGER, "", "psychiatric events, any cause"),
    Column("cognitive_complaint", INTEGER, "", "episodes of cognitive complaint, any cause"),
    *(
        Column(f"{harm}_excess", INTEGER, "", f"of the column {harm}, those caused by exposure")
        for harm in CHRONIC_HARMS
    ),
    *(
        Column(f"{harm}_first_day", INTEGER, "d", "referral to first onset, any cause", _NO_ONSET)
        for harm in CHRONIC_HARMS
    ),
    Column("harms_detected", INTEGER, "", "chronic harms noticed by the patient or by a test"),
    Column("sessions_attended", INTEGER, "", "therapy sessions attended"),
    Column("tests_done", INTEGER, "", "monitoring tests"),
    *(
        Column(
            f"cost_undiscounted_{payer}",
            FLOAT,
            CURRENCY,
            f"cost to the {payer.replace('_', ' ')}",
            _NO_PRICES,
        )
        for payer in PAYERS
    ),
    *(
        Column(
            f"cost_{line}",
            FLOAT,
            CURRENCY,
            f"{line.replace('_', ' ')}: cost to both payers, not discounted",
            _NO_PRICES,
        )
        for line in COST_LINES
    ),
    Column("currency", TEXT, "", "currency of the costs, ISO 4217", _NO_PRICES),
    Column("referral_day", INTEGER, "d", "calendar day of the referral"),
    Column("wait_to_assessment_days", INTEGER, "d", "referral to first assessment", _NOT_ASSESSED),
    Column("first_exit_day", INTEGER, "d", "referral to the first end of treatment", _NO_EXIT),
    Column("re_referrals", INTEGER, "", "further referrals after treatment ended"),
    Column("no_shows", INTEGER, "", "courses whose first day was not attended"),
    Column("cancellations", INTEGER, "", "courses cancelled late"),
    Column("outside_infusions", INTEGER, "", "infusions bought elsewhere"),
)
"""One row for each patient, clinic by clinic, in patient order. Days count from the patient's
referral, and end with follow-up, which is the same for everybody who is studied."""

_NOBODY_ALIVE = "nobody alive"
_LIVING = "mean over the living on the last day of the week"
_ON_SUNDAY = "on the last day of the week"
_NO_LIMIT = "chairs are unlimited"

WEEKLY: tuple[Column, ...] = (
    Column("clinic", INTEGER, "", "clinic number"),
    Column("week", INTEGER, "", "calendar week, from 0"),
    *(
        Column(state, INTEGER, "", f"patients in state {state} on the last day of the week")
        for state in words(State, leave_out=(State.DEAD,))
    ),
    Column("dead", INTEGER, "", "deaths since the start"),
    Column("pain_sum_e6", INTEGER, "1e-6 NRS", "pain, sum over the living"),
    Column("pain_without_drug_sum_e6", INTEGER, "1e-6 NRS", "without slow relief, sum"),
    Column("expectation_sum_e6", INTEGER, "1e-6 NRS", "expectation, sum over the living"),
    Column("ketamine_mg_e3", INTEGER, "1e-3 mg", "ketamine in the week, racemic equivalents"),
    Column("pain_mean", FLOAT, "NRS", f"pain, {_LIVING}", _NOBODY_ALIVE),
    Column(
        "pain_without_drug_mean", FLOAT, "NRS", f"the same without relief, {_LIVING}", _NOBODY_ALIVE
    ),
    Column("expectation_mean", FLOAT, "NRS", f"expectation, {_LIVING}", _NOBODY_ALIVE),
    Column("infusions", INTEGER, "", "administrations in the week"),
    Column("ketamine_mg", FLOAT, "mg", "ketamine in the week, racemic equivalents"),
    Column("first_infusions", INTEGER, "", "patients first treated in the week"),
    Column("exits", INTEGER, "", "exits from treatment in the week"),
    Column("deaths", INTEGER, "", "deaths in the week"),
    Column("base_pain_sum_e6", INTEGER, "1e-6 NRS", "untreated pain, sum over the living"),
    Column("base_pain_mean", FLOAT, "NRS", f"untreated pain, {_LIVING}", _NOBODY_ALIVE),
    Column("programme_pain_sum_e6", INTEGER, "1e-6 NRS", "after the therapies alone, sum"),
    Column(
        "programme_pain_mean", FLOAT, "NRS", f"after the therapies alone, {_LIVING}", _NOBODY_ALIVE
    ),
    Column("panel_present", INTEGER, "", "diary scores of the panel on the last day of the week"),
    Column("panel_score_sum", INTEGER, "NRS", "their sum"),
    Column("observed_pain_mean", FLOAT, "NRS", "their mean", "no diary score"),
    Column("referrals", INTEGER, "", "first referrals in the week"),
    Column("assessments", INTEGER, "", "assessment visits in the week"),
    Column("waiting_for_assessment", INTEGER, "", f"patients without a date {_ON_SUNDAY}"),
    Column("waiting_for_course", INTEGER, "", f"patients due and without a date {_ON_SUNDAY}"),
    Column("waiting_for_programme", INTEGER, "", f"patients without a place {_ON_SUNDAY}"),
    Column("chair_minutes_open", INTEGER, "min", "minutes chairs are open", _NO_LIMIT),
    Column("chair_minutes_used", INTEGER, "min", "minutes of the week's infusions in chairs"),
    Column("chair_minutes_lost", INTEGER, "min", "minutes of no-shows, in the week of booking"),
    Column("bed_days_used", INTEGER, "d", "infusion days in beds"),
    Column("no_shows", INTEGER, "", "no-shows found at booking in the week"),
    Column("cancellations", INTEGER, "", "late cancellations found at booking in the week"),
    Column("outside_infusions", INTEGER, "", "infusions bought elsewhere in the week"),
    Column("outside_mg_e3", INTEGER, "1e-3 mg", "their dose, racemic equivalents"),
    Column("outside_mg", FLOAT, "mg", "their dose, racemic equivalents"),
)
"""One row for each clinic and calendar week; counts are taken on its last simulated day."""

_NO_DRAW = "no draw decided"

EVENTS: tuple[Column, ...] = (
    Column("clinic", INTEGER, "", "clinic number"),
    Column("patient", INTEGER, "", "index in the clinic"),
    Column("day", INTEGER, "d", "calendar day from the start of the simulation"),
    Column("step", INTEGER, "", "step of the day, 1 to 10"),
    Column("event", TEXT, "", "what happened", words=EVENTS_NAMED),
    Column("code", INTEGER, "", "depends on the event: docs/model.md, Events"),
    Column("value_1", FLOAT, "", "depends on the event: docs/model.md, Events"),
    Column("value_2", FLOAT, "", "depends on the event: docs/model.md, Events"),
    Column("value_3", FLOAT, "", "depends on the event: docs/model.md, Events"),
    Column("draw_purpose", TEXT, "", "purpose of the draw that decided", _NO_DRAW, PURPOSES),
    Column("draw_occurrence", INTEGER, "", "occurrence of that draw", _NO_DRAW),
)
"""One row for each event, clinic by clinic, ordered by patient, then as they happened."""

_NOT_SEEN = "dead, or after the end of the simulation"
_NO_SCORE = f"no score given; {_NOT_SEEN}"

OBSERVATIONS: tuple[Column, ...] = (
    Column("clinic", INTEGER, "", "clinic number"),
    Column("patient", INTEGER, "", "index in the clinic"),
    Column("day", INTEGER, "d", "referral to the observed day"),
    Column("seen", FLAG, "", "alive and simulated on this day"),
    Column("state", TEXT, "", "state before the day's visits", _NOT_SEEN, STATES),
    Column("score", INTEGER, "NRS", "diary score of the day", _NO_SCORE),
    Column("level", FLOAT, "NRS", "pain level of the day", _NOT_SEEN),
    Column("flare", FLOAT, "NRS", "flare", _NOT_SEEN),
    Column("base", FLOAT, "NRS", "pain before any effect", _NOT_SEEN),
    Column("slow_relief", FLOAT, "", "share of pain that the slow drug effect takes", _NOT_SEEN),
    Column("programme_remaining", FLOAT, "", "share of pain that the therapies leave", _NOT_SEEN),
    Column("remaining", FLOAT, "", "what drug and therapies leave before the floor", _NOT_SEEN),
    Column("treated", FLOAT, "NRS", "pain after drug, therapies and floor", _NOT_SEEN),
    Column("expectation", FLOAT, "NRS", "expectation of the day", _NOT_SEEN),
    Column("pain", FLOAT, "NRS", "latent pain", _NOT_SEEN),
    Column("pain_without_drug", FLOAT, "NRS", "the same without the slow drug effect", _NOT_SEEN),
)
"""One row for each patient and observed day, in patient order; only of runs with such days."""

SUMMARY: tuple[Column, ...] = (
    Column("block", TEXT, "", "whom the measure is about"),
    Column("measure", TEXT, "", "what is measured"),
    Column("unit", TEXT, "", "unit of value, standard_error, low and high"),
    Column("value", FLOAT, "", "estimate", "cannot be estimated, or not reached: see note"),
    Column("standard_error", FLOAT, "", "Monte Carlo standard error", "not given for this kind"),
    Column("low", FLOAT, "", "lower end of the 95 % interval", "none"),
    Column("high", FLOAT, "", "upper end of the 95 % interval", "none, or not reached"),
    Column("n", INTEGER, "", "patients the estimate rests on"),
    Column("note", TEXT, "", "denominator, method or warning; often empty"),
)
"""One row for each headline measure."""

TABLES: dict[str, tuple[Column, ...]] = {
    "patients": PATIENTS,
    "weekly": WEEKLY,
    "events": EVENTS,
}
"""Of every run."""


def arrow_type(column: Column) -> pyarrow.DataType:
    """Return the Arrow type of a column; text from a fixed list of words is dictionary-encoded."""
    import pyarrow

    if column.type == TEXT:
        plain = pyarrow.string()
        return pyarrow.dictionary(pyarrow.int8(), plain) if column.words else plain
    types = {
        INTEGER: pyarrow.int64(),
        FLOAT: pyarrow.float64(),
        FLAG: pyarrow.bool_(),
        HASH: pyarrow.uint64(),
    }
    return types[column.type]


@functools.cache
def arrow_schema(columns: tuple[Column, ...]) -> pyarrow.Schema:
    """Return the Arrow schema of a table; each field carries its unit and meaning as metadata."""
    import pyarrow

    return pyarrow.schema(
        [
            pyarrow.field(
                column.name,
                arrow_type(column),
                nullable=bool(column.null),
                metadata={"unit": column.unit, "meaning": column.meaning, "null": column.null},
            )
            for column in columns
        ]
    )
