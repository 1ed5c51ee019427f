"""Writes the files of a comparison; which of them, and why each is the same on every machine.

``comparison.csv`` and the Parquet files have the same bytes from the same results and the same
libraries, and the manifest says all that decides the results. Times lie in ``run.json`` alone.
"""

from __future__ import annotations

import csv
import io
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways.comparison.frames import rows_of
from pathways.outcomes.directory import COMPARISON_FORMAT, MANIFEST
from pathways.outcomes.manifest import manifest_of
from pathways.outcomes.write import json_bytes, write_parquet

if TYPE_CHECKING:
    from pathways.comparison.comparison import Comparison
    from pathways.figures.worker import Drawing, FigureWorker
    from pathways.outcomes.directory import OutputDirectory

FORMAT_VERSION = 1
CSV_COLUMNS = (
    "kind",
    "policy",
    "reference",
    "block",
    "measure",
    "unit",
    "value",
    "standard_error",
    "low",
    "high",
    "n",
    "independent_patients",
    "note",
)
"""Of ``comparison.csv``; ``kind`` is ``headline`` or ``difference``."""

SHARED = ("seed", "draw", "patients", "horizon_days")
OF_A_RUN = ("fingerprint", "tables", "structure_not_default", "scenario")


def write_comparison(
    comparison: Comparison,
    out: OutputDirectory,
    *,
    figures: bool,
    report: bool,
    worker: FigureWorker | None = None,
) -> None:
    """Write the files of a comparison into an output directory, which publishes them when left.

    Parameters
    ----------
    comparison : Comparison
    out : OutputDirectory
        Entered.
    figures, report : bool
        Whether to draw figures, and to write the report. Without figures the report has none.
    worker : FigureWorker, optional
        A process that draws while this one writes tables.

    Raises
    ------
    pathways.outcomes.directory.OutputError
        If a file cannot be written.
    """
    seconds: dict[str, float] = {}
    with out.scratch() as folder:
        drawing = _begin_figures(comparison, folder, worker) if figures else None
        with _timed(seconds, "tables"):
            out.write("comparison.csv", lambda file: file.write(comparison_csv(comparison)))
            _write_tables(comparison, out)
        with _timed(seconds, "workbook"):
            _write_workbook(comparison, out)
        if report:
            _prepare_report()
        drawn: list[Path] = []
        if drawing is not None:
            with _timed(seconds, "figures"):
                drawn = _write_figures(drawing, out)
        if report:
            with _timed(seconds, "report"):
                _write_report(comparison, out, drawn)
    out.write("run.json", lambda file: file.write(json_bytes(_record(comparison, seconds))))
    files = sorted({*out.written, MANIFEST})
    out.write(MANIFEST, lambda file: file.write(json_bytes(manifest(comparison, files))))


def comparison_csv(comparison: Comparison) -> bytes:
    """Return headline and differences in long form: shortest exact numbers, null as nothing, LF."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for row in rows_of(comparison.headline):
        writer.writerow({"kind": "headline", **row})
    for row in rows_of(comparison.differences):
        writer.writerow({"kind": "difference", "value": row.pop("difference"), **row})
    return text.getvalue().encode()


def manifest(comparison: Comparison, files: list[str]) -> dict[str, Any]:
    """Return what decides the results: every scenario as resolved, and all fingerprints.

    Parameters
    ----------
    comparison : Comparison
    files : list of str
        Names of the files beside the manifest.
    """
    runs = {
        name: manifest_of(result.plan, result.tables, result.fingerprints)
        for name, result in comparison.results.items()
    }
    first = runs[comparison.names[0]]
    return {
        "format": COMPARISON_FORMAT,
        "format_version": FORMAT_VERSION,
        "model_version": first["model_version"],
        "fingerprint": comparison.fingerprint,
        "reference": comparison.reference,
        "sham": comparison.sham,
        "priced_by": comparison.priced_by,
        **{key: first[key] for key in SHARED},
        "files": files,
        "policies": {name: {key: run[key] for key in OF_A_RUN} for name, run in runs.items()},
    }


def _write_tables(comparison: Comparison, out: OutputDirectory) -> None:
    for name, result in comparison.results.items():
        for kind, table in result.tables.items():
            if table is not None:
                out.write(
                    f"{kind}/{name}.parquet", lambda file, table=table: write_parquet(table, file)
                )


def _write_workbook(comparison: Comparison, out: OutputDirectory) -> None:
    from pathways.comparison.spreadsheet import write_workbook
    from pathways.comparison.workbook import sheets

    out.write("results.xlsx", lambda file: write_workbook(sheets(comparison), file))


def _begin_figures(comparison: Comparison, folder: Path, worker: FigureWorker | None) -> Drawing:
    from pathways.figures.worker import Drawing

    # Both the figures and the tables need it; it is not to be made twice at the same time.
    _ = comparison.differences
    return Drawing(comparison, folder, worker)


def _write_figures(drawing: Drawing, out: OutputDirectory) -> list[Path]:
    drawn = sorted(drawing.finish())
    for path in drawn:
        out.write_path(f"figures/{path.name}", lambda new, path=path: shutil.copyfile(path, new))
    return drawn


def _prepare_report() -> None:
    """Load what the report needs while others draw."""
    from pathways.report.page import prepare

    prepare()


def _write_report(comparison: Comparison, out: OutputDirectory, drawn: list[Path]) -> None:
    from pathways.report import write_report

    # The last of a name wins: .svg comes after .png.
    figures = {path.stem: path for path in drawn}
    out.write_path("report.html", lambda path: write_report(comparison, path, figures))


def _record(comparison: Comparison, seconds: dict[str, float]) -> dict[str, Any]:
    """Return the content of ``run.json``: as of a run, with the time of each part."""
    records = {name: result.record for name, result in comparison.results.items()}
    simulated = {
        f"simulation of {name}": record.seconds.get("simulation", 0.0)
        for name, record in records.items()
    }
    first = records[comparison.names[0]]
    return replace(first, seconds={**simulated, **seconds}).as_json()


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[part] = time.perf_counter() - started
