"""Whose patients may be compared one by one, and what is said where they may not."""

from __future__ import annotations

import pytest
from hand_made_comparisons import population_with, result_of
from raw_results import five_patients

from pathways.comparison import Comparison, compare
from pathways.comparison.running import SHIPPED
from pathways.errors import InputError, PathwaysError

PLAN = five_patients()[1]


def refused(words: str, **other):
    with pytest.raises(InputError, match=words):
        Comparison({"one": result_of(), "other": result_of(**other)})


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"seed": 12}, "seed of `one` is .* and of `other` 12, .* the same seed for all"),
        ({"draw": 3}, "draw of `one` is 0 and of `other` 3, .* the same parameter draw"),
        ({"population": population_with(PLAN, c50_median=1.0)}, "`c50_median` of the population"),
    ],
)
def test_another_plan_is_refused(plan, words):
    refused(words, plan=plan)


def test_all_that_differs_is_counted():
    population = population_with(PLAN, c50_median=1.0, weight_mu=9.0, male_share=0.25)
    refused(
        r"`male_share` \(and 2 more\) of the population differs", plan={"population": population}
    )


def test_other_people_are_refused_with_the_remedy():
    refused(
        "`one` and `other` do not have the same patients: their `weight_kg` differs, so they "
        "cannot be compared one by one; allowed: the same `population`",
        traits={"weight_kg": 81.0},
    )


def test_therapies_need_agree_only_where_both_offer_them():
    without = {"population": population_with(PLAN, therapy_response_log_sd=0.0)}
    some, more = (
        {"population": population_with(PLAN, therapy_response_log_sd=sd)} for sd in (0.5, 0.7)
    )
    one = result_of(plan=without, traits={"therapy_response": 1.0})
    other = result_of(plan=some, traits={"therapy_response": [0.5, 1.5, 1.0, 2.0, 1.0]})
    assert Comparison({"one": one, "other": other}).names == ("one", "other")
    third = result_of(plan=more)
    with pytest.raises(InputError, match="`other` and `third` .* `therapy_response_log_sd`"):
        Comparison({"one": one, "other": other, "third": third})


@pytest.mark.parametrize(("currency", "is_refused"), [("USD", False), ("GBP", True)])
def test_budgets_need_agree_in_one_currency_only(currency, is_refused):
    poor, rich = (
        {"population": population_with(PLAN, yearly_budget_median=median, yearly_budget_log_sd=1.0)}
        for median in (500.0, 5_000.0)
    )
    one = result_of(plan=poor, traits={"yearly_budget": 400.0})
    other = result_of(plan=rich, traits={"yearly_budget": 4_000.0}, currency=currency)
    if is_refused:
        with pytest.raises(InputError, match="`yearly_budget_median`"):
            Comparison({"one": one, "other": other})
    else:
        assert Comparison({"one": one, "other": other}).reference == "one"


@pytest.mark.parametrize(
    ("reference", "expected"), [(None, "conventional-care"), ("b", "b"), ("a", "a")]
)
def test_reference(reference, expected):
    results = {"a": result_of(), "b": result_of(), "conventional-care": result_of()}
    assert Comparison(results, reference).reference == expected


def test_first_is_the_reference_where_conventional_care_is_missing():
    assert Comparison({"b": result_of(), "a": result_of()}).reference == "b"


def test_unknown_reference_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="`bass` is not among .* did you mean `base`.* base, new"):
        Comparison({"base": result_of(), "new": result_of()}, "bass")


def test_nothing_is_no_comparison():
    with pytest.raises(InputError, match="nothing to compare"):
        Comparison({})


SMALL = {"patients": 10, "years": 1}


@pytest.mark.parametrize(
    ("scenarios", "options", "words"),
    [
        (["guideline-2018"], {}, "`guideline-2018` alone is no comparison; allowed: two scenarios"),
        ([], {}, "there are none; allowed: two"),
        ("guideline-2018", {}, "one scenario is given; allowed: a list"),
        (["dose-ladder"] * 2, {}, "`dose-ladder` is there twice"),
        (SHIPPED, {"prices": "uk-2023"}, "no price book `uk-2023`; did you mean `uk-2023-gbp`"),
        (SHIPPED, {"reference": "usual-practice"}, "`usual-practice` is not among"),
        (SHIPPED, {"engine": "kernal"}, "no engine `kernal`; did you mean `kernel`"),
        (["dose-ladder", "dose-lader"], {}, "did you mean `dose-ladder`"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_simulated(
    monkeypatch, scenarios, options, words
):
    monkeypatch.setattr("pathways.comparison.running.simulate", None)
    with pytest.raises(PathwaysError, match=words):
        compare(scenarios, **SMALL, **options)


def test_plan_cannot_be_priced_again():
    plan = five_patients()[1]
    plan.description["scenario"] = {"scenario": "mine"}
    with pytest.raises(PathwaysError, match="prices: the plan of `mine` is already resolved"):
        compare([plan, "dose-ladder"], prices="uk-2023-gbp")
