"""Early signs from what the watch reads anyway: blind answers beside what was predicted, and the scores.

Neither proves anything. Both raise the audits at once, so that the monitor, whose errors are bounded, decides
sooner; and once enough audits have come since without a word against the promise, they have been answered
(ADR 0063).
"""

from datetime import timedelta

import numpy as np

from hitl.shared.words import Words
from monitoring.signs.open_now import open_signs
from monitoring.signs.raised import clear_sign, raise_sign
from monitoring.types import SignKind
from monitoring.watch import draws
from monitoring.watch.watched import ACCEPTED, ACTOR, WatchedWorkflow
from policy.models import Watch
from science.decision_terms import Reason
from science.drift.scores import MIN_RECENT, REFERENCE, Quantiles, differ
from science.guarantee.blocks import closed_prefix
from science.guarantee.surprise import MAX_NULL, NEWS, SurpriseMonitor

HELD = 50  # audits for which amber is held: evidence near its line crosses it to and fro
ANSWERED = 200  # audits after which a sign has been looked into
MIN_HORIZON = 2_000.0  # blind answers
_YEAR = timedelta(days=365) / timedelta(days=7)  # in weeks
_READ_BY = {"band": (Reason.BELOW_CUTOFF,), "accepted": ACCEPTED}
_SCORED = (Reason.ABOVE_CUTOFF, Reason.RAMP, Reason.BELOW_CUTOFF)


def look(row: Watch, watched: WatchedWorkflow) -> None:
    """Take in what has come since the last look; open and close the signs that follow. `row` is not saved."""
    _look_at_answers(row, watched)
    _look_at_scores(row, watched)


def is_amber(row: Watch) -> bool:
    """Tell whether to audit as under amber: the evidence asks for it, or did so a few audits ago.

    Without that a single audit that agrees ends the many that were to settle the question.
    """
    if not row.is_calm:
        row.early["amber_at"] = _audits(row)
    return _is_amber_still(row)


def forget(row: Watch) -> None:
    """Begin again, because an answer has changed; the reference of the scores rests on none."""
    for kept in (*_READ_BY, "amber_at", "signs"):
        row.early.pop(kept, None)


def close(watched: WatchedWorkflow) -> None:
    """Close the signs that spoke of a certificate which is watched no longer."""
    for kind in (SignKind.DISAGREEMENT, SignKind.SCORE_DRIFT):
        clear_sign(workflow_id=watched.workflow_id, kind=kind, actor=ACTOR, now=watched.now)


def is_pressing(row: Watch, watched: WatchedWorkflow) -> bool:
    """Tell whether a sign has not been looked into yet, also where it has gone: audits are raised by it.

    `row` is not saved.
    """
    n, begun = _audits(row), row.early.get("signs", {})
    standing = {str(one.pk): n for one in open_signs(watched.workflow_id)}
    kept = {pk: at for pk, at in (standing | begun).items() if pk in standing or n - at < ANSWERED}
    row.early["signs"] = kept
    return any(n - at < ANSWERED for at in kept.values())


def pausing(watched: WatchedWorkflow) -> list[str]:
    """Return why no canary is to be widened now, as sentences: amber, and signs that nobody has looked into.

    A sign that audits have answered pauses nothing: inputs that have changed for good would keep out the very
    model that was trained on them (ADR 0068).
    """
    row = Watch.objects.filter(workflow_id=watched.workflow_id, ended_at=None).first()
    if row is None:
        return []
    said: list[str] = []
    if not row.is_calm or _is_amber_still(row):
        said.append(Words("Audits begin to contradict the promise."))
    n, begun = _audits(row), row.early.get("signs", {})
    signs = [one for one in open_signs(watched.workflow_id) if n - begun.get(str(one.pk), n) < ANSWERED]
    said += [
        Words("%(sign)s; audits have not answered that yet.", sign=Words(one.get_kind_display()))
        for one in signs
    ]
    return said


def _is_amber_still(row: Watch) -> bool:
    return "amber_at" in row.early and _audits(row) < row.early["amber_at"] + HELD


