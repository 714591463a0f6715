"""What was decided: arrays for a batch, plain values for one case."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan

import numpy as np

from science.decision_terms import ABOVE, RAMP, REASONS, ROUTE_CODE, ROUTES, Reason, Route


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided about one case, in plain Python values; None where there is no number."""

    route: Route
    reason: Reason
    predicted: int | None
    label: str | None
    score: float | None
    confidence: float | None
    cutoff: float | None
    pi: float
    reference_rate: float
    audited: bool
    blind: bool

    @property
    def is_automatic(self) -> bool:
        """Whether no person is asked before the answer."""
        return self.route is Route.AUTO


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What was decided about a batch; every array has the shape (n_cases,).

    Attributes:
        labels: names of the columns that `predicted` points into.
        route: index into `ROUTES`.
        reason: index into `REASONS`.
        predicted: column of the predicted label, -1 where the score may not be used.
        score: what cutoffs are compared with; NaN where `predicted` is -1.
        confidence: probability of the predicted label, NaN where `predicted` is -1.
        cutoff: the cutoff of the predicted label, NaN if it has none.
        pi: probability, over the draws, that a blind label of this case is collected.
        reference_rate: what monitors weigh the label by, as ``reference_rate / pi``; see `Rule`.
        audited: automatic, and drawn for an audit.
        blind: a person answers this case without seeing the model (audits are always blind). E[blind] = pi.
    """

    labels: tuple[str, ...]
    route: np.ndarray
    reason: np.ndarray
    predicted: np.ndarray
    score: np.ndarray
    confidence: np.ndarray
    cutoff: np.ndarray
    pi: np.ndarray
    reference_rate: np.ndarray
    audited: np.ndarray
    blind: np.ndarray

    def __len__(self) -> int:
        return len(self.route)

    @property
    def automatic(self) -> np.ndarray:
        """Mask of the cases that are decided without a person."""
        mask: np.ndarray = self.route == ROUTE_CODE[Route.AUTO]
        return mask

    @property
    def accepted(self) -> np.ndarray:
        """Mask of the cases above the cutoff, automated or held back by the ramp."""
        mask: np.ndarray = (self.reason == ABOVE) | (self.reason == RAMP)
        return mask

    def one(self, i: int) -> Outcome:
        """The outcome of case `i`."""
        return self._plain(*(column[i].item() for column in self._columns()))

    def rows(self) -> Iterator[Outcome]:
        """The outcomes in the order of the batch."""
        return map(self._plain, *(column.tolist() for column in self._columns()))

    def _columns(self) -> tuple[np.ndarray, ...]:
        return (
            self.route,
            self.reason,
            self.predicted,
            self.score,
            self.confidence,
            self.cutoff,
            self.pi,
            self.reference_rate,
            self.audited,
            self.blind,
        )

    def _plain(
        self,
        route: int,
        reason: int,
        predicted: int,
        score: float,
        confidence: float,
        cutoff: float,
        pi: float,
        reference_rate: float,
        audited: bool,
        blind: bool,
    ) -> Outcome:
        known = predicted >= 0
        return Outcome(
            ROUTES[route],
            REASONS[reason],
            predicted if known else None,
            self.labels[predicted] if known else None,
            score if known else None,
            confidence if known else None,
            None if isnan(cutoff) else cutoff,
            pi,
            reference_rate,
            audited,
            blind,
        )
