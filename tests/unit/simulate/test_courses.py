"""The course of a change, from what a replay's log tells."""

import numpy as np

from hitl.simulate.courses import Course, courses_of, to_json
from hitl.simulate.events import AMBER, RED, Event

SIGN = Event(110, "sign.raised", "An early sign.")
AUDITS = Event(120, "audits.changed", "Amber.", AMBER)
LEVEL = Event(125, "certificate.level", "Amber.", AMBER)
DOWN = Event(140, "cutoffs.in_force", "Stricter.", RED)
STOP = Event(150, "breaker.tripped", "Stopped.", RED)
OTHER = Event(155, "cutoffs.in_force", "Of a new certificate.")
BELIEVED = Event(160, "certificate.believed", "From held-out labels.")
PROVED = Event(180, "certificate.made", "On live labels.", is_proof=True)


def test_each_stage_is_told_once_by_the_case_at_which_it_was_first_reached() -> None:
    told = [SIGN, AUDITS, LEVEL, DOWN, STOP, OTHER, BELIEVED, PROVED]
    assert courses_of(told, ("flip", 100)) == [Course(100, "flip", 110, 120, 140, 150, 180)]
    assert courses_of(told, None) == [Course(110, "", 110, 120, 140, 150, 180)]


def test_amber_that_went_by_itself_is_no_change() -> None:
    assert courses_of([AUDITS, PROVED], None) == []
    assert courses_of([AUDITS], None) == []
    assert courses_of([AUDITS, PROVED, STOP], None) == [Course(150, stop=150)]


def test_a_change_that_was_put_in_is_told_even_if_nobody_noticed() -> None:
    assert courses_of([], ("prior", 50)) == [Course(50, "prior")]
    before = Event(20, "audits.changed", "Amber.", AMBER)
    assert courses_of([before, STOP], ("prior", 50)) == [Course(50, "prior", stop=150)]


def test_a_second_change_has_a_course_of_its_own() -> None:
    again = Event(300, "breaker.tripped", "Stopped.", RED)
    first, second = courses_of([DOWN, PROVED, again], ("flip", 100))
    assert (first.proved, second) == (180, Course(300, stop=300))


def test_the_cost_is_what_was_wrong_beyond_the_promise_until_it_was_proved_again() -> None:
    automatic, wrong = np.ones(200, dtype=bool), np.zeros(200, dtype=bool)
    wrong[:50] = True  # before the change
    wrong[100:130] = True
    ours = (automatic, wrong)
    (one,) = to_json(
        [Course(101, "flip", stop=130, proved=180)], target=0.1, ours=ours, naive=(automatic, ~wrong)
    )
    assert (one["automated"], one["wrong"], one["excess"]) == (80, 30, 22.0)
    assert (one["naive_wrong"], one["naive_excess"]) == (50, 42.0)
    (kept,) = to_json([Course(131, "flip")], target=0.1, ours=ours, naive=ours)
    assert (kept["to_case"], kept["wrong"], kept["excess"]) == (200, 0, 0.0)
