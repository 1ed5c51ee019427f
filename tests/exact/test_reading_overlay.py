"""Files that extend each other: what wins, where it stands, and which chains are refused."""

from pathlib import Path

import pytest

from pathways.errors import InputError, ValueProblem
from pathways.reading.overlay import overlay, read_extended
from pathways.reading.tree import LocatedMapping, LocatedScalar, PlaceTable
from pathways.reading.yaml_file import read_yaml_bytes


def texts(node):
    if isinstance(node, LocatedMapping):
        return {key: texts(value) for key, value in node.entries.items()}
    return node.text if isinstance(node, LocatedScalar) else [texts(item) for item in node.items]


def laid(base, top):
    return overlay(read_yaml_bytes(base, "base.yaml"), read_yaml_bytes(top, "top.yaml"))


def no_shipped(name):
    raise ValueProblem(f"no shipped file `{name}`", ["guideline"], "guideline")


def write(folder: Path, **files: str) -> None:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)


@pytest.mark.parametrize(
    ("base", "top", "result"),
    [
        (b"a: {b: 1, c: 2}", b"a: {c: 3, d: 4}", {"a": {"b": "1", "c": "3", "d": "4"}}),
        (b"a: [1, 2]", b"a: [3]", {"a": ["3"]}),
        (b"a: {b: 1}", b"a: 2", {"a": "2"}),
        (b"a: 2", b"a: {b: 1}", {"a": {"b": "1"}}),
        (b"a: 2", b"a: null", {"a": "null"}),
        (b"a: {evidence: X}", b"a: {distribution: {n: 1}}", {"a": {"distribution": {"n": "1"}}}),
        (b"a: {distribution: {n: 1}}", b"a: {evidence: X}", {"a": {"evidence": "X"}}),
        (
            b"a: {distribution: {n: 1}}",
            b"a: {distribution: {m: 1}}",
            {"a": {"distribution": {"m": "1"}}},
        ),
        (b"a: {kind: x, p: 1}", b"a: {kind: y, q: 1}", {"a": {"kind": "y", "q": "1"}}),
        (b"a: {kind: x, p: 1}", b"a: {kind: x, q: 1}", {"a": {"kind": "x", "p": "1", "q": "1"}}),
        (b"a: {kind: x, p: 1}", b"a: {p: 2}", {"a": {"kind": "x", "p": "2"}}),
    ],
)
def test_what_wins(base, top, result):
    assert texts(laid(base, top)) == result


def test_each_leaf_keeps_its_own_place():
    table = PlaceTable(laid(b"x: 0\na:\n  b: 1\n  c: 2\n", b"a:\n  c: 3\n"))
    assert str(table.place("a.b")) == "base.yaml:3: a.b"
    assert str(table.place("a.c")) == "top.yaml:2: a.c"
    assert str(table.place("a")) == "top.yaml:1: a"
    assert str(table.place("x")) == "base.yaml:1: x"


def test_neither_tree_is_changed():
    base, top = read_yaml_bytes(b"a: {b: 1}", None), read_yaml_bytes(b"a: {b: 2}", None)
    overlay(base, top)
    assert (texts(base), texts(top)) == ({"a": {"b": "1"}}, {"a": {"b": "2"}})


def test_relative_paths_resolve_against_the_file_that_names_them(tmp_path, monkeypatch):
    (tmp_path / "policies" / "old").mkdir(parents=True)
    write(tmp_path, top="extends: policies/middle.yaml\na: top\n")
    write(tmp_path / "policies", middle="extends: old/base.yaml\nb: middle\n")
    write(tmp_path / "policies" / "old", base="a: base\nb: base\nc: base\n")
    monkeypatch.chdir(tmp_path)
    tree = read_extended("top.yaml", no_shipped)
    assert texts(tree) == {"a": "top", "b": "middle", "c": "base"}
    files = {key: value.file for key, value in tree.entries.items()}
    assert files == {
        "a": "top.yaml",
        "b": "policies/middle.yaml",
        "c": "policies/old/base.yaml",
    }


