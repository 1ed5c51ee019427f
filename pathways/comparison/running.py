"""Run several policies on the same virtual patients: the Python face of ``pathways compare``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from pathways.comparison.comparison import Comparison
from pathways.comparison.names import chosen_reference, refuse_repeated_names
from pathways.comparison.pairing import refuse_different_plans
from pathways.errors import InputError, PathwaysError, Place, nearest, shown
from pathways.plan import Plan
from pathways.simulation import Progress, plan_of, refuse_bad_size, refuse_unknown_engine, simulate

if TYPE_CHECKING:
    from pathways.scenario import Scenario


POLICIES = (
    "conventional-care",
    "cash-clinic",
    "guideline-2018",
    "dose-ladder",
    "multidisciplinary",
    "exit-strategy",
)
SHAM_INFUSION = "sham-infusion"
SHIPPED = (*POLICIES, SHAM_INFUSION)
"""What is compared unless something else is asked for."""


def compare(
    scenarios: Sequence[Plan | Scenario | str | os.PathLike[str]] = SHIPPED,
    *,
    reference: str | None = None,
    prices: str | None = None,
    patients: int | None = None,
    years: float | None = None,
    seed: int | None = None,
    draw: int | None = None,
    engine: str = "kernel",
    threads: int | None = None,
    events: bool = False,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate several policies on the same virtual patients and compare them.

    Parameters
    ----------
    scenarios
        Each as in :func:`pathways.simulate`; default the six shipped policies and the sham
        infusion.
    reference
        Name of the policy that the others are compared with; default ``conventional-care`` if it
        is among them, else the first.
    prices
        Price book for all of them, instead of each one's own: ``"uk-2023-gbp"`` (pounds of 2023)
        or ``"us-2024-usd"`` (dollars of 2024). Money is compared in one currency only.
    patients, years, seed, draw, engine, threads, events
        As in :func:`pathways.simulate`, for every scenario. ``years`` is in years of 365 days.
    progress
        Called now and then with the days or patients done, over all scenarios, and all of them.

    Returns
    -------
    Comparison

    Raises
    ------
    PathwaysError
        If an argument cannot be used, a scenario is wrong, two have one name, the reference is not
        among them, or their patients differ; the message has the remedy.
    """
    refuse_unknown_engine(engine)
    refuse_bad_size(patients=patients, seed=seed, threads=threads)
    loaded = load_all(scenarios, prices=prices)
    reference = chosen_reference(tuple(loaded), reference)
    return compare_loaded(
        plans_of(loaded, patients=patients, years=years, seed=seed, draw=draw),
        reference=reference,
        priced_by=prices,
        engine=engine,
        threads=threads,
        events=events,
        progress=progress,
    )


def plans_of(loaded: Mapping[str, Plan | Scenario], **size: float | None) -> dict[str, Plan]:
    """Return the plans of what :func:`load_all` returned, whose patients are the same.

    `size` as for :func:`compare`.

    Raises
    ------
    PathwaysError
        If their patients differ, or a plan is given together with a size.
    """
    plans = {name: plan_of(given, **size) for name, given in loaded.items()}
    refuse_different_plans(plans)
    return plans


def compare_loaded(
    plans: Mapping[str, Plan],
    *,
    reference: str | None,
    priced_by: str | None,
    engine: str,
    threads: int | None,
    events: bool,
    progress: Progress | None,
) -> Comparison:
    """Simulate and compare what :func:`plans_of` returned; the rest as for :func:`compare`.

    Raises
    ------
    PathwaysError
        As :func:`compare`.
    """
    results, sampled = {}, {}
    with ThreadPoolExecutor(1) as beside:
        ready = []
        for number, (name, plan) in enumerate(plans.items()):
            results[name] = simulate(
                plan,
                engine=engine,
                threads=threads,
                events=events,
                by_dose=True,
                progress=_part(progress, number, len(plans)),
                traits=sampled.get(patients_of(plan)),
            )
            sampled.setdefault(patients_of(plan), results[name].raw.traits)
            # While the next one is simulated; afterwards other processors would only wait for it.
            ready.append(beside.submit(getattr, results[name], "summary_rows"))
        for one in ready:
            one.result()
    return Comparison(results, reference, priced_by=priced_by)


def patients_of(plan: Plan) -> tuple[object, ...]:
    """Return all that the traits of a plan's patients follow from; equal for equal patients."""
    arrays = (plan.population, plan.clinics["number"][0], plan.clinic_patients, plan.referral_days)
    return (plan.seed, plan.draw, *(array.tobytes() for array in arrays))


def load_all(
    scenarios: Sequence[Plan | Scenario | str | os.PathLike[str]], *, prices: str | None = None
) -> dict[str, Plan | Scenario]:
    """Return the scenarios under their names, perhaps with another price book.

    Raises
    ------
    PathwaysError
        If one cannot be read, two have one name, or there is no such price book.
    """
    from pathways.scenario import load_scenario

    if isinstance(scenarios, (str, os.PathLike, Plan)):
        raise InputError(Place(path="scenarios"), "one scenario is given", "a list of scenarios")
    _refuse_unknown_book(prices)
    read = [
        load_scenario(given) if isinstance(given, (str, os.PathLike)) else given
        for given in scenarios
    ]
    names = [_name(given) for given in read]
    refuse_repeated_names(names)
    if len(names) < 2:
        problem = f"{shown(names[0])} alone is no comparison" if names else "there are none"
        allowed = "two scenarios or more, such as conventional-care beside it"
        raise InputError(Place(path="scenarios"), problem, allowed)
    return {name: _priced(given, name, prices) for name, given in zip(names, read, strict=True)}


def _name(given: Plan | Scenario) -> str:
    if isinstance(given, Plan):
        return str(given.description["scenario"]["scenario"])
    return given.name


def _priced(given: Plan | Scenario, name: str, prices: str | None) -> Plan | Scenario:
    """Return the scenario with the price book in the place of its own."""
    if prices is None:
        return given
    if isinstance(given, Plan):
        raise PathwaysError(
            f"prices: the plan of {shown(name)} is already resolved; resolve the scenario again "
            "with other prices"
        )
    from pathways.scenario.money import PriceBook

    document = given.document.model_copy(update={"prices": PriceBook(book=prices)})
    return replace(given, document=document)


def _refuse_unknown_book(prices: str | None) -> None:
    from pathways.scenario.money import BookName

    books = get_args(BookName)
    if prices is not None and prices not in books:
        problem = f"there is no price book {shown(prices)}"
        raise InputError(Place(path="prices"), problem, books, nearest(prices, books))


def _part(progress: Progress | None, number: int, runs: int) -> Progress | None:
    """Return a progress of one of several runs that reports to the progress of all of them."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, runs * total)
