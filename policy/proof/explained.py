"""Why a promise could not be proved, as a sentence for operators."""

from hitl.shared.words import Words, figure
from science.guarantee.verdict import NotCertified, Why


def explained(verdict: NotCertified) -> Words:
    """Say what stood in the way, and with which numbers."""
    if verdict.reason is Why.MANY_ALIKE:
        return Words("Cases of which there are many alike are wrong too often. Label more different ones.")
    if verdict.reason is Why.TOO_FEW_LABELS:
        return Words(
            "%(n)s labelled cases reach the strictest useful cutoff; even without an error it takes"
            " %(least)s.",
            n=verdict.n,
            least=verdict.least,
        )
    wrong = int(verdict.wrong) if verdict.wrong == int(verdict.wrong) else figure(verdict.wrong)
    if verdict.reason is Why.TOO_MANY_ERRORS:
        return Words(
            "%(wrong)s of %(n)s labelled cases were wrong, which is more than %(target)s.",
            wrong=wrong,
            n=verdict.n,
            target=f"{100 * verdict.target:.4g} %",
        )
    return Words(
        "%(wrong)s of %(n)s labelled cases were wrong: too few labels for that many errors.",
        wrong=wrong,
        n=verdict.n,
    )
