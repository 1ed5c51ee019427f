"""Bad input by the case: what is written, and what the answer must say.

A case that spoils a scenario: what is replaced, by what, words on the line that the answer names,
the path it names, words of the message.
"""

from __future__ import annotations

FILE = "mine.yaml"
GOOD = """\
scenario: mine
title: My clinic
horizon: 10 year
policy:
  treatment: ketamine
  selection:
    minimum_age: 18 year
  ladder:
    steps:
      - form: racemic
        dose: 80 mg
        duration: 2 h
      - form: racemic
        rate: 20 mg/h
        duration: 5 h
    tries_per_step: 2
    gap: 14 d
  response:
    judge_at: 22 d
    criteria:
      - window: {from: 15 d, to: 21 d}
        percent: 30 %
  maintenance:
    kind: interval
    interval: 42 d
  limits:
    courses_per_year: 6
  monitoring:
    tests:
      - {name: liver_function, every_courses: 1}
  exit:
    adherence_to_rule: 0.9
    loss_of_response: {failures: 2, of_last: 3}
    laboratory_stop: [liver_function]
prices: {book: uk-2023-gbp}
"""
STEP = "policy.ladder.steps[0]"
RESPONSE = "policy.response"

Case = tuple[str, str, str, str, list[str]]

UNKNOWN_KEYS: dict[str, Case] = {
    "key": ("dose: 80", "doze: 80", "doze", f"{STEP}.doze", [
        "unknown key `doze`", "did you mean `dose`?", "allowed: name, route, form, dose"]),
    "capitals": ("gap: 14", "Gap: 14", "Gap", "policy.ladder.Gap", ["did you mean `gap`?"]),
    "section": ("limits:", "limit:", "limit:", "policy.limit", ["did you mean `limits`?"]),
    "top": ("horizon:", "years:", "years:", "years", ["unknown key `years`", "horizon"]),
    "far from any": ("prices:", "xyzzy:", "xyzzy", "xyzzy", ["unknown key", "prices"]),
    "name": ("treatment: ketamine", "treatment: ketamin", "treatment", "policy.treatment", [
        "`ketamin` is not one of the names", "did you mean `ketamine`?", "ketamine, none"]),
    "price book": ("uk-2023-gbp", "uk-2023", "prices", "prices.book", ["mean `uk-2023-gbp`?"]),
    "route": ("form: racemic\n        dose", "route: oral\n        dose", "oral", f"{STEP}.route", [
        "`oral` is not modelled", "only intravenous"]),
}  # fmt: skip

UNITS: dict[str, Case] = {
    "missing": ("80 mg", "80", "dose:", f"{STEP}.dose", ["`80` has no unit", "in mg"]),
    "volume": ("80 mg", "80 mL", "dose:", f"{STEP}.dose", ["`80 mL` is a volume", "in mg/kg"]),
    "capitals": ("80 mg", "80 MG", "dose:", f"{STEP}.dose", ["`MG` is not known", "mean `mg`?"]),
    "of drug for time": ("2 h", "2 mg", "duration: 2", f"{STEP}.duration", ["a mass of drug"]),
    "time missing": ("42 d", "42", "interval: 42", "policy.maintenance.interval", ["write `42 d`"]),
    "month": ("42 d", "2 month", "2 month", "policy.maintenance.interval", ["no fixed length"]),
    "body weight": ("80 mg", "80 kg", "dose:", f"{STEP}.dose", ["`80 kg` is a body weight"]),
    "grams": ("80 mg", "80 g", "dose:", f"{STEP}.dose", ["out of range", "10000 mg or less"]),
    "comma": ("80 mg", '"0,5 mg/kg"', "dose:", f"{STEP}.dose", ["decimals with a point"]),
    "range": ("80 mg", "80-100 mg", "dose:", f"{STEP}.dose", ["is a range; write one number"]),
}  # fmt: skip

