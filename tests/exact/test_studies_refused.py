"""Studies that are wrong: the place, the problem and the remedy, before anything is run."""

from __future__ import annotations

import pytest
from refusals import plain
from study_files import FILE, HEAD, HEAD_LINES, refused, study_of

from pathways.errors import InputError
from pathways.studies.load import load_study

LINE = HEAD_LINES + 1


def grid(text: str, more: str = "") -> str:
    return f"vary:\n  - grid:\n      {text}\n{more}"


def design(over: str, more: str = "", kind: str = "latin_hypercube", points: int = 8) -> str:
    return f"vary:\n  - {kind}:\n      points: {points}\n      over: {{{over}}}\n{more}"


GAP = "policy.ladder.gap: [7 d, 14 d]"
HUGE = grid(GAP, "seeds: {count: 1000000}\ndraws: {count: 100000}\nreplicates: 5")
REFUSED = {
    "unknown field": (
        grid("policy.ladder.stps: [1]"),
        LINE + 2,
        "did you mean `policy.ladder.steps`",
    ),
    "a path without its beginning": (
        grid("ladder.steps[0].dose: [80 mg]"),
        LINE + 2,
        "did you mean `policy.ladder.steps[0].dose`",
    ),
    "a parameter alone": (
        grid("slow_effect_half_life: [5 d]"),
        LINE + 2,
        "did you mean `parameters.slow_effect_half_life`",
    ),
    "unknown parameter": (
        grid("parameters.slow_efect_half_life: [5 d]"),
        LINE + 2,
        "did you mean `slow_effect_half_life`",
    ),
    "beyond a list": (grid("policy.ladder.steps[3].dose: [80 mg]"), LINE + 2, "has 1 item"),
    "no path": (grid("'policy ladder': [80 mg]"), LINE + 2, "is not the path of a field"),
    "a title": (grid("title: [A, B]"), LINE + 2, "changes no result"),
    "horizon and years": (grid("horizon: [3 year, 4 year]"), LINE + 2, "`years` of the study"),
    "empty grid": ("vary: [{grid: {}}]", LINE, "there would be no run"),
    "empty values": (grid("policy.ladder.gap: []"), LINE + 2, "there would be no run"),
    "empty list": ("vary: [{list: []}]", LINE, "there would be no run"),
    "empty range": (design("policy.ladder.gap: {from: 20 d, to: 7 d}"), LINE + 3, "is empty"),
    "seeds twice": ("seeds: [1, 2, 1]", LINE, "the seed 1 is in the list already"),
    "no seeds": ("seeds: []", LINE, "there are no seeds"),
    "too many runs": (
        HUGE,
        1,
        "2 policy.ladder.gap x 100,000 draws x 1,000,000 seeds x 5 replicates = 1,000,000,000,000",
    ),
    "value twice": (grid("policy.ladder.gap: [7 d, 1 week]"), LINE + 2, "it would run twice"),
    "combination twice": (
        "vary: [{list: [{policy.ladder.gap: 7 d}, {policy.ladder.gap: 7 d}]}]",
        LINE,
        "the same as number 1",
    ),
    "section twice": (
        grid("policy.limits: [{courses: 2, infusions: 9}, {infusions: 9, courses: 2}]"),
        LINE + 2,
        "it would run twice",
    ),
    "other paths": (
        "vary: [{list: [{policy.ladder.gap: 7 d}, {policy.limits.courses: 7}]}]",
        LINE,
        "gives other paths",
    ),
    "path twice": (
        grid(GAP, "  - grid: {policy.ladder.gap: [9 d]}"),
        LINE + 3,
        "`policy.ladder.gap` is given twice",
    ),
    "a field within another": (
        grid("policy.limits: [{courses: 2}]", "  - grid: {policy.limits.courses: [3]}"),
        LINE + 3,
        "or one holds the other",
    ),
    "derived and varied": (
        grid(GAP, "derived: {policy.ladder.gap: 2 * policy.ladder.gap}"),
        LINE + 3,
        "is given twice",
    ),
    "two names of one parameter": (
        grid("parameters.PD2: [9 d]\n      parameters.slow_effect_half_life: [8 d]"),
        LINE + 3,
        "are the same parameter; keep one",
    ),
    "wrong unit": (grid("policy.ladder.gap: [7 d, 7 mg]"), LINE + 2, "`7 mg` is a mass of drug"),
    "no unit": (grid("policy.ladder.gap: [7 d, 7]"), LINE + 2, "`7` has no unit"),
    "out of range": (grid("policy.ladder.gap: [7 d, 999 d]"), LINE + 2, "`999 d` is out of range"),
    "a section that is not whole": (
        grid("policy.exit.loss_of_response: [{failures: 1}]"),
        LINE + 2,
        "`of_last` is missing",
    ),
    "unused parameter": (
        grid("parameters.therapy_sessions: [3]"),
        LINE + 2,
        "write those that differ",
    ),
    "wrong together": (
        grid("policy.maintenance.interval: [14 d, 42 d]"),
        None,
        "under `policy.maintenance.interval: 14 d` of",
    ),
    "no power of two": (
        design("policy.ladder.gap: {from: 7 d, to: 9 d}", kind="sobol", points=100),
        LINE + 2,
        "such as 64 or 128",
    ),
    "range in whole days": (
        design("policy.ladder.gap: {from: 7 d, to: 20 d}"),
        LINE + 3,
        "such as `step: 1 d`",
    ),
    "ends of two kinds": (
        design("policy.ladder.gap: {from: 7 d, to: 20 mg}"),
        LINE + 3,
        "measure different things",
    ),
    "ratios from nothing": (
        design("policy.limits.lifetime_dose: {from: 0 mg, to: 20 mg, log: true}"),
        LINE + 3,
        "a scale of ratios has no 0",
    ),
    "step too long": (
        design("policy.ladder.gap: {from: 7 d, to: 20 d, step: 14 d}"),
        LINE + 3,
        "does not fit into the range",
    ),
    "step on ratios": (
        design("policy.ladder.gap: {from: 7 d, to: 20 d, step: 1 d, log: true}"),
        LINE + 3,
        "leave one out",
    ),
    "design that breaks a constraint": (
        design(
            "policy.ladder.gap: {from: 7 d, to: 14 d, step: 1 d}",
            "constraints: [policy.ladder.gap > 7 d]",
        ),
        LINE + 4,
        "1 of 8 points of the design break this",
    ),
    "constraint that leaves nothing": (
        grid(GAP, "constraints: [policy.ladder.gap > 40 d]"),
        LINE + 3,
        "no combination is left",
    ),
    "constraint on different things": (
        grid(GAP, "constraints: [policy.ladder.gap > 40 mg]"),
        LINE + 3,
        "measure different things",
    ),
    "constraint on what does not vary": (
        grid(GAP, "constraints: [policy.ladder.gaps > 40 d]"),
        LINE + 3,
        "did you mean `policy.ladder.gap`",
    ),
    "constraint on nothing": (
        grid(GAP, "constraints: [1 < 2]"),
        LINE + 3,
        "names nothing that varies",
    ),
    "no comparison": (grid(GAP, "constraints: [policy.ladder.gap]"), LINE + 3, "compares nothing"),
    "derived from what does not vary": (
        grid(GAP, "derived: {policy.limits.courses: 2 * policy.limits.infusions}"),
        LINE + 3,
        "does not vary in this study",
    ),
    "derived without a unit": (
        grid(GAP, "derived: {policy.maintenance.interval: policy.ladder.gap * policy.ladder.gap}"),
        LINE + 3,
        "no unit that a field could take",
    ),
    "derived value out of range": (
        grid(GAP, "derived: {policy.maintenance.interval: policy.ladder.gap * 10000}"),
        LINE + 3,
        "`70000 d` is out of range",
    ),
    "derived of no field": (
        grid(GAP, "derived: {policy.maintenance.intervl: policy.ladder.gap}"),
        LINE + 3,
        "did you mean `policy.maintenance.interval`",
    ),
    "unknown measure": ("outputs: [mean_qualy]", LINE, "did you mean `mean_qaly`"),
    "measure twice": ("outputs: [mean_pain, mean_pain]", LINE, "is in the list already"),
    "no measures": ("outputs: []", LINE, "no measure is asked for"),
    "two kinds in a block": (
        "vary: [{grid: {policy.ladder.gap: [7 d]}, list: [{policy.ladder.gap: 8 d}]}]",
        LINE,
        "grid and list stand in one block",
    ),
    "no kind in a block": ("vary: [{}]", LINE, "nothing varies"),
    "unknown kind": ("vary: [{gird: {}}]", LINE, "did you mean `grid`"),
    "brackets in braces": (
        "vary: [{grid: {policy.ladder.steps[0].dose: [80 mg]}}]",
        LINE,
        "the path `policy.ladder.steps[0].dose` stands in quotes, or is written "
        "`policy.ladder.steps.0.dose`",
    ),
    "brackets on another line": (
        "vary: [{grid: {\n  policy.ladder.steps[0].dose: [80 mg]}}]",
        LINE + 1,
        "the path `policy.ladder.steps[0].dose` stands in quotes",
    ),
    "another missing bracket": ("vary: [{grid: {a: [1}}]", LINE, "stands in quotes inside {...}"),
    "no draws": ("draws: {count: 0}", LINE, "`0` is out of range"),
    "unknown key": ("seed: 3", LINE, "did you mean `seeds`"),
    "seed too large": (
        "seeds: [9007199254740993]",
        LINE,
        "allowed: 0 or more and 9007199254740992 or less",
    ),
    "too many seeds": ("seeds: {count: 9007199254740993}", LINE, "9007199254740992 or less"),
    "parameter of another structure": (
        grid("structure.kinetics: [perez_ruixo_2021]\n      parameters.clearance: [60 L/h]"),
        LINE + 3,
        "does not use `clearance` because of `structure.kinetics: perez_ruixo_2021`, so another "
        "value would change nothing; allowed: a parameter the run uses, or this one together with "
        "`structure.kinetics: kamp_2020`",
    ),
    "last seed too large": ("seeds: {first: 9007199254740992, count: 2}", LINE, "too large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    body, line, words = REFUSED[name]
    error = refused(tmp_path, body)
    assert words in str(error)
    plain(str(error))
    if line is not None:
        assert {(one.place.file, one.place.line) for one in error.errors} == {
            (str(tmp_path / FILE), line)
        }


def test_many_runs_are_done_if_they_are_allowed(tmp_path):
    body = "seeds: {count: 10000001}"
    assert "`--allow 10000001`" in str(refused(tmp_path, body))
    assert len(study_of(tmp_path, body, allow=10_000_001)) == 10_000_001
    assert len(study_of(tmp_path, "seeds: {count: 10000000}")) == 10_000_000


def test_fewer_may_be_allowed(tmp_path):
    assert "3 seeds = 3 runs; allowed: 2 runs" in str(
        refused(tmp_path, "seeds: [1, 2, 3]", allow=2)
    )


def test_constraints_that_would_be_looked_at_for_ever(tmp_path):
    shares = ", ".join(f"{number / 1000}" for number in range(1, 501))
    names = ("depression", "anxiety")
    varied = "".join(f"      parameters.{one}_prevalence: [{shares}]\n" for one in names)
    less = "parameters.depression_prevalence < parameters.anxiety_prevalence"
    error = refused(tmp_path, f"vary:\n  - grid:\n{varied}constraints: [{less}]")
    assert "concerns 250,000 combinations" in str(error)


def test_all_wrong_values_are_told_together(tmp_path):
    error = refused(
        tmp_path, grid("policy.ladder.gap: [7, 14 d, 900 d]\n      policy.limits.courses: [0]")
    )
    told = [(one.place.line, one.problem.split("`")[1]) for one in error.errors]
    assert sorted(told) == [(LINE + 2, "7"), (LINE + 2, "900 d"), (LINE + 3, "0")]


def test_wrong_parts_are_told_together(tmp_path):
    ranges = "policy.maintenance.interval: {from: 90 d, to: 30 d}"
    body = "outputs: [mean_qualy]\n" + grid(
        "policy.ladder.gapp: [7 d]\n      policy.ladder.gap: [7 d, 7 d]",
        f"  - latin_hypercube: {{points: 4, over: {{{ranges}}}}}",
    )
    head = HEAD.replace("[guideline-2018]", "[guideline-2018, guidline, ./none.yaml]")
    error = refused(tmp_path, body, head=head)
    assert len(error.errors) == 6
    for words in (
        "`guidline`",
        "none.yaml",
        "`mean_qualy`",
        "`policy.ladder.gapp`",
        "run twice",
        "empty",
    ):
        assert words in str(error)


@pytest.mark.parametrize("values", ["999 d, 2 d, 3 d", "1 d, 999 d, 3 d", "1 d, 2 d, 999 d"])
@pytest.mark.parametrize(
    "rule", ["", "constraints: [policy.ladder.gap > 0 d * policy.limits.courses]"]
)
def test_a_wrong_value_among_many_combinations_is_found(values, rule, tmp_path):
    courses = ", ".join(map(str, range(1, 41)))
    error = refused(
        tmp_path,
        f"{grid(f'policy.limits.courses: [{courses}]')}      policy.ladder.gap: [{values}]\n{rule}",
    )
    assert [one.place.line for one in error.errors] == [LINE + 3]
    assert "`999 d` is out of range" in str(error)


def test_a_field_must_be_there_in_every_scenario(tmp_path):
    head = HEAD.replace("[guideline-2018]", "[guideline-2018, conventional-care]")
    error = refused(tmp_path, grid("policy.ladder.steps[0].dose: [80 mg]"), head=head)
    assert "(scenario `conventional-care`)" in str(error)
    assert error.place.line == LINE + 2


@pytest.mark.parametrize(
    ("scenarios", "words"),
    [
        ("[guidline-2018]", "did you mean `guideline-2018`"),
        ("[guideline-2018, guideline-2018]", "is among the scenarios already"),
        ("[./missing.yaml]", "there is no such file"),
        ("[]", "too few items"),
    ],
)
def test_scenarios(scenarios, words, tmp_path):
    error = refused(tmp_path, "", head=HEAD.replace("[guideline-2018]", scenarios))
    assert words in str(error)
    plain(str(error))


def test_scenarios_lie_beside_the_study(tmp_path, monkeypatch):
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "mine.yaml").write_text("extends: guideline-2018\nscenario: mine\n")
    monkeypatch.chdir(tmp_path)
    found = study_of(folder, head=HEAD.replace("guideline-2018", "./mine.yaml"))
    assert found.scenarios == ("mine",)


def test_a_parameter_that_the_scenario_gives_under_its_id(tmp_path):
    mine = "extends: guideline-2018\nscenario: mine\nparameters: {PD1: 4 ng/mL}\n"
    (tmp_path / "mine.yaml").write_text(mine)
    head = HEAD.replace("guideline-2018", "./mine.yaml")
    body = grid("parameters.slow_effect_c50: [6 ng/mL, 7 ng/mL]")
    found = study_of(tmp_path, body, head=head, probe=True)
    assert found.scenario_of(found.run(1)).document.parameters == {"PD1": "7 ng/mL"}


@pytest.mark.parametrize("name", ["guideline-ps", "missing.study.yaml", "a/b.study.yaml"])
def test_no_such_study(name):
    with pytest.raises(InputError) as found:
        load_study(name)
    assert "there is no" in str(found.value)
