"""The summary in words: which measures are shown first, and how their numbers are written."""

from __future__ import annotations

from pathways.outcomes.summary import ALL, CONTINUATIONS, TREATED, Row

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
    (ALL, "share_alive", "Alive at the horizon"),
    (TREATED, "mean_infusions", "Infusions per treated"),
    (TREATED, "mean_ketamine_mg", "Lifetime dose per treated, mean"),
    (TREATED, "p99_ketamine_mg", "Lifetime dose per treated, 99th percentile"),
    (TREATED, "mean_years_on_treatment", "Years on treatment per treated"),
    (CONTINUATIONS, "false_positive_rate", "False-positive continuations"),
    (CONTINUATIONS, "false_positive_rate_non_responders", "  among trait non-responders"),
)

EXIT = "share_exit_"
WITHOUT_EXIT = {"not_yet": "still in care", "not_started": "never in care"}
DIGITS = {"mg": 0, "mg/kg": 1, "d": 0, "h": 1, "a": 2, "NRS": 2, "QALY": 3, "": 2}
SUFFIXES = {"a": " years", "d": " days", "": ""}


def headline_rows(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    """Return label, estimate, 95 % interval and number of patients of the headline measures."""
    found = {(row["block"], row["measure"]): row for row in rows}
    chosen = [(label, found[block, measure]) for block, measure, label in HEADLINE]
    return [(label, estimate(row), interval(row), f"{row['n']:,}") for label, row in chosen]


def exit_rows(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Return label, share of all and 95 % interval of the exit reasons that occurred."""
    return [
        (_exit_label(row["measure"].removeprefix(EXIT)), estimate(row), interval(row))
        for row in rows
        if row["block"] == ALL and row["measure"].startswith(EXIT) and row["value"]
    ]


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


def _number(row: Row, which: str) -> str:
    value = row[which]
    if value is None:
        return "not reached" if "wait" in row["measure"] else "beyond the sample"
    if _is_share(row):
        return f"{100.0 * value:.1f}"
    return f"{value:,.{DIGITS[row['unit']]}f}"


def _suffix(row: Row) -> str:
    return " %" if _is_share(row) else SUFFIXES.get(row["unit"], f" {row['unit']}")


def _is_share(row: Row) -> bool:
    return row["measure"].startswith(("share_", "false_positive_rate"))


def _exit_label(reason: str) -> str:
    return WITHOUT_EXIT.get(reason, reason.replace("_", " "))
