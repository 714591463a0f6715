"""Set up a workflow across the apps: what is asked, what may be automated, how it is reviewed."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from cases.models import Workflow
from cases.services.workflows import create_workflow
from hitl.shared.actor import Actor
from hitl.shared.errors import Invalid
from policy.services.promises import Promise, create_policy
from policy.types import Degree
from reviews.models import ReviewRules

MAX_DUE_HOURS = 8_760  # a year


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
    guidelines: str = "",
    degree: str = Degree.HUMAN_ONLY,
    promise: Promise | None = None,
    needs_second_person: bool = False,
    review_rules: Mapping[str, float] | None = None,
) -> Workflow:
    """Create a workflow that takes cases at once. It has no model: every case goes to a person.

    `review_rules` may name `reviews_required`, `lease_seconds` and `due_hours`.

    Raises:
        Invalid: something does not fit; each is named with its fix, and nothing is written.
        cases.services.workflows.SlugTaken: another workflow has this slug.
    """
    workflow = create_workflow(
        slug=slug,
        name=name,
        fields=fields,
        labels=labels,
        description=description,
        guidelines=guidelines,
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
    _checked_rules(workflow, review_rules or {}).save(force_insert=True)
    return workflow


def _checked_rules(workflow: Workflow, values: Mapping[str, float]) -> ReviewRules:
    known = {"reviews_required", "lease_seconds", "due_hours"}
    problems = [
        {
            "field": f"review_rules.{name}",
            "error": "is not known",
            "fix": f"Known: {', '.join(sorted(known))}.",
        }
        for name in sorted(set(values) - known)
    ]
    if problems:
        raise Invalid(problems)
    problems = [
        {"field": f"review_rules.{name}", "error": "is not a whole number", "fix": "Send a whole number."}
        for name in ("reviews_required", "lease_seconds")
        if not _is_whole(values.get(name, 1))
    ]
    if problems:
        raise Invalid(problems)
    hours = values.get("due_hours", 1)
    if not isinstance(hours, int | float) or not 0 < hours <= MAX_DUE_HOURS:
        fix = f"Send a number of hours above 0, at most {MAX_DUE_HOURS:,}."
        raise Invalid([{"field": "review_rules.due_hours", "error": "is out of range", "fix": fix}])
    rules = ReviewRules(workflow=workflow, **values)
    try:
        rules.clean_fields(exclude=["workflow"])
    except ValidationError as error:
        raise Invalid(
            [
                {
                    "field": f"review_rules.{name}",
                    "error": " ".join(messages),
                    "fix": "Send a number in range.",
                }
                for name, messages in error.message_dict.items()
            ]
        ) from None
    return rules


def _is_whole(value: float) -> bool:
    return isinstance(value, int) or value.is_integer()
