"""What each structural choice does to the headline results.

Compares policies on the same virtual patients, once as shipped and once for each rival option of
`structure:`, and writes the tables of `docs/structure.md` (between their markers) and
`structural_switches.csv`.

    python experiments/structural_switches.py [--patients 10000] [--out DIR] [--page]
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pathways
from pathways.comparison import Comparison
from pathways.outcomes.estimates import mean

CONVENTIONAL, SHAM = "conventional-care", "sham-infusion"
POLICIES = ("guideline-2018", "usual-practice", "dose-ladder", "multidisciplinary")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "structure.md"
BASE = "as shipped"
REDRAWN = "responder: redrawn (wrong)"
QALY_SCALE = 10**9

OPTIONS: dict[str, str] = {
    BASE: "",
    "kinetics: perez_ruixo_2021": "kinetics: perez_ruixo_2021",
    "potency: low": "potency: low",
    "potency: high": "potency: high",
    "responder_share: same": "responder_share: same",
    REDRAWN: "responder: redrawn",
    "tolerance: half_normal": "tolerance: half_normal",
    "utility: linear_eq5d": "utility: linear_eq5d",
    "utility: sf6d": "utility: sf6d",
    "mortality: us": "mortality: us",
    "excess_mortality: widespread_pain": "excess_mortality: widespread_pain",
    "excess_mortality: none": "excess_mortality: none",
    "allometry: true": "allometry: true",
}
"""Rivals of the defaults, one at a time."""


class Headline(NamedTuple):
    """What the page shows of one policy under one option; None where there is no number.

    Differences in QALYs per referral come with the ends of their 95 % Monte Carlo interval.
    """

    against_conventional: tuple[float, float, float]
    against_sham: tuple[float, float, float]
    share_treated: float | None
    mean_ketamine_mg: float | None
    mean_courses: float | None
    false_positive_rate: float | None
    share_drug_relief_any: float | None


def compared(option: str, patients: int) -> Comparison:
    """Return the policies compared with one structural option written over each."""
    structure = f"structure: {{{option}}}\n" if option else ""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.yaml" for name in (CONVENTIONAL, SHAM, *POLICIES)]
        for path in paths:
            path.write_text(f"extends: {path.stem}\nscenario: {path.stem}\n{structure}")
        return pathways.compare(paths, reference=CONVENTIONAL, patients=patients)


def headlines(found: Comparison) -> dict[str, Headline]:
    """Return the headline of each policy."""
    gains = found.differences.set_index(["policy", "reference", "measure"])
    values = found.headline.set_index(["policy", "block", "measure"])["value"]

    def gain(name: str, reference: str) -> tuple[float, float, float]:
        row = gains.loc[name, reference, "mean_qaly"]
        return row["difference"], row["low"], row["high"]

    def value(name: str, block: str, measure: str) -> float | None:
        number = values.get((name, block, measure))
        return None if number is None or number != number else float(number)

    return {
        name: Headline(
            gain(name, CONVENTIONAL),
            gain(name, SHAM),
            value(name, "all_referrals", "share_treated"),
            value(name, "all_referrals", "mean_ketamine_mg"),
            value(name, "per_treated", "mean_courses"),
            value(name, "continuations", "false_positive_rate"),
            value(name, "per_treated", "share_responder_drug_any"),
        )
        for name in POLICIES
    }


class ByTrait(NamedTuple):
    """What treatment does to those treated in whom ketamine works by trait, or does not."""

    policy: str
    works: bool
    patients: int
    gain: tuple[float, float, float]
    share_drug_relief_any: float
    mean_courses: float


def by_trait(found: Comparison) -> list[ByTrait]:
    """Return each policy's treated patients, split by the trait they were born with."""
    reference = found.results[CONVENTIONAL].patients["qaly"].to_numpy()
    rows = []
    for policy in POLICIES:
        patients = found.results[policy].patients
        gain = patients["qaly"].to_numpy() - reference
        treated = patients["first_infusion_day"].notna().to_numpy()
        for works in (True, False):
            chosen = treated & (patients["responder_trait"].to_numpy() == works)
            one = mean(gain[chosen], QALY_SCALE)
            judged = patients.loc[chosen, "responder_drug_any"].dropna()
            courses = patients.loc[chosen, "courses"]
            rows.append(
                ByTrait(
                    policy,
                    works,
                    one.n,
                    (one.value, one.low, one.high),
                    float(judged.astype(float).mean()),
                    float(courses.mean()),
                )
            )
    return rows


