"""Protocols made at random: named regimens on days that leave each course the room it needs."""

from __future__ import annotations

from hypothesis import strategies as st
from strategy_parts import Document

from pathways.scenario.protocol import infusion_days
from pathways.scenario.regimen import Regimen

RULES_OF_CLINICS = ("ladder", "response", "maintenance", "limits")
RULES_AT_THE_END = ("adherence_to_rule", "loss_of_response", "taper")


def follow_a_protocol(draw: st.DrawFn, document: Document) -> None:
    """Make a closed cohort of a drawn document follow a protocol of the regimens of its ladder."""
    policy = document["policy"]
    steps = policy["ladder"]["steps"]
    for name in RULES_OF_CLINICS:
        policy.pop(name, None)
    ends = {key: one for key, one in policy.pop("exit", {}).items() if key not in RULES_AT_THE_END}
    if ends:
        policy["exit"] = ends
    policy["protocol"] = draw(_protocols(steps))
    document["changes"] = []


@st.composite
def _protocols(draw: st.DrawFn, steps: list[Document]) -> Document:
    regimens = [{**step, "name": f"regimen {n}"} for n, step in enumerate(steps)]
    courses, day = [], draw(st.integers(1, 20))
    for number in draw(st.lists(st.integers(0, len(steps) - 1), min_size=1, max_size=4)):
        courses.append({"day": f"{day} d", "regimen": f"regimen {number}"})
        last = infusion_days(Regimen.model_validate(regimens[number]), day)[-1]
        day = last + 2 + draw(st.integers(0, 40))
    last_visit = last + 1 + draw(st.integers(0, 60))
    return {"regimens": regimens, "courses": courses, "last_visit": f"{last_visit} d"}
