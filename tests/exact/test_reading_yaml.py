"""What the YAML reader accepts, exactly as written, and what it refuses, with line and remedy."""

import os

import pytest

from pathways.errors import InputError
from pathways.reading.tree import LocatedList, LocatedMapping, LocatedScalar, PlaceTable, steps_of
from pathways.reading.yaml_file import read_yaml, read_yaml_bytes

NESTED = b"""# a comment
policy:
  name: no
  ladder:
    - {dose: 80 mg, 'St. Mary': "x"}
    - dose: 0o10
"""


def texts(node):
    if isinstance(node, LocatedMapping):
        return {key: texts(value) for key, value in node.entries.items()}
    if isinstance(node, LocatedList):
        return [texts(item) for item in node.items]
    return node.text


def refused(content):
    with pytest.raises(InputError) as caught:
        read_yaml_bytes(content, "f.yaml")
    return str(caught.value)


def test_a_file_becomes_a_tree_of_its_texts():
    assert texts(read_yaml_bytes(NESTED, "f.yaml")) == {
        "policy": {
            "name": "no",
            "ladder": [{"dose": "80 mg", "St. Mary": "x"}, {"dose": "0o10"}],
        }
    }


@pytest.mark.parametrize(
    "written",
    ["no", "yes", "on", "0o10", "010", "1_000", "0x1F", "2026-11-23", "1:30", "~", "null", "1e3"]
    + [".inf", ".nan", "+5", "TRUE", "1.10", "=", "a#b", "-x", "80 mg", "£5", "µg", "😀"],
)
def test_plain_scalars_are_not_converted(written):
    scalar = read_yaml_bytes(f"a: {written}\n".encode(), None).entries["a"]
    assert (scalar.text, scalar.quoted) == (written, False)


@pytest.mark.parametrize(
    ("written", "text"),
    [("'it''s'", "it's"), ('"a\\tb"', "a\tb"), ("|\n  a\n  b\n", "a\nb\n"), (">-\n a\n b\n", "a b")]
    + [('""', ""), ("''", "")],
)
def test_quoted_and_block_scalars_are_marked(written, text):
    scalar = read_yaml_bytes(f"a: {written}".encode(), None).entries["a"]
    assert (scalar.text, scalar.quoted) == (text, True)


def test_places_of_keys_values_and_items():
    tree = read_yaml_bytes(NESTED, "f.yaml")
    policy = tree.entries["policy"]
    dose = policy.entries["ladder"].items[0].entries["dose"]
    assert dose == LocatedScalar("80 mg", False, "f.yaml", 5, 14)
    assert (policy.keys["name"].line, policy.keys["name"].column) == (3, 3)
    assert policy.entries["ladder"].items[1].line == 6


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_lines_alike(end):
    tree = read_yaml_bytes(f"a: 1{end}# c{end}{end}b: 2{end}".encode(), None)
    assert tree.entries["b"].line == 4


def test_a_byte_order_mark_is_skipped():
    tree = read_yaml_bytes(b"\xef\xbb\xbfa: 1\n", None)
    assert tree.keys["a"] == LocatedScalar("a", False, None, 1, 1)


@pytest.mark.parametrize("content", [b"---\na: 1\n", b"a: 1\n...\n", b"a: 1", b"\n\n# x\na: 1\n"])
def test_document_marks_and_comments_are_accepted(content):
    assert texts(read_yaml_bytes(content, None)) == {"a": "1"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "f.yaml: the file is empty"),
        (b"# only a comment\n", "f.yaml: the file is empty"),
        (b"---\n", "f.yaml: the file is empty"),
        (b"x: 1\na: &n 2\n", "f.yaml:2: a: anchors (`&n`) are not allowed"),
        (b"a: 1\nb:\n - *n\n", "f.yaml:3: b[0]: aliases (`*n`) are not allowed"),
        (b"a: !!int 3\n", "f.yaml:1: a: tags (`tag:yaml.org,2002:int`) are not allowed"),
        (b"a: !x {b: 1}\n", "f.yaml:1: a: tags (`!x`) are not allowed"),
        (b"a:\n  <<: {b: 1}\n", "merge keys (`<<`) are not allowed"),
        (b"a: 1\n---\nb: 1\n", "f.yaml:2: a second document (`---`) is not allowed"),
        (b"a: 1\nb: 2\na: 3\n", "f.yaml:3: a: the key `a` was already given on line 1"),
        (b"a: 1\na: 2\na: 3\n", "f.yaml:3: a: the key `a` was already given on line 1"),
        (b"a:\n  b: 1\n  'b': 2\n", "f.yaml:3: a.b: the key `b` was already given on line 2"),
        (b"%YAML 1.1\n---\na: 1\n", "f.yaml:1: directives"),
        (b"# c\n%TAG ! x\n---\na: 1\n", "f.yaml:2: directives"),
        (b"a: 1\n...\n%YAML 1.3\n---\nb: 1\n", "f.yaml:3: directives"),
        (b"? [a]\n: 1\n", "f.yaml:1: a key must be a single word or text"),
        (b"? {a: 1}\n: 1\n", "f.yaml:1: a key must be a single word or text"),
        (b": 1\n", "a key is missing before the `:`"),
        (b"a: \x00\n", "f.yaml:1: the control character U+0000"),
        (b"x: 1\na: \x1b[31m\n", "f.yaml:2: the control character U+001B"),
        ("a: 1\nb: \x85\n".encode(), "f.yaml:2: the control character U+0085"),
        ("a: \u2028b\n".encode(), "f.yaml:1: the control character U+2028"),
        ("a: \u202eb\n".encode(), "f.yaml:1: the control character U+202E"),
        (b'a: "\\0"\n', "f.yaml:1: a: the control character U+0000"),
        (b'a: "\\ud800"\n', "f.yaml:1: a: the control character U+D800"),
        (b'b: 1\na: "\\UFFFFFFFF"\n', "f.yaml:2: not readable as YAML: an escape"),
        (b'a: "\\U00110000"\n', "f.yaml:1: not readable as YAML: an escape"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1: the file is not UTF-8 text; save it as UTF-8"),
        (b"a: 1\nb: caf\xe9\n", "f.yaml:2: the file is not UTF-8 text"),
        (b"a: b: c\n", "f.yaml:1: not readable as YAML: a second `: `"),
        (b"a: 'x\n", "not readable as YAML: the quotes opened here are not closed"),
        (b"a: {b: 1\n", "not readable as YAML: a bracket or comma is missing"),
        (b"a:\n  b: 1\n c: 2\n", "f.yaml:3: not readable as YAML: the indentation"),
        (b"\ta: 1\n", "f.yaml:1: not readable as YAML"),
        (b"a: @x\n", "f.yaml:1: not readable as YAML"),
    ],
)
def test_refusals_name_line_and_remedy(content, said):
    assert said in refused(content)


