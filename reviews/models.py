"""What people say: review tasks with their leases, and reviews."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy

from cases.models import Case, Workflow
from cases.types import Purpose
from hitl.shared.ids import new_id
from hitl.shared.words import Words
from models_store.models import Release
from reviews.lease_length import DEFAULT_SECONDS, MAX_SECONDS, MIN_SECONDS
from reviews.types import (
    MAX_ESCALATION,
    MAX_LEASES,
    MAX_NOTE,
    Mode,
    OrderKind,
    ReviewBatchStatus,
    SkipReason,
    SlaAction,
    TaskReason,
    TaskStatus,
)

_share = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class Team(models.Model):
    """One row per group of people who review; its skills are those of all its members."""

    name = models.CharField(max_length=100, unique=True)
    skills = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class PersonSkills(models.Model):
    """One row per person with skills of their own, besides those of their teams."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="review_skills"
    )
    skills = ArrayField(models.CharField(max_length=50), default=list, blank=True)

    class Meta:
        verbose_name_plural = gettext_lazy("skills of people")

    def __str__(self) -> str:
        return Words("skills of %(person)s", person=self.person)


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


# The due time less the head start: what a workflow's order sorts by (see `reviews.order`). By way of UTC,
# because the database calls sums of a time with a zone and an interval changeable.
_AS_IF_DUE_AT = Func(
    F("due_at"),
    F("head_start"),
    template="((%(expressions)s)) AT TIME ZONE 'UTC'",
    arg_joiner=" AT TIME ZONE 'UTC') - make_interval(secs => ",
    output_field=models.DateTimeField(),
)


