"""The figures of docs/calibration.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pathways.calibration import identifiability, kept
from pathways.calibration.bank import values_at
from pathways.calibration.fit import widths
from pathways.calibration.simulate import load_cached
from pathways.trials.published import settled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pathways.calibration.checks import Predicted
    from pathways.calibration.fit import Fit
    from pathways.calibration.settings import Settings
    from pathways.figures.calibration import Interval

DRAWS = 4_000
DIARY_DAYS = 35.0
WEEKS = (1, 2, 4, 8, 12)
PANELS = {
    "100 h of S-ketamine, CRPS (Sigtermans)": (
        "sigtermans-2009",
        {f"week {week}": f"difference-week-{week}" for week in WEEKS},
        1.0,
    ),
    "Six trials pooled (Michelet)": (
        "michelet-2018",
        {f"week {week}": f"week-{week}" for week in WEEKS},
        1.0,
    ),
    "0.5 mg/kg once (Pickering)": (
        "pickering-2020",
        {"35 days": "difference-ketamine"},
        DIARY_DAYS,
    ),
}
"""By title: the trial, its endpoints by label, and what turns them into points."""


def draw(found: Fit, folder: Path) -> list[Path]:
    """Draw prior beside posterior, and what the posterior predicts."""
    from pathways.figures.calibration import draw_predictive, draw_priors_and_posteriors
    from pathways.figures.trials import save

    plain = np.random.default_rng(0).standard_normal((DRAWS, found.points.shape[1]))
    prior = in_units(found.settings, plain * widths(found.settings))
    posterior = in_units(found.settings, found.book_points[:DRAWS])
    is_moved = [one.is_moved for one in identifiability.moved(found)]
    drawn = {
        "calibration": draw_priors_and_posteriors(found.names, prior, posterior, is_moved),
        "calibration_predictive": draw_predictive(panels(kept.predictive())),
    }
    paths = [folder / f"{name}.png" for name in drawn]
    for path, figure in zip(paths, drawn.values(), strict=True):
        save(figure, path, "png")
    return paths


def in_units(settings: Settings, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points in the units of the evidence and of the trial files."""
    both = (values_at(settings, point) for point in points)
    return np.array([[*values.values(), *own.values()] for values, own in both])


def panels(predicted: Sequence[Predicted]) -> dict[str, list[Interval]]:
    """Return the differences of the second figure, by panel, in points of pain."""
    from pathways.figures.calibration import Interval

    by_name = {(one.trial, one.endpoint): one for one in predicted}
    found: dict[str, list[Interval]] = {}
    for title, (trial, names, per) in PANELS.items():
        for label, name in names.items():
            one = by_name[trial, name]
            numbers = (one.mean / per, one.low / per, one.high / per, one.stated / per)
            row = Interval(label, *numbers, _published(trial, name, per))
            found.setdefault(title, []).append(row)
    return found


def _published(trial: str, name: str, per: float) -> tuple[float, float, float] | None:
    endpoint = load_cached(trial).document.endpoint(name)
    if endpoint.published is None:
        return None
    one = settled(endpoint.published, is_share=endpoint.is_share)
    low, high = one.interval or (one.value, one.value)
    return one.value / per, low / per, high / per
