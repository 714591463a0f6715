"""Which answers judge the model, so that one against it is settled by two of three (ADR 0035).

An audit judges the decision that was made. A blind answer judges it as well where the model would have
decided, and did not because a proof needs such answers: held back while a certificate is provisional, or
under the breaker, at or above the cutoff. Reviewers who are wrong as often as the promise allows the model to
be could prove nothing by single answers. Other reviews judge nobody: below the cutoff the model is often
wrong, and two more answers each would be spent on cases that no certificate speaks of.

Where releases would decide a case differently and it was drawn for that, its answers judge all of them. What
a person has said in sight of a suggestion is judged with them: one blind answer does not overrule it.
"""

from collections.abc import Collection
from uuid import UUID

from policy.selectors import routings_of
from science.decision_terms import Reason

Key = tuple[UUID, int]  # of a case and its epoch


def judged_in(case_ids: Collection[UUID]) -> dict[Key, list[str]]:
    """Return the models' labels of those cases whose blind answers judge them, in one query."""
    if not case_ids:
        return {}
    judged: dict[Key, list[str]] = {}
    for row in routings_of(case_ids):
        label = (
            row.label
            if row.route == "auto"
            else _held_back(row.reason, row.predicted, row.score, row.cutoffs)
        )
        labels = [*([label] if label is not None else []), *(row.differing or [])]
        if labels:
            judged[row.case_id, row.epoch] = labels
    return judged


def _held_back(
    reason: str, predicted: str | None, score: float | None, cutoffs: dict[str, float] | None
) -> str | None:
    """Return what the model would have decided; None where it would have left the case to people."""
    if reason == Reason.RAMP:
        return predicted
    if reason != Reason.BREAKER or predicted is None or score is None or cutoffs is None:
        return None
    return predicted if predicted in cutoffs and score >= cutoffs[predicted] else None
