"""The summary in words: which measures are shown first, and how their numbers are written."""

from __future__ import annotations

from pathways.outcomes import schema
from pathways.outcomes.clinics import BLOCK as CLINIC_BLOCK
from pathways.outcomes.summary import (
    ALL,
    CONSERVATION,
    CONTINUATIONS,
    COSTS,
    TREATED,
    WAITING,
    Row,
)

HEADLINE = (
    (ALL, "share_treated", "Treated by the horizon"),
    (ALL, "median_wait_days", "Median wait to first infusion"),
    (ALL, "mean_infusions", "Infusions"),
    (ALL, "mean_ketamine_mg", "Lifetime dose, mean"),
    (ALL, "p99_ketamine_mg", "Lifetime dose, 99th percentile"),
    (ALL, "share_responder_observed", "Response observed"),
    (ALL, "share_responder_drug_at_threshold", "Response by drug relief alone"),
    (ALL, "share_responder_trait", "Responder trait"),
    (ALL, "mean_pain", "Pain"),
    (ALL, "mean_qaly", "QALYs, discounted"),
    (ALL, "mean_qaly_drug_only", "  with expectation left out"),
    (ALL, "share_alive", "Alive at the horizon"),
    (TREATED, "mean_infusions", "Infusions per treated"),
    (TREATED, "mean_ketamine_mg", "Lifetime dose per treated, mean"),
    (TREATED, "p99_ketamine_mg", "Lifetime dose per treated, 99th percentile"),
    (TREATED, "mean_years_on_treatment", "Years on treatment per treated"),
    (ALL, "mean_sessions_attended", "Therapy sessions attended"),
    (ALL, "mean_tests_done", "Monitoring tests"),
    (CONTINUATIONS, "false_positive_rate", "False-positive continuations"),
    (CONTINUATIONS, "false_positive_rate_non_responders", "  among trait non-responders"),
)

IF_ANY = (
    (ALL, "share_left_waiting_list", "Left the waiting list"),
    (ALL, "share_lost", "Lost to follow-up"),
    (ALL, "share_re_referred", "Referred again"),
    (ALL, "share_outside", "Infused elsewhere"),
    (ALL, "mean_outside_infusions", "Infusions elsewhere"),
    (ALL, "mean_outside_mg", "Lifetime dose from elsewhere, mean"),
)
"""Shown where it occurs."""

WAITS = (
    ("share_treated_within_90_days", "Treated within 90 days"),
    ("share_treated_within_180_days", "Treated within 180 days"),
    ("share_treated_within_365_days", "Treated within 365 days"),
    ("median_wait_to_assessment_days", "Wait to assessment, median"),
    ("p90_wait_to_assessment_days", "Wait to assessment, 90 %"),
    ("median_wait_days", "Wait to first infusion, median"),
    ("p90_wait_days", "Wait to first infusion, 90 %"),
    ("share_still_waiting", "Still waiting at the end"),
    ("mean_no_shows", "No-shows"),
    ("mean_cancellations", "Late cancellations"),
)
MISSED = ("mean_no_shows", "mean_cancellations")
"""Shown where they occur."""

WAITING_HEADINGS = ("Waiting, of all referrals", "Estimate", "95 % interval")
CLINIC = (
    ("referrals_per_year", "referrals a year"),
    ("first_infusions_per_year", "first treated a year"),
    ("infusions_per_year", "infusions a year"),
    ("mean_waiting_for_assessment", "waiting for an assessment"),
    ("mean_waiting_for_course", "waiting for a course"),
    ("mean_waiting_for_programme", "waiting for the programme"),
    ("share_chair_minutes_used", "chair time used"),
    ("share_chair_minutes_lost", "chair time lost to no-shows"),
    ("median_wait_days", "wait to first infusion, median"),
)
CLINIC_HEADINGS = ("Clinic in the intake, mean of regions", "Estimate", "95 % interval")

LOGGED = "logged_"
PAID_BY = (*schema.PAYERS, *(f"undiscounted_{payer}" for payer in schema.PAYERS))
STOPPED = "share_treated_exit_"
UNTREATED = "share_untreated_exit_"
WITHOUT_EXIT = {
    STOPPED: {
        "not_yet": "still in care",
        "not_assessed": "referred again, waits for an assessment",
        "not_started": "referred again, not in care",
    },
    UNTREATED: {
        "not_yet": "waits for treatment",
        "not_assessed": "waits for an assessment",
        "not_started": "not in care",
    },
}
DIGITS = {
    "mg": 0,
    "mg/kg": 1,
    "d": 0,
    "h": 1,
    "a": 2,
    "NRS": 2,
    "QALY": 3,
    "": 2,
    "/100 a": 3,
    "/a": 1,
}
WHOLE_MONEY_FROM = 100.0
"""Mean costs from here on are written without hundredths."""

SUFFIXES = {"a": " years", "d": " days", "": "", "/100 a": "", "/a": ""}


