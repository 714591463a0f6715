"""How a workflow is reviewed."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from cases.models import Workflow
from reviews.lease_length import DEFAULT_SECONDS, MAX_SECONDS, MIN_SECONDS
from reviews.models.people import Team
from reviews.types import (
    MAX_NOTE,
    OrderKind,
    SlaAction,
)

_share = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class ReviewRules(models.Model):
    """One row per workflow: how its cases are reviewed."""

    workflow = models.OneToOneField(
        Workflow, primary_key=True, on_delete=models.PROTECT, related_name="review_rules"
    )
    reviews_required = models.SmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(9)],
        help_text=gettext_lazy("Blind answers per case."),
    )
    lease_seconds = models.IntegerField(
        default=DEFAULT_SECONDS,
        validators=[MinValueValidator(MIN_SECONDS), MaxValueValidator(MAX_SECONDS)],
    )
    due_hours = models.FloatField(
        default=24, validators=[MinValueValidator(0.01)], help_text=gettext_lazy("Answer within.")
    )
    decide_first_share = models.FloatField(
        default=0.0,
        validators=_share,
        help_text=gettext_lazy(
            "Share of the cases with a suggestion that are answered once before it is shown."
        ),
    )
    on_demand = models.BooleanField(
        default=False, help_text=gettext_lazy("Show the suggestion only when the reviewer asks for it.")
    )
    second_read_share = models.FloatField(
        default=0.05,
        validators=_share,
        help_text=gettext_lazy(
            "Share of the audits that agree with the model which a second person reads, blind."
        ),
    )
    known_answer_rate = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(0.5)],
        help_text=gettext_lazy("Known-answer cases per blind case."),
    )
    known_answers_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text=gettext_lazy("Known-answer cases are mixed with the blind cases until then."),
    )
    order = models.CharField(
        max_length=10,
        choices=OrderKind,
        default=OrderKind.DUE,
        help_text=gettext_lazy("What goes first among cases of the same priority."),
    )
    value_hours = models.FloatField(
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(8_760.0)],
        help_text=gettext_lazy(
            "How many hours a case may move up in the queue when the model is unsure and a mistake"
            " would cost much."
        ),
    )
    order_version = models.IntegerField(
        default=1, editable=False, help_text=gettext_lazy("Rises with every change of it.")
    )
    sla_action = models.CharField(
        max_length=10,
        choices=SlaAction,
        default=SlaAction.NONE,
        help_text=gettext_lazy("What is done with an overdue case."),
    )
    default_label = models.CharField(
        max_length=100,
        blank=True,
        help_text=gettext_lazy("The answer that an overdue case gets, where that is the rule."),
    )
    hold_max_hours = models.FloatField(
        default=72, validators=[MinValueValidator(0.01), MaxValueValidator(8_760.0)]
    )
    hold_cap = models.SmallIntegerField(
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=gettext_lazy("How many cases one person may have on hold."),
    )
    skip_rules = models.JSONField(
        default=dict,
        blank=True,
        help_text=gettext_lazy("For each reason to skip, what becomes of the case: me, others or drop."),
    )
    reason_codes = models.JSONField(
        default=dict,
        blank=True,
        help_text=gettext_lazy("For each label, the reasons to choose from: code, words, required."),
    )
    ready_notes = ArrayField(
        models.CharField(max_length=MAX_NOTE),
        default=list,
        db_default=[],
        blank=True,
        help_text=gettext_lazy("Words that reviewers often write as a comment, to be put in by a key."),
    )
    skills = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text=gettext_lazy("Only people with all of them are offered its cases."),
    )
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=gettext_lazy("Only its members."),
    )

    class Meta:
        verbose_name_plural = gettext_lazy("review rules")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                name="shares_of_reviews_in_range",
                condition=Q(decide_first_share__range=(0, 1))
                & Q(second_read_share__range=(0, 1))
                & Q(known_answer_rate__range=(0, 0.5)),
            ),
            models.CheckConstraint(
                name="default_label_is_named", condition=~Q(sla_action="default") | ~Q(default_label="")
            ),
        ]