def test_names_resolve_through_the_shipped_files(tmp_path):
    write(tmp_path, shipped="a: 1\nb: 1\n", top="extends: guideline-2018\nb: 2\n")
    asked = []

    def find_shipped(name):
        asked.append(name)
        return tmp_path / "shipped.yaml"

    assert texts(read_extended(tmp_path / "top.yaml", find_shipped)) == {"a": "1", "b": "2"}
    assert asked == ["guideline-2018"]


def test_an_unknown_name_is_an_error_at_its_line(tmp_path):
    write(tmp_path, top="a: 1\nextends: guidelin\n")
    with pytest.raises(InputError, match=r"top\.yaml:2: extends: no shipped file `guidelin`"):
        read_extended(tmp_path / "top.yaml", no_shipped)


def test_a_missing_base_is_an_error_where_it_is_named(tmp_path):
    write(tmp_path, top="extends: ./gone.yaml\n")
    with pytest.raises(InputError, match=r"top\.yaml:1: extends: there is no file .*gone\.yaml"):
        read_extended(tmp_path / "top.yaml", no_shipped)


def test_loops_are_refused_naming_the_chain(tmp_path, monkeypatch):
    write(tmp_path, a="extends: b.yaml\n", b="extends: ./a.yaml\n", c="x: 1\nextends: c.yaml\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"b\.yaml:1: .*loop: a\.yaml -> b\.yaml -> a\.yaml"):
        read_extended("a.yaml", no_shipped)
    with pytest.raises(InputError, match=r"c\.yaml:2: .*loop: c\.yaml -> c\.yaml"):
        read_extended("c.yaml", no_shipped)


def test_a_loop_through_a_link_is_seen(tmp_path, monkeypatch):
    write(tmp_path, a="extends: b.yaml\n")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"loop: a\.yaml -> b\.yaml$"):
        read_extended("a.yaml", no_shipped)


def test_chains_of_eight_are_read_and_of_nine_refused(tmp_path, monkeypatch):
    for number in range(1, 9):
        write(tmp_path, **{f"f{number}": f"extends: f{number - 1}.yaml\nk{number}: 1\n"})
    write(tmp_path, f0="k0: 1\n")
    monkeypatch.chdir(tmp_path)
    assert len(read_extended("f7.yaml", no_shipped).entries) == 8
    with pytest.raises(InputError, match=r"more than 8 files.*f8\.yaml -> .* -> f0\.yaml"):
        read_extended("f8.yaml", no_shipped)


@pytest.mark.parametrize("written", ["[a.yaml, b.yaml]", "{a: 1}", "", "''"])
def test_extends_takes_one_name(tmp_path, written):
    write(tmp_path, top=f"extends: {written}\n")
    with pytest.raises(InputError, match="one file or the name of one shipped file"):
        read_extended(tmp_path / "top.yaml", no_shipped)


def test_a_base_that_is_no_mapping_is_refused(tmp_path):
    write(tmp_path, top="extends: base.yaml\n", base="- 1\n")
    with pytest.raises(InputError, match=r"base\.yaml:1: `key: value` lines are expected"):
        read_extended(tmp_path / "top.yaml", no_shipped)


def test_places_say_who_extends_their_file(tmp_path, monkeypatch):
    write(tmp_path, a="extends: b.yaml\nx: 1\n", b="y: 1\nextends: c.yaml\n", c="z: [1]\n")
    monkeypatch.chdir(tmp_path)
    table = PlaceTable(read_extended("a.yaml", no_shipped))
    assert table.place("x").extended_by == ()
    assert table.place("y").extended_by == ("a.yaml:1",)
    assert table.place("z[0]").extended_by == ("b.yaml:2", "a.yaml:1")
    assert table.key_place(("z",)).extended_by == ("b.yaml:2", "a.yaml:1")
    assert table.place("w").extended_by == (), "a default belongs to the file the user named"


def test_every_error_in_a_base_says_who_extends_it(tmp_path, monkeypatch):
    write(tmp_path, a="extends: b.yaml\n", b="x: *y\nz: !t 1\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_extended("a.yaml", no_shipped)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == ["b.yaml:1", "b.yaml:2"]
    assert all(line.endswith(" (extended by a.yaml:1)") for line in lines)
