"""The result of a certification: what is proved, or what is missing."""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """Why nothing was certified."""

    TOO_FEW_LABELS = "too_few_labels"  # not even an error-free sample of this size could pass
    TOO_MANY_ERRORS = "too_many_errors"  # enough labels, too many of them wrong
    NOT_YET = "not_yet"  # enough to pass without errors; those that occurred need more to be outweighed
    MANY_ALIKE = "many_alike"  # different cases would do; those of which there are many are wrong too often


@dataclass(frozen=True, slots=True)
class Certified:
    """The promise holds, with its confidence, at every cutoff in `walked` and at no other.

    Attributes:
        cutoff: the loosest certified cutoff; a case is accepted when ``score >= cutoff``.
        walked: all certified cutoffs, strict to loose, `cutoff` last. A stricter one outside was not tested.
        automation: share of traffic that `cutoff` accepts, estimated with weights 1 / pi.
        n_accepted, n_wrong: labels used at `cutoff` (after thinning) and the sum of their losses.
        upper_bound: upper bound for the risk at `cutoff`, at most the target.
        p_value: of `cutoff`.
        method: how it was tested.
        provisional: True when the labels also helped to choose what was tested (out-of-fold): live audits
            must confirm it, and at most a quarter of the accepted cases may be automated until they do.
    """

    cutoff: float
    walked: tuple[float, ...]
    automation: float
    n_accepted: int
    n_wrong: float
    upper_bound: float
    p_value: float
    method: str
    target: float
    confidence: float
    provisional: bool = False

    @property
    def status(self) -> str:
        """`certified` or `provisional`."""
        return "provisional" if self.provisional else "certified"

    def covers(self, cutoff: float) -> bool:
        """Whether exactly this cutoff was certified."""
        return cutoff in self.walked


@dataclass(frozen=True, slots=True)
class NotCertified:
    """The promise could not be proved at any cutoff.

    Attributes:
        reason: what stood in the way.
        n, wrong: labels at the start of the walk (after thinning) and the sum of their losses.
        least: so many labels it takes there even without an error.
        best_bound: the smallest risk that these labels prove at the start of the walk (None without labels).
        labels_needed: labels, over all coverages, with which a proof would succeed in 80 % of cases if the
            model is as good as it looks; None when no number within reach would do.
    """

    reason: Why
    n: int
    wrong: float
    least: int
    best_bound: float | None
    labels_needed: int | None
    target: float
    confidence: float


Verdict = Certified | NotCertified
