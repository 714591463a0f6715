"""The policy version of a workflow, which every process compares before it writes a decision."""

from uuid import UUID

from django.db.models import F

from cases.models import Workflow


def bump(workflow_id: UUID) -> None:
    """Raise the version, so that the next case of this workflow is decided under the new rules.

    Call inside the transaction of the change. Every process that cached the old rules finds at its next
    write that they are old, writes nothing, reloads and decides again.
    """
    Workflow.objects.filter(pk=workflow_id).update(policy_version=F("policy_version") + 1)


def bump_all() -> None:
    """As `bump`, for every workflow, locked in the order of their keys as everywhere."""
    list(Workflow.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    Workflow.objects.update(policy_version=F("policy_version") + 1)
