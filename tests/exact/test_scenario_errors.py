"""Bad scenarios: what a clinician is told, and where."""

import pytest
from scenario_strategies import load_text

from pathways.errors import InputError
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

BASE = """\
scenario: test
title: A test
horizon: 2 year
policy:
  treatment: ketamine
  selection:
    conditions: [crps, fibromyalgia]
    minimum_age: 18 year
  ladder:
    steps:
      - form: racemic
        dose: 80 mg
        duration: 2 h
  response:
    judge_at: 22 d
    criteria:
      - window: {from: 15 d, to: 21 d}
        percent: 30 %
    missing: {minimum_scores: 4}
  maintenance:
    kind: interval
    interval: 42 d
  limits:
    lifetime_dose: 2000 mg
  exit:
    adherence_to_rule: 0.9
    loss_of_response: {failures: 1, of_last: 2}
population:
  enrolment_threshold: 4
parameters:
  slow_effect_half_life: 9 d
"""
STEP = "policy.ladder.steps[0]"
CRITERION = "policy.response.criteria[0]"

# What is replaced, by what, the path of the one error, and words of its message. The error must
# stand on the first changed line, or on the line that `ON` names.
ON = {}
CASES = {
    "unknown key": ("dose: 80", "dos: 80", f"{STEP}.dos", ["unknown key `dos`", "mean `dose`?"]),
    "unknown section": ("limits:", "limit:", "policy.limit", ["did you mean `limits`?"]),
    "missing unit": ("80 mg", "80", f"{STEP}.dose", ["`80` has no unit", "mg"]),
    "volume": ("80 mg", "80 mL", f"{STEP}.dose", ["`80 mL` is a volume", "in mg/kg"]),
    "negative dose": ("80 mg", "-80 mg", f"{STEP}.dose", ["`-80 mg` is out of range", "more than"]),
    "no dose": ("80 mg", "0 mg", f"{STEP}.dose", ["`0 mg` is out of range"]),
    "grams": ("80 mg", "80 g", f"{STEP}.dose", ["`80 g` is out of range", "10000 mg or less"]),
    "too much per kg": ("80 mg", "800 mg/kg", f"{STEP}.dose", ["200 mg/kg or less"]),
    "NaN": ("80 mg", "nan mg", f"{STEP}.dose", ["not a number"]),
    "infinite": ("80 mg", "inf mg", f"{STEP}.dose", ["not a number"]),
    "YAML infinity": ("80 mg", ".inf", f"{STEP}.dose", ["not a number"]),
    "huge": ("80 mg", "1e999 mg", f"{STEP}.dose", ["`1e999 mg`", "large"]),
    "title on two lines": ("A test", '"A\\ntest"', "title", ["one line of text"]),
    "leading zero": ("minimum_scores: 4", "minimum_scores: 04",
        "policy.response.missing.minimum_scores", ["`04` starts with a 0 too many; write `4`"]),
    "quoted number": ("minimum_scores: 4", 'minimum_scores: "4"', "policy.response.missing", [
        "quotes"]),
    "duration without unit": ("2 h", "2", f"{STEP}.duration", ["no unit", "h"]),
    "no duration": ("2 h", "0 h", f"{STEP}.duration", ["more than 0 h"]),
    "month": ("42 d", "2 month", "policy.maintenance.interval", ["month", "week"]),
    "half a day": ("42 d", "36 h", "policy.maintenance.interval", ["not a whole number of d"]),
    "zero horizon": ("2 year", "0 d", "horizon", ["`0 d` is out of range", "1 d or more"]),
    "long horizon": ("2 year", "61 year", "horizon", ["`61 year` is out of range"]),
    "adherence": ("0.9", "1.5", "policy.exit.adherence_to_rule", ["`1.5`", "1 or less"]),
    "adherence in percent": ("0.9", "150 %", "policy.exit.adherence_to_rule", ["`150 %`"]),
    "improvement": ("30 %", "130 %", f"{CRITERION}.percent", ["`130 %` is out of range"]),
    "no improvement": ("30 %", "0 %", f"{CRITERION}.percent", ["`0 %`", "more than 0"]),
    "fine improvement": ("30 %", "33.33 %", f"{CRITERION}.percent", ["finer step than 0.1"]),
    "fine threshold": ("threshold: 4", "threshold: 4.05", "population.enrolment_threshold", [
        "finer step than 0.1"]),
    "no improvement asked": ("        percent: 30 %\n", "", CRITERION, [
        "no threshold", "`percent`, `points` or both"]),
    "too many points": ("percent: 30 %", "points: 11", f"{CRITERION}.points", ["0 to 10"]),
    "wrong direction": ("percent: 30 %", "percent: 30 %\n        better: higher",
        f"{CRITERION}.better", ["in `pain`, lower is better"]),
    "quality of life": ("window: {from: 15 d, to: 21 d}",
        "domain: quality_of_life\n        better: lower", f"{CRITERION}.better", [
            "in `quality_of_life`, higher is better"]),
    "judged after the next course": ("42 d", "22 d", "policy.response.judge_at", [
        "judged 22 d after a course", "after 22 d", "less than 22 d"]),
    "window after the judgement": ("to: 21 d", "to: 23 d", f"{CRITERION}.window.to", [
        "ends on day 23", "judgement on day 22", "22 d or less"]),
    "window and same day": ("judge_at: 22 d", "judge_at: 0 d", f"{CRITERION}.window", [
        "judged on the day of the infusion", "`moment`"]),
    "window backwards": ("from: 15 d", "from: 22 d", f"{CRITERION}.window.to", [
        "ends before it starts"]),
    "window on the infusion day": ("from: 15 d", "from: 0 d", f"{CRITERION}.window.from", [
        "1 d or more"]),
    "window and moment": ("percent: 30 %", "percent: 30 %\n        moment: end", CRITERION, [
        "either a `window` of days or a `moment`"]),
    "neither window nor moment": ("window: {from: 15 d, to: 21 d}", "domain: pain", CRITERION, [
        "either a `window` of days or a `moment`"]),
    "window of sleep": ("- window", "- domain: sleep\n        window", f"{CRITERION}.window", [
        "only pain has a diary"]),
    "median of sleep": ("window: {from: 15 d, to: 21 d}",
        "domain: sleep\n        statistic: median", f"{CRITERION}.statistic", ["scored once"]),
    "median of a moment": ("window: {from: 15 d, to: 21 d}",
        "moment: end\n        statistic: median", f"{CRITERION}.statistic", ["one score"]),
    "share of the mean": ("percent: 30 %", "percent: 30 %\n        share: 0.5",
        f"{CRITERION}.share", ["`share_of_days` go together"]),
    "share above 1": ("percent: 30 %",
        "percent: 30 %\n        statistic: share_of_days\n        share: 1.5",
        f"{CRITERION}.share", ["`1.5` is out of range", "1 or less"]),
    "share of days without share": ("percent: 30 %",
        "percent: 30 %\n        statistic: share_of_days", f"{CRITERION}.share", ["go together"]),
    "baseline days of the same day": ("percent: 30 %",
        "percent: 30 %\n        baseline: {kind: same_day, days: 7}",
        f"{CRITERION}.baseline.days", ["`same_day` is one score"]),
    "baseline of the impression": ("window: {from: 15 d, to: 21 d}",
        "domain: global_impression\n        baseline: {kind: same_day}",
        f"{CRITERION}.baseline", ["is itself a change"]),
    "best sleep of a week": ("window: {from: 15 d, to: 21 d}",
        "domain: sleep\n        baseline: {kind: best_of_last_days}",
        f"{CRITERION}.baseline.kind", ["enrolment, same_day"]),
    "unknown domain": ("- window", "- domain: pian\n        window", f"{CRITERION}.domain", [
        "`pian`", "did you mean `pain`?"]),
    "k of more": ("missing:", "combine: k_of\n    k: 2\n    missing:", "policy.response.k", [
        "2 of 1 criteria can never hold"]),
    "k alone": ("missing:", "k: 1\n    missing:", "policy.response.k", ["go together"]),
    "k missing": ("missing:", "combine: k_of\n    missing:", "policy.response.k", ["go together"]),
    "more scores than days": ("minimum_scores: 4", "minimum_scores: 8",
        "policy.response.missing.minimum_scores", ["8 scores", "7 days"]),
    "scores of a moment": ("window: {from: 15 d, to: 21 d}", "moment: end",
        "policy.response.missing.minimum_scores", ["there is no window"]),
    "dose cap": ("2000 mg", "79 mg", "policy.limits.lifetime_dose", [
        "the first course has 80 mg", "nobody could be treated"]),
    "dose cap of S-ketamine": ("form: racemic", "form: s_ketamine\n        days: 26",
        f"{STEP}.days", ["16"]),
    "infusion cap": ("lifetime_dose: 2000 mg", "infusions: 0", "policy.limits.infusions", [
        "1 or more"]),
    "no conditions": ("[crps, fibromyalgia]", "[]", "policy.selection.conditions", ["too few"]),
    "condition twice": ("fibromyalgia]", "crps]", "policy.selection.conditions[1]", ["keep one"]),
    "unknown condition": ("fibromyalgia]", "fibromialgia]", "policy.selection.conditions[1]", [
        "did you mean `fibromyalgia`?"]),
    "ages": ("minimum_age: 18 year", "minimum_age: 18 year\n    maximum_age: 17 year",
        "policy.selection.maximum_age", ["below `minimum_age`"]),
    "failures": ("failures: 1", "failures: 3", "policy.exit.loss_of_response.failures", [
        "3 failures among 2 judgements"]),
    "oral": ("form: racemic", "route: oral", f"{STEP}.route", [
        "`oral` is not modelled", "only intravenous ketamine is"]),
    "unknown route": ("form: racemic", "route: rectal", f"{STEP}.route", ["not one of the names"]),
    "perceived effect": ("form: racemic", "perceived_effect: 0.5", f"{STEP}.perceived_effect", [
        "only a sham"]),
    "dose and rate": ("dose: 80 mg", "dose: 80 mg\n        rate: 40 mg/h", STEP, [
        "both `dose` and `rate`"]),
    "no amount": ("dose: 80 mg", "days: 2", STEP, ["no dose is given", "`rates`"]),
    "dose as rate": ("dose: 80 mg", "dose: 80 mg/h", f"{STEP}.dose", ["a rate of infusion"]),
    "five doses": ("dose: 80 mg", "days: 2\n        doses: [1 mg, 2 mg, 3 mg]", f"{STEP}.doses", [
        "3 doses for 2 infusion days"]),
    "mixed units": ("dose: 80 mg", "days: 2\n        doses: [1 mg, 2 mg/kg]", f"{STEP}.doses", [
        "the same unit"]),
    "dose of a continuous infusion": ("duration: 2 h", "setting: bed\n        duration: 100 h",
        f"{STEP}.duration", ["needs a `rate`"]),
    "days of a continuous infusion": ("duration: 2 h", "days: 2\n        duration: 100 h",
        f"{STEP}.duration", ["continuous", "`days`"]),
    "continuous in a chair": ("dose: 80 mg\n        duration: 2 h",
        "rate: 9 mg/h\n        duration: 100 h", f"{STEP}.setting", ["`setting: bed`"]),
    "continuous without weekends": ("dose: 80 mg\n        duration: 2 h",
        "rate: 9 mg/h\n        setting: bed\n        weekends: skip\n        duration: 100 h",
        f"{STEP}.weekends", ["cannot skip weekends"]),
    "interval without kind": ("kind: interval", "kind: none", "policy.maintenance.interval", [
        "go together"]),
    "kind without interval": ("    interval: 42 d\n", "", "policy.maintenance.interval", [
        "go together"]),
    "regimen without maintenance": ("kind: interval\n    interval: 42 d",
        "kind: none\n    regimen: {dose: 1 mg, duration: 1 h}", "policy.maintenance.regimen", [
            "no maintenance courses"]),
    "treatment none": ("treatment: ketamine", "treatment: none", "policy.ladder", [
        "`treatment: none` gives no infusions", "remove `ladder`"]),
    "mix": ("enrolment_threshold: 4", "conditions: {crps: 0.5}", "population.conditions", [
        "sum to 0.5"]),
    "mix above 1": ("enrolment_threshold: 4", "conditions: {crps: 1.5}",
        "population.conditions.crps", ["`1.5` is out of range"]),
    "threshold": ("threshold: 4", "threshold: 9.5", "population.enrolment_threshold", [
        "9 or less"]),
    "list for a section": ("limits:\n    lifetime_dose: 2000 mg", "limits: [1, 2]",
        "policy.limits", ["a section", "expected"]),
    "section for a list": ("[crps, fibromyalgia]", "{crps: 1}", "policy.selection.conditions", [
        "a list is expected"]),
    "yes": ("of_last: 2", "of_last: 2, escalate: yes", "policy.exit.loss_of_response.escalate", [
        "neither true nor false"]),
    "no value": ("80 mg", "", f"{STEP}.dose", ["has no value"]),
    "unknown parameter": ("slow_effect_half_life: 9", "slow_effect_halflife: 9",
        "parameters.slow_effect_halflife", [
            "there is no parameter", "did you mean `slow_effect_half_life`?"]),
    "parameter's unit": ("9 d", "9 mg", "parameters.slow_effect_half_life", ["a mass of drug"]),
    "parameter's range": ("9 d", "-9 d", "parameters.slow_effect_half_life", ["out of range"]),
    "no attempts": ("slow_effect_half_life: 9 d", "enrolment_attempts: 0",
        "parameters.enrolment_attempts", ["`0` is out of range", "1 or more"]),
    "no half-life": ("9 d", "0 d", "parameters.slow_effect_half_life", ["`0 d` is out of range"]),
    "share as a parameter": ("slow_effect_half_life: 9 d", "rule_adherence: 1.5",
        "parameters.rule_adherence", ["`1.5` is out of range", "1 or less"]),
    "no such component": ("slow_effect_half_life: 9 d", "decay_floors: {slow_sight: 1 ng/mL}",
        "parameters.decay_floors.slow_sight", ["unknown component", "mean `slow_site`?"]),
    "components expected": ("slow_effect_half_life: 9 d", "decay_floors: 1 ng/mL",
        "parameters.decay_floors", ["has components", "slow_site, expectation"]),
    "no component": ("slow_effect_half_life: 9 d", "decay_floors: {}",
        "parameters.decay_floors", ["has components"]),
    "component's unit": ("slow_effect_half_life: 9 d", "decay_floors: {slow_site: 1 d}",
        "parameters.decay_floors.slow_site", ["a length of time"]),
    "short list": ("slow_effect_half_life: 9 d", "time_trade_off_decrement_by_score: [0, 0.1]",
        "parameters.time_trade_off_decrement_by_score", ["a list of 11 values"]),
    "given twice": ("slow_effect_half_life: 9 d", "slow_effect_half_life: 9 d\n  PD2: 8 d",
        "parameters.PD2", ["are the same parameter"]),
    "unused parameter": ("slow_effect_half_life: 9 d", "psychedelic_risk_ratio: 9",
        "parameters.psychedelic_risk_ratio", ["change nothing"]),
    "unused adherence": ("slow_effect_half_life: 9 d", "rule_adherence: 0.5",
        "parameters.rule_adherence", ["would change nothing", "evidence: M152"]),
    "unknown evidence": ("0.9", "{evidence: rule_adherance}",
        "policy.exit.adherence_to_rule.evidence", ["did you mean `rule_adherence`?"]),
    "evidence of another kind": ("0.9", "{evidence: clearance}",
        "policy.exit.adherence_to_rule.evidence", ["`clearance` is a clearance or flow"]),
    "evidence with components": ("0.9", "{evidence: condition_mix}",
        "policy.exit.adherence_to_rule.evidence", ["not one number"]),
    "evidence out of range": ("0.9", "{evidence: chronic_pain_mortality_ratio}",
        "policy.exit.adherence_to_rule.evidence", ["`1.2` is out of range", "1 or less"]),
    "wide distribution": ("0.9", "{distribution: {normal: {mean: 0.9, sd: 0.1}}}",
        "policy.exit.adherence_to_rule.distribution.normal", ["reaches from", "1 or less"]),
    "absurd distribution": ("9 d", "{distribution: {lognormal: {median: 9 d, sigma: 1000}}}",
        "parameters.slow_effect_half_life.distribution.lognormal", ["cannot be worked out"]),
    "needle": ("9 d", "{distribution: {gamma: {mean: 9 d, cv: 1e-300}}}",
        "parameters.slow_effect_half_life.distribution.gamma", ["cannot be worked out"]),
    "unknown distribution": ("9 d", "{distribution: {norml: {mean: 9 d, sd: 1 d}}}",
        "parameters.slow_effect_half_life.distribution.norml", ["did you mean `normal`?"]),
    "null parameter": ("9 d", "null", "parameters.slow_effect_half_life", ["`null`"]),
}  # fmt: skip
ON |= {
    "leading zero": "minimum_scores",
    "quoted number": "minimum_scores",
    "no improvement asked": "window:",
    "wrong direction": "better:",
    "quality of life": "better:",
    "judged after the next course": "judge_at",
    "window and same day": "window:",
    "window and moment": "window:",
    "neither window nor moment": "domain:",
    "window of sleep": "window:",
    "median of sleep": "statistic:",
    "median of a moment": "statistic:",
    "share of the mean": "share:",
    "share above 1": "share:",
    "baseline days of the same day": "baseline:",
    "baseline of the impression": "baseline:",
    "best sleep of a week": "baseline:",
    "share of days without share": "window:",
    "unknown domain": "pian",
    "k of more": "k: 2",
    "k missing": "response:",
    "scores of a moment": "minimum_scores",
    "dose cap of S-ketamine": "days:",
    "ages": "maximum_age",
    "dose and rate": "form:",
    "no amount": "form:",
    "five doses": "doses:",
    "mixed units": "doses:",
    "dose of a continuous infusion": "duration:",
    "days of a continuous infusion": "duration:",
    "continuous in a chair": "form:",
    "continuous without weekends": "weekends:",
    "interval without kind": "interval: 42",
    "kind without interval": "maintenance:",
    "regimen without maintenance": "regimen:",
    "treatment none": "ladder:",
    "mix": "conditions: {",
    "given twice": "PD2",
}


