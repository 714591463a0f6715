"""Whether the promise is kept now, in one line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hitl.shared.words import Words, as_words
from policy.in_force.rules import Governing, rule_for, rules_for
from policy.models import Certificate, Policy, Watch
from policy.types import Degree, MonitorLevel, PromiseState, TrippedBy
from science.decision_terms import Basis, Reason


@dataclass(frozen=True, slots=True)
class PromiseStatus:
    """Whether the promise is kept now: a state with tone and icon, and a sentence that explains it."""

    state: PromiseState
    tone: str
    icon: str
    why: str

    @property
    def words(self) -> str:
        """The state in a word or two."""
        return str(self.state.label)


_STOPPED_BY = {
    TrippedBy.PERSON: Words("A person tripped the breaker, and a person resets it."),
    TrippedBy.EVIDENCE: (
        Words(
            "Live audits refuted it. Automation comes back by itself once it is proved again, and a part of"
            " it once a model that learned since then is believed to keep it."
        )
    ),
    TrippedBy.OVERDUE: Words("Nobody answers the audits, so nobody would notice a mistake."),
}
_OFF = {
    Degree.HUMAN_ONLY: Words("The degree is “human only”: people decide every case."),
    Degree.SHADOW: Words("The degree is “shadow”: people decide every case."),
    Degree.ASSIST: Words("The degree is “assist”: people decide every case."),
}
_CLOSED = {
    Reason.NO_MODEL: Words("There is no model yet, so people decide every case."),
    Reason.SCHEMA_MISMATCH: Words(
        "The model was trained for other fields or labels, so people decide every case."
    ),
    Reason.CERTIFICATE_EXPIRED: Words(
        "The certificate has ended, so people decide until there is a new one."
    ),
    Reason.NOT_CERTIFIED: Words("Nothing is proved for this promise, so people decide every case."),
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


def statuses_now(policies: Iterable[Policy], *, now: datetime) -> dict[UUID, PromiseStatus]:
    """Return whether each of these workflows keeps its promise now, in as many queries as for one."""
    by_workflow = {policy.workflow_id: policy for policy in policies}
    governing = rules_for(by_workflow)
    certificates = _certificates(governing)
    watches = {one.workflow_id: one for one in Watch.objects.filter(workflow__in=by_workflow, ended_at=None)}
    return {
        workflow_id: status_of(
            policy=policy,
            governing=governing[workflow_id],
            certificate=certificates.get(governing[workflow_id].certificate_id),
            watch=watches.get(workflow_id),
            now=now,
        )
        for workflow_id, policy in by_workflow.items()
    }


def _certificates(governing: Mapping[UUID, Governing]) -> dict[UUID | None, Certificate]:
    named = [one.certificate_id for one in governing.values() if one.certificate_id]
    return {one.pk: one for one in Certificate.objects.defer("evidence").filter(pk__in=named)}


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
        why = policy.breaker_reason
        if policy.breaker_by:
            back = _STOPPED_BY[TrippedBy(policy.breaker_by)]
            why = Words("%(reason)s %(back)s", reason=as_words(policy.breaker_reason), back=back)
        return PromiseStatus(PromiseState.STOPPED, "bad", "hand", why)
    if governing.stopped:
        why = Words("All automation is stopped: people decide every case, here and everywhere.")
        return PromiseStatus(PromiseState.STOPPED, "bad", "hand", why)
    if governing.trouble:
        return PromiseStatus(PromiseState.STOPPED, "bad", "circle-x", governing.trouble)
    if not policy.automates:
        return PromiseStatus(PromiseState.OFF, "neutral", "pause", _OFF[Degree(policy.degree)])
    rule = governing.rule
    if rule.basis is Basis.BY_HAND:
        why = Words("The cutoffs in force were set by hand and are not what was tested: nothing is promised.")
        return PromiseStatus(PromiseState.BY_HAND, "warn", "hand", why)
    closed = rule.closed(now.timestamp())
    if closed is not None:
        return PromiseStatus(
            PromiseState.NOTHING, "warn", "user", _CLOSED.get(closed, Words("People decide every case."))
        )
    if watch is not None and not watch.is_calm:
        return _watched(watch)
    if certificate is not None and certificate.refuted:
        why = Words(
            "Audits refuted the cutoffs in force. A random quarter of what stricter ones accept is automated"
            " until a test on cases from after that has passed."
        )
        return PromiseStatus(PromiseState.STEPPED_DOWN, "warn", "trending-down", why)
    if rule.basis is Basis.PROVISIONAL:
        why = Words("A random quarter of what is accepted is automated until fresh blind labels prove it.")
        return PromiseStatus(PromiseState.PROVISIONAL, "accent", "clock", why)
    if watch is None or not watch.n_labels:  # what hardly anybody has looked at is no evidence
        why = Words("It is proved on the certificate's labels. Too few audits are in to check it live.")
        return PromiseStatus(PromiseState.PROVED, "accent", "shield-check", why)
    return PromiseStatus(
        PromiseState.KEPT, "good", "shield-check", Words("It is proved, and audits do not contradict it.")
    )


def _watched(watch: Watch) -> PromiseStatus:
    why = Words("Audits begin to contradict it, not yet strongly enough to stop. It is watched more closely.")
    if watch.level == MonitorLevel.GREEN:
        why = Words(
            "First answers to audits, which are not final yet, contradict it. It is watched more closely."
        )
    return PromiseStatus(PromiseState.WATCHED, "warn", "eye", why)
