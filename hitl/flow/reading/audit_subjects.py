"""What entries of the audit log are about: its name, its workflow and its page, looked up together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse

from cases.models import Case, Workflow
from hitl.accounts.models import ApiKey, User
from hitl.audit.models import Entry
from hitl.outbox.models import Endpoint
from hitl.stop.models import Stop
from models_store.models import Release, Source, TrainingRun
from monitoring.models import Alarm, Drill
from reviews.models import Team


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about: its words, the name of the workflow it belongs to, and its page, if any."""

    words: str
    workflow: str = ""
    href: str = ""


_NAMED: dict[type[Model], tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    Workflow: (lambda one: one.name, lambda one: reverse("workflow", args=[one.slug])),
    Case: (lambda one: f"case {str(one.pk)[:8]}", lambda one: reverse("case", args=[one.pk])),
    Release: (lambda one: one.name, lambda one: reverse("release", args=[one.pk])),
    TrainingRun: (lambda one: "training run", lambda one: reverse("training-run", args=[one.pk])),
    User: (lambda one: one.username, lambda one: reverse("lead-person", args=[one.pk])),
    ApiKey: (lambda one: f"key {one.name}", lambda one: reverse("keys")),
    Endpoint: (lambda one: f"endpoint {one.name}", lambda one: reverse("webhook", args=[one.pk])),
    Source: (lambda one: one.name, lambda one: reverse("source", args=[one.pk])),
    Alarm: (lambda one: "alarm", lambda one: reverse("alarm", args=[one.pk])),
    Drill: (lambda one: "drill", lambda one: reverse("risks")),
    Team: (lambda one: f"team {one.name}", lambda one: reverse("lead-teams")),
    Stop: (lambda one: "all automation", lambda one: ""),
}


def subjects_of(entries: Sequence[Entry]) -> dict[tuple[str, str], Subject]:
    """Return what each entry is about, by type and id: one query for each type, and one for workflows."""
    workflows = Workflow.objects.in_bulk({entry.workflow_id for entry in entries if entry.workflow_id})
    wanted: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        wanted.setdefault(entry.about_type, {}).setdefault(entry.about_id, entry)
    found: dict[tuple[str, str], Subject] = {}
    for label, by_id in wanted.items():
        model = _model(label)
        there = _rows(model, [one for one in by_id if one]) if model else {}
        for about_id, entry in by_id.items():
            workflow = workflows.get(entry.workflow_id) if entry.workflow_id else None
            row = there.get(about_id)
            found[label, about_id] = _subject(row, workflow) if row is not None else _gone(model, entry)
    return found


def _model(label: str) -> type[Model] | None:
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):  # of a version that had other tables
        return None


def _rows(model: type[Model], ids: list[str]) -> dict[str, Model]:
    try:
        return {str(row.pk): row for row in model._default_manager.filter(pk__in=ids)}
    except (TypeError, ValueError, ValidationError):  # a key of another form, of a version with other tables
        return {}


def _subject(row: Model, workflow: Workflow | None) -> Subject:
    name = workflow.name if workflow and workflow != row else ""
    if type(row) in _NAMED:
        words, page = _NAMED[type(row)]
        return Subject(words(row), name, page(row))
    href = reverse("automation", args=[workflow.slug]) if workflow else ""
    return Subject(str(type(row)._meta.verbose_name), name, href)


def _gone(model: type[Model] | None, entry: Entry) -> Subject:
    """Name what is no longer there, or never was: the service itself has no row."""
    if not entry.about_id or model is None:
        return Subject("")
    name = entry.detail.get("name", "")
    return Subject(f"{model._meta.verbose_name} {name}".strip() + ", which is gone")
