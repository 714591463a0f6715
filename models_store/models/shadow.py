"""What models in shadow say of cases."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy

from cases.models import Case
from models_store.models.releases import Release
from models_store.types import Unscored


class ShadowProgress(models.Model):
    """One row per release that is or was in shadow: how far it has scored the traffic beside the champion.

    Routings count from `since` on, in their order; the cursor says which was the last. All counts are of
    cases drawn for scoring (`TrainingSettings.shadow_share`).
    """

    release = models.OneToOneField(
        Release, primary_key=True, on_delete=models.CASCADE, related_name="shadow_progress"
    )
    since = models.DateTimeField()
    cursor_at = models.DateTimeField(null=True)
    cursor_case = models.UUIDField(null=True)
    received = models.BigIntegerField(default=0)
    scored = models.BigIntegerField(default=0)
    unscored = models.BigIntegerField(default=0, help_text=gettext_lazy("Of them, without a usable score."))

    class Meta:
        verbose_name_plural = "shadow progress"


class ShadowScore(models.Model):
    """One row per case and release in shadow: what the release said of it, or why it said nothing.

    Partitioned by the month of `routed_at`; the table and its months are made by SQL
    (`hitl.shared.months`), so Django does not manage it. Whether the release would have decided the case
    is not stored: that follows from its cutoffs when the row is read.
    """

    pk = models.CompositePrimaryKey("release_id", "case_id", "routed_at")
    release = models.ForeignKey(
        Release, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    case = models.ForeignKey(
        Case, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    routed_at = models.DateTimeField(
        help_text=gettext_lazy("When the case was routed: its place in the order of evidence.")
    )
    predicted = models.CharField(max_length=100, null=True)
    score = models.FloatField(
        null=True, help_text=gettext_lazy("What the cutoff is compared with, in [0, 1].")
    )
    proba = ArrayField(models.FloatField(), null=True)
    unscored = models.CharField(max_length=12, choices=Unscored, blank=True, default="")
    scored_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "models_store_shadowscore"
