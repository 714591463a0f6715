"""States of deliveries."""

from django.db import models
from django.utils.translation import gettext_lazy


class DeliveryStatus(models.TextChoices):
    """Status of a delivery."""

    DUE = "due", gettext_lazy("due")
    DELIVERED = "delivered", gettext_lazy("delivered")
    FAILED = "failed", gettext_lazy("failed")
    CANCELLED = "cancelled", gettext_lazy("taken back before it was sent")


TRANSITIONS: dict[str, tuple[str, ...]] = {
    "due": ("delivered", "failed", "cancelled"),
    "failed": ("due",),  # a replay by hand
    "delivered": ("due",),
}
