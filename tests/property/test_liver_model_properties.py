"""What must hold for the model with a liver whatever its parameters."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pathways.resolve.kinetics import advance, concentration
from pathways.resolve.liver_model import LiverModel

volumes = st.floats(5.0, 500.0)
flows = st.floats(2.0, 400.0)
rates = st.floats(0.05, 20.0)
models = st.builds(
    LiverModel, volumes, flows, volumes, flows, volumes, flows, volumes, rates, rates, st.booleans()
)
clearances = st.floats(5.0, 400.0)
weights = st.floats(35.0, 170.0)


def solved(model, clearance, weight):
    return model.modes(np.array([clearance]), np.array([weight]))


@given(models, clearances, weights)
def test_modes_are_positive_ordered_and_keep_the_mass(model, clearance, weight):
    of = solved(model, clearance, weight)
    falling = of.rates[:, 0]
    assert np.all(falling[:-1] >= falling[1:]) and falling[-1] > 0.0
    assert np.all(of.gains >= 0.0)
    # At steady state the gains add up to what comes in over what is cleared.
    assert np.isclose(of.gains.sum(), 1000.0 / clearance, rtol=1e-7)
    # At the first moment only the central volume holds drug.
    central = model.central_volume * (weight / 70.0 if model.is_allometric else 1.0)
    assert np.isclose((of.gains * of.rates).sum(), 1000.0 / central, rtol=1e-7)


@given(models, weights, st.floats(1.0, 500.0), st.floats(0.25, 24.0))
def test_concentrations_fall_after_an_infusion(model, weight, dose, hours):
    of = solved(model, model.clearance, weight)
    state = advance(np.zeros((4, 1)), hours, dose / hours, of)
    later = [concentration(advance(state, after, 0.0, of))[0] for after in (0.0, 0.5, 2.0, 9.0)]
    assert all(one > other >= 0.0 for one, other in zip(later, later[1:], strict=False))


@given(models)
def test_the_liver_cannot_clear_more_than_flows_through_it(model):
    assert 0.0 < model.extraction < 1.0
    assert model.clearance < min(model.hepatic_flow, model.intrinsic_clearance)
