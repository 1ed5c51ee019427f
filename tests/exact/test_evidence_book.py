"""The parameter book is complete, consistent and says where each number comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import pytest

from pathways.errors import InputError
from pathways.evidence.book import FAST_COPY, THEMES, book, book_from, data, fast_copy
from pathways.evidence.distributions import BetweenPatient, Dirichlet, Fixed, Uncertain
from pathways.evidence.parameter import STATUSES, WORD_UNITS, Parameter, simulator_unit
from pathways.evidence.render import DOCUMENT, render_csv, render_markdown
from pathways.reading.units import unit_parts

ROOT = Path(__file__).parents[2]
EXPECTED = {
    "PK": range(1, 14),
    "PD": range(1, 14),
    "T": (1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13),
    "MA": (1, 2, 3, 5, 6),
    "C": (1, 2, 3, 4, 7, 8),
    "G": range(1, 15),
    "H": range(1, 8),
    "S": range(1, 20),
    "B": range(1, 24),
    "N": range(1, 21),
    "U": range(1, 12),
    "K": range(1, 23),
    "Q": range(1, 13),
    "M": (*range(1, 39), *range(40, 73), *range(80, 94), *range(100, 104), *range(110, 118)),
}
IDS = [f"{letters}{number}" for letters, numbers in EXPECTED.items() for number in numbers]


@cache
def unit_registry():
    import pint

    registry = pint.UnitRegistry()
    for word in (*WORD_UNITS, "USD", "GBP", "QALY"):
        registry.define(f"{word} = [{word}_dimension]")
    return registry


def parameters(predicate=lambda parameter: True):
    chosen = [parameter for parameter in book() if predicate(parameter)]
    return pytest.mark.parametrize("parameter", chosen, ids=lambda parameter: parameter.id)


@pytest.mark.parametrize("identifier", IDS)
def test_every_id_is_in_the_book(identifier):
    found = book().parameter(identifier)
    assert identifier in (found.id, *found.aliases)


def test_book_covers_every_theme():
    assert book().themes == THEMES
    assert all(book().by_theme().values())
    assert sum(len(rows) for rows in book().by_theme().values()) == len(book())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("PK1", 79),
        ("slow_effect_c50", 10.5),
        ("pd2", 10.9),
        ("M3", 1.1),
        ("PD13", 0),
        ("N17", 0.025),
        ("M13", 1),
        ("M9", 0.9),
        ("M12", 0.2),
    ],
)
def test_values_as_published(key, value):
    assert book().parameter(key).value == value


def test_tables():
    decrement = book().parameter("U3").value
    assert decrement == (0, 0.034, 0.043, 0.061, 0.121, 0.144, 0.252, 0.404, 0.575, 0.771, 0.793)
    assert book().parameter("N19").value["female_slope"] == 0.1089
    assert book().parameter("T1").value == {
        "ketamine": 185,
        "ketamine_magnesium": 196,
        "placebo": 187,
    }


def test_condition_shares_and_mix_name_the_same_conditions():
    shares, mix = book().parameter("M111").value, book().parameter("M120").value
    assert set(shares) == set(mix)
    assert sum(mix.values()) == pytest.approx(1)


def test_three_compartments_make_up_the_steady_state_volume():
    for key in ("M100", "M101"):
        split = book().parameter(key).value
        volumes = [
            volume for name, volume in split.items() if name.endswith(("volume", "_2", "_3"))
        ]
        flows = split["flow_2"] + split["flow_3"]
        assert sum(volumes) - flows == book().parameter("PK2").value


@parameters()
def test_units_are_known(parameter: Parameter):
    registry = unit_registry()
    units = [parameter.unit] if isinstance(parameter.unit, str) else parameter.unit.values()
    for unit in units:
        registry.parse_units("dimensionless" if unit == "1" else unit)
        unit_parts(simulator_unit(unit))


@parameters(lambda p: p.unit in ("probability", "fraction"))
def test_probabilities_and_their_uncertainty_lie_between_0_and_1(parameter: Parameter):
    assert all(0 <= value <= 1 for value in parameter.components().values())
    for distribution in parameter.distributions().values():
        if isinstance(distribution, Uncertain):
            assert distribution.quantile(1e-9) >= 0
            assert distribution.quantile(1 - 1e-9) <= 1


@parameters(lambda p: p.status in ("verified", "recalled"))
def test_what_was_read_or_recalled_names_a_publication(parameter: Parameter):
    assert all(source.authors and source.journal for source in parameter.sources)
    assert parameter.sources


@parameters(lambda p: p.status == "verified")
def test_verified_rests_on_something_that_was_read(parameter: Parameter):
    assert any(source.reading != "memory" for source in parameter.sources)


@parameters(lambda p: any(isinstance(d, Uncertain) for d in p.distributions().values()))
def test_distribution_is_centred_on_the_stated_value(parameter: Parameter):
    stated = parameter.components()
    for name, distribution in parameter.distributions().items():
        if isinstance(distribution, Fixed):
            continue
        centre = distribution.statistics()[distribution.centre]
        sd = (distribution.quantile(0.8413) - distribution.quantile(0.1587)) / 2
        # Half an event added to the counts moves a centre, by less than a third of its error.
        assert abs(centre - stated[name]) <= max(0.02 * abs(stated[name]), 0.33 * sd)
        if not parameter.sources:
            assert centre == pytest.approx(stated[name], rel=0.02, abs=1e-12)


@parameters(lambda p: isinstance(p.uncertainty, Dirichlet))
def test_dirichlet_is_centred_on_the_stated_shares(parameter: Parameter):
    assert parameter.uncertainty.means() == pytest.approx(dict(parameter.value), abs=0.002)


@parameters(
    lambda p: any(getattr(d, "interval_95", None) is not None for d in p.distributions().values())
)
def test_distribution_gives_the_interval_it_was_chosen_for(parameter: Parameter):
    for distribution in parameter.distributions().values():
        low, high = distribution.interval_95
        tolerance = 0.15 * (high - low)
        assert distribution.quantile(0.025) == pytest.approx(low, abs=tolerance)
        assert distribution.quantile(0.975) == pytest.approx(high, abs=tolerance)


@pytest.mark.parametrize(
    ("key", "low", "high", "digits"),
    [("PD1", 4.1, 22.4, 1), ("PD2", 5.1, 20.5, 1), ("PK1", 69, 90, 0)],
)
def test_published_intervals_are_reproduced(key, low, high, digits):
    distribution = book().parameter(key).uncertainty
    assert round(distribution.quantile(0.025), digits) == low
    assert round(distribution.quantile(0.975), digits) == high


def test_uncertainty_and_spread_between_patients_share_no_field():
    assert not isinstance(book().parameter("PD1").between_patient, Uncertain)
    for parameter in book():
        assert all(not isinstance(d, BetweenPatient) for d in parameter.distributions().values())
        if parameter.role == "patient_trait":
            assert parameter.between_patient is not None
        if parameter.role == "patient_spread":
            assert parameter.between_patient is None


def test_correlations_are_positive_definite_and_name_traits():
    import numpy

    pairs = book().parameter("M121").value
    names = sorted({name for pair in pairs for name in pair.split("__")})
    matrix = numpy.eye(len(names))
    for pair, correlation in pairs.items():
        first, second = (names.index(name) for name in pair.split("__"))
        matrix[first, second] = matrix[second, first] = correlation
        assert 0 < correlation <= 0.5
    assert numpy.linalg.eigvalsh(matrix).min() > 0.1


def test_status_shares():
    shares = book().status_shares(["PD1", "slow_effect_half_life", "M9", "PD1"])
    assert list(shares) == list(STATUSES)
    assert shares["verified"] == pytest.approx(2 / 3)
    assert shares["assumption"] == pytest.approx(1 / 3)
    assert sum(book().status_shares().values()) == pytest.approx(1)
    assert set(book().status_shares([]).values()) == {0}


@pytest.mark.parametrize(
    ("key", "hint"), [("slow_effekt_c50", "slow_effect_c50"), ("PD99", "PD9"), ("", None)]
)
def test_unknown_parameter_names_the_nearest(key, hint):
    with pytest.raises(InputError) as caught:
        book().parameter(key)
    assert caught.value.nearest == hint


def test_unknown_theme_names_the_nearest():
    with pytest.raises(InputError, match="did you mean `costs`"):
        book().theme("cost")


def test_parameters_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        book().parameter("PD1").value = 1
    with pytest.raises(TypeError):
        book().parameter("K4").value["US"] = 1


def changed(identifier: str, **fields) -> dict:
    content = json.loads(json.dumps(data()))
    for file, page in content.items():
        for entry in page.get("parameters", ()) if file != "sources.yaml" else ():
            if entry["id"] == identifier:
                entry.update(fields)
    return content


@pytest.mark.parametrize(
    ("identifier", "fields", "message"),
    [
        ("PD1", {"status": "guessed"}, "ketamine_effect.yaml: PD1: status"),
        ("PD1", {"colour": "red"}, "colour: Extra inputs"),
        ("PD1", {"sources": ["nobody_1999"]}, "there is no source nobody_1999"),
        ("PD1", {"sources": []}, "needs a source"),
        ("PD1", {"between_patient": None}, "a trait needs between_patient"),
        ("PD1", {"uncertainty": None}, "an input needs its uncertainty"),
        ("PD1", {"uncertainty": {"kind": "weibull"}}, "weibull"),
        ("PD1", {"uncertainty": {"kind": "normal", "mean": 1, "sd": 1, "spread": 1}}, "spread"),
        ("PD1", {"name": "clearance"}, "the name clearance is used twice"),
        ("PD1", {"id": "PK1"}, "the id PK1 is used twice"),
        ("PD7", {"between_patient": {"kind": "bernoulli"}}, "has no spread between patients"),
        ("M9", {"note": ""}, "needs a note"),
        ("M9", {"derived_from": ["X99"]}, "refers to X99"),
        ("M9", {"value": "0.9"}, "one distribution belongs to one number"),
        ("K4", {"unit": {"US": "USD"}}, "unit must name what value names"),
        ("M120", {"value": {"crps": 0.5, "other_neuropathic": 0.5}}, "dirichlet must name"),
    ],
)
def test_bad_data_are_refused_with_the_place(identifier, fields, message):
    with pytest.raises(InputError, match=re.escape(message)):
        book_from(changed(identifier, **fields))


def test_fast_copy_is_up_to_date():
    stored = resources.files("pathways.evidence") / "data" / FAST_COPY
    assert stored.read_text(encoding="utf-8") == fast_copy(), "python -m pathways.evidence.render"


def test_fast_copy_is_not_used_when_the_data_changed(monkeypatch):
    monkeypatch.setattr("pathways.evidence.book._digest", lambda contents: "another")
    read = []
    monkeypatch.setattr("pathways.evidence.book._plain", lambda content, name: read.append(name))
    data()
    assert len(read) == len(THEMES) + 1


def test_page_in_the_documentation_is_up_to_date():
    page = (ROOT / DOCUMENT).read_text(encoding="utf-8")
    assert page == render_markdown(), "run: python -m pathways.evidence.render"


def test_page_and_csv_hold_every_parameter():
    page, sheet = render_markdown(), render_csv(book())
    for parameter in book():
        assert re.search(rf"^\| {parameter.id}(, M\d+)? \|", page, re.MULTILINE)
        assert f"\n{parameter.id},{parameter.name}," in sheet
    rows = sum(len(p.value) if isinstance(p.value, (tuple, Mapping)) else 1 for p in book())
    assert sheet.count("\n") == rows + 1