def refused(text, tmp_path):
    """Return the errors of a scenario that must be refused, by reading or by resolving it."""
    with pytest.raises(InputError) as caught:
        resolve(load_text(text, tmp_path), patients=1)
    return caught.value.errors


def line_of(text, words):
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def changed_line(text):
    pairs = zip(BASE.splitlines(), text.splitlines(), strict=False)
    return next(number for number, (old, new) in enumerate(pairs, 1) if old != new)


def test_what_is_spoilt_is_valid(tmp_path):
    resolve(load_text(BASE, tmp_path), patients=1)


@pytest.mark.parametrize("name", CASES)
def test_message(name, tmp_path):
    old, new, path, words = CASES[name]
    assert BASE.count(old) == 1, "the case is not clear"
    text = BASE.replace(old, new)
    errors = refused(text, tmp_path)
    assert len(errors) == 1, [str(error) for error in errors]
    line = line_of(text, ON[name]) if name in ON else changed_line(text)
    error = errors[0]
    assert (error.place.file, error.place.line) == (str(tmp_path / "scenario.yaml"), line)
    assert error.place.path.startswith(path)
    assert str(error).startswith(f"{tmp_path / 'scenario.yaml'}:{line}: {path}")
    for word in words:
        assert word in str(error)


def test_every_place_is_for_a_case():
    assert set(ON) <= set(CASES)


