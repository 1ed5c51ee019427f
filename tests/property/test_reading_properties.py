"""Whatever is thrown at the reader: a tree or an InputError, never anything else."""

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pathways.errors import InputError, ValueProblem, nearest, shown
from pathways.reading import units
from pathways.reading.fields import (
    Choice,
    Dose,
    Flag,
    Items,
    Mg,
    Parameter,
    PositiveInt,
    Probability,
    Section,
    Text,
    validate,
)
from pathways.reading.overlay import overlay
from pathways.reading.quantities import (
    format_quantity,
    parse_number,
    parse_quantity,
    quantity_pattern,
)
from pathways.reading.tree import (
    LocatedList,
    LocatedMapping,
    LocatedScalar,
    PlaceTable,
    dotted,
    steps_of,
    walk,
)
from pathways.reading.yaml_file import read_yaml_bytes

MANY = settings(max_examples=150)
NODES = (LocatedMapping, LocatedList, LocatedScalar)
yaml_pieces = st.sampled_from(
    [
        "a",
        "b",
        "dose",
        "80 mg",
        "0.5",
        "null",
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        "- ",
        ",",
        "\n",
        "\n  ",
    ]
    + [
        "\n\n",
        "  ",
        "'",
        '"',
        "|",
        ">",
        "|\n",
        "&x ",
        "*x",
        "!t ",
        "<<: ",
        "? ",
        "# c",
        "%",
        "---\n",
    ]
    + [
        "...\n",
        "\\",
        '"\\x41"',
        '"\\UFFFFFFFF"',
        "\t",
        "\r",
        "\0",
        "\x85",
        "\ufeff",
        "é",
        "😀",
        "@",
    ]
)
yaml_like = st.lists(yaml_pieces, max_size=30).map("".join)
unit_names = st.sampled_from(list(units.UNITS))
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, places=3)


class Ladder(Section):
    kind: Literal["ladder"]
    steps: Items[Mg]


class Fixed(Section):
    kind: Literal["fixed"]
    dose: Dose


class Everything(Section):
    a: Parameter[Probability] = Parameter.of(0.5)
    b: Annotated[Ladder | Fixed, Choice()] | None = None
    dose: Parameter[Mg] = Parameter.of(80.0)
    flag: Flag = False
    text: Text | None = None
    count: PositiveInt = 1
    more: dict[str, Fixed] = {}


leaves = st.sampled_from(
    ["80 mg", "80", "1", "true", "no", "null", "ladder", "fixed", "0.5", "25 %", "x", "''", "PD1"]
)
keys = st.sampled_from(
    ["a", "b", "dose", "flag", "text", "count", "more", "kind", "steps", "evidence", "distribution"]
    + ["normal", "mean", "sd", "uniform", "low", "high", "beta", "dosse", "'St. Mary'", "'[0]'"]
)
documents = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(keys, inner, max_size=4).map(
            lambda entries: (
                "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
            )
        )
    ),
    max_leaves=12,
)
mappings = st.dictionaries(keys, documents, max_size=5).map(
    lambda entries: "\n".join(f"{key}: {value}" for key, value in entries.items()) or "{}"
)


def tree_or_error(content: bytes):
    try:
        tree = read_yaml_bytes(content, "f.yaml")
    except InputError as error:
        assert error.errors
        assert str(error).startswith("f.yaml")
        assert str(error).replace("\n", "").isprintable()
        return None
    assert isinstance(tree, NODES)
    return tree


@MANY
@given(st.binary(max_size=200))
def test_any_bytes_give_a_tree_or_an_input_error(content):
    tree_or_error(content)


@MANY
@given(st.text(max_size=200))
def test_any_text_gives_a_tree_or_an_input_error(text):
    tree_or_error(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=600)
@given(yaml_like)
@example("a: |\n\n")
@example("? |\n  a\n: b")
def test_anything_like_yaml_gives_a_tree_or_an_input_error(text):
    tree_or_error(text.encode())


