"""What the next frozen plan of a workflow may spend of the permitted doubt, by e-LOND (ADR 0044).

Every plan counts at its freeze, also one that is abandoned, refused, or proves the promise again after an
alarm. Every full certificate earns doubt back. So on average over workflows' lives at most 5 % of full
certificates (at 95 % confidence) were false when they were issued; drift, provisional certificates and
cutoffs by hand are outside it. The two counts stand on the policy's row: whoever freezes or issues holds its
lock.
"""

from policy.models import Policy
from science.guarantee.elond import Doubt, Share


def next_share(policy: Policy) -> Share:
    """Return what the next plan may spend; the caller holds the policy's lock, and
    counts the plan (`policy.services.freezing`)."""
    return Doubt(policy.plans_frozen, policy.certificates_issued).freeze(delta=1 - policy.confidence)[1]