def test_several_errors_are_told_together_in_order(tmp_path):
    text = BASE.replace("80 mg", "80").replace("42 d", "42").replace("0.9", "9")
    lines = [error.place.line for error in refused(text, tmp_path)]
    assert lines == [line_of(text, "dose: 80"), line_of(text, "interval:"), line_of(text, "adher")]


def test_an_item_in_error_is_not_also_one_too_few(tmp_path):
    errors = refused(BASE.replace("80 mg", "80"), tmp_path)
    assert [error.place.path for error in errors] == [f"{STEP}.dose"]
    assert "too few" in str(refused(BASE.replace("[crps, fibromyalgia]", "[]"), tmp_path)[0])


def test_first_course_may_not_exceed_the_cap_on_infusions(tmp_path):
    text = BASE.replace("duration: 2 h", "duration: 2 h\n        days: 3")
    text = text.replace("lifetime_dose: 2000 mg", "infusions: 2")
    (error,) = refused(text, tmp_path)
    assert error.place.path == "policy.limits.infusions"
    assert "the first course has 3 infusions" in str(error)


@pytest.mark.parametrize("form", ["racemic", "s_ketamine"])
def test_dose_cap_counts_every_day_of_the_first_course(tmp_path, form):
    text = BASE.replace("duration: 2 h", "duration: 2 h\n        days: 3")
    text = text.replace("racemic", form)
    (error,) = refused(text.replace("2000 mg", "239 mg"), tmp_path)
    assert "the first course has 240 mg" in str(error)
    load_text(text.replace("2000 mg", "240 mg"), tmp_path)


