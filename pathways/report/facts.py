"""What the report says about the runs besides their numbers: size, settings, how to repeat them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pathways.comparison.cautions import wrong_models
from pathways.comparison.notes import structures
from pathways.outcomes.calendar import patients_to_ask_for, studied_patients
from pathways.outcomes.structure import choices

if TYPE_CHECKING:
    from pathways.comparison import Comparison
    from pathways.plan import Plan

DAYS_PER_YEAR = 365
IN_THE_TEXT = ("utility", "mortality", "excess_mortality")
"""Structural choices whose words stand in sentences of the report."""

BOOKS = {
    "us-2024-usd": "prices of the United States, US dollars of 2024",
    "uk-2023-gbp": "prices of the United Kingdom, pounds sterling of 2023",
}


@dataclass(frozen=True)
class Facts:
    """Settings of a comparison.

    Attributes
    ----------
    patients : int
        Studied; the same in every run.
    years, seed, draw
        As simulated; the same in every run.
    model_version, fingerprint : str
    fingerprints : dict
        Of each run.
    utility, mortality, excess_mortality : tuple of str
        Structural choices in words, one if all runs agree.
    redrawn : tuple of str
        Policies under which it is drawn again whether ketamine works.
    structure : tuple of str
        The structural choices that are not the default, with the runs they hold for.
    wrong_models : tuple of str
        Warnings of those that are known to be wrong.
    discount_effects, discount_costs : tuple of str
        Percent a year.
    price_books : dict
        Of each policy, in words; empty without prices.
    command : str
        What repeats the comparison.
    own_files : tuple of str
        Policies that do not come with the package.
    checks : tuple of str
        What was counted more than once in every run and agreed.
    with_other_therapies : tuple of str
        Policies that offer a programme of other therapies.
    has_limited_clinics, has_outside_option : bool
        Whether any run has clinics with limited resources, or infusions bought elsewhere.
    """

    patients: int
    years: str
    seed: int
    draw: int
    package_version: str
    model_version: str
    fingerprint: str
    fingerprints: dict[str, str]
    utility: tuple[str, ...]
    mortality: tuple[str, ...]
    excess_mortality: tuple[str, ...]
    redrawn: tuple[str, ...]
    structure: tuple[str, ...]
    wrong_models: tuple[str, ...]
    discount_effects: tuple[str, ...]
    discount_costs: tuple[str, ...]
    price_books: dict[str, str]
    command: str
    own_files: tuple[str, ...]
    checks: tuple[str, ...]
    with_other_therapies: tuple[str, ...]
    has_limited_clinics: bool
    has_outside_option: bool


def facts_of(comparison: Comparison) -> Facts:
    """Return the settings of a comparison."""
    import pathways
    from pathways.version import model_version

    plan = _plan(comparison)
    scenarios = [_scenario(one.plan) for one in comparison.results.values()]
    discounts = [one.get("discount", {}) for one in scenarios]
    return Facts(
        patients=studied_patients(plan),
        years=f"{plan.horizon_days / DAYS_PER_YEAR:g}",
        seed=plan.seed,
        draw=plan.draw,
        package_version=pathways.__version__,
        model_version=model_version(),
        fingerprint=comparison.fingerprint,
        fingerprints={name: one.fingerprint for name, one in comparison.results.items()},
        **_structure(comparison),
        discount_effects=_distinct(f"{one['effects']:g}" for one in discounts if one),
        discount_costs=_distinct(f"{one['costs']:g}" for one in discounts if one),
        price_books=_price_books(comparison),
        command=command(comparison),
        own_files=tuple(name for name in comparison.names if not _is_shipped(name)),
        checks=_checks(comparison),
        with_other_therapies=tuple(
            name
            for name, one in zip(comparison.names, scenarios, strict=True)
            if (one.get("policy") or {}).get("programme")
        ),
        has_limited_clinics=any(one.plan.queues for one in comparison.results.values()),
        has_outside_option=_has_outside_option(comparison),
    )


def _structure(comparison: Comparison) -> dict[str, tuple[str, ...]]:
    plans = {name: one.plan for name, one in comparison.results.items()}
    found = {
        name: {choice.name: choice for choice in choices(plan.description)}
        for name, plan in plans.items()
    }
    words = {one: _distinct(by[one].words for by in found.values()) for one in IN_THE_TEXT}
    redrawn = tuple(name for name, by in found.items() if by["responder"].option == "redrawn")
    told = {"structure": structures(comparison), "wrong_models": wrong_models(plans)}
    return {**words, "redrawn": redrawn, **{name: tuple(one) for name, one in told.items()}}


def command(comparison: Comparison) -> str:
    """Return what repeats a comparison, for a shell; files of one's own by their names."""
    plan = _plan(comparison)
    names = [name if _is_shipped(name) else f"{name}.yaml" for name in comparison.names]
    years = plan.horizon_days / DAYS_PER_YEAR
    options: dict[str, Any] = {
        "reference": comparison.reference,
        "prices": comparison.priced_by,
        "patients": patients_to_ask_for(plan),
        "years": int(years) if years.is_integer() else years,
        "seed": plan.seed,
        "draw": plan.draw,
        "events": _has_events(comparison),
    }
    given = {name: value for name, value in options.items() if value or name == "seed"}
    return _in_python(names, given) if plan.draw else _on_command_line(names, given)


def _on_command_line(names: list[str], options: Mapping[str, Any]) -> str:
    words = ["pathways", "compare", *names]
    for name, value in options.items():
        words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return shlex.join(words)


def _in_python(names: list[str], options: Mapping[str, Any]) -> str:
    """Return the same through Python: the command line has no option for a parameter draw."""
    given = ", ".join(f"{name}={value!r}" for name, value in options.items())
    code = f"from pathways.comparison import compare; compare({names!r}, {given}).write('again')"
    return shlex.join(["python", "-c", code])


def _has_events(comparison: Comparison) -> bool:
    return any(one.tables["events"] is not None for one in comparison.results.values())


def _plan(comparison: Comparison) -> Plan:
    return comparison.results[comparison.reference].plan


def _scenario(plan: Plan) -> Mapping[str, Any]:
    return plan.description.get("scenario", {})


def _distinct(words: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _book(plan: Plan) -> str:
    return str((_scenario(plan).get("prices") or {}).get("book") or "")


def _price_books(comparison: Comparison) -> dict[str, str]:
    books = {name: _book(one.plan) for name, one in comparison.results.items()}
    return {name: BOOKS.get(book, book) for name, book in books.items() if book}


def _is_shipped(name: str) -> bool:
    from pathways.scenario.load import shipped_names

    return name in shipped_names()


def _checks(comparison: Comparison) -> tuple[str, ...]:
    from pathways.outcomes.headline import checks_passed

    found = [checks_passed(one.summary_rows) for one in comparison.results.values()]
    return tuple(name for name in found[0] if all(name in one for one in found))


def _has_outside_option(comparison: Comparison) -> bool:
    plans = (one.plan for one in comparison.results.values())
    return any((plan.rule_sets["outside_share"] > 0.0).any() for plan in plans)
