"""Count a frozen plan, whatever its result will be (ADR 0044)."""

from typing import Any

from policy.models import Policy
from science.guarantee.elond import Share


def count_plan(policy: Policy, share: Share) -> dict[str, Any]:
    """Count the plan that spends this share of the doubt, and return what its evidence keeps of the share.

    The caller holds the policy's lock, so that no two plans have the same number.
    """
    policy.plans_frozen = share.number
    policy.save(update_fields=["plans_frozen"])
    return {"plan_number": share.number, "issued_before": share.issued, "alpha": share.alpha}
