"""Simulate one scenario: the Python face of ``pathways run``."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from pathways.errors import InputError, PathwaysError, Place, nearest, shown
from pathways.plan import Plan, RawResult

if TYPE_CHECKING:
    import numpy
    import pandas
    import pyarrow

    from pathways.model.patient import PatientAgent
    from pathways.outcomes.directory import OutputDirectory
    from pathways.outcomes.dose_bands import DoseBand
    from pathways.outcomes.log_by_unit import LogByUnit
    from pathways.outcomes.record import RunRecord
    from pathways.scenario import Scenario

ENGINES = {
    "kernel": "pathways.engines.kernel_engine",
    "mesa": "pathways.engines.mesa_engine",
}

ALLOWED = {
    # A patient's index is one 32-bit word of the address of every draw; a seed is two.
    "patients": (1, 2**32),
    "seed": (0, 2**64 - 1),
    "threads": (1, 1024),
}

Progress = Callable[[int, int], object]
"""Called now and then with the days or patients done, and all of them."""


class Result:
    """A finished run that adds up. Tables, frames and fingerprints are made when first asked for.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
    record : RunRecord
    log : LogByUnit, optional
        What the event log said where it was read while it was made and is not in `raw`.

    Attributes
    ----------
    raw, plan, record
        As given.
    tables : mapping from str to pyarrow.Table or None
        ``patients``, ``weekly`` and ``events``, the last None if not kept; ``observations`` too if
        days were observed.
    patients, weekly, events, observations, summary : pandas.DataFrame
        ``events`` is None if not kept, ``observations`` if no day was observed. Columns, types and
        units are those of :mod:`pathways.outcomes.schema`; docs/python.md lists them.
    checks : list of Check
        What was counted more than once and agreed.
    fingerprints : dict from str to str or None
        Of each table and of the ``run``.
    fingerprint : str
        Of the run.

    Raises
    ------
    pathways.outcomes.conservation.ConservationError
        If two counts of the same thing differ: a fault of the engine, never of the input.
    """

    def __init__(
        self, raw: RawResult, plan: Plan, record: RunRecord, log: LogByUnit | None = None
    ) -> None:
        from pathways.outcomes.conservation import check_conservation

        self.raw = raw
        self.plan = plan
        self.record = record
        started = time.perf_counter()
        self.checks = check_conservation(raw, plan)
        if log is not None:
            self.checks += log.checks()
            self.__dict__["bands"] = log.bands()
        record.seconds["checks"] = time.perf_counter() - started

    @cached_property
    def tables(self) -> Mapping[str, pyarrow.Table | None]:
        return Tables(self.raw, self.plan)

    @cached_property
    def patients(self) -> pandas.DataFrame:
        return _frame(self.tables["patients"])

    @cached_property
    def weekly(self) -> pandas.DataFrame:
        return _frame(self.tables["weekly"])

    @cached_property
    def events(self) -> pandas.DataFrame | None:
        return self._frame_if_kept("events")

    @cached_property
    def observations(self) -> pandas.DataFrame | None:
        return self._frame_if_kept("observations")

    def _frame_if_kept(self, name: str) -> pandas.DataFrame | None:
        table = self.tables.get(name)
        return None if table is None else _frame(table)

    @cached_property
    def summary(self) -> pandas.DataFrame:
        from pathways.outcomes.summary import summary_table

        return _frame(summary_table(self.summary_rows))

    @cached_property
    def summary_rows(self) -> list[dict]:
        """The summary as plain rows, columns of ``outcomes.schema.SUMMARY``."""
        from pathways.outcomes.summary import summary_of

        return summary_of(self.plan, self.tables, self.checks, self.bands)

    @cached_property
    def bands(self) -> list[DoseBand] | None:
        """Harm by lifetime dose; None if no events were kept."""
        from pathways.outcomes.dose_bands import dose_bands

        return dose_bands(self.raw, self.plan)

    def without_events(self) -> Result:
        """Return the result as if no events had been kept, but with the harms by dose."""
        light = copy.copy(self)
        for name in ("tables", "events", "summary", "fingerprints"):
            light.__dict__.pop(name, None)
        light.__dict__["bands"] = self.bands
        light.raw = dataclasses.replace(self.raw, events=None)
        light.__dict__["tables"] = self.tables.without_events(light.raw)
        return light

    @cached_property
    def fingerprints(self) -> dict[str, str | None]:
        from pathways.outcomes.manifest import fingerprints_of

        return fingerprints_of(self.tables, self.plan.description)

    @property
    def fingerprint(self) -> str:
        return self.fingerprints["run"]

    def write(self, directory: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the output directory, all or nothing, and return its path.

        Raises
        ------
        pathways.outcomes.directory.OutputError
            If it cannot be written, or holds something that is not ours to replace.
        """
        from pathways.outcomes.directory import OutputDirectory

        with OutputDirectory(directory, overwrite=overwrite) as out:
            self.write_into(out)
        return out.path

    def write_into(self, out: OutputDirectory) -> None:
        """Write the files into an output directory that was entered before simulating."""
        from pathways.outcomes.manifest import manifest_of
        from pathways.outcomes.write import write_run

        started = time.perf_counter()
        summary = self.summary_rows
        manifest = manifest_of(self.plan, self.tables, self.fingerprints)
        self.record.seconds["tables"] = time.perf_counter() - started
        write_run(
            out,
            tables=self.tables,
            summary=summary,
            manifest=manifest,
            record=self.record.as_json(),
        )


