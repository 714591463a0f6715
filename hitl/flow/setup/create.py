"""Set up a workflow across the apps: what is asked, what may be automated, how it is reviewed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from cases.models import Workflow
from cases.services.workflows import create_workflow
from hitl.accounts.automation import require_answerable
from hitl.shared.actor import Actor
from policy.services.promises import Promise, create_policy
from policy.types import Degree
from reviews.models import ReviewRules
from reviews.services.rules import checked_rules, decided_by_rule


@transaction.atomic
def set_up_workflow(
    *,
    slug: str,
    name: str,
    fields: object,
    labels: object,
    actor: Actor,
    now: datetime,
    description: str = "",
    review_policy: str = "",
    entity_field: str = "",
    degree: str = Degree.HUMAN_ONLY,
    promise: Promise | None = None,
    needs_second_person: bool = False,
    review_rules: Mapping[str, Any] | None = None,
) -> Workflow:
    """Create a workflow that takes cases at once. It has no model: every case goes to a person.

    `review_rules` may name those of `reviews.services.rules.RULES`.

    Raises:
        Invalid: something does not fit; each is named with its fix, and nothing is written.
        PersonNeeded, NotAllowed: it would let the service decide more than the actor may allow.
        cases.services.workflows.SlugTaken: another workflow has this slug.
    """
    workflow = create_workflow(
        slug=slug,
        name=name,
        fields=fields,
        labels=labels,
        description=description,
        review_policy=review_policy,
        entity_field=entity_field,
        actor=actor,
        now=now,
    )
    create_policy(
        workflow_id=workflow.id,
        promise=promise or Promise(),
        degree=degree,
        needs_second_person=needs_second_person,
        actor=actor,
        now=now,
    )
    labels_there = workflow.schemas.get(number=1).label_names
    rules = checked_rules(ReviewRules(workflow=workflow), review_rules or {}, labels=labels_there)
    require_answerable(actor, decided_by_rule(rules, ["sla_action", *(review_rules or {})]))
    rules.save(force_insert=True)
    return workflow
