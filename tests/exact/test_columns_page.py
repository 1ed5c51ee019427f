"""The tables of columns in docs/python.md: up to date, and true of the frames themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pathways import columns, compare, simulate
from pathways.columns import DOCUMENT, FRAMES, columns_markdown, pandas_type, with_columns

PAGE = Path(__file__).resolve().parents[2] / DOCUMENT


@pytest.fixture(scope="module")
def frames():
    """Every frame that is documented, by its name on the page."""
    comparison = compare(["conventional-care", "guideline-2018"], patients=30, years=1, events=True)
    result = comparison.results["guideline-2018"]
    owners = {"Result": result, "Comparison": comparison}
    observed = simulate("guideline-2018", patients=30, years=1, observed_days=[0, 30])
    return {
        frame.name: getattr(owners[frame.name.split(".")[0]], frame.name.split(".")[1])
        for frame in FRAMES
    } | {"Result.observations": observed.observations}


def test_page_is_up_to_date():
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_columns(page), "run: python -m pathways.columns"
    assert columns_markdown() in page


@pytest.mark.parametrize("documented", FRAMES, ids=[frame.name for frame in FRAMES])
def test_frame_has_the_documented_columns_and_types(documented, frames):
    found = {name: str(kind) for name, kind in frames[documented.name].dtypes.items()}
    assert found == {column.name: pandas_type(column) for column in documented.columns}


@pytest.mark.parametrize("documented", FRAMES, ids=[frame.name for frame in FRAMES])
def test_every_column_has_its_line_with_unit_and_meaning(documented):
    page = columns_markdown()
    table = page.split(f"### `{documented.name}`\n")[1].split("###")[0]
    lines = re.findall(r"^\| `(\w+)` \| \w+ \| ([^|]*) \| ([^|]+) \| ([^|]*) \|$", table, re.M)
    assert [line[0] for line in lines] == [column.name for column in documented.columns]
    for (_, unit, meaning, empty), column in zip(lines, documented.columns, strict=True):
        assert unit.strip("`") == column.unit
        assert meaning.startswith(column.meaning)
        assert empty == column.null


def test_command_replaces_what_stands_between_the_marks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    old = f"before\n{columns.START}what was there\n{columns.END}after\n"
    (tmp_path / DOCUMENT).write_text(old)
    columns.main()
    written = (tmp_path / DOCUMENT).read_text()
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "what was there" not in written
    assert written == with_columns(written)


def test_page_without_marks_is_left_alone():
    with pytest.raises(ValueError, match="end of columns"):
        with_columns("a page\n")
