"""What somebody who starts a study must be told about its runs: warnings, in plain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from pathways.errors import InputError
from pathways.studies.paths import Steps, overlap
from pathways.studies.study import written

if TYPE_CHECKING:
    from pathways.studies.study import Base, Run, Study

DECISIVE = ("structure",)
"""The section on which these warnings depend (pathways.outcomes.structure)."""


def cautions_of_study(study: Study) -> list[str]:
    """Return warnings of options that are known to be wrong, and how many runs each concerns.

    Parameters
    ----------
    study : Study
    """
    found: dict[Hashable, list[str]] = {}
    concerned: Counter[str] = Counter()
    for base, run, runs in _groups(study):
        said = _decisive(base, run)
        if said not in found:
            found[said] = _cautions(study, run)
        for caution in found[said]:
            concerned[caution] += runs
    total = len(study)
    return [
        f"{caution} ({'all' if runs == total else f'{runs:,} of {total:,}'} runs)"
        for caution, runs in concerned.items()
    ]


def _groups(study: Study) -> Iterator[tuple[Base, Run, int]]:
    """Yield one run of each combination that may call for other warnings, and for how many."""
    each = study.combinations // len(study.bases)
    for place, base in enumerate(study.bases):
        step = 1 if any(map(_is_decisive, base.steps.values())) else each
        for combination in range(place * each, (place + 1) * each, step):
            run = study.run(combination * study.runs_of_combination)
            yield base, run, step * study.runs_of_combination


def _is_decisive(steps: Steps) -> bool:
    return overlap(steps, DECISIVE)


def _decisive(base: Base, run: Run) -> Hashable:
    """Return something equal for runs that call for the same warnings."""
    levels = ((path, value) for path, value in run.levels.items() if _is_decisive(base.steps[path]))
    return base.name, *((path, written(value)) for path, value in levels)


def _cautions(study: Study, run: Run) -> list[str]:
    from pathways.outcomes.structure import warnings

    try:
        structure = study.scenario_of(run).document.structure
    except InputError:  # It is told when the run is made.
        return []
    return warnings({"scenario": {"structure": structure.model_dump()}})
