"""What a canary, or a new champion that bakes, is tested against: fixed before its first case."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from models_store.models import Release, RoleSpan
from models_store.types import ReleaseRole
from monitoring.watch.canary.evidence import history
from policy.models import Policy
from policy.proof.terms import costs_of
from policy.selectors import cutoffs_in_force
from science.canary import promotion
from science.canary.compared import Comparison
from science.canary.step import ALPHA

WINDOW = timedelta(days=90)
MAX_HISTORY = 10_000  # the newest
HALF_STEPS = 1.5  # steps' labels, with which half of the champion's history is dealt out


def plan_of(policy: Policy, champion: Release, *, min_labels: int, now: datetime) -> dict[str, Any]:
    """Return a plan as plain values: target, the champion's losses from before, labels of the planned test.

    The champion's history begins 90 days ago, when it took office, or when its present cutoffs came into
    force, whichever is the latest. None of these was chosen by looking at what came after it.
    """
    costs = dict(zip(champion.labels, costs_of(policy, champion.labels), strict=True))
    begins = [(now - WINDOW).astimezone(UTC)]
    span = RoleSpan.objects.filter(release=champion, role=ReleaseRole.CHAMPION).order_by("-since").first()
    in_force = cutoffs_in_force(champion.pk)
    known = (span and span.since, in_force and in_force.in_force_from, policy.evidence_from)
    since = max(begins + [at for at in known if at])
    before = history(champion, costs=costs, since=since, until=now, now=now)
    losses, errors = (column[-MAX_HISTORY:] for column in before)
    expected = policy.target / 2
    planned = promotion.plan(sum(errors), len(losses), expected=expected, alpha=ALPHA)
    return {
        "target": policy.target,
        "expected": expected,
        "champion": champion.name,
        "window": [since.isoformat(), now.isoformat()],
        "history": {
            "n": len(losses),
            "wrong": [[place, loss] for place, loss in enumerate(losses) if loss > 0],
            "errors": sum(errors),
        },
        "half": max(1, round(HALF_STEPS * min_labels)),
        "alpha": ALPHA,
        "worse": promotion.WORSE,
        "labels": max(planned.labels, min_labels),
        "power": round(planned.power, 3),
    }


def comparison_of(plan: Mapping[str, Any]) -> Comparison:
    """Return what is compared, as the plan fixed it."""
    losses = [0.0] * plan["history"]["n"]
    for place, loss in plan["history"]["wrong"]:
        losses[place] = loss
    return Comparison(plan["expected"], losses, plan["half"])
