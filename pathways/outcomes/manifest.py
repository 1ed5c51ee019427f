"""What a run's manifest says: all that decides the results, and the fingerprints of the results.

It is the same for both engines, any number of threads and any machine; what is not lies in
``run.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from pathways.outcomes import calendar
from pathways.outcomes.directory import MANIFEST, MANIFEST_FORMAT, OutputError, format_of
from pathways.outcomes.fingerprint import run_fingerprint, table_fingerprint
from pathways.outcomes.structure import structure_record
from pathways.plan import Plan
from pathways.version import model_version

MANIFEST_VERSION = 2


def fingerprints_of(
    tables: Mapping[str, pa.Table | None], description: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return the fingerprint of each table, None where it was not kept, and that of the ``run``."""
    found = {
        name: None if table is None else table_fingerprint(table) for name, table in tables.items()
    }
    return {**found, "run": run_fingerprint(found, description)}


def manifest_of(
    plan: Plan, tables: Mapping[str, pa.Table | None], fingerprints: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return the manifest of a run as JSON-compatible values."""
    observed = plan.observed_days.tolist()
    return {
        "format": MANIFEST_FORMAT,
        "format_version": MANIFEST_VERSION,
        "model_version": model_version(),
        "fingerprint": fingerprints["run"],
        "tables": {
            name: None
            if table is None
            else {"rows": table.num_rows, "fingerprint": fingerprints[name]}
            for name, table in tables.items()
        },
        "seed": plan.seed,
        "draw": plan.draw,
        "kind": calendar.kind_of(plan),
        "queues": plan.queues,
        "patients": plan.patients,
        "horizon_days": plan.horizon_days,
        "calendar_days": plan.calendar_days,
        "studied_days": list(plan.studied_days),
        **({"observed_days": observed} if observed else {}),
        "regions": calendar.regions_of(plan),
        "clinics": {
            "numbers": calendar.clinic_numbers(plan).tolist(),
            "patients": plan.clinic_patients.tolist(),
        },
        "structure_not_default": structure_record(plan.description),
        "scenario": plan.description,
    }


def read_manifest(directory: str | Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    OutputError
        If the directory holds no finished run.
    """
    path = Path(directory) / MANIFEST
    if format_of(directory) != MANIFEST_FORMAT:
        raise OutputError(f"{path}: no finished run lies here; run the scenario again")
    return json.loads(path.read_bytes())