def trait_table(usual: list[ByTrait], redrawn: list[ByTrait]) -> list[str]:
    """Return the lines of the table of the trait and the redrawn responder."""
    head = [
        "treated patients",
        "ketamine works by trait",
        "QALYs gained, trait",
        "QALYs gained, redrawn",
        "drug relief ever above a tenth, trait",
        "redrawn",
        "courses, trait",
        "redrawn",
    ]
    rows = [
        [
            f"`{one.policy}`",
            f"{'yes' if one.works else 'no'} ({one.patients:,})",
            _gain(one.gain),
            _gain(other.gain),
            _number(one.share_drug_relief_any, ".3f"),
            _number(other.share_drug_relief_any, ".3f"),
            _number(one.mean_courses, ".2f"),
            _number(other.mean_courses, ".2f"),
        ]
        for one, other in zip(usual, redrawn, strict=True)
    ]
    return _markdown([head, *rows])


def tables(by_option: Mapping[str, Mapping[str, Headline]]) -> list[str]:
    """Return the lines of the page's tables, one table per policy."""
    lines = []
    for policy in POLICIES:
        head = [
            f"`{policy}`",
            "QALYs against conventional care",
            "QALYs against sham",
            "treated",
            "ketamine, mg",
            "courses per treated",
            "false-positive continuations",
            "drug relief ever above a tenth",
        ]
        rows = [_row(option, found[policy]) for option, found in by_option.items()]
        lines += [*_markdown([head, *rows]), ""]
    return lines[:-1]


def _row(option: str, found: Headline) -> list[str]:
    label = option if option == BASE else f"`{option.split(' (')[0]}`"
    return [
        label + (" (wrong)" if "(wrong)" in option else ""),
        _gain(found.against_conventional),
        _gain(found.against_sham),
        _number(found.share_treated, ".3f"),
        _number(found.mean_ketamine_mg, ",.0f"),
        _number(found.mean_courses, ".2f"),
        _number(found.false_positive_rate, ".3f"),
        _number(found.share_drug_relief_any, ".3f"),
    ]


def _gain(gain: tuple[float, float, float]) -> str:
    value, low, high = gain
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _markdown(rows: list[list[str]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def put_into_page(name: str, lines: list[str], patients: int) -> None:
    """Replace what stands between the markers `name` of the page."""
    text = PAGE.read_text()
    about = f"{patients:,} referrals, ten years, every parameter as stated."
    new = "\n".join([f"<!-- begin {name} -->", about, "", *lines, f"<!-- end {name} -->"])
    old = rf"<!-- begin {name} -->.*<!-- end {name} -->"
    PAGE.write_text(re.sub(old, lambda _: new, text, flags=re.S))


def write_csv(by_option: Mapping[str, Mapping[str, Headline]], path: Path) -> None:
    """Write every number of the tables, one row per option and policy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        ends = [f"{side}_{end}" for side in Headline._fields[:2] for end in ("", "low", "high")]
        names = [name.rstrip("_") for name in ends]
        writer.writerow(["option", "policy", *names, *Headline._fields[2:]])
        for option, found in by_option.items():
            for policy, one in found.items():
                writer.writerow([option, policy, *one[0], *one[1], *one[2:]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=Path("results/structural_switches"))
    parser.add_argument("--page", action="store_true", help="also refresh the page in docs/")
    given = parser.parse_args()
    by_option, split = {}, {}
    for label, option in OPTIONS.items():
        found = compared(option, given.patients)
        by_option[label] = headlines(found)
        if label in (BASE, REDRAWN):
            split[label] = by_trait(found)
        print(f"{label}: done", flush=True)
    write_csv(by_option, given.out / "structural_switches.csv")
    pages = {"tables": tables(by_option), "responder": trait_table(split[BASE], split[REDRAWN])}
    for name, lines in pages.items():
        print("\n".join(lines))
        if given.page:
            put_into_page(name, lines, given.patients)


if __name__ == "__main__":
    main()
