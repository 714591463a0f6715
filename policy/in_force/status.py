"""Whether the promise is kept now, in one line."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from policy.in_force.rules import Governing, rule_for
from policy.models import Certificate, Policy, Watch
from policy.types import Degree, MonitorLevel, TrippedBy
from science.decision_terms import Basis, Reason


@dataclass(frozen=True, slots=True)
class PromiseStatus:
    """Whether the promise is kept now: a word or two with tone and icon, and a sentence that explains it."""

    words: str
    tone: str
    icon: str
    why: str


_STOPPED_BY = {
    TrippedBy.PERSON: "A person tripped the breaker, and a person resets it.",
    TrippedBy.EVIDENCE: (
        "Live audits refuted it. Automation comes back by itself once it is proved again, and a part of it"
        " once a model that learned since then is believed to keep it."
    ),
    TrippedBy.OVERDUE: "Nobody answers the audits, so nobody would notice a mistake.",
}
_CLOSED = {
    Reason.NO_MODEL: "There is no model yet, so people decide every case.",
    Reason.SCHEMA_MISMATCH: "The model was trained for other fields or labels, so people decide every case.",
    Reason.CERTIFICATE_EXPIRED: "The certificate has ended, so people decide until there is a new one.",
    Reason.NOT_CERTIFIED: "Nothing is proved for this promise, so people decide every case.",
}


def status_now(policy: Policy, *, now: datetime) -> PromiseStatus:
    """Return whether a workflow keeps its promise now."""
    governing = rule_for(policy.workflow_id)
    return status_of(
        policy=policy,
        governing=governing,
        certificate=_without_evidence(governing.certificate_id),
        watch=Watch.objects.filter(workflow_id=policy.workflow_id, ended_at=None).first(),
        now=now,
    )


def _without_evidence(certificate_id: UUID | None) -> Certificate | None:
    return Certificate.objects.defer("evidence").get(pk=certificate_id) if certificate_id else None


def status_of(
    *,
    policy: Policy,
    governing: Governing,
    certificate: Certificate | None,
    watch: Watch | None,
    now: datetime,
) -> PromiseStatus:
    """Return whether the promise is kept; `certificate` is the one in force, `watch` the open one."""
    if policy.breaker_tripped_at is not None:
        why = _STOPPED_BY[TrippedBy(policy.breaker_by)] if policy.breaker_by else ""
        return PromiseStatus("Stopped", "bad", "hand", f"{policy.breaker_reason} {why}".strip())
    if governing.stopped:
        why = "All automation is stopped: people decide every case, here and everywhere."
        return PromiseStatus("Stopped", "bad", "hand", why)
    if governing.trouble:
        return PromiseStatus("Stopped", "bad", "circle-x", governing.trouble)
    if policy.degree not in (Degree.PARTIAL, Degree.FULL):
        degree = Degree(policy.degree).label.lower()
        return PromiseStatus(
            "Off", "neutral", "pause", f"The degree is “{degree}”: people decide every case."
        )
    rule = governing.rule
    if rule.basis is Basis.BY_HAND:
        why = "The cutoffs in force were set by hand and are not what was tested: nothing is promised."
        return PromiseStatus("Off by hand", "warn", "hand", why)
    closed = rule.closed(now.timestamp())
    if closed is not None:
        return PromiseStatus(
            "Nothing automated", "warn", "user", _CLOSED.get(closed, "People decide every case.")
        )
    if watch is not None and not watch.is_calm:
        return _watched(watch)
    if certificate is not None and certificate.refuted:
        why = (
            "Audits refuted the cutoffs in force. A random quarter of what stricter ones accept is automated"
            " until a test on cases from after that has passed."
        )
        return PromiseStatus("Stepped down", "warn", "trending-down", why)
    if rule.basis is Basis.PROVISIONAL:
        why = "A random quarter of what is accepted is automated until fresh blind labels prove it."
        return PromiseStatus("Provisional", "accent", "clock", why)
    if watch is None or not watch.n_labels:  # what hardly anybody has looked at is no evidence
        why = "It is proved on the certificate's labels. Too few audits are in to check it live."
        return PromiseStatus("Proved", "accent", "shield-check", why)
    return PromiseStatus("Kept", "good", "shield-check", "It is proved, and audits do not contradict it.")


def _watched(watch: Watch) -> PromiseStatus:
    why = "Audits begin to contradict it, not yet strongly enough to stop: more decisions are audited."
    if watch.level == MonitorLevel.GREEN:
        why = "First answers to audits contradict it; until they are final, more decisions are audited."
    return PromiseStatus("Watched closely", "warn", "eye", why)
