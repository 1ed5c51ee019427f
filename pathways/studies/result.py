"""The results of a study, as they lie in its store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pathways.studies.contents import PATIENTS, RUNS, read_contents
from pathways.studies.rows import study_fingerprint, table_of

if TYPE_CHECKING:
    import pandas
    import pyarrow


class StudyResult:
    """What a store holds: the runs that are finished and those that failed.

    Parameters
    ----------
    path : path-like
        Directory of the store; it may still be written to.

    Attributes
    ----------
    path : Path
    manifest : dict
        What ``manifest.json`` says.
    table : pyarrow.Table
        One row for each finished run, in their order.
    runs : pandas.DataFrame
        The same.
    failures : pandas.DataFrame
        Columns ``run`` and ``cause``.
    fingerprint : str
        Over all finished runs.
    is_complete : bool
        Whether every run of the study is finished.

    Raises
    ------
    pathways.outcomes.directory.OutputError
        If the directory is no store, or a file is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._contents = read_contents(self.path)
        self.manifest: dict[str, Any] = self._contents.manifest

    @cached_property
    def table(self) -> pyarrow.Table:
        import pyarrow

        nothing = table_of([], self._contents.columns)
        return pyarrow.concat_tables([nothing, *self._contents.tables()])

    @cached_property
    def runs(self) -> pandas.DataFrame:
        from pathways.outcomes.frames import frame

        return frame(self.table)

    @cached_property
    def failures(self) -> pandas.DataFrame:
        import pandas

        found = sorted(self._contents.failures.items())
        return pandas.DataFrame(found, columns=["run", "cause"])

    @cached_property
    def fingerprint(self) -> str:
        return study_fingerprint(self._contents.tables())

    @property
    def is_complete(self) -> bool:
        return self._contents.finished_runs == self._contents.cut.runs

    def files(self, table: str = RUNS) -> list[Path]:
        """Return the files of a table, ``"runs"`` or ``"patients"``, that are finished."""
        return [self._contents.file(batch, table) for batch in sorted(self._contents.batches)]

    def patients(self) -> Iterator[pyarrow.Table]:
        """Yield the tables of patients, one for each run, in the order of the runs.

        Nothing if the study does not keep them.
        """
        from pyarrow.parquet import ParquetFile

        for path in self.files(PATIENTS) if self.manifest["patients_kept"] else ():
            if path.exists():
                with ParquetFile(path) as file:
                    yield from map(file.read_row_group, range(file.num_row_groups))
