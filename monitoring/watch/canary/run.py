"""One look at a workflow's canary: what is known by now, and what follows.

Everything is read anew from rows at each look, so a run that is killed, or begins again, finds the same. A
canary is rolled back by audited errors alone (ADR 0057). It is held by signals, early signs and amber among
them, by cases that do not come through, and where it has nothing to decide under; it goes on by itself when
that has passed. It is widened, and at the last step promoted, by the rules that a person started it under.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from cases.models import Case
from hitl.shared.words import Words, joined
from models_store.selectors import training_settings
from monitoring.watch import early
from monitoring.watch.canary.balance import counted, imbalance
from monitoring.watch.canary.evidence import Units, units
from monitoring.watch.canary.plan import comparison_of
from monitoring.watch.canary.reasons import arms_differ, reasons
from monitoring.watch.canary.signals import signals
from monitoring.watch.overdue_audits import audit_capacity
from monitoring.watch.watched import ACTOR, WatchedWorkflow
from policy.errors import CanaryMoved
from policy.in_force.rules import rule_for
from policy.models.canaries import Canary
from policy.selectors import open_canary
from policy.services import canaries
from policy.types import CanaryHold
from science.canary import compared, promotion
from science.canary.step import Judged, Outcome, Step, judge

log = logging.getLogger(__name__)

MIN_AUDITED = 0.005  # audits never stop, however little time people have


def advance(watched: WatchedWorkflow) -> None:
    """Look at the workflow's canary, if there is one, and move it."""
    canary = open_canary(watched.workflow_id)
    if canary is None or Canary.objects.filter(workflow_id=watched.workflow_id, ended_at=None).count() > 1:
        canaries.close_abandoned(watched.workflow_id, actor=ACTOR, now=watched.now)
        return
    try:
        look(canary, watched)
    except CanaryMoved:  # a person, or another run, was faster: the next look sees what they did
        log.info("the canary was moved meanwhile", extra={"canary": str(canary.pk)})  # untranslated: a log


def look(canary: Canary, watched: WatchedWorkflow) -> None:
    """Read what is known of a canary, keep it, and act on it.

    Nothing is locked while it is read: who rolls a canary back must not wait for that. So whatever is done
    then is refused where somebody has moved it since (ADR 0068).

    Raises:
        CanaryMoved: somebody has.
    """
    try:
        verdict, judged = verdict_of(canary, watched)
    except (LookupError, TypeError, ValueError, ArithmeticError) as trouble:
        log.exception("a canary cannot be judged", extra={"canary": str(canary.pk)})
        why = Words(
            "What is known of it cannot be read: %(trouble)s. Roll it back, or have its rows looked at.",
            trouble=repr(trouble),
        )
        canaries.hold_canary(
            canary_id=canary.pk, actor=ACTOR, now=watched.now, reason=why, by=CanaryHold.UNREAD
        )
        return
    as_it_was = Canary.objects.filter(pk=canary.pk, ended_at=None, step_since=canary.step_since)
    if not as_it_was.update(verdict=verdict, read_at=watched.now):
        raise CanaryMoved(share=canary.share)
    _set_audits(canary, watched)
    _act(canary, verdict, judged, watched)


def verdict_of(canary: Canary, watched: WatchedWorkflow) -> tuple[dict[str, Any], Judged]:
    """Return what is known of a canary now, as plain values, and how its step stands."""
    seen = units(
        canary.workflow_id,
        canary_id=canary.release_id,
        champion_id=canary.champion_id,
        costs=watched.costs,
        since=canary.started_at,
        until=watched.until,
        now=watched.now,
    )
    evidence = compared.harm(comparison_of(canary.plan), seen.is_canary, seen.against)
    harm = {
        "champion": evidence.peak,
        "promise": compared.breach(canary.plan["target"], seen.against[seen.is_canary]),
    }
    has_entities = Case.objects.filter(workflow_id=canary.workflow_id, entity__isnull=False).exists()
    arms = counted(canary, has_entities=has_entities, until=watched.until)
    balance = imbalance(canary.share, *arms, drawn=seen.is_canary.tolist(), lost=seen.lost.tolist())
    found = [*signals(canary, *arms, now=watched.now), *early.pausing(watched)]
    in_step = seen.since(canary.step_since)
    judged = judge(
        Step(
            labels=in_step,
            needed=canary.min_labels,
            since=canary.step_since,
            least=timedelta(hours=canary.min_hours),
            harm=harm,
            imbalance=balance,
            signals=found,
        ),
        now=watched.now,
    )
    verdict = {
        "outcome": judged.outcome,
        "reasons": reasons(judged, found),
        "missing": judged.missing,
        "stage": judged.stage,
        "harm": harm,
        "imbalance": balance,
        "signals": found,
        "arms": [arm._asdict() for arm in arms],
        "labels_in_step": in_step,
        "labels": evidence.n_canary,
        "wrong": float(seen.wrong[seen.is_canary].sum()),
        "champion_labels": evidence.n_champion + canary.plan["history"]["n"],
        "champion_wrong": float(seen.wrong[~seen.is_canary].sum()) + canary.plan["history"]["errors"],
        "waiting": seen.waiting,
        "expected_at": _expected_at(canary, in_step, judged, watched.now),
        "promotion": _promotion(canary, seen),
    }
    return verdict, judged


