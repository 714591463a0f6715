"""Canaries, the baking of new champions, and what about releases waits for a second person."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from hitl.shared.ids import new_id
from hitl.shared.words_field import WordsField, WordsJSONField
from models_store.models import Release
from policy.types import BakeOutcome, CanaryEnd, CanaryHold, ChangeStatus, ReleaseAction
from science.arms import ARMS

MAX_HOURS = 2_400
STEPS = (100, 500, 2_500, 5_000)  # of ten thousand arms


def _default_steps() -> list[int]:
    return list(STEPS)


class CanarySettings(models.Model):
    """One row per workflow whose canaries are not to run by the defaults; they hold for the next canary."""

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.CASCADE, related_name="canary_settings"
    )
    min_labels = models.IntegerField(
        gettext_lazy("Answered audits a step"),
        default=100,
        validators=[MinValueValidator(10), MaxValueValidator(100_000)],
        help_text=gettext_lazy(
            "No step ends before so many of its canary's decisions have been audited and answered."
        ),
    )
    min_hours = models.FloatField(
        gettext_lazy("Hours a step"),
        default=24,
        validators=[MinValueValidator(0.1), MaxValueValidator(MAX_HOURS)],
        help_text=gettext_lazy("Nor before so much time has passed."),
    )
    bake_hours = models.FloatField(
        gettext_lazy("Hours of baking"),
        default=24,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_HOURS)],
        help_text=gettext_lazy(
            "So long an alarm against a new champion brings back the one before it. 0: not at all."
        ),
    )

    class Meta:
        verbose_name_plural = "canary settings"
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(  # NaN lies above every number
                name="canary_settings_in_range",
                condition=Q(min_labels__gte=1, min_hours__gte=0, min_hours__lte=MAX_HOURS)
                & Q(bake_hours__gte=0, bake_hours__lte=MAX_HOURS),
            ),
        ]


class Canary(models.Model):
    """One row per canary: a release that decides a share of the cases beside the champion, step by step.

    Its share is a run of arms from `first_arm` on (`science.arms`); it only grows. `plan` is what is tested,
    fixed before its first case, with the champion's losses from before; `verdict` is what the last look
    found.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="canaries")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="canaries")
    champion = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_arm = models.SmallIntegerField()
    steps = ArrayField(models.SmallIntegerField(), default=_default_steps)
    share = models.SmallIntegerField(help_text=gettext_lazy("Arms that it has now, of 10,000."))
    min_labels = models.IntegerField()
    min_hours = models.FloatField()
    audit_rate = models.FloatField(default=1.0, help_text=gettext_lazy("Of its automatic decisions."))
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=150)
    step_since = models.DateTimeField()
    hold = models.CharField(max_length=10, choices=CanaryHold, blank=True, default="")
    hold_reason = WordsField(blank=True, default="")
    hold_since = models.DateTimeField(null=True)
    plan = models.JSONField()
    plan_sha256 = models.CharField(max_length=64)
    verdict = WordsJSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=CanaryEnd, blank=True, default="")
    end_reason = WordsField(blank=True, default="")

    class Meta:
        verbose_name_plural = "canaries"
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_canary_per_workflow", fields=["workflow"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="canary_share_in_range", condition=Q(share__gt=0, share__lt=ARMS, first_arm__lt=ARMS)
            ),
            models.CheckConstraint(
                name="ended_canary_says_how", condition=Q(ended_at__isnull=True) ^ ~Q(end="")
            ),
            models.CheckConstraint(
                name="canary_audits_never_stop", condition=Q(audit_rate__gte=0.005, audit_rate__lte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"canary of {self.release} at {self.share / 100:g} %"

    @property
    def share_percent(self) -> str:
        """Its share as people write it."""
        return f"{self.share / 100:g}"

    @property
    def next_share(self) -> int | None:
        """The share of the step after this one; None at the last."""
        return next((share for share in self.steps if share > self.share), None)

    @property
    def step(self) -> int:
        """Which step it is at, from 1."""
        return sum(share <= self.share for share in self.steps)


class Bake(models.Model):
    """One row per new champion that is watched more closely for a while, with the one before it kept warm.

    `blue` is the champion before, `green` the new one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="bakes")
    blue = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    green = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="bakes")
    since = models.DateTimeField()
    until = models.DateTimeField()
    by = models.CharField(max_length=150)
    plan = models.JSONField(help_text=gettext_lazy("Fixed when it began, as that of a canary."))
    verdict = WordsJSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=BakeOutcome, blank=True, default="")
    reason = WordsField(blank=True, default="")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_bake_per_workflow", fields=["workflow"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(name="bake_of_two_releases", condition=~Q(blue=F("green"))),
            models.CheckConstraint(
                name="ended_bake_says_how", condition=Q(ended_at__isnull=True) ^ ~Q(outcome="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.green} after {self.blue}"


class ReleaseChange(models.Model):
    """One row per change of a release's role that takes two people: asked by one, made by another."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="release_changes")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    action = models.CharField(max_length=10, choices=ReleaseAction)
    seen = models.CharField(max_length=40, help_text=gettext_lazy("Role and share that it was asked for in."))
    status = models.CharField(max_length=10, choices=ChangeStatus, default=ChangeStatus.ASKED)
    reason = models.TextField()
    asked_by = models.CharField(max_length=150)
    asked_by_id = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    settled_by = models.CharField(max_length=150, blank=True, default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_release_change_asked_at_a_time",
                fields=["release"],
                condition=Q(status="asked"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.release}"
