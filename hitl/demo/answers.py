"""Check that each answer at the desk settled its case, or that somebody else was asked."""

from collections.abc import Iterator, Sequence

from cases.models import Label
from cases.types import CaseStatus, Purpose
from hitl.flow.settling.judged import judged_in
from reviews.consensus import Settled, next_step
from reviews.models import Review, Task
from reviews.review_chances import is_read_twice
from reviews.selectors import answers_that_stand, has_anybody_else
from reviews.services.rules import rules_of
from reviews.types import OPEN, Mode


def wrong_outcomes(reviews: Sequence[Review]) -> Iterator[str]:
    """Say of each answer that did not do what it must what it did; nothing of those that did.

    One answer is enough in this workflow. It makes the case's label, except where it judges the model: an
    audit, or a blind answer to a case that was held back. There one that contradicts the model settles
    nothing, and neither does one that agrees in an audit that is drawn to be read twice, if there is anybody
    else to read it.
    """
    judged = judged_in([review.case_id for review in reviews])
    others = answers_that_stand([review.case_id for review in reviews])
    for review in reviews:
        if review.task.purpose == Purpose.KNOWN_ANSWER:
            continue  # it measures the person, and changes nothing
        said = others[review.case_id, review.epoch]
        is_audit = said[0].task.purpose == Purpose.AUDIT
        judges = is_audit or said[0].mode == Mode.BLIND
        models = judged.get((review.case_id, review.epoch)) if judges else None
        step = next_step(
            [each.label for each in said],
            required=1,
            judged=models,
            read_twice=is_audit and _is_read_twice(review, said, models),
        )
        labels = list(Label.objects.filter(review_id=review.pk).values_list("label", flat=True))
        asked = Task.objects.filter(case_id=review.case_id, epoch=review.epoch, status__in=OPEN)
        purposes = list(asked.values_list("purpose", flat=True))
        settled, due = isinstance(step, Settled), step.label if isinstance(step, Settled) else step.purpose
        if (labels, purposes) != (([due], []) if settled else ([], [due])):
            yield (
                f"case {review.case_id}: {'label' if settled else 'another person'} {due} should follow; "
                f"labels {labels} were made, and people are asked for {purposes}"
            )
        elif settled and (review.case.status, review.case.answer) != (CaseStatus.DECIDED, due):
            yield f"case {review.case_id}: it is {review.case.status} as {review.case.answer}, not as {due}"


def _is_read_twice(review: Review, said: Sequence[Review], models: Sequence[str] | None) -> bool:
    """Whether an audit was drawn for a second reader; where one agreed, there must be somebody else."""
    if not is_read_twice(review.case_id, review.epoch, rules_of(review.task).second_read_share):
        return False
    agreed = len(said) == 1 and set(models or ()) == {said[0].label}
    return not agreed or has_anybody_else(review.task.workflow_id, but=[each.reviewer_id for each in said])
