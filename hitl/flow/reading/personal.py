"""Who has looked at personal fields on a case's page. At the desk the answer itself is the record."""

from datetime import datetime, timedelta

from django.db import transaction

from cases.models import Case
from hitl.audit.log import record
from hitl.audit.models import Entry
from hitl.shared.actor import Actor
from science.fields import Schema

ACTION = "personal.seen"
ONCE_IN = timedelta(minutes=10)  # for one person and case: a page that is loaded again tells nothing new


def note_personal_seen(case: Case, schema: Schema, *, actor: Actor, now: datetime) -> None:
    """Record that the person sees the personal fields that the case holds: their names, not their values."""
    personal = [field.name for field in schema.fields if field.personal and case.content.get(field.name)]
    if not personal:
        return
    lately = Entry.objects.filter(about_type=case._meta.label_lower, about_id=str(case.pk), action=ACTION)
    if lately.filter(actor_id=actor.id, at__gt=now - ONCE_IN).exists():
        return
    with transaction.atomic():
        record(action=ACTION, actor=actor, now=now, about=case, detail={"fields": personal})
