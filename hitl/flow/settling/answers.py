"""What people have said of a case, and what follows from it: the one rule, for answers given and voided."""

from collections.abc import Sequence
from dataclasses import dataclass

from cases.types import Purpose
from reviews.consensus import Ask, Settled, next_step
from reviews.models import Review, Task
from reviews.review_chances import is_read_twice
from reviews.selectors import has_anybody_else
from reviews.services.rules import rules_of
from reviews.types import OPEN, Mode


@dataclass(frozen=True, slots=True)
class Answers:
    """What people have said of a case in one epoch, in the order in which they were asked.

    Attributes:
        tasks: what they were asked by, the first of them first; some may not be answered (again) yet.
        reviews: the answers that stand.
    """

    tasks: Sequence[Task]
    reviews: Sequence[Review]

    @classmethod
    def of(cls, tasks: Sequence[Task], reviews: Sequence[Review]) -> "Answers":
        """Keep what is to be counted together.

        A case that a person has decided is audited where releases differ on it: those who audit it do so
        among themselves, whatever was answered before in sight of a suggestion.
        """
        if any(task.purpose == Purpose.AUDIT for task in tasks):
            tasks = [task for task in tasks if task.purpose != Purpose.REVIEW]
            reviews = [review for review in reviews if review.task.purpose != Purpose.REVIEW]
        return cls(tasks, reviews)

    @property
    def purpose(self) -> str:
        """Why the first person was asked."""
        return self.tasks[0].purpose

    @property
    def labels(self) -> list[str]:
        """What they said, in their order."""
        return [review.label for review in self.reviews]

    @property
    def is_blind(self) -> bool:
        """True when nobody saw anything of the model before they said this."""
        return all(review.said_unseen == review.label for review in self.reviews)

    @property
    def said_first(self) -> str | None:
        """What a single person answered before they saw the suggestion, where they changed it then."""
        only = self.reviews[0] if len(self.reviews) == 1 else None
        return only.first_label if only is not None and only.first_label not in (None, only.label) else None

    @property
    def may_judge(self) -> bool:
        """Tell whether these answers may judge the model, whatever has become of the case since."""
        is_single = self._required == 1 and self.tasks[0].mode == Mode.BLIND
        return self.purpose == Purpose.AUDIT or is_single

    @property
    def waits(self) -> bool:
        """Tell whether one of these tasks is to be answered, for the first time or again."""
        return any(task.status in OPEN for task in self.tasks)

    def next_step(self, judged: Sequence[str] | None) -> Settled | Ask:
        """Say what follows from at least one answer; `judged` are the models' labels where it judges them."""
        judged = judged if self.may_judge else None
        return next_step(
            self.labels,
            required=self._required,
            judged=judged,
            read_twice=self._is_read_twice_by_chance(judged),
        )

    @property
    def _required(self) -> int:
        return rules_of(self.tasks[0]).reviews_required if self.purpose == Purpose.REVIEW else 1

    def _is_read_twice_by_chance(self, judged: Sequence[str] | None) -> bool:
        """Tell whether a second person reads this audit, though the first agrees with the model.

        Not where there is nobody else: what is never read would count as wrong in every proof.
        """
        first = self.tasks[0]
        share = rules_of(first).second_read_share
        if self.purpose != Purpose.AUDIT or not is_read_twice(first.case_id, first.epoch, share):
            return False
        if len(self.labels) > 1 or judged is None or set(judged) != set(self.labels):
            return True
        but = [review.reviewer_id for review in self.reviews]
        return has_anybody_else(first.workflow_id, but=but)
