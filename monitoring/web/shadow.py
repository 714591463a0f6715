"""What is known of a model in shadow, for its page, which may not import this app."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from hitl.shared import clock
from hitl.web.views import person
from models_store.access import release_for
from models_store.models import Release, ShadowProgress
from monitoring.shadow.figures import JOINED_BAR, Agreement, agreement, joined_share, known_of
from monitoring.tallies.traffic import traffic_of_week
from policy.models import HandoverTrial

FAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ShownHandover:
    """A handover with what pages say of it."""

    trial: HandoverTrial
    cases_a_day: float
    now: datetime

    @property
    def status(self) -> str:
        """Of the last look; empty before the first."""
        return str(self.trial.verdict.get("status", ""))

    @property
    def labels(self) -> int:
        """Blind answers so far to cases in which it differs."""
        return int(self.trial.verdict.get("labels", 0))

    @property
    def cases(self) -> int:
        """Cases taken in so far."""
        return int(self.trial.verdict.get("cases", 0))

    @property
    def more_labels(self) -> int | None:
        """Labels that are probably missing; None where nobody can say."""
        more = self.trial.verdict.get("more_labels")
        return None if more is None else int(more)

    @property
    def by(self) -> datetime | None:
        """When the verdict is probably there, at the traffic of the last week."""
        more = self.trial.verdict.get("more_cases")
        if more is None or not self.cases_a_day:
            return None
        wait = timedelta(days=more / self.cases_a_day)
        return self.now + wait if wait < FAR else None


@login_required
@require_GET
def shadow(request: HttpRequest, release_id: UUID) -> HttpResponse:
    """Show how a model in shadow compares with the champion, as a part of a page."""
    release = release_for(person(request).as_actor(), release_id)
    now, known = clock.now(), known_of(release)
    progress, trial = known.progress, known.trial
    joined = joined_share(release, now=now)
    context = {
        "release": release,
        "progress": progress,
        "joined": joined,
        "loses_cases": joined is not None and joined < JOINED_BAR,
        "agreement": _agreement(release, progress, trial),
        "handover": _shown(trial, release, now),
        "waiting": known.unasked,
    }
    return render(request, "monitoring/shadow.html", context)


def _agreement(
    release: Release, progress: ShadowProgress | None, trial: HandoverTrial | None
) -> Agreement | None:
    is_open = trial is not None and trial.ended_at is None
    return agreement(release, progress, trial if is_open else None) if progress else None


def _shown(trial: HandoverTrial | None, release: Release, now: datetime) -> ShownHandover | None:
    if trial is None:
        return None
    week = traffic_of_week(release.workflow_id, now=now)
    return ShownHandover(trial, week.total / 7, now)
