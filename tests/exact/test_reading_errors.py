"""The text of errors, their order, and that they survive being sent between processes."""

import pickle

import pytest

from pathways.errors import (
    InputError,
    InputErrors,
    PathwaysError,
    Place,
    ValueProblem,
    ValueProblems,
    nearest,
    raise_errors,
    raise_problems,
    shown,
)

PLACE = Place("file.yaml", 12, "policy.ladder[0].dose")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (PLACE, "file.yaml:12: policy.ladder[0].dose"),
        (Place("file.yaml"), "file.yaml"),
        (Place("file.yaml", 3), "file.yaml:3"),
        (Place(None, 3, "a"), "line 3: a"),
        (Place(None, None, "a.b"), "a.b"),
        (Place(), ""),
    ],
)
def test_place_text(place, text):
    assert str(place) == text


def test_message_names_place_problem_nearest_and_allowed():
    error = InputError(PLACE, "unknown key `dosse`", ["dose", "days"], "dose")
    assert str(error) == (
        "file.yaml:12: policy.ladder[0].dose: unknown key `dosse`; did you mean `dose`?; "
        "allowed: dose, days"
    )


def test_message_ends_with_the_files_that_led_to_the_place():
    place = Place("base.yaml", 3, "a", ("middle.yaml:2", "top.yaml:1"))
    error = InputError(place, "wrong", "0 or more")
    said = "base.yaml:3: a: wrong; allowed: 0 or more (extended by middle.yaml:2, extended by "
    assert str(error) == said + "top.yaml:1)"
    assert str(place) == "base.yaml:3: a"


def test_moved_error_says_the_same_elsewhere():
    error = InputError(PLACE, "wrong", ["a", "b"], "b")
    assert str(error.moved(Place("other.yaml", 1))) == (
        "other.yaml:1: wrong; did you mean `b`?; allowed: a, b"
    )


def test_message_without_a_place_is_the_sentence():
    assert str(InputError(Place(), "wrong", "0 or more")) == "wrong; allowed: 0 or more"


def test_long_lists_of_names_are_cut():
    assert str(ValueProblem("wrong", [f"name{i}" for i in range(1000)])).endswith("name39, ...")


def test_errors_are_ordered_by_file_and_line():
    places = [Place("b", 9), Place("a", 5), Place("b", 2), Place("a", 1)]
    found = InputErrors([InputError(place, "wrong") for place in places])
    assert [str(error.place) for error in found.errors] == ["b:2", "b:9", "a:1", "a:5"]
    assert str(found).splitlines() == [f"{place}: wrong" for place in ("b:2", "b:9", "a:1", "a:5")]
    assert found.place == Place("b", 2)


def test_nested_collections_are_flattened():
    inner = InputErrors([InputError(Place("a", 3), "x"), InputError(Place("a", 1), "y")])
    assert len(InputErrors([inner, InputError(Place("a", 2), "z")]).errors) == 3


def test_long_reports_are_cut():
    found = InputErrors([InputError(Place("a", line), "wrong") for line in range(1, 101)])
    assert str(found).splitlines()[-1] == "and 60 more"


def test_raise_errors_raises_nothing_one_or_all():
    one, other = InputError(Place("a", 1), "x"), InputError(Place("a", 2), "y")
    raise_errors([])
    with pytest.raises(InputError) as single:
        raise_errors([one])
    assert single.value is one
    with pytest.raises(InputErrors) as several:
        raise_errors([other, one])
    assert several.value.errors == (one, other)


def test_raise_problems_raises_nothing_one_or_all():
    one, other = ValueProblem("x", within=("a",)), ValueProblem("y", within=("b", 0))
    raise_problems([])
    with pytest.raises(ValueProblem) as several:
        raise_problems([one, other])
    assert several.value.problems == (one, other)
    assert str(several.value) == "x\ny"


@pytest.mark.parametrize(
    "error",
    [
        InputError(PLACE, "wrong", ["a", "b"], "a"),
        InputErrors([InputError(PLACE, "wrong"), InputError(Place("f", 1), "bad")]),
        ValueProblem("wrong", "0 or more", "x", ("a", 1)),
        ValueProblems([ValueProblem("x"), ValueProblem("y", within=("a",))]),
    ],
)
def test_errors_survive_pickling(error):
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert isinstance(copy, PathwaysError)
    assert str(copy) == str(error)


def test_a_problem_gains_its_place():
    error = ValueProblem("wrong", ["a"], "a").at(PLACE)
    assert (error.place, error.problem, error.allowed, error.nearest) == (
        PLACE,
        "wrong",
        ["a"],
        "a",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("dosse", "dose"), ("DOSE", "dose"), ("xyzzy", None), ("d" * 100_000, None)],
)
def test_nearest(name, expected):
    assert nearest(name, ["days", "dose", "route"]) == expected


def test_shown_values_are_printable_and_short():
    assert shown("80 mg") == "`80 mg`"
    assert shown("a\x1b[31m\nb\u202e") == "`a\\x1b[31m\\nb\\u202e`"
    assert shown("x" * 1000) == "`" + "x" * 57 + "...`"
