"""From the evidence book to the records: where each number goes, and what is refused."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy import stats

from pathways import layout
from pathways.cli.schema import scenario_schema
from pathways.codes import Condition, Domain, Purpose
from pathways.errors import InputError, ValueProblem
from pathways.evidence.book import book
from pathways.evidence.draws import address, value_at
from pathways.fastcore.draws import Draws
from pathways.resolve.kinetics import Compartments
from pathways.resolve.liver_model import LiverModel
from pathways.resolve.structure import STRUCTURAL_INPUTS
from pathways.resolve.values import (
    COPULA,
    Structure,
    biology_fields,
    evidence_values,
    kinetic_model,
    mortality_per_day,
    norm_utility,
    population_record,
    utility_knots,
)
from pathways.scenario import document

CENTRAL = evidence_values(0, 1)


def stated(key: str):
    return book().parameter(key).value


def test_draw_zero_takes_every_value_as_stated():
    for name, value in CENTRAL.items():
        expected = stated(name)
        assert value == (list(expected) if isinstance(expected, tuple) else expected), name
    assert len(CENTRAL) == len(CENTRAL.parameter_ids) == len(set(CENTRAL.parameter_ids))
    assert CENTRAL.overridden == ()


def test_draw_zero_does_not_depend_on_the_seed():
    assert dict(evidence_values(0, 1)) == dict(evidence_values(0, 2))


def test_a_draw_takes_the_addressed_quantiles():
    drawn = evidence_values(7, 42)
    parameter = book().parameter("M15")  # not one of those that were calibrated
    u = Draws(42, 7).uniform(0, address(parameter), Purpose.POPULATION_VALUE, 0)
    assert drawn["relapse_rate_after_recovery"] == value_at(parameter, u) != stated("M15")
    assert dict(drawn) == dict(evidence_values(7, 42))
    assert dict(drawn) != dict(evidence_values(7, 43)) != dict(evidence_values(8, 43))


def test_the_parameters_used_depend_on_the_structure():
    def ids(**choices):
        return set(evidence_values(0, 1, structure=Structure(**choices)).parameter_ids)

    assert {"U3", "N19"} <= ids() and not {"U5", "N18"} & ids()
    assert {"U5", "U5b"} == ids(utility="linear_eq5d") - ids()
    assert {"N18", "M147"} == ids(mortality="us") - ids()
    swapped = {
        ("utility", "sf6d"): ({"U6", "U6b"}, {"U3"}),
        ("kinetics", "perez_ruixo_2021"): ({"PK5"}, {"PK1", "M100"}),
        ("potency", "low"): ({"PD8b"}, {"PD8"}),
        ("potency", "high"): ({"PD8c"}, {"PD8"}),
        ("responder_share", "same"): ({"PD3"}, {"M111"}),
        ("responder", "redrawn"): (set(), set()),
        ("tolerance", "half_normal"): ({"PD13b"}, {"PD13"}),
        ("excess_mortality", "widespread_pain"): ({"N20b"}, {"N20"}),
        ("excess_mortality", "none"): (set(), {"N20"}),
    }
    for (choice, option), (more, fewer) in swapped.items():
        found = ids(**{choice: option})
        assert (found - ids(), ids() - found) == (more, fewer), (choice, option)


def every_option() -> list[Structure]:
    """The base, and each rival with everything else as in the base."""
    rivals = [
        {choice: option} for choice, options in STRUCTURAL_INPUTS.items() for option in options
    ]
    return [Structure(**one) for one in ({}, {"allometry": True}, *rivals)]


def test_every_option_of_a_scenario_is_known_to_the_resolver():
    for name, field in document.Structure.model_fields.items():
        if name != "allometry":
            assert list(get_args(field.annotation)) == list(STRUCTURAL_INPUTS[name]), name
            assert field.default == getattr(Structure(), name) == get_args(field.annotation)[0]
    assert set(document.Structure.model_fields) == {*STRUCTURAL_INPUTS, "allometry"}


def test_docstrings_of_options_name_the_evidence_they_use():
    for name, options in STRUCTURAL_INPUTS.items():
        words = scenario_schema()["$defs"]["Structure"]["properties"][name]["description"]
        for option, names in options.items():
            leading = [book().parameter(one).id for one in names][:1]
            assert all(f"{one}" in words for one in leading), (option, leading)


@pytest.mark.parametrize("structure", every_option(), ids=str)
def test_every_input_is_used_by_the_model(structure):
    # A value that nothing reads would be counted as evidence the run rests on.
    values = evidence_values(0, 1, structure=structure)
    read = set()
    spying = Spy(values, read)
    biology_fields(spying), population_record(spying), kinetic_model(spying)
    mortality_per_day(spying), norm_utility(spying)
    # Read by the resolver of scenarios.
    read |= {"setting_expectation_multiplier", "rule_adherence"}
    assert read == set(values)


class Spy:
    """Values that note which of them are asked for."""

    def __init__(self, values, read: set[str]) -> None:
        self.values, self.read = values, read
        self.spreads, self.structure = values.spreads, values.structure

    def __getitem__(self, name: str):
        self.read.add(name)
        return self.values[name]

    def get(self, name: str, default):
        return self[name] if name in self.values else default


def test_roles_in_the_book_fit_their_use():
    for key in CENTRAL.parameter_ids:
        assert book().parameter(key).role not in ("context", "validation_target"), key


def test_overrides_replace_values_by_id_or_name_and_are_not_drawn():
    overrides = {"pd1": 5.0, "expectation_decay_time": 14}
    for draw in (0, 3):
        values = evidence_values(draw, 1, overrides)
        assert (values["slow_effect_c50"], values["expectation_decay_time"]) == (5.0, 14)
        assert set(values.overridden) == {"PD1", "B20"}


def test_an_override_moves_no_other_draw():
    free, fixed = evidence_values(3, 1), evidence_values(3, 1, {"PD1": 5.0})
    assert {name for name in free if free[name] != fixed[name]} == {"slow_effect_c50"}


def test_components_that_are_not_given_stay():
    values = evidence_values(0, 1, {"M111": {"crps": 0.9}})
    assert values["responder_share_by_condition"] == {**stated("M111"), "crps": 0.9}
    assert stated("M111")["crps"] == 0.67


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"PD1": 0}, "parameters.PD1: slow_effect_c50 `0`; allowed: above 0"),
        ({"PD1": "10"}, "slow_effect_c50 `10`; allowed: above 0"),
        ({"PD1": [1.0]}, "another form; allowed: one number"),
        ({"PD1": float("nan")}, "allowed: above 0"),
        ({"PD1": float("inf")}, "allowed: above 0"),
        ({"PD13": -0.1}, "allowed: 0 or above"),
        ({"PD13": True}, "allowed: 0 or above"),
        ({"M7": 1.2}, "expectation_responder_share `1.2`; allowed: 0 to 1"),
        ({"M111": {"crsp": 0.5}}, "no component `crsp`; did you mean `crps`"),
        ({"M111": {"crps": 2.0}}, "parameters.M111.crps: .*allowed: 0 to 1"),
        ({"U3": [0.0] * 10}, "allowed: a list of 11 numbers"),
        ({"U5": -0.1}, "this run does not use `linear_utility_slope`"),
        ({"PD1x": 1.0}, "no parameter `PD1x`; did you mean `PD1`"),
    ],
)
def test_overrides_that_make_no_sense_are_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        evidence_values(0, 1, overrides)


def test_negative_slopes_are_allowed():
    structure = Structure(utility="linear_eq5d")
    values = evidence_values(0, 1, {"U5": -0.05, "M25": -1.0}, structure)
    assert values["linear_utility_slope"] == -0.05


def test_the_population_holds_the_stated_numbers():
    record = population_record(CENTRAL)
    assert record.dtype == layout.numpy_dtype(layout.POPULATION) and record.shape == (1,)
    one = record[0]
    assert one["male_share"] == pytest.approx(1.0 - stated("N3b"))
    assert one["enrolment_threshold_x10"] == 40
    assert np.exp(one["weight_mu"] + one["weight_sigma"] ** 2 / 2.0) == pytest.approx(79.0)
    assert np.exp(
        one["lead_to_treatment_mu"] + one["lead_to_treatment_sigma"] ** 2 / 2.0
    ) == pytest.approx(stated("M16"))
    low, high = stats.norm.cdf([18, 85], 50.4, 15.2)
    assert one["age_probability_low"] == pytest.approx(low, rel=1e-12)
    assert one["age_probability_high"] == pytest.approx(high, rel=1e-12)
    assert one["responder_share"][Condition.CRPS] == stated("M111")["crps"]
    assert one["nested_probability"] == pytest.approx([8 / 45, 0.3 / 4, 4 / 12])
    assert one["c50_median"] == stated("PD1") and one["clearance_per_70_kg"] == stated("PK1")


def test_thresholds_give_the_stated_prevalences():
    one = population_record(CENTRAL)[0]
    shares = stats.norm.sf(one["copula_threshold"])
    expected = {
        "pain_level": 0.0,
        "fibromyalgia": 0.0,
        "depression": stated("N8"),
        "anxiety": stated("N8b"),
        "insomnia": stated("N9"),
        "opioid_misuse": stated("N13") * stated("M38"),
        "hypertension": stated("N10"),
        "cardiovascular_disease": stated("N11"),
        "liver_disease": stated("N12"),
        "substance_use_history": stated("N14"),
        "psychosis_history": stated("N15"),
        "spare": 0.0,
    }
    assert list(expected) == list(COPULA)
    assert shares == pytest.approx(list(expected.values()), abs=1e-12)
    mix = np.diff(stats.norm.cdf([-np.inf, *one["condition_threshold"], np.inf]))
    assert mix == pytest.approx([stated("M120")[c.name.lower()] for c in Condition])


def test_the_copula_has_the_stated_correlations():
    factor = population_record(CENTRAL)[0]["copula_factor"].reshape(len(COPULA), len(COPULA))
    matrix = factor @ factor.T
    for pair, correlation in stated("M121").items():
        i, j = (COPULA.index(name) for name in pair.split("__"))
        assert matrix[i, j] == pytest.approx(correlation, abs=1e-14), pair
    assert np.diag(matrix) == pytest.approx(np.ones(len(COPULA)))
    assert np.count_nonzero(np.abs(matrix) > 1e-12) == len(COPULA) + 2 * len(stated("M121"))


def test_scenario_choices_replace_mix_and_threshold():
    one = population_record(CENTRAL, condition_shares=[0, 1, 0, 0], enrolment_threshold=5.7)[0]
    assert one["enrolment_threshold_x10"] == 57
    assert one["condition_threshold"].tolist() == [-1e9, 1e9, 1e9]


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueProblem, match=r"sum to 0\.9; allowed: shares summing to 1"):
        population_record(CENTRAL, condition_shares=[0.3, 0.3, 0.3, 0.0])


def test_nobody_and_everybody_can_have_a_trait():
    values = evidence_values(0, 1, {"N8": 0, "N9": 1, "N10b": 0.9})
    one = population_record(values)[0]
    assert one["copula_threshold"][COPULA.index("depression")] == 1e9
    assert one["copula_threshold"][COPULA.index("insomnia")] == -1e9
    assert one["nested_probability"][0] == 1.0


def test_contradicting_correlations_are_refused():
    overrides = {"M121": {"pain_level__depression": 0.99, "pain_level__anxiety": -0.9}}
    with pytest.raises(ValueProblem, match="anxiety with pain level, fibromyalgia, depression"):
        population_record(evidence_values(0, 1, overrides))


def test_biology_names_fields_of_the_record_and_fills_each():
    fields = biology_fields(CENTRAL)
    by_name = {one.name: one for one in layout.PARAMETERS}
    policy = ("ketamine_", "eligible_", "excluded_", "minimum_", "maximum_", "ladder_", "tries_")
    policy += ("escalation_", "step_", "definition_", "judge_", "criteri", "missing_", "baseline_")
    policy += ("drug_", "adherence_", "loss_", "maintenance", "limit_", "rest_", "taper_")
    policy += ("programme_", "therap", "acute_", "adverse_", "harm_", "laboratory_", "test")
    policy += ("choice_", "infusion_payer", "budget_", "price_", "vial_content_", "outside_")
    policy += ("waiting_leave_", "lost_", "rereferral_", "protocol_")
    expected = {name for name in by_name if not name.startswith((*policy, "horizon_"))}
    # A definition of the three truths, not of a policy, though it stands among the criteria.
    assert set(fields) == expected | {"drug_relief_floor_x10"}
    assert fields["drug_relief_floor_x10"] == 100
    for name, value in fields.items():
        assert np.size(value) == by_name[name].count, name
        assert np.all(np.isfinite(value)), name


def test_biology_holds_the_stated_numbers():
    fields = biology_fields(CENTRAL)
    assert fields["slow_decay_per_day"] ** 10.9 == pytest.approx(0.5)
    assert fields["recovery_hazard_per_day"] == pytest.approx(stated("N17") / 365.0)
    assert fields["relapse_hazard_per_day"] == pytest.approx(stated("M15") / 365.0)
    assert fields["domain_slope"][Domain.QUALITY_OF_LIFE] == -stated("M23")
    assert fields["domain_slope"][Domain.INTERFERENCE] == stated("M20")
    assert fields["domain_error_sd"][Domain.MOOD] == stated("M34")
    assert (fields["domain_low"][Domain.GLOBAL_IMPRESSION], fields["utility_floor"]) == (1, -0.594)
    assert fields["expectation_habituation"][:3] == [1.0, 0.9, 0.81]
    assert fields["utility_knots"] == [1.0 - decrement for decrement in stated("U3")]
    assert (fields["potency"], fields["vial_step_mg"]) == (stated("PD8"), 1.0)


def test_the_flare_of_both_records_is_the_same_process():
    one, fields = population_record(CENTRAL)[0], biology_fields(CENTRAL)
    stationary = fields["flare_innovation_sd"] / np.sqrt(1 - fields["flare_autocorrelation"] ** 2)
    assert one["flare_sd"] == pytest.approx(stationary)
    for name in ("diary_error_sd", "diary_weights", "domain_slope", "domain_low", "domain_high"):
        assert np.array_equal(one[name], fields[name]), name


def test_structural_choices_are_followed():
    rival = evidence_values(0, 1, structure=Structure("linear_eq5d", "us", allometry=True))
    assert utility_knots(rival)[10] == pytest.approx((0.925 - 0.96) / 0.925)
    assert kinetic_model(rival).is_allometric and not kinetic_model(CENTRAL).is_allometric
    assert population_record(rival)["clearance_allometric"][0] == 1
    assert not np.array_equal(mortality_per_day(rival), mortality_per_day(CENTRAL))
    widened = biology_fields(rival)["curve_clearance_step"]
    assert widened > biology_fields(CENTRAL)["curve_clearance_step"]


def of(**choices):
    return evidence_values(0, 1, structure=Structure(**choices))


def test_the_liver_model_brings_its_own_clearance():
    rival = of(kinetics="perez_ruixo_2021")
    model = kinetic_model(rival)
    assert isinstance(model, LiverModel) and isinstance(kinetic_model(CENTRAL), Compartments)
    record = population_record(rival)[0]
    assert record["clearance_per_70_kg"] == model.clearance == pytest.approx(109.0, abs=0.01)
    assert record["clearance_log_sd"] == population_record(CENTRAL)[0]["clearance_log_sd"]
    slower = evidence_values(
        0, 1, {"PK5": {"hepatic_flow": 75.5}}, Structure(kinetics="perez_ruixo_2021")
    )
    assert population_record(slower)[0]["clearance_per_70_kg"] < 75.5


@pytest.mark.parametrize(("option", "potency"), [("low", 0.35), ("stated", 0.5), ("high", 1.0)])
def test_potency(option, potency):
    assert biology_fields(of(potency=option))["potency"] == potency
    triangle = book().parameter("PD8").uncertainty
    assert triangle.low <= potency <= triangle.high


def test_ends_of_the_potency_are_those_of_its_distribution():
    triangle = book().parameter("PD8").uncertainty
    assert (stated("PD8b"), stated("PD8c")) == (triangle.low, triangle.high)
    drawn = evidence_values(5, 1, structure=Structure(potency="low"))
    assert biology_fields(drawn)["potency"] == 0.35


def test_responder_share_and_redrawing():
    by_condition, same = biology_fields(CENTRAL), biology_fields(of(responder_share="same"))
    stated_shares = [stated("M111")[one.name.lower()] for one in Condition]
    assert by_condition["responder_share"] == stated_shares
    assert same["responder_share"] == [stated("PD3")] * len(Condition)
    record = population_record(of(responder_share="same"))[0]
    assert record["responder_share"].tolist() == same["responder_share"]
    assert by_condition["responder_redrawn"] == same["responder_redrawn"] == 0
    assert biology_fields(of(responder="redrawn"))["responder_redrawn"] == 1


def test_tolerance():
    assert biology_fields(CENTRAL)["tolerance_kappa"] == 0.0
    assert biology_fields(of(tolerance="half_normal"))["tolerance_kappa"] == stated("PD13b")
    slopes = [
        biology_fields(evidence_values(draw, 1, structure=Structure(tolerance="half_normal")))[
            "tolerance_kappa"
        ]
        for draw in range(1, 60)
    ]
    assert len(set(slopes)) == len(slopes) and min(slopes) > 0.0 and max(slopes) < 0.045


def test_sf6d_is_about_a_third_as_steep_and_has_a_floor_of_its_own():
    rival, linear = of(utility="sf6d"), of(utility="linear_eq5d")
    knots = utility_knots(rival)
    assert knots[0] == 1.0 and knots[10] == pytest.approx((0.83 - 0.32) / 0.83)
    assert (1.0 - knots[10]) / (1.0 - utility_knots(linear)[10]) == pytest.approx(0.37, abs=0.01)
    assert biology_fields(rival)["utility_floor"] == 0.296
    # Severe pain at the mid-point that the linear EQ-5D line assumes.
    assert 0.83 - 0.032 * 7.8 == pytest.approx(stated("U2")["sf6d_severe"], abs=0.001)


def test_excess_mortality():
    base = mortality_per_day(CENTRAL)
    assert base / mortality_per_day(of(excess_mortality="none")) == pytest.approx(1.2)
    widespread = mortality_per_day(of(excess_mortality="widespread_pain"))
    assert widespread / base == pytest.approx(1.59 / 1.2)


def test_a_parameter_of_the_rival_is_refused_under_the_other():
    with pytest.raises(InputError, match="does not use `racemic_potency`"):
        evidence_values(0, 1, {"PD8": 0.7}, Structure(potency="high"))


def test_a_baseline_spread_that_pain_explains_is_not_counted_twice():
    one = population_record(CENTRAL)[0]
    total = one["domain_sd"] ** 2 + (one["domain_slope"] * one["pain_level_sd"]) ** 2
    k = Domain.INTERFERENCE
    assert np.sqrt(total[k]) == pytest.approx(book().parameter("M26").between_patient.spread)
    steep = population_record(evidence_values(0, 1, {"M20": 3.0}))[0]
    assert steep["domain_sd"][k] == 0.0
