"""What happened to the models of a workflow: roles, canaries, stops and recalls, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext, gettext_lazy, ngettext

from cases.models import Workflow
from hitl.shared.numbers import number
from hitl.stop.models import Stop
from models_store.models import RoleSpan
from models_store.types import ReleaseRole
from policy.models import Recall
from policy.models.canaries import Canary
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
        what, mark = (str(words) for words in _ROLES[span.role])
        canary = ended.get((span.release_id, span.since))
        if canary is not None and canary.end == CanaryEnd.ROLLED_BACK:
            what = gettext("Its canary was rolled back at %(share)s %%") % {"share": canary.share_percent}
            mark = gettext("%(model)s rolled back")
        if span.role == ReleaseRole.CHAMPION:
            if span.release_id in champions:
                what, mark = gettext("It became the champion again"), gettext("back to %(model)s")
            champions.add(span.release_id)
        release = span.release
        mark = mark % {"model": _short(release.name)}
        yield Happened(span.since, what, span.by, span.reason, mark, release.name, release.pk)


_ROLES = {
    ReleaseRole.TRAINED.value: (gettext_lazy("It was trained"), ""),
    ReleaseRole.SHADOW.value: (gettext_lazy("It began to score in shadow"), ""),
    ReleaseRole.CHAMPION.value: (gettext_lazy("It became the champion"), gettext_lazy("%(model)s champion")),
    ReleaseRole.RETIRED.value: (gettext_lazy("It was retired"), ""),
}


def _canaries(canaries: Sequence[Canary]) -> Iterator[Happened]:
    for canary in canaries:
        name, pk = canary.release.name, canary.release_id
        what = gettext("It began to decide a share as a canary")
        mark = gettext("%(model)s canary") % {"model": _short(name)}
        yield Happened(canary.started_at, what, canary.started_by, "", mark, name, pk)
        if canary.ended_at is not None and canary.end == CanaryEnd.ABANDONED:
            what = gettext("Its canary ended at %(share)s %%") % {"share": canary.share_percent}
            yield Happened(canary.ended_at, what, "", canary.end_reason, "", name, pk)


def _stops() -> Iterator[Happened]:
    for stop in Stop.objects.all():
        what, mark = gettext("Everything was stopped"), gettext("stop")
        yield Happened(stop.stopped_at, what, stop.stopped_by, stop.reason, mark)
        if stop.started_at is not None:
            what, mark = gettext("Automation was started again"), gettext("start")
            yield Happened(stop.started_at, what, stop.started_by, stop.started_because, mark)


def _recalls(workflow: Workflow) -> Iterator[Happened]:
    for recall in Recall.objects.filter(workflow=workflow).select_related("release"):
        name = recall.release.name if recall.release else ""
        what, mark = gettext("A recall began"), gettext("recall")
        if recall.listed_at:
            said = ngettext(
                "A recall of %(n)s decision began", "A recall of %(n)s decisions began", recall.total
            )
            what = said % {"n": number(recall.total)}
        yield Happened(recall.at, what, recall.asked_by, recall.reason, mark, name, recall.release_id)
        if recall.finished_at is not None and "answered" in recall.report:
            found = recall.report
            why = gettext("%(wrong)s of %(answered)s answered were wrong.") % {
                "wrong": number(found["wrong"]),
                "answered": number(found["answered"]),
            }
            what = gettext("The recall closed")
            yield Happened(recall.finished_at, what, "", why, "", name, recall.release_id)


def _short(name: str) -> str:
    """Return a model's number, as v2: its whole name is in the table."""
    return name.split("-", 1)[0]
