"""One policy has one look, and no two look alike, to whatever eyes."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from pathways import scenarios
from pathways.comparison.pairing import refuse_different_plans
from pathways.errors import InputError
from pathways.figures import colours
from pathways.figures.palette import OTHERS, SHIPPED, looks
from pathways.simulation import plan_of

# Machado, Oliveira and Fernandes 2009, severity 1.0.
VISION = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Ottosson 2020, Oklab.
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
OPPONENTS = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
FARTHER_THAN = 15.0
"""Hundredths of Oklab; black and white are 100 apart, and 2 can just be told apart side by side."""


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def seen(colour: str, vision: str) -> np.ndarray:
    light = np.clip(np.array(VISION[vision]) @ linear(colour), 0.0, 1.0)
    return 100.0 * (np.array(OPPONENTS) @ np.cbrt(np.array(CONES) @ light))


PLANNERS = {"planner-clinic", "planner-further-chair"}


@pytest.mark.parametrize("vision", VISION)
def test_shipped_policies_of_one_figure_are_told_apart_with_any_colour_vision(vision):
    for one, other in itertools.combinations(SHIPPED, 2):
        colour, another = SHIPPED[one].colour, SHIPPED[other].colour
        apart = np.linalg.norm(seen(colour, vision) - seen(another, vision))
        alone = len({one, other} & PLANNERS) == 1
        assert apart > (9.0 if alone else FARTHER_THAN), (one, other)


@pytest.mark.parametrize("planner", sorted(PLANNERS))
@pytest.mark.parametrize("other", sorted(set(SHIPPED) - PLANNERS))
def test_planners_stand_in_no_figure_with_the_others(planner, other):
    with pytest.raises(InputError, match="do not have the same patients"):
        refuse_different_plans({name: plan_of(name, patients=20) for name in (other, planner)})


@pytest.mark.parametrize("name", [*SHIPPED, *(f"mine-{number}" for number in range(40))])
def test_every_colour_is_seen_on_white(name):
    luminance = linear(colours([name])[name]) @ (0.2126, 0.7152, 0.0722)
    assert 1.05 / (luminance + 0.05) > 2.2


def test_in_grey_dashes_and_markers_differ():
    known = [*SHIPPED.values(), *OTHERS]
    for what in ("dashes", "marker", "colour"):
        assert len({getattr(look, what) for look in known}) == len(known)


def test_every_shipped_scenario_has_a_look():
    folder = Path(next(iter(scenarios.__path__)))
    assert {path.stem for path in folder.glob("*.yaml")} == set(SHIPPED)


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_policy_keeps_its_colour_whichever_others_are_there(count):
    draw = random.Random(count)
    for _ in range(20):
        chosen = draw.sample([*SHIPPED, "mine"], count)
        assert colours(chosen) == {name: colours([name])[name] for name in chosen}


def test_order_changes_no_colour_and_is_kept():
    # So many of the user's own that some want the same colour.
    names = [*SHIPPED, *(f"mine {number}" for number in range(12))]
    backwards = colours(reversed(names))
    assert backwards == colours(names)
    assert list(backwards) == names[::-1]


def test_a_colour_depends_on_the_name_alone_in_every_process():
    assert colours(["my-policy"]) == {"my-policy": "#3C019B"}


def test_no_colour_twice_however_many_policies():
    names = [*SHIPPED, *(f"policy {number}" for number in range(60))]
    assert len(set(colours(names).values())) == len(names)


def test_a_name_given_twice_is_one_policy():
    assert list(looks(["mine", "mine"])) == ["mine"]
