"""Simulate several trials and write what came out beside what was published."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pathways.trials.change import ChangeSplit, split_changes
from pathways.trials.change_words import decomposition_csv
from pathways.trials.load import refuse_same_names
from pathways.trials.page import page
from pathways.trials.run import Told, TrialRun, simulate_trial
from pathways.trials.verdict import Verdict, verdicts
from pathways.trials.words import diaries_csv, validation_csv

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pathways.outcomes.directory import OutputDirectory
    from pathways.trials.load import Trial

FORMAT_VERSION = 2
DECOMPOSITION = "where_the_change_comes_from"
"""Name of the figure of all changes."""


@dataclass
class Validation:
    """Trials simulated beside their published results.

    Attributes
    ----------
    runs : list of TrialRun
        In the order asked for.
    found : list of Verdict
        Of all endpoints, in the order of trials and files.
    replicates, seed : int
    seconds : float
        Time taken.
    changes : list of ChangeSplit
        Where the changes in single arms come from, with every value as stated (or as of `draw`).
    draws : int
        Parameter draws that the replicates were shared out among; 0 for one.
    is_fitted : bool
        Whether the draws are of a posterior that was fitted to the calibration targets.
    """

    runs: list[TrialRun]
    found: list[Verdict]
    replicates: int
    seed: int
    seconds: float
    changes: list[ChangeSplit] = field(default_factory=list)
    draws: int = 0
    is_fitted: bool = False

    @property
    def trials(self) -> list[Trial]:
        """The trials, in order."""
        return [run.trial for run in self.runs]

    def of(self, trial: Trial) -> list[Verdict]:
        """Return the verdicts on one trial."""
        return [one for one in self.found if one.trial == trial.name]

    def page(self) -> str:
        """Return the tables as Markdown."""
        return page(self)

    def write_into(self, out: OutputDirectory, *, figures: bool) -> None:
        """Write the tables, ``validation.md`` and the figures."""
        from pathways.outcomes.directory import MANIFEST
        from pathways.outcomes.record import RunRecord
        from pathways.outcomes.write import json_bytes

        record = RunRecord("kernel", seconds={"simulation": self.seconds})
        out.write("validation.csv", lambda f: f.write(validation_csv(self.found)))
        out.write("validation.md", lambda f: f.write(self.page().encode()))
        out.write("decomposition.csv", lambda f: f.write(decomposition_csv(self.changes)))
        out.write("diaries.csv", lambda f: f.write(diaries_csv(self.runs)))
        if figures:
            self._write_figures(out)
        out.write("run.json", lambda f: f.write(json_bytes(record.as_json())))
        files = sorted({*out.written, MANIFEST})
        out.write(MANIFEST, lambda f: f.write(json_bytes(self._manifest(files))))

    def _write_figures(self, out: OutputDirectory) -> None:
        from pathways.figures.decomposition import decomposition_of_changes
        from pathways.figures.trials import draw_trial

        for run in self.runs:
            _write_figure(out, run.trial.name, draw_trial(run, self.of(run.trial)))
        drawn = [one for one in self.changes if one.patients]
        if drawn:
            _write_figure(out, DECOMPOSITION, decomposition_of_changes(drawn))

    def _manifest(self, files: list[str]) -> dict[str, Any]:
        from pathways.outcomes.directory import VALIDATION_FORMAT
        from pathways.version import model_version

        return {
            "format": VALIDATION_FORMAT,
            "format_version": FORMAT_VERSION,
            "model_version": model_version(),
            "seed": self.seed,
            "replicates": self.replicates,
            "draws": self.draws,
            "trials": {
                trial.name: trial.document.model_dump(mode="json", by_alias=True)
                for trial in self.trials
            },
            "files": files,
        }


def _write_figure(out: OutputDirectory, name: str, drawn: Figure) -> None:
    from pathways.figures.trials import save

    for kind in ("png", "svg"):
        out.write_path(f"figures/{name}.{kind}", lambda path, k=kind: save(drawn, path, k))


def validate_trials(
    trials: Sequence[Trial],
    *,
    replicates: int,
    seed: int,
    draw: int = 0,
    draws: int = 0,
    parameters: dict[str, Any] | None = None,
    told: Told | None = None,
) -> Validation:
    """Simulate trials and compare them with what was published.

    Parameters
    ----------
    trials : sequence of Trial
    replicates, seed, draw, draws, parameters, told
        As of :func:`pathways.trials.run.simulate_trial`.

    Raises
    ------
    InputError
        If two trials have the same name, or one cannot be simulated.
    """
    from pathways.evidence.posterior import posterior_draws

    refuse_same_names(trials)
    started = time.perf_counter()
    done: dict[str, TrialRun] = {}
    options = {"replicates": replicates, "seed": seed, "parameters": parameters, "told": told}
    for trial in sorted(trials, key=lambda one: one.is_pooled):
        done[trial.name] = simulate_trial(trial, runs=done, draw=draw, draws=draws, **options)
    runs = [done[trial.name] for trial in trials]
    changes = [
        one
        for trial in trials
        for one in split_changes(trial, seed=seed, draw=draw, parameters=parameters)
    ]
    return Validation(
        runs,
        [one for run in runs for one in verdicts(run)],
        replicates,
        seed,
        time.perf_counter() - started,
        changes,
        draws,
        is_fitted=bool(draws) and posterior_draws() is not None,
    )