def test_repeated_criterion_and_reason(tmp_path):
    again = "      - window: {from: 360 h, to: 3 week}\n        percent: 30 %\n    missing"
    text = BASE.replace("    missing", again)
    (error,) = refused(text, tmp_path)
    assert error.place.path == "policy.response.criteria[1]"
    assert error.place.line == line_of(text, "360 h")
    taper = "    taper: {after: [dose_cap, dose_cap], courses: [{dose: 50 %, interval: 7 d}]}\n"
    (error,) = refused(BASE.replace("population:", f"{taper}population:"), tmp_path)
    assert error.place.path == "policy.exit.taper.after[1]"


@pytest.mark.parametrize("reason", ["death", "recovered", "taper_completed", "not_eligible"])
def test_nobody_is_tapered_after_some_reasons(tmp_path, reason):
    taper = f"    taper: {{after: [{reason}], courses: [{{dose: 50 %, interval: 7 d}}]}}\n"
    (error,) = refused(BASE.replace("population:", f"{taper}population:"), tmp_path)
    assert error.place.path == "policy.exit.taper.after[0]"
    assert f"`{reason}`" in str(error)
    assert "dose_cap, count_cap" in str(error)


CHANGE = "changes:\n  - from_day: {day} d\n    policy:\n      {section}: {content}\n"