NUMBERS: dict[str, Case] = {
    "negative dose": ("80 mg", "-80 mg", "dose:", f"{STEP}.dose", [
        "`-80 mg` is out of range", "more than 0 mg"]),
    "no dose": ("80 mg", "0 mg", "dose:", f"{STEP}.dose", ["`0 mg`", "more than 0 mg"]),
    "leading zero": ("tries_per_step: 2", "tries_per_step: 010", "tries", (
        "policy.ladder.tries_per_step"), ["`010` starts with a 0 too many; write `10`"]),
    "leading zero of a dose": ("80 mg", "080 mg", "dose:", f"{STEP}.dose", ["write `80 mg`"]),
    "octal": ("tries_per_step: 2", "tries_per_step: 0o10", "tries", "policy.ladder.tries_per_step",
        ["`0o10` is not a whole number"]),
    "quotes": ("tries_per_step: 2", "tries_per_step: '2'", "tries", "policy.ladder.tries_per_step",
        ["`2` stands in quotes"]),
    "half a course": ("tries_per_step: 2", "tries_per_step: 1.5", "tries", (
        "policy.ladder.tries_per_step"), ["`1.5` is not a whole number"]),
    "yes": ("of_last: 3}", "of_last: 3, escalate: yes}", "escalate", (
        "policy.exit.loss_of_response.escalate"), ["`yes` is neither true nor false"]),
    "not a number": ("80 mg", "nan mg", "dose:", f"{STEP}.dose", ["`nan mg` is not a number"]),
    "as YAML": ("80 mg", ".nan", "dose:", f"{STEP}.dose", ["`.nan` is not a number"]),
    "infinite": ("80 mg", ".inf", "dose:", f"{STEP}.dose", ["`.inf` is not a number"]),
    "negative infinity": ("0.9", "-.inf", "adherence", "policy.exit.adherence_to_rule", [
        "`-.inf` is not a number"]),
    "infinite interval": ("42 d", "inf d", "interval: inf", "policy.maintenance.interval", [
        "`inf d` is not a number"]),
    "huge": ("80 mg", "1e999 mg", "dose:", f"{STEP}.dose", ["`1e999 mg` is too large"]),
    "tiny": ("80 mg", "1e-999 mg", "dose:", f"{STEP}.dose", ["`1e-999 mg` is too small"]),
    "probability": ("0.9", "1.1", "adherence", "policy.exit.adherence_to_rule", [
        "`1.1` is out of range", "0 or more and 1 or less"]),
    "percent": ("0.9", "110 %", "adherence", "policy.exit.adherence_to_rule", ["`110 %`"]),
    "negative probability": ("0.9", "-0.1", "adherence", "policy.exit.adherence_to_rule", [
        "`-0.1` is out of range"]),
    "wide distribution": ("0.9", "{distribution: {normal: {mean: 0.9, sd: 0.2}}}", "adherence", (
        "policy.exit.adherence_to_rule.distribution.normal"), ["reaches from", "1 or less"]),
    "mix of conditions": ("prices:", "population: {conditions: {crps: 1.5}}\nprices:", "crps", (
        "population.conditions.crps"), ["`1.5` is out of range"]),
    "shares": ("prices:", "population: {conditions: {crps: 0.5}}\nprices:", "crps", (
        "population.conditions"), ["sum to 0.5", "sum to 1"]),
}  # fmt: skip

LADDERS: dict[str, Case] = {
    "thousand tries": ("tries_per_step: 2", "tries_per_step: 1000", "tries", (
        "policy.ladder.tries_per_step"), ["`1000` is out of range", "12 or less"]),
    "endless tries": ("tries_per_step: 2", "tries_per_step: .inf", "tries", (
        "policy.ladder.tries_per_step"), ["`.inf` is not a whole number"]),
    "no tries": ("tries_per_step: 2", "tries_per_step: 0", "tries", "policy.ladder.tries_per_step",
        ["`0` is out of range", "1 or more"]),
    "no step": ("steps:\n      - form: racemic\n        dose: 80 mg\n        duration: 2 h\n"
        "      - form: racemic\n        rate: 20 mg/h\n        duration: 5 h\n", "steps: []\n",
        "steps", "policy.ladder.steps", ["too few", "1 or more"]),
    "too many steps": ("    tries_per", "      - {dose: 1 mg, duration: 1 h}\n" * 6
        + "    tries_per", "steps", "policy.ladder.steps", ["too many", "7 or fewer"]),
    "no gap": ("14 d", "0 d", "gap", "policy.ladder.gap", [
        "`0 d` is out of range", "1 d or more and 365 d or less"]),
    "cannot end": ("tries_per_step: 2\n    gap: 14 d", "tries_per_step: 12\n    gap: 365 d",
        "tries", "policy.ladder.tries_per_step", [
            "somebody who never responds is still on the ladder 8923 d after", "3650 d",
            "fewer steps or tries, a shorter `gap`, `limits`, or a longer `horizon`"]),
}  # fmt: skip

