"""The tables of the report: which measure stands where, under what words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from pathways.outcomes import schema
from pathways.outcomes.dose_bands import NAMES as DOSE_BANDS
from pathways.outcomes.summary import ALL
from pathways.report.frames import Frames
from pathways.report.measures import (
    CONTINUED,
    ENDS,
    INCREMENTS,
    OF_ALL,
    OF_TREATED,
    PAID_BY,
    PAIRED,
    TRUTHS_OF_ALL,
    TRUTHS_OF_JUDGED,
    WAITING,
    Labels,
    band_words,
    is_chronic,
    is_excess,
    is_harm,
    measure_words,
    plain,
    unit,
)
from pathways.report.numbers import Cell, Number


@dataclass(frozen=True)
class Head:
    """Heading of a column or row that stands for a policy.

    Attributes
    ----------
    title, name : str
        Title of the scenario, and its name.
    number : int
        Place of the policy in the comparison, from 0; -1 for other headings.
    detail : str
        A word below, such as the currency.
    """

    title: str
    name: str = ""
    number: int = -1
    detail: str = ""


@dataclass(frozen=True)
class Line:
    """One row: words, unit, and a cell for each column."""

    label: str
    cells: tuple[Cell, ...]
    unit: str = ""
    head: Head | None = None


@dataclass(frozen=True)
class Group:
    """Rows under a heading of their own; an empty title gives none."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    anchor : str
        Its place in the page.
    caption : str
    corner : str
        Heading of the first column.
    heads : tuple of Head
        Headings of the others.
    groups : tuple of Group
        Those without rows are left out.
    with_further : bool
        Whether the patients that independent arms would need are shown.
    """

    anchor: str
    caption: str
    corner: str
    heads: tuple[Head, ...]
    groups: tuple[Group, ...]
    with_further: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not any(group.lines for group in self.groups)


class Tables:
    """Makes the tables of one comparison.

    Parameters
    ----------
    frames : Frames
    """

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.comparison = frames.comparison

    def head(self, policy: str, detail: str = "") -> Head:
        """Return the heading of a policy."""
        number = self.frames.policies.index(policy)
        return Head(self.comparison.titles[policy], policy, number, detail)

    def heads(self, policies: Iterable[str] | None = None) -> tuple[Head, ...]:
        """Return the headings of policies; default all."""
        return tuple(map(self.head, self.frames.policies if policies is None else policies))

    def compact(self) -> Table:
        """Return the few numbers of the first screen, one row for each policy."""
        reference, sham = self.comparison.reference, self.comparison.sham
        currency = f", {self.frames.currency}" if self.frames.currency else ""
        columns: list[tuple[str, Callable[[str], Cell]]] = [
            (f"QALYs, difference from {reference}", self._difference(reference, "mean_qaly")),
            (
                "the same with expectation left out",
                self._difference(reference, "mean_qaly_drug_only"),
            ),
        ]
        if sham is not None and sham != reference:
            words = f"QALYs, difference from {sham}"
            columns.append((words, self._difference(sham, "mean_qaly")))
        columns += [
            ("QALYs", self._mean("mean_qaly")),
            ("Lifetime dose, mg", self._mean("mean_ketamine_mg")),
        ]
        if any(self.frames.currencies.values()):
            columns += [
                (f"{words}{currency}, difference", self._difference(reference, measure))
                for words, measure in INCREMENTS
            ]
        lines = tuple(
            Line("", tuple(cell(policy) for _, cell in columns), head=self.head(policy))
            for policy in self.frames.policies
        )
        heads = tuple(Head(words) for words, _ in columns)
        caption = "Per referral, with 95 % Monte Carlo intervals"
        return Table("compact", caption, "Policy", heads, (Group("", lines),))

    def main(self) -> Table:
        """Return the main table: all referrals first, then per treated patient."""
        groups = (
            Group("All referrals", self.lines(OF_ALL)),
            Group("Per treated patient", self.lines(OF_TREATED)),
        )
        caption = "Means with 95 % Monte Carlo intervals"
        return self._by_policy("main", caption, groups)

    def paired(self, reference: str) -> Table:
        """Return the paired differences from one reference; those of harms stand with the harms."""
        policies = self.frames.compared_with(reference)
        rows = self.frames.differing(reference)
        groups = tuple(
            Group(
                title,
                self._paired_lines(policies, reference, [one for one in chosen if one in rows]),
            )
            for title, chosen in PAIRED.items()
        )
        caption = f"Difference from {reference} on the same patients, per referral"
        return Table(f"paired-{reference}", caption, "Measure", self.heads(policies), groups, True)

    def response(self) -> Table:
        """Return who responds by which truth, and false-positive continuation."""
        groups = (
            Group("Share of all referrals", self.lines(TRUTHS_OF_ALL)),
            Group("Share of those judged; (a) of those treated", self.lines(TRUTHS_OF_JUDGED)),
            Group("Continuations", self.lines(CONTINUED)),
        )
        return self._by_policy("response", "Response by the three truths", groups)

    def exits(self) -> Table:
        """Return why treatment ended, and where patients are at the horizon."""
        groups = (
            Group("Why treatment ended", self._occurring("share_exit_")),
            Group("State at the horizon", self._occurring("share_state_")),
        )
        return self._by_policy("exits", "Share of all referrals", groups)

    def chronic(self) -> Table:
        """Return chronic harms: background, from exposure, and paired."""
        reference = self.comparison.reference
        background = "Background, would have happened anyway: per 100 patient-years"
        excess = self.lines(_harms(ALL, "excess"))
        paired = f"Paired excess: from ketamine, more than under {reference}, onsets per referral"
        groups = (
            Group(background, self.lines(_harms(ALL, "background"))),
            Group("Excess, from ketamine: per 100 patient-years", excess),
            self._paired_harms(paired, is_excess),
        )
        return self._by_policy("chronic", "Chronic harms: onsets by cause", groups)

    def acute(self) -> Table:
        """Return harms of an infusion as shares of infusions."""
        labels = [
            (ALL, f"share_{harm}_per_infusion", plain(harm).capitalize())
            for harm in schema.ACUTE_HARMS
        ]
        paired = f"Paired difference from {self.comparison.reference}, events per referral"
        groups = (
            Group("Share of infusions", self.lines(labels)),
            self._paired_harms(paired, lambda one: is_harm(one) and not is_chronic(one)),
        )
        return self._by_policy("acute", "Acute harms", groups)

    def by_dose(self) -> Table:
        """Return excess harm by the lifetime dose at the time; empty if no events were kept."""
        groups = tuple(
            Group(
                band_words(band),
                self.lines([(band, "patient_years", "Patient-years"), *_harms(band, "excess")]),
            )
            for band in self.frames.blocks()
            if band in DOSE_BANDS
        )
        caption = "Chronic harms from ketamine, per 100 patient-years, by lifetime dose at the time"
        return self._by_policy("by-dose", caption, groups)

    def waiting(self) -> Table:
        """Return who got how far, and how long it took."""
        groups = (Group("", self.lines(WAITING)),)
        return self._by_policy("waits", "Access and waiting", groups)

    def costs(self) -> Table:
        """Return costs by payer and by line; empty without a price book."""
        by_line = [
            (ALL, f"mean_cost_{line}", plain(line).capitalize()) for line in schema.COST_LINES
        ]
        priced = [label for label in by_line if self.frames.occurs(*label[:2])]
        groups = (
            Group("By payer", self._priced(PAID_BY)),
            Group("By line, both payers, not discounted", self._priced(priced)),
        )
        if not any(self.frames.currencies.values()):
            groups = ()
        heads = tuple(self.head(p, currency) for p, currency in self.frames.currencies.items())
        return Table("cost-lines", "Mean cost per referral", "Cost", heads, groups)

    def lines(self, labels: Labels) -> tuple[Line, ...]:
        """Return a line for each measure that the headline frame has."""
        found = []
        for block, measure, words in labels:
            row = self.frames.row(block, measure)
            if row is not None:
                policies = self.frames.policies
                cells = tuple(self.frames.estimate(policy, block, measure) for policy in policies)
                found.append(Line(words, cells, unit(row)))
        return tuple(found)

    def _priced(self, labels: Labels) -> tuple[Line, ...]:
        """Return lines whose cells leave the currency to the heads."""
        return tuple(
            replace(line, cells=tuple(replace(cell, unit="") for cell in line.cells))
            for line in self.lines(labels)
        )

    def _by_policy(self, anchor: str, caption: str, groups: tuple[Group, ...]) -> Table:
        return Table(anchor, caption, "Measure", self.heads(), groups)

    def _difference(self, reference: str, measure: str) -> Callable[[str], Cell]:
        itself = Cell(value=Number("itself"))
        return lambda policy: (
            itself if policy == reference else self.frames.difference(policy, reference, measure)
        )

    def _paired_harms(self, title: str, is_chosen: Callable[[str], bool]) -> Group:
        reference = self.comparison.reference
        measures = filter(is_chosen, self.frames.differing(reference))
        lines = self._paired_lines(self.frames.policies, reference, measures)
        return Group(title, lines)

    def _paired_lines(
        self, policies: Sequence[str], reference: str, measures: Iterable[str]
    ) -> tuple[Line, ...]:
        rows = self.frames.differing(reference)
        return tuple(
            Line(
                measure_words(measure),
                tuple(self.frames.difference(one, reference, measure) for one in policies),
                unit(rows[measure]),
            )
            for measure in measures
        )

    def _mean(self, measure: str) -> Callable[[str], Cell]:
        return lambda policy: self.frames.estimate(policy, ALL, measure)

    def _occurring(self, prefix: str) -> tuple[Line, ...]:
        labels = [
            (ALL, measure, _word(measure.removeprefix(prefix)))
            for measure in self.frames.measures(ALL)
            if measure.startswith(prefix) and self.frames.occurs(ALL, measure)
        ]
        return self.lines(labels)


def _harms(block: str, cause: str) -> Labels:
    return [
        (block, f"{harm}_{cause}_per_100_years", plain(harm).capitalize())
        for harm in schema.CHRONIC_HARMS
    ]


def _word(name: str) -> str:
    return ENDS.get(name, plain(name).capitalize())
