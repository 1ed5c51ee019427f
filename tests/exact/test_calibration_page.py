"""What the calibration says about itself: what was moved, what fits, and the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pathways.calibration import identifiability, kept, page, pictures
from pathways.calibration.checks import EmulatorCheck, Predicted
from pathways.calibration.fit import Fit
from pathways.calibration.likelihood import Target
from pathways.calibration.screen import Screened, uncertain_inputs
from pathways.calibration.settings import shipped_settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")


def made_fit(points: np.ndarray) -> Fit:
    shipped = shipped_settings()
    few = shipped.model_copy(
        update={"unknowns": shipped.unknowns[: points.shape[1]], "own": (), "variants": ()}
    )
    return Fit(few, [Target("toy.one", 1.0, standard_error=1.0)], None, points, 1.0)


def normal(correlation: float, spreads, means, draws: int = 20_000) -> np.ndarray:
    random = np.random.default_rng(3)
    first, second = random.standard_normal((2, draws))
    second = correlation * first + (1.0 - correlation**2) ** 0.5 * second
    return np.stack([first, second], axis=1) * spreads + means


def test_contraction_and_shift_are_of_the_prior():
    found = identifiability.moved(made_fit(normal(0.0, (0.5, 1.0), (0.0, 0.0))))
    assert [one.name for one in found] == ["slow_effect_c50", "slow_effect_half_life"]
    assert found[0].contraction == pytest.approx(0.75, abs=0.02)
    assert found[1].contraction == pytest.approx(0.0, abs=0.03)
    assert [one.is_moved for one in found] == [True, False]
    shifted = identifiability.moved(made_fit(normal(0.0, (1.0, 1.0), (0.0, -0.4))))
    assert shifted[1].shift == pytest.approx(-0.4, abs=0.03)
    assert [one.is_moved for one in shifted] == [False, True]


def test_pairs_that_move_together_are_named_and_their_direction_found():
    bound = made_fit(normal(-0.9, (1.0, 1.0), (0.0, 0.0)))
    ((first, second, value),) = identifiability.pairs(bound)
    assert {first, second} == {"slow_effect_c50", "slow_effect_half_life"}
    assert value == pytest.approx(-0.9, abs=0.02)
    assert identifiability.directions(bound)[0] == pytest.approx(0.9, abs=0.02)
    assert identifiability.pairs(made_fit(normal(0.3, (1.0, 1.0), (0.0, 0.0)))) == []


def test_the_target_that_moves_an_unknown_is_named():
    whole = made_fit(normal(0.0, (0.5, 1.0), (0.4, 0.0)))
    without = {
        "a.b": made_fit(normal(0.0, (1.0, 1.0), (0.0, 0.0))),
        "c.d": made_fit(normal(0.0, (0.5, 1.0), (0.4, 0.0))),
    }
    found = identifiability.movers(whole, without)
    assert [row[0] for row in found["slow_effect_c50"]] == ["a.b"]
    assert found["slow_effect_c50"][0][1:] == pytest.approx((0.75, -0.4), abs=0.03)
    assert found["slow_effect_half_life"] == []


def predicted(use: str, probability: float, published=(1.0, 1.0)) -> Predicted:
    numbers = (1.1, 1.2, 0.5, 2.0, probability, 0.5, 0.01)
    return Predicted("a", "b", f"title {probability}", use, "verified", False, published, *numbers)


def test_what_does_not_fit_is_said():
    rows = [predicted("prediction", 0.01), predicted("prediction", 0.2)]
    rows += [predicted("calibration", 0.9), predicted("context", 0.01)]
    assert page.verdict_lines(rows) == [
        "- Predictions: 1 of 2 fit.",
        "- does not fit: a, title 0.01",
        "- Calibration targets: 1 of 1 fit.",
    ]
    table = page.predictive_table([*rows, predicted("context", np.nan, published=None)])
    assert [row.split(" | ")[-1].strip(" |") for row in table[2:]] == [
        "**does not fit**", "fits", "fits", "**does not fit**", "",
    ]  # fmt: skip


def test_kept_results_are_read_as_they_were_written(monkeypatch):
    rows = [predicted("prediction", 0.25), predicted("context", 0.5, published=None)]
    checks = [EmulatorCheck("a.b", 0.5, 0.25, -0.125, 0.0625)]
    screened = [Screened("slow_effect_c50", {"a.b": -1.5, "c.d": 0.25})]
    texts = {
        kept.PREDICTIVE: kept.predictive_text(rows, "command"),
        kept.STAND_IN: kept.stand_in_text(checks, "command"),
        kept.SCREEN: kept.screen_text(screened, "command"),
    }
    monkeypatch.setattr(kept, "_read", lambda file: _table(texts[file]))
    assert kept.predictive() == rows
    assert kept.stand_in() == checks
    assert kept.screen() == screened
    assert (screened[0].largest, screened[0].target) == (1.5, "a.b")


def _table(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines() if not line.startswith("#")]


def test_numbers_have_three_digits_and_no_exponent():
    assert [page.digits(one) for one in (0.0, 0.00123456, 12.345, 1234.5, -0.5)] == [
        "0", "0.00123", "12.3", "1234", "-0.500",
    ]  # fmt: skip


def test_every_uncertain_input_of_the_trials_was_tried():
    assert {one.key for one in kept.screen()} == set(uncertain_inputs(shipped_settings()))


def test_the_page_has_every_unknown_target_failure_and_figure():
    settings = shipped_settings()
    for one in settings.unknowns:
        assert PAGE.count(f"`{one.key}`") >= 2, one.key
    for one in settings.targets:
        assert f"{one.trial}, {one.endpoint}" in PAGE
    for one in settings.variants:
        assert f"*{one.name}*" in PAGE
    for line in page.verdict_lines(kept.predictive()):
        assert line in PAGE
    for table in (page.predictive_table(kept.predictive()),):
        assert "\n".join(table) in PAGE
    for name in ("calibration", "calibration_predictive"):
        assert f"(figures/{name}.png)" in PAGE
        assert (ROOT / "docs" / "figures" / f"{name}.png").stat().st_size > 10_000


def test_the_figures_panels_are_in_points_of_pain():
    shown = pictures.panels(kept.predictive())
    assert [len(rows) for rows in shown.values()] == [5, 5, 1]
    last = list(shown.values())[-1][0]
    assert last.published[0] == pytest.approx(-2.0 / 35.0)
    assert abs(last.mean) < 0.5
