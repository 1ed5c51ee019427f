"""A run of which the patients are not kept: they pass in blocks, and their sums stay.

Each block is simulated, checked, written to a temporary file and let go. The summary reads the file
back a column at a time, so that every number in it, quantiles and standard errors too, is that of a
run that keeps everybody, to the bit; and so is the fingerprint.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pathways.outcomes import schema
from pathways.outcomes.agreement import Check, added_up
from pathways.outcomes.blocks import Block, blocks_of
from pathways.outcomes.calendar import shared_weeks
from pathways.outcomes.column_file import ColumnFile, writer_of
from pathways.outcomes.conservation import check_conservation
from pathways.outcomes.directory import explained
from pathways.outcomes.manifest import fingerprints_of, manifest_of
from pathways.outcomes.record import RunRecord
from pathways.outcomes.summary import Row, summary_of
from pathways.outcomes.tables import patients_table, weekly_table
from pathways.outcomes.write import write_run
from pathways.plan import Plan, RawResult

if TYPE_CHECKING:
    from pathways.outcomes.directory import OutputDirectory

PATIENTS = "patients"
PIECE_PATIENTS = 1_024
"""Patients whose traits one thread samples at a time."""

Progress = Callable[[int, int], object]


class SummaryOnly:
    """A finished run without its patients; made by :func:`simulate_summary`.

    Attributes
    ----------
    plan : Plan
    record : RunRecord
    summary_rows : list of dict
        As :class:`pathways.simulation.Result` has them.
    fingerprints : dict from str to str or None
        Of each table, the patients' too, and of the ``run``.
    tables : mapping from str to pyarrow.Table
        ``weekly`` alone.
    manifest : dict
    """

    def __init__(
        self,
        plan: Plan,
        record: RunRecord,
        patients: ColumnFile,
        weekly: pa.Table,
        checks: list[Check],
    ) -> None:
        started = time.perf_counter()
        whole = {PATIENTS: patients, "weekly": weekly, "events": None}
        self.plan, self.record, self.tables = plan, record, {"weekly": weekly}
        self.summary_rows: list[Row] = summary_of(plan, whole, checks, None)
        self.fingerprints = fingerprints_of(whole, plan.description)
        self.manifest: Mapping[str, Any] = {
            **manifest_of(plan, whole, self.fingerprints),
            "not_written": [PATIENTS],
        }
        record.seconds["summary"] = time.perf_counter() - started

    @property
    def fingerprint(self) -> str:
        return self.fingerprints["run"]

    def write_into(self, out: OutputDirectory) -> None:
        """Write the files into an output directory that was entered before simulating."""
        write_run(
            out,
            tables=self.tables,
            summary=self.summary_rows,
            manifest=self.manifest,
            record=self.record.as_json(),
        )


def simulate_summary(
    plan: Plan, folder: Path, *, threads: int | None = None, progress: Progress | None = None
) -> SummaryOnly:
    """Simulate a plan on the kernel and keep no patients.

    Parameters
    ----------
    plan : Plan
        Without observed days.
    folder : Path
        For a temporary file of about 300 bytes for each patient.
    threads, progress
        As for :func:`pathways.simulation.simulate`.

    Raises
    ------
    pathways.outcomes.directory.OutputError
        If the temporary file cannot be written.
    pathways.outcomes.conservation.ConservationError
        If two counts of the same thing differ; rows are those of a block.
    """
    from pathways import fastcore
    from pathways.engines.kernel_engine import available_processors

    threads = threads or available_processors()
    record = RunRecord("kernel", threads, fastcore.active_level())
    started = time.perf_counter()
    run = _Blocks(plan, threads, progress)
    path = folder / f"{PATIENTS}.parquet"
    with explained(path), writer_of(path, schema.arrow_schema(schema.PATIENTS)) as file:
        for table in run.tables():
            file.write_table(table)
    record.seconds["simulation"] = time.perf_counter() - started
    return SummaryOnly(plan, record, ColumnFile(path), run.weekly_table(), run.checks())


class _Blocks:
    """Simulates block after block; knows the weeks and the checks of those that are done."""

    def __init__(self, plan: Plan, threads: int, progress: Progress | None) -> None:
        from pathways.engines.kernel_buffers import WEEKLY

        self._plan, self._threads, self._progress = plan, threads, progress
        self._shared = shared_weeks(plan)
        self._weekly = np.zeros(len(plan.clinic_patients) * plan.weeks, WEEKLY)
        self._checks: list[list[Check]] = []

    def tables(self) -> Iterator[pa.Table]:
        """Yield the patients of each block."""
        for block in blocks_of(self._plan):
            plan = block.plan_of(self._plan)
            raw = self._simulated(block, plan)
            self._check(raw, plan, block)
            self._add_weeks(raw, block)
            yield patients_table(raw, plan)

    def weekly_table(self) -> pa.Table:
        """Return the weeks of all blocks."""
        nobody = np.empty(0)
        return weekly_table(RawResult(nobody, nobody, self._weekly, None), self._plan)

    def checks(self) -> list[Check]:
        """Return the checks of all blocks."""
        return [added_up(parts) for parts in zip(*self._checks, strict=True)]

    def _simulated(self, block: Block, plan: Plan) -> RawResult:
        from pathways.engines.kernel_engine import run

        traits = self._traits(block) if block.first else None
        return run(plan, threads=self._threads, traits=traits, progress=self._told(block))

    def _traits(self, block: Block) -> np.ndarray:
        """Return the traits of a part of a clinic, which the engine would take for its first."""
        from pathways.fastcore.population import sample_traits

        ends = range(block.first, block.first + block.patients, PIECE_PATIENTS)
        last = block.first + block.patients
        with ThreadPoolExecutor(self._threads) as pool:
            pieces = pool.map(
                lambda at: sample_traits(
                    self._plan, at, min(PIECE_PATIENTS, last - at), block.clinics.start
                ),
                ends,
            )
            return np.concatenate(list(pieces))

    def _told(self, block: Block) -> Progress | None:
        if self._progress is None:
            return None
        return lambda done, total: self._progress(block.rows.start + done, self._plan.patients)

    def _check(self, raw: RawResult, plan: Plan, block: Block) -> None:
        traits = raw.traits.copy()
        traits["patient"] -= block.first
        counted = replace(raw, traits=traits)
        self._checks.append(check_conservation(counted, plan, shared_weeks=self._shared))

    def _add_weeks(self, raw: RawResult, block: Block) -> None:
        from pathways.engines.kernel_buffers import add_weekly

        weeks = self._plan.weeks
        rows = slice(block.clinics.start * weeks, block.clinics.stop * weeks)
        add_weekly(self._weekly[rows], raw.weekly)
