"""``pathways evidence``: readable, plain when piped, bad names answered with exit code 2."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import pytest

from pathways.cli import main
from pathways.evidence.book import book
from pathways.evidence.render import CSV_COLUMNS, render_markdown


@pytest.fixture
def run(capsys):
    def called(*words: str) -> tuple[int, str, str]:
        code = main(["evidence", *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return called


def test_whole_book_is_grouped_and_fits_100_columns(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert max(len(line) for line in out.splitlines()) <= 100
    for theme, title in book().titles.items():
        assert f"{title} ({theme})" in out
    assert all(f"\n{parameter.id} " in out for parameter in book())
    assert f"{len(book())} parameters. Share of the book by status:" in out


def test_piped_output_is_plain_text():
    words = [sys.executable, "-m", "pathways", "evidence", "--theme", "ketamine_effect"]
    piped = subprocess.run(words, capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout
    assert "10.5 ng/mL" in piped.stdout.decode()
    assert piped.stderr == b""


@pytest.mark.parametrize("key", ["PD1", "pd1", "slow_effect_c50"])
def test_one_parameter_shows_everything(run, key):
    code, out, _ = run(key)
    assert code == 0
    for text in ("slow_effect_c50", "10.5 ng/mL", "4.06 to 22.4", "Dahan A et al. 2011", "PD7"):
        assert text in out
    assert "lognormal(mu=2.256, sigma=0.436)" in out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["slow_effekt_c50"], "did you mean `slow_effect_c50`?"),
        (["PD77"], "did you mean `PD7`?"),
        (["--theme", "cost"], "did you mean `costs`?"),
        (["--status", "verifed"], "did you mean `verified`?"),
        (["--format", "pdf"], "pdf"),
    ],
)
def test_unknown_names_end_with_exit_code_2(run, words, hint):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert hint in err
    assert "Traceback" not in err


def test_status_and_theme_narrow_the_book(run):
    _, out, _ = run("--theme", "population", "--status", "derived")
    assert "N20" in out
    assert "N16" not in out
    assert "of what is shown by status" in out
    assert "100%" in out


def test_nothing_found_says_so(run):
    assert run("PD1", "--theme", "costs") == (0, "No parameter matches.\n", "")


def test_csv_has_one_row_for_each_component(run):
    code, out, _ = run("--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert tuple(rows[0]) == CSV_COLUMNS
    assert {row["id"] for row in rows} == {parameter.id for parameter in book()}
    assert [row["value"] for row in rows if row["id"] == "K4"] == ["207", "450"]
    assert [row["unit"] for row in rows if row["id"] == "K4"] == ["USD", "GBP"]


def test_markdown_is_the_page_of_the_documentation(run):
    assert run("--format", "markdown")[1] == render_markdown()
    part = run("--theme", "costs", "--format", "markdown")[1]
    assert part.startswith("## Costs\n")
    assert "\n## " not in part


def test_looking_up_loads_neither_mesa_nor_the_compiled_part():
    program = (
        "import sys; from pathways.evidence.book import book; book();"
        "import pathways.evidence.draws;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'mesa', 'scipy', 'pint', 'numpy'})"
        " + [m for m in sys.modules if m.startswith(('pathways.fastcore', 'ruamel'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