def _promotion(canary: Canary, seen: Units) -> dict[str, Any]:
    """Return how the planned test stands: it looks once, when its labels are there."""
    planned = canary.plan["labels"]
    places = seen.is_canary.nonzero()[0]
    if len(places) < planned:
        return {"planned": planned, "labels": len(places), "passed": None}
    end = int(places[planned - 1]) + 1
    its, wrong = seen.is_canary[:end], seen.wrong[:end]
    history = canary.plan["history"]
    p = promotion.p_value(
        int(wrong[its].sum()),
        planned,
        int(wrong[~its].sum()) + history["errors"],
        int((~its).sum()) + history["n"],
        worse=canary.plan["worse"],
    )
    return {"planned": planned, "labels": len(places), "p_value": p, "passed": p <= canary.plan["alpha"]}


def _expected_at(canary: Canary, labels: int, judged: Judged, now: datetime) -> str | None:
    """Return when the step's labels will be there at its pace so far; None where there is no pace yet."""
    passed = now - canary.step_since
    if not judged.missing:
        return max(now, canary.step_since + timedelta(hours=canary.min_hours)).isoformat()
    if labels < 5 or passed <= timedelta(0):
        return None
    return (now + passed * (judged.missing / labels)).isoformat()


def _set_audits(canary: Canary, watched: WatchedWorkflow) -> None:
    """Audit every decision of the canary, or as many as people can do beside the champion's."""
    capacity = audit_capacity(canary.workflow_id, now=watched.now)
    rate = 1.0
    if capacity is not None:
        share = canary.share / 10_000
        automatic = max(watched.week.automatic, 1)
        left = capacity - automatic * (1 - share) * watched.policy.audit_rate
        rate = min(1.0, max(left / (automatic * share), watched.policy.audit_rate, MIN_AUDITED))
    if abs(rate - canary.audit_rate) > 0.1 * canary.audit_rate or (rate == 1.0) != (canary.audit_rate == 1.0):
        canaries.set_canary_audits(canary.pk, rate=round(rate, 4), actor=ACTOR, now=watched.now)


def _act(canary: Canary, verdict: dict[str, Any], judged: Judged, watched: WatchedWorkflow) -> None:
    now = watched.now
    evidence = {
        name: verdict[name] for name in ("harm", "labels", "wrong", "champion_labels", "champion_wrong")
    }
    if judged.outcome is Outcome.FAIL:
        canaries.roll_back_canary(
            canary_id=canary.pk, actor=ACTOR, now=now, reason=joined(reasons(judged, ())), evidence=evidence
        )
        return
    by, why = _holds(canary, verdict, judged, now)
    if canary.hold == CanaryHold.PERSON:
        return
    if by:
        canaries.hold_canary(canary_id=canary.pk, actor=ACTOR, now=now, reason=why, by=CanaryHold(by))
    elif canary.hold:
        reason = Words("What held it has passed.")
        canaries.resume_canary(canary_id=canary.pk, actor=ACTOR, now=now, reason=reason, held=canary.hold)
    if by or judged.outcome is not Outcome.PASS:
        return
    evidence["labels_in_step"] = verdict["labels_in_step"]
    if canary.next_share is not None:
        reason = Words("%(n)s audits of this step show no harm.", n=verdict["labels_in_step"])
        canaries.widen_canary(
            canary_id=canary.pk, actor=ACTOR, now=now, reason=reason, evidence=evidence, seen=canary.share
        )
    elif verdict["promotion"]["passed"] is True:
        reason = Words("The planned test shows that it is less than twice as wrong as the champion.")
        evidence["promotion"] = verdict["promotion"]
        canaries.promote_canary(canary_id=canary.pk, actor=ACTOR, now=now, reason=reason, evidence=evidence)


def _holds(
    canary: Canary, verdict: dict[str, Any], judged: Judged, now: datetime
) -> tuple[CanaryHold | str, str]:
    """Say what holds a canary now, the gravest first; empty where nothing does."""
    governing = rule_for(canary.workflow_id).canary
    closed = governing.deciding.rule.closed(now.timestamp()) if governing is not None else None
    if governing is None or closed is not None:
        return CanaryHold.PROOF, Words(
            "It decides nothing now: %(why)s.", why=closed or Words("it has no part")
        )
    if judged.stage:
        return CanaryHold.BALANCE, arms_differ(judged.stage)
    if verdict["signals"]:
        return CanaryHold.SIGNAL, joined(verdict["signals"])
    if judged.outcome is Outcome.PASS and canary.next_share is None:
        passed = verdict["promotion"]["passed"]
        if passed is True and training_settings(canary.workflow_id).challengers_wait:
            return CanaryHold.READY, Words(
                "The planned test has passed. It waits for a person to promote it."
            )
        if passed is False:
            return (
                CanaryHold.READY,
                Words(
                    "The planned test could not show that it is less than twice as wrong as the champion."
                    " A person decides."
                ),
            )
    return "", ""
