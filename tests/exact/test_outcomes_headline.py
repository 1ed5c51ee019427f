"""What `pathways run` shows: outcome, then harms, then costs, in 100 columns."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from raw_results import five_patients

from pathways.cli.run import _show
from pathways.cli.shared import PLAIN_WIDTH
from pathways.outcomes.record import RunRecord
from pathways.simulation import Result

REFERRALS = SimpleNamespace(is_arrivals=False)
DOCUMENT = SimpleNamespace(title="Five patients", referrals=REFERRALS)
SCENARIO = SimpleNamespace(name="five", document=DOCUMENT)
HEADINGS = (
    "Measure",
    "End of treatment",
    "Waiting, of all referrals",
    "Harms per 100 patient-years",
    "Harms of an infusion",
    "Cost per referral, GBP",
    "Evidence:",
    "Conservation passed:",
)


def shown(capsys, **options: bool) -> list[str]:
    raw, plan = five_patients(**options)
    _show(Result(raw, plan, RunRecord("mesa")), SCENARIO, Path("out"))
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("events", [False, True])
def test_outcome_comes_first_then_harms_then_costs(capsys, events):
    lines = shown(capsys, events=events)
    places = [
        next(number for number, line in enumerate(lines) if line.startswith(heading))
        for heading in HEADINGS
    ]
    assert places == sorted(places)
    assert max(map(len, lines)) <= PLAIN_WIDTH
    assert not any(line.endswith("…") for line in lines)


def test_each_harm_stands_beside_its_background(capsys):
    line = next(line for line in shown(capsys) if line.startswith("liver injury"))
    cells = [cell.strip() for cell in line.split("|")]
    assert cells[1:] == ["0.000", "0.000 to 85.651", "23.219", "0.588 to 129.367"]


def test_without_a_price_book_no_cost_is_shown(capsys):
    lines = shown(capsys, prices=False)
    assert "Costs: none, because the scenario names no price book" in lines
    assert not any(line.startswith(("Cost per", "Health system")) for line in lines)


def test_checks_that_passed_are_named(capsys):
    plain = (
        "results complete, referrals, deaths, person days, exits, first infusions, assessments, "
        "infusions, no shows, cancellations, outside infusions, ketamine mg, outside mg, cost"
    )
    for events, more in ((False, ""), (True, ", log")):
        words = " ".join(" ".join(shown(capsys, events=events)).split())
        assert f"Conservation passed: {plain}{more} The intervals" in words
