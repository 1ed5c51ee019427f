"""Parameter draws take whole rows of a posterior, where there is one."""

import pytest

from pathways.evidence import posterior
from pathways.evidence.book import book
from pathways.evidence.posterior import PosteriorDraws, laid_over, read_posterior
from pathways.report.parameters import themes
from pathways.resolve.inputs import evidence_values
from pathways.resolve.resolver import resolve
from pathways.scenario import load_scenario

ROWS = ((8.0, 0.5), (12.0, 0.7), (20.0, 0.9))
DRAWS = PosteriorDraws(("slow_effect_c50", "responder_share_by_condition.crps"), ROWS)


@pytest.fixture
def calibrated(monkeypatch):
    monkeypatch.setattr(posterior, "posterior_draws", lambda: DRAWS)


def both(draw, seed=1, overrides=None):
    values = evidence_values(draw, seed, overrides)
    return values["slow_effect_c50"], values["responder_share_by_condition"]["crps"]


def test_a_draw_takes_one_whole_row_and_every_row_is_taken(calibrated):
    found = {both(draw) for draw in range(1, 60)}
    assert found == set(ROWS)


def test_stated_values_stay_and_what_was_not_calibrated_is_drawn_as_before(monkeypatch):
    monkeypatch.setattr(posterior, "posterior_draws", lambda: None)
    before = {draw: evidence_values(draw, 1) for draw in (0, 5)}
    monkeypatch.setattr(posterior, "posterior_draws", lambda: DRAWS)
    after = {draw: evidence_values(draw, 1) for draw in (0, 5)}
    assert dict(before[0]) == dict(after[0])
    calibrated = {"slow_effect_c50", "responder_share_by_condition"}
    for name in set(before[5]) - calibrated:
        assert before[5][name] == after[5][name]
    shares = (one[5]["responder_share_by_condition"] for one in (before, after))
    rest = [{key: share for key, share in one.items() if key != "crps"} for one in shares]
    assert rest[0] == rest[1]


def test_a_scenarios_own_value_wins(calibrated):
    assert both(5, overrides={"slow_effect_c50": 3.0})[0] == 3.0


def test_what_a_run_does_not_use_is_left_out():
    assert laid_over({"a": 1.0}, {"a": 2.0, "b": 3.0}) == {"a": 2.0}


def test_the_file_says_how_it_was_made():
    read = read_posterior("# by a command\n# seed 1\na,b.c\n1.5,2\n3,4\n")
    made_by = ("by a command", "seed 1")
    assert read == PosteriorDraws(("a", "b.c"), ((1.5, 2.0), (3.0, 4.0)), made_by)
    assert read.row(0.49) == {"a": 1.5, "b.c": 2.0}
    assert read.row(0.51) == {"a": 3.0, "b.c": 4.0}


def test_a_run_says_which_inputs_came_from_the_posterior(calibrated):
    assert evidence_values(0, 1).calibrated == ()
    assert evidence_values(5, 1).calibrated == ("PD1", "M111")
    assert evidence_values(5, 1, {"slow_effect_c50": 3.0}).calibrated == ("M111",)
    scenario = load_scenario("guideline-2018")
    stated, drawn = (resolve(scenario, patients=1, draw=draw).description for draw in (0, 5))
    assert "calibrated" not in stated
    assert drawn["calibrated"] == ["PD1", "M111"]
    lines = {one.id: one for theme in themes({"one": drawn}) for one in theme.lines}
    assert lines["PD1"].status.startswith("calibrated")
    assert lines["PD1"].status.endswith(book().parameter("PD1").status)
    assert not lines["PD7"].status.startswith("calibrated")


def test_the_draws_that_are_shipped_are_used_and_stay_in_their_places():
    shipped = posterior.posterior_draws()
    drawn = resolve(load_scenario("guideline-2018"), patients=1, draw=3).description
    values, keys = drawn["values"], shipped.keys
    rows = [dict(zip(keys, row, strict=True)) for row in shipped.rows]
    row = next(one for one in rows if one["slow_effect_c50"] == values["slow_effect_c50"])
    used = [key for key in keys if key.partition(".")[0] in values]
    assert len(used) > 0.8 * len(keys)
    for key in used:
        name, _, component = key.partition(".")
        assert row[key] == (values[name][component] if component else values[name])
    names = {key.partition(".")[0] for key in used}
    assert set(drawn["calibrated"]) == {book().parameter(name).id for name in names}