def test_all_refusals_of_a_file_are_reported_together_by_line():
    lines = refused(b"a: *x\nb: &y 2\nc: !t 3\na: 4\n").splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"f.yaml:{n}" for n in (1, 2, 3, 4)]


def test_size_lines_and_depth_are_limited():
    assert "too large" in refused(b"#" * (256 * 1024 + 1))
    assert "f.yaml:4001: the file has more than 4000 lines" in refused(b"- 1\n" * 4001)
    assert "nested more than 20 deep" in refused(b"[" * 21 + b"]" * 21)
    assert "nested more than 20 deep" in refused(b"[" * 200_000)
    assert "nested more than 20 deep" in refused(b"{a: " * 60_000)
    assert "nested more than 20 deep" in refused(b"- " * 100_000)


def test_the_limits_themselves_are_accepted():
    assert len(read_yaml_bytes(b"- 1\n" * 4000, None).items) == 4000
    assert read_yaml_bytes(b"a: " + b"x" * (256 * 1024 - 3), None).entries["a"].line == 1
    assert isinstance(read_yaml_bytes(b"[" * 20 + b"]" * 20, None), LocatedList)


def test_a_file_is_read_and_named_as_given(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_bytes(b"a: 1\nb: *x\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^a\.yaml:2: b: aliases"):
        read_yaml("a.yaml")


def test_a_file_that_is_too_large_is_refused_not_cut(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"a: 1\n#".ljust(256 * 1024 + 1, b"#"))
    with pytest.raises(InputError, match="too large"):
        read_yaml(tmp_path / "a.yaml")


def test_files_that_cannot_be_read_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="there is no such file"):
        read_yaml(tmp_path / "missing.yaml")
    with pytest.raises(InputError, match="a directory"):
        read_yaml(tmp_path)
    with pytest.raises(InputError, match="not a regular file"):
        read_yaml(tmp_path / "pipe")
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml("a\0b.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        read_yaml("x" * 10_000)


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(InputError, match="may not be read; ask for read permission"):
        read_yaml(str(tmp_path / "secret.yaml"))


def test_the_place_table_knows_every_path():
    table = PlaceTable(read_yaml_bytes(NESTED, "f.yaml"))
    assert {path: place.line for path, place in table.paths().items()} == {
        "": 2,
        "policy": 2,
        "policy.name": 3,
        "policy.ladder": 4,
        "policy.ladder[0]": 5,
        "policy.ladder[0].dose": 5,
        'policy.ladder[0]["St. Mary"]': 5,
        "policy.ladder[1]": 6,
        "policy.ladder[1].dose": 6,
    }
    assert str(table.place("policy.ladder[1].dose")) == "f.yaml:6: policy.ladder[1].dose"


def test_a_default_stands_at_the_nearest_written_section():
    table = PlaceTable(read_yaml_bytes(NESTED, "f.yaml"))
    assert str(table.place("policy.ladder[0].days")) == "f.yaml:5: policy.ladder[0].days"
    assert str(table.place("policy.exit.rule")) == "f.yaml:2: policy.exit.rule"
    assert table.written("policy.ladder[1]")
    assert not table.written("policy.ladder[2]")


def test_a_path_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not a dotted path"):
        steps_of("a..b")
