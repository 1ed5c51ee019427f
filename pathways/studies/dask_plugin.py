"""How the workers of a Dask cluster get a study, also those that join later."""

from __future__ import annotations

from distributed import Worker, WorkerPlugin

from pathways.studies import worker
from pathways.studies.worker import Packed


class HoldStudy(WorkerPlugin):
    """Hands a study to every worker when it starts, or now.

    Parameters
    ----------
    study : Packed
    """

    def __init__(self, study: Packed) -> None:
        self.name = self.name_of(study)
        self._study = study

    @staticmethod
    def name_of(study: Packed) -> str:
        """Return the name under which the cluster knows the plugin."""
        return f"pathways-study-{study.digest}"

    def setup(self, worker: Worker) -> None:
        """Hand the study over."""
        _hold(self._study)

    def teardown(self, worker: Worker) -> None:
        """Forget it."""
        _let_go(self._study)


_hold, _let_go = worker.hold, worker.let_go
