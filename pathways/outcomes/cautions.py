"""What a reader of a run must be told before its numbers: warnings, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pathways.outcomes.summary import ALL, TREATED, Row

FEW_PATIENTS = 100
NOBODY_TREATED = "nobody was treated"
NO_DRUG_RESPONSE = (
    "in nobody did drug relief alone meet the response rule, so no judgement that was passed was "
    "passed because of the drug"
)


def cautions(rows: list[Row]) -> list[str]:
    """Return the warnings a summary calls for, most important first.

    Parameters
    ----------
    rows : list of dict
        As :func:`pathways.outcomes.summary.summarise` returns.
    """
    values = {(row["block"], row["measure"]): row for row in rows}

    def none(block: str, measure: str) -> bool:
        return values[block, measure]["value"] == 0.0

    found = []
    if none(ALL, "patients"):
        found.append("nobody was studied")
    elif none(ALL, "share_treated"):
        found.append(f"{NOBODY_TREATED}: {_why_untreated(none)}")
    elif none(TREATED, "share_responder_drug_at_threshold"):
        found.append(NO_DRUG_RESPONSE)
    patients = values[ALL, "patients"]["n"]
    if 0 < patients < FEW_PATIENTS:
        found.append(f"only {patients} patients: the intervals are wide and approximate")
    return found


def cautions_of_rules(description: Mapping[str, Any]) -> list[str]:
    """Return the warnings that a resolved scenario calls for by itself.

    Parameters
    ----------
    description : mapping
        ``Plan.description``.
    """
    policy = description.get("scenario", {}).get("policy", {})
    criteria = (policy.get("response") or {}).get("criteria", ())
    if not any(criterion.get("moment") for criterion in criteria):
        return []
    return [
        "response is judged on the day of the infusion, with the drug on board: relief of hours "
        "passes this rule and is drug relief by the rule's own measure, so its false-positive rate "
        "says nothing about lasting benefit; compare pain and QALYs instead"
    ]


def _why_untreated(none) -> str:
    if none(ALL, "share_assessed"):
        return "nobody was assessed before the horizon"
    if none(ALL, "share_eligible"):
        return "nobody assessed was eligible"
    return "no infusion is offered, a limit rules the first course out, or the horizon ends first"