def change(day, section, content):
    return CHANGE.format(day=day, section=section, content=content)


def test_changes_out_of_order(tmp_path):
    changes = change(200, "limits", "{courses: 9}") + change(100, "limits", "{courses: 8}")[9:]
    text = BASE + changes
    (error,) = refused(text, tmp_path)
    assert (error.place.path, error.place.line) == (
        "changes[1].from_day",
        line_of(text, "from_day: 100"),
    )
    assert "day 100 is not after" in str(error)


def test_two_changes_on_one_day(tmp_path):
    changes = change(200, "limits", "{courses: 9}") + change(200, "limits", "{courses: 8}")[9:]
    (error,) = refused(BASE + changes, tmp_path)
    assert error.place.path == "changes[1].from_day"


def test_change_on_day_0(tmp_path):
    (error,) = refused(BASE + change(0, "limits", "{courses: 9}"), tmp_path)
    assert error.place.path == "changes[0].from_day"
    assert "1 d or more" in str(error)


def test_too_many_changes(tmp_path):
    more = "".join(change(day, "limits", "{courses: 9}")[9:] for day in range(2, 9))
    (error,) = refused(BASE + change(1, "limits", "{courses: 9}") + more, tmp_path)
    assert error.place.path == "changes"
    assert "7 or fewer" in str(error)