class Tables(Mapping[str, "pyarrow.Table | None"]):
    """The tables of a run by name, each made when it is first asked for.

    Parameters
    ----------
    raw : RawResult
    plan : Plan
    """

    def __init__(self, raw: RawResult, plan: Plan) -> None:
        self._raw, self._plan = raw, plan
        observed = ("observations",) if len(plan.observed_days) else ()
        self._names = ("patients", "weekly", "events", *observed)
        self._made: dict[str, pyarrow.Table | None] = {}

    def __getitem__(self, name: str) -> pyarrow.Table | None:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            from pathways.outcomes import tables

            self._made[name] = getattr(tables, f"{name}_table")(self._raw, self._plan)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def without_events(self, raw: RawResult) -> Tables:
        """Return the tables of `raw`, the same result without its events."""
        light = Tables(raw, self._plan)
        light._made = {name: one for name, one in self._made.items() if name != "events"}
        return light


def simulate(
    plan_or_scenario: Plan | Scenario | str | os.PathLike[str],
    *,
    engine: str = "kernel",
    patients: int | None = None,
    years: float | None = None,
    seed: int | None = None,
    draw: int | None = None,
    threads: int | None = None,
    events: bool = False,
    observed_days: Sequence[int] | None = None,
    progress: Progress | None = None,
    patient_class: type[PatientAgent] | None = None,
    traits: numpy.ndarray | None = None,
    by_dose: bool = False,
) -> Result:
    """Simulate one scenario.

    Parameters
    ----------
    plan_or_scenario
        The name of a shipped scenario, the path of a scenario file, a loaded scenario or a plan.
    engine
        ``"kernel"`` (compiled) or ``"mesa"`` (the reference); the results are the same.
    patients, years, seed, draw
        Size, follow-up, seed and parameter draw (:func:`pathways.resolve.resolver.resolve`); None
        is the resolver's default. A plan has them.
    threads
        Of the kernel; None leaves it to the engine. The results do not depend on it.
    events
        Whether to keep the event log.
    observed_days
        Days since the referral on which every patient is observed; None for none. A plan has them.
    progress
        Called now and then with the days or patients done, and all of them.
    patient_class
        A subclass of :class:`pathways.model.patient.PatientAgent` with decisions of its own, for
        the engine ``"mesa"``. Its name becomes part of the fingerprint.
    traits
        The plan's patients as ``RawResult.traits`` has them, if another run of the engine
        ``"kernel"`` has sampled them already; None samples them.
    by_dose
        Whether harms by dose are counted although no events are kept.

    Returns
    -------
    Result

    Raises
    ------
    PathwaysError
        If an argument cannot be used or the scenario is wrong; the message has the remedy.
    """
    run = _engine(engine)
    refuse_bad_size(patients=patients, seed=seed, threads=threads)
    size = {"patients": patients, "years": years, "seed": seed, "draw": draw}
    plan = plan_of(plan_or_scenario, **size, observed_days=observed_days)
    if patient_class is not None:
        run, plan = _with_own_decisions(run, plan, patient_class, engine)
    if traits is not None and engine == "kernel":
        run = partial(run, traits=traits)
    how = {"engine": engine, "threads": threads, "progress": progress}
    return run_plan(run, plan, events=events, by_dose=by_dose, **how)


