"""Which policies are compared under which names, and which of them have a part to play."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pathways.errors import InputError, Place, nearest, shown

if TYPE_CHECKING:
    from pathways.plan import Plan

REFERENCE = "conventional-care"
SHAM = "sham"
NAMING = ("scenario", "title", "about")
"""What a scenario file says of itself and not of what is done."""


def refuse_repeated_names(names: Sequence[str]) -> None:
    """Refuse two policies under one name, which no table could tell apart.

    Raises
    ------
    InputError
        With the remedy.
    """
    repeated = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if repeated is not None:
        problem = f"{shown(repeated)} is there twice"
        allowed = "each scenario once; give a copy another name under `scenario:`"
        raise InputError(Place(path="scenarios"), problem, allowed)


def chosen_reference(names: Sequence[str], asked: str | None) -> str:
    """Return what the differences are from.

    Raises
    ------
    InputError
        If there is no policy, or none of the name asked for, with the nearest name.
    """
    if not names:
        raise InputError(Place(path="scenarios"), "there is nothing to compare", "at least one")
    if asked is None:
        return REFERENCE if REFERENCE in names else names[0]
    if asked not in names:
        problem = f"{shown(asked)} is not among the policies compared"
        raise InputError(Place(path="reference"), problem, list(names), nearest(asked, names))
    return asked


def is_sham(plan: Plan) -> bool:
    """Tell whether a plan offers infusions and every one of them holds nothing."""
    document = plan.description.get("scenario", {})
    policies = [document.get("policy") or {}]
    policies += [change["policy"] for change in document.get("changes", ())]
    forms = [form for policy in policies for form in _forms(policy)]
    return bool(forms) and set(forms) == {SHAM}


def same_policy(one: Plan, other: Plan) -> bool:
    """Tell whether two plans say the same in all but their names."""
    mine, theirs = (_without_names(plan.description.get("scenario", {})) for plan in (one, other))
    return bool(mine) and mine == theirs


def comparison_fingerprint(fingerprints: Mapping[str, str]) -> str:
    """Return the fingerprint of a comparison, 64 hexadecimal digits, whatever the order.

    BLAKE2b with a 32-byte digest over the canonical JSON of the mapping from names to the
    fingerprints of the runs.
    """
    from pathways.outcomes.fingerprint import canonical_json

    return hashlib.blake2b(canonical_json(dict(fingerprints)).encode(), digest_size=32).hexdigest()


def _without_names(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in NAMING}


def _forms(policy: Mapping[str, Any]) -> Iterator[str]:
    """Yield the form of every infusion a policy may give."""
    if policy.get("treatment") != "ketamine":
        return
    yield from (step["form"] for step in (policy.get("ladder") or {}).get("steps", ()))
    regimen = (policy.get("maintenance") or {}).get("regimen")
    if regimen:
        yield regimen["form"]
