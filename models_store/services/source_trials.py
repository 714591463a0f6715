"""Try a model elsewhere on its known answers, where it is asked: by a worker, never in a request."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cases.services.versions import bump
from hitl.audit.log import record
from hitl.shared.actor import system
from hitl.shared.errors import HitlError, sentences
from hitl.shared.words import joined
from models_store.doors import DoorFault
from models_store.models import Source
from models_store.services.label_map import tried
from models_store.services.remote import ask, batch_of
from models_store.types import Door
from science.decision_terms import Reason

ACTOR = system("sources")
# What a file does each time it is run; whoever finds it too slow gives it more seconds.
OF_FILE = frozenset({Reason.SOURCE_REFUSED, Reason.SOURCE_FAILED, Reason.SOURCE_TIMEOUT})
AGAIN = timedelta(seconds=30)  # after a trial that got no answer


def try_remote(source: Source, *, now: datetime) -> bool:
    """Ask about the known answers; from a good trial on it is heard, if it is confirmed. False: try again.

    A label map that is turned round, or scores that are none, retire it with the reason.
    """
    known = source.known_answers
    try:
        sent: list[object] = []
        for start in range(0, len(known), batch_of(source)):
            part = known[start : start + batch_of(source)]
            sent += ask(source, [one["content"] for one in part]).sent
    except DoorFault as fault:
        if source.door == Door.ONNX and fault.reason in OF_FILE:
            _refuse(source, fault.words, now)
            return True
        Source.objects.filter(pk=source.pk).update(**in_trouble(fault.reason, fault.words, now))
        return False
    answers = [{"label": one["label"], "probabilities": said} for one, said in zip(known, sent, strict=True)]
    try:
        fit = tried(answers, source.label_map, source.labels)
    except HitlError as refused:
        _refuse(source, joined(sentences(refused)), now)
        return True
    _accept(source, {"n": fit.n, "right": fit.right}, now)
    return True


NO_TROUBLE: dict[str, Any] = {
    "trouble": "",
    "trouble_words": "",
    "trouble_at": None,
}


def in_trouble(reason: Reason, words: str, now: datetime) -> dict[str, Any]:
    """Return the columns that say why a source gave no answer of use."""
    return {"trouble": reason.value, "trouble_words": words, "trouble_at": now}


@transaction.atomic
def _accept(source: Source, found: dict[str, int], now: datetime) -> None:
    if Source.objects.filter(pk=source.pk, retired_at=None, tried={}).update(tried=found, **NO_TROUBLE):
        bump(source.workflow_id)
        detail = {"source": source.name, "sha256": source.sha256, "tried": found}
        record(action="source.tried", actor=ACTOR, now=now, about=source, detail=detail)


@transaction.atomic
def _refuse(source: Source, words: str, now: datetime) -> None:
    told = {"retired_at": now, "retired_by": ACTOR.name} | in_trouble(Reason.SOURCE_REFUSED, words, now)
    if Source.objects.filter(pk=source.pk, retired_at=None).update(**told):
        detail = {"source": source.name, "sha256": source.sha256, "reason": words[:300]}
        record(action="source.retired", actor=ACTOR, now=now, about=source, detail=detail)
