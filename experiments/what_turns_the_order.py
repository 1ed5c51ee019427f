"""Which assumptions turn the order of the shipped policies.

Compares the policies on the same virtual patients, once as shipped and once for each of the
variations below, then over draws of every uncertain parameter, and writes the table of
`docs/reading-the-policies.md` (between its markers) and `what_turns_the_order.csv`.

    python experiments/what_turns_the_order.py [--patients 10000] [--draws 100] [--out DIR]
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pathways
from pathways.errors import InputError, PathwaysError
from pathways.resolve.resolver import resolve

POLICIES = (
    "conventional-care",
    "cash-clinic",
    "guideline-2018",
    "dose-ladder",
    "multidisciplinary",
    "multidisciplinary-without-ketamine",
    "exit-strategy",
    "sham-infusion",
)
REFERENCE = "conventional-care"
SHOWN = tuple(name for name in POLICIES if name not in (REFERENCE, "sham-infusion"))
PAGE = Path(__file__).resolve().parent.parent / "docs" / "reading-the-policies.md"

VARIATIONS: dict[str, str] = {
    "as shipped": "",
    "racemate as potent as S-ketamine": "parameters: {racemic_potency: 1.0}",
    "potency of the racemate 0.35": "parameters: {racemic_potency: 0.35}",
    "half-life of the slow effect 22 days": "parameters: {slow_effect_half_life: 22 d}",
    "half-life of the slow effect 5 days": "parameters: {slow_effect_half_life: 5 d}",
    "slow effect at half the concentration": "parameters: {slow_effect_c50: 5.25 ng/mL}",
    "slow effect at twice the concentration": "parameters: {slow_effect_c50: 21 ng/mL}",
    "therapies at full trial effect": "parameters: {refractoriness_factor: 1.0}",
    "therapies at 0.2 of their trials": "parameters: {refractoriness_factor: 0.2}",
    "linear EQ-5D utility": "structure: {utility: linear_eq5d}",
    "everybody referred has CRPS": "population: {conditions: {crps: 1}}",
    "everybody referred has fibromyalgia": "population: {conditions: {fibromyalgia: 1}}",
}


def varied(name: str, text: str, folder: Path) -> Path:
    """Write a scenario that extends a shipped one by `text`, and return its path.

    A parameter that a policy does not use (the effect of therapies, in one without them) is refused
    by the resolver; such a policy stays as shipped.
    """
    path = folder / f"{name}.yaml"
    head = f"extends: {name}\nscenario: {name}\n"
    path.write_text(head + text)
    try:
        resolve(pathways.load_scenario(path), patients=1)
    except InputError as error:
        if "does not use" not in error.problem:
            raise
        path.write_text(head)
    return path


def differences(text: str, patients: int, draw: int = 0) -> dict[str, float]:
    """Return the paired difference in discounted QALYs of every policy from the reference."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [varied(name, text, Path(folder)) for name in POLICIES]
        found = pathways.compare(paths, reference=REFERENCE, patients=patients, draw=draw)
    rows = found.differences
    chosen = rows[(rows.reference == REFERENCE) & (rows.measure == "mean_qaly")]
    return dict(zip(chosen.policy, chosen.difference, strict=True))


def over_draws(draws: int, patients: int) -> list[dict[str, float]]:
    """Return the differences of each parameter draw; draws the model refuses are left out."""
    found = []
    for draw in range(1, draws + 1):
        try:
            found.append(differences("", patients, draw))
        except PathwaysError as error:
            print(f"draw {draw} left out: {error}")
    return found


def quantile(values: list[float], share: float) -> float:
    """Return the value below which a share of the values lies, the nearest of them."""
    return sorted(values)[int(share * (len(values) - 1) + 0.5)]


def table(by_variation: Mapping[str, Mapping[str, float]], drawn: list[dict]) -> list[str]:
    """Return the lines of the page's tables."""
    head = ["QALYs gained per referral", *SHOWN]
    rows = [
        [label, *(f"{found[name]:+.4f}" for name in SHOWN)] for label, found in by_variation.items()
    ]
    lines = [*_markdown([head, *rows]), ""]
    best = Counter(max(found, key=found.get) for found in drawn)
    head = [f"{len(drawn)} parameter draws", *SHOWN]
    spread = ["5 % to 95 % of draws"]
    for name in SHOWN:
        values = [found[name] for found in drawn]
        spread.append(f"{quantile(values, 0.05):+.4f} to {quantile(values, 0.95):+.4f}")
    most = [
        "share of draws in which it gains most",
        *(f"{best[n] / len(drawn):.2f}" for n in SHOWN),
    ]
    return [*lines, *_markdown([head, spread, most])]


def _markdown(rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def put_into_page(lines: list[str]) -> None:
    """Replace what stands between the markers of the page."""
    text = PAGE.read_text()
    new = "<!-- begin table -->\n" + "\n".join(lines) + "\n<!-- end table -->"
    PAGE.write_text(
        re.sub(r"<!-- begin table -->.*<!-- end table -->", lambda _: new, text, flags=re.S)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--draw-patients", type=int, default=2_000)
    parser.add_argument("--out", type=Path, default=Path("results/what_turns_the_order"))
    parser.add_argument("--page", action="store_true", help="also refresh the page in docs/")
    given = parser.parse_args()
    by_variation = {label: differences(text, given.patients) for label, text in VARIATIONS.items()}
    drawn = over_draws(given.draws, given.draw_patients)
    given.out.mkdir(parents=True, exist_ok=True)
    with open(given.out / "what_turns_the_order.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["variation", *POLICIES])
        for label, found in [
            *by_variation.items(),
            *((f"draw {i}", d) for i, d in enumerate(drawn)),
        ]:
            writer.writerow([label, *(found.get(name, 0.0) for name in POLICIES)])
    lines = table(by_variation, drawn)
    print("\n".join(lines))
    if given.page:
        put_into_page(lines)


if __name__ == "__main__":
    main()
