"""Trial files for tests: a small one, and a crossover, written where a test wants them."""

from __future__ import annotations

from pathlib import Path

from pathways.trials import Trial, load_trial

PARALLEL = """\
trial: mine
title: My trial
design: parallel
population:
  conditions: {crps: 1}
arms:
  - name: ketamine
    patients: 6
    regimen: {form: racemic, dose: 80 mg, duration: 2 h, days: 3}
  - name: placebo
    patients: 5
    regimen: {form: sham, dose: 80 mg, duration: 2 h, days: 3}
endpoints:
  - name: week-1
    title: Pain at week 1
    measure: score
    arm: ketamine
    versus: placebo
    visits: [7 d]
    published: {value: -1, se: 0.5, source: A paper, status: verified}
    use: prediction
"""
CROSSOVER = """\
trial: swap
title: My crossover
design: crossover
patients: 5
period: 28 d
wash_out: 7 d
arms:
  - name: ketamine
    regimen: {form: racemic, dose: 0.5 mg/kg, duration: 40 min}
  - name: placebo
    regimen: {form: sham, dose: 0.5 mg/kg, duration: 40 min}
endpoints:
  - name: fall
    title: Fall during the infusion
    measure: percent_fall
    arm: ketamine
    moment: end
  - name: difference
    title: Mean pain, ketamine less placebo
    measure: score
    arm: ketamine
    versus: placebo
    window: {from: 1 d, to: 7 d}
  - name: harm
    title: Dissociation on placebo
    measure: share_with_harm
    arm: placebo
    harms: [dissociation]
"""


def written(directory: Path, text: str = PARALLEL) -> Path:
    """Write a trial file and return its path."""
    path = directory / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(text: str, *pairs: tuple[str, str]) -> str:
    """Return a text with words replaced, each of which must be there once."""
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def trial_of(directory: Path, text: str = PARALLEL) -> Trial:
    """Return a trial made from a text."""
    return load_trial(written(directory, text))
