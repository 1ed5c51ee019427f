"""Simulate several trials and write what came out beside what was published."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways.trials import words
from pathways.trials.run import TrialRun, simulate_trial
from pathways.trials.verdict import Verdict, verdicts

if TYPE_CHECKING:
    from pathways.outcomes.directory import OutputDirectory
    from pathways.trials.load import Trial

FORMAT_VERSION = 1


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
    """

    runs: list[TrialRun]
    found: list[Verdict]
    replicates: int
    seed: int
    seconds: float

    @property
    def trials(self) -> list[Trial]:
        """The trials, in order."""
        return [run.trial for run in self.runs]

    def of(self, trial: Trial) -> list[Verdict]:
        """Return the verdicts on one trial."""
        return [one for one in self.found if one.trial == trial.name]

    def page(self) -> str:
        """Return the tables as Markdown."""
        return words.page(self.found, self.trials, self.replicates)

    def write_into(self, out: OutputDirectory, *, figures: bool) -> None:
        """Write ``validation.csv``, ``validation.md``, ``diaries.csv`` and the figures."""
        from pathways.outcomes.directory import MANIFEST
        from pathways.outcomes.record import RunRecord
        from pathways.outcomes.write import json_bytes

        record = RunRecord("kernel", seconds={"simulation": self.seconds})
        out.write("validation.csv", lambda f: f.write(words.validation_csv(self.found)))
        out.write("validation.md", lambda f: f.write(self.page().encode()))
        out.write("diaries.csv", lambda f: f.write(words.diaries_csv(self.runs)))
        if figures:
            self._write_figures(out)
        out.write("run.json", lambda f: f.write(json_bytes(record.as_json())))
        files = sorted({*out.written, MANIFEST})
        out.write(MANIFEST, lambda f: f.write(json_bytes(self._manifest(files))))

    def _write_figures(self, out: OutputDirectory) -> None:
        from pathways.figures.trials import draw_trial, save

        for run in self.runs:
            drawn = draw_trial(run, self.of(run.trial))
            for kind in ("png", "svg"):
                name = f"figures/{run.trial.name}.{kind}"
                out.write_path(name, lambda path, d=drawn, k=kind: save(d, path, k))

    def _manifest(self, files: list[str]) -> dict[str, Any]:
        from pathways.outcomes.directory import VALIDATION_FORMAT
        from pathways.version import model_version

        return {
            "format": VALIDATION_FORMAT,
            "format_version": FORMAT_VERSION,
            "model_version": model_version(),
            "seed": self.seed,
            "replicates": self.replicates,
            "trials": {
                trial.name: trial.document.model_dump(mode="json", by_alias=True)
                for trial in self.trials
            },
            "files": files,
        }


def validate_trials(
    trials: Sequence[Trial],
    *,
    replicates: int,
    seed: int,
    draw: int = 0,
    parameters: dict[str, Any] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Validation:
    """Simulate trials and compare them with what was published.

    Parameters
    ----------
    trials : sequence of Trial
    replicates, seed, draw, parameters
        As of :func:`pathways.trials.run.simulate_trial`.
    progress : callable, optional
        Called with the trials done and all of them.
    """
    started = time.perf_counter()
    done: dict[str, TrialRun] = {}
    options = {"replicates": replicates, "seed": seed, "draw": draw, "parameters": parameters}
    for number, trial in enumerate(sorted(trials, key=lambda one: one.is_pooled)):
        if trial.name not in done:
            done[trial.name] = simulate_trial(trial, runs=done, **options)
        if progress is not None:
            progress(number + 1, len(trials))
    runs = [done[trial.name] for trial in trials]
    found = [one for run in runs for one in verdicts(run)]
    return Validation(runs, found, replicates, seed, time.perf_counter() - started)


def write_page(path: Path, validation: Validation) -> None:
    """Write the tables between the markers of a page.

    Raises
    ------
    InputError
        If the page is not there or has no markers.
    """
    from pathways.errors import InputError, Place

    try:
        text = words.between_markers(path.read_text(encoding="utf-8"), validation.page())
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(Place(str(path)), f"cannot be used: {error.strerror}") from None
    except ValueError as error:
        raise InputError(Place(str(path)), f"{error}; the tables go between them") from None
