"""What an adjudicator sees of the answers that disagree: side by side, without names, times or the model.

Every adjudication shows them alike, whatever the first answer was asked for, and in an order that says
nothing: where an audit is settled, the first answer is the one that contradicts the model.
"""

from dataclasses import dataclass
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

from django.db.models import Exists, OuterRef

from cases.types import Purpose
from hitl.accounts.types import Role
from hitl.shared.actor import Actor
from reviews.models import Review, Task
from reviews.selectors import LeasedTask


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """One answer to the case as the adjudicator sees it; `who` is a letter."""

    who: str
    label: str
    comment: str
    marks: tuple[str, ...]


def earlier_answers(actor: Actor, leased: LeasedTask) -> list[EarlierAnswer]:
    """Return the standing answers that an adjudication is to settle; none for any other task."""
    if not actor.has(Role.ADJUDICATOR):
        return []
    mine = Task.objects.filter(pk=leased.task_id, purpose=Purpose.ADJUDICATION, epoch=OuterRef("epoch"))
    given = Review.objects.filter(Exists(mine), case_id=leased.case_id, undone_at=None)
    given = given.exclude(task__purpose=Purpose.KNOWN_ANSWER)
    shuffled = sorted(given, key=lambda review: sha256(b"adjudication|" + review.pk.bytes).digest())
    return [
        EarlierAnswer(ascii_uppercase[i % 26], review.label, review.comment, _marks(review))
        for i, review in enumerate(shuffled)
    ]


def _marks(review: Review) -> tuple[str, ...]:
    """Say in words where the reviewer pointed."""
    marks: list[dict[str, Any]] = getattr(review, "marks", None) or []
    return tuple(filter(None, map(_mark, marks)))


def _mark(mark: dict[str, Any]) -> str:
    field = str(mark.get("field", "")).replace("_", " ")
    if {"x", "y", "width", "height"} <= mark.keys():
        left, top = float(mark["x"]), float(mark["y"])
        across, down = left + float(mark["width"]) / 2, top + float(mark["height"]) / 2
        return f"{field}: {_third(down, 'top', 'bottom')} {_third(across, 'left', 'right')}".strip()
    if {"start", "end"} <= mark.keys():
        return f"{field}: {float(mark['start']):.1f} to {float(mark['end']):.1f} s".strip()
    return str(mark.get("note", ""))


def _third(place: float, low: str, high: str) -> str:
    return low if place < 1 / 3 else high if place > 2 / 3 else "middle"
