"""Runs a study with two workers in a process of its own and tells of its progress.

    python sweep_process.py STUDY STORE WORKERS

prints the process numbers of the workers whenever runs are finished, each time on one line.
"""

from __future__ import annotations

import sys
from multiprocessing import active_children

from pathways.studies.sweep import run_study


def main(study: str, store: str, workers: str) -> None:
    """Run the study."""

    def tell(finished: int, total: int, failed: int) -> None:
        numbers = [child.pid for child in active_children()]
        print(finished, *numbers, flush=True)

    run_study(study, out=store, workers=int(workers), batch_runs=1, progress=tell)


if __name__ == "__main__":
    main(*sys.argv[1:])
