"""The rule: which cases may be decided without a person. It fails closed.

`decide()` never raises for what is in a case, a score or a policy: whatever is missing, broken, stale or
unknown sends the case to a person with a reason of its own. There is one reason to automate: `ABOVE_CUTOFF`.
"""

from collections.abc import Sequence

import numpy as np

from science.decision_terms import (
    ABOVE,
    BELOW,
    RAMP,
    REASON_CODE,
    ROUTE_CODE,
    Reason,
    Route,
)
from science.draws import Draws
from science.outcomes import Outcomes
from science.rule import Rule

_SUM_TOLERANCE = 1e-4  # probabilities may have been stored as float32

# Under these no number of the model may be used, so none is read.
_UNREAD = frozenset(
    {Reason.NO_RULE, Reason.HUMAN_ONLY, Reason.NO_MODEL, Reason.SCHEMA_MISMATCH, Reason.NO_SCORE}
)


def decide(
    rule: Rule | None,
    proba: np.ndarray | None,
    *,
    unusable: Sequence[Reason | None] | None = None,
    draws: Draws,
    now: float,
    is_partial: bool = False,
) -> Outcomes:
    """Decide who decides each case of a batch. A single case is a batch of one.

    Args:
        rule: policy in force, or None when none could be loaded (then everything goes to people).
        proba: probabilities, shape (n_cases, n_classes), columns as `rule.labels`; None when nothing was
            scored. A row that is not a distribution is a bad score.
        unusable: why a row's score may not be used, where the scoring itself says so (the model cannot read
            the case, what was sent with it is no score); None means that none says so.
        draws: the random numbers of the cases, length n_cases.
        now: POSIX time in seconds.
        is_partial: the model keeps some of the probability for labels that it was not taught, so that rows
            may add up to less than 1. Those labels are never predicted.

    Returns:
        The outcomes in the order of the batch. In `human_only` and `shadow` every attribute but the recorded
        score, label and cutoff is the same whatever the model said.

    >>> from science.decision_terms import Basis, Degree
    >>> rule = Rule(labels=("ham", "spam"), workflow_labels=frozenset({"ham", "spam"}), degree=Degree.PARTIAL,
    ...             cutoffs={"ham": 0.9, "spam": 0.9}, basis=Basis.CERTIFIED, valid_until=100.0)
    >>> draws = Draws(np.array([0.5, 0.5]), np.array([0.5, 0.5]), np.array([0.5, 0.5]))
    >>> [(o.route.value, o.label) for o in
    ...  decide(rule, np.array([[0.97, 0.03], [0.4, 0.6]]), draws=draws, now=50.0).rows()]
    [('auto', 'ham'), ('review', 'spam')]
    """
    n = len(draws)
    if rule is None:
        return _to_people(n, Reason.NO_RULE, (), reference_rate=1.0)
    closed = rule.closed(now)
    readable = bool(rule.labels) and rule.schema_matches and closed not in _UNREAD
    if not readable or proba is None:
        return _to_people(
            n, closed if closed is not None else Reason.NO_SCORE, rule.labels, rule.reference_rate
        )

    p = _as_batch(proba, n, len(rule.labels))
    predicted = p.argmax(1)
    confidence = p[_arange(n), predicted]
    score = confidence if rule.rescore is None else np.asarray(rule.rescore(p), dtype=np.float64)
    cutoff = rule._cutoff[predicted]
    usable = _is_distribution(p, is_partial)
    if rule.rescore is not None:
        usable &= (score >= 0) & (score <= 1)

    reason = _FIRST_TWO[(score >= cutoff).view(np.int8)]
    if rule._any_shut:
        shut = rule._shut[predicted]
        reason = np.where(shut == ABOVE, reason, shut)
        usable &= shut != REASON_CODE[Reason.UNKNOWN_LABEL]
    hidden = rule._hidden[predicted] if rule._any_hidden else None
    if unusable is not None:
        usable &= np.array([why is None for why in unusable], dtype=bool)
    if not usable.all():
        unusable_rows = ~usable
        reason[unusable_rows] = _why_unusable(p, rule, predicted, unusable, is_partial)[unusable_rows]
        predicted[unusable_rows] = -1
        score, confidence, cutoff = (
            np.where(usable, column, np.nan) for column in (score, confidence, cutoff)
        )
        hidden = unusable_rows if hidden is None else hidden | unusable_rows
    if closed is not None:
        reason[:] = REASON_CODE[closed]
        if closed is Reason.SHADOW:
            hidden = np.ones(n, dtype=bool)

    return _drawn(rule, draws, reason, predicted, score, confidence, cutoff, hidden)


