"""One policy, one look: colour, dashes and marker, the same in every figure and every comparison.

The colours were chosen by maximising the smallest distance (Oklab) between any two of them as seen
with normal colour vision and without one kind of cone, by the matrices of Machado, Oliveira and
Fernandes 2009 (IEEE Trans Vis Comput Graph 15:1291-1298). Dashes and markers tell the policies
apart in grey.
"""

from __future__ import annotations

import colorsys
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

Dashes = tuple[float, ...]
Marker = str | tuple[int, int, int]
"""A letter of Matplotlib's, or corners, kind and angle of a star."""


@dataclass(frozen=True)
class Look:
    """How a policy is drawn.

    Attributes
    ----------
    colour : str
        ``#RRGGBB``.
    dashes : tuple of float
        Lengths on and off in line widths; empty for a continuous line.
    marker : str or tuple of int
    """

    colour: str
    dashes: Dashes
    marker: Marker

    @property
    def line_style(self) -> str | tuple[int, Dashes]:
        """The dashes as Matplotlib wants them."""
        return (0, self.dashes) if self.dashes else "solid"


SHIPPED = {
    "conventional-care": Look("#000000", (), "o"),
    "cash-clinic": Look("#D63C10", (4, 1.5), "s"),
    "guideline-2018": Look("#2D00CE", (9, 1.5), "D"),
    "dose-ladder": Look("#530B69", (3, 1.2, 1, 1.2), "^"),
    "multidisciplinary": Look("#21848B", (6, 1.2, 1, 1.2, 1, 1.2), "v"),
    "exit-strategy": Look("#4FB9C9", (2, 1), "P"),
    "sham-infusion": Look("#B25DFF", (1, 1.2), "X"),
    "usual-practice": Look("#EB991A", (7, 1.2, 2, 1.2), "p"),
    "multidisciplinary-without-ketamine": Look("#8F0210", (1, 2.4), "h"),
    "planner-clinic": Look("#603C72", (8, 1.2, 1, 1.2), (4, 1, 0)),
    "planner-further-chair": Look("#729C6C", (4, 1, 2, 1), (3, 1, 0)),
}
"""Looks of the shipped scenarios. They keep them: whoever has seen one report can read the next.

Those of the planners are chosen to differ from one another first: their patients are not those of
the others, so they stand in no figure with them."""

OTHERS = (
    Look("#644D96", (5, 1, 5, 3), "<"),
    Look("#BEA286", (3, 1, 3, 2.5), ">"),
    Look("#9E9BFF", (4, 1, 1, 2.5), "*"),
    Look("#434246", (2, 1, 2, 2.5), "d"),
    Look("#8F4ECB", (6, 1, 2, 1, 2, 1), "H"),
    Look("#3C019B", (3, 3), "8"),
)
"""Looks for policies of the user's own."""

_GOLDEN_ANGLE = 0.3819660112501051
_MARKERS = "os^DvPXph<>*dH8"


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour, ``#RRGGBB``, for each policy; never one twice.

    Parameters
    ----------
    names : iterable of str
        Names of scenarios. A shipped one has the same colour whichever others are there; another
        one too, unless two of the user's own meet on the same colour.
    """
    return {name: look.colour for name, look in looks(names).items()}


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Return the look of each policy, in the order given; `names` as in :func:`colours`."""
    given = list(dict.fromkeys(names))
    found = {name: SHIPPED[name] for name in given if name in SHIPPED}
    free = list(range(max(len(OTHERS), len(given))))
    # By name, so that the order in which policies are given changes no colour.
    for name in sorted(set(given) - found.keys()):
        place = _first_free(free, _number(name) % len(OTHERS))
        free.remove(place)
        found[name] = _other(place)
    return {name: found[name] for name in given}


def _first_free(free: list[int], wanted: int) -> int:
    return next((place for place in free if place >= wanted), free[0])


def _number(name: str) -> int:
    """Return a number that depends on the name alone; Python's own hash differs between runs."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")


def _other(place: int) -> Look:
    if place < len(OTHERS):
        return OTHERS[place]
    turn = place - len(OTHERS)
    hue, lightness = (turn * _GOLDEN_ANGLE) % 1.0, (0.30, 0.42, 0.54)[turn % 3]
    channels = colorsys.hls_to_rgb(hue, lightness, 0.55)
    colour = "#" + "".join(f"{int(255.0 * channel + 0.5):02X}" for channel in channels)
    return Look(colour, (2.0 + turn % 4, 1.0 + turn % 3), _MARKERS[turn % len(_MARKERS)])
