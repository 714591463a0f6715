"""Whether a workflow has the evidence for a degree of automation; asks the rule itself."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from hitl.shared.words import Words
from policy.in_force.rules import rule_for
from science.decision_terms import Degree, Reason

_WHY_NOT = {
    Reason.NO_MODEL: Words("There is no model yet. Train one first: the reviewers' answers are its labels."),
    Reason.SCHEMA_MISMATCH: Words("The model was trained for other fields or labels. Train one for these."),
    Reason.BREAKER: Words("The breaker has tripped. Find out why and reset it first."),
    Reason.STOPPED: Words("Everything is stopped. Start it again first."),
    Reason.CERTIFICATE_EXPIRED: Words("The certificate has ended. Certify the model again."),
    Reason.NOT_CERTIFIED: Words("No cutoffs in force are proved for the present promise."),
}
_FULL_NEEDS = Words("Full automation needs a certificate, confirmed by live audits, that accepts every case.")


def hindrance(workflow_id: UUID, *, degree: Degree, now: datetime) -> str:
    """Return a sentence that says why the workflow may not be raised to `degree` now; empty when it may."""
    governing = rule_for(workflow_id)
    if governing.trouble:
        return governing.trouble
    if degree.rank <= Degree.SHADOW.rank:
        return ""
    closed = replace(governing.rule, degree=degree).closed(now.timestamp())
    if closed is None or (closed is Reason.ASSIST and degree is Degree.ASSIST):
        return ""
    if closed is Reason.NOT_CERTIFIED and degree is Degree.FULL:
        return _FULL_NEEDS
    return _WHY_NOT[closed]
