"""Signals: changes that may have many causes. They hold a canary, and never roll it back."""

from datetime import datetime
from math import sqrt
from typing import Any

from django.db import connection
from django.utils.translation import gettext_noop

from hitl.shared.named_rows import fetch_named
from hitl.shared.statements import statements_beside
from hitl.shared.words import Words
from monitoring.alarms.selectors import holding
from monitoring.types import CountFamily
from monitoring.watch.canary.balance import Arm
from policy.models.canaries import Canary
from reviews.types import OPEN
from science.arms import ARMS

MIN_CASES = 50  # cases of the canary below which nothing is a signal
RATIO = 1.5
DEVIATIONS = 4.0

_SQL = statements_beside(__file__)


_ALARMS = {
    CountFamily.INPUT.value: Words("An alarm was raised: inputs differ from what they were."),
    CountFamily.OUTPUT.value: Words("An alarm was raised: outputs differ from what they were."),
    CountFamily.PEOPLE.value: Words("An alarm was raised: people differ from what they were."),
}


def signals(canary: Canary, champion_arm: Arm, canary_arm: Arm, *, now: datetime) -> list[str]:
    """Return what is clearly worse in the canary's arms than in the champion's, as sentences."""
    asked = _asked(canary, now)
    of, its = asked.get(False), asked.get(True)
    people = [(arm.assigned - arm.accepted, arm.assigned) for arm in (canary_arm, champion_arm)]
    lost = [(arm.unscored + arm.unusable, arm.assigned) for arm in (canary_arm, champion_arm)]
    found = [
        _said(
            gettext_noop("More cases than the champion's go to people: %(own)s against %(champions)s."),
            *people,
        ),
        _said(
            gettext_noop(
                "More cases than the champion's get no usable score: %(own)s against %(champions)s."
            ),
            *lost,
        ),
    ]
    if of is not None and its is not None:
        overridden = [(arm.overridden, arm.answered) for arm in (its, of)]
        late = [(arm.late, arm.asked) for arm in (its, of)]
        words = gettext_noop(
            "People override its suggestions more often than the champion's: %(own)s against %(champions)s."
        )
        found.append(_said(words, *overridden))
        words = gettext_noop(
            "More of its cases than of the champion's are overdue: %(own)s against %(champions)s."
        )
        found.append(_said(words, *late))
    found += [_ALARMS[alarm.family] for alarm in holding(canary.workflow_id, since=canary.started_at)]
    return [sentence for sentence in found if sentence]


def _asked(canary: Canary, now: datetime) -> dict[bool, Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["asked_by_arm"].text,
            {
                "first": canary.first_arm,
                "share": canary.share,
                "arms": ARMS,
                "open": [str(status) for status in OPEN],
                "now": now,
                "workflow": canary.workflow_id,
                "since": canary.step_since,
            },
        )
        return {row.is_canary: row for row in fetch_named(cursor)}


def _said(words: str, its: tuple[int, int], champions: tuple[int, int]) -> str:
    if not is_clearly_higher(its, champions):
        return ""
    own, against = (f"{some / of:.1%}" for some, of in (its, champions))
    return Words(words, own=own, champions=against)


def is_clearly_higher(its: tuple[int, int], champions: tuple[int, int]) -> bool:
    """Tell whether one share is higher than another by half as much again, and beyond four standard
    deviations.

    >>> is_clearly_higher((40, 100), (100, 1000)), is_clearly_higher((12, 100), (100, 1000))
    (True, False)
    >>> is_clearly_higher((5, 10), (0, 1000)), is_clearly_higher((0, 0), (0, 0))
    (False, False)
    """
    (some, of), (others, of_others) = its, champions
    if of < MIN_CASES or of_others < MIN_CASES:
        return False
    pooled = (some + others) / (of + of_others)
    spread = sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_others))
    here, there = some / of, others / of_others
    return here > RATIO * there and here - there > DEVIATIONS * spread > 0
