"""What every change of a task's status shares."""

from typing import Any

from django.db.models import F, Func, Value

from reviews.types import Mode

# What ends any lease or hold of a task.
NO_LEASE: dict[str, Any] = {
    "lease_token": None,
    "lease_until": None,
    "place": None,
    "ahead": False,
    "held_until": None,
    "shelf": None,
}

NOTHING_SHOWN: dict[str, Any] = {
    "mode": Mode.BLIND,
    "suggestion": None,
    "confidence": None,
    "runner_up": None,
    "release": None,
}
"""What a task is where nothing of the model is shown."""


def with_reason(reason: str) -> Func:
    """Return a task's reasons with one more, once, for an UPDATE."""
    return Func(
        Func(F("reasons"), Value(reason), function="array_remove"), Value(reason), function="array_append"
    )
