"""What the stages read of a workflow, each part once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from statistics import median

from django.db.models import Count, Sum

from cases.models import Case, KeyGrant, Label, SchemaVersion, Workflow
from cases.selectors import schema_in_force
from cases.types import Purpose
from hitl.flow.reading.effort import Effort, effort_of
from models_store.models import Release, RoleSpan
from models_store.selectors import current_labels
from models_store.types import CHALLENGERS
from monitoring.maintain.asked import last_done
from monitoring.models import DataStudy
from monitoring.promise.page import PromisePage, promise_page_of
from monitoring.tallies.traffic import Queue, queues
from policy.models import Certificate, Decision, Plan
from policy.services.plans import plan_of
from policy.types import CertificateStatus
from reviews.models import Review, ReviewRules

WEEK = timedelta(days=7)
MAX_ROWS = 20_000  # rows that a figure is taken from: the latest


@dataclass(frozen=True)
class Seen:
    """One workflow at one moment."""

    workflow: Workflow
    now: datetime

    @cached_property
    def page(self) -> PromisePage:
        """Its promise, and how it is decided."""
        return promise_page_of(self.workflow, now=self.now)

    @cached_property
    def plan(self) -> Plan | None:
        """What is wanted of it; None where nobody has said."""
        return plan_of(self.workflow.pk)

    @cached_property
    def effort(self) -> Effort:
        """What it takes of people now, at the cases that were planned, else those of the last week."""
        return effort_of(self.page, said_a_week=self.plan.cases_a_week if self.plan else None)

    @cached_property
    def rules(self) -> ReviewRules:
        """How people are asked."""
        return ReviewRules.objects.get(workflow=self.workflow)

    @cached_property
    def schema(self) -> SchemaVersion:
        """Its fields and labels."""
        return schema_in_force(self.workflow)

    @property
    def release(self) -> Release | None:
        """The champion."""
        return self.page.automation.release

    @cached_property
    def labels(self) -> dict[str, int]:
        """How many of the latest labels say what, by label of the workflow."""
        latest = current_labels(self.workflow.pk).order_by("-id")[:MAX_ROWS]
        counted = Label.objects.filter(pk__in=latest.values("pk")).order_by().values_list("label")
        found = dict(counted.annotate(n=Count("id")))
        return {name: found.get(name, 0) for name in self.schema.label_names}

    @property
    def n_labels(self) -> int:
        """Of all these labels together."""
        return sum(self.labels.values())

    @cached_property
    def random_labels(self) -> int:
        """Of the latest labels, those of cases drawn at random and answered blind, or attested to be so."""
        latest = current_labels(self.workflow.pk).order_by("-id")[:MAX_ROWS]
        rows = Label.objects.filter(pk__in=latest.values("pk"), is_blind=True)
        return rows.exclude(inclusion_probability=None).exclude(purpose=Purpose.KNOWN_ANSWER).count()

    @cached_property
    def study(self) -> DataStudy | None:
        """The last study of what the data lack."""
        return last_done(self.workflow.pk)

    @cached_property
    def reading_hours(self) -> float:
        """Hours that people read in the last seven days; of answers that were taken back as well."""
        rows = Review.objects.filter(submitted_at__gt=self.now - WEEK, submitted_at__lte=self.now)
        found: float | None = rows.filter(case__workflow=self.workflow).aggregate(s=Sum("seconds"))["s"]
        return (found or 0.0) / 3600

    @cached_property
    def answer_hours(self) -> float | None:
        """Median hours from when a case came in to its decision by a person, of the last seven days."""
        rows = Decision.objects.filter(
            workflow=self.workflow,
            decided_at__gt=self.now - WEEK,
            decided_at__lte=self.now,
            sequence=1,
            actor_kind="user",
        ).order_by("-decided_at")
        known = [
            (decided - received).total_seconds() / 3600
            for decided, received in rows.values_list("decided_at", "case__received_at")[:MAX_ROWS]
        ]
        return median(known) if known else None

    @cached_property
    def queue(self) -> Queue:
        """What waits for people."""
        return queues([self.workflow.pk], now=self.now).get(self.workflow.pk, Queue())

    @cached_property
    def first_proof(self) -> datetime | None:
        """When the promise was proved first."""
        tried = Certificate.objects.filter(workflow=self.workflow).exclude(status=CertificateStatus.REFUSED)
        full = tried.exclude(evidence__source="belief")
        found: datetime | None = full.order_by("valid_from").values_list("valid_from", flat=True).first()
        return found

    @cached_property
    def challengers(self) -> int:
        """Models in shadow or a canary."""
        open_spans = RoleSpan.objects.filter(workflow=self.workflow, until=None, role__in=CHALLENGERS)
        return open_spans.count()

    @cached_property
    def has_key(self) -> bool:
        """Whether a key that is not revoked was granted it."""
        return KeyGrant.objects.filter(workflow=self.workflow, key__revoked_at=None).exists()

    @cached_property
    def has_cases(self) -> bool:
        """Whether any case has come in."""
        return Case.objects.filter(workflow=self.workflow).exists()

    @cached_property
    def busiest(self) -> int:
        """Cases of the busiest hour of the last seven days."""
        return max((one.automatic + one.people for one in self.page.week.hours), default=0)
