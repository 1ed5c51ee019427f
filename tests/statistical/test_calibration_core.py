"""The calibration where the answer is known. Seeds are fixed, false-alarm rates are stated."""

import numpy as np
import pytest

from pathways.calibration import bank as banks
from pathways.calibration import emulator, recovery, story
from pathways.calibration.likelihood import Target, from_scale, log_likelihood, to_scale
from pathways.calibration.posterior import contraction, sample
from pathways.calibration.prior import Prior
from pathways.calibration.settings import shipped_settings
from pathways.errors import ValueProblem

MATRIX = np.array([[1.0, 0.0, 0.5], [0.0, 2.0, 0.0], [0.3, 0.3, 0.0]])
SIZES = (0.5, 0.4, 1.0)
SMALL = 4_000


def normal_targets(values=(0.8, -1.0, 0.2)):
    return [
        Target(f"toy.{i}", value, standard_error=se)
        for i, (value, se) in enumerate(zip(values, SIZES, strict=True))
    ]


@pytest.fixture(scope="module")
def design():
    return Prior(["slow_effect_c50", "slow_effect_half_life", "racemic_potency"]).design(512, 7)


@pytest.fixture(scope="module")
def linear(design):
    return emulator.fit(design, design @ MATRIX.T)


def test_a_linear_model_has_the_posterior_of_the_textbook(linear):
    # A conjugate normal: precision 1 + A' S^-1 A. 20,000 draws: each mean lies within 5 standard
    # errors (false alarm 2e-6 for three means, were the draws independent).
    targets = normal_targets()
    noise = np.diag(1.0 / np.array(SIZES) ** 2)
    covariance = np.linalg.inv(np.eye(3) + MATRIX.T @ noise @ MATRIX)
    mean = covariance @ MATRIX.T @ noise @ np.array([target.value for target in targets])
    found = sample(linear, targets, 3, draws=20_000, seed=3)
    deviation = np.sqrt(np.diag(covariance))
    assert np.abs(found.points.mean(axis=0) - mean).max() < 5 * deviation.max() / np.sqrt(20_000)
    assert found.points.std(axis=0) == pytest.approx(deviation, rel=0.03)
    assert contraction(found.points) == pytest.approx(1.0 - deviation**2, abs=0.05)
    assert found.effective > 10_000


def test_a_share_has_the_posterior_of_the_grid():
    points = Prior(["slow_effect_c50"]).design(256, 1)
    target = Target("toy.share", 0.3, total=40)
    logit = emulator.fit(points, 0.5 + 1.5 * points)
    found = sample(logit, [target], 1, draws=20_000, seed=5)
    grid = np.linspace(-6.0, 6.0, 20_001)
    share = 1.0 / (1.0 + np.exp(-(0.5 + 1.5 * grid)))
    density = np.exp(-0.5 * grid**2) * share**12 * (1.0 - share) ** 28
    density /= density.sum()
    mean = (grid * density).sum()
    deviation = np.sqrt((grid**2 * density).sum() - mean**2)
    assert found.points.mean() == pytest.approx(mean, abs=5 * deviation / np.sqrt(20_000))
    assert found.points.std() == pytest.approx(deviation, rel=0.03)


def test_the_same_seed_gives_the_same_draws(linear):
    first = sample(linear, normal_targets(), 3, draws=200, seed=11)
    again = sample(linear, normal_targets(), 3, draws=200, seed=11)
    other = sample(linear, normal_targets(), 3, draws=200, seed=12)
    assert np.array_equal(first.points, again.points)
    assert not np.array_equal(first.points, other.points)


def test_the_truth_is_found_as_often_as_stated(design):
    # 90 % intervals in 60 worlds and three unknowns: coverage of each within a binomial interval of
    # false-alarm rate 1e-4 (43 to 60 of 60).
    expected = design @ MATRIX.T
    found = recovery.recover(design, expected, normal_targets(), worlds=60, seed=2, draws=400)
    assert found.level == 0.9
    assert (found.covered.sum(axis=0) >= 43).all()
    assert found.covered.mean() < 0.99


