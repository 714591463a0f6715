"""States of policy in words for people, with a tone."""

from datetime import datetime

from django.utils.translation import gettext, gettext_lazy, pgettext, pgettext_lazy

from hitl.web.timeline import Entry
from policy.in_force.rules import Governing
from policy.models import Certificate, DegreeChange
from policy.types import CertificateStatus, ChangeStatus, Degree
from science.decision_terms import Basis, Reason

_BASIS = {
    Basis.CERTIFIED: (gettext_lazy("certified"), "good"),
    Basis.PROVISIONAL: (gettext_lazy("provisional certificate"), "accent"),
    Basis.BY_HAND: (gettext_lazy("by hand: the promise is off"), "warn"),
    Basis.NONE: (gettext_lazy("nothing is proved"), "neutral"),
}
_STATUS = {
    CertificateStatus.CERTIFIED: "good",
    CertificateStatus.PROVISIONAL: "accent",
    CertificateStatus.AMBER: "warn",
    CertificateStatus.TRIPPED: "bad",
    CertificateStatus.REFUSED: "warn",
}


_SOURCE = {
    "belief": gettext_lazy("belief"),
    "live": pgettext_lazy("labels", "live"),
    "handover": gettext_lazy("handover"),
}


def evidence(governing: Governing, now: datetime) -> tuple[str, str]:
    """Say what automatic decisions rest on now."""
    if governing.rule.closed(now.timestamp()) is Reason.CERTIFICATE_EXPIRED:
        return gettext("the certificate has ended"), "warn"
    words, tone = _BASIS[governing.rule.basis]
    return str(words), tone


def certificate(certificate: Certificate | None, now: datetime) -> tuple[str, str]:
    """Say the state of a certificate; one past its date has ended, whether or not a job has marked it."""
    if certificate is None:
        return pgettext("certificate", "none"), "neutral"
    status = CertificateStatus(certificate.status)
    if status in _STATUS and status is not CertificateStatus.REFUSED and certificate.valid_until <= now:
        return pgettext("certificate", "ended"), "warn"
    return str(status.label), _STATUS.get(status, "neutral")


def source(certificate: Certificate | None) -> str:
    """Say where the labels of a certificate came from."""
    return str(_SOURCE.get(certificate.evidence.get("source"), "")) if certificate else ""


def name(degree: str) -> str:
    """Say a degree."""
    return str(Degree(degree).label)


def degree_entry(change: DegreeChange) -> Entry:
    """Say one change of degree."""
    before, after = Degree(change.before), Degree(change.after)
    is_up = list(Degree).index(after) > list(Degree).index(before)
    degrees = {"before": before.label, "after": after.label}
    title = (
        gettext("%(before)s to %(after)s for “%(label)s”") % {**degrees, "label": change.label}
        if change.label
        else gettext("%(before)s to %(after)s") % degrees
    )
    facts = []
    if change.status != ChangeStatus.MADE:
        title = gettext("%(change)s, %(status)s") % {"change": title, "status": change.get_status_display()}
    if change.settled_by and change.settled_by != change.asked_by:
        facts.append((gettext("Settled by"), change.settled_by))
    return Entry(
        at=change.asked_at,
        title=title,
        icon="trending-up" if is_up else "trending-down",
        tone="accent" if is_up and change.status == ChangeStatus.MADE else "",
        by=change.asked_by,
        note=change.reason,
        facts=facts,
    )
