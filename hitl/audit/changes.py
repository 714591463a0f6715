"""Which entries of the audit log are changes that whoever watches over the service wants to know of.

Signing in, exports, digests and single answers are none. To each belongs what a line in a plot says of it;
empty where it changed nothing of what a plot shows.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from hitl.audit.models import Entry

CHANGES = {
    "account.changed": "",
    "account.created": "",
    "account.removed": "",
    "alarm.cleared": "",
    "alarm.closed": "",
    "alarm.raised": _("alarm"),
    "alarm_route.set": "",
    "alarm_rule.ended": _("alarm terms"),
    "alarm_rule.set": _("alarm terms"),
    "audits.changed": _("audits"),
    "audits.declared": _("audits"),
    "automation.started": _("start"),
    "automation.stopped": _("stop"),
    "bake.ended": "",
    "breaker.reset": _("start"),
    "breaker.tripped": _("stop"),
    "budget.closed": "",
    "budget.overspending": _("overspending"),
    "canary.held": _("canary held"),
    "canary.resumed": _("canary"),
    "canary.started": _("canary"),
    "canary.widened": _("canary wider"),
    "certificate.ended": "",
    "certificate.level": "",
    "certificate.made": _("proved"),
    "cutoffs.changed": _("cutoffs"),
    "cutoffs.in_force": _("cutoffs"),
    "degree.changed": _("degree"),
    "drill.played": "",
    "plan.made": "",
    "promise.changed": _("promise"),
    "recall.begun": _("recall"),
    "recall.closed": "",
    "release.promoted": _("champion"),
    "release.retired": "",
    "release.rolled_back": _("rolled back"),
    "release.shadowed": "",
    "review_rules.changed": _("review rules"),
    "schema.changed": _("fields or labels"),
    "sign.cleared": "",
    "sign.raised": _("early sign"),
    "skills.changed": "",
    "source.confirmed": "",
    "source.retired": "",
    "tasks.put_first": "",
    "team.removed": "",
    "team.saved": "",
    "training.failed": "",
    "training.refused": "",
    "training.succeeded": _("trained"),
    "trial.ended": "",
    "workflow.archived": "",
    "workflow.created": "",
    "workflow.restored": "",
}
MARKED = [action for action, words in CHANGES.items() if words]
_ONE_CAUSE = timedelta(minutes=1)


def changes(
    *, since: datetime, until: datetime | None = None, workflow_id: UUID | None = None
) -> QuerySet[Entry]:
    """Return the changes since a moment, newest first: of everything, or of one workflow and its stops."""
    rows = Entry.objects.filter(at__gte=since, action__in=CHANGES)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if workflow_id is not None:
        rows = rows.filter(Q(workflow_id=workflow_id) | Q(workflow_id=None, action__startswith="automation."))
    return rows.order_by("-number")


def n_changes(*, since: datetime) -> dict[UUID | None, int]:
    """Return how many changes there were since a moment, by workflow; those of none stand under None."""
    rows = changes(since=since).order_by().values_list("workflow_id")
    return dict(rows.annotate(n=Count("number")))


def marks(
    *, since: datetime, until: datetime, workflow_id: UUID, without: Collection[str] = (), most: int = 12
) -> list[tuple[float, str]]:
    """Return the changes of a workflow as lines of a plot: when, in POSIX seconds, and what; the latest.

    They are said in the language of this moment: plots are drawn by pages. What changed the same within a
    minute of the change before is one line.
    """
    wanted = [action for action in MARKED if action not in without]
    rows = changes(since=since, until=until, workflow_id=workflow_id).filter(action__in=wanted)
    found: list[tuple[float, str]] = []
    last: dict[str, datetime] = {}
    for at, action in rows.values_list("at", "action")[: 8 * most]:
        words = CHANGES[action]
        if words in last and last[words] - at < _ONE_CAUSE:
            continue
        last[words] = at
        found.append((at.timestamp(), gettext(words)))
    return found[most - 1 :: -1] if len(found) >= most else found[::-1]