def _audits(row: Watch) -> int:
    """Return how many blind answers to accepted cases were read: those below the cutoff settle nothing."""
    return int(row.early["accepted"]["state"]["n"]) if "accepted" in row.early else 0


def _look_at_answers(row: Watch, watched: WatchedWorkflow) -> None:
    """Hold blind answers against what was predicted, of what the model decides and of what people review.

    Apart, because people answer far more of the one than of the other, and what is as it was drowns a change.
    """
    policy, week = watched.policy, watched.week
    ends = {
        "band": SurpriseMonitor(_horizon((week.total - week.automatic) * policy.blind_rate)),
        "accepted": SurpriseMonitor(
            _horizon(week.automatic * policy.audit_base), floor=min(MAX_NULL, NEWS * policy.target)
        ),
    }
    read = {name: _surprise(name, one, row, watched) for name, one in ends.items()}
    worst = max(read.values(), key=lambda one: one.e_value)
    facts = {"answers": worst.n, "wrong": worst.wrong, "predicted": round(worst.predicted, 2)}
    _say(SignKind.DISAGREEMENT, facts, watched, is_there=worst.is_amber)


def _surprise(name: str, fresh: SurpriseMonitor, row: Watch, watched: WatchedWorkflow) -> SurpriseMonitor:
    kept = row.early.get(name)
    monitor = SurpriseMonitor.from_json(kept["state"]) if kept else fresh
    place = draws.place_from_json(kept["place"]) if kept else None
    rows = draws.scored(row.workflow_id, row.certificate.release_id, reasons=_READ_BY[name])
    rows = rows.filter(decided_at__gte=row.since)
    while True:
        drawn = draws.drawn_after(rows, place, until=watched.until, now=watched.now)
        ready = drawn[: closed_prefix(np.array([not one.is_held for one in drawn], dtype=bool), 1)]
        for one in ready:
            monitor.add(one.loss, 1 - one.score)  # the score is the probability of what was predicted
        if ready:
            place = ready[-1].place
        if len(ready) < len(drawn) or len(drawn) < draws.MAX_DRAWN:
            break
    row.early[name] = {"state": monitor.to_json(), "place": draws.place_to_json(place)}
    return monitor


def _horizon(weekly: float) -> float:
    """Blind answers that a year brings."""
    return max(MIN_HORIZON, weekly * _YEAR)


def _look_at_scores(row: Watch, watched: WatchedWorkflow) -> None:
    """Compare the latest scores with the first under this certificate, which audits have not refuted."""
    rows = draws.scored(row.workflow_id, row.certificate.release_id, reasons=_SCORED)
    rows = rows.filter(decided_at__gte=row.since, decided_at__lte=watched.until)
    kept = row.early.get("scores")
    if kept is None:
        first = list(rows.values_list("score", "decided_at")[:REFERENCE])
        if len(first) < REFERENCE:
            return
        scores = np.array([score for score, _ in first], dtype=np.float64)
        kept = {"reference": Quantiles.of(scores).to_json(), "until": first[-1][1].isoformat()}
        row.early["scores"] = kept
    latest = rows.filter(decided_at__gt=kept["until"]).order_by("-decided_at", "-case_id")
    recent = np.array(latest.values_list("score", flat=True)[:MIN_RECENT], dtype=np.float64)
    if len(recent) < MIN_RECENT:
        return
    gap, is_there = differ(Quantiles.from_json(kept["reference"]), recent)
    _say(
        SignKind.SCORE_DRIFT, {"largest_gap": round(gap, 4), "cases": len(recent)}, watched, is_there=is_there
    )


def _say(kind: SignKind, facts: dict[str, float | int], watched: WatchedWorkflow, *, is_there: bool) -> None:
    if is_there:
        raise_sign(workflow_id=watched.workflow_id, kind=kind, evidence=facts, actor=ACTOR, now=watched.now)
    else:
        clear_sign(workflow_id=watched.workflow_id, kind=kind, actor=ACTOR, now=watched.now)
