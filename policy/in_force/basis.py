"""The basis of a set of cutoffs: which proof they rest on now, if any."""

from collections.abc import Sequence

from policy.models import Certificate, CutoffSet, Policy
from policy.types import CertificateStatus
from science.decision_terms import Basis

_BY_STATUS = {
    CertificateStatus.CERTIFIED: Basis.CERTIFIED,
    CertificateStatus.AMBER: Basis.CERTIFIED,  # watched closely, not refuted
    CertificateStatus.PROVISIONAL: Basis.PROVISIONAL,
}


def basis_of(cutoffs: CutoffSet | None, *, policy: Policy, labels: Sequence[str]) -> Basis:
    """Return the basis of these cutoffs; NONE where rows contradict each other.

    A set that names a certificate never counts for more than the certificate does now, and for nothing when
    the promise has become stricter, its scope another, or a cutoff is not one that was tested. The dates are
    not looked at here: `science.decide` compares them with the time of each case. `labels` are the release's.
    """
    if cutoffs is None or cutoffs.workflow_id != policy.workflow_id or cutoffs.scope != policy.scope:
        return Basis.NONE
    certificate = cutoffs.certificate
    if certificate is None:
        return Basis.BY_HAND if cutoffs.basis == Basis.BY_HAND else Basis.NONE
    if certificate.release_id != cutoffs.release_id or not certificate.covers(policy):
        return Basis.NONE
    if not covers_cutoffs(certificate, cutoffs.cutoffs, labels):
        return Basis.NONE
    basis = _BY_STATUS.get(CertificateStatus(certificate.status), Basis.NONE)
    return Basis.PROVISIONAL if basis is not Basis.NONE and certificate.runs_provisionally(policy) else basis


def covers_cutoffs(certificate: Certificate, cutoffs: dict[str, float], labels: Sequence[str]) -> bool:
    """Whether every cutoff is exactly one of those that were tested and passed.

    A point stricter than the start of the walk was never tested: the error need not fall with the cutoff.
    Leaving a label out is covered when each label is promised for itself, and not when all are promised
    together: the label left out may be the one that kept the average down.
    """
    passed = points_of(certificate)
    if certificate.scope == "overall":
        return set(cutoffs) == set(labels) and all(
            cutoff in passed.get(None, ()) for cutoff in cutoffs.values()
        )
    return all(cutoff in passed.get(label, ()) for label, cutoff in cutoffs.items())


def points_of(certificate: Certificate) -> dict[str | None, list[float]]:
    """Return the cutoffs that passed and are not refuted, strict to loose, of each unit of the promise."""
    refuted = {(label, cutoff) for label, cutoff in certificate.refuted}
    return {
        unit["label"]: [point for point in unit["passed"] if (unit["label"], point) not in refuted]
        for unit in certificate.seen["units"]
    }
