"""Images, recordings and files that were sent, and which cases use them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models.workflows import Workflow


class Asset(models.Model):
    """One row per image or recording, named by its content; the bytes are in the media store."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(max_length=40)
    size_bytes = models.IntegerField()
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    likeness = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Alike in files that look or sound alike.")
    )
    measures = models.JSONField(
        null=True, help_text=gettext_lazy("Brightness, loudness and the like, to see change by.")
    )
    stored_at = models.DateTimeField()

    @property
    def path(self) -> str:
        """Where the bytes lie in the media store."""
        return f"{self.sha256[:2]}/{self.sha256}"


class KeptFile(models.Model):
    """One row per file that cases of a workflow may name: to know a file's hash is not to have sent it."""

    workflow = models.ForeignKey(  # `kept_file_once` begins with it
        Workflow, on_delete=models.PROTECT, related_name="kept_files", db_index=False
    )
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="kept")
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "asset"], name="kept_file_once")]


class MediaUse(models.Model):
    """One row per workflow with files: how many bytes they have together, compared with the quota."""

    workflow = models.OneToOneField(
        Workflow, on_delete=models.PROTECT, related_name="media_use", primary_key=True
    )
    size_bytes = models.BigIntegerField(default=0)
    quota_bytes = models.BigIntegerField(
        null=True, help_text=gettext_lazy("Empty: as many as the setting says.")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(size_bytes__gte=0) & (Q(quota_bytes=None) | Q(quota_bytes__gte=0)),
                name="media_use_not_negative",
            )
        ]

    @property
    def quota(self) -> int:
        """How many bytes they may have."""
        return settings.MEDIA_QUOTA_BYTES if self.quota_bytes is None else self.quota_bytes
