"""Why treatment ended, of all referrals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.figures.population import percent, referrals, whom
from pathways.figures.style import (
    INSIDE,
    LEGEND_ROW_INCHES,
    SMALL_POINTS,
    in_style,
    new_figure,
    patch_legend,
    policy_rows,
    text_on,
    with_legend,
)
from pathways.outcomes.summary import IN_CARE

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

COLUMNS = ("exit_reason", "state", "first_infusion_day")
FILLS = {
    "not_started": ("never in care", "#E4E4E4", ""),
    "not_assessed": ("waiting for assessment at the horizon", "#D6E6F4", "...."),
    "not_yet": ("still in care at the horizon", "#A9CFE8", ""),
    "treatment_completed": ("treatment completed", "#2F6DA3", ""),
    "recovered": ("recovered", "#B7D7A8", ""),
    "non_response": ("no response", "#8A8A8A", ""),
    "loss_of_response": ("response lost", "#5A5A5A", "...."),
    "time_limit": ("time limit", "#3F8F6B", ""),
    "dose_cap": ("lifetime dose limit", "#2C6B50", "////"),
    "count_cap": ("limit on courses or infusions", "#7CC0A0", "...."),
    "taper_completed": ("taper completed", "#74B89A", "\\\\\\\\"),
    "could_not_pay": ("could not pay", "#F2C14E", ""),
    "patient_choice": ("patient's choice", "#D99A1C", "////"),
    "not_eligible": ("not eligible any more", "#F6E3AE", ""),
    "left_waiting_list": ("left the waiting list", "#A8812B", "\\\\\\\\"),
    "lost": ("lost to follow-up", "#F6E3AE", "...."),
    "adverse_event": ("adverse event", "#C0392B", ""),
    "laboratory_stop": ("abnormal test", "#E58E83", "////"),
    "death": ("death in care", "#1F1F1F", "xxxx"),
}
"""Words, colour and hatch of each way to end, from left to right."""

BEGUN_BY_NOBODY = ("not_started", "not_assessed")
LEGEND_COLUMNS = 3
BEFORE = "before any infusion"
ROOM_FOR_TEXT = 5.5
"""Per cent of the axis that a written share needs."""


def shares_by_exit(patients: pandas.DataFrame) -> pandas.DataFrame:
    """Return the shares of referrals by why treatment ended.

    Returns
    -------
    pandas.DataFrame
        Index the keys of :data:`FILLS`; columns ``infused`` and ``never_infused``. All of it adds
        up to 1.
    """
    ended = patients["exit_reason"].astype("string")
    without_exit = {"referred": "not_assessed"} | dict.fromkeys(IN_CARE, "not_yet")
    ways = ended.fillna(patients["state"].astype("string").map(without_exit)).fillna("not_started")
    infused = patients["first_infusion_day"].notna()
    whole = max(len(patients), 1)
    counts = {
        "infused": ways[infused].value_counts(),
        "never_infused": ways[~infused].value_counts(),
    }
    return _frame(counts) / whole


def _frame(counts: dict[str, pandas.Series]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(
        {name: column.reindex(list(FILLS), fill_value=0) for name, column in counts.items()}
    ).astype(float)


@in_style
def exit_reasons(comparison: Comparison) -> Figure:
    """Draw why treatment ended, one bar of 100 % of the referrals per policy."""
    people = {name: referrals(comparison, name, *COLUMNS) for name in comparison.names}
    shares = {name: shares_by_exit(patients) for name, patients in people.items()}
    entries = _entries(shares)
    legend_rows = -(-len(entries) // LEGEND_COLUMNS)
    height = 0.75 + 0.5 * len(shares)
    figure = new_figure(
        height + LEGEND_ROW_INCHES * legend_rows,
        "Why treatment ended",
        f"Share of all referrals by reason; {whom(comparison)}",
        "The first reason that held, in the model's order of precedence. Pale: ended before any "
        "infusion was given. Deaths after the end of treatment are not in it.",
    )
    ax, legend = with_legend(figure, height, legend_rows)
    for row, found in enumerate(shares.values()):
        _draw(ax, row, found)
    policy_rows(ax, list(shares))
    ax.set_xlim(0.0, 100.0)
    ax.set_xlabel("Share of all referrals (%)")
    patch_legend(legend, entries, ncols=LEGEND_COLUMNS, **INSIDE)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    return (
        f"Why treatment ended, as shares of all {whom(comparison)}: every referral is in exactly "
        "one part of the bar, also those never in care (never assessed, not eligible, or a policy "
        "without infusions) and those still in care at the horizon. Where several reasons held on "
        "one day, the first in the model's order of precedence counts. Pale parts ended before "
        f"any infusion. Shares of less than {ROOM_FOR_TEXT:g} % are drawn and not written. Monte "
        "Carlo error of a share is given in the table of the comparison."
    )


def _draw(ax: Axes, row: int, shares: pandas.DataFrame) -> None:
    """Draw one bar of 100 % from left to right and write the shares that have room."""
    left = 0.0
    for way, infused, colour, hatch in _parts(shares):
        width = 100.0 * float(shares.loc[way, infused])
        style = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0.6}
        ax.barh(row, width, left=left, height=0.68, label=f"{way} {infused}", **style)
        if width >= ROOM_FOR_TEXT:
            words = {"ha": "center", "va": "center", "fontsize": SMALL_POINTS}
            words["bbox"] = {"facecolor": colour, "edgecolor": "none", "pad": 1.5}
            text = percent(width / 100.0)
            ax.text(left + width / 2.0, row, text, color=text_on(colour), **words)
        left += width


def _parts(shares: pandas.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    """Yield reason, column, colour and hatch of the parts of a bar that are not empty."""
    for way, (_, colour, hatch) in FILLS.items():
        for infused in ("infused", "never_infused"):
            if shares.loc[way, infused] > 0.0:
                pale = infused == "never_infused" and way not in BEGUN_BY_NOBODY
                yield way, infused, _paler(colour) if pale else colour, hatch


def _entries(shares: dict[str, pandas.DataFrame]) -> dict[str, dict[str, str]]:
    """Return the legend: only what occurs, in the order of the bars."""
    found = {(way, infused) for one in shares.values() for way, infused, _, _ in _parts(one)}
    entries = {}
    for way, (words, colour, hatch) in FILLS.items():
        never = (way, "never_infused") in found
        if (way, "infused") in found or (never and way in BEGUN_BY_NOBODY):
            entries[words] = {"facecolor": colour, "hatch": hatch}
        if never and way not in BEGUN_BY_NOBODY:
            entries[f"{words}, {BEFORE}"] = {"facecolor": _paler(colour), "hatch": hatch}
    return entries


def _paler(colour: str) -> str:
    import seaborn
    from matplotlib.colors import to_hex

    return to_hex(seaborn.blend_palette(["white", colour], 3)[1])