def test_change_that_spoils_the_policy_is_told_at_the_change(tmp_path):
    text = BASE + change(100, "maintenance", "{interval: 14 d}")
    (error,) = refused(text, tmp_path)
    # The judgement stands in the base, which is right; the change is what must be mended.
    assert error.place.path == "changes[0].policy.response.judge_at"
    assert line_of(text, "changes:") < error.place.line <= line_of(text, "interval: 14 d")
    assert "after 14 d" in str(error)


def test_value_in_a_change_is_told_at_its_line(tmp_path):
    text = BASE + change(100, "maintenance", "{interval: 14}")
    (error,) = refused(text, tmp_path)
    assert error.place.path == "changes[0].policy.maintenance.interval"
    assert error.place.line == line_of(text, "interval: 14")


def test_error_of_the_base_is_told_once(tmp_path):
    text = BASE.replace("80 mg", "80") + change(100, "limits", "{courses: 9}")
    assert [error.place.path for error in refused(text, tmp_path)] == [f"{STEP}.dose"]


def test_error_of_a_change_is_not_told_again_for_the_next(tmp_path):
    text = BASE + change(100, "maintenance", "{interval: 14}")
    text += change(200, "limits", "{courses: 9}")[9:]
    paths = [error.place.path for error in refused(text, tmp_path)]
    assert paths == ["changes[0].policy.maintenance.interval"]


def test_changes_above_the_policy_they_change(tmp_path):
    text = change(100, "limits", "{courses: 9}") + BASE.replace("80 mg", "80")
    assert [error.place.path for error in refused(text, tmp_path)] == [f"{STEP}.dose"]


