"""What happened to the models of a workflow: roles, canaries, stops and recalls, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.models import Workflow
from hitl.stop.models import Stop
from models_store.models import RoleSpan
from models_store.types import ReleaseRole
from policy.canary_models import Canary
from policy.models import Recall
from policy.types import CanaryEnd


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened.

    Attributes:
        mark: a few words for a line in a plot; empty where it moved no decision.
        release_id: of the model that it is about; None where it is about all of them.
    """

    at: datetime
    what: str
    by: str
    why: str
    mark: str = ""
    release: str = ""
    release_id: UUID | None = None


def happened(workflow: Workflow, *, since: datetime, until: datetime) -> list[Happened]:
    """Return what happened from `since` to before `until`, the oldest first."""
    canaries = list(Canary.objects.filter(workflow=workflow).select_related("release"))
    every = [*_roles(workflow, canaries), *_canaries(canaries), *_stops(), *_recalls(workflow)]
    return sorted((one for one in every if since <= one.at < until), key=lambda one: one.at)


def _roles(workflow: Workflow, canaries: Sequence[Canary]) -> Iterator[Happened]:
    """Yield the changes of roles, but the beginnings of canaries, which their own rows tell.

    A canary that ended with its role is told of here: the change of role says who ended it.
    """
    ended = {(canary.release_id, canary.ended_at): canary for canary in canaries}
    spans = RoleSpan.objects.filter(workflow=workflow).exclude(role=ReleaseRole.CANARY)
    champions = set()
    for span in spans.select_related("release").order_by("since", "id"):
        what, mark = _ROLES[span.role]
        canary = ended.get((span.release_id, span.since))
        if canary is not None and canary.end == CanaryEnd.ROLLED_BACK:
            what, mark = f"Its canary was rolled back at {canary.share_percent} %", "{} rolled back"
        if span.role == ReleaseRole.CHAMPION:
            if span.release_id in champions:
                what, mark = "It became the champion again", "back to {}"
            champions.add(span.release_id)
        release = span.release
        mark = mark.format(_short(release.name))
        yield Happened(span.since, what, span.by, span.reason, mark, release.name, release.pk)


_ROLES = {
    ReleaseRole.TRAINED.value: ("It was trained", ""),
    ReleaseRole.SHADOW.value: ("It began to score in shadow", ""),
    ReleaseRole.CHAMPION.value: ("It became the champion", "{} champion"),
    ReleaseRole.RETIRED.value: ("It was retired", ""),
}


def _canaries(canaries: Sequence[Canary]) -> Iterator[Happened]:
    for canary in canaries:
        name, pk = canary.release.name, canary.release_id
        what, mark = "It began to decide a share as a canary", f"{_short(name)} canary"
        yield Happened(canary.started_at, what, canary.started_by, "", mark, name, pk)
        if canary.ended_at is not None and canary.end == CanaryEnd.ABANDONED:
            what = f"Its canary ended at {canary.share_percent} %"
            yield Happened(canary.ended_at, what, "", canary.end_reason, "", name, pk)


def _stops() -> Iterator[Happened]:
    for stop in Stop.objects.all():
        yield Happened(stop.stopped_at, "Everything was stopped", stop.stopped_by, stop.reason, "stop")
        if stop.started_at is not None:
            what = "Automation was started again"
            yield Happened(stop.started_at, what, stop.started_by, stop.started_because, "start")


def _recalls(workflow: Workflow) -> Iterator[Happened]:
    for recall in Recall.objects.filter(workflow=workflow).select_related("release"):
        name = recall.release.name if recall.release else ""
        what = f"A recall of {recall.total:,} decisions began" if recall.listed_at else "A recall began"
        yield Happened(recall.at, what, recall.asked_by, recall.reason, "recall", name, recall.release_id)
        if recall.finished_at is not None and "answered" in recall.report:
            found = recall.report
            why = f"{found['wrong']:,} of {found['answered']:,} answered were wrong."
            yield Happened(recall.finished_at, "The recall closed", "", why, "", name, recall.release_id)


def _short(name: str) -> str:
    """Return a model's number, as v2: its whole name is in the table."""
    return name.split("-", 1)[0]