CONTRADICTIONS: dict[str, Case] = {
    "judged after the next course": ("judge_at: 22 d", "judge_at: 45 d", "judge_at", (
        f"{RESPONSE}.judge_at"), ["judged 45 d after a course", "after 42 d", "less than 42 d"]),
    "judged on the day of the next": ("judge_at: 22 d", "judge_at: 42 d", "judge_at", (
        f"{RESPONSE}.judge_at"), ["less than 42 d"]),
    "window after the judgement": ("to: 21 d", "to: 30 d", "window", (
        f"{RESPONSE}.criteria[0].window.to"), ["ends on day 30", "judgement on day 22"]),
    "window backwards": ("to: 21 d", "to: 10 d", "window", f"{RESPONSE}.criteria[0].window.to", [
        "ends before it starts"]),
    "nothing asked": ("        percent: 30 %\n", "", "window", f"{RESPONSE}.criteria[0]", [
        "no threshold", "`percent`"]),
    "two amounts": ("80 mg", "80 mg\n        rate: 40 mg/h", "form", STEP, [
        "both `dose` and `rate`"]),
    "cap below the first course": ("courses_per_year: 6", "lifetime_dose: 50 mg", "lifetime", (
        "policy.limits.lifetime_dose"), ["the first course has 80 mg", "80 mg or more"]),
    "ages": ("minimum_age: 18 year", "minimum_age: 18 year\n    maximum_age: 10 year", "maximum", (
        "policy.selection.maximum_age"), ["below `minimum_age`"]),
    "failures": ("failures: 2", "failures: 4", "failures", "policy.exit.loss_of_response.failures",
        ["4 failures among 3 judgements can never be"]),
    "k": ("    judge_at", "    combine: k_of\n    k: 2\n    judge_at", "k: 2", f"{RESPONSE}.k", [
        "2 of 1 criteria can never hold", "1 to 1"]),
    "stop without its test": ("[liver_function]", "[cognition]", "laboratory", (
        "policy.exit.laboratory_stop[0]"), ["`cognition` is not among the tests"]),
    "maintenance without interval": ("    interval: 42 d\n", "", "maintenance", (
        "policy.maintenance.interval"), ["`kind: interval` and `interval` go together"]),
    "infusions for nobody": ("treatment: ketamine", "treatment: none", "ladder", "policy.ladder", [
        "`treatment: none` gives no infusions", "`ladder: null`"]),
    "paying without prices": ("prices: {book: uk-2023-gbp}\n", "  payment: {payer: patient}\n",
        "payment", "policy.payment", ["nothing can be paid without prices"]),
    "a payer who does not pay": ("laboratory_stop:", "patient_choice: {baseline_rate: 0.1 per year,"
        " paying: 2}\n    laboratory_stop:", "paying", "policy.exit.patient_choice.paying", [
            "patients do not pay"]),
    "no harm and less than that": ("prices:", "harms: {off: true, none: true}\nprices:", "harms", (
        "harms.off"), ["keep one of them"]),
    "changes out of order": ("prices:", "changes:\n  - {from_day: 90 d, policy: {limits: "
        "{courses: 9}}}\n  - {from_day: 30 d, policy: {limits: {courses: 8}}}\nprices:", "30 d", (
            "changes[1].from_day"), ["day 30 is not after the change before it"]),
    "not yet there": ("80 mg", "80 mg\n        adjuvants: [magnesium]", "magnesium", (
        f"{STEP}.adjuvants"), ["adjuvants: not yet supported; remove this field"]),
}  # fmt: skip

