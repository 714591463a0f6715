"""The demo's colleagues err as often as they are written to, and follow the model only where they see it."""

import random

from hitl.demo.shift import COLLEAGUES, Habits, answer_of, seconds_of

LABELS = ["good", "bad"]


def test_colleagues_err_at_their_rate_and_follow_a_suggestion_they_see() -> None:
    dice = random.Random(3)
    habits = Habits("x", error=0.1, follows=0.8)
    blind = [answer_of(habits, "good", LABELS, None, dice) for _ in range(2000)]
    shown = [answer_of(habits, "good", LABELS, "bad", dice) for _ in range(2000)]
    assert 0.08 < blind.count("bad") / 2000 < 0.12
    assert 0.78 < shown.count("bad") / 2000 < 0.86


def test_some_are_careful_and_one_is_in_a_hurry() -> None:
    dice = random.Random(3)
    hasty = {h.username: sum(seconds_of(h, dice) < 0.8 for _ in range(500)) / 500 for h in COLLEAGUES}
    assert hasty["tess"] > 0.25
    assert max(hasty["sam"], hasty["uma"]) == 0
