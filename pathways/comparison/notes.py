"""What stands beside the numbers: size, evidence, how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.outcomes.calendar import studied_patients
from pathways.outcomes.structure import ALL_DEFAULTS, structure_lines

if TYPE_CHECKING:
    from pathways.comparison.comparison import Comparison

DAYS_PER_YEAR = 365

READING = (
    ("value", "mean or share over all referrals, or per treated patient where the block says so"),
    ("low, high", "ends of the 95 % Monte Carlo interval"),
    (
        "difference",
        "policy minus reference, the same virtual patients with the same random numbers under both",
    ),
    (
        "independent_patients",
        "patients in each arm that two separate groups would need for the same standard error",
    ),
    (
        "excess",
        "harms caused by exposure; background runs under every policy, so the difference of "
        "excess is paired excess",
    ),
)


def size_line(comparison: Comparison) -> str:
    """Return how many patients were followed for how long, and under which draws."""
    plan = comparison.results[comparison.names[0]].plan
    draw = f", parameter draw {plan.draw}" if plan.draw else ""
    years = plan.horizon_days / DAYS_PER_YEAR
    studied = studied_patients(plan)
    whose = "" if studied == plan.patients else f"studied of {plan.patients:,} "
    return (
        f"{studied:,} {whose}referrals over {years:g} year{'s' * (years != 1.0)}, "
        f"seed {plan.seed}{draw}; the same patients under every policy"
    )


def structures(comparison: Comparison) -> list[str]:
    """Return the structural choices in force that are not the default; see ``structure_lines``."""
    plans = {name: result.plan for name, result in comparison.results.items()}
    return structure_lines({name: plan.description for name, plan in plans.items()})


def blocks_line(comparison: Comparison) -> str:
    """Return the blocks of the scenario file in which the policies differ."""
    from pathways.comparison.scenario_differences import block_of

    paths = comparison.scenario_differences["path"].tolist()
    blocks = list(dict.fromkeys(map(block_of, paths)))
    return f"The policies differ in {', '.join(blocks) or 'nothing but their names'}"


def evidence_line(comparison: Comparison) -> str:
    """Return how many parameters the runs rest on, and the shares of their status."""
    from pathways.evidence.book import book

    used: dict[str, None] = {}
    for result in comparison.results.values():
        replaced = set(result.plan.description.get("overridden", ()))
        ids = result.plan.description.get("parameter_ids", ())
        used |= dict.fromkeys(one for one in ids if one not in replaced)
    shares = book().status_shares(list(used)) if used else {}
    listed = ", ".join(
        f"{name.replace('_', ' ')} {100.0 * share:.0f} %" for name, share in shares.items() if share
    )
    return f"Evidence: {len(used)} parameters, of these {listed or 'none'}"


def notes(comparison: Comparison) -> list[tuple[str, str]]:
    """Return label and text of all there is to say beside the numbers."""
    return [
        ("answer", comparison.answer),
        *(("caution", caution) for caution in comparison.cautions),
        ("size", size_line(comparison)),
        *(("structural choice", line) for line in structures(comparison) or [ALL_DEFAULTS]),
        ("reference", comparison.reference),
        ("sham infusion", comparison.sham or "none"),
        ("price book", comparison.priced_by or "each scenario's own"),
        *((f"policy {name}", title) for name, title in comparison.titles.items()),
        ("evidence", evidence_line(comparison)),
        *READING,
        ("fingerprint", comparison.fingerprint),
        *(
            (f"fingerprint of {name}", result.fingerprint)
            for name, result in comparison.results.items()
        ),
    ]