def headline_rows(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    """Return label, estimate, 95 % interval and number of patients of the headline measures."""
    found = {(row["block"], row["measure"]): row for row in rows}
    chosen = [(label, found[block, measure]) for block, measure, label in HEADLINE]
    occurring = [(label, found[block, measure]) for block, measure, label in IF_ANY]
    chosen += [(label, row) for label, row in occurring if row["value"]]
    return [(label, estimate(row), interval(row), f"{row['n']:,}") for label, row in chosen]


def exit_rows(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Return label, share of all and 95 % interval of how treatment ended, where it occurred.

    First those who were treated, then the never treated; together they are all referrals.
    """
    return [
        (_exit_label(row["measure"], group), estimate(row), interval(row))
        for group in (STOPPED, UNTREATED)
        for row in rows
        if row["block"] == ALL and row["measure"].startswith(group) and row["value"]
    ]


def waiting_rows(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Return label, estimate and 95 % interval of how long patients wait (``WAITING_HEADINGS``)."""
    found = {row["measure"]: row for row in rows if row["block"] == WAITING}
    chosen = [(label, found[measure]) for measure, label in WAITS]
    return [
        (label, estimate(row), interval(row))
        for label, row in chosen
        if row["value"] or row["measure"] not in MISSED
    ]


def clinic_rows(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Return what each clinic does (``CLINIC_HEADINGS``); nothing of a cohort without queues."""
    found = {(str(row["block"]), row["measure"]): row for row in rows}
    blocks = dict.fromkeys(block for block, _ in found if block.startswith(CLINIC_BLOCK))
    chosen = [
        (f"{block.removeprefix(CLINIC_BLOCK)}: {label}", found.get((block, measure)))
        for block in blocks
        for measure, label in CLINIC
    ]
    # Without queues there are no lists, and no chairs to be used.
    return [
        (label, estimate(row), interval(row))
        for label, row in chosen
        if row is not None and (row["value"] is not None or "wait" in row["measure"].split("_"))
    ]


def acute_harm_rows(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Return label, share of infusions and 95 % interval of the harms of an infusion."""
    found = _of_all(rows)
    chosen = [(harm, found[f"share_{harm}_per_infusion"]) for harm in schema.ACUTE_HARMS]
    return [(_words(harm), estimate(row), interval(row)) for harm, row in chosen]


def chronic_harm_rows(rows: list[Row]) -> list[tuple[str, ...]]:
    """Return label, then rate per 100 patient-years and interval, background and excess."""
    found = _of_all(rows)
    return [
        (_words(harm), *(part for cause in schema.CAUSES for part in _rate(found, harm, cause)))
        for harm in schema.CHRONIC_HARMS
    ]


def cost_rows(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Return label, mean cost and 95 % interval by payer and line; none without a price book."""
    found = _of_all(rows)
    chosen = [(name, found[f"mean_{name}"]) for name in COSTS]
    return [
        (_cost_label(name), estimate(row), interval(row))
        for name, row in chosen
        # A line nothing is paid for says nothing; a payer who pays nothing does.
        if row["value"] is not None and (row["value"] or name.removeprefix("cost_") in PAID_BY)
    ]


def currency(rows: list[Row]) -> str:
    """Return the currency of the costs; empty without a price book."""
    return str(_of_all(rows)[f"mean_{COSTS[0]}"]["unit"])


def checks_passed(rows: list[Row]) -> list[str]:
    """Return in words what was counted more than once and agreed; the log's checks as one."""
    names = [str(row["measure"]) for row in rows if row["block"] == CONSERVATION]
    plain = [_words(name) for name in names if not name.startswith(LOGGED)]
    return plain if len(plain) == len(names) else [*plain, "log"]


def estimate(row: Row) -> str:
    """Return the value as text, with its unit; the note if there is no value."""
    if row["value"] is None:
        return str(row["note"]).rpartition("; ")[2]
    return _number(row, "value") + _suffix(row)


def interval(row: Row) -> str:
    """Return the 95 % interval as text; empty where there is none."""
    if row["low"] is None and row["high"] is None:
        return ""
    return f"{_number(row, 'low')} to {_number(row, 'high')}"


def _of_all(rows: list[Row]) -> dict[str, Row]:
    return {str(row["measure"]): row for row in rows if row["block"] == ALL}


def _rate(found: dict[str, Row], harm: str, cause: str) -> tuple[str, str]:
    row = found[f"{harm}_{cause}_per_100_years"]
    return estimate(row), interval(row)


def _number(row: Row, which: str) -> str:
    value = row[which]
    if value is None:
        return "not reached" if "wait" in row["measure"] else "beyond the sample"
    if _is_share(row):
        return f"{100.0 * value:.1f}"
    return f"{value:,.{_digits(row)}f}"


def _digits(row: Row) -> int:
    if _is_money(row):
        return 0 if row["value"] >= WHOLE_MONEY_FROM else 2
    return DIGITS[row["unit"]]


def _suffix(row: Row) -> str:
    if _is_money(row):
        return ""  # The heading names the currency.
    return " %" if _is_share(row) else SUFFIXES.get(row["unit"], f" {row['unit']}")


def _is_share(row: Row) -> bool:
    return row["measure"].startswith(("share_", "false_positive_rate"))


def _is_money(row: Row) -> bool:
    return row["measure"].startswith("mean_cost_")


def _exit_label(measure: str, group: str) -> str:
    reason = measure.removeprefix(group)
    label = WITHOUT_EXIT[group].get(reason, _words(reason))
    return label if group == STOPPED else f"never treated: {label}"


def _cost_label(name: str) -> str:
    what = name.removeprefix("cost_")
    if what in schema.PAYERS:
        return f"{_words(what).capitalize()}, discounted"
    payer = what.removeprefix("undiscounted_")
    return (
        f"{_words(payer).capitalize()}, not discounted"
        if payer != what
        else f"  both payers: {_words(what)}"
    )


def _words(name: str) -> str:
    return name.replace("_", " ")