GROUPS = {
    "unknown": UNKNOWN_KEYS,
    "unit": UNITS,
    "number": NUMBERS,
    "ladder": LADDERS,
    "contradiction": CONTRADICTIONS,
}
CASES = {
    f"{group}: {name}": case for group, cases in GROUPS.items() for name, case in cases.items()
}

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", f"{FILE}: the file is empty"),
    "binary": (bytes(range(256)), f"{FILE}:3: the file is not UTF-8 text; save it as UTF-8"),
    "spreadsheet": (b"PK\x03\x04\x14\x00\x08\x00\x08\x00!\xff", f"{FILE}:1: the file is not UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), f"{FILE}:1: the file is not UTF-8 text"),
    "zeros": (bytes(4096), f"{FILE}:1: the control character U+0000 is not allowed"),
    "zero in quotes": (GOOD.replace("My clinic", '"My\\0clinic"').encode(), (
        f"{FILE}:2: title: the control character U+0000 is not allowed here; delete it")),
    "zero in a key": (GOOD.replace("title", '"ti\\x00tle"').encode(), f"{FILE}:2: the control"),
    "zero itself": (GOOD.replace("My clinic", '"My\0clinic"').encode(), f"{FILE}:2: the control"),
    "title on two lines": (GOOD.replace("My clinic", '"My\\nclinic"').encode(), (
        f"{FILE}:2: title: `My\\nclinic` is not accepted here; allowed: one line of text")),
    "letter": (b"Dear colleague,\n", f"{FILE}:1: `key: value` lines are expected"),
    "list": (b"- a\n- b\n", f"{FILE}:1: `key: value` lines are expected"),
    "alias bomb": (BOMB.encode(), f"{FILE}:1: a: anchors (`&a`) are not allowed; repeat the lines"),
    "duplicate key": (GOOD.replace("horizon:", "title: Another\nhorizon:").encode(), (
        f"{FILE}:3: title: the key `title` was already given on line 2; keep one")),
    "duplicate key below": (GOOD.replace("gap:", "tries_per_step: 3\n    gap:").encode(), (
        f"{FILE}:17: policy.ladder.tries_per_step: the key `tries_per_step` was already given on "
        "line 16")),
    "tag": (GOOD.replace("80 mg", "!!python/name:os.system x").encode(), f"{FILE}:11: {STEP}.dose"),
    "tab": (GOOD.replace("  treatment", "\ttreatment").encode(), f"{FILE}:5: not readable as YAML"),
    "bracket": (GOOD.replace("of_last: 3}", "of_last: 3").encode(), "a bracket or comma"),
    "quote": (GOOD.replace("My clinic", "'My clinic").encode(), "the quotes opened here"),
    "deep": (b"a: " + b"[" * 5000, f"{FILE}:1: a"),
    "long": (b"#\n" * 100_000, f"{FILE}:4001: the file has more than 4000 lines"),
    "large": (b"a: " + b"x" * 10_000_000, f"{FILE}: the file is too large"),
}  # fmt: skip


