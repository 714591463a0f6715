"""Why automatic decisions are audited as often as they are now: one answer, for every page and the API."""

from datetime import datetime

from hitl.shared.words import Words
from monitoring.signs.open_now import open_signs
from monitoring.tallies.traffic import traffic_of_week
from monitoring.watch.budget.selectors import is_overspending
from policy.models import Policy
from policy.services.alarms import NOTICEABLE
from policy.services.watches import open_watch_of
from science.guarantee.audits import AuditPolicy


def rate_reason(policy: Policy, *, now: datetime) -> Words:
    """Return why `audit_rate` is what it is; of several reasons the one that asks for most."""
    if policy.audit_rate == policy.audit_base:
        return Words("as promised for quiet times")
    if policy.audit_rate < policy.audit_base:
        return Words("lowered to what reviewers can do")
    watch = open_watch_of(policy.workflow_id)
    if watch is not None and not watch.is_calm:
        return Words("raised, because audits speak against the promise")
    if is_overspending(policy.workflow_id):
        return Words("raised, because decisions to come look too wrong")
    if policy.audit_rate <= policy.audit_least:
        return Words("raised to what the period's error budget takes")
    rates = AuditPolicy(base=policy.audit_base, amber=policy.audit_amber)
    automatic = traffic_of_week(policy.workflow_id, now=now).automatic
    if policy.audit_rate <= (1 + NOTICEABLE) * rates.base_rate(automatic):
        return Words("raised, so that few automatic cases still make enough audits a week")
    if open_signs(policy.workflow_id):
        return Words("raised, because of an early sign")
    if policy.evidence_from is not None:
        return Words("raised since an alarm, and lowered as cases come in without another")
    return Words("raised, because audits or the error budget spoke against the promise lately")
