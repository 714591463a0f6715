"""Workflows over REST: create, look at, change."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from cases.content import printable
from cases.models import SchemaVersion, Workflow
from cases.selectors import schema_in_force
from cases.services.grants import grant_workflows, lock_key
from cases.services.workflows import (
    archive_workflow,
    change_schema,
    describe_workflow,
    group_by,
    restore_workflow,
)
from hitl.accounts.clients import ClientKey, forget_client
from hitl.accounts.types import Scope
from hitl.api.renderers import answer
from hitl.api.views import ApiView, caller
from hitl.flow.doors.api import docs
from hitl.flow.doors.api.headers import media_type
from hitl.flow.intake.parse import JSON, WrongType, decode
from hitl.flow.setup.create import set_up_workflow
from hitl.shared import clock
from hitl.shared.errors import Invalid, NotFound, Problem
from hitl.stop.models import Stop
from hitl.stop.selectors import stop_in_force
from policy.models import Policy
from policy.services.promises import Promise
from reviews.models import ReviewRules
from reviews.services.rules import RULES, change_rules, rules_body

_NUMBERS = ("target", "confidence", "audit_base", "audit_amber", "blind_share")
_CHOICES = ("scope", "loss", "budget_period")
_FLAGS = ("corrects_misses", "audits_for_budget")
_PROMISE = (*_NUMBERS, *_CHOICES, *_FLAGS)
_WORDS = ("name", "description", "review_policy")


class WorkflowsView(ApiView):
    """All workflows of the key."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.SUBMIT, Scope.MANAGE), "POST": (Scope.MANAGE,)}

    @docs.LIST_WORKFLOWS
    def get(self, request: Request) -> HttpResponse:
        """Return them by name; there are never many."""
        key = caller(request)
        workflows = Workflow.objects.all()
        if key.workflow_ids is not None:
            workflows = workflows.filter(pk__in=key.workflow_ids)
        return answer({"items": workflow_bodies(list(workflows.order_by("name", "slug")))})

    @docs.CREATE_WORKFLOW
    def post(self, request: Request) -> HttpResponse:
        """Set up a workflow; a key that is not for all workflows is granted the new one."""
        key, now = caller(request), clock.now()
        given = object_of(
            request,
            {
                "slug",
                *_WORDS,
                "fields",
                "labels",
                "entity_field",
                "degree",
                "promise",
                "needs_second_person",
                "review_rules",
            },
        )
        with transaction.atomic():
            if key.workflow_ids is not None:
                lock_key(key.id)  # before anything is recorded
            workflow = set_up_workflow(
                slug=given.get("slug", ""),
                name=given.get("name", given.get("slug", "")),
                fields=given.get("fields"),
                labels=given.get("labels"),
                actor=key.as_actor(),
                now=now,
                promise=Promise(**_promise(given)),
                review_rules=_rules(given),
                **{
                    name: given[name]
                    for name in ("description", "review_policy", "degree", "entity_field")
                    if name in given
                },
                needs_second_person=_flag(given, "needs_second_person"),
            )
            if key.workflow_ids is not None:
                grant_workflows(
                    key_id=key.id,
                    workflow_ids=[*key.workflow_ids, workflow.id],
                    actor=key.as_actor(),
                    now=now,
                )
        forget_client(key.id)
        headers = {"Location": f"/api/v1/workflows/{workflow.slug}"}
        return answer(workflow_bodies([workflow])[0], status=201, headers=headers)


class WorkflowView(ApiView):
    """One workflow."""

    scopes: ClassVar = {"GET": (Scope.READ, Scope.SUBMIT, Scope.MANAGE), "PATCH": (Scope.MANAGE,)}

    @docs.GET_WORKFLOW
    def get(self, request: Request, slug: str) -> HttpResponse:
        """Return its fields, labels, degree, promise and review rules."""
        return answer(workflow_bodies([workflow_of(slug, caller(request))])[0])

    @docs.CHANGE_WORKFLOW
    def patch(self, request: Request, slug: str) -> HttpResponse:
        """Change what is named and leave the rest. Other fields or labels make a new version of the schema.

        How much is automated is not changed here: that takes a person who answers for it.
        """
        key, now = caller(request), clock.now()
        workflow = workflow_of(slug, key)
        given = object_of(
            request, {*_WORDS, "fields", "labels", "entity_field", "is_archived", "review_rules"}
        )
        actor = key.as_actor()
        with transaction.atomic():
            if words := {name: given[name] for name in _WORDS if name in given}:
                describe_workflow(workflow_id=workflow.id, actor=actor, now=now, **words)
            if "fields" in given or "labels" in given:
                current = schema_in_force(workflow)
                change_schema(
                    workflow_id=workflow.id,
                    fields=given.get("fields", current.fields),
                    labels=given.get("labels", current.labels),
                    actor=actor,
                    now=now,
                )
            if "entity_field" in given:
                group_by(workflow_id=workflow.id, field=given["entity_field"], actor=actor, now=now)
            if "review_rules" in given:
                change_rules(workflow_id=workflow.id, values=_rules(given), actor=actor, now=now)
            if "is_archived" in given:
                change = archive_workflow if _flag(given, "is_archived") else restore_workflow
                change(workflow_id=workflow.id, actor=actor, now=now)
        return answer(workflow_bodies([workflow_of(slug, key)])[0])


