"""``results.xlsx``: the comparison for people who work in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.comparison.frames import rows_of
from pathways.comparison.notes import notes
from pathways.comparison.spreadsheet import Sheet
from pathways.outcomes import schema
from pathways.outcomes.summary import ALL, COSTS

if TYPE_CHECKING:
    import pandas

    from pathways.comparison.comparison import Comparison

EXIT = "share_exit_"
ALL_PAYERS = "mean_cost_all_payers"
BLOCK, PAIRED = "all referrals", "paired difference from "


def sheets(comparison: Comparison) -> dict[str, Sheet]:
    """Return headings and rows of every sheet: numbers as exact as the frames hold them."""
    wide = _Wide(comparison)
    return {
        "headline": _of_frame(comparison.headline),
        "differences": _of_frame(comparison.differences),
        "exit reasons": wide.exits(),
        "harms": wide.harms(),
        "costs": wide.costs(),
        "scenario differences": _of_frame(comparison.scenario_differences),
        "notes": (("what", "text"), notes(comparison)),
    }


class _Wide:
    """Tables with a column for each policy."""

    def __init__(self, comparison: Comparison) -> None:
        self.names, self.reference = comparison.names, comparison.reference
        self.estimates = {
            (row["policy"], row["measure"]): row
            for row in rows_of(comparison.headline)
            if row["block"] == ALL
        }
        self.differences = {
            (row["policy"], row["measure"]): row
            for row in rows_of(comparison.differences)
            if row["reference"] == comparison.reference
        }

    def exits(self) -> Sheet:
        """Return the share of all referrals by why treatment ended."""
        measures = [m for p, m in self.estimates if p == self.names[0] and m.startswith(EXIT)]
        rows = [
            (measure.removeprefix(EXIT).replace("_", " "), *self._values(measure))
            for measure in measures
        ]
        return ("end of treatment, share of all referrals", *self.names), rows

    def harms(self) -> Sheet:
        """Return chronic harms: background, excess and paired excess; then harms of an infusion."""
        rows = []
        for harm in schema.CHRONIC_HARMS:
            for cause in schema.CAUSES:
                measure = f"{harm}_{cause}_per_100_years"
                rows.append((harm, cause, "per 100 patient-years", *self._values(measure)))
            paired = self._differences(f"mean_{harm}_excess")
            rows.append((harm, f"paired excess from {self.reference}", "per referral", *paired))
        for harm in schema.ACUTE_HARMS:
            shares = self._values(f"share_{harm}_per_infusion")
            rows.append((harm, "of an infusion", "share of infusions", *shares))
        return ("harm", "cause", "unit", *self.names), rows

    def costs(self) -> Sheet:
        """Return mean costs by payer and line, then their paired differences."""
        measures = [f"mean_{cost}" for cost in COSTS]
        rows = [(_cost_words(m), BLOCK, *self._values(m)) for m in measures]
        rows += [
            (_cost_words(m), PAIRED + self.reference, *self._differences(m))
            for m in (ALL_PAYERS, *measures)
        ]
        currencies = [
            self.estimates[name, measures[0]]["unit"] or "no price book" for name in self.names
        ]
        return ("cost per referral", "of", *self.names), [("currency", "", *currencies), *rows]

    def _values(self, measure: str) -> list[float | None]:
        return [self.estimates[name, measure]["value"] for name in self.names]

    def _differences(self, measure: str) -> list[float | None]:
        return [
            self.differences[name, measure]["difference"] if name != self.reference else None
            for name in self.names
        ]


def _cost_words(measure: str) -> str:
    return measure.removeprefix("mean_cost_").replace("_", " ")


def _of_frame(frame: pandas.DataFrame) -> Sheet:
    return list(frame), [tuple(row.values()) for row in rows_of(frame)]
