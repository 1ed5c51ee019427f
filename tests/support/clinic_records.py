"""Clinics made by hand, for the plans of `plans.make_plan`."""

from __future__ import annotations

import numpy as np

from pathways import layout
from pathways.codes import QueueOrder
from pathways.errors import nearest

CLINIC_DTYPE = layout.numpy_dtype(layout.CLINIC)
UNLIMITED = -1
FIRST_CLINIC = 1
CLINIC = {
    "booking_every_days": 7,
    "open_days": 0b1111111,
    "chairs": UNLIMITED,
    "open_minutes": 480,
    "turnaround_minutes": 60,
    "beds": UNLIMITED,
    "assessment_slots_per_week": UNLIMITED,
    "therapy_slots_per_week": UNLIMITED,
    "queue_order": QueueOrder.FIRST_COME,
}


def patients_by_clinic(
    patients: int | None, clinics: int, given: list[int] | None, referral_days: object
) -> np.ndarray:
    """Return the number of patients of each clinic."""
    if given is not None:
        return np.array(given, np.int64)
    if patients is None:
        patients = 200 if referral_days is None else len(referral_days)
    equal, more = divmod(patients, clinics)
    return np.array([equal + (index < more) for index in range(clinics)], np.int64)


def clinic_records(
    clinics: list[dict[str, object]], changes: dict[int, dict[str, object]]
) -> np.ndarray:
    """Return the clinics' records, shape (rule sets, clinics)."""
    latest = np.zeros(len(clinics), CLINIC_DTYPE)
    for index, fields in enumerate(clinics):
        write_clinic(latest, index, {"number": FIRST_CLINIC + index, **CLINIC, **fields})
    rows = [latest]
    for day in sorted(changes):
        latest = latest.copy()
        for index, fields in enumerate(changes[day].get("clinics", [])):
            write_clinic(latest, index, fields)
        rows.append(latest)
    return np.stack(rows)


def write_clinic(records: np.ndarray, index: int, fields: dict[str, object]) -> None:
    refuse_unknown(fields, CLINIC_DTYPE.names)
    for name, value in fields.items():
        records[name][index] = value


def refuse_unknown(fields: dict[str, object], allowed) -> None:
    for name in fields:
        if name not in allowed:
            raise KeyError(f"no field {name!r}; did you mean {nearest(name, allowed)!r}?")
