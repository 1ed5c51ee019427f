"""The report as one HTML page: what the templates are given, and the file itself."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways.report.differences import differing_paths
from pathways.report.facts import facts_of
from pathways.report.frames import Frames
from pathways.report.parameters import assumed_by_theme, from_book, status_shares, themes
from pathways.report.pictures import Files, first_of, pictures
from pathways.report.tables import Table, Tables

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from pathways.comparison import Comparison

TEMPLATE = "report.html.j2"
STYLE = "report.css"
_JOINT = re.compile(r"(?<=[a-z\]])([_.])(?=[a-z])")


def prepare() -> None:
    """Load what writing a report takes, so that the report itself is there sooner."""
    _environment().get_template(TEMPLATE)


def write_report(comparison: Comparison, path: str | os.PathLike[str], figures: Files) -> Path:
    """Write the report of a comparison as one file that needs nothing beside it.

    Parameters
    ----------
    comparison : Comparison
    path : str or path
        Of the HTML file; replaced if it exists.
    figures : mapping
        File, PNG or SVG, of each figure by its name in ``pathways.figures.FIGURES``. A PNG beside
        an SVG is taken in its place where it is smaller. May be empty: tables only.

    Returns
    -------
    Path
        Of the file written.

    Raises
    ------
    InputError
        For an unknown figure, another kind of file, or one that cannot be read.
    OSError
        If the report cannot be written.
    """
    content = render_report(comparison, figures).encode()
    path = Path(path)
    path.write_bytes(content)
    return path


def render_report(comparison: Comparison, figures: Files) -> str:
    """Return the report as HTML: the same text from the same comparison and figures.

    Parameters
    ----------
    comparison, figures
        As for :func:`write_report`.

    Raises
    ------
    InputError
        As for :func:`write_report`.
    """
    template = _environment().get_template(TEMPLATE)
    frames = Frames(comparison)
    found = pictures(comparison, figures)
    style = f"{_style()}\n{_colour_rules(comparison)}"
    return template.render(
        comparison=comparison,
        facts=facts_of(comparison),
        frames=frames,
        heads=Tables(frames).heads(),
        tables=_tables(frames),
        paths=differing_paths(comparison),
        pictures=found,
        first=first_of(found),
        abouts=_abouts(comparison),
        style=style,
        style_hash=_digest(style),
        **_evidence(comparison),
    )


def _tables(frames: Frames) -> dict[str, Table | list[Table]]:
    make = Tables(frames)
    references = frames.comparison.references
    return {
        "compact": make.compact(),
        "main": make.main(),
        "paired": [make.paired(reference) for reference in references],
        "response": make.response(),
        "exits": make.exits(),
        "chronic": make.chronic(),
        "acute": make.acute(),
        "by_dose": make.by_dose(),
        "waiting": make.waiting(),
        "costs": make.costs(),
    }


def _evidence(comparison: Comparison) -> dict[str, Any]:
    descriptions = {name: one.plan.description for name, one in comparison.results.items()}
    statuses = status_shares(descriptions)
    assumption = next((one.percent for one in statuses if one.status == "assumption"), "0")
    return {
        "themes": themes(descriptions),
        "statuses": statuses,
        "share_of_assumptions": assumption,
        "parameters_from_book": len(from_book(descriptions)),
        "assumed": assumed_by_theme(descriptions),
    }


def _abouts(comparison: Comparison) -> dict[str, str]:
    """Return what practice each policy is, in its author's words; empty where nothing is said."""
    scenarios = {
        name: one.plan.description.get("scenario", {}) for name, one in comparison.results.items()
    }
    return {name: str(one.get("about") or "") for name, one in scenarios.items()}


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pathways.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"breakable": _breakable, "unbroken": _unbroken}
    return environment


def _breakable(text: str) -> Markup:
    """Return a text, escaped, that may be broken within long names."""
    from markupsafe import Markup

    escaped = str(Markup.escape(text))
    return Markup(_JOINT.sub(r"\1<wbr>", escaped))


def _unbroken(text: str, names: Iterable[str]) -> Markup:
    """Return a text, escaped, in which no line ends within a name."""
    from markupsafe import Markup

    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    # Split before escaping: a policy may be called amp.
    parts = re.split(rf"(?<![\w-])({'|'.join(longest_first)})(?![\w-])", text)
    names_marked = Markup('<span class="name">%s</span>')
    return Markup("").join(names_marked % part if i % 2 else part for i, part in enumerate(parts))


def _style() -> str:
    return (resources.files("pathways.report") / "templates" / STYLE).read_text("utf-8")


def _colour_rules(comparison: Comparison) -> str:
    """Return the rules that give each policy the colour it has in the figures."""
    from pathways.figures import colours

    chosen = colours(comparison.names)
    return "\n".join(
        f".policy-{number} {{ background: {chosen[name]}; }}"
        for number, name in enumerate(comparison.names)
    )


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
