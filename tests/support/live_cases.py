"""A workflow that decides cases, by the services alone: cases come in, people answer what was drawn.

What is replaced is the model, which says of every case what the test wants, and the dice.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import numpy as np

from hitl.accounts.models import User
from hitl.flow.intake import decide, in_force
from hitl.flow.intake.submit import submit_cases
from hitl.flow.intake.types import Intake, Submission
from hitl.flow.settling.answer import answer_batch
from hitl.shared.ids import new_id
from models_store.models import Release
from reviews.models import ReviewRules, Task
from reviews.services.answers import Answer
from reviews.types import OPEN
from science.draws import Draws

SURELY = 1e-9  # drawn, whatever the rate is
HARDLY = 1 - 1e-9  # not drawn, unless the rate is 1


@dataclass(frozen=True, slots=True)
class Says:
    """A model that says the same of every case."""

    labels: Sequence[str]
    label: str
    score: float
    schema_sha256: str = ""
    gaps: frozenset[str] = field(default_factory=frozenset)
    is_partial: bool = False  # it knows all labels

    def unusable(self, rows: Sequence[Any]) -> list[None]:
        """It can read everything."""
        return [None] * len(rows)

    def scored(self, rows: Sequence[Any]) -> tuple[np.ndarray, list[None]]:
        """Both."""
        return self.predict_proba(rows), self.unusable(rows)

    def predict_proba(self, rows: Sequence[Any]) -> np.ndarray:
        """The score for its label, and the rest for the others."""
        rest = (1 - self.score) / (len(self.labels) - 1)
        row = [self.score if label == self.label else rest for label in self.labels]
        return np.tile(row, (len(rows), 1))


def take_in(
    release: Release,
    n: int,
    *,
    at: datetime,
    label: str = "ham",
    score: float = 0.96,
    uniform: float = SURELY,
    ramp: float = 0.0,
) -> list[UUID]:
    """Let n cases come in at once, and the rule in force decide them; return them in decision order.

    `uniform` is the draw for audits and blind reviews; `ramp` the one of a provisional certificate.
    """
    ReviewRules.objects.get_or_create(workflow=release.workflow)
    draws = Draws(np.full(n, uniform), np.full(n, ramp), np.full(n, uniform))
    items = [Submission({"body": f"{new_id()}"}) for _ in range(n)]
    with ExitStack() as replaced:
        replaced.enter_context(
            patch.object(in_force, "served_model", lambda _: Says(release.labels, label, score))
        )
        replaced.enter_context(patch.object(decide, "draw", lambda *_: draws))
        in_force.forget()
        results = submit_cases(Intake(release.workflow.slug, items, None, at, is_batch=True))
        in_force.forget()
    assert all(result.case for result in results)
    return sorted(UUID(result.case["id"]) for result in results if result.case)


def say_of(case_ids: Sequence[UUID], label: str, by: User, *, at: datetime) -> None:
    """Let a person answer the open task of each of these cases."""
    tasks = Task.objects.filter(case_id__in=case_ids, status__in=OPEN).values_list("pk", flat=True)
    said = {task_id: Answer(label, seconds=9) for task_id in tasks}
    assert len(said) == len(case_ids)
    since = at - timedelta(seconds=9)
    assert not answer_batch(by_task=said, actor=by.as_actor(), since=since, now=at).passed_by
