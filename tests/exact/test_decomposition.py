"""What the change in pain is made of: cases worked by hand, and runs in which it must add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plans import make_plan, make_traits

from pathways import layout, simulate
from pathways.errors import InputError
from pathways.outcomes.agreement import ConservationError
from pathways.outcomes.decomposition import COMPONENTS, decompose
from pathways.plan import RawResult

OBSERVATION = layout.numpy_dtype(layout.OBSERVATION)
RESULTS = layout.numpy_dtype(layout.RESULTS)
FLOOR = 0.2
DAYS = (0, 28)


def clip(value: float) -> float:
    return min(max(value, 0.0), 10.0)


def seen(level=7.0, flare=0.0, slow=0.0, programme=1.0, interaction=1.0, expectation=0.0, **more):
    """Return the fields of an observation as the rules make them (docs/model.md 5.2)."""
    base = clip(level + flare)
    remaining = (1.0 - slow) * programme * interaction
    treated = base * max(remaining, FLOOR)
    return {
        "seen": 1,
        "score": 5,
        "level": level,
        "flare": flare,
        "base": base,
        "slow_relief": slow,
        "programme_remaining": programme,
        "remaining": remaining,
        "treated": treated,
        "expectation": expectation,
        "pain": clip(treated - expectation),
        **more,
    }


def run_of(*observed, days=DAYS[:1], score_sum=49, pain_level=7.0, **plan_fields):
    """Return a run whose patients were seen so on each of the days, and its plan."""
    patients = len(observed) // len(days)
    plan = make_plan(
        patients=patients, years=1, observed_days=days, remaining_floor=FLOOR, **plan_fields
    )
    records = np.zeros(len(observed), OBSERVATION)
    for record, fields in zip(records, observed, strict=True):
        for name, value in fields.items():
            record[name] = value
    raw = RawResult(
        traits=make_traits(plan, enrolment_score_sum=score_sum, pain_level=pain_level),
        results=np.zeros(patients, RESULTS),
        weekly=np.zeros(0),
        events=None,
        observations=records.reshape(patients, len(days)),
    )
    return raw, plan


def parts_of(observed, **fields) -> dict[str, float]:
    found = decompose(*run_of(observed, **fields))
    return {name: found.part(name)[0, 0] for name in COMPONENTS}


def only(**parts: float):
    return pytest.approx({**dict.fromkeys(COMPONENTS, 0.0), **parts}, abs=1e-12)


def test_nothing_changes_nothing():
    assert parts_of(seen()) == only()


def test_regression_and_drug_share_what_they_do_together():
    # 7 at enrolment; own level 6; half of it relieved. Either first: -1 and -3, or -0.5 and -3.5.
    parts = parts_of(seen(level=6.0, slow=0.5), pain_level=6.0)
    assert parts == only(regression=-0.75, drug=-3.25)


def test_flare_belongs_to_regression():
    assert parts_of(seen(flare=1.25)) == only(regression=1.25)
    assert parts_of(seen(level=9.5, flare=2.0), pain_level=9.5) == only(regression=3.0)


def test_recovery_is_natural_history():
    parts = parts_of(seen(level=2.0, flare=0.5))
    assert parts == only(regression=0.5, natural_history=-5.0)


def test_interaction_is_shared_by_drug_and_programme():
    # 0.5 * 0.8 * (1 - 0.25 * 0.5 * 0.2) = 0.39 of 8 is left.
    together = seen(level=8.0, slow=0.5, programme=0.8, interaction=0.975)
    parts = parts_of(together, pain_level=8.0, score_sum=56)
    assert parts == only(programme=-1.24, drug=-3.64)
    assert decompose(*run_of(together, pain_level=8.0)).outcome[0, 0] == pytest.approx(3.12)


def test_two_that_do_the_same_get_the_same():
    parts = parts_of(seen(slow=0.25, programme=0.75, expectation=0.5))
    assert parts["drug"] == parts["programme"] < 0.0


def test_least_that_is_left_is_the_floors():
    # A tenth would be left of 5, a fifth is: drug alone -4.5 without the floor, -4 with it.
    parts = parts_of(seen(level=5.0, slow=0.9), pain_level=5.0, score_sum=35)
    assert parts == only(drug=-4.25, floor=0.25)


def test_end_of_the_scale_is_the_floors():
    parts = parts_of(seen(level=2.0, expectation=3.0), pain_level=2.0, score_sum=14)
    assert parts == only(expectation=-2.5, floor=0.5)


def test_score_counts_its_error_as_regression():
    observed = seen(slow=0.5, score=6)
    found = decompose(*run_of(observed), endpoint="score")
    assert found.outcome[0, 0] == 6.0
    assert found.part("drug")[0, 0] == pytest.approx(-3.5)
    assert found.part("regression")[0, 0] == pytest.approx(6.0 - 3.5)
    assert found.parts[0, 0].sum() == pytest.approx(6.0 - 7.0, abs=1e-12)


def test_missing_scores_and_unseen_days_do_not_count():
    observed = [seen(), seen(score=-1), {"seen": 0}, seen(slow=0.5)]
    raw, plan = run_of(*observed, days=DAYS)
    by_pain, by_score = decompose(raw, plan), decompose(raw, plan, endpoint="score")
    assert by_pain.counted.tolist() == [[True, True], [False, True]]
    assert by_score.counted.tolist() == [[True, False], [False, True]]
    assert not by_pain.parts[1, 0].any() and by_pain.outcome[1, 0] == 0.0
    means = by_pain.means()
    assert means["patients"].tolist() == [1, 2]
    assert means["drug"].tolist() == [0.0, -1.75]
    assert means.loc[28, "baseline"] == 7.0
    assert means.loc[28, "change"] == means.loc[28, "outcome"] - 7.0 == -1.75


def test_patients_who_are_not_studied_do_not_count():
    raw, plan = run_of(seen(), seen(slow=0.5))
    early = replace(plan, referral_days=np.array([0, 9]), studied_days=(5, 20))
    assert decompose(raw, early).counted.tolist() == [[False], [True]]


def test_days_and_baselines_are_chosen():
    raw, plan = run_of(seen(flare=1.0), seen(flare=2.0), days=DAYS, score_sum=56)
    found = decompose(raw, plan, days=[28])
    assert found.days.tolist() == [28]
    assert found.part("regression")[0, 0] == pytest.approx(1.0)
    by_level = decompose(raw, plan, baseline="level")
    assert by_level.part("regression")[0].tolist() == pytest.approx([1.0, 2.0])
    own = decompose(raw, plan, baseline=np.array([9]))
    assert own.part("regression")[0].tolist() == pytest.approx([-1.0, 0.0])


def test_estimates_are_means_with_their_intervals():
    observed = [seen(flare=flare) for flare in (-1.0, 0.0, 0.5, 1.5)]
    rows = decompose(*run_of(*observed)).estimates().set_index("component")
    assert list(rows.index) == [*COMPONENTS, "change"]
    regression = rows.loc["regression"]
    half = 1.959963984540054 * np.std([-1.0, 0.0, 0.5, 1.5], ddof=1) / 2.0
    assert regression["mean"] == 0.25
    assert (regression["low"], regression["high"]) == pytest.approx((0.25 - half, 0.25 + half))
    assert rows["patients"].tolist() == [4] * 7
    assert rows.loc["drug", ["mean", "low", "high"]].tolist() == [0.0] * 3


def test_some_patients_are_looked_at():
    raw, plan = run_of(seen(), seen(slow=0.5), seen(slow=0.5), {"seen": 0}, days=DAYS)
    found = decompose(raw, plan)
    second = np.array([False, True])
    means = found.among(second).means()
    assert means["patients"].tolist() == [1, 0]
    assert means.loc[0, "drug"] == -3.5
    assert np.isnan(means.loc[28, "drug"])
    by_day = np.array([[True, True], [False, False]])
    assert found.among(by_day).means()["drug"].tolist() == [0.0, -3.5]
    assert not found.among(by_day).parts[1].any()
    assert found.means()["drug"].tolist() == [-1.75, -3.5]


@pytest.mark.parametrize("chosen", [np.array([True]), np.array([1, 0]), np.ones((2, 3), bool)])
def test_a_choice_of_another_shape_is_refused(chosen):
    raw, plan = run_of(seen(), seen(), seen(), seen(), days=DAYS)
    with pytest.raises(InputError, match="chosen: .*allowed: truth values, shape"):
        decompose(raw, plan).among(chosen)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"days": [7]}, "days: day 7 was not observed; allowed: .*0.*28"),
        ({"endpoint": "pian"}, "endpoint: `pian`.*did you mean `pain`"),
        ({"baseline": "enrollment"}, "baseline: `enrollment`.*did you mean `enrolment`"),
        ({"baseline": np.array([11.0])}, "allowed: numbers from 0 to 10, shape"),
        ({"baseline": np.array([np.nan])}, "allowed: numbers from 0 to 10"),
        ({"baseline": np.array([1.0, 2.0])}, "allowed: numbers from 0 to 10"),
    ],
)
def test_what_cannot_be_split_is_refused(arguments, message):
    raw, plan = run_of(seen(), seen(), days=DAYS)
    with pytest.raises(InputError, match=message):
        decompose(raw, plan, **arguments)


def test_a_run_that_observed_nothing_is_refused():
    raw, plan = run_of(seen())
    with pytest.raises(InputError, match="observed_days: this run observed no day"):
        decompose(replace(raw, observations=None), plan)


def test_an_engine_whose_pain_does_not_follow_is_found_out():
    raw, plan = run_of(seen(slow=0.5))
    raw.observations["pain"] += 1e-6
    with pytest.raises(ConservationError, match="fault of the engine"):
        decompose(raw, plan)


SIZE = {"engine": "mesa", "patients": 40, "years": 0.75, "observed_days": range(0, 270, 30)}


@pytest.fixture(scope="module")
def runs():
    names = ("guideline-2018", "usual-practice", "sham-infusion", "multidisciplinary")
    return {name: simulate(name, **SIZE) for name in names}


@pytest.mark.parametrize("endpoint", ["pain", "score"])
@pytest.mark.parametrize("baseline", ["enrolment", "level"])
def test_parts_of_real_runs_add_up_for_every_patient_and_day(runs, baseline, endpoint):
    for name, run in runs.items():
        found = decompose(run.raw, run.plan, baseline=baseline, endpoint=endpoint)
        change = (found.outcome - found.baseline[:, None])[found.counted]
        assert np.abs(found.parts[found.counted].sum(axis=-1) - change).max() < 1e-12, name
        means = found.means()
        assert np.abs(means[list(COMPONENTS)].sum(axis=1) - means["change"]).max() < 1e-9
        assert found.counted.any()


def test_what_a_policy_does_not_do_has_no_part(runs):
    found = {name: decompose(run.raw, run.plan) for name, run in runs.items()}
    assert not found["sham-infusion"].part("drug").any()
    assert found["sham-infusion"].part("expectation").any()
    for name in ("guideline-2018", "usual-practice", "sham-infusion"):
        assert not found[name].part("programme").any(), name
        assert found[name].part("regression").any(), name
    assert found["guideline-2018"].part("drug").any()
    assert found["multidisciplinary"].part("programme").any()


def test_drug_takes_nothing_from_those_it_does_not_work_in(runs):
    run = runs["usual-practice"]
    drug = decompose(run.raw, run.plan).part("drug")
    assert not drug[run.raw.traits["responder"] == 0].any()
    assert (drug <= 0.0).all()


def test_baseline_is_the_score_of_the_patients_table(runs):
    run = runs["sham-infusion"]
    means = decompose(run.raw, run.plan, days=[0]).means()
    assert means.loc[0, "baseline"] == pytest.approx(run.patients["enrolment_score"].mean())
