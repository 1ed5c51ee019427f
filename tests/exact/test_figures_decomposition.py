"""The parts of a change in pain: what is drawn is what the estimates say."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
from figure_data import panel

from pathways.errors import InputError
from pathways.figures.decomposition import (
    FILLS,
    decomposition_by_arm,
    decomposition_by_day,
    stacks,
)
from pathways.outcomes.decomposition import COMPONENTS, Decomposition

DAYS = (0, 30, 60)


def arm(shift: float = 0.0, *, patients: int = 6, days=DAYS, endpoint="pain") -> Decomposition:
    """Return parts made up so that every component differs, on both sides of 0."""
    size = (patients, len(days))
    by_component = np.array([-0.5, -0.2, -0.4, -0.3, 0.1, 0.15]) + shift
    spread = np.linspace(-0.2, 0.2, patients)[:, None, None]
    growth = 1.0 + np.arange(len(days))[None, :, None]
    parts = by_component * growth + spread
    baseline = np.full(patients, 7.0)
    return Decomposition(
        days=np.array(days),
        endpoint=endpoint,
        baseline=baseline,
        outcome=baseline[:, None] + parts.sum(axis=-1),
        parts=parts,
        counted=np.ones(size, bool),
    )


def bars(ax, is_upright: bool) -> dict[str, list[tuple[float, float]]]:
    """Return start and signed length of every component's bars."""
    found: dict[str, list[tuple[float, float]]] = {}
    for container in ax.containers:
        if container.get_label() in FILLS:
            for bar in container:
                ends = (bar.get_y(), bar.get_height()) if is_upright else (
                    bar.get_x(),
                    bar.get_width(),
                )  # fmt: skip
                found.setdefault(container.get_label(), []).append(ends)
    return found


def test_every_component_has_words_and_a_fill():
    assert set(FILLS) == set(COMPONENTS)
    assert len({colour for _, colour, _ in FILLS.values()}) == len(FILLS)


def test_relief_stacks_to_one_side_and_worsening_to_the_other():
    means = {"regression": -0.5, "natural_history": 0.25, "programme": -1.0, "expectation": 0.5}
    rows = pandas.DataFrame(
        [{"component": name, "mean": means.get(name, 0.0)} for name in COMPONENTS]
    )
    found = {one.component: (one.start, one.end) for one in stacks(rows)}
    assert found["regression"] == (0.0, 0.5)
    assert found["programme"] == (0.5, 1.5)
    assert found["natural_history"] == (0.0, -0.25)
    assert found["expectation"] == (-0.25, -0.75)
    assert found["drug"] == (1.5, 1.5)


def test_bars_by_day_add_up_to_the_change():
    figure = decomposition_by_day({"mine": arm(), "other": arm(-0.1)})
    for name, shift in (("mine", 0.0), ("other", -0.1)):
        means = arm(shift).means()
        drawn = bars(panel(figure, name), is_upright=True)
        for component in COMPONENTS:
            lengths = [length for _, length in drawn[component]]
            assert lengths == pytest.approx((-means[component]).tolist()), component
        totals = np.sum([[length for _, length in rows] for rows in drawn.values()], axis=0)
        assert totals == pytest.approx((-means["change"]).tolist())


def test_points_are_the_change_with_its_interval():
    figure = decomposition_by_day({"mine": arm()})
    ax = panel(figure, "mine")
    rows = arm().estimates()
    change = rows[rows["component"] == "change"]
    points = [line.get_ydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert points == pytest.approx((-change["mean"]).tolist())
    ends = [one.get_segments()[0][:, 1] for one in ax.collections]
    expected = np.stack([-change["high"], -change["low"]], axis=1)
    assert np.allclose(np.array(ends), expected)


def test_arms_on_one_day_stand_beneath_one_another():
    arms = {"mine": arm(), "other": arm(-0.1, patients=4), "third": arm(0.05, days=(0, 30))}
    figure = decomposition_by_arm(arms)
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == list(arms)
    drawn = bars(ax, is_upright=False)
    for row, one in enumerate(arms.values()):
        means = one.means().loc[30]
        for component in COMPONENTS:
            assert drawn[component][row][1] == pytest.approx(-means[component])
    assert "to day 30" in figure.texts[1].get_text()
    assert "other 4" in figure.texts[1].get_text()
    assert "to day 0" in decomposition_by_arm(arms, day=0).texts[1].get_text()


def test_legend_names_only_what_is_there():
    one = arm()
    one.parts[..., COMPONENTS.index("programme")] = 0.0
    figure = decomposition_by_day({"mine": one})
    legend = next(ax for ax in figure.axes if ax.get_legend() is not None).get_legend()
    words = [text.get_text() for text in legend.get_texts()]
    assert words == [FILLS[name][0] for name in FILLS if name != "programme"]


def test_the_endpoint_is_said():
    assert "latent pain" in decomposition_by_day({"mine": arm()}).texts[1].get_text()
    by_score = decomposition_by_arm({"mine": arm(endpoint="score")})
    assert "diary score" in by_score.texts[1].get_text()


def test_one_patient_has_no_interval():
    figure = decomposition_by_day({"mine": arm(patients=1)})
    assert not panel(figure, "mine").collections


def nobody() -> Decomposition:
    return arm().among(np.zeros(6, bool))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: decomposition_by_day({}), "nothing cannot be drawn together"),
        (lambda: decomposition_by_day({"a": arm(), "b": arm(endpoint="score")}), "pain and score"),
        (lambda: decomposition_by_day({"a": nobody()}), "arms.a: nobody is counted"),
        (lambda: decomposition_by_arm({"a": nobody()}), "arms.a: nobody is counted"),
        (lambda: decomposition_by_arm({"a": arm()}, day=7), "has day 7; allowed: 0, 30, 60"),
        (lambda: decomposition_by_arm({}), "arms with a day in common"),
        (
            lambda: decomposition_by_arm({"a": arm(days=(0,)), "b": arm(days=(30,))}),
            "arms with a day in common",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(InputError, match=message):
        draw()
