"""Lock a workflow's policy for a change: one at a time, each with its own version."""

from uuid import UUID

from cases.models import Workflow
from hitl.shared.errors import NotFound
from policy.errors import ChangedMeanwhile
from policy.in_force.looked_at import looked_at
from policy.models import Policy


def locked_policy(workflow_id: UUID, *, seen: str | None = None) -> Policy:
    """Return the policy, with its workflow's row locked until the transaction ends (parent before child).

    `seen` is the mark of what the person looked at when they decided (`looked_at`); None leaves that
    unchecked, as every step towards less automation does.

    Raises:
        NotFound: there is no such workflow.
        ChangedMeanwhile: what holds is no longer what the person saw.
    """
    workflow = Workflow.objects.select_for_update(no_key=True).filter(pk=workflow_id).first()
    policy = Policy.objects.filter(workflow=workflow).first() if workflow else None
    if workflow is None or policy is None:
        raise NotFound(workflow_id=str(workflow_id))
    policy.workflow = workflow
    if seen is not None and seen != looked_at(policy):
        raise ChangedMeanwhile()
    return policy
