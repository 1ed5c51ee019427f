"""Figures inside the page: the image as a data address, its title, text alternative and caption."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pathways.errors import InputError, Place, nearest, shown

if TYPE_CHECKING:
    from pathways.comparison import Comparison

Files = Mapping[str, str | os.PathLike[str]]
"""File of each figure by its name."""

MEDIA_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}

TITLES = {
    "lifetime_dose": "Lifetime dose",
    "states_over_time": "Where patients are over time",
    "exit_reasons": "Why treatment ended",
    "pain_trajectories": "Pain over time",
    "change_from_baseline": "What the change from baseline is made of",
    "harm_by_dose": "Harm by lifetime dose",
    "waiting": "Waiting",
    "cost_and_qaly": "Costs and QALYs",
}
ALTERNATIVES = {
    "lifetime_dose": "For each policy, the share of referrals who are given ketamine, and the "
    "share given more than a dose, for doses from low to high. Means and percentiles are in the "
    "main table.",
    "states_over_time": "For each policy, the share of referrals in each state of the pathway at "
    "the end of each week. The shares at the horizon are in the table of exits.",
    "exit_reasons": "For each policy, the share of referrals by the reason for which treatment "
    "ended. The shares are in the table of exits.",
    "pain_trajectories": "For each policy, mean pain by week, with and without the relief of "
    "ketamine. Mean pain over the whole time is in the main table.",
    "change_from_baseline": "For each policy, the fall of mean pain since enrolment by week, "
    "parted into drug, expectation and all the rest.",
    "harm_by_dose": "For each policy and chronic harm, new episodes per 100 patient-years, "
    "background and excess. The rates are in the tables of harms.",
    "waiting": "For each policy, the share of referrals who have had a first infusion by the time "
    "since referral, and how many wait in each week. Medians are in the table of waiting.",
    "cost_and_qaly": "For each policy, the difference from the reference in QALYs, counted three "
    "ways, and in costs, by what is paid for. The numbers are in the tables of paired differences "
    "and costs.",
}

FIRST = ("cost_and_qaly", "lifetime_dose")
"""What stands on the first screen, by preference: the first draws what the answer says."""


@dataclass(frozen=True)
class Picture:
    """A figure inside the page.

    Attributes
    ----------
    name, title, alternative, caption : str
    address : str
        The image itself, as a data address.
    """

    name: str
    title: str
    alternative: str
    caption: str
    address: str


def pictures(comparison: Comparison, files: Files) -> dict[str, Picture]:
    """Return the figures, in the order given.

    Raises
    ------
    InputError
        For an unknown figure, another kind of file, or one that cannot be read.
    """
    return {name: _picture(comparison, name, Path(file)) for name, file in files.items()}


def first_of(found: Mapping[str, Picture]) -> Picture | None:
    """Return the figure of the first screen; None without figures."""
    return next((found[name] for name in (*FIRST, *found) if name in found), None)


def _picture(comparison: Comparison, name: str, file: Path) -> Picture:
    from pathways.figures import CAPTIONS

    if name not in TITLES:
        problem = f"there is no figure {shown(name)}"
        raise InputError(Place(path="figures"), problem, list(TITLES), nearest(name, TITLES))
    caption = CAPTIONS[name](comparison)
    return Picture(name, TITLES[name], ALTERNATIVES[name], caption, _address(file))


def _lighter(file: Path) -> Path:
    """Return the PNG beside an SVG if it is smaller: some drawings are megabytes of paths."""
    twin = file.with_suffix(".png")
    is_smaller = (
        file.suffix.lower() == ".svg"
        and twin.is_file()
        and twin.stat().st_size < file.stat().st_size
    )
    return twin if is_smaller else file


def _address(file: Path) -> str:
    if file.suffix.lower() not in MEDIA_TYPES:
        problem = f"a figure of kind {shown(file.suffix)} cannot be shown"
        raise InputError(Place(file=str(file)), problem, list(MEDIA_TYPES))
    try:
        shown_file = _lighter(file)
        content = shown_file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(Place(file=str(file)), f"the figure cannot be read: {reason}") from error
    media = MEDIA_TYPES[shown_file.suffix.lower()]
    return f"data:{media};base64,{base64.b64encode(content).decode()}"
