"""Which signs stand now, and what they may do."""

from uuid import UUID

from monitoring.models import EarlySign
from monitoring.types import MAY, SignKind, SignMay


def open_signs(workflow_id: UUID) -> list[EarlySign]:
    """Return the open signs of a workflow, the oldest first."""
    return list(EarlySign.objects.filter(workflow_id=workflow_id, ended_at=None).order_by("began_at", "id"))


def signs_that_may(workflow_id: UUID, act: SignMay) -> list[EarlySign]:
    """Return the open signs of a workflow from which this may follow, the oldest first."""
    return [sign for sign in open_signs(workflow_id) if act in MAY[SignKind(sign.kind)]]
