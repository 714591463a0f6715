"""States of deliveries."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """Status of a delivery."""

    DUE = "due", "due"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "taken back before it was sent"


TRANSITIONS: dict[str, tuple[str, ...]] = {
    "due": ("delivered", "failed", "cancelled"),
    "failed": ("due",),  # a replay by hand
    "delivered": ("due",),
}