def test_intervals_too_narrow_would_be_noticed(design):
    # The same, told that results are five times more precise than they are.
    expected = design @ MATRIX.T
    boast = [Target(t.name, t.value, standard_error=t.standard_error) for t in normal_targets()]
    random = np.random.default_rng(4)
    fitted = emulator.fit(design, expected)
    missed = 0
    for world in range(30):
        data = recovery.made_data(boast, expected[world], random)
        sharper = [Target(t.name, t.value, standard_error=t.standard_error / 5.0) for t in data]
        points = sample(fitted, sharper, 3, draws=300, seed=world, size=SMALL).points
        low, high = np.quantile(points, [0.05, 0.95], axis=0)
        missed += int(((design[world] < low) | (design[world] > high)).sum())
    assert missed > 20


def test_a_quadratic_is_emulated_exactly_and_noise_is_owned_up_to(design):
    quadratic = 1.0 + design[:, :1] * design[:, 1:2] - 0.5 * design[:, 2:] ** 2
    fitted = emulator.fit(design, quadratic)
    assert fitted(design) == pytest.approx(quadratic, abs=1e-3)
    assert fitted.explained[0] > 0.999
    noise = 0.3 * np.random.default_rng(1).standard_normal(quadratic.shape)
    noisy = emulator.fit(design, quadratic + noise)
    # 102 points held out: the error's estimate lies within 30 % (false alarm below 1e-3).
    assert noisy.spread[0] == pytest.approx(0.3, rel=0.3)


def test_scales_are_inverse_and_shares_of_all_or_none_are_finite():
    share = Target("toy.share", 0.3, total=40)
    assert from_scale(share, to_scale(share, np.array([0.2, 0.7]))) == pytest.approx([0.2, 0.7])
    expected = to_scale(share, np.array([[0.0], [1.0]]))
    assert np.isfinite(log_likelihood([share], expected, np.array([0.1]))).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"value": 0.5}, "either a standard error or a number of patients"),
        ({"value": 0.5, "standard_error": 1.0, "total": 3}, "either a standard error"),
        ({"value": 1.5, "total": 3}, "a share of 1.5"),
        ({"value": 1.5, "standard_error": 0.0}, "standard error 0"),
    ],
)
def test_a_target_that_says_nothing_is_refused(given, said):
    with pytest.raises(ValueProblem, match=said):
        Target("toy.bad", **given)


def test_the_prior_is_the_books():
    prior = Prior(["slow_effect_c50", "responder_share_by_condition.crps"])
    middle = prior.values(np.zeros(2))
    assert middle["slow_effect_c50"] == pytest.approx(9.55, rel=0.01)  # exp(2.256)
    assert 0.6 < middle["responder_share_by_condition.crps"] < 0.72
    low, high = (prior.values(np.full(2, z)) for z in (-1.959964, 1.959964))
    assert (low["slow_effect_c50"], high["slow_effect_c50"]) == pytest.approx((4.1, 22.4), rel=0.02)


def test_what_the_book_holds_fixed_has_no_prior():
    with pytest.raises(ValueProblem, match="no uncertainty"):
        Prior(["slow_effect_maximum"]).values(np.zeros(1))


def test_the_truth_is_found_with_the_trials_that_are_fitted_to():
    # 20 worlds at simulated points of the bank, 90 % intervals. Of one unknown 11 or fewer of 20
    # would be held once in 16,700 times, of any of 30 once in 550; the mean over all unknowns lies
    # within 6 points of 90 %, five standard errors if the unknowns were independent.
    settings = shipped_settings()
    found = story.recovery_of(settings, banks.kept(settings), seed=17, worlds=20)
    assert (found.covered.sum(axis=0) > 11).all()
    assert abs(found.covered.mean() - found.level) < 0.06
