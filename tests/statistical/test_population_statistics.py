"""Do sampled patients have the distributions that the population describes?

Each check refuses a right sampler with probability ALARM for a seed picked at random; there are
about 40, so all together below one in a thousand. The seed is fixed, so the outcome never changes.
"""

from __future__ import annotations

import numpy as np
import pytest
from plans import make_plan
from scipy import stats

from pathways import layout
from pathways.codes import Comorbidity, Condition
from pathways.fastcore.population import sample_traits
from pathways.resolve.tables import cholesky, flare_sd, weekly_error_variance

ALARM = 2e-5
SEED = 20261123
COUNT = 200_000
LIMIT = stats.norm.isf(ALARM / 2.0)
EVERYBODY = -1000
DEPRESSION, ANXIETY, CONDITION, PAIN = 2, 3, 1, 0
CORRELATIONS = {(PAIN, DEPRESSION): 0.5, (PAIN, CONDITION): 0.3, (DEPRESSION, ANXIETY): 0.6}


def factor() -> np.ndarray:
    size = layout.COPULA_DIMENSIONS
    matrix = np.eye(size)
    for (i, j), correlation in CORRELATIONS.items():
        matrix[i, j] = matrix[j, i] = correlation
    return np.ravel(cholesky(matrix.tolist(), [str(k) for k in range(size)]))


@pytest.fixture(scope="module")
def plan():
    """Everybody enrols, so that the stated distributions are those of the sample."""
    return make_plan(
        patients=COUNT,
        seed=SEED,
        enrolment_threshold_x10=EVERYBODY,
        copula_factor=factor(),
        weight_low_kg=1.0,
        weight_high_kg=1000.0,
        lead_highest_days=10_000,
        raised_pressure_share=0.2,
    )


@pytest.fixture(scope="module")
def traits(plan):
    return sample_traits(plan)


def has(traits: np.ndarray, comorbidity: Comorbidity) -> np.ndarray:
    return (traits["comorbidities"] >> comorbidity) & 1 == 1


def agrees(values: np.ndarray, expected: float) -> bool:
    """Tell whether the mean of values is the expected one within sampling error."""
    error = values.std() / np.sqrt(len(values))
    return abs(values.mean() - expected) < LIMIT * error


PREVALENCES = {
    Comorbidity.DEPRESSION: 0.393,
    Comorbidity.ANXIETY: 0.402,
    Comorbidity.INSOMNIA: 0.421,
    Comorbidity.OPIOID_MISUSE: 0.25,
    Comorbidity.HYPERTENSION: 0.45,
    Comorbidity.HYPERTENSION_UNCONTROLLED: 0.08,
    Comorbidity.CARDIOVASCULAR_DISEASE: 0.12,
    Comorbidity.LIVER_DISEASE_MODERATE: 0.043,
    Comorbidity.LIVER_DISEASE_SEVERE: 0.003,
    Comorbidity.SUBSTANCE_USE_HISTORY: 0.12,
    Comorbidity.SUBSTANCE_USE_ACTIVE: 0.04,
    Comorbidity.PSYCHOSIS_HISTORY: 0.015,
    Comorbidity.RAISED_PRESSURE: 0.2,
}


@pytest.mark.parametrize("comorbidity", PREVALENCES)
def test_prevalences(traits, comorbidity):
    assert agrees(has(traits, comorbidity), PREVALENCES[comorbidity])


@pytest.mark.parametrize("condition", Condition)
def test_the_mix_of_conditions(traits, condition):
    expected = [0.08, 0.30, 0.34, 0.28][condition]
    assert agrees(traits["condition"] == condition, expected)


@pytest.mark.parametrize("condition", Condition)
def test_responders_by_condition(plan, traits, condition):
    chosen = traits["responder"][traits["condition"] == condition]
    assert agrees(chosen, plan.population["responder_share"][0][condition])


CONTINUOUS = {
    "pain_level": stats.norm(5.5, 1.9),
    "weight_kg": stats.lognorm(0.23, scale=np.exp(4.34)),
    "c50": stats.lognorm(0.7, scale=10.5),
    "death_clock": stats.expon(),
}


@pytest.mark.parametrize("column", CONTINUOUS)
def test_continuous_traits(traits, column):
    assert stats.kstest(traits[column], CONTINUOUS[column].cdf).pvalue > ALARM


def test_age_is_a_truncated_normal(plan, traits):
    one = plan.population[0]
    mean, sd = one["age_mean_years"], one["age_sd_years"]
    ends = stats.norm.ppf([one["age_probability_low"], one["age_probability_high"]])
    truncated = stats.truncnorm(*ends, loc=mean, scale=sd)
    # Ages are whole days; half a day up is their middle.
    years = (traits["age_days"] + 0.5) / 365.0
    assert stats.kstest(years, truncated.cdf).pvalue > ALARM
    assert years.min() > mean + sd * ends[0] - 0.01 and years.max() < mean + sd * ends[1] + 0.01


