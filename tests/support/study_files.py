"""Short study files, written and read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pathways.errors import InputError
from pathways.studies.load import load_study
from pathways.studies.study import Study

FILE = "s.study.yaml"
HEAD = "study: s\ntitle: T\nscenarios: [guideline-2018]\npatients: 10\nyears: 1\n"
HEAD_LINES = 5


def written(folder: Path, body: str = "", *, head: str = HEAD) -> Path:
    """Write a study file and return its path."""
    path = folder / FILE
    path.write_text(f"{head}{body}\n", encoding="utf-8")
    return path


def study_of(folder: Path, body: str = "", *, head: str = HEAD, **options: object) -> Study:
    """Return the study that such a file makes; nothing is tried unless asked for."""
    return load_study(written(folder, body, head=head), **{"probe": False, **options})


def refused(folder: Path, body: str, *, head: str = HEAD, **options: object) -> InputError:
    """Return why such a file is refused."""
    with pytest.raises(InputError) as found:
        load_study(written(folder, body, head=head), **options)
    return found.value


def values(study: Study, path: str) -> list[object]:
    """Return the value of a path in every run."""
    return [study.run(number).levels[path] for number in range(len(study))]
