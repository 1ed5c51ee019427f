"""The tables of the terminal: policies down, measures across, each with half of its interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pathways.comparison.frames import rows_of
from pathways.comparison.numbers import (
    difference_cell,
    estimate_cell,
    is_money,
    patients,
    per_thousand_cell,
)
from pathways.outcomes import schema
from pathways.outcomes.summary import ALL, CONTINUATIONS, TREATED
from pathways.outcomes.tables import currency_of

if TYPE_CHECKING:
    from pathways.comparison.comparison import Comparison

Columns = tuple[tuple[str, str, str], ...]
"""Block, measure and heading of each column."""

OF_ALL: Columns = (
    (ALL, "share_treated", "Treated\n%"),
    (ALL, "median_wait_days", "Wait\ndays"),
    (ALL, "mean_infusions", "Infu-\nsions"),
    (ALL, "mean_ketamine_mg", "Dose\nmg"),
    (ALL, "mean_pain", "Pain\nNRS"),
    (ALL, "mean_qaly", "\nQALYs"),
)
COSTS: Columns = (
    (ALL, "mean_cost_health_system", "Health system\n{currency}"),
    (ALL, "mean_cost_patient", "Patient\n{currency}"),
)
OF_TREATED: Columns = (
    (TREATED, "patients", "\nPatients"),
    (TREATED, "mean_infusions", "Infu-\nsions"),
    (TREATED, "mean_ketamine_mg", "Dose\nmg"),
    (TREATED, "p99_ketamine_mg", "99 %\nto mg"),
    (TREATED, "mean_years_on_treatment", "Years\non it"),
    (TREATED, "share_responder_observed", "Response\nseen %"),
    (TREATED, "share_responder_drug_at_threshold", "by drug\n%"),
    (CONTINUATIONS, "false_positive_rate", "False\npos. %"),
)
DIFFERENCES = (
    ("mean_qaly_drug_only", "Drug\nonly"),
    ("mean_pain", "Pain\nNRS"),
    ("mean_cost_health_system", "Health system\n{currency}"),
    ("mean_cost_patient", "Patient\n{currency}"),
)
QALY = "mean_qaly"


class Table(NamedTuple):
    """One table of text.

    Attributes
    ----------
    title : str
    headings : tuple of str
        The first stands above the policies.
    rows : list of tuple of str
    note : str
        Below it; empty if there is nothing to say.
    """

    title: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def tables(comparison: Comparison) -> Iterator[Table]:
    """Yield the tables: all referrals, per treated, paired differences, harms."""
    estimates = {
        (row["policy"], row["block"], row["measure"]): row for row in rows_of(comparison.headline)
    }
    differences = {
        (row["policy"], row["reference"], row["measure"]): row
        for row in rows_of(comparison.differences)
    }
    currencies = _currencies(comparison)
    currency = currencies[0] if len(currencies) == 1 else None
    of_all = (*OF_ALL, *COSTS) if currency else OF_ALL
    yield Table(
        "All referrals",
        _headings(of_all, currency),
        [_estimates(estimates, name, of_all) for name in comparison.names],
        "Wait: median to the first infusion. Dose: lifetime, racemic equivalents. QALYs and costs "
        "are discounted.",
    )
    if len(currencies) > 1:
        yield _costs(comparison, estimates)
    treated = [name for name in comparison.names if estimates[name, TREATED, "patients"]["value"]]
    yield Table(
        "Per treated patient",
        _headings(OF_TREATED, currency),
        [_estimates(estimates, name, OF_TREATED) for name in treated],
        "Response: once observed, and once met by drug relief alone, of those judged. "
        "False pos.: continuations without drug response, of all continuations.",
    )
    yield _paired(comparison, differences, currency)
    yield _harms(comparison, differences)


def _paired(comparison: Comparison, differences: dict, currency: str | None) -> Table:
    reference, sham = comparison.reference, comparison.sham
    has_sham = sham not in (None, reference)
    shown = [
        (measure, _with_currency(heading, currency))
        for measure, heading in DIFFERENCES
        # Without one currency there is nothing to show.
        if currency or not is_money({"measure": measure})
    ]
    rows = []
    for name in _others(comparison):
        row = [difference_cell(differences.get((name, reference, QALY)))]
        if has_sham:
            row.append(difference_cell(differences.get((name, sham, QALY))))
        row += [difference_cell(differences.get((name, reference, one))) for one, _ in shown]
        needed = differences[name, reference, QALY]["independent_patients"]
        rows.append((name, *row, patients(needed)))
    against = ("against\nsham",) if has_sham else ()
    headings = ("Policy", "QALYs\nall", *against, *(words for _, words in shown))
    return Table(
        f"Paired differences from {reference}, per referral",
        (*headings, "Independent\npatients"),
        rows,
        "Independent patients: how many each of two separate arms would need to know the "
        "difference of QALYs as well.",
    )


def _harms(comparison: Comparison, differences: dict) -> Table:
    reference = comparison.reference
    rows = [
        (
            name,
            *(
                per_thousand_cell(differences[name, reference, f"mean_{harm}_excess"])
                for harm in schema.CHRONIC_HARMS
            ),
        )
        for name in _others(comparison)
    ]
    headings = tuple(harm.replace("_", "\n").capitalize() for harm in schema.CHRONIC_HARMS)
    return Table(
        f"Paired excess of chronic harms from {reference}, onsets per 1,000 referrals",
        ("Policy", *headings),
        rows,
        "Over the whole horizon. Background harms happen alike under every policy and "
        "cancel. 0: no simulated patient differs.",
    )


def _others(comparison: Comparison) -> list[str]:
    return [name for name in comparison.names if name != comparison.reference]


def _costs(comparison: Comparison, estimates: dict) -> Table:
    """Return costs in the currency of each policy, one beside the other but not compared."""
    rows = [
        (
            name,
            currency_of(result.plan) or "no prices",
            *_estimates(estimates, name, COSTS)[1:],
        )
        for name, result in comparison.results.items()
    ]
    _, *headings = _headings(COSTS, None)
    return Table("Costs per referral", ("Policy", "\nCurrency", *headings), rows)


def _estimates(estimates: dict, name: str, columns: Columns) -> tuple[str, ...]:
    return (name, *(estimate_cell(estimates.get((name, *key))) for *key, _ in columns))


def _headings(columns: Columns, currency: str | None) -> tuple[str, ...]:
    return ("Policy", *(_with_currency(heading, currency) for *_, heading in columns))


def _with_currency(heading: str, currency: str | None) -> str:
    return heading.replace("{currency}", currency or "")


def _currencies(comparison: Comparison) -> list[str]:
    """Return the currencies of the policies that have prices."""
    found = {currency_of(result.plan) for result in comparison.results.values()}
    return sorted(one for one in found if one)
