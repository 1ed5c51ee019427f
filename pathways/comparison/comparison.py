"""Several finished runs side by side, and what differs between them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

    from pathways.figures.worker import FigureWorker
    from pathways.outcomes.directory import OutputDirectory
    from pathways.simulation import Result


class Comparison:
    """Policies on the same virtual patients.

    Parameters
    ----------
    results : mapping from str to Result
        The finished run of each policy under its name, in the order in which they are shown. All
        have the same patients, seed, parameter draw and horizon.
    reference : str, optional
        What the differences are from; default ``conventional-care`` if among them, else the first.
    priced_by : str, optional
        The price book that was put in the place of the scenarios' own.

    Attributes
    ----------
    results : dict from str to Result
    reference : str
    priced_by : str or None
    names : tuple of str
    titles : dict from str to str
        One line for each policy.
    sham : str or None
        The policy whose infusions all hold nothing, if there is exactly one.
    headline : pandas.DataFrame
        Columns ``policy``, then those of ``outcomes.schema.SUMMARY`` (``block``, ``measure``,
        ``unit``, ``value``, ``standard_error``, ``low``, ``high``, ``n``, ``note``).
    differences : pandas.DataFrame
        Columns of ``comparison.schema.DIFFERENCES``: paired differences, policy minus reference,
        first from the reference, then from the sham infusion. A measure has the name it has in
        ``headline``; chronic and acute harms are onsets per referral (``mean_cystitis``, of these
        ``mean_cystitis_excess`` caused by exposure).
    scenario_differences : pandas.DataFrame
        Column ``path``, then one of text for each policy: only what differs.
    answer : str
        The order by QALYs, and whether a sign changes, in a sentence.
    cautions : list of str
        What a reader must be told before the numbers.
    fingerprint : str
        BLAKE2b over names and run fingerprints; the order of the policies does not matter.

    Raises
    ------
    InputError
        If the runs cannot be paired, naming what differs, or the reference is not among them.
    """

    def __init__(
        self,
        results: Mapping[str, Result],
        reference: str | None = None,
        *,
        priced_by: str | None = None,
    ) -> None:
        from pathways.comparison.names import chosen_reference
        from pathways.comparison.pairing import refuse_different_patients

        self.results = dict(results)
        self.reference = chosen_reference(tuple(self.results), reference)
        self.priced_by = priced_by
        refuse_different_patients(self.results)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.results)

    @cached_property
    def titles(self) -> dict[str, str]:
        return {
            name: str(result.plan.description.get("scenario", {}).get("title", name))
            for name, result in self.results.items()
        }

    @cached_property
    def sham(self) -> str | None:
        from pathways.comparison.names import is_sham

        found = [name for name, result in self.results.items() if is_sham(result.plan)]
        return found[0] if len(found) == 1 else None

    @property
    def references(self) -> tuple[str, ...]:
        """What differences are taken from: the reference, then the sham infusion if another."""
        others = () if self.sham in (None, self.reference) else (self.sham,)
        return (self.reference, *others)

    @cached_property
    def headline(self) -> pandas.DataFrame:
        from pathways.comparison.frames import headline_frame

        return headline_frame(self)

    @cached_property
    def differences(self) -> pandas.DataFrame:
        from pathways.comparison.frames import differences_frame

        return differences_frame(self)

    @cached_property
    def scenario_differences(self) -> pandas.DataFrame:
        from pathways.comparison.scenario_differences import scenario_differences

        return scenario_differences(self)

    @cached_property
    def answer(self) -> str:
        from pathways.comparison.answer import answer

        return answer(self)

    @cached_property
    def cautions(self) -> list[str]:
        from pathways.comparison.cautions import cautions

        return cautions(self)

    @cached_property
    def fingerprint(self) -> str:
        from pathways.comparison.names import comparison_fingerprint

        return comparison_fingerprint(
            {name: result.fingerprint for name, result in self.results.items()}
        )

    def write(
        self,
        directory: str | os.PathLike[str],
        overwrite: bool = False,
        figures: bool = True,
        report: bool = True,
    ) -> Path:
        """Write the output directory, all or nothing, and return its path.

        Raises
        ------
        pathways.outcomes.directory.OutputError
            If it cannot be written, or holds something that is not ours to replace.
        """
        from pathways.outcomes.directory import OutputDirectory

        with OutputDirectory(directory, overwrite=overwrite) as out:
            self.write_into(out, figures=figures, report=report)
        return out.path

    def write_into(
        self,
        out: OutputDirectory,
        figures: bool = True,
        report: bool = True,
        worker: FigureWorker | None = None,
    ) -> None:
        """Write the files into an output directory that was entered before simulating.

        With a :class:`pathways.figures.worker.FigureWorker` another process draws the figures
        while this one writes the tables.
        """
        from pathways.comparison.write import write_comparison

        write_comparison(self, out, figures=figures, report=report, worker=worker)
