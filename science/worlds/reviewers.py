"""Reviewers who make mistakes, and what adjudication makes of them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Audited:
    """What audits came to.

    Attributes:
        seen_wrong: what the first answer says, shape (n_audits,).
        counted_wrong: what the audit counts as after adjudication, shape (n_audits,).
        extra_reviews: second and third reviews that adjudication took.
    """

    seen_wrong: np.ndarray
    counted_wrong: np.ndarray
    extra_reviews: int


def audit(wrong: np.ndarray, *, error: float, rng: np.random.Generator, habit: float = 0.0) -> Audited:
    """Audit automatic decisions on two labels by reviewers who err independently.

    Only audits whose first answer disagrees with the model are read again, blind; two of three decide.

    Args:
        wrong: whether each decision is wrong in truth, shape (n_audits,).
        error: chance that one answer is wrong.
        habit: chance that a reviewer agrees with a wrong decision without looking (blindness prevents it).
    """
    wrong = np.asarray(wrong, dtype=bool)

    def disagrees() -> np.ndarray:
        honest = wrong ^ (rng.random(wrong.shape) < error)
        return np.asarray(honest & ~(wrong & (rng.random(wrong.shape) < habit)))

    first, second, third = disagrees(), disagrees(), disagrees()
    counted = first & (second | third)
    return Audited(
        seen_wrong=first.astype(np.float64),
        counted_wrong=counted.astype(np.float64),
        extra_reviews=int(first.sum() + (first & ~second).sum()),
    )
