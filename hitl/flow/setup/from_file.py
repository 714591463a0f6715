"""Start from a file of examples: make the workflow, import the history, make an API key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from cases.files.proposal import check_new
from cases.files.reading import look_at
from cases.files.tables import opened
from cases.files.told import NOTHING, Told
from cases.models import Case, Workflow
from cases.selectors import current_schema
from cases.services.grants import grant_workflows
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.audit.models import Entry
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.examples import curl_line
from hitl.flow.setup.import_history import Outcome, import_history
from hitl.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class Begun:
    """What was made; `secret` can only be shown now."""

    workflow: Workflow
    secret: str
    outcome: Outcome

    def curl(self, address: str) -> str:
        """Return the command that submits a case like the file's first to the service at this address."""
        fields = self.workflow.schemas.get(number=1).schema.fields
        first = Case.objects.filter(workflow=self.workflow).order_by("pk").first()
        url = f"{address}/api/v1/workflows/{self.workflow.slug}/cases"
        return curl_line(url, fields, self.secret, like=first.content if first else None)


def begin_with(
    path: Path,
    *,
    told: Told = NOTHING,
    actor: Actor,
    now: datetime,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> Begun | None:
    """Make a workflow from a file's columns, import its rows as history, and make a key for it.

    None when there is a workflow of the file's name already: nothing is done then. Unless it is one that the
    same actor began and was interrupted at: then the rows that are missing follow, read for the fields
    that it has. The key comes last, as the sign that all of the history is there.

    Raises:
        cases.files.tables.BadTable: the file cannot be read.
        Invalid: what was told does not fit the file, or no workflow can be made of it.
    """
    name = path.name.partition(".")[0].replace("_", " ").replace("-", " ").strip() or "Workflow"
    slug = slugify(name)[:50] or "workflow"
    there = Workflow.objects.filter(slug=slug).first()
    if there is not None and not _is_half_begun(there, actor):
        return None
    with opened(path) as table:
        reading = look_at(table, told, schema=current_schema(there) if there else None)
    workflow = there or set_up_workflow(
        slug=slug,
        name=name.capitalize()[:100],
        fields=reading.fields,
        labels=check_new(reading),
        actor=actor,
        now=now,
    )
    with opened(path) as table:
        outcome = import_history(
            workflow_id=workflow.id,
            table=table,
            reading=reading,
            media=path.parent,
            actor=actor,
            now=now,
            progress=progress,
        )
    with transaction.atomic():
        key, secret = create_key(
            name=f"{workflow.name}: first key"[:100], scopes=[Scope.SUBMIT, Scope.READ], actor=actor, now=now
        )
        grant_workflows(key_id=key.id, workflow_ids=[workflow.id], actor=actor, now=now)
    return Begun(workflow, secret, outcome)


def _is_half_begun(workflow: Workflow, actor: Actor) -> bool:
    """Tell whether the actor made the workflow and was interrupted before its key."""
    made = Entry.objects.filter(
        action="workflow.created",
        about_type=Workflow._meta.label_lower,
        about_id=str(workflow.pk),
        actor_kind=actor.kind,
        actor_id=actor.id,
    )
    return made.exists() and not workflow.grants.exists()
