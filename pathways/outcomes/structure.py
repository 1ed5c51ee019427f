"""The structural choices in force: what they are, which are not the default, which is wrong.

The terminal, the summary, the manifest, the workbook and the report all name them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

WORDS: dict[str, dict[str | bool, str]] = {
    "kinetics": {
        "kamp_2020": "three compartments with a pooled clearance",
        "perez_ruixo_2021": "three compartments and a liver that eliminates",
    },
    "potency": {
        "stated": "racemate against S-ketamine as the evidence has it",
        "low": "racemate against S-ketamine at the low end of what is plausible",
        "high": "racemate against S-ketamine at the high end of what is plausible",
    },
    "responder_share": {
        "by_condition": "ketamine works in another share of patients of each condition",
        "same": "ketamine works in the same share of patients of every condition",
    },
    "responder": {
        "trait": "whether ketamine works is a trait of the patient",
        "redrawn": "whether ketamine works is drawn again at each course",
    },
    "tolerance": {
        "none": "no loss of effect with lifetime exposure",
        "half_normal": "the effect wears off with lifetime exposure",
    },
    "utility": {
        "dixon_2011": "the time trade-off values by pain score of Dixon 2011",
        "linear_eq5d": "a linear mapping from pain to EQ-5D",
        "sf6d": "a linear mapping from pain to SF-6D, a third as steep",
    },
    "mortality": {
        "uk": "life table and utility norms of the United Kingdom",
        "us": "life table and utility norms of the United States",
    },
    "excess_mortality": {
        "chronic_pain": "the life table raised as in chronic pain",
        "widespread_pain": "the life table raised as in widespread pain",
        "none": "the life table as it is",
    },
    "allometry": {
        False: "clearance does not depend on body weight",
        True: "clearance rises with body weight to the power 0.75",
    },
}
"""By choice and option what it means; the first option of each is the default."""

WRONG = {
    ("responder", "redrawn"): (
        "whether ketamine works is drawn again at each course, which makes a responder of nearly "
        "everybody who is treated often enough: a wrong model, to be compared with and never used"
    ),
}
"""Options that are there to show what an error does, with what to tell who uses them."""

ALL_DEFAULTS = "every choice as by default"


class Choice(NamedTuple):
    """A structural choice in force.

    Attributes
    ----------
    name : str
        Field of ``structure`` in a scenario file.
    option, default : str or bool
    words : str
        What the option means.
    is_wrong : bool
        Whether the option is a known error.
    """

    name: str
    option: str | bool
    default: str | bool
    words: str
    is_wrong: bool

    @property
    def told(self) -> str:
        """The choice as a scenario file says it, and what it means."""
        wrong = "; a wrong model" if self.is_wrong else ""
        return f"{self.name}: {written(self.option)} ({self.words}{wrong})"


def choices(description: Mapping[str, Any]) -> list[Choice]:
    """Return every structural choice of a run.

    Parameters
    ----------
    description : mapping
        ``Plan.description``; what it does not say is the default.
    """
    said = description.get("scenario", {}).get("structure") or {}
    return [_choice(name, said.get(name, next(iter(options)))) for name, options in WORDS.items()]


def not_default(description: Mapping[str, Any]) -> list[Choice]:
    """Return the structural choices of a run that are not the default; as :func:`choices`."""
    return [choice for choice in choices(description) if choice.option != choice.default]


def warnings(description: Mapping[str, Any]) -> list[str]:
    """Return what to tell who uses an option that is known to be wrong; as :func:`choices`."""
    return [WRONG[one.name, one.option] for one in choices(description) if one.is_wrong]


def structure_line(description: Mapping[str, Any]) -> str:
    """Return the choices that are not the default in one line; as :func:`choices`."""
    return "; ".join(one.told for one in not_default(description)) or ALL_DEFAULTS


def structure_lines(descriptions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the choices that are not the default in several runs, the same words together.

    Parameters
    ----------
    descriptions : mapping from str to mapping
        ``Plan.description`` of each run under its name.

    Returns
    -------
    list of str
        Each line with the names of the runs in front, unless it holds for all of them; none where
        every run has every choice as by default.
    """
    names: dict[str, list[str]] = {}
    for name, description in descriptions.items():
        for choice in not_default(description):
            names.setdefault(choice.told, []).append(name)
    return [
        told if len(having) == len(descriptions) else f"{', '.join(having)}: {told}"
        for told, having in names.items()
    ]


def structure_record(description: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a manifest says of the choices that are not the default, by their names."""
    return {
        one.name: {
            "option": one.option,
            "default": one.default,
            "meaning": one.words,
            "is_wrong": one.is_wrong,
        }
        for one in not_default(description)
    }


def written(option: str | bool) -> str:
    """Return an option as a scenario file has it."""
    return str(option).lower() if isinstance(option, bool) else option


def _choice(name: str, option: str | bool) -> Choice:
    options = WORDS[name]
    return Choice(
        name, option, next(iter(options)), options.get(option, ""), (name, option) in WRONG
    )