def test_gap_in_the_base_is_told_there_though_a_change_above_touches_the_section(tmp_path):
    text = change(100, "maintenance", "{regimen: {dose: 9 mg, duration: 1 h}}") + BASE
    text = text.replace("    interval: 42 d\n", "")
    assert [error.place.path for error in refused(text, tmp_path)] == [
        "policy.maintenance.interval"
    ]


def test_adherence_of_a_change_is_placed_in_the_change(tmp_path):
    text = BASE + change(100, "exit", "{adherence_to_rule: {evidence: clearance}}")
    (error,) = refused(text, tmp_path)
    assert error.place.path == "changes[0].policy.exit.adherence_to_rule.evidence"
    assert error.place.line == line_of(text, "evidence: clearance")


def test_infusions_are_not_stopped_under_patients(tmp_path):
    text = BASE + "changes:\n  - from_day: 9 d\n    policy: {treatment: none, ladder: null}\n"
    (error,) = refused(text.replace("ladder: null", "ladder: null, response: null"), tmp_path)
    assert error.place.path == "changes[0].policy.treatment"
    assert error.place.line == line_of(text, "treatment: none")
    assert "left without rules" in str(error)
    assert "`response: null`" in str(refused(text, tmp_path)[0])


def write(tmp_path, **texts):
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path / f"{next(iter(texts))}.yaml"


def test_files_that_extend_each_other(tmp_path):
    path = write(tmp_path, a="extends: ./b.yaml\n", b="title: B\nextends: ./a.yaml\n")
    with pytest.raises(InputError, match="extend each other in a loop") as caught:
        load_scenario(path)
    assert caught.value.place.line == 2
    assert caught.value.place.path == "extends"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("./missing.yaml", "there is no file"),
        ("guidline-2018", "did you mean `guideline-2018`?"),
        ("[a, b]", "one file"),
        ("''", "one file"),
    ],
)
def test_file_that_cannot_be_extended(tmp_path, name, words):
    with pytest.raises(InputError) as caught:
        load_scenario(write(tmp_path, a=f"title: A\nextends: {name}\n"))
    assert words in str(caught.value)
    assert caught.value.place.line == 2


def test_error_in_an_extended_file_is_told_there(tmp_path):
    path = write(tmp_path, a="extends: ./b.yaml\ntitle: A\n", b=BASE.replace("80 mg", "80"))
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert caught.value.place.file == str(tmp_path / "b.yaml")
    assert caught.value.place.line == line_of(BASE, "dose: 80")


@pytest.mark.parametrize("name", ["guidline-2018", "guideline_2018", "Guideline-2018"])
def test_unknown_name(name):
    with pytest.raises(InputError) as caught:
        load_scenario(name)
    assert "did you mean `guideline-2018`?" in str(caught.value)
    assert "cash-clinic" in str(caught.value)


def test_missing_file_and_directory(tmp_path):
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(InputError) as caught:
            load_scenario(f"{path}/")
        assert str(path) in str(caught.value)


FILES = {
    "empty": (b"", "empty"),
    "only a comment": (b"# nothing\n", "empty"),
    "binary": (bytes(range(256)), "UTF-8"),
    "control characters": (BASE.encode().replace(b"A test", b"A\x07test"), "character"),
    "alias bomb": (b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchor"),
    "alias": (BASE.encode() + b"about: *x\n", "alias"),
    "tag": (BASE.encode().replace(b"80 mg", b"!!python/object:os.system 80"), "tag"),
    "key twice": (BASE.encode() + b"title: Again\n", "already given on line 2"),
    "merge key": (BASE.encode() + b"<<: {title: x}\n", "merge"),
    "list": (b"- a\n- b\n", "key: value"),
    "word": (b"hello\n", "key: value"),
    "two documents": (b"a: 1\n---\nb: 2\n", "document"),
    "bad indentation": (b"a: 1\n b: 2\n", ""),
    "deep": (b"a: " + b"[" * 50 + b"]" * 50 + b"\n", "deep"),
    "long": (b"a: 1\n" + b"#\n" * 5000, "lines"),
    "large": (b"a: " + b"x" * 300_000 + b"\n", "too large"),
    "tabs": (b"policy:\n\ttreatment: none\n", ""),
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_file(name, tmp_path):
    content, words = FILES[name]
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("years", [0.0, -1.0, 60.1, float("nan"), float("inf"), 1e-9])
def test_horizon_in_years(years):
    with pytest.raises(InputError, match="horizon"):
        resolve(load_scenario("guideline-2018"), years=years)
