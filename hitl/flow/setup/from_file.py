"""Start from a file of examples: make the workflow, import the history, make an API key."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from cases.files.proposal import check_new
from cases.files.reading import Reading
from cases.files.told import NOTHING, Told
from cases.models import Case, Workflow
from cases.names import clean_name
from cases.services.grants import grant_workflows
from hitl.accounts.keys import create_key
from hitl.accounts.types import Scope
from hitl.audit.log import record
from hitl.audit.models import Entry
from hitl.flow.setup.create import set_up_workflow
from hitl.flow.setup.examples import curl_line
from hitl.flow.setup.import_history import Outcome
from hitl.flow.setup.rehearsal import ALLOWED, at_path
from hitl.flow.setup.take_in import take_in
from hitl.shared.actor import Actor
from hitl.shared.canonical import sha256

BEGUN = "workflow.begun_from_file"


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
    allow: float = ALLOWED,
    show: Callable[[Workflow, Reading], None] = lambda workflow, reading: None,
    progress: Callable[[float, int], None] = lambda done, rows: None,
) -> Begun | None:
    """Make a workflow from a file's columns, import its rows as history, and make a key for it.

    None when there is a workflow of the file's name already: nothing is done then. Unless it is one that the
    same actor began and was interrupted at: then the rows that are missing follow, read for the fields
    that it has. The key comes last, as the sign that all of the history is there. `show` is told how the file
    is read, before its rows are taken in.

    Raises:
        cases.files.tables.BadTable: the file cannot be read.
        Invalid: what was told does not fit the file, or no workflow can be made of it.
        TooManyRefused: a larger share of the rows than `allow` does not fit; nothing is made.
    """
    name = named_after(path.name)
    slug = _free_slug(name, path.name)
    there = Workflow.objects.filter(slug=slug).first()
    if there is not None and not _is_half_begun(there, actor):
        return None

    @transaction.atomic  # that it was begun from a file is written with it, or not at all
    def make(reading: Reading) -> Workflow:
        workflow = set_up_workflow(
            slug=slug,
            name=name.capitalize()[:100],
            fields=reading.fields,
            labels=check_new(reading),
            actor=actor,
            now=now,
        )
        record(action=BEGUN, actor=actor, now=now, about=workflow, detail={"file": path.name})
        show(workflow, reading)
        return workflow

    workflow, outcome = take_in(
        at_path(path, told), workflow=there, make=make, actor=actor, now=now, allow=allow, progress=progress
    )
    with transaction.atomic():
        key, secret = create_key(
            name=f"{workflow.name}: first key"[:100], scopes=[Scope.SUBMIT, Scope.READ], actor=actor, now=now
        )
        grant_workflows(key_id=key.id, workflow_ids=[workflow.id], actor=actor, now=now)
    return Begun(workflow, secret, outcome)


def named_after(file: str) -> str:
    """Return the name that a file gives a workflow.

    >>> named_after("tickets.2026.csv.gz"), named_after("spam_mail.jsonl")
    ('tickets 2026', 'spam mail')
    """
    stem = file.removesuffix(".gz")
    stem = stem.rpartition(".")[0] or stem
    return clean_name(re.sub(r"[\s._-]+", " ", stem)) or "Workflow"


def slug_of(name: str) -> str:
    """Return the short name of a workflow; where letters or the end are lost, what is left gets a mark.

    >>> slug_of("spam mail"), slug_of("\u0437\u0430\u044f\u0432\u043a\u0438 2026") != "2026"
    ('spam-mail', True)
    """
    slug = slugify(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    is_whole = sum(map(str.isalnum, plain)) == sum(map(str.isalnum, name)) and len(slug) <= 50
    if is_whole and slug not in ("", "new"):
        return slug
    return f"{slug[:40] or 'workflow'}-{_mark(name)}".strip("-")


def _mark(name: str) -> str:
    return sha256(name.encode()).hex()[:8]


def _free_slug(name: str, file: str) -> str:
    """Return the slug for a file; another one where the first belongs to a workflow of another file."""
    slug = slug_of(name)
    begun = Entry.objects.filter(action=BEGUN, about_type=Workflow._meta.label_lower)
    there = Workflow.objects.filter(slug=slug).first()
    first = begun.filter(about_id=str(there.pk)).first() if there else None
    if first is None or first.detail.get("file") == file:
        return slug
    return f"{slug[:40]}-{_mark(file)}"


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
