"""What is fitted and to what: the settings, and the kept points and draws."""

import numpy as np
import pytest

from pathways.calibration import bank as banks
from pathways.calibration import kept, simulate
from pathways.calibration.bank import values_at
from pathways.calibration.settings import Settings, shipped_settings
from pathways.calibration.targets import endpoint_of, targets_of
from pathways.errors import InputError, ValueProblem
from pathways.evidence.book import book
from pathways.evidence.posterior import posterior_draws
from pathways.trials import load_trial, targets

ALLOWED = {"T2", "M2", "T6", "T7", "S8", "Q7", "Q8", "C1", "B13"}
PREDICTED = ("pickering-2020", "correll-2004", "kiefer-2008-pilot", "orhurhu-2019")


@pytest.fixture(scope="module")
def settings() -> Settings:
    return shipped_settings()


@pytest.fixture(scope="module")
def published() -> dict[str, float]:
    return {f"{one.trial}.{one.endpoint}": one.value for one in targets(use="calibration")}


@pytest.fixture(scope="module")
def bank(settings):
    return banks.kept(settings)


def test_targets_are_those_that_may_be_fitted_to_and_no_others(settings, published):
    assert {one.evidence for one in settings.targets} == ALLOWED
    assert not {one.trial for one in settings.targets} & set(PREDICTED)
    assert {one.name for one in settings.targets} == set(published)


def test_numbers_come_from_the_trial_files(settings, published):
    used = [one for one in settings.targets if one.weight > 0.0]
    for setting, target in zip(used, targets_of(settings), strict=True):
        assert target.value == published[setting.name]
        assert setting.weight == 1.0 or setting.because
        assert setting.standard_error is None or (setting.status and setting.note)


def test_a_weight_is_a_smaller_trial(settings):
    whole = settings.model_copy(
        update={"targets": settings.reweighed({one.name: 1.0 for one in settings.targets})}
    )
    fourth = settings.model_copy(
        update={"targets": settings.reweighed({one.name: 0.25 for one in settings.targets})}
    )
    for one, less in zip(targets_of(whole), targets_of(fourth), strict=True):
        if one.is_share:
            assert less.total == pytest.approx(one.total / 4.0)
        else:
            assert less.standard_error == pytest.approx(2.0 * one.standard_error)


def test_every_prior_is_the_books_and_what_is_widened_says_why(settings):
    names = {one.name for one in book()}
    for one in settings.unknowns:
        assert one.key.partition(".")[0] in names
        assert one.widened == 1.0 or one.because
    middle, own = values_at(settings, np.zeros(len(settings.unknowns) + len(settings.own)))
    for key, value in middle.items():
        name, _, component = key.partition(".")
        stated = book().parameter(name).distributions()[component]
        assert value == pytest.approx(stated.quantile(0.5), rel=1e-9)
    assert own == {one.name: one.median for one in settings.own}


def test_what_moves_a_target_is_fitted_or_named(settings):
    fitted = {one.key for one in settings.unknowns} | {one.key for one in settings.left}
    for one in kept.screen():
        assert one.largest < 0.5 or one.key in fitted, (one.key, one.target, one.largest)


def test_the_bank_is_the_design_of_its_seed(settings, bank):
    assert np.abs(bank.points - banks.design(settings)).max() < 2.0 * 10.0**-banks.PLACES
    assert bank.expected.shape == (settings.bank.points, len(settings.targets))
    assert bank.possible.mean() > 0.99
    assert np.isnan(bank.expected[~bank.possible]).all()


def test_a_point_simulated_again_is_the_same(settings, bank):
    # All trials, so that a bank of other trial files, evidence or rules is found out.
    again = banks.simulated_point(settings, banks.design(settings), 5)
    assert again == bank.expected[5].tolist()


def test_draws_are_values_that_runs_accept(settings):
    from pathways.calibration.possible import is_possible
    from pathways.resolve.resolver import resolve
    from pathways.scenario import load_scenario

    draws = posterior_draws()
    assert draws.keys == tuple(one.key for one in settings.unknowns)
    assert len(draws.rows) == settings.draws
    assert any("experiments/calibrate.py" in line for line in draws.made_by)
    rows = [dict(zip(draws.keys, row, strict=True)) for row in draws.rows]
    assert all(map(is_possible, rows[::10]))
    for draw in (1, 2, 3):
        resolve(load_scenario("dose-ladder"), patients=1, draw=draw)


def test_a_number_of_a_trial_file_is_laid_over_and_nothing_else(settings):
    for one in settings.own:
        trial = load_trial(one.trial)
        other = simulate.with_number(trial, one, 0.123)
        differs = str(other.document).replace("0.123", "X")
        assert str(other.document) != str(trial.document)
        assert differs.count("X") == 1
    wrong = settings.own[0].model_copy(update={"path": "drop_out.speed"})
    with pytest.raises(ValueProblem, match="nothing at"):
        simulate.with_number(load_trial(wrong.trial), wrong, 1.0)


def test_targets_that_are_none_are_refused(settings):
    prediction = settings.targets[0].model_copy(
        update={"trial": "pickering-2020", "endpoint": "difference"}
    )
    with pytest.raises(ValueProblem):
        endpoint_of(prediction)
    sizeless = next(one for one in settings.targets if one.standard_error is not None)
    bare = settings.model_copy(
        update={"targets": (sizeless.model_copy(update={"standard_error": None}),)}
    )
    with pytest.raises(ValueProblem, match="needs `standard_error`"):
        targets_of(bare)


def test_variants_change_what_they_say(settings):
    for variant in settings.variants:
        other = settings.varied(variant.name)
        assert {
            one.name: one.weight for one in other.targets if one.name in variant.weights
        } == variant.weights
    with pytest.raises(ValueProblem, match="no variant"):
        settings.varied("nothing")


def test_a_bank_of_other_columns_is_refused(settings, bank):
    text = banks.as_text(bank, ["again"])
    again = banks.read(text, settings)
    assert np.array_equal(again.points, bank.points)
    assert np.array_equal(again.expected, bank.expected, equal_nan=True)
    with pytest.raises(InputError, match="columns"):
        banks.read(text.replace("z slow_effect_c50", "z slow_c50"), settings)
