"""A new champion bakes: for a while an alarm brings back the one before it, which scores its audits.

The two are called green, the new one, and blue, the one before. Green's audits are held against blue's from
before the switch and against the promise, by the same e-processes as a canary's. The way back is one audited
transition, and blue's cutoffs and certificate are those that it had (ADR 0058).
"""

import logging
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction

from hitl.audit.log import record
from hitl.outbox.events import News, emit
from hitl.shared.errors import HitlError
from hitl.shared.words import Words
from models_store.models import RoleSpan
from models_store.selectors import previous_champion
from models_store.services import roles
from models_store.types import ReleaseRole
from monitoring.watch.canary.evidence import units
from monitoring.watch.canary.plan import comparison_of, plan_of
from monitoring.watch.watched import ACTOR, WatchedWorkflow
from policy.models.canaries import Bake
from policy.services.canary_start import canary_settings
from policy.types import BakeOutcome
from science.canary import compared
from science.canary.step import ALPHA, HARM

log = logging.getLogger(__name__)

_WHY = {
    ("champion",): Words("While it baked, audits show that it is wrong more often than the champion before"),
    ("promise",): Words("While it baked, audits show that it is wrong more often than was promised"),
    ("champion", "promise"): Words(
        "While it baked, audits show that it is wrong more often than the champion before and audits show"
        " that it is wrong more often than was promised"
    ),
}


def advance(watched: WatchedWorkflow) -> bool:
    """Begin, read and end the baking of the champion; return whether the one before it is back."""
    bake = _line_up(watched)
    if bake is None:
        return False
    verdict = _verdict(bake, watched)
    Bake.objects.filter(pk=bake.pk, ended_at=None).update(verdict=verdict, read_at=watched.now)
    harmed = tuple(name for name, share in HARM.items() if verdict["harm"][name] >= 1 / (ALPHA * share))
    if harmed:
        return _return(bake, verdict, _WHY[harmed], watched)
    if watched.now >= bake.until:
        _end(bake, BakeOutcome.KEPT, _kept(verdict), watched)
    return False


def _line_up(watched: WatchedWorkflow) -> Bake | None:
    """Return the baking of the present champion; end that of another, and begin one where it is due."""
    going = Bake.objects.select_related("blue", "green").filter(workflow_id=watched.workflow_id)
    bake = going.filter(ended_at=None).first()
    if bake is not None and bake.green_id != watched.release.pk:
        _end(bake, BakeOutcome.REPLACED, Words("Another model became the champion."), watched)
        bake = None
    try:
        with transaction.atomic():
            return bake or _begin(watched)
    except IntegrityError:
        return None  # another run was faster


def _begin(watched: WatchedWorkflow) -> Bake | None:
    hours = canary_settings(watched.workflow_id).bake_hours
    spans = RoleSpan.objects.filter(release=watched.release, role=ReleaseRole.CHAMPION)
    span = spans.get(until=None)
    until = span.since + timedelta(hours=hours)
    blue = previous_champion(watched.workflow_id)
    is_way_back = spans.exclude(until=None).exists()
    if blue is None or is_way_back or watched.now >= until or not watched.is_automating:
        return None
    if Bake.objects.filter(workflow_id=watched.workflow_id, since=span.since).exists():
        return None
    labels = canary_settings(watched.workflow_id).min_labels
    bake = Bake.objects.create(
        workflow_id=watched.workflow_id,
        blue=blue,
        green=watched.release,
        since=span.since,
        until=until,
        by=span.by,
        plan=plan_of(watched.policy, blue, min_labels=labels, now=span.since),
    )
    detail = {"blue": blue.name, "green": watched.release.name, "until": until.isoformat()}
    record(action="bake.begun", actor=ACTOR, now=watched.now, about=watched.release, detail=detail)
    return bake


def _verdict(bake: Bake, watched: WatchedWorkflow) -> dict[str, Any]:
    seen = units(
        bake.workflow_id,
        canary_id=bake.green_id,
        champion_id=bake.blue_id,
        costs=watched.costs,
        since=bake.since,
        until=watched.until,
        now=watched.now,
    )
    evidence = compared.harm(comparison_of(bake.plan), seen.is_canary, seen.against)
    own = seen.against[seen.is_canary]
    return {
        "harm": {"champion": evidence.peak, "promise": compared.breach(bake.plan["target"], own)},
        "labels": evidence.n_canary,
        "wrong": float(np.count_nonzero(own)),
        "waiting": seen.waiting,
    }


def _kept(verdict: dict[str, Any]) -> str:
    """Say what keeping it rests on: without answers there was nothing that could have raised an alarm."""
    n = verdict["labels"]
    if not n:
        return Words(
            "It was kept, though nobody had looked: no audit of it was answered while it baked. Its monitor"
            " watches on."
        )
    return Words.counted(
        "No alarm in the %(n)s audit of it that were answered while it baked.",
        "No alarm in the %(n)s audits of it that were answered while it baked.",
        n,
    )


def _return(bake: Bake, verdict: dict[str, Any], reason: str, watched: WatchedWorkflow) -> bool:
    """Make blue the champion again; where it cannot be, the monitor of green's certificate watches on."""
    try:
        with transaction.atomic():
            _end(bake, BakeOutcome.RETURNED, reason, watched)
            roles.promote(
                release_id=bake.blue_id,
                actor=ACTOR,
                now=watched.now,
                reason=Words("%(model)s was taken back: %(reason)s.", model=bake.green.name, reason=reason),
                evidence={"bake": str(bake.pk), **verdict},
                seen=ReleaseRole.RETIRED,
            )
            told = {"release": bake.green.name, "share": 100.0, "reason": reason}
            emit([News("release.rolled_back", bake.green_id, bake.workflow_id, watched.now, told)])
    except HitlError as refused:
        facts = {"release": str(bake.blue_id), "trouble": refused.message}
        log.error("the champion before cannot be brought back", extra=facts)  # untranslated: a log
        return False
    return True


@transaction.atomic
def _end(bake: Bake, outcome: BakeOutcome, reason: str, watched: WatchedWorkflow) -> None:
    ended = Bake.objects.filter(pk=bake.pk, ended_at=None)
    if ended.update(ended_at=watched.now, outcome=outcome, reason=reason):
        detail = {"green": bake.green.name, "blue": bake.blue.name, "outcome": outcome, "reason": reason}
        record(action="bake.ended", actor=ACTOR, now=watched.now, about=bake.green, detail=detail)