EXTENDS = "extends: {}\nscenario: mine\ntitle: Mine\n"
CHAINS: dict[str, tuple[dict[str, str], str]] = {
    "itself": ({FILE: EXTENDS.format("./mine.yaml")}, (
        f"{FILE}:1: extends: the files extend each other in a loop: mine.yaml -> mine.yaml\n")),
    "each other": ({FILE: EXTENDS.format("./b.yaml"), "b.yaml": "# b\nextends: ./mine.yaml\n"}, (
        "b.yaml:2: extends: the files extend each other in a loop: mine.yaml -> b.yaml -> mine.yaml"
        f" (extended by {FILE}:1)\n")),
    "nothing": ({FILE: EXTENDS.format("./gone.yaml")}, (
        f"{FILE}:1: extends: there is no file `gone.yaml`; check it\n")),
    "a name with a slip": ({FILE: EXTENDS.format("guidline-2018")}, (
        f"{FILE}:1: extends: there is no shipped scenario `guidline-2018`; "
        "did you mean `guideline-2018`?")),
    "two": ({FILE: EXTENDS.format("[a, b]")}, f"{FILE}:1: extends: one file or the name of one"),
    "a binary file": ({FILE: EXTENDS.format("./b.yaml"), "b.yaml": "a: \0\n"}, (
        f"b.yaml:1: the control character U+0000 is not allowed here; delete it "
        f"(extended by {FILE}:1)\n")),
    "a mistake": ({FILE: EXTENDS.format("./b.yaml"), "b.yaml": GOOD.replace("80 mg", "80")}, (
        f"b.yaml:11: {STEP}.dose: `80` has no unit; write a mass of drug, in mg or a dose per body "
        f"weight, in mg/kg (extended by {FILE}:1)\n")),
    "a mistake of the third": ({
        FILE: EXTENDS.format("./b.yaml"),
        "b.yaml": "title: B\nextends: ./c.yaml\n",
        "c.yaml": GOOD.replace("gap: 14", "gap: 0"),
    }, (
        "c.yaml:17: policy.ladder.gap: `0 d` is out of range; allowed: 1 d or more and 365 d or"
        f" less (extended by b.yaml:2, extended by {FILE}:1)\n")),
    "what it then contradicts": ({
        FILE: EXTENDS.format("./b.yaml") + "policy: {maintenance: {interval: 14 d}}\n",
        "b.yaml": GOOD,
    }, (
        "b.yaml:19: policy.response.judge_at: the response is judged 22 d after a course, but the "
        f"next course starts after 14 d; allowed: less than 14 d (extended by {FILE}:1)\n")),
    "its own mistake": ({
        FILE: EXTENDS.format("./b.yaml") + "policy: {maintenance: {interval: 14}}\n",
        "b.yaml": GOOD,
    }, f"{FILE}:4: policy.maintenance.interval: `14` has no unit; write `14 d`\n"),
}  # fmt: skip


OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "no patients": (("--patients", "0"), "patients: 0 cannot be used; allowed: 1 to 4294967296"),
    "fewer": (("--patients", "-5"), "patients: -5 cannot be used; allowed: 1 to 4294967296"),
    "ten": (("--patients", "ten"), "patients: `ten` is not a whole number; write digits only"),
    "1e3": (("--patients", "1e3"), "patients: `1e3` is not a whole number; write digits only"),
    "010": (("--patients", "010"), "patients: `010` starts with a 0 too many; write `10`"),
    "nothing": (("--patients", ""), "patients: `` is not a whole number; write digits only"),
    "no years": (("--years", "0"), (
        "years: a horizon of 0 years cannot be simulated; allowed: 0.003 (one day) to 60")),
    "an hour": (("--years", "0.0001"), (
        "years: a horizon of 0.0001 years cannot be simulated; allowed: 0.003 (one day) to 60")),
    "a century": (("--years", "100"), "allowed: 0.003 (one day) to 60"),
    "years back": (("--years", "-1"), "years: a horizon of -1 years cannot be simulated"),
    "years that are no number": (("--years", "nan"), "years: `nan` is not a number; write digits"),
    "endless years": (("--years", "inf"), "years: `inf` is not a number; write digits"),
    "huge years": (("--years", "1e999"), "years: `1e999` is too large"),
    "years with their unit": (("--years", "10 year"), "years: `10 year` has a unit; a plain"),
    "seed": (("--seed", "-1"), "seed: -1 cannot be used; allowed: 0 to 18446744073709551615"),
    "threads": (("--threads", "0"), "threads: 0 cannot be used; allowed: 1 to 1024"),
    "engine": (("--engine", "kernal"), (
        "engine: there is no engine `kernal`; did you mean `kernel`?")),
}  # fmt: skip
