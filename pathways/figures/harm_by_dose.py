"""Chronic harm by the lifetime dose at the time: what would have happened anyway, and excess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.figures.palette import Look, looks
from pathways.figures.population import whom
from pathways.figures.style import (
    FAINT,
    INSIDE,
    LEGEND_ROW_INCHES,
    RULE,
    SMALL_POINTS,
    in_style,
    new_figure,
    policy_legend,
    shared_label,
)
from pathways.outcomes.dose_bands import HIGHEST_MG, NAMES
from pathways.outcomes.schema import CAUSES, CHRONIC_HARMS
from pathways.outcomes.summary import ALL

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

BACKGROUND, EXCESS = CAUSES
WORDS = {BACKGROUND: "background", EXCESS: "excess caused by exposure"}
PANEL_INCHES, LEGEND_COLUMNS = 1.45, 4
BAND_WIDTH = 0.84

LINEAR_TO = 0.1
TICKS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
BAND_LABELS = {
    NAMES[0]: "none",
    **{
        name: f"to {highest:,.0f}" for name, highest in zip(NAMES[1:], HIGHEST_MG[1:], strict=False)
    },
    NAMES[-1]: f"over {HIGHEST_MG[-1]:,.0f}",
    ALL: "all doses together",
}
FEWEST_YEARS = 100.0
"""Patient-years below which a band says little and is left out: the unit of the rates."""


def rates(comparison: Comparison) -> pandas.DataFrame:
    """Return onsets per 100 patient-years by harm, dose band, policy and cause.

    Returns
    -------
    pandas.DataFrame
        Columns ``harm``, ``band``, ``policy``, ``cause``, ``rate``, ``low``, ``high`` (95 %
        interval) and ``years`` (patient-years). Bands are those of ``outcomes.dose_bands``, by the
        dose given so far; without an event log the only one is ``all_referrals``, all doses
        together.
    """
    import pandas

    by_policy = {name: _by_key(comparison, name) for name in comparison.names}
    found = [
        {
            "harm": harm,
            "band": band,
            "policy": name,
            "cause": cause,
            "rate": row["value"],
            "low": row["low"],
            "high": row["high"],
            "years": rows.get((band, "patient_years"), {}).get("value"),
        }
        for harm in CHRONIC_HARMS
        for band in bands(comparison)
        for name, rows in by_policy.items()
        for cause in CAUSES
        if (row := rows[band, f"{harm}_{cause}_per_100_years"])["value"] is not None
    ]
    columns = ("harm", "band", "policy", "cause", "rate", "low", "high", "years")
    return pandas.DataFrame(found, columns=list(columns))


def bands(comparison: Comparison) -> tuple[str, ...]:
    """Return the dose bands of all policies, or all doses together if one kept no event log."""
    keys = [set(_by_key(comparison, name)) for name in comparison.names]
    return NAMES if all((NAMES[0], "patient_years") in found for found in keys) else (ALL,)


def _by_key(comparison: Comparison, name: str) -> dict[tuple[str, str], dict]:
    rows = comparison.results[name].summary_rows
    return {(row["block"], row["measure"]): row for row in rows}


@in_style
def harm_by_dose(comparison: Comparison) -> Figure:
    """Draw chronic harm by dose band: a row for each harm, background left and excess right."""
    found = rates(comparison)
    legend_rows = -(-len(comparison.names) // LEGEND_COLUMNS)
    figure = new_figure(
        PANEL_INCHES * len(CHRONIC_HARMS) + LEGEND_ROW_INCHES * (legend_rows + 1),
        "Chronic harm by the ketamine received so far",
        f"New episodes per 100 patient-years, with 95 % intervals; {whom(comparison)}",
        _note(comparison),
    )
    cells, legend = _panels(figure, legend_rows * LEGEND_ROW_INCHES)
    for (harm, cause), ax in cells.items():
        chosen = (found["harm"] == harm) & (found["cause"] == cause)
        _draw(ax, found[chosen], comparison)
        ax.set_title(f"{harm.replace('_', ' ').capitalize()}: {WORDS[cause]}")
        if cause == EXCESS and bands(comparison) != (ALL,):
            _say_none(ax)
    _shared_axes(list(cells.values()), found, comparison)
    shared_label(figure, "Episodes per 100 patient-years (logarithmic above 0.1)")
    where = {"ncols": LEGEND_COLUMNS, "lines": False, **INSIDE}
    policy_legend(legend, comparison.names, comparison.names, **where)
    return figure


def caption(comparison: Comparison) -> str:
    """Return what the figure shows, with denominators and what to beware of."""
    if bands(comparison) == (ALL,):
        doses = "No event log was kept, so all doses are taken together. "
    else:
        doses = (
            "Time and episodes count in the band of the lifetime dose given by then, so a patient "
            "spends time in every band passed through; sorting by the final dose would make high "
            "doses look safe. Episodes before any dose are background by definition, so no excess "
            f"is drawn there. Bands in which a policy has fewer than {FEWEST_YEARS:g} "
            "patient-years are left out. "
        )
    return (
        "New episodes of chronic harms per 100 patient-years since referral, of "
        f"{whom(comparison)}. Hollow: background, what would have happened anyway; filled: excess "
        f"caused by exposure. {doses}Bars are exact 95 % Poisson intervals, Monte Carlo error "
        "alone: the dose response itself is an assumption of the model, not a finding of it. "
        "Patients in high bands are those who stayed in treatment, so differences between bands "
        f"are not causal. The vertical axis is logarithmic above {LINEAR_TO:g} and linear below, "
        "and has a true zero."
    )


def _note(comparison: Comparison) -> str:
    words = "Background would have happened anyway; the two add up. "
    if bands(comparison) == (ALL,):
        return words + "No event log was kept: all doses together."
    return words + (
        "Time counts in the band of the dose given by then; bands with fewer than "
        f"{FEWEST_YEARS:g} patient-years are left out. Excess hazards are assumptions of the model."
    )


def _panels(figure: Figure, legend_height: float) -> tuple[dict[tuple[str, str], Axes], Axes]:
    rows = len(CHRONIC_HARMS)
    grid = figure.add_gridspec(
        rows + 1, len(CAUSES), height_ratios=(*[PANEL_INCHES] * rows, legend_height)
    )
    cells: dict[tuple[str, str], Axes] = {}
    for row, harm in enumerate(CHRONIC_HARMS):
        for column, cause in enumerate(CAUSES):
            first = next(iter(cells.values()), None)
            cells[harm, cause] = figure.add_subplot(grid[row, column], sharex=first, sharey=first)
    legend = figure.add_subplot(grid[rows, :])
    legend.set_axis_off()
    return cells, legend


def _draw(ax: Axes, found: pandas.DataFrame, comparison: Comparison) -> None:
    """Draw the rates of one harm by one cause: in each band a mark for each policy."""
    names, places = list(comparison.names), list(bands(comparison))
    slot = BAND_WIDTH / len(names)
    for row in found.itertuples():
        if not _says_nothing(row):
            within = names.index(row.policy) - (len(names) - 1) / 2.0
            _mark(ax, places.index(row.band) + slot * within, row, looks(names)[row.policy])
    for edge in range(1, len(places)):
        ax.axvline(edge - 0.5, color=RULE, linewidth=1.0)
    ax.grid(visible=False, axis="x")


def _say_none(ax: Axes) -> None:
    words = {"ha": "center", "va": "center", "fontsize": SMALL_POINTS, "color": FAINT}
    ax.text(0.0, 0.5, "none,\nby definition", transform=ax.get_xaxis_transform(), **words)


def _says_nothing(row) -> bool:
    before_any_dose = row.band == NAMES[0] and row.cause == EXCESS
    too_short = row.band != ALL and row.years < FEWEST_YEARS
    return before_any_dose or too_short


def _mark(ax: Axes, x: float, row, look: Look) -> None:
    fill = look.colour if row.cause == EXCESS else "white"
    style = {"color": look.colour, "markerfacecolor": fill, "markersize": 5.0, "linewidth": 1.2}
    style |= {"marker": look.marker, "linestyle": "none"}
    ends = [[row.rate - row.low], [row.high - row.rate]]
    label = f"{row.harm} {row.band} {row.policy} {row.cause}"
    ax.errorbar([x], [row.rate], yerr=ends, clip_on=False, label=label, **style)


def _shared_axes(axes: list[Axes], found: pandas.DataFrame, comparison: Comparison) -> None:
    places = bands(comparison)
    highest = max([row.high for row in found.itertuples() if not _says_nothing(row)], default=1.0)
    axes[0].set_yscale("symlog", linthresh=LINEAR_TO, linscale=0.6)
    axes[0].set_ylim(0.0, max(highest * 1.15, 1.0))
    axes[0].set_xlim(-0.5, len(places) - 0.5)
    ticks = [tick for tick in TICKS if tick <= highest * 1.15]
    axes[0].set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes[0].set_xticks(range(len(places)), [BAND_LABELS[band] for band in places])
    for place, ax in enumerate(axes):
        last = place >= len(axes) - len(CAUSES)
        ax.minorticks_off()
        ax.tick_params(axis="x", length=0, pad=6, labelbottom=last)
        ax.tick_params(axis="y", labelleft=place % len(CAUSES) == 0)
        if last and places != (ALL,):
            ax.set_xlabel("Lifetime dose so far (mg racemic equivalents)")
