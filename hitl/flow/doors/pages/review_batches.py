"""The desk's pages for batches of alike cases: what waits, one being read, what became of it.

Plain forms and whole pages, so that nothing is lost between them; the script only adds keys and evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_GET, require_POST

from cases.models import Case, SchemaVersion
from hitl.flow.doors.pages.answering import EVIDENCE_SEEN, listed, seconds_of
from hitl.flow.settling.batches import accept_rest, answer_one, take_all_back, take_back
from hitl.shared import clock
from hitl.shared.actor import Actor
from hitl.shared.errors import Conflict
from hitl.shared.given import posted_id
from hitl.shared.words import shown
from hitl.web.views import person
from models_store.selectors import few_examples
from reviews.confidence_words import certainty, frequency
from reviews.desk.glance import glances
from reviews.desk.guards import desk_door, is_script
from reviews.desk.preferences import template_keys
from reviews.desk.stage import Suggestion, blocks_of
from reviews.desk.suggestion import told_of
from reviews.errors import LeaseExpired
from reviews.models import ReviewBatch, Task
from reviews.services.batches import (
    Alike,
    batch_of,
    close_batch,
    given_with,
    groups_waiting,
    is_open,
    open_batch,
    open_batches,
    progress_of,
    require_batcher,
)
from reviews.types import MIN_ALIKE, READ_FIRST, ReviewBatchStatus

_AGAIN = gettext_noop("Go back to the page and try again.")

MAX_GROUPS = 20  # on the page
FIRST_LINES = 3  # of the cases of a group
COMMON = 0.8  # share of a group that holds what is called common to it


@dataclass(frozen=True, slots=True)
class Waiting:
    """A group as the page lists it: what its cases have in common, and a line of the first."""

    group: Alike
    common: list[str]
    lines: list[str]

    @property
    def leader(self) -> UUID:
        """The task that names the group."""
        return self.group.task_ids[0]


def batch_door(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let batchers in; show a refusal on the page that has the next step."""

    @wraps(view)
    @desk_door
    def door(request: HttpRequest, actor: Actor, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_batcher(actor)
        try:
            return view(request, actor, *args, **kwargs)
        except Conflict as error:
            if is_script(request):
                raise
            messages.warning(request, shown(error.message))
            is_of_one = request.method == "POST" and "batch_id" in kwargs
            return redirect("batch", kwargs["batch_id"]) if is_of_one else redirect("batches")

    return door


@require_GET
@batch_door
def batches(request: HttpRequest, actor: Actor) -> HttpResponse:
    """List the groups of alike cases that wait, and what the person has open."""
    now = clock.now()
    groups = groups_waiting(actor, now=now)
    context = {
        "groups": [_waiting(group) for group in groups[:MAX_GROUPS]],
        "more": len(groups) - MAX_GROUPS,
        "open": open_batches(actor, now=now),
        "least": MIN_ALIKE,
        "read_first": READ_FIRST,
    }
    return render(request, "batches/list.html", context)


def _waiting(group: Alike) -> Waiting:
    tasks = Task.objects.filter(pk__in=group.task_ids).select_related("case")
    by_id = {task.pk: task for task in tasks}
    cases = [by_id[task_id].case for task_id in group.task_ids if task_id in by_id]
    said = glances(cases[:FIRST_LINES])
    lines = [said[case.pk] for case in cases[:FIRST_LINES]]
    return Waiting(group, _common(by_id.get(group.task_ids[0]), cases), lines)


def _common(leader: Task | None, cases: list[Case]) -> list[str]:
    """Return what speaks for the suggestion in the first case and stands in most of the others as well."""
    if leader is None or leader.release_id is None or leader.suggestion is None:
        return []
    told = told_of(leader.case_id, leader.release_id, leader.suggestion, leader.runner_up, now=clock.now())
    found = []
    for one in told.get("highlights") or []:
        where = one["where"]
        if one["side"] != "for" or not {"quote", "path"} & where.keys():
            continue
        has = [_holds(case.content, where, leader.case.content) for case in cases]
        if sum(has) >= COMMON * len(cases):
            found.append(str(where.get("quote") or one["label"]))
    return found[:5]


def _holds(content: dict[str, Any], where: dict[str, Any], like: dict[str, Any]) -> bool:
    if "quote" in where:
        return str(where["quote"]).casefold() in str(content.get(where["part"]) or "").casefold()
    return content.get(where["path"]) == like.get(where["path"])


@require_POST
@batch_door
def open_one(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open a group."""
    return redirect(
        "batch", open_batch(actor=actor, leader=posted_id(request, "leader", fix=_AGAIN), now=clock.now()).pk
    )


@require_GET
@batch_door
def batch(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Show the next case of a batch to be read, or what became of the batch."""
    now = clock.now()
    found = batch_of(actor, batch_id)
    progress = progress_of(found, actor=actor, now=now)
    context = {
        "batch": found,
        "progress": progress,
        "read_first": READ_FIRST,
        "keys": template_keys(person(request)),
        "reading": None,
    }
    if is_open(found, now=now) and progress.is_agreed:
        if progress.next_task is not None:
            context["reading"] = _reading(found, progress.next_task)
        return render(request, "batches/batch.html", context)
    if not progress.is_agreed:  # a case of it was answered elsewhere: its others are free for everybody
        close_batch(found, ReviewBatchStatus.DISSOLVED, now=now)
    return render(request, "batches/outcome.html", context | _outcome(found))


def _reading(found: ReviewBatch, task: Task) -> dict[str, Any]:
    case = Case.objects.get(pk=task.case_id)
    version = SchemaVersion.objects.get(workflow_id=task.workflow_id, number=task.schema_version)
    return {
        "task": task,
        "blocks": blocks_of(case.pk, case.workflow_id, case.content, version.schema),
        "labels": version.labels,
        "review_policy": found.workflow.review_policy,
        "suggestion": Suggestion(
            label=found.suggestion,
            certainty=certainty(task.confidence or 0.0),
            frequency=frequency(task.confidence or 0.0),
            runner_up=task.runner_up,
            learnt_from=few_examples(task.release_id, found.suggestion),
            evidence_url=reverse("batch-evidence", args=[found.pk, task.pk]),
        ),
    }


def _outcome(found: ReviewBatch) -> dict[str, Any]:
    """The answers that were given with the batch, newest first; which can still be taken back."""
    reviews = list(given_with(found).select_related("case").order_by("-submitted_at"))
    said = glances([review.case for review in reviews])
    now = clock.now()
    rows = [
        {
            "review": review,
            "preview": said[review.case_id],
            "is_read": review.shown["read"],
            "may_undo": (now - review.submitted_at).total_seconds() < settings.UNDO_SECONDS,
        }
        for review in reviews
    ]
    unread = [row for row in rows if not row["is_read"]]
    return {
        "rows": rows,
        "unread": len(unread),
        "may_undo": any(row["may_undo"] for row in unread),
        "undo_seconds": settings.UNDO_SECONDS,
    }


@require_POST
@batch_door
def answer(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Record the person's answer to the case they have read."""
    seen = request.POST.get("evidence", "none")
    answer_one(
        batch=batch_of(actor, batch_id),
        task_id=posted_id(request, "task", fix=_AGAIN),
        label=request.POST.get("label", ""),
        seconds=seconds_of(request.POST.get("seconds", "")),
        seen={"evidence": seen if seen in EVIDENCE_SEEN else "none"},
        flags=listed(request, "flags"),
        actor=actor,
        now=clock.now(),
    )
    return redirect("batch", batch_id)


@require_POST
@batch_door
def accept(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Accept the suggestion for everything of the batch that still waits."""
    accept_rest(batch=batch_of(actor, batch_id), actor=actor, now=clock.now())
    return redirect("batch", batch_id)


@require_POST
@batch_door
def leave(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Leave the rest of the batch in the queue."""
    close_batch(batch_of(actor, batch_id), ReviewBatchStatus.LEFT, now=clock.now())
    return redirect("batches")


@require_POST
@batch_door
def back(request: HttpRequest, actor: Actor, batch_id: UUID) -> HttpResponse:
    """Take back the answer given under a lease; without one, every answer that was accepted unread."""
    found = batch_of(actor, batch_id)
    if request.POST.get("lease"):
        take_back(lease_token=posted_id(request, "lease", fix=_AGAIN), actor=actor, now=clock.now())
        messages.success(request, gettext("Taken back. The case waits again."))
    else:
        came, stayed = take_all_back(batch=found, actor=actor, now=clock.now())
        words = gettext("%(came)s taken back. They wait again.")
        if stayed:
            words = gettext(
                "%(came)s taken back. They wait again. "
                "%(stayed)s could not be taken back: change them one by one."
            )
        messages.success(request, words % {"came": came, "stayed": stayed})
    return redirect("batch", batch_id)


@require_GET
@batch_door
def evidence(request: HttpRequest, actor: Actor, batch_id: UUID, task_id: UUID) -> HttpResponse:
    """Answer with what in a case of the batch speaks for and against the suggestion."""
    found = batch_of(actor, batch_id)
    progress = progress_of(found, actor=actor, now=clock.now())
    if not is_open(found, now=clock.now()) or task_id not in progress.rest:
        raise LeaseExpired()
    task = Task.objects.get(pk=task_id)
    told = told_of(task.case_id, found.release_id, found.suggestion, task.runner_up, now=clock.now())
    return JsonResponse(told, headers={"Cache-Control": "no-store"})
