"""One immutable snapshot of policy: all that `decide()` knows about a workflow and a release."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from science.decision_terms import ABOVE, RANK, REASON_CODE, REASONS, Basis, Degree, Reason
from science.ramp import ramp_of

AUDIT_FLOOR = 0.005  # lowest probability with which an automatic decision is ever audited
LOWEST_SCORE = 0.0  # scores lie in [0, 1]; a cutoff at this value accepts every case


def audit_floor(base: float) -> float:
    """Return the rate that nothing may push audits below: test plans and monitors rely on it."""
    return max(base / 2, AUDIT_FLOOR)


@dataclass(frozen=True, slots=True)
class Rule:
    """One immutable snapshot of policy for a workflow and a release; built once, cached, asked per batch.

    Attributes:
        labels: the model's columns, in order; empty when there is no model.
        workflow_labels: the labels that a decision may carry now.
        degree: degree of automation of the workflow.
        label_degrees: degrees of single labels (scope ``per_label`` only); they lower, never raise, `degree`.
        scope: whether the promise speaks of all automatic decisions together or of each label.
        cutoffs: label -> cutoff on the score; a label that is absent is never automatic. For the
            scope ``overall`` every label has the same number.
        basis: what the cutoffs rest on.
        valid_from, valid_until: POSIX seconds, start included and end excluded; None is unbounded, which only
            cutoffs without a certificate may be at the end.
        breaker_tripped: live evidence no longer supports the promise.
        stopped: all automation of the service is stopped, whatever the evidence says.
        schema_matches: the model was trained for the workflow's present fields and labels.
        audit_rate: probability with which an automatic decision is audited now.
        audit_base: the base audit rate, which sets the floor of `audit_rate`.
        blind_share: probability with which a reviewed case is answered blind.
        ramp: share of accepted cases that is automated; capped while the basis is provisional.
        rescore: maps probabilities (n_cases, n_classes) to the score (n_cases,) in [0, 1]; None
            means the probability of the predicted label.

    Raises:
        ValueError: the snapshot contradicts itself; the message names the attribute.
    """

    labels: tuple[str, ...]
    workflow_labels: frozenset[str]
    degree: Degree
    label_degrees: Mapping[str, Degree] = field(default_factory=dict)
    scope: Literal["overall", "per_label"] = "overall"
    cutoffs: Mapping[str, float] = field(default_factory=dict)
    basis: Basis = Basis.NONE
    valid_from: float | None = None
    valid_until: float | None = None
    breaker_tripped: bool = False
    stopped: bool = False
    schema_matches: bool = True
    audit_rate: float = 0.02
    audit_base: float = 0.02
    blind_share: float = 0.1
    ramp: float = 1.0
    rescore: Callable[[np.ndarray], np.ndarray] | None = None

    _cutoff: np.ndarray = field(init=False, repr=False, compare=False)  # per column, NaN where there is none
    _shut: np.ndarray = field(init=False, repr=False, compare=False)  # per column, a reason's code or ABOVE
    _any_shut: bool = field(init=False, repr=False, compare=False)
    _hidden: np.ndarray = field(init=False, repr=False, compare=False)  # per column: label at most in shadow
    _any_hidden: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check()
        shut = np.array([REASON_CODE[self._against(label)] for label in self.labels], dtype=np.int8)
        hidden = np.array(
            [self.degree_of(label).rank <= Degree.SHADOW.rank for label in self.labels], dtype=bool
        )
        for name, value in (
            (
                "_cutoff",
                np.array([self.cutoffs.get(label, np.nan) for label in self.labels], dtype=np.float64),
            ),
            ("_shut", shut),
            ("_any_shut", bool((shut != ABOVE).any())),
            ("_hidden", hidden),
            ("_any_hidden", bool(hidden.any())),
        ):
            object.__setattr__(self, name, value)

    def closed(self, now: float) -> Reason | None:
        """Why nothing at all is automatic at POSIX time `now`, or None when single cases may be."""
        if self.degree is Degree.HUMAN_ONLY:
            return Reason.HUMAN_ONLY
        if not self.labels:
            return Reason.SHADOW if self.degree is Degree.SHADOW else Reason.NO_MODEL
        if not self.schema_matches:
            return Reason.SHADOW if self.degree is Degree.SHADOW else Reason.SCHEMA_MISMATCH
        if self.degree is Degree.SHADOW:
            return Reason.SHADOW
        if self.degree is Degree.ASSIST:
            return Reason.ASSIST
        if self.breaker_tripped:
            return Reason.BREAKER
        if self.stopped:
            return Reason.STOPPED
        if self.basis is Basis.NONE:
            return Reason.NOT_CERTIFIED
        if self.degree is Degree.FULL and not self.covers_everything:
            return Reason.NOT_CERTIFIED
        # Written so that a NaN clock or bound closes.
        started = self.valid_from is None or now >= self.valid_from
        ended = self.valid_until is not None and not now < self.valid_until
        return Reason.CERTIFICATE_EXPIRED if ended or not started else None

    @property
    def covers_everything(self) -> bool:
        """Whether a certificate accepts every case, which `full` needs (labels held lower aside)."""
        return self.basis is Basis.CERTIFIED and all(
            self.cutoffs.get(label, np.inf) <= LOWEST_SCORE
            for label in self.labels
            if label in self.workflow_labels and self.degree_of(label) is Degree.FULL
        )

    @property
    def reference_rate(self) -> float:
        """What monitors weigh labels by (``reference_rate / pi``): one number for all cases under this rule.

        It is the chance that an accepted case is labelled now, so that a label counts in full however many
        there are: a fixed reference would dilute the very audits that amber asks for (ADR 0029). The blind
        share caps it, so that no label of a reviewed case ever counts more than double.
        """
        return min(self.accepted_pi, 2 * self.blind_share)

    @property
    def share_let_through(self) -> float:
        """Share of accepted cases that is automated."""
        return min(self.ramp, ramp_of(is_provisional=self.basis is Basis.PROVISIONAL))

    @property
    def accepted_pi(self) -> float:
        """Probability that an accepted case gets a blind label: audited, or held back by the ramp."""
        return self.share_let_through * self.audit_rate + (1 - self.share_let_through)

    def degree_of(self, label: str) -> Degree:
        """How far a label's cases are automated: its own degree lowers, never raises, the workflow's."""
        return min(self.degree, self.label_degrees.get(label, self.degree), key=RANK.__getitem__)

    def _against(self, label: str) -> Reason:
        if label not in self.workflow_labels:
            return Reason.UNKNOWN_LABEL
        if not self.degree_of(label).automates:
            return Reason.LABEL_NOT_AUTOMATED
        if not np.isfinite(self.cutoffs.get(label, np.nan)):
            return Reason.NO_CUTOFF
        return REASONS[ABOVE]

    def _check(self) -> None:
        automates = self.degree.automates
        if not 0 < self.audit_base <= 1:
            raise ValueError(f"audit_base must lie in (0, 1], not {self.audit_base}.")
        floor = audit_floor(self.audit_base)
        if not floor <= self.audit_rate <= 1:
            raise ValueError(
                f"audit_rate must lie in [{floor:g}, 1], not {self.audit_rate}: audits never stop."
            )
        if not (AUDIT_FLOOR if automates else 0) <= self.blind_share <= 1:
            raise ValueError(
                f"blind_share must lie in [{AUDIT_FLOOR if automates else 0:g}, 1], not {self.blind_share}."
            )
        if not 0 <= self.ramp <= 1:
            raise ValueError(f"ramp must lie in [0, 1], not {self.ramp}.")
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must not repeat: a column is one label.")
        if self.scope == "overall" and self.label_degrees:
            raise ValueError("label_degrees need the scope per_label: an overall promise is one unit.")
        if self.scope == "overall" and len(set(self.cutoffs.values())) > 1:
            raise ValueError("cutoffs must all be equal for the scope overall: it promises one number.")
        if self.basis in (Basis.CERTIFIED, Basis.PROVISIONAL) and self.valid_until is None:
            raise ValueError("valid_until is missing: every certificate ends.")
