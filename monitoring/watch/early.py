"""Early signs from what the watch reads anyway: the review band, and the scores.

Neither proves anything. Both raise the audits at once, so that the monitor, whose errors are bounded, decides
sooner; and once enough audits have come since without a word against the promise, they have been answered.
"""

from datetime import timedelta

import numpy as np

from monitoring.models import EarlySign
from monitoring.signs.open_now import open_signs
from monitoring.signs.raised import clear_sign, raise_sign
from monitoring.types import SignKind
from monitoring.watch import draws
from monitoring.watch.watched import ACTOR, WatchedWorkflow
from policy.models import Watch
from science.decision_terms import Reason
from science.drift.scores import MIN_RECENT, REFERENCE, Quantiles, differ
from science.guarantee.band import BandMonitor
from science.guarantee.blocks import closed_prefix

HELD = 50  # audits for which amber is held: evidence near its line crosses it to and fro
ANSWERED = 20  # readings of the monitor, of ten audits each, after which a sign has been looked into
MIN_BAND_HORIZON = 2_000.0
_YEAR = timedelta(days=365) / timedelta(days=7)  # in weeks
_SCORED = (Reason.ABOVE_CUTOFF, Reason.RAMP, Reason.BELOW_CUTOFF)


def look(row: Watch, watched: WatchedWorkflow) -> None:
    """Take in what has come since the last look; open and close the signs that follow. `row` is not saved."""
    _look_at_band(row, watched)
    _look_at_scores(row, watched)


def is_amber(row: Watch) -> bool:
    """Tell whether to audit as under amber: the evidence asks for it, or did so a few audits ago.

    Without that a single audit that agrees ends the many that were to settle the question.
    """
    if not row.is_calm:
        row.early["amber_at"] = row.n_labels
    return _is_amber_still(row)


def forget(row: Watch) -> None:
    """Begin again, because an answer has changed; the reference of the scores rests on none."""
    row.early.pop("band", None)
    row.early.pop("amber_at", None)


def close(watched: WatchedWorkflow) -> None:
    """Close the signs that spoke of a certificate which is watched no longer."""
    for kind in (SignKind.DISAGREEMENT, SignKind.SCORE_DRIFT):
        clear_sign(workflow_id=watched.workflow_id, kind=kind, actor=ACTOR, now=watched.now)


def acting(row: Watch, watched: WatchedWorkflow) -> list[EarlySign]:
    """Return the open signs that nobody has looked into yet: audits are raised by them."""
    signs = open_signs(watched.workflow_id)
    return [one for one in signs if row.readings.filter(at__gte=one.began_at).count() < ANSWERED]


def pausing(watched: WatchedWorkflow) -> list[str]:
    """Return why no canary is to be widened now, as sentences: amber, and signs that nobody has looked into.

    A sign that audits have answered pauses nothing: inputs that have changed for good would keep out the very
    model that was trained on them.
    """
    row = Watch.objects.filter(workflow_id=watched.workflow_id, ended_at=None).first()
    if row is None:
        return []
    amber = [] if row.is_calm and not _is_amber_still(row) else ["Audits begin to contradict the promise."]
    signs = acting(row, watched)
    return amber + [f"{one.get_kind_display()}; audits have not answered that yet." for one in signs]


def _is_amber_still(row: Watch) -> bool:
    return "amber_at" in row.early and row.n_labels < row.early["amber_at"] + HELD


def _look_at_band(row: Watch, watched: WatchedWorkflow) -> None:
    kept = row.early.get("band")
    band = BandMonitor.from_json(kept["state"]) if kept else BandMonitor(_band_horizon(watched))
    place = draws.place_from_json(kept["place"]) if kept else None
    rows = draws.scored(row.workflow_id, row.certificate.release_id, reasons=[Reason.BELOW_CUTOFF])
    rows = rows.filter(decided_at__gte=row.since)
    while True:
        drawn = draws.drawn_after(rows, place, until=watched.until, now=watched.now)
        ready = drawn[: closed_prefix(np.array([not one.is_held for one in drawn], dtype=bool), 1)]
        for one in ready:
            band.add(one.loss, 1 - one.score)  # the score is the probability of what was predicted
        if ready:
            place = ready[-1].place
        if len(ready) < len(drawn) or len(drawn) < draws.MAX_DRAWN:
            break
    row.early["band"] = {"state": band.to_json(), "place": draws.place_to_json(place)}
    facts = {"answers": band.n, "wrong": band.wrong, "predicted": round(band.predicted, 2)}
    _say(SignKind.DISAGREEMENT, facts, watched, is_there=band.is_amber)


def _band_horizon(watched: WatchedWorkflow) -> float:
    """Blind answers below the cutoff that a year brings."""
    reviewed = watched.week.total - watched.week.automatic
    return max(MIN_BAND_HORIZON, reviewed * watched.policy.blind_rate * _YEAR)


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