def test_clearance_given_weight_is_log_normal(traits):
    usual = traits["weight_kg"], ~has(traits, Comorbidity.LIVER_DISEASE_SEVERE)
    typical = 79.0 * (usual[0] / 70.0) ** 0.75
    z = np.log(traits["clearance"] / typical)[usual[1]] / 0.25
    assert stats.kstest(z, stats.norm.cdf).pvalue > ALARM
    slow = np.log(traits["clearance"] / typical)[~usual[1]]
    assert agrees(slow, np.log(0.6))


@pytest.mark.parametrize("end", ["assessment", "treatment"])
def test_lead_times_are_log_normal(traits, end):
    mu = {"assessment": 4.0, "treatment": 3.0}[end]
    days = traits[f"lead_to_{end}_days"]
    for limit in (10, 20, 40, 80):
        share = stats.norm.cdf((np.log(limit + 0.5) - mu) / 0.5)
        assert agrees(days <= limit, share)


def test_opioid_doses_have_the_stated_mean_and_spread(traits):
    doses = traits["opioid_dose"]
    users = doses[doses > 0.0]
    assert agrees(doses > 0.0, 0.4)
    assert agrees(users, 45.0)
    log_sd = np.sqrt(np.log(1.0 + (40.0 / 45.0) ** 2))
    assert abs(np.log(users).std() / log_sd - 1.0) < LIMIT / np.sqrt(2.0 * len(users))


def test_expectation_amplitudes(traits):
    # Negative amplitudes count as none, so those who have one are a little fewer.
    share = 0.23 * stats.norm.cdf(1.8 / 0.9)
    amplitude = traits["expectation_amplitude"]
    assert agrees(amplitude > 0.0, share)
    truncated = stats.truncnorm(-2.0, np.inf, loc=1.8, scale=0.9)
    assert stats.kstest(amplitude[amplitude > 0.0], truncated.cdf).pvalue > ALARM


def both_above(correlation: float, first: float, second: float) -> float:
    """Return the probability that two correlated normals exceed their thresholds."""
    normal = stats.multivariate_normal(cov=[[1.0, correlation], [correlation, 1.0]])
    return float(normal.cdf([-first, -second]))


def test_comorbidities_occur_together_as_correlated(traits):
    thresholds = stats.norm.isf([0.393, 0.402])
    both = has(traits, Comorbidity.DEPRESSION) & has(traits, Comorbidity.ANXIETY)
    assert agrees(both, both_above(CORRELATIONS[DEPRESSION, ANXIETY], *thresholds))
    apart = has(traits, Comorbidity.DEPRESSION) & has(traits, Comorbidity.HYPERTENSION)
    assert agrees(apart, 0.393 * 0.45)


def test_pain_goes_with_comorbidity_and_condition_as_correlated(traits):
    high = traits["pain_level"] > 5.5 + 1.9
    threshold = stats.norm.isf(0.393)
    both = high & has(traits, Comorbidity.DEPRESSION)
    assert agrees(both, both_above(CORRELATIONS[PAIN, DEPRESSION], 1.0, threshold))
    both = high & (traits["condition"] == Condition.FIBROMYALGIA)
    assert agrees(both, both_above(CORRELATIONS[PAIN, CONDITION], 1.0, stats.norm.isf(0.28)))


def test_selection_keeps_the_link_between_pain_and_comorbidity(plan, traits):
    # Redrawing pain until the score is met must give what picking the enrolled gives.
    selected = sample_traits(
        make_plan(patients=COUNT, seed=SEED + 1, copula_factor=factor(), enrolment_threshold_x10=60)
    )
    picked = traits[traits["enrolment_score_sum"] >= 42]
    for value in (
        lambda group: group["pain_level"],
        lambda group: group["flare_at_enrolment"],
        lambda group: has(group, Comorbidity.DEPRESSION),
        lambda group: group["condition"] == Condition.FIBROMYALGIA,
        lambda group: group["interference"],
        lambda group: group["enrolment_score_sum"],
    ):
        one, two = value(selected), value(picked)
        error = np.sqrt(one.var() / len(one) + two.var() / len(two))
        assert abs(one.mean() - two.mean()) < LIMIT * error


def test_regression_to_the_mean_follows_from_selection():
    # Far from both ends of the scale, level and score are jointly normal and the fall is exact.
    rho, level_sd, weights = 0.65, 0.7, make_plan().population["diary_weights"][0]
    # Rounding to whole scores adds a variance of 1/12 a day, nearly independent between days.
    error = weekly_error_variance(0.6, weights) + 1.0 / 12.0 / 7.0
    flare = flare_sd(level_sd, error, rho, 0.6, 4)
    plan = make_plan(
        patients=COUNT,
        seed=SEED,
        enrolment_threshold_x10=56,
        pain_level_mean=5.0,
        pain_level_sd=level_sd,
        flare_sd=flare,
        diary_error_sd=0.6,
    )
    traits = sample_traits(plan)
    selected = traits["enrolment_score_sum"] / 7.0 - 5.0
    four_weeks_later = traits["pain_level"] + 0.6**4 * traits["flare_at_enrolment"] - 5.0
    left = four_weeks_later - rho * selected
    assert selected.mean() > 0.8
    # The rounding's variance is only nearly known: a tolerance beside the sampling error.
    assert abs(left.mean()) < LIMIT * left.std() / np.sqrt(COUNT) + 0.005
