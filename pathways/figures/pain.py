"""Mean pain by week: what the patient has, would have without the drug, and writes in a diary.

Both figures about pain read it here: the trajectories and what the change from baseline is made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pathways.figures.population import referrals
from pathways.figures.weekly import has, weekly_totals

if TYPE_CHECKING:
    import pandas

    from pathways.comparison import Comparison

COMPONENTS = ("natural_course", "programme", "expectation", "drug")


def pain_by_week(comparison: Comparison, name: str) -> pandas.DataFrame:
    """Return mean pain of the living at the end of each week, in several senses.

    Returns
    -------
    pandas.DataFrame
        Index ``years``; columns ``pain`` (with everything), ``without_drug`` (the same without the
        slow relief of ketamine), ``without_expectation`` (and without expectation: with the
        programme alone), ``base`` (the natural course alone) and, where the panel keeps a diary,
        ``observed`` (the score in it, not a number in weeks without a score); NRS.
    """
    totals = weekly_totals(comparison.results[name])
    pain = {
        "pain": totals["pain_mean"],
        "without_drug": totals["pain_without_drug_mean"],
        "without_expectation": totals["programme_pain_mean"],
        "base": totals["base_pain_mean"],
    }
    if has(totals, "observed_pain_mean"):
        pain["observed"] = totals["observed_pain_mean"]
    return _frame(pain).set_axis(totals["years"], axis="index")


def enrolment_score(comparison: Comparison, name: str) -> tuple[float, float]:
    """Return the mean of the diary scores at enrolment and the half width of its 95 % interval."""
    from pathways.outcomes.estimates import mean
    from pathways.outcomes.summary import FIXED_POINT

    scores = referrals(comparison, name, "enrolment_score")["enrolment_score"].to_numpy(float)
    found = mean(scores, FIXED_POINT["NRS"])
    if found.value is None:
        return np.nan, np.nan
    return found.value, 0.0 if found.high is None else found.high - found.value


def change_by_component(comparison: Comparison, name: str) -> pandas.DataFrame:
    """Return what the fall of mean pain since enrolment is made of, week by week.

    In sequence: enrolment score less the natural course, less that with the programme, less that
    with expectation, less that with the drug.

    Returns
    -------
    pandas.DataFrame
        Index ``years``; columns :data:`COMPONENTS`; positive is relief. They add up to the
        enrolment score less ``pain``.
    """
    pain = pain_by_week(comparison, name)
    enrolment, _ = enrolment_score(comparison, name)
    parts = (
        enrolment - pain["base"],
        pain["base"] - pain["without_expectation"],
        pain["without_expectation"] - pain["without_drug"],
        pain["without_drug"] - pain["pain"],
    )
    return _frame(dict(zip(COMPONENTS, parts, strict=True)))


def _frame(columns: dict[str, pandas.Series]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(columns)