_FIRST_TWO = np.array([BELOW, ABOVE], dtype=np.int8)
_ZERO = np.zeros(1, dtype=np.intp)


def _arange(n: int) -> np.ndarray:
    return _ZERO if n == 1 else np.arange(n)


def _as_batch(proba: np.ndarray, n: int, n_classes: int) -> np.ndarray:
    """The probabilities as float64 of the expected shape; no distribution if they are anything else."""
    p = np.asarray(proba)
    if p.shape != (n, n_classes) or p.dtype.kind not in "fiu":
        return np.full((n, n_classes), -1.0)
    return p.astype(np.float64, copy=False)


def _is_distribution(p: np.ndarray, is_partial: bool) -> np.ndarray:
    """Mask of the rows that are probabilities; comparisons are written so that NaN fails them."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = p.sum(1)
        fits = total - 1 <= _SUM_TOLERANCE if is_partial else abs(total - 1) <= _SUM_TOLERANCE
        mask: np.ndarray = (p.min(1) >= 0) & fits
    return mask


def _why_unusable(
    p: np.ndarray,
    rule: Rule,
    predicted: np.ndarray,
    unusable: Sequence[Reason | None] | None,
    is_partial: bool,
) -> np.ndarray:
    """Code of the reason why a row's score may not be used; meaningful for unusable rows only."""
    shut = rule._shut[predicted]
    unknown = REASON_CODE[Reason.UNKNOWN_LABEL]
    why = np.where(shut == unknown, shut, np.int8(REASON_CODE[Reason.BAD_SCORE]))
    why[~_is_distribution(p, is_partial)] = REASON_CODE[Reason.BAD_SCORE]
    why[np.isnan(p).all(1)] = REASON_CODE[Reason.NO_SCORE]
    for row, said in enumerate(unusable or ()):
        if said is not None:
            why[row] = REASON_CODE[said]
    return why


def _drawn(
    rule: Rule,
    draws: Draws,
    reason: np.ndarray,
    predicted: np.ndarray,
    score: np.ndarray,
    confidence: np.ndarray,
    cutoff: np.ndarray,
    hidden: np.ndarray | None,
) -> Outcomes:
    """Let the draws say which accepted cases are automatic, audited and answered blind.

    `hidden` marks the cases where a person is shown nothing of the model: their labels are blind for certain.
    """
    accepted = automatic = reason == ABOVE
    blind = draws.u_blind < rule.blind_share
    pi = np.where(accepted, rule.audit_rate, rule.blind_share)
    if hidden is not None:
        shown_nothing = hidden & ~accepted
        blind |= shown_nothing
        pi[shown_nothing] = 1.0
    ramp = rule.share_let_through
    if ramp < 1:
        automatic = accepted & (draws.u_ramp < ramp)
        held = accepted & ~automatic
        reason[held] = RAMP
        blind |= held
        # Held back or let through was our own draw, so pi is the chance of a blind label over both.
        pi[accepted] = rule.accepted_pi
    audited = automatic & (draws.u_audit < rule.audit_rate)
    blind = np.where(automatic, audited, blind)
    if rule.breaker_tripped:
        route = np.where(
            reason == REASON_CODE[Reason.BREAKER],
            np.int8(ROUTE_CODE[Route.BREAKER_REVIEW]),
            np.int8(ROUTE_CODE[Route.REVIEW]),
        )
    else:
        route = (~automatic).view(np.int8)
    reference_rate = np.full(len(reason), rule.reference_rate)
    return Outcomes(
        rule.labels, route, reason, predicted, score, confidence, cutoff, pi, reference_rate, audited, blind
    )


def _to_people(n: int, reason: Reason, labels: tuple[str, ...], reference_rate: float) -> Outcomes:
    """Every case to a person who is shown nothing, because there is nothing to show: all labels are blind."""
    nan = np.full(n, np.nan)
    route = Route.BREAKER_REVIEW if reason is Reason.BREAKER else Route.REVIEW
    return Outcomes(
        labels,
        np.full(n, ROUTE_CODE[route], dtype=np.int8),
        np.full(n, REASON_CODE[reason], dtype=np.int8),
        np.full(n, -1),
        nan,
        nan,
        nan,
        np.ones(n),
        np.full(n, reference_rate),
        np.zeros(n, dtype=bool),
        np.ones(n, dtype=bool),
    )