class Task(models.Model):
    """One row per answer that a person is to give; its lease is part of the row.

    What the desk may show of the model is copied in by the flow. In a blind task those columns are NULL:
    blindness is a property of the row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(  # `one_task_per_slot` begins with it
        Case, on_delete=models.PROTECT, related_name="tasks", db_index=False
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    schema_version = models.IntegerField()
    epoch = models.SmallIntegerField(default=1)
    slot = models.SmallIntegerField(default=1)
    status = models.CharField(max_length=10, choices=TaskStatus, default=TaskStatus.WAITING)
    purpose = models.CharField(max_length=15, choices=Purpose, default=Purpose.REVIEW)
    reasons = ArrayField(models.CharField(max_length=15, choices=TaskReason), default=list)
    mode = models.CharField(max_length=15, choices=Mode)
    inclusion_probability = models.FloatField(
        null=True, help_text=gettext_lazy("Probability that a blind label is collected for this case.")
    )
    suggestion = models.CharField(max_length=100, null=True)
    confidence = models.FloatField(null=True)
    runner_up = models.CharField(max_length=100, null=True)
    release = models.ForeignKey(
        Release, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    priority = models.SmallIntegerField(default=0, help_text=gettext_lazy("Higher goes first."))
    for_adjudicator = models.BooleanField(
        default=False, db_default=False, help_text=gettext_lazy("Only adjudicators are offered it.")
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    head_start = models.FloatField(
        default=0.0,
        db_default=0.0,
        help_text=gettext_lazy("Seconds by which it is sorted before its due time, by the workflow's order."),
    )
    goes_at = models.GeneratedField(
        expression=_AS_IF_DUE_AT, output_field=models.DateTimeField(), db_persist=True
    )
    overdue_at = models.DateTimeField(null=True, help_text=gettext_lazy("When it was dealt with as overdue."))
    first_label = models.CharField(
        max_length=100,
        null=True,
        help_text=gettext_lazy("What was answered before the suggestion was shown."),
    )
    lease_token = models.UUIDField(null=True, unique=True)
    leased_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="leases", db_index=False
    )
    leased_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    place = models.SmallIntegerField(
        null=True,
        help_text=gettext_lazy(
            "Which of the reviewer's few places it takes: the number of places is the cap."
        ),
    )
    ahead = models.BooleanField(
        default=False,
        db_default=False,
        help_text=gettext_lazy("Leased ahead for the next page: its holder has not seen it yet."),
    )
    held_until = models.DateTimeField(
        null=True, help_text=gettext_lazy("On hold until then, for whoever it is leased to.")
    )
    shelf = models.SmallIntegerField(
        null=True,
        help_text=gettext_lazy(
            "Which of the holder's places for cases on hold it takes: the number of places is the cap."
        ),
    )
    escalated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    escalated_at = models.DateTimeField(null=True)
    escalation = models.CharField(
        max_length=MAX_ESCALATION,
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("Why it was escalated."),
    )
    closed_at = models.DateTimeField(null=True)

    is_alone = False
    """Set where it was looked up: no other task of this case and epoch has an answer that counts."""

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_task_per_slot", fields=["case", "epoch", "purpose", "slot"]),
            models.CheckConstraint(
                name="blind_task_shows_nothing_of_the_model",
                condition=~Q(mode="blind")
                | Q(
                    suggestion__isnull=True,
                    confidence__isnull=True,
                    runner_up__isnull=True,
                    release__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="lease_is_whole",
                condition=Q(
                    status="leased",
                    lease_token__isnull=False,
                    leased_to__isnull=False,
                    lease_until__isnull=False,
                    place__isnull=False,
                )
                | (~Q(status="leased") & Q(lease_token__isnull=True, place__isnull=True)),
            ),
            models.CheckConstraint(
                name="task_reasons_are_known", condition=Q(reasons__contained_by=TaskReason.values)
            ),
            models.CheckConstraint(
                name="place_in_range", condition=Q(place__isnull=True) | Q(place__range=(1, MAX_LEASES))
            ),
            models.UniqueConstraint(
                name="one_task_per_place", fields=["leased_to", "place"], condition=Q(status="leased")
            ),
            models.CheckConstraint(
                name="adjudicators_lane_has_its_reasons",
                condition=Q(purpose="adjudication", for_adjudicator=True)
                | (~Q(purpose="adjudication") & Q(for_adjudicator=False))
                | Q(escalated_at__isnull=False, for_adjudicator=True),
            ),
            models.CheckConstraint(
                name="hold_is_whole",
                condition=Q(
                    status="held", held_until__isnull=False, leased_to__isnull=False, shelf__isnull=False
                )
                | (~Q(status="held") & Q(held_until__isnull=True, shelf__isnull=True)),
            ),
            models.UniqueConstraint(
                name="one_task_per_shelf", fields=["leased_to", "shelf"], condition=Q(status="held")
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="task_waiting",
                fields=["workflow", "for_adjudicator", "-priority", "goes_at", "id"],
                condition=Q(status="waiting"),
            ),
            models.Index(
                name="task_due",
                fields=["workflow", "due_at"],
                condition=Q(status="waiting", overdue_at__isnull=True),
            ),
            models.Index(name="task_hold_end", fields=["held_until"], condition=Q(status="held")),
            models.Index(name="task_lease_end", fields=["lease_until"], condition=Q(status="leased")),
        ]


class Review(models.Model):
    """One row per answer of one person to one task; never changed but by taking it back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reviews")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reviews")
    epoch = models.SmallIntegerField(default=1)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    label = models.CharField(max_length=100)
    comment = models.TextField(blank=True)
    reason_code = models.CharField(max_length=50, blank=True, default="", db_default="")
    first_label = models.CharField(
        max_length=100,
        null=True,
        help_text=gettext_lazy("The answer before the suggestion was shown: it is blind."),
    )
    mode = models.CharField(max_length=15, choices=Mode)
    shown = models.JSONField(default=dict, help_text=gettext_lazy("What of the model the reviewer saw."))
    marks = models.JSONField(
        default=list, help_text=gettext_lazy("Regions and time ranges that the reviewer marked.")
    )
    flags = models.JSONField(default=list, help_text=gettext_lazy("Highlights that helped or misled."))
    lease_token = models.UUIDField(
        unique=True, help_text=gettext_lazy("The lease it was given under: its idempotency key.")
    )
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    seconds = models.FloatField(help_text=gettext_lazy("Active seconds."))
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                name="one_standing_review_per_task", fields=["task"], condition=Q(undone_at__isnull=True)
            ),
            models.UniqueConstraint(
                name="one_standing_review_per_person",
                fields=["case", "epoch", "reviewer"],
                condition=Q(undone_at__isnull=True),
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(name="review_of_reviewer", fields=["reviewer", "-submitted_at"]),
            models.Index(name="review_by_time", fields=["submitted_at"]),
            models.Index(name="review_by_end", fields=["undone_at"], condition=Q(undone_at__isnull=False)),
        ]


class ReviewBatch(models.Model):
    """One row per batch of alike cases that somebody opened: its cases in random order, and its outcome.

    It takes no leases: whatever somebody else answers meanwhile is passed by when the batch is accepted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="+", db_index=False)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+", db_index=False)
    suggestion = models.CharField(max_length=100)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    task_ids = ArrayField(
        models.UUIDField(), help_text=gettext_lazy("In random order: those that are read come first.")
    )
    status = models.CharField(max_length=10, choices=ReviewBatchStatus, default=ReviewBatchStatus.OPEN)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(
                name="review_batch_open", fields=["workflow", "expires_at"], condition=Q(status="open")
            ),
        ]


class Skip(models.Model):
    """One row per task and person who skipped it; until then it is offered to others only."""

    id = models.BigAutoField(primary_key=True)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="skips", db_index=False)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=15, choices=SkipReason)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(name="one_skip_per_task_and_person", fields=["task", "reviewer"]),
        ]


class KnownAnswerCase(models.Model):
    """One row per case whose answer is known, asked again among the blind cases to see who finds it."""

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.PROTECT, related_name="known_answer")
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="known_answers")
    truth = models.CharField(max_length=100)
    predicted = models.CharField(
        max_length=100, null=True, help_text=gettext_lazy("What the model predicted for it, if anything.")
    )
    reason = models.TextField(blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    marked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text=gettext_lazy("Since then it is no longer asked."))

    def __str__(self) -> str:
        return Words("known answer of %(case)s", case=self.case_id)