def workflow_of(slug: str, key: ClientKey) -> Workflow:
    """Return a workflow of the key's.

    Raises:
        NotFound: there is no such workflow, or the key was not granted for it.
    """
    workflow = Workflow.objects.filter(slug=slug).first()
    if workflow is None or not key.may_use(workflow.id):
        raise NotFound(f'There is no workflow "{printable(slug)}", or it is not yours.')
    return workflow


def workflow_bodies(workflows: list[Workflow]) -> list[dict[str, Any]]:
    """Return workflows as the API shows them."""
    stop = stop_in_force()
    ids = [workflow.id for workflow in workflows]
    policies = Policy.objects.in_bulk(ids)
    rules = {row.workflow_id: row for row in ReviewRules.objects.filter(pk__in=ids).select_related("team")}
    schemas = {
        (row.workflow_id, row.number): row for row in SchemaVersion.objects.filter(workflow_id__in=ids)
    }
    return [
        {
            "id": str(workflow.id),
            "slug": workflow.slug,
            "name": workflow.name,
            "description": workflow.description,
            "review_policy": workflow.review_policy,
            "is_archived": workflow.archived_at is not None,
            "schema_version": workflow.schema_version,
            "fields": schemas[workflow.id, workflow.schema_version].fields,
            "labels": schemas[workflow.id, workflow.schema_version].labels,
            "entity_field": workflow.entity_field,
            "created_at": workflow.created_at,
            **_policy_body(policies.get(workflow.id)),
            "stopped": stopped_body(policies.get(workflow.id), stop),
            "review_rules": rules_body(rules.get(workflow.id) or ReviewRules(workflow=workflow)),
        }
        for workflow in workflows
    ]


def _policy_body(policy: Policy | None) -> dict[str, Any]:
    if policy is None:
        return {"degree": None, "promise": None, "needs_second_person": None}
    return {
        "degree": policy.degree,
        "promise": {name: getattr(policy, name) for name in _PROMISE},
        "needs_second_person": policy.needs_second_person,
    }


def stopped_body(policy: Policy | None, stop: Stop | None) -> dict[str, Any] | None:
    """Return why nothing of a workflow is automatic that could be: everything is stopped, or its breaker."""
    if stop is not None:
        return {"what": "everything", "since": stop.stopped_at, "reason": stop.reason}
    if policy is not None and policy.breaker_tripped_at is not None:
        return {"what": "workflow", "since": policy.breaker_tripped_at, "reason": policy.breaker_reason}
    return None


def object_of(request: Request, known: set[str]) -> dict[str, Any]:
    """Return the body as an object that has only these keys."""
    raw = request._request
    if media_type(raw.META) != JSON:
        raise WrongType("Send application/json.")
    given = decode(raw.body)
    if not isinstance(given, dict):
        raise Invalid([Problem(field="(body)", error="is not an object", fix="Send a JSON object.")])
    _only(given, known, "")
    return given


def _only(given: Mapping[str, Any], known: set[str], prefix: str) -> None:
    fix = f"Leave it out. Known: {', '.join(sorted(known))}."
    unknown = [name for name in given if name not in known][:20]
    if unknown:
        raise Invalid(
            [Problem(field=prefix + printable(name), error="is not known", fix=fix) for name in unknown]
        )


def _promise(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the body promises; whether it fits is for the service to say."""
    part = given.get("promise", {})
    if not isinstance(part, dict):
        raise Invalid([Problem(field="promise", error="is not an object", fix="Send a JSON object.")])
    _only(part, set(_PROMISE), "promise.")
    problems = []
    for key, value in part.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in _NUMBERS and not is_number:
            fix = "Send a JSON number, without quotes."
            problems.append(Problem(field=f"promise.{key}", error="is not a number", fix=fix))
        elif key in _CHOICES and not isinstance(value, str):
            fix = "Send one of its words, in quotes."
            problems.append(Problem(field=f"promise.{key}", error="is not a text", fix=fix))
        elif key in _FLAGS and not isinstance(value, bool):
            fix = "Send true or false."
            problems.append(Problem(field=f"promise.{key}", error="is not true or false", fix=fix))
    if problems:
        raise Invalid(problems)
    return part


def _rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the review rules that are named; whether they fit is for the service to say."""
    part = given.get("review_rules", {})
    if not isinstance(part, dict):
        raise Invalid([Problem(field="review_rules", error="is not an object", fix="Send a JSON object.")])
    _only(part, set(RULES), "review_rules.")
    return part


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise Invalid([Problem(field=name, error="is not true or false", fix="Send true or false.")])
    return value
