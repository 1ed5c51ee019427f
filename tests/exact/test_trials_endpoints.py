"""Endpoints of hand-made patients, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pathways import layout
from pathways.codes import AcuteHarm, Event, Moment
from pathways.errors import ValueProblem
from pathways.trials.aggregates import lowest_visit_mean, mean_and_error, percent_fall_of_mean
from pathways.trials.endpoint import Endpoint
from pathways.trials.legs import ArmDays, Leg
from pathways.trials.pooling import pooled, spread_between
from pathways.trials.published import Published, PublishedResult, settled
from pathways.trials.seen import Seen
from pathways.trials.verdict import two_sided

NOBODY = math.nan
FIRST = 7
ARM = ArmDays(FIRST, (7, 8), 20)
LEG = Leg(0, {"drug": ARM}, 3, None, ((7, 0),), 30, ())
# Three patients on days 6, 7, 8 and 10 of the patient; the first infusion is on day 7.
SCORES = np.array([[8.0, 8, 2, 4], [6, 6, 6, NOBODY], [4, 0, NOBODY, NOBODY]])


def event(kind: Event, patient: int, day: int, code: int = 0, value_2: float = 0.0) -> np.void:
    row = np.zeros((), layout.numpy_dtype(layout.EVENT))
    row["event"], row["patient"], row["day"] = kind, patient, day
    row["code"], row["value_2"] = code, value_2
    return row


EVENTS = np.array(
    [
        event(Event.ADMINISTERED, 0, 7),
        event(Event.WITHIN_DAY_SCORE, 0, 7, Moment.END, 3.0),
        event(Event.WITHIN_DAY_SCORE, 0, 7, Moment.ONE_HOUR, 9.0),
        event(Event.ACUTE_HARM, 0, 7, AcuteHarm.NAUSEA),
        event(Event.ADMINISTERED, 0, 8),
        event(Event.WITHIN_DAY_SCORE, 0, 8, Moment.END, 1.0),
        event(Event.ADMINISTERED, 1, 7),
        event(Event.ADMINISTERED, 1, 25),
        event(Event.ACUTE_HARM, 1, 25, AcuteHarm.DISSOCIATION),
    ]
)
SEEN = Seen(LEG, SCORES, {6: 0, 7: 1, 8: 2, 10: 3}, np.array([7.0, 5.0, 4.0]), EVENTS)


def endpoint(**given) -> Endpoint:
    words = {"name": "one", "title": "One", "arm": "drug", **given}
    return Endpoint.model_validate(words)


def values(**given) -> list[float]:
    return [None if math.isnan(v) else v for v in SEEN.values(endpoint(**given), "drug").tolist()]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"measure": "score", "visits": ["1 d"]}, [2.0, 6.0, None]),
        ({"measure": "score", "visits": ["0 d", "1 d", "3 d"]}, [14 / 3, 6.0, 0.0]),
        ({"measure": "score", "visits": ["1 d", "3 d"], "statistic": "lowest"}, [2, 6, None]),
        ({"measure": "score", "visits": ["1 d", "3 d"], "statistic": "highest"}, [4, 6, None]),
        ({"measure": "score", "visits": ["2 d"], "counted_from": "last_infusion"}, [4, None, None]),
        ({"measure": "area", "window": {"from": "0 d", "to": "1 d"}}, [10.0, 12.0, 0.0]),
        ({"measure": "change", "visits": ["1 d"]}, [-5.0, 1.0, None]),
        (
            {
                "measure": "change",
                "visits": ["1 d"],
                "baseline": {"from": "-1 d", "to": "0 d"},
            },
            [-6.0, 0.0, None],
        ),
        ({"measure": "percent_fall", "visits": ["1 d"]}, [500 / 7, -20.0, None]),
        ({"measure": "share_relieved", "visits": ["1 d"], "percent": "50 %"}, [1, 0, None]),
        ({"measure": "share_relieved", "visits": ["1 d"], "points": 5}, [1, 0, None]),
        (
            {"measure": "share_relieved", "visits": ["1 d"], "points": 5.5, "percent": "1 %"},
            [0, 0, None],
        ),
        ({"measure": "share_between", "visits": ["1 d"], "at_least": 2, "below": 6}, [1, 0, None]),
        ({"measure": "share_scored", "visits": ["3 d"]}, [1.0, 0.0, 0.0]),
        ({"measure": "score", "moment": "end"}, [3.0, None, None]),
        ({"measure": "score", "moment": "end", "infusion": 2}, [1.0, None, None]),
        ({"measure": "percent_fall", "moment": "end"}, [62.5, None, None]),
        ({"measure": "share_with_harm", "harms": ["nausea"]}, [1.0, 0.0, 0.0]),
        ({"measure": "share_with_harm", "harms": ["dissociation"]}, [0.0, 0.0, 0.0]),
        (
            {
                "measure": "share_with_harm",
                "harms": ["nausea"],
                "window": {"from": "1 d", "to": "3 d"},
            },
            [0.0, 0.0, 0.0],
        ),
        ({"measure": "harms_per_infusion", "harms": ["nausea"]}, [0.5, 0.0, None]),
        ({"measure": "infusions"}, [2.0, 1.0, 0.0]),
        ({"measure": "share_completed", "infusions": 2}, [1.0, 0.0, 0.0]),
    ],
)
def test_value_of_each_patient(given, expected):
    assert values(**given) == pytest.approx(expected)


def test_a_baseline_of_nothing_has_no_percentage():
    given = {"measure": "percent_fall", "visits": ["1 d"]}
    baseline = {"baseline": {"from": "0 d", "to": "0 d"}}
    assert values(**given, **baseline) == pytest.approx([75.0, 0.0, None])


def test_mean_and_error_are_of_what_is_there():
    mean, error = mean_and_error(np.array([[1.0, 3.0, NOBODY], [NOBODY, 5.0, NOBODY]]))
    assert mean.tolist() == [2.0, 5.0]
    assert error[0] == 1.0
    assert math.isnan(error[1])


def test_lowest_of_the_means_is_not_the_mean_of_the_lowest():
    mean, _ = lowest_visit_mean(np.array([[[1.0, 5.0], [9.0, 3.0]]]))
    assert mean.tolist() == [4.0]


def test_fall_of_a_mean_is_not_the_mean_of_falls():
    fall, error = percent_fall_of_mean(np.array([[[8.0, 4.0], [2.0, 2.0]]]))
    assert fall.tolist() == [40.0]
    assert error.tolist() == [pytest.approx(2.0 * 20.0)]


def test_spread_between_trials():
    # Weights 1 and 1, mean 2, Q = 2, C = 2 - 2/2 = 1, so (2 - 1) / 1.
    estimates, ones = np.array([[1.0], [3.0]]), np.ones((2, 1))
    assert spread_between(estimates, ones).tolist() == [1.0]
    assert spread_between(estimates, 9.0 * ones).tolist() == [0.0]
    assert spread_between(estimates[:1], ones[:1]).tolist() == [0.0]


def test_an_error_of_nothing_cannot_be_weighted_by():
    class Run:
        def __init__(self, estimates, errors):
            self._both = np.array(estimates), np.array(errors)

        def estimates(self, _):
            return self._both[0]

        def errors(self, _):
            return self._both[1]

    runs = {"a": Run([1.0, 1.0], [1.0, 0.0]), "b": Run([3.0, 3.0], [1.0, math.nan])}
    for weights in ("inverse_variance", "random_effects"):
        members = [{"trial": name, "endpoint": "one"} for name in runs]
        one = Endpoint.model_validate(
            {"name": "p", "title": "P", "pool": members, "weights": weights}
        )
        mean, _ = pooled(one, runs)
        assert mean[0] == 2.0
        assert math.isnan(mean[1])
    stated = [{**member, "weight": weight} for member, weight in zip(members, (1, 3), strict=True)]
    one = Endpoint.model_validate({"name": "p", "title": "P", "pool": stated, "weights": "stated"})
    assert pooled(one, runs)[0].tolist() == [2.5, 2.5]


def result(low: float, high: float | None = None) -> PublishedResult:
    return PublishedResult(low, low if high is None else high, None, None, "verified", "", "")


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (result(50.0), 1.0),
        (result(0.5), 4 / 101),
        (result(-5.0), 2 / 101),
        (result(99.5), 2 / 101),
        (result(200.0), 2 / 101),
        (result(-5.0, 0.5), 4 / 101),
        (result(-5.0, 200.0), 1.0),
        (result(98.5, 200.0), 4 / 101),
    ],
)
def test_probability_of_a_result_as_extreme(published, expected):
    probability, error = two_sided(np.arange(100.0), published)
    assert probability == pytest.approx(expected)
    tail = probability / 2.0
    assert error == pytest.approx(2 * math.sqrt(tail * (1 - tail) / 100) if tail < 0.5 else 0.0)


def test_a_rounded_share_is_the_share_it_was_rounded_from():
    shares = np.array([7 / 12] * 10 + [1.0] * 10)
    assert two_sided(shares, result(0.58))[0] == pytest.approx(2 / 21)
    assert two_sided(shares, result(0.58), tolerance=0.499 / 12)[0] == 1.0


def published(**given) -> PublishedResult:
    return settled(Published.model_validate(given), is_share=given.pop("is_share", False))


def test_published_result_of_the_evidence():
    found = published(evidence="T2.ketamine")
    assert (found.value, found.status) == (2.68, "verified")
    assert found.interval == pytest.approx((2.68 - 1.96 * 0.51, 2.68 + 1.96 * 0.51), abs=1e-4)
    assert found.standard_error == pytest.approx(0.51)
    assert "Sigtermans" in found.source


def test_spread_and_number_give_a_standard_error():
    assert published(evidence="T1.ketamine", n=20).standard_error == pytest.approx(100 / 20**0.5)
    assert published(evidence="T1.ketamine").standard_error is None


def test_what_the_file_says_comes_before_the_evidence():
    found = published(evidence="T2.ketamine", se=1.0, status="recalled", note="Mine")
    assert (found.standard_error, found.status, found.note) == (1.0, "recalled", "Mine")


def test_a_range_has_a_middle():
    words = {"source": "A paper", "status": "verified"}
    found = published(range=[0.2, 0.4], **words)
    assert (found.low, found.high, found.value) == (0.2, 0.4, pytest.approx(0.3))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"evidence": "T99"}, "no parameter"),
        ({"evidence": "T2"}, "several components"),
        ({"evidence": "T2.ketamin"}, "did you mean `ketamine`"),
    ],
)
def test_unknown_evidence_is_refused(given, words):
    with pytest.raises(ValueProblem, match=words):
        published(**given)
