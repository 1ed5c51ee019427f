"""Files of the figures: the same bytes every time, and nothing of the user's is touched."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from figure_data import compared

from pathways.comparison import Comparison
from pathways.figures import CAPTIONS, FIGURES, write_figures
from pathways.outcomes.directory import OutputError

ORDER = (
    "lifetime_dose",
    "states_over_time",
    "exit_reasons",
    "pain_trajectories",
    "change_from_baseline",
    "harm_by_dose",
    "waiting",
    "cost_and_qaly",
)
POLICIES = ("dose-ladder", "sham-infusion")
SIZE = {"patients": 60, "years": 1.0}
THEIRS = {
    "lines.linewidth": 11.0,
    "font.size": 31.0,
    "axes.prop_cycle": matplotlib.cycler(color=["#123456"]),
    "savefig.bbox": "tight",
    "savefig.dpi": 33.0,
    "svg.fonttype": "none",
    "svg.hashsalt": None,
    "text.usetex": True,
    "figure.autolayout": True,
}
WRITE = """
import sys
sys.path.insert(0, sys.argv[1])
from figure_data import compared
from pathways.figures import write_figures
write_figures(compared(*sys.argv[3:], patients=60, years=1.0), sys.argv[2])
"""


def digests(paths) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def three():
    return compared(*POLICIES, **SIZE)


@pytest.fixture(scope="module")
def written(three, tmp_path_factory):
    return write_figures(three, tmp_path_factory.mktemp("figures") / "made" / "here")


def test_figures_and_captions_are_in_the_order_in_which_they_are_shown():
    assert tuple(FIGURES) == tuple(CAPTIONS) == ORDER


def test_every_figure_is_a_png_and_an_svg(written):
    assert [path.name for path in written] == [
        f"{name}.{kind}" for name in ORDER for kind in ("png", "svg")
    ]
    for path in written:
        start = path.read_bytes()[:5]
        assert start == (b"\x89PNG\r" if path.suffix == ".png" else b"<?xml")


def test_the_same_results_give_the_same_bytes_whatever_the_users_settings(three, written, tmp_path):
    with matplotlib.rc_context(THEIRS):
        before = dict(matplotlib.rcParams)
        again = write_figures(three, tmp_path)
        assert dict(matplotlib.rcParams) == before
    assert digests(again) == digests(written)


def test_another_process_with_another_hash_seed_writes_the_same_bytes(written, tmp_path):
    support = next(path for path in sys.path if path.endswith("support"))
    command = [sys.executable, "-c", WRITE, support, str(tmp_path), *POLICIES]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "7"})
    assert digests(tmp_path.iterdir()) == digests(written)


def test_files_say_neither_time_nor_version(written):
    for path in written:
        content = path.read_bytes()
        assert b"<dc:date>" not in content and b"tIME" not in content
        assert b"Matplotlib v" not in content and b"Software" not in content


def test_svg_asks_for_nothing_from_outside(written):
    for path in written:
        if path.suffix == ".svg":
            text = path.read_text("utf-8")
            assert "<script" not in text and "font-family" not in text
            assert 'href="http' not in text and "url(http" not in text


@pytest.mark.parametrize("name", ["lifetime_dose", "waiting"])
def test_other_results_give_other_bytes(written, tmp_path, monkeypatch, name):
    monkeypatch.setattr("pathways.figures.FIGURES", {name: FIGURES[name]})
    other = write_figures(compared(*POLICIES, patients=61, years=1.0), tmp_path)
    theirs = digests(written)
    assert len(other) == 2
    assert all(digest != theirs[file] for file, digest in digests(other).items())


@pytest.mark.parametrize("name", ORDER)
def test_places_are_rounded_because_the_layout_answers_with_other_last_bits(three, name):
    figure = FIGURES[name](three)
    assert figure.get_layout_engine() is None or not figure.get_layout_engine().adjust_compatible
    places = [number for ax in figure.axes for number in ax.get_position().bounds]
    texts = [number for text in figure.texts for number in text.get_position()]
    assert [round(number, 6) for number in texts] == texts
    assert np.abs(np.round(places, 6) - places).max() < 1e-15


@pytest.mark.parametrize("name", ORDER)
def test_drawing_leaves_settings_and_pyplot_as_they_were(three, name):
    backend, before = matplotlib.get_backend(auto_select=False), dict(matplotlib.rcParams)
    figure = FIGURES[name](three)
    assert isinstance(figure, matplotlib.figure.Figure)
    assert dict(matplotlib.rcParams) == before
    assert matplotlib.get_backend(auto_select=False) == backend
    assert matplotlib.pyplot.get_fignums() == []


@pytest.mark.parametrize("name", ORDER)
def test_settings_are_put_back_when_drawing_fails(name):
    before = dict(matplotlib.rcParams)
    with pytest.raises(AttributeError):
        FIGURES[name](object())
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", ORDER)
def test_captions_say_of_whom_and_how_uncertain(three, name):
    caption = CAPTIONS[name](three)
    assert "60 virtual referrals" in caption and "1 year" in caption
    assert "interval" in caption or "Monte Carlo" in caption
    assert caption.endswith(".") and "  " not in caption and ".." not in caption


def test_a_file_in_the_way_is_an_error_in_words(three, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="taken: cannot be written: .*another directory"):
        write_figures(three, tmp_path / "taken")


@pytest.mark.parametrize("name", ORDER)
def test_a_policy_named_in_any_letters_is_drawn(three, name, tmp_path, monkeypatch):
    first, second = three.results.values()
    names = ("price $x_1$ & <b>", "疼痛门诊-" + "very-long-name-" * 9)
    odd = Comparison(dict(zip(names, (first, second), strict=True)))
    monkeypatch.setattr("pathways.figures.FIGURES", {name: FIGURES[name]})
    assert len(write_figures(odd, tmp_path)) == 2


def test_importing_the_figures_is_light():
    code = "import sys, pathways.figures as f; f.colours(['a']); print([n for n in ('matplotlib', 'seaborn', 'pandas', 'scipy') if n in sys.modules])"  # noqa: E501
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
