"""Automatic training: after a number of new labels, or at intervals if there is any new label."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from cases.models import Workflow
from hitl.audit.log import record
from hitl.shared.actor import Actor, system
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.shared.words import Words, figure
from models_store.access import require_operator
from models_store.errors import RunActive
from models_store.models import TrainingRun, TrainingSettings
from models_store.selectors import (
    active_run,
    new_labels,
    scored_labels,
    sources_in_use,
    training_settings,
)
from models_store.services.runs import is_settling, request_training
from models_store.types import Trigger

ACTOR = system("training schedule")


def request_due(*, now: datetime) -> int:
    """Request a run for every workflow whose settings say so; return how many were requested."""
    workflows = Workflow.objects.filter(archived_at=None).values_list("id", flat=True)
    return sum(request_where_due(workflow_id, now=now) for workflow_id in workflows)


def request_where_due(workflow_id: UUID, *, now: datetime) -> bool:
    """Request a run for a workflow if its settings say so; return whether one was requested."""
    if active_run(workflow_id) is not None:
        return False
    due = due_trigger(workflow_id, now=now)
    source_id, words = None, ""
    if due is None:
        source_id, words = due_source(workflow_id, now=now)
    if due is None and source_id is None:
        return False
    trigger, reason = due or (Trigger.LABELS, words)
    try:
        request_training(
            workflow_id=workflow_id,
            trigger=trigger,
            actor=ACTOR,
            now=now,
            reason=reason,
            source_id=source_id,
            is_cascade=source_id is not None and _was_cascade(source_id),
        )
    except (RunActive, NotFound):  # somebody was faster
        return False
    return True


def due_trigger(workflow_id: UUID, *, now: datetime) -> tuple[Trigger, str] | None:
    """Tell by what a run is due now, and why; None when none is.

    What the last run saw is not new, also when it was refused or failed: it is not tried again and again.
    """
    kept = training_settings(workflow_id)
    if not kept.is_automatic:
        return None
    trained = TrainingRun.objects.filter(workflow_id=workflow_id, source=None)
    last = trained.aggregate(at=Max("requested_at"))["at"]
    if is_settling(last, now):
        return None
    fresh = new_labels(workflow_id, since=last)
    if fresh >= kept.min_new_labels:
        return Trigger.LABELS, Words(
            "%(fresh)s new labels; %(enough)s are enough for a run.", fresh=fresh, enough=kept.min_new_labels
        )
    if last is not None and fresh and now - last >= timedelta(hours=kept.every_hours):
        why = Words.counted(
            "%(hours)s hours since the last run, and %(n)s new label.",
            "%(hours)s hours since the last run, and %(n)s new labels.",
            fresh,
            hours=figure(kept.every_hours),
        )
        return Trigger.SCHEDULE, why
    return None


def due_source(workflow_id: UUID, *, now: datetime) -> tuple[UUID | None, str]:
    """Return the model elsewhere whose calibrator is to be fitted (anew), and why; None where none is.

    By the number of new labels whose cases came with its scores; a calibrator does not age with the clock.
    A source that was last used in a cascade is used in one again.
    """
    kept = training_settings(workflow_id)
    if not kept.is_automatic:
        return None, ""
    for source in sources_in_use(workflow_id).values():
        last = TrainingRun.objects.filter(source=source).aggregate(at=Max("requested_at"))["at"]
        if is_settling(last, now):
            continue
        fresh = scored_labels(source, since=last).count()
        if fresh >= kept.min_new_labels:
            return source.pk, Words(
                "%(fresh)s new labels of cases that %(model)s scored.", fresh=fresh, model=source.name
            )
    return None, ""


def _was_cascade(source_id: UUID) -> bool:
    last = TrainingRun.objects.filter(source_id=source_id).order_by("requested_at").last()
    return last is not None and last.is_cascade


@transaction.atomic
def change_training_settings(
    *, workflow_id: UUID, actor: Actor, now: datetime, **settings: Any
) -> TrainingSettings:
    """Change when a workflow trains by itself, and whether a model that passes the gate waits for a person.

    Raises:
        NotFound: there is no such workflow.
        NotAllowed: the actor is a person who does not operate models.
        Invalid: a number is out of its range; each is named with its fix.
    """
    require_operator(actor)
    workflow = Workflow.objects.select_for_update(no_key=True).filter(pk=workflow_id).first()
    if workflow is None:
        raise NotFound("There is no such workflow.")
    kept = training_settings(workflow_id)
    before = {name: getattr(kept, name) for name in settings}
    for name, value in settings.items():
        setattr(kept, name, value)
    try:
        kept.clean_fields()
    except ValidationError as refused:
        raise Invalid(
            [
                Problem(field=name, error=" ".join(errors), fix="Choose another value.")
                for name, errors in refused.message_dict.items()
            ]
        ) from None
    changes = {name: value for name, value in settings.items() if before[name] != value}
    if changes or kept._state.adding:
        kept.save()
        detail = {"before": {name: before[name] for name in changes}, "after": changes}
        record(action="training_settings.changed", actor=actor, now=now, about=workflow, detail=detail)
    return kept
