"""What entries of the audit log are about: its name, its workflow and its page, looked up together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_noop

from cases.models import Case, Workflow
from hitl.accounts.models import ApiKey, User
from hitl.audit.models import Entry
from hitl.outbox.models import Endpoint
from hitl.shared.words import Words
from hitl.stop.models import Stop
from models_store.models import Release, Source, TrainingRun
from monitoring.models import Alarm, Drill
from reviews.models import Team


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about: its words, the name of the workflow it belongs to, and its page, if any.

    The words are English; a page shows them by `shown`, which leaves alone what is a name.
    """

    words: str
    workflow: str = ""
    href: str = ""


_NAME = "%(name)s"


def _named(name: str) -> Words:
    """Return a name as words that no language changes."""
    return Words(_NAME, name=name)


_NAMED: dict[type[Model], tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    Workflow: (lambda one: _named(one.name), lambda one: reverse("workflow", args=[one.slug])),
    Case: (
        lambda one: Words("case %(id)s", id=one.reference or str(one.pk)[-8:]),
        lambda one: reverse("case", args=[one.pk]),
    ),
    Release: (lambda one: _named(one.name), lambda one: reverse("release", args=[one.pk])),
    TrainingRun: (lambda one: Words("training run"), lambda one: reverse("training-run", args=[one.pk])),
    User: (lambda one: _named(one.username), lambda one: reverse("lead-person", args=[one.pk])),
    ApiKey: (lambda one: Words("key %(name)s", name=one.name), lambda one: reverse("keys")),
    Endpoint: (
        lambda one: Words("endpoint %(name)s", name=one.name),
        lambda one: reverse("webhook", args=[one.pk]),
    ),
    Source: (lambda one: _named(one.name), lambda one: reverse("source", args=[one.pk])),
    Alarm: (lambda one: Words("alarm"), lambda one: reverse("alarm", args=[one.pk])),
    Drill: (lambda one: Words("drill"), lambda one: reverse("risks")),
    Team: (lambda one: Words("team %(name)s", name=one.name), lambda one: reverse("lead-teams")),
    Stop: (lambda one: Words("all automation"), lambda one: ""),
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
    return Subject(Words(_kind(type(row))), name, href)


def _gone(model: type[Model] | None, entry: Entry) -> Subject:
    """Name what is no longer there, or never was: the service itself has no row."""
    if not entry.about_id or model is None:
        return Subject("")
    kind, name = Words(_kind(model)), entry.detail.get("name", "")
    if name:
        return Subject(Words("%(kind)s %(name)s, which is gone", kind=kind, name=str(name)))
    return Subject(Words("%(kind)s, which is gone", kind=kind))


def _kind(model: type[Model]) -> str:
    """Return what a row of this table is called, in English."""
    with translation.override("en"):
        return str(model._meta.verbose_name)


KINDS = (
    gettext_noop("person"),
    gettext_noop("API key"),
    gettext_noop("entry"),
    gettext_noop("endpoint"),
    gettext_noop("event"),
    gettext_noop("stop"),
    gettext_noop("workflow"),
    gettext_noop("schema version"),
    gettext_noop("case"),
    gettext_noop("label"),
    gettext_noop("asset"),
    gettext_noop("intake batch"),
    gettext_noop("file import"),
    gettext_noop("rescoring"),
    gettext_noop("voiding"),
    gettext_noop("release"),
    gettext_noop("role span"),
    gettext_noop("evaluation"),
    gettext_noop("source"),
    gettext_noop("training run"),
    gettext_noop("training settings"),
    gettext_noop("canary settings"),
    gettext_noop("canary"),
    gettext_noop("bake"),
    gettext_noop("release change"),
    gettext_noop("policy"),
    gettext_noop("degree change"),
    gettext_noop("certificate"),
    gettext_noop("cutoff set"),
    gettext_noop("decision"),
    gettext_noop("known answer"),
    gettext_noop("recall"),
    gettext_noop("trial"),
    gettext_noop("handover trial"),
    gettext_noop("watch"),
    gettext_noop("task"),
    gettext_noop("known answer case"),
    gettext_noop("review"),
    gettext_noop("review batch"),
    gettext_noop("team"),
    gettext_noop("person skills"),
    gettext_noop("review rules"),
    gettext_noop("alarm rule"),
    gettext_noop("alarm route"),
    gettext_noop("alarm"),
    gettext_noop("data study"),
    gettext_noop("replay run"),
    gettext_noop("drill"),
    gettext_noop("early sign"),
    gettext_noop("budget period"),
)
"""What tables are called whose rows entries are about: Django makes it of the names of classes."""
