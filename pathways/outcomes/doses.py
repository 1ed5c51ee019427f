"""Lifetime dose of each patient over time, given here or bought elsewhere, from the event log."""

from __future__ import annotations

import numpy as np

from pathways.codes import Event
from pathways.outcomes import calendar
from pathways.outcomes.event_log import EventLog
from pathways.plan import Plan, RawResult

PARTS_PER_MG = 1_000_000
GIVEN = (Event.ADMINISTERED, Event.OUTSIDE_INFUSION)


def changes_of_dose(
    log: EventLog, raw: RawResult, plan: Plan
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return when each patient's lifetime dose changed during follow-up, patient by patient.

    A calendar week counts with the dose given by its end: on Mondays the clocks of harm are moved
    for the week before by the dose given until then.

    Returns
    -------
    rows : numpy.ndarray
        The patient's row.
    starts : numpy.ndarray
        First patient day counted with the dose; a patient's first is 0, with no dose.
    lifetime_mg : numpy.ndarray
        Racemic equivalents from then on.
    """
    given, row = log.in_follow_up(*GIVEN)
    people = np.arange(len(raw.results))
    monday = given["day"] - given["day"] % calendar.DAYS_PER_WEEK
    start = np.maximum(monday - plan.referral_days[row], 0)
    # Stable, so that a patient's infusions keep their order.
    order = np.argsort(np.append(people, row), kind="stable")
    rows = np.append(people, row)[order]
    starts = np.append(np.zeros_like(people), start)[order]
    mg = racemic_equivalents(given, raw.traits[row], plan)
    # Whole numbers, because one sum runs through all patients.
    parts = np.floor(mg * PARTS_PER_MG + 0.5).astype(np.int64)
    total = np.cumsum(np.append(np.zeros_like(people), parts)[order])
    before = total[np.searchsorted(rows, people)]
    return rows, starts, (total - before[rows]) / PARTS_PER_MG


def racemic_equivalents(given: np.ndarray, traits: np.ndarray, plan: Plan) -> np.ndarray:
    """Return doses in racemic equivalents; the exposure tells which ketamine was given.

    Parameters
    ----------
    given : numpy.ndarray
        Events ``ADMINISTERED`` or ``OUTSIDE_INFUSION``.
    traits : numpy.ndarray
        Of the patient of each event.
    plan : Plan
    """
    potency = plan.rule_sets["potency"][0]
    mg = given["value_1"]
    s_factor_mg = given["value_2"] * traits["clearance"] / 1000.0
    is_s = np.abs(s_factor_mg - mg) < np.abs(s_factor_mg - potency * mg)
    return np.where(is_s, mg / potency, mg)