@MANY
@given(mappings)
def test_every_leaf_stands_where_the_tree_says(text):
    tree = tree_or_error(text.encode())
    lines = text.split("\n")
    for steps, node in walk(tree):
        if isinstance(node, LocatedScalar) and not node.quoted:
            start = lines[node.line - 1][node.column - 1 :]
            assert start.startswith(node.text)
            assert PlaceTable(tree).place(dotted(steps)).line == node.line


@MANY
@given(mappings)
def test_any_mapping_gives_a_model_or_placed_errors(text):
    tree = tree_or_error(text.encode())
    try:
        model = validate(Everything, tree)
    except InputError as error:
        lines = [found.place.line for found in error.errors]
        assert lines == sorted(lines)
        assert all(found.place.file == "f.yaml" for found in error.errors)
        assert "function-" not in str(error)
        assert "Input should" not in str(error)
        return
    assert isinstance(model, Everything)


@MANY
@given(st.lists(st.one_of(st.text(), st.integers(0, 99)), max_size=5))
def test_dotted_paths_are_undone(steps):
    assert steps_of(dotted(steps)) == tuple(steps)


@given(st.lists(st.text(max_size=3) | st.integers(0, 3), min_size=1, max_size=3))
def test_different_steps_have_different_paths(steps):
    assert dotted(steps) != dotted([*steps, "x"])
    assert dotted([*steps, "0"]) != dotted([*steps, 0])


@MANY
@given(mappings, mappings)
def test_laying_a_tree_over_anything_keeps_its_leaves(base_text, top_text):
    base, top = read_yaml_bytes(base_text.encode(), "b"), read_yaml_bytes(top_text.encode(), "t")
    merged = dict(walk(overlay(base, top)))
    for steps, node in walk(top):
        if not isinstance(node, LocatedMapping):
            assert merged[steps] is node


@MANY
@given(mappings)
def test_an_empty_tree_changes_nothing_either_way(text):
    tree, empty = read_yaml_bytes(text.encode(), "f"), read_yaml_bytes(b"{}", "f")
    for laid in (overlay(empty, tree), overlay(tree, empty), overlay(tree, tree)):
        assert laid.entries == tree.entries


@MANY
@given(
    st.text(max_size=60) | st.from_regex(r"[-+0-9.eE_, ]{1,12}[a-zA-Z/%µ ]{0,8}", fullmatch=True)
)
def test_any_text_gives_a_proper_number_or_a_problem(text):
    for unit in ("mg", "mg/kg/h", "1", "percent", "1/year"):
        try:
            value = parse_quantity(text, unit)
        except ValueProblem as problem:
            assert shown(text).strip("`.") or problem.problem
            continue
        assert math.isfinite(value)
        assert value == 0.0 or abs(value) >= 1e-301
        assert value != 0.0 or math.copysign(1.0, value) == 1.0


@MANY
@given(decimals, unit_names, unit_names)
def test_conversions_are_the_nearest_doubles(number, name, other):
    given_unit, target = units.UNITS[name], units.UNITS[other]
    assume(given_unit.dimension == target.dimension)
    expected = float(Fraction(number) * Fraction(given_unit.size, target.size))
    assert parse_quantity(f"{number:f} {name}", other) == expected


@MANY
@given(st.floats(allow_nan=False, allow_infinity=False), unit_names)
def test_formatted_values_of_fifteen_digits_read_back(value, unit):
    value = float(f"{value:.15g}")
    assume(value == 0.0 or 1e-290 < abs(value) < 1e290)
    assert parse_quantity(format_quantity(value, unit), unit) == value


@MANY
@given(decimals, unit_names)
def test_the_pattern_for_editors_accepts_what_is_read(number, unit):
    text = f"{number:f} {unit}"
    assert math.isfinite(parse_quantity(text, unit))
    assert re.search(quantity_pattern(unit), text)


@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=3))
def test_plain_numbers_are_the_nearest_doubles(number):
    assume(len(number.normalize().as_tuple().digits) <= 15)
    assert parse_number(f"{number:f}") == float(Decimal(number))


@given(st.text(), st.lists(st.text(max_size=10), max_size=5))
def test_the_nearest_name_is_one_of_the_names(name, names):
    assert nearest(name, names) in (None, *names)


@given(st.text())
def test_shown_text_is_printable(text):
    assert shown(text).isprintable()