def _with_own_decisions(
    run: Callable[..., RawResult], plan: Plan, patient_class: type[PatientAgent], engine: str
) -> tuple[Callable[..., RawResult], Plan]:
    """Return the engine's `run` with another kind of patient, and the plan that says so."""
    if engine != "mesa":
        problem = f"the engine {shown(engine)} has no patients to replace"
        raise InputError(Place(path="patient_class"), problem, "engine='mesa'")
    name = f"{patient_class.__module__}.{patient_class.__qualname__}"
    description = {**plan.description, "patient_class": name}
    return partial(run, patient_class=patient_class), replace(plan, description=description)


def plan_of(
    plan_or_scenario: Plan | Scenario | str | os.PathLike[str],
    **size: float | Sequence[int] | None,
) -> Plan:
    """Return the plan of a scenario in any form; `size` as in :func:`simulate`.

    Raises
    ------
    PathwaysError
        If the scenario is wrong, or a plan, which is fixed, is given together with a size.
    """
    given = {name: value for name, value in size.items() if value is not None}
    if isinstance(plan_or_scenario, Plan):
        if given:
            raise PathwaysError(
                f"{', '.join(given)}: a plan is already resolved; resolve the scenario again "
                "with other values"
            )
        return plan_or_scenario
    from pathways.resolve.resolver import resolve
    from pathways.scenario import Scenario, load_scenario

    if isinstance(plan_or_scenario, (str, os.PathLike)):
        plan_or_scenario = load_scenario(plan_or_scenario)
    if not isinstance(plan_or_scenario, Scenario):
        problem = f"{shown(plan_or_scenario)} cannot be simulated"
        raise InputError(Place(), problem, "a scenario, its name, the path of its file, or a plan")
    return resolve(plan_or_scenario, **given)


def run_plan(
    run: Callable[..., RawResult],
    plan: Plan,
    *,
    engine: str,
    threads: int | None,
    events: bool,
    progress: Progress | None,
    by_dose: bool = False,
) -> Result:
    """Hand a plan to an engine's `run`, time it, and check that what it returns adds up.

    With `by_dose` the result knows harms by dose also where no events are kept.
    """
    from pathways.outcomes.record import RunRecord

    log = None
    if by_dose and not events:
        if engine != "kernel" or plan.queues:
            whole = {"engine": engine, "threads": threads, "progress": progress}
            return run_plan(run, plan, events=True, **whole).without_events()
        from pathways.outcomes.log_by_unit import LogByUnit

        log = LogByUnit()
    options = {"keep_events": events, "progress": progress}
    if log is not None:
        options["read_events"] = log
    record = RunRecord(engine)
    if engine == "kernel":
        from pathways import fastcore
        from pathways.engines.kernel_engine import available_processors

        options["threads"] = record.threads = threads or available_processors()
        record.instruction_set = fastcore.active_level()
    started = time.perf_counter()
    raw = run(plan, **options)
    record.seconds["simulation"] = time.perf_counter() - started
    return Result(raw, plan, record, log)


def refuse_bad_size(**size: int | None) -> None:
    """Refuse a number of patients or threads, or a seed, that cannot be used; None is the default.

    Raises
    ------
    PathwaysError
        With what is allowed.
    """
    for name, value in size.items():
        lowest, highest = ALLOWED[name]
        allowed = f"{lowest} to {highest}"
        if value is None:
            continue
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise InputError(Place(path=name), f"{value!r} is not a whole number", allowed)
        if not lowest <= value <= highest:
            raise InputError(Place(path=name), f"{value} cannot be used", allowed)


def refuse_unknown_engine(name: str) -> None:
    """Refuse the name of an engine that does not exist.

    Raises
    ------
    PathwaysError
        With the names that do.
    """
    if name not in ENGINES:
        problem = f"there is no engine {shown(name)}"
        raise InputError(Place(path="engine"), problem, list(ENGINES), nearest(name, ENGINES))


def _engine(name: str) -> Callable[..., RawResult]:
    refuse_unknown_engine(name)
    return importlib.import_module(ENGINES[name]).run


def _frame(table: pyarrow.Table) -> pandas.DataFrame:
    from pathways.outcomes.frames import frame

    return frame(table)
