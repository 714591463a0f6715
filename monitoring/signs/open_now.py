"""Which signs stand now."""

from uuid import UUID

from monitoring.models import EarlySign


def open_signs(workflow_id: UUID) -> list[EarlySign]:
    """Return the open signs of a workflow, the oldest first."""
    return list(EarlySign.objects.filter(workflow_id=workflow_id, ended_at=None).order_by("began_at", "id"))
