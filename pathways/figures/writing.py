"""Write every figure as PNG and SVG, the same bytes for the same results and libraries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pathways.outcomes.directory import OutputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pathways.comparison import Comparison

# Neither time nor version: both would change the file without changing the figure.
METADATA = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def write_figures(comparison: Comparison, directory: str | os.PathLike[str]) -> list[Path]:
    """Write every figure of a comparison into a directory.

    Parameters
    ----------
    comparison : Comparison
    directory
        Made, with its parents, if it does not exist; files of the same names are replaced.

    Returns
    -------
    list of Path
        ``NAME.png`` and ``NAME.svg``, in the order of ``FIGURES``.

    Raises
    ------
    pathways.outcomes.directory.OutputError
        If a file cannot be written.
    """
    from pathways.figures import FIGURES

    folder = Path(directory)
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return [path for name in FIGURES for path in write_figure(comparison, name, folder)]


def write_figure(comparison: Comparison, name: str, folder: Path) -> list[Path]:
    """Write one figure into a folder that is there; the rest as for :func:`write_figures`."""
    from pathways.figures import FIGURES

    with _explained(folder):
        return _write(FIGURES[name](comparison), folder, name)


def paths_of(name: str, folder: Path) -> list[Path]:
    """Return the files of a figure."""
    return [folder / f"{name}.{kind}" for kind in METADATA]


def _write(figure: Figure, folder: Path, name: str) -> list[Path]:
    from pathways.figures.style import settings, without_warning_of_letters

    paths = paths_of(name, folder)
    with settings(), without_warning_of_letters():
        for path, metadata in zip(paths, METADATA.values(), strict=True):
            figure.savefig(path, metadata=metadata)
    return paths


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(
            f"{error.filename or folder}: cannot be written: {reason}; make room, or give another "
            "directory"
        ) from error
